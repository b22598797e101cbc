//! The carrier's gateway: opening, waiting, looking, ending.

pub mod asked;
pub mod handlers;
pub mod login;
pub mod pushes;
pub mod submitted;

use crate::boundary::{millis, pairs, print_to};
use crate::client::{sanwang_counters_t, sanwang_left_t, unknown};
use crate::error::{Failure, sanwang_error_t, sanwang_result_t};
use crate::event::sanwang_event_t;
use crate::fork::Birth;
use crate::outcome::sanwang_outcome_t;
use crate::view::{Held, terminated};
use handlers::{GatewayHandlers, sanwang_gateway_handlers_t};
use sanwang_core::config::GatewayConfig;
use sanwang_core::settings::EngineSettings;
use sanwang_core::{EventKinds, Gateway, GatewayBuilder, Left, SendError, Ticket};
use std::collections::BTreeSet;
use std::ffi::{CString, c_char};
use std::path::Path;
use std::ptr::{null, null_mut};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

/// A gateway: SPs log in to it, it answers their submits and pushes status reports and messages from phones to them.
/// Every thread may use it, until it is freed.
#[derive(Debug)]
pub struct sanwang_gateway_t {
    gateway: Gateway,
    handlers: Arc<GatewayHandlers>,
    /// The addresses that were asked for. None is taken out: the caller may hold it.
    listeners: Mutex<BTreeSet<CString>>,
    polls: bool,
    birth: Birth,
}

impl sanwang_gateway_t {
    fn open(mut builder: GatewayBuilder, handlers: Arc<GatewayHandlers>) -> Result<Self, Failure> {
        let birth = Birth::now();
        let polled = handlers.polled()?;
        if let Some(kinds) = polled {
            builder = builder.polled(kinds);
        }
        if handlers.takes_submits() {
            let handlers = handlers.clone();
            builder = builder.on_submit(move |submit| handlers.submit(submit));
        }
        if handlers.takes_queries() {
            let handlers = handlers.clone();
            builder = builder.on_query_later(move |query| handlers.query(query));
        }
        if handlers.takes_cancels() {
            let handlers = handlers.clone();
            builder = builder.on_cancel_later(move |cancel| handlers.cancel(cancel));
        }
        let kinds = handlers.kinds();
        if kinds != EventKinds::default() {
            let handlers = handlers.clone();
            builder = builder.on_event(kinds, move |event| handlers.handle(event));
        }
        for (name, key, value) in handlers.account_settings()? {
            builder = builder.account_setting(name, key, value);
        }
        if handlers.looks_up_later() {
            let handlers = handlers.clone();
            builder = builder.accounts_later(move |question| handlers.ask(question));
        } else if handlers.looks_up() {
            let handlers = handlers.clone();
            builder = builder.accounts_by(move |protocol, name| handlers.access(protocol, name));
        }
        let gateway = builder.open()?;
        let listeners = Mutex::default();
        Ok(sanwang_gateway_t { gateway, handlers, listeners, polls: polled.is_some(), birth })
    }

    /// The address of a listener that is open now.
    fn listener(&self, index: usize) -> Option<*const c_char> {
        let at = terminated(self.alive().ok()?.listeners().get(index)?.1.to_string());
        let mut known = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.contains(&at) {
            known.insert(at.clone());
        }
        known.get(&at).map(|at| at.as_ptr())
    }

    /// The gateway, unless this is a child of the process that opened it.
    pub(crate) fn alive(&self) -> Result<&Gateway, Failure> {
        self.birth.check()?;
        Ok(&self.gateway)
    }
}

impl Drop for sanwang_gateway_t {
    fn drop(&mut self) {
        if self.birth.is_forked() {
            // The parent's threads may have held locks of the gateway: a child leaves it alone.
            std::mem::forget(self.gateway.clone());
            std::mem::forget(self.handlers.clone());
        } else {
            self.handlers.end();
        }
    }
}

