//! Optional parameters (TLVs) of SMGP, `smgp.md 7`.

use bytes::Bytes;

use super::field::give_text;
use super::given::{Given, GivenError, GivenErrorKind, check_names, find};
use super::text::{Text, TooLong};

/// Tags of the optional parameters (`smgp.md 7`).
pub mod tag {
    /// Protocol identifier of GSM 03.40; one octet.
    pub const TP_PID: u16 = 0x0001;
    /// 1 if the content begins with a user data header; one octet.
    pub const TP_UDHI: u16 = 0x0002;
    /// Transaction id of an on-demand service; 20 octets of text.
    pub const LINK_ID: u16 = 0x0003;
    /// Who is charged: 0 receiver, 1 sender, 2 SP, 3 see the charged number; one octet.
    pub const CHARGE_USER_TYPE: u16 = 0x0004;
    /// Kind of the charged number: 0 real, 1 pseudonym; one octet.
    pub const CHARGE_TERM_TYPE: u16 = 0x0005;
    /// Pseudonym of the charged user.
    pub const CHARGE_TERM_PSEUDO: u16 = 0x0006;
    /// Kind of the receivers' numbers: 0 real, 1 pseudonym; one octet.
    pub const DEST_TERM_TYPE: u16 = 0x0007;
    /// Pseudonyms of the receivers, concatenated, all of one length.
    pub const DEST_TERM_PSEUDO: u16 = 0x0008;
    /// Number of segments; one octet.
    pub const PK_TOTAL: u16 = 0x0009;
    /// Index of this segment, from 1; one octet.
    pub const PK_NUMBER: u16 = 0x000A;
    /// Kind of the message: 0 ordinary, 1 to 5 notices; one octet.
    pub const SUBMIT_MSG_TYPE: u16 = 0x000B;
    /// Result of the SP's processing: 0 success, 1 failure; one octet.
    pub const SP_DEAL_RESULT: u16 = 0x000C;
    /// Kind of the sender's number: 0 real, 1 pseudonym; one octet.
    pub const SRC_TERM_TYPE: u16 = 0x000D;
    /// Pseudonym of the sender.
    pub const SRC_TERM_PSEUDO: u16 = 0x000E;
    /// Gateways passed, from 1; one octet.
    pub const NODES_COUNT: u16 = 0x000F;
    /// Origin of the message: SP service code or enterprise code; 8 octets of text.
    pub const MSG_SRC: u16 = 0x0010;
    /// Kind of the source number passed to the SP: 0 real, 1 pseudonym; one octet.
    pub const SRC_TYPE: u16 = 0x0011;
    /// Product id of a mobile service; 21 octets of text.
    pub const M_SERVICE_ID: u16 = 0x0012;
}

/// How the value of a known parameter reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Int,
    Text(u16),
    Pseudonym,
}

const KNOWN: [(&str, Form); 18] = [
    ("TP_pid", Form::Int),
    ("TP_udhi", Form::Int),
    ("LinkID", Form::Text(20)),
    ("ChargeUserType", Form::Int),
    ("ChargeTermType", Form::Int),
    ("ChargeTermPseudo", Form::Pseudonym),
    ("DestTermType", Form::Int),
    ("DestTermPseudo", Form::Pseudonym),
    ("PkTotal", Form::Int),
    ("PkNumber", Form::Int),
    ("SubmitMsgType", Form::Int),
    ("SPDealResult", Form::Int),
    ("SrcTermType", Form::Int),
    ("SrcTermPseudo", Form::Pseudonym),
    ("NodesCount", Form::Int),
    ("MsgSrc", Form::Text(8)),
    ("SrcType", Form::Int),
    ("MServiceID", Form::Text(21)),
];

fn known(tag: u16) -> Option<(&'static str, Form)> {
    KNOWN.get(usize::from(tag.checked_sub(1)?)).copied()
}

/// One optional parameter.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tlv {
    /// The tag; see [`tag`].
    pub tag: u16,
    /// The value's octets, without tag and length.
    pub value: Bytes,
}

/// The value of a known parameter, for dumps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlvShown {
    /// A number.
    Int(u64),
    /// Text without padding.
    Text(String),
}

