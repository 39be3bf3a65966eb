//! Bad input of studies: one clear error with the key and the remedy, and nothing is written.

use super::bench::Bench;

#[test]
fn what_cannot_be_swept_is_refused_before_anything_is_written() {
    let bench = Bench::new();
    let cases: [(&[&str], &[&str]); 12] = [
        (&["--vary", "metadata.max.agee.ms=1s,5m"], &["metadata.max.agee.ms", "did you mean `metadata.max.age.ms`"]),
        (&["--vary", "linger.ms=0,-7"], &["the variant `linger.ms=-7` cannot be run", "linger.ms"]),
        (&["--vary", "linger.ms"], &["KEY=V1,V2"]),
        (&["--vary", "linger.ms=0,5", "--vary", "linger.ms=7"], &["`linger.ms` is varied twice"]),
        (&["--vary", "seed=1,2"], &["--seeds"]),
        (
            &["--vary", "linger.ms=1..900 x1000", "--vary", "metadata.max.age.ms=1..90000 x1000", "--vary", "batch.size=1..9000 x1000"],
            &["1000000000 variants", "--sample"],
        ),
        (&["--seeds", "10000001"], &["1 variants with 10000001 seeds each are 10000001 runs", "fewer --seeds"]),
        (&["--seeds", "0"], &["0 is not in 1.."]),
        (&["--require", "requests.stail < 3"], &["`requests.stail` is no metric", "did you mean `requests.stale`"]),
        (&["--require", "requests.stale"], &["compares nothing"]),
        (&["--minimise", "clients.apq.requests.stale"], &["no client of the scenario", "app, reader"]),
        (&["--shard", "4/3"], &["4/3", "I/N"]),
    ];
    for (arguments, words) in cases {
        bench.sweep(&[&["tiny.toml", "--out", "out"], arguments].concat()).refused(words);
        assert!(!bench.path("out").exists(), "{arguments:?}");
    }
    bench.sweep(&["tiny.toml", "--set", "lingr.ms=0"]).refused(&["`lingr.ms` is no key", "linger.ms"]);
    bench.sweep(&["nothing-like-it"]).refused(&["no scenario and no file `nothing-like-it`"]);
    bench.sweep(&["tiny.toml", "--resume"]).refused(&["--out"]);
    bench.sweep(&["tiny.toml", "--shard", "1/2"]).refused(&["--out"]);
}

#[test]
fn a_directory_that_holds_something_else_is_left_alone() {
    let bench = Bench::new();
    let sweep = |more: &[&str]| bench.sweep(&[&["tiny.toml", "--vary", "linger.ms=0,5", "--seeds", "2", "--out", "out"], more].concat());
    std::fs::create_dir(bench.path("out")).expect("can be made");
    std::fs::write(bench.path("out/thesis.tex"), "years of work").expect("can be written");
    sweep(&[]).refused(&["--out out", "something else in it (`thesis.tex`)", "empty or new"]);
    sweep(&["--resume"]).refused(&["something else in it"]);
    std::fs::remove_file(bench.path("out/thesis.tex")).expect("can be removed");
    assert_eq!(sweep(&[]).code, 0, "an empty directory will do");
    let before = bench.files("out");
    sweep(&[]).refused(&["this study is in it", "--resume"]);
    let other = bench.sweep(&["tiny.toml", "--vary", "linger.ms=0,7", "--seeds", "2", "--out", "out", "--resume"]);
    let digest: serde_json::Value = serde_json::from_slice(&before["study.json"]).expect("it is JSON");
    other.refused(&[
        "another study is in it",
        digest["digest"].as_str().expect("a digest"),
        "kafkasim sweep tiny.toml --vary linger.ms=0,5",
    ]);
    sweep(&["--resume", "--shard", "1/2"]).refused(&["shard 1/1 is in it, not 1/2"]);
    assert_eq!(bench.files("out"), before);
    bench.sweep(&["tiny.toml", "--out", "tiny.toml"]).refused(&["--out tiny.toml"]);
    bench.edit("out/study.json", |text| text.replacen("\"digest\": \"", "\"digest\": \"0", 1));
    bench
        .kafkasim(&["merge", "out", "--out", "merged"])
        .refused(&["out/study.json", "no plan of a study that this kafkasim can go on with"]);
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let bench = Bench::new();
    let compare = |arguments: &[&str]| bench.kafkasim(&[&["compare"], arguments].concat());
    compare(&["tiny.toml"]).refused(&["nothing to compare `tiny.toml` with", "--variant"]);
    compare(&["tiny.toml", "random.toml", "--variant", "a:linger.ms=0"]).refused(&["do not go together"]);
    compare(&["tiny.toml", "tiny.toml"]).refused(&["two are called `tiny.toml`"]);
    compare(&["tiny.toml", "--variant", "linger.ms=0"]).refused(&["NAME:KEY=VALUE"]);
    compare(&["tiny.toml", "--variant", "a:seed=3"]).refused(&["--seeds"]);
    compare(&["tiny.toml", "--variant", "a:lingr.ms=3"]).refused(&["the variant `a` cannot be run", "lingr.ms"]);
    compare(&["tiny.toml", "--variant", "a:linger.ms=3", "--until", "soon"]).refused(&["`soon` is no width", "5%"]);
    compare(&["tiny.toml", "--variant", "a:linger.ms=3", "--until", "5%", "--seeds", "3"]).refused(&["cannot be used with"]);
    compare(&["tiny.toml", "--variant", "a:linger.ms=3", "--metric", "stale"]).refused(&["`stale` is no metric"]);
}
