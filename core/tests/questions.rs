//! Query and cancel, both ends on one virtual clock, and over real sockets.

mod common;

use bytes::BytesMut;
use common::pair::Pair;
use sanwang::account::{AskError, Cancelable, Question, Reply};
use sanwang::gateway::StatusReport;
use sanwang::message::{CancelRequest, Cancellation, DayCounts, Query, QueryRequest, Status};
use sanwang::sim::Simulator;
use sanwang::time::SECOND;
use sanwang::wire::{AnyPdu, MsgId, Protocol, cmpp};
use sanwang::{Client, Event, Gateway, Submit};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(20);
const COUNTS: DayCounts = DayCounts {
    mt_messages: 1000,
    mt_receivers: 800,
    mt_sent: 950,
    mt_waiting: 40,
    mt_failed: 10,
    mo_delivered: 7,
    mo_waiting: 2,
    mo_failed: 1,
};

type Replied = Receiver<Result<Reply, AskError>>;

/// The SP asks; what comes of it.
fn ask(p: &mut Pair, write: impl Fn(&dyn sanwang::dialect::Dialect, &mut BytesMut) -> bool) -> Replied {
    let (reply, replied) = channel();
    let mut frame = BytesMut::new();
    assert!(write(&*p.sp.core.dialect.clone(), &mut frame), "the protocol has it");
    p.sp.ask(Question { frame, reply });
    p.sp.settle(p.now);
    p.run();
    replied
}

fn queries(p: &mut Pair) -> Vec<QueryRequest> {
    let events = std::mem::take(&mut p.gateway_events);
    let queries = events.into_iter().filter_map(|e| match e {
        Event::Query(query) => Some(*query),
        _ => None,
    });
    queries.collect()
}

fn cancels(p: &mut Pair) -> Vec<CancelRequest> {
    let events = std::mem::take(&mut p.gateway_events);
    let cancels = events.into_iter().filter_map(|e| match e {
        Event::Cancel(cancel) => Some(*cancel),
        _ => None,
    });
    cancels.collect()
}

#[test]
fn a_query_is_an_event_and_its_counts_come_back() {
    for protocol in [Protocol::Cmpp, Protocol::Smgp] {
        for service in [None, Some("HELP")] {
            let mut p = Pair::new(protocol, &[], &[]);
            let query = Query::new("20260708", service).unwrap();
            let replied = ask(&mut p, |dialect, out| dialect.query(&query, out));
            let asked = queries(&mut p);
            assert_eq!((asked.len(), asked[0].query), (1, query), "{protocol}");
            assert!(replied.try_recv().is_err(), "not answered yet");
            p.gateway.core.answer_query(p.now, asked[0].token, Some(&COUNTS));
            p.run();
            assert_eq!(replied.try_recv().unwrap(), Ok(Reply::Counts(COUNTS)));
            p.gateway.core.answer_query(p.now, asked[0].token, Some(&COUNTS));
            p.run();
            assert_eq!(p.sp.core.counters.troubles, 0, "a stale token answers nothing");
        }
    }
}

#[test]
fn days_and_codes_are_checked() {
    assert!(Query::new("2026078", None).is_none());
    assert!(Query::new("2026-7-8", None).is_none());
    assert!(Query::new("20260708", Some("ELEVENCHARS")).is_none());
}

#[test]
fn a_result_is_no_answer_to_a_query_and_silence_ends_it() {
    let mut p = Pair::new(Protocol::Cmpp, &[("keepalive", "10m")], &[("keepalive", "10m")]);
    let query = Query::new("20260708", None).unwrap();
    let replied = ask(&mut p, |dialect, out| dialect.query(&query, out));
    let asked = queries(&mut p);
    p.answer(asked[0].token, 0);
    assert!(replied.try_recv().is_err());
    p.pass(61 * SECOND);
    assert!(matches!(replied.try_recv().unwrap(), Err(AskError::NoAnswer(_))));
    let replied = ask(&mut p, |dialect, out| dialect.query(&query, out));
    p.cut();
    assert!(matches!(replied.try_recv().unwrap(), Err(AskError::NoAnswer(_))), "the connection is gone");
}

#[test]
fn a_question_takes_a_place_in_the_window_and_waits_for_one() {
    let mut p = Pair::new(Protocol::Smgp, &[("window", "1")], &[]);
    p.send(Submit::to("18900000001").text("hi"));
    let submits = p.submits();
    let query = Query::new("20260708", None).unwrap();
    let replied = ask(&mut p, |dialect, out| dialect.query(&query, out));
    assert!(queries(&mut p).is_empty(), "the window is full");
    p.answer(submits[0].token, 0);
    let asked = queries(&mut p);
    p.gateway.core.answer_query(p.now, asked[0].token, Some(&COUNTS));
    p.run();
    assert_eq!(replied.try_recv().unwrap(), Ok(Reply::Counts(COUNTS)));
}

