//! Determinism: a run is its scenario and its seed, and nothing else.
//!
//! `tests/determinism/digests.txt` holds the digest of every scenario of the catalogue. It is read in debug and in release builds, on every
//! platform (`.ci/emulated` asks two others). A change of the model changes it: write it anew with
//! `KAFKASIM_WRITE_DIGESTS=1 cargo test --test determinism`, and commit it with the change that it belongs to and with a line in
//! CHANGELOG.md that says why runs are not those of before. The table and that line change together or not at all: the line names the table
//! by its fingerprint.

use kafkasim::engine::{Duration, Instant};
use kafkasim::experiment::{RunOptions, run};
use kafkasim::observe::{Fact, RunRecord};
use kafkasim::scenario::{Override, Scenario, Source, catalogue, load};
use kafkasim::world::World;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

const SEEDS: [u64; 2] = [1, 2];
/// Longer than the faults of most scenarios.
const LONGEST: Duration = Duration::from_secs(45);
const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/determinism/digests.txt");
const CHANGELOG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/CHANGELOG.md");
/// How a line of the changelog begins that tells of another table.
const LINE: &str = "- Digests ";

/// A scenario of the catalogue, cut short unless it has faults later than that.
fn scenario(name: &str) -> Scenario {
    let source = Source::catalogue(name).expect("the catalogue has what it lists");
    let whole = load(&source, &[]).expect("the catalogue can be read");
    if whole.duration <= LONGEST {
        return whole;
    }
    let short = Override::Set { key: "duration".to_owned(), value: LONGEST.to_string() };
    load(&source, &[short]).unwrap_or(whole)
}

fn options(seed: u64) -> RunOptions {
    RunOptions { seed: Some(seed), ..RunOptions::default() }
}

fn record(scenario: &Scenario, seed: u64) -> RunRecord {
    run(scenario, &options(seed), None).expect("a run of the catalogue ends")
}

fn facts(scenario: &Scenario, seed: u64) -> (Vec<(Instant, Fact)>, RunRecord) {
    let mut facts = Vec::new();
    let record = run(scenario, &options(seed), Some(&mut |at, fact| facts.push((at, fact.clone())))).expect("a run of the catalogue ends");
    (facts, record)
}

fn every_run() -> Vec<(&'static str, u64)> {
    catalogue::names().into_iter().flat_map(|name| SEEDS.map(|seed| (name, seed))).collect()
}

/// One digest a line.
fn table(digests: &[String]) -> String {
    let mut text = String::new();
    for ((name, seed), digest) in every_run().into_iter().zip(digests) {
        writeln!(text, "{name} {seed} {digest}").expect("text takes text");
    }
    text
}

/// Every run of the catalogue with its trace on, by several threads at once, in whatever order they come to it.
fn side_by_side() -> Vec<String> {
    let (runs, next) = (every_run(), AtomicUsize::new(0));
    let worker = || {
        let mut done = Vec::new();
        while let Some((name, seed)) = runs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut seen = 0_u64;
            let traced = run(&scenario(name), &options(*seed), Some(&mut |_, _| seen += 1)).expect("a run of the catalogue ends");
            assert!(seen > 0, "the trace is shown nothing");
            done.push(((*name, *seed), traced.digest));
        }
        done
    };
    let mut all: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..3).map(|_| scope.spawn(worker)).collect();
        threads.into_iter().flat_map(|t| t.join().expect("no run panics")).collect()
    });
    all.sort();
    all.into_iter().map(|(_, digest)| digest).collect()
}

#[test]
fn the_catalogue_gives_the_same_digests_alone_or_side_by_side_traced_or_not_in_debug_and_release() {
    let traced = side_by_side();
    let alone: Vec<String> = every_run().into_iter().map(|(name, seed)| record(&scenario(name), seed).digest).collect();
    assert_eq!(table(&alone), table(&traced), "threads or the trace changed a run");
    if std::env::var_os("KAFKASIM_WRITE_DIGESTS").is_some() {
        std::fs::write(TABLE, table(&alone)).expect("the table can be written");
    }
    let written = std::fs::read_to_string(TABLE).expect("the table is there").replace("\r\n", "\n");
    assert_eq!(
        table(&alone),
        written,
        "these runs are not those of tests/determinism/digests.txt. If the model was meant to change, write the table anew: \
         KAFKASIM_WRITE_DIGESTS=1 cargo test --test determinism"
    );
    let different: BTreeSet<&String> = alone.iter().collect();
    assert_eq!(different.len(), alone.len(), "another scenario or seed is another run");
}

