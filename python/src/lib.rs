//! The native part of the Python package: conversion between the core and Python, and nothing else.
//!
//! No thread of the core ever touches Python. One Python thread of the package polls events in batches, without
//! the GIL, and calls the handlers.
#![deny(unsafe_code)]

mod client;
mod convert;
mod errors;
mod events;
mod settings;
mod shared;
mod sim;
mod text;
mod ticket;
mod wire;

use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Runs the `sanwang` command with these arguments and returns its exit code.
#[pyfunction]
fn run_command(py: Python<'_>, args: Vec<String>) -> PyResult<i32> {
    errors::guarded(py, || py.detach(|| sanwang::cli::run(&args)))
}

/// The native part of sanwang.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    let kinds = PyDict::new(py);
    for (name, kind) in client::KINDS {
        kinds.set_item(name, kind.0)?;
    }
    module.add("KINDS", kinds)?;
    module.add_class::<client::Client>()?;
    module.add_class::<client::Left>()?;
    module.add_class::<ticket::Ticket>()?;
    module.add_class::<events::Deliver>()?;
    module.add_class::<events::Report>()?;
    module.add_class::<events::Segment>()?;
    module.add_class::<events::Outcome>()?;
    module.add_class::<events::Response>()?;
    module.add_class::<events::AccountState>()?;
    module.add_class::<events::Trouble>()?;
    module.add_class::<events::Log>()?;
    module.add_class::<sim::Simulator>()?;
    module.add_class::<sim::Counts>()?;
    module.add_class::<text::Preview>()?;
    module.add_function(wrap_pyfunction!(text::preview, module)?)?;
    module.add_function(wrap_pyfunction!(wire::decode, module)?)?;
    module.add_function(wrap_pyfunction!(settings::setting_keys, module)?)?;
    module.add_function(wrap_pyfunction!(run_command, module)?)
}
