//! Stories of hostile input: text that would steer a terminal, names that would write elsewhere, small files that ask for too much.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Instant;
use tempfile::TempDir;

/// What a terminal would obey: sequences that clear the screen, hide a link, set the clipboard; C1 controls, a carriage return and
/// backspaces, a change of direction, what has no width; and a line that would look like one of ours.
const STEERS: &str = "x\u{1b}[2J\u{1b}]8;;http://e\u{7}\u{1b}]52;c;aGk=\u{7}\u{9b}31m\u{202e}\u{200b}\u{8}\u{7f}\u{e0041}\r\nerror: forged";
/// The same without what a name of a file or of a client cannot hold.
const STEERS_IN_A_NAME: &str = "x\u{1b}[2J\u{9b}31m\u{202e}\u{200b}\u{8}\u{7f}y";

const DESCRIBE: &str = include_str!("data/describe/4.3.1-healthy.txt");
const QUORUM: &str = include_str!("data/quorum/4.3.1.txt");

/// A directory with the files of a user.
struct Desk(TempDir);

impl Desk {
    fn new(files: &[(&str, &str)]) -> Desk {
        let desk = Desk(tempfile::tempdir().expect("a directory can be made"));
        for (name, text) in files {
            fs::write(desk.path().join(name), text).expect("a file can be written");
        }
        desk
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn kafkasim(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kafkasim"));
        command.args(arguments).current_dir(self.path()).stdin(Stdio::null()).output().expect("the program runs")
    }

    /// It ends with one of its exit codes, and what it prints is only shown by a terminal. Gives what it printed.
    #[track_caller]
    fn is_only_shown(&self, arguments: &[&str]) -> String {
        let output = self.kafkasim(arguments);
        let code = output.status.code();
        let printed = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("it prints UTF-8")).concat();
        assert!(matches!(code, Some(0..=2)), "{arguments:?} ended with {code:?}:\n{printed}");
        let obeyed = printed.chars().find(|c| !matches!(c, '\n' | '\t') && (c.is_control() || "\u{202e}\u{200b}\u{e0041}".contains(*c)));
        assert_eq!(obeyed, None, "{arguments:?}:\n{printed:?}");
        assert!(!printed.lines().any(|line| line.starts_with("error: forged")), "{arguments:?}:\n{printed}");
        printed
    }
}

/// `text` as TOML has it between quotes.
fn in_toml(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c.to_string() } else { format!("\\U{:08x}", u32::from(c)) }).collect()
}

/// A scenario in which `@name@` stands at every place where its writer chooses the words.
const PLACES: &str = r#"
name = "@name@"
about = "@about@"
notes = ["@note@"]
duration = "2s"
count_from = "1s"
faults = ["at 1s @fault@"]
expect = ["@expectation@ > 0"]
kafka = "@release@"
"@key@" = 1
[network]
latency = { "@latency@" = "1ms" }
[config]
"min.insync.replicas" = "@value@"
"@setting@" = 1
[cluster]
racks = ["@rack@"]
[[topic]]
name = "@topic@"
partitions = 1
[[profile]]
name = "@profile@"
base = "@base@"
policies = { "@policy@" = "@policy value@" }
[[client]]
name = "@client@"
profile = "java-4.3"
rate = 5
config = { "@client setting@" = "@client value@", acks = "@acks@" }
[[client]]
name = "reader"
group = "@group@"
"#;

/// What the other places say, so that the scenario is good but for one of them; a line with nothing for it is left out.
const GOOD: &[(&str, &str)] = &[
    ("@name@", "a name"),
    ("@about@", "about"),
    ("@note@", "a note"),
    ("@rack@", "a"),
    ("@topic@", "orders"),
    ("@profile@", "ours"),
    ("@base@", "java-4.3"),
    ("@client@", "app"),
    ("@group@", "g"),
];

