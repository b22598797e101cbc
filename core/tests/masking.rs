//! Numbers and contents stay out of logs: of everything that a busy account tells, in the form in which programs print
//! it. `show` brings them back.

mod common;

use common::{Desk, answer, mo, report};
use sanwang::message::EventKinds;
use sanwang::settings::{EngineSettings, Show};
use sanwang::time::SECOND;
use sanwang::wire::{Seq, cmpp};
use sanwang::{Answer, Client, Event, Gateway, MoMessage, StatusReport, Submit};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const PHONE: &str = "13800138000";
const OTHER: &str = "13900139000";
const TEXT: &str = "code 246810";
const MO: &str = "TD 975310";

/// What a program's log would hold of an event.
fn lines(event: &Event) -> Vec<String> {
    let mut lines = vec![format!("{event:?}"), format!("{event:#?}")];
    match event {
        Event::Outcome(o) => lines.push(o.to_string()),
        Event::Log(l) => lines.push(l.text.clone()),
        Event::Trouble(t) => lines.push(format!("{} {}", t.reason, t.action)),
        _ => {}
    }
    lines
}

/// Whether octets stand in a text as hexadecimal digits, as characters or as a list of numbers.
fn holds(text: &str, octets: &[u8]) -> bool {
    let hex: String = octets.iter().map(|b| format!("{b:02x}")).collect();
    let list: Vec<String> = octets.iter().map(u8::to_string).collect();
    let plain = String::from_utf8_lossy(octets);
    text.contains(&*plain) || text.contains(&hex) || text.contains(&list.join(", "))
}

/// An account that does everything that is told of: messages, answers, reports, deliveries, a long one that stays
/// incomplete, frames that make no sense, a refusal, and a connection that breaks under messages.
fn busy(settings: &str) -> Vec<Event> {
    let (mut desk, conn) =
        Desk::online(&format!("cmpp://901234:hush-hush@192.0.2.1:7890?rate=0&keepalive=1h{settings}"));
    for result in [0, 0, 13] {
        desk.send(Submit::to(PHONE).text(TEXT));
        let seq = desk.sent(conn).last().expect("it is written").header.seq;
        desk.give(conn, answer(u64::from(result) + 7, result), seq);
    }
    desk.give(conn, report(1, 7, PHONE, "DELIVRD"), Seq::serial(1));
    desk.give(conn, report(2, 7, PHONE, "UNDELIV"), Seq::serial(2));
    desk.give(conn, report(3, 99, OTHER, "DELIVRD"), Seq::serial(3));
    desk.give(conn, mo(4, false, 0, MO.as_bytes()), Seq::serial(4));
    let part = [&[5, 0, 3, 1, 3, 1][..], MO.as_bytes()].concat();
    desk.give(conn, mo(5, true, 0, &part), Seq::serial(5));
    // Marked as a report, and none.
    let nonsense = cmpp::Deliver {
        registered_delivery: 1,
        msg_content: format!("{PHONE} {MO}").into_bytes().into(),
        ..cmpp::Deliver::default()
    };
    desk.give(conn, common::cmpp(nonsense), Seq::serial(6));
    desk.send(Submit::to(OTHER).text(TEXT));
    desk.sent(conn);
    desk.cut(conn);
    desk.pass(700 * SECOND);
    desk.close();
    std::mem::take(&mut desk.events)
}

fn kinds(events: &[Event]) -> EventKinds {
    events.iter().fold(EventKinds::default(), |all, event| all | event.kind())
}

#[test]
fn nothing_that_an_account_tells_shows_a_number_or_a_content() {
    let events = busy("");
    let wanted = [
        EventKinds::LOG,
        EventKinds::TROUBLE,
        EventKinds::OUTCOME,
        EventKinds::REPORT,
        EventKinds::RESPONSE,
        EventKinds::DELIVER,
        EventKinds::ACCOUNT_STATE,
    ];
    for kind in wanted {
        assert!(kinds(&events).has(kind), "the run is not busy enough: {kind:?}");
    }
    for line in events.iter().flat_map(lines) {
        for hidden in [PHONE, OTHER, TEXT, "246810", MO, "975310"] {
            assert!(!holds(&line, hidden.as_bytes()), "{hidden} in {line}");
        }
    }
}

