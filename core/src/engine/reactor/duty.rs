//! What a thread is doing for the library: polling, or running handlers, whose sends are written together.

use super::{Driven, Reactor};
use crate::time::Now;
use std::cell::RefCell;
use std::sync::Arc;

/// Longest time that what a handler outside the library sent waits for what it sends next.
const BACKSTOP_NS: u64 = 1_000_000;

thread_local! {
    pub(super) static ON_DUTY: RefCell<Duty> =
        const {
            RefCell::new(Duty { polling: 0, dispatching: 0, outside: None, touched: Vec::new(), now: None })
        };
}

/// What this thread is doing for the library.
pub(super) struct Duty {
    /// The reactor that polls here, by its address; 0: none. What it finds for handlers it runs itself, or leaves to
    /// others, right after.
    pub(super) polling: usize,
    /// The reactor whose handler runs here, by its address; 0: none. A handler may use another client as any thread
    /// may: that one has its own reactor.
    pub(super) dispatching: usize,
    /// Set while the handlers run outside the library, where nobody looks after each of them ([`together`]): where
    /// the last timer is due that makes up for it, and when.
    outside: Option<(usize, u64)>,
    /// Cells that got commands from handlers and are driven when the batch is done.
    pub(super) touched: Vec<Arc<dyn Driven>>,
    /// The time as the dispatcher read it last: a handler that sends need not ask again.
    pub(super) now: Option<Now>,
}

/// Inside a handler of this reactor: remembers a cell to drive after the batch. False outside.
pub(crate) fn touch_later<D: Driven + 'static>(reactor: &Arc<Reactor>, cell: &Arc<D>) -> bool {
    ON_DUTY.with(|duty| {
        let mut duty = duty.borrow_mut();
        let inside = duty.dispatching == reactor.identity();
        let known = |t: &Arc<dyn Driven>| std::ptr::addr_eq(Arc::as_ptr(t), Arc::as_ptr(cell));
        if inside && !duty.touched.iter().any(known) {
            duty.touched.push(cell.clone());
            if let Some(backstop) = &mut duty.outside {
                // A handler that sends and then takes its time must not keep what it sent. One timer does for all
                // that is sent before it is due.
                let (now, place) = (reactor.now().mono_ns, Arc::as_ptr(cell).addr());
                if backstop.0 != place || backstop.1 <= now {
                    let at = now.saturating_add(BACKSTOP_NS);
                    *backstop = (place, at);
                    reactor.at(at, cell.clone());
                }
            }
        }
        inside
    })
}

/// Tells handlers on this thread what time it is; `None` when no handler runs.
pub(crate) fn set_handler_time(now: Option<Now>) {
    ON_DUTY.with(|duty| duty.borrow_mut().now = now);
}

/// Runs handlers with the thread marked, so that what they send is written together.
pub(crate) fn as_dispatcher<R>(reactor: &Arc<Reactor>, run: impl FnOnce() -> R) -> R {
    let own = reactor.identity();
    let nested = ON_DUTY.with(|duty| std::mem::replace(&mut duty.borrow_mut().dispatching, own));
    let result = run();
    ON_DUTY.with(|duty| duty.borrow_mut().dispatching = nested);
    result
}

/// Drives the cells that got commands meanwhile.
pub(crate) fn drive_touched(reactor: &Arc<Reactor>) {
    let mut touched = ON_DUTY.with(|duty| std::mem::take(&mut duty.borrow_mut().touched));
    for cell in touched.drain(..) {
        cell.poke(reactor);
    }
    // The list is kept, so that it is not made anew for each batch.
    ON_DUTY.with(|duty| {
        let mut duty = duty.borrow_mut();
        if duty.touched.is_empty() {
            duty.touched = touched;
        }
    });
}

/// Runs what handles polled events: what it sends and answers on this thread is written together, when it returns
/// or after [`BACKSTOP_NS`].
pub(crate) fn together<R>(reactor: &Arc<Reactor>, run: impl FnOnce() -> R) -> R {
    let nested = ON_DUTY.with(|duty| duty.borrow_mut().outside.replace((0, 0)));
    let result = as_dispatcher(reactor, run);
    ON_DUTY.with(|duty| duty.borrow_mut().outside = nested);
    drive_touched(reactor);
    result
}
