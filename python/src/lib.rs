//! The native part of the Python package: conversion between the core and Python, and nothing else.
//!
//! No thread of the core ever touches Python. One Python thread of the package takes events in batches, without the
//! GIL, and calls the handlers.
#![deny(unsafe_code)]

mod client;
mod convert;
mod dispatch;
mod errors;
mod events;
mod gateway;
mod link;
mod live;
mod routes;
mod settings;
mod several;
mod shared;
mod sim;
mod stats;
mod text;
mod ticket;
mod wire;
mod wire_values;

use pyo3::prelude::*;
use pyo3::types::PyDict;

/// What the core allocates. A window of messages holds more blocks of a size than the caches of most systems'
/// allocators.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs the `sanwang` command with these arguments and returns its exit code.
#[pyfunction]
fn run_command(py: Python<'_>, args: Vec<String>) -> PyResult<i32> {
    errors::guarded(py, || py.detach(|| sanwang::cli::run(&args)))
}

/// Called in the child of a fork: what is open there is its parent's.
#[pyfunction]
fn note_fork() {
    sanwang::note_fork();
    shared::note_fork();
}

/// The native part of sanwang.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    let kinds = PyDict::new(py);
    for (name, kind) in dispatch::KINDS {
        kinds.set_item(name, kind.0)?;
    }
    module.add("KINDS", kinds)?;
    module.add_class::<client::Client>()?;
    module.add_class::<client::Left>()?;
    module.add_class::<live::Changed>()?;
    module.add_class::<gateway::Gateway>()?;
    module.add_class::<gateway::Login>()?;
    module.add_class::<gateway::Answer>()?;
    module.add("ACCEPT", gateway::Answer::ACCEPT)?;
    module.add("LATER", gateway::Answer::LATER)?;
    module.add_class::<gateway::NotNow>()?;
    module.add("NOT_NOW", gateway::NotNow)?;
    module.add_class::<ticket::Ticket>()?;
    module.add_class::<events::Deliver>()?;
    module.add_class::<events::Report>()?;
    module.add_class::<events::Segment>()?;
    module.add_class::<events::Outcome>()?;
    module.add_class::<events::Submit>()?;
    module.add_class::<events::Response>()?;
    module.add_class::<events::AccountState>()?;
    module.add_class::<events::Trouble>()?;
    module.add_class::<events::Log>()?;
    module.add_class::<events::Query>()?;
    module.add_class::<events::Cancel>()?;
    module.add_class::<events::DayCounts>()?;
    module.add_class::<link::Link>()?;
    module.add_class::<events::LinkRequest>()?;
    module.add_class::<events::LinkReply>()?;
    module.add_class::<routes::RouteTable>()?;
    module.add_class::<events::RouteEntry>()?;
    module.add_class::<sim::Simulator>()?;
    module.add_class::<sim::Counts>()?;
    module.add_class::<text::Preview>()?;
    module.add_function(wrap_pyfunction!(gateway::reject, module)?)?;
    module.add_function(wrap_pyfunction!(text::preview, module)?)?;
    module.add_function(wrap_pyfunction!(wire::decode, module)?)?;
    module.add_function(wrap_pyfunction!(wire_values::decode_body, module)?)?;
    module.add_function(wrap_pyfunction!(wire_values::encode, module)?)?;
    module.add_function(wrap_pyfunction!(settings::setting_keys, module)?)?;
    module.add_function(wrap_pyfunction!(note_fork, module)?)?;
    module.add_function(wrap_pyfunction!(run_command, module)?)
}