/// The scenario with `hostile` at one place.
fn scenario_with(place: &str, hostile: &str) -> String {
    let mut text = String::new();
    for line in PLACES.lines() {
        let mut line = line.replace(place, hostile);
        GOOD.iter().for_each(|(place, good)| line = line.replace(place, good));
        if !line.contains('@') {
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}

fn places() -> Vec<String> {
    PLACES.split('@').skip(1).step_by(2).map(|name| format!("@{name}@")).collect()
}

#[test]
fn no_word_of_a_scenario_steers_the_terminal_of_who_runs_it() {
    for place in places() {
        for hostile in [STEERS, STEERS_IN_A_NAME] {
            let desk = Desk::new(&[("case.toml", &scenario_with(&place, &in_toml(hostile)))]);
            for format in ["text", "json", "markdown"] {
                desk.is_only_shown(&["run", "case.toml", "--format", format]);
            }
            desk.is_only_shown(&["run", "case.toml", "--quiet", "--events", "-"]);
            desk.is_only_shown(&["describe", "case.toml", "--at", "1s"]);
            desk.is_only_shown(&["describe", "case.toml", "--at", "1s", "--quorum"]);
            desk.is_only_shown(&["show", "./case.toml"]);
        }
    }
}

/// Raw bytes, which TOML itself refuses or allows, and lines that are drawn because something beside them is wrong.
#[test]
fn no_line_of_a_scenario_steers_the_terminal_when_it_is_drawn() {
    let steers = STEERS.replace('\n', "");
    for text in [format!("a = 1 # {steers}\n"), "# \u{202e}\u{9b}\nduration = 5 # \u{202e}\u{e0041}\n".to_owned(), format!("{steers} = ")] {
        let desk = Desk::new(&[("case.toml", &text)]);
        desk.is_only_shown(&["run", "case.toml"]);
        desk.is_only_shown(&["show", "./case.toml"]);
    }
}

#[test]
fn no_name_of_a_file_steers_the_terminal() {
    let name = format!("{STEERS_IN_A_NAME}.toml");
    let good = scenario_with("@none@", "");
    for text in [good.as_str(), "duration = 5\n", "", "\u{0}"] {
        let desk = Desk::new(&[(&name, text), ("d", DESCRIBE), ("bad", "Topic: ?")]);
        desk.is_only_shown(&["run", &name]);
        desk.is_only_shown(&["run", &name, "-o", &name, "--events", &name]);
        desk.is_only_shown(&["run", "absent", "-o", &format!("{name}/x")]);
        desk.is_only_shown(&["describe", &name, "--at", "9h"]);
        for option in ["--topics", "--broker", "--quorum"] {
            desk.is_only_shown(&["import", "--topics", "d", option, &name]);
        }
        desk.is_only_shown(&["run", "--topics", "d", "--client", &format!("{STEERS_IN_A_NAME}={name}"), "--set", "duration=1s"]);
    }
}

#[test]
fn no_word_of_the_command_line_steers_the_terminal() {
    let desk = Desk::new(&[("case.toml", &scenario_with("@none@", "")), ("d", DESCRIBE), ("q", QUORUM)]);
    let set = format!("client.app.rate={STEERS}");
    let (key, named, load) = (format!("{STEERS}=1"), format!("{STEERS}=d"), format!("{STEERS}=5"));
    let (option, fault) = (format!("--{STEERS}"), format!("at 1s kill {STEERS}"));
    let run = |option: &'static str, value| vec!["run", "case.toml", option, value];
    let import = |option: &'static str, value| vec!["import", "--topics", "d", option, value];
    let mut lines = vec![
        vec![STEERS],
        vec![&option],
        vec!["help", STEERS],
        vec!["run", STEERS],
        vec!["show", STEERS],
        vec!["completions", STEERS],
        vec!["man", STEERS],
        vec!["clients", STEERS],
        vec!["clients", "show", STEERS],
        vec!["clients", "diff", STEERS, STEERS],
        vec!["schema", STEERS],
        vec!["list", STEERS],
        vec!["describe", "case.toml", "--at", STEERS],
        vec!["run", "case.toml", STEERS],
    ];
    lines.extend(
        [("--set", &*set), ("--set", &key), ("--set", STEERS), ("--fault", &fault), ("--fault", STEERS), ("--seed", STEERS)]
            .map(|(o, v)| run(o, v)),
    );
    lines.extend(
        [("--format", STEERS), ("--max-events", STEERS), ("--load", STEERS), ("-o", "/"), ("--events", "absent/\u{9b}")]
            .map(|(o, v)| run(o, v)),
    );
    lines.extend(
        [("--racks", STEERS), ("--load", &*load), ("--kafka", STEERS), ("--client", &named), ("--quorum", "d")].map(|(o, v)| import(o, v)),
    );
    for line in lines {
        desk.is_only_shown(&line);
    }
}

#[test]
fn no_word_in_the_files_of_a_cluster_steers_the_terminal() {
    let escaped: String = STEERS.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    let raw = STEERS.replace(['\r', '\n'], "");
    let client = |key: &str| format!("linger.ms=5\n{}\n", key.replace('@', &escaped));
    let describes = [
        DESCRIBE.to_owned(),
        format!("{raw}\n{DESCRIBE}"),
        DESCRIBE.replace("orders-v2", &raw),
        DESCRIBE.replace("Configs: ", &format!("Configs: a={raw},{raw}=b,")),
        DESCRIBE.replace("TopicId: ", &format!("TopicId: {raw}")),
        DESCRIBE.replace("Leader: ", &format!("Leader: {raw}")),
    ];
    let properties = [
        "",
        "client.id=@",
        "group.id=@",
        "@=1",
        "# client: @",
        "acks=@",
        "security.protocol=@",
        "bootstrap.servers=@",
        "partitioner.class=@",
        "\\u12",
    ];
    let servers = [
        "node.id=101",
        "node.id=@",
        "node.id=101\nbroker.rack=@",
        "node.id=101\n@=1",
        "node.id=101\nlisteners=@",
        "node.id=101\nprocess.roles=@",
    ];
    let quorums =
        [QUORUM.to_owned(), QUORUM.replace("ClusterId:   ", &format!("ClusterId: {raw}")), QUORUM.replace("CONTROLLER", &raw), raw.clone()];
    let desk = Desk::new(&[("d", DESCRIBE), ("c", "linger.ms=5\n"), ("s", "node.id=101\n"), ("q", QUORUM)]);
    let try_all = |file: &str, text: &str| {
        fs::write(desk.path().join(file), text).expect("it can be written");
        let named = format!("{STEERS_IN_A_NAME}=c");
        let files = ["--topics", "d", "--client", &named, "--broker", "s", "--quorum", "q"];
        desk.is_only_shown(&[&["import"], &files[..]].concat());
        desk.is_only_shown(&[&["run", "--set", "duration=1s", "--set", "count_from=1s"], &files[..]].concat());
    };
    describes.iter().for_each(|text| try_all("d", text));
    try_all("d", DESCRIBE);
    properties.iter().for_each(|line| try_all("c", &client(line)));
    try_all("c", "linger.ms=5\n");
    servers.iter().for_each(|text| try_all("s", &text.replace('@', &escaped)));
    try_all("s", "node.id=101\n");
    quorums.iter().for_each(|text| try_all("q", text));
}

#[test]
fn no_line_of_a_log_steers_the_terminal() {
    let raw = STEERS.replace(['\r', '\n'], "");
    let logs = [
        ("--state-change-log", format!("INFO [Broker id={raw}] Leader a-1 starts at leader epoch 5")),
        ("--state-change-log", format!("INFO [Broker id=1] Leader {raw} starts at leader epoch 5")),
        ("--server-log", format!("INFO [BrokerServer id=1] {raw}")),
        ("--request-log", format!("DEBUG Completed request:{{\"requestHeader\":{{\"{raw}")),
        ("--request-log", format!("DEBUG Completed request:{raw}")),
    ];
    for (option, line) in logs {
        let desk = Desk::new(&[("log", &format!("[2026-11-22 10:00:00,000] {line}\n{raw}\n"))]);
        desk.is_only_shown(&["calibrate", option, "log"]);
    }
    let desk = Desk::new(&[("dump", &format!("baseOffset: {raw}\n| offset: 1 payload: {{{raw}\n")), (STEERS_IN_A_NAME, "x")]);
    desk.is_only_shown(&["calibrate", "--metadata-dump", "dump"]);
    desk.is_only_shown(&["calibrate", "--metadata-dump", STEERS_IN_A_NAME]);
}

/// Markdown goes into pages: a name stays a name there.
#[test]
fn no_word_of_a_scenario_becomes_markup_of_a_page() {
    let markup = "</td><script>alert(1)</script>|![x](http://e)&lt`a`";
    for place in ["@name@", "@note@", "@client@", "@group@"] {
        let desk = Desk::new(&[("case.toml", &scenario_with(place, markup))]);
        let page = desk.is_only_shown(&["run", "case.toml", "--format", "markdown"]);
        assert!(page.contains("script"), "{place} is missing in\n{page}");
        // What stands after a backslash is no markup.
        let live: String =
            page.split('\\').enumerate().map(|(i, part)| part.chars().skip(usize::from(i > 0)).collect::<String>()).collect();
        for tag in ["<script", "](http", "|!", "`a`", "&lt"] {
            assert!(!live.contains(tag), "{place}: {tag} in\n{page}");
        }
    }
}

/// Runs in two gigabytes of memory, and is refused in words before a minute has gone.
#[track_caller]
fn refused_at_once(text: &str, arguments: &[&str]) {
    let desk = Desk::new(&[("case", text), ("d", DESCRIBE)]);
    let begun = Instant::now();
    let limited = ["-c", "ulimit -v 2000000 && exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_kafkasim")];
    let mut command = Command::new("sh");
    let output = command.args(limited).args(arguments).current_dir(desk.path()).stdin(Stdio::null()).output().expect("it runs");
    let message = String::from_utf8(output.stderr).expect("it prints UTF-8");
    let start: String = text.chars().take(80).collect();
    assert_eq!(output.status.code(), Some(2), "{start}: {message}");
    assert!(message.starts_with("error: ") && message.len() < 10_000, "{start}: {} bytes: {message:.2000}", message.len());
    assert!(begun.elapsed().as_secs() < 60, "{start}: took {:?}", begun.elapsed());
}

#[test]
fn a_small_scenario_that_asks_for_too_much_is_refused_at_once() {
    let topic = "topic = [{ name = \"t\", partitions = 3 }]\n";
    let client = "client = [{ name = \"c\", rate = 1 }]\n";
    let whole = format!("{topic}{client}");
    let topics: String = (0..1000).map(|i| format!("[[topic]]\nname = \"t{i}\"\npartitions = 1000000\nreplication_factor = 1\n")).collect();
    let fleets: String = (0..1000).map(|i| format!("[[client]]\nname = \"c{i}\"\ncount = 100000\n")).collect();
    for text in [
        "topic = [{ name = \"t\", partitions = 4000000000 }]\n".to_owned(),
        "topic = [{ name = \"t\", partitions = 99999999999999999999999999 }]\n".to_owned(),
        topics,
        "cluster = { brokers = 1000 }\ntopic = [{ name = \"t\", partitions = 1000000, replication_factor = 1000 }]\n".to_owned(),
        "cluster = { brokers = 4000000000 }\n".to_owned() + &whole,
        format!("cluster = {{ broker_ids = [{}] }}\n{whole}", (0..200_000).map(|i| format!("{i},")).collect::<String>()),
        format!("{topic}client = [{{ name = \"c\", count = 1000000000 }}]\n"),
        fleets + topic.replace("topic = [{", "[[topic]]\n").replace(", ", "\n").replace(" }]", "").as_str(),
        format!("{topic}client = [{{ name = \"c\", rate = 1e308 }}]\n"),
        format!("{topic}client = [{{ name = \"c\", rate = inf }}]\n"),
        format!("{topic}client = [{{ name = \"c\", rate = nan }}]\n"),
        format!("duration = \"10000d\"\n{whole}"),
        format!("duration = \"366d\"\n{whole}"),
        format!("duration = \"1e400d\"\n{whole}"),
        format!("faults = [\"random kill of brokers every 1ns for 1ns\"]\n{whole}"),
        format!("faults = [{}]\n{whole}", "\"random kill of brokers every 2ms for 1ms\",".repeat(10_000)),
        format!("faults = [\"at 1s create topic x partitions=4000000000 replication_factor=1\"]\n{whole}"),
        format!("faults = [\"at 1s elect preferred {}\"]\n{whole}", "t-0,".repeat(100_000)),
        format!("a = {}{}\n", "[".repeat(100_000), "]".repeat(100_000)),
        format!("a = {}1{}\n", "{ a = ".repeat(100_000), "}".repeat(100_000)),
        format!("config.{} = 1\n", "a.".repeat(100_000) + "b"),
        format!("[config.{}]\n", "a.".repeat(100_000) + "b"),
        format!("{}b = 1{}\n", ("a.".repeat(78) + "a = {").repeat(78), "}".repeat(78)),
        format!("name = \"{}\"\n{whole}", "x".repeat(10 << 20)),
        format!("name = \"{}\"\nduration = 5\n{whole}", "x\\n".repeat(100_000)),
        (0..100_000).map(|i| format!("k{i} = 1\n")).collect(),
        format!("expect = [\"{} > 1\"]\n{whole}", "a.".repeat(100_000)),
        format!("network = {{ latency = {{ default = \"percentiles({})\" }} }}\n{whole}", "p50 1ms, ".repeat(50_000)),
    ] {
        refused_at_once(&text, &["run", "case"]);
    }
}

#[test]
fn a_file_of_a_cluster_that_asks_for_too_much_is_refused_at_once() {
    let nested = format!("{}CurrentVoters: {}", QUORUM.split("CurrentVoters").next().expect("it has a start"), "[".repeat(500_000));
    refused_at_once(&nested, &["import", "--topics", "d", "--quorum", "case"]);
    for text in [
        "x".repeat(10 << 20),
        "Topic: t\tPartitionCount: 2147483647\tReplicationFactor: 1\tConfigs: \n".to_owned(),
        "Topic: t\tPartitionCount: 1\tReplicationFactor: 1\tConfigs: \n".repeat(50_000),
        format!("Topic: t\tPartition: 0\tLeader: 1\tReplicas: {}\tIsr: 1\n", "1,".repeat(200_000)),
    ] {
        refused_at_once(&text, &["import", "--topics", "case"]);
    }
    refused_at_once(&"a\\\n".repeat(1 << 20), &["import", "--topics", "d", "--broker", "case"]);
    for text in ["\\u".repeat(200_000), format!("={}", "\n=".repeat(100_000))] {
        refused_at_once(&text, &["import", "--topics", "d", "--broker", "case"]);
        refused_at_once(&text, &["import", "--topics", "d", "--client", "app=case"]);
    }
}