/// The caller's handlers. From here on `user_free` is called, whatever happens.
unsafe fn taken(
    handlers: *const sanwang_gateway_handlers_t,
    handlers_size: usize,
) -> Result<Arc<GatewayHandlers>, Failure> {
    if handlers.is_null() {
        // SAFETY: the promise of `Grows`.
        return Ok(Arc::new(GatewayHandlers::new(unsafe { std::mem::zeroed() })));
    }
    Ok(Arc::new(GatewayHandlers::new(given!(handlers, handlers_size))))
}

fn builder(
    urls: &[&str],
    accounts: &[(&str, &str)],
    settings: &[(&str, &str)],
) -> Result<GatewayBuilder, Failure> {
    let mut builder = urls.iter().fold(Gateway::builder(), |builder, url| builder.listen(url));
    for (at, (name, secret)) in accounts.iter().enumerate() {
        if accounts.iter().take(at).any(|(other, _)| other == name) {
            let text = format!("two accounts are called {name:?}");
            return Err(Failure::new(sanwang_result_t::SANWANG_BAD_CONFIG, text));
        }
        builder = builder.account(*name, *secret);
    }
    let mut engine = EngineSettings::default();
    for (key, value) in settings {
        engine.set(key, value)?;
    }
    Ok(builder.engine(engine))
}

/// Opens a gateway: it listens when this returns. `urls` are its listeners with their settings, URLs without user
/// such as `cmpp://0.0.0.0:7890?gateway_id=1001` (port 0: a free one), with NULL at the end. `accounts` are names and
/// secrets that alternate, with NULL at the end; NULL: none, and look_up of the handlers says who may log in.
/// `settings` are keys and values of the engine, such as `threads`, alternating and with NULL at the end; NULL: the
/// defaults. docs/settings.md lists both kinds of settings. Handlers may run before this has stored the gateway in
/// `out`.
///
/// `handlers` may be NULL, with size 0: submits are refused as busy then. SANWANG_BAD_SETTING: a URL or setting is
/// wrong. SANWANG_BAD_CONFIG: two accounts of one name, or nobody could log in. SANWANG_SYSTEM: it cannot listen
/// there. Where it fails, `out` becomes NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_gateway_open(
    out: *mut *mut sanwang_gateway_t,
    urls: *const *const c_char,
    accounts: *const *const c_char,
    settings: *const *const c_char,
    handlers: *const sanwang_gateway_handlers_t,
    handlers_size: usize,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        put!(out, null_mut());
        // SAFETY: rule 3.
        let handlers = unsafe { taken(handlers, handlers_size) }?;
        need_place!(out);
        let urls = texts!(urls);
        if urls.is_empty() {
            return Err(Failure::argument("urls is empty: name a listener such as cmpp://0.0.0.0:7890"));
        }
        let accounts = texts!(accounts);
        if accounts.is_empty() && !handlers.looks_up() && !handlers.looks_up_later() {
            let text = "nobody could log in: give accounts, or look_up or look_up_later among the handlers";
            return Err(Failure::new(sanwang_result_t::SANWANG_BAD_CONFIG, text));
        }
        let accounts = pairs(&accounts, "accounts").map_err(|_| {
            // The text must not hold what may be a secret.
            Failure::argument("accounts has a name without secret: write name, secret, and NULL at the end")
        })?;
        let builder = builder(&urls, &accounts, &pairs(&texts!(settings), "settings")?)?;
        give!(out, sanwang_gateway_t::open(builder, handlers)?);
        Ok(())
    })
}

