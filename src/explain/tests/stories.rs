//! Recoveries whose reason an operator knows, explained.

use super::*;
use crate::explain::record::Try;

#[test]
fn a_crash_waits_for_the_session_and_a_shorter_one_would_have_helped() {
    let recovery = slowest(&catalogue("broker-crash"), &[]);
    assert_eq!(recovery.began_with, "broker 2 is killed");
    let (waited_for, setting) = longest(&recovery);
    assert_eq!(waited_for, "the controller waits for heartbeats until the session runs out");
    assert_eq!(setting, "broker.session.timeout.ms = 9s");
    assert!(recovery.steps[recovery.levers[0].step].share > 0.9);
    let shorter = recovery.levers[0].tries.iter().find(|t| t.change == "broker.session.timeout.ms=6s").unwrap();
    let saved = recovery.recovery_ms - shorter.recovery_ms.unwrap();
    assert!((2_000.0..4_000.0).contains(&saved), "three seconds less of session: {saved} ms");
    let told: Vec<&str> = recovery.steps.iter().map(|step| step.what.as_str()).collect();
    let order = ["the session of broker 2 runs out", "the controller decides", "committed: orders-10 moves", "shop has the answer"];
    let places: Vec<usize> = order.iter().map(|what| told.iter().position(|told| told.starts_with(what)).unwrap()).collect();
    assert!(places.is_sorted(), "{told:?}");
}

/// A follower whose first fetch from a new leader comes before that leader took its role leaves the partition out for a second.
#[test]
fn a_planned_move_waits_for_the_pause_of_a_followers_fetcher() {
    let recovery = slowest(&catalogue("preferred-election"), &[]);
    let (waited_for, setting) = longest(&recovery);
    assert_eq!(waited_for, "a follower leaves the partition out after an error");
    assert_eq!(setting, "replica.fetch.backoff.ms = 1s");
    let half = recovery.levers[0].tries.iter().find(|t| t.change == "replica.fetch.backoff.ms=500ms").unwrap();
    assert!((half.recovery_ms.unwrap() - (recovery.recovery_ms - 500.0)).abs() < 50.0, "{half:?}");
    // With a setting that changes nothing the same step stays.
    let other = slowest(&catalogue("preferred-election"), &[set("replica.fetch.backoff.ms", "300")]);
    assert!(other.recovery_ms < 400.0);
}

#[test]
fn behind_a_silent_cut_a_client_waits_for_its_own_request() {
    let recovery = slowest(&catalogue("network-cut"), &[]);
    let (waited_for, setting) = longest(&recovery);
    assert_eq!(waited_for, "the client waits for an answer that does not come");
    assert_eq!(setting, "request.timeout.ms = 30s");
    let half = recovery.levers[0].tries.iter().find(|t| t.change == "request.timeout.ms=15s").unwrap();
    assert!(half.recovery_ms.unwrap() < recovery.recovery_ms - 14_000.0);
    // The client is given a second when it is cut off: until then it is the same run.
    let gone = recovery.levers[0].tries.iter().find(|t| t.removes).unwrap();
    assert_eq!(gone.change, "request.timeout.ms=1s from its beginning on");
    assert!(gone.recovery_ms.unwrap() < 10_000.0, "what is left is the session of the broker that was cut off: {gone:?}");
}

/// The client keeps asking while the leader is gone: it is not its pauses that it waits for, but only for the rest of the last one.
#[test]
fn who_asks_in_vain_waits_for_the_news_and_then_for_the_rest_of_its_pause() {
    let crash = text(
        r#"
        duration = "40s"
        faults = ["at 5s kill broker 2"]
        cluster = { brokers = 3, controllers = 1 }
        topic = [{ name = "orders", partitions = 3, replication_factor = 3 }]
        client = [{ name = "app", profile = "java-3.6", rate = 30, partitioning = "round-robin", config = { acks = "1", "retry.backoff.ms" = 4000, "reconnect.backoff.max.ms" = 4000 } }]
        "#,
    );
    let recovery = slowest(&crash, &[]);
    assert_eq!(longest(&recovery).0, "the controller waits for heartbeats until the session runs out");
    let pauses: Vec<&str> = recovery.steps.iter().filter(|s| s.ms > 100.0).map(|s| s.waited_for.as_str()).collect();
    assert_eq!(pauses.len(), 2, "the session, and what was left of one pause: {pauses:?}");
    assert!(recovery.steps.iter().filter(|s| s.waited_for.starts_with("the client pauses")).map(|s| s.ms).sum::<f64>() <= 4_900.0);
}

/// The application had nothing to send: nobody waited, and no setting is blamed.
#[test]
fn an_application_without_records_is_no_lever() {
    let idle = text(
        r#"
        duration = "1m"
        faults = ["at 5s elect preferred"]
        cluster = { brokers = 3, controllers = 1 }
        topic = [{ name = "orders", partitions = 3, replication_factor = 3 }]
        client = [{ name = "app", profile = "java-4.3", rate = 0.2, partitioning = "round-robin" }]
        "#,
    );
    let answer = explained(&idle, &[], &Question { slowest: 100, ..Question::default() });
    for recovery in &answer.explained {
        assert!(recovery.levers.iter().all(|lever| lever.waited_for != "the application has no record for this partition"));
    }
}

