//! A login whose secret is looked up elsewhere: the question, and the reply that may come from any thread.

use super::gateway::Access;
use super::hub::say;
use crate::wire::Protocol;
use std::fmt;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What somebody said who was asked about a login.
pub(super) type Reply = Access;

type Tell = Box<dyn FnOnce(Reply) + Send>;

/// Asks the application about a login. A panic there is its bug, as in a handler: the thread and the listener go on, and
/// the login is refused without counting as a wrong one.
pub(super) fn ask<R>(look_up: impl FnOnce() -> R, panicked: R) -> R {
    catch_unwind(AssertUnwindSafe(look_up)).unwrap_or_else(|_| {
        say(format_args!("a look-up of accounts panicked; the login is refused"));
        panicked
    })
}

/// Somebody wants to log in, and waits for [`LoginQuestion::answer`]: at most until `login_timeout`. A question that
/// is dropped is answered with [`Access::Unknown`], by a panic with [`Access::Refused`].
pub struct LoginQuestion {
    protocol: Protocol,
    name: String,
    peer: SocketAddr,
    tell: Option<Tell>,
}

impl LoginQuestion {
    pub(super) fn new(protocol: Protocol, name: String, peer: SocketAddr, tell: Tell) -> Self {
        LoginQuestion { protocol, name, peer, tell: Some(tell) }
    }

    /// The protocol of the listener.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The login name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where the connection comes from.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Lets in who knows the secret, or nobody. Never blocks; every thread may call it.
    pub fn answer(mut self, access: Access) {
        self.tell(access);
    }

    fn tell(&mut self, access: Access) {
        if let Some(tell) = self.tell.take() {
            tell(access);
        }
    }
}

impl Drop for LoginQuestion {
    fn drop(&mut self) {
        self.tell(if std::thread::panicking() { Access::Refused } else { Access::Unknown });
    }
}

impl fmt::Debug for LoginQuestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginQuestion")
            .field("protocol", &self.protocol)
            .field("name", &self.name)
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}
