//! Brokers that end in good order.

use crate::story::{BROKER_1, BROKER_2, BROKER_3, orders, tell};
use kafkasim::kafka::ErrorCode;
use kafkasim::observe::Fact;
use kafkasim::observe::fact::{Ending, Told, Why};

#[test]
fn a_broker_that_is_stopped_hands_its_partitions_over_before_it_ends() {
    let story = tell(&["at 5s stop broker 2", "client.app.rate=600", "duration=20s"]);
    let process = story.process("broker 2");
    let moments = story.in_order(&[
        (
            "broker 2 is committed as leaving",
            &|f| matches!(f, Fact::BrokerCommitted { broker: BROKER_2, in_controlled_shutdown: true, fenced: false, .. }),
        ),
        ("the next replica of orders-1 is made its leader, and broker 2 leaves the ISR", &|f| {
            let Fact::PartitionCommitted { partition, leader, old_leader, isr, why: Why::ControlledShutdown, .. } = f else { return false };
            *partition == orders(1) && *old_leader == Some(BROKER_2) && *leader == Some(BROKER_3) && isr[..] == [BROKER_3, BROKER_1]
        }),
        (
            "broker 2 answers as the leader that it no longer is",
            &|f| matches!(f, Fact::EntryAnswered { broker: BROKER_2, partition, error: ErrorCode::NotLeaderOrFollower, .. } if *partition == orders(1)),
        ),
        ("its answer names the new leader to the client", &|f| {
            let Fact::BeliefChanged { partition, leader, told, .. } = f else { return false };
            *partition == orders(1) && *leader == Some(BROKER_3) && *told == Told::Hint(BROKER_2)
        }),
        (
            "the client asks the new leader",
            &|f| matches!(f, Fact::EntrySent { broker: BROKER_3, partition, attempt: 1.., .. } if *partition == orders(1)),
        ),
        (
            "and is served",
            &|f| matches!(f, Fact::EntryReturned { partition, error: ErrorCode::None, .. } if *partition == orders(1)),
        ),
        ("the process ends", &|f| matches!(f, Fact::ProcessEnded { node, how: Ending::Stopped } if *node == process)),
    ]);
    assert!((5000.0..5100.0).contains(&moments[0]), "a controlled shutdown is asked for at once: {moments:?}");
    let taken = story.first(
        moments[1],
        "broker 3 takes the role",
        |f| matches!(f, Fact::LeaderRoleTaken { broker: BROKER_3, partition, .. } if *partition == orders(1)),
    );
    assert!(
        taken < moments[4] + 1000.0 && taken < moments[6],
        "the new leader leads long before the old one is gone: {taken}, {moments:?}"
    );
    assert_eq!((story.record.total.records.failed, story.record.total.records.lost), (0, 0));
}

#[test]
fn nobody_waits_for_a_session_when_a_broker_stops_in_good_order() {
    let story = tell(&["at 5s stop broker 2"]);
    let waited = story.record.clients["app"].longest_wait_ms;
    assert!(waited < 2500.0, "a follower's back-off at most, not a session: {waited} ms");
    let expired = story.count(0.0, story.end_of("broker 2"), |f| matches!(f, Fact::SessionExpired { .. }));
    assert_eq!(expired, 0, "the broker heartbeats until it may go");
}

#[test]
fn a_restarted_broker_is_back_in_every_isr_and_leads_nothing_until_leadership_is_given_back() {
    let story = tell(&["at 5s restart broker 2 down 5s", "duration=60s"]);
    let (start, process) = (story.end_of("broker 2"), story.process("broker 2"));
    story.in_order(&[
        ("it ends", &|f| matches!(f, Fact::ProcessEnded { node, .. } if *node == process)),
        ("it is started", &|f| matches!(f, Fact::ProcessStarted { node } if *node == process)),
        ("it registers, fenced", &|f| matches!(f, Fact::BrokerCommitted { broker: BROKER_2, fenced: true, .. })),
        ("it is unfenced", &|f| matches!(f, Fact::BrokerCommitted { broker: BROKER_2, fenced: false, in_controlled_shutdown: false, .. })),
        ("a leader proposes it for the ISR", &|f| matches!(f, Fact::IsrProposed { isr, .. } if isr.contains(&BROKER_2))),
        ("it is in the ISR", &|f| matches!(f, Fact::PartitionCommitted { isr, why: Why::AlterPartition, .. } if isr.contains(&BROKER_2))),
    ]);
    assert_eq!(story.record.cluster.under_replicated_at_end, 0);
    let led = story.count(start, f64::MAX, |f| matches!(f, Fact::Appended { broker: BROKER_2, .. }));
    assert_eq!(led, 0, "with auto.leader.rebalance.enable=false nobody gives leadership back");
}
