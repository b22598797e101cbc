//! Who may connect to a listener, and how fast wrong logins may follow each other.
//!
//! A guard counts; it holds no connection and knows no clock. Everything it keeps is bounded, whatever peers do.

use crate::settings::AccountSettings;
use crate::time::{Now, SECOND, nanos};
use std::collections::HashMap;
use std::net::IpAddr;

/// Wrong logins of one address that cost it nothing: a mistyped secret is no attack.
const FREE: u32 = 3;
/// The wait doubles with each wrong login up to so many times.
const DOUBLINGS: u32 = 4;
/// A login is held at most so long before it is looked at, whatever others at its address did.
const LONGEST_HOLD_NS: u64 = 10 * SECOND;
/// Logins of one address that are held at a time: enough for the connections of an account beside one with a wrong
/// secret, too few to try secrets in parallel.
const HELD: u32 = 16;
/// Wrong logins are forgotten so long after the last one.
const FORGET_NS: u64 = 120 * SECOND;
/// Addresses whose wrong logins are remembered. The one that was quiet longest makes room.
const REMEMBERED: usize = 4096;

/// The limits of one listener.
#[derive(Clone, Copy, Debug)]
pub struct GuardRules {
    /// Most connections, logged in or not.
    pub connections: usize,
    /// Most connections of one address; 0: no limit.
    pub per_address: usize,
    /// Most connections that have not logged in.
    pub waiting: usize,
    /// First wait after too many wrong logins, ns; 0: none.
    pub delay_ns: u64,
    /// Time a connection has for its login, ns: a login is held for at most half of it.
    pub login_timeout_ns: u64,
}

/// Why a connection ended without a login. The words are the label of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TurnedAway {
    /// The listener has as many connections as it may have.
    Full,
    /// Its address has as many connections as it may have.
    AddressFull,
    /// Too many connections have not logged in.
    LobbyFull,
    /// No login came in time.
    Timeout,
    /// It went away before a login, as port scanners do.
    Left,
    /// It sent octets that are no login.
    Nonsense,
    /// Name or secret are wrong.
    Credentials,
    /// Its address is not in `bind_from`.
    Address,
    /// The version is not allowed.
    Version,
    /// The account has its connections already.
    TooMany,
    /// The login type does not fit.
    Mode,
    /// Its address has tried too many wrong logins and did not wait.
    Slowed,
    /// The application does not let it in, or the account tolerates less than it needs.
    NotNow,
}

/// When a login is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Now.
    No,
    /// At this time, monotonic ns. [`Guard::release`] is to be called then, or when it is given up.
    Until(u64),
    /// Not at all: too many logins of the address wait.
    Refuse,
}

impl TurnedAway {
    /// Every reason, in the order of the counts.
    pub const ALL: [Self; 13] = [
        Self::Full,
        Self::AddressFull,
        Self::LobbyFull,
        Self::Timeout,
        Self::Left,
        Self::Nonsense,
        Self::Credentials,
        Self::Address,
        Self::Version,
        Self::TooMany,
        Self::Mode,
        Self::Slowed,
        Self::NotNow,
    ];

    /// The word of the metric.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::AddressFull => "address_full",
            Self::LobbyFull => "lobby_full",
            Self::Timeout => "timeout",
            Self::Left => "left",
            Self::Nonsense => "nonsense",
            Self::Credentials => "credentials",
            Self::Address => "address",
            Self::Version => "version",
            Self::TooMany => "too_many",
            Self::Mode => "mode",
            Self::Slowed => "slowed",
            Self::NotNow => "not_now",
        }
    }

    /// Why, in words, where nobody has said more.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Full => "the listener has its connections already (listen_limit)",
            Self::AddressFull => "its address has its connections already (address_limit)",
            Self::LobbyFull => "too many connections have not logged in (lobby_limit)",
            Self::Timeout => "no login in time",
            Self::Left => "it closed before a login",
            Self::Nonsense => "the octets make no sense",
            Self::Credentials => "wrong name or secret",
            Self::Address => "the address is not in bind_from",
            Self::Version => "the version is not allowed",
            Self::TooMany => "the account has its connections already",
            Self::Mode => "the login type does not fit",
            Self::Slowed => "too many wrong logins from its address (wrong_login_delay)",
            Self::NotNow => "it is not let in now",
        }
    }
}

/// Counts by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TurnedAwayCounts([u64; TurnedAway::ALL.len()]);

impl TurnedAwayCounts {
    /// Counts one.
    pub fn add(&mut self, why: TurnedAway) {
        if let Some(n) = self.0.get_mut(why as usize) {
            *n += 1;
        }
    }

    /// Each reason with its count.
    pub fn iter(self) -> impl Iterator<Item = (TurnedAway, u64)> {
        TurnedAway::ALL.into_iter().zip(self.0)
    }

    /// All of them together.
    pub fn sum(self) -> u64 {
        self.0.iter().sum()
    }
}

