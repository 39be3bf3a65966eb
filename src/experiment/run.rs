//! One run: a scenario and a seed in, a record out.

use super::Simulation;
use crate::engine::{Duration, Instant};
use crate::observe::{Fact, RunRecord};
use crate::scenario::Scenario;

/// How often a run is asked whether it takes too many events, in simulated time.
const LOOK: Duration = Duration::from_millis(20);

/// Is shown every fact with its moment.
pub type Trace<'t> = &'t mut (dyn FnMut(Instant, &Fact) + 't);

/// How a run is made.
#[derive(Clone, Copy, Debug)]
pub struct RunOptions {
    /// The seed, instead of the scenario's. The scenario's random faults stay as they were drawn when it was read;
    /// [`Scenario::with_seed`] draws them anew.
    pub seed: Option<u64>,
    /// Events after which the run is given up.
    pub max_events: u64,
}

impl Default for RunOptions {
    fn default() -> Self {
        RunOptions { seed: None, max_events: u64::MAX }
    }
}

/// Why a run did not come to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Stopped {
    /// It took more events than it was allowed.
    #[error("stopped after {events} events, more than allowed, {} into the run", .at.since_start())]
    TooManyEvents {
        /// Events processed.
        events: u64,
        /// The simulated moment.
        at: Instant,
    },
}

/// Runs a scenario to its end and tells all that was found. `trace` is shown every fact, warm-up included.
///
/// # Errors
/// When it takes more events than `options` allow.
pub fn run(scenario: &Scenario, options: &RunOptions, mut trace: Option<Trace<'_>>) -> Result<RunRecord, Stopped> {
    let mut simulation = Simulation::new(scenario, options.seed.unwrap_or(scenario.seed));
    let end = simulation.end();
    let mut show = |at: Instant, fact: &Fact| {
        if let Some(trace) = &mut trace {
            trace(at, fact);
        }
    };
    loop {
        let now = end.min(simulation.now() + LOOK);
        simulation.run_to(now, &mut show);
        let events = simulation.world().events();
        if events > options.max_events {
            return Err(Stopped::TooManyEvents { events, at: now });
        }
        if now >= end {
            return Ok(simulation.finish());
        }
    }
}
