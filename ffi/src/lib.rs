//! The C ABI of sanwang. `include/sanwang.h` is made from this crate; a test keeps it fresh.
//!
//! Every exported function goes through [`boundary`]: pointers are checked there, panics end there, and errors
//! become objects there. This crate converts and does nothing else, and it holds all `unsafe` code that the
//! workspace wrote itself.

// The names are those of the header.
#![allow(non_camel_case_types)]
// The rules for callers are the same for all functions and stand once, at the top of the header.
#![allow(clippy::missing_safety_doc)]

#[cfg(panic = "abort")]
compile_error!("the C ABI needs panic = \"unwind\": a bug must become SANWANG_INTERNAL and not end its host");

/// What the library allocates for itself. A window of messages holds more blocks of a size than the caches of most
/// systems' allocators. Debug builds keep the system's, so that valgrind sees every block.
#[cfg(not(debug_assertions))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[macro_use]
mod boundary;
pub mod asking;
pub mod client;
pub mod config;
pub mod deliver;
pub mod error;
pub mod event;
mod fork;
pub mod gateway;
pub mod handlers;
pub mod link;
pub mod live;
pub mod names;
pub mod notice;
pub mod outcome;
pub mod pdu;
pub mod report;
pub mod response;
pub mod routes;
pub mod sending;
pub mod simulator;
pub mod submit;
pub mod text;
mod user;
pub mod version;
mod view;
