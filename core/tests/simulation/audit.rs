//! The wire as somebody between the two ends sees it: what may be written when, and what was heard.

use crate::cast::Role;
use crate::ledger::Copy;
use crate::network::{Asked, Seat};
use crate::tally::{Check, Kind};
use crate::world::World;
use sanwang::codes;
use sanwang::dialect::{BadFrame, Inbound};
use sanwang::settings::{AccountSettings, Resend};
use sanwang::time::{SECOND, nanos};
use sanwang::wire::{Notes, Protocol, Seq, frame, patch_seq};

/// When an id was learned that may be forgotten again: no report has to find it.
const PERHAPS: u64 = u64::MAX / 2;

/// A request without its sequence: what tells messages apart.
fn bare(protocol: Protocol, frame: &[u8]) -> Vec<u8> {
    let mut bare = frame.to_vec();
    patch_seq(protocol, &mut bare, Seq::default());
    bare
}

/// A receiver's segment in a submit.
struct Place {
    line: usize,
    role: Role,
    ticket: sanwang::Ticket,
    index: u8,
    /// Which receiver, from 0.
    member: u16,
    /// It is one of several.
    grouped: bool,
}

impl World {
    /// A socket took a whole frame of this end.
    pub(crate) fn wrote(&mut self, at: u32, end: usize, octets: &[u8]) {
        let Some(pipe) = self.pipes.get_mut(&at) else { return };
        let protocol = pipe.protocol;
        let header = frame::header(protocol, octets).expect("only sane frames are written");
        let seq = header.seq;
        let seat = pipe.seats[end];
        if header.is_response() {
            let wire = &mut pipe.wires[end];
            let owed =
                wire.owed.get_mut(&seq).unwrap_or_else(|| panic!("pipe {at}: an answer {seq:?} to nothing"));
            *owed -= 1;
            if *owed == 0 {
                wire.owed.remove(&seq);
            }
            wire.owed_messages.retain(|owed| *owed != seq);
            self.tally.check(Check::AnswerWasAskedFor);
            self.say(|| format!("pipe {at}: end {end} answers {}", seq.serial));
            if let Seat::Account(line, Role::Sp, _) = seat {
                self.note_answer(line, at, octets);
            }
            return;
        }
        let Seat::Account(line, role, _) = seat else { panic!("pipe {at}: a request before the login") };
        let resends = self.lines[line].since(role, 0).any(|s| s.resend != Resend::Never);
        let bare = bare(protocol, octets);
        let known = self.ledger.by_frame.get(&(line, role, bare.clone())).cloned();
        // CMPP and SMGP count a connection's requests, SGIP those of a node.
        let before = match protocol {
            Protocol::Sgip => self.ledger.sgip.insert(seq, bare.clone()),
            _ => pipe.wires[end].asked.get(&seq).map(|asked| asked.frame.clone()),
        };
        if let Some(before) = before {
            let again = known.is_some() && before == bare && resends;
            assert!(again, "pipe {at}: line {line} {role:?} uses sequence {seq:?} a second time");
        }
        self.tally.check(Check::SequenceUnique);
        // A copy whose first one was answered meanwhile has its answer.
        let wire = &mut pipe.wires[end];
        let (is_new, carried) = (!wire.asked.contains_key(&seq), wire.carried);
        wire.asked.entry(seq).or_insert(Asked { frame: bare, answered: false });
        let mut carries = known.is_some();
        match known {
            Some(all) => {
                if all.len() > 1 {
                    self.tally.saw(Kind::SeveralReceivers);
                }
                self.window_held(at, end, line, role, seq, is_new);
                for (ticket, segment) in all {
                    self.say(|| {
                        let number = segment + 1;
                        format!(
                            "pipe {at}: {role:?} {line} writes {ticket} segment {number} as {}",
                            seq.serial
                        )
                    });
                    self.decided_is_not_sent(at, line, role, ticket, segment, seq);
                    // What is written again has no turn of its own; what follows it waits longer.
                    if is_new {
                        self.rate_held(line, role);
                    }
                    self.one_connection(at, ticket, segment);
                    self.resend_rule(at, end, ticket, segment, seq);
                }
            }
            None => {
                let inbound = self.lines[line].speaks.decode(octets, &mut Notes::default());
                let plain = matches!(inbound, Ok((_, Inbound::Login(_) | Inbound::KeepAlive | Inbound::End)));
                carries = matches!(inbound, Ok((_, Inbound::Query(..) | Inbound::Cancel(..))))
                    && role == Role::Sp
                    && !self.lines[line].asked.is_empty();
                assert!(
                    plain || carries,
                    "pipe {at}: line {line} {role:?} writes what nobody sent: {inbound:?}"
                );
            }
        }
        if carries && is_new {
            if role == Role::Sp && self.lines[line].habits.short {
                assert_eq!(carried, 0, "pipe {at}: line {line}: a short connection carries a second request");
                self.tally.check(Check::OneRequestAShortConnection);
            }
            if let Some(pipe) = self.pipes.get_mut(&at) {
                pipe.wires[end].carried += 1;
            }
        }
    }

