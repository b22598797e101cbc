//! An account's connections: made, logged in, lost, and where the account stands.

use super::AskError;
use super::core::{Action, Core};
use super::dial::{Dial, DialState};
use super::links::Link;
use super::slab::Key;
use super::tickets::{SegmentKey, SegmentState};
use crate::codes;
use crate::dialect::AnswerCheck;
use crate::message::{AccountState, Event, LinkState, LogLevel, shown};
use crate::session::{EndReason, Session};
use crate::time::Now;
use crate::wire::Protocol;

/// LoginMode of an SMGP connection that only receives (`smgp.md 5.1`).
const RECEIVES: u8 = 1;

/// What waits on one connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnectionGauges {
    /// Its number in events.
    pub connection: u32,
    /// Requests without an answer.
    pub waiting: u64,
    /// Octets that its socket has not taken.
    pub unwritten: u64,
    /// Requests of the other side that the application has not finished.
    pub unhandled: u64,
}

/// Receivers that the log line of a lost connection names.
const NAMED: usize = 4;

impl Core {
    /// The connections: key, number, requests that wait for their answer, and whether it is logged in.
    pub fn connections(&self) -> Vec<(Key, u32, usize, bool)> {
        let links = self.links.keys().into_iter().filter_map(|k| Some((k, self.links.get(k)?)));
        links.map(|(k, l)| (k, l.number, l.session.waiting(), l.session.is_online())).collect()
    }

    /// The connections that are logged in, for their metrics.
    pub fn gauges(&self) -> Vec<ConnectionGauges> {
        let up = self.links.values().filter(|link| link.session.is_online());
        up.map(|link| ConnectionGauges {
            connection: link.number,
            waiting: link.session.waiting() as u64,
            unwritten: link.session.unwritten() as u64,
            unhandled: link.unhandled as u64,
        })
        .collect()
    }

    /// Octets that the socket of a connection has not taken.
    pub fn unwritten(&self, conn: Key) -> usize {
        self.links.get(conn).map_or(0, |link| link.session.unwritten())
    }

    /// Requests of the other side that wait for their answer.
    pub fn unanswered_requests(&self) -> usize {
        self.inbound.unanswered()
    }

    /// The address a dial uses.
    pub fn dialed_address(&self, slot: usize) -> String {
        let address = self.dials.get(slot).and_then(|d| self.profile.addresses.get(d.address));
        address.cloned().unwrap_or_default()
    }

    /// Which of the addresses behind a name a dial takes.
    pub fn dial_round(&self, slot: usize) -> usize {
        self.dials.get(slot).map_or(0, |dial| dial.round(self.profile.addresses.len()))
    }

    /// The LoginMode of a dial, and whether requests go out on it: connections of SMGP may take turns in what they are
    /// for, and one that receives sends nothing where another one sends.
    fn mode_of(&self, slot: usize) -> (u8, bool) {
        let (modes, own) = (&self.profile.settings.login_mode, self.profile.login_mode);
        let several = self.dialect.protocol() == Protocol::Smgp && modes.iter().any(|mode| *mode != RECEIVES);
        let mode = slot.checked_rem(modes.len()).and_then(|at| modes.get(at)).copied();
        match mode.filter(|_| several) {
            Some(mode) => (mode, self.profile.sends_on_dialed && mode != RECEIVES),
            None => (own, self.profile.sends_on_dialed),
        }
    }

    pub(super) fn number(&mut self) -> u32 {
        self.next_number = self.next_number.checked_add(1).unwrap_or(1);
        self.next_number
    }

    pub(super) fn connected(&mut self, now: Now, slot: usize, peer: &str) -> Option<Key> {
        if self.dials.get(slot)?.state != DialState::Dialing {
            return None;
        }
        let (mode, sends) = self.mode_of(slot);
        let session = Session::call(
            self.dialect.clone(),
            self.rules.clone(),
            self.seqs(),
            &self.profile.user,
            self.profile.secret.clone(),
            mode,
            now,
        );
        match session {
            Ok(session) => {
                let number = self.number();
                let conn = self.links.insert(Link::new(session, number, Some(slot), sends, peer));
                self.dials.get_mut(slot)?.state = DialState::Up(conn);
                Some(conn)
            }
            Err(error) => {
                self.dial_failed(now, slot, &format!("the login cannot be written: {error}"));
                None
            }
        }
    }

    pub(super) fn dial_failed(&mut self, now: Now, slot: usize, why: &str) {
        // Said once: an address that stays unreachable is tried often.
        if self.trouble != why {
            self.trouble = why.to_owned();
            self.log(now, LogLevel::Warn, "connection", why.to_owned());
        }
        if let Some(dial) = self.dials.get_mut(slot) {
            dial.failed(now.mono_ns, self.profile.addresses.len(), &self.back_off, &mut self.jitter);
        }
    }

