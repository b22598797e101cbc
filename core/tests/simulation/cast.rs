//! Who takes part: lines (an SP's account and its counterpart at a gateway), carriers with several addresses, and how
//! bad their world is.

use crate::dice::Dice;
use sanwang::account::{Account, AccountProfile, AskError, Core, Reply, Room};
use sanwang::client::{References, Sp, Target};
use sanwang::dialect::{Dialect, LOGIN_GATEWAY, LOGIN_SP, dialect};
use sanwang::gateway::{IdForm, IdMaker, Lobby, Party};
use sanwang::message::EventKinds;
use sanwang::settings::AccountSettings;
use sanwang::time::{SECOND, nanos};
use sanwang::wire::{Protocol, Version};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::mpsc::Receiver;

pub(crate) const SECRET: &[u8] = b"secret";
/// Where every SGIP account of the world takes deliveries.
pub(crate) const LISTENER: &str = "192.0.2.99:8802";

/// Settings of both ends, with the values of these worlds. All of them can be changed while an account is open.
pub(crate) const OF_BOTH: &[(&str, &[&str])] = &[
    ("window", &["1", "2", "16", "64"]),
    ("response_timeout", &["2s", "2s", "10s"]),
    ("timeouts_to_close", &["1", "3", "100"]),
    ("congestion_max", &["0", "3", "30"]),
    ("resend", &["never", "never", "same", "always"]),
    ("resend_max", &["1", "2", "3"]),
    ("login_timeout", &["2s", "10s"]),
    ("reconnect_min", &["100ms", "1s"]),
    ("reconnect_max", &["1s", "5s"]),
    ("queue", &["3", "20", "1000"]),
    ("open_tickets", &["5", "1000"]),
    ("rate", &["0", "0", "50", "500"]),
];

/// Settings of an SP that can be changed while its account is open.
pub(crate) const OF_SPS: &[(&str, &[&str])] = &[
    ("connections", &["1", "1", "2", "4"]),
    ("report_deadline", &["1m", "3m"]),
    ("park", &["0", "1s", "1m"]),
    ("ack_within", &["1s", "10s"]),
    ("inbound_window", &["1", "4", "64"]),
    ("join_deadline", &["2s", "2m"]),
    ("refused_min", &["1s"]),
    ("refused_max", &["3s"]),
];

/// The longest of these worlds' values.
pub(crate) const LONGEST_RESPONSE_TIMEOUT: u64 = 10 * SECOND;
/// The longest of these worlds' values.
pub(crate) const LONGEST_REPORT_DEADLINE: u64 = 180 * SECOND;

/// What the application of a line does beside sending and handling. They have dice of their own, so that a seed's other
/// story does not depend on them.
#[derive(Clone, Debug)]
pub(crate) struct Habits {
    /// It changes settings of the account, at either end.
    pub(crate) changes: u32,
    /// It removes the account and adds it again.
    pub(crate) leaves: u32,
    /// The gateway ends all its connections.
    pub(crate) hang_ups: u32,
    /// It asks for counts and takes messages back.
    pub(crate) asks: u32,
    /// It hands over several messages at once.
    pub(crate) batches: bool,
    /// It uses a connection for each request.
    pub(crate) short: bool,
    /// The gateway joins long submits.
    pub(crate) joins: bool,
    /// Most receivers of one submit; 1: its messages have one each.
    pub(crate) receivers: u8,
    /// The gateway names the first receiver's id in the reports on all of a submit.
    pub(crate) first_id: bool,
}

impl Default for Habits {
    fn default() -> Self {
        Habits {
            changes: 0,
            leaves: 0,
            hang_ups: 0,
            asks: 0,
            batches: false,
            short: false,
            joins: false,
            receivers: 1,
            first_id: false,
        }
    }
}

