//! A leader dies, or falls silent.

use crate::model::client::bench::{Bench, Health, acknowledged, at, ms, sent};
use crate::observe::Fact;
use crate::observe::fact::{Told, Unreachable};

fn opening(fact: &Fact) -> bool {
    matches!(fact, Fact::ConnectionOpening { .. })
}

fn lost(fact: &Fact) -> bool {
    matches!(fact, Fact::ConnectionLost { .. })
}

#[test]
fn a_crashed_leader_is_tried_at_a_slowing_pace_and_the_batch_spends_one_attempt() {
    let mut bench = Bench::warm("java-4.3", &[0], &[("linger.ms", "0")]);
    let start = bench.now;
    bench.send(0);
    bench.kill(0);
    bench.run_to(start + ms(9000));
    // Broker 0 alone was ever connected; refreshes connect to the others, which answer.
    let to_dead = |what: fn(&Fact) -> bool| {
        bench.times(start, |f| {
            what(f) && matches!(f, Fact::ConnectionOpening { broker, .. } | Fact::ConnectionLost { broker, .. } if broker.0 == 0)
        })
    };
    let (opened, ended) = (to_dead(opening), to_dead(lost));
    let pauses: Vec<_> = opened.iter().zip(&ended).map(|(open, end)| open - end).collect();
    assert_eq!(ended[0], 0.5);
    let bounds = [(80.0, 119.0), (80.0, 119.0), (160.0, 239.0), (320.0, 479.0), (640.0, 959.0), (800.0, 1000.0)];
    for (i, pause) in pauses.iter().enumerate() {
        let (low, high) = bounds[i.min(5)];
        assert!((low..=high).contains(pause), "pause {i}: {pauses:?}");
    }
    assert!(pauses.len() > 8, "{pauses:?}");
    assert_eq!(bench.times(start, sent), [0.0], "a connect that fails is no attempt");
    bench.move_leader(0, Some(1), 1);
    bench.fence(0);
    bench.run_to(start + ms(10_100));
    assert_eq!(bench.records(), (1, 0));
}

#[test]
fn a_leader_that_falls_silent_is_given_up_after_the_request_timeout_although_another_leads_for_long() {
    let mut bench = Bench::warm("java-4.3", &[0, 1], &[("linger.ms", "0")]);
    let start = bench.now;
    bench.silence(0);
    bench.send(0);
    bench.run_to(start + ms(9000));
    bench.move_leader(0, Some(1), 1);
    bench.run_to(start + ms(31_000));
    let gave_up = |f: &Fact| matches!(f, Fact::EntryUnreachable { how: Unreachable::TimedOut, .. });
    assert_eq!(bench.times(start, gave_up), [30_001.0]);
    assert_eq!(bench.times(start, sent), [0.0, 30_002.0], "the refresh takes one round trip, the newer epoch lifts the pause");
    assert_eq!(bench.times(start, acknowledged), [30_004.0]);
}

#[test]
fn records_for_a_leader_that_stays_silent_fail_at_the_delivery_timeout() {
    let mut bench = Bench::warm("java-4.3", &[0, 1], &[("linger.ms", "0")]);
    let start = bench.now;
    bench.silence(0);
    bench.send(0);
    bench.run_to(start + ms(50_000));
    bench.send(0);
    bench.run_to(start + ms(200_000));
    let failed = |f: &Fact| matches!(f, Fact::RecordDone { error, .. } if !error.is_none());
    assert_eq!(bench.times(start, failed), [120_000.0, 170_000.0]);
    assert_eq!(bench.times(start, sent).len(), 1, "a connection that cannot be made carries no request");
    // Attempts to connect last 8 to 12 s, then 16 to 24 s, then 24 to 30 s.
    let ended = bench.times(start, lost);
    let opened = bench.times(start, opening);
    let lasted: Vec<_> = ended[1..].iter().zip(&opened).map(|(end, open)| end - open).collect();
    assert!((8_000.0..=12_001.0).contains(&lasted[0]), "{lasted:?}");
    assert!((16_000.0..=24_001.0).contains(&lasted[1]), "{lasted:?}");
    assert!((24_000.0..=30_001.0).contains(&lasted[2]), "{lasted:?}");
}

