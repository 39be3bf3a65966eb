//! The controller quorum.

use crate::story::{BROKER_2, BROKER_3, Story, THREE_BROKERS, tell_of};
use kafkasim::kafka::VoterIx;
use kafkasim::observe::Fact;
use kafkasim::observe::fact::{Ending, Why};

fn with_three_voters(changes: &[&str]) -> Story {
    tell_of(&THREE_BROKERS.replace("controllers = 1", "controllers = 3"), changes)
}

fn combined(changes: &[&str]) -> Story {
    tell_of(&THREE_BROKERS.replace("controllers = 1", "controllers = 3\ncombined = true"), changes)
}

/// When and who became the active controller after `from`.
#[track_caller]
fn next_controller(story: &Story, from: f64) -> (f64, VoterIx) {
    let found = story.facts.iter().find_map(|(at, f)| match f {
        Fact::ControllerActive { voter, .. } if *at > from => Some((*at, *voter)),
        _ => None,
    });
    found.expect("there is a controller again")
}

#[test]
fn another_voter_takes_over_when_the_active_controller_is_killed() {
    let story = with_three_voters(&["at 5s kill controller leader for 10s"]);
    let process = story.process("controller 3000");
    let moments = story.in_order(&[
        ("the first controller is killed", &|f| matches!(f, Fact::ProcessEnded { node, how: Ending::Killed } if *node == process)),
        ("another stands for election", &|f| matches!(f, Fact::CandidateRaised { voter, .. } if *voter != VoterIx(0))),
        ("it is given a vote", &|f| matches!(f, Fact::Voted { candidate, voter, .. } if *candidate != VoterIx(0) && voter != candidate)),
        ("it is the active controller", &|f| matches!(f, Fact::ControllerActive { voter, .. } if *voter != VoterIx(0))),
    ]);
    // controller.quorum.fetch.timeout.ms is 2 s; split votes cost further election timeouts.
    assert!((6400.0..12_000.0).contains(&moments[3]), "{moments:?}");
    assert_eq!(story.record.moves, [], "brokers and clients go on");
    assert!(story.acknowledged(5000.0, moments[3]) > 100, "while there is no controller too");
    assert!(story.record.clients["app"].longest_wait_ms < 500.0);
}

/// A candidate that lost must not stand again at once: five voters that refuse each other would raise the epoch at the speed of the network
/// (30,000 times in half a minute) and never lead again (KAFKA-18345). The swarm found it.
#[test]
fn a_quorum_of_five_that_was_cut_elects_again_and_its_epoch_does_not_run_away() {
    for release in ["4.0", "4.3"] {
        let five = THREE_BROKERS.replace("controllers = 1", "controllers = 5");
        let kafka = format!("kafka={release}");
        let faults = ["at 1s cut controller leader from controllers for 6s", "at 12s kill controller leader for 10s"];
        let story = tell_of(&five, &[faults[0], faults[1], "duration=40s", &kafka]);
        next_controller(&story, 12_000.0);
        let candidacies = story.count(0.0, 40_000.0, |f| matches!(f, Fact::CandidateRaised { .. }));
        assert!(candidacies < 60, "{release}: {candidacies} candidacies");
    }
}

#[test]
fn a_broker_that_dies_with_the_controller_is_fenced_a_whole_session_after_the_next_one_took_over() {
    let story = with_three_voters(&["at 5s kill controller leader", "at 5s kill broker 2"]);
    let (active, _) = next_controller(&story, 5000.0);
    let fenced = story.fenced(BROKER_2);
    assert!((9000.0..10_300.0).contains(&(fenced - active)), "sessions begin anew with a controller: active {active}, fenced {fenced}");
}

