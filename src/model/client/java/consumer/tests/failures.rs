//! A leader dies, or falls silent.

use super::{fenced, gave_up, refreshed, sent};
use crate::model::client::bench::{Bench, Health, ms};
use crate::observe::Fact;

#[test]
fn a_crashed_leader_is_replaced_when_a_refresh_names_the_new_one() {
    for profile in ["java-3.6", "java-4.3"] {
        let mut bench = Bench::warm_consumer(profile, &[0, 1], &[]);
        let start = bench.now;
        bench.kill(0);
        bench.run_to(start + ms(9000));
        bench.move_leader(0, Some(1), 1);
        bench.fence(0);
        bench.append(0, 1, 1);
        bench.run_to(start + ms(12_000));
        let waited = bench.delivered(start)[0] - 9000.0;
        assert!((0.0..=1700.0).contains(&waited), "{profile}: a refresh a second at most, and a parked fetch: {waited}");
        assert_eq!(fenced(&bench, start), 0, "{profile}: nobody is there to say that it is stale");
        let refreshes = bench.times(start, refreshed).len();
        assert!((7..=16).contains(&refreshes), "{profile}: {refreshes} refreshes, one for each refused connect");
    }
}

#[test]
fn a_leader_that_falls_silent_holds_its_fetch_for_the_request_timeout() {
    let mut bench = Bench::warm_consumer("java-4.3", &[0, 1], &[]);
    let start = bench.now;
    bench.silence(0);
    bench.run_to(start + ms(9000));
    bench.move_leader(0, Some(1), 1);
    bench.append(0, 1, 1);
    bench.run_to(start + ms(62_000));
    let ended = bench.times(start, gave_up)[0];
    assert!((29_500.0..=30_001.0).contains(&ended), "30 s from when the fetch left: {ended}");
    // Then the refresh waits behind the fetch that the other broker has parked, and so does the new partition's first fetch.
    let delivered = bench.delivered(start)[0];
    assert!(delivered >= ended && delivered <= ended + 1510.0, "{delivered}");
}

#[test]
fn a_silent_host_that_comes_back_has_forgotten_the_session_and_costs_one_round_trip() {
    let mut bench = Bench::warm_consumer("java-4.3", &[0], &[]);
    bench.forget_sessions();
    bench.append(0, 1, 0);
    let start = bench.now;
    // The parked fetch is answered; the next one meets a broker that knows no such session; the one after that asks for a new one.
    bench.run_to(start + ms(3));
    bench.append(0, 1, 0);
    bench.run_to(start + ms(1000));
    let returned: Vec<_> = bench.times(start, |f| matches!(f, Fact::EntryReturned { .. }));
    assert_eq!(returned[..3], [0.5, 1.5, 3.5], "data; no such session; data");
    assert_eq!(bench.delivered(start), [0.5, 3.5]);
}

#[test]
fn a_refused_connect_fails_the_fetch_that_waits_for_it_and_the_next_poll_tries_again() {
    let mut bench = Bench::warm_consumer("java-3.9", &[0], &[]);
    let start = bench.now;
    bench.brokers.iter_mut().for_each(|b| b.health = Health::Dead);
    bench.kill(0);
    bench.run_to(start + ms(5000));
    assert_eq!(bench.times(start, sent).len(), 0, "what never left is no request");
    let opened = bench.times(start, |f| matches!(f, Fact::ConnectionOpening { broker, .. } if broker.0 == 0)).len();
    assert!((5..=12).contains(&opened), "paced by the reconnect pause, doubling to a second: {opened}");
    bench.brokers.iter_mut().for_each(|b| b.health = Health::Up);
    bench.append(0, 1, 0);
    bench.run_to(start + ms(7000));
    assert_eq!(bench.delivered(start).len(), 1);
}
