//! The native link: the core's link, PDUs as octets.

use crate::client::Left;
use crate::convert::{Octets, Seconds};
use crate::dispatch::dispatch;
use crate::errors::{exception, guarded, link_error, open_error, wait_error};
use crate::events::{LinkReply, LinkRequest};
use crate::gateway::{listen, secret_of};
use crate::settings::{self, Given};
use crate::shared::{Handle, Shared, elsewhere, wait_in_slices};
use crate::stats;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use sanwang::wire::{AnyPdu, Seq};
use sanwang::{EventKinds, LinkError, Token, WaitError};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A core's link for one Python link.
#[pyclass(frozen, module = "sanwang._native")]
pub(crate) struct Link {
    shared: Arc<Shared>,
}

/// The octets of a PDU as Python gives it: octets, or anything with `encode(version)`.
pub(crate) fn octets_of(pdu: &Bound<'_, PyAny>, version: &str) -> PyResult<Octets> {
    if let Ok(octets) = pdu.extract::<Octets>() {
        return Ok(octets);
    }
    if !pdu.hasattr("encode")? || pdu.is_instance_of::<pyo3::types::PyString>() {
        let what = "a PDU is bytes, the octets of its frame, or an object with encode(version)";
        return Err(pyo3::exceptions::PyTypeError::new_err(what));
    }
    pdu.call_method1("encode", (version,))?.extract::<Octets>()
}

