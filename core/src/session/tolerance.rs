//! What a connection tolerates of its peer: counted by name, and refused where the account is strict.

use super::event::State;
use super::receive::trouble_octets;
use super::{EndReason, Session, SessionEvent};
use crate::dialect::{AnswerCheck, BadFrame, Inbound, LoginAnswer};
use crate::settings::Verify;
use crate::time::Now;
use crate::wire::{AnyPdu, Note, Notes, Protocol, Seq, frame};
use bytes::Bytes;

/// Frames by the tolerances used to read them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tolerances([u64; Note::ALL.len()]);

impl Default for Tolerances {
    fn default() -> Self {
        Tolerances([0; Note::ALL.len()])
    }
}

impl Tolerances {
    /// Adds other counts.
    pub fn add(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(own, more)| *own += more);
    }

    /// Each tolerance with its count.
    pub fn iter(self) -> impl Iterator<Item = (Note, u64)> {
        Note::ALL.into_iter().zip(self.0)
    }

    fn count(&mut self, notes: Notes) {
        let counts = Note::ALL.into_iter().zip(&mut self.0);
        counts.filter(|(note, _)| notes.contains(*note)).for_each(|(_, n)| *n += 1);
    }
}

/// Says which tolerances the setting refuses.
pub fn strict_reason(refused: Notes) -> String {
    let all: Vec<String> =
        refused.iter().map(|note| format!("strict={}: {}", note.name(), note.text())).collect();
    all.join(" ").trim_end_matches('.').to_owned()
}

impl Session {
    /// Counts tolerances.
    pub fn tolerate(&mut self, notes: Notes) {
        if !notes.is_empty() {
            self.tolerances.get_or_insert_default().count(notes);
        }
    }

    /// How often each tolerance was used.
    pub fn tolerances(&self) -> Tolerances {
        self.tolerances.as_deref().copied().unwrap_or_default()
    }

    /// Whether the peer logged in to send only, so that it takes no requests (SMGP).
    pub fn only_sends(&self) -> bool {
        self.rules.only_sends
    }

    /// Of these tolerances, those that the account refuses.
    pub fn refuses(&self, notes: Notes) -> Notes {
        notes.both(self.rules.strict)
    }

    /// Notes what only the connection can tell, counts all, and refuses the frame where the account is strict about
    /// one of them. True: it is refused.
    #[cold]
    pub(super) fn tolerances_of(
        &mut self,
        now: Now,
        octets: &[u8],
        seq: Seq,
        inbound: &Inbound,
        notes: Notes,
        events: &mut Vec<SessionEvent>,
    ) -> bool {
        self.tolerate(notes);
        let refused = self.refuses(notes);
        if refused.is_empty() {
            return false;
        }
        let malformed = self.dialect.malformed();
        let login = matches!(inbound, Inbound::Login(_) | Inbound::LoginAnswer(_));
        let action = match inbound {
            Inbound::Login(request) => {
                self.put(now, |dialect, out| dialect.login_answer(request, malformed, None, seq, out));
                BadFrame::Close
            }
            Inbound::Deliver(deliver) => BadFrame::Answer(deliver.to, malformed),
            Inbound::Report(report) => BadFrame::Answer(report.to, malformed),
            Inbound::BadReport(to, _) | Inbound::Cancel(to, _) | Inbound::Other(_, Some(to)) => {
                BadFrame::Answer(*to, malformed)
            }
            _ => self.dialect.refused(octets),
        };
        if let BadFrame::Answer(to, result) = action {
            self.answer(now, &to, result);
        }
        let (reason, closes) = (strict_reason(refused), !matches!(action, BadFrame::Answer(..)));
        events.push(SessionEvent::Trouble {
            reason: reason.clone(),
            action: if closes { "closed" } else { "answered with an error" },
            // A login holds a password or a digest.
            octets: if login { Bytes::new() } else { trouble_octets(octets) },
        });
        if closes {
            self.over(EndReason::BadFrame(reason), events);
        }
        true
    }

    /// Our login was answered: what the answer tells of the gateway is checked, noted and perhaps refused.
    pub(super) fn login_answered(&mut self, now: Now, answer: &LoginAnswer, events: &mut Vec<SessionEvent>) {
        let State::LoggingIn { proof, secret, .. } = &self.state else { return };
        self.recent.result(answer.status);
        if answer.status != 0 {
            return self.over(EndReason::Refused(answer.status), events);
        }
        let check = match self.rules.verify {
            Verify::Off => AnswerCheck::Right,
            _ => self.dialect.check_answer(answer, proof, secret),
        };
        let notes = self.answer_notes(answer, check);
        self.tolerate(notes);
        if self.rules.verify == Verify::Strict && check != AnswerCheck::Right {
            return self.over(EndReason::GatewayNotProven, events);
        }
        let refused = self.refuses(notes);
        if !refused.is_empty() {
            let (reason, octets) = (strict_reason(refused), Bytes::new());
            events.push(SessionEvent::Trouble { reason: reason.clone(), action: "closed", octets });
            return self.over(EndReason::BadFrame(reason), events);
        }
        self.state = State::Online;
        self.next_test = self.test_due(now);
        events.push(SessionEvent::Online { version: answer.version, check });
    }

    /// What is odd about the version that the gateway names, and about its digest.
    fn answer_notes(&self, answer: &LoginAnswer, check: AnswerCheck) -> Notes {
        let own = self.dialect.version().octet();
        let octet = self.dialect.protocol() != Protocol::Sgip && answer.version != own;
        let digest = match check {
            AnswerCheck::Right => None,
            AnswerCheck::Empty => Some(Note::DigestEmpty),
            AnswerCheck::Deviation(_) => Some(Note::DigestDeviation),
            AnswerCheck::Wrong => Some(Note::DigestWrong),
        };
        octet.then_some(Note::VersionOctet).into_iter().chain(digest).collect()
    }

    /// Whether a frame was longer than what it held and what follows makes no sense: its length was too large, and the
    /// stream is lost. The frame is told, because it is the one at fault (`smgp.md` 16, row 14).
    pub(super) fn lost_step(&mut self, data: &[u8], events: &mut Vec<SessionEvent>) -> bool {
        let protocol = self.dialect.protocol();
        if self.overlong.is_empty() || data.len() < protocol.header_len() {
            return false;
        }
        let last = std::mem::take(&mut self.overlong);
        let known = frame::header(protocol, data)
            .is_ok_and(|next| AnyPdu::table(protocol).iter().any(|info| info.command == next.command));
        if !known {
            let reason = "the length of the PDU before was too large: what follows it is no PDU".to_owned();
            events.push(SessionEvent::Trouble { reason: reason.clone(), action: "closed", octets: last });
            self.over(EndReason::BadFrame(reason), events);
        }
        !known
    }
}
