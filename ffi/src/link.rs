//! Raw links: between gateways, to a route server, from it. Opening, waiting, looking, ending.

pub mod asking;
pub mod handlers;
pub mod told;

use crate::boundary::{millis, pairs};
use crate::client::{sanwang_counters_t, sanwang_left_t};
use crate::error::{Failure, sanwang_error_t, sanwang_result_t};
use crate::event::sanwang_event_t;
use crate::fork::Birth;
use crate::view::terminated;
use handlers::{LinkHandlers, sanwang_link_handlers_t};
use sanwang_core::settings::EngineSettings;
use sanwang_core::{EventKinds, Left, Link, LinkBuilder, LinkError};
use std::ffi::{CString, c_char};
use std::ptr::{null, null_mut};
use std::sync::Arc;

/// Raw, authenticated connections of any role and login type. A link has peers: those it dials, and those that log in
/// on its listeners. Any PDU but login, end and link test can be requested of a peer, and any PDU a peer asks with can
/// be answered. PDUs are the octets of their frames. Every thread may use it, until it is freed.
#[derive(Debug)]
pub struct sanwang_link_t {
    link: Arc<Link>,
    handlers: Arc<LinkHandlers>,
    listeners: Box<[CString]>,
    polls: bool,
    birth: Birth,
}

impl From<LinkError> for Failure {
    fn from(error: LinkError) -> Self {
        let code = sanwang_result_t::named(error.name()).unwrap_or(sanwang_result_t::SANWANG_INTERNAL);
        Failure::new(code, error.to_string())
    }
}

impl sanwang_link_t {
    fn open(mut builder: LinkBuilder, handlers: Arc<LinkHandlers>) -> Result<Self, Failure> {
        let birth = Birth::now();
        let polled = handlers.polled()?;
        if let Some(kinds) = polled {
            builder = builder.polled(kinds);
        }
        if handlers.takes_requests() {
            let handlers = handlers.clone();
            builder = builder.on_request_with(move |link, request| handlers.request(link, request));
        }
        let kinds = handlers.kinds();
        if kinds != EventKinds::default() {
            let handlers = handlers.clone();
            builder = builder.on_event(kinds, move |event| handlers.handle(event));
        }
        if handlers.looks_up() {
            let handlers = handlers.clone();
            builder = builder.peers_by(move |protocol, name| handlers.access(protocol, name));
        }
        let link = Arc::new(builder.open()?);
        handlers.opened(&link);
        let listeners = link.listeners().into_iter().map(|(_, at)| terminated(at.to_string())).collect();
        Ok(sanwang_link_t { link, handlers, listeners, polls: polled.is_some(), birth })
    }

    /// The link, unless this is a child of the process that opened it.
    pub(crate) fn alive(&self) -> Result<&Arc<Link>, Failure> {
        self.birth.check()?;
        Ok(&self.link)
    }
}

impl Drop for sanwang_link_t {
    fn drop(&mut self) {
        if self.birth.is_forked() {
            // The parent's threads may have held locks of the link: a child leaves it alone.
            std::mem::forget(self.link.clone());
            std::mem::forget(self.handlers.clone());
        } else {
            self.handlers.end();
        }
    }
}

/// The caller's handlers. From here on `user_free` is called, whatever happens.
unsafe fn taken(
    handlers: *const sanwang_link_handlers_t,
    handlers_size: usize,
) -> Result<Arc<LinkHandlers>, Failure> {
    if handlers.is_null() {
        // SAFETY: the promise of `Grows`.
        return Ok(Arc::new(LinkHandlers::new(unsafe { std::mem::zeroed() })));
    }
    Ok(Arc::new(LinkHandlers::new(given!(handlers, handlers_size))))
}

/// Opens a link: it listens when this returns, and dials. `dials` are names of peers and the URLs they are dialled at,
/// with our own login, such as `cmpp://101001:secret@10.0.0.1:9168`, alternating and with NULL at the end. `listeners`
/// are URLs without user, with NULL at the end. `peers` are names and secrets of those who may log in there, alternating
/// and with NULL at the end. `settings` are keys and values of the engine, as for sanwang_gateway_open. Each may be NULL.
/// Handlers may run before this has stored the link in `out`.
///
/// `handlers` may be NULL, with size 0: requests of peers are refused then. SANWANG_BAD_SETTING: a URL or setting is
/// wrong. SANWANG_BAD_CONFIG: nothing is dialled and nothing listened at, or two peers have one name. SANWANG_SYSTEM: it
/// cannot listen there. Where it fails, `out` becomes NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_link_open(
    out: *mut *mut sanwang_link_t,
    dials: *const *const c_char,
    listeners: *const *const c_char,
    peers: *const *const c_char,
    settings: *const *const c_char,
    handlers: *const sanwang_link_handlers_t,
    handlers_size: usize,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        put!(out, null_mut());
        // SAFETY: rule 3.
        let handlers = unsafe { taken(handlers, handlers_size) }?;
        need_place!(out);
        let mut builder = Link::builder();
        // The texts must not hold what may be a secret.
        let odd = |name: &str, what: &str| {
            Failure::argument(format!("{name} has a name without {what}: write both, and NULL at the end"))
        };
        for (name, url) in pairs(&texts!(dials), "dials").map_err(|_| odd("dials", "URL"))? {
            builder = builder.dial(name, url);
        }
        for url in texts!(listeners) {
            builder = builder.listen(url);
        }
        for (name, secret) in pairs(&texts!(peers), "peers").map_err(|_| odd("peers", "secret"))? {
            builder = builder.peer(name, secret);
        }
        let mut engine = EngineSettings::default();
        for (key, value) in pairs(&texts!(settings), "settings")? {
            engine.set(key, value)?;
        }
        give!(out, sanwang_link_t::open(builder.engine(engine), handlers)?);
        Ok(())
    })
}

