//! A leader moves and the old one lives: the timings of a stale request.

use crate::kafka::{BrokerIx, ErrorCode, LeaderEpoch, PartitionIx};
use crate::model::client::bench::{Bench, acknowledged, at, ms, sent};
use crate::observe::Fact;
use crate::observe::fact::Refresh;

fn answered(fact: &Fact) -> bool {
    matches!(fact, Fact::Refreshed { what: Refresh::Answered(..), .. })
}

/// Partition 0 has moved from broker 0 to 1 everywhere; a record meets the old leader. When the retry leaves, and when the record
/// is acknowledged, in milliseconds from its `send()`.
fn redirect(profile: &str, leaders: &[u32], hints: bool) -> (f64, f64) {
    let mut bench = Bench::warm(profile, leaders, &[("linger.ms", "0")]);
    bench.move_leader(0, Some(1), 1);
    bench.brokers.iter_mut().for_each(|b| b.no_hints = !hints);
    let start = bench.now;
    bench.send(0);
    bench.run_to(start + ms(1000));
    let sends = bench.times(start, sent);
    assert_eq!((sends.len(), sends[0]), (2, 0.0), "{profile}: one stale request and one good one");
    assert_eq!(bench.times(start, answered), [2.0], "{profile}: the refresh leaves with the error and is back a round trip later");
    (sends[1], bench.times(start, acknowledged)[0])
}

#[test]
fn a_redirect_takes_what_each_release_is_known_to_take() {
    // Broker 1 leads partition 1, so that it is connected.
    let connected = [0, 1];
    assert_eq!(redirect("java-3.6.0", &connected, false), (101.0, 103.0), "flat pause");
    assert_eq!(redirect("java-3.6.2", &connected, false), (2.0, 4.0), "the refresh lifts the pause");
    assert_eq!(redirect("java-3.7", &connected, true), (1.0, 3.0), "the hint lifts the pause");
    assert_eq!(redirect("java-4.3", &connected, true), (1.0, 3.0));
    assert_eq!(redirect("java-4.3", &connected, false), (2.0, 4.0), "an old broker gives no hint");
}

#[test]
fn a_new_leader_that_is_not_connected_costs_two_round_trips_more() {
    // The refresh goes to broker 0, the only one connected.
    assert_eq!(redirect("java-3.6.0", &[0], false), (103.0, 105.0), "the connect starts only when the retry is ready");
    assert_eq!(redirect("java-3.6.2", &[0], false), (4.0, 6.0));
    assert_eq!(redirect("java-4.3", &[0], true), (3.0, 5.0));
}

#[test]
fn a_redirect_that_comes_before_the_new_leader_is_ready_bounces_and_then_waits_out_the_second_pause() {
    let mut bench = Bench::warm("java-4.3", &[0, 1], &[("linger.ms", "0")]);
    let start = bench.now;
    bench.commit_move(0, Some(1), 1);
    bench.apply(0, start);
    bench.apply(2, start);
    bench.apply(1, start + ms(10));
    bench.send(0);
    bench.run_to(start + ms(1000));
    let sends = bench.times(start, sent);
    assert_eq!(&sends[..2], [0.0, 1.0]);
    assert!((162.0..=242.0).contains(&sends[2]), "{sends:?}");
    assert_eq!(sends.len(), 3);
}

/// A stale request 20 ms after the last refresh: when its retry leaves, and when the next refresh is back.
fn redirect_after_refresh(profile: &str, hints: bool) -> (f64, f64) {
    let mut bench = Bench::warm(profile, &[0, 1], &[("linger.ms", "0")]);
    let start = bench.now;
    bench.brokers.iter_mut().for_each(|b| b.no_hints = true);
    bench.move_leader(0, Some(1), 1);
    bench.send(0);
    bench.run_to(start + ms(22));
    bench.brokers.iter_mut().for_each(|b| b.no_hints = !hints);
    bench.move_leader(1, Some(0), 1);
    bench.facts.clear();
    let second = bench.now;
    bench.send(1);
    bench.run_to(second + ms(500));
    let mine = |f: &Fact| matches!(f, Fact::EntrySent { partition: PartitionIx(1), .. });
    (bench.times(second, mine)[1], bench.times(second, answered)[0])
}

#[test]
fn after_a_recent_refresh_the_next_waits_but_a_hint_does_not() {
    assert_eq!(redirect_after_refresh("java-3.6.0", false), (101.0, 81.0));
    assert_eq!(redirect_after_refresh("java-3.6.2", false), (81.0, 81.0));
    let (retried, refreshed) = redirect_after_refresh("java-4.3", true);
    assert_eq!(retried, 1.0);
    assert!((60.0..=101.0).contains(&refreshed), "{refreshed}");
    let (retried, refreshed) = redirect_after_refresh("java-4.3", false);
    assert!((60.0..=101.0).contains(&refreshed), "{refreshed}");
    assert!(retried == refreshed || (81.0..=120.0).contains(&retried), "{retried}");
}

