//! A study as one HTML page: the same answer, and the way from it to single runs.

use super::bench::Bench;
use std::collections::BTreeMap;

const SWEEP: [&str; 7] = ["random.toml", "--vary", "metadata.max.age.ms=1s,5m", "--seeds", "12", "--require", "requests.stale < 1000"];

/// Text as the page shows it.
fn shown(page: &str) -> String {
    let tags: String = page
        .split('<')
        .enumerate()
        .map(|(i, part)| if i == 0 { part } else { part.split_once('>').map_or("", |(_, text)| text) })
        .collect();
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
        .iter()
        .fold(tags, |text, (safe, plain)| text.replace(safe, plain))
}

/// The lines of the page that are commands of this verb.
fn commands(page: &str, verb: &str) -> Vec<String> {
    let parts = page.split("<pre tabindex=\"0\">").skip(1).filter_map(|rest| rest.split_once("</pre>"));
    parts.map(|(command, _)| shown(command)).filter(|command| command.starts_with(verb)).collect()
}

/// The numbers of a column of `runs.csv`, by variant and seed.
fn column(bench: &Bench, name: &str) -> BTreeMap<(String, u64), f64> {
    let text = std::fs::read_to_string(bench.path("out/runs.csv")).expect("it is there");
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let heads = rows.headers().expect("it has a head").clone();
    let place = |name: &str| heads.iter().position(|head| head == name).unwrap_or_else(|| panic!("{name} is missing in {heads:?}"));
    let [variant, seed, value] = ["variant", "seed", name].map(place);
    let row = |row: csv::StringRecord| ((row[variant].to_owned(), row[seed].parse().expect("a seed")), row[value].parse().unwrap_or(0.0));
    rows.records().map(|one| row(one.expect("a row"))).collect()
}

#[test]
fn a_page_says_the_answer_of_the_terminal_and_leads_to_the_worst_seed_of_each_variant() {
    let bench = Bench::new();
    let output = bench.sweep(&[&SWEEP[..], &["--report", "report.html", "--out", "out", "--format", "json"]].concat());
    assert_eq!(output.code, 0, "{}", output.stderr);
    let page = bench.text("report.html");
    let text = bench.sweep(&[&SWEEP[..], &["--format", "markdown"]].concat()).stdout;
    let verdict = text.lines().find_map(|line| line.strip_prefix("**")?.strip_suffix("**")).expect("the answer").replace('\\', "");
    assert!(shown(&page).contains(&verdict), "{verdict}");
    assert!(
        commands(&page, "kafkasim sweep")
            .iter()
            .any(|command| command.starts_with("kafkasim sweep random.toml --vary metadata.max.age.ms=1s,5m"))
    );

    let stale = column(&bench, "run.requests.stale");
    let worst = stale
        .iter()
        .filter(|((variant, _), _)| variant == "metadata.max.age.ms=5m")
        .max_by(|a, b| a.1.total_cmp(b.1).then(b.0.1.cmp(&a.0.1)));
    let ((_, seed), most) = worst.expect("it was run");
    assert!(shown(&page).contains(&format!("Stale requests: {most}, the most of 12 runs")), "{most} in {}", shown(&page));
    let command = format!("kafkasim run random.toml --set metadata.max.age.ms=5m --seed {seed}");
    let shows = format!("{command} --report variant-2-seed-{seed}.html");
    assert!(commands(&page, "kafkasim run").contains(&shows), "{:?}", commands(&page, "kafkasim run"));
    let run = bench.shell(&format!("{command} --format json")).json();
    assert_eq!(run["requests"]["stale"].as_f64(), Some(*most), "the command shows that run");
    assert_eq!(bench.shell(&format!("{shows} -q")).code, 0);
    assert!(bench.text(&format!("variant-2-seed-{seed}.html")).contains("id=\"lanes\""), "its timeline");
    let explain = commands(&page, "kafkasim explain");
    assert!(explain.contains(&command.replace("kafkasim run", "kafkasim explain")), "{explain:?}");
    assert_eq!(bench.shell(&format!("{} --no-tries", explain[0])).code, 0);
}

#[test]
fn a_page_is_one_small_file_that_asks_nobody_for_anything() {
    let bench = Bench::new();
    let words = ["compare", "random.toml", "--variant", "short:metadata.max.age.ms=1s", "--seeds", "10"];
    assert_eq!(bench.kafkasim(&[&words[..], &["-q", "--report", "compare.html"]].concat()).code, 0);
    assert_eq!(bench.sweep(&[&SWEEP[..], &["-q", "--report", "sweep.html"]].concat()).code, 0);
    for file in ["compare.html", "sweep.html"] {
        let page = bench.text(file);
        assert!(page.len() < 2_000_000, "{file}: {}", page.len());
        for asks in ["http://", "https://", "src=", "url(", "@import", "fetch(", "XMLHttpRequest", "import("] {
            assert_eq!(page.replace("http://www.w3.org/2000/svg", "").matches(asks).count(), 0, "{asks} in {file}");
        }
        assert_eq!(page.matches("<h1>").count(), 1);
        assert!(page.matches("<svg").count() >= 2, "{file}");
    }
}

