//! A leader moves and the old one lives.

use super::{asks, producer};
use crate::kafka::{BrokerIx, ErrorCode, PartitionIx};
use crate::model::client::bench::{Bench, acknowledged, ms, sent};
use crate::observe::Fact;

/// Partition 0 has moved from broker 0 to 1 everywhere; a record meets the old leader. When requests with it leave, when it is
/// acknowledged, and how many metadata requests that took.
fn redirect(release: &str, leaders: &[u32], hints: bool) -> (Vec<f64>, f64, usize) {
    let mut bench = producer(release, leaders, &[]);
    bench.move_leader(0, Some(1), 1);
    bench.brokers.iter_mut().for_each(|b| b.no_hints = !hints);
    let start = bench.now;
    bench.send(0);
    bench.run_to(start + ms(1000));
    (bench.times(start, sent), bench.times(start, acknowledged)[0], bench.times(start, asks).len())
}

#[test]
fn a_hint_moves_a_partition_at_once_and_without_a_metadata_request() {
    assert_eq!(redirect("franz-go-1.22", &[0, 1], true), (vec![0.0, 1.0], 3.0, 0));
    assert_eq!(redirect("franz-go-1.19", &[0, 1], true), (vec![0.0, 1.0], 3.0, 0));
    assert_eq!(redirect("franz-go-1.22", &[0], true), (vec![0.0, 3.0], 5.0, 0), "a connection and its greeting are two round trips more");
}

#[test]
fn without_a_hint_a_first_refusal_asks_for_metadata_at_once() {
    for (release, hints) in [("franz-go-1.22", false), ("franz-go-1.16", true)] {
        let (sends, acknowledged, asked) = redirect(release, &[0, 1], hints);
        assert_eq!((sends.len(), asked), (2, 1), "{release}");
        // The connection for metadata is one of its own, and was not open.
        assert!((3.0..=4.0).contains(&sends[1]), "{release}: {sends:?}");
        assert_eq!(acknowledged, sends[1] + 2.0);
    }
}

#[test]
fn without_hints_a_second_move_within_five_seconds_waits_for_the_least_age_of_metadata() {
    for (release, within) in [("franz-go-1.22", 2.0), ("franz-go-1.16", 5010.0)] {
        let mut bench = producer(release, &[0, 1], &[]);
        bench.move_leader(0, Some(1), 1);
        bench.send(0);
        bench.run_to(bench.now + ms(2000));
        bench.facts.clear();
        bench.move_leader(1, Some(0), 1);
        let start = bench.now;
        bench.send(1);
        bench.run_to(start + ms(6000));
        let sends = bench.times(start, sent);
        assert_eq!(sends.len(), 2, "{release}: {sends:?}");
        let expected = if within > 5000.0 { 3000.0..=3010.0 } else { 1.0..=1.0 };
        assert!(expected.contains(&sends[1]), "{release}: {sends:?}");
    }
}

#[test]
fn an_answer_that_knows_no_better_costs_five_seconds_each_time() {
    let mut bench = producer("franz-go-1.16", &[0, 1], &[]);
    let start = bench.now;
    bench.commit_move(0, Some(1), 1);
    bench.apply(0, start);
    bench.apply(1, start + ms(12_000));
    bench.apply(2, start + ms(12_000));
    bench.send(0);
    bench.run_to(start + ms(30_000));
    let asked = bench.times(start, asks);
    assert!(asked.windows(2).all(|w| w[1] - w[0] >= 5000.0), "{asked:?}");
    let sends = bench.times(start, sent);
    assert!(sends.len() >= 2 && sends[1] < 5.0, "{sends:?}");
    // The new leader bounces it until it has applied the move, and every bounce waits for the next refresh.
    assert!(sends[2..].iter().all(|at| at % 5000.0 < 60.0), "{sends:?}");
    assert_eq!(bench.records(), (1, 0));
}

#[test]
fn hints_wait_for_a_metadata_update_that_is_under_way() {
    let mut bench = producer("franz-go-1.22", &[0, 1], &[]);
    let start = bench.now;
    bench.brokers.iter_mut().for_each(|b| (b.metadata_cost, b.no_hints) = (ms(50), true));
    bench.move_leader(1, Some(2), 1);
    bench.send(1);
    bench.run_to(start + ms(10));
    bench.brokers.iter_mut().for_each(|b| b.no_hints = false);
    bench.move_leader(0, Some(1), 1);
    bench.send(0);
    bench.run_to(start + ms(1000));
    let of_0 = |f: &Fact| matches!(f, Fact::EntrySent { partition: PartitionIx(0), .. });
    let sends = bench.times(start, of_0);
    assert_eq!(sends[0], 10.0);
    assert!((51.0..60.0).contains(&sends[1]), "refused at 11, but moved only when the update was over: {sends:?}");
}

