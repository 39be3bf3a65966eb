//! One run: a scenario and a seed in, a record out.

use super::expectations::judge;
use crate::engine::{Duration, Instant};
use crate::fault::Plan;
use crate::observe::record::{RunRecord, SCHEMA, ScenarioRef};
use crate::observe::{Fact, Observers};
use crate::scenario::Scenario;
use crate::world::World;

/// How far the world runs between two looks at what happened: long enough to cost nothing, short enough to keep its buffer of facts small.
const SLICE: Duration = Duration::from_millis(20);

/// Is shown every fact with its moment.
pub type Trace<'t> = &'t mut (dyn FnMut(Instant, &Fact) + 't);

/// How a run is made.
#[derive(Clone, Copy, Debug)]
pub struct RunOptions {
    /// The seed, instead of the scenario's. The scenario's random faults stay as they were drawn when it was read.
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
pub fn run(scenario: &Scenario, options: &RunOptions, trace: Option<Trace<'_>>) -> Result<RunRecord, Stopped> {
    let seed = options.seed.unwrap_or(scenario.seed);
    let count_from = Instant::ZERO + scenario.count_from;
    let end = count_from + scenario.duration;
    let world = World::build(scenario.spec.clone(), seed);
    let observers = Observers::new(world.spec(), count_from);
    let mut run = Running { world, plan: scenario.plan.clone(), observers, trace, max_events: options.max_events };
    run.to(end)?;
    let Running { world, mut observers, .. } = run;
    world.audit(&mut |_, batch, _| observers.audit(batch));
    let found = observers.finish(world.spec(), end);
    let mut record = RunRecord {
        schema: SCHEMA.to_owned(),
        kafkasim: env!("CARGO_PKG_VERSION").to_owned(),
        scenario: ScenarioRef { name: scenario.name.clone(), digest: scenario.digest.clone(), assumed_rates: scenario.assumed_rates },
        kafka: world.spec().release.name().to_owned(),
        costs: costs(scenario),
        seed,
        digest: found.digest,
        simulated_ms: scenario.duration.as_millis_f64(),
        warmup_ms: scenario.count_from.as_millis_f64(),
        events: world.events(),
        total: found.total,
        clients: found.clients,
        moves: found.moves,
        windows: found.windows,
        checks: found.checks,
        cluster: found.cluster,
        expectations: Vec::new(),
        not_modelled: scenario.notes.clone(),
        repeat: repeat(scenario, seed),
    };
    record.expectations = judge(&scenario.expect, &record);
    Ok(record)
}

struct Running<'t> {
    world: World,
    plan: Plan,
    observers: Observers,
    trace: Option<Trace<'t>>,
    max_events: u64,
}

impl Running<'_> {
    /// Runs until `end`, waking each fault at its moment. A fault comes after the events of its moment.
    fn to(&mut self, end: Instant) -> Result<(), Stopped> {
        let mut now = self.world.now();
        loop {
            let fault = self.plan.next_at().filter(|at| *at <= end);
            let target = fault.unwrap_or(end).max(now).min(now + SLICE);
            self.world.run_until(target);
            now = target;
            if fault.is_some_and(|at| at <= now) {
                self.plan.act(now, &mut self.world);
            }
            self.watch();
            let events = self.world.events();
            if events > self.max_events {
                return Err(Stopped::TooManyEvents { events, at: now });
            }
            let more_faults_now = self.plan.next_at().is_some_and(|at| at <= now);
            if now >= end && !more_faults_now {
                return Ok(());
            }
        }
    }

    /// Shows what has happened to the observers and to the trace.
    fn watch(&mut self) {
        let Running { world, observers, trace, .. } = self;
        world.drain_facts(&mut |at, fact| {
            observers.on_fact(at, fact);
            if let Some(trace) = trace {
                trace(at, fact);
            }
        });
    }
}

/// The names of the machine costs in use, each once.
fn costs(scenario: &Scenario) -> String {
    let mut names: Vec<&str> = scenario.spec.brokers.iter().map(|b| b.costs.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names.join(", ")
}

/// The command that repeats the run: the scenario's own, with the seed that was used.
fn repeat(scenario: &Scenario, seed: u64) -> String {
    let own_seed = format!(" --seed {}", scenario.seed);
    let command = scenario.repeat.strip_suffix(&own_seed).unwrap_or(&scenario.repeat);
    format!("{command} --seed {seed}")
}
