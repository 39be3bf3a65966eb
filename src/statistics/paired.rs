//! Two variants under common random numbers: one difference a seed (Law, "Simulation Modeling and Analysis", section 10.2.1 for the
//! paired t interval, section 11.2 for common random numbers).
//!
//! What both variants of a seed share drops out of the difference, so the same number of runs tells finer differences apart.

use super::estimate::{Confidence, Estimate};
use super::mean::{average, mean, variance};
use super::{bootstrap, student};
use std::cmp::Ordering;

/// How B differs from A, run by run.
#[derive(Clone, PartialEq, Debug)]
pub struct Paired {
    /// How many seeds ran in both.
    pub pairs: usize,
    /// B minus A, with its t interval.
    pub difference: Estimate,
    /// The chance of a mean difference at least this far from zero if there were none (two-sided).
    ///
    /// It comes from the t test. Where all differences are equal t does not exist, and the exact sign test stands in: 1 where they are
    /// zero, else 2^(1-n), so that three equal differences do not pass for a proof.
    pub p_value: f64,
    /// Seeds with a lower value in B.
    pub lower: usize,
    /// Seeds with the same value in both.
    pub ties: usize,
    /// Seeds with a higher value in B.
    pub higher: usize,
    /// By how much the pairing divides the variance of the difference: (var A + var B) / var(B - A). It is 1 / (1 - ρ) where both have
    /// the same variance and the correlation ρ, and below 1 where pairing hurts. The interval is a bootstrap over pairs, to be trusted
    /// from some 20 pairs on. None where all differences are equal, or with too few pairs to resample (below four).
    pub variance_ratio: Option<VarianceRatio>,
    /// How many more runs, of both variants together, the same half-width would have taken without pairing; negative where pairing
    /// hurts. None where [`Paired::variance_ratio`] is: no number of unpaired runs would have done, or a pair would.
    pub runs_saved: Option<f64>,
}

/// A ratio of variances with its interval.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct VarianceRatio {
    /// The estimate itself.
    pub value: f64,
    /// The lower end of its interval.
    pub low: f64,
    /// The upper end; none where so few pairs differ that other seeds may have shown no difference at all.
    pub high: Option<f64>,
}

/// Compares B with A, whose i-th values have the same seed. None below two pairs or with unequal numbers of values.
pub fn paired(a: &[f64], b: &[f64], confidence: Confidence) -> Option<Paired> {
    if a.len() != b.len() {
        return None;
    }
    let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| b - a).collect();
    let difference = mean(&differences, confidence)?;
    let count = |wanted: Ordering| a.iter().zip(b).filter(|(a, b)| b.partial_cmp(a) == Some(wanted)).count();
    let variance_ratio = variance_ratio(a, b, confidence);
    Some(Paired {
        pairs: a.len(),
        difference,
        p_value: p_value(&differences, difference.value, rounding(a, b))?,
        lower: count(Ordering::Less),
        ties: count(Ordering::Equal),
        higher: count(Ordering::Greater),
        variance_ratio,
        runs_saved: variance_ratio.map(|ratio| 2.0 * a.len() as f64 * (ratio.value - 1.0)),
    })
}

/// A variance of the differences up to this is rounding: 0.3 - 0.2 and 0.2 - 0.1 differ in their last bits, and mean the same.
fn rounding(a: &[f64], b: &[f64]) -> f64 {
    let bits = 4.0 * f64::EPSILON * a.iter().chain(b).fold(0.0, |largest: f64, value| largest.max(value.abs()));
    bits * bits
}

fn p_value(differences: &[f64], mean: f64, rounding: f64) -> Option<f64> {
    let (variance, pairs) = (variance(differences)?, differences.len());
    if variance > rounding {
        return Some(student::p_value(mean / (variance / pairs as f64).sqrt(), pairs - 1));
    }
    let none = mean * mean <= rounding;
    Some(if none { 1.0 } else { 0.5_f64.powi(i32::try_from(pairs - 1).unwrap_or(i32::MAX)) })
}

