//! A leader moves and the old one lives: what a consumer notices, and when.

use super::{fenced, refreshed, sent};
use crate::kafka::{BrokerIx, ErrorCode, PartitionIx};
use crate::model::client::bench::{Bench, ms};
use crate::observe::Fact;

/// Partition 0 moves from broker 0 to 1 everywhere at once, and a record is written there. When it is delivered, in milliseconds from
/// the move; how many fetches were stale; when refreshes were answered.
fn redirect(profile: &str, leaders: &[u32], hints: bool) -> (f64, usize, Vec<f64>) {
    let mut bench = Bench::warm_consumer(profile, leaders, &[]);
    bench.brokers.iter_mut().for_each(|b| b.no_hints = !hints);
    let start = bench.now;
    bench.move_leader(0, Some(1), 1);
    bench.append(0, 1, 1);
    bench.run_to(start + ms(2000));
    (bench.delivered(start)[0], fenced(&bench, start), bench.times(start, refreshed))
}

#[test]
fn a_redirect_takes_what_each_release_is_known_to_take() {
    // The parked fetch is fenced at the move. Then: half a round trip, two to connect, one to validate, one to fetch.
    assert_eq!(redirect("java-4.3", &[0], true), (4.5, 1, vec![]), "a hint: one stale fetch, no refresh at all");
    assert_eq!(redirect("java-3.7", &[0], true), (4.5, 1, vec![]));
    assert_eq!(redirect("java-3.6", &[0], false), (5.5, 2, vec![1.5]), "the old leader is asked once more while the refresh is out");
    assert_eq!(redirect("java-3.6.0", &[0], false), (5.5, 2, vec![1.5]), "the pauses of producers are not those of consumers");
    assert_eq!(redirect("java-4.3", &[0], false), (5.5, 2, vec![1.5]), "an old broker gives no hint");
}

#[test]
fn a_new_leader_that_holds_another_fetch_of_this_consumer_answers_it_first() {
    // Broker 1 leads partition 1 and has parked its fetch: on that connection nothing else is read for up to `fetch.max.wait.ms`. When it
    // is answered, partition 1 alone is asked for again before the validation is read: the same once more.
    let (delivered, stale, _) = redirect("java-4.3", &[0, 1], true);
    assert_eq!(stale, 1);
    assert!((4.5..=1005.0).contains(&delivered), "{delivered}");
    let mut bench = Bench::warm_consumer("java-4.3", &[0, 1], &[("fetch.max.wait.ms", "5")]);
    let start = bench.now;
    bench.move_leader(0, Some(1), 1);
    bench.append(0, 1, 1);
    bench.run_to(start + ms(500));
    assert!(bench.delivered(start)[0] <= 15.0, "a shorter wait is a shorter silence: {:?}", bench.delivered(start));
}

#[test]
fn after_a_recent_refresh_the_old_leader_is_asked_again_and_again_without_a_pause() {
    let knocks = |profile: &str, hints: bool| {
        let mut bench = Bench::warm_consumer(profile, &[0, 1], &[("fetch.max.wait.ms", "5")]);
        bench.brokers.iter_mut().for_each(|b| b.no_hints = true);
        bench.move_leader(0, Some(1), 1);
        bench.run_to(bench.now + ms(20));
        bench.brokers.iter_mut().for_each(|b| b.no_hints = !hints);
        let start = bench.now;
        bench.move_leader(1, Some(0), 1);
        bench.run_to(start + ms(1000));
        fenced(&bench, start)
    };
    // The next refresh waits for the rest of 100 ms (80 to 119 with jitter); meanwhile a fetch every millisecond.
    let flat = knocks("java-3.6", false);
    assert!((70..=100).contains(&flat), "{flat}");
    let jittered = knocks("java-4.3", false);
    assert!((50..=110).contains(&jittered), "{jittered}");
    assert_eq!(knocks("java-4.3", true), 1, "a hint needs no refresh");
}

#[test]
fn a_new_leader_that_is_not_ready_makes_the_validation_wait_for_its_pause() {
    let mut bench = Bench::warm_consumer("java-4.3", &[0], &[]);
    let start = bench.now;
    bench.commit_move(0, Some(1), 1);
    bench.apply(0, start);
    bench.apply(2, start);
    bench.apply(1, start + ms(50));
    bench.append(0, 1, 1);
    bench.run_to(start + ms(1000));
    let answers: Vec<_> = bench.reading.validations.iter().map(|(at, broker, error)| (at.millis_after(start), *broker, *error)).collect();
    let unknown = (3.0, BrokerIx(1), ErrorCode::UnknownLeaderEpoch);
    assert_eq!(answers[0], unknown, "the broker does not know the epoch yet");
    assert_eq!(answers[1], (105.0, BrokerIx(1), ErrorCode::None), "100 ms after the refresh was answered, flat");
    assert_eq!(answers.len(), 2);
    assert_eq!(bench.delivered(start), [106.5]);
}

#[test]
fn a_position_without_an_epoch_is_not_validated_and_a_broker_that_is_behind_is_asked_without_a_pause() {
    // A consumer that has just found the end of the log has read nothing yet.
    let mut bench = Bench::of(crate::model::client::bench::consumer_spec("java-4.3", &[0], &[], crate::engine::Duration::ZERO), &[0]);
    bench.act(|client, ctx, out| client.start(ctx, out));
    bench.run_to(bench.now + ms(10_000));
    bench.facts.clear();
    let start = bench.now;
    bench.commit_move(0, Some(1), 1);
    bench.apply(0, start);
    bench.apply(1, start + ms(50));
    bench.append(0, 1, 1);
    bench.run_to(start + ms(1000));
    assert!(bench.reading.validations.is_empty());
    let behind = bench.fetch_errors(ErrorCode::UnknownLeaderEpoch, start);
    assert!((45..=50).contains(&behind), "one fetch every millisecond until it is ready: {behind}");
    assert!(bench.delivered(start)[0] < 53.0, "{:?}", bench.delivered(start));
}

#[test]
fn without_a_leader_the_old_one_goes_on_being_asked() {
    let mut bench = Bench::warm_consumer("java-4.3", &[0], &[]);
    let start = bench.now;
    bench.move_leader(0, None, 1);
    bench.run_to(start + ms(300));
    assert!(bench.times(start, sent).len() > 100, "fenced at once, each time: no hint names a leader");
    bench.move_leader(0, Some(2), 2);
    bench.append(0, 1, 2);
    bench.run_to(start + ms(2000));
    assert_eq!(bench.delivered(start).len(), 1);
    assert_eq!(bench.client.believes(PartitionIx(0), &bench.history, &bench.spec).0, Some(BrokerIx(2)));
}

#[test]
fn an_older_answer_does_not_move_a_position_back() {
    let mut bench = Bench::warm_consumer("java-4.3", &[0, 1, 2], &[]);
    let start = bench.now;
    bench.commit_move(0, Some(1), 1);
    // Brokers 0 and 1 know; broker 2, which may be asked for metadata, never will.
    bench.apply(0, start);
    bench.apply(1, start);
    bench.run_to(start + ms(20_000));
    let told = bench.facts.iter().filter(|(_, f)| matches!(f, Fact::BeliefChanged { .. })).count();
    assert_eq!(told, 1, "the hint, and nothing after it");
}
