//! Joining the parts of long messages, within bounds and with time as an argument (`sms-content.md` 6).

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use bytes::Bytes;

use super::coding::Coding;
use super::message::{Message, Part};
use super::udh::{Concat, Width};

/// Octets that a parked part is counted with beside its content: what the bookkeeping takes.
const PART_OVERHEAD: usize = 64;

/// How long and how much a [`Joiner`] keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JoinRules {
    /// Nanoseconds after its latest new part at which a message is given up.
    pub deadline_ns: u64,
    /// Most messages with parts missing.
    pub max_sets: usize,
    /// Most octets of parked parts; each counts with its content and 64 octets of bookkeeping.
    pub max_octets: usize,
}

impl Default for JoinRules {
    /// 10 minutes, 10,000 messages, 16 MiB.
    fn default() -> Self {
        Self { deadline_ns: 600_000_000_000, max_sets: 10_000, max_octets: 16 << 20 }
    }
}

/// What became of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JoinState<K> {
    /// It waits for the other parts.
    Parked,
    /// It was there already, octet for octet: acknowledge it and do nothing else.
    Duplicate,
    /// It was the last one missing.
    Complete(Message<K>),
}

/// What [`Joiner::add`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Joined<K> {
    /// What became of the part.
    pub state: JoinState<K>,
    /// Messages given up with parts missing: the sender used the reference again with other content, or the oldest
    /// had to go to keep the bounds. A part larger than the bound by itself comes back here.
    pub displaced: Vec<Message<K>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct SetKey<K> {
    key: K,
    width: Width,
    reference: u16,
    total: u8,
}

#[derive(Debug)]
struct Set {
    /// By index. A vector of `total` places would let a sender of first parts take far more than it sends.
    parts: BTreeMap<u8, Part>,
    /// When the latest new part came.
    touched_ns: u64,
    /// The place in the order of age.
    age: u64,
}

impl Set {
    fn octets(&self) -> usize {
        self.parts.values().map(cost).fold(0, usize::saturating_add)
    }
}

/// Senders number parts from 1, some from 0; 0 and `total` together are neither.
fn is_complete(parts: &BTreeMap<u8, Part>, total: u8) -> bool {
    parts.len() == usize::from(total) && !(parts.contains_key(&0) && parts.contains_key(&total))
}

fn cost(part: &Part) -> usize {
    part.content.len().saturating_add(PART_OVERHEAD)
}

/// Joins the parts of long messages. `K` is what makes references of one sender one: account, source and destination.
///
/// Parts may come in any order and repeatedly. Status reports do not belong here, even if they have a header.
#[derive(Debug)]
pub struct Joiner<K> {
    rules: JoinRules,
    sets: HashMap<SetKey<K>, Set>,
    /// The sets from the one that waits longest for a new part to the latest.
    ages: BTreeMap<u64, SetKey<K>>,
    next_age: u64,
    octets: usize,
    /// The latest time seen, so that a clock that steps back does not disturb the order.
    now_ns: u64,
}

impl<K: Clone + Eq + Hash> Joiner<K> {
    /// An empty joiner.
    pub fn new(rules: JoinRules) -> Self {
        Self { rules, sets: HashMap::new(), ages: BTreeMap::new(), next_age: 0, octets: 0, now_ns: 0 }
    }

    /// Other bounds, from the next part on.
    pub fn change(&mut self, rules: JoinRules) {
        self.rules = rules;
    }

    /// Messages that wait for parts.
    pub fn sets(&self) -> usize {
        self.sets.len()
    }

    /// Octets parked, counted as [`JoinRules::max_octets`] says.
    pub fn octets(&self) -> usize {
        self.octets
    }