#[test]
fn one_request_at_a_time_until_the_new_leader_has_answered_one() {
    let mut bench = producer("franz-go-1.22", &[0, 1], &[]);
    bench.move_leader(0, Some(1), 1);
    let start = bench.now;
    for _ in 0..3 {
        bench.send(0);
        bench.run_to(bench.now + ms(1));
    }
    bench.run_to(start + ms(1000));
    let to = |broker| move |f: &Fact| matches!(f, Fact::EntrySent { broker: b, .. } if *b == BrokerIx(broker));
    let (old, new) = (bench.times(start, to(0)), bench.times(start, to(1)));
    assert_eq!(old, [0.0], "the others were handed over while the first was out, or after it had moved");
    assert_eq!(new[0], 1.0);
    assert!(new[1] >= 3.0, "{new:?}");
    assert_eq!(bench.records(), (3, 0));
}

#[test]
fn a_leaderless_partition_is_asked_for_every_five_seconds() {
    let mut bench = producer("franz-go-1.22", &[0, 1], &[]);
    let start = bench.now;
    bench.move_leader(0, None, 1);
    bench.send(0);
    bench.run_to(start + ms(12_000));
    bench.move_leader(0, Some(1), 2);
    bench.run_to(start + ms(20_000));
    let asked = bench.times(start, asks);
    assert_eq!(asked.len(), 4, "{asked:?}");
    assert!(asked.windows(2).all(|w| (5000.0..5010.0).contains(&(w[1] - w[0]))), "{asked:?}");
    assert_eq!(bench.times(start, sent).len(), 2, "one stale request, and the one that succeeds");
    assert!((15_000.0..15_020.0).contains(&bench.times(start, acknowledged)[0]));
}

/// When the record that a broker says it timed out is sent again.
fn timed_out(release: &str) -> (f64, usize) {
    let mut bench: Bench = producer(release, &[0, 1], &[("kgo.MetadataMinAge", "4000")]);
    // A first stale request makes the metadata young.
    bench.brokers.iter_mut().for_each(|b| b.no_hints = true);
    bench.move_leader(1, Some(0), 1);
    bench.send(1);
    bench.run_to(bench.now + ms(1000));
    bench.facts.clear();
    let start = bench.now;
    bench.brokers[0].lies.push_back(ErrorCode::RequestTimedOut);
    bench.send(0);
    bench.run_to(start + ms(5000));
    assert_eq!(bench.records(), (1, 0), "{release}: the broker has it already, and that counts as success");
    (bench.times(start, sent)[1], bench.times(start, asks).len())
}

#[test]
fn a_request_that_the_broker_timed_out_waits_for_metadata_before_1_22_and_for_a_pause_since() {
    let (again, asked) = timed_out("franz-go-1.21");
    assert!((2990.0..3020.0).contains(&again) && asked == 1, "{again}, {asked}");
    let (again, asked) = timed_out("franz-go-1.22");
    assert!((202.0..303.0).contains(&again) && asked == 0, "{again}, {asked}");
}

/// A leader's hint arrives before the new leader has taken over, which it does 100 ms later: requests, and the delay of the record.
fn early_hint(release: &str) -> (usize, f64) {
    let mut bench = producer(release, &[0, 1], &[]);
    let start = bench.now;
    bench.commit_move(0, Some(1), 1);
    bench.apply(0, start);
    bench.apply(1, start + ms(100));
    bench.apply(2, start);
    bench.send(0);
    bench.run_to(start + ms(6000));
    assert_eq!(bench.records(), (1, 0), "{release}");
    (bench.times(start, sent).len(), bench.times(start, acknowledged)[0])
}

#[test]
fn a_new_leader_that_is_not_ready_is_asked_at_full_speed_before_1_22_and_after_a_pause_since() {
    let (requests, delay) = early_hint("franz-go-1.21");
    assert!(requests > 90 && (100.0..104.0).contains(&delay), "{requests}, {delay}");
    let (requests, delay) = early_hint("franz-go-1.22");
    assert!(requests == 3 && (203.0..306.0).contains(&delay), "{requests}, {delay}");
}
