//! The end of a client, a gateway or a link: its accounts close, then its threads stop.

use super::cell::{Cell, Command};
use super::hub::Hub;
use super::reactor::Reactor;
use crate::account::{Left, Side};
use crate::time::nanos;
use std::sync::Arc;
use std::time::Duration;

/// The system's share of a close: the last answers are on their way when the deadline comes.
pub(super) const GRACE: Duration = Duration::from_secs(2);

/// Closes the accounts until `deadline`, whose doors are shut, ends polling and stops the threads. What is left of all
/// of them.
pub(super) fn close_all<S: Side + 'static>(
    cells: &[Arc<Cell<S>>],
    reactor: &Arc<Reactor>,
    hub: &Hub,
    deadline: Duration,
) -> Left {
    let until = reactor.now().mono_ns.saturating_add(nanos(deadline));
    for cell in cells {
        cell.tell(reactor, Command::Close(until));
    }
    hub.wait_until(deadline.saturating_add(GRACE), || cells.iter().all(|cell| cell.is_closed()));
    let mut left = Left::default();
    for cell in cells {
        let (_, own, _, _) = cell.snapshot(reactor);
        left.abandoned += own.abandoned;
        left.in_doubt += own.in_doubt;
        left.no_report += own.no_report;
    }
    hub.end_polling();
    reactor.stop();
    left
}
