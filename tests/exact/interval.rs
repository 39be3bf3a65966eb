//! When a simulated number is taken for an exact one.

use kafkasim::statistics::{Confidence, Estimate};

/// An error of this share of the exact value is to be noticed.
const NOTICED: f64 = 0.02;

/// How sure the intervals are: the seeds are fixed, so that a right model that fails would fail every time.
pub fn sure() -> Confidence {
    Confidence::new(0.999).expect("it is a share")
}

/// The exact value lies inside the interval, and one that is off by [`NOTICED`] to either side lies outside.
pub fn assert_exact(what: &str, found: Option<Estimate>, exact: f64) {
    let found = found.unwrap_or_else(|| panic!("{what}: there is nothing to estimate from"));
    println!("{what}: exactly {exact:.4}, found {:.4}, between {:.4} and {:.4}", found.value, found.low, found.high);
    assert!(!found.excludes(exact), "{what}: {found:?} is not {exact}");
    for wrong in [exact * (1.0 - NOTICED), exact * (1.0 + NOTICED)] {
        assert!(found.excludes(wrong), "{what}: {found:?} would be taken for {wrong} too, not only for {exact}");
    }
}
