//! The handle of raw links: peers of any role, requests with any PDU, answers to theirs.

mod builder;
mod octets;
mod peers;
mod waiters;

pub use builder::LinkBuilder;

use super::cell::Command;
use super::client::WaitError;
use super::closing::close_all;
use super::door::Door;
use super::hub::Answer;
use crate::account::{Account as Machine, Counters, Left};
use crate::link::{Asked, LinkSide, Refused, frames};
use crate::message::{Event, LinkError, LinkRequest, LinkState, Ticket, TicketMaker, Token};
use crate::metrics::AccountMetrics;
use crate::wire::{AnyPdu, Protocol, Seq, Version, frame};
use peers::{Peer, Shared};
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};

/// What a handler of requests says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkAnswer {
    /// Answer with this PDU.
    Pdu(Box<AnyPdu>),
    /// Refuse it in the protocol's words: nobody here handles such requests.
    Refuse,
    /// Refuse it as busy: the peer may ask again.
    Busy,
    /// Answered later with [`Link::answer`] and the request's token.
    Later,
}

impl<P: Into<AnyPdu>> From<P> for LinkAnswer {
    fn from(pdu: P) -> Self {
        LinkAnswer::Pdu(Box::new(pdu.into()))
    }
}

/// Raw, authenticated connections of any role and login type: between gateways, to a route server, from it.
///
/// A link has peers: those it dials, by the name given in [`LinkBuilder::dial`], and those that log in on its
/// listeners, by their login name. Any PDU but login, end and link test can be requested of a peer, and any PDU a
/// peer asks with is answered: by the handler, later with a token, or refused after `ack_within`. Window, pace,
/// keep-alive and reconnecting are those of every account.
///
/// Cheap to clone; every clone is the same link.
#[derive(Clone)]
pub struct Link {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    doors: OnceLock<Vec<(Protocol, Arc<Door>)>>,
    tickets: TicketMaker,
}

/// A link that is there as long as somebody holds a [`Link`].
pub(super) struct WeakLink(Weak<Inner>);

impl WeakLink {
    pub(super) fn upgrade(&self) -> Option<Link> {
        self.0.upgrade().map(|inner| Link { inner })
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("listeners", &self.listeners()).finish_non_exhaustive()
    }
}

impl Link {
    /// Starts to collect what a link needs.
    pub fn builder() -> LinkBuilder {
        LinkBuilder::default()
    }

    pub(super) fn downgrade(&self) -> WeakLink {
        WeakLink(Arc::downgrade(&self.inner))
    }

    /// Where it listens, with the real ports.
    pub fn listeners(&self) -> Vec<(Protocol, SocketAddr)> {
        self.inner
            .doors
            .get()
            .into_iter()
            .flatten()
            .map(|(protocol, door)| (*protocol, door.address))
            .collect()
    }

    /// The peers and where they stand. A peer that logs in with two versions is here twice.
    pub fn peers(&self) -> Vec<(Arc<str>, LinkState)> {
        let peers = self.inner.shared.list();
        peers
            .iter()
            .map(|p| (p.name.clone(), p.cell.look(&self.inner.shared.reactor, |a| a.core.standing().0)))
            .collect()
    }

    /// The protocol and the version spoken with a peer; an empty name is the only peer's.
    pub fn speaks(&self, peer: &str) -> Option<(Protocol, Version)> {
        let peer = self.inner.shared.by_name(peer)?;
        Some((peer.dialect.protocol(), peer.dialect.version()))
    }

    /// Requests something of a peer and waits for the answer at most `timeout`, from the call on. An empty name
    /// is the only peer's. A peer that is away is waited for within the same time.
    ///
    /// # Errors
    /// Why there is no answer. WOULD_DEADLOCK inside a handler: there, use [`Link::request_then`].
    pub fn request(
        &self,
        peer: &str,
        pdu: impl Into<AnyPdu>,
        timeout: Duration,
    ) -> Result<AnyPdu, LinkError> {
        self.wait_for(peer, None, &pdu.into(), timeout)
    }