impl Habits {
    fn new(extra: &mut Dice, protocol: Protocol) -> Self {
        let short = protocol != Protocol::Sgip && extra.below(6) == 0;
        let mut some = |most: u64| if extra.below(2) == 0 { 0 } else { extra.below(most + 1) as u32 };
        Habits {
            changes: some(6),
            leaves: some(2),
            hang_ups: some(2),
            asks: some(8),
            short,
            batches: extra.below(2) == 0,
            joins: extra.below(3) == 0,
            receivers: extra.one(&[1, 2, 5, 60]),
            first_id: extra.below(4) == 0,
        }
    }
}

/// Which end of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Role {
    Sp,
    Party,
}

/// An SP's account and the gateway's account of the same SP.
pub(crate) struct Line {
    pub(crate) carrier: usize,
    pub(crate) protocol: Protocol,
    pub(crate) speaks: Arc<dyn Dialect>,
    pub(crate) user: String,
    pub(crate) settings: AccountSettings,
    /// The settings since when, of both ends, oldest first.
    pub(crate) history: [Vec<(u64, AccountSettings)>; 2],
    pub(crate) habits: Habits,
    pub(crate) sp_profile: AccountProfile,
    pub(crate) sp: Account<Sp>,
    pub(crate) room: Arc<Room>,
    pub(crate) references: References,
    pub(crate) party_profile: AccountProfile,
    pub(crate) party: Account<Party>,
    pub(crate) party_room: Arc<Room>,
    /// Which life of the SP's account and of the gateway's this is.
    pub(crate) epochs: [u32; 2],
    pub(crate) sends_left: u32,
    pub(crate) pushes_left: u32,
    pub(crate) next_push: u16,
    /// Tells the receivers of groups apart.
    pub(crate) next_receiver: u32,
    /// Tells the reports apart, also in SGIP, where a report has no id.
    pub(crate) next_report: u8,
    /// Its application never finished something.
    pub(crate) dead_handlers: bool,
    /// When the SP's close has to be over.
    pub(crate) closing: Option<u64>,
    /// It is being removed, and is added again then.
    pub(crate) returns: bool,
    /// Who asked the gateway something.
    pub(crate) asked: Vec<Receiver<Result<Reply, AskError>>>,
    pub(crate) closed_at: Option<u64>,
    /// Whether the SP and the gateway's account have closed: then they tell nothing more.
    pub(crate) is_closed: [bool; 2],
}

impl Line {
    /// What its messages are encoded for.
    pub(crate) fn target(&self) -> Target<'_> {
        Target {
            settings: &self.settings,
            dialect: &*self.speaks,
            user: &self.user,
            references: &self.references,
            form: None,
        }
    }

    pub(crate) fn party_settings(&self) -> &AccountSettings {
        &self.party_profile.settings
    }

    pub(crate) fn settings_of(&self, role: Role) -> &AccountSettings {
        match role {
            Role::Sp => &self.settings,
            Role::Party => self.party_settings(),
        }
    }

    /// The settings of an end that have been in force at some time since `since`.
    pub(crate) fn since(&self, role: Role, since: u64) -> impl Iterator<Item = &AccountSettings> {
        let all = &self.history[role as usize];
        let later = all.iter().skip(1).map(|(from, _)| *from).chain([u64::MAX]);
        all.iter().zip(later).filter(move |(_, until)| *until > since).map(|((_, settings), _)| settings)
    }

    /// The least a setting of an end has been since `since`.
    pub(crate) fn least(&self, role: Role, since: u64, of: impl Fn(&AccountSettings) -> u64) -> u64 {
        self.since(role, since).map(of).min().unwrap_or_default()
    }

    /// The most a setting of an end has ever been.
    pub(crate) fn most(&self, role: Role, of: impl Fn(&AccountSettings) -> u64) -> u64 {
        self.since(role, 0).map(of).max().unwrap_or_default()
    }

    /// When a request of an end that was written at `sent` is given up.
    pub(crate) fn given_up(&self, role: Role, sent: u64) -> u64 {
        let all = &self.history[role as usize];
        let later = all.iter().skip(1).map(|(from, _)| *from).chain([u64::MAX]);
        let due = |(from, s): &(u64, AccountSettings)| (sent + nanos(s.response_timeout)).max(*from);
        let found = all.iter().zip(later).find(|(one, until)| *until > sent && due(one) < *until);
        found.map_or(u64::MAX, |(one, _)| due(one))
    }

    pub(crate) fn is_sgip(&self) -> bool {
        self.protocol == Protocol::Sgip
    }

    /// The gateway's account as it is after a start.
    pub(crate) fn fresh_party(profile: &AccountProfile, ids: &Arc<IdMaker>) -> (Account<Party>, Arc<Room>) {
        let s = &profile.settings;
        let room = Arc::new(Room::new(s.queue as usize, s.queue_octets as usize, s.open_tickets as usize));
        let party = Party::new(ids.clone()).joins(s);
        (Account::new(Core::new(profile.clone(), room.clone()), party), room)
    }

    /// The SP's account as it is when it is added.
    pub(crate) fn fresh_sp(profile: &AccountProfile) -> (Account<Sp>, Arc<Room>) {
        let s = &profile.settings;
        let room = Arc::new(Room::new(s.queue as usize, s.queue_octets as usize, s.open_tickets as usize));
        (Account::new(Core::new(profile.clone(), room.clone()), Sp::new(s)), room)
    }
}

