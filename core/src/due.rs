//! Things that are due, in the order of their times. Most of them end before, and the list stays in proportion to those
//! that have not.

use std::collections::VecDeque;

/// Below this many entries the list is not swept.
const FEW: usize = 256;

/// A list of things and the times they are due at, which rise.
///
/// What has ended is dropped where it stands at the head, and elsewhere now and then: one thing that stays open for long
/// must not keep the entries of all that came after it.
#[derive(Debug)]
pub(crate) struct DueList<T> {
    list: VecDeque<(u64, T)>,
    /// The length at which it is swept.
    sweep_at: usize,
}

impl<T> Default for DueList<T> {
    fn default() -> Self {
        DueList { list: VecDeque::new(), sweep_at: FEW }
    }
}

impl<T: Copy> DueList<T> {
    /// Entries, those included that have ended and are not dropped yet: at most twice as many as were open when it was
    /// swept last, and 256.
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Adds a thing that is due after all others. `is_open` says of one whether it has not ended.
    pub(crate) fn push(&mut self, at: u64, thing: T, is_open: impl Fn(T) -> bool) {
        if self.list.len() >= self.sweep_at {
            self.list.retain(|(_, thing)| is_open(*thing));
            self.sweep_at = FEW.max(2 * self.list.len());
            self.list.shrink_to(self.sweep_at);
        }
        self.list.push_back((at, thing));
    }

    /// When the first is due.
    pub(crate) fn first(&self) -> Option<u64> {
        self.list.front().map(|(at, _)| *at)
    }

    /// The first one, if it is due.
    pub(crate) fn pop_due(&mut self, now_ns: u64) -> Option<T> {
        self.first().filter(|at| *at <= now_ns)?;
        self.list.pop_front().map(|(_, thing)| thing)
    }

    /// Drops what has ended at the head.
    pub(crate) fn trim(&mut self, is_open: impl Fn(T) -> bool) {
        while self.list.front().is_some_and(|(_, thing)| !is_open(*thing)) {
            self.list.pop_front();
        }
    }

    /// Nothing is due later than at `until`.
    pub(crate) fn hurry(&mut self, until: u64) {
        self.list.iter_mut().for_each(|(at, _)| *at = (*at).min(until));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_stays_open_does_not_keep_the_others() {
        let mut list = DueList::default();
        list.push(10, 0, |_| true);
        for thing in 1..100_000u64 {
            // Of those before, the first one is open and nothing else.
            list.push(10 + thing, thing, |thing| thing == 0);
            assert!(list.len() <= FEW + 1, "{} entries at {thing}", list.len());
        }
        assert!(list.list.capacity() <= 4 * FEW);
        assert_eq!((list.first(), list.pop_due(9), list.pop_due(10)), (Some(10), None, Some(0)));
    }

    #[test]
    fn what_is_open_stays_in_order() {
        let mut list = DueList::default();
        for thing in 0..10_000u64 {
            list.push(thing, thing, |thing| thing % 3 == 0);
        }
        list.trim(|thing| thing > 5);
        assert_eq!(list.first(), Some(6));
        let left: Vec<u64> = std::iter::from_fn(|| list.pop_due(9_000)).filter(|n| n % 3 == 0).collect();
        assert_eq!(left, (6..=9_000).step_by(3).collect::<Vec<u64>>());
        list.hurry(9_001);
        assert_eq!(std::iter::from_fn(|| list.pop_due(9_001)).filter(|n| n % 3 == 0).count(), 333);
        assert!(list.is_empty());
    }
}