fn variance_ratio(a: &[f64], b: &[f64], confidence: Confidence) -> Option<VarianceRatio> {
    let rounding = rounding(a, b);
    let deviations = Deviations::new(a, b)?;
    let value = deviations.ratio(0..a.len(), rounding).filter(|ratio| ratio.is_finite())?;
    let (low, high) = bootstrap::bounds(a.len(), confidence, |drawn| deviations.ratio(drawn.iter().copied(), rounding));
    Some(VarianceRatio { value, low: low?, high })
}

/// The pairs, measured from the means of all, so that sums of squares keep their digits.
struct Deviations(Vec<(f64, f64)>);

impl Deviations {
    fn new(a: &[f64], b: &[f64]) -> Option<Self> {
        let (of_a, of_b) = (average(a)?, average(b)?);
        Some(Deviations(a.iter().zip(b).map(|(a, b)| (a - of_a, b - of_b)).collect()))
    }

    /// The ratio of variances over these pairs: infinite where only the differences are all equal, none where nothing varies.
    fn ratio(&self, pairs: impl ExactSizeIterator<Item = usize>, rounding: f64) -> Option<f64> {
        let count = pairs.len() as f64;
        let mut sums = [Sums::default(); 3];
        for (a, b) in pairs.filter_map(|pair| self.0.get(pair)) {
            sums.iter_mut().zip([*a, *b, b - a]).for_each(|(sums, value)| sums.add(value));
        }
        let [a, b, difference] = sums.map(|sums| sums.variance(count));
        if difference > rounding {
            return Some((a + b) / difference);
        }
        (a + b > rounding).then_some(f64::INFINITY)
    }
}

/// What a variance is made of.
#[derive(Clone, Copy, Default)]
struct Sums {
    values: f64,
    squares: f64,
}

impl Sums {
    fn add(&mut self, value: f64) {
        self.values += value;
        self.squares += value * value;
    }

