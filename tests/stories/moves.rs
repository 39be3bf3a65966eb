//! Leadership that is moved on purpose.

use crate::story::{BROKER_1, BROKER_2, BROKER_3, Story, orders, tell, tell_of};
use kafkasim::kafka::ErrorCode;
use kafkasim::observe::Fact;
use kafkasim::observe::fact::Why;

/// Broker 1 leads, broker 2 is preferred, and broker 2's machine takes 300 ms longer to hear of anything.
const SLOW_NEW_LEADER: &str = r#"
count_from = "10s"
duration = "20s"
[cluster]
brokers = 3
[config]
"auto.leader.rebalance.enable" = false
[[topic]]
name = "orders"
assignment = [[2, 1, 3]]
leaders = [1]
config = { "min.insync.replicas" = 2 }
[[client]]
name = "app"
rate = 100
[[broker]]
id = 2
costs = "slow to hear"
[[cost_profile]]
name = "slow to hear"
metadata_apply = "300ms"
"#;

/// From the error that a follower's first fetch gets at the new leader to the next data that it has from there.
fn held_back(story: &Story) -> f64 {
    let moments = story.in_order(&[
        ("orders-0 is given to broker 2", &|f| matches!(f, Fact::PartitionCommitted { why: Why::PreferredElection, .. })),
        ("broker 3 follows it", &|f| matches!(f, Fact::FollowerRoleTaken { broker: BROKER_3, leader: Some(BROKER_2), .. })),
        ("and asks before broker 2 knows", &|f| {
            matches!(f, Fact::ReplicaFetchError { follower: BROKER_3, leader: BROKER_2, error: ErrorCode::UnknownLeaderEpoch, .. })
        }),
        ("broker 2 leads", &|f| matches!(f, Fact::LeaderRoleTaken { broker: BROKER_2, .. })),
        ("broker 2 appends", &|f| matches!(f, Fact::Appended { broker: BROKER_2, .. })),
        ("broker 3 has data of it", &|f| matches!(f, Fact::Replicated { broker: BROKER_3, .. })),
    ]);
    moments[5] - moments[2]
}

#[test]
fn a_follower_that_hears_of_a_move_first_waits_replica_fetch_backoff_ms_and_so_do_acks_all_producers() {
    let story = tell_of(SLOW_NEW_LEADER, &["at 5s elect preferred all"]);
    let held = held_back(&story);
    assert!((1000.0..1600.0).contains(&held), "{held}");
    let waited = story.record.clients["app"].longest_wait_ms;
    assert!((900.0..2200.0).contains(&waited), "{waited}");
    assert_eq!(story.record.total.records.failed, 0);
}

#[test]
fn the_wait_is_the_setting_and_not_a_constant() {
    let story = tell_of(SLOW_NEW_LEADER, &["at 5s elect preferred all", "replica.fetch.backoff.ms=400"]);
    let held = held_back(&story);
    assert!((400.0..950.0).contains(&held), "{held}");
    let acks_1 = tell_of(SLOW_NEW_LEADER, &["at 5s elect preferred all", "acks=1"]);
    let waited = acks_1.record.clients["app"].longest_wait_ms;
    assert!(waited < 700.0, "acks=1 waits for the new leader only: {waited}");
}

#[test]
fn an_operator_gives_leadership_back_with_a_preferred_election() {
    let story = tell(&["at 2s restart broker 2 down 2s", "at 35s elect preferred all", "duration=50s"]);
    let back: Vec<_> = story.record.moves.iter().filter(|m| m.committed_ms > 35_000.0).collect();
    let partitions: Vec<u32> = back.iter().map(|m| m.partition).collect();
    assert_eq!(partitions, [1, 4]);
    assert!(back.iter().all(|m| m.to == Some(2) && m.committed_ms < 35_100.0 && !m.unclean), "{back:?}");
    assert_eq!(story.count(0.0, f64::MAX, |f| matches!(f, Fact::AdminDone { error, .. } if !error.is_none())), 0);
    assert_eq!(story.record.total.records.failed, 0);
}

#[test]
fn the_controller_gives_leadership_back_by_itself_at_its_next_look() {
    let changes = ["at 2s restart broker 2 down 2s", "auto.leader.rebalance.enable=true", "leader.imbalance.check.interval.seconds=30"];
    let story = tell(&[changes[0], changes[1], changes[2], "duration=80s"]);
    let back: Vec<_> = story.record.moves.iter().filter(|m| m.to == Some(2)).collect();
    assert_eq!(back.iter().map(|m| m.partition).collect::<Vec<_>>(), [1, 4]);
    let in_sync = story
        .facts
        .iter()
        .rev()
        .find(|(_, f)| matches!(f, Fact::PartitionCommitted { isr, why: Why::AlterPartition, .. } if isr.contains(&BROKER_2)));
    let in_sync = in_sync.expect("it catches up").0;
    let committed = back[0].committed_ms;
    assert!(committed > in_sync && committed < in_sync + 30_100.0, "within one interval: in sync {in_sync}, given back {committed}");
    assert!(story.count(committed, committed + 0.1, |f| matches!(f, Fact::PartitionCommitted { why: Why::AutoRebalance, .. })) >= 2);
}

