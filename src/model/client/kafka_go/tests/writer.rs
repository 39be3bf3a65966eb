//! Moves, crashes and silences as a kafka-go Writer sees them.

use crate::kafka::ErrorCode;
use crate::model::client::bench::{Bench, acknowledged, at, ms, sent};
use crate::observe::Fact;
use crate::observe::fact::{Refresh, Unreachable};

const WRITER: &str = "kafka-go-0.4";
const NEW_WRITER: &str = "kafka-go-0.4-newwriter";
/// As it was measured: every record leaves at once and waits for all.
const AT_ONCE: [(&str, &str); 2] = [("RequiredAcks", "all"), ("BatchSize", "1")];
/// When the attempts leave, nominally: after 0.1, 0.4, 0.9 s and then every second.
const LADDER: [f64; 10] = [0.0, 100.0, 500.0, 1400.0, 2400.0, 3400.0, 4400.0, 5400.0, 6400.0, 7400.0];

fn asked(fact: &Fact) -> bool {
    matches!(fact, Fact::Refreshed { what: Refresh::Sent(_), .. })
}

fn failed(fact: &Fact) -> bool {
    matches!(fact, Fact::RecordDone { error, .. } if !error.is_none())
}

/// A clean move at many phases of the poll: how long the hit record took each time, none where it was lost.
fn moves(profile: &str, policies: &[(&'static str, &'static str)]) -> Vec<Option<f64>> {
    let one = |phase: u64| {
        let mut bench = Bench::warm_with(profile, policies, &[0, 1], &AT_ONCE);
        bench.run_to(at(10_000 + 97 * phase));
        let start = bench.now;
        bench.move_leader(0, Some(1), 1);
        bench.send(0);
        bench.run_to(start + ms(20_000));
        bench.times(start, acknowledged).first().copied()
    };
    (0..400).map(one).collect()
}

#[test]
fn a_clean_move_is_over_with_the_first_attempt_after_the_next_poll() {
    let delays: Vec<f64> = moves(WRITER, &[]).into_iter().map(|d| d.expect("the poll comes within 6 s")).collect();
    let mean = delays.iter().sum::<f64>() / delays.len() as f64;
    let max = delays.iter().copied().fold(0.0, f64::max);
    assert!((2000.0..=2800.0).contains(&mean), "{mean}");
    assert!((5400.0..=6500.0).contains(&max), "{max}");
    let on_ladder = |d: &f64| LADDER[1..].iter().any(|l| (*l..*l + 15.0).contains(d));
    assert!(delays.iter().all(on_ladder), "no error brings the poll forward");
}

#[test]
fn new_writer_polls_so_rarely_that_a_quarter_of_the_hit_records_is_lost() {
    let delays = moves(NEW_WRITER, &[]);
    let lost = delays.iter().filter(|d| d.is_none()).count() as f64 / delays.len() as f64;
    assert!((0.16..=0.36).contains(&lost), "(1 - 7.4/15)² is 26 %: {lost}");
}

#[test]
fn a_client_whose_errors_refresh_is_done_after_a_second_at_most() {
    let delays: Vec<f64> = moves(WRITER, &[("defect.errors-do-not-refresh", "false")]).into_iter().flatten().collect();
    assert_eq!(delays.len(), 400);
    assert!(delays.iter().all(|d| *d <= 1420.0));
}

#[test]
fn a_poll_that_finds_no_leader_makes_every_batch_fail_at_once_until_the_next() {
    let mut bench = Bench::warm(WRITER, &[0, 1], &AT_ONCE);
    bench.move_leader(0, None, 1);
    bench.run_to(at(17_000));
    let start = bench.now;
    bench.send(0);
    assert_eq!(bench.times(start, failed), [0.0], "no attempt is left to it");
    assert!(bench.times(start, sent).is_empty());
    let error = bench.facts.iter().find_map(|(_, f)| if let Fact::RecordDone { error, .. } = f { Some(*error) } else { None });
    assert_eq!(error, Some(ErrorCode::LeaderNotAvailable));
    // Elected again, the client fails records until it polls.
    bench.move_leader(0, Some(1), 2);
    bench.send(0);
    assert_eq!(bench.records(), (0, 2));
    bench.run_to(start + ms(6100));
    bench.send(0);
    bench.run_to(start + ms(6200));
    assert_eq!(bench.records(), (1, 2));
}

#[test]
fn without_that_defect_a_leaderless_batch_uses_its_attempts() {
    let mut bench = Bench::warm_with(WRITER, &[("defect.leaderless-fails-at-once", "false")], &[0, 1], &AT_ONCE);
    bench.move_leader(0, None, 1);
    bench.run_to(at(17_000));
    bench.send(0);
    bench.move_leader(0, Some(1), 2);
    bench.run_to(at(30_000));
    assert_eq!(bench.records(), (1, 0));
}