impl Tlv {
    /// The name of the tag in the protocol document, if it is a known one.
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        known(self.tag).map(|(name, _)| name)
    }

    /// The value in readable form, if the tag is a known one.
    #[must_use]
    pub fn shown(&self) -> Option<TlvShown> {
        Some(match known(self.tag)?.1 {
            Form::Int => TlvShown::Int(u64::from(self.value.last().copied()?)),
            Form::Text(_) | Form::Pseudonym => {
                TlvShown::Text(String::from_utf8_lossy(trimmed(&self.value)).into_owned())
            }
        })
    }

    /// A parameter of what is known at run time only: `tag` or `name`, and `value_hex` or, of a known tag, `value`.
    pub(super) fn give(given: &[(String, Given)]) -> Result<Self, GivenError> {
        check_names(given, ["tag", "name", "value_hex", "value"].into_iter())?;
        let tag = give_tag(find(given, "tag"), find(given, "name"))?;
        let in_value = |error: GivenError| error.in_field("value");
        let value = match (find(given, "value_hex"), find(given, "value")) {
            (None, None) => {
                let what = "has no value: give value_hex";
                return Err(GivenError::new(GivenErrorKind::Missing, what));
            }
            (None, Some(value)) => give_value(tag, value).map_err(in_value)?,
            (Some(octets), value) => {
                let tlv = Self { tag, value: octets.octets().map_err(|e| e.in_field("value_hex"))? };
                if let Some(value) = value
                    && !tlv.shown().is_some_and(|shown| shown.is(value))
                {
                    let what = "does not agree with value_hex: give one of them";
                    return Err(in_value(GivenError::new(GivenErrorKind::OutOfRange, what)));
                }
                tlv.value
            }
        };
        if value.len() > usize::from(u16::MAX) {
            let what = format!("has {} octets: at most 65535 are allowed", value.len());
            return Err(in_value(GivenError::new(GivenErrorKind::BadLength, what)));
        }
        Ok(Self { tag, value })
    }

    /// Whether a known parameter has the length the document gives it; true for unknown ones.
    #[must_use]
    pub fn has_usual_length(&self) -> bool {
        match known(self.tag) {
            Some((_, Form::Int)) => self.value.len() == 1,
            Some((_, Form::Text(size))) => self.value.len() == usize::from(size),
            Some((_, Form::Pseudonym)) | None => true,
        }
    }
}

impl TlvShown {
    fn is(&self, given: &Given) -> bool {
        match (self, given) {
            (Self::Int(shown), Given::Int(number)) => i128::from(*shown) == *number,
            (Self::Text(shown), Given::Text(text)) => shown == text,
            _ => false,
        }
    }
}

fn give_tag(tag: Option<&Given>, name: Option<&Given>) -> Result<u16, GivenError> {
    let fail = |kind, what: &str| Err(GivenError::new(kind, what).in_field("name"));
    let named = match name {
        None => None,
        Some(Given::Text(name)) => {
            match (1u16..).zip(KNOWN).find(|(_, (known, _))| known.eq_ignore_ascii_case(name)) {
                Some((tag, _)) => Some(tag),
                None => return fail(GivenErrorKind::Unknown, "is no known parameter: give its tag"),
            }
        }
        Some(_) => {
            return fail(GivenErrorKind::WrongType, "is no text: give the parameter's name, or its tag");
        }
    };
    let tag = match tag {
        Some(tag) => tag.number(0, u16::MAX.into()).map_err(|error| error.in_field("tag"))? as u16,
        None => match named {
            Some(tag) => return Ok(tag),
            None => {
                return Err(GivenError::new(GivenErrorKind::Missing, "has neither tag nor name: give one"));
            }
        },
    };
    match named {
        Some(named) if named != tag => {
            fail(GivenErrorKind::OutOfRange, "belongs to another tag: give one of them")
        }
        _ => Ok(tag),
    }
}

/// The octets of a known parameter.
fn give_value(tag: u16, value: &Given) -> Result<Bytes, GivenError> {
    match known(tag).map(|(_, form)| form) {
        Some(Form::Int) => Ok(Bytes::copy_from_slice(&[value.number(0, 255)? as u8])),
        Some(Form::Text(size)) => {
            let text: Text<32> = give_text(size.into(), value)?;
            Ok(Bytes::copy_from_slice(text.padded(size.into()).unwrap_or_default()))
        }
        Some(Form::Pseudonym) => Ok(Bytes::copy_from_slice(&value.text()?)),
        None => {
            let what = "is not known for this tag: give value_hex";
            Err(GivenError::new(GivenErrorKind::Unknown, what))
        }
    }
}

fn trimmed(mut value: &[u8]) -> &[u8] {
    while let [head @ .., 0 | b' '] = value {
        value = head;
    }
    value
}

