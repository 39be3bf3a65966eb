//! Sweeps that are ended before they are done: what is done is kept, and is gone on with.

use super::bench::{Bench, of};
use std::process::Command;

const WORDS: [&str; 5] = ["tiny.toml", "--vary", "linger.ms=0,5", "--seeds", "20"];

fn resumed(bench: &Bench) -> super::bench::Ended {
    bench.sweep(&[&WORDS[..], &["--out", "out", "--resume"]].concat())
}

/// The same sweep, never ended.
fn whole(bench: &Bench) {
    assert_eq!(bench.sweep(&[&WORDS[..], &["--out", "whole"]].concat()).code, 0);
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_it_with_what_is_done_and_the_command_that_goes_on() {
    let bench = Bench::new();
    let sweep = bench.begin(&[&WORDS[..], &["--threads", "1", "--format", "json"]].concat(), "out", 5);
    assert!(Command::new("kill").args(["-INT", &sweep.id().to_string()]).status().expect("there is a kill").success());
    let output = of(sweep.wait_with_output().expect("it ends"));
    let answer = output.json();
    let (done, missing) = (answer["study"]["runs"].as_u64().expect("runs"), answer["study"]["missing"].as_u64().expect("missing"));
    assert!(done >= 5 && missing > 0 && done + missing == 40, "{done} and {missing}");
    assert!(output.stderr.contains(&format!("{done} of 40 runs are done and in the answer, {missing} missing")), "{}", output.stderr);
    let go_on = output.stderr.lines().last().expect("a command");
    assert_eq!(bench.shell(go_on).code, 0);
    whole(&bench);
    assert_eq!(bench.files("out"), bench.files("whole"));
}

#[test]
fn a_killed_sweep_loses_at_most_the_runs_in_flight_and_does_none_twice() {
    let bench = Bench::new();
    let mut sweep = bench.begin(&[&WORDS[..], &["--threads", "2"]].concat(), "out", 8);
    sweep.kill().expect("it can be killed");
    sweep.wait().expect("it ends");
    let kept = bench.journal("out");
    assert!((8..40).contains(&kept.lines().count()), "{} runs", kept.lines().count());
    // A run that is done again would not keep this.
    bench.edit("out/journal.jsonl", |text| text.replacen("\"digest\":\"", "\"digest\":\"marked-", 1));
    assert_eq!(resumed(&bench).code, 0);
    bench.edit("out/journal.jsonl", |text| text.replacen("marked-", "", 1));
    whole(&bench);
    assert_eq!(bench.journal("out"), bench.journal("whole"));
    let tables = std::fs::read_to_string(bench.path("out/runs.csv")).expect("it is there");
    assert!(tables.contains("marked-"), "what was done was taken as it was");
}

#[test]
fn a_torn_last_line_is_dropped_and_its_run_is_done_again() {
    let bench = Bench::new();
    whole(&bench);
    std::fs::rename(bench.path("whole"), bench.path("out")).expect("can be moved");
    let whole = bench.files("out");
    bench.edit("out/journal.jsonl", |text| text[..text.len() - 100].to_owned());
    let output = resumed(&bench);
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert!(output.stderr.contains("the last line of `out/journal.jsonl` is not whole: its run is done again"), "{}", output.stderr);
    assert_eq!(bench.files("out"), whole);
}

#[test]
fn a_bad_line_in_the_middle_is_refused_with_its_number() {
    let bench = Bench::new();
    whole(&bench);
    std::fs::rename(bench.path("whole"), bench.path("out")).expect("can be moved");
    bench.edit("out/journal.jsonl", |text| text.replacen("{\"job\":6,", "{\"job\":6;", 1));
    resumed(&bench).refused(&["out/journal.jsonl:7:", "no run of a study", "take the line out"]);
    bench.edit("out/journal.jsonl", |text| text.replacen("{\"job\":6;", "{\"job\":8,", 1));
    resumed(&bench).refused(&["out/journal.jsonl:7:", "none of this study"]);
}

#[cfg(feature = "parquet")]
#[test]
fn a_parquet_file_that_is_cut_short_is_written_anew() {
    let bench = Bench::new();
    whole(&bench);
    std::fs::rename(bench.path("whole"), bench.path("out")).expect("can be moved");
    let whole = bench.files("out");
    std::fs::write(bench.path("out/runs.parquet"), &whole["runs.parquet"][..500]).expect("can be written");
    let output = resumed(&bench);
    assert!(output.stderr.contains("`out/runs.parquet` is cut short: it is written anew from the journal"), "{}", output.stderr);
    assert_eq!(bench.files("out"), whole);
}

#[test]
fn more_seeds_extend_a_sweep() {
    let bench = Bench::new();
    let seeds =
        |seeds: &'static str, more: &[&'static str]| [&["tiny.toml", "--vary", "linger.ms=0,5", "--seeds", seeds, "--out"], more].concat();
    assert_eq!(bench.sweep(&seeds("3", &["out"])).code, 0);
    assert_eq!(bench.sweep(&seeds("8", &["out", "--resume"])).code, 0);
    assert_eq!(bench.sweep(&seeds("8", &["fresh"])).code, 0);
    assert_eq!(bench.files("out"), bench.files("fresh"));
    bench.sweep(&seeds("5", &["out", "--resume"])).refused(&["--out out", "8 seeds, more than 5", "at least as many"]);
}

/// A limit on the size of a file, as a full disk: what does not fit is not written.
#[cfg(unix)]
#[test]
fn a_disk_that_fills_up_is_told_with_the_file_and_nothing_that_is_done_is_lost() {
    let bench = Bench::new();
    let words = format!("{} --out out", WORDS.join(" "));
    let output = bench.shell(&format!("trap '' XFSZ; ulimit -f 64; exec kafkasim sweep {words}"));
    output.refused(&["`out/journal.jsonl` cannot be written", "--resume goes on"]);
    let kept = bench.journal("out");
    assert!(kept.lines().count() > 2, "{}", kept.lines().count());
    assert!(!bench.path("out/runs.csv").exists(), "nothing is half written");
    assert_eq!(resumed(&bench).code, 0);
    whole(&bench);
    assert_eq!(bench.files("out"), bench.files("whole"));
}