    /// A report that was answered was taken, or refused as busy.
    fn note_answer(&mut self, line: usize, at: u32, octets: &[u8]) {
        let Ok((seq, Inbound::Answer { result, .. })) =
            self.lines[line].speaks.decode(octets, &mut Notes::default())
        else {
            return;
        };
        let Some(id) = self.ledger.reported.get(&(at, seq)) else { return };
        let heard = self.ledger.reports.get_mut(&(line, *id)).into_iter().flatten();
        for heard in heard.filter(|heard| heard.pipe == at && heard.seq == seq) {
            (heard.refused, heard.taken) = (result != 0, result == 0);
        }
    }

    /// What has its outcome is not written. In SGIP a copy with the sequence it had goes to all it went to before.
    fn decided_is_not_sent(
        &mut self,
        at: u32,
        line: usize,
        role: Role,
        ticket: sanwang::Ticket,
        segment: u8,
        seq: Seq,
    ) {
        let Some(entry) = self.ledger.entries.get(&ticket) else { return };
        let copies = &entry.segments[usize::from(segment)].copies;
        if self.ledger.blurred.contains(&line) || copies.iter().any(|copy| copy.seq == seq) {
            return;
        }
        let over = self.ledger.is_decided(ticket);
        assert!(!over, "pipe {at}: line {line} {role:?} writes {ticket}, which has its outcome");
        self.tally.check(Check::DecidedIsNotSent);
    }

    fn rate_held(&mut self, line: usize, role: Role) {
        let now = self.now.mono_ns;
        let lately = || self.lines[line].since(role, now.saturating_sub(SECOND));
        let unlimited = lately().any(|s| s.rate == 0);
        // A submit goes with its first receiver's turn, and the turns of the others are taken from what follows.
        let most = lately().map(|s| s.rate).max().unwrap_or(0)
            + lately().map(AccountSettings::effective_burst).max().unwrap_or(0)
            + lately().map(|s| u32::from(s.max_receivers)).max().unwrap_or(1)
            - 1;
        let written = self.ledger.written.entry((line, role)).or_default();
        written.push_back(now);
        while written.front().is_some_and(|at| at + SECOND <= now) {
            written.pop_front();
        }
        if !unlimited && !self.ledger.blurred.contains(&line) {
            let many = written.len();
            assert!(many <= most as usize, "line {line} {role:?}: {many} segments in a second");
            self.tally.check(Check::RateHeld);
        }
    }

    fn window_held(&mut self, at: u32, end: usize, line: usize, role: Role, seq: Seq, is_new: bool) {
        let now = self.now.mono_ns;
        let its = &self.lines[line];
        // What is written again after its time keeps its place, also where the window has become smaller.
        let of_all = its.most(role, |s| s.window.into()) as usize;
        let window = if is_new { usize::from(its.settings_of(role).window) } else { of_all };
        let Some(pipe) = self.pipes.get_mut(&at) else { return };
        let wire = &mut pipe.wires[end];
        wire.open.retain(|(open, sent)| *open != seq && its.given_up(role, *sent) > now);
        wire.open.push((seq, now));
        if !wire.stalled {
            let open = wire.open.len();
            assert!(
                open <= window,
                "pipe {at}: line {line} {role:?} has {open} requests open, window {window}"
            );
            self.tally.check(Check::WindowOnTheWire);
        }
    }

    /// All segments of a message travel on one connection while it stands.
    fn one_connection(&mut self, at: u32, ticket: sanwang::Ticket, segment: u8) {
        let Some(entry) = self.ledger.entries.get(&ticket) else { return };
        let (home, many) = (entry.home, entry.segments.len());
        // What waited for a connection that broke is spread anew.
        let lost = self.ledger.lost.get(&(entry.line, entry.role)).copied().unwrap_or(0);
        let (line, role) = (entry.line, entry.role);
        let over = self.pipes.iter().any(|(at, pipe)| {
            let mut ends = [0, 1].into_iter();
            ends.any(|end| {
                matches!(pipe.seats[end], Seat::Account(l, r, _) if (l, r) == (line, role))
                    && !self.stands(*at, end)
            })
        });
        let moved = entry.moved || over || lost != entry.lost_before;
        let short = role == Role::Sp && self.lines[line].habits.short;
        if many > 1 && !moved && !short && entry.segments[usize::from(segment)].copies.is_empty() {
            assert!(home.is_none_or(|home| home == at), "{ticket}: segment {} goes elsewhere", segment + 1);
            self.tally.check(Check::OneConnectionAMessage);
        }
        if let Some(entry) = self.ledger.entries.get_mut(&ticket) {
            entry.moved = moved;
            entry.home.get_or_insert(at);
        }
    }