/// Optional parameters in the order of the wire. Unknown tags are kept.
///
/// Getters are tolerant: of repeated tags the last one counts, a number is its last octet, text loses NULs and blanks
/// at its end and counts as absent when nothing is left (`smgp.md 7` and 16, row 13).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tlvs(Vec<Tlv>);

macro_rules! octet_parameters {
    ($($get:ident, $set:ident, $tag:ident, $what:literal;)*) => { $(
        #[doc = concat!("The parameter ", $what, ".")]
        #[must_use]
        pub fn $get(&self) -> Option<u8> {
            self.octet(tag::$tag)
        }

        #[doc = concat!("Sets the parameter ", $what, ".")]
        pub fn $set(&mut self, value: u8) {
            self.set(tag::$tag, Bytes::copy_from_slice(&[value]));
        }
    )* };
}

macro_rules! text_parameters {
    ($($get:ident, $set:ident, $tag:ident, $size:literal, $what:literal;)*) => { $(
        #[doc = concat!("The text of the parameter ", $what, "; `None` if absent or empty.")]
        #[must_use]
        pub fn $get(&self) -> Option<&[u8]> {
            self.text(tag::$tag)
        }

        #[doc = concat!("Sets the parameter ", $what, ", padded with NUL to ", stringify!($size), " octets.")]
        ///
        /// # Errors
        /// [`TooLong`] if the text has more octets, or a NUL inside.
        pub fn $set(&mut self, text: &str) -> Result<(), TooLong> {
            let text = Text::<$size>::new(text)?;
            self.set(tag::$tag, Bytes::copy_from_slice(text.padded($size).unwrap_or_default()));
            Ok(())
        }
    )* };
}

macro_rules! pseudonym_parameters {
    ($($get:ident, $set:ident, $tag:ident, $what:literal;)*) => { $(
        #[doc = concat!("The text of the parameter ", $what, "; `None` if absent or empty.")]
        #[must_use]
        pub fn $get(&self) -> Option<&[u8]> {
            self.text(tag::$tag)
        }

        #[doc = concat!("Sets the parameter ", $what, ".")]
        pub fn $set(&mut self, text: &[u8]) {
            self.set(tag::$tag, Bytes::copy_from_slice(text));
        }
    )* };
}

impl Tlvs {
    /// No parameters.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The parameters in the order of the wire.
    pub fn iter(&self) -> std::slice::Iter<'_, Tlv> {
        self.0.iter()
    }

    /// Number of parameters.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Octets on the wire: four and the value for each parameter.
    #[must_use]
    pub fn wire_len(&self) -> usize {
        self.0.iter().fold(0usize, |sum, tlv| sum.saturating_add(4).saturating_add(tlv.value.len()))
    }

    /// Appends a parameter, even if the tag is present already.
    pub fn push(&mut self, tag: u16, value: Bytes) {
        self.0.push(Tlv { tag, value });
    }

    /// Sets a parameter: in the place of the last one with this tag, else at the end.
    pub fn set(&mut self, tag: u16, value: Bytes) {
        match self.0.iter_mut().rfind(|tlv| tlv.tag == tag) {
            Some(tlv) => tlv.value = value,
            None => self.push(tag, value),
        }
    }

    /// Removes every parameter with this tag.
    pub fn remove(&mut self, tag: u16) {
        self.0.retain(|tlv| tlv.tag != tag);
    }

    /// The raw value of a parameter.
    #[must_use]
    pub fn get(&self, tag: u16) -> Option<&Bytes> {
        self.0.iter().rfind(|tlv| tlv.tag == tag).map(|tlv| &tlv.value)
    }

    /// The value of a parameter that is one octet.
    #[must_use]
    pub fn octet(&self, tag: u16) -> Option<u8> {
        self.get(tag)?.last().copied()
    }

    /// The value of a parameter that is text, without padding.
    #[must_use]
    pub fn text(&self, tag: u16) -> Option<&[u8]> {
        Some(trimmed(self.get(tag)?)).filter(|text| !text.is_empty())
    }

    octet_parameters! {
        tp_pid, set_tp_pid, TP_PID, "TP_pid (protocol identifier)";
        tp_udhi, set_tp_udhi, TP_UDHI, "TP_udhi (1: the content begins with a user data header)";
        charge_user_type, set_charge_user_type, CHARGE_USER_TYPE, "ChargeUserType (who is charged)";
        charge_term_type, set_charge_term_type, CHARGE_TERM_TYPE, "ChargeTermType (1: pseudonym)";
        dest_term_type, set_dest_term_type, DEST_TERM_TYPE, "DestTermType (1: pseudonym)";
        pk_total, set_pk_total, PK_TOTAL, "PkTotal (number of segments)";
        pk_number, set_pk_number, PK_NUMBER, "PkNumber (index of the segment, from 1)";
        submit_msg_type, set_submit_msg_type, SUBMIT_MSG_TYPE, "SubmitMsgType (0: ordinary)";
        sp_deal_result, set_sp_deal_result, SP_DEAL_RESULT, "SPDealResult (0: success)";
        src_term_type, set_src_term_type, SRC_TERM_TYPE, "SrcTermType (1: pseudonym)";
        nodes_count, set_nodes_count, NODES_COUNT, "NodesCount (gateways passed, from 1)";
        src_type, set_src_type, SRC_TYPE, "SrcType (1: pseudonym)";
    }

    text_parameters! {
        link_id, set_link_id, LINK_ID, 20, "LinkID (transaction of an on-demand service)";
        msg_src, set_msg_src, MSG_SRC, 8, "MsgSrc (origin of the message)";
        m_service_id, set_m_service_id, M_SERVICE_ID, 21, "MServiceID (product id)";
    }

    pseudonym_parameters! {
        charge_term_pseudo, set_charge_term_pseudo, CHARGE_TERM_PSEUDO, "ChargeTermPseudo (charged user)";
        dest_term_pseudo, set_dest_term_pseudo, DEST_TERM_PSEUDO, "DestTermPseudo (receivers)";
        src_term_pseudo, set_src_term_pseudo, SRC_TERM_PSEUDO, "SrcTermPseudo (sender)";
    }
}

