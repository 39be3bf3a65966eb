//! Figures that others have published about real clusters, as bands that the model must lie in.

use crate::story::{BROKER_2, Story, tell, tell_of};
use kafkasim::observe::Fact;

/// Two brokers; the follower is down for about 23 s, and its connection to the leader carries 8 Mbit/s.
const SLOW_LINK: &str = r#"
count_from = "10s"
duration = "100s"
faults = ["at 10s kill broker 2 for 20s"]
[cluster]
brokers = 2
[network]
bandwidth = "8Mbit"
[[topic]]
name = "orders"
assignment = [[1, 2]]
[[client]]
name = "app"
record_bytes = 1000
config = { acks = "1", "enable.idempotence" = false }
"#;

/// How long a follower was away, and how long it then took to be in sync again, in seconds.
fn catch_up(rate: &str) -> (f64, f64) {
    let story = tell_of(SLOW_LINK, &[rate]);
    let moments = story.in_order(&[
        ("broker 2 dies", &|f| matches!(f, Fact::ProcessEnded { .. })),
        ("it is unfenced", &|f| matches!(f, Fact::BrokerCommitted { broker: BROKER_2, fenced: false, .. })),
        ("it is in the ISR again", &|f| matches!(f, Fact::IsrAnswered { shrink: false, error, .. } if error.is_none())),
    ]);
    ((moments[1] - moments[0]) / 1000.0, (moments[2] - moments[1]) / 1000.0)
}

/// KAFKA-3436: a replica that was away for T while the leader took data at a share u of what it can fetch is in sync after T·u/(1−u).
#[test]
fn a_follower_catches_up_in_the_time_that_the_published_formula_gives() {
    for (rate, utilisation) in [("client.app.rate=250", 0.25), ("client.app.rate=500", 0.5), ("client.app.rate=700", 0.7)] {
        let (away, took) = catch_up(rate);
        let formula = away * utilisation / (1.0 - utilisation);
        assert!((formula * 0.8..formula * 1.2).contains(&took), "{rate}: away {away} s, back in {took} s, the formula says {formula} s");
    }
}

/// The longest interruption of the client, in seconds.
fn longest_interruption(story: &Story) -> f64 {
    story.record.windows.iter().filter_map(|w| w.recovery_ms).fold(0.0, f64::max) / 1000.0
}

/// Amazon MSK's guide: a client fails over from a broker that was taken offline typically in less than 2 s, with Java's defaults. Managed
/// services take brokers offline by a controlled shutdown; after a crash the session has to run out first (9 s with KRaft's defaults).
#[test]
fn a_java_client_fails_over_from_a_stopped_broker_in_less_than_two_seconds() {
    for profile in ["java-3.6", "java-3.7", "java-3.9", "java-4.3"] {
        let mut quick = 0;
        for seed in 1..=5 {
            let story = tell(&["at 5s stop broker 2 for 5s", &format!("client.app.profile={profile}"), &format!("seed={seed}")]);
            quick += u32::from(longest_interruption(&story) < 2.0);
        }
        assert!(quick >= 4, "{profile}: only {quick} of 5");
    }
}

/// Amazon MSK's guide: while brokers are patched one by one, p99 of writes rises to about 2 s at most.
#[test]
fn a_rolling_restart_keeps_the_p99_of_writes_below_two_seconds() {
    let story = tell(&["at 5s rolling restart wait urp 0 down 5s", "duration=2m"]);
    let p99 = story.record.total.latency_ms.p99;
    assert!(p99 < 2000.0, "{p99} ms");
    assert_eq!(story.record.total.records.failed, 0);
}

/// Sixty partitions, twenty of them led by broker 2, and a producer with records for each of them all the time.
const MANY_PARTITIONS: &str = r#"
count_from = "10s"
duration = "12s"
faults = ["at 5s stop broker 2 for 5s"]
[cluster]
brokers = 3
[[topic]]
name = "orders"
partitions = 60
[[client]]
name = "app"
rate = 6000
partitioning = "round-robin"
"#;

/// Aiven's help: when nodes are replaced, a producer that writes to all partitions logs at least one stale error for each leader that moves. It
/// holds while requests are always under way: a producer with less to send hears of most moves by the refresh that the first error brings.
#[test]
fn a_busy_producer_meets_at_least_one_stale_answer_for_each_leader_that_moves() {
    let stale = |rate: &str| {
        let story = tell_of(MANY_PARTITIONS, &[rate]);
        let moved = story.record.moves.iter().filter(|m| m.from == Some(2)).count() as u64;
        assert_eq!(moved, 20);
        story.errors("produce:NOT_LEADER_OR_FOLLOWER")
    };
    assert!(stale("client.app.rate=6000") >= 20);
    assert!(stale("client.app.rate=60") < 20);
}