/// Where leader and follower agree, nobody looks until something changes (`follower_sessions.rs`), and a follower that has everything fetches without
/// events (`lull.rs`): whoever looks at everything and simulates everything sees the same.
#[test]
fn what_is_skipped_would_have_changed_nothing() {
    let (names, next) = (catalogue::names(), AtomicUsize::new(0));
    let worker = || {
        while let Some(name) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut scenario = scenario(name);
            let skips = record(&scenario, SEEDS[0]);
            scenario.spec.in_full = true;
            let in_full = record(&scenario, SEEDS[0]);
            let without_events = |record: &RunRecord| RunRecord { events: 0, ..record.clone() };
            assert_eq!(without_events(&skips), without_events(&in_full), "{name}");
            let most = in_full.events + in_full.events / 1_000;
            assert!(skips.events <= most, "{name}: {} events instead of {}", skips.events, in_full.events);
        }
    };
    std::thread::scope(|scope| (0..2).for_each(|_| _ = scope.spawn(worker)));
}

/// The table's name in the changelog: the first twelve hexadecimal digits of its SHA-256.
fn fingerprint(table: &str) -> String {
    Sha256::digest(table.as_bytes()).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// The newest table that a changelog tells of, and why it came.
fn newest_line(changelog: &str) -> Option<(&str, &str)> {
    let line = changelog.lines().find_map(|line| line.strip_prefix(LINE))?;
    let (name, why) = line.split_once(": ")?;
    Some((name.trim_matches('`'), why.trim()))
}

#[test]
fn the_table_of_digests_changes_only_together_with_a_line_of_the_changelog() {
    let table = std::fs::read_to_string(TABLE).expect("the table is there").replace("\r\n", "\n");
    let changelog = std::fs::read_to_string(CHANGELOG).expect("the changelog is there");
    let (name, why) = newest_line(&changelog).expect("the changelog tells of the table of digests");
    let wanted = format!("{LINE}`{}`: why every run is another one than before", fingerprint(&table));
    assert_eq!(name, fingerprint(&table), "put a line above the other `{LINE}` lines of CHANGELOG.md: {wanted}");
    assert!(why.split_whitespace().count() >= 4, "the line of the changelog says why: {wanted}");
}

#[test]
fn a_table_without_its_line_is_noticed() {
    let changelog = "# Changelog\n\n- Digests `0123456789ab`: brokers answer sooner.\n- Digests `ba9876543210`: the first ones.\n";
    assert_eq!(newest_line(changelog), Some(("0123456789ab", "brokers answer sooner.")));
    assert_ne!(fingerprint("a 1 x\n"), fingerprint("a 1 y\n"));
    assert_eq!(newest_line("# Changelog\n"), None);
}

#[test]
fn the_whole_answer_is_the_same_not_only_its_digest() {
    let scenario = scenario("network-cut");
    assert_eq!(record(&scenario, 7), record(&scenario, 7));
}

#[test]
fn a_seed_of_the_scenario_and_a_seed_of_the_run_are_the_same_seed() {
    let source = Source::catalogue("broker-crash").expect("it is there");
    let seeded = load(&source, &[Override::Seed("12".to_owned())]).expect("it is a seed");
    let by_scenario = run(&seeded, &RunOptions::default(), None).expect("it ends");
    let plain = load(&source, &[]).expect("it is a scenario");
    let by_run = record(&plain, 12);
    assert_eq!((by_scenario.digest, by_scenario.scenario.digest), (by_run.digest, by_run.scenario.digest));
}

/// The same cluster pushed forward by hand: without any observer, its facts taken only when all is over, and much asked on the way.
#[test]
fn nobody_who_looks_changes_a_fact() {
    for name in ["preferred-election", "controller-failover"] {
        let scenario = scenario(name);
        let (watched, _) = facts(&scenario, 5);
        let mut world = World::build(scenario.spec.clone(), 5);
        let mut plan = scenario.plan.clone();
        let end = Instant::ZERO + scenario.count_from + scenario.duration;
        while let Some(at) = plan.next_at().filter(|at| *at <= end) {
            world.run_until(at);
            let asked = (world.under_replicated(), world.active_controller(), world.next_at());
            world.audit(&mut |_, _, _| {});
            assert_eq!(asked, (world.under_replicated(), world.active_controller(), world.next_at()));
            plan.act(at, &mut world);
        }
        world.run_until(end);
        let mut unwatched = Vec::new();
        world.drain_facts(&mut |at, fact| unwatched.push((at, fact.clone())));
        assert_eq!(watched.len(), unwatched.len(), "{name}");
        let first = watched.iter().zip(&unwatched).find(|(a, b)| a != b);
        assert_eq!(first, None, "{name}");
    }
}