impl<'a> IntoIterator for &'a Tlvs {
    type Item = &'a Tlv;
    type IntoIter = std::slice::Iter<'a, Tlv>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl FromIterator<Tlv> for Tlvs {
    fn from_iter<I: IntoIterator<Item = Tlv>>(tlvs: I) -> Self {
        Self(tlvs.into_iter().collect())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn getters_are_tolerant() {
        let mut tlvs = Tlvs::new();
        assert_eq!((tlvs.tp_udhi(), tlvs.link_id()), (None, None));
        tlvs.push(tag::TP_UDHI, Bytes::from_static(&[0]));
        tlvs.push(tag::TP_UDHI, Bytes::from_static(&[0, 0, 1]));
        assert_eq!(tlvs.tp_udhi(), Some(1), "the last one counts, and its last octet");
        tlvs.push(tag::LINK_ID, Bytes::from_static(&[0; 20]));
        assert_eq!(tlvs.link_id(), None, "an empty LinkID is none");
        tlvs.push(tag::PK_TOTAL, Bytes::new());
        assert_eq!(tlvs.pk_total(), None);
        tlvs.push(0x0101, Bytes::from_static(b"spid"));
        assert_eq!(tlvs.text(0x0101), Some(&b"spid"[..]));
        assert_eq!(tlvs.iter().last().unwrap().name(), None);
        assert_eq!(tlvs.wire_len(), 5 + 7 + 24 + 4 + 8);
    }

    #[test]
    fn setters_replace_and_pad() {
        let mut tlvs = Tlvs::new();
        tlvs.set_tp_pid(0x7F);
        tlvs.set_msg_src("1234").unwrap();
        tlvs.set_tp_pid(0);
        assert_eq!(tlvs.len(), 2);
        assert_eq!(tlvs.tp_pid(), Some(0));
        assert_eq!(tlvs.get(tag::MSG_SRC).unwrap().as_ref(), b"1234\0\0\0\0");
        assert_eq!(tlvs.msg_src(), Some(&b"1234"[..]));
        assert_eq!(tlvs.set_msg_src("123456789"), Err(TooLong { limit: 8, actual: 9 }));
        tlvs.remove(tag::MSG_SRC);
        assert_eq!(tlvs.len(), 1);
    }

    #[test]
    fn names_follow_the_tags() {
        let name = |tag| Tlv { tag, value: Bytes::new() }.name();
        assert_eq!(name(tag::TP_PID), Some("TP_pid"));
        assert_eq!(name(tag::SP_DEAL_RESULT), Some("SPDealResult"));
        assert_eq!(name(tag::M_SERVICE_ID), Some("MServiceID"));
        assert_eq!((name(0), name(0x13)), (None, None));
        let link = Tlv { tag: tag::LINK_ID, value: Bytes::from_static(b"0116\0\0") };
        assert_eq!(link.shown(), Some(TlvShown::Text("0116".to_owned())));
        assert!(!link.has_usual_length());
    }
}
