//! A broker that dies is missed when its session has run out: T (`broker.session.timeout.ms`) after its last heartbeat, which it sent up to
//! h (`broker.heartbeat.interval.ms`) before it died. So the controller notices between T - h and T later, and after T - h/2 on average.
//!
//! Before 4.0 it looks at the very moment at which a session runs out. Since then it looks eight times in a session
//! (KAFKA-17793, `PeriodicTaskControlManager`), which adds between nothing and T/8.

use super::interval::{assert_exact, sure};
use kafkasim::engine::{Chance, Duration};
use kafkasim::experiment::Simulation;
use kafkasim::observe::Fact;
use kafkasim::scenario::Scenario;
use kafkasim::statistics::mean::mean;
use rayon::prelude::*;

const SESSION_MS: f64 = 9_000.0;
const HEARTBEAT_MS: f64 = 2_000.0;
/// A heartbeat's way to the controller and back, and the wait for the controller's thread.
const SLACK_MS: f64 = 20.0;
const SEEDS: u64 = 1_000;

/// How long after its death the controller missed a broker, in milliseconds. It dies anywhere between two heartbeats.
fn missed_after(kafka: &str, seed: u64) -> f64 {
    let scenario: Scenario = format!(
        r#"
        kafka = "{kafka}"
        count_from = "0s"
        duration = "30s"
        cluster = {{ brokers = 3, controllers = 1 }}
        config = {{ "broker.session.timeout.ms" = {SESSION_MS}, "broker.heartbeat.interval.ms" = {HEARTBEAT_MS} }}
        topic = [{{ name = "orders", partitions = 1 }}]
        "#
    )
    .parse()
    .unwrap_or_else(|found| panic!("{found:?}"));
    let mut cluster = Simulation::new(&scenario, seed);
    let phase = Chance::new(seed).stream("death").at(0).unit();
    cluster.run_for(Duration::from_secs(5) + Duration::from_millis(HEARTBEAT_MS as u64).scale(phase));
    let died_at = cluster.now();
    cluster.fault("kill broker 2").expect("it is a fault");
    let missed = cluster.run_until_fact(Duration::from_secs(15), |_, fact| matches!(fact, Fact::SessionExpired { .. }));
    missed.expect("it is missed").since(died_at).as_millis_f64()
}

fn assert_detected(kafka: &str, longest_look_ms: f64) {
    let missed: Vec<f64> = (1..=SEEDS).into_par_iter().map(|seed| missed_after(kafka, seed)).collect();
    let allowed = SESSION_MS - HEARTBEAT_MS - SLACK_MS..=SESSION_MS + longest_look_ms + SLACK_MS;
    let outside: Vec<&f64> = missed.iter().filter(|ms| !allowed.contains(ms)).collect();
    assert!(outside.is_empty(), "{outside:?} are outside of {allowed:?}");
    let exact = SESSION_MS - HEARTBEAT_MS / 2.0 + longest_look_ms / 2.0;
    assert_exact(&format!("Kafka {kafka}, detection in ms"), mean(&missed, sure()), exact);
}

#[test]
fn before_4_0_a_dead_broker_is_missed_when_its_session_runs_out() {
    assert_detected("3.9", 0.0);
}

#[test]
fn since_4_0_it_is_missed_at_the_next_of_eight_looks_in_a_session() {
    assert_detected("4.3", SESSION_MS / 8.0);
}