    pub(super) fn adopt(&mut self, now: Now, session: Session, peer: &str) -> Key {
        let number = self.number();
        self.counters.logins += 1;
        let sends = self.profile.sends_on_accepted && !session.only_sends();
        let link = Link::new(session, number, None, sends, peer);
        self.trouble.clear();
        self.log(now, LogLevel::Info, "login", format!("connection {number} from {peer} logged in"));
        self.links.insert(link)
    }

    pub(super) fn online(&mut self, now: Now, conn: Key, version: u8, check: AnswerCheck) {
        self.counters.logins += 1;
        let Some(link) = self.links.get(conn) else { return };
        let (peer, number) = (link.peer.clone(), link.number);
        if let Some(dial) = link.dial.and_then(|slot| self.dials.get_mut(slot)) {
            dial.online(now.mono_ns);
        }
        self.trouble.clear();
        let named = match version {
            0 => String::new(),
            v => format!(", the gateway names version {}", crate::wire::Version(v)),
        };
        let speaks = self.dialect.version();
        if !self.rules.once {
            let text = format!("connection {number} logged in to {peer}, speaking {speaks}{named}");
            self.log(now, LogLevel::Info, "login", text);
        }
        match check {
            AnswerCheck::Right => {}
            AnswerCheck::Empty => self.counters.empty_digests += 1,
            AnswerCheck::Deviation(how) => {
                self.log(now, LogLevel::Warn, "login", format!("the gateway's digest deviates: {how}"));
            }
            AnswerCheck::Wrong => self.log(
                now,
                LogLevel::Warn,
                "login",
                "the gateway's digest is wrong; use verify=strict to refuse such a gateway".to_owned(),
            ),
        }
        // What the connection brings with the answer to its login comes after the news that it is there.
        self.publish_state(now);
    }

    pub(super) fn link_ended(&mut self, now: Now, conn: Key, reason: &EndReason) {
        let Some(link) = self.links.get_mut(conn) else { return };
        link.over = true;
        let bound: Vec<SegmentKey> = link.bound.drain(..).collect();
        let (number, dial, peer) = (link.number, link.dial, link.peer.clone());
        let abandoned = link.session.abandoned();
        let last_frames = link.session.last_frames(now);
        let unanswered = self.unanswered_by(&abandoned);
        self.inbound.forget(conn);
        let inbound = &self.inbound;
        self.queries.retain(|token, _| inbound.holds(*token));
        // What was not sent goes to the head of the queue in its old order, on another connection.
        for key in bound.into_iter().rev() {
            self.retry.push_front(key);
        }
        for (tag, written) in abandoned.into_iter().rev() {
            let key = SegmentKey::from_tag(tag);
            if key.is_question() {
                self.answer_question(key, Err(AskError::NoAnswer(reason.to_string())));
            } else if written {
                self.lost(now, key);
            } else {
                self.unsend(now, key);
            }
        }
        let in_order = matches!(reason, EndReason::ByUs | EndReason::Idle)
            || (matches!(reason, EndReason::ByPeer) && (self.profile.on_demand || dial.is_none()));
        let text = match reason {
            EndReason::Refused(status) => {
                self.counters.refusals += 1;
                let code = codes::login(self.dialect.protocol(), self.dialect.version(), *status);
                format!("login refused with status {status} {}: {}", code.name, code.en)
            }
            other => other.to_string(),
        };
        if !in_order {
            self.counters.breaks += 1;
            self.trouble = format!("{peer}: {text}");
            self.last_frames = last_frames;
        }
        let level = if in_order { LogLevel::Info } else { LogLevel::Warn };
        // Short connections come and go: only what is wrong with them is said.
        if !(in_order && self.rules.once) {
            self.log(
                now,
                level,
                "connection",
                format!("connection {number} to {peer} ended: {text}{unanswered}"),
            );
        }
        // A gateway that closes what has just been opened for a message must not be dialed in a circle.
        let hurried = matches!(reason, EndReason::ByPeer) && !self.rules.once && self.has_work();
        if let Some(dial) = dial.and_then(|slot| self.dials.get_mut(slot)) {
            match reason {
                EndReason::Refused(_) | EndReason::GatewayNotProven => {
                    dial.refused(now.mono_ns, &self.back_off, &mut self.jitter);
                }
                _ if in_order && !hurried => dial.rest(),
                _ => dial.failed(now.mono_ns, self.profile.addresses.len(), &self.back_off, &mut self.jitter),
            }
        }
    }

    /// The messages that a connection leaves without an answer, for the log: how many, and the first receivers.
    fn unanswered_by(&self, abandoned: &[(u64, bool)]) -> String {
        let keys =
            abandoned.iter().filter(|(_, written)| *written).map(|(tag, _)| SegmentKey::from_tag(*tag));
        let open: Vec<_> = keys.filter(|key| !key.is_question()).filter_map(|key| self.ticket(key)).collect();
        let show = self.profile.settings.show;
        let first = open.iter().take(NAMED);
        let names: Vec<String> =
            first.map(|open| shown::number(show, &open.order.receiver.to_string_lossy())).collect();
        match open.len() {
            0 => String::new(),
            n => {
                let more = if n > NAMED { ", ..." } else { "" };
                format!(
                    "; {n} segment{} without answer, to {}{more}",
                    if n == 1 { "" } else { "s" },
                    names.join(", ")
                )
            }
        }
    }

