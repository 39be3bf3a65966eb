//! What is counted, over time.

use super::limits::BUCKETS;
use super::record::{Micros, Series};

/// Lengths that a bucket may have, in microseconds: 1, 2 or 5 of something.
fn bucket_of(length: u64) -> u64 {
    let least = length.div_ceil(BUCKETS).max(1);
    let mut power = 1_000;
    loop {
        if let Some(good) = [1, 2, 5].into_iter().map(|digit| digit * power).find(|bucket| *bucket >= least) {
            return good;
        }
        power *= 10;
    }
}

/// Something of which there is a number at every moment: the most in each bucket counts.
#[derive(Default)]
pub struct Gauge {
    now: u32,
    upto: usize,
}

impl Gauge {
    /// It has been `self.now` until the bucket `at`, and is `value` from now on.
    pub fn set(&mut self, list: &mut [u32], at: usize, value: u32) {
        for bucket in list.iter_mut().take(at + 1).skip(self.upto) {
            *bucket = (*bucket).max(self.now);
        }
        self.upto = at;
        self.now = value;
        if let Some(bucket) = list.get_mut(at) {
            *bucket = (*bucket).max(value);
        }
    }
    /// It stays as it is until the end.
    pub fn close(&mut self, list: &mut [u32]) {
        self.set(list, list.len().saturating_sub(1), self.now);
    }
}

impl Series {
    /// Empty counts of a run.
    pub fn of(from: Micros, to: Micros) -> Series {
        let length = to.saturating_sub(from).max(1).unsigned_abs();
        let bucket = bucket_of(length);
        let list = || vec![0; (length.div_ceil(bucket) as usize).max(1)];
        Series {
            from,
            bucket,
            requests: list(),
            stale: list(),
            overtaken: list(),
            leaderless: list(),
            errors: list(),
            acknowledged: list(),
            failed: list(),
            longest_wait: list(),
            refreshes: list(),
            under_replicated: list(),
            without_leader: list(),
            stale_beliefs: list(),
        }
    }

    /// The bucket of a moment.
    pub fn at(&self, at: Micros) -> usize {
        let bucket = (at.saturating_sub(self.from).max(0).unsigned_abs() / self.bucket.max(1)) as usize;
        bucket.min(self.requests.len().saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gauge_holds_the_most_of_every_bucket_also_where_nothing_changed() {
        let mut list = [0; 5];
        let mut gauge = Gauge::default();
        gauge.set(&mut list, 1, 3);
        gauge.set(&mut list, 1, 1);
        gauge.set(&mut list, 3, 0);
        gauge.close(&mut list);
        assert_eq!(list, [0, 3, 1, 1, 0]);
    }

    #[test]
    fn buckets_are_round_and_few() {
        for length in [1, 999, 1_000_000, 380_000_000, 86_400_000_000] {
            let bucket = bucket_of(length);
            assert!(length.div_ceil(bucket) <= BUCKETS);
        }
        assert_eq!(bucket_of(380_000_000), 500_000);
    }
}
