//! The functions that an application gives for a link's events and logins.

use super::told::{sanwang_link_reply_t, sanwang_link_request_t};
use crate::boundary::Grows;
use crate::error::Failure;
use crate::gateway::handlers::{SANWANG_LATER, look_up};
use crate::handlers::{polled, tell};
use crate::notice::{sanwang_account_state_t, sanwang_log_t, sanwang_trouble_t};
use crate::user::User;
use sanwang_core::wire::Protocol;
use sanwang_core::{Access, Event, EventKinds, Link, LinkAnswer, LinkRequest};
use std::ffi::{c_char, c_void};
use std::sync::{Arc, OnceLock, Weak};

/// What on_request returns to refuse, in the protocol's words, what was not answered.
pub const SANWANG_LINK_REFUSE: u32 = 0;

/// What on_request returns to refuse it as busy: the peer may ask again.
pub const SANWANG_LINK_BUSY: u32 = 1;

/// Handlers of a link's events, or the kinds of events to poll; all zero for neither. A kind without a handler is not
/// made; requests are refused then. Without on_log, warnings go to stderr.
///
/// Handlers run on threads of the library: those of one peer one at a time and in order, those of several peers at
/// once. A handler may call everything but sanwang_link_request, wait_online, close and free on the link, and must
/// return: it may not jump out (longjmp, a C++ exception). The object it is given is valid until it returns.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct sanwang_link_handlers_t {
    /// A peer asks for something. Answers with sanwang_link_request_answer and returns SANWANG_LINK_REFUSE (0), which
    /// then has nothing to refuse; or returns SANWANG_LINK_BUSY, or SANWANG_LATER to leave the answer for
    /// sanwang_link_answer.
    pub on_request:
        Option<unsafe extern "C" fn(request: *const sanwang_link_request_t, user: *mut c_void) -> u32>,
    /// A request of sanwang_link_ask ended.
    pub on_reply: Option<unsafe extern "C" fn(reply: *const sanwang_link_reply_t, user: *mut c_void)>,
    /// A peer's connections changed.
    pub on_state: Option<unsafe extern "C" fn(state: *const sanwang_account_state_t, user: *mut c_void)>,
    /// Input came that could not be used.
    pub on_trouble: Option<unsafe extern "C" fn(trouble: *const sanwang_trouble_t, user: *mut c_void)>,
    /// A line for the log.
    pub on_log: Option<unsafe extern "C" fn(log: *const sanwang_log_t, user: *mut c_void)>,
    /// A peer wants to log in who is not among those that the link was opened with: as look_up of a gateway.
    pub look_up: Option<
        unsafe extern "C" fn(
            protocol: *const c_char,
            name: *const c_char,
            secret: *mut c_char,
            secret_size: usize,
            user: *mut c_void,
        ) -> i32,
    >,
    /// Given to every handler.
    pub user: *mut c_void,
    /// Called exactly once with `user`, after the last handler: by sanwang_link_free, or by the handler that still ran
    /// then; or by an open that failed.
    pub user_free: Option<unsafe extern "C" fn(user: *mut c_void)>,
    /// Kinds of events (sanwang_event_kind_t, added up) that sanwang_link_poll takes; there are no handlers then, but
    /// look_up.
    pub poll_kinds: u64,
}

// SAFETY: pointers, function pointers and an integer of eight octets.
unsafe impl Grows for sanwang_link_handlers_t {}

/// The handlers while their link is open.
#[derive(Debug)]
pub(crate) struct LinkHandlers {
    given: sanwang_link_handlers_t,
    user: User,
    /// What replies are told by: the protocol and version spoken.
    link: OnceLock<Weak<Link>>,
}

// SAFETY: `given` is only read, and its `user` is used through `User`.
unsafe impl Send for LinkHandlers {}
// SAFETY: as above.
unsafe impl Sync for LinkHandlers {}

impl LinkHandlers {
    pub(crate) fn new(given: sanwang_link_handlers_t) -> Self {
        LinkHandlers { given, user: User::new(given.user, given.user_free), link: OnceLock::new() }
    }

    /// The link is open. Replies come only to requests that were made with it.
    pub(crate) fn opened(&self, link: &Arc<Link>) {
        let _ = self.link.set(Arc::downgrade(link));
    }

    /// The kinds that have a handler, without requests.
    pub(crate) fn kinds(&self) -> EventKinds {
        let on = &self.given;
        let kinds = [
            (on.on_reply.is_some(), EventKinds::LINK_REPLY),
            (on.on_state.is_some(), EventKinds::ACCOUNT_STATE),
            (on.on_trouble.is_some(), EventKinds::TROUBLE),
            (on.on_log.is_some(), EventKinds::LOG),
        ];
        kinds.into_iter().filter(|(is_there, _)| *is_there).fold(EventKinds::default(), |all, (_, k)| all | k)
    }

    pub(crate) fn takes_requests(&self) -> bool {
        self.given.on_request.is_some()
    }

    pub(crate) fn looks_up(&self) -> bool {
        self.given.look_up.is_some()
    }

    /// The kinds to poll, if any.
    pub(crate) fn polled(&self) -> Result<Option<EventKinds>, Failure> {
        let may = EventKinds::ALL | EventKinds::LINK_REQUEST | EventKinds::LINK_REPLY;
        let handles = self.takes_requests() || self.kinds() != EventKinds::default();
        polled(self.given.poll_kinds, may, handles)
    }

    /// Runs the handler of a request.
    pub(crate) fn request(&self, link: &Link, request: &LinkRequest) -> LinkAnswer {
        let Some(on_request) = self.given.on_request else { return LinkAnswer::Refuse };
        let said = self.user.with(|user| {
            // SAFETY: the object lives on this stack until the handler has returned, the event and the link longer;
            // it is the application's function of this type.
            unsafe {
                let object = sanwang_link_request_t::borrowed(link, request);
                on_request(&raw const object, user)
            }
        });
        match said {
            Some(SANWANG_LATER) => LinkAnswer::Later,
            Some(SANWANG_LINK_BUSY) | None => LinkAnswer::Busy,
            Some(_) => LinkAnswer::Refuse,
        }
    }

    /// Runs the handler of another event.
    pub(crate) fn handle(&self, event: &Event) {
        let on = &self.given;
        self.user.with(|user| match event {
            Event::LinkReply(e) => {
                let link = self.link.get().and_then(Weak::upgrade);
                let speaks = link.and_then(|link| link.speaks(&e.account));
                on.on_reply.map(|on_reply| {
                    let object =
                        sanwang_link_reply_t::new(&e.account, e.ticket, e.user_data, &e.answer, speaks);
                    // SAFETY: the object lives on this stack until the handler has returned; it is the application's
                    // function of this type.
                    unsafe { on_reply(&raw const object, user) }
                })
            }
            Event::AccountState(e) => tell!(on.on_state, sanwang_account_state_t(e), user),
            Event::Trouble(e) => tell!(on.on_trouble, sanwang_trouble_t(e), user),
            Event::Log(e) => tell!(on.on_log, sanwang_log_t(e), user),
            // A link makes no others.
            _ => None,
        });
    }

    /// Asks for the secret of a peer.
    pub(crate) fn access(&self, protocol: Protocol, name: &str) -> Access {
        look_up(self.given.look_up, &self.user, protocol, name)
    }

    /// Lets no more handlers start. `user` is freed by the last one that runs, or at once.
    pub(crate) fn end(&self) {
        self.user.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_pointer_width = "64")]
    fn it_has_no_padding() {
        assert_eq!(size_of::<sanwang_link_handlers_t>(), 9 * 8);
    }
}
