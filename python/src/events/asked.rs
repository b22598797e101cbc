//! What SPs ask a gateway beside sending, and the counts it answers with.

use crate::convert::{Id, Name, Short, Time};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use sanwang::message as model;

classes! {
    /// What a carrier counted for an SP on one day.
    DayCounts ["mt_messages", "mt_receivers"] {
        /// Messages taken from the SP.
        mt_messages: u32 = 0;
        /// Receivers of these messages.
        mt_receivers: u32 = 0;
        /// Forwarded successfully.
        mt_sent: u32 = 0;
        /// Waiting to be forwarded.
        mt_waiting: u32 = 0;
        /// Not forwarded for good.
        mt_failed: u32 = 0;
        /// Messages from phones delivered to the SP.
        mo_delivered: u32 = 0;
        /// Messages from phones that wait for the SP.
        mo_waiting: u32 = 0;
        /// Messages from phones not delivered for good.
        mo_failed: u32 = 0;
    }

    /// An SP asks for the counts of a day.
    Query ["day", "service"] {
        /// The account that asks.
        account: Name = Name::none();
        /// The connection it came on.
        connection: u32 = 0;
        /// When it came.
        time: Time = Time(0);
        /// Names the request for `answer_query`.
        token: u64 = 0;
        /// The day, YYYYMMDD.
        day: Short<8> = Short::default();
        /// The service code to count; None counts all.
        service: Option<Short<10>> = None;
    }

    /// An SP asks to take a message back.
    Cancel ["message_id"] {
        /// The account that asks.
        account: Name = Name::none();
        /// The connection it came on.
        connection: u32 = 0;
        /// When it came.
        time: Time = Time(0);
        /// Names the request for `answer`.
        token: u64 = 0;
        /// The id that the message was given.
        message_id: Id = Id::default();
    }
}

impl DayCounts {
    fn shown(&self) -> String {
        let counts = model::DayCounts::from(self).named();
        let counts = counts.map(|(name, count)| format!("{name}={count}"));
        format!("DayCounts({})", counts.join(", "))
    }
}

impl Query {
    fn shown(&self) -> String {
        let service = self.service.map(|s| format!(", {}", s.0)).unwrap_or_default();
        format!("Query({}, {}{service})", self.account.0, self.day.0)
    }
}

impl Cancel {
    fn shown(&self) -> String {
        format!("Cancel({}, {})", self.account.0, self.message_id.0)
    }
}

impl From<&DayCounts> for model::DayCounts {
    fn from(c: &DayCounts) -> Self {
        model::DayCounts {
            mt_messages: c.mt_messages,
            mt_receivers: c.mt_receivers,
            mt_sent: c.mt_sent,
            mt_waiting: c.mt_waiting,
            mt_failed: c.mt_failed,
            mo_delivered: c.mo_delivered,
            mo_waiting: c.mo_waiting,
            mo_failed: c.mo_failed,
        }
    }
}

impl From<model::DayCounts> for DayCounts {
    fn from(c: model::DayCounts) -> Self {
        DayCounts {
            mt_messages: c.mt_messages,
            mt_receivers: c.mt_receivers,
            mt_sent: c.mt_sent,
            mt_waiting: c.mt_waiting,
            mt_failed: c.mt_failed,
            mo_delivered: c.mo_delivered,
            mo_waiting: c.mo_waiting,
            mo_failed: c.mo_failed,
        }
    }
}

impl From<model::QueryRequest> for Query {
    fn from(e: model::QueryRequest) -> Self {
        Query {
            account: Name(e.account),
            connection: e.connection,
            time: Time(e.time),
            token: e.token.as_u64(),
            day: Short(e.query.day),
            service: e.query.service.map(Short),
        }
    }
}

impl From<model::CancelRequest> for Cancel {
    fn from(e: model::CancelRequest) -> Self {
        Cancel {
            account: Name(e.account),
            connection: e.connection,
            time: Time(e.time),
            token: e.token.as_u64(),
            message_id: Id(e.message_id),
        }
    }
}
