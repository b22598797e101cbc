//! What must hold of the machines themselves after every step, and in the end.

use crate::cast::{Line, Role};
use crate::network::Seat;
use crate::tally::{Check, Kind};
use crate::world::World;
use sanwang::account::{Counters, Room};
use sanwang::settings::AccountSettings;

/// Octets of the largest message of these worlds.
const LARGEST: usize = 20 * 400;
/// Its segments.
const MOST: usize = 20;

impl World {
    /// After every step.
    pub(crate) fn check_bounds(&mut self) {
        for at in 0..self.lines.len() {
            for role in [Role::Sp, Role::Party] {
                self.check_account(at, role);
            }
        }
        for (at, pipe) in &self.pipes {
            for end in [0, 1] {
                let Seat::Account(line, role, _) = pipe.seats[end] else { continue };
                let window = self.lines[line].most(role, |s| s.inbound_window.into()) as usize;
                let wire = &pipe.wires[end];
                let closed = self.lines[line].is_closed[role as usize];
                if !wire.stalled && !wire.deaf && !closed {
                    let owed = wire.owed_messages.len();
                    assert!(
                        owed <= window,
                        "pipe {at}: line {line} {role:?} holds {owed} of {window} unanswered"
                    );
                    self.tally.check(Check::InboundWindow);
                }
            }
        }
        for ticket in std::mem::take(&mut self.ledger.decided) {
            assert!(self.ledger.is_decided(ticket), "{ticket}: its answer decided it, and it has no outcome");
            self.tally.check(Check::DecidedAtOnce);
        }
    }

    pub(crate) fn check_account(&mut self, at: usize, role: Role) {
        let line = &self.lines[at];
        let (core, room, closed) = match role {
            Role::Sp => (&line.sp.core, &line.room, line.sp.is_closed()),
            Role::Party => (&line.party.core, &line.party_room, line.party.is_closed()),
        };
        // What was inside when a bound was lowered may stay.
        let window = line.most(role, |s| s.window.into()) as usize;
        for (_, number, waiting, _) in core.connections() {
            assert!(
                waiting <= window,
                "line {at} {role:?} connection {number}: {waiting} wait, window {window}"
            );
            self.tally.check(Check::WindowOfTheMachine);
        }
        let open = self.ledger.open_count(at, role);
        assert_eq!(room.open(), open, "line {at} {role:?}: open tickets are those without outcome");
        self.tally.check(Check::OpenTicketsCounted);
        // One submit to several receivers is let in alone.
        let most = line.most(role, |s| u64::from(s.open_tickets.max(s.max_receivers.into()))) as usize;
        assert!(open <= most, "line {at} {role:?}: {open} open tickets");
        self.tally.check(Check::OpenTicketBound);
        let (segments, octets) = room_of(line, role);
        let (queued, held) = (room.queued(), room.octets());
        assert!(queued <= segments, "line {at} {role:?}: {queued} segments queued, bound {segments}");
        self.tally.check(Check::QueueBound);
        assert!(held <= octets, "line {at} {role:?}: {held} octets queued, bound {octets}");
        self.tally.check(Check::OctetBound);
        assert!((queued == 0) == (held == 0), "line {at} {role:?}: {queued} segments of {held} octets");
        if closed {
            self.nothing_after_close(at, role);
        }
    }

    fn nothing_after_close(&mut self, at: usize, role: Role) {
        let line = &mut self.lines[at];
        line.is_closed[role as usize] = true;
        let (room, deadline): (&Room, _) = match role {
            Role::Sp => (&line.room, line.sp.deadline()),
            Role::Party => (&line.party_room, line.party.deadline()),
        };
        assert!(deadline.is_none(), "line {at} {role:?}: it still wants something");
        assert_eq!((room.open(), room.queued(), room.octets()), (0, 0, 0), "line {at} {role:?}: closed");
        self.nothing_open(at, role);
        self.tally.check(Check::NothingLeftOpen);
        if let (Role::Sp, Some(deadline)) = (role, self.lines[at].closing) {
            // A second more for the end request itself, and the moment it is noticed.
            let now = self.now.mono_ns;
            let first = self.lines[at].closed_at.get_or_insert(now);
            assert!(*first <= deadline + 6 * sanwang::time::SECOND, "line {at}: the close does not end");
            self.tally.check(Check::CloseInTime);
        }
    }

    /// A patient world's accounts have nothing left in their tables before they are closed.
    pub(crate) fn check_tables(&mut self, at: usize) {
        let line = &self.lines[at];
        let open = self.ledger.open(at, Role::Sp);
        assert!(open.is_empty(), "line {at}: long after everything was over {open:?} have no outcome");
        let mut tables = line.sp.core.tables();
        if line.dead_handlers {
            (tables.requests, tables.beside) = (0, 0);
        }
        assert!(tables.is_empty(), "line {at}: {tables:?}");
        let (correlation, parked, parts) = line.sp.side.held();
        assert_eq!((correlation, parked, parts), (0, 0, 0), "line {at}: correlation, early reports, parts");
        self.tally.check(Check::TablesEmpty);
    }

    /// When everybody has closed.
    pub(crate) fn check_end(&mut self) {
        for at in 0..self.lines.len() {
            self.nothing_open(at, Role::Sp);
            self.questions_have_answers(at);
            self.nothing_open(at, Role::Party);
        }
        self.acknowledged_is_delivered();
    }

    /// Counts what the machines say of themselves.
    pub(crate) fn count_what_happened(&mut self) {
        for at in 0..self.lines.len() {
            let line = &self.lines[at];
            let (sp, party) = (line.sp.core.counters, line.party.core.counters);
            self.count(Role::Sp, &sp);
            self.count(Role::Party, &party);
        }
    }

    /// Counts what an account says of itself.
    pub(crate) fn count(&mut self, role: Role, c: &Counters) {
        self.tally.saw_times(Kind::Unanswered, c.unanswered);
        self.tally.saw_times(Kind::SlowedDown, c.congested);
        self.tally.saw_times(Kind::TakenBackUnwritten, c.unsent);
        self.tally.saw_times(Kind::BusyAnswer, c.refused_busy);
        self.tally.saw_times(Kind::BrokenConnection, c.breaks);
        if role == Role::Sp {
            self.tally.saw_times(Kind::AckedUnhandled, c.acked_unhandled);
        }
    }
}

/// Most segments and octets that may wait: the bounds, what a break or a congestion answer puts back from the windows,
/// and the one message that is let in alone.
fn room_of(line: &Line, role: Role) -> (usize, usize) {
    let most = |of: fn(&AccountSettings) -> u64| line.most(role, of) as usize;
    // A segment counts for every receiver.
    let receivers = most(|s| s.max_receivers.into());
    let back = most(|s| s.window.into()) * most(|s| s.connections.into()) * receivers;
    (
        most(|s| s.queue.into()).max(MOST * receivers) + back,
        most(|s| s.queue_octets).max(LARGEST) + back * 400,
    )
}
