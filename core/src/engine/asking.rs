//! Queries and cancellations of an SP.

use super::accounts::Port;
use super::cell::Command;
use super::client::Client;
use crate::account::{Account, AskError, Cancelable, Question, Reply};
use crate::client::{SendError, Sp};
use crate::message::{Cancellation, DayCounts, Query, Ticket};
use crate::time::Now;
use crate::wire::MsgId;
use bytes::BytesMut;
use std::sync::mpsc;
use std::time::{Duration, Instant};

impl Client {
    /// Asks the carrier what it counted for an account on one day, waiting up to `timeout`: CMPP and SMGP. Many
    /// gateways do not answer it.
    ///
    /// # Errors
    /// UNSUPPORTED for SGIP, which has no such request; why there is no answer.
    pub fn query(&self, account: &str, query: &Query, timeout: Duration) -> Result<DayCounts, AskError> {
        let port = self.asked(account)?;
        let mut frame = BytesMut::new();
        if !port.dialect.query(query, &mut frame) {
            return Err(unsupported(&port, "query"));
        }
        match self.ask(&port, frame, timeout)? {
            Reply::Counts(counts) => Ok(counts),
            Reply::Result(_) => Err(AskError::NoAnswer("the gateway gave another answer".to_owned())),
        }
    }

    /// Takes a message back: what has not been sent is not sent, whatever the protocol, and the ticket ends as
    /// CANCELED. Segments that the gateway has accepted are cancelled there, waiting up to `timeout` for its answers;
    /// the ticket's outcome then follows its report.
    ///
    /// # Errors
    /// UNSUPPORTED where something was sent and the protocol cannot cancel (SGIP, SMGP); IN_FLIGHT while an answer is
    /// open; NOT_FOUND for a ticket that has its outcome; why there is no answer.
    pub fn cancel(&self, ticket: Ticket, timeout: Duration) -> Result<Cancellation, AskError> {
        self.may_wait()?;
        let end = Instant::now() + timeout.min(Duration::from_secs(86_400));
        let mut last = AskError::NotFound(format!("ticket {ticket} is not open"));
        let table = self.inner.table.get();
        for port in &table.ports {
            let (tell, told) = mpsc::channel();
            let cancel = move |account: &mut Account<Sp>, now: Now| {
                // Who asked may have stopped waiting.
                let _ = tell.send(account.cancel(now, ticket));
            };
            port.cell.tell(&self.inner.reactor, Command::Call(Box::new(cancel)));
            match told.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(Ok(Cancelable::Canceled)) => return Ok(Cancellation::NotSent),
                Ok(Ok(Cancelable::Ids(ids))) => return self.cancel_ids(port, &ids, end),
                Ok(Err(error @ AskError::NotFound(_))) => last = error,
                Ok(Err(error)) => return Err(error),
                Err(_) => return Err(AskError::NoAnswer("the account is busy".to_owned())),
            }
        }
        Err(last)
    }

    /// Takes a segment back by the id that the gateway gave it: CMPP.
    ///
    /// # Errors
    /// UNSUPPORTED for the other protocols; why there is no answer.
    pub fn cancel_id(&self, account: &str, id: MsgId, timeout: Duration) -> Result<Cancellation, AskError> {
        let port = self.asked(account)?;
        self.cancel_ids(&port, &[id], Instant::now() + timeout.min(Duration::from_secs(86_400)))
    }

    fn cancel_ids(&self, port: &Port, ids: &[MsgId], end: Instant) -> Result<Cancellation, AskError> {
        let mut all = true;
        for id in ids {
            let mut frame = BytesMut::new();
            if !port.dialect.cancel(*id, &mut frame) {
                return Err(unsupported(port, "cancel"));
            }
            let reply = self.ask(port, frame, end.saturating_duration_since(Instant::now()))?;
            all &= reply == Reply::Result(0);
        }
        Ok(if all { Cancellation::Deleted } else { Cancellation::Refused })
    }

    fn may_wait(&self) -> Result<(), AskError> {
        if self.inner.reactor.in_handler() {
            return Err(AskError::WouldDeadlock);
        }
        self.inner.check().map_err(|error| match error {
            SendError::Forked => AskError::Forked,
            _ => AskError::Closed,
        })
    }

    fn asked(&self, account: &str) -> Result<Port, AskError> {
        self.may_wait()?;
        let table = self.inner.table.get();
        let port = table.by_name(account).cloned();
        port.ok_or_else(|| AskError::NotFound(format!("no account is called {account:?}")))
    }

    fn ask(&self, port: &Port, frame: BytesMut, timeout: Duration) -> Result<Reply, AskError> {
        let (reply, replied) = mpsc::channel();
        let ask = move |account: &mut Account<Sp>, now: Now| {
            account.ask(Question { frame, reply });
            account.settle(now);
        };
        port.cell.tell(&self.inner.reactor, Command::Call(Box::new(ask)));
        let late = |_| AskError::NoAnswer("none came in time".to_owned());
        replied.recv_timeout(timeout.min(Duration::from_secs(86_400))).map_err(late)?
    }
}

fn unsupported(port: &Port, what: &str) -> AskError {
    AskError::Unsupported(format!("{} has no {what}", port.dialect.protocol().name().to_uppercase()))
}
