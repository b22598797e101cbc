//! The functions that an application gives for a gateway's events and logins.

use super::asked::{sanwang_cancel_event_t, sanwang_query_event_t};
use super::login::sanwang_login_t;
use super::submitted::sanwang_submit_event_t;
use crate::asking::sanwang_day_counts_t;
use crate::boundary::Grows;
use crate::error::Failure;
use crate::handlers::{polled, tell};
use crate::notice::{sanwang_account_state_t, sanwang_log_t, sanwang_trouble_t};
use crate::outcome::sanwang_outcome_t;
use crate::user::User;
use crate::view::terminated;
use sanwang_core::message::{CancelRequest, DayCounts, QueryRequest, SubmitRequest};
use sanwang_core::wire::Protocol;
use sanwang_core::{Access, Answer, Event, EventKinds, LoginQuestion};
use std::ffi::{CStr, c_char, c_void};

/// What on_submit returns to accept a submit.
pub const SANWANG_ACCEPT: u32 = 0;

/// What on_submit returns to leave the answer for sanwang_gateway_answer.
pub const SANWANG_LATER: u32 = 4_294_967_295;

/// What look_up returns to refuse a login now that is not a wrong one: the account is blocked, or where the secrets are
/// cannot be asked.
pub const SANWANG_NOT_NOW: i32 = -1;

/// Octets that a look-up may write, with the NUL at the end.
const SECRET_OCTETS: usize = 256;

/// Handlers of a gateway's events, or the kinds of events to poll; all zero for neither. A kind without a handler
/// is not made; submits are refused as busy then. Without on_log, warnings go to stderr.
///
/// Handlers run on threads of the library: those of one account one at a time and in order, those of several
/// accounts at once. A handler may call everything but wait, close and free on the gateway, and must return: it may
/// not jump out (longjmp, a C++ exception). The object it is given is valid until it returns.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct sanwang_gateway_handlers_t {
    /// A message towards a phone came. What this returns is the answer: SANWANG_ACCEPT, a result code of the carrier
    /// to refuse it with, or SANWANG_LATER.
    pub on_submit:
        Option<unsafe extern "C" fn(submit: *const sanwang_submit_event_t, user: *mut c_void) -> u32>,
    /// A push ended: SANWANG_STATUS_ACKED, or why not.
    pub on_outcome: Option<unsafe extern "C" fn(outcome: *const sanwang_outcome_t, user: *mut c_void)>,
    /// An account's connections changed.
    pub on_state: Option<unsafe extern "C" fn(state: *const sanwang_account_state_t, user: *mut c_void)>,
    /// Input came that could not be used.
    pub on_trouble: Option<unsafe extern "C" fn(trouble: *const sanwang_trouble_t, user: *mut c_void)>,
    /// A line for the log.
    pub on_log: Option<unsafe extern "C" fn(log: *const sanwang_log_t, user: *mut c_void)>,
    /// Somebody wants to log in who is not among the accounts that the gateway was opened with. Writes the secret of
    /// `name`, with a NUL at its end, to `secret`, which has room for `secret_size` octets, and returns 1. Returns 0 when
    /// there is no such account: its address has to wait after the fourth, as after wrong secrets (wrong_login_delay).
    /// Returns SANWANG_NOT_NOW when the account is not let in now: the SP sees the status of a wrong secret, and it does
    /// not count as one; any other value is taken like that. `protocol` is `cmpp`, `sgip` or `smgp`. It must not block:
    /// other connections wait meanwhile. It goes with polling, too.
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
    /// Called exactly once with `user`, after the last handler: by sanwang_gateway_free, or by the handler that
    /// still ran then; or by an open that failed.
    pub user_free: Option<unsafe extern "C" fn(user: *mut c_void)>,
    /// Kinds of events (sanwang_event_kind_t, added up) that sanwang_gateway_poll takes; there are no handlers
    /// then, but look_up and look_up_later.
    pub poll_kinds: u64,
    /// An SP asks for the counts of a day. Fills `counts`, which are all zero, and returns 1; or returns 0 to leave the
    /// answer for sanwang_gateway_answer_query. Without it such requests are skipped.
    pub on_query: Option<
        unsafe extern "C" fn(
            query: *const sanwang_query_event_t,
            counts: *mut sanwang_day_counts_t,
            user: *mut c_void,
        ) -> i32,
    >,
    /// An SP asks to take a message back. Returns SANWANG_ACCEPT when it is done, 1 when it is not, or SANWANG_LATER.
    /// Without it such requests are refused.
    pub on_cancel:
        Option<unsafe extern "C" fn(cancel: *const sanwang_cancel_event_t, user: *mut c_void) -> u32>,
    /// As look_up, for a secret that is looked up elsewhere, in a database for example: takes `login`, returns at once,
    /// and sanwang_login_answer or sanwang_login_refuse follows from any thread. Only that login waits meanwhile, at most
    /// login_timeout. Where it is given, look_up is not asked.
    pub look_up_later: Option<unsafe extern "C" fn(login: *mut sanwang_login_t, user: *mut c_void)>,
    /// Settings of single accounts, on top of those of their listener, such as `connections`, `bind_from` or `rate`:
    /// name, key, value and so on, with NULL at the end; NULL: none. Copied by open.
    pub account_settings: *const *const c_char,
}

