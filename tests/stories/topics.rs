//! Topics that come, grow, change and go while producers write.

use crate::story::{BROKER_2, THREE_BROKERS, orders, tell, tell_of};
use kafkasim::kafka::{ErrorCode, PartitionIx, TopicIx};
use kafkasim::observe::Fact;
use kafkasim::observe::fact::Why;

#[test]
fn a_topic_that_is_created_is_led_within_a_blink() {
    let story = tell(&["at 5s create topic returns partitions=3 replication_factor=3"]);
    let created = story.first(5000.0, "it is committed", |f| matches!(f, Fact::TopicCommitted { topic: TopicIx(1) }));
    assert!(created < 5100.0, "{created}");
    for partition in (6..9).map(PartitionIx) {
        let moments = story.in_order(&[
            ("it is committed", &|f| matches!(f, Fact::PartitionCommitted { partition: p, why: Why::Created, .. } if *p == partition)),
            ("its leader takes the role", &|f| matches!(f, Fact::LeaderRoleTaken { partition: p, .. } if *p == partition)),
        ]);
        assert!(moments[1] < 5500.0, "{moments:?}");
    }
    assert_eq!(story.count(0.0, f64::MAX, |f| matches!(f, Fact::AdminDone { error, .. } if !error.is_none())), 0);
}

#[test]
fn a_producer_finds_new_partitions_with_its_next_metadata() {
    let story = tell(&["at 5s add partitions to orders up to 8", "metadata.max.age.ms=4000"]);
    let grown = story.first(5000.0, "orders-6 is committed", |f| matches!(f, Fact::PartitionCommitted { partition: PartitionIx(6), .. }));
    let first = story.first(0.0, "a record goes there", |f| matches!(f, Fact::RecordCreated { partition: PartitionIx(6), .. }));
    assert!(first > grown && first < grown + 4500.0, "grown {grown}, used {first}");
    assert!(story.acknowledged_of(PartitionIx(7), first, f64::MAX) > 100);
    let unaware = tell(&["at 5s add partitions to orders up to 8"]);
    let used = unaware.count(0.0, f64::MAX, |f| matches!(f, Fact::RecordCreated { partition: PartitionIx(6), .. }));
    assert_eq!(used, 0, "with metadata.max.age.ms at five minutes it does not hear of them in this run");
}

#[test]
fn a_topic_that_is_deleted_is_gone_from_every_broker_and_its_producers_fail() {
    let story = tell(&["at 5s delete topic orders", "delivery.timeout.ms=8000", "request.timeout.ms=4000", "max.block.ms=1000"]);
    let gone = story.first(5000.0, "it is gone", |f| matches!(f, Fact::TopicRemoved { topic: TopicIx(0), .. }));
    assert!(gone < 5100.0, "{gone}");
    assert_eq!(story.count(gone, f64::MAX, |f| matches!(f, Fact::ReplicaDeleted { .. })), 18, "every replica goes");
    assert_eq!(story.acknowledged(gone + 1000.0, f64::MAX), 0);
    let failures = &story.record.clients["app"].failures;
    assert!(failures.count > 10, "send() blocks for max.block.ms, and fails: {failures:?}");
    assert_eq!(story.record.total.records.lost, 0, "a deleted partition is left out of the ledger");
}

#[test]
fn what_was_made_under_way_and_deleted_is_neither_lost_nor_led() {
    let story = tell(&[
        "at 5s add partitions to orders up to 8",
        "at 6s create topic returns partitions=3 replication_factor=3",
        "at 12s delete topic orders",
        "at 12s delete topic returns",
        "at 14s kill broker 2",
        "metadata.max.age.ms=1000",
        "delivery.timeout.ms=8000",
        "request.timeout.ms=4000",
        "max.block.ms=1000",
    ]);
    assert!(story.acknowledged_of(PartitionIx(7), 5000.0, 12_000.0) > 50);
    assert_eq!(story.record.total.records.lost, 0, "nor are those of the partitions that were added");
    assert!(story.fenced(BROKER_2) > 20_000.0, "when it is, there is nothing left that it could lead");
}

#[test]
fn a_topics_configuration_changes_under_way() {
    let story = tell(&[
        "at 2s stop broker 3",
        "at 10s configure topic orders min.insync.replicas=3",
        "at 20s configure topic orders min.insync.replicas=2",
    ]);
    let refused = |from, to| story.count(from, to, |f| matches!(f, Fact::EntryAnswered { error: ErrorCode::NotEnoughReplicas, .. }));
    assert_eq!((refused(0.0, 10_000.0), refused(20_500.0, f64::MAX)), (0, 0));
    assert!(refused(10_500.0, 20_000.0) > 50);
    assert!(story.acknowledged(20_500.0, f64::MAX) > 500, "what waited is served");
    assert_eq!(story.record.total.records.failed, 0);
    assert!(story.acknowledged_of(orders(0), 5000.0, 10_000.0) > 50);
}

#[test]
fn a_deleted_topic_blocks_the_thread_that_sends_and_with_it_the_producers_other_topics() {
    let second = "[[topic]]\nname = \"returns\"\npartitions = 2\nreplication_factor = 1\n\n[[client]]";
    let two = THREE_BROKERS.replace("[[client]]", second);
    let default = tell_of(&two, &["at 5s delete topic returns"]);
    assert_eq!(default.acknowledged(8000.0, f64::MAX), 0, "KafkaProducer.send() waits for metadata of `returns`, 60 s a record");
    let short = tell_of(&two, &["at 5s delete topic returns", "max.block.ms=100"]);
    let served = (0..6).map(|p| short.acknowledged_of(orders(p), 8000.0, f64::MAX)).sum::<usize>();
    assert!((100..400).contains(&served), "ten failures a second, and as many records to `orders` between them: {served}");
}
