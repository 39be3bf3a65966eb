//! When a simulated number is taken for an exact one.

use kafkasim::statistics::{Confidence, Estimate};

/// An error of this share of the exact value is to be noticed.
const NOTICED: f64 = 0.02;

/// How sure the intervals are: with fixed seeds a test passes always or never, so what is wanted is that a right model passes.
pub fn sure() -> Confidence {
    Confidence::new(0.999).expect("it is a share")
}

/// The exact value lies inside the interval, and one that is off by [`NOTICED`] would not, wherever in it the estimate is right.
pub fn assert_exact(what: &str, found: Option<Estimate>, exact: f64) {
    let found = found.unwrap_or_else(|| panic!("{what}: there is nothing to estimate from"));
    println!("{what}: exactly {exact:.4}, found {:.4}, between {:.4} and {:.4}", found.value, found.low, found.high);
    assert!(found.half_width() < NOTICED * exact, "{what}: {found:?} is too wide for {exact}");
    assert!(!found.excludes(exact), "{what}: {found:?} is not {exact}");
}