// SAFETY: pointers, function pointers and an integer of eight octets.
unsafe impl Grows for sanwang_gateway_handlers_t {}

type LookUp = unsafe extern "C" fn(
    protocol: *const c_char,
    name: *const c_char,
    secret: *mut c_char,
    secret_size: usize,
    user: *mut c_void,
) -> i32;

/// Asks the application for a secret.
pub(crate) fn look_up(look_up: Option<LookUp>, user: &User, protocol: Protocol, name: &str) -> Access {
    let Some(look_up) = look_up else { return Access::Unknown };
    let (protocol, name) = (terminated(protocol.name().to_owned()), terminated(name.to_owned()));
    let mut secret = [0u8; SECRET_OCTETS];
    let known = user.with(|user| {
        let room = secret.as_mut_ptr().cast::<c_char>();
        // SAFETY: the texts and the room live until it has returned; it is the application's function of this type.
        unsafe { look_up(protocol.as_ptr(), name.as_ptr(), room, SECRET_OCTETS, user) }
    });
    match (known, CStr::from_bytes_until_nul(&secret)) {
        (None | Some(0), _) => Access::Unknown,
        (Some(1), Ok(secret)) => Access::Secret(secret.to_bytes().to_vec()),
        // Without a NUL it was cut off.
        (Some(1), Err(_)) => Access::Unknown,
        // Nothing was promised about the secret: an empty one would let in who knows none.
        (Some(_), _) => Access::Refused,
    }
}

/// The handlers while their gateway is open.
#[derive(Debug)]
pub(crate) struct GatewayHandlers {
    given: sanwang_gateway_handlers_t,
    user: User,
}

// SAFETY: `given` is only read, and its `user` is used through `User`.
unsafe impl Send for GatewayHandlers {}
// SAFETY: as above.
unsafe impl Sync for GatewayHandlers {}

impl GatewayHandlers {
    pub(crate) fn new(given: sanwang_gateway_handlers_t) -> Self {
        GatewayHandlers { given, user: User::new(given.user, given.user_free) }
    }

    /// The kinds that have a handler, without submits.
    pub(crate) fn kinds(&self) -> EventKinds {
        let on = &self.given;
        let kinds = [
            (on.on_outcome.is_some(), EventKinds::OUTCOME),
            (on.on_state.is_some(), EventKinds::ACCOUNT_STATE),
            (on.on_trouble.is_some(), EventKinds::TROUBLE),
            (on.on_log.is_some(), EventKinds::LOG),
        ];
        kinds.into_iter().filter(|(is_there, _)| *is_there).fold(EventKinds::default(), |all, (_, k)| all | k)
    }

    pub(crate) fn takes_submits(&self) -> bool {
        self.given.on_submit.is_some()
    }

    pub(crate) fn takes_queries(&self) -> bool {
        self.given.on_query.is_some()
    }

    pub(crate) fn takes_cancels(&self) -> bool {
        self.given.on_cancel.is_some()
    }

    pub(crate) fn looks_up(&self) -> bool {
        self.given.look_up.is_some()
    }

    pub(crate) fn looks_up_later(&self) -> bool {
        self.given.look_up_later.is_some()
    }

    /// Account, key and value of the settings of single accounts. Called by open only: the texts are the caller's.
    pub(crate) fn account_settings(&self) -> Result<Vec<(&str, &str, &str)>, Failure> {
        let account_settings = self.given.account_settings;
        let all = texts!(account_settings);
        let (threes, rest) = all.as_chunks::<3>();
        if !rest.is_empty() {
            return Err(Failure::argument(
                "account_settings is cut off: write name, key, value, and NULL at the end",
            ));
        }
        Ok(threes.iter().map(|[name, key, value]| (*name, *key, *value)).collect())
    }

    /// Hands a login to the application, which answers it. After the end nobody is let in.
    pub(crate) fn ask(&self, question: LoginQuestion) {
        let Some(look_up_later) = self.given.look_up_later else { return };
        let login = Box::into_raw(Box::new(sanwang_login_t::new(question)));
        // SAFETY: it is the application's function of this type, and the login is its own from here on.
        let told = self.user.with(|user| unsafe { look_up_later(login, user) });
        if told.is_none() {
            // SAFETY: it came out of the Box above, and nobody was told of it.
            drop(unsafe { Box::from_raw(login) });
        }
    }

