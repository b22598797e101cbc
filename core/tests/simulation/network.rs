//! The network: TCP connections that delay, cut, merge, stall and break what goes over them.

use crate::cast::Role;
use crate::tally::{Check, Kind};
use crate::world::{Plan, World};
use sanwang::account::slab::Key;
use sanwang::gateway::LobbyEvent;
use sanwang::time::SECOND;
use sanwang::wire::{Protocol, Seq};
use std::collections::{HashMap, VecDeque};

/// Who sits at an end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seat {
    Account(usize, Role, Key),
    /// Before the login at a gateway's address.
    Lobby(usize, Key),
    /// Before the login at the SPs' listener.
    Listener(Key),
    Gone,
}

/// A request as the audit remembers it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) frame: Vec<u8>,
    pub(crate) answered: bool,
}

/// One direction: what the end of this number writes.
#[derive(Default)]
pub(crate) struct Wire {
    /// On their way, with the time they arrive.
    queue: VecDeque<(u64, Vec<u8>)>,
    /// The socket takes nothing until this time.
    stalled_until: u64,
    /// Written octets that are no whole frame yet.
    pub(crate) partial: Vec<u8>,
    /// Frames that have not arrived whole.
    in_flight: VecDeque<Vec<u8>>,
    progress: usize,
    /// Requests this end wrote, for good.
    pub(crate) asked: HashMap<Seq, Asked>,
    /// Of these, messages without an answer that has arrived, with the time they were written.
    pub(crate) open: Vec<(Seq, u64)>,
    /// Whether the socket ever held anything back: then writing and sending are not at one time.
    pub(crate) stalled: bool,
    /// Requests that arrived at this end and wait for its answer, copies counted.
    pub(crate) owed: HashMap<Seq, u32>,
    /// Messages among them.
    pub(crate) owed_messages: Vec<Seq>,
    /// Link tests that arrived at this end.
    pub(crate) tests: Vec<Seq>,
    /// Something that ends the session arrived at this end: it hears no more.
    pub(crate) deaf: bool,
    /// Requests that this end wrote, link tests and the end not counted.
    pub(crate) carried: u32,
}

/// One TCP connection. End 0 opened it.
pub(crate) struct Pipe {
    pub(crate) protocol: Protocol,
    /// Whose account opened it.
    pub(crate) line: usize,
    pub(crate) seats: [Seat; 2],
    pub(crate) wires: [Wire; 2],
    /// Swallows everything from this time on without telling anybody.
    dead_from: u64,
}

impl World {
    /// A dial reached an address that listens.
    pub(crate) fn open_pipe(&mut self, line: usize, role: Role, conn: Key, callee: Seat) {
        let now = self.now.mono_ns;
        let dead_from = if self.dice.happens(self.faults.black_hole) {
            self.tally.saw(Kind::BlackHole);
            // Sometimes from the first octet: then the login stays without an answer.
            now + self.dice.one(&[0, SECOND, 20 * SECOND])
        } else {
            u64::MAX
        };
        let at = self.next_pipe;
        self.next_pipe += 1;
        let seats = [Seat::Account(line, role, conn), callee];
        let protocol = self.lines[line].protocol;
        if role == Role::Sp && self.lines[line].habits.short {
            self.tally.saw(Kind::ShortConnection);
        }
        self.pipes.insert(at, Pipe { protocol, line, seats, wires: Default::default(), dead_from });
        if self.dice.happens(self.faults.reset) {
            let after = self.dice.below(15 * SECOND);
            self.plan(after, Plan::Reset(at));
        }
        self.say(|| format!("line {line} {role:?} connected: pipe {at}"));
    }

    /// Moves what one end wants to write. True: something moved.
    pub(crate) fn transmit(&mut self, at: u32, end: usize) -> bool {
        let now = self.now.mono_ns;
        let Some(pipe) = self.pipes.get(&at) else { return false };
        if pipe.wires[end].stalled_until > now {
            return false;
        }
        let seat = pipe.seats[end];
        let (out, over) = match seat {
            Seat::Account(line, Role::Sp, conn) => {
                let over = self.lines[line].sp.is_over(conn);
                (self.lines[line].sp.transmit(conn), over)
            }
            Seat::Account(line, Role::Party, conn) => {
                let over = self.lines[line].party.is_over(conn);
                (self.lines[line].party.transmit(conn), over)
            }
            Seat::Lobby(carrier, who) => {
                let over = self.carriers[carrier].lobby.is_over(who);
                (self.carriers[carrier].lobby.transmit(who), over)
            }
            Seat::Listener(who) => {
                let over = self.listener.is_over(who);
                (self.listener.transmit(who), over)
            }
            Seat::Gone => return false,
        };
        let mut moved = false;
        if let Some(out) = out.filter(|out| !out.is_empty()) {
            let stalls = matches!(seat, Seat::Account(..)) && self.dice.happens(self.faults.stall);
            let take = if stalls { self.dice.below(out.len() as u64) as usize } else { out.len() };
            let octets = out.split_to(take);
            if stalls {
                if let Seat::Account(line, ..) = seat {
                    self.ledger.blurred.insert(line);
                }
                self.tally.saw(Kind::Stalled);
                let after = self.dice.one(&[SECOND / 100, SECOND, 5 * SECOND]);
                if let Some(pipe) = self.pipes.get_mut(&at) {
                    pipe.wires[end].stalled_until = now + after;
                    pipe.wires[end].stalled = true;
                }
                self.plan(after, Plan::Nothing);
            }
            self.put(at, end, &octets);
            if stalls {
                return true;
            }
            moved = true;
        }
        if over {
            self.hang_up(at, end);
            return true;
        }
        moved
    }

