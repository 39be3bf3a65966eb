//! What a consumer's partitions go through.

use super::{MEASURED, asked};
use crate::kafka::ErrorCode;
use crate::model::client::bench::{Bench, ms};
use crate::observe::Fact;

#[test]
fn a_moved_partition_waits_two_seconds_asks_and_is_taken_up_100_ms_later() {
    let mut bench = Bench::warm_consumer(MEASURED, &[0, 1], &[]);
    let start = bench.now;
    bench.move_leader(0, Some(1), 1);
    bench.append(0, 1, 1);
    bench.append(1, 1, 0);
    bench.run_to(start + ms(5000));
    assert_eq!(bench.fetch_errors(ErrorCode::FencedLeaderEpoch, start), 1, "its fetches carry the epoch of the look-up");
    assert_eq!(bench.times(start, asked).len(), 1);
    let delivered = bench.delivered(start);
    assert_eq!(delivered.len(), 2);
    assert!(delivered[0] < 10.0, "the other partition goes on: {delivered:?}");
    assert!(
        (2100.0..=3110.0).contains(&delivered[1]),
        "2 s, up to 500 ms behind a parked fetch each for the refresh and for the subscription, 100 ms: {delivered:?}"
    );
}

#[test]
fn every_stale_answer_costs_two_seconds_more() {
    let mut bench = Bench::warm_consumer(MEASURED, &[0], &[]);
    let start = bench.now;
    bench.commit_move(0, Some(1), 1);
    bench.apply(0, start);
    for broker in [1, 2] {
        bench.apply(broker, start + ms(6000));
    }
    bench.append(0, 1, 1);
    bench.run_to(start + ms(20_000));
    let delivered = bench.delivered(start);
    assert_eq!(delivered.len(), 1);
    let rounds = bench.times(start, asked).len() as f64;
    assert!((1.0..=4.0).contains(&rounds) && delivered[0] < 2700.0 * rounds, "{rounds} rounds, {delivered:?}");
}

#[test]
fn a_dead_broker_sends_all_its_partitions_looking_and_a_silent_one_after_30_s() {
    for (silent, least) in [(false, 2_100.0), (true, 32_000.0)] {
        let mut bench = Bench::warm_consumer(MEASURED, &[0, 0, 1], &[]);
        let start = bench.now;
        if silent {
            bench.silence(0)
        } else {
            bench.kill(0)
        }
        bench.fence(0);
        (0..2).for_each(|p| bench.move_leader(p, Some(1), 1));
        (0..2).for_each(|p| bench.append(p, 1, 1));
        bench.run_to(start + ms(100_000));
        let delivered = bench.delivered(start);
        assert_eq!(delivered.len(), 2, "silent: {silent}");
        assert!(delivered.iter().all(|t| (least..least + 31_500.0).contains(t)), "silent: {silent}, {delivered:?}");
    }
}

#[test]
fn a_position_that_the_leader_does_not_have_closes_its_partition() {
    let mut bench = Bench::warm_consumer(MEASURED, &[0, 1], &[]);
    let start = bench.now;
    bench.truncate(0, 500);
    bench.move_leader(0, Some(1), 1);
    bench.run_to(start + ms(5000));
    bench.append(0, 1, 1);
    bench.append(1, 1, 0);
    bench.run_to(start + ms(20_000));
    let of = |p: u32| bench.times(start, |f| matches!(f, Fact::Delivered { partition, .. } if partition.0 == p)).len();
    assert_eq!((of(0), of(1)), (0, 1), "the application must choose a new position, and is told so");
    assert_eq!(bench.fetch_errors(ErrorCode::OffsetOutOfRange, start), 1);
}
