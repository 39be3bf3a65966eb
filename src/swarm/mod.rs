//! The swarm: random clusters under random faults, then calm. Whatever was drawn, no promise of the protocol may be broken, nothing may
//! panic, and when all is healed and started again every partition is led, every ISR is full, and every client is served.
//!
//! A number is a cluster: the same one every time, and what is found of it is the same on every machine.
//!
//! ```
//! use kafkasim::swarm::{Options, fly};
//!
//! let flight = fly(7, &Options::default());
//! assert!(flight.is_good(), "{:?}", flight.complaints);
//! ```

mod campaign;
mod case;
mod coverage;
mod dice;
mod draw;
mod features;
mod judge;
mod names;
mod shrink;

pub use campaign::Campaign;
pub use coverage::{Coverage, Dimension};
pub use judge::{Complaint, Kind};
pub use shrink::{Shrunk, shrink, shrink_with};

use crate::engine::{Duration, Instant};
use crate::experiment::Simulation;
use crate::scenario::{Diagnostics, Scenario, Source, load};
use case::{COUNT_FROM, Case, LONGEST_CALM};
use coverage::Eye;
use features::Features;
use judge::Witness;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How long all must have been well before a run ends.
const WELL_FOR: Duration = Duration::from_secs(12);
/// How long a run goes on after its storm where nothing is promised.
const UNJUDGED: Duration = Duration::from_secs(40);
/// How often it is asked whether all is well.
const LOOK: Duration = Duration::from_secs(2);
/// How often the number of events is looked at.
const COUNT: Duration = Duration::from_millis(200);
/// What the way of one record may take in events, with its replication and its readers.
const EVENTS_OF_A_RECORD: f64 = 40.0;
/// Draws of one number until it is a scenario.
const ATTEMPTS: u64 = 20;

/// How the runs of a swarm are made.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Events after which a run is given up, which is a complaint unless its settings ask for as many.
    pub max_events: u64,
}

impl Default for Options {
    fn default() -> Self {
        // More than any of these runs should take.
        Options { max_events: 20_000_000 }
    }
}

/// One cluster of the swarm and what came of it.
#[derive(Clone, Debug)]
pub struct Flight {
    /// Which one; zero for a scenario that was not drawn.
    pub number: u64,
    /// Its scenario, as TOML, as long as it ran.
    pub toml: String,
    /// What is wrong; nothing when all is well.
    pub complaints: Vec<Complaint>,
    /// Digest of all facts; empty when the run did not come to its end.
    pub digest: String,
    /// Simulated time, warm-up included.
    pub simulated: Duration,
    /// Events processed.
    pub events: u64,
    /// Draws that were refused as scenarios before this one.
    pub redrawn: u64,
    /// What it reached.
    pub coverage: Coverage,
}

impl Flight {
    /// Whether nothing is wrong.
    pub fn is_good(&self) -> bool {
        self.complaints.is_empty()
    }

    fn of(number: u64) -> Flight {
        Flight {
            number,
            toml: String::new(),
            complaints: Vec::new(),
            digest: String::new(),
            simulated: Duration::ZERO,
            events: 0,
            redrawn: 0,
            coverage: Coverage::default(),
        }
    }
}

/// May change a scenario after it was read and before it runs: tests break the model by it.
pub type Change<'c> = &'c dyn Fn(&mut Scenario);

/// Whether to go on: asked all the time, so that work ends soon after somebody has had enough.
pub type GoOn<'g> = &'g (dyn Fn() -> bool + Sync);

/// Draws the cluster of a number, runs it, and judges it.
pub fn fly(number: u64, options: &Options) -> Flight {
    fly_with(number, options, &|_| {})
}

/// The same with a change to the scenario.
pub fn fly_with(number: u64, options: &Options, change: Change<'_>) -> Flight {
    let drawn = Drawn::of(number);
    let mut flight = fly_case(&drawn.case, drawn.scenario, options, change, &|| true);
    drawn.features.names().for_each(|name| flight.coverage.see(Dimension::Features, name));
    flight.redrawn = drawn.refused;
    flight
}

/// What was drawn for a number.
struct Drawn {
    case: Case,
    features: Features,
    scenario: Result<Scenario, Diagnostics>,
    /// Draws before this one.
    refused: u64,
}

impl Drawn {
    /// The first draw that can be read as a scenario: rules between settings refuse some.
    fn of(number: u64) -> Drawn {
        let mut refused = 0;
        loop {
            let (case, features) = draw::case(number, refused);
            let scenario = read(&case);
            if scenario.is_ok() || refused + 1 == ATTEMPTS {
                return Drawn { case, features, scenario, refused };
            }
            refused += 1;
        }
    }
}

/// The longest scenario of a case.
fn read(case: &Case) -> Result<Scenario, Diagnostics> {
    let text = case.toml(case.storm_lasts + LONGEST_CALM);
    load(&Source { name: format!("swarm-{}", case.cluster.seed), text }, &[])
}

/// Runs a scenario of anybody to its end and judges it as one of the swarm. What must heal is judged only where there was time enough for
/// it after the last fault.
pub fn judge(scenario: &Scenario, options: &Options) -> Flight {
    let mut flight = Flight::of(0);
    flight.toml.clone_from(&scenario.canonical);
    caught(&mut flight, |flight| {
        let end = Instant::ZERO + scenario.count_from + scenario.duration;
        Run::new(scenario, options, &|| true).through(end, flight);
    });
    flight
}