    /// As [`Link::request`], with the sequence that the message had: how SGIP forwards (`sgip.md 4.1`). Other
    /// protocols number every connection by itself, and take no notice of `seq`.
    ///
    /// # Errors
    /// As [`Link::request`].
    pub fn request_as(
        &self,
        peer: &str,
        seq: Seq,
        pdu: impl Into<AnyPdu>,
        timeout: Duration,
    ) -> Result<AnyPdu, LinkError> {
        self.wait_for(peer, Some(seq), &pdu.into(), timeout)
    }

    fn wait_for(
        &self,
        peer: &str,
        seq: Option<Seq>,
        pdu: &AnyPdu,
        timeout: Duration,
    ) -> Result<AnyPdu, LinkError> {
        if self.inner.shared.reactor.in_handler() {
            return Err(LinkError::WouldDeadlock);
        }
        let ticket = self.next_ticket();
        let waiters = &self.inner.shared.waiters;
        waiters.thread(ticket);
        if let Err(error) = self.order(peer, ticket, 0, seq, pdu, timeout) {
            waiters.forget(ticket);
            return Err(error);
        }
        waiters.wait(ticket, timeout.saturating_add(Duration::from_secs(5)))
    }

    /// Requests something of a peer; `then` gets the answer where handlers run. It may be used inside a handler.
    ///
    /// # Errors
    /// Why nothing was asked; `then` is not called in that case.
    pub fn request_then(
        &self,
        peer: &str,
        pdu: impl Into<AnyPdu>,
        timeout: Duration,
        then: impl FnOnce(Result<AnyPdu, LinkError>) + Send + 'static,
    ) -> Result<(), LinkError> {
        self.request_as_then(peer, None, pdu, timeout, then)
    }

    /// As [`Link::request_then`], with the sequence that an SGIP message had.
    ///
    /// # Errors
    /// As [`Link::request_then`].
    pub fn request_as_then(
        &self,
        peer: &str,
        seq: Option<Seq>,
        pdu: impl Into<AnyPdu>,
        timeout: Duration,
        then: impl FnOnce(Result<AnyPdu, LinkError>) + Send + 'static,
    ) -> Result<(), LinkError> {
        let ticket = self.next_ticket();
        let waiters = &self.inner.shared.waiters;
        waiters.function(ticket, Box::new(then));
        let asked = self.order(peer, ticket, 0, seq, &pdu.into(), timeout);
        asked.inspect_err(|_| waiters.forget(ticket))
    }

    /// Requests something of a peer; the answer is an [`Event::LinkReply`] with this ticket and `user_data`.
    ///
    /// # Errors
    /// Why nothing was asked.
    pub fn ask(
        &self,
        peer: &str,
        seq: Option<Seq>,
        pdu: impl Into<AnyPdu>,
        timeout: Duration,
        user_data: u64,
    ) -> Result<Ticket, LinkError> {
        let ticket = self.next_ticket();
        self.order(peer, ticket, user_data, seq, &pdu.into(), timeout)?;
        Ok(ticket)
    }

    fn next_ticket(&self) -> Ticket {
        self.inner.tickets.next(self.inner.shared.reactor.now().unix_ms)
    }

    fn order(
        &self,
        peer: &str,
        ticket: Ticket,
        user_data: u64,
        seq: Option<Seq>,
        pdu: &AnyPdu,
        timeout: Duration,
    ) -> Result<(), LinkError> {
        let shared = &self.inner.shared;
        if shared.closing.load(Ordering::SeqCst) {
            return Err(LinkError::Closed);
        }
        let port = shared.by_name(peer).ok_or_else(|| LinkError::NoPeer(peer.to_owned()))?;
        let (protocol, version) = (port.dialect.protocol(), port.dialect.version());
        check(pdu, protocol, false)?;
        if !port.settings.queue_offline && port.room.online() == 0 {
            return Err(LinkError::NotSent(format!("peer {} is not connected", port.name)));
        }
        let mut frames = frames(pdu, version)?;
        let (Some(frame), true) = (frames.pop(), frames.is_empty()) else {
            return Err(LinkError::WrongPdu("a request is one frame".to_owned()));
        };
        if !port.room.reserve(1, frame.len()) {
            return Err(LinkError::QueueFull(port.name.to_string()));
        }
        shared.hub.opened();
        let deadline = shared.reactor.now().mono_ns.saturating_add(crate::time::nanos(timeout));
        let seq = seq.filter(|_| port.dialect.sequence_is_id());
        let asked = Asked { ticket, user_data, frame, seq, deadline };
        let ask = move |account: &mut Machine<LinkSide>, now| account.side.ask(&mut account.core, now, asked);
        port.cell.tell(&shared.reactor, Command::Call(Box::new(ask)));
        Ok(())
    }