impl Link {
    pub(crate) fn core(&self) -> &sanwang::Link {
        match self.shared.handle() {
            Handle::Link(link) => link,
            _ => unreachable!("it was made of a link"),
        }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// The PDU for a peer, and the sequence it keeps.
    fn pdu(
        &self,
        py: Python<'_>,
        peer: &str,
        pdu: &Bound<'_, PyAny>,
        sequence: Option<(u32, u32, u32)>,
    ) -> PyResult<(AnyPdu, Option<Seq>)> {
        self.shared.check_fork(py)?;
        let version = self.core().speaks(peer).map(|(_, version)| version.to_string());
        let Some(version) = version else {
            return Err(link_error(py, &LinkError::NoPeer(peer.to_owned())));
        };
        let octets = octets_of(pdu, &version)?;
        let pdu = self.core().read(peer, &octets.0).map_err(|error| link_error(py, &error))?;
        Ok((pdu, sequence.map(|(node, time, serial)| Seq { node, time, serial })))
    }
}

#[pymethods]
impl Link {
    #[new]
    fn new(
        py: Python<'_>,
        dials: Vec<Given<'_>>,
        urls: Vec<String>,
        peers: Vec<(String, Bound<'_, PyAny>)>,
        settings: &Bound<'_, PyDict>,
    ) -> PyResult<Self> {
        let pairs = settings::pairs(settings, "ConfigError")?;
        let kinds =
            [EventKinds::ACCOUNT_STATE, EventKinds::LINK_REQUEST, EventKinds::TROUBLE, EventKinds::LOG];
        let kinds = kinds.into_iter().fold(EventKinds::LINK_REPLY, |all, kind| all | kind);
        let mut builder = sanwang::Link::builder().engine(settings::engine(py, &pairs)?).polled(kinds);
        let all: Vec<String> =
            dials.iter().map(|(_, url, _)| url.clone()).chain(urls.iter().cloned()).collect();
        let used: Vec<_> = all.iter().filter_map(|url| settings::protocol_of(url)).collect();
        for given in &dials {
            builder = builder.dial_as(settings::account(py, given, &pairs, &used)?);
        }
        for url in &urls {
            builder = builder.listen_as(listen(py, url, &pairs, &all)?);
        }
        for (name, secret) in peers {
            builder = builder.peer(name, secret_of(&secret)?);
        }
        let link = guarded(py, || py.detach(|| builder.open()))?.map_err(|e| open_error(py, &e))?;
        Ok(Link { shared: Arc::new(Shared::new(Handle::Link(link))) })
    }

    /// Where it listens: protocol and address.
    #[getter]
    fn listeners(&self) -> Vec<(&'static str, String)> {
        self.core().listeners().iter().map(|(p, at)| (p.name(), at.to_string())).collect()
    }

    /// The peers and where they stand.
    #[getter]
    fn peers(&self) -> Vec<(String, &'static str)> {
        self.core().peers().iter().map(|(name, state)| (name.to_string(), state.name())).collect()
    }

    /// The protocol and version spoken with a peer.
    fn speaks(&self, peer: &str) -> Option<(&'static str, String)> {
        self.core().speaks(peer).map(|(protocol, version)| (protocol.name(), version.to_string()))
    }

    /// Requests something of a peer and waits for the answer, on a thread of its own, so that Ctrl-C is heard.
    fn request(
        &self,
        py: Python<'_>,
        peer: String,
        pdu: &Bound<'_, PyAny>,
        sequence: Option<(u32, u32, u32)>,
        timeout: Option<Seconds>,
    ) -> PyResult<LinkReply> {
        self.shared.check_waiting(py)?;
        let (pdu, seq) = self.pdu(py, &peer, pdu, sequence)?;
        let (core, wait) = (self.core().clone(), Seconds::or_forever(timeout));
        let speaks = core.speaks(&peer);
        let account: Arc<str> = Arc::from(peer.as_str());
        let answer = elsewhere(py, move || match seq {
            Some(seq) => core.request_as(&peer, seq, pdu, wait),
            None => core.request(&peer, pdu, wait),
        })?;
        let Some(answer) = answer else {
            let what = "asking ended early: this is a bug of sanwang";
            return Err(exception(py, "InternalError", what, &[]));
        };
        let pdu = answer.map_err(|error| link_error(py, &error))?;
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let time = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        Ok(LinkReply::of(account, time, 0, Ok(Box::new(pdu)), speaks))
    }

    /// Requests something of a peer; the reply is an event with this `user_data`.
    fn ask(
        &self,
        py: Python<'_>,
        peer: &str,
        pdu: &Bound<'_, PyAny>,
        sequence: Option<(u32, u32, u32)>,
        timeout: Option<Seconds>,
        user_data: u64,
    ) -> PyResult<()> {
        let (pdu, seq) = self.pdu(py, peer, pdu, sequence)?;
        let wait = Seconds::or_forever(timeout);
        let asked = guarded(py, || self.core().ask(peer, seq, pdu, wait, user_data))?;
        asked.map(|_| ()).map_err(|error| link_error(py, &error))
    }

    /// Answers a request of a peer.
    fn answer(&self, py: Python<'_>, request: &LinkRequest, pdu: &Bound<'_, PyAny>) -> PyResult<()> {
        self.shared.check_fork(py)?;
        let octets = octets_of(pdu, &request.version.0)?;
        let token = Token::from_u64(request.token);
        let core = self.core();
        let done =
            guarded(py, || core.read_answer(token, &octets.0).and_then(|pdu| core.answer(token, pdu)))?;
        done.map_err(|error| link_error(py, &error))
    }

    /// Refuses a request of a peer in the protocol's words.
    fn refuse(&self, py: Python<'_>, token: u64, busy: bool) -> PyResult<()> {
        self.shared.check_fork(py)?;
        let done = guarded(py, || self.core().refuse(Token::from_u64(token), busy))?;
        done.map_err(|error| link_error(py, &error))
    }

    /// Says which kinds of events have handlers.
    fn want(&self, kinds: u32) {
        self.shared.want(EventKinds(kinds));
    }

    /// Takes one batch of events and calls their handlers.
    fn dispatch(
        &self,
        py: Python<'_>,
        handlers: &Bound<'_, PyList>,
        unhandled: &Bound<'_, PyAny>,
        failed: &Bound<'_, PyAny>,
        timeout: Option<Seconds>,
    ) -> PyResult<bool> {
        dispatch(py, &self.shared, handlers, unhandled, failed, timeout)
    }

    /// Waits until a peer is online.
    fn wait_online(&self, py: Python<'_>, peer: &str, timeout: Option<Seconds>) -> PyResult<()> {
        self.shared.check_waiting(py)?;
        let mut late = String::new();
        let wait = Seconds::or_forever(timeout);
        let done = wait_in_slices(py, wait, |slice| match self.core().wait_online(peer, slice) {
            Err(WaitError::Timeout(standing)) => {
                late = standing;
                None
            }
            other => Some(other),
        })?;
        done.unwrap_or(Err(WaitError::Timeout(late))).map_err(|e| wait_error(py, &e))
    }

    /// Ends the link.
    fn close(&self, py: Python<'_>, timeout: Option<Seconds>) -> PyResult<Left> {
        self.shared.check_waiting(py)?;
        let handle = self.shared.handle().clone();
        let deadline = Seconds::or_forever(timeout);
        Left::of(py, elsewhere(py, move || handle.close(deadline))?)
    }

    /// Ends the link without waiting, for one that was forgotten.
    fn abandon(&self) {
        if self.shared.is_forked() {
            return;
        }
        let handle = self.shared.handle().clone();
        let _ = thread::Builder::new()
            .name("sanwang-close".to_owned())
            .spawn(move || handle.close(Duration::ZERO));
    }

    /// What a peer has counted, all its versions added up; without a name all peers.
    fn counters<'py>(&self, py: Python<'py>, peer: Option<&str>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let all = self.core().counters().into_iter();
        let own = all.filter(|(name, _)| peer.is_none_or(|wanted| wanted == &**name));
        let own: Vec<_> = own.map(|(_, counters)| counters).collect();
        let known = peer.is_none() || !own.is_empty();
        known.then(|| stats::counters(py, &own)).transpose()
    }

    /// The metrics of all peers in the text format of Prometheus.
    fn metrics(&self) -> String {
        sanwang::metrics::prometheus(&self.core().metrics())
    }

    /// Whether this is the child of a fork.
    #[getter]
    fn forked(&self) -> bool {
        self.shared.is_forked()
    }
}