/// A broker that is back soon is refused until the session of its last life runs out, and it starts meanwhile: the session is the longer
/// chain, but without it there is still the start. Both are named, and only both are worth taking away.
#[test]
fn a_broker_that_is_back_at_once_waits_for_the_session_of_its_last_life_and_beside_it_for_its_start() {
    let back_at_once = text(
        r#"
        duration = "40s"
        faults = ["at 5s kill broker 2 for 1s"]
        cluster = { brokers = 2, controllers = 1 }
        topic = [{ name = "orders", partitions = 2, replication_factor = 1 }]
        client = [{ name = "app", profile = "java-4.3", rate = 30, partitioning = "round-robin" }]
        "#,
    );
    let recovery = slowest(&back_at_once, &[]);
    assert_eq!(longest(&recovery).0, "the controller waits for heartbeats until the session runs out");
    let lever = &recovery.levers[0];
    let rival = lever.rivals.first().unwrap();
    assert_eq!(rival.waited_for, "a broker starts, registers and loads its logs");
    assert!(lever.tries.iter().any(|t| t.change == "the session of broker 2 ending at once"), "{lever:#?}");
    let saved = |tries: &[Try]| recovery.recovery_ms - tries.iter().find(|t| t.removes).unwrap().recovery_ms.unwrap();
    assert!(saved(&lever.tries) < lever.ms / 2.0 && saved(&rival.tries) < lever.ms / 2.0, "{lever:#?}");
    assert!(saved(std::slice::from_ref(rival.together.as_ref().unwrap())) > lever.ms / 2.0, "{lever:#?}");
}

/// Before the client was served its broker was killed once more: the wait for that has no setting, and is tried by a run in which it does not happen.
#[test]
fn a_second_kill_is_told_as_what_came_next_and_left_out_in_a_run() {
    let twice = text(
        r#"
        duration = "60s"
        faults = ["at 5s kill broker 1 for 1s", "at 18s kill broker 1 for 1s"]
        cluster = { brokers = 1, controllers = 1 }
        topic = [{ name = "orders", partitions = 1, replication_factor = 1 }]
        client = [{ name = "app", profile = "java-4.3", rate = 30 }]
        costs = { unclean_recovery = "10s" }
        "#,
    );
    let recovery = slowest(&twice, &[]);
    assert_eq!(longest(&recovery), ("until the next event that mattered", ""));
    let [spared] = &recovery.levers[0].tries[..] else { panic!("{:#?}", recovery.levers[0]) };
    assert_eq!((spared.change.as_str(), spared.removes), ("no fault at 18s", true));
    assert!(spared.recovery_ms.unwrap() < 18_000.0 && recovery.recovery_ms > 25_000.0, "{recovery:#?}");
}

/// The fetch that was sent into the cut is answered when that is over and TCP has sent it again.
#[test]
fn a_consumer_behind_a_cut_waits_for_its_end() {
    let cut = text(
        r#"
        duration = "40s"
        faults = ["at 5s cut client reader from broker 1 for 3s"]
        cluster = { brokers = 1, controllers = 1 }
        topic = [{ name = "orders", partitions = 1, replication_factor = 1 }]
        client = [
            { name = "app", profile = "java-4.3", rate = 30 },
            { name = "reader", role = "consumer", profile = "java-4.3" },
        ]
        "#,
    );
    let recovery = explained(&cut, &[], &Question { client: Some("reader".to_owned()), ..Question::default() }).explained.remove(0);
    assert_eq!(recovery.began_with, "cut 1: nothing passes from reader to broker 1 nor back");
    assert_eq!(longest(&recovery), ("a network link is cut", "how long the fault lasts"));
    let lever = &recovery.levers[0];
    assert!((3_000.0 - 200.0..3_000.0 + 3_000.0).contains(&lever.ms), "what was lost is sent again at TCP's next attempt: {lever:?}");
    let nanos = |ms: f64| (ms * 1e6).round() as i64;
    assert_eq!(recovery.steps.iter().map(|step| nanos(step.ms)).sum::<i64>(), nanos(recovery.recovery_ms));
    let at_once = recovery.levers[0].tries.iter().find(|t| t.change == "the cut ending at once").unwrap();
    assert!(at_once.recovery_ms.unwrap() < 500.0, "{at_once:?}");
}

