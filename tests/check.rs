//! Stories of `kafkasim check`, told by running the program.

use std::path::Path;
use std::process::{Command, Output};

fn check(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kafkasim"));
    command.arg("check").args(arguments).current_dir(directory).output().expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("the program prints UTF-8")
}

#[test]
fn a_small_swarm_is_the_same_on_any_number_of_threads() {
    let directory = tempfile::tempdir().expect("a directory");
    let answers = ["1", "3"].map(|threads| {
        let output = check(directory.path(), &["--runs", "12", "--seed", "40", "--threads", threads, "--format", "json"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert_eq!(text(&output.stderr), "", "no progress where nobody watches");
        text(&output.stdout)
    });
    assert_eq!(answers[0], answers[1]);
    let answer: serde_json::Value = serde_json::from_str(&answers[0]).expect("it is JSON");
    assert_eq!((answer["runs"].as_u64(), answer["first"].as_u64()), (Some(12), Some(40)));
    assert!(answer["coverage"]["facts"]["reached"]["RecordDone"].as_u64() > Some(6), "{answer}");
    assert_eq!(std::fs::read_dir(directory.path()).expect("it is there").count(), 0, "nothing failed, nothing is written");
}

#[test]
fn the_answer_leads_with_how_it_went() {
    let directory = tempfile::tempdir().expect("a directory");
    let answer = text(&check(directory.path(), &["--runs", "2"]).stdout);
    assert!(answer.starts_with("The swarm, numbers 1 to 2\n\n2 clusters kept every promise and healed.\n"), "{answer}");
    assert!(answer.contains("never reached"), "{answer}");
}

#[test]
fn minutes_end_a_campaign() {
    let directory = tempfile::tempdir().expect("a directory");
    let output = check(directory.path(), &["--minutes", "0.01", "--format", "json"]);
    let answer: serde_json::Value = serde_json::from_str(&text(&output.stdout)).expect("it is JSON");
    assert!(answer["runs"].as_u64() >= Some(1), "{answer}");
}

#[test]
fn a_scenario_that_does_not_heal_is_told_and_the_last_line_repeats_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let broken = "duration = \"1500s\"\nfaults = [\"at 1s kill broker 1\"]\ncluster = { brokers = 3, controllers = 1 }\n\
         topic = [{ name = \"orders\", partitions = 3, replication_factor = 3 }]\n";
    std::fs::write(directory.path().join("broken.toml"), broken).expect("can be written");
    let output = check(directory.path(), &["broken.toml"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stdout).contains("broker 1 does not serve"), "{}", text(&output.stdout));
    assert_eq!(text(&output.stderr).lines().last(), Some("kafkasim check broken.toml"));

    std::fs::write(directory.path().join("whole.toml"), broken.replace("kill broker 1", "kill broker 1 for 20s")).expect("can be written");
    let output = check(directory.path(), &["whole.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
}

#[test]
fn bad_arguments_are_refused_with_the_remedy() {
    let directory = tempfile::tempdir().expect("a directory");
    let cases: [(&[&str], &str); 5] = [
        (&["--runs", "0"], "0 is not in 1.."),
        (&["--minutes", "-1"], "unexpected argument"),
        (&["--minutes", "soon"], "no number of minutes"),
        (&["--out", "nowhere", "--runs", "1"], "there is no such directory"),
        (&["x.toml", "--runs", "1"], "cannot be used with"),
    ];
    for (arguments, words) in cases {
        let output = check(directory.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(words), "{arguments:?}: {}", text(&output.stderr));
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_a_campaign_with_what_is_known() {
    use std::process::Stdio;
    let mut command = Command::new(env!("CARGO_BIN_EXE_kafkasim"));
    // A stretch in which no number fails.
    let arguments = ["check", "--runs", "1000000", "--seed", "200", "--threads", "1", "--format", "json"];
    let directory = tempfile::tempdir().expect("a directory");
    let campaign = command.current_dir(directory.path()).args(arguments).stdout(Stdio::piped()).spawn().expect("the program runs");
    std::thread::sleep(std::time::Duration::from_secs(2));
    let interrupt = Command::new("kill").args(["-INT", &campaign.id().to_string()]).status().expect("there is a kill");
    assert!(interrupt.success());
    let output = campaign.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0));
    let answer: serde_json::Value = serde_json::from_str(&text(&output.stdout)).expect("the answer is whole");
    assert!(answer["runs"].as_u64() >= Some(1), "{answer}");
}