#[test]
fn a_reassignment_moves_leader_and_replicas_and_the_old_leader_deletes_its_own() {
    let four = crate::story::THREE_BROKERS.replace("brokers = 3\ncontrollers", "broker_ids = [1, 2, 3, 4]\ncontrollers");
    let story = tell_of(&four, &["at 5s reassign orders-1 to 4,3,1; orders-4 to 4,1,3"]);
    let broker_4 = kafkasim::kafka::BrokerIx(3);
    let is_orders_1 = |p: &kafkasim::kafka::PartitionIx| *p == orders(1);
    let moments = story.in_order(&[
        ("the replicas to be are added to those that are", &|f| {
            let Fact::PartitionCommitted { partition, replicas, leader, why: Why::Reassignment, .. } = f else { return false };
            is_orders_1(partition) && replicas.len() == 4 && *leader == Some(BROKER_2)
        }),
        (
            "broker 4 follows",
            &|f| matches!(f, Fact::FollowerRoleTaken { broker, partition, .. } if *broker == broker_4 && is_orders_1(partition)),
        ),
        ("and copies", &|f| matches!(f, Fact::Replicated { broker, partition, .. } if *broker == broker_4 && is_orders_1(partition))),
        (
            "the leader proposes it for the ISR",
            &|f| matches!(f, Fact::IsrProposed { broker: BROKER_2, partition, isr } if is_orders_1(partition) && isr.contains(&broker_4)),
        ),
        ("the reassignment is complete, with the first of the new replicas as leader", &|f| {
            let Fact::PartitionCommitted { partition, replicas, leader, isr, .. } = f else { return false };
            is_orders_1(partition)
                && replicas[..] == [broker_4, BROKER_3, BROKER_1]
                && *leader == Some(broker_4)
                && !isr.contains(&BROKER_2)
        }),
        (
            "the old leader deletes its replica",
            &|f| matches!(f, Fact::ReplicaDeleted { broker: BROKER_2, partition } if is_orders_1(partition)),
        ),
    ]);
    assert!(moments[4] < 8000.0, "a small partition: {moments:?}");
    let later =
        story.count(moments[5], f64::MAX, |f| matches!(f, Fact::Appended { broker: BROKER_2, partition, .. } if is_orders_1(partition)));
    assert_eq!(later, 0);
    assert_eq!((story.record.total.records.lost, story.record.total.records.failed), (0, 0));
    assert!(story.acknowledged_of(orders(1), moments[5], f64::MAX) > 100);
}

/// `PartitionReassignmentReplicas` keeps what a reassignment removes in the order of `node.id`, however the brokers are listed.
#[test]
fn replicas_that_a_reassignment_removes_stand_at_the_end_by_node_id() {
    let listed = crate::story::THREE_BROKERS.replace("brokers = 3", "broker_ids = [3, 4, 2, 1]");
    let story = tell_of(&listed, &["at 5s reassign orders-0 to 4"]);
    let reassigned = story.facts.iter().find_map(|(_, fact)| match fact {
        Fact::PartitionCommitted { replicas, why: Why::Reassignment, .. } => Some(replicas),
        _ => None,
    });
    let ids: Vec<u32> = reassigned.expect("it is committed").iter().map(|b| story.spec.brokers[b.index()].id).collect();
    assert_eq!(ids, [4, 1, 2, 3]);
}

#[test]
fn a_cancelled_reassignment_goes_back_to_the_replicas_that_were() {
    let four = crate::story::THREE_BROKERS.replace("brokers = 3\ncontrollers", "broker_ids = [1, 2, 3, 4]\ncontrollers");
    let changes = ["at 4s kill broker 4", "at 15s reassign orders-1 to 4,3,1", "at 20s cancel reassignment orders-1"];
    let story = tell_of(&four, &changes);
    let cancelled = story.first(
        20_000.0,
        "it is cancelled",
        |f| matches!(f, Fact::PartitionCommitted { partition, replicas, .. } if *partition == orders(1) && replicas.len() == 3),
    );
    assert!(cancelled < 20_100.0, "{cancelled}");
    assert_eq!(story.record.moves, [], "broker 4 never held anything that it could lead");
}
