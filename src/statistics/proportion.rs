//! How often something happens to a run, with the exact binomial interval of Clopper and Pearson (Biometrika 26, 1934).
//!
//! It never covers less than it says, also where the event is rare: none in 10,000 runs is not "never", but "at most 3.7 of 10,000".

use super::estimate::{Confidence, Estimate};
use super::turn::turn;
use statrs::distribution::{Beta, ContinuousCDF};

/// The share of `trials` that were successes. None without trials or with more successes than trials.
/// The bounds have five digits up to a billion trials; the beta function loses one with every tenfold more.
pub fn proportion(successes: u64, trials: u64, confidence: Confidence) -> Option<Estimate> {
    let failures = trials.checked_sub(successes).filter(|_| trials > 0)?;
    let (hits, misses, tail) = (successes as f64, failures as f64, confidence.tail());
    // A number of successes is binomial, and the binomial tail over its chance is a beta distribution.
    let at_least = beta(hits, misses + 1.0);
    let at_most = beta(hits + 1.0, misses);
    let low = at_least.map_or(0.0, |chance| turn(0.0, 1.0, |p| chance.cdf(p) < tail));
    let high = at_most.map_or(1.0, |chance| turn(0.0, 1.0, |p| chance.sf(p) > tail));
    let value = hits / trials as f64;
    Estimate::finite(value, low.min(value), high.max(value))
}

/// None where a parameter is zero: without a success there is no lower bound, without a failure no upper one.
fn beta(a: f64, b: f64) -> Option<Beta> {
    Beta::new(a, b).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_are_those_of_the_printed_tables() {
        // Exact 95 % limits for a binomial proportion: successes, trials, lower, upper.
        let table = [
            (0, 10, 0.0, 0.3085),
            (1, 10, 0.0025, 0.4450),
            (2, 10, 0.0252, 0.5561),
            (5, 10, 0.1871, 0.8129),
            (10, 10, 0.6915, 1.0),
            (4, 20, 0.0573, 0.4366),
            (1, 100, 0.0003, 0.0545),
            (10, 100, 0.0490, 0.1762),
            (50, 100, 0.3983, 0.6017),
        ];
        for (successes, trials, low, high) in table {
            let found = proportion(successes, trials, Confidence::default()).unwrap();
            assert!((found.low - low).abs() < 0.000051 && (found.high - high).abs() < 0.000051, "{successes} of {trials}: {found:?}");
        }
    }

    #[test]
    fn a_loss_never_seen_is_bounded_by_the_rule_of_three() {
        // Hanley and Lippman-Hand 1983: one-sided 95 % is 3 / n. Exactly, it is 1 - 0.05^(1/n).
        for trials in [100, 10_000, 1_000_000] {
            let never = proportion(0, trials, Confidence::new(0.9).unwrap()).unwrap();
            let exact = 1.0 - 0.05_f64.powf(1.0 / trials as f64);
            assert_eq!((never.value, never.low), (0.0, 0.0));
            assert!((never.high / exact - 1.0).abs() < 1e-6 && (never.high * trials as f64 / 3.0 - 1.0).abs() < 0.02, "{never:?}");
        }
    }

    #[test]
    fn one_loss_in_a_million_or_a_billion_runs_has_the_poisson_limits() {
        // Garwood 1936: one event, 95 %: 0.0253 to 5.572.
        for trials in [1_000_000, 1_000_000_000] {
            let once = proportion(1, trials, Confidence::default()).unwrap();
            let (low, high) = (once.low * trials as f64, once.high * trials as f64);
            assert!((low - 0.0253).abs() < 0.00005 && (high - 5.572).abs() < 0.0005, "{once:?}");
        }
    }

    #[test]
    fn always_is_never_mirrored_and_nonsense_has_no_answer() {
        let (always, never) = (proportion(7, 7, Confidence::default()).unwrap(), proportion(0, 7, Confidence::default()).unwrap());
        assert!((always.low - (1.0 - never.high)).abs() < 1e-12 && always.high == 1.0);
        assert_eq!((proportion(0, 0, Confidence::default()), proportion(3, 2, Confidence::default())), (None, None));
    }
}
