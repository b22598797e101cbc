//! Polled events.

use crate::deliver::sanwang_deliver_t;
use crate::error::sanwang_result_t;
use crate::gateway::asked::{sanwang_cancel_event_t, sanwang_query_event_t};
use crate::gateway::submitted::sanwang_submit_event_t;
use crate::link::told::{sanwang_link_reply_t, sanwang_link_request_t};
use crate::names::sanwang_event_kind_t::{self, *};
use crate::notice::{sanwang_account_state_t, sanwang_log_t, sanwang_trouble_t};
use crate::outcome::sanwang_outcome_t;
use crate::report::sanwang_report_t;
use crate::response::sanwang_response_t;
use crate::view::{Cached, Held};
use sanwang_core::{Client, Event, Link, Token};
use std::ffi::c_char;
use std::ptr::null;
use std::sync::{Arc, Weak};

/// A polled event. It belongs to the application, which frees it with sanwang_event_free. What its accessors give
/// is valid until then.
#[derive(Debug)]
pub struct sanwang_event_t {
    inner: Inner,
    account: (Arc<str>, Cached),
    token: Option<Token>,
    client: Weak<Client>,
    birth: crate::fork::Birth,
}

#[derive(Debug)]
enum Inner {
    Outcome(sanwang_outcome_t),
    Deliver(sanwang_deliver_t),
    Report(sanwang_report_t),
    Response(sanwang_response_t),
    State(sanwang_account_state_t),
    Trouble(sanwang_trouble_t),
    Log(sanwang_log_t),
    Submit(sanwang_submit_event_t),
    Query(sanwang_query_event_t),
    Cancel(sanwang_cancel_event_t),
    LinkRequest(sanwang_link_request_t),
    LinkReply(sanwang_link_reply_t),
}

impl sanwang_event_t {
    /// Gives events to the caller, and says how many. `out` has room for all of them.
    pub(crate) unsafe fn give(
        events: impl Iterator<Item = (Event, Weak<Client>)>,
        birth: crate::fork::Birth,
        out: *mut *mut sanwang_event_t,
    ) -> i32 {
        let mut count = 0;
        for event in events.filter_map(|(event, client)| Self::new(event, client, birth)) {
            // SAFETY: the promise of the caller.
            give!(unsafe { out.add(count) }, event);
            count += 1;
        }
        i32::try_from(count).unwrap_or(i32::MAX)
    }

    /// As [`sanwang_event_t::give`], for the events of a link.
    pub(crate) unsafe fn give_of_link(
        events: Vec<Event>,
        link: &Arc<Link>,
        birth: crate::fork::Birth,
        out: *mut *mut sanwang_event_t,
    ) -> i32 {
        let mut count = 0;
        for event in events {
            let (account, token) = (event.account().clone(), event.token());
            let inner = match event {
                Event::LinkRequest(e) => Inner::LinkRequest(sanwang_link_request_t::owned(link, e)),
                Event::LinkReply(e) => {
                    let speaks = link.speaks(&e.account);
                    let reply =
                        sanwang_link_reply_t::new(&e.account, e.ticket, e.user_data, &e.answer, speaks);
                    Inner::LinkReply(reply)
                }
                other => match Self::new(other, Weak::new(), birth) {
                    Some(event) => event.inner,
                    None => continue,
                },
            };
            let account = (account, Cached::default());
            // SAFETY: the promise of the caller.
            let place = unsafe { out.add(count) };
            give!(place, sanwang_event_t { inner, account, token, client: Weak::new(), birth });
            count += 1;
        }
        i32::try_from(count).unwrap_or(i32::MAX)
    }

    /// The object of an event of a client or gateway; `None` for a kind that has none.
    fn new(event: Event, client: Weak<Client>, birth: crate::fork::Birth) -> Option<Self> {
        let (account, token) = (event.account().clone(), event.token());
        let inner = match event {
            Event::Outcome(e) => Inner::Outcome(sanwang_outcome_t::new(Held::Shared(e))),
            Event::Deliver(e) => Inner::Deliver(sanwang_deliver_t::new(Held::Own(e))),
            Event::Report(e) => Inner::Report(sanwang_report_t::new(Held::Own(e))),
            Event::Response(e) => Inner::Response(sanwang_response_t::new(Held::Own(e))),
            Event::AccountState(e) => Inner::State(sanwang_account_state_t::new(Held::Own(e))),
            Event::Trouble(e) => Inner::Trouble(sanwang_trouble_t::new(Held::Own(e))),
            Event::Log(e) => Inner::Log(sanwang_log_t::new(Held::Own(e))),
            Event::Submit(e) => Inner::Submit(sanwang_submit_event_t::new(Held::Own(e))),
            Event::Query(e) => Inner::Query(sanwang_query_event_t::new(Held::Own(e))),
            Event::Cancel(e) => Inner::Cancel(sanwang_cancel_event_t::new(Held::Own(e))),
            _ => return None,
        };
        Some(sanwang_event_t { inner, account: (account, Cached::default()), token, client, birth })
    }
}

