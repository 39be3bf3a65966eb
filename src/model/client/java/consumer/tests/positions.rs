//! Where a consumer begins, and what becomes of its position.

use super::refreshed;
use crate::engine::{Duration, Instant};
use crate::kafka::{BrokerIx, ErrorCode, Offset};
use crate::model::client::bench::{Bench, at, consumer_spec, ms};
use crate::observe::Fact;
use crate::observe::fact::Position;

/// Positions as they were set, with the reason.
fn set(bench: &Bench) -> Vec<(Option<Offset>, Offset, Position)> {
    let set = bench.facts.iter().filter_map(|(_, f)| match f {
        Fact::PositionSet { from, to, why, .. } => Some((*from, *to, *why)),
        _ => None,
    });
    set.collect()
}

#[test]
fn a_fresh_consumer_learns_the_brokers_then_the_end_of_the_log_and_reads_from_there() {
    for (reset, offset) in [("latest", 1000), ("earliest", 0), ("none", 1000)] {
        let mut bench = Bench::of(consumer_spec("java-4.3", &[0], &[("auto.offset.reset", reset)], Duration::ZERO), &[0]);
        bench.act(|client, ctx, out| client.start(ctx, out));
        bench.run_to(at(1000));
        // Connect, metadata, connect to the leader by its own id, ListOffsets.
        assert_eq!(bench.times(Instant::ZERO, refreshed), [3.0], "{reset}");
        assert_eq!(bench.times(Instant::ZERO, |f| matches!(f, Fact::PositionSet { .. })), [6.0], "{reset}");
        assert_eq!(set(&bench), [(None, Offset(offset), Position::Begun)], "{reset}");
        bench.append(0, 5, 0);
        bench.run_to(at(2000));
        let last = bench.facts.iter().rev().find_map(|(_, f)| match f {
            Fact::Delivered { end, .. } => Some(*end),
            _ => None,
        });
        assert_eq!(last, Some(Offset(1005)), "{reset}");
    }
}

#[test]
fn a_truncated_log_takes_the_consumer_back_to_where_the_epochs_part() {
    let mut bench = Bench::warm_consumer("java-4.3", &[0], &[]);
    bench.append(0, 10, 0);
    bench.run_to(bench.now + ms(100));
    bench.facts.clear();
    let start = bench.now;
    // The new leader has only half of them.
    bench.truncate(0, 1005);
    bench.move_leader(0, Some(1), 1);
    bench.append(0, 1, 1);
    bench.run_to(start + ms(1000));
    assert_eq!(set(&bench), [(Some(Offset(1010)), Offset(1005), Position::Truncated)]);
    assert_eq!(bench.delivered(start).len(), 1, "what stands there now is read");
}

#[test]
fn without_a_reset_policy_a_truncated_position_waits_for_the_application() {
    let mut bench = Bench::warm_consumer("java-4.3", &[0], &[("auto.offset.reset", "none")]);
    bench.append(0, 10, 0);
    bench.run_to(bench.now + ms(100));
    bench.facts.clear();
    bench.truncate(0, 1005);
    bench.move_leader(0, Some(1), 1);
    bench.append(0, 20, 1);
    bench.run_to(bench.now + ms(5000));
    assert!(set(&bench).is_empty() && bench.delivered(Instant::ZERO).is_empty());
}

#[test]
fn a_preferred_replica_is_read_until_its_lease_ends_with_the_age_of_metadata() {
    let spec = consumer_spec("java-4.3", &[0], &[("metadata.max.age.ms", "5000"), ("client.rack", "b")], Duration::ZERO);
    let mut bench = Bench::of(spec, &[0]);
    bench.reading.prefers = Some(BrokerIx(2));
    bench.act(|client, ctx, out| client.start_warm(ctx, out));
    bench.run_to(at(20_000));
    let asked = |broker: u32| {
        let fetches = bench.reading.fetches.iter().filter(move |(_, b, _)| *b == BrokerIx(broker));
        fetches.map(|(at, _, _)| at.millis_after(Instant::ZERO)).collect::<Vec<_>>()
    };
    let leader = asked(0);
    assert!((4..=5).contains(&leader.len()), "the leader is asked when the lease is over, and sends it on: {leader:?}");
    assert!(leader.windows(2).all(|w| (5000.0..=5600.0).contains(&(w[1] - w[0]))), "{leader:?}");
    assert!(asked(2).len() > 30, "all the rest is read from the follower");
    assert_eq!(bench.fetch_errors(ErrorCode::FencedLeaderEpoch, Instant::ZERO), 0);
}

#[test]
fn a_replica_that_dies_is_left_for_the_leader() {
    let mut bench = Bench::warm_consumer("java-4.3", &[0], &[("client.rack", "b")]);
    bench.reading.prefers = Some(BrokerIx(2));
    bench.run_to(bench.now + ms(2000));
    bench.reading.prefers = None;
    let start = bench.now;
    bench.kill(2);
    bench.append(0, 1, 0);
    bench.run_to(start + ms(1000));
    let delivered = bench.delivered(start)[0];
    assert!(delivered <= 5.0, "the reset is noticed at once: {delivered}");
}
