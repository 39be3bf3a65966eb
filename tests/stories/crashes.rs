//! Brokers that end, or stop answering, without a word.

use crate::story::{BROKER_2, Story, orders, tell};
use kafkasim::kafka::ErrorCode;
use kafkasim::observe::Fact;
use kafkasim::observe::fact::{BrokerState, Why};

fn session_of_broker_2(story: &Story) -> (f64, f64) {
    let mut last = 0.0;
    let expired = story.facts.iter().find_map(|(at, f)| match f {
        Fact::SessionExpired { broker: BROKER_2, last_heartbeat } => {
            last = last_heartbeat.as_millis_f64() - story.record.warmup_ms;
            Some(*at)
        }
        _ => None,
    });
    (last, expired.expect("its session runs out"))
}

#[test]
fn a_killed_broker_is_fenced_when_its_session_has_run_out_and_the_controller_has_looked() {
    for seed in 1..=4 {
        let story = tell(&["at 5s kill broker 2", &format!("seed={seed}")]);
        let (last, _) = session_of_broker_2(&story);
        let fenced = story.fenced(BROKER_2);
        // broker.session.timeout.ms, then at most session/8 until the controller looks (KAFKA-17793), then the commit.
        assert!((9000.0..10_200.0).contains(&(fenced - last)), "seed {seed}: last heartbeat {last}, fenced {fenced}");
        assert!((3000.0..=5000.0).contains(&last), "a heartbeat comes every 2 s: {last}");
        assert_eq!(story.reasons(), ["fenced"], "seed {seed}");
        assert!(story.record.moves.iter().all(|m| m.from == Some(2) && (m.committed_ms - fenced).abs() < 1.0), "all move at once");
    }
}

#[test]
fn before_4_0_a_session_runs_out_to_the_millisecond() {
    let story = tell(&["at 5s kill broker 2", "kafka=3.9", "client.app.profile=java-3.9"]);
    let (last, expired) = session_of_broker_2(&story);
    assert!((9000.0..9010.0).contains(&(expired - last)), "BrokerHeartbeatManager schedules the exact moment: {last}, {expired}");
}

#[test]
fn with_acks_all_a_dead_follower_stops_every_partition_that_has_it_in_its_isr_until_it_is_fenced() {
    let story = tell(&["at 5s kill broker 2"]);
    let fenced = story.fenced(BROKER_2);
    assert_eq!(story.acknowledged(5050.0, fenced), 0, "also the four partitions whose leaders are well");
    for partition in (0..6).map(orders) {
        assert!(story.acknowledged_of(partition, 0.0, 5000.0) > 50, "{partition:?} before");
        assert!(story.acknowledged_of(partition, fenced, 25_000.0) > 100, "{partition:?} after");
    }
    let silences = &story.record.clients["app"].partitions;
    assert!(silences.len() == 6 && silences.iter().all(|p| p.longest_silence_ms > 6500.0), "{silences:?}");
    assert_eq!(story.record.total.requests.stale, 0, "nobody asked a deposed leader: nothing of this is stale metadata");
}

#[test]
fn with_acks_1_only_the_dead_brokers_own_partitions_stop() {
    let story = tell(&["at 5s kill broker 2", "acks=1"]);
    let fenced = story.fenced(BROKER_2);
    for led_by_others in [0, 2, 3, 5].map(orders) {
        assert!(story.acknowledged_of(led_by_others, 5050.0, fenced) > 100, "{led_by_others:?}");
    }
    for led_by_2 in [1, 4].map(orders) {
        assert_eq!(story.acknowledged_of(led_by_2, 5050.0, fenced), 0, "{led_by_2:?}");
    }
}