    /// Adds a part. The content is copied when it is parked, so that it does not hold on to a larger buffer.
    ///
    /// A message of one part, and a part whose `concat` cannot be (index above total), are complete at once.
    pub fn add(&mut self, now_ns: u64, key: K, concat: Concat, part: Part) -> Joined<K> {
        self.now_ns = self.now_ns.max(now_ns);
        let Concat { width, reference, total, index } = concat;
        let mut displaced = Vec::new();
        let set_key = SetKey { key, width, reference, total };
        if total <= 1 || index > total {
            let message = message(SetKey { total: 1, ..set_key }, BTreeMap::from([(1, part)]));
            return Joined { state: JoinState::Complete(message), displaced };
        }

        match self.sets.get(&set_key).and_then(|set| set.parts.get(&index)) {
            Some(there) if there.coding == part.coding && there.content == part.content => {
                return Joined { state: JoinState::Duplicate, displaced };
            }
            Some(_) => displaced.extend(self.take(&set_key)),
            None => {}
        }

        let age = self.next_age;
        self.next_age = age.wrapping_add(1);
        let touched_ns = self.now_ns;
        let set = self.sets.entry(set_key.clone()).or_insert_with(|| Set {
            parts: BTreeMap::new(),
            touched_ns,
            age,
        });
        self.ages.remove(&set.age);
        set.age = age;
        set.touched_ns = touched_ns;
        self.octets = self.octets.saturating_add(cost(&part));
        set.parts.insert(index, Part { content: Bytes::copy_from_slice(&part.content), ..part });
        let complete = is_complete(&set.parts, total);
        self.ages.insert(age, set_key.clone());

        let state = match complete.then(|| self.take(&set_key)).flatten() {
            Some(message) => JoinState::Complete(message),
            None => JoinState::Parked,
        };
        while self.sets.len() > self.rules.max_sets || self.octets > self.rules.max_octets {
            match self.take_oldest() {
                Some(message) => displaced.push(message),
                None => break,
            }
        }
        Joined { state, displaced }
    }

    /// When [`expire`](Self::expire) has something to do next.
    pub fn deadline(&self) -> Option<u64> {
        let (_, key) = self.ages.first_key_value()?;
        let set = self.sets.get(key)?;
        Some(set.touched_ns.saturating_add(self.rules.deadline_ns))
    }

    /// Gives up the messages whose deadline has come, oldest first.
    pub fn expire(&mut self, now_ns: u64) -> Vec<Message<K>> {
        self.now_ns = self.now_ns.max(now_ns);
        let mut expired = Vec::new();
        while self.deadline().is_some_and(|deadline| deadline <= self.now_ns) {
            expired.extend(self.take_oldest());
        }
        expired
    }

    /// Gives up all messages, oldest first: for closing.
    pub fn drain(&mut self) -> Vec<Message<K>> {
        std::iter::from_fn(|| self.take_oldest()).collect()
    }

    fn take_oldest(&mut self) -> Option<Message<K>> {
        let key = self.ages.first_key_value()?.1.clone();
        self.take(&key)
    }

    fn take(&mut self, key: &SetKey<K>) -> Option<Message<K>> {
        let (key, set) = self.sets.remove_entry(key)?;
        self.ages.remove(&set.age);
        self.octets = self.octets.saturating_sub(set.octets());
        Some(message(key, set.parts))
    }
}

