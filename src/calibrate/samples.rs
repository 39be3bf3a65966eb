//! Measured times of one cost, in memory that does not grow with the length of the logs.

use crate::engine::Duration;
use hdrhistogram::Histogram;

/// Fewer samples than this are said to be few.
pub const FEW: u64 = 20;
/// Significant digits that are kept of a time: all of its microseconds up to 10 ms, four digits above.
const DIGITS: u8 = 4;
/// Inner percentiles of an empirical distribution.
const PERCENTS: [f64; 9] = [5.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 99.99];

/// The times of one cost.
#[derive(Clone, Debug)]
pub struct Samples {
    micros: Histogram<u64>,
    least: Duration,
    most: Duration,
}

impl Default for Samples {
    fn default() -> Self {
        let micros = Histogram::new(DIGITS).expect("a histogram may have 0 to 5 digits");
        Samples { micros, least: Duration::MAX, most: Duration::ZERO }
    }
}

impl Samples {
    /// Adds one.
    pub fn add(&mut self, time: Duration) {
        self.micros.record(time.as_nanos() / 1000).expect("the histogram grows with its values");
        self.least = self.least.min(time);
        self.most = self.most.max(time);
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.micros.len()
    }

    /// The time that so many percent of the samples do not exceed. The ends are the least and the largest sample themselves.
    pub fn percentile(&self, percent: f64) -> Duration {
        if percent <= 0.0 {
            return self.least;
        }
        if percent >= 100.0 {
            return self.most;
        }
        let micros = in_digits(self.micros.value_at_quantile(percent / 100.0));
        Duration::from_micros(micros).max(self.least).min(self.most)
    }

    /// The points of their distribution, as a scenario writes it: a label and a value each. Nothing lies beyond what was measured.
    /// A percentile is given only where at least one sample lies on its far side, so few samples give few points.
    pub fn points(&self) -> Vec<(String, Duration)> {
        // The percentages are not exact in binary: 0.1 % of 1000 is a little less than one.
        let told = |percent: &f64| self.count() as f64 * percent.min(100.0 - percent) / 100.0 >= 1.0 - 1e-6;
        let inner = PERCENTS.iter().filter(|percent| told(percent)).map(|&percent| (format!("p{percent}"), self.percentile(percent)));
        let mut points = vec![("min".to_owned(), self.least)];
        points.extend(inner);
        points.push(("max".to_owned(), self.most));
        points
    }
}

/// The number in as many decimal digits as are kept of it, so that 3450 ms are not 3450.111 ms.
fn in_digits(micros: u64) -> u64 {
    let mut unit = 1;
    while micros / unit >= 10_u64.pow(u32::from(DIGITS)) {
        unit *= 10;
    }
    micros.saturating_add(unit / 2) / unit * unit
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(count: u64) -> Samples {
        let mut samples = Samples::default();
        (1..=count).for_each(|i| samples.add(Duration::from_micros(i * 10)));
        samples
    }

    #[test]
    fn many_samples_give_their_percentiles_and_nothing_beyond_the_largest() {
        let samples = of(1000);
        assert_eq!((samples.count(), samples.percentile(50.0)), (1000, Duration::from_micros(5000)));
        let points = samples.points();
        let labels: Vec<&str> = points.iter().map(|(label, _)| label.as_str()).collect();
        assert_eq!(labels, ["min", "p5", "p25", "p50", "p75", "p90", "p95", "p99", "p99.9", "max"]);
        assert_eq!((points[0].1, points[9].1), (Duration::from_micros(10), Duration::from_millis(10)));
    }

    #[test]
    fn few_samples_give_few_points() {
        let labels = |count| of(count).points().into_iter().map(|(label, _)| label).collect::<Vec<_>>();
        assert_eq!(labels(1), ["min", "max"]);
        assert_eq!(labels(3), ["min", "p50", "max"]);
        assert_eq!(labels(7), ["min", "p25", "p50", "p75", "max"]);
    }

    #[test]
    fn a_long_time_keeps_four_digits_and_the_largest_is_itself() {
        let mut samples = of(2);
        samples.add(Duration::from_nanos(123_456_789_000));
        assert_eq!(samples.percentile(100.0), Duration::from_nanos(123_456_789_000));
        samples.add(Duration::from_secs(200));
        assert_eq!(samples.percentile(75.0), Duration::from_millis(123_500));
    }
}