/// One gateway with its addresses.
pub(crate) struct Carrier {
    pub(crate) lobby: Lobby,
    pub(crate) ids: Arc<IdMaker>,
    /// Serials of its node (SGIP).
    pub(crate) serial: Arc<AtomicU32>,
    /// Until when each address refuses connections.
    pub(crate) down_until: Vec<u64>,
    pub(crate) closing: bool,
}

impl Carrier {
    pub(crate) fn address(carrier: usize, which: usize) -> String {
        format!("192.0.2.{carrier}:{which}")
    }
}

/// How often things go wrong, in thousandths, and how slow the network is.
#[derive(Clone, Debug)]
pub(crate) struct Faults {
    pub(crate) dial: u64,
    pub(crate) reset: u64,
    pub(crate) black_hole: u64,
    pub(crate) split: u64,
    pub(crate) stall: u64,
    pub(crate) long_delay: u64,
    pub(crate) login_refused: u64,
    pub(crate) wrong_digest: u64,
    pub(crate) no_answer: u64,
    pub(crate) lost_answer: u64,
    pub(crate) duplicate_answer: u64,
    pub(crate) wrong_sequence: u64,
    pub(crate) refuse: u64,
    pub(crate) congest: u64,
    pub(crate) lose_report: u64,
    pub(crate) repeat_report: u64,
    pub(crate) early_report: u64,
    pub(crate) interim_report: u64,
    pub(crate) foreign_report: u64,
    pub(crate) unknown_command: u64,
    pub(crate) absurd_length: u64,
    pub(crate) gateway_ends: u64,
    pub(crate) slow_handler: u64,
    pub(crate) dead_handler: u64,
    pub(crate) latency_ns: u64,
}

impl Faults {
    pub(crate) fn new(dice: &mut Dice) -> Self {
        let calm = dice.below(5) == 0;
        let mut share = |most: u64| if calm || dice.below(3) == 0 { 0 } else { dice.below(most + 1) };
        Faults {
            dial: share(300),
            reset: share(300),
            black_hole: share(150),
            split: share(700),
            stall: share(60),
            long_delay: share(20),
            login_refused: share(80),
            wrong_digest: share(300),
            no_answer: share(60),
            lost_answer: share(40),
            duplicate_answer: share(80),
            wrong_sequence: share(30),
            refuse: share(100),
            congest: share(200),
            lose_report: share(100),
            repeat_report: share(200),
            early_report: share(300),
            interim_report: share(100),
            foreign_report: share(60),
            unknown_command: share(15),
            absurd_length: share(5),
            gateway_ends: share(300),
            slow_handler: share(100),
            dead_handler: share(30),
            latency_ns: SECOND / 1000 * (1 + share(300)),
        }
    }
}