    /// Not an octet of it was written: it is as good as new.
    pub(super) fn unsend(&mut self, now: Now, key: SegmentKey) {
        if let Some(segment) = self.tickets.get_mut(key.ticket).and_then(|o| o.segment_mut(key.segment))
            && segment.state == SegmentState::Released
        {
            segment.state = SegmentState::Queued;
            segment.sends -= 1;
            segment.sent_at = 0;
            let octets = segment.frame.len();
            self.requeue(now, key, octets);
            self.counters.sent -= 1;
            self.counters.unsent += 1;
            self.retry.push_front(key);
        }
    }

    /// Whether connections are to be made: always, or while there is something to send.
    pub(super) fn wants_connections(&self) -> bool {
        self.has_work() || !self.asked.is_empty() || (!self.profile.on_demand && self.closing.is_none())
    }

    /// Dials what is wanted.
    pub(super) fn tend(&mut self, now: Now) {
        if !self.started || self.closed {
            return;
        }
        let wanted = self.wants_connections();
        let mut missing = if self.rules.once { self.missing_connections() } else { usize::MAX };
        for slot in 0..self.dials.len() {
            let Some(dial) = self.dials.get_mut(slot) else { continue };
            let due = match dial.state {
                DialState::Idle => wanted,
                DialState::Waiting(until) => wanted && until <= now.mono_ns,
                DialState::Dialing | DialState::Up(_) => false,
            };
            if due && missing == 0 {
                dial.state = DialState::Idle;
                continue;
            }
            missing -= usize::from(due);
            if due && let Some(address) = self.profile.addresses.get(dial.address) {
                dial.state = DialState::Dialing;
                self.actions.push(Action::Dial { slot, address: address.clone() });
            }
        }
    }

    /// Short connections that what is queued has no connection for.
    fn missing_connections(&self) -> usize {
        let needed = self.queued.min(self.outbox.len() + self.retry.len()) + self.asked.len();
        let coming = self.dials.iter().filter(|dial| match dial.state {
            DialState::Dialing => true,
            DialState::Up(conn) => self.links.get(conn).is_some_and(|link| !link.session.is_spent()),
            DialState::Idle | DialState::Waiting(_) => false,
        });
        needed.saturating_sub(coming.count())
    }

    /// Where the account stands, connections up, inbound ones up.
    pub fn standing(&self) -> (LinkState, u16, u16) {
        if self.rules.once && self.started && !self.closed {
            // Short connections come and go with every message: that is no change of state.
            let waits = self.dials.iter().any(|d| matches!(d.state, DialState::Waiting(_)));
            let state = match self.dials.iter().any(Dial::is_refused) {
                true => LinkState::Refused,
                false if waits => LinkState::Offline,
                false => LinkState::Idle,
            };
            return (state, 0, 0);
        }
        let online = self.links.values().filter(|l| l.session.is_up());
        let (mut up, mut inbound) = (0u16, 0u16);
        for link in online {
            if link.dial.is_some() { up += 1 } else { inbound += 1 }
        }
        let wanted = self.dials.len() as u16;
        // A session that is being ended is neither up nor being made.
        let logs_in = |conn| self.links.get(conn).is_some_and(|l| l.session.is_logging_in());
        let busy = self.dials.iter().any(|d| match d.state {
            DialState::Dialing => true,
            DialState::Up(conn) => logs_in(conn),
            DialState::Idle | DialState::Waiting(_) => false,
        });
        let waits = self.dials.iter().any(|d| matches!(d.state, DialState::Waiting(_)));
        let refused = self.dials.iter().any(Dial::is_refused);
        let state = if !self.started || self.closed {
            LinkState::Offline
        } else if wanted == 0 {
            if inbound > 0 { LinkState::Online } else { LinkState::Idle }
        } else if up >= wanted || (up > 0 && self.profile.on_demand) {
            LinkState::Online
        } else if up > 0 {
            LinkState::Degraded
        } else if refused {
            LinkState::Refused
        } else if busy {
            LinkState::Connecting
        } else if waits || !self.profile.on_demand {
            LinkState::Offline
        } else {
            LinkState::Idle
        };
        (state, up, inbound)
    }

    pub(super) fn publish_state(&mut self, now: Now) {
        let standing = self.standing();
        if standing == self.published {
            return;
        }
        self.published = standing;
        let (state, up, inbound) = standing;
        self.room.set_online(usize::from(up) + usize::from(inbound));
        let event = AccountState {
            account: self.profile.name.clone(),
            connection: self.next_number,
            time: now.unix_ms,
            state,
            up,
            wanted: self.dials.len() as u16,
            inbound,
            reason: self.trouble.clone(),
            last_frames: std::mem::take(&mut self.last_frames),
        };
        self.emit(Event::AccountState(Box::new(event)));
    }
}
