//! A value with the interval that holds the truth as often as was asked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The chance to be wrong is not divided below this: the tails of the distributions have no digits left there.
const LEAST_ALPHA: f64 = 1e-12;

/// An estimated value and its two-sided confidence interval; all three are finite.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Estimate {
    /// The estimate itself.
    pub value: f64,
    /// The lower end of its interval.
    pub low: f64,
    /// The upper end of its interval.
    pub high: f64,
}

impl Estimate {
    /// None unless all three are finite, so that an overflow can never look like an answer.
    pub(super) fn finite(value: f64, low: f64, high: f64) -> Option<Self> {
        super::all_finite(&[value, low, high]).then_some(Estimate { value, low, high })
    }

    /// Half of the interval's width: what stands behind a ±.
    pub fn half_width(&self) -> f64 {
        self.high / 2.0 - self.low / 2.0
    }

    /// Whether the interval leaves out `x`; at zero, whether a difference has a sign.
    pub fn excludes(&self, x: f64) -> bool {
        x < self.low || x > self.high
    }
}

/// How often an interval may miss the truth: 5 % unless told. Kept as that chance, because it is what is divided.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Confidence(f64);

impl Default for Confidence {
    fn default() -> Self {
        Confidence(0.05)
    }
}

impl Confidence {
    /// A confidence such as 0.95; none where `level` is not between 0 and 1, both excluded.
    pub fn new(level: f64) -> Option<Self> {
        (level > 0.0 && level < 1.0).then_some(Confidence((1.0 - level).max(LEAST_ALPHA)))
    }

    /// How often the interval holds the truth: 0.95.
    pub fn level(self) -> f64 {
        1.0 - self.0
    }

    /// How often it misses: 0.05.
    pub fn alpha(self) -> f64 {
        self.0
    }

    /// How often it misses on one side: 0.025.
    pub fn tail(self) -> f64 {
        self.0 / 2.0
    }

    /// The confidence that each of `k` intervals needs so that all of them hold together as often as one of this confidence would
    /// (Bonferroni's inequality; Law, "Simulation Modeling and Analysis", section 9.7, on multiple measures of performance).
    pub fn split(self, k: usize) -> Self {
        Confidence((self.0 / k.max(1) as f64).max(LEAST_ALPHA))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_intervals_of_99_5_percent_hold_together_in_95_percent() {
        let each = Confidence::default().split(10);
        assert!((each.level() - 0.995).abs() < 1e-12 && (each.tail() - 0.0025).abs() < 1e-12);
        assert_eq!(Confidence::default().split(0), Confidence::default());
    }

    #[test]
    fn a_level_is_a_chance() {
        assert!((Confidence::new(0.9).unwrap().alpha() - 0.1).abs() < 1e-12);
        for level in [0.0, 1.0, -1.0, 95.0, f64::NAN] {
            assert_eq!(Confidence::new(level), None, "{level}");
        }
    }

    #[test]
    fn an_interval_excludes_what_lies_beyond_its_ends() {
        let estimate = Estimate::finite(2.0, 1.0, 3.0).unwrap();
        assert_eq!(estimate.half_width(), 1.0);
        assert!(estimate.excludes(0.0) && estimate.excludes(3.5) && !estimate.excludes(1.0));
        assert_eq!(Estimate::finite(2.0, f64::NEG_INFINITY, 3.0), None);
        assert_eq!(Estimate::finite(0.0, -f64::MAX, f64::MAX).unwrap().half_width(), f64::MAX);
    }
}