    /// Whether this copy may be written, as `resend` says (architecture.md, section 6).
    fn resend_rule(&mut self, at: u32, end: usize, ticket: sanwang::Ticket, segment: u8, seq: Seq) {
        let now = self.now.mono_ns;
        let Some(entry) = self.ledger.entries.get(&ticket) else { return };
        let (line, role) = (entry.line, entry.role);
        let sgip = self.lines[line].is_sgip();
        let known = &entry.segments[usize::from(segment)];
        // What was decided before a change of the settings stands.
        let since = || self.lines[line].since(role, known.last_written);
        let most = since().map(|s| usize::from(s.resend_max)).max().unwrap_or(0);
        let what = || format!("line {line} {role:?}: {ticket} segment {} goes again", segment + 1);
        let stalled = self.pipes.get(&at).is_some_and(|pipe| pipe.wires[end].stalled);
        let blurred = stalled || !self.stands(at, end);
        let copies = &known.copies;
        let outstanding = copies.iter().filter(|copy| !copy.congested && !copy.blurred).count();
        let mut seen = None;
        if !blurred {
            assert!(
                outstanding == 0 || outstanding < most,
                "{}, {outstanding} copies have no answer",
                what()
            );
        }
        let unclear = blurred || copies.last().is_some_and(|copy| copy.blurred && !copy.congested);
        if let Some(last) = copies.last().filter(|copy| !copy.congested && !unclear) {
            let (same_seq, same_pipe) = (last.seq == seq, last.pipe == at);
            let broke = !same_pipe && !self.stands(last.pipe, end);
            let allowed = since().any(|s| match s.resend {
                Resend::Never => false,
                Resend::Same => same_seq && (same_pipe || (sgip && broke)),
                Resend::Always => (same_pipe && same_seq) || (broke && (same_seq || !sgip)),
            });
            assert!(
                allowed,
                "{} on pipe {at} against resend: {seq:?} after {:?} on pipe {}",
                what(),
                last.seq,
                last.pipe
            );
            seen = Some(match (role, same_pipe) {
                (Role::Party, _) => Kind::PushResent,
                (Role::Sp, true) => Kind::ResentSame,
                (Role::Sp, false) => Kind::ResentElsewhere,
            });
        } else {
            assert!(
                unclear || copies.iter().all(|copy| copy.seq != seq || (!sgip && copy.pipe != at)),
                "{} with its old sequence",
                what()
            );
        }
        self.tally.check(Check::ResendRule);
        if let Some(kind) = seen {
            self.tally.saw(kind);
        }
        if sgip && role == Role::Sp {
            let id = sanwang::wire::MsgId::from_sgip(seq);
            // Behind a full socket it was written, and its time began, earlier.
            let learned = if blurred { PERHAPS } else { now };
            self.ledger.learn(line, id, ticket, segment, learned);
        }
        if let Some(entry) = self.ledger.entries.get_mut(&ticket) {
            let segment = &mut entry.segments[usize::from(segment)];
            segment.copies.push(Copy { pipe: at, seq, congested: false, blurred });
            segment.last_written = now;
        }
    }

