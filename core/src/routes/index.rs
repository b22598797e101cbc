//! Finding the route of a number without looking at every route.

use super::table::{Kind, Route, Target};
use std::collections::{BTreeMap, BTreeSet};

/// The routes by what they serve.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// Number segments by length and first number. Segments of one length never overlap.
    segments: BTreeMap<(usize, String), u32>,
    /// Routes of a service number.
    services: BTreeMap<String, BTreeSet<u32>>,
    /// Gateway definitions by code.
    gateways: BTreeMap<String, u32>,
}

/// A number without the country code it may have.
pub(super) fn national(number: &str) -> &str {
    let digits = number.strip_prefix('+').unwrap_or(number);
    digits.strip_prefix("86").filter(|rest| rest.len() >= 11).unwrap_or(digits)
}

impl Index {
    pub(super) fn add(&mut self, route: &Route) {
        match &route.target {
            Target::Segment { first, .. } => {
                self.segments.insert((first.len(), first.clone()), route.id);
            }
            Target::Service { sp_code, .. } => {
                self.services.entry(sp_code.clone()).or_default().insert(route.id);
            }
            Target::Gateway { .. } => {
                self.gateways.insert(route.gateway.clone(), route.id);
            }
        }
    }

    pub(super) fn remove(&mut self, route: &Route) {
        match &route.target {
            Target::Segment { first, .. } => {
                self.segments.remove(&(first.len(), first.clone()));
            }
            Target::Service { sp_code, .. } => {
                if let Some(ids) = self.services.get_mut(sp_code) {
                    ids.remove(&route.id);
                    if ids.is_empty() {
                        self.services.remove(sp_code);
                    }
                }
            }
            Target::Gateway { .. } => {
                self.gateways.remove(&route.gateway);
            }
        }
    }

    pub(super) fn gateway(&self, code: &str) -> Option<u32> {
        self.gateways.get(code).copied()
    }

    /// The route whose segment has this first number or begins before it.
    pub(super) fn at_or_before(&self, first: &str) -> Option<u32> {
        let range = (first.len(), String::new())..=(first.len(), first.to_owned());
        self.segments.range(range).next_back().map(|(_, id)| *id)
    }

    /// The routes whose segment may hold a number, the most exact first.
    pub(super) fn segments_of(&self, number: &str) -> Vec<u32> {
        let digits = national(number);
        let lengths = (1..=digits.len()).rev();
        lengths.filter_map(|length| self.at_or_before(digits.get(..length)?)).collect()
    }

    /// The routes of a service number or of its beginning, the longest first.
    pub(super) fn services_of(&self, number: &str) -> Vec<u32> {
        let lengths = (1..=number.len()).rev();
        let found = lengths.filter_map(|length| self.services.get(number.get(..length)?));
        found.flatten().copied().collect()
    }
}

/// Whether two routes of a kind serve the same numbers.
pub(super) fn overlap(one: &Route, other: &Route) -> bool {
    match (&one.target, &other.target) {
        (Target::Segment { first: a, last: b, .. }, Target::Segment { first: c, last: d, .. }) => {
            a.len() == c.len() && a <= d && c <= b
        }
        (
            Target::Service { sp_code: a, service_id: s, first: f, last: l, access: m, .. },
            Target::Service { sp_code: b, service_id: t, first: g, last: k, access: n, .. },
        ) => {
            // A main and a mirror access point may stand side by side, and so may mirrors of several gateways.
            let apart = m != n || (*m == 1 && one.gateway != other.gateway);
            a == b && s == t && f <= k && g <= l && !apart
        }
        (Target::Gateway { .. }, Target::Gateway { .. }) => one.gateway == other.gateway,
        _ => false,
    }
}

/// The kinds in their order.
pub(super) const KINDS: [Kind; 3] = [Kind::Segment, Kind::Service, Kind::Gateway];
