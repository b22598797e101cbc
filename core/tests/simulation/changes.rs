//! What is changed while everything runs: settings at both ends, accounts that go and come back, connections that their
//! gateway ends.

use crate::cast::{Line, OF_BOTH, OF_SPS, Role};
use crate::network::Seat;
use crate::tally::Kind;
use crate::world::{Plan, World};
use sanwang::account::AccountChange;
use sanwang::time::SECOND;
use std::sync::Arc;

impl World {
    /// When a line's habits show.
    pub(crate) fn plan_habits(&mut self, at: usize) {
        let habits = self.lines[at].habits.clone();
        let times = |many: u32, plan: fn(usize) -> Plan| (0..many).map(move |_| plan(at));
        let changes =
            (0..habits.changes).map(|n| Plan::Change(at, if n % 3 == 0 { Role::Party } else { Role::Sp }));
        let plans = changes
            .chain(times(habits.leaves, Plan::Leave))
            .chain(times(habits.hang_ups, Plan::HangUp))
            .chain(times(habits.asks, Plan::Ask));
        for plan in plans.collect::<Vec<_>>() {
            let within = self.extra.one(&[SECOND, 10 * SECOND, 60 * SECOND]);
            let after = self.extra.below(within);
            self.plan(after, plan);
        }
    }

    /// Some settings of an account become others.
    pub(crate) fn change(&mut self, at: usize, role: Role) {
        let (now, line) = (self.now, &mut self.lines[at]);
        let closing = match role {
            Role::Sp => line.closing.is_some(),
            Role::Party => self.carriers[line.carrier].closing,
        };
        if closing {
            return;
        }
        let mut settings = line.settings_of(role).clone();
        let before = settings.connections;
        let rows = OF_BOTH.iter().chain(OF_SPS.iter().filter(|_| role == Role::Sp));
        for (key, values) in rows {
            if self.extra.below(3) == 0 {
                settings.set(key, self.extra.pick(values)).expect("a setting of this account");
            }
        }
        // Other connections are opened, or some are ended, and what was bound to those goes elsewhere.
        if settings.connections < before {
            *self.ledger.lost.entry((at, role)).or_default() += 1;
        }
        let profile = match role {
            Role::Sp => &mut line.sp_profile,
            Role::Party => &mut line.party_profile,
        };
        profile.addresses.reverse();
        profile.settings = Arc::new(settings.clone());
        let change = AccountChange {
            settings: profile.settings.clone(),
            user: profile.user.clone(),
            secret: profile.secret.clone(),
            addresses: profile.addresses.clone(),
        };
        line.history[role as usize].push((now.mono_ns, settings.clone()));
        match role {
            Role::Sp => {
                line.settings = settings;
                line.sp.change(now, change);
            }
            Role::Party => line.party.change(now, change),
        }
        self.tally.saw(Kind::Changed);
        self.say(|| format!("line {at}: settings of {role:?} change"));
        // What is due under the new settings is due now.
        self.time_out();
    }

    /// An account of an SP is removed; it comes back when it has closed.
    pub(crate) fn leave(&mut self, at: usize) {
        let patience = self.extra.one(&[0, SECOND, 5 * SECOND]);
        let (now, line) = (self.now, &mut self.lines[at]);
        if line.closing.is_some() || line.sends_left == 0 {
            return;
        }
        line.returns = true;
        line.closing = Some(now.mono_ns + patience);
        line.sp.close(now, now.mono_ns + patience);
        self.tally.saw(Kind::AccountRemoved);
        self.say(|| format!("line {at} is removed"));
    }

    /// Accounts that were removed and have closed are added again.
    pub(crate) fn accounts_that_left(&mut self) {
        for at in 0..self.lines.len() {
            if !self.lines[at].returns || !self.lines[at].sp.is_closed() {
                continue;
            }
            // All it had to tell is told, and everything it had is decided.
            self.events(at);
            self.check_account(at, Role::Sp);
            self.questions_have_answers(at);
            let its = |seat: &Seat| matches!(seat, Seat::Account(line, Role::Sp, _) if *line == at);
            let open = self.pipes.iter().filter(|(_, pipe)| pipe.seats.iter().any(its));
            for pipe in open.map(|(pipe, _)| *pipe).collect::<Vec<_>>() {
                self.drop_pipe(pipe, "the account is gone");
            }
            // Nobody knows what it sent any more.
            self.ledger.ids.retain(|(line, _), _| *line != at);
            let counters = self.lines[at].sp.core.counters;
            self.count(Role::Sp, &counters);
            let line = &mut self.lines[at];
            (line.sp, line.room) = Line::fresh_sp(&line.sp_profile);
            line.epochs[0] += 1;
            (line.returns, line.closing, line.closed_at) = (false, None, None);
            line.is_closed[Role::Sp as usize] = false;
            line.sp.start(self.now);
            self.say(|| format!("line {at} is added"));
            self.plan(SECOND, Plan::Deliver(at));
        }
    }

    /// A gateway ends every connection of an account.
    pub(crate) fn hang_up_all(&mut self, at: usize) {
        let patience = self.extra.one(&[0, SECOND, 5 * SECOND]);
        let now = self.now;
        if self.carriers[self.lines[at].carrier].closing {
            return;
        }
        *self.ledger.lost.entry((at, Role::Party)).or_default() += 1;
        self.tally.saw(Kind::HungUp);
        self.say(|| format!("gateway {at} hangs up"));
        self.lines[at].party.hang_up(now, now.mono_ns + patience);
    }
}
