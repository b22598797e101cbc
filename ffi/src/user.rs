//! The application's `user`: given to its functions, and freed once when none of them runs or starts any more.

use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

/// Frees `user`.
type Free = unsafe extern "C" fn(user: *mut c_void);

/// What the application's functions are given, while their client or gateway is open.
#[derive(Debug)]
pub(crate) struct User {
    user: *mut c_void,
    free: Option<Free>,
    /// Functions that run, times two; plus one when no more may start.
    running: AtomicUsize,
    is_free: AtomicBool,
}

// SAFETY: the header says that handlers run on any thread, so `user` is made for that.
unsafe impl Send for User {}
// SAFETY: as above; the rest is atomic.
unsafe impl Sync for User {}

const ENDED: usize = 1;
const ONE: usize = 2;

/// Counts a function until it has returned.
struct Running<'a>(&'a User);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if self.0.running.fetch_sub(ONE, SeqCst) == ONE + ENDED {
            self.0.free();
        }
    }
}

impl User {
    pub(crate) fn new(user: *mut c_void, free: Option<Free>) -> Self {
        User { user, free, running: AtomicUsize::new(0), is_free: AtomicBool::new(false) }
    }

    /// Runs something with `user`; nothing after the end.
    pub(crate) fn with<R>(&self, run: impl FnOnce(*mut c_void) -> R) -> Option<R> {
        let ended = self.running.fetch_add(ONE, SeqCst) & ENDED != 0;
        let _running = Running(self);
        if ended { None } else { Some(run(self.user)) }
    }

    /// Lets nothing more start. `user` is freed by the last function that runs, or at once.
    pub(crate) fn end(&self) {
        if self.running.fetch_or(ENDED, SeqCst) & !ENDED == 0 {
            self.free();
        }
    }

    fn free(&self) {
        if self.is_free.swap(true, SeqCst) {
            return;
        }
        if let Some(free) = self.free {
            // SAFETY: the application's function for its `user`; this is the only call.
            unsafe { free(self.user) };
        }
    }
}

impl Drop for User {
    fn drop(&mut self) {
        self.end();
    }
}
