//! The test that docs/EMBEDDING.md shows, and that the page shows this very text.

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