    /// Moves what every end wants to write. True: something moved.
    pub(crate) fn flush(&mut self) -> bool {
        let pipes: Vec<u32> = self.pipes.keys().copied().collect();
        pipes.into_iter().fold(false, |moved, at| {
            let (one, other) = (self.transmit(at, 0), self.transmit(at, 1));
            moved | one | other
        })
    }

    /// Octets that the socket took: whole frames are audited, tampered with and sent on their way.
    fn put(&mut self, at: u32, end: usize, octets: &[u8]) {
        let Some(pipe) = self.pipes.get_mut(&at) else { return };
        let protocol = pipe.protocol;
        pipe.wires[end].partial.extend_from_slice(octets);
        let mut written = std::mem::take(&mut pipe.wires[end].partial);
        let mut used = 0;
        let mut sent: Vec<Vec<u8>> = Vec::new();
        while let Some(length) = sanwang::wire::frame::next(protocol, &written[used..], 65_536)
            .expect("only sane frames are written")
        {
            let frame = written[used..used + length].to_vec();
            used += length;
            self.wrote(at, end, &frame);
            self.tamper(at, end, frame, &mut sent);
        }
        written.drain(..used);
        let delay = self.delay();
        let now = self.now.mono_ns;
        let Some(pipe) = self.pipes.get_mut(&at) else { return };
        let swallowed = now >= pipe.dead_from || pipe.seats[1 - end] == Seat::Gone;
        let wire = &mut pipe.wires[end];
        wire.partial = written;
        if sent.is_empty() || swallowed {
            return;
        }
        // A stream keeps its order.
        let arrives = (now + delay).max(wire.queue.back().map_or(0, |(at, _)| *at));
        wire.queue.push_back((arrives, sent.concat()));
        wire.in_flight.extend(sent);
        self.plan(arrives - now, Plan::Arrive(at, end));
    }

    fn delay(&mut self) -> u64 {
        if self.dice.happens(self.faults.long_delay) {
            self.tally.saw(Kind::LongDelay);
            return 12 * SECOND;
        }
        1 + self.dice.below(self.faults.latency_ns)
    }

    /// What was written by this end and is due arrives at the other one.
    pub(crate) fn arrive(&mut self, at: u32, end: usize) {
        let now = self.now.mono_ns;
        let Some(pipe) = self.pipes.get_mut(&at) else { return };
        let wire = &mut pipe.wires[end];
        let mut data: Vec<u8> = Vec::new();
        while let Some((_, more)) = pop_if(&mut wire.queue, |(due, _)| *due <= now) {
            if !data.is_empty() {
                self.tally.saw(Kind::Merged);
            }
            data.extend(more);
        }
        if data.is_empty() {
            return;
        }
        if data.len() > 1 && self.dice.happens(self.faults.split) {
            if data.len() < 60 && self.dice.below(4) == 0 {
                self.tally.saw(Kind::OctetByOctet);
                for octet in data {
                    self.receive(at, end, &[octet]);
                }
                return;
            }
            self.tally.saw(Kind::Split);
            let rest = data.split_off(1 + self.dice.below(data.len() as u64 - 1) as usize);
            if self.dice.below(2) == 0 {
                self.receive(at, end, &data);
                return self.receive(at, end, &rest);
            }
            // The rest comes later.
            let later = self.delay();
            if let Some(pipe) = self.pipes.get_mut(&at) {
                pipe.wires[end].queue.push_front((now + later, rest));
                self.plan(later, Plan::Arrive(at, end));
            }
        }
        self.receive(at, end, &data);
    }

    fn receive(&mut self, at: u32, end: usize, data: &[u8]) {
        let now = self.now;
        let Some(pipe) = self.pipes.get_mut(&at) else { return };
        let wire = &mut pipe.wires[end];
        wire.progress += data.len();
        let mut whole = Vec::new();
        let progress = &mut wire.progress;
        while let Some(frame) = pop_if(&mut wire.in_flight, |frame| frame.len() <= *progress) {
            *progress -= frame.len();
            whole.push(frame);
        }
        for frame in &whole {
            self.heard(at, end, frame);
        }
        let Some(pipe) = self.pipes.get(&at) else { return };
        match pipe.seats[1 - end] {
            Seat::Account(line, Role::Sp, conn) => self.lines[line].sp.received(now, conn, data),
            Seat::Account(line, Role::Party, conn) => self.lines[line].party.received(now, conn, data),
            Seat::Lobby(carrier, who) => {
                let told = self.carriers[carrier].lobby.receive(now, who, data);
                self.lobby_told(at, told);
            }
            Seat::Listener(who) => {
                let told = self.listener.receive(now, who, data);
                self.lobby_told(at, told);
            }
            Seat::Gone => {}
        }
        // At once, so that what is told and written is seen in its order.
        self.flush();
        for line in 0..self.lines.len() {
            self.events(line);
        }
        self.link_tests_are_answered(at, 1 - end);
    }

