//! What becomes of the records.

use crate::story::{BROKER_2, BROKER_3, Story, orders, tell, tell_of};
use kafkasim::observe::Fact;
use kafkasim::observe::fact::{BatchId, Why};

/// One partition on broker 2 alone.
const ONE_REPLICA: &str = r#"
count_from = "10s"
duration = "40s"
[cluster]
brokers = 3
[[topic]]
name = "orders"
assignment = [[2]]
[[client]]
name = "app"
rate = 50
"#;

/// One partition on brokers 2 and 3.
const TWO_REPLICAS: &str = r#"
count_from = "10s"
duration = "60s"
[cluster]
brokers = 3
[[topic]]
name = "orders"
assignment = [[2, 3]]
[[client]]
name = "app"
rate = 50
"#;

#[test]
fn a_power_off_takes_what_was_not_yet_on_disk_and_a_kill_does_not() {
    let killed = tell_of(ONE_REPLICA, &["at 20s kill broker 2 for 5s"]);
    assert_eq!(killed.record.total.records.lost, 0, "the page cache outlives the process");
    let story = tell_of(ONE_REPLICA, &["at 20s power-off broker 2 for 5s", "acks=1"]);
    let lost = story.count(20_000.0, f64::MAX, |f| matches!(f, Fact::UnflushedLost { broker: BROKER_2, .. }));
    assert_eq!(lost, 1, "its tail is gone");
    let records = &story.record.total.records;
    assert!(records.lost > 500, "of 20 s with 50 records a second: {records:?}");
    assert!(records.acknowledged > records.lost, "it serves again: {records:?}");
}

#[test]
fn replicas_keep_what_the_leader_lost_with_its_power_if_the_producer_waited_for_them() {
    let all = tell(&["at 20s power-off broker 2 for 5s", "duration=60s"]);
    assert_eq!(all.record.total.records.lost, 0, "acks=all");
    assert!(all.record.checks.held.iter().any(|c| c == "acks=all durability"), "{:?}", all.record.checks);
}

/// The run ends before anybody is elected in its place.
#[test]
fn what_a_dead_leader_lost_is_not_lost_while_a_replica_that_will_lead_has_it() {
    let power_off = |changes: &[&str]| tell(&[&["at 29s power-off broker 2"], changes].concat()).record;
    let all = power_off(&[]);
    assert_eq!((all.moves.len(), all.total.records.lost), (0, 0), "its session has not run out");
    let one = power_off(&["acks=1", "replica.fetch.wait.max.ms=500"]).total.records;
    assert!(one.lost < 10, "at most what no follower had fetched: {one:?}");
}

/// Broker 2 hears nothing of the controllers, and everything of its clients.
fn zombie(acks: &str) -> Story {
    tell(&["at 5s cut broker 2 from controllers for 20s", &format!("acks={acks}"), "duration=60s"])
}

#[test]
fn a_leader_cut_from_the_controllers_takes_acks_1_records_that_are_lost_when_it_comes_back() {
    let story = zombie("1");
    let fenced = story.fenced(BROKER_2);
    let taken: Vec<BatchId> = appended_by_2(&story, fenced + 1000.0, 25_000.0);
    assert!(!taken.is_empty(), "it goes on as a leader");
    let truncated = story.first(25_000.0, "it is told and truncates", |f| matches!(f, Fact::Truncated { broker: BROKER_2, .. }));
    assert!(truncated > fenced);
    let records = &story.record.total.records;
    assert!(records.lost > 100, "{records:?}");
    let outcomes = &story.record.total.requests.stale_by_outcome;
    assert!(outcomes.get("accepted by a deposed leader, later truncated").is_some_and(|n| *n > 100), "{outcomes:?}");
}

fn appended_by_2(story: &Story, from: f64, to: f64) -> Vec<BatchId> {
    let appended = story.facts.iter().filter(|(at, _)| *at >= from && *at < to);
    appended.filter_map(|(_, f)| if let Fact::Appended { broker: BROKER_2, batch, .. } = f { Some(*batch) } else { None }).collect()
}

#[test]
fn the_same_leader_acknowledges_nothing_to_those_who_wait_for_the_isr() {
    let story = zombie("all");
    let fenced = story.fenced(BROKER_2);
    let later = appended_by_2(&story, fenced + 1000.0, 25_000.0);
    let acknowledged = story.count(
        fenced + 1000.0,
        25_000.0,
        |f| matches!(f, Fact::RecordDone { error, batch: Some(batch), .. } if error.is_none() && later.contains(batch)),
    );
    assert_eq!(acknowledged, 0, "its followers follow another");
    assert_eq!((story.record.total.records.lost, story.record.total.records.failed), (0, 0));
}

/// The follower dies, the ISR shrinks to the leader, the leader dies, the follower comes back.
const FOLLOWER_THEN_LEADER: [&str; 3] = ["at 2s kill broker 3", "at 20s kill broker 2", "at 25s start broker 3"];

