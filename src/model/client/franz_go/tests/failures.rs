//! A leader dies, or falls silent.

use super::{asks, producer, seeded_producer};
use crate::kafka::{BrokerIx, ErrorCode};
use crate::model::client::bench::{Bench, Health, acknowledged, ms, sent};
use crate::observe::Fact;
use crate::observe::fact::Refresh;

/// The leader of partition 0 dies with a record in flight; the next is elected after so many milliseconds.
fn crash(release: &str, elected_after: u64) -> Bench {
    let mut bench = producer(release, &[0, 1], &[]);
    let start = bench.now;
    bench.send(0);
    bench.kill(0);
    bench.run_to(start + ms(elected_after));
    bench.move_leader(0, Some(1), 1);
    bench.fence(0);
    bench.run_to(start + ms(30_000));
    bench.facts.retain(|(at, _)| *at >= start);
    bench
}

fn recovery(bench: &Bench) -> f64 {
    bench.times(bench.facts[0].0, acknowledged)[0]
}

#[test]
fn a_crash_is_over_at_the_next_multiple_of_five_seconds() {
    // The refresh that the reset asks for is answered within milliseconds: too early for any election. Where the dead broker itself is
    // asked, a pause of 0.2 to 0.3 s comes on top each time, which is late enough for a quick one.
    for (elected_after, from) in [(100, 5000.0), (2000, 5000.0), (6000, 10_000.0), (11_000, 15_000.0)] {
        let bench = crash("franz-go-1.22", elected_after);
        let recovered = recovery(&bench);
        let in_the_pause = elected_after < 200 && (200.0..320.0).contains(&recovered);
        assert!((from..from + 960.0).contains(&recovered) || in_the_pause, "elected after {elected_after} ms: {recovered}");
        assert_eq!(bench.records(), (1, 0));
    }
}

#[test]
fn a_crash_costs_one_pause_and_then_a_refused_connect_for_each_refresh() {
    let bench = crash("franz-go-1.22", 6000);
    let start = bench.facts[0].0;
    let asked = bench.times(start, asks);
    assert_eq!(asked.len(), 3, "with the reset, and 5 and 10 s later: {asked:?}");
    let opened = bench.times(start, |f| matches!(f, Fact::ConnectionOpening { broker, .. } if broker.0 == 0));
    assert!((200.0..301.0).contains(&opened[0]) || opened.len() > 2, "{opened:?}");
    assert_eq!(bench.times(start, sent).len(), 2, "a connect that is refused sends nothing");
}

/// The leader falls silent with so many records in flight, one request each; it is fenced after 9 s and stays silent. Somebody else is asked
/// for metadata first.
fn black_hole(records: u32) -> Bench {
    let asked = |bench: &Bench| {
        bench.facts.iter().find_map(|(_, f)| match f {
            Fact::Refreshed { what: Refresh::Sent(broker), .. } => Some(*broker),
            _ => None,
        })
    };
    Bench::in_which(|bench| asked(bench) != Some(BrokerIx(0)), |seed| silent_leader(records, seed))
}

fn silent_leader(records: u32, seed: u64) -> Bench {
    let mut bench = seeded_producer("franz-go-1.22", &[0, 1], &[], seed);
    let start = bench.now;
    bench.silence(0);
    for _ in 0..records {
        bench.send(0);
        bench.run_to(bench.now + ms(1));
    }
    bench.run_to(start + ms(9000));
    bench.move_leader(0, Some(1), 1);
    bench.fence(0);
    bench.run_to(start + ms(60_000));
    bench.facts.retain(|(at, _)| *at >= start);
    bench
}

#[test]
fn a_silent_leader_is_given_up_after_the_produce_timeout_and_ten_seconds() {
    let bench = black_hole(1);
    let recovered = recovery(&bench);
    assert!((20_000.0..20_310.0).contains(&recovered), "{recovered}");
    assert_eq!(bench.times(bench.facts[0].0, asks).len(), 1);
}

#[test]
fn a_producer_that_waited_for_a_free_place_connects_to_the_silent_leader_again_before_it_asks() {
    let bench = black_hole(6);
    let recovered = recovery(&bench);
    assert!((30_000.0..30_310.0).contains(&recovered), "the dial takes its 10 s too: {recovered}");
    assert_eq!(bench.records(), (6, 0));
}

#[test]
fn records_fail_only_where_the_application_set_a_limit() {
    let mut bench = producer("franz-go-1.22", &[0, 1], &[("kgo.RecordRetries", "2")]);
    let start = bench.now;
    bench.move_leader(0, None, 1);
    bench.send(0);
    bench.send(0);
    bench.run_to(start + ms(60_000));
    let failed =
        bench.times(start, |f| matches!(f, Fact::RecordDone { error, .. } if *error == ErrorCode::LeaderNotAvailable || !error.is_none()));
    assert_eq!(bench.records(), (0, 2), "the second goes with the first");
    assert!((5000.0..5020.0).contains(&failed[0]), "{failed:?}");
}

#[test]
fn a_restarted_producer_gets_an_id_and_metadata_first() {
    let mut bench = Bench::new("franz-go-1.22", &[0], &[]);
    bench.act(|client, ctx, out| client.start(ctx, out));
    bench.send(0);
    bench.run_to(bench.now + ms(1000));
    assert_eq!(bench.records(), (1, 0));
    assert_eq!(bench.log[0].sequence, Some(0));
}

/// Releases that greet a broker only once send nothing on a new connection before their request: it must not count as idle since the old one.
#[test]
fn a_broker_that_comes_back_after_a_minute_is_spoken_to_again() {
    for release in ["franz-go-1.16", "franz-go-1.22"] {
        let mut bench = producer(release, &[0], &[]);
        bench.send(0);
        bench.run_to(bench.now + ms(1_000));
        bench.kill(0);
        bench.run_to(bench.now + ms(60_000));
        bench.brokers[0].health = Health::Up;
        bench.send(0);
        bench.run_to(bench.now + ms(30_000));
        assert_eq!(bench.records(), (2, 0), "{release}");
        let opened = bench.facts.iter().filter(|(_, f)| matches!(f, Fact::ConnectionOpening { .. })).count();
        assert!(opened < 10, "{release}: {opened} connections");
    }
}