#[derive(Clone, Copy, Debug)]
struct Strikes {
    wrong: u32,
    last_ns: u64,
    /// The next login of the address is looked at no earlier.
    next_ns: u64,
    /// Logins that are held now.
    held: u32,
}

/// The connections of one listener by address, and the addresses with wrong logins.
#[derive(Debug)]
pub struct Guard {
    rules: GuardRules,
    connections: usize,
    addresses: HashMap<IpAddr, usize>,
    strikes: HashMap<IpAddr, Strikes>,
}

/// What counts as one address: IPv6 hosts have a whole /64 to choose from.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
        v4 => v4,
    }
}

impl Guard {
    /// With these limits.
    pub fn new(rules: GuardRules) -> Self {
        Guard { rules, connections: 0, addresses: HashMap::new(), strikes: HashMap::new() }
    }

    /// Takes other limits, for who comes from now on.
    pub fn change(&mut self, rules: GuardRules) {
        self.rules = rules;
    }

    /// Connections that have come in and not gone.
    pub fn connections(&self) -> usize {
        self.connections
    }

    /// Somebody connected while `waiting` others had not logged in: counts the connection until [`Guard::leave`].
    ///
    /// # Errors
    /// The limit that is reached; nothing is counted then.
    pub fn arrive(&mut self, address: IpAddr, waiting: usize) -> Result<(), TurnedAway> {
        self.room(waiting)?;
        self.name(address)?;
        self.connections += 1;
        Ok(())
    }

    /// A proxy connected for somebody whom it will name: [`Guard::name`]. Until then [`Guard::leave`] takes `None`.
    ///
    /// # Errors
    /// The limit that is reached; nothing is counted then.
    pub fn arrive_unnamed(&mut self, waiting: usize) -> Result<(), TurnedAway> {
        self.room(waiting)?;
        self.connections += 1;
        Ok(())
    }

    fn room(&self, waiting: usize) -> Result<(), TurnedAway> {
        if self.connections >= self.rules.connections {
            Err(TurnedAway::Full)
        } else if waiting >= self.rules.waiting {
            Err(TurnedAway::LobbyFull)
        } else {
            Ok(())
        }
    }

    /// Counts a connection for its address.
    ///
    /// # Errors
    /// The address has as many as it may have.
    pub fn name(&mut self, address: IpAddr) -> Result<(), TurnedAway> {
        let own = self.addresses.entry(network(address)).or_default();
        if self.rules.per_address > 0 && *own >= self.rules.per_address {
            return Err(TurnedAway::AddressFull);
        }
        *own += 1;
        Ok(())
    }

    /// A connection of this address is gone.
    pub fn leave(&mut self, address: Option<IpAddr>) {
        self.connections = self.connections.saturating_sub(1);
        let Some(key) = address.map(network) else { return };
        if let Some(own) = self.addresses.get_mut(&key) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                self.addresses.remove(&key);
            }
        }
    }

    /// A login of this address had a wrong name or secret.
    pub fn wrong_login(&mut self, now: Now, address: IpAddr) {
        let key = network(address);
        if self.strikes.len() >= REMEMBERED && !self.strikes.contains_key(&key) {
            let quietest = self.strikes.iter().min_by_key(|(_, s)| s.last_ns).map(|(at, _)| *at);
            quietest.and_then(|at| self.strikes.remove(&at));
        }
        let new = Strikes { wrong: 0, last_ns: now.mono_ns, next_ns: 0, held: 0 };
        let own = self.strikes.entry(key).or_insert(new);
        own.wrong = own.wrong.saturating_add(1);
        own.last_ns = now.mono_ns;
        own.next_ns = own.next_ns.max(now.mono_ns.saturating_add(self.rules.step(own.wrong)));
    }

    /// When a login of this address is looked at. Right and wrong ones wait alike, or waiting would tell them apart.
    pub fn hold(&mut self, now: Now, address: IpAddr) -> Hold {
        let key = network(address);
        let Some(own) = self.strikes.get_mut(&key) else { return Hold::No };
        if now.mono_ns.saturating_sub(own.last_ns) > FORGET_NS {
            self.strikes.remove(&key);
            return Hold::No;
        }
        if own.next_ns <= now.mono_ns {
            return Hold::No;
        }
        if own.held >= HELD {
            return Hold::Refuse;
        }
        own.held += 1;
        let longest = LONGEST_HOLD_NS.min(self.rules.login_timeout_ns / 2);
        let at = own.next_ns.min(now.mono_ns.saturating_add(longest));
        // Logins that come together are looked at one after the other.
        own.next_ns = own.next_ns.saturating_add(self.rules.step(own.wrong)).min(at.saturating_add(longest));
        Hold::Until(at)
    }

    /// A login that was held is held no longer.
    pub fn release(&mut self, address: IpAddr) {
        if let Some(own) = self.strikes.get_mut(&network(address)) {
            own.held = own.held.saturating_sub(1);
        }
    }

    /// Addresses whose wrong logins are remembered.
    pub fn remembered(&self) -> usize {
        self.strikes.len()
    }
}

