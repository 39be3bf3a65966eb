//! Stories of wrong input: it is refused with exit code 2 and one clear message for each mistake, nothing is printed and nothing is written.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

const DESCRIBE: &str = include_str!("data/describe/4.3.1-healthy.txt");

/// Three brokers, one topic, one producer.
const SCENARIO: &str = r#"duration = "10s"

[[topic]]
name = "orders"
partitions = 3

[[client]]
name = "app"
"#;

/// A directory with the files of a user.
struct Desk(TempDir);

impl Desk {
    fn new(files: &[(&str, &[u8])]) -> Desk {
        let desk = Desk(tempfile::tempdir().expect("a directory can be made"));
        for (name, bytes) in files {
            fs::write(desk.path().join(name), bytes).expect("a file can be written");
        }
        desk
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path()).expect("it is there");
        let mut names: Vec<String> = entries.map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn kafkasim(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kafkasim"));
        command.args(arguments).current_dir(self.path()).stdin(Stdio::null()).output().expect("the program runs")
    }

    /// Exit code 2, `mistakes` messages that say all of `words`, nothing on standard output, no file more than before.
    #[track_caller]
    fn refuses(&self, arguments: &[&str], mistakes: usize, words: &[&str]) {
        let before = self.names();
        let output = self.kafkasim(arguments);
        let message = String::from_utf8(output.stderr).expect("messages are UTF-8");
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(output.stdout.is_empty(), "it prints an answer all the same");
        assert_eq!(message.lines().filter(|line| line.starts_with("error: ")).count(), mistakes, "{message}");
        assert!(message.len() < 3000, "{} bytes are no message", message.len());
        for word in words {
            assert!(message.contains(word), "{word:?} is missing in:\n{message}");
        }
        for word in ["panicked", "bug of kafkasim", "RUST_BACKTRACE"] {
            assert!(!message.contains(word), "{message}");
        }
        assert_eq!(self.names(), before, "it left something behind");
    }

    /// The same of a run whose answer and events should go to files.
    #[track_caller]
    fn refuses_run(&self, arguments: &[&str], mistakes: usize, words: &[&str]) {
        let outputs = ["run", "-o", "answer.txt", "--events", "events.jsonl"];
        self.refuses(&[&outputs[..], arguments].concat(), mistakes, words);
    }
}

/// The mistakes of a scenario text.
#[track_caller]
fn scenario_refused(text: &str, mistakes: usize, words: &[&str]) {
    Desk::new(&[("case.toml", text.as_bytes())]).refuses_run(&["case.toml"], mistakes, words);
}

/// The mistakes of options beside a good scenario.
#[track_caller]
fn options_refused(options: &[&str], words: &[&str]) {
    Desk::new(&[("case.toml", SCENARIO.as_bytes())]).refuses_run(&[&["case.toml"], options].concat(), 1, words);
}

#[test]
fn a_description_that_was_cut_in_the_middle_of_a_line() {
    let line = DESCRIBE.find("orders-v2\tPartition: 2").expect("it is there");
    let cut = &DESCRIBE.as_bytes()[..line + 45];
    let desk = Desk::new(&[("describe.txt", cut)]);
    desk.refuses_run(&["--topics", "describe.txt"], 1, &["describe.txt:12:54", "the line has no Isr", "cut", "kafka-topics.sh --describe"]);
    desk.refuses(&["import", "--topics", "describe.txt", "-o", "case.toml"], 1, &["describe.txt:12:54"]);
}

#[test]
fn a_duration_where_a_properties_file_takes_a_number() {
    let properties = b"acks=all\nlinger.ms=5s\nretries=many\n";
    let desk = Desk::new(&[("describe.txt", DESCRIBE.as_bytes()), ("producer.properties", properties)]);
    desk.refuses_run(
        &["--topics", "describe.txt", "--client", "app=producer.properties"],
        2,
        &["producer.properties:2:11", "linger.ms", "write `linger.ms=5000`", "producer.properties:3:9", "retries"],
    );
    let server = b"node.id=101\nbroker.session.timeout.ms=18s\n";
    let desk = Desk::new(&[("describe.txt", DESCRIBE.as_bytes()), ("server.properties", server)]);
    desk.refuses_run(&["--topics", "describe.txt", "--broker", "server.properties"], 1, &["server.properties:2:27", "18000"]);
}

