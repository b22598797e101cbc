//! Events of the core as Python's.

use super::{AccountState, Deliver, Log, Outcome, Report, Response, Trouble};
use crate::convert::{Id, LinkWord, Name, Octets, Short, Shown, Time};
use pyo3::prelude::*;
use sanwang::Event;
use sanwang::message as model;

/// Zero stands for no time in the core.
pub(super) fn some_time(ms: i64) -> Option<Time> {
    (ms != 0).then_some(Time(ms))
}

impl From<model::Deliver> for Deliver {
    fn from(e: model::Deliver) -> Self {
        Deliver {
            account: Name(e.account),
            connection: e.connection,
            time: Time(e.time),
            token: e.token.as_u64(),
            sender: Short(e.sender),
            receiver: Short(e.receiver),
            message_id: Id(e.message_id),
            text: e.text,
            octets: Octets(e.octets),
            coding: e.coding.0,
            udh: Octets(e.udh),
            link_id: Short(e.link_id),
            service_id: Short(e.service_id),
            parts: e.parts,
            total: e.total,
            complete: e.complete,
            repeated: e.repeated,
            raw: Octets(e.raw),
            show: Shown(e.show),
        }
    }
}

impl From<model::Report> for Report {
    fn from(e: model::Report) -> Self {
        Report {
            account: Name(e.account),
            connection: e.connection,
            time: Time(e.time),
            token: e.token.as_u64(),
            ticket: e.ticket.map(|t| t.as_u64()),
            reference: e.reference.map(Name),
            user_data: e.user_data,
            segment: e.segment,
            message_id: Id(e.message_id),
            receiver: Short(e.receiver),
            stat: Short(e.stat),
            error: Short(e.error),
            is_final: e.is_final,
            submitted_at: e.submitted_at.map(Time),
            done_at: e.done_at.map(Time),
            repeated: e.repeated,
            raw: Octets(e.raw),
            show: Shown(e.show),
        }
    }
}

/// An event as its Python object; `None` for requests to a gateway, whose handlers answer, and kinds of a newer core.
pub(crate) fn to_python(py: Python<'_>, event: Event) -> PyResult<Option<Py<PyAny>>> {
    Ok(Some(match event {
        Event::Outcome(e) => Py::new(py, Outcome(e))?.into_any(),
        Event::Report(e) => Py::new(py, Report::from(*e))?.into_any(),
        Event::Deliver(e) => Py::new(py, Deliver::from(*e))?.into_any(),
        Event::Response(e) => {
            let response = Response {
                account: Name(e.account),
                connection: e.connection,
                time: Time(e.time),
                ticket: e.ticket.as_u64(),
                reference: e.reference.map(Name),
                user_data: e.user_data,
                segment: e.segment,
                segments: e.segments,
                message_id: Id(e.message_id),
                result: e.result,
                name: Name(e.name.into()),
                late: e.late,
            };
            Py::new(py, response)?.into_any()
        }
        Event::AccountState(e) => {
            let state = AccountState {
                account: Name(e.account),
                connection: e.connection,
                time: Time(e.time),
                state: LinkWord(e.state),
                up: e.up,
                wanted: e.wanted,
                inbound: e.inbound,
                reason: e.reason,
                last_frames: e.last_frames,
            };
            Py::new(py, state)?.into_any()
        }
        Event::Trouble(e) => {
            let trouble = Trouble {
                account: Name(e.account),
                connection: e.connection,
                time: Time(e.time),
                reason: e.reason,
                action: e.action,
                octets: Octets(e.octets),
            };
            Py::new(py, trouble)?.into_any()
        }
        Event::Log(e) => {
            let log = Log {
                account: Name(e.account),
                time: Time(e.time),
                level: e.level.into(),
                area: Name(e.area.into()),
                text: e.text,
            };
            Py::new(py, log)?.into_any()
        }
        _ => return Ok(None),
    }))
}