/// The whole cast of a seed.
pub(crate) struct Cast {
    pub(crate) lines: Vec<Line>,
    pub(crate) carriers: Vec<Carrier>,
    pub(crate) listener: Lobby,
    /// Whether lines of one SGIP node share their serials.
    pub(crate) shared_node: bool,
}

impl Cast {
    pub(crate) fn new(seed: u64, dice: &mut Dice, extra: &mut Dice) -> Self {
        let busy = extra.below(2) == 0;
        let many = 1 + dice.below(3) as usize;
        let first = dice.one(&Protocol::ALL);
        let alike = dice.below(2) == 0;
        let serials = Arc::new(AtomicU32::new(dice.next() as u32));
        let mut cast = Cast {
            lines: Vec::new(),
            carriers: Vec::new(),
            listener: Lobby::new(
                dialect(Protocol::Sgip, sanwang::wire::sgip::V12),
                Core::new(Self::bare(Protocol::Sgip), Arc::new(Room::new(1, 1, 1))).rules().clone(),
            ),
            shared_node: false,
        };
        for number in 0..many {
            let protocol = if alike { first } else { dice.one(&Protocol::ALL) };
            let version = dice.one(protocol.versions());
            let shared = cast.lines.iter().find(|l| l.protocol == protocol).map(|l| l.carrier);
            let carrier = match shared {
                Some(carrier) if dice.below(2) == 0 => carrier,
                _ => {
                    cast.carriers.push(Self::carrier(dice, protocol, version));
                    cast.carriers.len() - 1
                }
            };
            let habits = if busy { Habits::new(extra, protocol) } else { Habits::default() };
            let line = Self::line(seed, dice, habits, &cast, number, carrier, protocol, version, &serials);
            cast.lines.push(line);
        }
        let sgip = cast.lines.iter().filter(|l| l.is_sgip()).count();
        cast.shared_node = sgip > 1;
        cast
    }

    /// A profile of which only the session rules matter.
    fn bare(protocol: Protocol) -> AccountProfile {
        let settings = AccountSettings::for_gateway(protocol);
        AccountProfile {
            index: 0,
            name: Arc::from(""),
            user: String::new(),
            secret: Arc::from(SECRET),
            addresses: Vec::new(),
            login_mode: LOGIN_GATEWAY,
            dialect: dialect(protocol, settings.version),
            settings: Arc::new(settings),
            node: None,
            sends_on_accepted: false,
            sends_on_dialed: false,
            on_demand: false,
            wants: EventKinds::ALL,
            seed: 0,
        }
    }

