//! Changing an account while it is open.

use super::core::Core;
use super::dial::{BackOff, Dial, DialState};
use super::slab::Key;
use super::{Account, Side};
use crate::session::{SessionEvent, SessionRules};
use crate::settings::AccountSettings;
use crate::time::{Now, SECOND, nanos};
use std::sync::Arc;

/// A short connection that has nothing to do is closed after this time.
const SHORT_IDLE_NS: u64 = 5 * SECOND;

/// What an account becomes. Its name, protocol, version and node stay.
#[derive(Clone, Debug)]
pub struct AccountChange {
    /// Its settings.
    pub settings: Arc<AccountSettings>,
    /// Login name, for the next login.
    pub user: String,
    /// The shared secret, for the next login.
    pub secret: Arc<[u8]>,
    /// Addresses to dial, for the next connection; empty for an account that only answers.
    pub addresses: Vec<String>,
}

impl SessionRules {
    /// The rules that an account's settings say. `dials`: it opens connections itself, which may be short.
    pub fn of(s: &AccountSettings, dials: bool) -> Self {
        let once = s.short && dials;
        SessionRules {
            window: usize::from(s.window),
            // Link tests are for long connections only (cmpp.md 3).
            keepalive_ns: if once { 0 } else { nanos(s.keepalive) },
            keepalive_tries: u32::from(s.keepalive_tries),
            response_timeout_ns: nanos(s.response_timeout),
            timeouts_to_close: u32::from(s.timeouts_to_close),
            login_timeout_ns: nanos(s.login_timeout),
            idle_close_ns: if once { SHORT_IDLE_NS } else { nanos(s.idle_close) },
            once,
            frame_limit: s.frame_limit as usize,
            verify: s.verify,
            strict: s.strict.0,
            source_addr: s.source_addr.clone(),
            only_sends: false,
            test_reserve: s.test_reserve,
            utc_offset: i32::from(s.utc_offset),
        }
    }
}

impl BackOff {
    /// The bounds that an account's settings say.
    pub fn of(s: &AccountSettings) -> Self {
        BackOff {
            first_ns: nanos(s.reconnect_min),
            last_ns: nanos(s.reconnect_max),
            refused_first_ns: nanos(s.refused_min),
            refused_last_ns: nanos(s.refused_max),
        }
    }
}

impl<S: Side> Account<S> {
    /// Takes other settings, credentials and addresses. Open connections stay; the limits and times of the settings
    /// hold for them from now on, and credentials and addresses from the next connection on.
    pub fn change(&mut self, now: Now, change: AccountChange) {
        let settings = change.settings.clone();
        self.core.change(now, change);
        self.side.changed(now, &settings);
        self.settle(now);
    }
}

impl<S: Side> Account<S> {
    /// Ends every connection in order, answers awaited until `deadline` (monotonic ns). The account stays.
    pub fn hang_up(&mut self, now: Now, deadline: u64) {
        for conn in self.core.links.keys() {
            self.core.end_link(now, conn, deadline);
        }
        self.settle(now);
    }
}

impl Core {
    fn change(&mut self, now: Now, change: AccountChange) {
        let AccountChange { settings: s, user, secret, addresses } = change;
        self.room.resize(s.queue as usize, s.queue_octets as usize, s.open_tickets as usize);
        self.rules = Arc::new(SessionRules::of(&s, !addresses.is_empty()));
        let rules = &self.rules;
        self.links.values_mut().for_each(|link| link.session.change(now, rules.clone()));
        if self.paced {
            self.pace.change(s.rate, s.effective_burst());
        }
        self.back_off = BackOff::of(&s);
        self.ack_within_ns = nanos(s.ack_within);
        self.inbound_window = s.inbound_window as usize;
        // The lists are in order of their times, and nothing in them may wait longer than something new.
        let at_most = |ns: u64| now.mono_ns.saturating_add(ns);
        self.inbound.hurry(at_most(self.ack_within_ns));
        let answers = at_most(self.rules.response_timeout_ns);
        self.doubts.hurry(answers);
        let reports = at_most(nanos(s.report_deadline));
        self.waits.hurry(reports);
        let wanted = if addresses.is_empty() { 0 } else { usize::from(s.connections) };
        // A peer that refused is not asked again sooner because something else changed.
        let anew =
            self.profile.user != user || self.profile.secret != secret || self.profile.addresses != addresses;
        self.profile.settings = s;
        self.profile.user = user;
        self.profile.secret = secret;
        self.profile.addresses = addresses;
        for dial in &mut self.dials {
            dial.address %= self.profile.addresses.len().max(1);
            if let DialState::Waiting(until) = &mut dial.state
                && anew
            {
                *until = (*until).min(now.mono_ns);
            }
        }
        self.resize_dials(now, wanted);
    }

    /// Opens more connections, or ends some in order: what they have not sent goes out on another one.
    fn resize_dials(&mut self, now: Now, wanted: usize) {
        let surplus = self.dials.split_off(wanted.min(self.dials.len()));
        self.dials.resize_with(wanted, Dial::default);
        for dial in surplus {
            let DialState::Up(conn) = dial.state else { continue };
            if let Some(link) = self.links.get_mut(conn) {
                link.dial = None;
            }
            self.end_link(now, conn, now.mono_ns.saturating_add(self.rules.response_timeout_ns));
        }
    }

    fn end_link(&mut self, now: Now, conn: Key, deadline: u64) {
        let Some(link) = self.links.get_mut(conn).filter(|link| !link.over) else { return };
        link.sends = false;
        for key in link.bound.drain(..).rev() {
            self.retry.push_front(key);
        }
        let mut events: Vec<SessionEvent> = Vec::new();
        link.session.close(now, deadline, &mut events);
        for event in events {
            if let SessionEvent::Ended(reason) = event {
                self.link_ended(now, conn, &reason);
            }
        }
    }
}
