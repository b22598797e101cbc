//! The carriers' codes: what a result or a report state means, in English and Chinese, and what to do about it.
//!
//! [`result`] and [`answer`] explain the code of an answer, [`stat`] the state of a report, [`sgip_error`] and
//! [`smgp_err`] the error code inside a report. Codes of the standards come from `cmpp.md` 10, `sgip.md` 10 and
//! `smgp.md` 11. Where the standards are silent the lists of common gateways stand in; those are marked
//! [`Code::vendor`], because two gateways may mean different things by one number.

mod cmpp;
mod sgip;
mod sgip_vendor;
mod smgp;
mod stat;

pub use sgip::{Dialect, sgip_error};
pub use smgp::smgp_err;
pub use stat::{Stat, State, stat};

use std::fmt;

use crate::wire::{Protocol, Version};

/// What a code asks of the sender.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Class {
    /// Done or accepted.
    Ok,
    /// Too much at once: slow down and send again later.
    Throttle,
    /// The account may not log in or is not logged in: back off and tell a person.
    Login,
    /// Too many connections: use fewer.
    Connections,
    /// The request is wrong: the same request fails again.
    Caller,
    /// The state of the user or handset: final for this message.
    User,
    /// The network between gateways and centres: may be sent again with a new sequence.
    Network,
    /// The sequence number was seen before: an earlier copy may have been accepted.
    Duplicate,
    /// Anything else.
    Other,
}

impl Class {
    /// Whether the same message may succeed later without a change.
    pub const fn retriable(self) -> bool {
        matches!(self, Self::Throttle | Self::Connections | Self::Network)
    }

    /// The lower-case name, for logs and interfaces.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Throttle => "throttle",
            Self::Login => "login",
            Self::Connections => "connections",
            Self::Caller => "caller",
            Self::User => "user",
            Self::Network => "network",
            Self::Duplicate => "duplicate",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A code and its meaning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Code {
    /// The number on the wire.
    pub code: u32,
    /// A stable upper-case name; `UNKNOWN` where no list has the number.
    pub name: &'static str,
    /// The meaning in English.
    pub en: &'static str,
    /// The meaning in Chinese.
    pub zh: &'static str,
    /// What it asks of the sender.
    pub class: Class,
    /// Whether the meaning comes from gateways' own lists and not from the standard of that version.
    pub vendor: bool,
}

impl Code {
    /// Whether the code stands for success.
    pub const fn is_ok(&self) -> bool {
        matches!(self.class, Class::Ok)
    }

    /// Whether some list knows the number.
    pub fn is_known(&self) -> bool {
        self.name != UNKNOWN
    }
}

impl fmt::Display for Code {
    /// `8 FLOW_CONTROL: over the permitted rate`, or `unknown code 57: ask the carrier for its list`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.is_known() {
            return write!(f, "unknown code {}: ask the carrier for its list", self.code);
        }
        write!(f, "{} {}: {}", self.code, self.name, self.en)?;
        if self.vendor { f.write_str(" (by gateways' own lists)") } else { Ok(()) }
    }
}

const UNKNOWN: &str = "UNKNOWN";

/// A row of a standard.
const fn row(code: u32, name: &'static str, class: Class, en: &'static str, zh: &'static str) -> Code {
    Code { code, name, en, zh, class, vendor: false }
}

/// A row of a gateway's own list.
const fn vendor(code: u32, name: &'static str, class: Class, en: &'static str, zh: &'static str) -> Code {
    Code { code, name, en, zh, class, vendor: true }
}

const fn unknown(code: u32) -> Code {
    vendor(
        code,
        UNKNOWN,
        Class::Other,
        "unknown code: ask the carrier for its list",
        "未知代码,请向运营商索取代码表",
    )
}

fn find(table: &[Code], code: u32) -> Option<Code> {
    table.iter().find(|row| row.code == code).copied()
}

/// Which request an answer belongs to. CMPP has a list for each; SGIP and SMGP have one for all.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Request {
    /// Connect, Bind, Login.
    Login,
    /// Submit.
    Submit,
    /// Deliver, and the reports of SGIP.
    Deliver,
    /// CMPP and SMGP between gateways.
    Forward,
    /// CMPP Cancel.
    Cancel,
    /// Questions to a gateway name server.
    Route,
    /// Changes sent to a gateway name server.
    RouteUpdate,
    /// Changes pushed by a gateway name server.
    RoutePush,
}

/// The meaning of the code in the answer to a submit: [`answer`] with [`Request::Submit`].
pub fn result(protocol: Protocol, version: Version, code: u32) -> Code {
    answer(Request::Submit, protocol, version, code)
}

/// The meaning of the status in the answer to a login: [`answer`] with [`Request::Login`].
pub fn login(protocol: Protocol, version: Version, status: u32) -> Code {
    answer(Request::Login, protocol, version, status)
}

/// The meaning of the code in an answer.
///
/// CMPP codes depend on the version (`cmpp.md` 10.2, 10.6). SGIP codes are read in the sense of 1.3 whatever the
/// version, because in an answer only that sense occurs (`sgip.md` 14, D5); for another reading call [`sgip_error`].
pub fn answer(request: Request, protocol: Protocol, version: Version, code: u32) -> Code {
    match protocol {
        Protocol::Cmpp => cmpp::answer(request, version, code),
        Protocol::Sgip => sgip_error(Dialect::V1_3, code),
        Protocol::Smgp => smgp::answer(request, code),
    }
}

/// Whether the answer to a submit asks to slow down and send the same segment again: CMPP 8; SGIP 11, 33 and 88;
/// SMGP 1. An account adds further ones with the setting `congestion`.
pub const fn is_congestion(protocol: Protocol, code: u32) -> bool {
    match protocol {
        Protocol::Cmpp => code == 8,
        Protocol::Sgip => matches!(code, 11 | 33 | 88),
        Protocol::Smgp => code == 1,
    }
}

#[cfg(test)]
mod tests;
