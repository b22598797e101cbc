//! Reports and deliveries that another account of the same login passed on.

use super::{Core, Early, Key, Now, ReportPdu, Sp, Token, judge};
use crate::account::{Passed, PassedOn};
use crate::dialect::AnswerTo;

/// Where a deliver came from.
#[derive(Clone, Copy)]
pub(super) enum From {
    /// A connection of ours.
    Here(Key),
    /// A connection of another account: its number, and the request there, which is answered where it came.
    There(u32, Token),
}

impl From {
    /// The number of the connection in events.
    pub(super) fn number(self, core: &Core) -> u32 {
        match self {
            From::Here(conn) => core.connection(conn),
            From::There(number, _) => number,
        }
    }

    /// Whether its request was answered on arrival (`ack=received`): it cannot be refused any more.
    pub(super) fn is_answered(self) -> bool {
        matches!(self, From::There(_, token) if token == Token::default())
    }

    /// Holds the request for the application, or answers it at once.
    pub(super) fn keep(self, sp: &mut Sp, core: &mut Core, now: Now, to: AnswerTo, print: u64) -> Token {
        match self {
            From::Here(conn) => sp.keep(core, now, conn, to, print),
            From::There(_, token) => token,
        }
    }

    /// The request needs no handler.
    pub(super) fn answer_at_once(self, core: &mut Core, now: Now, to: &AnswerTo, print: u64) {
        match self {
            From::Here(conn) => core.answer_at_once(now, conn, to, print, 0),
            From::There(_, token) => core.release_token(now, token),
        }
    }

    /// The request comes again when there is room.
    pub(super) fn refuse_busy(self, core: &mut Core, now: Now, to: &AnswerTo) {
        match self {
            From::Here(conn) => core.refuse_busy(now, conn, to),
            From::There(_, token) => {
                core.counters.refused_busy += 1;
                core.answer_request(now, token, core.dialect.busy());
            }
        }
    }
}

impl Sp {
    /// Takes what another account passed on, or passes it on to the next one.
    pub(super) fn take_passed(&mut self, core: &mut Core, now: Now, passed: PassedOn) {
        let PassedOn { connection, token, .. } = passed;
        match passed.what {
            Passed::Report(report) if passed.then.is_empty() || self.correlation.knows(&report.id) => {
                self.passed_report(core, now, report, connection, token);
            }
            Passed::Report(_) => core.pass_further(passed),
            Passed::Deliver(pdu, print) => {
                self.take_deliver(core, now, From::There(connection, token), *pdu, print);
            }
            Passed::Answer(_) => {}
        }
    }

    fn passed_report(
        &mut self,
        core: &mut Core,
        now: Now,
        report: Box<ReportPdu>,
        connection: u32,
        token: Token,
    ) {
        let judged = judge(core, &report);
        match self.correlation.find(report.id, &report.receiver, judged.is_final) {
            Some(found) => {
                self.apply(core, now, &report, judged, &found.entry, found.repeated, connection, token);
            }
            // Its key exists from the moment it was written: no answer will name its message.
            None => self.unmatched(core, now, &Early { conn: connection, at: now.unix_ms, report, token }),
        }
    }
}
