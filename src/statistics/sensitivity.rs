//! Which key matters: how much of the spread of a metric between variants each key explains by itself.

use super::all_finite;
use super::mean::average;
use std::collections::BTreeMap;

/// The share of the variance of the cells' means that each key explains (eta squared of its main effect; Law, "Simulation Modeling and
/// Analysis", section 12.2, on factorial designs).
///
/// `levels` holds, for each cell, the number of the value of each key; `means` the mean of each cell. In a full grid the shares add up
/// to at most 1, and what is left is interaction and the chance that the means themselves still hold. All are zero where the means are
/// equal. Empty where the cells do not fit together or a mean is not a number.
pub fn main_effects(levels: &[Vec<usize>], means: &[f64]) -> Vec<f64> {
    let keys = levels.first().map_or(0, Vec::len);
    let fits = levels.len() == means.len() && levels.iter().all(|cell| cell.len() == keys);
    let Some(center) = average(means).filter(|_| fits) else { return Vec::new() };
    let deviations = scaled(means.iter().map(|mean| mean - center).collect());
    (0..keys).map(|key| explained(levels.iter().map(|cell| cell[key]), &deviations)).collect()
}

/// The share of the squared deviations that stays when each is replaced by the mean of its level.
fn explained(levels: impl Iterator<Item = usize>, deviations: &[f64]) -> f64 {
    let mut groups: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    for (level, deviation) in levels.zip(deviations) {
        let (sum, count) = groups.entry(level).or_default();
        *sum += deviation;
        *count += 1.0;
    }
    let between: f64 = groups.values().map(|(sum, count)| sum * sum / count).sum();
    let total: f64 = deviations.iter().map(|deviation| deviation * deviation).sum();
    if total > 0.0 { (between / total).min(1.0) } else { 0.0 }
}

/// Spearman's rank correlation, tied values sharing their mean rank: +1 where y only ever rises with x, -1 where it only falls
/// (Spearman 1904). Its square is the share of the variance of y's ranks that x explains, whatever the shape of the rise. None below two
/// points, with unequal numbers of them, or where either never changes.
pub fn rank_correlation(x: &[f64], y: &[f64]) -> Option<f64> {
    if x.len() != y.len() || !all_finite(x) || !all_finite(y) {
        return None;
    }
    let (x, y) = (centered_ranks(x), centered_ranks(y));
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let spread = (product(&x, &x) * product(&y, &y)).sqrt();
    (spread > 0.0).then(|| (product(&x, &y) / spread).clamp(-1.0, 1.0))
}

/// Divided by the largest, so that no square overflows; shares do not mind the unit.
fn scaled(deviations: Vec<f64>) -> Vec<f64> {
    let largest = deviations.iter().fold(0.0, |largest: f64, deviation| largest.max(deviation.abs()));
    if largest > 0.0 { deviations.into_iter().map(|deviation| deviation / largest).collect() } else { deviations }
}

/// The rank of each value from 0 on, less the mean rank.
fn centered_ranks(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| a.total_cmp(b));
    let middle = (values.len() as f64 - 1.0) / 2.0;
    let rank = |value: &f64| {
        let (below, not_above) = (sorted.partition_point(|other| other < value), sorted.partition_point(|other| other <= value));
        (below + not_above - 1) as f64 / 2.0 - middle
    };
    values.iter().map(rank).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A full grid of a key with three values and one with two.
    fn grid(metric: impl Fn(usize, usize) -> f64) -> (Vec<Vec<usize>>, Vec<f64>) {
        (0..3).flat_map(|a| (0..2).map(move |b| (a, b))).map(|(a, b)| (vec![a, b], metric(a, b))).unzip()
    }

    #[test]
    fn two_keys_that_add_up_explain_everything_by_their_own_variance() {
        // Effects 0, 3, 6 have a variance of 6, effects 0, 2 one of 1: six sevenths and one seventh.
        let (levels, means) = grid(|a, b| 100.0 + 3.0 * a as f64 + 2.0 * b as f64);
        let shares = main_effects(&levels, &means);
        assert!((shares[0] - 6.0 / 7.0).abs() < 1e-12 && (shares[1] - 1.0 / 7.0).abs() < 1e-12, "{shares:?}");
    }

    #[test]
    fn what_only_two_keys_together_do_is_neither_of_them() {
        let (levels, means) = grid(|a, b| if b == 0 { a as f64 - 1.0 } else { 1.0 - a as f64 });
        assert_eq!(main_effects(&levels, &means), [0.0, 0.0]);
    }

    #[test]
    fn a_metric_that_never_changes_is_explained_by_nothing_and_misfits_have_no_answer() {
        let (levels, means) = grid(|_, _| 0.1);
        assert_eq!(main_effects(&levels, &means), [0.0, 0.0]);
        assert_eq!(main_effects(&levels, &means[1..]), Vec::<f64>::new());
        assert_eq!(main_effects(&[vec![0], vec![]], &[1.0, 2.0]), Vec::<f64>::new());
        assert_eq!(main_effects(&[vec![0], vec![1]], &[1.0, f64::NAN]), Vec::<f64>::new());
        assert_eq!(main_effects(&[], &[]), Vec::<f64>::new());
        assert_eq!(main_effects(&[vec![0], vec![1]], &[1e200, 3e200]), [1.0]);
    }

    #[test]
    fn iq_and_hours_of_television_have_the_printed_correlation() {
        let iq = [106.0, 100.0, 86.0, 101.0, 99.0, 103.0, 97.0, 113.0, 112.0, 110.0];
        let hours = [7.0, 27.0, 2.0, 50.0, 28.0, 29.0, 20.0, 12.0, 6.0, 17.0];
        assert!((rank_correlation(&iq, &hours).unwrap() - -29.0 / 165.0).abs() < 1e-12);
    }

    #[test]
    fn any_rise_is_a_whole_correlation_and_ties_share_their_rank() {
        let x: Vec<f64> = (1..=9).map(f64::from).collect();
        assert_eq!(rank_correlation(&x, &x.iter().map(|x| x.exp()).collect::<Vec<_>>()), Some(1.0));
        assert_eq!(rank_correlation(&x, &x.iter().map(|x| 1.0 / x).collect::<Vec<_>>()), Some(-1.0));
        // Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: 4.5 / sqrt(4.5 · 5).
        let tied = rank_correlation(&[1.0, 2.0, 2.0, 3.0], &[1.0, 2.0, 3.0, 4.0]).unwrap();
        assert!((tied - 0.9_f64.sqrt()).abs() < 1e-12, "{tied}");
    }

    #[test]
    fn what_never_changes_correlates_with_nothing() {
        for (x, y) in [(vec![], vec![]), (vec![1.0], vec![1.0]), (vec![1.0, 1.0], vec![1.0, 2.0]), (vec![1.0, f64::NAN], vec![1.0, 2.0])] {
            assert_eq!(rank_correlation(&x, &y), None, "{x:?}");
        }
    }
}