#[test]
fn a_comparison_shows_every_seed_and_leads_to_both_runs_of_those_that_are_furthest_apart() {
    let bench = Bench::new();
    let words = ["compare", "random.toml", "--variant", "short:metadata.max.age.ms=1s", "--seeds", "9", "--metric", "metadata_requests"];
    let output = bench.kafkasim(&[&words[..], &["--report", "report.html", "--out", "out"]].concat());
    assert_eq!(output.code, 0, "{}", output.stderr);
    let page = bench.text("report.html");
    let strip = page.split("<svg").find(|svg| svg.contains("seed by seed, against as it is</title>")).expect("the picture of all seeds");
    // A disc for each, and the one in the legend.
    assert_eq!(strip.matches("<circle").count(), 10);

    let asked = column(&bench, "run.metadata_requests");
    let difference = |seed: &u64| asked[&("short".to_owned(), *seed)] - asked[&("as it is".to_owned(), *seed)];
    let furthest = (1..=9).rev().max_by(|a, b| difference(a).abs().total_cmp(&difference(b).abs())).expect("there are seeds");
    let told = format!(
        "Metadata requests: as it is {}, short {} (+{}).",
        asked[&("as it is".to_owned(), furthest)],
        asked[&("short".to_owned(), furthest)],
        difference(&furthest)
    );
    assert!(shown(&page).contains(&told), "{told} in {}", shown(&page));
    let runs = commands(&page, "kafkasim run");
    assert_eq!(runs[0], format!("kafkasim run random.toml --seed {furthest} --report variant-1-seed-{furthest}.html"));
    assert_eq!(
        runs[1],
        format!("kafkasim run random.toml --set metadata.max.age.ms=1s --seed {furthest} --report variant-2-seed-{furthest}.html")
    );
}

#[test]
fn names_that_hold_markup_stay_names() {
    let bench = Bench::new();
    let name = "</script><script>alert(1)</script><!--'\"&\u{202e}";
    let variant = format!("{name}{}:linger.ms=50", "x".repeat(300));
    let named = format!("name={}", serde_json::to_string(name).expect("text"));
    let words = ["compare", "tiny.toml", "--set", &named, "--variant", &variant, "--seeds", "3", "-q", "--report", "report.html"];
    let output = bench.kafkasim(&words);
    assert_eq!(output.code, 0, "{}", output.stderr);
    let page = bench.text("report.html");
    assert_eq!([page.matches("<script").count(), page.matches("</script").count(), page.matches("<!--").count()], [1, 1, 0]);
    assert!(!page.contains('\u{202e}'));
    assert!(page.contains("&lt;/script&gt;&lt;script&gt;alert(1)"), "and they are shown");
}

#[test]
fn a_page_that_cannot_be_written_is_refused_before_the_first_run() {
    let bench = Bench::new();
    let sweep =
        |report: &str, more: &[&str]| bench.sweep(&[&["tiny.toml", "--seeds", "2", "--out", "out", "--report", report], more].concat());
    sweep("no/such/report.html", &[]).refused(&["`no/such/report.html` cannot be written", "directory does not exist"]);
    sweep("x", &["-o", "x"]).refused(&["the answer and the report cannot both go to `x`"]);
    sweep("-", &[]).refused(&["the answer and the report cannot both go to standard output"]);
    let compare = ["compare", "tiny.toml", "random.toml", "--report", "."];
    bench.kafkasim(&compare).refused(&["`.` cannot be written", "it is a directory"]);
    assert!(!bench.path("out").exists(), "nothing was run");
    let page = sweep("-", &["-q"]);
    assert!(page.code == 0 && page.stdout.starts_with("<!doctype html>"), "where nobody wants the answer, the page may go there");
}

#[test]
fn shards_that_are_joined_give_the_page_of_the_whole_sweep() {
    let bench = Bench::new();
    for (place, directory) in [("1/2", "a"), ("2/2", "b")] {
        assert_eq!(bench.sweep(&[&SWEEP[..], &["--shard", place, "--out", directory, "-q"]].concat()).code, 0);
    }
    assert_eq!(bench.kafkasim(&["merge", "a", "b", "--out", "merged", "-q", "--report", "merged.html"]).code, 0);
    assert_eq!(bench.sweep(&[&SWEEP[..], &["-q", "--report", "whole.html"]].concat()).code, 0);
    assert!(bench.text("merged.html") == bench.text("whole.html"), "byte for byte");
}
