//! What a cluster costs in which nothing is written and nothing happens.

use crate::kinds;
use kafkasim::experiment::Simulation;
use kafkasim::scenario::{Scenario, Source, load};
use std::time::Instant;

fn scenario(brokers: u32) -> Scenario {
    let partitions = 30 * brokers;
    let text = format!(
        "duration = \"10m\"\ncount_from = \"1s\"\ncluster = {{ brokers = {brokers}, controllers = 3 }}\n\
         topic = [{{ name = \"t\", partitions = {partitions}, replication_factor = 3 }}]\nclient = [{{ name = \"app\", rate = 0 }}]\n"
    );
    load(&Source { name: "idle".to_owned(), text }, &[]).unwrap_or_else(|e| panic!("{e}"))
}

/// Events and seconds of a run, and how many hours all brokers together had.
fn run(scenario: &Scenario, brokers: u32) -> (f64, f64, f64) {
    let began = Instant::now();
    let mut simulation = Simulation::new(scenario, 1);
    let end = simulation.end();
    simulation.run_to(end, &mut |_, _| {});
    let record = simulation.finish();
    let hours = (record.warmup_ms + record.simulated_ms) / 3_600_000.0;
    (record.events as f64, began.elapsed().as_secs_f64(), hours * f64::from(brokers))
}

pub fn tell() {
    println!("\n## Nothing happens\n");
    println!(
        "| brokers, 30 partitions each, ten minutes | events for a broker and hour | seconds of the run | in full: events | seconds |"
    );
    println!("|---|---:|---:|---:|---:|");
    for brokers in [3, 12, 100] {
        let mut scenario = scenario(brokers);
        let (events, seconds, hours) = run(&scenario, brokers);
        scenario.spec.in_full = true;
        let (events_in_full, seconds_in_full, _) = run(&scenario, brokers);
        println!("| {brokers} | {:.0} | {seconds:.3} | {:.0} | {seconds_in_full:.3} |", events / hours, events_in_full / hours);
    }
    println!("\n12 brokers:\n");
    kinds::tell(&scenario(12), 601.0);
}
