//! What a run may cost, in figures that no clock and no neighbour changes: events for each request that a broker serves, events of a cluster in which
//! nothing happens, and allocations. Time itself is in the benches. A change that makes runs more costly has to raise a figure here.

#[path = "../benches/workloads.rs"]
#[expect(dead_code, reason = "the profile and the benches use the rest")]
mod workloads;

use kafkasim::experiment::Simulation;
use kafkasim::observe::{Fact, RunRecord};
use kafkasim::scenario::{Scenario, Source, load};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use std::alloc::System;
use workloads::Size;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Holds one run at a time, for all share the counter.
static COUNTING: std::sync::Mutex<()> = std::sync::Mutex::new(());

struct Cost {
    record: RunRecord,
    served: u64,
    allocations: usize,
}

fn cost(scenario: &Scenario) -> Cost {
    let _alone = COUNTING.lock().unwrap();
    let mut simulation = Simulation::new(scenario, 1);
    let end = simulation.end();
    let mut served = 0;
    let before = ALLOCATOR.stats();
    simulation.run_to(end, &mut |_, fact| served += u64::from(matches!(fact, Fact::RequestServed { .. })));
    let after = ALLOCATOR.stats();
    let allocations = after.allocations + after.reallocations - before.allocations - before.reallocations;
    Cost { record: simulation.finish(), served, allocations }
}

#[track_caller]
fn holds(what: &str, found: f64, budget: f64) {
    assert!(found <= budget, "{what}: {found:.2}, and the budget is {budget}");
    assert!(found > 0.8 * budget, "{what}: {found:.2} is far below its budget of {budget}: lower it");
}

fn idle(brokers: u32) -> Scenario {
    let text = format!(
        "duration = \"10m\"\ncount_from = \"1s\"\ncluster = {{ brokers = {brokers}, controllers = 3 }}\n\
         topic = [{{ name = \"t\", partitions = {}, replication_factor = 3 }}]\n\
         client = [{{ name = \"app\", rate = 0 }}]\n",
        30 * brokers
    );
    load(&Source { name: "idle".to_owned(), text }, &[]).unwrap()
}

/// Events of a broker in an hour in which nothing is written and nothing happens.
fn idle_broker_hour(brokers: u32) -> f64 {
    let Cost { record, .. } = cost(&idle(brokers));
    record.events as f64 / f64::from(brokers) / ((record.warmup_ms + record.simulated_ms) / 3_600_000.0)
}

#[test]
fn a_request_takes_few_events() {
    let found = |scenario| {
        let Cost { record, served, .. } = cost(&scenario);
        record.events as f64 / served as f64
    };
    holds("a rolling restart, events for each request", found(workloads::rolling_restart()), 15.8);
    let size = Size { brokers: 10, topics: 20, partitions: 50, rate: 10.0, duration: "20s", faults: "\"at 2s kill broker 2 for 5s\"" };
    holds("10 brokers and 1,000 partitions, events for each request", found(size.scenario("ten-brokers")), 18.2);
}

#[test]
fn an_idle_broker_costs_little() {
    holds("one of 3 brokers, events an hour", idle_broker_hour(3), 104_000.0);
    holds("one of 12 brokers, events an hour", idle_broker_hour(12), 66_000.0);
}

#[test]
fn partitions_in_which_nothing_happens_cost_no_event() {
    let with = |partitions| {
        let faults = "\"at 2s kill broker 2 for 5s\"";
        let size = Size { brokers: 6, topics: 4, partitions, rate: 0.0, duration: "10s", faults };
        cost(&size.scenario("idle-partitions")).record.events as f64
    };
    holds("ten times the partitions, times the events", with(500) / with(50), 1.05);
}

#[test]
fn a_steady_run_allocates_little() {
    let Cost { record, allocations, .. } = cost(&workloads::rolling_restart());
    holds("a rolling restart, allocations for each event", allocations as f64 / record.events as f64, 0.44);
}
