//! kafka-python on the same machine, held against measurements of its releases with a mock cluster (one partition, a round trip of a
//! millisecond): what differs from Java is what makes these numbers.

use crate::kafka::ErrorCode;
use crate::model::client::bench::{Bench, Health, acknowledged, ms, sent};
use crate::observe::Fact;
use crate::observe::fact::Refresh;

const PROFILE: &str = "kafka-python-3.0";

fn asked(fact: &Fact) -> bool {
    matches!(fact, Fact::Refreshed { what: Refresh::Sent(..), .. })
}

fn stale(bench: &Bench) -> usize {
    let refused = |(_, f): &&(_, Fact)| matches!(f, Fact::EntryReturned { error: ErrorCode::NotLeaderOrFollower, .. });
    bench.facts.iter().filter(refused).count()
}

#[test]
fn a_clean_move_costs_the_flat_pause_although_the_new_leader_is_known_long_before() {
    let mut bench = Bench::warm(PROFILE, &[0, 1], &[]);
    let start = bench.now;
    bench.move_leader(0, Some(1), 1);
    bench.send(0);
    bench.run_to(start + ms(1000));
    // Measured: 104 to 112 ms, one metadata request, one stale request.
    assert_eq!(bench.times(start, acknowledged), [103.0]);
    assert_eq!((bench.times(start, asked), stale(&bench)), (vec![1.0], 1));
}

#[test]
fn each_stale_answer_costs_a_hundred_milliseconds_one_request_and_one_refresh() {
    let mut bench = Bench::warm(PROFILE, &[0, 1], &[]);
    let start = bench.now;
    bench.commit_move(0, Some(1), 1);
    bench.apply(0, start);
    bench.apply(1, start + ms(350));
    bench.apply(2, start + ms(350));
    bench.send(0);
    bench.run_to(start + ms(1000));
    // Measured with three stale answers: 420 ms, four stale requests, four refreshes. The fourth refresh leaves before all brokers know.
    let refused = stale(&bench);
    assert!((4..=5).contains(&refused), "{refused}");
    assert_eq!(bench.times(start, asked).len(), refused);
    let done = bench.times(start, acknowledged)[0] / refused as f64;
    assert!((101.0..=103.0).contains(&done), "{done}");
}

#[test]
fn a_lagging_broker_moves_it_back_to_the_old_leader() {
    let mut bench = Bench::warm(PROFILE, &[0, 1, 2], &[("metadata_max_age_ms", "2000")]);
    let start = bench.now;
    bench.commit_move(0, Some(1), 1);
    bench.apply(0, start);
    bench.apply(1, start);
    // Broker 2 never hears of it, and is asked for metadata now and then.
    for _ in 0..40 {
        bench.send(0);
        bench.run_to(bench.now + ms(500));
    }
    assert!(stale(&bench) > 1, "it comes to the old leader again after it had been told");
    assert_eq!(bench.records(), (40, 0));
}

/// The leader dies, and another one is elected this many milliseconds later: when the record is acknowledged, and how many refreshes it took.
fn crash(elected: u64) -> (f64, usize) {
    let mut bench = Bench::warm(PROFILE, &[0, 1], &[]);
    let start = bench.now;
    bench.send(0);
    bench.kill(0);
    bench.run_to(start + ms(elected));
    bench.move_leader(0, Some(1), 1);
    bench.fence(0);
    bench.run_to(start + ms(60_000));
    (bench.times(start, acknowledged)[0], bench.times(start, asked).len())
}

#[test]
fn a_crashed_leader_is_found_out_by_reconnects_that_come_ever_less_often() {
    // Measured: at once or 0.1 s; 3.2 to 3.6 s with 7 refreshes; 12.4 to 14.1 s with 9.
    let (none, _) = crash(0);
    assert!(none <= 110.0, "{none}");
    let (three, refreshes) = crash(3000);
    assert!((3000.0..=3950.0).contains(&three), "{three}");
    assert!((6..=9).contains(&refreshes), "{refreshes}");
    let (nine, refreshes) = crash(9000);
    assert!((10_500.0..=15_600.0).contains(&nine), "twice the election and more: {nine}");
    assert!((8..=10).contains(&refreshes), "{refreshes}");
}