    /// A whole frame that `end` wrote arrives at the other end.
    pub(crate) fn heard(&mut self, at: u32, end: usize, octets: &[u8]) {
        let here = 1 - end;
        if !self.stands(at, here) {
            return;
        }
        let Some(pipe) = self.pipes.get_mut(&at) else { return };
        let (protocol, line) = (pipe.protocol, pipe.line);
        let seat = pipe.seats[here];
        if pipe.wires[here].deaf {
            return;
        }
        let Ok(header) = frame::header(protocol, octets) else {
            pipe.wires[here].deaf = true;
            return;
        };
        let seq = header.seq;
        if !header.is_response() {
            *pipe.wires[here].owed.entry(seq).or_default() += 1;
        }
        let decoded = self.lines[line].speaks.decode(octets, &mut Notes::default());
        let wire = &mut pipe.wires[here];
        wire.deaf |= matches!(&decoded, Err(bad) if bad.action == BadFrame::Close);
        let Ok((_, inbound)) = decoded else { return };
        if matches!(inbound, Inbound::Submit(_) | Inbound::Deliver(_) | Inbound::Report(_))
            && !wire.owed_messages.contains(&seq)
        {
            wire.owed_messages.push(seq);
        }
        match inbound {
            Inbound::KeepAlive => wire.tests.push(seq),
            Inbound::End | Inbound::EndAnswer => wire.deaf = true,
            Inbound::LoginAnswer(answer) if answer.status != 0 => wire.deaf = true,
            Inbound::Report(report) => {
                self.say(|| {
                    format!(
                        "pipe {at}: report {} on {} as {}",
                        report.stat.to_string_lossy(),
                        report.id,
                        seq.serial
                    )
                });
                let judged = codes::stat(protocol, &report.stat.to_string_lossy());
                if judged.is_final {
                    let (id, now) = (report.id, self.now.mono_ns);
                    let receiver = report.receiver.to_string_lossy();
                    self.ledger.report_heard(line, id, &receiver, now, judged.is_success(), at, seq);
                    if self.ledger.whose(line, id, &receiver).is_none() {
                        self.tally.saw(Kind::ReportParked);
                    }
                }
            }
            Inbound::Answer { id, result } => {
                let Seat::Account(line, role, _) = seat else { return };
                self.answer_heard(at, here, line, role, seq, id, result);
            }
            _ => {}
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn answer_heard(
        &mut self,
        at: u32,
        here: usize,
        line: usize,
        role: Role,
        seq: Seq,
        id: sanwang::wire::MsgId,
        result: u32,
    ) {
        let Some(pipe) = self.pipes.get_mut(&at) else { return };
        let wire = &mut pipe.wires[here];
        wire.open.retain(|(open, _)| *open != seq);
        let Some(asked) = wire.asked.get_mut(&seq).filter(|asked| !asked.answered) else { return };
        asked.answered = true;
        let serial = seq.serial;
        let Some(all) = self.ledger.by_frame.get(&(line, role, asked.frame.clone())).cloned() else { return };
        let grouped = all.len() > 1;
        for (member, (ticket, index)) in (0u16..).zip(all) {
            self.say(|| {
                let number = index + 1;
                format!("pipe {at}: {role:?} {line} hears {result} for {ticket} segment {number} as {serial}, id {id}")
            });
            let place = Place { line, role, ticket, index, member, grouped };
            self.answer_of(at, place, seq, id, result);
        }
    }

    /// What the answer means for one of its receivers.
    fn answer_of(&mut self, at: u32, place: Place, seq: Seq, first: sanwang::wire::MsgId, result: u32) {
        let Place { line, role, ticket, index, member, grouped } = place;
        let now = self.now.mono_ns;
        let id = if grouped { first.of_receiver(member).unwrap_or(first) } else { first };
        let congestion = self.lines[line].settings_of(role).is_congestion(result);
        let sgip = self.lines[line].is_sgip();
        let decided = self.ledger.is_decided(ticket);
        // What waited for the socket was late before it was on the wire.
        let blurred = self.ledger.blurred.contains(&line);
        let Some(entry) = self.ledger.entries.get_mut(&ticket) else { return };
        let segment = &mut entry.segments[usize::from(index)];
        let its = &self.lines[line];
        let late = its.given_up(role, segment.last_written) <= now;
        let timeout = its.least(role, segment.last_written, |s| nanos(s.response_timeout));
        if grouped && result != 0 {
            // It goes again, together or each receiver alone, unless its time was over.
            let its = segment.copies.iter_mut().filter(|copy| copy.pipe == at && copy.seq == seq);
            its.for_each(|copy| copy.congested = true);
            segment.late_refusal |= now >= segment.last_written + 2 * timeout;
            if !congestion {
                self.tally.saw(Kind::GroupRefused);
            }
            return;
        }
        if congestion && late {
            segment.refused = true;
        }
        if congestion {
            if !late || blurred {
                let its = segment.copies.iter_mut().filter(|copy| copy.pipe == at && copy.seq == seq);
                its.for_each(|copy| copy.congested = true);
            }
            return;
        }
        let id = if sgip { sanwang::wire::MsgId::from_sgip(seq) } else { id };
        if result != 0 {
            segment.refused = true;
            // In SGIP a report may have counted as the answer before.
            let waited = now >= segment.last_written + 2 * timeout;
            if !sgip && !blurred && !waited && segment.accepted.is_none() {
                self.ledger.decided.push(ticket);
            }
            return;
        }
        // Tickets in doubt are remembered for ten more time-outs.
        let remembered =
            now < segment.last_written + 8 * timeout && !(decided && self.lines[line].closing.is_some());
        let is_first = segment.accepted.is_none();
        if is_first {
            segment.accepted = Some((now, id));
            segment.of_group.extend(grouped.then_some(first));
        }
        let learns = is_first && role == Role::Sp && entry.report;
        if !blurred && !entry.report && entry.segments.iter().all(|segment| segment.accepted.is_some()) {
            self.ledger.decided.push(ticket);
        }
        if learns {
            let learned = if remembered { now } else { PERHAPS };
            self.ledger.learn(line, id, ticket, index, learned);
            if grouped {
                self.ledger.learn(line, first, ticket, index, learned);
            }
        }
    }
}
