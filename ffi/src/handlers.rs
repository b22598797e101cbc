//! The functions that an application gives for its events.

use crate::boundary::Grows;
use crate::deliver::sanwang_deliver_t;
use crate::error::Failure;
use crate::notice::{sanwang_account_state_t, sanwang_log_t, sanwang_trouble_t};
use crate::outcome::sanwang_outcome_t;
use crate::report::sanwang_report_t;
use crate::response::sanwang_response_t;
use crate::user::User;
use sanwang_core::message::Deliver;
use sanwang_core::{Event, EventKinds};
use std::ffi::c_void;

/// Handlers of a client's events, or the kinds of events to poll; all zero for neither. A kind without a handler
/// is not made; without on_log, warnings go to stderr.
///
/// Handlers run on threads of the library: those of one account one at a time and in order, those of several
/// accounts at once. A handler may call everything but wait, wait_online, close and free on the client, and must
/// return: it may not jump out (longjmp, a C++ exception). The object it is given is valid until it returns.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct sanwang_client_handlers_t {
    /// A ticket ended.
    pub on_outcome: Option<unsafe extern "C" fn(outcome: *const sanwang_outcome_t, user: *mut c_void)>,
    /// A message from a phone came. It is answered when the handler has returned.
    pub on_deliver: Option<unsafe extern "C" fn(deliver: *const sanwang_deliver_t, user: *mut c_void)>,
    /// A status report came. It is answered when the handler has returned.
    pub on_report: Option<unsafe extern "C" fn(report: *const sanwang_report_t, user: *mut c_void)>,
    /// The gateway answered one segment.
    pub on_response: Option<unsafe extern "C" fn(response: *const sanwang_response_t, user: *mut c_void)>,
    /// An account's connections changed.
    pub on_state: Option<unsafe extern "C" fn(state: *const sanwang_account_state_t, user: *mut c_void)>,
    /// Input came that could not be used.
    pub on_trouble: Option<unsafe extern "C" fn(trouble: *const sanwang_trouble_t, user: *mut c_void)>,
    /// A line for the log.
    pub on_log: Option<unsafe extern "C" fn(log: *const sanwang_log_t, user: *mut c_void)>,
    /// Given to every handler.
    pub user: *mut c_void,
    /// Called exactly once with `user`, after the last handler: by sanwang_client_free, or by the handler that
    /// still ran then; or by an open that failed.
    pub user_free: Option<unsafe extern "C" fn(user: *mut c_void)>,
    /// Kinds of events (sanwang_event_kind_t, added up) that sanwang_client_poll takes; there are no handlers
    /// then.
    pub poll_kinds: u64,
    /// As on_deliver, in its place: not 0 leaves the answer for sanwang_client_handled with the deliver's token. What
    /// is not handled within the account's `ack_within` is answered then, and counted.
    pub on_deliver_later:
        Option<unsafe extern "C" fn(deliver: *const sanwang_deliver_t, user: *mut c_void) -> i32>,
}

// SAFETY: pointers, function pointers and an integer of eight octets.
unsafe impl Grows for sanwang_client_handlers_t {}

/// Runs the handler of an event, if there is one, with an object that lives until it has returned.
macro_rules! tell {
    ($handler:expr, $object:ident($data:expr), $user:expr) => {
        $handler.map(|handler| {
            // SAFETY: the object lives on this stack until the handler has returned, and the event longer; the
            // handler is the application's function of this type.
            unsafe {
                let object = $object::new($crate::view::Held::borrow($data));
                handler(&raw const object, $user)
            }
        })
    };
}
pub(crate) use tell;

/// The handlers while their client is open.
#[derive(Debug)]
pub(crate) struct Handlers {
    given: sanwang_client_handlers_t,
    user: User,
}

// SAFETY: `given` is only read, and its `user` is used through `User`.
unsafe impl Send for Handlers {}
// SAFETY: as above.
unsafe impl Sync for Handlers {}

impl Handlers {
    pub(crate) fn new(given: sanwang_client_handlers_t) -> Self {
        Handlers { given, user: User::new(given.user, given.user_free) }
    }

    /// The kinds that have a handler whose return is the answer, where one is needed.
    pub(crate) fn kinds(&self) -> EventKinds {
        let on = &self.given;
        let kinds = [
            (on.on_outcome.is_some(), EventKinds::OUTCOME),
            (on.on_deliver.is_some(), EventKinds::DELIVER),
            (on.on_report.is_some(), EventKinds::REPORT),
            (on.on_response.is_some(), EventKinds::RESPONSE),
            (on.on_state.is_some(), EventKinds::ACCOUNT_STATE),
            (on.on_trouble.is_some(), EventKinds::TROUBLE),
            (on.on_log.is_some(), EventKinds::LOG),
        ];
        kinds.into_iter().filter(|(is_there, _)| *is_there).fold(EventKinds::default(), |all, (_, k)| all | k)
    }

    /// Whether deliveries have a handler that may leave the answer for later.
    pub(crate) fn defers(&self) -> bool {
        self.given.on_deliver_later.is_some()
    }

    /// The kinds to poll, if any.
    pub(crate) fn polled(&self) -> Result<Option<EventKinds>, Failure> {
        if self.defers() && self.given.on_deliver.is_some() {
            return Err(Failure::argument("on_deliver and on_deliver_later are both given: use one"));
        }
        polled(self.given.poll_kinds, EventKinds::ALL, self.defers() || self.kinds() != EventKinds::default())
    }

