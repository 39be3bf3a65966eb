//! The network: cuts, one way and both, and what a connection costs.

use crate::story::{BROKER_2, Story, orders, tell};
use kafkasim::observe::Fact;
use kafkasim::observe::fact::{Unreachable, Why};

#[test]
fn a_silent_cut_resets_nothing_and_the_client_waits_for_bytes_that_do_not_come() {
    let story = tell(&["at 5s cut broker 2 from everything for 25s", "duration=60s"]);
    let lost = story.count(5000.0, 29_000.0, |f| matches!(f, Fact::ConnectionLost { broker: BROKER_2, .. }));
    assert_eq!(lost, 0, "the client's request time-out is 30 s, and the kernel keeps the bytes");
    assert_eq!(story.acknowledged_of(orders(1), 5050.0, 25_000.0), 0, "what hangs on the old connection hangs");
    let fenced = story.fenced(BROKER_2);
    assert!(story.acknowledged_of(orders(0), fenced + 500.0, 25_000.0) > 100, "the others go on when it is fenced");
    assert_eq!(story.record.total.records.lost, 0);
    assert_eq!(story.record.cluster.under_replicated_at_end, 0);
}

#[test]
fn a_broker_whose_words_do_not_reach_the_controller_is_fenced_although_it_hears_everything() {
    let story = tell(&["at 5s cut broker 2 from controllers one way for 20s", "duration=60s"]);
    let fenced = story.fenced(BROKER_2);
    assert!((12_000.0..15_300.0).contains(&fenced), "{fenced}");
    let moved = story.count(fenced - 1.0, fenced + 1.0, |f| matches!(f, Fact::PartitionCommitted { why: Why::Fenced, .. }));
    assert_eq!(moved, 6, "out of every ISR");
    let back = story.first(25_000.0, "it is back", |f| matches!(f, Fact::BrokerCommitted { broker: BROKER_2, fenced: false, .. }));
    assert!(back < 60_000.0);
    assert_eq!(story.record.total.records.lost, 0, "acks=all");
}

#[test]
fn everything_that_is_cut_from_a_broker_is_everything_else() {
    let told = |line: &str| {
        tell(&[line, "duration=30s"]).count(5000.0, 5001.0, |f| matches!(f, Fact::LinksCut { from, to, .. } if from.len() > to.len()))
    };
    assert_eq!(told("at 5s cut everything from broker 2 one way for 20s"), 1);
    assert_eq!(told("at 5s cut broker 2 from everything one way for 20s"), 0);
}

#[test]
fn a_cut_between_a_client_and_one_broker_is_no_matter_of_the_cluster() {
    let story = tell(&["at 5s cut client app from broker 2 for 10s", "duration=50s"]);
    assert_eq!(story.record.moves, []);
    assert_eq!(story.acknowledged_of(orders(1), 5050.0, 15_000.0), 0);
    assert!(story.acknowledged_of(orders(0), 5050.0, 15_000.0) > 100, "{:?}", story.record.clients["app"].partitions);
    assert!(story.acknowledged_of(orders(1), 16_000.0, f64::MAX) > 200);
    assert_eq!(story.record.total.requests.stale, 0);
}

#[test]
fn a_killed_process_resets_its_connections_and_a_lost_machine_does_not() {
    let killed = tell(&["at 5s kill broker 2"]);
    let reset = killed
        .first(5000.0, "the client hears of it", |f| matches!(f, Fact::ConnectionLost { broker: BROKER_2, how: Unreachable::Reset, .. }));
    assert!(reset < 5010.0, "{reset}");
    let lost = tell(&["at 5s power-off broker 2"]);
    let heard = lost.count(5000.0, 14_000.0, |f| matches!(f, Fact::ConnectionLost { broker: BROKER_2, .. }));
    assert_eq!(heard, 0);
}

/// From the first SYN of the run to a connection that takes requests.
fn set_up(tls: &str, sasl: &str) -> f64 {
    let story: Story = tell(&["network.latency=5ms", &format!("network.tls={tls}"), &format!("network.sasl={sasl}")]);
    let moments = story.in_order(&[
        ("the client connects", &|f| matches!(f, Fact::ConnectionOpening { .. })),
        ("and is connected", &|f| matches!(f, Fact::ConnectionReady { .. })),
    ]);
    moments[1] - moments[0]
}

#[test]
fn every_round_trip_of_a_handshake_is_paid_when_a_client_connects() {
    let plain = set_up("none", "none");
    assert!((20.0..24.0).contains(&plain), "TCP and ApiVersions, 10 ms each: {plain}");
    let extra = |tls, sasl| set_up(tls, sasl) - plain;
    let (tls_13, tls_12, scram) = (extra("1.3", "none"), extra("1.2", "none"), extra("1.3", "scram"));
    assert!((11.0..12.0).contains(&tls_13), "one round trip and 1 ms of the broker's time: {tls_13}");
    assert!((21.0..22.0).contains(&tls_12), "two: {tls_12}");
    assert!((41.0..42.0).contains(&scram), "one and three: {scram}");
}
