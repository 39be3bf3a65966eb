//! A run with all that it shows: its facts as they happen, and what the cluster was made of in the end.

use super::Watch;
use super::push::Push;
use crate::engine::Duration;
use crate::experiment::{RunOptions, Simulation, Stopped};
use crate::model::Spec;
use crate::observe::RunRecord;
use crate::scenario::Scenario;

/// How often a run is asked whether it takes too many events, in simulated time.
const LOOK: Duration = Duration::from_millis(20);

/// Runs a scenario to its end, and pushes on it at the given moments, which come in their order.
///
/// # Errors
/// When it takes more events than `options` allow.
pub fn run(scenario: &Scenario, options: &RunOptions, pushes: &[Push], watch: Watch<'_>) -> Result<(RunRecord, Spec), Stopped> {
    let mut simulation = Simulation::new(scenario, options.seed.unwrap_or(scenario.seed));
    let mut pushes = pushes.iter().peekable();
    let end = simulation.end();
    loop {
        while let Some(push) = pushes.next_if(|push| push.at <= simulation.now()) {
            push.what.perform(simulation.world_mut());
        }
        let look = end.min(simulation.now() + LOOK);
        let now = pushes.peek().map_or(look, |push| look.min(push.at));
        simulation.run_to(now, watch);
        let events = simulation.world().events();
        if events > options.max_events {
            return Err(Stopped::TooManyEvents { events, at: now });
        }
        if now >= end {
            let spec = simulation.world().spec().clone();
            return Ok((simulation.finish(), spec));
        }
    }
}