/// Opens a gateway from a file in TOML of listeners, accounts and engine settings, as examples/data/gateway.toml. A
/// relative `secret_file` starts at the folder of the file. `handlers` are those of sanwang_gateway_open; their look_up
/// is asked about names that the file does not have.
///
/// SANWANG_SYSTEM: the file or a secret cannot be read, or it cannot listen. SANWANG_BAD_CONFIG: what the file says is
/// wrong; the message names table and key. Where it fails, `out` becomes NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_gateway_open_config(
    out: *mut *mut sanwang_gateway_t,
    path: *const c_char,
    handlers: *const sanwang_gateway_handlers_t,
    handlers_size: usize,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        put!(out, null_mut());
        // SAFETY: rule 3.
        let handlers = unsafe { taken(handlers, handlers_size) }?;
        need_place!(out);
        let path = need_text!(path);
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::new(sanwang_result_t::SANWANG_SYSTEM, format!("{path}: {error}")))?;
        let folder = Path::new(path).parent().unwrap_or(Path::new(""));
        let config = GatewayConfig::parse(&text, folder).map_err(|error| {
            Failure::new(sanwang_result_t::SANWANG_BAD_CONFIG, format!("{path}: {error}"))
        })?;
        give!(out, sanwang_gateway_t::open(Gateway::builder().config(config), handlers)?);
        Ok(())
    })
}

/// The address of listener `index`, in the order of the URLs from 0 and then of their adding, as `host:port` with the real
/// port; NULL where there is none, and in a forked child. Those behind one that is removed move up. Valid until the
/// gateway is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_gateway_listener(
    gateway: *const sanwang_gateway_t,
    index: usize,
) -> *const c_char {
    look!(gateway, null(), |g: &sanwang_gateway_t| g.listener(index).unwrap_or(null()))
}

/// Waits until every push has its outcome and the handlers of those events have returned. A negative time is
/// without limit. SANWANG_TIMEOUT: not in time. SANWANG_WOULD_DEADLOCK: in a handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_gateway_wait(
    gateway: *mut sanwang_gateway_t,
    timeout_ms: i64,
) -> sanwang_result_t {
    call!(null_mut(), {
        match need!(gateway).alive()?.wait(millis(timeout_ms))? {
            true => Ok(()),
            false => Err(Failure::new(sanwang_result_t::SANWANG_TIMEOUT, "pushes are open")),
        }
    })
}

/// Gives the outcome of a push, waiting for it up to `timeout_ms` (negative: without limit). Free it with
/// sanwang_outcome_free. Outcomes can be asked for until 10 minutes after their event, the last 65536 of them.
///
/// SANWANG_TIMEOUT: there is none yet; `outcome` becomes NULL. SANWANG_WOULD_DEADLOCK: in a handler, when it would
/// have to wait.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_gateway_outcome(
    gateway: *mut sanwang_gateway_t,
    ticket: u64,
    timeout_ms: i64,
    outcome: *mut *mut sanwang_outcome_t,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        put!(outcome, null_mut());
        need_place!(outcome);
        let gateway = need!(gateway).alive()?;
        let asked = Ticket::from_u64(ticket);
        let mut found = gateway.outcome(asked, Duration::ZERO)?;
        if found.is_none() {
            found = gateway.outcome(asked, millis(timeout_ms))?;
        }
        let found = found.ok_or_else(|| {
            Failure::new(sanwang_result_t::SANWANG_TIMEOUT, format!("ticket {ticket} has no outcome yet"))
        })?;
        give!(outcome, sanwang_outcome_t::new(Held::Shared(found)));
        Ok(())
    })
}