    /// Answers a request that its handler left for later.
    ///
    /// # Errors
    /// STALE when it was answered or refused before; an answer that belongs to another request; a field that does
    /// not fit.
    pub fn answer(&self, token: Token, pdu: impl Into<AnyPdu>) -> Result<(), LinkError> {
        let pdu = pdu.into();
        let port = self.inner.shared.by_token(token).ok_or(LinkError::Stale)?;
        check(&pdu, port.dialect.protocol(), true)?;
        let fits = |request: &AnyPdu| {
            if pdu.command() != request.command() | frame::RESPONSE {
                let text = format!("a {} does not answer a {}", pdu.name(), request.name());
                return Err(LinkError::WrongPdu(text));
            }
            Ok(frames(&pdu, port.dialect.version())?)
        };
        let frames = self.claim(&port, token, fits)?;
        self.tell(&port, move |account, now| {
            account.side.answer(&mut account.core, now, token, frames);
        });
        Ok(())
    }

    /// Refuses a request that its handler left for later, in the protocol's words.
    ///
    /// # Errors
    /// STALE when it was answered or refused before.
    pub fn refuse(&self, token: Token, busy: bool) -> Result<(), LinkError> {
        let port = self.inner.shared.by_token(token).ok_or(LinkError::Stale)?;
        self.claim(&port, token, |_| Ok(()))?;
        let why = if busy { Refused::Busy } else { Refused::Unwanted };
        self.tell(&port, move |account, now| {
            account.side.refuse(&mut account.core, now, token, why);
        });
        Ok(())
    }

    /// Takes the right to answer a request, if `prepare` finds nothing wrong. Who comes later is told so at once, also
    /// while the answer is on its way to the account.
    fn claim<R>(
        &self,
        port: &Arc<Peer>,
        token: Token,
        prepare: impl FnOnce(&AnyPdu) -> Result<R, LinkError>,
    ) -> Result<R, LinkError> {
        port.cell.mark(&self.inner.shared.reactor, |account| {
            let request = account.side.request(token).ok_or(LinkError::Stale)?;
            let prepared = prepare(request)?;
            account.side.claim(token);
            Ok(prepared)
        })
    }

    fn tell(
        &self,
        port: &Arc<Peer>,
        call: impl FnOnce(&mut Machine<LinkSide>, crate::time::Now) + Send + 'static,
    ) {
        port.cell.tell(&self.inner.shared.reactor, Command::Call(Box::new(call)));
    }

    /// What a handler's word leads to.
    fn carry_out(&self, request: &LinkRequest, said: LinkAnswer) -> Answer {
        let done = match said {
            LinkAnswer::Pdu(pdu) => match self.answer(request.token, *pdu) {
                // A wrong answer must not leave the peer without any.
                Err(LinkError::Encode(_) | LinkError::WrongPdu(_)) => self.refuse(request.token, true),
                other => other,
            },
            LinkAnswer::Refuse => self.refuse(request.token, false),
            LinkAnswer::Busy => self.refuse(request.token, true),
            LinkAnswer::Later => Ok(()),
        };
        // A stale token has nothing left to be answered.
        drop(done);
        Answer::Later
    }

