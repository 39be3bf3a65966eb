//! Brokers die, hang and vanish.

use super::{asked, flow, longest_silence, refused, traffic, warm, warm_seeded};
use crate::engine::Instant;
use crate::kafka::ErrorCode;
use crate::model::client::bench::{Bench, acknowledged, ms};
use crate::observe::Fact;

const PROFILE: &str = "librdkafka-2.10";

/// The leader of the only partition dies under traffic; `election` ms later broker 1 leads. `fenced`: the metadata then leave the dead broker
/// out. The silence in seconds, and metadata requests.
fn crash(profile: &str, election: u64, fenced: bool, config: &[(&str, &str)], seed: u64) -> (f64, usize) {
    let mut bench = warm_seeded(profile, &[0], config, seed);
    flow(&mut bench, 50, 1000);
    // Nothing is in flight when the connection breaks.
    let start = bench.now + ms(20);
    bench.run_to(start);
    bench.kill(0);
    bench.run_to(start + ms(5));
    traffic(&mut bench, 50, start + ms(election));
    bench.commit_move(0, Some(1), 1);
    if fenced {
        bench.fence(0);
    }
    bench.apply_all();
    traffic(&mut bench, 50, start + ms(election + 3000));
    (longest_silence(&bench, Instant::ZERO), bench.times(start, asked).len())
}

#[test]
fn m3_after_a_crash_the_scan_finds_the_new_leader_within_a_second_of_its_election() {
    for election in [0, 3000, 9000] {
        let runs: Vec<_> = (0..20).map(|seed| crash(PROFILE, election, false, &[], seed)).collect();
        let after = |r: &(f64, usize)| r.0 - election as f64 / 1000.0;
        assert!(runs.iter().all(|r| (-0.01..=1.2).contains(&after(r))), "{election}: {runs:?}");
        assert!(runs.iter().any(|r| after(r) < 0.35) && runs.iter().any(|r| after(r) > 0.75), "the phase is anybody's: {runs:?}");
        let expected = election as usize / 1000 + 1;
        assert!(runs.iter().all(|r| (expected..=expected + 2).contains(&r.1)), "one request a second: {runs:?}");
    }
}

#[test]
fn a_message_in_flight_when_the_connection_breaks_starts_a_leader_query_that_does_not_wait_for_the_scan() {
    for seed in 0..10 {
        let mut bench = warm_seeded(PROFILE, &[0], &[], seed);
        let start = bench.now;
        bench.move_leader(0, Some(1), 1);
        bench.kill(0);
        bench.send(0);
        bench.run_to(start + ms(2000));
        let recovered = bench.times(start, acknowledged)[0];
        assert!((80.0..=210.0).contains(&recovered), "the query of 100 ms finds a connection, if the scan did not before: {recovered}");
    }
}

#[test]
fn m3a_an_answer_that_also_drops_the_dead_broker_mostly_costs_a_second_scan_unless_the_defect_is_off() {
    let slow = |profile, config: &[(&str, &str)]| (0..40).filter(|seed| crash(profile, 500, true, config, *seed).0 > 1.6).count();
    assert!(slow(PROFILE, &[]) >= 20, "18 of 20 were stranded for a scan of 1 s more");
    assert!(slow(PROFILE, &[("enable.idempotence", "true")]) <= 10, "2 of 20");
    assert_eq!(slow("librdkafka-2.16", &[]), 0, "never seen in 2.16");
    assert_eq!(slow("librdkafka-2.5", &[]), 0, "brokers were not dropped before 2.10");
}

#[test]
fn m5_without_a_leader_the_query_slows_down_to_one_a_second_beside_the_scan() {
    let mut bench = warm(PROFILE, &[0], &[]);
    bench.brokers.iter_mut().for_each(|b| b.no_hints = true);
    let start = bench.now;
    bench.move_leader(0, None, 1);
    traffic(&mut bench, 50, start + ms(6000));
    let queries = bench.times(start, asked);
    assert!((14..=18).contains(&queries.len()), "16 in 6 s: {queries:?}");
    let ladder = |from: f64, to: f64| queries.iter().any(|at| (from..=to).contains(at));
    assert!(ladder(1.0, 1.0) && ladder(101.0, 101.0) && ladder(261.0, 341.0) && ladder(581.0, 821.0), "{queries:?}");
    assert_eq!(bench.times(start, refused).len(), 1, "messages wait on the internal broker");
    bench.move_leader(0, Some(1), 2);
    traffic(&mut bench, 50, start + ms(9000));
    let recovered = bench.times(start, acknowledged)[0];
    assert!((6000.0..=6850.0).contains(&recovered), "{recovered}");
    assert_eq!(bench.records().1, 0);
}

