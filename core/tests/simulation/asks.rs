//! What an SP asks beside sending: what was counted, and that a message is taken back.

use crate::cast::Role;
use crate::tally::{Check, Kind};
use crate::world::{Plan, World};
use bytes::BytesMut;
use sanwang::Token;
use sanwang::account::{Cancelable, Question};
use sanwang::message::{DayCounts, Query};
use std::sync::mpsc::channel;

impl World {
    /// An application asks something.
    pub(crate) fn ask(&mut self, at: usize) {
        if self.lines[at].closing.is_some() {
            return;
        }
        if self.extra.below(3) == 0 {
            self.ask_for_counts(at);
        } else {
            self.take_back(at);
        }
        self.lines[at].sp.settle(self.now);
    }

    fn ask_for_counts(&mut self, at: usize) {
        let query = Query::new("20260708", None).expect("a day");
        let mut frame = BytesMut::new();
        if self.lines[at].speaks.query(&query, &mut frame) {
            self.tally.saw(Kind::CountsAsked);
            self.put_question(at, frame);
        }
    }

    fn put_question(&mut self, at: usize, frame: BytesMut) {
        let (reply, replied) = channel();
        let line = &mut self.lines[at];
        line.asked.push(replied);
        line.sp.ask(Question { frame, reply });
    }

    fn take_back(&mut self, at: usize) {
        let open = self.ledger.open(at, Role::Sp);
        if open.is_empty() {
            return;
        }
        let ticket = self.extra.one(&open);
        let taken = self.lines[at].sp.cancel(self.now, ticket);
        self.say(|| format!("line {at} takes {ticket} back: {taken:?}"));
        let Ok(taken) = taken else { return self.tally.saw(Kind::TooLateToTakeBack) };
        if let Some(entry) = self.ledger.entries.get_mut(&ticket) {
            entry.canceled = true;
        }
        match taken {
            Cancelable::Canceled => self.tally.saw(Kind::TakenBack),
            Cancelable::Ids(ids) => {
                for id in ids {
                    let mut frame = BytesMut::new();
                    if self.lines[at].speaks.cancel(id, &mut frame) {
                        self.tally.saw(Kind::CancelAsked);
                        self.put_question(at, frame);
                    }
                }
            }
        }
    }

    /// A gateway is asked for counts.
    pub(crate) fn gateway_counts(&mut self, at: usize, token: Token) {
        if self.dice.happens(self.faults.no_answer) {
            return self.tally.saw(Kind::NoAnswer);
        }
        let after = 1 + self.extra.below(self.faults.latency_ns);
        let epoch = self.lines[at].epochs[1];
        self.plan(after, Plan::Counted { line: at, epoch, token });
    }

    /// It knows what it counted.
    pub(crate) fn counted(&mut self, at: usize, epoch: u32, token: Token) {
        let (now, line) = (self.now, &mut self.lines[at]);
        if line.epochs[1] == epoch {
            line.party.core.answer_query(now, token, Some(&DayCounts::default()));
            line.party.settle(now);
        }
    }

    /// A gateway is to take a message back.
    pub(crate) fn gateway_cancels(&mut self, at: usize, token: Token) {
        let after = 1 + self.extra.below(self.faults.latency_ns);
        let (epoch, result) = (self.lines[at].epochs[1], self.extra.one(&[0, 1]));
        self.plan(after, Plan::Answer { line: at, epoch, token, result });
    }

    /// Whoever asked through an account that has closed has one answer, or the reason why there is none.
    pub(crate) fn questions_have_answers(&mut self, at: usize) {
        for replied in std::mem::take(&mut self.lines[at].asked) {
            let reply = replied.try_recv().unwrap_or_else(|_| panic!("line {at}: a question has no answer"));
            self.tally.saw(if reply.is_ok() { Kind::QuestionAnswered } else { Kind::QuestionFailed });
            assert!(replied.try_recv().is_err(), "line {at}: a question has two answers");
            self.tally.check(Check::QuestionHasOneAnswer);
        }
    }
}