#[test]
fn without_a_majority_of_voters_nothing_moves_until_it_is_back() {
    let changes = ["at 5s kill controller 3000 for 25s", "at 5s kill controller 3001", "at 6s kill broker 2", "duration=60s"];
    let story = with_three_voters(&changes);
    let committed = |f: &Fact| matches!(f, Fact::PartitionCommitted { .. } | Fact::BrokerCommitted { .. });
    assert_eq!(story.count(5100.0, 30_000.0, committed), 0, "nobody can commit");
    assert_eq!(story.count(5100.0, 30_000.0, |f| matches!(f, Fact::ControllerActive { .. })), 0);
    assert_eq!(story.acknowledged(6050.0, 30_000.0), 0, "acks=all waits for broker 2, which nobody can fence");
    let (active, _) = next_controller(&story, 30_000.0);
    let fenced = story.fenced(BROKER_2);
    assert!(fenced > active + 9000.0, "active {active}, fenced {fenced}");
    assert!(story.acknowledged(fenced, f64::MAX) > 500);
    assert_eq!(story.record.total.records.lost, 0);
}

#[test]
fn a_controller_that_is_cut_from_the_others_gives_up_and_one_of_them_takes_over() {
    let story = with_three_voters(&["at 5s cut controller leader from controllers for 20s"]);
    let resigned = story.first(5000.0, "it gives up", |f| matches!(f, Fact::ControllerResigned { voter: VoterIx(0), .. }));
    let (active, _) = next_controller(&story, 5000.0);
    assert!((5500.0..12_000.0).contains(&resigned), "check quorum, 3 s after it last heard of a majority: {resigned}");
    assert!(active < 12_000.0, "{active}");
    let back = story.count(25_000.0, f64::MAX, |f| matches!(f, Fact::ControllerActive { voter: VoterIx(0), .. }));
    assert_eq!(back, 0, "when it is back it follows: pre-votes keep it from deposing anybody");
}

#[test]
fn in_combined_mode_one_process_takes_controller_and_leader_with_it() {
    let story = combined(&["at 5s kill broker 1", "duration=40s"]);
    let (active, voter) = next_controller(&story, 5000.0);
    let fenced = story.first(5000.0, "its broker is fenced", |f| {
        matches!(f, Fact::BrokerCommitted { broker: kafkasim::kafka::BrokerIx(0), fenced: true, .. })
    });
    assert!(voter != VoterIx(0) && fenced > active + 9000.0, "active {active}, fenced {fenced}");
    assert!(story.record.moves.iter().all(|m| m.from == Some(1) && m.to != Some(1) && m.why == "fenced"), "{:?}", story.record.moves);
    assert_eq!(story.record.moves.len(), 2);
    assert!(story.acknowledged(fenced, f64::MAX) > 500);
}

#[test]
fn a_combined_cluster_can_be_restarted_one_process_after_the_other() {
    let story = combined(&["at 2s rolling restart wait urp 0 down 2s controllers last", "duration=120s"]);
    let ended = story.count(0.0, f64::MAX, |f| matches!(f, Fact::ProcessEnded { how: Ending::Stopped, .. }));
    assert_eq!(ended, 3);
    let last = story.facts.iter().rev().find(|(_, f)| matches!(f, Fact::ProcessEnded { .. })).map(|(_, f)| f.clone());
    assert_eq!(last, Some(Fact::ProcessEnded { node: story.process("broker 1"), how: Ending::Stopped }), "the active controller goes last");
    assert!(story.record.moves.iter().all(|m| m.why == "controlled shutdown"), "{:?}", story.record.moves);
    assert_eq!((story.record.cluster.under_replicated_at_end, story.record.total.records.failed), (0, 0));
}

#[test]
fn before_4_0_a_lost_quorum_stops_the_cluster_just_the_same() {
    let changes = ["at 5s kill controller 3000 for 20s", "at 5s kill controller 3001 for 20s", "at 6s stop broker 3", "kafka=3.9"];
    let story = with_three_voters(&changes);
    let asked = |f: &Fact| matches!(f, Fact::PartitionCommitted { why: Why::ControlledShutdown, .. });
    assert_eq!(story.count(5000.0, 25_000.0, asked), 0, "nobody can grant a controlled shutdown");
    let gone = story.count(5000.0, 25_000.0, |f| matches!(f, Fact::LeaderRoleTaken { broker, .. } if *broker != BROKER_3));
    assert_eq!(gone, 0);
}