fn hang(health_of_connects: bool, leaders: &[u32], seed: u64) -> f64 {
    let mut bench = warm_seeded(PROFILE, leaders, &[], seed);
    flow(&mut bench, 500, 1000);
    let start = bench.now;
    bench.silence(0);
    bench.accepts_in_silence = health_of_connects;
    bench.send(0);
    bench.run_to(start + ms(1000));
    bench.move_leader(0, Some(1), 1);
    traffic(&mut bench, 500, start + ms(80_000));
    longest_silence(&bench, Instant::ZERO)
}

#[test]
fn m7_a_broker_that_hangs_is_left_after_its_request_timed_out_and_ten_seconds_later_when_no_other_was_connected() {
    for seed in 0..5 {
        let black_hole = hang(false, &[0], seed);
        assert!((60.0..=62.7).contains(&black_hole), "packets dropped, 60.2 to 61.5 s: {black_hole}");
        let accepts = hang(true, &[0], seed);
        assert!((60.0..=72.7).contains(&accepts), "accepting, 70.2 to 70.7 s: {accepts}");
        let with_another = hang(true, &[0, 1], seed);
        assert!((60.0..=61.7).contains(&with_another), "{with_another}");
    }
}

#[test]
fn a_message_that_finds_no_leader_in_message_timeout_ms_fails_at_the_next_look() {
    let mut bench = warm(PROFILE, &[0], &[("delivery.timeout.ms", "3000")]);
    bench.move_leader(0, None, 1);
    let start = bench.now;
    bench.send(0);
    bench.run_to(start + ms(6000));
    let failed = bench.times(start, |f| matches!(f, Fact::RecordDone { error: ErrorCode::MsgTimedOut, .. }));
    assert!(failed.len() == 1 && (3000.0..=4000.0).contains(&failed[0]), "{failed:?}");
}

#[test]
fn retries_are_spent_by_resets_that_may_have_written_the_message() {
    let mut bench = warm(PROFILE, &[0], &[("retries", "0")]);
    bench.send(0);
    bench.kill(0);
    let until = bench.now + ms(100);
    bench.run_to(until);
    assert_eq!(bench.records(), (0, 1));
}

#[test]
fn a_silent_cut_leaves_a_queue_of_requests_that_are_all_refused_after_the_heal() {
    let mut bench = warm("librdkafka-2.16", &[0], &[]);
    let start = bench.now;
    bench.hold(0);
    traffic(&mut bench, 100, start + ms(5000));
    bench.move_leader(0, Some(1), 1);
    traffic(&mut bench, 100, start + ms(20_000));
    assert_eq!(bench.times(start, asked).len(), 0, "nothing tells it that anything is wrong");
    bench.release(0);
    bench.run_to(start + ms(21_000));
    assert_eq!(bench.times(start, refused).len(), 200, "one stale answer for each request in the pipe");
    assert_eq!(bench.records(), (200, 0));
    assert!(bench.times(start, acknowledged).iter().all(|at| *at < 20_300.0));
}

#[test]
fn the_leader_query_of_2_3_goes_on_when_a_lost_connection_left_the_leader_where_it_was() {
    let queries = |profile| {
        let mut bench = warm(profile, &[0, 1], &[]);
        bench.send(0);
        bench.reset(0);
        let start = bench.now;
        bench.run_to(start + ms(30_000));
        bench.times(start, asked).len()
    };
    assert!(queries("librdkafka-2.3") >= 28, "one a second, for ever (#4577)");
    assert!(queries("librdkafka-2.4") <= 3);
}

#[test]
fn an_idempotent_producer_drains_before_it_goes_on_at_the_new_leader_and_writes_each_record_once() {
    let mut bench: Bench = warm("librdkafka-2.16", &[0], &[("enable.idempotence", "true")]);
    for round in 1..=5_u32 {
        (0..4).for_each(|_| bench.send(0));
        bench.move_leader(0, Some(round % 2), round);
        flow(&mut bench, 20, 500);
    }
    let until = bench.now + ms(1000);
    bench.run_to(until);
    let (good, failed) = bench.records();
    let written: u32 = bench.log.iter().map(|e| e.records).sum();
    assert_eq!((good as u32, failed), (written, 0));
}