#[test]
fn an_offline_account_says_so() {
    let mut p = Pair::new(Protocol::Cmpp, &[("reconnect_min", "1m")], &[]);
    p.sp.close(p.now, p.now.mono_ns);
    p.run();
    let query = Query::new("20260708", None).unwrap();
    let replied = ask(&mut p, |dialect, out| dialect.query(&query, out));
    assert!(matches!(replied.try_recv().unwrap(), Err(AskError::NotConnected(_))));
}

#[test]
fn what_was_not_sent_is_canceled_on_every_protocol() {
    for (protocol, to) in
        [(Protocol::Cmpp, "13800138000"), (Protocol::Sgip, "13000000001"), (Protocol::Smgp, "18900000001")]
    {
        let mut p = Pair::new(protocol, &[("window", "1")], &[]);
        p.send(Submit::to(to).text("first"));
        let ticket = p.send(Submit::to(to).text("second"));
        assert_eq!(p.sp.cancel(p.now, ticket), Ok(Cancelable::Canceled));
        p.sp.settle(p.now);
        p.run();
        assert_eq!(p.outcome(ticket).status, Status::Canceled, "{protocol}");
        assert!(matches!(p.sp.cancel(p.now, ticket), Err(AskError::NotFound(_))));
        // Also those that came after the first one was looked for.
        let third = p.send(Submit::to(to).text("third"));
        assert_eq!(p.sp.cancel(p.now, third), Ok(Cancelable::Canceled));
        p.sp.settle(p.now);
        p.run();
        assert_eq!(p.outcome(third).status, Status::Canceled, "{protocol}");
        let first = p.submits();
        p.answer(first[0].token, 0);
        assert!(p.submits().is_empty(), "it is not sent any more");
        assert_eq!(p.room.queued(), 0);
    }
}

#[test]
fn one_of_a_group_is_canceled_and_the_others_go() {
    let to = ["13800138000", "13800138001", "13800138002"];
    let mut p = Pair::new(Protocol::Cmpp, &[("window", "1")], &[]);
    p.send(Submit::to("13800138000").text("first"));
    let tickets = p.send_group(&to, &Submit::to("").text("second").report(false));
    assert_eq!(p.sp.cancel(p.now, tickets[1]), Ok(Cancelable::Canceled));
    loop {
        let submits = p.submits();
        let Some(submit) = submits.first() else { break };
        assert_ne!(submit.receivers[0].as_bytes(), to[1].as_bytes());
        assert_eq!(submit.receivers.len(), 1);
        p.answer(submit.token, 0);
    }
    let statuses: Vec<Status> = tickets.iter().map(|t| p.outcome(*t).status).collect();
    assert_eq!(statuses, [Status::Sent, Status::Canceled, Status::Sent]);
    assert_eq!(p.room.queued(), 0);
}

#[test]
fn a_sent_message_is_canceled_by_its_id_and_the_outcome_follows_the_report() {
    let mut p = Pair::new(Protocol::Cmpp, &[], &[]);
    let ticket = p.send(Submit::to("13800138000").text("hi"));
    assert_eq!(p.sp.cancel(p.now, ticket), Err(AskError::InFlight));
    let submits = p.submits();
    p.answer(submits[0].token, 0);
    let Ok(Cancelable::Ids(ids)) = p.sp.cancel(p.now, ticket) else { panic!("ids") };
    assert_eq!(ids, [submits[0].message_id]);
    for result in [1, 0] {
        let replied = ask(&mut p, |dialect, out| dialect.cancel(ids[0], out));
        let asked = cancels(&mut p);
        assert_eq!((asked.len(), asked[0].message_id), (1, ids[0]));
        p.answer(asked[0].token, result);
        assert_eq!(replied.try_recv().unwrap(), Ok(Reply::Result(result)));
        assert!(p.outcomes().is_empty(), "the report decides");
    }
    p.report(&StatusReport::on(&submits[0], "DELETED"));
    let outcome = p.outcome(ticket);
    assert_eq!(outcome.status, Status::Undelivered);
    assert!(outcome.text.starts_with("DELETED"), "{}", outcome.text);
    assert!(matches!(p.written("cancel")[0], AnyPdu::Cmpp(cmpp::Pdu::Cancel(_))));
}

#[test]
fn sgip_has_neither_and_smgp_no_cancel() {
    let speaks =
        |p| sanwang::dialect::dialect(p, sanwang::settings::AccountSettings::for_protocol(p).version);
    let mut out = BytesMut::new();
    assert!(!speaks(Protocol::Sgip).query(&Query::new("20260708", None).unwrap(), &mut out));
    assert!(!speaks(Protocol::Sgip).cancel(MsgId::default(), &mut out));
    assert!(!speaks(Protocol::Smgp).cancel(MsgId::from_smgp([1; 10]), &mut out));
    assert!(out.is_empty());
}

