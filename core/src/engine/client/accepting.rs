//! How a message is accepted: checked, routed, encoded, given room and a ticket, all on the caller's thread.

use super::{Inner, LONGEST};
use crate::account::tickets::Order;
use crate::client::{SendError, prepare};
use crate::engine::accounts::{Port, Table};
use crate::engine::reactor::Caller;
use crate::message::{SubmitRef, Ticket};
use crate::text::number;
use crate::time::Now;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

impl Inner {
    /// Checks, routes and encodes a message: its account, what is handed to it, and how long it may wait (ns).
    pub(in crate::engine) fn order<'t>(
        &self,
        table: &'t Table,
        submit: SubmitRef<'_>,
    ) -> Result<(&'t Port, Order, u64), SendError> {
        let normalised;
        let receiver = if number::is_plain_mobile(submit.receiver) {
            submit.receiver
        } else {
            normalised =
                number::normalise(submit.receiver).map_err(|e| SendError::BadReceiver(e.to_string()))?;
            normalised.national()
        };
        let (_, port) = table.port_for(&self.reactor, submit.account, receiver)?;
        let prepared = prepare(&port.target(), &submit, receiver)?;
        let order = Order {
            ticket: Ticket::default(),
            reference: submit.reference,
            user_data: submit.user_data,
            receiver: prepared.receiver,
            report: prepared.report,
            segments: prepared.segments,
            valid_until: None,
            accepted_at: 0,
        };
        Ok((port, order, prepared.valid_for_ns))
    }

    /// Gives an order that has room its ticket and its times.
    pub(in crate::engine) fn accept(&self, now: Now, order: &mut Order, valid_for_ns: u64) -> Ticket {
        order.accepted_at = now.unix_ms;
        order.ticket = self.tickets.next(now.unix_ms);
        if valid_for_ns > 0 {
            order.valid_until = Some(now.mono_ns.saturating_add(valid_for_ns));
        }
        self.hub.opened();
        order.ticket
    }

    /// Fails when the client is closing, or this is a child of its process.
    pub(in crate::engine) fn check(&self) -> Result<(), SendError> {
        if self.closing.load(Ordering::SeqCst) {
            return Err(SendError::Closed);
        }
        if self.reactor.is_forked() {
            return Err(SendError::Forked);
        }
        Ok(())
    }

    /// Reserves room, waiting for it up to `timeout`.
    pub(in crate::engine) fn reserve(
        &self,
        caller: Caller,
        port: &Port,
        tickets: usize,
        (segments, octets): (usize, usize),
        timeout: Duration,
    ) -> Result<(), SendError> {
        // In a handler the backlog is what is being worked off.
        let fits = || {
            (caller.in_handler || !port.room.backlog_is_full(0))
                && port.room.reserve_for(tickets, segments, octets)
        };
        if fits() {
            return Ok(());
        }
        let full = || SendError::QueueFull(port.name.to_string());
        if timeout.is_zero() || caller.in_handler {
            return Err(full());
        }
        let end = Instant::now() + timeout.min(LONGEST);
        // Room appears as fast as the wire takes segments, so looking every little while is soon enough and
        // keeps the fast path free of announcements.
        let mut pause = Duration::from_micros(50);
        loop {
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(5));
            self.check()?;
            if fits() {
                return Ok(());
            }
            if Instant::now() >= end {
                return Err(full());
            }
        }
    }
}
