//! A ticket: the number of one accepted message, and the place of its outcome.

use crate::convert::Seconds;
use crate::errors::{exception, send_error};
use crate::events::Outcome;
use crate::shared::{Shared, Slot, wait_in_slices};
use pyo3::prelude::*;
use pyo3::types::PyInt;
use sanwang::SendError;
use std::sync::Arc;
use std::time::Duration;

/// One accepted message to one receiver. Equal to its number, and hashed like it.
#[pyclass(frozen, module = "sanwang")]
pub(crate) struct Ticket {
    ticket: sanwang::Ticket,
    shared: Arc<Shared>,
    slot: Arc<Slot>,
}

impl Ticket {
    pub(crate) fn new(ticket: sanwang::Ticket, shared: Arc<Shared>, slot: Arc<Slot>) -> Self {
        Ticket { ticket, shared, slot }
    }

    fn look(&self, wait: Duration) -> Option<Outcome> {
        if let Some(outcome) = self.slot.get() {
            return Some(Outcome(outcome.clone()));
        }
        // Decided, but its event has not been taken yet.
        let found = self.shared.handle().outcome(self.ticket, wait)?;
        Some(Outcome(self.slot.get_or_init(|| found).clone()))
    }
}

#[pymethods]
impl Ticket {
    /// The number that events carry.
    #[getter]
    fn id(&self) -> u64 {
        self.ticket.as_u64()
    }

    /// Whether the outcome is there.
    #[getter]
    fn done(&self) -> bool {
        self.slot.get().is_some() || (!self.shared.is_forked() && self.look(Duration::ZERO).is_some())
    }

    /// The outcome, waiting up to `timeout` seconds for it; without a timeout as long as it takes.
    #[pyo3(signature = (timeout = None))]
    fn outcome(&self, py: Python<'_>, timeout: Option<Seconds>) -> PyResult<Outcome> {
        if let Some(outcome) = self.slot.get() {
            return Ok(Outcome(outcome.clone()));
        }
        self.shared.check_fork(py)?;
        let mut wait = Seconds::or_forever(timeout);
        let blocks = !wait.is_zero();
        if self.shared.in_handler() {
            wait = Duration::ZERO;
        }
        match wait_in_slices(py, wait, |slice| self.look(slice))? {
            Some(outcome) => Ok(outcome),
            None if blocks && wait.is_zero() => Err(send_error(py, &SendError::WouldDeadlock)),
            None => {
                let what = format!("ticket {} has no outcome yet", self.ticket);
                Err(exception(py, "Timeout", &what, &[]))
            }
        }
    }

    fn __int__(&self) -> u64 {
        self.id()
    }

    fn __index__(&self) -> u64 {
        self.id()
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        match other.cast::<Ticket>() {
            Ok(ticket) => ticket.get().ticket == self.ticket,
            Err(_) => other.is_instance_of::<PyInt>() && other.extract::<u64>().is_ok_and(|n| n == self.id()),
        }
    }

    /// That of the number, so that `waiting[outcome.ticket]` finds what was kept under the ticket.
    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        self.id().into_pyobject(py)?.hash()
    }

    fn __repr__(&self) -> String {
        format!("Ticket({})", self.ticket)
    }
}
