//! Handing events to handlers: on the one Python thread that the package has for it, in order, one at a time.

use crate::convert::Seconds;
use crate::errors::{guarded, link_error};
use crate::events;
use crate::gateway::Answer;
use crate::link::octets_of;
use crate::shared::{Handle, Item, Shared};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};
use sanwang::message::DayCounts;
use sanwang::{Event, EventKinds, Gateway, Link, Token};
use std::time::{Duration, Instant};

/// Events of one batch.
const BATCH: usize = 256;
/// What handlers send within this time is written together.
const SLICE: Duration = Duration::from_micros(100);
/// Answers of one batch go together, unless its handlers take longer than this.
const TOGETHER: Duration = Duration::from_millis(1);

/// The bits of [`Shared::want`], by the name of the event class. The place of a bit is the place of its handlers.
pub(crate) const KINDS: [(&str, EventKinds); 12] = [
    ("AccountState", EventKinds::ACCOUNT_STATE),
    ("Response", EventKinds::RESPONSE),
    ("Report", EventKinds::REPORT),
    ("Outcome", EventKinds::OUTCOME),
    ("Deliver", EventKinds::DELIVER),
    ("Submit", EventKinds::SUBMIT),
    ("Trouble", EventKinds::TROUBLE),
    ("Log", EventKinds::LOG),
    ("Query", EventKinds::QUERY),
    ("Cancel", EventKinds::CANCEL),
    ("LinkRequest", EventKinds::LINK_REQUEST),
    ("LinkReply", EventKinds::LINK_REPLY),
];

/// What the handler of a query says.
enum Counted {
    Now(DayCounts),
    Later,
    Never,
}

/// Nobody has taken the message back.
const NOT_CANCELED: u32 = 1;

/// Where events go.
struct Handlers<'a, 'py> {
    /// A tuple of functions a kind, in the order of the bits.
    by_kind: &'a Bound<'py, PyList>,
    /// Takes what nobody registered for.
    unhandled: &'a Bound<'py, PyAny>,
    /// Takes a handler and what it raised.
    failed: &'a Bound<'py, PyAny>,
}

impl<'py> Handlers<'_, 'py> {
    fn of(&self, kind: EventKinds) -> PyResult<Bound<'py, PyTuple>> {
        Ok(self.by_kind.get_item(kind.0.trailing_zeros() as usize)?.cast_into::<PyTuple>()?)
    }

    /// Runs one handler; what it returned, unless it raised.
    fn call(&self, handler: &Bound<'py, PyAny>, event: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
        handler.call1((event,)).map_err(|error| self.tell(handler, error)).ok()
    }

    fn tell(&self, handler: &Bound<'py, PyAny>, error: PyErr) {
        let py = handler.py();
        if let Err(worse) = self.failed.call1((handler, error.into_value(py))) {
            worse.write_unraisable(py, Some(handler));
        }
    }

    /// Hands an event to all handlers of its kind.
    fn hand_over(&self, kind: EventKinds, event: &Bound<'py, PyAny>) -> PyResult<()> {
        let handlers = self.of(kind)?;
        if handlers.is_empty() {
            self.call(self.unhandled, event);
        }
        for handler in handlers.iter() {
            self.call(&handler, event);
        }
        Ok(())
    }

    /// The result that the handler of a request says; `None`: later. Whatever goes wrong, it is `else_`: the SP must
    /// not wait for nothing.
    fn ask(&self, kind: EventKinds, event: &Bound<'py, PyAny>, else_: u32) -> PyResult<Option<u32>> {
        let Ok(handler) = self.of(kind)?.get_item(0) else { return Ok(Some(else_)) };
        let Some(said) = self.call(&handler, event) else { return Ok(Some(else_)) };
        if let Ok(answer) = said.cast::<Answer>() {
            return Ok(answer.get().result());
        }
        let name = if kind == EventKinds::CANCEL { "on_cancel" } else { "on_submit" };
        self.wrong(&handler, name, &said, "sanwang.ACCEPT, sanwang.reject(code) or sanwang.LATER");
        Ok(Some(else_))
    }

    /// The counts that the handler of a query says, or the word that nobody answers it now.
    fn counts(&self, event: &Bound<'py, PyAny>) -> PyResult<Counted> {
        let Ok(handler) = self.of(EventKinds::QUERY)?.get_item(0) else { return Ok(Counted::Never) };
        let Some(said) = self.call(&handler, event) else { return Ok(Counted::Never) };
        if let Ok(counts) = said.cast::<events::DayCounts>() {
            return Ok(Counted::Now(counts.get().into()));
        }
        if said.cast::<Answer>().is_ok_and(|answer| *answer.get() == Answer::LATER) {
            return Ok(Counted::Later);
        }
        self.wrong(&handler, "on_query", &said, "sanwang.DayCounts(...) or sanwang.LATER");
        Ok(Counted::Never)
    }

    /// The answer that the handler of a link's request gives: a PDU's octets, or none. Whatever goes wrong, the peer is
    /// told to ask again: it must not wait for nothing.
    fn request(&self, event: &Bound<'py, events::LinkRequest>, link: &Link) -> PyResult<()> {
        let (token, py) = (Token::from_u64(event.get().token), event.py());
        // What was answered in the handler is not refused any more.
        let refuse = |busy| guarded(py, || drop(link.refuse(token, busy)));
        let Ok(handler) = self.of(EventKinds::LINK_REQUEST)?.get_item(0) else { return refuse(false) };
        let Some(said) = self.call(&handler, event.as_any()) else { return refuse(true) };
        if said.is_none() {
            return refuse(false);
        }
        if said.cast::<Answer>().is_ok_and(|answer| *answer.get() == Answer::LATER) {
            return Ok(());
        }
        let answered = octets_of(&said, &event.get().version.0).and_then(|octets| {
            let done =
                guarded(py, || link.read_answer(token, &octets.0).and_then(|pdu| link.answer(token, pdu)))?;
            done.map_err(|error| link_error(py, &error))
        });
        match answered {
            Ok(()) => Ok(()),
            Err(error) => {
                self.tell(&handler, error);
                refuse(true)
            }
        }
    }

    /// Says that a handler returned something of no use.
    fn wrong(&self, handler: &Bound<'py, PyAny>, name: &str, said: &Bound<'py, PyAny>, right: &str) {
        let said = said.repr().map_or_else(|_| "something else".to_owned(), |r| r.to_string());
        self.tell(handler, PyTypeError::new_err(format!("{name} returned {said}: return {right}")));
    }
}

