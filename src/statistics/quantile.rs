//! Quantiles of independent runs, with intervals that assume no distribution (Conover, "Practical Nonparametric Statistics", section
//! 3.2; Hahn and Meeker, "Statistical Intervals", section 5.2).
//!
//! How many of n values lie below the true quantile is binomial. That number alone says between which two of the sorted values the
//! quantile lies as often as is asked.

use super::all_finite;
use super::estimate::Confidence;
use super::turn::count;
use statrs::distribution::{Binomial, DiscreteCDF};

/// An estimated quantile. A bound is none where the runs are too few to have one: no run may have gone so far yet.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Quantile {
    /// The estimate itself.
    pub value: f64,
    /// The lower end of its interval.
    pub low: Option<f64>,
    /// The upper end of its interval.
    pub high: Option<f64>,
}

/// The least value that at least the share `q` of the values does not exceed (nearest rank), between two of the values.
/// None without values or where `q` is not between 0 and 1, both excluded.
pub fn quantile(values: &[f64], q: f64, confidence: Confidence) -> Option<Quantile> {
    if values.is_empty() || !all_finite(values) || !(q > 0.0 && q < 1.0) {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |rank: usize| rank.checked_sub(1).and_then(|index| sorted.get(index)).copied();
    let (low, high) = ranks(values.len(), q, confidence);
    Some(Quantile { value: at(nearest_rank(values.len(), q))?, low: at(low), high: at(high) })
}

/// The rank, from 1 on, of the estimate.
fn nearest_rank(n: usize, q: f64) -> usize {
    // 0.07 · 100 is a little more than 7 in binary, and means the seventh.
    let rank = (n as f64 * q - 1e-9).ceil();
    (rank as usize).clamp(1, n)
}

/// The ranks of the two bounds: zero for no lower one, n + 1 for no upper one.
fn ranks(n: usize, q: f64, confidence: Confidence) -> (usize, usize) {
    let below = Binomial::new(q, n as u64).expect("a share lies between 0 and 1");
    // The value of rank r exceeds the quantile when fewer than r values lie below it.
    let low = count(n, |rank| below.cdf(rank as u64) <= confidence.tail());
    // The value of rank s falls short of the quantile when s values or more lie below it.
    let high = 1 + count(n, |rank| below.sf(rank as u64) > confidence.tail());
    (low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_of_a_median_stand_at_the_printed_ranks() {
        // The usual table of order statistics for the median: n, and the ranks of the narrowest symmetric interval of at least 95 %.
        for (n, low, high) in [(6, 1, 6), (9, 2, 8), (10, 2, 9), (14, 3, 12), (15, 4, 12), (17, 5, 13), (19, 5, 15), (20, 6, 15)] {
            assert_eq!(ranks(n, 0.5, Confidence::default()), (low, high), "{n} values");
        }
    }

    #[test]
    fn nineteen_values_have_the_published_median_and_interval() {
        // Snedecor and Cochran, "Statistical Methods", as computed by R's statpsych: 20.7 in 10.8 … 30.9.
        let values = [30.2, 20.4, 15.1, 10.2, 10.5, 60.8, 20.8, 25.0, 20.7, 30.9, 10.8, 5.1, 50.9, 40.0, 20.9, 10.8, 0.0, 20.5, 50.8];
        let expected = Quantile { value: 20.7, low: Some(10.8), high: Some(30.9) };
        assert_eq!(quantile(&values, 0.5, Confidence::default()), Some(expected));
    }

    #[test]
    fn the_59_runs_of_wilks_are_the_fewest_that_bound_a_95th_percentile() {
        // Wilks 1941: the largest of 59 values exceeds the 95th percentile with 95 % confidence. That is one side of 90 %.
        let confidence = Confidence::new(0.9).unwrap();
        let high = |n: usize| quantile(&(1..=n).map(|i| i as f64).collect::<Vec<_>>(), 0.95, confidence).unwrap().high;
        assert_eq!((high(58), high(59)), (None, Some(59.0)));
    }

    #[test]
    fn the_estimate_is_the_nearest_rank() {
        let hundred: Vec<f64> = (1..=100).map(f64::from).rev().collect();
        let value = |q: f64| quantile(&hundred, q, Confidence::default()).unwrap().value;
        assert_eq!([0.001, 0.07, 0.5, 0.95, 0.99, 0.999].map(value), [1.0, 7.0, 50.0, 95.0, 99.0, 100.0]);
    }

    #[test]
    fn few_runs_have_an_estimate_and_no_bounds_and_none_have_nothing() {
        let alone = quantile(&[7.0], 0.5, Confidence::default());
        assert_eq!(alone, Some(Quantile { value: 7.0, low: None, high: None }));
        assert_eq!(quantile(&[], 0.5, Confidence::default()), None);
        assert_eq!(quantile(&[f64::NAN], 0.5, Confidence::default()), None);
        for q in [0.0, 1.0, f64::NAN] {
            assert_eq!(quantile(&[1.0, 2.0], q, Confidence::default()), None);
        }
    }
}
