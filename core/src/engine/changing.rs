//! Something that changes seldom and is read with every message.

use super::reactor::lock;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// A value that was set at the start and may be replaced. Until it is, reading costs one load.
#[derive(Debug)]
pub(super) struct Changing<T> {
    first: Arc<T>,
    changed: AtomicBool,
    now: Mutex<Arc<T>>,
}

/// The value at one moment.
#[derive(Debug)]
pub(super) enum Held<'a, T> {
    First(&'a T),
    Later(Arc<T>),
}

impl<T> Deref for Held<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        match self {
            Held::First(value) => value,
            Held::Later(value) => value,
        }
    }
}

impl<T> Changing<T> {
    pub(super) fn new(value: T) -> Self {
        let first = Arc::new(value);
        Changing { changed: AtomicBool::new(false), now: Mutex::new(first.clone()), first }
    }

    /// The value now.
    pub(super) fn get(&self) -> Held<'_, T> {
        match self.changed.load(Ordering::Acquire) {
            false => Held::First(&self.first),
            true => Held::Later(lock(&self.now).clone()),
        }
    }

    /// Replaces it. Who holds the old one goes on with it.
    pub(super) fn set(&self, value: T) {
        *lock(&self.now) = Arc::new(value);
        self.changed.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_value_is_read_and_older_ones_live_as_long_as_they_are_held() {
        let number = Changing::new(1);
        let before = number.get();
        number.set(2);
        let after = number.get();
        number.set(3);
        assert_eq!((*before, *after, *number.get()), (1, 2, 3));
    }
}
