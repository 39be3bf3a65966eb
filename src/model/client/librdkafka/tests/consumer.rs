//! What a consumer does while leaders move, brokers die and logs are cut back.

use super::asked;
use crate::engine::{Duration, Instant};
use crate::kafka::{BrokerIx, ErrorCode, Offset, PartitionIx};
use crate::model::client::bench::{Bench, at, consumer_spec, ms};
use crate::observe::Fact;
use crate::observe::fact::{Position, Refresh};

const PROFILE: &str = "librdkafka-2.16";

/// A consumer that has been running for long, on a quiet day.
fn reading(profile: &str, leaders: &[u32], config: &[(&str, &str)], processing: Duration, seed: u64) -> Bench {
    let config: Vec<_> = [("topic.metadata.refresh.interval.ms", "-1")].iter().chain(config).copied().collect();
    Bench::with(consumer_spec(profile, leaders, &config, processing), leaders, seed).warmed()
}

fn delivered(fact: &Fact) -> bool {
    matches!(fact, Fact::Delivered { partition: PartitionIx(0), .. })
}

/// Appends a record each 50 ms until the moment given.
fn appends(bench: &mut Bench, epoch: u32, until: Instant) {
    while bench.now < until {
        bench.append(0, 1, epoch);
        let next = bench.now + ms(50);
        bench.run_to(next);
    }
}

#[test]
fn records_are_given_to_the_application_as_they_come_and_one_at_a_time_where_they_cost_it_time() {
    let mut bench = reading(PROFILE, &[0], &[], ms(10), 7);
    let start = bench.now;
    bench.append(0, 5, 0);
    bench.run_to(start + ms(200));
    let given = bench.times(start, delivered);
    assert_eq!(given.len(), 5);
    assert!(given.windows(2).all(|w| (w[1] - w[0] - 10.0).abs() < 0.01), "{given:?}");
    assert_eq!(bench.times(start, |f| matches!(f, Fact::Processed { .. })).len(), 5);
}

/// Partition 0 moves from broker 0 to 1, and a record comes: fetches that were refused, and when the record is there.
fn clean_move(profile: &str, leaders: &[u32], hints: bool, lag: u64) -> (usize, f64) {
    let mut bench = reading(profile, leaders, &[], Duration::ZERO, 7);
    bench.brokers.iter_mut().for_each(|b| (b.no_hints, b.metadata_lag) = (!hints, ms(lag)));
    let start = bench.now;
    bench.move_leader(0, Some(1), 1);
    bench.append(0, 1, 1);
    bench.run_to(start + ms(5000));
    let refused = |f: &Fact| matches!(f, Fact::EntryReturned { error, .. } if !error.is_none());
    (bench.times(start, refused).len(), bench.times(start, delivered)[0])
}

#[test]
fn m4_after_a_clean_move_validation_and_fetch_follow_within_round_trips() {
    // A connection is two round trips, the validation and the fetch one each.
    let (refused, resumed) = clean_move(PROFILE, &[0], true, 0);
    assert_eq!(refused, 1);
    assert!(resumed <= 6.0, "{resumed}");
    let (refused, resumed) = clean_move(PROFILE, &[0], false, 0);
    assert_eq!(refused, 1);
    assert!(resumed <= 7.0, "one more for the metadata: {resumed}");
}

#[test]
fn at_a_broker_that_holds_another_fetch_the_validation_waits_until_that_is_answered() {
    let (_, resumed) = clean_move(PROFILE, &[0, 1], true, 0);
    assert!((6.0..=1005.0).contains(&resumed), "and the first fetch for the one sent meanwhile: fetch.wait.max.ms each: {resumed}");
}

#[test]
fn a_stale_answer_costs_half_a_second_more_for_the_partition_that_stays_where_it_is() {
    let (refused, resumed) = clean_move(PROFILE, &[0], false, 800);
    assert_eq!(refused, 3, "the next stale fetch comes 500 ms after the one before");
    assert!((1000.0..=1010.0).contains(&resumed), "{resumed}");
}

#[test]
fn before_2_10_the_pause_after_the_error_is_felt_at_the_new_leader_too() {
    let (_, new) = clean_move("librdkafka-2.10", &[0], true, 0);
    let (_, old) = clean_move("librdkafka-2.5", &[0], true, 0);
    assert!((490.0..=500.0).contains(&(old - new)), "fetch.error.backoff.ms: {old} against {new}");
}