    /// Waits until a peer is online; an empty name is the only peer's.
    ///
    /// # Errors
    /// Not in time, with where the peer stands; a close at once; WOULD_DEADLOCK inside a handler.
    pub fn wait_online(&self, peer: &str, timeout: Duration) -> Result<(), WaitError> {
        if self.inner.shared.reactor.in_handler() {
            return Err(WaitError::WouldDeadlock);
        }
        let shared = &self.inner.shared;
        let closing = || shared.closing.load(Ordering::SeqCst);
        let online = || shared.by_name(peer).is_some_and(|p| p.room.online() > 0);
        let done = shared.hub.wait_until(timeout, || closing() || online());
        if closing() {
            return Err(WaitError::Closed);
        }
        if done {
            return Ok(());
        }
        Err(WaitError::Timeout(match shared.by_name(peer) {
            Some(peer) => {
                let (_, _, state, why) = peer.cell.snapshot(&self.inner.shared.reactor);
                format!("{} is {}: {why}", peer.name, state.name())
            }
            None => format!("{peer} has not logged in"),
        }))
    }

    /// Takes up to `max` polled events, waiting up to `timeout` for the first. `None` after the close.
    pub fn poll(&self, max: usize, timeout: Duration) -> Option<Vec<Event>> {
        let end = Instant::now() + timeout.min(Duration::from_secs(10 * 365 * 86_400));
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let mut events = self.inner.shared.hub.poll(max, left)?;
            // Replies that a function waits for go to it, here on the caller's thread.
            events.retain(|event| match event {
                Event::LinkReply(reply) => !self.inner.shared.waiters.call(reply),
                _ => true,
            });
            if !events.is_empty() || left.is_zero() {
                return Some(events);
            }
        }
    }

    /// What was counted for each peer.
    pub fn counters(&self) -> Vec<(Arc<str>, Counters)> {
        let peers = self.inner.shared.list();
        peers.iter().map(|p| (p.name.clone(), p.cell.snapshot(&self.inner.shared.reactor).0)).collect()
    }

    /// The state and the counts of every peer: [`crate::metrics`].
    pub fn metrics(&self) -> Vec<AccountMetrics> {
        let now = self.inner.shared.reactor.now();
        let peers = self.inner.shared.list();
        peers
            .iter()
            .map(|p| p.cell.look(&self.inner.shared.reactor, |a| AccountMetrics::of(&a.core, true, now)))
            .collect()
    }

    /// Ends the link: stops listening, sends what is queued and waits for answers until `deadline`, ends every
    /// session.
    ///
    /// # Errors
    /// WOULD_DEADLOCK inside a handler.
    pub fn close(&self, deadline: Duration) -> Result<Left, LinkError> {
        if self.inner.shared.reactor.in_handler() {
            return Err(LinkError::WouldDeadlock);
        }
        let shared = &self.inner.shared;
        shared.closing.store(true, Ordering::SeqCst);
        for (_, door) in self.inner.doors.get().into_iter().flatten() {
            door.shut(&shared.reactor);
        }
        let cells: Vec<_> = shared.list().iter().map(|peer| peer.cell.clone()).collect();
        Ok(close_all(&cells, &shared.reactor, &shared.hub, deadline))
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.shared.hub.end_polling();
        self.shared.reactor.stop();
    }
}

/// Whether a PDU may go over a link with this protocol, as an answer or as a request.
fn check(pdu: &AnyPdu, protocol: Protocol, answer: bool) -> Result<(), LinkError> {
    let name = pdu.name();
    let wrong = |text: String| Err(LinkError::WrongPdu(text));
    if pdu.protocol() != protocol {
        return wrong(format!("{name} is a PDU of {}, the peer speaks {protocol}", pdu.protocol()));
    }
    if crate::dialect::is_session_command(protocol, pdu.command()) {
        return wrong(format!("{name} is the link's own: login, end and link test are done by it"));
    }
    match (pdu.command() & frame::RESPONSE != 0, answer) {
        (true, false) => wrong(format!("{name} is an answer: give it to answer with the request's token")),
        (false, true) => wrong(format!("{name} is a request, an answer is needed")),
        _ => Ok(()),
    }
}