    /// Runs the handler of an event. True: it did not run, because the client is freed. What comes then is not
    /// answered, so that the gateway sends it again.
    pub(crate) fn handle(&self, event: &Event) -> bool {
        let on = &self.given;
        let ran = self.user.with(|user| match event {
            Event::Outcome(e) => tell!(on.on_outcome, sanwang_outcome_t(e), user),
            Event::Deliver(e) => tell!(on.on_deliver, sanwang_deliver_t(e), user),
            Event::Report(e) => tell!(on.on_report, sanwang_report_t(e), user),
            Event::Response(e) => tell!(on.on_response, sanwang_response_t(e), user),
            Event::AccountState(e) => tell!(on.on_state, sanwang_account_state_t(e), user),
            Event::Trouble(e) => tell!(on.on_trouble, sanwang_trouble_t(e), user),
            Event::Log(e) => tell!(on.on_log, sanwang_log_t(e), user),
            // A client makes no others.
            _ => None,
        });
        ran.is_none()
    }

    /// Runs the handler of a delivery that may leave the answer for later: true when it does. What comes after the
    /// end is not answered, so that the gateway sends it again.
    pub(crate) fn deliver(&self, deliver: &Deliver) -> bool {
        let on = &self.given;
        let said = self.user.with(|user| tell!(on.on_deliver_later, sanwang_deliver_t(deliver), user));
        said.flatten() != Some(0)
    }

    /// Lets no more handlers start. `user` is freed by the last one that runs, or at once.
    pub(crate) fn end(&self) {
        self.user.end();
    }
}

/// The kinds to poll, if any: some of `may`. `handles`: whether there are handlers, too.
pub(crate) fn polled(poll_kinds: u64, may: EventKinds, handles: bool) -> Result<Option<EventKinds>, Failure> {
    let kinds = match u32::try_from(poll_kinds) {
        Ok(0) => return Ok(None),
        Ok(kinds) if may.has(EventKinds(kinds)) => EventKinds(kinds),
        _ => return Err(Failure::argument(format!("poll_kinds is {poll_kinds}: add up SANWANG_EVENT_..."))),
    };
    if handles {
        let text = "poll_kinds and handlers are both given: events go one way or the other";
        return Err(Failure::argument(text));
    }
    Ok(Some(kinds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sanwang_core::message::{Log, LogLevel};
    use std::mem::{size_of, zeroed};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    #[derive(Default)]
    struct User {
        logs: AtomicUsize,
        freed: AtomicUsize,
        handlers: std::sync::OnceLock<Arc<Handlers>>,
    }

    unsafe extern "C" fn on_log(_: *const sanwang_log_t, user: *mut c_void) {
        // SAFETY: the tests give a User.
        let user = unsafe { &*user.cast::<User>() };
        user.logs.fetch_add(1, SeqCst);
        // The application frees its client while this handler runs.
        user.handlers.get().unwrap().end();
        assert_eq!(user.freed.load(SeqCst), 0, "not while a handler runs");
    }

    unsafe extern "C" fn user_free(user: *mut c_void) {
        // SAFETY: the tests give a User.
        unsafe { &*user.cast::<User>() }.freed.fetch_add(1, SeqCst);
    }

    fn given(user: &User) -> sanwang_client_handlers_t {
        sanwang_client_handlers_t {
            on_log: Some(on_log),
            user: (&raw const *user).cast_mut().cast(),
            user_free: Some(user_free),
            // SAFETY: the promise of `Grows`.
            ..unsafe { zeroed() }
        }
    }

    fn log() -> Event {
        let (account, text) = (Arc::from("a"), "text".to_owned());
        Event::Log(Box::new(Log { account, time: 1, level: LogLevel::Info, area: "login", text }))
    }

    #[test]
    fn user_is_freed_once_after_the_last_handler() {
        let user = User::default();
        let handlers = Arc::new(Handlers::new(given(&user)));
        assert!(user.handlers.set(handlers.clone()).is_ok());
        assert!(!handlers.handle(&log()));
        assert_eq!((user.logs.load(SeqCst), user.freed.load(SeqCst)), (1, 1));
        assert!(handlers.handle(&log()), "what comes after the end is not handled, and so not answered");
        handlers.end();
        assert_eq!((user.logs.load(SeqCst), user.freed.load(SeqCst)), (1, 1), "no handler starts any more");
    }

    #[test]
    fn user_is_freed_when_nothing_was_opened() {
        let user = User::default();
        drop(Handlers::new(given(&user)));
        assert_eq!(user.freed.load(SeqCst), 1);
    }

    #[test]
    fn events_go_one_way() {
        let user = User::default();
        let both = sanwang_client_handlers_t { poll_kinds: 8, ..given(&user) };
        assert!(Handlers::new(both).polled().err().unwrap().text().contains("both"));
        // SAFETY: the promise of `Grows`.
        let none = unsafe { zeroed::<sanwang_client_handlers_t>() };
        assert_eq!(Handlers::new(none).polled().ok(), Some(None));
        let all = Handlers::new(sanwang_client_handlers_t { poll_kinds: 255, ..none });
        assert_eq!(all.polled().ok(), Some(Some(EventKinds::ALL)));
        assert!(Handlers::new(sanwang_client_handlers_t { poll_kinds: 256, ..none }).polled().is_err());
    }

    #[test]
    #[cfg(target_pointer_width = "64")]
    fn it_has_no_padding() {
        assert_eq!(size_of::<sanwang_client_handlers_t>(), 11 * 8);
    }
}