#[test]
fn a_position_beyond_the_new_leaders_log_is_taken_back_and_the_queue_forgotten() {
    let mut bench = reading(PROFILE, &[0, 1], &[], Duration::ZERO, 7);
    bench.append(0, 10, 0);
    let until = bench.now + ms(100);
    bench.run_to(until);
    let start = bench.now;
    bench.truncate(0, 1004);
    bench.move_leader(0, Some(1), 1);
    bench.run_to(start + ms(2000));
    let back = |f: &Fact| matches!(f, Fact::PositionSet { from: Some(Offset(1010)), to: Offset(1004), why: Position::Truncated, .. });
    assert_eq!(bench.times(start, back).len(), 1);
    bench.append(0, 3, 1);
    bench.run_to(start + ms(3000));
    assert!(bench.facts.iter().any(|(_, f)| matches!(f, Fact::Delivered { base: Offset(1004), end: Offset(1007), .. })));
}

#[test]
fn a_crash_is_over_within_a_second_and_a_half_of_the_election() {
    for seed in 0..10 {
        let mut bench = reading(PROFILE, &[0], &[], Duration::ZERO, seed);
        let start = bench.now;
        bench.kill(0);
        bench.run_to(start + ms(3000));
        bench.commit_move(0, Some(1), 1);
        bench.fence(0);
        appends(&mut bench, 1, start + ms(6000));
        let resumed = bench.times(start, delivered)[0];
        assert!((3000.0..=4600.0).contains(&resumed), "{resumed}");
        let requests = bench.times(start, asked).len();
        assert!((2..=6).contains(&requests), "one a second: {requests}");
    }
}

#[test]
fn a_leader_that_hangs_is_left_when_the_fetch_has_timed_out() {
    let mut bench = reading(PROFILE, &[0, 1], &[], Duration::ZERO, 7);
    let start = bench.now;
    bench.silence(0);
    bench.run_to(start + ms(1000));
    bench.move_leader(0, Some(1), 1);
    appends(&mut bench, 1, start + ms(65_000));
    let resumed = bench.times(start, delivered)[0];
    assert!((60_000.0..=62_600.0).contains(&resumed), "socket.timeout.ms + fetch.wait.max.ms, and a look each second: {resumed}");
}

#[test]
fn a_full_queue_stops_the_fetches_until_the_application_has_read_on() {
    let mut bench = reading(PROFILE, &[0], &[("queued.min.messages", "10")], ms(100), 7);
    let start = bench.now;
    (0..100).for_each(|_| bench.append(0, 1, 0));
    bench.run_to(start + ms(12_000));
    assert_eq!(bench.times(start, delivered).len(), 100);
    let fetches = |when: u64| bench.reading.fetches.iter().filter(|(at, _, _)| *at > start && *at <= start + ms(when)).count();
    assert!(fetches(8000) <= 2, "nothing is fetched while ten messages wait");
}

#[test]
fn a_replica_nearby_is_read_until_its_connection_breaks_and_then_the_leader() {
    let mut bench = reading(PROFILE, &[0], &[("client.rack", "a")], Duration::ZERO, 7);
    bench.reading.prefers = Some(BrokerIx(2));
    let start = bench.now;
    bench.append(0, 1, 0);
    bench.run_to(start + ms(1000));
    let chosen = |replica| move |f: &Fact| matches!(f, Fact::ReplicaChosen { replica: r, .. } if *r == replica);
    assert_eq!(bench.times(start, chosen(Some(BrokerIx(2)))).len(), 1);
    bench.reading.prefers = None;
    bench.kill(2);
    appends(&mut bench, 0, start + ms(2500));
    assert_eq!(bench.times(start, chosen(None)).len(), 1);
    assert!(bench.reading.fetches.iter().any(|(at, broker, error)| *at > start + ms(1000) && *broker == BrokerIx(0) && error.is_none()));
}

#[test]
fn a_cold_consumer_asks_for_its_topics_then_for_its_positions_and_reads() {
    let config = [("topic.metadata.refresh.interval.ms", "-1")];
    let mut bench = Bench::of(consumer_spec(PROFILE, &[0, 1], &config, Duration::ZERO), &[0, 1]);
    bench.act(|client, ctx, out| client.start(ctx, out));
    bench.run_to(at(2000));
    let begun = bench.times(Instant::ZERO, |f| matches!(f, Fact::PositionSet { why: Position::Begun, .. }));
    assert_eq!(begun.len(), 2);
    assert!(begun.iter().all(|at| *at <= 1300.0), "the first connection asks at once: {begun:?}");
    bench.append(0, 1, 0);
    bench.run_to(at(2600));
    assert_eq!(bench.times(Instant::ZERO, delivered).len(), 1);
    assert!(bench.times(Instant::ZERO, |f| matches!(f, Fact::Refreshed { what: Refresh::Sent(_), .. })).len() <= 4);
    assert!(bench.facts.iter().all(|(_, f)| !matches!(f, Fact::EntryReturned { error: ErrorCode::OffsetOutOfRange, .. })));
}