#[test]
fn a_broker_that_does_not_exist() {
    options_refused(&["--fault", "at 5s kill broker 9"], &["--fault:1:27", "there is no broker 9", "the brokers are 1, 2, 3"]);
    let desk = Desk::new(&[("describe.txt", DESCRIBE.as_bytes())]);
    let fault = ["--topics", "describe.txt", "--fault", "at 30s restart broker 2"];
    desk.refuses_run(&fault, 1, &["there is no broker 2", "the brokers are 101, 102, 103"]);
    let text = format!("faults = [\"at 1s kill broker 1\", \"at 2s cut broker 7 from clients\"]\n{SCENARIO}");
    scenario_refused(&text, 1, &["case.toml:1:", "there is no broker 7"]);
}

#[test]
fn a_fault_after_the_end() {
    options_refused(&["--fault", "at 11s kill broker 2"], &["--fault:1:12", "11s is after the end of the run", "`duration` above 11s"]);
    options_refused(&["--fault", "at 10s kill broker 2", "--set", "duration=9s"], &["10s is after the end of the run: 9s are counted"]);
}

#[test]
fn more_replicas_than_brokers() {
    scenario_refused(
        &SCENARIO.replace("partitions = 3", "partitions = 3\nreplication_factor = 4"),
        1,
        &["case.toml:6:22", "a replication factor of 4 does not fit 3 brokers", "write 1 to 3"],
    );
    options_refused(&["--fault", "at 1s create topic x partitions=1 replication_factor=4"], &["--fault:1:", "4"]);
}

#[test]
fn the_same_partition_twice() {
    let again = DESCRIBE.lines().find(|l| l.contains("orders-v2\tPartition: 1")).expect("it is there");
    let twice = format!("{DESCRIBE}{again}\n");
    let desk = Desk::new(&[("describe.txt", twice.as_bytes())]);
    desk.refuses_run(&["--topics", "describe.txt"], 1, &["describe.txt:16:", "partition orders-v2-1 is listed a second time", "line 11"]);
    let topic = "[[topic]]\nname = \"orders\"\npartitions = 3\n";
    scenario_refused(&format!("{topic}{SCENARIO}").replace("duration = \"10s\"\n", ""), 1, &["case.toml:6:8", "two topics `orders`"]);
    options_refused(&["--fault", "at 1s reassign orders-1 to 1,2; orders-1 to 2,3"], &["orders-1 stands twice"]);
    let assignment = SCENARIO.replace("partitions = 3", "assignment = [[1, 2], [2, 2]]");
    scenario_refused(&assignment, 1, &["case.toml:5:", "broker 2 stands twice"]);
}

#[test]
fn an_empty_file() {
    let desk = Desk::new(&[("empty", b""), ("blank", b"\n \n"), ("comment.toml", b"# later\n"), ("describe.txt", DESCRIBE.as_bytes())]);
    desk.refuses_run(&["empty"], 1, &["`empty` is empty"]);
    desk.refuses_run(&["blank"], 1, &["`blank` is empty"]);
    desk.refuses_run(&["comment.toml"], 1, &["comment.toml", "the scenario is empty", "kafkasim show rolling-restart"]);
    desk.refuses_run(&["--topics", "empty"], 1, &["`empty` is empty"]);
    desk.refuses_run(&["--topics", "describe.txt", "--client", "app=empty"], 1, &["`empty` is empty"]);
    desk.refuses_run(&["--topics", "comment.toml"], 1, &["comment.toml"]);
}

