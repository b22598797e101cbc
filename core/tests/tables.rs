//! Tables stay as small as what is open, however many messages go through. One virtual clock, no network.

mod common;

use common::pair::Pair;
use sanwang::gateway::StatusReport;
use sanwang::time::SECOND;
use sanwang::wire::Protocol;
use sanwang::{Submit, Token};

/// Most entries that lists keep of what has ended, beside twice as many as are open.
const FEW: usize = 300;

fn send(p: &mut Pair, n: usize) -> Token {
    p.send(Submit::to("13800138000").text(format!("{n}")));
    p.submits()[0].token
}

/// Forgets what this test's own lists hold.
fn forget(p: &mut Pair) {
    p.sp_events.clear();
    p.gateway_events.clear();
    p.wire.clear();
}

/// Entries of the SP's lists of times, and segments known for their reports.
fn held(p: &Pair) -> (usize, usize) {
    (p.sp.core.tables().times, p.sp.side.held().0)
}

#[test]
fn one_report_that_never_comes_keeps_nothing_of_what_follows() {
    for protocol in Protocol::ALL {
        let mut p = Pair::new(protocol, &[("remember", "100")], &[("ids", "opaque")]);
        let lost = send(&mut p, 0);
        p.answer(lost, 0);
        for n in 1..3_000 {
            p.send(Submit::to("13800138000").text(format!("{n}")));
            let submit = p.submits().remove(0);
            p.answer(submit.token, 0);
            p.report(&StatusReport::on(&submit, "DELIVRD"));
            assert_eq!(p.outcomes().len(), 1, "{protocol}: message {n} is delivered");
            forget(&mut p);
            let (times, known) = held(&p);
            assert!(times < FEW, "{protocol}: {times} times after {n} messages, one of them open");
            assert!(known <= 102, "{protocol}: {known} segments known for their reports after {n} messages");
            let tables = p.sp.core.tables();
            assert_eq!((tables.tickets, tables.queued, tables.requests), (1, 0, 0), "{protocol}");
        }
        p.pass(49 * 3600 * SECOND);
        assert_eq!((held(&p), p.outcomes().len()), ((0, 0), 1), "{protocol}: the first one has its outcome");
    }
}

#[test]
fn ids_that_congestion_made_void_are_forgotten() {
    // In SGIP a segment is known by its sequence from the moment it is written, and has another one when it goes again.
    let sp = [("remember", "100"), ("congestion_max", "1000")];
    let mut p = Pair::new(Protocol::Sgip, &sp, &[]);
    for n in 0..500 {
        for _ in 0..3 {
            let token = match p.submits().pop() {
                Some(submit) => submit.token,
                None => send(&mut p, n),
            };
            p.answer(token, 88);
            p.pass(9 * SECOND);
        }
        let submit = p.submits().pop().expect("it goes again");
        p.answer(submit.token, 0);
        p.report(&StatusReport::on(&submit, "DELIVRD"));
        assert_eq!(p.outcomes().len(), 1, "message {n} is delivered");
        forget(&mut p);
        let (times, known) = held(&p);
        assert!(known <= 101 && times < FEW, "{known} known, {times} times after {n} messages");
    }
}
