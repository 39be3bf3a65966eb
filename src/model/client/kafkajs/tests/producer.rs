//! Moves, crashes and silences as a kafkajs producer sees them.

use crate::kafka::{BrokerIx, ErrorCode, PartitionIx};
use crate::model::client::bench::{Bench, acknowledged, at, ms, sent};
use crate::observe::Fact;
use crate::observe::fact::{Refresh, Unreachable};

const KAFKAJS: &str = "kafkajs-2.2";

fn answered(fact: &Fact) -> bool {
    matches!(fact, Fact::Refreshed { what: Refresh::Answered(..), .. })
}

fn asked(fact: &Fact) -> bool {
    matches!(fact, Fact::Refreshed { what: Refresh::Sent(_), .. })
}

fn failed(fact: &Fact) -> bool {
    matches!(fact, Fact::RecordDone { error, .. } if !error.is_none())
}

#[test]
fn a_clean_move_costs_one_stale_request_one_refresh_and_a_pause_of_240_to_360_ms() {
    let mut bench = Bench::warm(KAFKAJS, &[0, 1], &[]);
    let start = bench.now;
    bench.move_leader(0, Some(1), 1);
    bench.send(0);
    bench.run_to(start + ms(2000));
    assert_eq!(bench.times(start, answered), [2.0], "the refresh leaves with the error");
    let sends = bench.times(start, sent);
    assert_eq!((sends.len(), sends[0]), (2, 0.0));
    assert!((242.0..=362.0).contains(&sends[1]), "what was learned is used after the pause: {sends:?}");
    assert_eq!(bench.times(start, acknowledged), [sends[1] + 2.0]);
}

#[test]
fn every_send_in_flight_meets_the_old_leader_and_all_share_one_refresh() {
    let mut bench = Bench::warm(KAFKAJS, &[0, 1], &[]);
    let start = bench.now;
    bench.move_leader(0, Some(1), 1);
    for _ in 0..5 {
        bench.send(0);
    }
    bench.run_to(start + ms(2000));
    let stale = bench.times(start, |f| matches!(f, Fact::EntryReturned { error: ErrorCode::NotLeaderOrFollower, .. }));
    assert_eq!(stale, [1.0; 5], "nothing limits the requests in flight");
    assert_eq!(bench.times(start, answered).len(), 1);
    assert_eq!(bench.records(), (5, 0));
}

#[test]
fn requests_beyond_the_limit_in_flight_wait_in_the_client() {
    let mut bench = Bench::warm(KAFKAJS, &[0, 1], &[("maxInFlightRequests", "1")]);
    let start = bench.now;
    for _ in 0..3 {
        bench.send(0);
    }
    bench.run_to(start + ms(100));
    assert_eq!(bench.times(start, sent), [0.0, 2.0, 4.0]);
}

#[test]
fn while_the_new_leader_is_not_ready_each_attempt_costs_a_refresh_and_twice_the_pause() {
    let mut bench = Bench::warm(KAFKAJS, &[0, 1], &[]);
    let start = bench.now;
    bench.commit_move(0, Some(1), 1);
    bench.apply(0, start);
    bench.apply(2, start);
    bench.apply(1, start + ms(2500));
    bench.send(0);
    bench.run_to(start + ms(20_000));
    let sends = bench.times(start, sent);
    assert_eq!(bench.times(start, asked).len(), sends.len() - 1, "one refresh for each refusal");
    // Nothing is refused that leaves after 2.5 s, unless the old leader was told by the new one itself, which was asked before.
    assert!((4..=6).contains(&sends.len()), "{sends:?}");
    let pauses: Vec<f64> = sends.windows(2).map(|s| s[1] - s[0] - 2.0).collect();
    for pair in pauses.windows(2) {
        let grown = pair[1] / pair[0];
        assert!((1.59..=2.42).contains(&grown), "the jitter compounds: {pauses:?}");
    }
    assert_eq!(bench.records(), (1, 0));
}

/// The leader dies with the request; another is elected, known everywhere, after so many ms. When the record is acknowledged, if it is.
fn crash(election: u64) -> (Bench, Option<f64>) {
    let mut bench = Bench::warm(KAFKAJS, &[0, 1, 2], &[]);
    let start = bench.now;
    bench.send(0);
    bench.kill(0);
    bench.run_to(start + ms(election));
    bench.move_leader(0, Some(1), 1);
    bench.fence(0);
    bench.run_to(start + ms(60_000));
    let acknowledged = bench.times(start, acknowledged).first().copied();
    (bench, acknowledged)
}