    /// Zero where the values are equal but for rounding: a difference of two such sums has no digits.
    fn variance(self, count: f64) -> f64 {
        let spread = self.squares - self.values * self.values / count;
        if spread > count * f64::EPSILON * self.squares { spread / (count - 1.0) } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::super::draws::Draws;
    use super::*;

    #[test]
    fn two_inventory_policies_of_the_textbook_have_its_interval() {
        // Law, section 10.2.1: five replications of two (s, S) policies; 4.98, and 1.65 … 8.31 at 90 %.
        let (second, first) = ([118.21, 120.22, 122.45, 122.68, 119.40], [126.97, 124.31, 126.68, 122.66, 127.23]);
        let found = paired(&second, &first, Confidence::new(0.9).unwrap()).unwrap();
        assert!((found.difference.value - 4.978).abs() < 1e-9, "{found:?}");
        assert!((found.difference.low - 1.65).abs() < 0.005 && (found.difference.high - 8.31).abs() < 0.005, "{found:?}");
        assert_eq!((found.pairs, found.lower, found.ties, found.higher), (5, 1, 0, 4));
    }

    #[test]
    fn the_sleepers_of_student_have_the_published_t_test() {
        // Student 1908, Cushny and Peebles' data; R's t.test of `sleep`: p = 0.002833, 0.7001142 … 2.4598858.
        let first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
        let second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
        let found = paired(&first, &second, Confidence::default()).unwrap();
        assert!((found.p_value - 0.002833).abs() < 5e-7, "{}", found.p_value);
        assert!((found.difference.low - 0.7001142).abs() < 1e-6 && (found.difference.high - 2.4598858).abs() < 1e-6, "{found:?}");
        assert_eq!((found.lower, found.ties, found.higher), (0, 1, 9));
    }

    fn correlated(seed: u64, correlation: f64, pairs: usize) -> (Vec<f64>, Vec<f64>) {
        let mut draws = Draws::new(seed);
        (0..pairs).map(|_| draws.correlated(correlation)).map(|(a, b)| (50.0 + 3.0 * a, 51.0 + 3.0 * b)).unzip()
    }

    fn holds(ratio: VarianceRatio, value: f64) -> bool {
        ratio.low <= value && value <= ratio.high.unwrap()
    }

    #[test]
    fn the_variance_ratio_of_a_known_correlation_is_found() {
        for (correlation, expected) in [(0.8, 5.0), (0.0, 1.0), (-0.5, 2.0 / 3.0)] {
            let (a, b) = correlated(7, correlation, 600);
            let found = paired(&a, &b, Confidence::default()).unwrap();
            let ratio = found.variance_ratio.unwrap();
            assert!((ratio.value / expected - 1.0).abs() < 0.15 && holds(ratio, expected), "{correlation}: {ratio:?}");
            // n pairs are worth n · ratio of each variant.
            assert!((found.runs_saved.unwrap() - 1200.0 * (ratio.value - 1.0)).abs() < 1e-6);
            assert!(!found.difference.excludes(1.0), "{:?}", found.difference);
        }
    }

    #[test]
    fn the_interval_of_the_variance_ratio_holds_the_truth_nearly_as_often_as_it_says() {
        let trials = 80;
        let held = (0..trials).filter(|&seed| {
            let (a, b) = correlated(seed, 0.8, 30);
            holds(paired(&a, &b, Confidence::default()).unwrap().variance_ratio.unwrap(), 5.0)
        });
        let held = held.count();
        assert!((70..=79).contains(&held), "{held} of {trials}");
    }

    #[test]
    fn where_one_seed_in_forty_differs_pairing_may_be_worth_any_number_of_runs() {
        // Every third resample draws none of the one seed, and then all differences are zero.
        let a: Vec<f64> = (0..40).map(|seed| f64::from(seed % 7)).collect();
        let b: Vec<f64> = a.iter().enumerate().map(|(seed, a)| if seed == 11 { a - 1.0 } else { *a }).collect();
        let ratio = paired(&a, &b, Confidence::default()).unwrap().variance_ratio.unwrap();
        assert!(ratio.value > 100.0 && 10.0 < ratio.low && ratio.low < ratio.value, "{ratio:?}");
        assert_eq!(ratio.high, None);
    }

    #[test]
    fn pairs_that_never_differ_are_ties_and_no_evidence() {
        let found = paired(&[0.1, 0.2, 0.3], &[0.1, 0.2, 0.3], Confidence::default()).unwrap();
        assert_eq!(found.difference, Estimate { value: 0.0, low: 0.0, high: 0.0 });
        assert_eq!((found.p_value, found.ties, found.variance_ratio, found.runs_saved), (1.0, 3, None, None));
    }

    #[test]
    fn equal_differences_count_as_so_many_equal_signs() {
        // Each differs by 0.1 but for rounding, which must not pass for a spread.
        let found = paired(&[0.1, 0.2, 0.3, 0.4], &[0.2, 0.3, 0.4, 0.5], Confidence::default()).unwrap();
        assert_eq!((found.p_value, found.higher, found.variance_ratio), (0.125, 4, None));
        assert!((found.difference.value - 0.1).abs() < 1e-12);
    }

    #[test]
    fn zero_of_either_sign_is_a_tie() {
        let found = paired(&[0.0, -0.0], &[-0.0, 0.0], Confidence::default()).unwrap();
        assert_eq!((found.lower, found.ties, found.higher), (0, 2, 0));
    }

    #[test]
    fn what_is_not_paired_has_no_answer() {
        let nothing: [(&[f64], &[f64]); 4] = [(&[], &[]), (&[1.0], &[2.0]), (&[1.0, 2.0], &[1.0]), (&[1.0, 2.0], &[f64::NAN, 1.0])];
        for (a, b) in nothing {
            assert_eq!(paired(a, b, Confidence::default()), None, "{a:?}");
        }
        let huge = paired(&[1e300, 2e300], &[1e300, 2.5e300], Confidence::default());
        assert_eq!(huge, None, "its variance overflows");
    }
}
