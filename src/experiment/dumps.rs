//! What an operator who was called would have asked Kafka's tools, and when.

use super::Simulation;
use super::describe::{View, shown};
use crate::engine::{Duration, Instant};
use crate::scenario::Scenario;

/// How long after the first fault somebody looks.
const LOOKS: [Duration; 2] = [Duration::from_secs(12), Duration::from_secs(22)];
/// How long before it.
const BEFORE: Duration = Duration::from_secs(1);

/// The outputs of the tools at one moment.
#[derive(Clone, Debug)]
pub struct Dump {
    /// `0-before`, `1-during`, `2-later` or `3-after`.
    pub name: &'static str,
    /// `kafka-topics.sh --describe`.
    pub topics: String,
    /// `kafka-metadata-quorum.sh describe --status`.
    pub quorum: String,
}

/// The moments at which a run is looked at: a second before its first fault, 12 s and 22 s after it, and at the end of the run.
pub fn moments(scenario: &Scenario) -> [(&'static str, Instant); 4] {
    let start = Instant::ZERO + scenario.count_from;
    let end = start + scenario.duration;
    let fault = scenario.plan.next_at().unwrap_or(start).clamp(start, end);
    let before = if fault.since_start() > BEFORE { Instant::ZERO + fault.since_start().saturating_sub(BEFORE) } else { fault };
    let [during, later] = LOOKS.map(|look| (fault + look).min(end));
    [("0-before", before), ("1-during", during), ("2-later", later), ("3-after", end)]
}

/// Runs the scenario and asks the tools at those moments.
pub fn dumps(scenario: &Scenario) -> Vec<Dump> {
    let mut simulation = Simulation::new(scenario, scenario.seed);
    let mut ask = |(name, at): (&'static str, Instant)| {
        simulation.run_to(at, &mut |_, _| {});
        let world = simulation.world();
        Dump { name, topics: shown(world, View::Topics), quorum: shown(world, View::Quorum) }
    };
    moments(scenario).map(&mut ask).into()
}
