//! A sweep in shards: separate processes, joined by `merge`.

use super::bench::Bench;

const WORDS: [&str; 7] = ["tiny.toml", "--vary", "metadata.max.age.ms=1s,5m", "--vary", "linger.ms=0,5", "--seeds", "5"];

fn shard(bench: &Bench, place: &str, directory: &str) {
    let output = bench.sweep(&[&WORDS[..], &["--shard", place, "--out", directory, "-q"]].concat());
    assert_eq!(output.code, 0, "{}", output.stderr);
}

#[test]
fn shards_that_are_joined_equal_the_whole_sweep_byte_for_byte() {
    let bench = Bench::new();
    for (place, directory) in [("1/3", "a"), ("2/3", "b"), ("3/3", "c")] {
        shard(&bench, place, directory);
    }
    let whole = bench.sweep(&[&WORDS[..], &["--out", "whole"]].concat());
    let merged = bench.kafkasim(&["merge", "c", "a", "b", "--out", "merged"]);
    assert_eq!(merged.code, 0, "{}", merged.stderr);
    assert_eq!(merged.stdout, whole.stdout);
    let (merged, whole) = (bench.files("merged"), bench.files("whole"));
    assert_eq!(merged.keys().collect::<Vec<_>>(), whole.keys().collect::<Vec<_>>());
    for (file, bytes) in &whole {
        assert_eq!(merged[file], *bytes, "{file}");
    }
}

#[test]
fn what_does_not_belong_together_is_not_joined() {
    let bench = Bench::new();
    shard(&bench, "1/3", "a");
    shard(&bench, "2/3", "b");
    let merge = |shards: &[&str]| bench.kafkasim(&[&["merge", "--out", "merged"], shards].concat());
    merge(&["a", "b"]).refused(&["of 3 shards these are missing: 3/3"]);
    merge(&["a", "b", "a"]).refused(&["`a` and `a` are both shard 1/3"]);
    merge(&["a", "nowhere"]).refused(&["`nowhere` holds no study"]);
    bench.sweep(&["tiny.toml", "--vary", "linger.ms=0,7", "--seeds", "5", "--shard", "3/3", "--out", "other", "-q"]);
    merge(&["a", "b", "other"]).refused(&["`other` holds another study", "than `a`"]);
    shard(&bench, "2/2", "half");
    merge(&["a", "b", "half"]).refused(&["`half` is shard 2/2, and `a` is shard 1/3"]);
    shard(&bench, "3/3", "c");
    bench.edit("c/journal.jsonl", |text| text.split_inclusive('\n').skip(1).collect());
    let go_on = "kafkasim sweep tiny.toml --vary metadata.max.age.ms=1s,5m --vary linger.ms=0,5 --seeds 5 --minimise metadata_requests --shard 3/3 --out c --resume";
    merge(&["a", "b", "c"]).refused(&["`c` is not done, 1 run missing", go_on]);
    assert!(!bench.path("merged").exists(), "nothing is half joined");
    assert_eq!(bench.shell(go_on).code, 0);
    assert_eq!(merge(&["a", "b", "c"]).code, 0);
}
