//! Moves, crashes and silences as a kafka-go Reader sees them.

use crate::model::client::bench::{Bench, at, ms};
use crate::observe::Fact;
use crate::observe::fact::Refresh;

const READER: &str = "kafka-go-0.4";

fn asked(fact: &Fact) -> bool {
    matches!(fact, Fact::Refreshed { what: Refresh::Sent(_), .. })
}

#[test]
fn a_move_costs_100_ms_a_look_up_two_connects_and_four_offsets() {
    let mut bench = Bench::warm_consumer(READER, &[0], &[]);
    let start = bench.now;
    bench.append(0, 1, 0);
    bench.run_to(start + ms(10));
    assert_eq!(bench.delivered(start), [0.5], "the fetch was parked there");
    bench.run_to(start + ms(20));
    bench.facts.clear();
    let moved = bench.now;
    bench.move_leader(0, Some(1), 1);
    bench.append(0, 1, 1);
    bench.run_to(moved + ms(500));
    assert_eq!(bench.times(moved, asked), [102.5], "the first bootstrap broker is connected to and asked");
    // The error is here at 0.5; 100 pause, 3 to look up, 2 to connect, 4 offsets, 1 to fetch.
    assert_eq!(bench.delivered(moved), [110.5]);
}

#[test]
fn after_a_crash_beginnings_fail_at_growing_distances_until_the_election() {
    let mut bench = Bench::warm_consumer(READER, &[0], &[]);
    let start = bench.now;
    bench.kill(0);
    bench.append(0, 1, 1);
    bench.run_to(start + ms(3000));
    bench.move_leader(0, Some(1), 1);
    bench.fence(0);
    bench.run_to(start + ms(10_000));
    // The first bootstrap broker is dead; each of the others names the dead leader and gives way to the next.
    let looked = bench.times(start, asked);
    let rounds: Vec<f64> = looked.chunks(2).map(|round| round[0].round()).collect();
    assert_eq!(&rounds[..4], [104.0, 513.0, 1422.0, 2431.0], "pauses of 0.1, 0.4, 0.9 and 1 s");
    let delivered = bench.delivered(start)[0];
    assert!((3440.0..=3470.0).contains(&delivered), "{delivered}");
}

#[test]
fn a_bootstrap_broker_that_accepts_and_then_hangs_stops_the_partition_for_good() {
    let hang = |policies: &[(&'static str, &'static str)]| {
        let mut bench = Bench::warm_consumer_with(READER, policies, &[1], &[]);
        let start = bench.now;
        bench.move_leader(0, Some(2), 1);
        bench.append(0, 1, 1);
        bench.run_to(start + ms(101) + crate::engine::Duration::from_micros(600));
        bench.silence(0);
        bench.run_to(start + ms(1_200_000));
        bench.delivered(start)
    };
    assert!(hang(&[]).is_empty(), "its look-up has no deadline");
    let fixed = hang(&[("defect.lookup-without-deadline", "false")]);
    assert!((10_100.0..=10_120.0).contains(&fixed[0]), "{fixed:?}");
}

#[test]
fn a_partition_without_a_leader_has_no_address_and_is_looked_up_again() {
    let mut bench = Bench::warm_consumer(READER, &[0], &[]);
    let start = bench.now;
    bench.move_leader(0, None, 1);
    bench.append(0, 1, 1);
    bench.run_to(start + ms(300));
    assert_eq!(bench.times(start, asked).len(), 3, "every bootstrap broker is asked once");
    bench.move_leader(0, Some(2), 2);
    bench.run_to(start + ms(2000));
    let delivered = bench.delivered(start)[0];
    assert!((500.0..=530.0).contains(&delivered), "after the pause of 0.4 s: {delivered}");
}

#[test]
fn a_fresh_reader_looks_up_its_leader_and_where_the_log_ends() {
    let mut bench = Bench::of(crate::model::client::bench::consumer_spec(READER, &[1], &[], ms(0)), &[1]);
    bench.act(|client, ctx, out| client.start(ctx, out));
    bench.run_to(at(100));
    bench.append(0, 1, 0);
    bench.run_to(at(200));
    assert_eq!(bench.delivered(at(100)), [0.5]);
    let begun = bench.times(at(0), |f| matches!(f, Fact::PositionSet { from: None, .. }));
    assert_eq!(begun, [9.0], "3 to look up, 2 to connect, 4 offsets");
}