#[test]
fn a_wish_that_arises_while_a_refresh_is_out_is_erased_by_its_answer() {
    let mut bench = Bench::warm("java-3.6.0", &[0, 1, 2], &[("linger.ms", "0")]);
    let start = bench.now;
    bench.brokers.iter_mut().for_each(|b| b.metadata_cost = ms(20));
    bench.move_leader(0, Some(1), 1);
    bench.send(0);
    bench.run_to(start + ms(10));
    // While some broker works on the refresh, a partition of another one moves and is found stale.
    let working = bench.facts.iter().find_map(|(_, f)| match f {
        Fact::Refreshed { what: Refresh::Sent(broker), .. } => Some(*broker),
        _ => None,
    });
    let victim = if working == Some(BrokerIx(1)) { 2 } else { 1 };
    bench.move_leader(victim, Some(0), 1);
    bench.send(victim);
    bench.run_to(start + ms(30));
    let of = |bench: &Bench, what: fn(&Refresh) -> bool| bench.times(start, |f| matches!(f, Fact::Refreshed { what: w, .. } if what(w)));
    assert_eq!(of(&bench, |w| *w == Refresh::Wanted), [1.0, 11.0]);
    assert_eq!(of(&bench, |w| matches!(w, Refresh::Sent(_))), [1.0]);
    assert_eq!(of(&bench, |w| matches!(w, Refresh::Answered(..))), [22.0]);
    assert_eq!(of(&bench, |w| *w == Refresh::Swallowed), [22.0]);
    let believed = bench.client.believes(PartitionIx(victim), &bench.history, &bench.spec);
    assert_eq!(believed, (Some(BrokerIx(victim)), LeaderEpoch(0)), "nobody told it, and nobody will before the next stale error");
    bench.run_to(start + ms(1000));
    let attempts = |f: &Fact| matches!(f, Fact::EntrySent { partition, .. } if partition.0 == victim);
    assert_eq!(bench.times(start, attempts), [10.0, 111.0, 212.0], "a second stale request, 100 ms later");
}

#[test]
fn an_answer_from_a_lagging_broker_does_not_roll_a_leader_back() {
    let mut bench = Bench::warm("java-4.3", &[0, 1], &[("linger.ms", "0")]);
    let start = bench.now;
    let old = bench.history.last();
    bench.commit_move(0, Some(1), 1);
    // Only the old leader knows, for ever; refreshes go to either broker.
    bench.apply(0, start);
    bench.send(0);
    bench.run_to(start + ms(20_000));
    let stale_answer = |f: &Fact| matches!(f, Fact::Refreshed { what: Refresh::Answered(_, offset), .. } if *offset == old);
    assert!(!bench.times(start, stale_answer).is_empty(), "some answers came from an old image");
    let told: Vec<_> = bench.facts.iter().filter(|(_, f)| matches!(f, Fact::BeliefChanged { .. })).collect();
    assert_eq!(told.len(), 1, "the hint, and nothing after it: {told:?}");
    assert_eq!(bench.client.believes(PartitionIx(0), &bench.history, &bench.spec), (Some(BrokerIx(1)), LeaderEpoch(1)));
}

#[test]
fn an_idempotent_backlog_is_sent_again_one_batch_at_a_time_and_keeps_its_order() {
    let config = [("linger.ms", "0"), ("batch.size", "1")];
    let mut bench = Bench::warm("java-4.3", &[0, 1], &config);
    let start = bench.now;
    bench.move_leader(0, Some(1), 1);
    for _ in 0..5 {
        bench.send(0);
    }
    bench.run_to(start + ms(1000));
    assert_eq!(bench.records(), (5, 0));
    assert_eq!(bench.times(start, sent), [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 3.0, 5.0, 7.0, 9.0], "a round trip and a replication each");
    let sequences: Vec<_> = bench.log.iter().map(|e| e.sequence.unwrap()).collect();
    assert_eq!(sequences, [0, 1, 2, 3, 4]);
}

#[test]
fn fresh_batches_that_overtake_an_idempotent_backlog_are_out_of_order_and_come_again() {
    let mut bench = Bench::warm("java-4.3", &[0, 1], &[("linger.ms", "0"), ("batch.size", "1")]);
    let start = bench.now;
    bench.move_leader(0, Some(1), 1);
    for _ in 0..8 {
        bench.send(0);
    }
    bench.run_to(start + ms(2000));
    assert_eq!(bench.records(), (8, 0));
    let out_of_order = |f: &Fact| matches!(f, Fact::EntryReturned { error: ErrorCode::OutOfOrderSequenceNumber, .. });
    assert!(!bench.times(start, out_of_order).is_empty());
    let written: Vec<_> = bench.log.iter().map(|e| (e.producer_epoch, e.sequence.unwrap())).collect();
    assert_eq!(written, (0..8).map(|s| (0, s)).collect::<Vec<_>>(), "in order, once, in the same producer epoch");
}

#[test]
fn a_partition_without_a_leader_makes_the_client_ask_again_ever_less_often() {
    let mut bench = Bench::warm("java-4.3", &[0, 1], &[("linger.ms", "0")]);
    let start = bench.now;
    bench.move_leader(0, None, 1);
    bench.send(0);
    bench.run_to(start + ms(6000));
    let gaps: Vec<_> = bench.times(start, answered).windows(2).map(|w| w[1] - w[0]).collect();
    // From answer to answer: the pause and a round trip. The first answer taught a newer epoch, the others nothing.
    let bounds = [(81.0, 120.0), (81.0, 120.0), (161.0, 240.0), (321.0, 480.0), (641.0, 960.0), (801.0, 1001.0)];
    for (i, gap) in gaps.iter().enumerate() {
        let (low, high) = bounds[i.min(5)];
        assert!((low..=high).contains(gap), "gap {i}: {gaps:?}");
    }
    assert!(gaps.len() > 7, "{gaps:?}");
    bench.move_leader(0, Some(2), 2);
    bench.run_to(at(18_000));
    assert_eq!(bench.records(), (1, 0));
}