impl<'py> Handlers<'_, 'py> {
    fn handle(
        &self,
        py: Python<'py>,
        item: Item,
        shared: &Shared,
        answers: &mut Answers<'_>,
    ) -> PyResult<()> {
        match item {
            Item::Outcome(outcome, wanted) => {
                if wanted {
                    let event = Bound::new(py, events::Outcome(outcome))?.into_any();
                    self.hand_over(EventKinds::OUTCOME, &event)?;
                }
                shared.decided(1);
            }
            Item::Unwanted(token) => answers.add(token, 0),
            Item::Event(Event::Submit(submit)) => {
                let (token, protocol) = (submit.token, submit.pdu.protocol());
                let event = Bound::new(py, events::Submit::from_core(*submit, shared))?.into_any();
                if let Some(result) = self.ask(EventKinds::SUBMIT, &event, Gateway::busy(protocol))? {
                    answers.add(Some(token), result);
                }
            }
            Item::Event(Event::Cancel(cancel)) => {
                let token = cancel.token;
                let event = Bound::new(py, events::Cancel::from(*cancel))?.into_any();
                if let Some(result) = self.ask(EventKinds::CANCEL, &event, NOT_CANCELED)? {
                    answers.add(Some(token), result);
                }
            }
            Item::Event(Event::Query(query)) => {
                let token = query.token;
                let event = Bound::new(py, events::Query::from(*query))?.into_any();
                match self.counts(&event)? {
                    Counted::Now(counts) => shared.handle().answer_query(token, counts),
                    Counted::Later => {}
                    // A result is no answer to it: it is skipped.
                    Counted::Never => answers.add(Some(token), 0),
                }
            }
            Item::Event(Event::LinkRequest(request)) => {
                if let Handle::Link(link) = shared.handle() {
                    let event = Bound::new(py, events::LinkRequest::from(*request))?;
                    self.request(&event, link)?;
                }
            }
            Item::Event(Event::LinkReply(reply)) => {
                if let Handle::Link(link) = shared.handle() {
                    let reply = *reply;
                    let speaks = link.speaks(&reply.account);
                    let event = Bound::new(
                        py,
                        events::LinkReply::of(
                            reply.account,
                            reply.time,
                            reply.user_data,
                            reply.answer,
                            speaks,
                        ),
                    )?
                    .into_any();
                    self.hand_over(EventKinds::LINK_REPLY, &event)?;
                }
            }
            Item::Event(event) => {
                let (kind, token) = (event.kind(), event.token());
                if let Some(object) = events::to_python(py, event)? {
                    self.hand_over(kind, object.bind(py))?;
                }
                answers.add(token, 0);
            }
        }
        Ok(())
    }
}

/// Answers that are due together.
struct Answers<'a> {
    shared: &'a Shared,
    due: Vec<(Token, u32)>,
    last: Instant,
}

impl Answers<'_> {
    fn add(&mut self, token: Option<Token>, result: u32) {
        self.due.extend(token.map(|token| (token, result)));
        if !self.due.is_empty() && self.last.elapsed() >= TOGETHER {
            self.give();
        }
    }

    fn give(&mut self) {
        if !self.due.is_empty() {
            self.shared.handle().answer(&self.due);
            self.due.clear();
        }
        self.last = Instant::now();
    }
}

/// Takes one batch of events, waiting up to `timeout` for the first, and calls its handlers. False: closed, and
/// nothing is left. The caller's thread becomes the one where nothing may wait.
pub(crate) fn dispatch<'py>(
    py: Python<'py>,
    shared: &Shared,
    by_kind: &Bound<'py, PyList>,
    unhandled: &Bound<'py, PyAny>,
    failed: &Bound<'py, PyAny>,
    timeout: Option<Seconds>,
) -> PyResult<bool> {
    shared.polling();
    let until = Instant::now() + Seconds::or_forever(timeout);
    let Some(items) = guarded(py, || py.detach(|| shared.poll(BATCH, until)))? else { return Ok(false) };
    let handlers = Handlers { by_kind, unhandled, failed };
    let mut answers = Answers { shared, due: Vec::new(), last: Instant::now() };
    let mut items = items.into_iter();
    while items.len() > 0 {
        // In slices, so that what the first handlers sent does not wait for the last.
        guarded(py, || {
            shared.handle().together(|| {
                let until = Instant::now() + SLICE;
                for item in items.by_ref() {
                    handlers.handle(py, item, shared, &mut answers)?;
                    if Instant::now() >= until {
                        break;
                    }
                }
                PyResult::Ok(())
            })
        })??;
    }
    guarded(py, || answers.give())?;
    Ok(true)
}
