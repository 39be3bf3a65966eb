//! Runs that take turns, and what they say about each other.

use crate::engine::Engine;
use crate::work::{Outcome, Run, Work};
use std::time::Duration;

/// What one engine reached in all repetitions.
pub struct Measured {
    pub engine: Engine,
    /// Requests in a second of CPU time.
    pub rates: Spread,
    /// How many times less CPU time kafkasim took for a request, in the same repetition.
    pub behind: Spread,
    /// The same by wall time.
    pub behind_wall: Spread,
}

/// Median and extremes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Spread {
    pub median: f64,
    pub min: f64,
    pub max: f64,
}

impl Spread {
    /// Of at least one value.
    fn of(mut values: Vec<f64>) -> Spread {
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        let median = if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 };
        Spread { median, min: values[0], max: values[values.len() - 1] }
    }
}

/// Has all engines do the work in turn, `repetitions` times, kafkasim first among them.
///
/// # Errors
/// When an engine fails or did not do the same work as kafkasim.
pub fn measure(work: Work, requests: u64, repetitions: usize, engines: &[Engine]) -> Result<Vec<Measured>, String> {
    let mut runs = vec![Vec::new(); engines.len()];
    let horizon = |engine: &Engine| work.horizon_ns(requests / engine.share());
    let expected =
        engines.iter().map(|engine| Engine::Kafkasim.run(work, horizon(engine)).map(|run| run.outcome)).collect::<Result<Vec<_>, _>>()?;
    for repetition in 0..repetitions {
        for turn in 0..engines.len() {
            // Another engine begins each time.
            let i = (repetition + turn) % engines.len();
            let run = engines[i].run(work, horizon(&engines[i]))?;
            same(work, engines[i], expected[i], run.outcome)?;
            runs[i].push(run);
        }
    }
    Ok(engines.iter().zip(&runs).map(|(engine, theirs)| measured(*engine, &runs[0], theirs)).collect())
}

fn measured(engine: Engine, ours: &[Run], theirs: &[Run]) -> Measured {
    let rate = |run: &Run, took: fn(&Run) -> Duration| run.outcome.requests as f64 / took(run).as_secs_f64();
    let ahead = |took| Spread::of(ours.iter().zip(theirs).map(|(ours, theirs)| rate(ours, took) / rate(theirs, took)).collect());
    Measured {
        engine,
        rates: Spread::of(theirs.iter().map(|run| rate(run, |run| run.took.cpu)).collect()),
        behind: ahead(|run| run.took.cpu),
        behind_wall: ahead(|run| run.took.wall),
    }
}

/// A ratio of different work is none.
fn same(work: Work, engine: Engine, expected: Outcome, got: Outcome) -> Result<(), String> {
    if got == expected {
        return Ok(());
    }
    Err(format!(
        "{}: {} did other work than kafkasim ({} requests with checksum {:016x}, not {} with {:016x}): no ratio",
        work.title(),
        engine.title(),
        got.requests,
        got.checksum,
        expected.requests,
        expected.checksum
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_the_middle_and_the_ends() {
        assert_eq!(Spread::of(vec![3.0, 1.0, 2.0]), Spread { median: 2.0, min: 1.0, max: 3.0 });
        assert_eq!(Spread::of(vec![4.0, 1.0, 2.0, 3.0]).median, 2.5);
    }

    #[test]
    fn other_work_gives_no_ratio() {
        let outcome = Outcome { requests: 7, checksum: 1 };
        assert_eq!(same(Work::Ring, Engine::Nexosim, outcome, outcome), Ok(()));
        let refused = same(Work::Ring, Engine::Nexosim, outcome, Outcome { checksum: 2, ..outcome }).unwrap_err();
        assert!(refused.contains("nexosim did other work"), "{refused}");
    }
}
