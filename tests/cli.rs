//! Stories of the command line, told by running the program.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn kafkasim(arguments: &[&str]) -> Output {
    kafkasim_in(Path::new(env!("CARGO_TARGET_TMPDIR")), arguments)
}

fn kafkasim_in(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kafkasim"));
    command.args(arguments).current_dir(directory).stdin(Stdio::null()).output().expect("the program runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("the program prints UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("the program prints UTF-8")
}

/// Exit 2, nothing on standard output, no panic, and a message that says all of `words`.
#[track_caller]
fn refused(output: &Output, words: &[&str]) {
    let message = stderr(output);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert_eq!(stdout(output), "");
    assert!(!message.contains("panicked") && !message.contains("bug of kafkasim"), "{message}");
    for word in words {
        assert!(message.contains(word), "{word:?} is missing in:\n{message}");
    }
}

#[test]
fn help_names_every_verb_and_exit_code() {
    let output = kafkasim(&["--help"]);
    assert!(output.status.success());
    let text = stdout(&output);
    let verbs = [
        "run",
        "watch",
        "sweep",
        "compare",
        "merge",
        "horizon",
        "import",
        "calibrate",
        "describe",
        "list",
        "clients",
        "show",
        "schema",
        "completions",
        "man",
    ];
    for word in verbs.into_iter().chain(["101", "NO_COLOR", "kafkasim run rolling-restart"]) {
        assert!(text.contains(word), "{word} is missing in:\n{text}");
    }
    for verb in verbs {
        assert!(kafkasim(&[verb, "--help"]).status.success(), "{verb}");
    }
}

#[test]
fn the_version_is_that_of_the_package() {
    assert_eq!(stdout(&kafkasim(&["--version"])), format!("kafkasim {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn without_a_verb_it_explains_itself() {
    let output = kafkasim(&[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("Usage: kafkasim"));
}

#[test]
fn mistyped_arguments_are_refused_with_the_remedy() {
    refused(&kafkasim(&["rum"]), &["rum", "run"]);
    refused(&kafkasim(&["run", "rolling-restart", "--seed", "banana"]), &["banana", "--seed", "a seed is a whole number"]);
    refused(&kafkasim(&["run", "rolling-restart", "--seed", "-1"]), &["-1"]);
    refused(&kafkasim(&["run", "rolling-restart", "--set", "duration"]), &["--set", "KEY=VALUE", "a name, `=` and a value"]);
    refused(&kafkasim(&["run", "rolling-restart", "--max-events", "many"]), &["many", "--max-events"]);
    refused(&kafkasim(&["run", "rolling-restart", "--format", "pdf"]), &["pdf", "text", "json", "markdown"]);
    refused(&kafkasim(&["run", "--topics", "x", "--load", "orders=fast"]), &["fast", "records a second"]);
    refused(&kafkasim(&["run", "--topics", "x", "--load", "orders=-5"]), &["-5", "records a second"]);
    refused(&kafkasim(&["run"]), &["SCENARIO"]);
    refused(&kafkasim(&["run", "--broker", "server.properties"]), &["--topics"]);
    refused(&kafkasim(&["import"]), &["--topics FILE is needed", "kafka-topics.sh"]);
    refused(&kafkasim(&["describe", "rolling-restart"]), &["--at"]);
    refused(&kafkasim(&["man", "rum"]), &["no verb `rum`"]);
}

#[test]
fn a_scenario_that_is_not_there_is_named() {
    refused(&kafkasim(&["run", "no/such/file.toml"]), &["error: there is no file `no/such/file.toml`"]);
    refused(&kafkasim(&["run", "quite-something-else"]), &["no scenario and no file `quite-something-else`", "kafkasim list"]);
    refused(&kafkasim(&["show", "."]), &["`.` is a directory"]);
    refused(&kafkasim(&["import", "--topics", "no-such-dump.txt"]), &["there is no file `no-such-dump.txt`"]);
}

#[test]
fn files_that_are_no_text_are_refused_with_their_place() {
    let directory = tempfile::tempdir().expect("a directory");
    let write = |name: &str, bytes: &[u8]| std::fs::write(directory.path().join(name), bytes).expect("can be written");
    write("empty.toml", b"");
    write("latin1.toml", b"name = \"x\"\nabout = \"caf\xe9\"\n");
    write("utf16.txt", b"\xff\xfeT\0o\0");
    refused(&kafkasim_in(directory.path(), &["run", "empty.toml"]), &["`empty.toml` is empty"]);
    refused(&kafkasim_in(directory.path(), &["run", "latin1.toml"]), &["latin1.toml:2:13", "byte 0xe9", "UTF-8"]);
    refused(&kafkasim_in(directory.path(), &["import", "--topics", "utf16.txt"]), &["UTF-16", "PowerShell"]);
}

#[test]
fn a_file_of_a_hundred_megabytes_is_refused_at_once() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = std::fs::File::create(directory.path().join("huge.txt")).expect("can be made");
    file.set_len(100 << 20).expect("can be made long");
    refused(&kafkasim_in(directory.path(), &["import", "--topics", "huge.txt"]), &["`huge.txt`", "larger than 64 MiB"]);
}

#[test]
fn an_output_that_cannot_be_written_is_refused_before_the_run_and_nothing_is_left() {
    let directory = tempfile::tempdir().expect("a directory");
    let run = |output: &str| kafkasim_in(directory.path(), &["run", "rolling-restart", "-o", output]);
    refused(&run("no/such/directory/answer.txt"), &["`no/such/directory/answer.txt` cannot be written", "directory does not exist"]);
    refused(&run("."), &["`.` cannot be written", "it is a directory"]);
    let both = kafkasim_in(directory.path(), &["run", "rolling-restart", "-o", "x", "--events", "x"]);
    refused(&both, &["the answer and the events cannot both go to `x`"]);
    let picture = kafkasim_in(directory.path(), &["run", "rolling-restart", "--report", "no/such/report.html"]);
    refused(&picture, &["`no/such/report.html` cannot be written", "directory does not exist"]);
    let same = kafkasim_in(directory.path(), &["run", "rolling-restart", "--report", "x", "--picture", "x"]);
    refused(&same, &["the report and the picture cannot both go to `x`"]);
    assert_eq!(std::fs::read_dir(directory.path()).expect("is there").count(), 0);
}

#[test]
fn a_run_is_written_as_a_page_and_as_a_picture_beside_its_answer() {
    let directory = tempfile::tempdir().expect("a directory");
    let files = ["--report", "run.html", "--picture", "move.svg", "--picture-of", "move"];
    let output = kafkasim_in(directory.path(), &[&["run", "preferred-election"], &files[..]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let read = |name: &str| std::fs::read_to_string(directory.path().join(name)).expect("it was written");
    assert!(read("run.html").contains("kafkasim run preferred-election --seed 1"), "the command that repeats it, without the files");
    assert!(read("move.svg").starts_with("<svg"));
    let calm = ["run", "preferred-election", "-q", "--set", "faults=[]", "--picture", "calm.svg", "--picture-of", "move"];
    refused(&kafkasim_in(directory.path(), &calm), &["no leader moved in this run"]);
}

#[test]
fn without_a_terminal_nothing_is_played() {
    refused(&kafkasim(&["watch", "preferred-election"]), &["`watch` plays in a terminal", "--report report.html"]);
    refused(&kafkasim(&["watch", "preferred-election", "--speed", "0"]), &["a speed lies between"]);
}

/// As a shell has it in `-o >(gzip)` and `--events /dev/stderr`.
#[test]
#[cfg(unix)]
fn an_output_may_be_a_pipe_that_is_there() {
    let directory = tempfile::tempdir().expect("a directory");
    let text = "duration = \"1s\"\ntopic = [{ name = \"t\", partitions = 1 }]\nclient = [{ name = \"c\", rate = 5 }]\n";
    std::fs::write(directory.path().join("case.toml"), text).expect("can be written");
    let output = kafkasim_in(directory.path(), &["run", "case.toml", "--format", "json", "-o", "/dev/stdout", "--events", "/dev/stderr"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(serde_json::from_str::<serde_json::Value>(&stdout(&output)).is_ok(), "{}", stdout(&output));
    assert!(stderr(&output).lines().any(|line| line.starts_with("{\"at_ms\"")), "{}", stderr(&output));
}

#[test]
fn the_clients_are_listed_shown_and_held_against_each_other() {
    let list = stdout(&kafkasim(&["clients"]));
    for word in
        ["java-4.3", "java-3.6", "franz-go-1.22", "kafkajs-2.2", "measured", "source", "producer, consumer", "kafkasim clients show NAME"]
    {
        assert!(list.contains(word), "{word} is missing in:\n{list}");
    }
    let show = stdout(&kafkasim(&["clients", "show", "kafkajs"]));
    for word in
        ["kafkajs-2.2", "metadata.leader-hints", "Defects that its users live with", "brokerPool.js", "retry.initialRetryTime", "300ms"]
    {
        assert!(show.contains(word), "{word} is missing in:\n{show}");
    }
    // By name within a library: hints came with 3.7, the linger with 4.0.
    let releases = stdout(&kafkasim(&["clients", "diff", "java-3.6", "java-4.3"]));
    let row = |text: &str, key: &str| text.lines().find(|l| l.contains(key)).map(|l| l.split_whitespace().collect::<Vec<_>>().join(" "));
    assert_eq!(row(&releases, "metadata.leader-hints").as_deref(), Some("metadata.leader-hints false true"));
    assert_eq!(row(&releases, "linger.ms").as_deref(), Some("linger.ms 0ms 5ms"));
    assert_eq!(row(&releases, "request.timeout.ms"), None, "what is the same is not told");
    // By what the keys stand for across libraries; `all` and `-1` are one.
    let libraries = stdout(&kafkasim(&["clients", "diff", "java", "kafkajs"]));
    let retries = row(&libraries, "how often something failed is tried again");
    assert_eq!(retries.as_deref(), Some("how often something failed is tried again retries = unlimited retry.retries = 5"));
    assert!(row(&libraries, "acks").is_none() && row(&libraries, "metadata.max.age.ms").is_none(), "{libraries}");
    assert!(stdout(&kafkasim(&["clients", "diff", "java-4.3", "java-4.1"])).contains("Nothing differs."));
}

#[test]
fn the_clients_are_there_for_programs_too() {
    let json = |arguments: &[&str]| {
        let words = [&["clients"], arguments, &["--format", "json"]].concat();
        serde_json::from_str::<serde_json::Value>(&stdout(&kafkasim(&words))).expect("it is JSON")
    };
    let list = json(&[]);
    let java = list.as_array().expect("a list").iter().find(|line| line["name"] == "java-4.3").expect("it is listed");
    assert_eq!((java["evidence"].as_str(), java["roles"].as_array().map(Vec::len)), (Some("measured"), Some(2)));
    let show = json(&["show", "java-3.9.1"]);
    assert_eq!(show["name"], "java-3.9");
    assert!(show["policies"].as_array().expect("a list").iter().all(|p| !p["source"].as_str().unwrap_or_default().is_empty()));
    assert!(show["consumer"].as_array().expect("a list").iter().any(|s| s["key"] == "fetch.max.wait.ms" && s["default"] == "500ms"));
    let diff = json(&["diff", "java-3.6", "java-4.3"]);
    assert!(diff["producer"].as_array().expect("a list").iter().any(|p| p["a"]["value"] == "0ms" && p["b"]["value"] == "5ms"));
}

#[test]
fn every_shell_has_completions_that_know_the_verbs() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = kafkasim(&["completions", shell]);
        assert!(output.status.success() && stdout(&output).contains("describe"), "{shell}");
    }
    refused(&kafkasim(&["completions", "cmd"]), &["cmd", "bash"]);
}

#[test]
fn the_manual_has_a_page_for_the_program_and_for_each_verb() {
    assert!(stdout(&kafkasim(&["man"])).contains(".TH kafkasim 1"));
    assert!(stdout(&kafkasim(&["man", "run"])).contains("max\\-events"));
}

#[test]
fn the_schema_of_the_answer_names_its_fields() {
    let schema: serde_json::Value = serde_json::from_str(&stdout(&kafkasim(&["schema"]))).expect("it is JSON");
    let fields = &schema["answer"]["properties"];
    for field in
        ["schema", "kafkasim", "seed", "digest", "requests", "records", "clients", "moves", "windows", "checks", "metadata_requests"]
    {
        assert!(fields.get(field).is_some(), "{field}");
    }
    let answer: serde_json::Value = serde_json::from_str(&stdout(&kafkasim(&["schema", "answer"]))).expect("it is JSON");
    assert_eq!(answer, schema["answer"]);
}

#[test]
#[cfg(unix)]
fn a_reader_that_goes_away_is_no_failure() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kafkasim"));
    let mut child = command.args(["completions", "zsh"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the program ends");
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stderr(&output), "");
}

#[test]
fn a_scenario_can_come_from_standard_input() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kafkasim"));
    let mut child = command.args(["show", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program runs");
    child.stdin.take().expect("it is piped").write_all(b"name = \"mine\"\n").expect("the program reads");
    let output = child.wait_with_output().expect("the program ends");
    assert_eq!(stdout(&output), "name = \"mine\"\n");
}

#[test]
fn a_month_is_told_in_the_time_of_its_faults_and_its_episodes_can_be_looked_at() {
    let directory = tempfile::tempdir().expect("a directory");
    let month = ["horizon", "broker-crash", "--set", "duration=30d", "--set", "faults=[]", "--fault", "at 9d kill broker 2 for 1m"];
    let output = kafkasim_in(directory.path(), &[&month[..], &["--episodes", "days"]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    for words in
        ["30 d with 1 fault in 1 episode", "The longest interruption was", "day 10 00:00:00", "kill broker 2 for 1m", "no records failed"]
    {
        assert!(text.contains(words), "{words:?} is missing in:\n{text}");
    }
    let explained = kafkasim_in(directory.path(), &["explain", "days/episode-001.toml", "--no-tries"]);
    assert!(stdout(&explained).contains("broker 2 is killed"), "{}{}", stdout(&explained), stderr(&explained));
    refused(&kafkasim_in(directory.path(), &[&month[..], &["--episodes", "days"]].concat()), &["days", "is not empty", "name a new one"]);
    refused(&kafkasim(&["horizon", "broker-crash", "--set", "faults=[]"]), &["nothing happens", "--fault"]);
}

#[test]
fn many_months_are_told_together_whatever_the_threads() {
    let months =
        ["horizon", "broker-crash", "--set", "duration=30d", "--set", "faults=[]", "--fault", "random kill of brokers every 20d for 1m"];
    let told = |threads: &str, more: &[&str]| kafkasim(&[&months[..], &["--seeds", "3", "--threads", threads], more].concat());
    let output = told("1", &[]);
    let text = stdout(&output);
    assert!(output.status.success(), "{}", stderr(&output));
    for words in ["3 horizons of 30 d", "seeds 1 to 3", "lost in none of 3 horizons (chance at most 71 %)", "--seeds 3"] {
        assert!(text.contains(words), "{words:?} is missing in:\n{text}");
    }
    assert_eq!(stdout(&told("3", &[])), text);
    refused(&told("1", &["--seed", &u64::MAX.to_string()]), &["beyond the largest seed", "a smaller --seed"]);
    refused(&told("1", &["--episodes", "days"]), &["--episodes are those of one horizon", "leave --seeds away"]);
}
