//! What a link tells: requests of its peers, and what became of its own.

use crate::convert::{Name, Octets, Time};
use crate::errors::exception;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use sanwang::LinkError;
use sanwang::link;
use sanwang::message as model;
use sanwang::wire::{AnyPdu, Protocol, Seq, Version};
use std::sync::Arc;

classes! {
    /// A PDU with which a peer of a link asks for something.
    LinkRequest ["name", "account"] {
        /// The peer.
        account: Name = Name::none();
        /// The connection it came on.
        connection: u32 = 0;
        /// When it came.
        time: Time = Time(0);
        /// Answers it.
        token: u64 = 0;
        /// cmpp, sgip or smgp.
        protocol: Name = Name::none();
        /// The version the peer speaks.
        version: Name = Name::none();
        /// The name of the PDU in snake case.
        name: Name = Name::none();
        /// Its frame.
        octets: Octets = Octets::default();
    } with {
        /// The PDU, as `sanwang.wire.decode` reads it.
        #[getter]
        fn pdu<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
            decoded(py, &self.protocol, &self.octets, &self.version)?.get_item(0)
        }
    }

    /// What became of a request to a peer of a link.
    LinkReply ["account", "error"] {
        /// The peer.
        account: Name = Name::none();
        /// When.
        time: Time = Time(0);
        /// The caller's own number.
        user_data: u64 = 0;
        /// cmpp, sgip or smgp; empty without an answer.
        protocol: Name = Name::none();
        /// The version the peer speaks; empty without an answer.
        version: Name = Name::none();
        /// The name of the PDU in snake case; empty without an answer.
        name: Name = Name::none();
        /// The frames of the answer.
        octets: Octets = Octets::default();
        /// Why there is no answer: NO_ANSWER, LOST, NOT_SENT ...; empty when there is one.
        error: Name = Name::none();
        /// The same in words.
        reason: Name = Name::none();
    } with {
        /// Whether there is an answer.
        #[getter]
        fn ok(&self) -> bool {
            self.error.0.is_empty()
        }

        /// The answer, as `sanwang.wire.decode` reads its first frame. Without one it raises LinkError.
        #[getter]
        fn pdu<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
            self.pdus(py)?.get_item(0)
        }

        /// The answer frame by frame: SGIP's QueryRoute_Resp may have several. Without one it raises LinkError.
        #[getter]
        fn pdus<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
            if !self.ok() {
                return Err(exception(py, "LinkError", &self.reason.0, &[("name", &self.error.0)]));
            }
            decoded(py, &self.protocol, &self.octets, &self.version)
        }
    }
}

fn decoded<'py>(
    py: Python<'py>,
    protocol: &Name,
    octets: &Octets,
    version: &Name,
) -> PyResult<Bound<'py, PyAny>> {
    let decode = py.import("sanwang.wire")?.getattr("decode")?;
    decode.call1((&*protocol.0, octets, &*version.0))
}

fn name(text: &str) -> Name {
    Name(text.into())
}

fn shown_octets(pdu: &AnyPdu, version: Version, seq: Seq) -> Octets {
    // It was read with this layout, so it can be written with it.
    Octets(link::written(pdu, version, seq).unwrap_or_default())
}

impl LinkRequest {
    fn shown(&self) -> String {
        format!("LinkRequest({} {} of {})", self.protocol.0, self.name.0, self.account.0)
    }
}

impl LinkReply {
    fn shown(&self) -> String {
        match self.ok() {
            true => format!("LinkReply({} {} of {})", self.protocol.0, self.name.0, self.account.0),
            false => format!("LinkReply({} of {})", self.error.0, self.account.0),
        }
    }

    /// The answer of a peer, or why there is none. `speaks`: what is spoken with it.
    pub(crate) fn of(
        account: Arc<str>,
        time: i64,
        user_data: u64,
        answer: Result<Box<AnyPdu>, LinkError>,
        speaks: Option<(Protocol, Version)>,
    ) -> Self {
        let none = LinkReply {
            account: Name(account),
            time: Time(time),
            user_data,
            protocol: Name::none(),
            version: Name::none(),
            name: Name::none(),
            octets: Octets::default(),
            error: Name::none(),
            reason: Name::none(),
        };
        match answer {
            Ok(pdu) => {
                let version = speaks.map(|(_, version)| version).unwrap_or_default();
                LinkReply {
                    protocol: name(pdu.protocol().name()),
                    version: name(&version.to_string()),
                    name: name(pdu.name()),
                    octets: shown_octets(&pdu, version, Seq::default()),
                    ..none
                }
            }
            Err(error) => LinkReply { error: name(error.name()), reason: name(&error.to_string()), ..none },
        }
    }
}

impl From<model::LinkRequest> for LinkRequest {
    fn from(e: model::LinkRequest) -> Self {
        LinkRequest {
            account: Name(e.account),
            connection: e.connection,
            time: Time(e.time),
            token: e.token.as_u64(),
            protocol: name(e.pdu.protocol().name()),
            version: name(&e.version.to_string()),
            name: name(e.pdu.name()),
            octets: shown_octets(&e.pdu, e.version, e.seq),
        }
    }
}
