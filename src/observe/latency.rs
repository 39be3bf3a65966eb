//! Exact quantiles of durations.

use super::record::Quantiles;
use crate::engine::Duration;

/// Durations of one kind, kept whole: quantiles are exact, to the nanosecond.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    nanos: Vec<u64>,
    open: u64,
}

impl Sample {
    /// Adds one that has ended.
    pub fn add(&mut self, d: Duration) {
        self.nanos.push(d.as_nanos());
    }

    /// Adds so many that had not ended when the run did.
    pub fn add_open(&mut self, n: u64) {
        self.open += n;
    }

    /// Adds all of another.
    pub fn merge(&mut self, other: &Sample) {
        self.nanos.extend_from_slice(&other.nanos);
        self.open += other.open;
    }

    /// The longest that has ended.
    pub fn longest(&self) -> Option<Duration> {
        self.nanos.iter().max().map(|ns| Duration::from_nanos(*ns))
    }

    /// The summary. A quantile is the smallest duration that at least that share of all do not exceed (nearest rank).
    pub fn quantiles(mut self) -> Quantiles {
        self.nanos.sort_unstable();
        let n = self.nanos.len();
        // Whole numbers only: `p * n` in floats would miss a rank where the product is whole.
        let at = |per_mille: usize| {
            let rank = (n * per_mille).div_ceil(1000).max(1);
            self.nanos.get(rank - 1).map_or(0.0, |ns| Duration::from_nanos(*ns).as_millis_f64())
        };
        Quantiles { count: n as u64, open: self.open, p50: at(500), p99: at(990), p999: at(999), max: at(1000) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_occurred_and_open_ones_are_in_none_of_them() {
        let mut sample = Sample::default();
        for ms in (1..=1000).rev() {
            sample.add(Duration::from_millis(ms));
        }
        sample.add_open(3);
        assert_eq!(sample.quantiles(), Quantiles { count: 1000, open: 3, p50: 500.0, p99: 990.0, p999: 999.0, max: 1000.0 });
        assert_eq!(Sample::default().quantiles(), Quantiles::default());
    }
}