#[test]
fn a_line_of_a_hundred_megabytes() {
    let (hundred, sixty) = (vec![b'x'; 100_000_000], vec![b'x'; 60_000_000]);
    let quoted = [&b"duration = \"10s\"\nname = \""[..], &sixty, b"\"\n"].concat();
    let files: [(&str, &[u8]); 4] = [("hundred", &hundred), ("sixty", &sixty), ("quoted.toml", &quoted), ("d.txt", DESCRIBE.as_bytes())];
    let desk = Desk::new(&files);
    let (larger, longer) = (["`hundred` is larger than 64 MiB"], ["sixty", "60000000 bytes", "right file"]);
    desk.refuses_run(&["hundred"], 1, &larger);
    desk.refuses_run(&["--topics", "hundred"], 1, &larger);
    desk.refuses_run(&["--topics", "d.txt", "--quorum", "hundred"], 1, &larger);
    desk.refuses_run(&["sixty"], 1, &longer);
    desk.refuses_run(&["--topics", "sixty"], 1, &longer);
    desk.refuses_run(&["--topics", "d.txt", "--client", "app=sixty"], 1, &longer);
    desk.refuses_run(&["quoted.toml"], 1, &["quoted.toml", "line 2 has 60000009 bytes"]);
}

#[test]
fn a_mistake_in_a_long_line_is_told_without_the_line() {
    let text = format!("name = \"{}\", duration = \"10s\"\n{SCENARIO}", "x".repeat(100_000));
    scenario_refused(&text, 1, &["case.toml:1:1000", "this is no TOML"]);
}

#[test]
fn text_that_is_not_utf_8() {
    let desk =
        Desk::new(&[("case.toml", b"duration = \"10s\"\nname = \"caf\xe9\"\n"), ("describe.txt", b"Topic: t\xff\tPartitionCount: 1\n")]);
    desk.refuses_run(&["case.toml"], 1, &["case.toml:2:12", "byte 0xe9", "UTF-8"]);
    desk.refuses_run(&["--topics", "describe.txt"], 1, &["describe.txt:1:9", "byte 0xff"]);
}

#[test]
fn durations_that_are_none() {
    for (value, word) in [
        ("-5s", "`-5s` is negative"),
        ("5", "`5` has no unit"),
        ("0s", "nothing is counted in a duration of zero"),
        ("10000d", "longer than a year"),
        ("99999999999999999999s", "longer than a year"),
        ("10years", "`years` is no unit of time"),
        ("inf", "`inf` is no duration"),
        ("", "is no duration"),
    ] {
        options_refused(&["--set", &format!("duration={value}")], &["--set:1:16", word]);
        scenario_refused(&SCENARIO.replace("10s", value), 1, &["case.toml:1:12", word]);
    }
    options_refused(&["--fault", "at -5s kill broker 2"], &["--fault:1:12", "`-5s` is negative"]);
    options_refused(&["--fault", "at 5s kill broker 2 for 9000000000000d"], &["--fault:1:33", "longer than a year"]);
    options_refused(&["--set", "client.app.linger.ms=-5"], &["`linger.ms` must be 0 or more, not -5"]);
    options_refused(&["--set", "network.latency=-1ms"], &["--set:1:23", "negative"]);
}

#[test]
fn numbers_that_are_none() {
    options_refused(&["--seed", "banana"], &["banana", "--seed", "a seed is a whole number from 0 to 18446744073709551615"]);
    options_refused(&["--seed", "18446744073709551616"], &["18446744073709551616"]);
    options_refused(&["--set", "seed=-1"], &["`seed` cannot be negative"]);
    options_refused(&["--set", "request.timeout.ms=99999999999999999999"], &["--set:1:26", "no key takes such a number"]);
    options_refused(&["--set", "request.timeout.ms=10000000000000000000"], &["--set:1:26", "request.timeout.ms"]);
    options_refused(&["--set", "client.app.rate=-5"], &["--set:1:23", "a rate of -5 records a second"]);
    options_refused(&["--set", "client.app.rate=nan"], &["--set:1:23"]);
    options_refused(&["--set", "cluster.controllers=2"], &["2", "1, 3 or 5"]);
    options_refused(&["--set", "cluster.brokers=0"], &["--set:1:23"]);
    options_refused(&["--set", "topic.orders.partitions=4000000000"], &["--set:1:31"]);
}

