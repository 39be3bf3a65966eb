//! A leader moves and the old one lives.

use super::{asked, refused, warm, warm_seeded};
use crate::model::client::bench::{acknowledged, ms};

/// Moves partition 0 from broker 0 to 1, and sends one record: how long it takes, stale hits, metadata requests.
fn move_once(profile: &str, hints: bool, seed: u64) -> (f64, usize, usize) {
    let mut bench = warm_seeded(profile, &[0], &[], seed);
    bench.brokers.iter_mut().for_each(|b| b.no_hints = !hints);
    bench.move_leader(0, Some(1), 1);
    let start = bench.now;
    bench.send(0);
    bench.run_to(start + ms(2000));
    (bench.times(start, acknowledged)[0], bench.times(start, refused).len(), bench.times(start, asked).len())
}

#[test]
fn m1_the_hit_record_waits_out_its_pause_whether_or_not_the_answer_named_the_leader() {
    let moves = |profile, hints| (0..40).map(|seed| move_once(profile, hints, seed)).collect::<Vec<_>>();
    for runs in [moves("librdkafka-2.10", true), moves("librdkafka-2.10", false), moves("librdkafka-2.4", true)] {
        // Two round trips of 1 ms, the broker's own millisecond, and a pause of 80 to 120 ms.
        assert!(runs.iter().all(|r| (82.0..=124.0).contains(&r.0) && r.1 == 1), "{runs:?}");
        assert!(runs.iter().any(|r| r.0 < 93.0) && runs.iter().any(|r| r.0 > 113.0), "drawn anew for each record: {runs:?}");
    }
    let queries = |runs: Vec<(f64, usize, usize)>| runs.iter().map(|r| r.2).sum::<usize>();
    let hinted = queries(moves("librdkafka-2.10", true));
    assert!((2..=16).contains(&hinted), "a hint mostly forestalls the query, of which 4 of 20 left: {hinted} of 40");
    assert_eq!(queries(moves("librdkafka-2.10", false)), 40);
    assert_eq!(queries(moves("librdkafka-2.4", true)), 40, "before 2.5 nobody reads the hint");
}

#[test]
fn m2_each_stale_answer_costs_one_more_pause_that_does_not_grow() {
    let mut bench = warm("librdkafka-2.10", &[0], &[]);
    bench.brokers.iter_mut().for_each(|b| (b.no_hints, b.metadata_lag) = (true, ms(270)));
    bench.move_leader(0, Some(1), 1);
    let start = bench.now;
    bench.send(0);
    bench.run_to(start + ms(2000));
    let took = bench.times(start, acknowledged)[0];
    assert!((330.0..=500.0).contains(&took), "{took}");
    let (stale, queries) = (bench.times(start, refused).len(), bench.times(start, asked).len());
    assert_eq!((stale, queries), (4, 4));
}
