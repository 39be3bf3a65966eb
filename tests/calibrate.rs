//! Stories of an operator who measures his own machines: `calibrate` over the logs of his brokers, and `run` with what it found.

use serde_json::Value;
use std::fmt::Write;
use std::fs;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// Excerpts of a real cluster's logs (Kafka 4.3.1): broker 102 is stopped and started again, 101 takes over and gives back.
const STATE_101: &str = include_str!("data/logs/broker-101-state-change.log");
const STATE_102: &str = include_str!("data/logs/broker-102-state-change.log");
const SERVER_102: &str = include_str!("data/logs/broker-102-server.log");
/// The commits of that cluster, in the layout of `kafka-dump-log.sh`.
const DUMP: &str = include_str!("data/logs/metadata-dump.txt");

/// The files of one user.
struct Desk(TempDir);

impl Desk {
    fn new(files: &[(&str, &str)]) -> Desk {
        let desk = Desk(tempfile::tempdir().expect("a directory"));
        files.iter().for_each(|(name, text)| fs::write(desk.0.path().join(name), text).expect("a file can be written"));
        desk
    }

    fn kafkasim(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kafkasim"));
        command.args(arguments).current_dir(self.0.path()).stdin(Stdio::null()).output().expect("the program runs")
    }

    /// What a good command says on standard output and on standard error.
    #[track_caller]
    fn good(&self, arguments: &[&str]) -> (String, String) {
        let output = self.kafkasim(arguments);
        let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("it prints UTF-8"));
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {err}");
        (out, err)
    }

    /// The costs that a calibration finds, as TOML, and what it says of them, without line breaks.
    #[track_caller]
    fn costs(&self, arguments: &[&str]) -> (toml::Table, String) {
        let (out, err) = self.good(&[&["calibrate"], arguments].concat());
        (out.parse().expect("it is TOML"), unbroken(&err))
    }

    #[track_caller]
    fn refused(&self, arguments: &[&str], words: &[&str]) {
        let output = self.kafkasim(arguments);
        let message = String::from_utf8(output.stderr).expect("messages are UTF-8");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert!(output.stdout.is_empty(), "it prints costs all the same");
        for word in words {
            assert!(message.contains(word), "{word:?} is missing in:\n{message}");
        }
    }
}

