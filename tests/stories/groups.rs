//! Consumer groups: their coordinator moves like any leader, and members come and go.

use crate::story::{BROKER_1, BROKER_2, Story, orders, tell_of};
use kafkasim::kafka::{BrokerIx, ClientIx, ErrorCode, PartitionIx};
use kafkasim::observe::Fact;
use kafkasim::observe::fact::{Ending, GroupFact};

/// The three brokers with a slower producer, and two consumers of one group. `my-group` is held by partition 12 of the offsets topic, which
/// broker 1 leads; the consumers have three partitions each.
const GROUP: &str = r#"
count_from = "10s"
duration = "40s"

[cluster]
brokers = 3
controllers = 1

[config]
"auto.leader.rebalance.enable" = false

[[topic]]
name = "orders"
assignment = [[1, 2, 3], [2, 3, 1], [3, 1, 2], [1, 3, 2], [2, 1, 3], [3, 2, 1]]

[[client]]
name = "app"
rate = 60
partitioning = "round-robin"

[[client]]
name = "one"
role = "consumer"
group = "my-group"
topics = ["orders"]
config = { "session.timeout.ms" = 10000 }

[[client]]
name = "two"
role = "consumer"
group = "my-group"
topics = ["orders"]
config = { "session.timeout.ms" = 10000 }
"#;

const ONE: ClientIx = ClientIx(1);
const TWO: ClientIx = ClientIx(2);

fn tell(changes: &[&str]) -> Story {
    tell_of(GROUP, changes)
}

fn group(fact: &Fact) -> Option<GroupFact> {
    if let Fact::Group { what, .. } = fact { Some(*what) } else { None }
}

fn committed(fact: &Fact) -> bool {
    matches!(group(fact), Some(GroupFact::Committed { .. }))
}

fn loaded(fact: &Fact) -> Option<BrokerIx> {
    if let Some(GroupFact::CoordinatorLoaded { broker }) = group(fact) { Some(broker) } else { None }
}

/// The largest offset that a client was given of a partition until then.
fn given(story: &Story, until: f64, who: ClientIx, of: PartitionIx) -> u64 {
    let before = story.facts.iter().take_while(|(at, _)| *at < until);
    let end = |(_, f): &(f64, Fact)| match f {
        Fact::Delivered { client, partition, end, .. } if (*client, *partition) == (who, of) => Some(end.0),
        _ => None,
    };
    before.filter_map(end).max().unwrap_or(0)
}

#[test]
fn a_coordinator_that_is_killed_comes_back_elsewhere_and_no_member_joins_again() {
    let story = tell(&["at 5s kill broker 1"]);
    let moments = story.in_order(&[
        ("a commit is accepted", &committed),
        ("the coordinator is killed", &|f| matches!(f, Fact::ProcessEnded { how: Ending::Killed, .. })),
        ("its members lose it", &|f| matches!(group(f), Some(GroupFact::CoordinatorKnown { broker: None, .. }))),
        ("another broker has read the log", &|f| loaded(f).is_some_and(|b| b != BROKER_1)),
        ("a commit is accepted there", &committed),
    ]);
    let (killed, read, accepted) = (moments[1], moments[3], moments[4]);
    assert_eq!(story.count(killed, accepted, committed), 0, "nobody can commit");
    // A session of the broker, the controller's look, the load; then each member finds it when a look-up comes back from behind a long poll.
    assert!((7000.0..11_000.0).contains(&(read - killed)), "{moments:?}");
    assert!((0.0..1200.0).contains(&(accepted - read)), "{moments:?}");
    let record = &story.record.groups["my-group"];
    assert_eq!((record.coordinator_moves, record.rebalances, record.sessions_expired), (1, 0, 0), "10 s begin anew with the load");
    assert_eq!(record.unassigned_ms.count, 0);
    assert!(record.commit_gap_ms.max > 7000.0 && record.commit_gap_ms.max < 17_000.0, "{:?}", record.commit_gap_ms);
}

#[test]
fn a_member_reads_on_while_it_has_no_coordinator() {
    let story = tell(&["at 5s kill broker 1"]);
    let read = story.first(5000.0, "another has read the log", |f| loaded(f).is_some());
    // Broker 2 leads orders-1, which consumer one reads: it was not touched.
    let (before, after) = (given(&story, 5000.0, ONE, orders(1)), given(&story, read, ONE, orders(1)));
    assert!(after > before + 20, "60 records a second over six partitions: {before} then {after}");
}

