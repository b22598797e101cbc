//! SGIP accounts behind one login: a gateway that opens a connection to deliver says a login name and a secret, and where
//! several accounts have these, the connection belongs to one of them. What comes on it for another one is passed on, and
//! the answer comes back the same way.

use super::core::Core;
use super::{Account, Side};
use crate::dialect::{DeliverPdu, ReportPdu};
use crate::message::Token;
use crate::time::Now;
use crate::wire::MsgId;
use std::cmp::Reverse;

/// Another account behind the same login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sibling {
    /// Its number in the process.
    pub index: u16,
    /// Its node.
    pub node: u32,
    /// Its access number.
    pub sender: String,
}

/// What is passed on.
#[derive(Debug)]
pub enum Passed {
    /// A report.
    Report(Box<ReportPdu>),
    /// A deliver, and what tells it from others.
    Deliver(Box<DeliverPdu>, u64),
    /// What was answered to one of these.
    Answer(u32),
}

/// Something for another account.
#[derive(Debug)]
pub struct PassedOn {
    /// The number of that account.
    pub to: u16,
    /// The accounts that may know it where that one does not, in the order to ask them.
    pub then: Vec<u16>,
    /// The account whose connection it came on.
    pub home: u16,
    /// The number of that connection in events.
    pub connection: u32,
    /// The request at home; the default where it has been answered.
    pub token: Token,
    /// What it is.
    pub what: Passed,
}

impl Core {
    /// The other accounts that may have sent what a report is on: those of the submit's node, and behind them this one
    /// where it has that node, too. Empty: none has.
    pub fn others_that_sent(&self, id: MsgId) -> Vec<u16> {
        let Some(seq) = id.to_sgip().filter(|_| !self.siblings.is_empty()) else { return Vec::new() };
        let mut others: Vec<u16> =
            self.siblings.iter().filter(|s| s.node == seq.node).map(|s| s.index).collect();
        if !others.is_empty() && self.profile.node.as_ref().is_some_and(|(node, _)| *node == seq.node) {
            others.push(self.profile.index);
        }
        others
    }

    /// The other account whose access number a delivered message was sent to: by the longest one.
    pub fn other_with_number(&self, number: &[u8]) -> Option<u16> {
        let fits = |sender: &str| !sender.is_empty() && number.starts_with(sender.as_bytes());
        let own = Some(&*self.profile.settings.sender).filter(|sender| fits(sender)).map_or(0, str::len);
        let others = self.siblings.iter().filter(|s| fits(&s.sender) && s.sender.len() > own);
        others.min_by_key(|s| Reverse(s.sender.len())).map(|s| s.index)
    }

    /// Passes a request of one of our connections on to the first of these accounts.
    pub fn pass_on(&mut self, to: Vec<u16>, connection: u32, token: Token, what: Passed) {
        let mut all = to.into_iter();
        if let Some(to) = all.next() {
            let home = self.profile.index;
            self.passed.push(PassedOn { to, then: all.collect(), home, connection, token, what });
        }
    }

    /// Passes on to who may know it next, if there is anybody.
    pub fn pass_further(&mut self, mut passed: PassedOn) {
        if passed.turn(self.profile.index) {
            self.passed.push(passed);
        }
    }

    /// Whether a token is of another account. Its answer is passed on.
    pub(super) fn is_of_another(&mut self, token: Token, result: u32) -> bool {
        let home = token.account();
        let is = home != self.profile.index && token != Token::default();
        if is {
            let what = Passed::Answer(result);
            self.passed.push(PassedOn { to: home, then: Vec::new(), home, connection: 0, token, what });
        }
        is
    }
}

impl PassedOn {
    /// Turns it to who may know it next: the others in their order, then where it came in. False: there is nobody else.
    fn turn(&mut self, own: u16) -> bool {
        if matches!(self.what, Passed::Answer(_)) {
            return false;
        }
        if !self.then.is_empty() {
            self.to = self.then.remove(0);
        } else if self.home != own {
            self.to = self.home;
        } else {
            return false;
        }
        true
    }
}

impl<S: Side> Account<S> {
    /// Takes what another account passed on.
    pub fn take_passed(&mut self, now: Now, passed: PassedOn) {
        match passed.what {
            Passed::Answer(result) => {
                self.answer(now, passed.token, result);
            }
            // Nobody here would be told.
            _ if self.core.closed => self.core.pass_further(passed),
            _ => self.side.passed(&mut self.core, now, passed),
        }
        self.settle(now);
    }

    /// Takes back what was for an account that is gone. An answer to one is for a connection that is gone, too.
    pub fn take_back(&mut self, now: Now, mut passed: PassedOn) {
        let own = self.core.profile.index;
        if passed.turn(own) && passed.to != own {
            self.core.passed.push(passed);
        } else if !matches!(passed.what, Passed::Answer(_)) {
            self.take_passed(now, passed);
        }
    }
}