#[test]
fn a_crashed_leader_costs_ten_attempts_in_7_4_s_and_then_the_record() {
    let mut bench = Bench::warm(WRITER, &[0, 1], &AT_ONCE);
    let start = bench.now;
    bench.kill(0);
    bench.run_to(start + ms(1));
    let begun = bench.now;
    bench.send(0);
    bench.run_to(start + ms(9000));
    let lost = bench.times(begun, failed);
    assert!((7400.0..=7412.0).contains(&lost[0]), "{lost:?}");
    let refused = bench.times(begun, |f| matches!(f, Fact::ConnectionLost { broker, how: Unreachable::Refused, .. } if broker.0 == 0));
    assert!(refused.len() >= 9, "{refused:?}");
    let first = bench.times(begun, |f| matches!(f, Fact::EntryUnreachable { how: Unreachable::Reset, .. }));
    assert_eq!(first, [0.0], "the idle connection is found dead by the first request");
    bench.move_leader(0, Some(1), 1);
    bench.fence(0);
    bench.send(0);
    bench.run_to(start + ms(20_000));
    assert_eq!(bench.records(), (1, 1), "the next record lives");
}

#[test]
fn a_black_hole_costs_the_write_time_out_and_the_first_pause() {
    let start = at(10_000);
    let run = |seed| {
        let mut bench = Bench::warm_seeded(WRITER, &[0, 1, 2], &AT_ONCE, seed);
        bench.silence(0);
        bench.send(0);
        bench.send(1);
        bench.move_leader(0, Some(1), 1);
        bench.fence(0);
        bench.run_to(start + ms(30_000));
        bench
    };
    // Where the control connection is not to the silent broker, a poll has told of the move before.
    let told = |f: &Fact| matches!(f, Fact::Refreshed { what: Refresh::Answered(..), .. });
    let bench = Bench::in_which(|bench| bench.times(start, told).first().is_some_and(|at| *at < 10_000.0), run);
    let mine = |f: &Fact| matches!(f, Fact::EntrySent { partition, .. } if partition.0 == 0);
    assert_eq!(bench.times(start, mine), [0.0, 10_100.0]);
    assert_eq!(bench.times(start, acknowledged), [2.0, 10_102.0], "nobody else waits");
    let closed = bench.times(start, |f| matches!(f, Fact::EntryUnreachable { how: Unreachable::TimedOut, .. }));
    assert_eq!(closed, [10_000.0]);
}

#[test]
fn batches_of_a_partition_leave_one_after_another_and_those_of_others_on_connections_of_their_own() {
    let mut bench = Bench::warm(WRITER, &[0, 0], &AT_ONCE);
    let start = bench.now;
    bench.send(0);
    bench.send(0);
    bench.send(1);
    bench.run_to(start + ms(100));
    let of = |bench: &Bench, p: u32| bench.times(start, |f| matches!(f, Fact::EntrySent { partition, .. } if partition.0 == p));
    assert_eq!(of(&bench, 0), [0.0, 2.0]);
    assert_eq!(of(&bench, 1), [2.0], "a new connection and its greeting");
    assert_eq!(bench.times(start, |f| matches!(f, Fact::ConnectionOpening { .. })), [0.0]);
}

#[test]
fn by_default_a_record_waits_a_second_for_company_and_is_done_when_it_is_written() {
    let mut bench = Bench::warm(WRITER, &[0, 1], &[]);
    let start = bench.now;
    bench.send(0);
    bench.run_to(start + ms(400));
    bench.send(0);
    bench.run_to(start + ms(3000));
    assert_eq!(bench.times(start, sent), [1000.0]);
    assert_eq!(bench.times(start, acknowledged), [1000.0, 1000.0], "acks none: nobody answers");
}

#[test]
fn an_unused_connection_is_closed_after_30_s() {
    let mut bench = Bench::warm(WRITER, &[0], &AT_ONCE);
    bench.run_to(at(40_000));
    let to_leader = |f: &Fact| matches!(f, Fact::ConnectionLost { broker, .. } if broker.0 == 0);
    assert_eq!(bench.times(at(0), to_leader), [30_002.0]);
}

#[test]
fn a_fresh_writer_asks_a_bootstrap_address_and_records_wait_for_that() {
    let mut bench = Bench::new(WRITER, &[0, 1], &AT_ONCE);
    bench.act(|client, ctx, out| client.start(ctx, out));
    bench.send(0);
    bench.run_to(at(100));
    assert_eq!(bench.times(at(0), asked), [2.0]);
    assert_eq!(bench.times(at(0), acknowledged), [7.0], "two to connect, one to ask, two to connect, two to write");
}
