//! The event classes of Python: frozen, compared by value, converted when an attribute is read.

mod from_core;
mod outcome;
mod shown;
mod submit;

pub(crate) use from_core::to_python;
pub(crate) use outcome::Outcome;
pub(crate) use submit::Submit;

use crate::convert::{Id, Level, LinkWord, Name, Octets, Short, Shown, StatusWord, Time};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use sanwang::settings::Show;
use sanwang::{LinkState, Status};

/// One table an event: class, places of positional patterns, fields with their defaults, and further methods.
macro_rules! classes {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident [$($place:literal),*] {
            $($(#[doc = $text:literal])+ $field:ident: $ty:ty = $default:expr;)+
        }
        $(with { $($more:tt)* })?
    )+) => {$(
        $(#[doc = $doc])+
        #[pyclass(frozen, get_all, eq, hash, module = "sanwang")]
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub(crate) struct $name {
            $($(#[doc = $text])+ pub(crate) $field: $ty,)+
        }

        #[pymethods]
        impl $name {
            #[new]
            #[pyo3(signature = (*, $($field = $default),+))]
            #[allow(clippy::too_many_arguments)]
            fn new($($field: $ty),+) -> Self {
                Self { $($field),+ }
            }

            #[classattr]
            fn __match_args__(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
                PyTuple::new(py, [$($place),*])
            }

            fn __repr__(&self) -> String {
                self.shown()
            }

            $($($more)*)?
        }
    )+};
}

mod asked;
mod entry;
mod linked;
pub(crate) use asked::{Cancel, DayCounts, Query};
pub(crate) use entry::{RouteEntry, kind_of};
pub(crate) use linked::{LinkReply, LinkRequest};

classes! {
    /// A message from a phone, joined from its parts.
    Deliver ["sender", "text"] {
        /// The account it came through.
        account: Name = Name::none();
        /// The connection the last part came on.
        connection: u32 = 0;
        /// When the last part came.
        time: Time = Time(0);
        /// Names the request until it is answered; 0 when it has been.
        token: u64 = 0;
        /// The phone.
        sender: Short<32> = Short::default();
        /// The access number it was sent to, with its extension.
        receiver: Short<32> = Short::default();
        /// The gateway's id of the last part.
        message_id: Id = Id::default();
        /// The text; None for binary content.
        text: Option<String> = None;
        /// The octets, without user data headers.
        octets: Octets = Octets::default();
        /// The data coding octet.
        coding: u8 = 0;
        /// The user data header of the first part, empty when there was none.
        udh: Octets = Octets::default();
        /// LinkID of an on-demand service; empty when there is none.
        link_id: Short<20> = Short::default();
        /// Service_Id, where the protocol has one.
        service_id: Short<10> = Short::default();
        /// Parts that came.
        parts: u8 = 1;
        /// Parts in all.
        total: u8 = 1;
        /// False when parts are missing.
        complete: bool = true;
        /// Every part of it was in an earlier event.
        repeated: bool = false;
        /// The content of the last part as it came, with its user data header.
        raw: Octets = Octets::default();
        /// What its repr shows of numbers and contents: the account's `show`.
        show: Shown = Shown(Show::None);
    } with {
        /// The message class, 0 to 3, if the coding carries one: 0 is flash.
        #[getter]
        fn message_class(&self) -> Option<u8> {
            sanwang::text::Coding(self.coding).class()
        }
    }

    /// A status report on one segment.
    Report ["stat", "receiver"] {
        /// The account it came through.
        account: Name = Name::none();
        /// The connection it came on.
        connection: u32 = 0;
        /// When it came.
        time: Time = Time(0);
        /// Names the request until it is answered; 0 when it has been.
        token: u64 = 0;
        /// The ticket's number; None when no message of ours has this id.
        ticket: Option<u64> = None;
        /// The caller's own name for the message.
        reference: Option<Name> = None;
        /// The caller's own number for the message.
        user_data: u64 = 0;
        /// Which segment, from 1; 0 without a ticket.
        segment: u8 = 0;
        /// The id it names.
        message_id: Id = Id::default();
        /// The receiver as the report writes it.
        receiver: Short<32> = Short::default();
        /// DELIVRD, UNDELIV ...
        stat: Short<8> = Short::default();
        /// SMGP Err or SGIP ErrorCode; empty in CMPP.
        error: Short<8> = Short::default();
        /// Whether it is the last word on the segment.
        is_final: bool = true;
        /// Submit time of the report, where it has one.
        submitted_at: Option<Time> = None;
        /// Done time of the report, where it has one.
        done_at: Option<Time> = None;
        /// A final report for this segment came before.
        repeated: bool = false;
        /// The report's octets.
        raw: Octets = Octets::default();
        /// What its repr shows of numbers and contents: the account's `show`.
        show: Shown = Shown(Show::None);
    }

    /// How one segment ended.
    Segment ["status", "message_id"] {
        /// Its own terminal state.
        status: StatusWord = StatusWord(Status::Delivered);
        /// The gateway's id, empty when none was given.
        message_id: Id = Id::default();
        /// Result of the response; 0: accepted, or no response came.
        result: u32 = 0;
        /// Stat of the final report, empty without one.
        stat: Short<8> = Short::default();
        /// Error of the final report, empty without one.
        error: Short<8> = Short::default();
        /// When it was written to a connection; None when never.
        sent_at: Option<Time> = None;
        /// When it was decided.
        done_at: Time = Time(0);
    }

    /// The gateway's answer to one segment.
    Response ["result", "message_id"] {
        /// The account it came through.
        account: Name = Name::none();
        /// The connection it came on.
        connection: u32 = 0;
        /// When it came.
        time: Time = Time(0);
        /// The ticket's number.
        ticket: u64 = 0;
        /// The caller's own name for the message.
        reference: Option<Name> = None;
        /// The caller's own number for the message.
        user_data: u64 = 0;
        /// Which segment, from 1.
        segment: u8 = 1;
        /// Segments in all.
        segments: u8 = 1;
        /// The gateway's id of this segment.
        message_id: Id = Id::default();
        /// 0: accepted; else the carrier's code.
        result: u32 = 0;
        /// The code's name.
        name: Name = Name::none();
        /// The answer came after its time-out.
        late: bool = false;
    }

    /// An account's connections changed.
    AccountState ["account", "state"] {
        /// The account.
        account: Name = Name::none();
        /// The connection that caused the change; 0 when none did.
        connection: u32 = 0;
        /// When.
        time: Time = Time(0);
        /// Where the account stands now.
        state: LinkWord = LinkWord(LinkState::Offline);
        /// Connections that are logged in.
        up: u16 = 0;
        /// Connections that are wanted.
        wanted: u16 = 0;
        /// Inbound connections that are logged in (SGIP).
        inbound: u16 = 0;
        /// Why, in words.
        reason: String = String::new();
        /// The last frames of a connection that ended otherwise than in order, one a line.
        last_frames: String = String::new();
    }

    /// Input that could not be used.
    Trouble ["account", "reason"] {
        /// The account.
        account: Name = Name::none();
        /// The connection.
        connection: u32 = 0;
        /// When.
        time: Time = Time(0);
        /// What is wrong.
        reason: String = String::new();
        /// What was done about it.
        action: String = String::new();
        /// The octets, the first 4,096 of them.
        octets: Octets = Octets::default();
    }

    /// A line for the log. Numbers and contents are masked.
    Log ["level", "text"] {
        /// The account.
        account: Name = Name::none();
        /// When.
        time: Time = Time(0);
        /// How much it matters, as a level of the module logging.
        level: Level = Level(20);
        /// Which part of the library says it.
        area: Name = Name::none();
        /// What it says.
        text: String = String::new();
    }
}
