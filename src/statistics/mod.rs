//! Statistics over runs. Pure arithmetic: numbers come in, numbers with their bounds go out, and nothing here knows of Kafka.
//!
//! The replication is the unit. The requests of one run share its faults and its queues and are not independent; runs with seeds of
//! their own are. So every interval here is over runs: give one value a run, or, for lifetimes, say to which run each belongs.
//!
//! | Question | File |
//! |---|---|
//! | What is it on average? | [`mean`] |
//! | What do 99 % of the runs stay below? | [`quantile`] |
//! | How often does a run lose a record, even when none did so far? | [`proportion`] |
//! | Which share of all requests is stale? | [`ratio`] |
//! | How long does it last, where some had not ended when the run did? | [`survival`] |
//! | Does B differ from A under the same seeds, and what did the pairing save? | [`paired`] |
//! | Which of many differences are still real together? | [`multiple`] |
//! | How many runs until the answer is narrow enough? | [`looks`] |
//! | Which points of the space of keys to run? | [`hypercube`] |
//! | Which key matters? | [`sensitivity`] |
//! | Which settings are worth a thought? | [`pareto`] |
//!
//! [`estimate`] holds what they answer with; [`bootstrap`], [`student`] and [`turn`] are the tools below them.
//!
//! Nothing panics and no NaN comes out: where an answer does not exist (no data, one run, a value that is not a number) it is `None`.
//! The same input gives the same output: what is resampled is drawn from a fixed seed.

pub mod bootstrap;
#[cfg(test)]
mod draws;
pub mod estimate;
pub mod hypercube;
pub mod looks;
pub mod mean;
pub mod multiple;
pub mod paired;
pub mod pareto;
pub mod proportion;
pub mod quantile;
pub mod ratio;
pub mod sensitivity;
pub mod student;
pub mod survival;
pub mod turn;

pub use estimate::{Confidence, Estimate};
pub use looks::{Look, Looks};
pub use paired::Paired;
pub use quantile::Quantile;
pub use survival::Lifetime;

/// Whether all are numbers that can be reckoned with: a NaN or an infinity would spoil every sum it enters.
fn all_finite(values: &[f64]) -> bool {
    values.iter().all(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Samples that spoil sums, squares and quotients, all of three values.
    const SPOILT: [[f64; 3]; 12] = [
        [0.0, 0.0, 0.0],
        [0.0, -0.0, 0.0],
        [1.0, 1.0, 1.0],
        [0.1, 0.2, 0.3],
        [-1.0, 0.0, 1.0],
        [f64::MAX, f64::MAX, f64::MAX],
        [f64::MAX, -f64::MAX, f64::MAX],
        [f64::MIN_POSITIVE, 5e-324, 0.0],
        [1e160, 2e160, 4e160],
        [1e-160, 2e-160, 4e-160],
        [1.0, f64::NAN, 2.0],
        [f64::INFINITY, f64::NEG_INFINITY, 1.0],
    ];

    #[test]
    fn nothing_panics_and_no_nan_comes_out_whatever_comes_in() {
        let usual = Confidence::default();
        for confidence in [usual, Confidence::new(1e-9).unwrap(), usual.split(usize::MAX)] {
            for (a, b) in SPOILT.iter().flat_map(|a| SPOILT.iter().map(move |b| (a, b))) {
                let lifetimes: Vec<Lifetime> =
                    (0..3).map(|run| Lifetime { length: a[run], ended: b[run] > 0.0, run: usize::MAX - run }).collect();
                let answers = [
                    format!("{:?}", mean::mean(a, confidence)),
                    format!("{:?}", ratio::ratio(a, b, confidence)),
                    format!("{:?}", paired::paired(a, b, confidence)),
                    format!("{:?}", quantile::quantile(a, b[0], confidence)),
                    format!("{:?} {:?}", survival::curve(&lifetimes), survival::bounded_quantile(&lifetimes, 0.5, confidence)),
                    format!("{:?} {:?}", multiple::holm(a), student::p_value(a[0], 2)),
                    format!("{:?}", sensitivity::main_effects(&[vec![0, 7], vec![0, 8], vec![1, 7]], a)),
                    format!("{:?}", sensitivity::rank_correlation(a, b)),
                ];
                assert!(answers.iter().all(|answer| !answer.contains("NaN")), "{a:?} and {b:?}: {answers:#?}");
            }
            for (successes, trials) in [(0, 1), (1, 1), (0, u64::MAX), (u64::MAX, u64::MAX), (1, u64::MAX), (1 << 40, 1 << 41)] {
                let answer = proportion::proportion(successes, trials, confidence).unwrap();
                assert!(answer.low <= answer.value && answer.value <= answer.high, "{successes} of {trials}: {answer:?}");
            }
        }
    }
}
