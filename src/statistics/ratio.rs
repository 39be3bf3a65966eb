//! The ratio of two sums over runs, such as stale requests to all requests.
//!
//! Runs differ in their number of requests, so the mean of the runs' own ratios answers another question. The ratio of the sums is
//! estimated by the classical ratio estimator, its variance by the delta method (Cochran, "Sampling Techniques", section 2.11; Law,
//! "Simulation Modeling and Analysis", section 9.5.3, for the ratio of a regenerative cycle).

use super::estimate::{Confidence, Estimate};
use super::mean::average;
use super::student;

/// The sum of `numerators` to the sum of `denominators`, one of each a run, with a t interval.
/// None below two runs, with unequal numbers of them, or where the denominators do not add up to more than zero.
/// A ratio of zero in every run has no width: ask [`super::proportion`] how rare what never happened may be.
pub fn ratio(numerators: &[f64], denominators: &[f64], confidence: Confidence) -> Option<Estimate> {
    let (upper, lower) = (average(numerators)?, average(denominators)?);
    let count = numerators.len();
    if count < 2 || count != denominators.len() || lower <= 0.0 {
        return None;
    }
    let value = upper / lower;
    // What a run's numerator has beyond its share; these add up to zero.
    let residuals = numerators.iter().zip(denominators).map(|(numerator, denominator)| numerator - value * denominator);
    let variance = residuals.map(|residual| residual * residual).sum::<f64>() / (count - 1) as f64;
    let half = student::quantile(count - 1, confidence) * (variance / count as f64).sqrt() / lower;
    Estimate::finite(value, value - half, value + half)
}

#[cfg(test)]
mod tests {
    use super::super::draws::Draws;
    use super::super::mean::mean;
    use super::*;

    #[test]
    fn runs_of_equal_length_have_the_interval_of_their_mean() {
        let stale = [12.0, 15.0, 9.0, 20.0, 14.0];
        let (of_ratio, of_mean) =
            (ratio(&stale, &[100.0; 5], Confidence::default()).unwrap(), mean(&stale, Confidence::default()).unwrap());
        for (ratio, mean) in [(of_ratio.value, of_mean.value), (of_ratio.low, of_mean.low), (of_ratio.high, of_mean.high)] {
            assert!((ratio - mean / 100.0).abs() < 1e-12);
        }
    }

    #[test]
    fn three_runs_reckoned_by_hand() {
        // 6 of 30: residuals 0, -1, 1 over a mean denominator of 10, so 4.303 · sqrt(1/3) / 10.
        let estimate = ratio(&[1.0, 1.0, 4.0], &[5.0, 10.0, 15.0], Confidence::default()).unwrap();
        assert!((estimate.value - 0.2).abs() < 1e-12);
        assert!((estimate.half_width() - 4.30265 * (1.0_f64 / 3.0).sqrt() / 10.0).abs() < 1e-5, "{estimate:?}");
    }

    #[test]
    fn the_interval_holds_the_known_ratio_as_often_as_it_says() {
        // Every run has its own number of requests and its own share of stale ones; the ratio of the expectations is 0.3.
        let mut draws = Draws::new(1);
        let trials = 2000;
        let held = (0..trials).filter(|_| {
            let requests: Vec<f64> = (0..40).map(|_| 500.0 + 1000.0 * draws.uniform()).collect();
            let stale: Vec<f64> = requests.iter().map(|count| count * 0.6 * draws.uniform()).collect();
            !ratio(&stale, &requests, Confidence::default()).unwrap().excludes(0.3)
        });
        let coverage = held.count() as f64 / f64::from(trials);
        assert!((coverage - 0.95).abs() < 0.02, "{coverage}");
    }

    #[test]
    fn a_share_that_never_changes_has_no_width_and_nonsense_no_answer() {
        let steady = ratio(&[1.0, 2.0, 4.0], &[4.0, 8.0, 16.0], Confidence::default()).unwrap();
        assert_eq!((steady.low, steady.value, steady.high), (0.25, 0.25, 0.25));
        let nothing: [(&[f64], &[f64]); 5] =
            [(&[], &[]), (&[1.0], &[2.0]), (&[1.0, 2.0], &[1.0]), (&[1.0, 2.0], &[0.0, 0.0]), (&[1.0, f64::NAN], &[1.0, 1.0])];
        for (numerators, denominators) in nothing {
            assert_eq!(ratio(numerators, denominators, Confidence::default()), None, "{numerators:?}");
        }
    }
}