#[test]
fn without_unclean_elections_a_partition_waits_for_the_replica_that_has_everything() {
    let mut changes = FOLLOWER_THEN_LEADER.to_vec();
    changes.push("at 40s start broker 2");
    let story = tell_of(TWO_REPLICAS, &changes);
    let led_by_3 = story.count(0.0, f64::MAX, |f| matches!(f, Fact::LeaderRoleTaken { broker: BROKER_3, .. }));
    assert_eq!(led_by_3, 0, "broker 3 is up from 25 s on, and is not in sync");
    let gone = story.record.moves.iter().find(|m| m.to.is_none()).expect("it has no leader for a while");
    let back = story.record.moves.iter().find(|m| m.to == Some(2)).expect("and then again");
    assert!(gone.committed_ms > 27_000.0 && back.committed_ms > 40_000.0, "{:?}", story.record.moves);
    assert_eq!(story.record.total.records.lost, 0);
    assert!(story.acknowledged(back.committed_ms, f64::MAX) > 100);
}

#[test]
fn with_unclean_elections_it_is_served_sooner_and_records_are_lost() {
    let mut changes = FOLLOWER_THEN_LEADER.to_vec();
    changes.extend(["at 50s start broker 2", "unclean.leader.election.enable=true"]);
    let story = tell_of(TWO_REPLICAS, &changes);
    let unclean = story.record.moves.iter().find(|m| m.unclean).expect("an unclean election");
    assert!(unclean.to == Some(3) && unclean.committed_ms < 50_000.0, "{unclean:?}");
    assert!(story.acknowledged(unclean.committed_ms, 50_000.0) > 100, "served before the old leader is back");
    assert!(story.record.total.records.lost > 100, "what only broker 2 had is gone: {:?}", story.record.total.records);
    let suspended: Vec<&str> = story.record.checks.suspended.iter().map(|s| s.check.as_str()).collect();
    assert_eq!(suspended, ["acks=all durability"], "the answer says which promise this breaks");
}

#[test]
fn an_operator_can_ask_for_an_unclean_election() {
    let mut changes = FOLLOWER_THEN_LEADER.to_vec();
    changes.push("at 45s elect unclean orders-0");
    let story = tell_of(TWO_REPLICAS, &changes);
    let unclean = story.record.moves.iter().find(|m| m.unclean).expect("an unclean election");
    assert!(unclean.to == Some(3) && (45_000.0..45_100.0).contains(&unclean.committed_ms), "{unclean:?}");
    let asked = story.count(45_000.0, 45_100.0, |f| matches!(f, Fact::PartitionCommitted { why: Why::UncleanElection, unclean: true, .. }));
    assert_eq!(asked, 1);
}

#[test]
fn with_fewer_replicas_in_sync_than_asked_for_acks_all_is_refused_and_acks_1_is_not() {
    let changes = ["at 5s stop broker 3", "min.insync.replicas=3"];
    let story = tell(&changes);
    let stopped =
        story.first(0.0, "broker 3 leaves", |f| matches!(f, Fact::BrokerCommitted { broker: BROKER_3, in_controlled_shutdown: true, .. }));
    assert!(story.errors("produce:NOT_ENOUGH_REPLICAS") > 100, "{:?}", story.record.clients["app"].errors);
    assert_eq!(story.acknowledged(stopped + 1000.0, f64::MAX), 0, "min.insync.replicas=3 and two are left");
    assert_eq!(story.record.total.requests.leaderless, 0, "every partition has a leader all the time");
    let one = tell(&[changes[0], changes[1], "acks=1"]);
    assert_eq!(one.errors("produce:NOT_ENOUGH_REPLICAS"), 0);
    assert!(one.acknowledged_of(orders(0), stopped + 1000.0, f64::MAX) > 300);
}

/// A broker that stopped is an eligible leader replica as long as the ISR is below its minimum, for nothing is committed then. A smaller
/// minimum would commit without it: the controller forgets it (`ClearElrRecord`).
#[test]
fn who_was_eligible_by_a_larger_minimum_does_not_lead_with_less_than_was_acknowledged_by_a_smaller_one() {
    let both = TWO_REPLICAS.replace("[[2, 3]]", "[[2, 3]]\nconfig = { \"min.insync.replicas\" = 2 }");
    let story = tell_of(
        &both,
        &[
            "at 5s stop broker 2",
            "at 8s configure topic orders min.insync.replicas=1",
            "at 20s stop broker 3 for 15s",
            "at 22s start broker 2",
            "duration=70s",
        ],
    );
    assert!(story.acknowledged(9000.0, 20_000.0) > 400, "broker 3 is enough now");
    let leaders = |from: f64| {
        let leader = |(at, fact): &(f64, Fact)| match fact {
            Fact::PartitionCommitted { leader, why, .. } if *at > from => Some((*leader, *why)),
            _ => None,
        };
        story.facts.iter().filter_map(leader).collect::<Vec<_>>()
    };
    assert_eq!(leaders(7000.0)[0], (Some(BROKER_3), Why::ElrCleared));
    assert_eq!(
        leaders(20_000.0)[..2],
        [(None, Why::ControlledShutdown), (Some(BROKER_3), Why::Unfenced)],
        "broker 2 is up and does not lead"
    );
    assert_eq!(story.record.total.records.lost, 0);
}