/// The address of listener `index`, in the order of the URLs from 0, as `host:port` with the real port; NULL where
/// there is none. Valid until the link is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_link_listener(link: *const sanwang_link_t, index: usize) -> *const c_char {
    look!(link, null(), |l: &sanwang_link_t| l.listeners.get(index).map_or(null(), |at| at.as_ptr()))
}

/// Waits until a peer is online. `peer` NULL: the only one. A negative time is without limit. A peer that is dialled on
/// demand (SGIP, `idle_close`) is online only while there is something to say.
///
/// SANWANG_TIMEOUT: not in time; the message says where the peer stands. SANWANG_CLOSED: closed, also meanwhile.
/// SANWANG_WOULD_DEADLOCK: in a handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_link_wait_online(
    link: *mut sanwang_link_t,
    peer: *const c_char,
    timeout_ms: i64,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        let link = need!(link).alive()?;
        link.wait_online(text!(peer).unwrap_or_default(), millis(timeout_ms))?;
        Ok(())
    })
}

/// Says where a peer stands. `peer` NULL: the only one. `state`, where not NULL, becomes a sanwang_state_t.
///
/// SANWANG_NO_PEER: it is neither dialled nor has it logged in.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_link_state(
    link: *mut sanwang_link_t,
    peer: *const c_char,
    state: *mut i32,
) -> sanwang_result_t {
    call!(null_mut(), {
        let link = need!(link).alive()?;
        let name = text!(peer);
        let peers = link.peers();
        let found = match (name, &peers[..]) {
            (None, [(_, only)]) => Some(*only),
            (None, _) => None,
            (Some(name), all) => all.iter().find(|(own, _)| **own == *name).map(|(_, state)| *state),
        };
        let found = found.ok_or_else(|| LinkError::NoPeer(name.unwrap_or_default().to_owned()))?;
        put!(state, crate::names::sanwang_state_t::from(found) as i32);
        Ok(())
    })
}

/// Says what a peer has counted, all its versions added up. `peer` NULL: all peers. SANWANG_NO_PEER: there is none of
/// this name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_link_counters(
    link: *mut sanwang_link_t,
    peer: *const c_char,
    counters: *mut sanwang_counters_t,
    counters_size: usize,
) -> sanwang_result_t {
    call!(null_mut(), {
        let link = need!(link).alive()?;
        let wanted = text!(peer);
        let fits = |name: &str| wanted.is_none_or(|wanted| wanted == name);
        let mut all = link.counters().into_iter().filter(|(name, _)| fits(name)).peekable();
        if let (Some(wanted), None) = (wanted, all.peek()) {
            return Err(LinkError::NoPeer(wanted.to_owned()).into());
        }
        let sum = all.map(|(_, one)| one).fold(sanwang_counters_t::zero(), sanwang_counters_t::plus);
        fill!(counters, counters_size, sum);
        Ok(())
    })
}

/// Takes up to `cap` events of a link that was opened with `poll_kinds`, waiting up to `timeout_ms` for the first
/// (negative: without limit; 0: not at all). Free each with sanwang_event_free; answer each request with
/// sanwang_link_request_answer or sanwang_link_answer. Several threads may poll. Poll also where pushes of a route table
/// are on their way: it takes their answers.
///
/// Gives the number of events in `out`; 0: none in time; negative: a sanwang_result_t with a minus sign.
/// -SANWANG_CLOSED: the link is closed, and no events are left.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_link_poll(
    link: *mut sanwang_link_t,
    out: *mut *mut sanwang_event_t,
    cap: usize,
    timeout_ms: i64,
) -> i32 {
    let mut count = 0;
    let result = call!(null_mut(), {
        need_place!(out);
        let own = need!(link);
        let link = own.alive()?;
        if !own.polls || cap == 0 {
            return Err(Failure::argument("the link has no poll_kinds, or cap is 0"));
        }
        let events = link.poll(cap.min(i32::MAX as usize), millis(timeout_ms));
        let events = events.ok_or(LinkError::Closed)?;
        // SAFETY: rule 3: there is room for `cap` pointers, and no more events than that came.
        count = unsafe { sanwang_event_t::give_of_link(events, link, own.birth, out) };
        Ok(())
    });
    if result == sanwang_result_t::SANWANG_OK { count } else { -(result as i32) }
}

/// Ends a link: stops listening, sends what is queued and waits for answers until the deadline (negative: without
/// limit), ends every session; what is left is counted in `left`, which may be NULL with size 0. Closing twice is no
/// error. SANWANG_WOULD_DEADLOCK: in a handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_link_close(
    link: *mut sanwang_link_t,
    deadline_ms: i64,
    left: *mut sanwang_left_t,
    left_size: usize,
) -> sanwang_result_t {
    call!(null_mut(), {
        let Left { abandoned, in_doubt, no_report } = need!(link).alive()?.close(millis(deadline_ms))?;
        if !left.is_null() {
            fill!(left, left_size, sanwang_left_t { abandoned, in_doubt, no_report });
        }
        Ok(())
    })
}

/// Frees a link. Never waits: close it first. After this no handler starts; one that still runs may finish but not use
/// the link any more. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_link_free(link: *mut sanwang_link_t) {
    free!(link);
}