macro_rules! as_kind {
    ($event:expr, $kind:ident) => {
        look!($event, null(), |e: &sanwang_event_t| match &e.inner {
            Inner::$kind(object) => &raw const *object,
            _ => null(),
        })
    };
}

/// The kind of an event; SANWANG_EVENT_NONE for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_event_kind(event: *const sanwang_event_t) -> sanwang_event_kind_t {
    look!(event, SANWANG_EVENT_NONE, |e: &sanwang_event_t| match e.inner {
        Inner::Outcome(_) => SANWANG_EVENT_OUTCOME,
        Inner::Deliver(_) => SANWANG_EVENT_DELIVER,
        Inner::Report(_) => SANWANG_EVENT_REPORT,
        Inner::Response(_) => SANWANG_EVENT_RESPONSE,
        Inner::State(_) => SANWANG_EVENT_STATE,
        Inner::Trouble(_) => SANWANG_EVENT_TROUBLE,
        Inner::Log(_) => SANWANG_EVENT_LOG,
        Inner::Submit(_) => SANWANG_EVENT_SUBMIT,
        Inner::Query(_) => SANWANG_EVENT_QUERY,
        Inner::Cancel(_) => SANWANG_EVENT_CANCEL,
        Inner::LinkRequest(_) => SANWANG_EVENT_LINK_REQUEST,
        Inner::LinkReply(_) => SANWANG_EVENT_LINK_REPLY,
    })
}

/// Name of the account the event belongs to; NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_event_account(event: *const sanwang_event_t) -> *const c_char {
    look!(event, null(), |e: &sanwang_event_t| e.account.1.get(|| &*e.account.0))
}

/// The event as an outcome; NULL for another kind.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_event_outcome(event: *const sanwang_event_t) -> *const sanwang_outcome_t {
    as_kind!(event, Outcome)
}

/// The event as a message from a phone; NULL for another kind.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_event_deliver(event: *const sanwang_event_t) -> *const sanwang_deliver_t {
    as_kind!(event, Deliver)
}

/// The event as a status report; NULL for another kind.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_event_report(event: *const sanwang_event_t) -> *const sanwang_report_t {
    as_kind!(event, Report)
}

/// The event as the gateway's answer to a segment; NULL for another kind.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_event_response(event: *const sanwang_event_t) -> *const sanwang_response_t {
    as_kind!(event, Response)
}

/// The event as a change of an account's connections; NULL for another kind.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_event_state(
    event: *const sanwang_event_t,
) -> *const sanwang_account_state_t {
    as_kind!(event, State)
}

/// The event as input that could not be used; NULL for another kind.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_event_trouble(event: *const sanwang_event_t) -> *const sanwang_trouble_t {
    as_kind!(event, Trouble)
}

/// The event as a line for the log; NULL for another kind.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_event_log(event: *const sanwang_event_t) -> *const sanwang_log_t {
    as_kind!(event, Log)
}

/// The event as a message towards a phone, which came to a gateway; NULL for another kind.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_event_submit(
    event: *const sanwang_event_t,
) -> *const sanwang_submit_event_t {
    as_kind!(event, Submit)
}

/// The event as a request for counts, which came to a gateway; NULL for another kind.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_event_query(event: *const sanwang_event_t) -> *const sanwang_query_event_t {
    as_kind!(event, Query)
}

/// The event as a request to take a message back, which came to a gateway; NULL for another kind.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_event_cancel(
    event: *const sanwang_event_t,
) -> *const sanwang_cancel_event_t {
    as_kind!(event, Cancel)
}

/// The event as a request of a link's peer; NULL for another kind.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_event_link_request(
    event: *const sanwang_event_t,
) -> *const sanwang_link_request_t {
    as_kind!(event, LinkRequest)
}

/// The event as what became of a request to a link's peer; NULL for another kind.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_event_link_reply(
    event: *const sanwang_event_t,
) -> *const sanwang_link_reply_t {
    as_kind!(event, LinkReply)
}

/// Says that a delivery or report has been handled: the gateway gets its answer now. Without it the answer is sent
/// after the account's `ack_within`, and counted. For other kinds, for a second time and after
/// sanwang_client_free, nothing happens: a submit is answered by sanwang_gateway_answer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_event_handled(event: *const sanwang_event_t) -> sanwang_result_t {
    call!(std::ptr::null_mut(), {
        let event = need!(event);
        event.birth.check()?;
        if let (Some(token), Some(client)) = (event.token, event.client.upgrade()) {
            client.handled(token);
        }
        Ok(())
    })
}

/// Frees an event. It does not answer it: sanwang_event_handled does. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_event_free(event: *mut sanwang_event_t) {
    free!(event);
}
