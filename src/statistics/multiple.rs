//! Many comparisons at once: of twenty differences that are nothing, one is "significant" at 5 %.

/// The p-values adjusted so that at most a share α of such families holds any false "p ≤ α" at all, whatever the dependence between
/// them (Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6, 1979). In the order
/// given; what is not a number is no evidence and counts as 1.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let p: Vec<f64> = p.iter().map(|p| if p.is_nan() { 1.0 } else { p.clamp(0.0, 1.0) }).collect();
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&i, &j| p[i].total_cmp(&p[j]));
    let mut adjusted = p.clone();
    let mut largest: f64 = 0.0;
    for (rank, &i) in order.iter().enumerate() {
        // The smallest is held against all, the next against all but one, and none passes for surer than the one before it.
        largest = largest.max(((p.len() - rank) as f64 * p[i]).min(1.0));
        adjusted[i] = largest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: &[f64], expected: &[f64]) -> bool {
        found.len() == expected.len() && found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-12)
    }

    #[test]
    fn the_usual_example_rejects_two_of_four() {
        // The example of the encyclopaedias: of 0.01, 0.04, 0.03 and 0.005, only the first and the last hold at 5 %.
        let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]);
        assert!(close(&adjusted, &[0.03, 0.06, 0.06, 0.02]), "{adjusted:?}");
    }

    #[test]
    fn the_order_given_is_kept_and_no_chance_exceeds_one() {
        assert!(close(&holm(&[0.9, 0.8, 0.001]), &[1.0, 1.0, 0.003]));
        assert!(close(&holm(&[0.04]), &[0.04]));
        assert_eq!(holm(&[]), Vec::<f64>::new());
    }

    #[test]
    fn what_is_no_number_is_no_evidence_but_still_counts() {
        assert!(close(&holm(&[0.02, f64::NAN]), &[0.04, 1.0]));
    }
}
