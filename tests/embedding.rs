//! The test that docs/EMBEDDING.md shows, and that the page shows this very text.

use kafkasim::experiment::{RunOptions, run};
use kafkasim::observe::Fact;
use kafkasim::scenario::{Source, load};

// begin
use kafkasim::engine::Duration;
use kafkasim::experiment::Simulation;
use kafkasim::kafka::ErrorCode;

const CLUSTER: &str = r#"
    duration = "5m"
    cluster = { brokers = 3, controllers = 1 }
    topic = [{ name = "orders", partitions = 1, replication_factor = 3 }]
    client = [{ name = "shop", profile = "java-4.3", rate = 0, topics = ["orders"], config = {
        "enable.idempotence" = false, "retries" = 0, "request.timeout.ms" = 1000, "delivery.timeout.ms" = 2000 } }]
"#;

/// The policy under test: how long our shop waits before it hands a failed record over again.
fn pause(attempt: u32) -> Option<Duration> {
    (attempt < 5).then(|| Duration::from_millis(500) * (1 << attempt))
}

/// How many times the shop had to try, if it did not give up, when the leader of its partition is killed.
fn tries(seed: u64, pause: fn(u32) -> Option<Duration>) -> Option<u32> {
    let mut cluster = Simulation::new(&CLUSTER.parse().unwrap(), seed);
    let spec = cluster.world().spec();
    let (shop, orders) = (spec.client_by_name("shop").unwrap(), spec.topic_by_name("orders").unwrap());
    cluster.run_for(Duration::from_secs(5));
    cluster.fault("kill broker 1").unwrap();
    for attempt in 0.. {
        let record = cluster.world_mut().send(shop, orders, None, 200);
        if cluster.fate(shop, record, Duration::from_secs(3)) == Some(ErrorCode::None) {
            return Some(attempt + 1);
        }
        cluster.run_for(pause(attempt)?);
    }
    None
}

#[test]
fn our_retries_outlast_the_crash_of_a_leader() {
    for seed in 0..20 {
        assert!(tries(seed, pause).is_some(), "seed {seed}: a record was given up");
    }
}

#[test]
fn two_retries_at_once_would_not() {
    assert_eq!(tries(7, |attempt| (attempt < 2).then_some(Duration::from_millis(100))), None);
}
// end

#[test]
fn the_page_shows_this_very_text() {
    let (this, page) = (include_str!("embedding.rs"), include_str!("../docs/EMBEDDING.md"));
    let shown = this.split("// begin\n").nth(1).and_then(|rest| rest.split("// end\n").next()).expect("the marks are there");
    assert!(page.contains(&format!("```rust\n{shown}```")), "docs/EMBEDDING.md shows another text than tests/embedding.rs");
}

#[test]
fn a_run_step_by_step_is_the_run_as_a_whole() {
    let scenario = load(&Source::catalogue("broker-crash").unwrap(), &[]).unwrap();
    let mut steps = Simulation::new(&scenario, 5);
    let patience = steps.end().since_start();
    assert_eq!(steps.run_until_fact(patience, |_, _| false), None);
    let whole = run(&scenario, &RunOptions { seed: Some(5), ..RunOptions::default() }, None).unwrap();
    assert_eq!(steps.finish(), whole);
}

#[test]
fn a_step_to_a_fact_ends_at_its_moment() {
    let mut cluster = Simulation::new(&CLUSTER.parse().unwrap(), 3);
    cluster.fault("at 10s kill broker 2").unwrap();
    let killed = cluster.run_until_fact(Duration::from_secs(60), |_, fact| matches!(fact, Fact::ProcessEnded { .. }));
    assert_eq!(killed, Some(cluster.now()));
    assert!(!cluster.world().is_up(cluster.world().spec().brokers[1].node));
    assert_eq!(cluster.finish().repeat, "none: a program pushed on this run");
}

#[test]
fn a_fault_that_cannot_be_is_refused_where_it_is_wrong() {
    let mut cluster = Simulation::new(&CLUSTER.parse().unwrap(), 3);
    let mistake = cluster.fault("kill broker 9").unwrap_err();
    assert_eq!(mistake.span, 12..13, "{mistake}");
    cluster.run_for(Duration::from_secs(60));
    assert!(cluster.fault("at 1s kill broker 1").unwrap_err().message.contains("passed"));
    assert!(cluster.fault("random kill of brokers every 10s for 5s").unwrap_err().message.contains("drawn"));
}
