//! Where the time goes: `cargo run --release --example profile [teaching|restart|thirty|hundred|idle|memory|million …]` runs the standard workloads, each twice: once to
//! see how fast it is, and once with a clock around every event. All that docs/PERFORMANCE.md says of kinds of events, allocations and bytes is
//! printed here. `million` is run where it is asked for only: it takes minutes and 11 GiB.

mod allocations;
mod idle;
mod kinds;
mod memory;
mod million;
mod queue;
#[path = "../../benches/workloads.rs"]
mod workloads;

use kafkasim::experiment::Simulation;
use kafkasim::observe::{Fact, RunRecord};
use kafkasim::scenario::Scenario;
use std::time::Instant;

/// What one workload was found to do.
struct Plain {
    record: RunRecord,
    /// Requests of clients that brokers served.
    served: u64,
    seconds: f64,
    boot_seconds: f64,
    allocations: u64,
}

fn plain(scenario: &Scenario) -> Plain {
    let began = Instant::now();
    let mut simulation = Simulation::new(scenario, scenario.seed);
    let boot_seconds = began.elapsed().as_secs_f64();
    let end = simulation.end();
    let mut served = 0;
    let before = allocations::count();
    simulation.run_to(end, &mut |_, fact: &Fact| served += u64::from(matches!(fact, Fact::RequestServed { .. })));
    let allocations = allocations::count() - before;
    let record = simulation.finish();
    Plain { record, served, seconds: began.elapsed().as_secs_f64(), boot_seconds, allocations }
}

fn tell(name: &str, scenario: &Scenario) {
    let Plain { record, served, seconds, boot_seconds, allocations } = plain(scenario);
    let simulated = (record.warmup_ms + record.simulated_ms) / 1000.0;
    let events = record.events as f64;
    println!("\n## {name}\n");
    println!("{simulated:.0} simulated seconds in {seconds:.2} s of one core, {boot_seconds:.2} s of them to build the cluster.");
    println!(
        "{} events: {:.0} a simulated second, {:.2} µs each. {served} requests of clients served: {:.1} events and {:.1} µs each. {:.2} allocations an event.\n",
        record.events,
        events / simulated,
        seconds * 1e6 / events,
        events / served as f64,
        seconds * 1e6 / served as f64,
        allocations as f64 / events,
    );
    queue::tell(scenario, seconds * 1e9 / events);
    kinds::tell(scenario, simulated);
}

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let names = ["teaching", "restart", "thirty", "hundred"];
    for (key, (name, scenario)) in names.into_iter().zip(workloads::all()) {
        if asked.is_empty() || asked.iter().any(|a| a == key) {
            tell(name, &scenario);
        }
    }
    if asked.is_empty() || asked.iter().any(|a| a == "idle") {
        idle::tell();
    }
    if asked.is_empty() || asked.iter().any(|a| a == "memory") {
        memory::tell();
    }
    if asked.iter().any(|a| a == "million") {
        million::tell();
    }
}
