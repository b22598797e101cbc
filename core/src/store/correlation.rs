//! Report matching: by id, then by receiver, then the oldest open entry (`cmpp.md 9.3`, `sgip.md 8`).

use crate::due::DueList;
use crate::message::Ticket;
use crate::slab::{Key, Slab};
use crate::wire::{MsgId, Text};
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

/// Bounds of a correlation.
#[derive(Clone, Copy, Debug)]
pub struct CorrelationRules {
    /// How long an entry waits for its final report, ns.
    pub deadline_ns: u64,
    /// How long an early report waits for its entry, ns.
    pub park_ns: u64,
    /// Decided entries that are remembered for late and repeated reports.
    pub remember: usize,
    /// Early reports that are held.
    pub parked: usize,
}

/// What is known about one segment.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The message.
    pub ticket: Ticket,
    /// The caller's own reference.
    pub reference: Option<Arc<str>>,
    /// The caller's own number.
    pub user_data: u64,
    /// The receiver in national form.
    pub receiver: Text<32>,
    /// Names the segment to the account; stale once the message is decided.
    pub tag: u64,
    /// Which segment, from 1.
    pub segment: u8,
    /// Whether its final report has come, or its message was decided without.
    pub done: bool,
}

/// What a report was matched with.
#[derive(Clone, Debug)]
pub struct Found {
    /// The entry as it was before the report.
    pub entry: Entry,
    /// It was done before: the report is a repeat or comes after the decision.
    pub repeated: bool,
}