#[test]
fn after_a_crash_what_counts_is_the_election_at_the_last_failure_not_at_the_next_attempt() {
    let (_, at_once) = crash(0);
    assert!((240.0..=364.0).contains(&at_once.unwrap()), "{at_once:?}");
    // Attempts fail at 0, 0.3, 0.9, 2.1, 4.5 s (nominal): the one at 2.1 s has learned nothing yet, so that at 4.5 s another dead connect
    // is tried and only the last attempt, at about 9.3 s, knows.
    let (bench, after_three) = crash(3000);
    assert!((3_600.0..=20_300.0).contains(&after_three.unwrap()), "{after_three:?}");
    let start = at(10_000);
    let tries = bench.times(start, |f| matches!(f, Fact::ConnectionLost { how: Unreachable::Refused, .. }));
    assert!((3..=4).contains(&tries.len()), "{tries:?}");
    assert!(after_three.unwrap() > 3000.0 + tries.last().unwrap() - tries[tries.len() - 2], "it pauses with a dead broker in mind");
}

#[test]
fn an_election_that_takes_longer_than_six_attempts_loses_the_record() {
    let (bench, acknowledged) = crash(20_400);
    assert_eq!(acknowledged, None);
    let start = at(10_000);
    let lost = bench.times(start, failed);
    assert_eq!(lost.len(), 1);
    assert!((3_800.0..=20_300.0).contains(&lost[0]), "{lost:?}");
    let refused = bench.times(start, |f| matches!(f, Fact::ConnectionLost { how: Unreachable::Refused, .. }));
    assert_eq!(refused.len(), 5, "five connects after the closed connection");
}

#[test]
fn a_partition_without_a_leader_makes_every_metadata_answer_an_error_for_all() {
    let mut bench = Bench::warm(KAFKAJS, &[0, 1], &[]);
    let start = bench.now;
    // Partition 1 has lost its leader; the record goes to partition 0, which has merely moved.
    bench.move_leader(1, None, 1);
    bench.move_leader(0, Some(2), 1);
    bench.send(0);
    bench.run_to(start + ms(60_000));
    assert_eq!(bench.times(start, asked).len(), 6, "six attempts of the refresh");
    assert!(bench.times(start, answered).is_empty(), "none of them counts");
    assert_eq!(bench.times(start, sent).len(), 1, "and the send fails with the refresh");
    assert_eq!(bench.records(), (0, 1));
    assert_eq!(bench.client.believes(PartitionIx(0), &bench.history, &bench.spec).0, Some(BrokerIx(0)), "the old view stays");
}

#[test]
fn without_that_defect_the_other_partitions_go_on() {
    let policies = [("defect.partition-error-fails-refresh", "false")];
    let mut bench = Bench::warm_with(KAFKAJS, &policies, &[0, 1], &[]);
    let start = bench.now;
    bench.move_leader(1, None, 1);
    bench.move_leader(0, Some(2), 1);
    bench.send(0);
    bench.run_to(start + ms(5000));
    assert_eq!(bench.records(), (1, 0));
}

#[test]
fn a_leader_that_falls_silent_costs_three_minutes_and_the_record_and_nobody_asks_for_metadata() {
    let mut bench = Bench::warm(KAFKAJS, &[0, 1], &[]);
    let start = bench.now;
    bench.silence(0);
    bench.send(0);
    bench.move_leader(0, Some(1), 1);
    bench.run_to(start + ms(260_000));
    let lost = bench.times(start, failed);
    assert!((183_800.0..=200_900.0).contains(&lost[0]), "six times 30 s and the pauses: {lost:?}");
    assert_eq!(bench.times(start, sent).len(), 6, "all on the same connection");
    assert!(bench.times(start, asked).is_empty());
    assert!(bench.times(start, |f| matches!(f, Fact::ConnectionLost { .. })).is_empty());
    let gave_up = bench.times(start, |f| matches!(f, Fact::EntryUnreachable { how: Unreachable::TimedOut, .. }));
    assert!((30_001.0..=30_101.0).contains(&gave_up[0]), "time-outs are looked for every 100 ms: {gave_up:?}");
}

#[test]
fn without_that_defect_a_silent_leader_costs_one_request_time_out() {
    let policies = [("defect.request-timeout-keeps-socket", "false")];
    let mut bench = Bench::warm_with(KAFKAJS, &policies, &[0, 1], &[]);
    let start = bench.now;
    bench.send(1);
    bench.run_to(start + ms(100));
    bench.silence(0);
    bench.send(0);
    bench.move_leader(0, Some(1), 1);
    bench.run_to(start + ms(60_000));
    assert_eq!(bench.records(), (2, 0));
    let done = bench.times(start, acknowledged);
    assert!((30_340.0..=30_700.0).contains(&done[1]), "{done:?}");
}

#[test]
fn a_fresh_producer_connects_to_its_first_bootstrap_address_and_asks_with_its_first_send() {
    let mut bench = Bench::new(KAFKAJS, &[0, 1], &[]);
    bench.act(|client, ctx, out| client.start(ctx, out));
    bench.run_to(at(100));
    assert!(bench.times(at(0), asked).is_empty(), "nothing refreshes what nobody uses");
    bench.send(1);
    bench.run_to(at(200));
    assert_eq!(bench.times(at(100), asked), [0.0]);
    assert_eq!(bench.times(at(100), acknowledged), [4.0], "metadata, a connect without a greeting, the record");
}
