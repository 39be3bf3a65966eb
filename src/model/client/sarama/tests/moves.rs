//! A leader moves and the old one lives.

use super::{MEASURED, asked};
use crate::model::client::bench::{Bench, acknowledged, at, ms, sent};

/// Partition 0 has moved from broker 0 to 1, and every broker knows it; a record meets the old leader. When it was sent, when metadata
/// was asked for, and when it was acknowledged.
fn redirect(profile: &str, config: &[(&str, &str)]) -> [Vec<f64>; 3] {
    // Broker 1 leads partition 1 and broker 2 partition 2, so that both are connected.
    let mut bench = Bench::warm(profile, &[0, 1, 2], config);
    bench.move_leader(0, Some(1), 1);
    let start = bench.now;
    bench.send(0);
    bench.run_to(start + ms(1000));
    [bench.times(start, sent), bench.times(start, asked), bench.times(start, acknowledged)]
}

#[test]
fn a_redirect_pauses_100_ms_asks_and_sends_again() {
    for profile in ["sarama-1.45", "sarama-1.48", MEASURED] {
        let seen = redirect(profile, &[]);
        assert_eq!(seen, [vec![0.0, 102.0], vec![101.0], vec![104.0]], "{profile}: one stale answer, one refresh");
    }
}

#[test]
fn an_idempotent_producer_asks_first_and_pauses_then() {
    let idempotent = [("Producer.Idempotent", "true"), ("Producer.RequiredAcks", "WaitForAll"), ("Net.MaxOpenRequests", "1")];
    let seen = redirect(MEASURED, &idempotent);
    assert_eq!(seen, [vec![0.0, 102.0], vec![1.0], vec![104.0]]);
    let seen = redirect("sarama-1.48", &idempotent);
    assert_eq!(seen, [vec![0.0, 2.0], vec![1.0], vec![4.0]], "before #3557 there was no pause");
}

#[test]
fn three_stale_answers_lose_the_record_and_two_do_not() {
    for (stale_for, fate) in [(150, (1, 0)), (1000, (0, 1))] {
        let mut bench = Bench::warm(MEASURED, &[0], &[]);
        let start = bench.now;
        bench.commit_move(0, Some(1), 1);
        // The old leader and the others learn of it at once, but nobody tells: their metadata is what it was.
        bench.deposed.push((crate::kafka::PartitionIx(0), crate::kafka::BrokerIx(0)));
        for broker in 0..3 {
            bench.apply(broker, start + ms(stale_for));
        }
        bench.send(0);
        bench.run_to(start + ms(2000));
        assert_eq!(bench.records(), fate, "stale for {stale_for} ms");
        let sends = bench.times(start, sent);
        if fate.1 == 1 {
            assert_eq!((sends.len(), bench.times(start, asked).len()), (4, 3), "{sends:?}: every stale round costs one of three retries");
        }
    }
}

#[test]
fn a_refresh_moves_no_partition_that_was_not_refused() {
    let mut bench = Bench::warm(MEASURED, &[0, 0, 1, 2], &[]);
    bench.move_leader(0, Some(1), 1);
    bench.move_leader(1, Some(1), 1);
    let start = bench.now;
    bench.send(0);
    bench.run_to(start + ms(500));
    bench.send(1);
    bench.run_to(start + ms(1000));
    assert_eq!(bench.times(start, sent), [0.0, 102.0, 500.0, 602.0], "the cache knew the leader of partition 1 since 102 ms");
    assert_eq!(bench.times(start, asked).len(), 2);
}

#[test]
fn records_keep_their_order_while_some_are_tried_again() {
    let mut bench = Bench::warm(MEASURED, &[0, 1], &[]);
    bench.move_leader(0, Some(1), 1);
    for i in 0..20 {
        bench.run_to(at(10_000) + ms(10 * i));
        bench.send(0);
    }
    bench.run_to(at(12_000));
    assert_eq!(bench.records(), (20, 0));
    let done: Vec<u64> = bench.facts.iter().filter_map(|(_, f)| super::done(f)).collect();
    assert_eq!(done, (0..20).collect::<Vec<_>>());
}

#[test]
fn a_lagging_broker_moves_the_client_back_until_1_61_1() {
    for (profile, back) in [("sarama-1.60", true), (MEASURED, false)] {
        let mut bench = Bench::warm(profile, &[0], &[("Metadata.RefreshFrequency", "60000")]);
        bench.commit_move(0, Some(1), 1);
        bench.apply(0, bench.now);
        bench.apply(1, bench.now);
        // Broker 2 never hears of the move.
        let start = bench.now;
        bench.send(0);
        bench.run_to(start + ms(3_000_000));
        let beliefs = bench.facts.iter().filter(|(_, f)| matches!(f, crate::observe::Fact::BeliefChanged { .. })).count();
        assert_eq!(beliefs > 1, back, "{profile}: {beliefs} changes of mind in fifty minutes");
    }
}
