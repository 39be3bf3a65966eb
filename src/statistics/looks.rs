//! When to look whether the runs so far are enough, so that stopping early costs no confidence.
//!
//! Who looks after every run and stops when the interval happens to be narrow stops too often by luck: the interval then covers less
//! than it says (Law, "Simulation Modeling and Analysis", section 9.4.1, on sequential procedures). Here the K looks are planned before
//! the first run, and each has the confidence 1 - α/K. By Bonferroni's inequality all K intervals hold together with 1 - α, so the one at
//! which it stops does, whatever the rule that stops it. That is as exact as a t interval is.

use super::estimate::Confidence;
use std::vec::IntoIter;

/// A planned look at the runs so far.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Look {
    /// After so many runs.
    pub runs: usize,
    /// With the interval of this confidence.
    pub confidence: Confidence,
}

/// The looks still to come: at `first` runs, then each time after half as many again, the last at `max`.
///
/// That keeps their number small, which widens the interval little (ten looks: by 43 % where runs are many), and runs at most half as
/// many more than were needed.
#[derive(Clone, Debug)]
pub struct Looks {
    runs: IntoIter<usize>,
    confidence: Confidence,
}

impl Looks {
    /// Plans them. An interval needs two runs, so no look comes before the second, and none at all where `max` is below two.
    pub fn new(first: usize, max: usize, confidence: Confidence) -> Self {
        let next = |&runs: &usize| (runs < max).then(|| runs.saturating_add(runs.div_ceil(2)).min(max));
        let start = (max >= 2).then(|| first.clamp(2, max.max(2)));
        let runs: Vec<usize> = std::iter::successors(start, next).collect();
        Looks { confidence: confidence.split(runs.len()), runs: runs.into_iter() }
    }
}

impl Iterator for Looks {
    type Item = Look;

    fn next(&mut self) -> Option<Look> {
        Some(Look { runs: self.runs.next()?, confidence: self.confidence })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.runs.size_hint()
    }
}

impl ExactSizeIterator for Looks {}

#[cfg(test)]
mod tests {
    use super::super::draws::Draws;
    use super::super::mean::{average, variance};
    use super::super::student;
    use super::*;

    fn runs(first: usize, max: usize) -> Vec<usize> {
        Looks::new(first, max, Confidence::default()).map(|look| look.runs).collect()
    }

    #[test]
    fn they_grow_by_half_and_end_at_the_most() {
        assert_eq!(runs(10, 100), [10, 15, 23, 35, 53, 80, 100]);
        assert_eq!(runs(10, 10), [10]);
        assert_eq!(runs(10, 5), [5]);
        assert_eq!(runs(0, 4), [2, 3, 4]);
        assert_eq!(runs(3, 1), Vec::<usize>::new());
        assert_eq!(runs(usize::MAX - 1, usize::MAX).last(), Some(&usize::MAX));
    }

    #[test]
    fn each_look_has_its_share_of_the_chance_to_be_wrong() {
        let looks = Looks::new(10, 1000, Confidence::default());
        let (planned, missing) = (looks.len(), looks.map(|look| look.confidence.alpha()).sum::<f64>());
        assert_eq!(planned, 13);
        assert!((missing - 0.05).abs() < 1e-12);
    }

    type Sample = fn(&mut Draws) -> f64;

    /// How often the interval at which it stops, of a half-width of 10 % of the mean or else of the most runs, holds the mean of 1.
    fn coverage(looks: &[Look], draw: Sample) -> f64 {
        let trials = 4000;
        let critical: Vec<f64> = looks.iter().map(|look| student::quantile(look.runs - 1, look.confidence)).collect();
        let mut draws = Draws::new(9);
        let held = (0..trials).filter(|_| {
            let mut values = Vec::new();
            for (look, t) in looks.iter().zip(&critical) {
                values.resize_with(look.runs, || draw(&mut draws));
                let (mean, half) = (average(&values).unwrap(), t * (variance(&values).unwrap() / look.runs as f64).sqrt());
                if half <= 0.1 * mean || look == looks.last().unwrap() {
                    return (mean - 1.0).abs() <= half;
                }
            }
            unreachable!("the last look ends it")
        });
        held.count() as f64 / f64::from(trials)
    }

    #[test]
    fn it_covers_what_it_says_where_looking_without_the_correction_does_not() {
        let planned: Vec<Look> = Looks::new(10, 1000, Confidence::default()).collect();
        let naive: Vec<Look> = planned.iter().map(|look| Look { confidence: Confidence::default(), ..*look }).collect();
        let samples: [(&str, Sample); 3] = [
            ("normal", |draws| 1.0 + 0.3 * draws.normal()),
            ("skewed", |draws| (0.5 * draws.normal() - 0.125).exp()),
            ("very skewed", |draws| (draws.normal() - 0.5).exp()),
        ];
        for (name, draw) in samples {
            let (corrected, uncorrected) = (coverage(&planned, draw), coverage(&naive, draw));
            // In 4000 trials one percent is three standard deviations.
            assert!(corrected >= 0.95, "{name}: {corrected}");
            assert!(uncorrected < 0.94, "{name}: {uncorrected}");
        }
    }
}