#[test]
fn the_handles_ask_and_answer() {
    let gateway = Gateway::builder()
        .listen("cmpp://127.0.0.1:0")
        .listen("smgp://127.0.0.1:0")
        .account("901234", "secret")
        .account("10000001", "secret")
        .on_submit(|_| sanwang::Answer::Accept)
        .on_query(|q| if q.query.service.is_some() { DayCounts::default() } else { COUNTS })
        .on_cancel(|c| !c.message_id.is_zero())
        .on_log(|_| {})
        .open()
        .unwrap();
    let at = |n: usize| gateway.listeners()[n].1;
    let sp = Client::builder()
        .account(&format!("cmpp://901234:secret@{}?sender=10657001", at(0)))
        .account(&format!("smgp://10000001:secret@{}?sender=10659001", at(1)))
        .open()
        .unwrap();
    sp.wait_online(LONG).unwrap();
    let day = Query::new("20260708", None).unwrap();
    for account in ["901234", "10000001"] {
        assert_eq!(sp.query(account, &day, LONG), Ok(COUNTS));
        let one = Query::new("20260708", Some("HELP")).unwrap();
        assert_eq!(sp.query(account, &one, LONG), Ok(DayCounts::default()));
    }
    let ticket = sp.send(Submit::to("13800138000").text("hi")).unwrap();
    // It is in flight until its answer has come.
    let canceled = loop {
        match sp.cancel(ticket, LONG) {
            Err(AskError::InFlight) => std::thread::yield_now(),
            other => break other,
        }
    };
    assert_eq!(canceled, Ok(Cancellation::Deleted));
    assert_eq!(sp.cancel_id("901234", MsgId::from_cmpp(0), LONG), Ok(Cancellation::Refused));
    let telecom = sp.send(Submit::to("18900000001").text("hi")).unwrap();
    let refused = loop {
        match sp.cancel(telecom, LONG) {
            Err(AskError::InFlight) => std::thread::yield_now(),
            other => break other,
        }
    };
    assert_eq!(refused, Err(AskError::Unsupported("SMGP has no cancel".to_owned())));
    assert!(matches!(sp.query("nobody", &day, LONG), Err(AskError::NotFound(_))));
    sp.close(LONG).unwrap();
    assert_eq!(sp.query("901234", &day, LONG), Err(AskError::Closed));
    gateway.close(LONG).unwrap();
}

#[test]
fn without_handlers_a_query_is_skipped_and_a_cancel_refused() {
    let sim = Simulator::builder().listen("cmpp://127.0.0.1:0").silent().open().unwrap();
    let at = sim.address(Protocol::Cmpp).unwrap();
    let sp = Client::open(&format!("cmpp://901234:secret@{at}?sender=10657001")).unwrap();
    sp.wait_online(LONG).unwrap();
    let id = MsgId::from_cmpp(7);
    assert_eq!(sp.cancel_id("901234", id, LONG), Ok(Cancellation::Refused));
    sp.close(Duration::ZERO).unwrap();
}

#[test]
fn answers_may_come_later_from_any_thread() {
    let (tell, told) = channel();
    let (asks, asked) = (tell.clone(), tell);
    let gateway = Gateway::builder()
        .listen("cmpp://127.0.0.1:0")
        .account("901234", "secret")
        .on_query_later(move |q| {
            asks.send(q.token).unwrap();
            None
        })
        .on_cancel_later(move |c| {
            asked.send(c.token).unwrap();
            None
        })
        .on_log(|_| {})
        .open()
        .unwrap();
    let at = gateway.listeners()[0].1;
    let sp = Client::open(&format!("cmpp://901234:secret@{at}?sender=10657001")).unwrap();
    sp.wait_online(LONG).unwrap();
    let later = gateway.clone();
    let answering = std::thread::spawn(move || {
        later.answer_query(told.recv().unwrap(), COUNTS);
        for result in [0, 1] {
            later.answer(told.recv().unwrap(), result);
        }
    });
    let day = Query::new("20260708", None).unwrap();
    assert_eq!(sp.query("901234", &day, LONG), Ok(COUNTS));
    assert_eq!(sp.cancel_id("901234", MsgId::from_cmpp(7), LONG), Ok(Cancellation::Deleted));
    assert_eq!(sp.cancel_id("901234", MsgId::from_cmpp(8), LONG), Ok(Cancellation::Refused));
    answering.join().unwrap();
    sp.close(LONG).unwrap();
    gateway.close(LONG).unwrap();
}