#[test]
fn after_an_expired_attempt_the_idempotent_producer_bumps_its_epoch_and_goes_on() {
    let mut bench = Bench::warm("java-4.3", &[0, 1], &[("linger.ms", "0")]);
    let start = bench.now;
    bench.send(0);
    bench.run_to(start + ms(100));
    bench.silence(0);
    bench.send(0);
    bench.run_to(start + ms(150_000));
    assert_eq!(bench.records(), (1, 1));
    bench.brokers[0].health = Health::Up;
    bench.send(0);
    bench.run_to(start + ms(200_000));
    assert_eq!(bench.records(), (2, 1));
    let written: Vec<_> = bench.log.iter().map(|e| (e.producer_epoch, e.sequence)).collect();
    assert_eq!(written, [(0, Some(0)), (1, Some(0))]);
}

#[test]
fn a_metadata_request_into_silence_blocks_every_refresh_for_its_timeout() {
    // Broker 2 is idle and silent; with three equally idle connections it is chosen sooner or later.
    let mut chosen = 0;
    for wait in 0..6 {
        let mut bench = Bench::warm("java-4.3", &[0, 1, 2], &[("linger.ms", "0")]);
        bench.run_to(at(10_000 + 500 * wait));
        bench.silence(2);
        bench.brokers.iter_mut().for_each(|b| b.no_hints = true);
        for epoch in 1..=4 {
            let start = bench.now;
            bench.move_leader(0, Some(epoch % 2), epoch);
            bench.send(0);
            bench.run_to(start + ms(25_000));
            if bench.records().0 < epoch as usize {
                chosen += 1;
                bench.run_to(start + ms(32_000));
                assert_eq!(bench.records().0, epoch as usize, "the next refresh goes elsewhere");
                break;
            }
        }
    }
    assert!(chosen > 0, "an idle silent node looks perfectly healthy");
}

#[test]
fn an_idle_connection_is_closed_and_that_refreshes_the_metadata() {
    let mut bench = Bench::warm("java-4.3", &[0], &[("connections.max.idle.ms", "20000")]);
    let start = bench.now;
    bench.move_leader(0, Some(1), 1);
    bench.run_to(start + ms(15_000));
    assert_eq!(bench.times(start, lost).len(), 1);
    assert_eq!(bench.client.believes(crate::kafka::PartitionIx(0), &bench.history, &bench.spec).1.0, 1);
}

#[test]
fn a_client_whose_brokers_are_all_gone_starts_again_from_its_bootstrap_servers_only_where_its_release_does() {
    let told_to_forget = |profile| {
        let mut bench = Bench::warm(profile, &[0, 1], &[("linger.ms", "0")]);
        (0..3).for_each(|b| bench.kill(b));
        bench.send(0);
        bench.run_to(at(20_000));
        (0..3).for_each(|b| bench.brokers[b].health = Health::Up);
        bench.run_to(at(30_000));
        assert_eq!(bench.records(), (1, 0), "{profile}: it comes back");
        !bench.times(at(0), |f| matches!(f, Fact::BeliefChanged { told: Told::Forgot, .. })).is_empty()
    };
    assert!(!told_to_forget("java-3.7"));
    assert!(!told_to_forget("java-3.9"), "KIP-899 is there but off by default");
    assert!(told_to_forget("java-4.3"));
}

#[test]
fn a_client_that_hears_no_metadata_for_five_minutes_starts_again_from_its_bootstrap_servers() {
    let mut bench = Bench::warm("java-4.3", &[0, 1], &[("linger.ms", "0")]);
    let start = bench.now;
    (0..3).for_each(|b| bench.silence(b));
    bench.send(0);
    bench.run_to(start + ms(400_000));
    let forgot = bench.times(start, |f| matches!(f, Fact::BeliefChanged { told: Told::Forgot, .. }));
    // The first refresh is wanted when the request times out.
    assert!((330_001.0..=330_003.0).contains(&forgot[0]), "{forgot:?}");
}

#[test]
fn a_producer_without_an_id_sends_nothing_and_expires_nothing() {
    let mut bench = Bench::new("java-4.3", &[0, 1], &[("linger.ms", "0")]);
    bench.gives_ids = false;
    bench.act(|client, ctx, out| client.start(ctx, out));
    bench.send(0);
    bench.run_to(at(200_000));
    assert_eq!((bench.records(), bench.times(at(0), sent).len()), ((0, 0), 0));
    bench.gives_ids = true;
    bench.run_to(at(201_000));
    assert_eq!(bench.records(), (0, 1), "then it is found to be too old");
}