#[test]
fn outputs_that_cannot_be_written() {
    let desk = Desk::new(&[("case.toml", SCENARIO.as_bytes()), ("describe.txt", DESCRIBE.as_bytes())]);
    let missing = ["`no/such/place` cannot be written", "its directory does not exist"];
    desk.refuses(&["run", "case.toml", "-o", "no/such/place"], 1, &missing);
    desk.refuses(&["run", "case.toml", "-o", "answer.txt", "--events", "no/such/place"], 1, &missing);
    desk.refuses(&["import", "--topics", "describe.txt", "-o", "no/such/place"], 1, &missing);
    desk.refuses(&["run", "case.toml", "-o", "."], 1, &["it is a directory"]);
    desk.refuses(&["run", "case.toml", "-o", "case.toml/answer"], 1, &["`case.toml/answer` cannot be written"]);
}

#[test]
fn a_run_of_a_billion_events_is_refused_with_the_estimate() {
    let words = ["this run would take about 7.2e9 events, more than 1.0e9", "shorten `duration`", "--max-events"];
    options_refused(&["--set", "client.app.rate=1000000", "--set", "duration=580s"], &words);
    options_refused(&["--set", "duration=300d", "--set", "client.app.rate=100"], &["events, more than 1.0e9"]);
}

#[test]
fn the_remedy_of_a_run_that_is_too_large_can_be_pasted() {
    let desk = Desk::new(&[("case.toml", SCENARIO.as_bytes())]);
    let large = ["--set", "client.app.rate=1000000", "--set", "duration=580s"];
    let refused = desk.kafkasim(&[&["run", "case.toml"], &large[..]].concat());
    let message = String::from_utf8(refused.stderr).expect("messages are UTF-8");
    let allowed = message.trim().rsplit(' ').next().expect("a word");
    let seen = ["run", "case.toml", "--set", "duration=1s", "--quiet", "--max-events", allowed];
    assert_eq!(desk.kafkasim(&seen).status.code(), Some(0), "{message}");
}

#[test]
fn a_run_that_turns_out_larger_than_it_may_be_is_stopped_and_leaves_nothing() {
    let words = ["stopped after", "more than allowed", "s into the run", "raise --max-events"];
    options_refused(&["--max-events", "1000"], &words);
    options_refused(&["--max-events", "1"], &words);
}

#[test]
fn exit_codes_are_those_of_the_manual() {
    let expecting = |line: &str| format!("expect = [\"{line}\"]\n{SCENARIO}");
    let (good, bad) = (expecting("records.lost = 0"), expecting("records.sent = 0"));
    let desk = Desk::new(&[("good.toml", good.as_bytes()), ("bad.toml", bad.as_bytes())]);
    let code = |arguments: &[&str]| desk.kafkasim(arguments).status.code();
    assert_eq!(code(&["run", "good.toml"]), Some(0));
    assert_eq!(code(&["run", "good.toml", "--quiet"]), Some(0));
    assert_eq!(code(&["run", "no.toml"]), Some(2));
    let output = desk.kafkasim(&["run", "bad.toml", "-o", "answer.txt"]);
    assert_eq!(output.status.code(), Some(1));
    let answer = fs::read_to_string(desk.path().join("answer.txt")).expect("an expectation that does not hold is an answer");
    assert!(answer.contains("records.sent = 0"), "{answer}");
}

