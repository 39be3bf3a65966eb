//! Student's t distribution (Student 1908): how far the mean of a few runs strays when its variance is itself only estimated.

use super::estimate::Confidence;
use super::turn::turn;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// The t beyond which either side holds half of the chance to be wrong: 12.706 for one degree of freedom at 95 %, 1.96 for very many.
pub fn quantile(degrees: usize, confidence: Confidence) -> f64 {
    let t = distribution(degrees);
    let short = |x: f64| t.sf(x) > confidence.tail();
    let mut beyond = 1.0;
    while short(beyond) {
        beyond *= 2.0;
    }
    turn(0.0, beyond, short)
}

/// The chance of a t at least as far from zero, on either side. It is 1 for a t that is not a number.
pub fn p_value(t: f64, degrees: usize) -> f64 {
    if t.is_nan() {
        return 1.0;
    }
    (2.0 * distribution(degrees).sf(t.abs())).min(1.0)
}

fn distribution(degrees: usize) -> StudentsT {
    StudentsT::new(0.0, 1.0, degrees.max(1) as f64).expect("the scale and the degrees of freedom are positive")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of critical points that stands at the end of every textbook (Law's table T.1): degrees, at 90 %, 95 % and 99 %.
    const TABLE: [(usize, [f64; 3]); 9] = [
        (1, [6.314, 12.706, 63.657]),
        (2, [2.920, 4.303, 9.925]),
        (4, [2.132, 2.776, 4.604]),
        (9, [1.833, 2.262, 3.250]),
        (19, [1.729, 2.093, 2.861]),
        (30, [1.697, 2.042, 2.750]),
        (60, [1.671, 2.000, 2.660]),
        (120, [1.658, 1.980, 2.617]),
        (10_000_000, [1.645, 1.960, 2.576]),
    ];

    #[test]
    fn the_critical_points_are_those_of_the_printed_table() {
        for (degrees, row) in TABLE {
            for (level, printed) in [0.9, 0.95, 0.99].into_iter().zip(row) {
                let found = quantile(degrees, Confidence::new(level).unwrap());
                assert!((found - printed).abs() < 0.00051, "{degrees} degrees at {level}: {found}, printed {printed}");
            }
        }
    }

    #[test]
    fn two_degrees_of_freedom_have_a_closed_form() {
        // P(|T| > t) = 1 - t / sqrt(2 + t²).
        for t in [0.1, 1.0, 4.0, 30.0] {
            let exact: f64 = 1.0 - t / (2.0_f64 + t * t).sqrt();
            assert!((p_value(-t, 2) - exact).abs() < 1e-12, "{t}");
        }
    }

    #[test]
    fn the_far_tail_is_reached_and_nothing_is_not_a_number() {
        let strict = Confidence::default().split(usize::MAX);
        for degrees in [0, 1, 2, 29, 1_000, 1_000_000_000] {
            let t = quantile(degrees, strict);
            assert!(t.is_finite() && (p_value(t, degrees) / strict.alpha() - 1.0).abs() < 1e-6, "{degrees}: {t}");
        }
        assert_eq!((p_value(0.0, 5), p_value(f64::INFINITY, 5), p_value(f64::NAN, 5)), (1.0, 0.0, 1.0));
    }
}