    /// A link test that arrived at a logged-in end is answered at once.
    fn link_tests_are_answered(&mut self, at: u32, end: usize) {
        let Some(pipe) = self.pipes.get_mut(&at) else { return };
        let wire = &mut pipe.wires[end];
        let tests = std::mem::take(&mut wire.tests);
        if wire.stalled || wire.deaf || !matches!(pipe.seats[end], Seat::Account(..)) {
            return;
        }
        for seq in tests {
            assert!(!wire.owed.contains_key(&seq), "a link test {seq:?} stays without an answer");
            self.tally.check(Check::LinkTestAnswered);
        }
    }

    pub(crate) fn lobby_told(&mut self, at: u32, told: Vec<LobbyEvent>) {
        for event in told {
            if let LobbyEvent::Login(request) = event {
                self.log_in(at, &request);
            }
        }
    }

    /// One end has closed; the other learns it after what is on its way.
    fn hang_up(&mut self, at: u32, end: usize) {
        let now = self.now.mono_ns;
        self.forget_seat(at, end, None);
        let Some(pipe) = self.pipes.get(&at) else { return };
        if pipe.seats == [Seat::Gone; 2] {
            self.pipes.remove(&at);
        } else if now < pipe.dead_from {
            let last = pipe.wires[end].queue.back().map_or(now, |(due, _)| *due);
            let after = self.delay().max(last.saturating_sub(now) + 1);
            self.plan(after, Plan::HungUp(at));
        }
    }

    /// Takes somebody from their seat; `why` tells them that the connection broke.
    fn forget_seat(&mut self, at: u32, end: usize, why: Option<&str>) {
        let now = self.now;
        let Some(pipe) = self.pipes.get_mut(&at) else { return };
        if let Seat::Account(line, role, _) = pipe.seats[end] {
            *self.ledger.lost.entry((line, role)).or_default() += 1;
        }
        match std::mem::replace(&mut pipe.seats[end], Seat::Gone) {
            Seat::Account(line, Role::Sp, conn) => {
                let sp = &mut self.lines[line].sp;
                if let Some(why) = why {
                    sp.disconnected(now, conn, why);
                }
                sp.forget(conn);
            }
            Seat::Account(line, Role::Party, conn) => {
                let party = &mut self.lines[line].party;
                if let Some(why) = why {
                    party.disconnected(now, conn, why);
                }
                party.forget(conn);
            }
            Seat::Lobby(carrier, who) => self.carriers[carrier].lobby.forget(who),
            Seat::Listener(who) => self.listener.forget(who),
            Seat::Gone => {}
        }
    }

    /// The connection breaks for both ends, perhaps after a part of what was on its way.
    pub(crate) fn reset(&mut self, at: u32) {
        for end in [0, 1] {
            let Some(pipe) = self.pipes.get_mut(&at) else { return };
            let rest: Vec<u8> = pipe.wires[end].queue.drain(..).flat_map(|(_, octets)| octets).collect();
            if rest.len() > 1 && self.dice.below(2) == 0 {
                self.tally.saw(Kind::HalfFrameThenReset);
                let part = self.dice.below(rest.len() as u64) as usize;
                self.receive(at, end, &rest[..part]);
            }
        }
        self.tally.saw(Kind::Reset);
        self.drop_pipe(at, "reset");
    }

    /// Both ends lose the connection.
    pub(crate) fn drop_pipe(&mut self, at: u32, why: &str) {
        self.say(|| format!("pipe {at}: {why}"));
        for end in [0, 1] {
            self.forget_seat(at, end, Some(why));
        }
        self.pipes.remove(&at);
    }

    /// Whether an end of a connection still stands, as its machine sees it.
    pub(crate) fn stands(&self, at: u32, end: usize) -> bool {
        match self.pipes.get(&at).map(|pipe| pipe.seats[end]) {
            Some(Seat::Account(line, Role::Sp, conn)) => !self.lines[line].sp.is_over(conn),
            Some(Seat::Account(line, Role::Party, conn)) => !self.lines[line].party.is_over(conn),
            Some(Seat::Lobby(..) | Seat::Listener(_)) => true,
            Some(Seat::Gone) | None => false,
        }
    }
}

fn pop_if<T>(queue: &mut VecDeque<T>, wanted: impl FnOnce(&T) -> bool) -> Option<T> {
    if queue.front().is_some_and(wanted) { queue.pop_front() } else { None }
}
