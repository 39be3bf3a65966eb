//! Comparisons: variants under the same seeds.

use super::bench::Bench;

#[test]
fn variants_are_compared_with_the_scenario_as_it_is_seed_by_seed() {
    let bench = Bench::new();
    let words = ["compare", "tiny.toml", "--variant", "short:metadata.max.age.ms=1s", "--variant", "slow:linger.ms=50,batch.size=100"];
    let words = [&words[..], &["--seeds", "6", "--metric", "metadata_requests", "--format", "json"]].concat();
    let answer = bench.kafkasim(&words).json();
    let names: Vec<&str> = answer["comparisons"].as_array().expect("comparisons").iter().filter_map(|c| c["variant"].as_str()).collect();
    assert_eq!(names, ["short", "slow"]);
    let difference = &answer["comparisons"][0]["metrics"][0];
    assert_eq!((difference["metric"].as_str(), difference["pairs"].as_u64()), (Some("metadata_requests"), Some(6)));
    assert_eq!(difference["higher"], 6, "a shorter age asks more often under every seed: {difference}");
    assert_eq!(difference["supported"], true);
    assert_eq!(answer["comparisons"][0]["against"], "as it is");
}

#[test]
fn scenarios_are_compared_with_the_first() {
    let bench = Bench::new();
    let answer = bench.kafkasim(&["compare", "tiny.toml", "random.toml", "--seeds", "3", "--format", "json"]).json();
    assert_eq!(answer["comparisons"][0]["against"], "tiny.toml");
    assert_eq!(answer["comparisons"][0]["variant"], "random.toml");
    assert_eq!(answer["stopping"]["looks"], serde_json::json!([3]));
}

#[test]
fn it_runs_until_the_interval_is_narrow_enough_whatever_the_number_of_threads() {
    let bench = Bench::new();
    let words = [
        "compare",
        "tiny.toml",
        "--variant",
        "short:metadata.max.age.ms=1s",
        "--until",
        "40%",
        "--max-seeds",
        "20",
        "--metric",
        "latency_ms.p99",
    ];
    let answers = ["1", "3"].map(|threads| {
        let output = bench.kafkasim(&[&words[..], &["--threads", threads, "--out", threads, "--format", "json"]].concat());
        assert_eq!(output.code, 0, "{}", output.stderr);
        output.stdout
    });
    assert_eq!(answers[0], answers[1]);
    assert_eq!(bench.files("1"), bench.files("3"));
    let answer: serde_json::Value = serde_json::from_str(&answers[0]).expect("it is JSON");
    let looks = answer["stopping"]["looks"].as_array().expect("looks");
    assert_eq!(answer["study"]["seeds"], *looks.last().expect("it looked"), "{}", answer["stopping"]);
    let met = answer["comparisons"][0]["metrics"][0].clone();
    assert!(answer["stopping"]["reached"] == true || looks.last() == Some(&serde_json::json!(20)), "{}: {met}", answer["stopping"]);
}

#[test]
fn looks_that_are_done_are_not_done_again() {
    let bench = Bench::new();
    let until = |width: &'static str| {
        ["compare", "tiny.toml", "--variant", "s:linger.ms=20", "--until", width, "--max-seeds", "15", "--out", "out"]
    };
    assert_eq!(bench.kafkasim(&until("1000%")).code, 0);
    assert_eq!(bench.journal("out").lines().count(), 20, "the first look is after ten seeds");
    bench.edit("out/journal.jsonl", |text| text.replacen("\"digest\":\"", "\"digest\":\"marked-", 1));
    let answer = bench.kafkasim(&[&until("0.0000001%")[..], &["--resume", "--format", "json"]].concat()).json();
    assert_eq!(answer["study"]["runs"], 30, "{}", answer["stopping"]);
    assert!(bench.journal("out").contains("marked-"));
    // With the wider width the first look is enough again: what is done beyond it is kept, and not in the answer.
    let answer = bench.kafkasim(&[&until("1000%")[..], &["--resume", "--format", "json"]].concat()).json();
    assert_eq!((answer["study"]["runs"].as_u64(), answer["study"]["missing"].as_u64()), (Some(20), Some(0)));
    assert_eq!(bench.journal("out").lines().count(), 30);
}