#[test]
fn without_a_leader_a_lone_record_sleeps_until_it_expires_and_a_stream_of_records_does_not() {
    // Measured: one record at a time, 1 s without a leader: an error after 120.0 s, 3 refreshes.
    let mut bench = Bench::warm(PROFILE, &[0, 1], &[]);
    let start = bench.now;
    bench.move_leader(0, None, 1);
    bench.send(0);
    bench.run_to(start + ms(1000));
    bench.move_leader(0, Some(1), 2);
    bench.run_to(start + ms(121_000));
    let failed = |f: &Fact| matches!(f, Fact::RecordDone { error, .. } if !error.is_none());
    assert_eq!(bench.times(start, failed), [120_000.0]);
    let refreshes = bench.times(start, asked).len();
    assert!((2..=3).contains(&refreshes), "{refreshes}");

    // Measured: a record every 20 ms, 2 s without a leader: 2.10 s, 20 refreshes.
    let mut bench = Bench::warm(PROFILE, &[0, 1], &[]);
    let start = bench.now;
    bench.move_leader(0, None, 1);
    for i in 0..150 {
        if i == 100 {
            bench.move_leader(0, Some(1), 2);
        }
        bench.send(0);
        bench.run_to(start + ms(20 * (i + 1)));
    }
    let first = bench.times(start, acknowledged)[0];
    assert!((2000.0..=2130.0).contains(&first), "{first}");
    let refreshes = bench.times(start, asked).len();
    assert!((19..=22).contains(&refreshes), "{refreshes}");
    assert_eq!(bench.records().1, 0);
}

#[test]
fn the_lost_wake_up_can_be_switched_off() {
    let mut spec = crate::model::client::bench::spec(PROFILE, &[0, 1], &[]);
    let mut profile = (*spec.clients[0].profile).clone();
    let mut policies = profile.policies.into_owned();
    policies.iter_mut().filter(|p| p.key == "defect.lost-wake-up").for_each(|p| p.value = "false".into());
    profile.policies = policies.into();
    spec.clients[0].profile = std::sync::Arc::new(profile);
    let mut bench = Bench::of(spec, &[0, 1]).warmed();
    let start = bench.now;
    bench.move_leader(0, None, 1);
    bench.send(0);
    bench.run_to(start + ms(1000));
    bench.move_leader(0, Some(1), 2);
    bench.run_to(start + ms(5000));
    let done = bench.times(start, acknowledged)[0];
    assert!((1000.0..=1110.0).contains(&done), "{done}");
}

#[test]
fn a_silent_leader_is_given_up_after_the_request_timeout() {
    let mut bench = Bench::warm(PROFILE, &[0, 1], &[]);
    let start = bench.now;
    bench.silence(0);
    bench.send(0);
    bench.run_to(start + ms(1000));
    bench.move_leader(0, Some(1), 1);
    bench.run_to(start + ms(40_000));
    // Measured: 30.14 s.
    assert_eq!(bench.times(start, sent), [0.0, 30_100.0]);
    assert_eq!(bench.times(start, acknowledged), [30_102.0]);
}

#[test]
fn an_idempotent_partition_has_one_batch_in_flight() {
    let mut bench = Bench::warm(PROFILE, &[0, 1], &[("batch_size", "1")]);
    let start = bench.now;
    for _ in 0..4 {
        bench.send(0);
    }
    bench.run_to(start + ms(100));
    assert_eq!(bench.times(start, sent), [0.0, 2.0, 4.0, 6.0], "a round trip and a replication each");
    assert_eq!(bench.brokers[0].health, Health::Up);
}

#[test]
fn a_record_that_lingers_is_sent_by_a_sender_that_nothing_else_wakes() {
    let mut bench = Bench::warm(PROFILE, &[0], &[("linger_ms", "439")]);
    let start = bench.now;
    bench.send(0);
    bench.run_to(start + ms(2000));
    assert_eq!(bench.times(start, sent), [439.0]);
    assert_eq!(bench.records(), (1, 0));
}
