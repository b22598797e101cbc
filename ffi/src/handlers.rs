//! The functions that an application gives for its events.

use crate::boundary::Grows;
use crate::deliver::sanwang_deliver_t;
use crate::error::Failure;
use crate::notice::{sanwang_account_state_t, sanwang_log_t, sanwang_trouble_t};
use crate::outcome::sanwang_outcome_t;
use crate::report::sanwang_report_t;
use crate::response::sanwang_response_t;
use crate::view::Held;
use sanwang_core::{Event, EventKinds};
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

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
}

// SAFETY: pointers, function pointers and an integer of eight octets.
unsafe impl Grows for sanwang_client_handlers_t {}

/// The handlers while their client is open.
#[derive(Debug)]
pub(crate) struct Handlers {
    given: sanwang_client_handlers_t,
    /// Handlers that run, times two; plus one when no more may start.
    running: AtomicUsize,
    user_is_free: AtomicBool,
}

// SAFETY: the header says that handlers run on any thread, so `user` is made for that.
unsafe impl Send for Handlers {}
// SAFETY: as above; the rest is atomic.
unsafe impl Sync for Handlers {}

const ENDED: usize = 1;
const ONE: usize = 2;

impl Handlers {
    pub(crate) fn new(given: sanwang_client_handlers_t) -> Self {
        Handlers { given, running: AtomicUsize::new(0), user_is_free: AtomicBool::new(false) }
    }

    /// The kinds that have a handler.
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

    /// The kinds to poll, if any.
    pub(crate) fn polled(&self) -> Result<Option<EventKinds>, Failure> {
        let kinds = match u32::try_from(self.given.poll_kinds) {
            Ok(0) => return Ok(None),
            Ok(kinds) if EventKinds::ALL.has(EventKinds(kinds)) => EventKinds(kinds),
            _ => {
                let text = format!("poll_kinds is {}: add up SANWANG_EVENT_...", self.given.poll_kinds);
                return Err(Failure::argument(text));
            }
        };
        if self.kinds() != EventKinds::default() {
            return Err(Failure::argument(
                "poll_kinds and handlers are both given: events go one way or the other",
            ));
        }
        Ok(Some(kinds))
    }

    /// Runs the handler of an event.
    pub(crate) fn handle(&self, event: &Event) {
        if self.running.fetch_add(ONE, SeqCst) & ENDED == 0 {
            self.call(event);
        }
        self.leave();
    }

    fn call(&self, event: &Event) {
        let (on, user) = (&self.given, self.given.user);
        macro_rules! call {
            ($handler:ident, $object:ident, $data:expr) => {
                if let Some(handler) = on.$handler {
                    // SAFETY: the object lives on this stack until the handler has returned, and `event` longer;
                    // the handler is the application's function of this type.
                    unsafe {
                        let object = $object::new(Held::borrow($data));
                        handler(&raw const object, user);
                    }
                }
            };
        }
        match event {
            Event::Outcome(outcome) => call!(on_outcome, sanwang_outcome_t, outcome),
            Event::Deliver(deliver) => call!(on_deliver, sanwang_deliver_t, deliver),
            Event::Report(report) => call!(on_report, sanwang_report_t, report),
            Event::Response(response) => call!(on_response, sanwang_response_t, response),
            Event::AccountState(state) => call!(on_state, sanwang_account_state_t, state),
            Event::Trouble(trouble) => call!(on_trouble, sanwang_trouble_t, trouble),
            Event::Log(log) => call!(on_log, sanwang_log_t, log),
            // A client makes no others.
            _ => {}
        }
    }

    fn leave(&self) {
        if self.running.fetch_sub(ONE, SeqCst) == ONE + ENDED {
            self.free_user();
        }
    }

    /// Lets no more handlers start. `user` is freed by the last one that runs, or at once.
    pub(crate) fn end(&self) {
        if self.running.fetch_or(ENDED, SeqCst) & !ENDED == 0 {
            self.free_user();
        }
    }

    fn free_user(&self) {
        if self.user_is_free.swap(true, SeqCst) {
            return;
        }
        if let Some(free) = self.given.user_free {
            // SAFETY: the application's function for its `user`; this is the only call.
            unsafe { free(self.given.user) };
        }
    }
}

impl Drop for Handlers {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sanwang_core::message::{Log, LogLevel};
    use std::mem::{size_of, zeroed};
    use std::sync::Arc;

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
        Event::Log(Log { account, time: 1, level: LogLevel::Info, area: "login", text })
    }

    #[test]
    fn user_is_freed_once_after_the_last_handler() {
        let user = User::default();
        let handlers = Arc::new(Handlers::new(given(&user)));
        assert!(user.handlers.set(handlers.clone()).is_ok());
        handlers.handle(&log());
        assert_eq!((user.logs.load(SeqCst), user.freed.load(SeqCst)), (1, 1));
        handlers.handle(&log());
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
        assert_eq!(size_of::<sanwang_client_handlers_t>(), 10 * 8);
    }
}
