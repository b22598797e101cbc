//! Errors of the core as exceptions of `sanwang._errors`.

use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use sanwang::settings::SettingError;
use sanwang::{AskError, LinkError, OpenError, SendError, WaitError};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// The exception `class` with a message and attributes. When the class cannot be had, the error of that.
pub(crate) fn exception(py: Python<'_>, class: &str, message: &str, attributes: &[(&str, &str)]) -> PyErr {
    let make = || -> PyResult<PyErr> {
        let kwargs = PyDict::new(py);
        for (key, value) in attributes {
            kwargs.set_item(key, value)?;
        }
        let class = py.import("sanwang._errors")?.getattr(class)?;
        Ok(PyErr::from_value(class.call((message,), Some(&kwargs))?))
    };
    make().unwrap_or_else(|error| error)
}

/// An error of `send`.
pub(crate) fn send_error(py: Python<'_>, error: &SendError) -> PyErr {
    let (class, field) = match error {
        SendError::BadReceiver(_) => ("BadReceiver", Some("to")),
        SendError::BadCoding(_) => ("BadCoding", Some("coding")),
        SendError::TooLong(_) => ("TooLong", None),
        SendError::Empty => ("EmptyMessage", Some("text")),
        SendError::BadSetting(_) => ("BadSetting", error.field()),
        SendError::NoRoute(_) => ("NoRoute", None),
        SendError::QueueFull(_) => ("QueueFull", None),
        SendError::NotConnected(..) => ("NotConnected", None),
        SendError::Closed => ("Closed", None),
        SendError::WouldDeadlock => ("WouldDeadlock", None),
        SendError::Forked => ("Forked", None),
        _ => ("SendError", None),
    };
    let mut attributes = vec![("name", error.name())];
    attributes.extend(field.map(|f| ("field", f)));
    exception(py, class, &error.to_string(), &attributes)
}

/// An error of a query or cancel.
pub(crate) fn ask_error(py: Python<'_>, error: &AskError) -> PyErr {
    let class = match error {
        AskError::InFlight => "InFlight",
        AskError::NotConnected(_) => "NotConnected",
        AskError::NoAnswer(_) => "Timeout",
        AskError::WouldDeadlock => "WouldDeadlock",
        AskError::Closed => "Closed",
        AskError::Forked => "Forked",
        _ => "AskError",
    };
    exception(py, class, &error.to_string(), &[("name", error.name())])
}

/// An error of a link.
pub(crate) fn link_error(py: Python<'_>, error: &LinkError) -> PyErr {
    let class = match error {
        LinkError::Closed => "Closed",
        LinkError::WouldDeadlock => "WouldDeadlock",
        _ => "LinkError",
    };
    exception(py, class, &error.to_string(), &[("name", error.name())])
}

/// A setting that is wrong.
pub(crate) fn setting_error(py: Python<'_>, error: &SettingError) -> PyErr {
    let field = error.key().map(|key| ("field", key));
    exception(py, "ConfigError", &error.to_string(), field.as_slice())
}

/// An error of opening.
pub(crate) fn open_error(py: Python<'_>, error: &OpenError) -> PyErr {
    match error {
        OpenError::Setting(setting) => setting_error(py, setting),
        OpenError::System { .. } => exception(py, "OpenFailed", &error.to_string(), &[]),
        _ => exception(py, "ConfigError", &error.to_string(), &[]),
    }
}

/// An error of `wait_online`.
pub(crate) fn wait_error(py: Python<'_>, error: &WaitError) -> PyErr {
    let class = match error {
        WaitError::Timeout(_) => "Timeout",
        WaitError::Refused(_) => "LoginRefused",
        WaitError::Closed => "Closed",
        WaitError::WouldDeadlock => "WouldDeadlock",
        _ => "SanwangError",
    };
    exception(py, class, &error.to_string(), &[])
}

/// The text of a file. Its error names the file, as those of Python do.
pub(crate) fn read_file(path: &Path) -> PyResult<String> {
    std::fs::read_to_string(path).map_err(|error| match error.raw_os_error() {
        Some(number) => {
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or_default().to_owned();
            PyOSError::new_err((number, text, path.display().to_string()))
        }
        None => PyOSError::new_err(format!("{}: {error}", path.display())),
    })
}

/// Runs the core. A panic there is a bug of the library: it becomes an InternalError, so that the program can
/// go on or end in order.
pub(crate) fn guarded<T>(py: Python<'_>, run: impl FnOnce() -> T) -> PyResult<T> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| internal(py, &*panic))
}

fn internal(py: Python<'_>, panic: &(dyn std::any::Any + Send)) -> PyErr {
    let what = panic
        .downcast_ref::<&str>()
        .map(|s| (*s).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned());
    exception(py, "InternalError", &format!("this is a bug of sanwang: {what}"), &[])
}