#[test]
fn all_mistakes_of_a_file_are_told_at_once() {
    let text = "duratoin = \"10s\"\nfaults = [\"at 1s kil broker 1\", \"at 1s kill broker 4\"]\n\n[[topic]]\nname = \"orders\"\npartitions = -1\n\n\
                [[client]]\nname = \"app\"\nprofile = \"java-9\"\nconfig = { \"linger.mss\" = 5 }\n";
    let words = [
        "did you mean `duration`",
        "did you mean `kill`",
        "there is no broker 4",
        "case.toml:6:14",
        "cannot be negative",
        "java-9",
        "linger.mss",
    ];
    scenario_refused(text, 6, &words);
}

/// The small scenario whose client has these lines too.
fn with_client(lines: &str) -> String {
    format!("{SCENARIO}{lines}\n")
}

/// The mistake of a client's own file, where files of a real cluster are imported and where they are run.
#[track_caller]
fn client_file_refused(text: &str, words: &[&str]) {
    let desk = Desk::new(&[("describe.txt", DESCRIBE.as_bytes()), ("app.properties", text.as_bytes())]);
    let files = ["--topics", "describe.txt", "--client", "app=app.properties"];
    desk.refuses_run(&files, 1, words);
    desk.refuses(&[&["import", "-o", "case.toml"], &files[..]].concat(), 1, words);
}

#[test]
fn a_key_of_another_client_library() {
    let words = ["case.toml:9:12", "`kgo.MetadataMaxAge` is a key of franz-go", "write `metadata.max.age.ms`", "java's own key"];
    scenario_refused(&with_client("config = { \"kgo.MetadataMaxAge\" = \"30s\" }"), 1, &words);
    let words = ["case.toml:10:12", "`linger.ms` is a key of java", "write `kgo.ProducerLinger`"];
    scenario_refused(&with_client("profile = \"franz-go-1.22\"\nconfig = { \"linger.ms\" = 5 }"), 1, &words);
    let words = ["case.toml:10:12", "a key of kafkajs", "write `topic.metadata.refresh.interval.ms`"];
    scenario_refused(&with_client("profile = \"librdkafka-2.16\"\nconfig = { metadataMaxAge = 30000 }"), 1, &words);
    options_refused(&["--set", "client.app.kgo.ProducerLinger=5ms"], &["--set:1:", "a key of franz-go", "write `linger.ms`"]);
    options_refused(&["--set", "kgo.ProducerLinger=5ms"], &["`kgo.ProducerLinger` is a key of franz-go producer", "no such client"]);
    client_file_refused(
        "acks=all\nkgo.ProducerLinger=5ms\n",
        &["app.properties:2:1", "a key of franz-go", "write `linger.ms`", "# client: NAME"],
    );
    client_file_refused(
        "# client: franz-go-1.22\nretry.backoff.max.ms=1000\n",
        &["app.properties:2:1", "a key of java", "franz-go has nothing that stands for it"],
    );
}

#[test]
fn a_delivery_timeout_that_the_producer_refuses() {
    let words = ["case.toml:9:36", "`delivery.timeout.ms` is 20000", "linger.ms + request.timeout.ms is 30005", "30005 or more"];
    scenario_refused(&with_client("config = { \"delivery.timeout.ms\" = \"20s\" }"), 1, &words);
    options_refused(&["--set", "delivery.timeout.ms=20s"], &["--set:1:27", "the java producer refuses this"]);
    client_file_refused("delivery.timeout.ms=20000\n", &["app.properties:1:21", "30005 or more"]);
}

#[test]
fn idempotence_that_is_asked_for_without_its_acks() {
    let asked = with_client("config = { acks = 1, \"enable.idempotence\" = true }");
    scenario_refused(
        &asked,
        1,
        &["case.toml:9:45", "enable.idempotence is asked for, but acks is not all", "take enable.idempotence away"],
    );
    client_file_refused("acks=1\nenable.idempotence=true\n", &["app.properties:2:20", "acks is not all"]);
    // Where it is only the default it goes off silently.
    let desk = Desk::new(&[("case.toml", with_client("config = { acks = 1 }").as_bytes())]);
    assert_eq!(desk.kafkasim(&["run", "case.toml", "--quiet"]).status.code(), Some(0));
    let rdkafka = with_client("profile = \"librdkafka-2.16\"\nconfig = { acks = 1, \"enable.idempotence\" = true }");
    scenario_refused(&rdkafka, 1, &["case.toml:10:19", "`acks` is 1 with `enable.idempotence`", "the librdkafka producer refuses this"]);
    // franz-go never turns it off by itself.
    let franz = with_client("profile = \"franz-go-1.22\"\nconfig = { \"kgo.RequiredAcks\" = \"LeaderAck\" }");
    scenario_refused(&franz, 1, &["case.toml:10:33", "kgo.RequiredAcks", "kgo.DisableIdempotentWrite = true"]);
}

