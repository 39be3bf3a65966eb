//! Stories of `kafkasim sweep`, `merge` and `compare`, told by running the program.

#[path = "sweep/bench.rs"]
mod bench;
#[path = "sweep/compare.rs"]
mod compare;
#[path = "sweep/ended_early.rs"]
mod ended_early;
#[path = "sweep/pages.rs"]
mod pages;
#[path = "sweep/refused.rs"]
mod refused;
#[path = "sweep/shards.rs"]
mod shards;
#[path = "sweep/tables.rs"]
mod tables;

use bench::Bench;

#[test]
fn a_sweep_is_the_same_on_any_number_of_threads() {
    let bench = Bench::new();
    let answers = ["1", "3"].map(|threads| {
        let words = ["tiny.toml", "--vary", "metadata.max.age.ms=1s,5m", "--vary", "linger.ms=0,5", "--seeds", "4"];
        let output = bench.sweep(&[&words[..], &["--threads", threads, "--out", threads, "--format", "json"]].concat());
        assert_eq!(output.code, 0, "{}", output.stderr);
        assert_eq!(output.stderr, "", "no progress where nobody watches");
        output.stdout
    });
    assert_eq!(answers[0], answers[1]);
    assert_eq!(bench.files("1"), bench.files("3"));
    let answer: serde_json::Value = serde_json::from_str(&answers[0]).expect("it is JSON");
    let study = &answer["study"];
    assert_eq!((study["runs"].as_u64(), study["missing"].as_u64()), (Some(16), Some(0)));
    let keys: Vec<&str> = study["keys"].as_array().expect("keys").iter().filter_map(|key| key["key"].as_str()).collect();
    assert_eq!(keys, ["metadata.max.age.ms", "linger.ms"]);
    assert_eq!(answer["variants"].as_array().expect("variants").len(), 4);
}

#[test]
fn a_directory_holds_the_plan_the_runs_the_answer_and_pictures() {
    let bench = Bench::new();
    let output = bench.sweep(&["tiny.toml", "--vary", "metadata.max.age.ms=1s,2s,5m", "--seeds", "3", "--out", "out", "--format", "json"]);
    let files = bench.files("out");
    for file in ["study.json", "journal.jsonl", "runs.csv", "windows.csv", "summary.json", "report.md"] {
        assert!(files.contains_key(file), "{file} is missing in {:?}", files.keys());
    }
    assert!(files.keys().any(|file| file.starts_with("plots/") && file.ends_with(".svg")), "{:?}", files.keys());
    assert_eq!(files["summary.json"], output.stdout.into_bytes());
}

#[test]
fn without_anything_varied_a_sweep_puts_error_bars_on_a_scenario() {
    let bench = Bench::new();
    let answer = bench.sweep(&["tiny.toml", "--seeds", "5", "--format", "json"]).json();
    assert_eq!(answer["variants"][0]["name"], "as it is");
    let sent = &answer["variants"][0]["metrics"]["records.sent"];
    assert_eq!(sent["runs"], 5);
    assert!(sent["mean"]["low"].is_number(), "{sent}");
}

#[test]
fn the_cheapest_setting_that_meets_a_bound_is_named() {
    let bench = Bench::new();
    let words = ["tiny.toml", "--vary", "metadata.max.age.ms=1s,5m", "--seeds", "4", "--require", "records.lost < 1", "--format", "json"];
    let answer = bench.sweep(&words).json();
    assert_eq!(answer["choice"]["variant"], "metadata.max.age.ms=5m", "{}", answer["choice"]);
    assert_eq!(answer["choice"]["minimised"], "metadata_requests");
}

#[test]
fn a_sample_spreads_over_whole_ranges_and_is_the_same_every_time() {
    let bench = Bench::new();
    let words = ["tiny.toml", "--vary", "metadata.max.age.ms=1s..5m", "--vary", "linger.ms=1..100", "--sample", "6", "--seeds", "2"];
    let [one, other] = [(); 2].map(|()| bench.sweep(&[&words[..], &["--format", "json"]].concat()).stdout);
    assert_eq!(one, other);
    let answer: serde_json::Value = serde_json::from_str(&one).expect("it is JSON");
    assert_eq!(answer["variants"].as_array().expect("variants").len(), 6);
}

#[test]
fn a_broken_promise_ends_with_3_and_the_command_that_repeats_its_run() {
    let bench = Bench::new();
    let words = ["tiny.toml", "--vary", "linger.ms=0,5", "--seeds", "2", "--out", "out"];
    assert_eq!(bench.sweep(&words).code, 0);
    // As if a run had found one.
    bench.edit("out/journal.jsonl", |text| text.replacen("{\"job\":3,", "{\"job\":3,\"violated\":[\"one leader per epoch\"],", 1));
    let output = bench.sweep(&[&words[..], &["--resume"]].concat());
    assert_eq!(output.code, 3, "{}", output.stderr);
    assert_eq!(output.stderr.lines().last(), Some("kafkasim run tiny.toml --set linger.ms=5 --seed 2"));
}
