//! What applications make of failures: losses and duplicates come from there.

use crate::story::tell_of;
use kafkasim::engine::Duration;
use kafkasim::experiment::Simulation;
use kafkasim::observe::Fact;
use kafkasim::observe::record::{ConsumerRecord, Messages};
use kafkasim::scenario::{Source, load};

/// A sarama producer that gives a record up after three rounds, and acknowledgements of the leader alone.
fn produce(on_failure: &str) -> Messages {
    let scenario = format!(
        r#"
count_from = "10s"
duration = "30s"
[cluster]
brokers = 3
[config]
"auto.leader.rebalance.enable" = false
[[topic]]
name = "orders"
assignment = [[1, 2, 3], [2, 3, 1], [3, 1, 2]]
[[client]]
name = "app"
profile = "sarama-1.61"
rate = 60
partitioning = "round-robin"
on_failure = "{on_failure}"
"#
    );
    tell_of(&scenario, &["at 5s kill broker 2"]).record.clients["app"].tally.messages.clone()
}

#[test]
fn a_crash_of_a_leader_loses_messages_unless_the_application_says_them_again() {
    let (given_up, said_again) = (produce("give-up"), produce("retry(1s)"));
    assert!(given_up.lost > 50, "some nine seconds of a third of sixty messages a second: {given_up:?}");
    assert!(said_again.lost == 0 && said_again.open <= 2, "but for what is on its way when the story ends: {said_again:?}");
    assert_eq!(given_up.handed_over, given_up.written + given_up.lost + given_up.open);
}

#[test]
fn an_application_that_crashes_over_each_failure_says_far_less() {
    let (given_up, crashed) = (produce("give-up"), produce("crash(1s)"));
    assert!(crashed.handed_over + 100 < given_up.handed_over, "nothing is said while it is down: {crashed:?} {given_up:?}");
    assert_eq!(crashed.handed_over, crashed.written + crashed.lost + crashed.open);
}

/// A member of a group whose application takes 20 ms for a record, and whose process is killed twice while it works.
fn consume(commit: &str) -> ConsumerRecord {
    let text = format!(
        r#"
count_from = "10s"
duration = "40s"
[cluster]
brokers = 3
[config]
"auto.leader.rebalance.enable" = false
[[topic]]
name = "orders"
assignment = [[1, 2, 3], [2, 3, 1], [3, 1, 2]]
[[client]]
name = "app"
rate = 30
partitioning = "round-robin"
[[client]]
name = "reader"
role = "consumer"
group = "readers"
commit = "{commit}"
processing = "20ms"
config = {{ "enable.auto.commit" = false, "session.timeout.ms" = 6000 }}
"#
    );
    let scenario = load(&Source { name: "story.toml".to_owned(), text }, &[]).unwrap_or_else(|found| panic!("{}", found.render(false)));
    let reader = scenario.spec.clients[1].node;
    let mut simulation = Simulation::new(&scenario, 1);
    for _ in 0..2 {
        simulation.run_for(Duration::from_secs(15));
        let given = simulation.run_until_fact(Duration::from_secs(5), |_, fact| matches!(fact, Fact::Delivered { .. }));
        given.expect("it reads");
        simulation.run_for(Duration::from_millis(10));
        simulation.world_mut().kill(reader);
        simulation.run_for(Duration::from_secs(2));
        simulation.world_mut().start(reader);
    }
    simulation.run_for(Duration::from_secs(12));
    let record = simulation.finish();
    record.clients["reader"].consumer.clone().expect("it is a consumer")
}

#[test]
fn a_commit_before_processing_passes_over_and_one_after_it_gives_again() {
    let (before, after) = (consume("before-processing"), consume("after-processing"));
    assert_eq!(before.delivered_again, 0, "at most once: {before:?}");
    assert!(before.never_processed > 0, "what it had when it was killed: {before:?}");
    assert_eq!(after.never_processed, 0, "at least once: {after:?}");
    assert!(after.delivered_again > 0, "what it had when it was killed: {after:?}");
}
