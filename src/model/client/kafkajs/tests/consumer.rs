//! Moves, crashes and silences as a kafkajs consumer sees them.

use crate::model::client::bench::{Bench, at, ms};
use crate::observe::Fact;
use crate::observe::fact::{Refresh, Told};

const KAFKAJS: &str = "kafkajs-2.2";

fn asked(fact: &Fact) -> bool {
    matches!(fact, Fact::Refreshed { what: Refresh::Sent(_), .. })
}

#[test]
fn an_old_leader_that_goes_on_as_follower_serves_its_fetches_and_it_never_learns_of_the_move() {
    // Fetch of version 11 without an epoch: any replica may answer.
    let mut bench = Bench::warm_consumer(KAFKAJS, &[0, 1], &[]);
    let start = bench.now;
    bench.move_leader(0, Some(1), 1);
    bench.append(0, 1, 1);
    bench.run_to(start + ms(20_000));
    assert_eq!(bench.delivered(start), [0.5]);
    assert!(bench.times(start, asked).is_empty());
}

#[test]
fn when_a_broker_is_gone_all_loops_end_their_fetches_first() {
    let mut bench = Bench::warm_consumer(KAFKAJS, &[0, 1], &[]);
    bench.run_to(at(11_000));
    let start = bench.now;
    bench.kill(0);
    bench.move_leader(0, Some(2), 1);
    bench.fence(0);
    bench.append(0, 1, 1);
    bench.run_to(start + ms(1000));
    bench.append(1, 1, 0);
    bench.run_to(start + ms(20_000));
    // The loop of broker 2 has nothing to fetch and sleeps five seconds from each multiple of five; that of broker 1 drops what it got.
    let delivered = bench.delivered(start);
    assert_eq!(delivered.len(), 2);
    assert!(delivered.iter().all(|d| (4_000.0..=4_020.0).contains(d)), "{delivered:?}");
}

#[test]
fn a_silent_leader_costs_six_time_outs_and_a_crash_before_anybody_asks_for_metadata() {
    let mut bench = Bench::warm_consumer(KAFKAJS, &[0, 1], &[]);
    let start = bench.now;
    bench.silence(0);
    bench.move_leader(0, Some(1), 1);
    bench.append(0, 1, 1);
    bench.run_to(start + ms(260_000));
    let mine = bench.times(start, |f| matches!(f, Fact::Delivered { partition, .. } if partition.0 == 0));
    assert!((183_000.0..=235_000.0).contains(&mine[0]), "{mine:?}");
    let forgot = bench.times(start, |f| matches!(f, Fact::BeliefChanged { told: Told::Forgot, .. }));
    assert!(!forgot.is_empty() && forgot[0] < mine[0], "it crashed and began anew");
    let first = bench.times(start, asked)[0];
    assert!(first > forgot[0], "nothing asked for metadata before");
}

#[test]
fn without_that_defect_one_time_out_is_enough() {
    let policies = [("defect.request-timeout-keeps-socket", "false")];
    let mut bench = Bench::warm_consumer_with(KAFKAJS, &policies, &[0, 1], &[]);
    let start = bench.now;
    bench.silence(0);
    bench.move_leader(0, Some(1), 1);
    bench.fence(0);
    bench.append(0, 1, 1);
    bench.run_to(start + ms(60_000));
    let mine = bench.times(start, |f| matches!(f, Fact::Delivered { partition, .. } if partition.0 == 0));
    assert!((25_000.0..=40_200.0).contains(&mine[0]), "{mine:?}");
}

#[test]
fn one_worker_takes_the_records_of_all_loops() {
    let spec = crate::model::client::bench::consumer_spec(KAFKAJS, &[0, 1], &[("metadataMaxAge", "2147483647")], ms(100));
    let mut bench = Bench::of(spec, &[0, 1]).warmed();
    let start = bench.now;
    bench.append(0, 3, 0);
    bench.append(1, 1, 0);
    bench.run_to(start + ms(1000));
    let processed = bench.times(start, |f| matches!(f, Fact::Processed { .. }));
    assert_eq!(processed, [300.5, 400.5]);
}

#[test]
fn a_fresh_consumer_connects_asks_and_looks_up_where_the_logs_end() {
    let mut bench = Bench::of(crate::model::client::bench::consumer_spec(KAFKAJS, &[0, 1], &[], ms(0)), &[0, 1]);
    bench.act(|client, ctx, out| client.start(ctx, out));
    bench.run_to(at(100));
    bench.append(1, 1, 0);
    bench.run_to(at(200));
    assert_eq!(bench.delivered(at(100)), [0.5]);
}