fn any(events: &[Event], kind: EventKinds, text: &str) -> bool {
    let mut lines = events.iter().filter(|e| e.kind() == kind).flat_map(lines);
    lines.any(|line| holds(&line, text.as_bytes()))
}

#[test]
fn show_brings_back_what_it_names() {
    for (show, numbers, contents) in
        [("numbers", true, false), ("contents", false, true), ("all", true, true), ("none", false, false)]
    {
        let events = busy(&format!("&show={show}"));
        for kind in [EventKinds::OUTCOME, EventKinds::REPORT] {
            assert_eq!(any(&events, kind, PHONE), numbers, "show={show} {kind:?}");
        }
        assert_eq!(any(&events, EventKinds::LOG, OTHER), numbers, "show={show}: who had no answer");
        assert_eq!(any(&events, EventKinds::DELIVER, MO), contents, "show={show}");
        assert_eq!(any(&events, EventKinds::TROUBLE, MO), numbers && contents, "show={show}");
    }
}

/// Everything a client and a gateway print while a message, its report and a delivery go through them.
fn printed(engine: Show, account: &str) -> String {
    let page = Arc::new(Mutex::new(String::new()));
    let all = EventKinds::ALL;
    let (a, b) = (page.clone(), page.clone());
    let settings = || EngineSettings { show: engine, ..EngineSettings::default() };
    let gateway: Arc<Mutex<Option<Gateway>>> = Arc::default();
    let own = gateway.clone();
    let opened = Gateway::builder()
        .listen(&format!("cmpp://127.0.0.1:0?{account}"))
        .account("901234", "secret")
        .engine(settings())
        .on_event(EventKinds(all.0 & !EventKinds::SUBMIT.0), move |e| {
            a.lock().expect("whole").push_str(&format!("{e:?}\n"));
        })
        .on_submit(move |submit| {
            b.lock().expect("whole").push_str(&format!("{submit:?}\n"));
            let pushed = (StatusReport::on(submit, "DELIVRD"), MoMessage::new(PHONE, "10657001", MO));
            b.lock().expect("whole").push_str(&format!("{pushed:?}\n"));
            if let Some(gateway) = &*own.lock().expect("whole") {
                gateway.report(submit, "DELIVRD", Duration::ZERO).expect("pushed");
                gateway.deliver(&submit.account, &pushed.1, Duration::ZERO).expect("pushed");
            }
            Answer::Accept
        })
        .open()
        .expect("opened");
    let (_, address) = opened.listeners()[0];
    *gateway.lock().expect("whole") = Some(opened.clone());
    let (c, (tell, told)) = (page.clone(), std::sync::mpsc::channel());
    let tell = Mutex::new(tell);
    let sp = Client::builder()
        .account(&format!("cmpp://901234:secret@{address}?{account}"))
        .engine(settings())
        .on_event(all, move |e| {
            c.lock().expect("whole").push_str(&format!("{e:?}\n"));
            if e.kind() == EventKinds::DELIVER {
                let _ = tell.lock().expect("whole").send(());
            }
        })
        .open()
        .expect("opened");
    let submit = Submit::to(PHONE).text(TEXT);
    page.lock().expect("whole").push_str(&format!("{submit:?}\n"));
    sp.send(submit).expect("accepted");
    assert!(sp.wait(Duration::from_secs(60)).expect("no handler"));
    told.recv_timeout(Duration::from_secs(60)).expect("the delivery comes");
    assert!(opened.wait(Duration::from_secs(60)).expect("no handler"));
    sp.close(Duration::from_secs(20)).expect("no handler");
    opened.close(Duration::from_secs(20)).expect("no handler");
    *gateway.lock().expect("whole") = None;
    let text = page.lock().expect("whole");
    text.clone()
}

#[test]
fn both_sides_keep_to_it_and_the_engine_may_show_for_all_accounts() {
    let masked = printed(Show::None, "show=none");
    for hidden in [PHONE, "246810", "975310"] {
        assert!(!holds(&masked, hidden.as_bytes()), "{hidden} in {masked}");
    }
    assert!(masked.contains("SubmitRequest") && masked.contains("Deliver"), "{masked}");
    for (engine, account) in [(Show::All, "show=none"), (Show::Numbers, "show=contents")] {
        let shown = printed(engine, account);
        for back in [PHONE, TEXT, MO] {
            assert!(holds(&shown, back.as_bytes()), "{back} is not in {shown}");
        }
    }
}
