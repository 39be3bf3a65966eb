//! The application around the consumer: what it is given, and what waits while it works.

use super::fenced;
use crate::engine::Instant;
use crate::kafka::Offset;
use crate::model::client::bench::{Bench, consumer_spec, ms};
use crate::observe::Fact;

fn warm(profile: &str, leaders: &[u32], config: &[(&str, &str)], processing: u64) -> Bench {
    Bench::of(consumer_spec(profile, leaders, config, ms(processing)), leaders).warmed()
}

fn processed(fact: &Fact) -> bool {
    matches!(fact, Fact::Processed { .. })
}

#[test]
fn records_come_in_pieces_of_max_poll_records_and_a_poll_comes_when_the_last_was_worked_through() {
    let mut bench = warm("java-4.3", &[0], &[("max.poll.records", "4")], 10);
    let start = bench.now;
    bench.append(0, 10, 0);
    bench.run_to(start + ms(1000));
    assert_eq!(bench.delivered(start), [0.5, 40.5, 80.5]);
    assert_eq!(bench.times(start, processed), [40.5, 80.5, 100.5]);
    let ends = bench.facts.iter().filter_map(|(_, f)| match f {
        Fact::Delivered { base, end, .. } => Some((*base, *end)),
        _ => None,
    });
    assert_eq!(ends.collect::<Vec<_>>(), [(1000, 1004), (1004, 1008), (1008, 1010)].map(|(a, b)| (Offset(a), Offset(b))));
}

#[test]
fn while_the_application_works_the_next_fetch_is_under_way_but_nothing_is_read() {
    let mut bench = warm("java-4.3", &[0], &[], 100);
    let start = bench.now;
    bench.append(0, 1, 0);
    bench.run_to(start + ms(10));
    bench.append(0, 1, 0);
    bench.run_to(start + ms(1000));
    assert_eq!(bench.delivered(start), [0.5, 100.5], "the second had arrived at 10.5");
}

#[test]
fn a_busy_application_learns_of_a_move_when_it_polls_again() {
    let mut bench = warm("java-4.3", &[0, 1], &[("fetch.max.wait.ms", "5")], 300);
    let start = bench.now;
    bench.append(0, 1, 0);
    bench.run_to(start + ms(20));
    bench.move_leader(0, Some(1), 1);
    bench.run_to(start + ms(299));
    assert_eq!(bench.times(start, |f| matches!(f, Fact::BeliefChanged { .. })), [0.0; 0]);
    bench.append(0, 1, 1);
    bench.run_to(start + ms(1000));
    assert_eq!(bench.times(start, |f| matches!(f, Fact::BeliefChanged { .. })).len(), 1);
    assert_eq!(fenced(&bench, start), 1);
    let second = bench.delivered(start)[1];
    assert!((300.0..=320.0).contains(&second), "{second}");
}

#[test]
fn releases_before_4_ask_a_node_for_the_rest_while_some_of_its_records_wait_unread() {
    let fetches_while_it_works = |profile: &str| {
        let mut bench = warm(profile, &[0, 0], &[("max.poll.records", "1"), ("fetch.max.wait.ms", "5")], 100);
        let start = bench.now;
        bench.append(0, 3, 0);
        bench.run_to(start + ms(90));
        bench.times(start + ms(1), |f| matches!(f, Fact::EntryReturned { .. })).len()
            + bench.reading.fetches.iter().filter(|(at, _, _)| *at > start).count()
    };
    assert!(fetches_while_it_works("java-3.9") > fetches_while_it_works("java-4.3"));
}

#[test]
fn a_consumer_that_stops_is_heard_no_more() {
    let mut spec = consumer_spec("java-4.3", &[0], &[], ms(0));
    let crate::model::spec::Role::Consumer(consumption) = &mut spec.clients[0].role else { unreachable!() };
    (consumption.start, consumption.stop) = (ms(1000), Some(ms(3000)));
    let mut bench = Bench::of(spec, &[0]);
    bench.act(|client, ctx, out| client.start_warm(ctx, out));
    bench.run_to(Instant::ZERO + ms(999));
    assert!(bench.facts.is_empty(), "it begins at its hour");
    bench.run_to(Instant::ZERO + ms(2000));
    bench.append(0, 1, 0);
    bench.run_to(Instant::ZERO + ms(3001));
    assert_eq!(bench.delivered(Instant::ZERO).len(), 1);
    bench.facts.clear();
    bench.append(0, 1, 0);
    bench.run_to(Instant::ZERO + ms(9000));
    assert!(bench.facts.is_empty(), "{:?}", bench.facts);
}
