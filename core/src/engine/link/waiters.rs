//! Who waits for the reply to a request: a thread, a function, or nobody.

use crate::engine::reactor::lock;
use crate::link::Replies;
use crate::message::{LinkError, LinkReply, Ticket};
use crate::wire::AnyPdu;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// What a caller does with the reply.
pub(super) type Then = Box<dyn FnOnce(Result<AnyPdu, LinkError>) + Send>;

enum Waiter {
    /// A thread waits for it.
    Thread(Option<Result<Box<AnyPdu>, LinkError>>),
    /// It is for a function, which runs where handlers run.
    Function(Then),
}

/// The waiters of a link, by ticket.
#[derive(Default)]
pub(super) struct Waiters {
    list: Mutex<HashMap<Ticket, Waiter>>,
    came: Condvar,
}

impl fmt::Debug for Waiters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiters").finish_non_exhaustive()
    }
}

impl Waiters {
    /// A thread is going to wait.
    pub(super) fn thread(&self, ticket: Ticket) {
        lock(&self.list).insert(ticket, Waiter::Thread(None));
    }

    /// A function is to be called.
    pub(super) fn function(&self, ticket: Ticket, then: Then) {
        lock(&self.list).insert(ticket, Waiter::Function(then));
    }

    /// Nobody waits any more.
    pub(super) fn forget(&self, ticket: Ticket) {
        lock(&self.list).remove(&ticket);
    }

    /// Waits for the reply at most `timeout`; the account decides every request in time, so this is a bound for
    /// the case that its threads are gone.
    pub(super) fn wait(&self, ticket: Ticket, timeout: Duration) -> Result<AnyPdu, LinkError> {
        let list = lock(&self.list);
        let waiting =
            |list: &mut HashMap<Ticket, Waiter>| matches!(list.get(&ticket), Some(Waiter::Thread(None)));
        let (mut list, _) = self
            .came
            .wait_timeout_while(list, timeout, |list| waiting(list))
            .unwrap_or_else(PoisonError::into_inner);
        match list.remove(&ticket) {
            Some(Waiter::Thread(Some(answer))) => answer.map(|pdu| *pdu),
            _ => Err(LinkError::NoAnswer),
        }
    }

    /// Calls the function that waits for a reply. False: none does.
    pub(super) fn call(&self, reply: &LinkReply) -> bool {
        let waiter = {
            let mut list = lock(&self.list);
            match list.get(&reply.ticket) {
                Some(Waiter::Function(_)) => list.remove(&reply.ticket),
                _ => None,
            }
        };
        match waiter {
            Some(Waiter::Function(then)) => {
                then(reply.answer.clone().map(|pdu| *pdu));
                true
            }
            _ => false,
        }
    }
}

impl Replies for Waiters {
    fn take(&self, reply: LinkReply) -> Option<LinkReply> {
        match lock(&self.list).get_mut(&reply.ticket) {
            Some(Waiter::Thread(place)) => *place = Some(reply.answer),
            _ => return Some(reply),
        }
        self.came.notify_all();
        None
    }
}
