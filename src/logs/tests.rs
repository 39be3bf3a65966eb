//! What an operator reads in the logs of a run.

use super::Logs;
use crate::experiment::{self, RunOptions};
use crate::kafka::text::log_time::{LogTime, log_time};
use crate::scenario::{self, Scenario, Source};
use std::collections::BTreeMap;

const CLUSTER: &str = r#"
    duration = "50s"
    count_from = "5s"
    cluster = { broker_ids = [101, 102, 103], controller_ids = [1] }
    topic = [{ name = "t", partitions = 6, replication_factor = 3, config = { "min.insync.replicas" = 2 } }]
    client = [{ name = "shop", profile = "java-4.3", rate = 20, partitioning = "round-robin" },
              { name = "till", profile = "java-3.6", rate = 20, partitioning = "round-robin" }]
"#;

fn scenario(rest: &str) -> Scenario {
    let text = format!("{rest}\n{CLUSTER}");
    scenario::load(&Source { name: "story".to_owned(), text }, &[]).expect("it is a scenario")
}

fn logs(scenario: &Scenario) -> BTreeMap<String, Vec<String>> {
    let mut logs = Logs::new(&scenario.spec);
    experiment::run(scenario, &RunOptions::default(), Some(&mut |at, fact| logs.note(at, fact))).expect("it runs");
    logs.finish().into_iter().collect()
}

/// That these lines stand in the log in this order.
fn tells(log: &[String], parts: &[&str]) {
    let mut from = 0;
    for part in parts {
        let found = log[from..].iter().position(|line| line.contains(part));
        from += found.unwrap_or_else(|| panic!("`{part}` does not follow line {from} of\n{}", log.join("\n"))) + 1;
    }
}

fn ms(line: &str) -> i64 {
    match log_time(line) {
        Some((LogTime::Utc(ms) | LogTime::Local(ms) | LogTime::TimeOfDay(ms), _)) => ms,
        None => panic!("`{line}` has no time"),
    }
}