#[test]
fn partitions_that_move_say_nothing_about_the_group() {
    let story = tell(&["at 5s stop broker 2 for 10s"]);
    let record = &story.record.groups["my-group"];
    assert_eq!((record.coordinator_moves, record.rebalances), (0, 0));
    assert_eq!(record.commits_failed.values().sum::<u64>(), 0, "broker 1 coordinates on: {:?}", record.commits_failed);
    assert!(record.commit_gap_ms.max < 5200.0, "{:?}", record.commit_gap_ms);
    assert!(story.record.moves.iter().any(|m| m.topic == "orders" && m.partition == 1));
}

/// A commit is an acks=all write: it stalls with any member of the ISR of its partition, although its coordinator is well.
#[test]
fn a_dead_follower_of_the_offsets_partition_stalls_commits_until_it_is_fenced_and_nobody_is_expelled() {
    // A session so long that each member's next commit, 5 s later at most, runs into its time-out of 5 s before the broker is fenced.
    let story = tell(&["at 5s kill broker 2", "broker.session.timeout.ms=15s"]);
    let fenced = story.fenced(BROKER_2);
    assert_eq!(story.count(5050.0, fenced, committed), 0);
    assert!(story.first(fenced, "a commit is accepted", committed) < fenced + 5500.0);
    let record = &story.record.groups["my-group"];
    assert_eq!((record.coordinator_moves, record.rebalances, record.sessions_expired), (0, 0, 0), "a late answer to a heartbeat is one");
    assert!(record.commits_failed.contains_key("COORDINATOR_NOT_AVAILABLE"), "offsets.commit.timeout.ms: {:?}", record.commits_failed);
}

#[test]
fn a_coordinator_that_is_stopped_is_found_again_within_a_second_or_two() {
    let story = tell(&["at 5s stop broker 1 for 10s"]);
    let read = story.first(5000.0, "another has read the log", |f| loaded(f).is_some_and(|b| b != BROKER_1));
    assert!(read < 6500.0, "{read}");
    let record = &story.record.groups["my-group"];
    assert_eq!((record.rebalances, record.unassigned_ms.count), (0, 0));
    // An auto-commit every 5 s, and at most the time that the members look for their coordinator.
    assert!(record.commit_gap_ms.max < 7500.0, "{:?}", record.commit_gap_ms);
    for error in record.commits_failed.keys() {
        assert!(["NOT_COORDINATOR", "NETWORK_EXCEPTION", "COORDINATOR_LOAD_IN_PROGRESS"].contains(&error.as_str()), "{error}");
    }
}

#[test]
fn a_member_that_falls_silent_is_expelled_after_its_session_and_the_other_reads_everything() {
    let story = tell(&["at 5s cut client two from brokers for 20s", "duration=60s"]);
    let moments = story.in_order(&[
        ("its session runs out", &|f| matches!(group(f), Some(GroupFact::SessionExpired { client: TWO }))),
        ("a rebalance begins", &|f| matches!(group(f), Some(GroupFact::RebalanceBegan { generation: 1 }))),
        ("the other gives up what it has", &|f| matches!(group(f), Some(GroupFact::Revoked { client: ONE, partitions: 3 }))),
        ("the other has all of it", &|f| matches!(group(f), Some(GroupFact::Assigned { client: ONE, partitions: 6, generation: 2 }))),
        ("the silent one has given up too", &|f| matches!(group(f), Some(GroupFact::Revoked { client: TWO, .. }))),
        ("both share again", &|f| matches!(group(f), Some(GroupFact::Assigned { partitions: 3, .. }))),
    ]);
    // Heard of at most 3 s before the cut; session.timeout.ms is 10 s.
    assert!((12_000.0..15_100.0).contains(&moments[0]), "{moments:?}");
    // A member learns of a rebalance with its next heartbeat, and joins alone: nobody else is waited for.
    assert!(moments[3] - moments[0] < 3200.0, "{moments:?}");
    assert!(moments[4] > 25_000.0, "it cannot know while it is cut off: {moments:?}");
    let before = given(&story, moments[2], ONE, orders(3));
    assert_eq!(before, 0, "orders-3 was the other's");
    assert!(given(&story, moments[4], ONE, orders(3)) > 0);
}

