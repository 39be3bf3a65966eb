//! When a row agrees.
//!
//! The median over the seeds must lie between the measured minimum and maximum, widened: durations by the larger of 20 % of the measured
//! median and 200 ms on each side; counts by a factor of two and 2 more, but never zero where every measured run had some, nor the other way
//! round; records not served by a factor of two, and zero where zero was measured in every run. With fewer than four runs all of this is wider
//! by half. Where the measured values have two humps (a race that is won or lost), both must occur. The order of the clients must hold where the measured ranges do not overlap.

use crate::row::Row;

/// Measured values further apart than this are two humps: only a timer of Kafka's, the follower's pause of a second, lies between them.
const HUMPS_APART_MS: f64 = 500.0;
/// Fewer runs than this tell less of the spread: what is allowed is half as much again.
const FEW_RUNS: usize = 4;
/// The share of the seeds that each hump must have.
const LEAST_SHARE: f64 = 0.05;

/// What is said of a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The rule holds.
    Agrees,
    /// It does not, for this reason.
    Differs(&'static str),
}

enum Kind {
    Duration,
    Count,
    Records,
}

fn kind(quantity: &str) -> Kind {
    match quantity {
        "records not served" => Kind::Records,
        "stale answers" | "metadata requests" | "replica fetch errors (partition entries)" => Kind::Count,
        _ => Kind::Duration,
    }
}

/// The median; of an even number of values the mean of the two in the middle.
pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// A quantile, between values by linear interpolation.
pub fn quantile(values: &[f64], p: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let at = p * last as f64;
    let (below, above) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    below + (above - below) * at.fract()
}

/// The verdict on one row by itself. `measured` ascends.
pub fn judge(quantity: &str, measured: &[f64], simulated: &[f64]) -> Verdict {
    let (min, max) = (measured[0], measured[measured.len() - 1]);
    let here = median(simulated);
    let more = if measured.len() < FEW_RUNS { 1.5 } else { 1.0 };
    let (factor, extra) = (2.0 * more, 2.0 * more);
    match kind(quantity) {
        Kind::Records if max == 0.0 && simulated.iter().any(|v| *v > 0.0) => Verdict::Differs("records fail that did not"),
        Kind::Records => between(here, min / factor, max * factor),
        Kind::Count if min > 0.0 && here == 0.0 => Verdict::Differs("none, where every run had some"),
        Kind::Count if max == 0.0 && here > 0.0 => Verdict::Differs("some, where no run had any"),
        Kind::Count => between(here, min / factor - extra, max * factor + extra),
        Kind::Duration => {
            let wide = (median(measured) * 0.2).max(200.0) * more;
            match between(here, min - wide, max + wide) {
                Verdict::Agrees => humps(measured, simulated, wide),
                differs @ Verdict::Differs(_) => differs,
            }
        }
    }
}

fn between(here: f64, low: f64, high: f64) -> Verdict {
    if here < low {
        Verdict::Differs("too low")
    } else if here > high {
        Verdict::Differs("too high")
    } else {
        Verdict::Agrees
    }
}

fn humps(measured: &[f64], simulated: &[f64], wide: f64) -> Verdict {
    let widest = measured.windows(2).max_by(|a, b| (a[1] - a[0]).total_cmp(&(b[1] - b[0])));
    let Some(&[low, high]) = widest else { return Verdict::Agrees };
    // A gap that is small beside the values themselves is chance, not a race.
    if high - low < HUMPS_APART_MS || high - low < wide {
        return Verdict::Agrees;
    }
    let middle = (low + high) / 2.0;
    let above = simulated.iter().filter(|v| **v > middle).count() as f64 / simulated.len() as f64;
    if above < LEAST_SHARE {
        Verdict::Differs("the longer of two humps is missing")
    } else if above > 1.0 - LEAST_SHARE {
        Verdict::Differs("the shorter of two humps is missing")
    } else {
        Verdict::Agrees
    }
}

/// Where the measured ranges of two clients of a case do not overlap, their medians must be in the same order here.
pub fn judge_order(rows: &mut [Row]) {
    for i in 0..rows.len() {
        let wrong = rows.iter().any(|other| {
            let (a, b) = (&rows[i], other);
            a.quantity == b.quantity && a.max() < b.min() && median(&a.simulated) > median(&b.simulated)
        });
        if wrong && rows[i].verdict == Verdict::Agrees {
            rows[i].verdict = Verdict::Differs("the clients are in another order");
        }
    }
}

#[test]
fn the_rule_can_be_broken_in_every_way() {
    let verdict = |quantity: &str, measured: &[f64], simulated: &[f64]| match judge(quantity, measured, simulated) {
        Verdict::Agrees => "agrees",
        Verdict::Differs(why) => why,
    };
    let wait = "longest wait";
    assert_eq!(verdict(wait, &[300.0, 400.0, 400.0, 500.0], &[100.0, 101.0]), "agrees");
    assert_eq!(verdict(wait, &[300.0, 400.0, 400.0, 500.0], &[99.0, 99.0]), "too low");
    assert_eq!(verdict(wait, &[400.0, 500.0], &[101.0, 101.0]), "agrees");
    assert_eq!(verdict(wait, &[400.0, 500.0], &[99.0, 99.0]), "too low");
    assert_eq!(verdict(wait, &[8000.0, 9000.0, 9000.0, 9500.0], &[11_301.0]), "too high");
    assert_eq!(verdict(wait, &[300.0, 300.0, 1400.0, 1400.0], &[350.0; 40]), "the longer of two humps is missing");
    assert_eq!(verdict(wait, &[300.0, 300.0, 1400.0, 1400.0], &[1350.0; 40]), "the shorter of two humps is missing");
    assert_eq!(verdict(wait, &[300.0, 300.0, 1400.0, 1400.0], &[350.0, 1350.0]), "agrees");
    assert_eq!(verdict("stale answers", &[1.0, 2.0], &[0.0]), "none, where every run had some");
    assert_eq!(verdict("stale answers", &[0.0, 0.0], &[1.0]), "some, where no run had any");
    assert_eq!(verdict("stale answers", &[1.0, 1.0, 2.0, 2.0], &[7.0]), "too high");
    assert_eq!(verdict("records not served", &[0.0, 0.0], &[0.0, 0.0, 0.0, 1.0]), "records fail that did not");
}
