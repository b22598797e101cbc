//! A histogram of times: 16 steps for each doubling, so that a quantile is right within 3 %.

use std::time::Duration;

/// Steps in each doubling, as a power of two.
const STEP_BITS: u32 = 4;
const STEPS: usize = 1 << STEP_BITS;
const BUCKETS: usize = (64 - STEP_BITS as usize + 1) * STEPS;

/// Times in nanoseconds, counted in buckets of growing width.
#[derive(Clone)]
pub(super) struct Histogram {
    buckets: Box<[u64]>,
    count: u64,
    sum: u128,
    max: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { buckets: vec![0; BUCKETS].into_boxed_slice(), count: 0, sum: 0, max: 0 }
    }
}

impl std::fmt::Debug for Histogram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Histogram").field("count", &self.count).finish_non_exhaustive()
    }
}

/// The bucket of a time: exact below 16 ns, then by the highest bit and the four after it.
fn bucket(ns: u64) -> usize {
    let exponent = (64 - ns.leading_zeros()).saturating_sub(STEP_BITS + 1);
    let step = (ns >> exponent) as usize;
    exponent as usize * STEPS + step
}

/// The middle of a bucket.
fn middle(bucket: usize) -> f64 {
    if bucket < 2 * STEPS {
        return bucket as f64;
    }
    let exponent = (bucket / STEPS - 1) as u32;
    let step = (bucket % STEPS + STEPS) as f64;
    (step + 0.5) * 2f64.powi(exponent as i32)
}

impl Histogram {
    pub(super) fn add(&mut self, ns: u64) {
        if let Some(n) = self.buckets.get_mut(bucket(ns)) {
            *n += 1;
        }
        self.count += 1;
        self.sum += u128::from(ns);
        self.max = self.max.max(ns);
    }

    pub(super) fn mean_us(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.sum as f64 / self.count as f64 / 1e3 }
    }

    pub(super) fn max_us(&self) -> f64 {
        Duration::from_nanos(self.max).as_secs_f64() * 1e6
    }

    /// The time below which this share of all times lies.
    pub(super) fn quantile_us(&self, share: f64) -> f64 {
        let wanted = ((self.count as f64 * share).ceil() as u64).max(1);
        let mut seen = 0;
        for (at, n) in self.buckets.iter().enumerate() {
            seen += n;
            if seen >= wanted {
                return middle(at).min(self.max as f64) / 1e3;
            }
        }
        self.max_us()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_rise_without_gap_and_hold_every_time() {
        let mut last = 0;
        for ns in (0..5_000u64).chain((13..64).map(|bit| 1 << bit)).chain([u64::MAX]) {
            let at = bucket(ns);
            assert!(at == last || at == last + 1 || ns >= 5_000, "{ns}: {at} after {last}");
            assert!(at >= last && at < BUCKETS, "{ns}");
            assert!((middle(at) - ns as f64).abs() <= ns as f64 / 31.0 + 0.5, "{ns}: {}", middle(at));
            last = at;
        }
    }

    #[test]
    fn quantiles_are_near() {
        let mut times = Histogram::default();
        assert_eq!((times.quantile_us(0.5), times.mean_us(), times.max_us()), (0.0, 0.0, 0.0));
        (1..=1000u64).for_each(|i| times.add(i * 1000));
        for (share, right) in [(0.5, 500.0), (0.9, 900.0), (0.99, 990.0), (0.999, 999.0), (1.0, 1000.0)] {
            let us = times.quantile_us(share);
            assert!((us - right).abs() <= right * 0.035, "{share}: {us}");
        }
        assert_eq!((times.count, times.mean_us(), times.max_us()), (1000, 500.5, 1000.0));
    }
}
