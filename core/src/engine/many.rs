//! Many messages at once: they go to their accounts together.

use super::accounts::Table;
use super::cell::{Cell, Command};
use super::changing::Held;
use super::client::{Client, Inner, LONGEST};
use crate::client::{SendError, Sp};
use crate::message::{Lend, SubmitRef, Ticket};
use std::sync::Arc;
use std::time::{Duration, Instant};

impl Client {
    /// Accepts many messages, waiting for room as long as it takes: each gives its ticket or why it was not accepted,
    /// in their order. They go to their accounts together, with one lock and one wake-up each, which is faster than
    /// sending them one by one.
    pub fn send_many(&self, submits: impl IntoIterator<Item = impl Lend>) -> Vec<Result<Ticket, SendError>> {
        self.send_many_within(submits, Duration::MAX)
    }

    /// As [`Client::send_many`], waiting up to `timeout` in all. Those that find no room then are QUEUE_FULL.
    pub fn send_many_within(
        &self,
        submits: impl IntoIterator<Item = impl Lend>,
        timeout: Duration,
    ) -> Vec<Result<Ticket, SendError>> {
        let inner = &*self.inner;
        let mut batch = Batch::new(inner, timeout);
        submits.into_iter().map(|submit| submit.lend(|submit| batch.add(submit))).collect()
    }

    /// As [`Client::send_many_within`], up to the first message that is not accepted: the tickets of those before it,
    /// and why.
    ///
    /// # Errors
    /// The tickets and the error.
    pub fn send_until_refused(
        &self,
        submits: impl IntoIterator<Item = impl Lend>,
        timeout: Duration,
    ) -> Result<Vec<Ticket>, (Vec<Ticket>, SendError)> {
        let mut batch = Batch::new(&self.inner, timeout);
        let mut tickets = Vec::new();
        for submit in submits {
            match submit.lend(|submit| batch.add(submit)) {
                Ok(ticket) => tickets.push(ticket),
                Err(error) => return Err((tickets, error)),
            }
        }
        Ok(tickets)
    }
}

/// What one account gets of a batch.
type Share = (Arc<Cell<Sp>>, Vec<Command<Sp>>);

/// Accepted messages on their way to their accounts. They go there when it is dropped, too.
struct Batch<'a> {
    inner: &'a Inner,
    table: Held<'a, Table>,
    by_cell: Vec<Share>,
    timeout: Duration,
    /// When waiting ends; set by the first that has to wait.
    end: Option<Instant>,
}

impl<'a> Batch<'a> {
    fn new(inner: &'a Inner, timeout: Duration) -> Self {
        Batch {
            inner,
            table: inner.table.get(),
            by_cell: Vec::new(),
            timeout: timeout.min(LONGEST),
            end: None,
        }
    }

    fn add(&mut self, submit: SubmitRef<'_>) -> Result<Ticket, SendError> {
        let inner = self.inner;
        inner.check()?;
        let (port, mut order, valid_for_ns) = inner.order(&self.table, submit)?;
        let size = (order.segments.len(), order.octets());
        let caller = inner.reactor.caller();
        if inner.reserve(caller, port, 1, size, Duration::ZERO).is_err() {
            // What is accepted goes first: it is what makes room.
            hand_over(inner, &mut self.by_cell);
            let end = *self.end.get_or_insert_with(|| Instant::now() + self.timeout);
            inner.reserve(caller, port, 1, size, end.saturating_duration_since(Instant::now()))?;
        }
        let ticket = inner.accept(caller.now(&inner.reactor), &mut order, valid_for_ns);
        match self.by_cell.iter_mut().find(|(cell, _)| Arc::ptr_eq(cell, &port.cell)) {
            Some((_, orders)) => orders.push(Command::Send(order)),
            None => self.by_cell.push((port.cell.clone(), vec![Command::Send(order)])),
        }
        Ok(ticket)
    }
}

fn hand_over(inner: &Inner, orders: &mut Vec<Share>) {
    for (cell, orders) in orders.drain(..) {
        cell.tell_all(&inner.reactor, orders);
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        hand_over(self.inner, &mut self.by_cell);
    }
}
