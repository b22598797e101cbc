//! Notices that the process was forked: a child has none of the library's threads, and its copy of their locks may
//! be held for good.

use crate::error::Failure;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// How often this process and those before it were forked since the library was used first.
static FORKS: AtomicU32 = AtomicU32::new(0);

/// When an object was opened, counted in forks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Birth(u32);

impl Birth {
    /// Now.
    pub(crate) fn now() -> Self {
        static WATCH: Once = Once::new();
        WATCH.call_once(watch);
        Birth(FORKS.load(Relaxed))
    }

    /// Whether this is a child of the process that opened the object.
    pub(crate) fn is_forked(self) -> bool {
        FORKS.load(Relaxed) != self.0
    }

    /// Fails in a child.
    pub(crate) fn check(self) -> Result<(), Failure> {
        if self.is_forked() { Err(Failure::forked()) } else { Ok(()) }
    }
}

extern "C" fn forked() {
    FORKS.fetch_add(1, Relaxed);
    sanwang_core::note_fork();
}

#[cfg(unix)]
fn watch() {
    type Handler = Option<extern "C" fn()>;
    unsafe extern "C" {
        fn pthread_atfork(prepare: Handler, parent: Handler, child: Handler) -> std::ffi::c_int;
    }
    // SAFETY: the handler stays as long as the process, because unloading the library is not supported, and it
    // does what a child of several threads may do. Where memory is short a child is not noticed.
    let _ = unsafe { pthread_atfork(None, None, Some(forked)) };
}

#[cfg(not(unix))]
fn watch() {
    // There is no fork.
    let _ = forked;
}