#[test]
fn a_restarted_broker_takes_leave_in_its_own_log_and_in_the_controllers() {
    let logs = logs(&scenario(r#"faults = ["at 5s restart broker 102 down 3s"]"#));
    tells(
        &logs["broker-102-server.log"],
        &[
            "Terminating process due to signal SIGTERM",
            "[BrokerServer id=102] Transition from STARTED to SHUTTING_DOWN",
            "[BrokerLifecycleManager id=102] Beginning controlled shutdown.",
            "The controller has asked us to exit controlled shutdown.",
            "Transitioning from PENDING_CONTROLLED_SHUTDOWN to SHUTTING_DOWN.",
            "[BrokerServer id=102] Transition from SHUTTING_DOWN to SHUTDOWN",
            "[BrokerServer id=102] Transition from SHUTDOWN to STARTING",
            "Skipping recovery of 6 logs from /var/lib/kafka/data since clean shutdown file was found",
            "The broker has been unfenced. Transitioning from RECOVERY to RUNNING.",
        ],
    );
    tells(
        &logs["controller-1-controller.log"],
        &[
            "Unfenced broker 102 has requested and been granted a controlled shutdown.",
            "enterControlledShutdown[102]: changing 6 partition(s)",
            "The request from broker 102 to shut down has been granted",
            "Registering a new incarnation of broker 102.",
            "The request from broker 102 to unfence has been granted",
        ],
    );
    assert!(!logs["controller-1-controller.log"].iter().any(|line| line.contains("session has timed out")));
    let stale = "org.apache.kafka.common.errors.NotLeaderOrFollowerException: For requests intended only for the leader";
    tells(&logs["shop.log"], &["retrying (2147483646 attempts left). Error: NOT_LEADER_OR_FOLLOWER", stale, "Node 102 disconnected."]);
    // Up to 3.7 a full stop follows the exception's own.
    assert!(logs["till.log"].iter().any(|line| line.contains("topic partition.. Going to request metadata update now")));
    assert!(logs["shop.log"].iter().any(|line| line.contains("topic partition. Going to request metadata update now")));
}

#[test]
fn a_killed_broker_says_nothing_and_its_clients_and_the_controller_do() {
    let logs = logs(&scenario(r#"faults = ["at 5s kill broker 102 for 20s"]"#));
    let own = &logs["broker-102-server.log"];
    assert!(ms(&own[0]) >= ms("2026-01-01 00:00:30,000"), "{}", own[0]);
    tells(
        own,
        &[
            "Transition from SHUTDOWN to STARTING",
            "Unable to read the broker epoch",
            "Recovering 6 logs from /var/lib/kafka/data since no clean",
        ],
    );
    tells(
        &logs["controller-1-controller.log"],
        &["Fencing broker 102 at epoch", "handleBrokerFenced: changing 6 partition(s)", "Registering a new incarnation of broker 102."],
    );
    tells(&logs["shop.log"], &["Node 102 disconnected.", "Connection to node 102 (/10.0.0.102:9092) could not be established. Node may"]);
    tells(&logs["till.log"], &["Node 102 disconnected.", "Connection to node 102 (/10.0.0.102:9092) could not be established. Broker may"]);
    tells(
        &logs["broker-101-state-change.log"],
        &["Transitioning 3 partition(s) to local leaders.", "Previous leader Some(102) and previous leader epoch was 0.", "Follower t-"],
    );
    tells(&logs["broker-101-server.log"], &["Added fetcher to broker 103 for partitions HashMap(t-", "ISR updated to "]);
}

#[test]
fn every_line_has_its_time_and_comes_in_order() {
    let logs = logs(&scenario(r#"faults = ["at 5s kill broker 102 for 20s"]"#));
    for (name, lines) in &logs {
        let times: Vec<i64> = lines.iter().filter(|line| line.starts_with('[')).map(|line| ms(line)).collect();
        assert!(!times.is_empty() && times.is_sorted(), "{name}");
    }
}

#[test]
fn a_calm_cluster_has_next_to_nothing_to_say() {
    let logs = logs(&scenario(""));
    let lines: Vec<&String> = logs.values().flatten().collect();
    assert!(lines.is_empty(), "{lines:#?}");
}

#[test]
fn a_foreign_name_makes_no_line_of_its_own() {
    let mut scenario = scenario(r#"faults = ["at 5s kill broker 102 for 20s"]"#);
    scenario.spec.clients[0].name = "../x\n[2026-01-01 00:00:00,000] ERROR forged".to_owned();
    let logs = logs(&scenario);
    let of_it: Vec<&String> = logs.keys().filter(|name| name.contains("forged")).collect();
    assert_eq!(of_it.len(), 1);
    assert!(logs.values().flatten().all(|line| !line.starts_with("[2026-01-01 00:00:00,000] ERROR")));
}

#[test]
fn other_libraries_tell_what_facts_hold_in_their_own_words() {
    let clients = ["librdkafka-2.16", "sarama-1.50", "franz-go-1.21", "kafkajs-2.2"];
    let client = |p: &&str| format!("{{ name = \"{p}\", profile = \"{p}\", rate = 20, partitioning = \"round-robin\" }}");
    let list: Vec<String> = clients.iter().map(client).collect();
    let text = CLUSTER.split("client = [").next().expect("a part before the clients");
    let text = format!("faults = [\"at 5s restart broker 102 down 3s\"]\n{text}client = [{}]", list.join(", "));
    let scenario = scenario::load(&Source { name: "story".to_owned(), text }, &[]).expect("it is a scenario");
    let logs = logs(&scenario);
    tells(
        &logs["librdkafka-2.16.log"],
        &["|FAIL|librdkafka-2.16#producer-1| [thrd:10.0.0.102:9092/102]: 10.0.0.102:9092/102: Disconnected: connection closed by peer"],
    );
    tells(&logs["sarama-1.50.log"], &["producer/broker/102 state change to [retrying] on t/"]);
    tells(&logs["franz-go-1.21.log"], &["moving producing partition due to kip-951 not_leader_for_partition; topic: t, partition: "]);
    tells(&logs["kafkajs-2.2.log"], &["\"error\":\"This server is not the leader for that topic-partition\""]);
}