/// A fetch for which there is nothing waits at the old leader until that hears that it leads no longer, and answers it then.
#[test]
fn a_parked_fetch_is_answered_when_the_old_leader_hears_of_the_move() {
    let quiet = text(
        r#"
        duration = "60s"
        faults = ["at 0s restart broker 1 down 1s", "at 25s elect preferred all"]
        cluster = { brokers = 3, controllers = 1 }
        topic = [{ name = "orders", assignment = [[1, 2, 3]] }]
        client = [{ name = "reader", role = "consumer", profile = "java-4.3", config = { "fetch.max.wait.ms" = 20000, "request.timeout.ms" = 60000 } }]
        config = { "auto.leader.rebalance.enable" = false }
        "#,
    );
    let all = explained(&quiet, &[], &Question { slowest: 9, tries: false, ..Question::default() }).explained;
    let recovery = all.into_iter().find(|recovery| recovery.start_ms > 24_000.0).unwrap();
    let told: Vec<&str> = recovery.steps.iter().map(|step| step.what.as_str()).collect();
    let order = ["committed: orders-0 moves", "the metadata cache of broker 2", "broker 2 follows broker 1", "broker 2 answers reader"];
    let places: Vec<usize> = order
        .iter()
        .map(|what| told.iter().position(|told| told.starts_with(what)).unwrap_or_else(|| panic!("{what}: {told:#?}")))
        .collect();
    assert!(places.is_sorted(), "{told:#?}");
    assert!(recovery.steps.iter().all(|step| step.waited_for != "the consumer's fetch before this one" || step.ms < 1.0), "{recovery:#?}");
}

/// The application has its records from one `poll()`, and the consumer asks for more when it comes back.
#[test]
fn a_consumer_whose_application_is_at_work_waits_for_that() {
    let slow = text(
        r#"
        duration = "30s"
        faults = ["at 5s restart broker 2 down 100ms"]
        cluster = { brokers = 2, controllers = 1 }
        topic = [{ name = "orders", assignment = [[1, 2], [2, 1]] }]
        client = [
            { name = "app", profile = "java-4.3", rate = 200, partitioning = "round-robin" },
            { name = "reader", role = "consumer", profile = "java-4.3", processing = "10ms" },
        ]
        "#,
    );
    let recovery = explained(&slow, &[], &Question { client: Some("reader".to_owned()), ..Question::default() }).explained.remove(0);
    let (waited_for, setting) = longest(&recovery);
    assert_eq!((waited_for, setting), ("the consumer's application works on what it was given", "client.reader.processing = 10ms"));
    let gone = recovery.levers[0].tries.iter().find(|t| t.removes).unwrap();
    assert!(gone.recovery_ms.unwrap() < recovery.recovery_ms / 2.0, "{recovery:#?}");
}

/// An application that takes no time for a record is never at work: its consumer waits for its fetches.
#[test]
fn an_application_that_takes_no_time_is_not_waited_for() {
    let quick = text(
        r#"
        duration = "40s"
        faults = ["at 0s restart broker 1 down 1s", "at 25s elect preferred all"]
        cluster = { brokers = 3, controllers = 1 }
        topic = [{ name = "orders", assignment = [[1, 2, 3], [2, 3, 1], [3, 1, 2]] }]
        client = [
            { name = "app", profile = "java-4.3", rate = 20, partitioning = "round-robin" },
            { name = "reader", role = "consumer", profile = "java-4.3" },
        ]
        "#,
    );
    let question = Question { client: Some("reader".to_owned()), slowest: 99, tries: false, ..Question::default() };
    let steps: Vec<String> = explained(&quick, &[], &question).explained.into_iter().flat_map(|r| r.steps).map(|s| s.waited_for).collect();
    assert!(steps.iter().any(|wait| wait == "the consumer's fetch before this one"), "{steps:#?}");
    assert!(steps.iter().all(|wait| wait != "the consumer's application works on what it was given"), "{steps:#?}");
}

/// A broker that pauses for a moment does not hold up a parked fetch: that is answered by the next record.
#[test]
fn a_parked_fetch_waits_for_the_next_record() {
    let rare = text(
        r#"
        duration = "20s"
        faults = ["at 5s pause broker 1 for 20ms"]
        cluster = { brokers = 1, controllers = 1 }
        topic = [{ name = "orders", assignment = [[1]] }]
        client = [
            { name = "app", profile = "java-4.3", rate = 0.4 },
            { name = "reader", role = "consumer", profile = "java-4.3", config = { "fetch.max.wait.ms" = 15000 } },
        ]
        "#,
    );
    let recovery = explained(&rare, &[], &Question { client: Some("reader".to_owned()), ..Question::default() }).explained.remove(0);
    let (waited_for, setting) = longest(&recovery);
    assert_eq!((waited_for, setting), ("no record comes that the consumer could read", ""));
    assert!(recovery.levers[0].tries.is_empty());
}

/// kafka-python's sender is not woken by metadata, nor by a record that joins a batch: no pause of the client's is that long.
#[test]
fn a_sender_that_nothing_wakes_is_not_said_to_pause() {
    let asleep = text(
        r#"
        duration = "60s"
        faults = ["at 5s stop broker 1 for 3s"]
        cluster = { brokers = 2, controllers = 1 }
        topic = [{ name = "orders", assignment = [[1]] }]
        client = [{ name = "app", profile = "kafka-python-3.0", rate = 0.5, config = { linger_ms = 0, reconnect_backoff_max_ms = 1000 } }]
        "#,
    );
    let recovery = slowest(&asleep, &[]);
    let asleep: f64 = recovery
        .steps
        .iter()
        .filter(|s| s.waited_for == "the client does not connect, and no pause of its own is that long")
        .map(|s| s.ms)
        .sum();
    assert!(asleep > 1_900.0, "{recovery:#?}");
}
