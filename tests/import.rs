//! Stories of an operator with the files of a real cluster: `import`, `run` in one line, and `describe`, which prints what Kafka would.

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");

fn data(name: &str) -> String {
    format!("{DATA}/{name}")
}

fn kafkasim_in(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kafkasim"));
    command.args(arguments).current_dir(directory).stdin(Stdio::null()).output().expect("the program runs")
}

/// What a good command prints.
#[track_caller]
fn kafkasim(arguments: &[&str]) -> String {
    let output = kafkasim_in(Path::new(DATA), arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it prints UTF-8")
}

/// The answer of `run`.
#[track_caller]
fn run(arguments: &[&str]) -> Value {
    let answer: Value = serde_json::from_str(&kafkasim(&[&["run", "--format", "json"], arguments].concat())).expect("it is JSON");
    assert_eq!(answer["checks"]["violated"], serde_json::json!([]));
    answer
}

/// The partition lines of a description, each in fields: topic, partition, leader, replicas, ISR and, where told, ELR and last known ELR.
fn partitions(description: &str) -> Vec<Vec<&str>> {
    description.lines().filter(|line| line.contains("Partition: ")).map(|line| line.trim().split('\t').map(str::trim).collect()).collect()
}

/// The file as a scenario in a directory of its own.
#[track_caller]
fn imported(file: &Path) -> TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let file = file.to_str().expect("a plain path");
    let output = kafkasim_in(directory.path(), &["import", "--topics", file, "-o", "cluster.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    directory
}

/// How the imported cluster stands before anything happens.
#[track_caller]
fn as_imported(directory: &TempDir) -> String {
    let path = directory.path().join("cluster.toml");
    kafkasim(&["describe", path.to_str().expect("a plain path"), "--at", "0s", "--set", "count_from=0s"])
}

#[test]
fn the_one_line_question_about_a_cluster_that_we_did_not_write() {
    let client = format!("app={}", data("clients/producer.properties"));
    let fault = "at 30s restart broker 102";
    let answer = run(&["--topics", "describe/4.3.1-healthy.txt", "--client", &client, "--fault", fault]);
    let moves = answer["moves"].as_array().expect("a list");
    let away: Vec<_> = moves.iter().filter(|m| m["why"] == "controlled shutdown").collect();
    let led_by_102 = std::fs::read_to_string(data("describe/4.3.1-healthy.txt")).expect("it is there").matches("Leader: 102").count();
    assert_eq!(away.len(), led_by_102, "all that it led");
    assert!(away.iter().all(|m| m["from"] == 102 && m["committed_ms"].as_f64().is_some_and(|at| (30_000.0..30_200.0).contains(&at))));
    assert!(away.iter().any(|m| m["topic"] == "single" && m["to"].is_null()), "a partition of one replica has nowhere to go");
    assert_eq!(answer["scenario"]["assumed_rates"], true, "a dump carries no traffic");
    assert_eq!(answer["records"]["lost"], 0);
    assert!(answer["records"]["acknowledged"].as_u64().is_some_and(|n| n > 1000), "{}", answer["records"]);
    let said = answer["not_modelled"].to_string();
    for word in ["records a second", "compression.type", "serializer", "retention.ms"] {
        assert!(said.contains(word), "{word} is not said: {said}");
    }
    let text = kafkasim(&["run", "--topics", "describe/4.3.1-healthy.txt", "--client", &client, "--fault", fault]);
    assert!(text.contains("No rates were given"), "{text}");
}

#[test]
fn the_command_in_the_answer_repeats_it_to_the_last_fact() {
    let client = format!("app={}", data("clients/producer.properties"));
    let fault = "at 10s kill broker 103 for 20s";
    let answer = run(&["--topics", "describe/4.3.1-healthy.txt", "--client", &client, "--fault", fault, "--seed", "11"]);
    let repeat = answer["repeat"].as_str().expect("a command").strip_prefix("kafkasim run ").expect("ours").to_owned();
    let mut words = Vec::new();
    for (i, part) in repeat.split('\'').enumerate() {
        if i % 2 == 1 { words.push(part.to_owned()) } else { words.extend(part.split_whitespace().map(str::to_owned)) }
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    assert_eq!(run(&words)["digest"], answer["digest"], "{repeat}");
}

#[test]
fn an_imported_cluster_stands_as_it_was_found() {
    for name in ["4.3.1-healthy", "4.3.1-killed", "4.3.1-broker-dead"] {
        let file = data(&format!("describe/{name}.txt"));
        let found = std::fs::read_to_string(&file).expect("it is there");
        assert_eq!(partitions(&as_imported(&imported(Path::new(&file)))), partitions(&found), "{name}");
    }
}

#[test]
fn a_cluster_of_an_old_release_stands_as_it_was_found_and_what_it_does_not_tell_is_said() {
    let file = data("describe/2.3-leader-none.txt");
    let found = std::fs::read_to_string(&file).expect("it is there");
    let directory = imported(Path::new(&file));
    let described = as_imported(&directory);
    let leader_and_isr = |text: &str| partitions(text).iter().map(|fields| fields[..5].join(" ")).collect::<Vec<_>>();
    assert_eq!(leader_and_isr(&described), leader_and_isr(&found));
    let toml = std::fs::read_to_string(directory.path().join("cluster.toml")).expect("it is there");
    for word in ["ZooKeeper", "broker 1003 has replicas but is in no ISR with a leader", "Kafka 3.7, because"] {
        assert!(toml.contains(word), "{word} is not said:\n{toml}");
    }
    let answer = run(&["--topics", &file, "--fault", "at 10s start broker 1003"]);
    let back = answer["moves"].as_array().expect("a list").iter().find(|m| m["from"].is_null()).expect("it is led again");
    assert_eq!((&back["partition"], &back["to"], &back["why"]), (&2.into(), &1003.into(), &"unfenced".into()));
    assert_eq!(answer["cluster"]["under_replicated_at_end"], 0);
}

/// Real text: topic `single` was left without leader and ISR, with broker 102 in ELR and LastKnownElr.
#[test]
fn a_partition_that_has_only_eligible_leaders_is_led_again_when_they_are_back() {
    let answer = run(&["--topics", "describe/4.3.1-broker-dead.txt", "--fault", "at 10s start broker 102"]);
    let moves = answer["moves"].as_array().expect("a list");
    let back = moves.iter().find(|m| m["topic"] == "single").unwrap_or_else(|| panic!("it stays without leader: {moves:?}"));
    assert_eq!((&back["partition"], &back["to"]), (&1.into(), &102.into()));
    assert_eq!((&answer["cluster"]["leaderless_at_end"], &answer["cluster"]["under_replicated_at_end"]), (&0.into(), &0.into()));
}

#[test]
fn an_under_replicated_cluster_survives_less() {
    let one_dead = ["--topics", "describe/4.3.1-killed.txt", "--load", "t=36"];
    let answer = run(&[&one_dead[..], &["--fault", "at 10s stop broker 103"]].concat());
    assert!(answer["clients"]["app"]["errors"]["produce:NOT_ENOUGH_REPLICAS"].as_u64().is_some_and(|n| n > 10), "{}", answer["clients"]);
    assert_eq!(answer["scenario"]["assumed_rates"], false, "the rates are given");
    assert!(run(&one_dead)["clients"]["app"]["errors"].as_object().is_some_and(serde_json::Map::is_empty), "with two of three it serves");
}

#[test]
fn a_filtered_description_is_no_cluster_and_says_how_to_get_one() {
    let output = kafkasim_in(Path::new(DATA), &["run", "--topics", "describe/4.3.1-under-replicated.txt"]);
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.contains("filtered description") && message.contains("without --under-replicated-partitions"), "{message}");
}

#[test]
fn what_describe_prints_of_a_run_can_be_imported_and_stands_the_same() {
    for (scenario, at) in [
        ("broker-crash", "20s"),
        ("network-cut", "20s"),
        ("reassignment", "50s"),
        ("controller-failover", "30s"),
        ("rolling-restart", "12s"),
        ("measured/kill", "20s"),
        ("measured/restart", "0s"),
    ] {
        let described = kafkasim(&["describe", scenario, "--at", at]);
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("describe.txt");
        std::fs::write(&file, &described).expect("it can be written");
        let again = as_imported(&imported(&file));
        assert_eq!(partitions(&again), partitions(&described), "{scenario} at {at}");
        let configs = |text: &str| text.lines().filter_map(|l| Some(l.split_once("Configs: ")?.1.to_owned())).collect::<Vec<_>>();
        assert_eq!(configs(&again), configs(&described), "{scenario} at {at}");
    }
}

#[test]
fn the_quorum_of_a_run_can_be_imported_too() {
    let directory = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).expect("it can be written");
        path.to_str().expect("a plain path").to_owned()
    };
    let topics = write("topics.txt", &kafkasim(&["describe", "controller-failover", "--at", "4s"]));
    let quorum = write("quorum.txt", &kafkasim(&["describe", "controller-failover", "--at", "4s", "--quorum"]));
    let answer = run(&["--topics", &topics, "--quorum", &quorum, "--fault", "at 5s kill controller leader"]);
    assert_eq!(answer["cluster"]["controller_elections"], 1, "three voters: another takes over");
    let real = run(&["--topics", "describe/4.3.1-healthy.txt", "--quorum", "quorum/4.3.1.txt"]);
    assert_eq!(real["moves"].as_array().map(Vec::len), Some(0), "nothing happens to it");
}

#[test]
fn under_replicated_partitions_are_listed_as_kafka_lists_them() {
    let whole = kafkasim(&["describe", "broker-crash", "--at", "20s"]);
    let filtered = kafkasim(&["describe", "broker-crash", "--at", "20s", "--under-replicated"]);
    assert_eq!(partitions(&filtered).len(), 12, "every partition has a replica on broker 2");
    assert_eq!(partitions(&filtered), partitions(&whole));
    assert!(!filtered.contains("PartitionCount"), "no header lines");
    assert_eq!(kafkasim(&["describe", "broker-crash", "--at", "2s", "--under-replicated"]), "");
}
