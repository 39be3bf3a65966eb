//! The percentile bootstrap over runs (Efron 1979; Davison and Hinkley, "Bootstrap Methods and their Application", chapter 5): the
//! interval of a statistic that has no formula for one, from what it would have been with other runs of the same kind.

use super::estimate::Confidence;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// How often the runs are drawn again. One less than 2000, so that the usual tails end at whole ranks (the 50th for 2.5 %).
pub const RESAMPLES: usize = 1999;

/// Always the same draws: two reports of the same runs must agree.
const SEED: u64 = 1979;

/// The interval of `statistic` over `n` runs. It is called with the indices of n runs drawn with replacement.
/// None below two runs, where either bound is infinite, or where the confidence is higher than the resamples can tell.
pub fn interval(n: usize, confidence: Confidence, statistic: impl FnMut(&[usize]) -> Option<f64>) -> Option<(f64, f64)> {
    let (low, high) = bounds(n, confidence, statistic);
    low.zip(high)
}

/// As [`interval`], each side on its own: a statistic may be infinite on one side only.
///
/// A resample of which the statistic does not exist may stand for anything, so it counts as beyond either end: the interval gets wider
/// with their number and does not exist where they are too many.
pub fn bounds(n: usize, confidence: Confidence, mut statistic: impl FnMut(&[usize]) -> Option<f64>) -> (Option<f64>, Option<f64>) {
    if n < 2 {
        return (None, None);
    }
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut indices = vec![0; n];
    let mut values = Vec::with_capacity(RESAMPLES);
    for _ in 0..RESAMPLES {
        indices.fill_with(|| rng.random_range(0..n));
        values.extend(statistic(&indices).filter(|value| !value.is_nan()));
    }
    values.sort_by(f64::total_cmp);
    let rank = ((RESAMPLES + 1) as f64 * confidence.tail() + 1e-9) as usize;
    let undefined = RESAMPLES - values.len();
    let Some(beyond) = rank.checked_sub(1 + undefined) else { return (None, None) };
    let finite = |value: Option<&f64>| value.copied().filter(|value| value.is_finite());
    (finite(values.get(beyond)), finite(values.iter().rev().nth(beyond)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean_of(values: &[f64]) -> impl FnMut(&[usize]) -> Option<f64> {
        |indices| Some(indices.iter().map(|&i| values[i]).sum::<f64>() / indices.len() as f64)
    }

    #[test]
    fn the_mean_of_many_runs_gets_its_normal_interval() {
        let values: Vec<f64> = (0..300).map(f64::from).collect();
        let (low, high) = interval(300, Confidence::default(), mean_of(&values)).unwrap();
        // The variance of 0..n is (n² - 1) / 12, exactly; the tail of a quantile of 1999 resamples strays by 4 % of it.
        let half = 1.96 * ((300.0 * 300.0 - 1.0) / 12.0 / 300.0_f64).sqrt();
        assert!((low - (149.5 - half)).abs() < half * 0.08 && (high - (149.5 + half)).abs() < half * 0.08, "{low} {high}");
    }

    #[test]
    fn two_runs_have_the_ends_that_counting_gives() {
        // The mean of two draws from 0 and 1 is 0 in a quarter of the cases, 1/2 in a half and 1 in a quarter.
        let at = |level: f64| interval(2, Confidence::new(level).unwrap(), mean_of(&[0.0, 1.0]));
        assert_eq!(at(0.6), Some((0.0, 1.0)));
        assert_eq!(at(0.4), Some((0.5, 0.5)));
    }

    #[test]
    fn the_same_runs_have_the_same_interval() {
        let values = [3.0, 1.0, 4.0, 1.0, 5.0];
        assert_eq!(interval(5, Confidence::default(), mean_of(&values)), interval(5, Confidence::default(), mean_of(&values)));
    }

    #[test]
    fn what_does_not_exist_in_a_resample_counts_against_both_ends() {
        // Without one of five runs there is no statistic; that happens in (4/5)^5 = 33 % of the resamples.
        let without = |indices: &[usize]| indices.contains(&0).then_some(1.0);
        assert_eq!(interval(5, Confidence::default(), without), None);
        assert_eq!(interval(5, Confidence::new(0.2).unwrap(), without), Some((1.0, 1.0)));
        assert_eq!(interval(5, Confidence::default(), |_| Some(f64::NAN)), None);
    }

    #[test]
    fn an_infinite_side_leaves_the_other() {
        let reaches = |indices: &[usize]| Some(if indices.contains(&0) { 1.0 } else { f64::INFINITY });
        assert_eq!(bounds(5, Confidence::default(), reaches), (Some(1.0), None));
    }

    #[test]
    fn one_run_or_too_high_a_confidence_has_no_interval() {
        assert_eq!(interval(0, Confidence::default(), |_| Some(1.0)), None);
        assert_eq!(interval(1, Confidence::default(), |_| Some(1.0)), None);
        assert_eq!(interval(9, Confidence::default().split(1000), |_| Some(1.0)), None);
    }
}
