//! One message to several receivers: a ticket or an error for each.

use crate::client::{body_of, coding_choice};
use crate::convert::{Name, Octets, Seconds, Validity};
use crate::errors::{guarded, send_error};
use crate::settings;
use crate::shared::{Shared, wait_in_slices};
use crate::ticket::Ticket;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use sanwang::{Client, SendError, Submit};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// Between two looks whether there is room.
const PAUSE: Duration = Duration::from_millis(2);

/// Takes an option out of a dictionary; `None` is as good as absent.
fn take<'py, T>(options: &Bound<'py, PyDict>, key: &str) -> PyResult<Option<T>>
where
    T: for<'a> FromPyObject<'a, 'py, Error: Into<PyErr>>,
{
    let Some(value) = options.get_item(key)? else { return Ok(None) };
    options.del_item(key)?;
    if value.is_none() {
        return Ok(None);
    }
    value.extract::<T>().map(Some).map_err(Into::into)
}

/// The message that the options of `send` make; its receiver is empty. What is no option is a carrier field.
fn submit_of(py: Python<'_>, text: Option<&str>, options: &Bound<'_, PyDict>) -> PyResult<Submit> {
    let options = options.copy()?;
    let coding = take::<Bound<'_, PyAny>>(&options, "coding")?;
    let coding = coding.as_ref().map(coding_choice).transpose()?;
    let (content, udh) = (take::<Octets>(&options, "content")?, take::<Octets>(&options, "udh")?);
    Ok(Submit {
        body: body_of(py, text, content.as_ref(), udh.as_ref(), coding)?.into(),
        sender: take(&options, "sender")?,
        reference: take::<Name>(&options, "reference")?.map(|name| name.0),
        user_data: take(&options, "user_data")?.unwrap_or_default(),
        account: take(&options, "account")?,
        coding,
        class: take(&options, "flash")?.unwrap_or(false).then_some(0),
        report: take(&options, "report")?,
        valid_for: take::<Validity>(&options, "valid_for")?.map(|s| s.0),
        fields: settings::pairs(&options, "BadSetting")?,
        ..Submit::to("")
    })
}

/// Accepts a message to several receivers; the list has a ticket or a SendError for each.
pub(crate) fn send_to_all<'py>(
    py: Python<'py>,
    shared: &Arc<Shared>,
    core: &Client,
    receivers: &[String],
    text: Option<&str>,
    timeout: Option<Seconds>,
    options: &Bound<'py, PyDict>,
) -> PyResult<Bound<'py, PyList>> {
    shared.check_fork(py)?;
    let submit = submit_of(py, text, options)?;
    // In a handler nothing waits: the room may depend on that very handler.
    let wait = if shared.in_handler() { Duration::ZERO } else { Seconds::or_forever(timeout) };
    let mut results: Vec<Option<Result<Ticket, SendError>>> = receivers.iter().map(|_| None).collect();
    let mut left: Vec<usize> = (0..receivers.len()).collect();
    let mut sent = |slice: Duration| {
        let numbers: Vec<&str> =
            left.iter().filter_map(|at| receivers.get(*at)).map(String::as_str).collect();
        let done =
            shared.send_each(numbers.len(), || core.send_to_all_within(&numbers, &submit, Duration::ZERO));
        let mut full = Vec::new();
        for (at, result) in left.iter().copied().zip(done) {
            if matches!(result, Err(SendError::QueueFull(_))) {
                full.push(at);
            }
            if let Some(place) = results.get_mut(at) {
                *place = Some(result);
            }
        }
        left = full;
        if left.is_empty() {
            return Some(());
        }
        thread::sleep(PAUSE.min(slice));
        None
    };
    // The fast way keeps the GIL, as `send` does.
    if guarded(py, || sent(Duration::ZERO))?.is_none() && !wait.is_zero() {
        wait_in_slices(py, wait, sent)?;
    }
    let list = PyList::empty(py);
    for result in results.into_iter().flatten() {
        match result {
            Ok(ticket) => list.append(Bound::new(py, ticket)?)?,
            Err(error) => list.append(send_error(py, &error).into_value(py))?,
        }
    }
    Ok(list)
}