    fn carrier(dice: &mut Dice, protocol: Protocol, version: Version) -> Carrier {
        let rules = Core::new(Self::bare(protocol), Arc::new(Room::new(1, 1, 1))).rules().as_ref().clone();
        let rules = sanwang::session::SessionRules { login_timeout_ns: 3 * SECOND, ..rules };
        Carrier {
            lobby: Lobby::new(dialect(protocol, version), Arc::new(rules)),
            ids: Arc::new(IdMaker::new(dice.one(&[IdForm::Opaque, IdForm::Dated]), 1001, 480)),
            serial: Arc::new(AtomicU32::new(dice.next() as u32)),
            down_until: vec![0; 1 + dice.below(3) as usize],
            closing: false,
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn line(
        seed: u64,
        dice: &mut Dice,
        habits: Habits,
        cast: &Cast,
        number: usize,
        carrier: usize,
        protocol: Protocol,
        version: Version,
        serials: &Arc<AtomicU32>,
    ) -> Line {
        let sgip = protocol == Protocol::Sgip;
        let speaks = dialect(protocol, version);
        let mut settings = AccountSettings::for_protocol(protocol);
        settings.version = version;
        let both = |dice: &mut Dice, settings: &mut AccountSettings| {
            for (key, values) in OF_BOTH {
                settings.set(key, dice.pick(values)).expect("a setting of both sides");
            }
            let (key, values) =
                if sgip { ("idle_close", ["1s", "30s"]) } else { ("keepalive", ["3s", "30s"]) };
            settings.set(key, dice.pick(&values)).expect("a setting of the protocol");
        };
        both(dice, &mut settings);
        let fixed: [(&str, &[&str]); 3] = [
            ("verify", &["lenient", "lenient", "strict", "off"]),
            ("ack", &["handled", "handled", "received"]),
            ("sender", &["10657001"]),
        ];
        settings.short = habits.short;
        settings.max_receivers = habits.receivers;
        for (key, values) in OF_SPS.iter().copied().chain(fixed) {
            if key != "verify" || !sgip {
                settings.set(key, dice.pick(values)).expect("a setting of an SP");
            }
        }
        let user = ["901234", "905678", "907777"][number].to_owned();
        let some = EventKinds::OUTCOME | EventKinds::REPORT | EventKinds::DELIVER;
        let addresses = cast.carriers[carrier].down_until.len();
        let profile = AccountProfile {
            index: number as u16,
            name: Arc::from(format!("sp{number}").as_str()),
            user: user.clone(),
            secret: Arc::from(SECRET),
            addresses: (0..addresses).map(|which| Carrier::address(carrier, which)).collect(),
            login_mode: if sgip { LOGIN_SP } else { 2 },
            settings: Arc::new(settings.clone()),
            dialect: speaks.clone(),
            // All SGIP accounts of a client that have one node share its serials.
            node: sgip.then(|| (3_010_012_345, serials.clone())),
            sends_on_accepted: false,
            sends_on_dialed: true,
            on_demand: sgip || habits.short,
            wants: if dice.below(4) == 0 { some } else { EventKinds::ALL },
            seed: seed ^ number as u64,
        };
        let sp_profile = profile.clone();
        let (sp, room) = Line::fresh_sp(&sp_profile);

        let mut theirs = AccountSettings::for_gateway(protocol);
        theirs.version = version;
        both(dice, &mut theirs);
        theirs.set("inbound_window", dice.pick(&["2", "16", "1024"])).expect("a setting of a gateway");
        theirs.connections = if sgip { 1 } else { theirs.connections };
        theirs.join = habits.joins;
        let history = [vec![(0, settings.clone())], vec![(0, theirs.clone())]];
        let party_profile = AccountProfile {
            addresses: if sgip { vec![LISTENER.to_owned()] } else { Vec::new() },
            login_mode: LOGIN_GATEWAY,
            settings: Arc::new(theirs),
            node: sgip.then(|| (101_001 + carrier as u32, cast.carriers[carrier].serial.clone())),
            sends_on_accepted: !sgip,
            sends_on_dialed: sgip,
            on_demand: sgip,
            wants: EventKinds::ALL | EventKinds::QUERY | EventKinds::CANCEL,
            seed: seed ^ 0x77 ^ number as u64,
            ..profile
        };
        let (party, party_room) = Line::fresh_party(&party_profile, &cast.carriers[carrier].ids);
        Line {
            carrier,
            protocol,
            speaks,
            user,
            settings,
            history,
            sp_profile,
            sp,
            room,
            references: References::new(seed ^ number as u64),
            party_profile,
            party,
            party_room,
            epochs: [0; 2],
            sends_left: 1 + dice.below(40) as u32,
            // Nothing is pushed over short connections.
            pushes_left: Some(dice.below(12) as u32).filter(|_| !habits.short).unwrap_or_default(),
            habits,
            next_push: 0,
            next_receiver: 0,
            next_report: 0,
            dead_handlers: false,
            closing: None,
            returns: false,
            asked: Vec::new(),
            closed_at: None,
            is_closed: [false; 2],
        }
    }
}