/// Runs a case until all is well, and judges it. One that is not to go on complains of nothing.
fn fly_case(case: &Case, scenario: Result<Scenario, Diagnostics>, options: &Options, change: Change<'_>, go_on: GoOn<'_>) -> Flight {
    let mut flight = Flight::of(case.cluster.seed);
    flight.toml = case.toml(case.storm_lasts + LONGEST_CALM);
    let mut scenario = match scenario {
        Ok(scenario) => scenario,
        Err(mistakes) => {
            flight.complaints = mistakes.iter().map(|m| Complaint::new(Kind::Refused, m.message.clone())).collect();
            return flight;
        }
    };
    caught(&mut flight, |flight| {
        change(&mut scenario);
        let counted = Instant::ZERO + COUNT_FROM;
        let mut run = Run::new(&scenario, options, go_on);
        run.until_well(counted + case.storm_lasts, case.patience);
        flight.toml = case.toml(run.simulation.now().since(counted).max(case.storm_lasts));
        run.judged(flight);
    });
    flight
}

/// Does it, and counts a panic as the worst that a run can do.
fn caught(flight: &mut Flight, does: impl FnOnce(&mut Flight)) {
    let Err(panic) = catch_unwind(AssertUnwindSafe(|| does(flight))) else { return };
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied()).unwrap_or("without a word");
    flight.complaints = vec![Complaint::new(Kind::Panicked, format!("it panicked: {text}"))];
}

/// A run and who watches it.
struct Run<'g> {
    simulation: Simulation,
    witness: Witness,
    eye: Eye,
    max_events: u64,
    go_on: GoOn<'g>,
    /// So many events are no wonder.
    is_busy: bool,
    /// It took too many events.
    gave_up: bool,
    /// It was not to go on.
    broken_off: bool,
    /// The last disturbance after which all was well for a while: it is to stay so until the next one.
    well_after: Option<Instant>,
}

impl<'g> Run<'g> {
    fn new(scenario: &Scenario, options: &Options, go_on: GoOn<'g>) -> Run<'g> {
        Run {
            simulation: Simulation::new(scenario, scenario.seed),
            witness: Witness::new(&scenario.spec),
            eye: Eye::new(&scenario.spec),
            max_events: options.max_events,
            go_on,
            is_busy: judge::is_busy(&scenario.spec),
            gave_up: false,
            broken_off: false,
            well_after: None,
        }
    }

    fn to(&mut self, target: Instant) {
        while self.simulation.now() < target && !self.is_over() {
            let (witness, eye) = (&mut self.witness, &mut self.eye);
            let step = target.min(self.simulation.now() + COUNT);
            self.simulation.run_to(step, &mut |at, fact| {
                witness.see(at, fact);
                eye.see(fact);
            });
            self.gave_up = self.simulation.world().events() > self.max_events;
            self.broken_off = !(self.go_on)();
        }
    }

    fn is_over(&self) -> bool {
        self.gave_up || self.broken_off
    }

    /// Through the storm, and on until all has been well for a while, or until it should have been.
    fn until_well(&mut self, storm_ends: Instant, patience: Duration) {
        self.to(storm_ends);
        let latest = storm_ends + LONGEST_CALM;
        while !self.is_over() && !self.is_well() {
            // Where nothing is promised, a look at what comes after the storm is worth its time all the same.
            let deadline = self.witness.deadline().unwrap_or(storm_ends + UNJUDGED).min(latest);
            if self.simulation.now() >= deadline {
                break;
            }
            self.to((self.simulation.now() + LOOK).min(latest));
            self.look();
        }
        self.to((self.simulation.now() + patience).min(latest));
    }

    /// Looks whether all is well, and has been left alone for a while.
    fn look(&mut self) {
        let calm = self.simulation.now() >= self.witness.calm_since() + WELL_FOR;
        if calm && self.witness.is_promised() && self.witness.is_well(self.simulation.world()) {
            self.well_after = Some(self.witness.calm_since());
        }
    }

    fn is_well(&self) -> bool {
        self.well_after == Some(self.witness.calm_since())
    }

    fn through(mut self, end: Instant, flight: &mut Flight) {
        while self.simulation.now() < end && !self.is_over() {
            self.to(end.min(self.simulation.now() + LOOK));
            self.look();
        }
        self.judged(flight);
    }

    /// Events that the records take which producers were to write until now, if each takes many.
    fn records_asked_for(&self, now: Instant) -> u64 {
        let rates = self.simulation.world().spec().clients.iter().filter_map(|c| Some(c.workload()?.rate));
        (rates.sum::<f64>() * now.since_start().as_secs_f64() * EVENTS_OF_A_RECORD) as u64
    }

    /// Ends it here.
    fn judged(mut self, flight: &mut Flight) {
        let now = self.simulation.now();
        flight.simulated = now.since_start();
        flight.events = self.simulation.world().events();
        if self.broken_off {
            return;
        }
        let is_due = self.is_well() || self.witness.deadline().is_some_and(|deadline| now >= deadline);
        if self.gave_up && !self.is_busy && !self.witness.may_be_flooded() && self.records_asked_for(now) < self.max_events {
            flight.complaints.push(Complaint::new(Kind::TooManyEvents, format!("more than {} events until {now:?}", self.max_events)));
        } else if is_due && !self.gave_up {
            flight.complaints = self.witness.complaints(self.simulation.world());
        }
        let mut unjudged: Vec<&'static str> = self.witness.unjudged().collect();
        if !is_due && self.witness.is_promised() {
            unjudged.push(if self.gave_up { "more events than a run may take" } else { "more patience than a run has" });
        }
        let record = self.simulation.finish();
        flight.complaints.splice(0..0, judge::violated(&record));
        flight.coverage = self.eye.coverage(&record);
        unjudged.into_iter().for_each(|why| flight.coverage.see(Dimension::Unjudged, why));
        flight.digest = record.digest;
    }
}