#[test]
fn a_consumer_that_is_closed_commits_leaves_and_nobody_waits_for_its_session() {
    let scenario = format!("{GROUP}stop = \"20s\"\n");
    let story = tell_of(&scenario, &[]);
    let moments = story.in_order(&[
        ("it leaves", &|f| matches!(group(f), Some(GroupFact::Left { client: TWO }))),
        ("a rebalance begins", &|f| matches!(group(f), Some(GroupFact::RebalanceBegan { .. }))),
        ("the other has all of it", &|f| matches!(group(f), Some(GroupFact::Assigned { client: ONE, partitions: 6, .. }))),
    ]);
    assert!((10_000.0..10_050.0).contains(&moments[0]) && moments[1] - moments[0] < 20.0, "{moments:?}");
    assert!(moments[2] - moments[1] < 3200.0, "{moments:?}");
    let consumer = story.record.clients["one"].consumer.as_ref().expect("one is a consumer");
    assert_eq!(consumer.delivered_again, 0, "what the other had read it had committed");
    assert_eq!(story.record.groups["my-group"].unassigned_ms.open, 0, "who has left is not waiting");
}

#[test]
fn offsets_that_cannot_be_replicated_are_refused_at_once_before_4_0_and_after_5_s_since() {
    for (kafka, least, most) in [("3.9", 0.0, 50.0), ("4.3", 4990.0, 5100.0)] {
        let scenario = GROUP.replace("[config]", "[config]\n\"min.insync.replicas\" = 2");
        let story = tell_of(&scenario, &["at 5s kill broker 2", "at 5s kill broker 3", "duration=60s", &format!("kafka={kafka}")]);
        let fenced = story.fenced(BROKER_2).max(story.fenced(crate::story::BROKER_3));
        let refused = |f: &Fact| matches!(group(f), Some(GroupFact::CommitRefused { error: ErrorCode::CoordinatorNotAvailable, .. }));
        let at = story.first(fenced, "a commit is refused", refused);
        assert_eq!(story.count(fenced, at, committed), 0, "{kafka}");
        // The first refusal may be of a commit that was appended before the ISR shrank.
        let again = story.first(at + 5200.0, "a later commit is refused", refused);
        let served = |f: &Fact| matches!(f, Fact::Group { what: GroupFact::CoordinatorKnown { broker: Some(_), .. }, .. });
        let found = story.facts.iter().rev().find(|(t, f)| *t <= again - least && served(f)).expect("it was found before").0;
        assert!(again - found >= least && again - found < most + 1000.0, "{kafka}: found {found}, refused {again}");
    }
}

/// Broker 1 coordinates and holds no record.
#[test]
fn an_application_that_commits_what_it_has_done_is_given_nothing_while_it_cannot() {
    let scenario = GROUP.replace("10000 }", "10000, \"enable.auto.commit\" = false }");
    let scenario = scenario
        .replace("[[1, 2, 3], [2, 3, 1], [3, 1, 2], [1, 3, 2], [2, 1, 3], [3, 2, 1]]", "[[2, 3], [3, 2], [2, 3], [3, 2], [2, 3], [3, 2]]");
    let story = tell_of(&scenario, &["at 5s kill broker 1"]);
    let read = story.first(5000.0, "another has read the log", |f| loaded(f).is_some());
    assert!(story.count(0.0, 5000.0, committed) > 100, "one for each poll that gave something");
    let given = |from, to| story.count(from, to, |f| matches!(f, Fact::Delivered { .. }));
    assert!(given(2000.0, 5000.0) > 100);
    assert!(given(5000.0, 5500.0) > 0, "what came before the first commit that found nobody");
    assert_eq!(given(5500.0, read), 0, "commitSync() does not return");
    assert!(given(read, read + 3000.0) > 50);
    let again = |name: &str| story.record.clients[name].consumer.as_ref().expect("it is a consumer").delivered_again;
    assert_eq!((again("one"), again("two")), (0, 0));
}
