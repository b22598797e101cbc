//! The macros behind the tables; [`super::table`] says what a block may hold.

/// Makes a struct and its [`Rows`] from the rows of a block.
macro_rules! rows {
    (
        $(#[doc = $doc:literal])*
        $Name:ident [$($empty:ident)?] [$($swap:ident $a:ident $b:ident)?]
        { $( $(#[doc = $field_doc:literal])* $field:ident: $Type:ty = $spec:expr, )* }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Default, PartialEq, Eq)]
        pub struct $Name {
            $(
                /// The frame has no body at all. The other fields are at their defaults then.
                pub $empty: bool,
            )?
            $( $(#[doc = $field_doc])* pub $field: $Type, )*
        }

        /// Fields that hold a secret are masked.
        impl std::fmt::Debug for $Name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let mut s = f.debug_struct(stringify!($Name));
                $( s.field(stringify!($empty), &self.$empty); )?
                $( {
                    const SPEC: $crate::wire::field::Spec = $spec;
                    match SPEC.role() {
                        $crate::wire::field::Role::Secret => s.field(stringify!($field), &format_args!("***")),
                        _ => s.field(stringify!($field), &self.$field),
                    };
                } )*
                s.finish()
            }
        }

        impl $Name {
            #[inline]
            fn put_plain(&self, w: &mut $crate::wire::writer::Writer<'_>) -> Result<(), $crate::wire::EncodeError> {
                $( {
                    const SPEC: $crate::wire::field::Spec = $spec;
                    let name = const { SPEC.name(stringify!($field)) };
                    $crate::wire::field::Wire::put(&self.$field, &SPEC, name, w)?;
                } )*
                let _ = w;
                Ok(())
            }
        }

        impl $crate::wire::table::Rows for $Name {
            const STRUCT: &'static str = stringify!($Name);
            const FIELDS: &'static [$crate::wire::FieldInfo] = &[ $(
                $crate::wire::FieldInfo::new::<$Type>(stringify!($field), $spec, concat!($($field_doc),*)),
            )* ];

            #[inline]
            fn rows_len(&self, version: $crate::wire::Version) -> usize {
                $( if self.$empty { return 0; } )?
                let _ = version;
                0usize $( .saturating_add({
                    const SPEC: $crate::wire::field::Spec = $spec;
                    $crate::wire::field::Wire::wire_len(&self.$field, &SPEC, version)
                }) )*
            }

            #[inline(always)]
            fn fixed_len(version: $crate::wire::Version) -> usize {
                let _ = version;
                0usize $( .saturating_add({
                    const SPEC: $crate::wire::field::Spec = $spec;
                    SPEC.size(version)
                }) )*
            }

            #[inline]
            fn get_rows(r: &mut $crate::wire::reader::Reader<'_>) -> Result<Self, $crate::wire::DecodeError> {
                $( if r.remaining() == 0 {
                    return Ok(Self { $empty: true, ..Self::default() });
                } )?
                #[allow(unused_mut)]
                let mut rows = Self {
                    $( $empty: false, )?
                    $( $field: {
                        const SPEC: $crate::wire::field::Spec = $spec;
                        let name = const { SPEC.name(stringify!($field)) };
                        <$Type as $crate::wire::field::Wire>::get(&SPEC, name, r)?
                    }, )*
                };
                $( if r.version() == $swap {
                    std::mem::swap(&mut rows.$a, &mut rows.$b);
                } )?
                let _ = r;
                Ok(rows)
            }

            #[inline]
            fn put_rows(&self, w: &mut $crate::wire::writer::Writer<'_>) -> Result<(), $crate::wire::EncodeError> {
                $( if self.$empty {
                    return if *self == (Self { $empty: true, ..Self::default() }) {
                        Ok(())
                    } else {
                        Err(w.fail(stringify!($empty), $crate::wire::EncodeErrorKind::OutOfRange, 0, 1))
                    };
                } )?
                $( if w.version() == $swap {
                    let mut other = self.clone();
                    std::mem::swap(&mut other.$a, &mut other.$b);
                    return other.put_plain(w);
                } )?
                self.put_plain(w)
            }

            fn show_rows(&self, version: $crate::wire::Version, to: &mut dyn $crate::wire::Visit) {
                $( if self.$empty {
                    to.field(stringify!($empty), $crate::wire::Shown::Flag(true));
                    return;
                } )?
                $( {
                    const SPEC: $crate::wire::field::Spec = $spec;
                    let name = const { SPEC.name(stringify!($field)) };
                    $crate::wire::field::Wire::show(&self.$field, &SPEC, name, version, to);
                } )*
                let _ = (version, to);
            }

            fn give_rows(
                given: &[(String, $crate::wire::Given)],
                version: $crate::wire::Version,
            ) -> Result<Self, $crate::wire::GivenError> {
                let empty: Option<&'static str> = [$( Some(stringify!($empty)), )? None][0];
                let fields = <Self as $crate::wire::table::Rows>::FIELDS;
                $crate::wire::given::check_names(given, $crate::wire::given::names(fields, empty))?;
                $( if $crate::wire::given::empty(given, stringify!($empty))? {
                    return Ok(Self { $empty: true, ..Self::default() });
                } )?
                let _ = version;
                Ok(Self {
                    $( $empty: false, )?
                    $( $field: {
                        const SPEC: $crate::wire::field::Spec = $spec;
                        let name = const { SPEC.name(stringify!($field)) };
                        $crate::wire::given::field(given, &SPEC, name, version)?
                    }, )*
                })
            }

            #[cfg(test)]
            fn sample_rows(
                version: $crate::wire::Version,
                sampler: &mut $crate::wire::field::sample::Sampler,
            ) -> Self {
                let _ = (version, &sampler);
                Self {
                    $( $empty: false, )?
                    $( $field: {
                        const SPEC: $crate::wire::field::Spec = $spec;
                        <$Type as $crate::wire::field::Wire>::sample(&SPEC, version, sampler)
                    }, )*
                }
            }
        }
    };
}

/// Makes groups of fields that repeat inside a PDU.
macro_rules! entries {
    ($(
        $(#[doc = $doc:literal])*
        $Name:ident { $($row:tt)* }
    )*) => { $(
        rows! { $(#[doc = $doc])* $Name [] [] { $($row)* } }
        impl $crate::wire::table::Entry for $Name {}
    )* };
}

/// Makes the PDUs of one part of a protocol.
macro_rules! pdus {
    (
        $Protocol:ident;
        $(
            $(#[doc = $doc:literal])*
            $name:ident: $Pdu:ident = $command:literal
                $(in($span:expr))? $(layout($layout:expr))? $(empty($empty:ident))?
                $(swap($swap:ident: $a:ident, $b:ident))?
            { $($row:tt)* }
        )*
    ) => {
        $(
            rows! { $(#[doc = $doc])* $Pdu [$($empty)?] [$($swap $a $b)?] { $($row)* } }

            impl $crate::wire::table::Body for $Pdu {
                const PROTOCOL: $crate::wire::Protocol = $crate::wire::Protocol::$Protocol;
                const INFO: $crate::wire::PduInfo = $crate::wire::PduInfo {
                    name: stringify!($name),
                    command: $command,
                    doc: concat!($($doc),*).trim_ascii(),
                    span: pdus!(@span $($span)?),
                    empty: pdus!(@empty $($empty)?),
                    fields: <Self as $crate::wire::table::Rows>::FIELDS,
                };

                #[inline(always)]
                fn layout(version: $crate::wire::Version, body: &[u8]) -> $crate::wire::Version {
                    let _ = body;
                    pdus!(@layout version body $($layout)?)
                }
            }

            impl $Pdu {
                /// The command id.
                pub const COMMAND: u32 = $command;
                /// The name in snake case, as in the golden vectors.
                pub const NAME: &str = stringify!($name);

                /// Octets of the whole frame in this version.
                #[must_use]
                #[inline]
                pub fn encoded_len(&self, version: $crate::wire::Version) -> usize {
                    $crate::wire::table::encoded_len(self, version)
                }

                /// Appends the whole frame to `out`.
                ///
                /// # Errors
                /// [`EncodeError`](crate::wire::EncodeError) naming the field that does not fit; `out` is as before.
                #[inline]
                pub fn encode(
                    &self,
                    version: $crate::wire::Version,
                    seq: $crate::wire::Seq,
                    out: &mut bytes::BytesMut,
                ) -> Result<(), $crate::wire::EncodeError> {
                    $crate::wire::table::encode(self, version, seq, out)
                }

                /// Reads a whole frame that holds this PDU: faster than by way of the enum of all PDUs.
                ///
                /// # Errors
                /// [`DecodeError`](crate::wire::DecodeError) if the header is wrong, the command is another PDU's, or the
                /// body is unreadable.
                #[inline]
                pub fn decode(
                    version: $crate::wire::Version,
                    frame: &[u8],
                    notes: &mut $crate::wire::Notes,
                ) -> Result<($crate::wire::Seq, Self), $crate::wire::DecodeError> {
                    $crate::wire::table::decode(version, frame, notes)
                }

                /// Reads a body: the frame without its header.
                ///
                /// # Errors
                /// [`DecodeError`](crate::wire::DecodeError) naming the field and its place in the frame.
                pub fn decode_body(
                    version: $crate::wire::Version,
                    body: &[u8],
                    notes: &mut $crate::wire::Notes,
                ) -> Result<Self, $crate::wire::DecodeError> {
                    $crate::wire::table::decode_body(version, body, notes)
                }

                /// The fields this version has, with their values, in the order of the wire.
                #[must_use]
                pub fn fields(&self, version: $crate::wire::Version) -> Vec<$crate::wire::Field> {
                    let mut fields = Vec::new();
                    $crate::wire::table::Rows::show_rows(self, version, &mut fields);
                    fields
                }

                /// Shows the fields this version has to a visitor, in the order of the wire.
                pub fn show(&self, version: $crate::wire::Version, to: &mut dyn $crate::wire::Visit) {
                    $crate::wire::table::Rows::show_rows(self, version, to);
                }

                /// Makes a PDU of values that are known at run time only. What is not given keeps its default; counts
                /// may be left out.
                ///
                /// # Errors
                /// [`GivenError`](crate::wire::GivenError) naming the value. Without one, [`Self::encode`] writes it.
                pub fn from_fields(
                    version: $crate::wire::Version,
                    fields: &[(String, $crate::wire::Given)],
                ) -> Result<Self, $crate::wire::GivenError> {
                    $crate::wire::table::from_fields(version, fields)
                }
            }
        )*

        #[cfg(test)]
        pub(super) const NAMES: &[&str] = &[$(stringify!($name)),*];

        #[cfg(test)]
        mod generated { $(
            mod $name {
                #[test]
                fn keeps_the_laws_of_a_pdu() {
                    crate::wire::laws::check::<super::super::$Pdu>();
                }
            }
        )* }
    };
    (@empty) => { None };
    (@empty $empty:ident) => { Some(stringify!($empty)) };
    (@span) => { $crate::wire::table::Span::ALL };
    (@span $span:expr) => { $span };
    (@layout $version:ident $body:ident) => { $version };
    (@layout $version:ident $body:ident $layout:expr) => { ($layout)($version, $body) };
}

/// Makes the enum over all PDUs of a protocol, and its dispatcher.
macro_rules! protocol {
    ($Protocol:ident, $repair:path; $($Pdu:ident,)*) => {
        #[doc = concat!("Any PDU of ", stringify!($Protocol), ".")]
        #[derive(Clone, Debug, PartialEq, Eq)]
        // PDUs are moved once, from the reader to whoever handles them; a box a PDU would cost more.
        #[allow(clippy::large_enum_variant)]
        pub enum Pdu { $(
            #[doc = concat!("See [`", stringify!($Pdu), "`].")]
            $Pdu($Pdu),
        )* }

        impl Pdu {
            /// Every PDU of the protocol.
            pub const TABLE: &[$crate::wire::PduInfo] = &[$(<$Pdu as $crate::wire::table::Body>::INFO),*];

            /// Reads a whole frame. `version` is the session's; tolerances that were used are added to `notes`.
            ///
            /// # Errors
            /// [`DecodeError`](crate::wire::DecodeError) if the header is wrong, the command unknown, or the body
            /// unreadable.
            pub fn decode(
                version: $crate::wire::Version,
                frame: &[u8],
                notes: &mut $crate::wire::Notes,
            ) -> Result<($crate::wire::Header, Self), $crate::wire::DecodeError> {
                Self::decode_as(version, frame, notes, |pdu| pdu)
            }

            /// The same inside something else. The PDU is wrapped where it is read: a PDU that is moved afterwards is
            /// copied with the room of the largest one.
            #[inline(always)]
            pub(super) fn decode_as<T>(
                version: $crate::wire::Version,
                frame: &[u8],
                notes: &mut $crate::wire::Notes,
                wrap: impl Fn(Self) -> T,
            ) -> Result<($crate::wire::Header, T), $crate::wire::DecodeError> {
                let (header, body) = $crate::wire::frame::split($crate::wire::Protocol::$Protocol, frame)?;
                let command = $repair(header.command, body.len(), notes);
                $(
                    let span = const { <$Pdu as $crate::wire::table::Body>::INFO.span };
                    if command == $Pdu::COMMAND && span.covers(version, body.len()) {
                        if !span.has(version) {
                            notes.insert($crate::wire::Note::OtherVersion);
                        }
                        return match $Pdu::decode_body(version, body, notes) {
                            Ok(pdu) => Ok((header, wrap(Self::$Pdu(pdu)))),
                            Err(error) => Err(error),
                        };
                    }
                )*
                Self::of_another_version(version, command, header, body, notes)
                    .map(|(header, pdu)| (header, wrap(pdu)))
            }

            /// The command of another version: its layout is known, so it is read and the fact recorded.
            #[cold]
            fn of_another_version(
                version: $crate::wire::Version,
                command: u32,
                header: $crate::wire::Header,
                body: &[u8],
                notes: &mut $crate::wire::Notes,
            ) -> Result<($crate::wire::Header, Self), $crate::wire::DecodeError> {
                $(
                    let span = const { <$Pdu as $crate::wire::table::Body>::INFO.span };
                    if command == $Pdu::COMMAND && !span.is_all() {
                        notes.insert($crate::wire::Note::OtherVersion);
                        return Ok((header, Self::$Pdu($Pdu::decode_body(version, body, notes)?)));
                    }
                )*
                Err($crate::wire::frame::unknown_command())
            }

            /// Appends the whole frame to `out`.
            ///
            /// # Errors
            /// [`EncodeError`](crate::wire::EncodeError) naming the field that does not fit; `out` is as before.
            pub fn encode(
                &self,
                version: $crate::wire::Version,
                seq: $crate::wire::Seq,
                out: &mut bytes::BytesMut,
            ) -> Result<(), $crate::wire::EncodeError> {
                match self { $( Self::$Pdu(pdu) => pdu.encode(version, seq, out), )* }
            }

            /// Octets of the whole frame in this version.
            #[must_use]
            pub fn encoded_len(&self, version: $crate::wire::Version) -> usize {
                match self { $( Self::$Pdu(pdu) => pdu.encoded_len(version), )* }
            }

            /// What the table says about this PDU.
            #[must_use]
            pub const fn info(&self) -> $crate::wire::PduInfo {
                match self { $( Self::$Pdu(_) => <$Pdu as $crate::wire::table::Body>::INFO, )* }
            }

            /// The name in snake case.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self { $( Self::$Pdu(_) => $Pdu::NAME, )* }
            }

            /// The command id.
            #[must_use]
            pub const fn command(&self) -> u32 {
                match self { $( Self::$Pdu(_) => $Pdu::COMMAND, )* }
            }

            /// Whether it is a response.
            #[must_use]
            pub const fn is_response(&self) -> bool {
                self.command() & $crate::wire::frame::RESPONSE != 0
            }

            /// The fields this version has, with their values, in the order of the wire.
            #[must_use]
            pub fn fields(&self, version: $crate::wire::Version) -> Vec<$crate::wire::Field> {
                match self { $( Self::$Pdu(pdu) => pdu.fields(version), )* }
            }

            /// Shows the fields this version has to a visitor, in the order of the wire.
            pub fn show(&self, version: $crate::wire::Version, to: &mut dyn $crate::wire::Visit) {
                match self { $( Self::$Pdu(pdu) => pdu.show(version, to), )* }
            }

            /// Makes a PDU of its name and of values that are known at run time only. What is not given keeps its
            /// default; counts may be left out.
            ///
            /// # Errors
            /// [`GivenError`](crate::wire::GivenError) naming the value, or the PDU if it is unknown or not in this
            /// version. Without one, [`Self::encode`] writes the PDU.
            pub fn from_fields(
                version: $crate::wire::Version,
                name: &str,
                fields: &[(String, $crate::wire::Given)],
            ) -> Result<Self, $crate::wire::GivenError> {
                match name {
                    $( $Pdu::NAME => $Pdu::from_fields(version, fields).map(Self::$Pdu), )*
                    _ => Err($crate::wire::given::unknown_pdu(name, Self::TABLE)),
                }
            }
        }

        $( impl From<$Pdu> for Pdu {
            fn from(pdu: $Pdu) -> Self {
                Self::$Pdu(pdu)
            }
        } )*
    };
}
