//! What consumers see of brokers.

use crate::story::{BROKER_1, BROKER_2, Story, orders, tell_of};
use kafkasim::kafka::ErrorCode;
use kafkasim::observe::Fact;
use kafkasim::observe::record::ConsumerRecord;

/// Three brokers in three racks, leaders that send consumers to replicas nearby, a producer, and a consumer in the rack of broker 3.
const IN_RACKS: &str = r#"
count_from = "10s"
duration = "30s"
[cluster]
brokers = 3
racks = ["a", "b", "c"]
[config]
"auto.leader.rebalance.enable" = false
"replica.selector.class" = "org.apache.kafka.common.replica.RackAwareReplicaSelector"
[[topic]]
name = "orders"
assignment = [[1, 2, 3], [2, 3, 1], [3, 1, 2]]
config = { "min.insync.replicas" = 2 }
[[client]]
name = "app"
rate = 90
partitioning = "round-robin"
[[client]]
name = "reader"
role = "consumer"
config = { "client.rack" = "c" }
"#;

/// The same without racks.
fn plain() -> String {
    IN_RACKS.lines().filter(|l| !l.contains("rack") && !l.contains("selector")).map(|l| format!("{l}\n")).collect()
}

fn reader(story: &Story) -> &ConsumerRecord {
    story.record.clients["reader"].consumer.as_ref().expect("it is a consumer")
}

/// No record was lost to the consumer, none came twice.
#[track_caller]
fn assert_whole(story: &Story) {
    let given = reader(story);
    assert_eq!((given.skipped, given.delivered_again, given.position_resets), (0, 0, 0));
    assert!(given.delivered + given.lag_at_end >= 2_690, "of 90 records a second, in 30 s: {given:?}");
}

#[test]
fn a_consumer_is_given_each_record_as_soon_as_all_of_the_isr_have_it() {
    let story = tell_of(&plain(), &[]);
    assert_whole(&story);
    assert!(reader(&story).wait_ms.p50 < 10.0, "{:?}", reader(&story).wait_ms);
    assert_eq!(story.record.clients["reader"].tally.requests.stale, 0);
}

#[test]
fn a_move_fences_the_parked_fetch_and_the_answer_names_the_new_leader() {
    let story = tell_of(&plain(), &["at 5s reassign orders-0 to 2,1,3", "at 8s elect preferred all"]);
    let fenced =
        |f: &Fact| matches!(f, Fact::EntryReturned { partition, error: ErrorCode::FencedLeaderEpoch, .. } if *partition == orders(0));
    let moments = story.in_order(&[
        ("broker 1 is deposed", &|f| matches!(f, Fact::FollowerRoleTaken { broker: BROKER_1, partition, leader: Some(BROKER_2), .. } if *partition == orders(0))),
        ("the consumer's fetch, parked there, comes back", &fenced),
        (
            "and it reads on at broker 2",
            &|f| matches!(f, Fact::EntrySent { broker: BROKER_2, partition, batch: None, .. } if *partition == orders(0)),
        ),
    ]);
    assert!(moments[1] - moments[0] < 50.0, "{moments:?}");
    assert_eq!(story.record.clients["reader"].errors.get("fetch:FENCED_LEADER_EPOCH"), Some(&1));
    assert_whole(&story);
}

#[test]
fn a_consumer_that_reads_from_the_replica_of_its_rack_feels_nothing_of_a_leader_that_dies() {
    let near = tell_of(IN_RACKS, &["at 5s kill broker 1"]);
    let far = tell_of(&plain(), &["at 5s kill broker 1"]);
    assert_eq!(near.count(0.0, 5_000.0, |f| matches!(f, Fact::EntrySent { broker: BROKER_1 | BROKER_2, batch: None, .. })), 0);
    assert_eq!(near.record.clients["reader"].tally.requests.stale, 0, "it reads from a follower on purpose");
    assert_whole(&near);
    // What nobody commits nobody is given; but the connections and the epochs are another replica's affair.
    let silent = |story: &Story| story.record.clients["reader"].partitions.iter().map(|p| p.longest_silence_ms).fold(0.0, f64::max);
    assert!(silent(&near) <= silent(&far) + 600.0, "{} {}", silent(&near), silent(&far));
}

#[test]
fn a_leader_that_is_cut_off_goes_on_serving_and_the_consumer_starves_without_an_error() {
    let story = tell_of(&plain(), &["at 5s cut broker 1 from brokers,controllers for 15s"]);
    let requests = &story.record.clients["reader"].tally.requests;
    let served = requests.stale_by_outcome.get("served by a follower").copied().unwrap_or(0);
    assert!(served >= 8, "one empty fetch after the other, every half second: {requests:?}");
    let silence = story.record.clients["reader"].partitions.iter().find(|p| p.partition == 0).expect("it was silent").longest_silence_ms;
    assert!((10_000.0..17_000.0).contains(&silence), "{silence}");
    let given = reader(&story);
    assert_eq!((given.skipped, given.delivered_again, given.position_resets), (0, 0, 0), "it only waits; nothing tells it why");
}

#[test]
fn librdkafka_members_share_a_group_through_a_departure_and_the_death_of_a_broker() {
    let members = r#"
[[client]]
name = "stays"
role = "consumer"
profile = "librdkafka-2.16"
group = "readers"
[[client]]
name = "leaves"
role = "consumer"
profile = "librdkafka-2.16"
group = "readers"
stop = "30s"
"#;
    let cluster = plain();
    let cluster = cluster.split("[[client]]\nname = \"reader\"").next().expect("the reader comes last");
    let story = tell_of(&format!("{cluster}{members}"), &["at 3s kill broker 2 for 15s"]);
    let consumers: Vec<&ConsumerRecord> = story.record.clients.values().filter_map(|c| c.consumer.as_ref()).collect();
    let given: u64 = consumers.iter().map(|c| c.delivered).sum();
    assert!(consumers.iter().all(|c| c.delivered > 0 && c.skipped == 0), "{consumers:?}");
    assert!((2_650..=2_760).contains(&given), "each of 2,700 records to one of them, but for what comes twice with the loss: {given}");
}

#[test]
fn a_consumer_that_pauses_for_no_time_asks_on_and_on_while_its_broker_is_away_and_time_passes() {
    let alone = r#"
count_from = "5s"
duration = "40s"
[cluster]
brokers = 1
[[topic]]
name = "orders"
partitions = 1
replication_factor = 1
[[client]]
name = "app"
rate = 10
[[client]]
name = "reader"
role = "consumer"
profile = "java-3.7"
config = { "retry.backoff.ms" = 0 }
"#;
    let story = tell_of(alone, &["at 1s stop broker 1 for 1ms"]);
    assert!(story.count(20_000.0, f64::MAX, |f| matches!(f, Fact::Delivered { .. })) > 100, "it is served again");
}
