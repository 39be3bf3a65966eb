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

mod draw;
mod judge;

pub use judge::{Complaint, Kind};

use crate::engine::{Duration, Instant};
use crate::experiment::{self, RunOptions};
use crate::scenario::{Scenario, Source, load};
use judge::Witness;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How the runs of a swarm are made.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Events after which a run is given up, which is a complaint.
    pub max_events: u64,
}

impl Default for Options {
    fn default() -> Self {
        // More than any of these runs should take.
        Options { max_events: 30_000_000 }
    }
}

/// One cluster of the swarm and what came of it.
#[derive(Clone, Debug)]
pub struct Flight {
    /// Which one.
    pub number: u64,
    /// Its scenario, as TOML.
    pub toml: String,
    /// What is wrong; nothing when all is well.
    pub complaints: Vec<Complaint>,
    /// Digest of all facts; empty when the run did not come to its end.
    pub digest: String,
    /// Simulated time, warm-up included; zero when the run did not come to its end.
    pub simulated: Duration,
    /// Events processed; zero when the run did not come to its end.
    pub events: u64,
}

impl Flight {
    /// Whether nothing is wrong.
    pub fn is_good(&self) -> bool {
        self.complaints.is_empty()
    }
}

/// Draws the cluster of a number, runs it, and judges it.
pub fn fly(number: u64, options: &Options) -> Flight {
    fly_with(number, options, &|_| {})
}

/// The same with a change to the scenario, after it was read and before it runs.
pub fn fly_with(number: u64, options: &Options, change: &dyn Fn(&mut Scenario)) -> Flight {
    let mut flight = Flight {
        number,
        toml: draw::scenario(number),
        complaints: Vec::new(),
        digest: String::new(),
        simulated: Duration::ZERO,
        events: 0,
    };
    // A panic says on standard error what it was; here it counts as the worst that a run can do.
    if catch_unwind(AssertUnwindSafe(|| attempt(&mut flight, options, change))).is_err() {
        flight.complaints = vec![Complaint { kind: Kind::Panicked, text: "it panicked".to_owned() }];
    }
    flight
}

fn attempt(flight: &mut Flight, options: &Options, change: &dyn Fn(&mut Scenario)) {
    let source = Source { name: format!("swarm-{}", flight.number), text: flight.toml.clone() };
    let mut scenario = match load(&source, &[]) {
        Ok(scenario) => scenario,
        Err(mistakes) => {
            flight.complaints = mistakes.iter().map(|m| Complaint { kind: Kind::Refused, text: m.message.clone() }).collect();
            return;
        }
    };
    change(&mut scenario);
    let mut witness = Witness::default();
    let run_options = RunOptions { seed: None, max_events: options.max_events };
    match experiment::run(&scenario, &run_options, Some(&mut |at, fact| witness.see(at, fact))) {
        Ok(record) => {
            flight.complaints = witness.complaints(&scenario, &record);
            flight.digest = record.digest;
            flight.simulated = end_of(&scenario).since_start();
            flight.events = record.events;
        }
        Err(stopped) => flight.complaints = vec![Complaint { kind: Kind::TooManyEvents, text: stopped.to_string() }],
    }
}

/// When a run ends.
fn end_of(scenario: &Scenario) -> Instant {
    Instant::ZERO + scenario.count_from + scenario.duration
}
