//! Where the time of a message goes inside the library: nanoseconds and allocations a stage, for one message of a
//! batch, without sockets, locks and threads. `make bench` prints it under its table.
//!
//! It stands here because counting allocations takes `unsafe`, which the core forbids. The state machines are the ones
//! the engine drives; only their octets are carried by hand.

#![allow(clippy::print_stdout, reason = "it is a program that prints a table")]

use sanwang_core::account::tickets::Order;
use sanwang_core::account::{Account, AccountProfile, Action, Core, Room};
use sanwang_core::client::{References, Sp, Target, prepare};
use sanwang_core::dialect::{Dialect, LOGIN_GATEWAY, SubmitForm, dialect};
use sanwang_core::gateway::{IdForm, IdMaker, Party};
use sanwang_core::message::{Event, EventKinds, TicketMaker, Token};
use sanwang_core::session::{SeqSource, Session, SessionEvent};
use sanwang_core::settings::AccountSettings;
use sanwang_core::time::{Now, SECOND};
use sanwang_core::wire::Protocol;
use sanwang_core::{Lend, Submit};
use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call goes to the system's allocator with the arguments it came with; counting changes nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`, which is the system's too.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the pointer came from `System` by `alloc` or `realloc` above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: the pointer came from `System`, and the caller keeps the contract of `realloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

const BATCH: u64 = 16;
const ROUNDS: u64 = 20_000;
const STAGES: [&str; 6] = [
    "client: check and encode the message",
    "client: queue, window, sequence",
    "gateway: read the submits, make events",
    "gateway: write the answers",
    "client: read the answers, make outcomes",
    "both: free the events",
];

/// Both ends of one connection that is logged in.
struct Ends {
    sp: Account<Sp>,
    sp_conn: sanwang_core::account::slab::Key,
    party: Account<Party>,
    party_conn: sanwang_core::account::slab::Key,
    speaks: Arc<dyn Dialect>,
    settings: AccountSettings,
    form: Option<SubmitForm>,
}

fn profile(settings: &AccountSettings, speaks: &Arc<dyn Dialect>) -> AccountProfile {
    AccountProfile {
        index: 0,
        name: Arc::from("bench"),
        user: "900001".to_owned(),
        secret: Arc::from(&b"secret"[..]),
        addresses: vec!["127.0.0.1:1".to_owned()],
        login_mode: 2,
        settings: Arc::new(settings.clone()),
        dialect: speaks.clone(),
        node: None,
        sends_on_accepted: false,
        sends_on_dialed: true,
        on_demand: false,
        wants: EventKinds::OUTCOME | EventKinds::SUBMIT,
        seed: 1,
    }
}

fn room() -> Arc<Room> {
    Arc::new(Room::new(100_000, 1 << 30, 100_000))
}

/// Logs in as the engine and a listener's lobby would.
fn log_in(now: Now) -> Option<Ends> {
    let url = "cmpp://900001:secret@127.0.0.1:1?rate=0&report=no&window=16&sender=10657001";
    let settings = sanwang_core::Account::parse(url).ok()?.settings;
    let speaks = dialect(Protocol::Cmpp, settings.version);
    let mut sp = Account::new(Core::new(profile(&settings, &speaks), room()), Sp::new(&settings));
    sp.start(now);
    let Action::Dial { slot, .. } = sp.core.actions.pop()?;
    let sp_conn = sp.connected(now, slot, "gateway")?;
    let theirs = AccountProfile {
        addresses: Vec::new(),
        login_mode: LOGIN_GATEWAY,
        settings: Arc::new(AccountSettings::for_gateway(Protocol::Cmpp)),
        sends_on_accepted: true,
        sends_on_dialed: false,
        ..profile(&settings, &speaks)
    };
    let ids = Arc::new(IdMaker::new(IdForm::Opaque, 1001, 480));
    let mut party = Account::new(Core::new(theirs, room()), Party::new(ids));
    party.start(now);
    let rules = party.core.rules().clone();
    let mut session = Session::answer_call(speaks.clone(), rules.clone(), SeqSource::Own(0), now);
    let mut events = Vec::new();
    let login = sp.transmit(sp_conn)?.split();
    session.receive(now, &login, &mut events);
    if !matches!(events.first(), Some(SessionEvent::LoginRequested(_))) {
        return None;
    }
    session.accept(now, speaks.clone(), Some(b"secret"), rules, SeqSource::Own(0));
    let party_conn = party.adopt(now, session, "sp");
    let answer = party.transmit(party_conn)?.split();
    sp.received(now, sp_conn, &answer);
    let form = SubmitForm::of(&*speaks, &settings, "900001");
    Some(Ends { sp, sp_conn, party, party_conn, speaks, settings, form })
}

/// Nanoseconds and allocations of each stage.
#[derive(Default)]
struct Meter {
    ns: [u128; STAGES.len()],
    allocations: [u64; STAGES.len()],
}

impl Meter {
    fn stage<R>(&mut self, at: usize, run: impl FnOnce() -> R) -> R {
        let (allocated, begin) = (ALLOCATIONS.load(Relaxed), Instant::now());
        let result = run();
        self.ns[at] += begin.elapsed().as_nanos();
        self.allocations[at] += ALLOCATIONS.load(Relaxed) - allocated;
        result
    }
}

fn round(ends: &mut Ends, meter: &mut Meter, tickets: &TicketMaker, references: &References, now: Now) {
    let Ends { sp, sp_conn, party, party_conn, speaks, settings, form } = ends;
    let submits: Vec<Submit> = (0..BATCH).map(|_| Submit::to("13800138000").text("x".repeat(140))).collect();
    let mut orders = Vec::with_capacity(submits.len());
    meter.stage(0, || {
        let form = form.as_ref();
        let target = Target { settings, dialect: &**speaks, user: "900001", references, form };
        for submit in submits {
            let Ok(prepared) = submit.lend(|m| prepare(&target, &m, m.receiver)) else { continue };
            orders.push(Order {
                ticket: tickets.next(now.unix_ms),
                reference: None,
                user_data: 0,
                receiver: prepared.receiver,
                report: prepared.report,
                segments: prepared.segments,
                valid_until: None,
                accepted_at: now.unix_ms,
            });
        }
    });
    meter.stage(1, || {
        for order in orders {
            sp.core.room.reserve(order.segments.len(), order.octets());
            sp.order(now, order);
        }
        sp.settle(now);
    });
    let submits = sp.transmit(*sp_conn).map(|out| out.split()).unwrap_or_default();
    meter.stage(2, || party.received(now, *party_conn, &submits));
    let asked = std::mem::take(&mut party.core.events);
    let tokens: Vec<Token> = asked.iter().filter_map(Event::token).collect();
    assert_eq!(tokens.len() as u64, BATCH, "every submit is an event");
    meter.stage(3, || {
        for token in tokens {
            party.answer(now, token, 0);
        }
        party.settle(now);
    });
    let answers = party.transmit(*party_conn).map(|out| out.split()).unwrap_or_default();
    meter.stage(4, || sp.received(now, *sp_conn, &answers));
    let outcomes = std::mem::take(&mut sp.core.events);
    assert_eq!(outcomes.len() as u64, BATCH, "every message has its outcome");
    meter.stage(5, || drop((black_box(asked), black_box(outcomes))));
}

fn main() {
    let mut now = Now { mono_ns: SECOND, unix_ms: 1_783_476_623_000 };
    let Some(mut ends) = log_in(now) else {
        eprintln!("stages: the two state machines did not log in: this is a bug");
        std::process::exit(1);
    };
    ends.sp.core.events.clear();
    ends.party.core.events.clear();
    let (tickets, references) = (TicketMaker::new(0), References::new(1));
    let mut meter = Meter::default();
    for n in 0..ROUNDS {
        if n == ROUNDS / 10 {
            meter = Meter::default();
        }
        now.mono_ns += 100_000;
        now.unix_ms += i64::from(n % 10 == 0);
        round(&mut ends, &mut meter, &tickets, &references, now);
    }
    let messages = (ROUNDS - ROUNDS / 10) * BATCH;
    println!("| stage of one message, CMPP 3.0, 140 octets, in batches of {BATCH} | ns | allocations |");
    println!("|---|---|---|");
    let (mut ns, mut allocations) = (0.0, 0.0);
    for (at, stage) in STAGES.iter().enumerate() {
        let each = (meter.ns[at] as f64 / messages as f64, meter.allocations[at] as f64 / messages as f64);
        println!("| {stage} | {:.0} | {:.2} |", each.0, each.1);
        (ns, allocations) = (ns + each.0, allocations + each.1);
    }
    println!("| together, without sockets, locks and threads | {ns:.0} | {allocations:.2} |");
}