impl GuardRules {
    /// The limits that a listener's settings say.
    pub fn of(s: &AccountSettings) -> Self {
        GuardRules {
            connections: s.listen_limit as usize,
            per_address: s.address_limit as usize,
            waiting: s.lobby_limit as usize,
            delay_ns: nanos(s.wrong_login_delay),
            login_timeout_ns: nanos(s.login_timeout),
        }
    }

    fn step(&self, wrong: u32) -> u64 {
        match wrong.checked_sub(FREE) {
            None | Some(0) => 0,
            Some(more) => self.delay_ns << (more - 1).min(DOUBLINGS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> Guard {
        Guard::new(GuardRules {
            connections: 4,
            per_address: 2,
            waiting: 3,
            delay_ns: SECOND,
            login_timeout_ns: 30 * SECOND,
        })
    }

    fn at(seconds: u64) -> Now {
        Now { mono_ns: seconds * SECOND, unix_ms: 0 }
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn limits_hold_and_places_come_back() {
        let mut guard = guard();
        let (a, b, c) = (ip("192.0.2.1"), ip("192.0.2.2"), ip("192.0.2.3"));
        assert_eq!((guard.arrive(a, 0), guard.arrive(a, 1)), (Ok(()), Ok(())));
        assert_eq!(guard.arrive(a, 0), Err(TurnedAway::AddressFull));
        assert_eq!(guard.arrive(ip("::ffff:192.0.2.1"), 0), Err(TurnedAway::AddressFull), "the same host");
        assert_eq!(guard.arrive(b, 3), Err(TurnedAway::LobbyFull));
        assert_eq!((guard.arrive(b, 2), guard.arrive(c, 0)), (Ok(()), Ok(())));
        assert_eq!(guard.arrive(ip("192.0.2.4"), 0), Err(TurnedAway::Full));
        guard.leave(Some(a));
        assert_eq!((guard.connections(), guard.arrive(a, 0)), (3, Ok(())));
        for gone in [a, a, b, c] {
            guard.leave(Some(gone));
        }
        assert_eq!((guard.connections(), guard.addresses.len()), (0, 0), "nothing is kept of who is gone");
    }

    #[test]
    fn hosts_of_one_ipv6_network_share_a_limit() {
        let mut guard = guard();
        assert_eq!(guard.arrive(ip("2001:db8::1"), 0), Ok(()));
        assert_eq!(guard.arrive(ip("2001:db8::2"), 0), Ok(()));
        assert_eq!(guard.arrive(ip("2001:db8::ffff:3"), 0), Err(TurnedAway::AddressFull));
        assert_eq!(guard.arrive(ip("2001:db8:0:1::1"), 0), Ok(()));
    }

    #[test]
    fn wrong_logins_slow_down_one_address_and_only_for_a_while() {
        let mut guard = guard();
        let (bad, good) = (ip("192.0.2.1"), ip("192.0.2.2"));
        for _ in 0..FREE {
            assert_eq!(guard.hold(at(1), bad), Hold::No);
            guard.wrong_login(at(1), bad);
        }
        assert_eq!(guard.hold(at(1), bad), Hold::No, "a few are free");
        guard.wrong_login(at(1), bad);
        assert_eq!(guard.hold(at(1), bad), Hold::Until(2 * SECOND));
        assert_eq!(guard.hold(at(1), bad), Hold::Until(3 * SECOND), "one after the other");
        guard.wrong_login(at(3), bad);
        assert_eq!(guard.hold(at(3), bad), Hold::Until(5 * SECOND), "the wait doubles");
        for _ in 0..100 {
            guard.wrong_login(at(10), bad);
            let held = guard.hold(at(10), bad);
            assert!(matches!(held, Hold::Until(at) if at <= 20 * SECOND), "never longer than 10 s: {held:?}");
            guard.release(bad);
        }
        let held = (0..100).filter(|_| guard.hold(at(11), bad) != Hold::Refuse).count();
        assert_eq!(held, HELD as usize - 3, "three are held since the first second");
        assert_eq!(guard.hold(at(11), good), Hold::No);
        assert_eq!(guard.hold(at(131), bad), Hold::No, "forgotten after two minutes");
        assert_eq!(guard.remembered(), 0);
    }

    #[test]
    fn the_table_of_wrong_logins_is_bounded() {
        let mut guard = guard();
        for i in 0..20_000u32 {
            let now = Now { mono_ns: u64::from(i), unix_ms: 0 };
            guard.wrong_login(now, IpAddr::V4(i.into()));
            assert!(guard.remembered() <= REMEMBERED);
        }
        assert!(guard.strikes.contains_key(&IpAddr::V4(19_999.into())), "the latest are kept");
    }

    #[test]
    fn counts_know_every_reason() {
        let mut counts = TurnedAwayCounts::default();
        for (i, why) in TurnedAway::ALL.into_iter().enumerate() {
            (0..=i).for_each(|_| counts.add(why));
        }
        assert!(counts.iter().zip(1..).all(|((_, n), i)| n == i));
        assert_eq!(counts.sum(), 91);
    }
}
