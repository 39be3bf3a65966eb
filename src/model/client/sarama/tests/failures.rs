//! A leader dies, or falls silent, or there is none.

use super::{MEASURED, asked, steady};
use crate::kafka::BrokerIx;
use crate::model::client::bench::{Bench, acknowledged, ms, sent};
use crate::observe::Fact;

#[test]
fn a_crash_with_an_election_after_six_seconds_loses_what_is_old_and_resumes_with_what_is_new() {
    let mut bench = Bench::warm(MEASURED, &[0, 1, 2], &[]);
    let start = bench.now;
    bench.kill(0);
    steady(&mut bench, 6000);
    bench.fence(0);
    bench.move_leader(0, Some(1), 1);
    let elected = bench.now;
    steady(&mut bench, 2000);
    bench.run_to(bench.now + ms(1000));
    let failed = bench.times(start, |f| matches!(f, Fact::RecordDone { error, .. } if !error.is_none()));
    assert!((300.0..=600.0).contains(&failed[0]), "the first record fails after three rounds: {}", failed[0]);
    let first = bench.times(elected, acknowledged)[0];
    assert!(first < 500.0, "new records come through {first} ms after the election");
    let (good, bad) = bench.records();
    assert_eq!(good + bad, 400);
    assert!(bad >= 250, "what was handed over before the last rounds is lost: {bad}");
}

#[test]
fn a_silent_leader_is_given_up_after_30_s() {
    let mut times = Vec::new();
    for other in [1, 2] {
        let mut bench = Bench::warm(MEASURED, &[0, other], &[]);
        let start = bench.now;
        bench.silence(0);
        bench.send(0);
        bench.run_to(start + ms(10_000));
        bench.fence(0);
        bench.move_leader(0, Some(other), 1);
        bench.run_to(start + ms(100_000));
        assert_eq!(bench.records(), (1, 0));
        times.push(bench.times(start, acknowledged)[0]);
    }
    // The refresh may choose the silent broker, whose dial takes 30 s more.
    assert!(times.iter().all(|t| (30_100.0..30_110.0).contains(t) || (60_100.0..60_110.0).contains(t)), "{times:?}");
}

#[test]
fn a_partition_without_a_leader_is_asked_for_four_times_a_round() {
    let mut bench = Bench::warm(MEASURED, &[0, 1], &[]);
    bench.move_leader(0, None, 1);
    let start = bench.now;
    bench.send(0);
    bench.run_to(start + ms(5000));
    let asks = bench.times(start, asked);
    // A broker that was not connected to before is greeted first, which takes 2 ms.
    let near =
        |asks: &[f64], times: [f64; 4]| asks.len() == 4 && asks.iter().zip(times).all(|(ask, time)| (0.0..7.0).contains(&(ask - time)));
    assert!(near(&asks[..4], [101.0, 352.0, 603.0, 854.0]), "100 ms, then three times 250 ms: {asks:?}");
    let again = "and again for the records that waited behind it, of which there are none";
    assert!(near(&asks[4..], [955.0, 1206.0, 1457.0, 1708.0]), "{again}: {asks:?}");
    assert_eq!(bench.times(start, sent), [0.0]);
    assert_eq!(bench.records(), (0, 1), "the look-up failed, and with it the record");
}

#[test]
fn when_all_brokers_are_gone_the_bootstrap_addresses_come_back_to_life() {
    let mut bench = Bench::warm(MEASURED, &[0, 1, 2], &[]);
    (0..3).for_each(|b| bench.kill(b));
    let start = bench.now;
    bench.send(0);
    bench.run_to(start + ms(400));
    bench.brokers.iter_mut().for_each(|b| b.health = crate::model::client::bench::Health::Up);
    bench.run_to(start + ms(2000));
    assert_eq!(bench.records(), (1, 0));
    let opened = |f: &Fact| matches!(f, Fact::ConnectionOpening { broker, .. } if *broker == BrokerIx(0));
    assert!(bench.times(start, opened).len() >= 2);
}