#[test]
fn too_many_requests_in_flight_with_idempotence() {
    let many = with_client("config = { \"max.in.flight.requests.per.connection\" = 6 }");
    scenario_refused(&many, 1, &["case.toml:9:54", "is 6 with idempotence", "set it to 5 or less"]);
    let asked =
        with_client("profile = \"java-3.9\"\nconfig = { \"enable.idempotence\" = true, \"max.in.flight.requests.per.connection\" = 6 }");
    scenario_refused(&asked, 1, &["case.toml:10:35", "max.in.flight.requests.per.connection is above 5"]);
    // Before 4.0 the default went off silently.
    let old = many.replace("name = \"app\"", "name = \"app\"\nprofile = \"java-3.9\"");
    let desk = Desk::new(&[("case.toml", old.as_bytes())]);
    assert_eq!(desk.kafkasim(&["run", "case.toml", "--quiet"]).status.code(), Some(0));
}

#[test]
fn a_client_profile_that_does_not_exist() {
    let profile = |name: &str| with_client(&format!("profile = \"{name}\""));
    scenario_refused(&profile("java-2.8"), 1, &["case.toml:9:11", "there is no client profile `java-2.8`", "java-3.6.0 (3.5.0 to 3.6.0)"]);
    scenario_refused(&profile("jawa-4.3"), 1, &["case.toml:9:11", "did you mean `java-4.3`?", "kafkasim clients"]);
    options_refused(&["--set", "client.app.profile=cobol-1.0"], &["--set:1:26", "`cobol-1.0`", "there are java-3.6.0"]);
    client_file_refused("# client: java-2.8\n", &["app.properties:1:1", "no client library `java-2.8`", "java-4.3"]);
    let desk = Desk::new(&[]);
    desk.refuses(&["clients", "show", "jawa-4.3"], 1, &["there is no client profile `jawa-4.3`", "did you mean `java-4.3`?"]);
    desk.refuses(&["clients", "diff", "java-4.3", "java-2.8"], 1, &["there is no client profile `java-2.8`"]);
}

#[test]
fn a_profile_that_is_its_own_base() {
    let own = |name: &str, base: &str| format!("[[profile]]\nname = \"{name}\"\nbase = \"{base}\"\n\n");
    let with = |profiles: &str| format!("{profiles}{SCENARIO}").replace("duration = \"10s\"\n", "");
    scenario_refused(&with(&own("ours", "ours")), 1, &["case.toml:3:8", "profile `ours` is its own base", "write base = \"java-4.3\""]);
    let circle = own("a", "b") + &own("b", "a");
    scenario_refused(&with(&circle), 1, &["case.toml:7:8", "profile `a` is its own base, through b"]);
    scenario_refused(&with(&own("ours", "theirs")), 1, &["case.toml:3:8", "there is no client profile `theirs`"]);
    let behaviour = own("ours", "java-4.3").trim_end().to_owned() + "\npolicies = { \"metadata.leader-hint\" = 1 }\n";
    scenario_refused(&with(&behaviour), 1, &["case.toml:4:14", "no behaviour of java", "did you mean `metadata.leader-hints`?"]);
    scenario_refused(&with(&behaviour.replace("hint\"", "hints\"")), 1, &["case.toml:4:40", "takes true or false, not `1`"]);
}