/// Takes up to `cap` events of a gateway that was opened with `poll_kinds`, waiting up to `timeout_ms` for the first
/// (negative: without limit; 0: not at all). Free each with sanwang_event_free; answer each submit and cancel with
/// sanwang_gateway_answer, each query with sanwang_gateway_answer_query. Several threads may poll.
///
/// Gives the number of events in `out`; 0: none in time; negative: a sanwang_result_t with a minus sign.
/// -SANWANG_CLOSED: the gateway is closed, and no events are left.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_gateway_poll(
    gateway: *mut sanwang_gateway_t,
    out: *mut *mut sanwang_event_t,
    cap: usize,
    timeout_ms: i64,
) -> i32 {
    let mut count = 0;
    let result = call!(null_mut(), {
        need_place!(out);
        let own = need!(gateway);
        let gateway = own.alive()?;
        if !own.polls || cap == 0 {
            return Err(Failure::argument("the gateway has no poll_kinds, or cap is 0"));
        }
        let events = gateway.poll(cap.min(i32::MAX as usize), millis(timeout_ms));
        let events = events.ok_or_else(|| Failure::from(SendError::Closed))?;
        // SAFETY: rule 3: there is room for `cap` pointers, and no more events than that came.
        count =
            unsafe { sanwang_event_t::give(events.into_iter().map(|e| (e, Weak::new())), own.birth, out) };
        Ok(())
    });
    if result == sanwang_result_t::SANWANG_OK { count } else { -(result as i32) }
}

/// Says what an account has counted since its first login, all its protocols and versions added up. `account` NULL:
/// all accounts. SANWANG_NOT_FOUND: no account of this name has logged in.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_gateway_counters(
    gateway: *mut sanwang_gateway_t,
    account: *const c_char,
    counters: *mut sanwang_counters_t,
    counters_size: usize,
) -> sanwang_result_t {
    call!(null_mut(), {
        let gateway = need!(gateway).alive()?;
        let wanted = text!(account);
        let fits = |name: &str| wanted.is_none_or(|wanted| wanted == name);
        let mut all = gateway.counters().into_iter().filter(|(name, _)| fits(name)).peekable();
        if let (Some(wanted), None) = (wanted, all.peek()) {
            return Err(unknown(wanted));
        }
        fill!(
            counters,
            counters_size,
            all.map(|(_, one)| one).fold(sanwang_counters_t::zero(), sanwang_counters_t::plus)
        );
        Ok(())
    })
}

/// The metrics of all accounts and listeners in the text format of Prometheus (docs/metrics.md), as
/// sanwang_client_metrics gives those of a client.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_gateway_metrics(
    gateway: *const sanwang_gateway_t,
    page: *mut c_char,
    page_size: usize,
) -> usize {
    look!(gateway, 0, |g: &sanwang_gateway_t| {
        let page_of = |gateway: &Gateway| {
            let accounts = sanwang_core::metrics::prometheus(&gateway.metrics());
            accounts + &sanwang_core::metrics::prometheus_listeners(&gateway.listener_metrics())
        };
        let text = g.alive().map_or_else(|_| String::new(), page_of);
        // SAFETY: rule 3: there is room for that many octets.
        unsafe { print_to(&text, page, page_size) }
    })
}

/// Number of connections that ended without a login; 0 for NULL and in a forked child.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_gateway_turned_away(gateway: *const sanwang_gateway_t) -> u64 {
    look!(gateway, 0, |g: &sanwang_gateway_t| g.alive().map_or(0, Gateway::turned_away))
}

/// Ends a gateway: stops listening, pushes what is queued until the deadline (negative: without limit), ends every
/// session; what is left is counted in `left`, which may be NULL with size 0. Returns after the last handler or at
/// the deadline. Closing twice is no error. SANWANG_WOULD_DEADLOCK: in a handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_gateway_close(
    gateway: *mut sanwang_gateway_t,
    deadline_ms: i64,
    left: *mut sanwang_left_t,
    left_size: usize,
) -> sanwang_result_t {
    call!(null_mut(), {
        let Left { abandoned, in_doubt, no_report } = need!(gateway).alive()?.close(millis(deadline_ms))?;
        if !left.is_null() {
            fill!(left, left_size, sanwang_left_t { abandoned, in_doubt, no_report });
        }
        Ok(())
    })
}

/// Frees a gateway. Never waits: what is not decided by then ends without outcome, so close it first. After this no
/// handler starts; one that still runs may finish but not use the gateway any more. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_gateway_free(gateway: *mut sanwang_gateway_t) {
    free!(gateway);
}