fn message<K>(key: SetKey<K>, mut by_index: BTreeMap<u8, Part>) -> Message<K> {
    let SetKey { key, width, reference, total } = key;
    let have = u8::try_from(by_index.len()).unwrap_or(u8::MAX).min(total);
    let coding = by_index.values().next().map_or(Coding::ASCII, |part| part.coding);
    let complete = is_complete(&by_index, total);
    let first = if by_index.contains_key(&0) { 0 } else { 1 };
    let places = usize::from(total);
    let mut parts: Vec<Option<Part>> = (first..=total).map(|index| by_index.remove(&index)).collect();
    if parts.len() > places && parts.last().is_some_and(Option::is_none) {
        parts.truncate(places);
    }
    Message { key, width, reference, coding, parts, have, total, complete }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: JoinRules = JoinRules { deadline_ns: 100, max_sets: 3, max_octets: 10_000 };

    fn concat(reference: u16, total: u8, index: u8) -> Concat {
        Concat { width: Width::Eight, reference, total, index }
    }

    fn part(content: &str) -> Part {
        Part { coding: Coding::ASCII, content: Bytes::copy_from_slice(content.as_bytes()), tag: 0 }
    }

    fn text<K>(message: &Message<K>) -> String {
        message.text().text.unwrap()
    }

    fn complete<K: std::fmt::Debug>(joined: Joined<K>) -> Message<K> {
        match joined.state {
            JoinState::Complete(message) => message,
            state => panic!("not complete: {state:?}"),
        }
    }

    fn parked<K: std::fmt::Debug>(joined: Joined<K>) {
        assert!(matches!(joined.state, JoinState::Parked), "{joined:?}");
        assert!(joined.displaced.is_empty(), "{joined:?}");
    }

    #[test]
    fn key_width_reference_and_total_keep_messages_apart() {
        let mut joiner = Joiner::new(JoinRules { max_sets: 9, ..RULES });
        parked(joiner.add(0, "a", concat(0, 2, 1), part("a1")));
        parked(joiner.add(0, "b", concat(0, 2, 2), part("b2")));
        parked(joiner.add(0, "a", concat(1, 2, 2), part("x")));
        parked(joiner.add(0, "a", concat(0, 3, 2), part("x")));
        parked(joiner.add(0, "a", Concat { width: Width::Sixteen, ..concat(0, 2, 2) }, part("x")));
        let message = complete(joiner.add(0, "a", concat(0, 2, 2), part("a2")));
        assert_eq!((text(&message).as_str(), message.key), ("a1a2", "a"));
        assert!(message.complete && message.have == 2 && message.total == 2);
        assert_eq!(text(&complete(joiner.add(0, "b", concat(0, 2, 1), part("b1")))), "b1b2");
        assert_eq!(joiner.sets(), 3);
    }

    #[test]
    fn other_content_in_a_filled_place_starts_a_new_message() {
        let mut joiner = Joiner::new(RULES);
        parked(joiner.add(0, (), concat(0, 2, 1), part("old")));
        let again = joiner.add(1, (), concat(0, 2, 1), Part { tag: 9, ..part("old") });
        assert_eq!(again, Joined { state: JoinState::Duplicate, displaced: Vec::new() });
        let reused = joiner.add(2, (), concat(0, 2, 1), part("new"));
        assert_eq!(reused.state, JoinState::Parked);
        assert_eq!(reused.displaced.len(), 1);
        assert_eq!(text(&reused.displaced[0]), "old");
        assert!(!reused.displaced[0].complete);
        assert_eq!(text(&complete(joiner.add(3, (), concat(0, 2, 2), part("!")))), "new!");
    }

    #[test]
    fn another_coding_in_a_filled_place_is_no_duplicate() {
        let mut joiner = Joiner::new(RULES);
        parked(joiner.add(0, (), concat(0, 2, 1), part("ab")));
        let reused = joiner.add(0, (), concat(0, 2, 1), Part { coding: Coding::UCS2, ..part("ab") });
        assert_eq!(reused.displaced.len(), 1);
    }

    #[test]
    fn deadline_counts_from_the_latest_new_part() {
        let mut joiner = Joiner::new(RULES);
        assert_eq!(joiner.deadline(), None);
        parked(joiner.add(0, "a", concat(1, 3, 1), part("a1")));
        parked(joiner.add(10, "b", concat(1, 3, 1), part("b1")));
        parked(joiner.add(50, "a", concat(1, 3, 3), part("a3")));
        let _ = joiner.add(60, "b", concat(1, 3, 1), part("b1"));
        assert_eq!(joiner.deadline(), Some(110), "a duplicate gives no more time");
        assert!(joiner.expire(109).is_empty());
        assert_eq!(joiner.expire(110).iter().map(text).collect::<Vec<_>>(), ["b1"]);
        let late = joiner.expire(150);
        assert_eq!(text(&late[0]), "a1a3");
        assert_eq!((late[0].have, late[0].total, late[0].complete), (2, 3, false));
        assert!(late[0].parts[1].is_none());
        assert_eq!((joiner.deadline(), joiner.octets()), (None, 0));
    }

    #[test]
    fn a_clock_that_steps_back_does_not_disturb_the_order() {
        let mut joiner = Joiner::new(RULES);
        parked(joiner.add(1000, "a", concat(1, 2, 1), part("a")));
        parked(joiner.add(10, "b", concat(1, 2, 1), part("b")));
        assert_eq!(joiner.expire(1099).len(), 0);
        assert_eq!(joiner.expire(1100).len(), 2);
    }

    #[test]
    fn parts_numbered_from_zero_join() {
        let mut joiner = Joiner::new(RULES);
        parked(joiner.add(0, (), concat(0, 3, 1), part("b")));
        parked(joiner.add(0, (), concat(0, 3, 0), part("a")));
        let message = complete(joiner.add(0, (), concat(0, 3, 2), part("c")));
        assert_eq!(text(&message), "abc");
        assert_eq!(message.parts.len(), 3);
    }

    #[test]
    fn zero_and_total_together_are_not_complete() {
        let mut joiner = Joiner::new(RULES);
        parked(joiner.add(0, (), concat(0, 2, 0), part("a")));
        parked(joiner.add(0, (), concat(0, 2, 2), part("c")));
        parked(joiner.add(0, (), concat(0, 2, 1), part("b")));
        let message = &joiner.drain()[0];
        assert_eq!((text(message).as_str(), message.complete), ("abc", false));
    }

    #[test]
    fn one_part_and_impossible_parts_are_complete_at_once() {
        let mut joiner = Joiner::new(RULES);
        for concat in [concat(7, 1, 1), concat(7, 2, 3), concat(7, 0, 0)] {
            let message = complete(joiner.add(0, (), concat, part("only")));
            assert_eq!((text(&message).as_str(), message.have, message.total), ("only", 1, 1));
            assert!(message.complete);
        }
        assert_eq!(joiner.sets(), 0);
    }

    #[test]
    fn bounds_push_out_the_oldest() {
        let mut joiner = Joiner::new(RULES);
        for reference in 0..3 {
            parked(joiner.add(0, (), concat(reference, 2, 1), part(&reference.to_string())));
        }
        // The first set becomes the latest.
        let _ = joiner.add(0, (), concat(0, 2, 1), part("0"));
        let full = joiner.add(0, (), concat(3, 2, 1), part("3"));
        assert_eq!(full.displaced.iter().map(text).collect::<Vec<_>>(), ["0"], "a duplicate does not renew");
        let large = "x".repeat(9_840);
        let full = joiner.add(0, (), concat(4, 2, 1), part(&large));
        assert_eq!(full.displaced.iter().map(text).collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(joiner.drain().len(), 2);
        assert_eq!((joiner.sets(), joiner.octets()), (0, 0));
    }

    #[test]
    fn a_part_above_the_bound_comes_back() {
        let mut joiner = Joiner::new(JoinRules { max_octets: 100, ..RULES });
        let large = "x".repeat(37);
        let joined = joiner.add(0, (), concat(4, 2, 1), part(&large));
        assert_eq!(text(&joined.displaced[0]), large);
        assert_eq!((joiner.sets(), joiner.octets(), joiner.deadline()), (0, 0, None));
        parked(joiner.add(0, (), concat(4, 2, 1), part(&large[..36])));
    }

    #[test]
    fn endless_parts_stay_within_the_bounds() {
        let rules = JoinRules { deadline_ns: u64::MAX, max_sets: 50, max_octets: 4_000 };
        let mut joiner = Joiner::new(rules);
        let mut given = 0_usize;
        let mut back = 0_usize;
        for step in 0..20_000_u32 {
            let [_, a, b, c] = step.wrapping_mul(2_654_435_761).to_be_bytes();
            let total = b.max(2);
            let concat = concat(u16::from(a % 40), total, c % total + 1);
            let joined =
                joiner.add(u64::from(step), step % 7, concat, part(&"y".repeat(usize::from(a) % 150)));
            given += usize::from(joined.state != JoinState::Duplicate);
            back += joined.displaced.iter().map(|message| usize::from(message.have)).sum::<usize>();
            if let JoinState::Complete(message) = joined.state {
                back += usize::from(message.have);
            }
            assert!(joiner.sets() <= rules.max_sets && joiner.octets() <= rules.max_octets);
            assert_eq!(joiner.sets.len(), joiner.ages.len());
        }
        back += joiner.drain().iter().map(|message| usize::from(message.have)).sum::<usize>();
        assert_eq!(given, back, "every part comes out once");
        assert_eq!(joiner.octets(), 0);
    }
}
