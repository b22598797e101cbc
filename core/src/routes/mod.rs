//! Route tables: which gateway serves a number segment or a service number.
//!
//! A [`Table`] is a route server's (GNS) own, or a gateway's replica of it. It knows no socket and no clock: PDUs
//! and `now` go in, answers and PDUs to push come out. What was not pushed because a gateway was away is kept per
//! gateway and route, so that it is pushed once, with what is true then.
//!
//! | | CMPP | SGIP | SMGP |
//! |---|---|---|---|
//! | questions | Mt_Route, Mo_Route | QueryRoute 1, 2, 3, 4 | Query_TE_Route, Query_SP_Route |
//! | the whole table | Get_Route (2.0), Get_Mt_Route, Get_Mo_Route | QueryRoute 0 | Get_All_TE_Route, Get_All_SP_Route |
//! | changes | Mt_Route_Update, Mo_Route_Update | Add, Modify, Delete of SP, TeleSeg, SMG | Update_TE_Route, Update_SP_Route; 1.x Mt_ and Mo_Route_Update |
//! | pushes | Push_Mt_Route_Update, Push_Mo_Route_Update | the same commands, from the GNS | Push_Update_TE_Route, Push_Update_SP_Route |

mod cmpp;
mod error;
mod fetch;
pub mod forward;
mod index;
mod sgip;
mod smgp;
mod table;
#[cfg(test)]
mod tests;
mod text;

pub use error::RouteError;
pub use fetch::Fetch;
pub use table::{Kind, MOST_ROUTES, Route, Table, Target};

use crate::time::Now;
use crate::wire::{AnyPdu, Seq, Text, Version};

impl Table {
    /// Answers a PDU about routes; `None` for any other PDU. `from` is the name the peer has logged in with.
    pub fn answer(&mut self, now: Now, from: &str, request: &AnyPdu, version: Version) -> Option<AnyPdu> {
        match request {
            AnyPdu::Cmpp(pdu) => cmpp::answer(self, now, from, pdu, version).map(AnyPdu::Cmpp),
            AnyPdu::Sgip(pdu) => sgip::answer(self, now, from, pdu).map(AnyPdu::Sgip),
            AnyPdu::Smgp(pdu) => smgp::answer(self, now, from, pdu).map(AnyPdu::Smgp),
        }
        .filter(|_| request.protocol() == self.protocol())
    }

    /// The next change that a gateway has not been told; [`Table::pushed`] says how it went. The same one comes
    /// until then. What this version cannot say is left out: a number segment of more than six digits in CMPP
    /// 2.0.
    pub fn next_push(&mut self, gateway: &str, version: Version) -> Option<AnyPdu> {
        loop {
            let (key, known) = self.untold(gateway)?;
            self.telling(gateway, key);
            let pdu = match self.protocol() {
                crate::wire::Protocol::Cmpp => cmpp::push(self, key, known, version).map(AnyPdu::Cmpp),
                crate::wire::Protocol::Sgip => sgip::push(self, key, known).map(AnyPdu::Sgip),
                crate::wire::Protocol::Smgp => smgp::push(self, key, known).map(AnyPdu::Smgp),
            };
            let mut out = bytes::BytesMut::new();
            match pdu {
                Some(pdu) if pdu.encode(version, Seq::default(), &mut out).is_ok() => return Some(pdu),
                _ => self.told(gateway),
            }
        }
    }

    /// A gateway answered the change that [`Table::next_push`] gave. True: it was taken. A refused change is not
    /// pushed again, because the same would be refused again; without an answer, do not call this.
    pub fn pushed(&mut self, gateway: &str, answer: &AnyPdu) -> bool {
        self.told(gateway);
        let result = |fields: Vec<crate::wire::Field>| {
            fields
                .iter()
                .any(|f| matches!(f.name, "result" | "status") && f.value == crate::wire::Value::Int(0))
        };
        let newest = self.protocol().versions().last().copied().unwrap_or_default();
        // An older stamp than the gateway's own (CMPP 6): it knows better already.
        result(answer.fields(newest))
    }

    /// Starts to fetch the whole table from the route server, for a replica.
    pub fn fetch(&self, version: Version) -> Fetch {
        Fetch::new(self, version)
    }
}

/// A text that was checked when it came in; what does not fit is empty and shows in the answer.
fn text<const N: usize>(value: &str) -> Text<N> {
    Text::new(value).unwrap_or_default()
}

fn string<const N: usize>(value: &Text<N>) -> String {
    value.to_string_lossy().into_owned()
}