    /// The kinds to poll, if any.
    pub(crate) fn polled(&self) -> Result<Option<EventKinds>, Failure> {
        let asked = self.takes_submits() || self.takes_queries() || self.takes_cancels();
        let may = EventKinds::ALL | EventKinds::QUERY | EventKinds::CANCEL;
        polled(self.given.poll_kinds, may, asked || self.kinds() != EventKinds::default())
    }

    /// Runs the handler of a submit and gives its answer. What comes after the end is not answered, so that the SP
    /// sends it again.
    pub(crate) fn submit(&self, submit: &SubmitRequest) -> Answer {
        let on = &self.given;
        let said = self.user.with(|user| tell!(on.on_submit, sanwang_submit_event_t(submit), user));
        match said.flatten() {
            Some(SANWANG_ACCEPT) => Answer::Accept,
            Some(SANWANG_LATER) | None => Answer::Later,
            Some(code) => Answer::Reject(code),
        }
    }

    /// Runs the handler of a request for counts. `None`: later.
    pub(crate) fn query(&self, query: &QueryRequest) -> Option<DayCounts> {
        let on_query = self.given.on_query?;
        let mut counts = sanwang_day_counts_t::from(DayCounts::default());
        let said = self.user.with(|user| {
            // SAFETY: the object and the counts live on this stack until the handler has returned, and the event
            // longer; it is the application's function of this type.
            unsafe {
                let object = sanwang_query_event_t::new(crate::view::Held::borrow(query));
                on_query(&raw const object, &raw mut counts, user)
            }
        });
        said.filter(|said| *said != 0).map(|_| counts.into())
    }

    /// Runs the handler of a request to take a message back. `None`: later.
    pub(crate) fn cancel(&self, cancel: &CancelRequest) -> Option<bool> {
        let on = &self.given;
        let said = self.user.with(|user| tell!(on.on_cancel, sanwang_cancel_event_t(cancel), user));
        said.flatten().filter(|said| *said != SANWANG_LATER).map(|said| said == SANWANG_ACCEPT)
    }

    /// Runs the handler of another event.
    pub(crate) fn handle(&self, event: &Event) {
        let on = &self.given;
        self.user.with(|user| match event {
            Event::Outcome(e) => tell!(on.on_outcome, sanwang_outcome_t(e), user),
            Event::AccountState(e) => tell!(on.on_state, sanwang_account_state_t(e), user),
            Event::Trouble(e) => tell!(on.on_trouble, sanwang_trouble_t(e), user),
            Event::Log(e) => tell!(on.on_log, sanwang_log_t(e), user),
            // A gateway makes no others.
            _ => None,
        });
    }

    /// Asks for the secret of an account.
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

    fn empty() -> sanwang_gateway_handlers_t {
        // SAFETY: the promise of `Grows`.
        unsafe { std::mem::zeroed() }
    }

    unsafe extern "C" fn look_up(
        protocol: *const c_char,
        name: *const c_char,
        secret: *mut c_char,
        secret_size: usize,
        _: *mut c_void,
    ) -> i32 {
        // SAFETY: as the type says.
        unsafe {
            assert_eq!(CStr::from_ptr(protocol), c"smgp");
            match CStr::from_ptr(name).to_bytes() {
                b"known" => std::ptr::copy_nonoverlapping(c"secret".as_ptr(), secret, 7),
                b"no end" => secret.cast::<u8>().write_bytes(b'x', secret_size),
                b"blocked" => return SANWANG_NOT_NOW,
                b"neither" => return 2,
                _ => return 0,
            }
        }
        1
    }

    #[test]
    fn secrets_are_looked_up_until_the_end() {
        let handlers = GatewayHandlers::new(sanwang_gateway_handlers_t { look_up: Some(look_up), ..empty() });
        let ask = |name| handlers.access(Protocol::Smgp, name);
        assert!(matches!(ask("known"), Access::Secret(secret) if secret == b"secret"));
        assert!(matches!(ask("no end"), Access::Unknown));
        assert!(matches!(ask("other"), Access::Unknown));
        assert!(matches!(ask("blocked"), Access::Refused));
        assert!(matches!(ask("neither"), Access::Refused), "not an empty secret");
        handlers.end();
        assert!(matches!(ask("known"), Access::Unknown));
        assert!(matches!(GatewayHandlers::new(empty()).access(Protocol::Smgp, "known"), Access::Unknown));
    }

    #[test]
    #[cfg(target_pointer_width = "64")]
    fn it_has_no_padding() {
        assert_eq!(size_of::<sanwang_gateway_handlers_t>(), 13 * 8);
    }
}