fn unbroken(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn restarted() -> Desk {
    Desk::new(&[("sc-101.log", STATE_101), ("sc-102.log", STATE_102), ("server-102.log", SERVER_102), ("dump.txt", DUMP)])
}

const ALL_LOGS: [&str; 7] =
    ["--state-change-log", "sc-101.log", "sc-102.log", "--server-log", "server-102.log", "--metadata-dump", "dump.txt"];

fn percentiles(costs: &toml::Table, key: &str) -> Vec<(String, f64)> {
    let text = costs["costs"].get(key).unwrap_or_else(|| panic!("{key} was not learnt")).as_str().expect("a text");
    let inside = text.strip_prefix("percentiles(").and_then(|rest| rest.strip_suffix(')')).expect("an empirical distribution");
    let point = |point: &str| {
        let (label, value) = point.split_once(' ').expect("a label and a value");
        (label.to_owned(), value.strip_suffix("ms").expect("in milliseconds").parse().expect("a number"))
    };
    inside.split(", ").map(point).collect()
}

#[track_caller]
fn value(costs: &toml::Table, key: &str, label: &str) -> f64 {
    let points = percentiles(costs, key);
    points.iter().find(|(l, _)| l == label).unwrap_or_else(|| panic!("{key} has no {label}: {points:?}")).1
}

#[test]
fn a_real_restart_tells_roles_propagation_start_and_stop() {
    let (costs, said) = restarted().costs(&ALL_LOGS);
    // Read by hand from the excerpts. Commit 54.201: broker 101 begins at 54.243 and 102 at 54.249; commit 11.321: 11.356 and 11.360; less 25 ms.
    assert_eq!((value(&costs, "metadata_apply", "min"), value(&costs, "metadata_apply", "max")), (10.0, 23.0));
    // 101: 54.243 to 54.274; 102: 11.360 to 11.527.
    assert_eq!((value(&costs, "first_leader_role", "min"), value(&costs, "first_leader_role", "max")), (31.0, 167.0));
    assert_eq!((value(&costs, "next_leader_role", "min"), value(&costs, "next_leader_role", "max")), (16.0, 27.0));
    // 102 hands over in 6 ms, 101 follows in 29 and later in none; the twelve roles of the start are new to their process.
    assert_eq!((value(&costs, "first_follower_role", "min"), value(&costs, "first_follower_role", "max")), (0.0, 29.0));
    // The first role of the new process took 65 ms, in place of the median of 6.
    assert_eq!(value(&costs, "cold", "max"), 59.0);
    for (key, ms) in [("start", 1901.0), ("clean_recovery", 362.0), ("listen", 14.0), ("stop", 497.0)] {
        assert_eq!((value(&costs, key, "min"), value(&costs, key, "max")), (ms, ms), "{key}");
    }
    assert!(costs["costs"].get("unclean_recovery").is_none() && costs["costs"].get("produce").is_none());
    for words in ["few samples", "produce: it takes a request log", "raft_flush: no log tells it", "typical"] {
        assert!(said.contains(words), "{words:?} is missing in:\n{said}");
    }
}

#[test]
fn several_brokers_have_a_profile_each() {
    let (costs, _) = restarted().costs(&[&ALL_LOGS[..], &["--name", "ours"]].concat());
    assert_eq!(costs["costs"]["name"].as_str(), Some("ours"));
    let profiles = costs["cost_profile"].as_array().expect("a list");
    let names: Vec<&str> = profiles.iter().filter_map(|profile| profile["name"].as_str()).collect();
    assert_eq!(names, ["ours 101", "ours 102"]);
    assert!(profiles[0].get("stop").is_none() && profiles[1].get("stop").is_some(), "only 102 was stopped");
}

/// Answered requests as Kafka logs them: `local(i)` and `queue(i)` in microseconds, one each 10 ms.
fn request_log(count: u64, api: &str, request: &str, local: impl Fn(u64) -> u64, queue: impl Fn(u64) -> u64) -> String {
    let mut log = String::new();
    for i in 0..count {
        let (ms, minute, second) = (i * 10 % 1000, i / 6000 % 60, i / 100 % 60);
        let (local, queue) = (local(i) as f64 / 1000.0, queue(i) as f64 / 1000.0);
        writeln!(
            log,
            "[2026-11-22 10:{minute:02}:{second:02},{ms:03}] DEBUG Completed request:{{\"isForwarded\":false,\"requestHeader\":{{\"requestApiKey\":0,\
             \"requestApiVersion\":12,\"correlationId\":{i},\"clientId\":\"app\",\"requestApiKeyName\":\"{api}\"}},\"request\":{request},\
             \"response\":{{}},\"connection\":\"10.0.0.1:9092-10.0.0.9:40212-3\",\"totalTimeMs\":99.0,\"requestQueueTimeMs\":{queue},\
             \"localTimeMs\":{local},\"remoteTimeMs\":80.0,\"throttleTimeMs\":0,\"responseQueueTimeMs\":0.1,\"sendTimeMs\":0.2,\
             \"securityProtocol\":\"PLAINTEXT\",\"principal\":\"User:ANONYMOUS\",\"listener\":\"PLAINTEXT\",\"clientInformation\":{{}}}} \
             (kafka.request.logger)"
        )
        .expect("a string can be written to");
    }
    log
}

#[test]
fn known_distributions_come_back_from_their_log() {
    // Uniform from 0 to 10 ms and from 0 to 2 ms, in an order that is not theirs.
    let scattered = |i: u64| i * 7919 % 10_000;
    let produce = request_log(10_000, "PRODUCE", "{\"acks\":-1,\"topicData\":[]}", scattered, |i| scattered(i) / 5);
    let fetch = |request: &str, local: u64| request_log(1000, "FETCH", request, move |_| local, |_| 100);
    let desk = Desk::new(&[
        ("kafka-request.log", &produce),
        ("replica.log", &fetch("{\"replicaState\":{\"replicaId\":2,\"replicaEpoch\":5},\"topics\":[]}", 250)),
        ("consumer.log", &fetch("{\"maxWaitMs\":500,\"topics\":[]}", 750)),
        ("raft.log", &fetch("{\"replicaState\":{\"replicaId\":2},\"topics\":[{\"topicId\":\"AAAAAAAAAAAAAAAAAAAAAQ\"}]}", 90_000)),
    ]);
    let logs = ["--request-log", "1=kafka-request.log", "1=replica.log", "1=consumer.log", "1=raft.log"];
    let (costs, said) = desk.costs(&logs);
    for (label, percent) in [("p5", 5.0), ("p25", 25.0), ("p50", 50.0), ("p75", 75.0), ("p95", 95.0), ("p99", 99.0), ("p99.9", 99.9)] {
        let expected = percent / 10.0;
        let found = value(&costs, "produce", label);
        assert!((found - expected).abs() < 0.0015, "produce {label}: {found} for {expected}");
    }
    assert_eq!((value(&costs, "produce", "min"), value(&costs, "produce", "max")), (0.0, 9.999), "the wait for followers is not in it");
    assert_eq!((value(&costs, "replica_fetch", "p50"), value(&costs, "fetch", "p50")), (0.25, 0.75));
    assert!(costs.get("cost_profile").is_none(), "one broker needs no profile of its own");
    assert!(said.contains("1000 requests are of kinds that the model does not have, or are fetches of the metadata log"), "{said}");
    assert!(said.contains("request handlers were busy"), "{said}");
}

#[test]
fn a_run_with_these_costs_names_them_in_every_form_of_its_answer() {
    let desk = restarted();
    let (_, said) = desk.good(&[&["calibrate", "-o", "ours.toml"], &ALL_LOGS[..]].concat());
    assert!(said.contains("kafkasim run SCENARIO --costs ours.toml"), "{said}");
    let short = [
        "run",
        "preferred-election",
        "--set",
        "duration=25s",
        "--set",
        "faults=[\"at 1s restart broker 2 down 3s\"]",
        "--set",
        "expect=[]",
    ];
    let with = |more: &[&str]| desk.good(&[&short[..], more].concat()).0;
    let answer: Value = serde_json::from_str(&with(&["--costs", "ours.toml", "--format", "json"])).expect("it is JSON");
    assert_eq!(answer["costs"], "ours");
    let repeat = answer["repeat"].as_str().expect("a command");
    assert!(repeat.contains("--costs ours.toml"), "{repeat}");
    let plain: Value = serde_json::from_str(&with(&["--format", "json"])).expect("it is JSON");
    assert_eq!(plain["costs"], "typical");
    assert_ne!(answer["digest"], plain["digest"], "the costs count");
    for format in ["text", "markdown"] {
        // Markdown escapes the quotes of a name.
        let told = |more: &[&str]| unbroken(&with(&[more, &["--format", format]].concat())).replace('\\', "");
        assert!(told(&["--costs", "ours.toml"]).contains("the cost profile `ours`."), "{format}");
        assert!(told(&[]).contains("the cost profile `typical`, not measured on your machines."), "{format}");
    }
    let own = with(&["--costs", "ours.toml", "--set", "broker.2.costs=ours 102", "--format", "json"]);
    let own: Value = serde_json::from_str(&own).expect("it is JSON");
    assert_eq!(own["costs"], "ours, ours 102");
}

#[test]
fn logs_of_another_zone_are_noticed_and_their_zone_is_proposed() {
    let desk = restarted();
    let later = |text: &str| text.replace("[2026-11-22 16:", "[2026-11-22 18:");
    fs::write(desk.0.path().join("sc-101.log"), later(STATE_101)).expect("a file can be written");
    let (costs, said) = desk.costs(&["--state-change-log", "sc-101.log", "--metadata-dump", "dump.txt"]);
    assert!(costs["costs"].get("metadata_apply").is_none());
    assert!(said.contains("--utc-offset=+02:00"), "{said}");
    let (costs, _) = desk.costs(&["--state-change-log", "sc-101.log", "--metadata-dump", "dump.txt", "--utc-offset=+02:00"]);
    assert_eq!(value(&costs, "metadata_apply", "max"), 17.0);
}

#[test]
fn a_window_leaves_out_what_is_not_asked_for() {
    let window = ["--from", "2026-11-22 16:39:00", "--to", "2026-11-22 16:39:10"];
    let (costs, _) = restarted().costs(&[&ALL_LOGS[..], &window].concat());
    assert!(costs["costs"].get("stop").is_none() && costs["costs"].get("first_leader_role").is_none());
    assert_eq!(value(&costs, "start", "max"), 1901.0);
    restarted().refused(&[&["calibrate", "--from", "16:39:00"], &ALL_LOGS[..]].concat(), &["write --from and --to with their date"]);
    let night = ["--from", "2026-11-23 00:00:00"];
    restarted().refused(&[&["calibrate"], &ALL_LOGS[..], &night].concat(), &["nothing between --from and --to"]);
}

#[test]
fn rotated_files_are_one_log_in_any_order() {
    let at = SERVER_102.find("[2026-11-22 16:39:05,673]").expect("it is there");
    let desk = restarted();
    fs::write(desk.0.path().join("server.log"), &SERVER_102[at..]).expect("a file can be written");
    fs::write(desk.0.path().join("server.log.2026-11-22-15"), &SERVER_102[..at]).expect("a file can be written");
    let rotated = ["--server-log", "server.log", "server.log.2026-11-22-15", "--state-change-log", "sc-102.log"];
    let (costs, _) = desk.costs(&rotated);
    for (key, ms) in [("start", 1901.0), ("clean_recovery", 362.0), ("listen", 14.0), ("stop", 497.0)] {
        assert_eq!(value(&costs, key, "max"), ms, "{key}");
    }
}

#[test]
fn a_log_without_dates_tells_how_long_but_not_how_long_after_a_commit() {
    let desk = restarted();
    fs::write(desk.0.path().join("sc-101.log"), STATE_101.replace("[2026-11-22 ", "[")).expect("a file can be written");
    let (costs, said) = desk.costs(&["--state-change-log", "sc-101.log", "--metadata-dump", "dump.txt", "--from", "16:38:00"]);
    assert_eq!(value(&costs, "first_leader_role", "max"), 31.0);
    assert!(costs["costs"].get("metadata_apply").is_none() && said.contains("have no commit in the metadata dump"), "{said}");
}

#[test]
fn a_cut_line_is_told_with_its_place_and_too_many_are_an_error() {
    let whole = request_log(100, "PRODUCE", "{}", |_| 500, |_| 100);
    let cut = format!("{whole}{}", &whole[..200]);
    let (costs, said) = Desk::new(&[("r.log", &cut)]).costs(&["--request-log", "r.log"]);
    assert_eq!(value(&costs, "produce", "p50"), 0.5);
    assert!(said.contains("1 line of 101 left out as unreadable; the first is r.log:101: the line is cut off"), "{said}");
    let garbled: String = whole.lines().map(|line| format!("{}\n", &line[..line.len().min(250)])).collect();
    let desk = Desk::new(&[("r.log", &garbled)]);
    desk.refused(&["calibrate", "--request-log", "r.log"], &["r.log:1: 100 of 100 lines cannot be read", "the line is cut off"]);
}

#[test]
fn what_is_no_such_log_is_refused_with_the_remedy() {
    let desk = restarted();
    fs::write(desk.0.path().join("empty.log"), "").expect("a file can be written");
    fs::write(desk.0.path().join("packed.log.gz"), b"\x1f\x8b\x08\x00\x00\x00\x00\x00").expect("a file can be written");
    for (arguments, words) in [
        (&["calibrate"][..], &["nothing to measure", "--request-log"][..]),
        (&["calibrate", "--request-log", "server-102.log"], &["`server-102.log`: no answered request is in it", "DEBUG"]),
        (&["calibrate", "--state-change-log", "dump.txt"], &["no line is about a broker"]),
        (&["calibrate", "--metadata-dump", "sc-101.log"], &["kafka-dump-log.sh --cluster-metadata-decoder"]),
        (&["calibrate", "--server-log", "sc-101.log"], &["no start, stop or load of groups"]),
        (&["calibrate", "--server-log", "empty.log"], &["`empty.log` is empty"]),
        (&["calibrate", "--server-log", "packed.log.gz"], &["is compressed", "gzip -dc"]),
        (&["calibrate", "--server-log", "none.log"], &["there is no file `none.log`"]),
        (&["calibrate", "--server-log", "server-102.log", "server-102.log"], &["is given twice"]),
        (&["calibrate", "--server-log", "server-102.log", "--utc-offset", "CET"], &["`CET` is no offset from UTC", "+02:00"]),
        (&["calibrate", "--server-log", "server-102.log", "--from", "noon"], &["`noon` is no time"]),
    ] {
        desk.refused(arguments, words);
    }
}

#[test]
fn a_file_that_is_no_file_of_costs_is_refused_at_its_line() {
    let desk = Desk::new(&[
        ("other.toml", "[costs]\nname = \"x\"\n\n[cluster]\nbrokers = 9\n"),
        ("wrong.toml", "[costs]\nproduce = \"fast\"\n"),
        ("broken.toml", "[costs\n"),
        ("unknown.toml", "[costs]\nprodcue = \"1ms\"\n"),
    ]);
    for (file, words) in [
        ("other.toml", &["`cluster` is no key of a file of costs", "other.toml:4"][..]),
        ("wrong.toml", &["`fast`", "wrong.toml:2"]),
        ("broken.toml", &["this is no TOML", "broken.toml:1"]),
        ("unknown.toml", &["prodcue", "unknown.toml:2"]),
        ("none.toml", &["there is no file `none.toml`"]),
    ] {
        desk.refused(&["run", "preferred-election", "--costs", file], words);
    }
}