/// Ids come from carriers and are spread well by a multiplication; the seed keeps a peer from choosing
/// collisions.
#[derive(Clone, Copy, Debug, Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }
    fn write(&mut self, octets: &[u8]) {
        let (words, rest) = octets.as_chunks::<8>();
        for word in words {
            self.write_u64(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            self.write_u64(rest.iter().fold(0, |word, octet| word << 8 | u64::from(*octet)));
        }
    }
    fn write_u8(&mut self, n: u8) {
        self.write_u64(u64::from(n));
    }
    fn write_u64(&mut self, n: u64) {
        self.0 = (self.0.rotate_left(26) ^ n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    fn write_usize(&mut self, n: usize) {
        self.write_u64(n as u64);
    }
}

/// A number that tells requests with the same sequence apart: equal octets give equal numbers.
pub fn fingerprint(parts: &[&[u8]]) -> u64 {
    let mut hasher = IdHasher::default();
    for part in parts {
        hasher.write(part);
        hasher.write_usize(part.len());
    }
    hasher.finish()
}

/// Almost every id has one entry; gateways that repeat ids make a list of it.
#[derive(Debug)]
enum Slot {
    One(Key),
    Many(Vec<Key>),
}

impl Slot {
    fn keys(&self) -> &[Key] {
        match self {
            Slot::One(key) => std::slice::from_ref(key),
            Slot::Many(keys) => keys,
        }
    }
}

/// An entry and the id it is found by.
#[derive(Debug)]
struct Held {
    id: MsgId,
    entry: Entry,
}

/// The entries lie apart from their index, in the order they came. Ids are looked up anywhere in the index, so it is
/// to be small; the lists of times go through the entries in their order, so they need no look-up.
type Index = HashMap<MsgId, Slot, BuildHasherDefault<IdHasher>>;

/// The segments of one account that wait for reports. `P` is a report that came early.
#[derive(Debug)]
pub struct Correlation<P> {
    rules: CorrelationRules,
    index: Index,
    entries: Slab<Held>,
    /// Entries by deadline: all wait equally long, so insertion order is deadline order.
    deadlines: DueList<Key>,
    /// Done entries in the order they became done.
    done: VecDeque<Key>,
    early: HashMap<MsgId, Vec<(Text<32>, P)>, BuildHasherDefault<IdHasher>>,
    early_deadlines: VecDeque<(u64, MsgId)>,
}

impl<P> Correlation<P> {
    /// An empty one.
    pub fn new(rules: CorrelationRules) -> Self {
        Correlation {
            rules,
            index: HashMap::default(),
            entries: Slab::default(),
            deadlines: DueList::default(),
            done: VecDeque::new(),
            early: HashMap::default(),
            early_deadlines: VecDeque::new(),
        }
    }

    /// Other bounds. Nothing waits longer than something new would.
    pub fn change(&mut self, now_ns: u64, rules: CorrelationRules) {
        let until = now_ns.saturating_add(rules.deadline_ns);
        self.deadlines.hurry(until);
        let until = now_ns.saturating_add(rules.park_ns);
        self.early_deadlines.iter_mut().for_each(|(at, _)| *at = (*at).min(until));
        self.rules = rules;
    }

    /// Entries held, done ones included.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether an id has an entry.
    pub fn knows(&self, id: &MsgId) -> bool {
        self.index.contains_key(id)
    }

    /// Early reports held.
    pub fn parked(&self) -> usize {
        self.early_deadlines.len()
    }

    /// A segment got its id. An id of zero octets names nothing and is not kept.
    pub fn insert(&mut self, now_ns: u64, id: MsgId, entry: Entry) {
        if id.is_zero() {
            return;
        }
        let key = self.entries.insert(Held { id, entry });
        let (until, entries) = (now_ns.saturating_add(self.rules.deadline_ns), &self.entries);
        self.deadlines.push(until, key, |key| entries.get(key).is_some());
        match self.index.entry(id) {
            std::collections::hash_map::Entry::Vacant(slot) => {
                slot.insert(Slot::One(key));
            }
            std::collections::hash_map::Entry::Occupied(mut slot) => match slot.get_mut() {
                Slot::One(first) => {
                    let keys = vec![*first, key];
                    slot.insert(Slot::Many(keys));
                }
                Slot::Many(keys) => keys.push(key),
            },
        }
    }

    /// The early reports of an id that has its entry now.
    pub fn unpark(&mut self, id: MsgId) -> Vec<P> {
        if self.early.is_empty() {
            return Vec::new();
        }
        let reports = self.early.remove(&id).unwrap_or_default();
        if !reports.is_empty() {
            self.early_deadlines.retain(|(_, early)| *early != id);
        }
        reports.into_iter().map(|(_, report)| report).collect()
    }

    /// Finds what a report is about. `is_final` marks the entry done.
    pub fn find(&mut self, id: MsgId, receiver: &Text<32>, is_final: bool) -> Option<Found> {
        let key = pick(&self.entries, self.index.get(&id)?.keys(), receiver)?;
        let entry = &mut self.entries.get_mut(key)?.entry;
        let found = Found { entry: entry.clone(), repeated: entry.done };
        if is_final && !entry.done {
            entry.done = true;
            self.remember_done(key);
        }
        Some(found)
    }

    /// The segment's message was decided without a final report of this segment.
    pub fn settle(&mut self, id: MsgId, tag: u64) {
        let keys = self.index.get(&id).map_or(&[][..], Slot::keys);
        let is_open =
            |key: &&Key| self.entries.get(**key).is_some_and(|h| h.entry.tag == tag && !h.entry.done);
        let Some(key) = keys.iter().find(is_open).copied() else { return };
        if let Some(held) = self.entries.get_mut(key) {
            held.entry.done = true;
        }
        self.remember_done(key);
    }

    fn remember_done(&mut self, key: Key) {
        self.done.push_back(key);
        while self.done.len() > self.rules.remember {
            if let Some(oldest) = self.done.pop_front() {
                self.remove(oldest);
            }
        }
        let entries = &self.entries;
        self.deadlines.trim(|key| entries.get(key).is_some());
    }

    fn remove(&mut self, key: Key) -> Option<Entry> {
        let Held { id, entry } = self.entries.remove(key)?;
        match self.index.get_mut(&id) {
            Some(Slot::Many(keys)) if keys.len() > 1 => keys.retain(|other| *other != key),
            _ => {
                self.index.remove(&id);
            }
        }
        Some(entry)
    }

    /// Holds a report that came before its answer. Gives back the oldest one when there are too many.
    pub fn park(&mut self, now_ns: u64, id: MsgId, receiver: Text<32>, report: P) -> Option<P> {
        let displaced = if self.early_deadlines.len() >= self.rules.parked { self.pop_early() } else { None };
        self.early_deadlines.push_back((now_ns.saturating_add(self.rules.park_ns), id));
        self.early.entry(id).or_default().push((receiver, report));
        displaced
    }

    fn pop_early(&mut self) -> Option<P> {
        let (_, id) = self.early_deadlines.pop_front()?;
        let reports = self.early.get_mut(&id)?;
        let (_, report) = reports.remove(0);
        if reports.is_empty() {
            self.early.remove(&id);
        }
        Some(report)
    }

    /// When the next entry or early report is due.
    pub fn deadline(&self) -> Option<u64> {
        let entry = self.deadlines.first();
        let early = self.early_deadlines.front().map(|(at, _)| *at);
        match (entry, early) {
            (Some(entry), Some(early)) => Some(entry.min(early)),
            (entry, early) => entry.or(early),
        }
    }

    /// One early report whose time is over.
    pub fn expire_early(&mut self, now_ns: u64) -> Option<P> {
        if self.early_deadlines.front()?.0 > now_ns {
            return None;
        }
        self.pop_early()
    }

    /// One entry whose deadline has passed; open ones are to be decided without report.
    pub fn expire(&mut self, now_ns: u64) -> Option<Entry> {
        while let Some(key) = self.deadlines.pop_due(now_ns) {
            if let Some(entry) = self.remove(key) {
                return Some(entry);
            }
        }
        None
    }
}

/// Which of the entries with one id a report is about: the open one with its receiver (86 is optional on both
/// sides), then a done one with its receiver, then, when only one entry has the id, that one: gateways put
/// pseudonyms and other forms into the field.
fn pick(entries: &Slab<Held>, keys: &[Key], receiver: &Text<32>) -> Option<Key> {
    if let [only] = keys {
        return Some(*only);
    }
    let number = national(receiver.as_bytes());
    let of_receiver = |key: &Key| {
        let entry = &entries.get(*key)?.entry;
        (national(entry.receiver.as_bytes()) == number).then_some(entry.done)
    };
    let open = keys.iter().find(|key| of_receiver(key) == Some(false));
    open.or_else(|| keys.iter().find(|key| of_receiver(key).is_some())).copied()
}

fn national(number: &[u8]) -> &[u8] {
    let digits = number.strip_prefix(b"+").unwrap_or(number);
    let digits = digits.strip_prefix(b"00").unwrap_or(digits);
    match digits.strip_prefix(b"86") {
        Some(rest) if rest.len() >= 11 => rest,
        _ => digits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(tag: u64, receiver: &str) -> Entry {
        Entry {
            ticket: Ticket::from_u64(tag),
            reference: None,
            user_data: 0,
            receiver: Text::new(receiver).unwrap(),
            tag,
            segment: 1,
            done: false,
        }
    }

    fn number(text: &str) -> Text<32> {
        Text::new(text).unwrap()
    }

    fn rules() -> CorrelationRules {
        CorrelationRules { deadline_ns: 1000, park_ns: 100, remember: 3, parked: 2 }
    }

    #[test]
    fn id_then_receiver_then_oldest_open() {
        let mut c: Correlation<()> = Correlation::new(rules());
        let id = MsgId::from_cmpp(7);
        c.insert(0, id, entry(1, "13800138000"));
        c.insert(0, id, entry(2, "13900139000"));
        c.insert(0, id, entry(3, "13900139000"));
        assert_eq!(c.find(id, &number("8613900139000"), true).unwrap().entry.tag, 2);
        assert_eq!(c.find(id, &number("+8613900139000"), true).unwrap().entry.tag, 3, "the next open one");
        let again = c.find(id, &number("13900139000"), true).unwrap();
        assert!(again.repeated);
        assert_eq!(c.find(id, &number("13800138000"), true).unwrap().entry.tag, 1);
        assert!(c.find(MsgId::from_cmpp(8), &number("13800138000"), true).is_none());
    }

    #[test]
    fn a_lone_entry_is_found_whatever_the_receiver_field_says() {
        let mut c: Correlation<()> = Correlation::new(rules());
        c.insert(0, MsgId::from_cmpp(7), entry(1, "13800138000"));
        assert_eq!(c.find(MsgId::from_cmpp(7), &number("pseudonym"), true).unwrap().entry.tag, 1);
    }

    #[test]
    fn zero_is_never_a_key() {
        let mut c: Correlation<()> = Correlation::new(rules());
        c.insert(0, MsgId::from_cmpp(0), entry(1, "13800138000"));
        assert!(c.is_empty());
        assert!(c.find(MsgId::from_cmpp(0), &number("13800138000"), true).is_none());
    }

    #[test]
    fn intermediate_reports_leave_the_entry_open() {
        let mut c: Correlation<()> = Correlation::new(rules());
        c.insert(0, MsgId::from_cmpp(7), entry(1, "13800138000"));
        assert!(!c.find(MsgId::from_cmpp(7), &number("13800138000"), false).unwrap().repeated);
        assert!(!c.find(MsgId::from_cmpp(7), &number("13800138000"), true).unwrap().repeated);
    }

    #[test]
    fn done_entries_are_bounded_and_their_deadlines_go_with_them() {
        let mut c: Correlation<()> = Correlation::new(rules());
        for i in 1..=100 {
            c.insert(i, MsgId::from_cmpp(i), entry(i, "13800138000"));
            c.find(MsgId::from_cmpp(i), &number("13800138000"), true).unwrap();
        }
        assert!(c.len() <= 4, "{} deadlines", c.len());
        assert!(c.find(MsgId::from_cmpp(100), &number("13800138000"), true).unwrap().repeated);
        assert!(c.find(MsgId::from_cmpp(1), &number("13800138000"), true).is_none());
    }

    #[test]
    fn a_report_that_never_comes_keeps_no_others() {
        let mut c: Correlation<()> = Correlation::new(CorrelationRules { deadline_ns: 1 << 40, ..rules() });
        c.insert(0, MsgId::from_cmpp(u64::MAX), entry(0, "13800138000"));
        for i in 1..=100_000 {
            c.insert(i, MsgId::from_cmpp(i), entry(i, "13800138000"));
            c.find(MsgId::from_cmpp(i), &number("13800138000"), true).unwrap();
            assert!(c.len() <= 4 && c.deadlines.len() < 300, "{} of {}", c.deadlines.len(), c.len());
        }
        assert_eq!(c.expire(u64::MAX).unwrap().tag, 0);
        while c.expire(u64::MAX).is_some() {}
        assert!(c.is_empty() && c.deadlines.is_empty() && c.index.is_empty());
    }

    #[test]
    fn early_reports_wait_are_bounded_and_expire() {
        let mut c: Correlation<u32> = Correlation::new(rules());
        let id = MsgId::from_cmpp;
        assert_eq!(c.park(0, id(1), number("1"), 10), None);
        assert_eq!(c.park(1, id(2), number("1"), 20), None);
        assert_eq!(c.park(2, id(3), number("1"), 30), Some(10), "the oldest makes room");
        assert_eq!(c.unpark(id(2)), vec![20]);
        assert_eq!(c.deadline(), Some(102));
        assert_eq!(c.expire_early(101), None);
        assert_eq!(c.expire_early(102), Some(30));
        assert_eq!((c.parked(), c.deadline()), (0, None));
    }

    #[test]
    fn open_entries_come_back_at_their_deadline() {
        let mut c: Correlation<()> = Correlation::new(rules());
        c.insert(5, MsgId::from_cmpp(1), entry(1, "13800138000"));
        c.settle(MsgId::from_cmpp(1), 1);
        c.insert(6, MsgId::from_cmpp(2), entry(2, "13800138000"));
        let first = c.expire(1005).unwrap();
        assert!(first.done);
        assert!(c.expire(1005).is_none());
        assert!(!c.expire(1006).unwrap().done);
    }
}
