//! Means of independent runs, with Student's t interval (Law, "Simulation Modeling and Analysis", section 4.5).

use super::estimate::{Confidence, Estimate};
use super::{all_finite, student};

/// The mean with its t interval. It is exact for normal values and, by the central limit theorem, nearly so for the mean of many runs.
/// None below two values. Values that are all equal give an interval without width: they say nothing of what other runs may give.
pub fn mean(values: &[f64], confidence: Confidence) -> Option<Estimate> {
    let (center, variance) = (average(values)?, variance(values)?);
    let half = student::quantile(values.len() - 1, confidence) * (variance / values.len() as f64).sqrt();
    Estimate::finite(center, center - half, center + half)
}

/// The arithmetic mean; none without values.
pub fn average(values: &[f64]) -> Option<f64> {
    let &first = values.first().filter(|_| all_finite(values))?;
    // Measured from the first value: equal values have exactly their own mean, and close ones keep their last digits.
    let beyond = values.iter().map(|value| value - first).sum::<f64>() / values.len() as f64;
    Some(first + beyond).filter(|mean| mean.is_finite())
}

/// The unbiased variance; none below two values. It takes a second pass over the deviations from the mean, because the difference of
/// two sums of squares loses all digits where the spread is small (Chan, Golub and LeVeque 1983).
pub fn variance(values: &[f64]) -> Option<f64> {
    let (center, count) = (average(values)?, values.len() as f64);
    if values.len() < 2 {
        return None;
    }
    let deviations = values.iter().map(|value| value - center);
    let (squares, rest) = deviations.fold((0.0, 0.0), |(squares, rest), deviation| (squares + deviation * deviation, rest + deviation));
    Some(((squares - rest * rest / count) / (count - 1.0)).max(0.0)).filter(|variance| variance.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_observations_of_the_textbook_have_its_interval() {
        // Law, section 4.5: 1.34 ± 0.24 at 90 %, with a variance of 0.17.
        let values = [1.20, 1.50, 1.68, 1.89, 0.95, 1.49, 1.58, 1.55, 0.50, 1.09];
        let estimate = mean(&values, Confidence::new(0.9).unwrap()).unwrap();
        assert!((estimate.value - 1.343).abs() < 1e-12 && (variance(&values).unwrap() - 0.17).abs() < 0.005);
        assert!((estimate.half_width() - 0.24).abs() < 0.005, "{estimate:?}");
        assert!(estimate.excludes(1.0) && !estimate.excludes(1.2));
    }

    #[test]
    fn the_variance_keeps_its_digits_on_the_hardest_reference_data_of_nist() {
        // StRD "NumAcc4": 1001 values near ten million, certified mean 10000000.2 and standard deviation 0.1.
        let values: Vec<f64> = (0..1001).map(|i| if i == 0 { 10_000_000.2 } else { [10_000_000.3, 10_000_000.1][i % 2] }).collect();
        assert_eq!(average(&values), Some(10_000_000.2));
        let deviation = variance(&values).unwrap().sqrt();
        assert!((deviation - 0.1).abs() < 1e-8, "{deviation}: the values themselves are exact to 2e-9");
    }

    #[test]
    fn equal_runs_have_exactly_their_mean_and_no_spread() {
        assert_eq!(mean(&[0.1; 10], Confidence::default()), Some(Estimate { value: 0.1, low: 0.1, high: 0.1 }));
    }

    #[test]
    fn too_few_or_unusable_values_have_no_interval() {
        for values in [&[] as &[f64], &[1.0], &[1.0, f64::NAN], &[1.0, f64::INFINITY], &[-f64::MAX, f64::MAX], &[1e200, -1e200]] {
            assert_eq!(mean(values, Confidence::default()), None, "{values:?}");
        }
        assert_eq!((average(&[]), average(&[3.0]), variance(&[3.0])), (None, Some(3.0), None));
    }
}
