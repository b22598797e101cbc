//! One message to several receivers.

use super::accounts::{Port, Table};
use super::cell::Command;
use super::client::Client;
use crate::account::tickets::{Order, Segment};
use crate::account::{Account, GroupOrder};
use crate::client::{SendError, Sp, prepare_for, receivers_at_once};
use crate::few::Few;
use crate::message::{Lend, SubmitRef, Ticket};
use crate::text::number;
use crate::time::Now;
use crate::wire::Text;
use std::time::Duration;

impl Client {
    /// Accepts a message to several receivers: one ticket each, in their order, with an outcome of its own. The
    /// receiver of `submit` is not used. Where an account's `max_receivers` is above 1, receivers of one account share
    /// submits; a submit that is refused goes again, one receiver at a time. Waits for room in the queue as
    /// [`Client::send`] does.
    ///
    /// Every receiver whose message was not accepted has its error; the others are sent all the same.
    pub fn send_to_all<R: AsRef<str>>(
        &self,
        receivers: &[R],
        submit: impl Lend,
    ) -> Vec<Result<Ticket, SendError>> {
        self.send_to_all_within(receivers, submit, Duration::MAX)
    }

    /// As [`Client::send_to_all`], waiting for room up to `timeout` for each submit.
    pub fn send_to_all_within<R: AsRef<str>>(
        &self,
        receivers: &[R],
        submit: impl Lend,
        timeout: Duration,
    ) -> Vec<Result<Ticket, SendError>> {
        submit.lend(|submit| self.send_lent_to_all(receivers, &submit, timeout))
    }

    fn send_lent_to_all<R: AsRef<str>>(
        &self,
        receivers: &[R],
        submit: &SubmitRef<'_>,
        timeout: Duration,
    ) -> Vec<Result<Ticket, SendError>> {
        // One table of accounts throughout: places are counted in it.
        let table = self.inner.table.get();
        let mut results: Vec<Result<Ticket, SendError>> = Vec::with_capacity(receivers.len());
        // For each account, who goes through it and where in `results`.
        let mut by_port: Vec<Vec<(usize, Text<32>)>> = Vec::new();
        for (at, receiver) in receivers.iter().enumerate() {
            // Replaced when it is sent.
            results.push(Err(SendError::Closed));
            match self.way_to(&table, submit, receiver.as_ref()) {
                Ok((port, number)) => {
                    if by_port.len() <= port {
                        by_port.resize_with(port + 1, Vec::new);
                    }
                    if let Some(list) = by_port.get_mut(port) {
                        list.push((at, number));
                    }
                }
                Err(error) => set(&mut results, at, Err(error)),
            }
        }
        for (port, list) in table.ports.iter().zip(&by_port) {
            let most = receivers_at_once(port.dialect.protocol(), &port.settings, submit);
            for some in list.chunks(most.max(1)) {
                self.send_some(port, submit, some, timeout, &mut results);
            }
        }
        results
    }

    fn way_to(
        &self,
        table: &Table,
        submit: &SubmitRef<'_>,
        receiver: &str,
    ) -> Result<(usize, Text<32>), SendError> {
        let inner = &*self.inner;
        inner.check()?;
        let number = number::normalise(receiver).map_err(|e| SendError::BadReceiver(e.to_string()))?;
        let (port, _) = table.port_for(&inner.reactor, submit.account, number.national())?;
        let number = Text::new(number.national());
        Ok((port, number.map_err(|_| SendError::BadReceiver("is too long".to_owned()))?))
    }

    fn send_some(
        &self,
        port: &Port,
        submit: &SubmitRef<'_>,
        some: &[(usize, Text<32>)],
        timeout: Duration,
        results: &mut [Result<Ticket, SendError>],
    ) {
        match some {
            [] => {}
            [(at, receiver)] => {
                let receiver = receiver.to_string_lossy();
                let own = SubmitRef { receiver: &receiver, account: Some(&port.name), ..submit.clone() };
                set(results, *at, self.send_within(own, timeout));
            }
            [..] => match self.send_group(port, submit, some, timeout) {
                Ok(tickets) => {
                    some.iter().zip(tickets).for_each(|((at, _), ticket)| set(results, *at, Ok(ticket)));
                }
                Err(error) => some.iter().for_each(|(at, _)| set(results, *at, Err(error.clone()))),
            },
        }
    }

    fn send_group(
        &self,
        port: &Port,
        submit: &SubmitRef<'_>,
        some: &[(usize, Text<32>)],
        timeout: Duration,
    ) -> Result<Vec<Ticket>, SendError> {
        let inner = &*self.inner;
        inner.check()?;
        let numbers: Vec<Text<32>> = some.iter().map(|(_, number)| *number).collect();
        let Some((first, more)) = numbers.split_first() else { return Ok(Vec::new()) };
        let prepared = prepare_for(&port.target(), submit, &first.to_string_lossy(), more)?;
        let member = |receiver: &Text<32>| Order {
            ticket: Ticket::default(),
            reference: submit.reference.clone(),
            user_data: submit.user_data,
            receiver: *receiver,
            report: prepared.report,
            segments: prepared.segments.iter().map(Segment::twin).collect::<Few<_>>(),
            valid_until: None,
            accepted_at: 0,
        };
        let members: Vec<Order> = numbers.iter().map(member).collect();
        let mut order = GroupOrder { members, frames: prepared.segments };
        let caller = inner.reactor.caller();
        inner.reserve(caller, port, order.members.len(), order.size(), timeout)?;
        let valid_for = prepared.valid_for_ns;
        let now = caller.now(&inner.reactor);
        let tickets = order.members.iter_mut().map(|member| inner.accept(now, member, valid_for)).collect();
        let hand_over = move |account: &mut Account<Sp>, now: Now| account.order_group(now, order);
        port.cell.tell(&inner.reactor, Command::Call(Box::new(hand_over)));
        Ok(tickets)
    }
}

fn set(results: &mut [Result<Ticket, SendError>], at: usize, result: Result<Ticket, SendError>) {
    if let Some(place) = results.get_mut(at) {
        *place = result;
    }
}