#[test]
fn a_pause_longer_than_the_session_costs_leadership_and_the_process_goes_on_as_if_nothing_had_been() {
    let story = tell(&["at 5s pause broker 2 for 15s", "duration=60s"]);
    let process = story.process("broker 2");
    let moments = story.in_order(&[
        ("it is paused", &|f| matches!(f, Fact::Paused { node } if *node == process)),
        ("its session runs out", &|f| matches!(f, Fact::SessionExpired { broker: BROKER_2, .. })),
        (
            "another leads orders-1",
            &|f| matches!(f, Fact::PartitionCommitted { partition, why: Why::Fenced, .. } if *partition == orders(1)),
        ),
        ("it goes on", &|f| matches!(f, Fact::Resumed { node } if *node == process)),
        ("what it had in its hands, or gets now, is rejected", &|f| {
            matches!(f, Fact::EntryAnswered { broker: BROKER_2, error: ErrorCode::NotLeaderOrFollower, .. })
        }),
    ]);
    let unfenced =
        story.first(moments[3], "it is unfenced", |f| matches!(f, Fact::BrokerCommitted { broker: BROKER_2, fenced: false, .. }));
    assert!(unfenced < moments[3] + 5000.0, "with its next heartbeat: {unfenced}");
    assert_eq!(story.count(0.0, f64::MAX, |f| matches!(f, Fact::ProcessEnded { .. })), 0);
    assert_eq!(story.record.cluster.under_replicated_at_end, 0);
    assert_eq!((story.record.total.records.lost, story.record.total.records.failed), (0, 0));
}

#[test]
fn a_pause_shorter_than_the_session_moves_nothing() {
    let story = tell(&["at 5s pause broker 2 for 4s"]);
    assert_eq!(story.record.moves, []);
    assert_eq!(story.acknowledged(5050.0, 9000.0), 0, "acks=all waits for it all the same");
    assert!(story.acknowledged(9000.0, 12_000.0) > 300);
}

#[test]
fn a_crashed_broker_that_is_started_at_once_has_to_wait_for_its_old_session() {
    let story = tell(&["at 5s kill broker 2 for 2s", "duration=40s"]);
    let refused = story.count(5000.0, f64::MAX, |f| {
        matches!(f, Fact::RegistrationRefused { broker: BROKER_2, error: ErrorCode::DuplicateBrokerRegistration })
    });
    assert!(refused >= 1, "its old self is still alive to the controller");
    let back = story.first(5000.0, "it is back", |f| {
        matches!(f, Fact::BrokerCommitted { broker: BROKER_2, fenced: false, in_controlled_shutdown: false, .. })
    });
    // Its last heartbeat was at 3 s at the earliest.
    assert!((12_000.0..20_000.0).contains(&back), "restarting faster buys nothing: back at {back}");
}

#[test]
fn a_broker_whose_registration_is_refused_follows_again_and_acks_all_goes_on_where_it_only_follows() {
    let story = tell(&["at 5s kill broker 2 for 2s", "duration=40s"]);
    let fenced = story.fenced(BROKER_2);
    let moments = story.in_order(&[
        ("it is refused", &|f| matches!(f, Fact::RegistrationRefused { broker: BROKER_2, .. })),
        ("it follows, as in its former life", &|f| matches!(f, Fact::FollowerRoleTaken { broker: BROKER_2, .. })),
        ("it has data from a leader", &|f| matches!(f, Fact::Replicated { broker: BROKER_2, .. })),
        ("a record is acknowledged", &|f| matches!(f, Fact::RecordDone { error: ErrorCode::None, .. })),
        ("its former life is fenced", &|f| matches!(f, Fact::BrokerCommitted { broker: BROKER_2, fenced: true, .. })),
        ("it has registered and caught up", &|f| matches!(f, Fact::BrokerStateChanged { broker: BROKER_2, state: BrokerState::Recovery })),
    ]);
    assert!(moments[3] + 1000.0 < fenced, "that helps only while its former life counts as alive: {moments:?}");
    for led_by_others in [0, 2, 3, 5].map(orders) {
        assert_eq!(story.acknowledged_of(led_by_others, 5050.0, moments[2]), 0, "{led_by_others:?} waits for it");
        assert!(story.acknowledged_of(led_by_others, moments[2], fenced) > 20, "{led_by_others:?} goes on");
    }
    for led_by_2 in [1, 4].map(orders) {
        assert_eq!(story.acknowledged_of(led_by_2, 5050.0, fenced), 0, "{led_by_2:?}: it leads them, and listens to nobody yet");
    }
}
