//! A run with all that it shows: its facts as they happen, and what the cluster was made of in the end.

use super::Watch;
use crate::engine::{Duration, Instant};
use crate::experiment::{RunOptions, Simulation, Stopped};
use crate::model::Spec;
use crate::observe::RunRecord;
use crate::scenario::Scenario;
use crate::world::World;

/// How often a run is asked whether it takes too many events, in simulated time.
const LOOK: Duration = Duration::from_millis(20);

/// Does something to a run at a moment.
pub type Deed<'d> = (Instant, &'d dyn Fn(&mut World));

/// Runs a scenario to its end, and does to it what is to be done at the given moments, which come in their order.
///
/// # Errors
/// When it takes more events than `options` allow.
pub fn run(scenario: &Scenario, options: &RunOptions, deeds: &[Deed<'_>], watch: Watch<'_>) -> Result<(RunRecord, Spec), Stopped> {
    let mut simulation = Simulation::new(scenario, options.seed.unwrap_or(scenario.seed));
    let mut deeds = deeds.iter().peekable();
    let end = simulation.end();
    loop {
        while let Some((_, perform)) = deeds.next_if(|(at, _)| *at <= simulation.now()) {
            perform(simulation.world_mut());
        }
        let look = end.min(simulation.now() + LOOK);
        let now = deeds.peek().map_or(look, |(at, _)| look.min(*at));
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
