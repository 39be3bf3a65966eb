//! Explanations held against runs: the step that one names as the longest is taken away, and the recovery has to be shorter by half of it;
//! or else by taking away what is named beside it, too.
//!
//! The slowest recovery of every scenario of the catalogue and of drawn clusters is judged (`explanations/judge.rs`). The table stands in
//! `docs/EXPLAINING.md`. This fails when it changes without the page, or falls below what it should be: look at the cases that are printed, then
//! `KAFKASIM_WRITE_EXPLANATIONS=1 cargo test --release --test explanations -- --ignored`, and commit it with the change that it belongs to.

#[path = "explanations/judge.rs"]
mod judge;
#[path = "explanations/table.rs"]
mod table;

use judge::{Verdict, judge};
use kafkasim::explain::{Question, explain};
use kafkasim::scenario::{Override, Source, catalogue};
use kafkasim::swarm;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use table::Row;

/// Seeds with which each scenario of the catalogue is run.
const SEEDS: RangeInclusive<u64> = 1..=1;
/// Numbers of the swarm at which the rules of explanations were mended.
const KNOWN: [RangeInclusive<u64>; 8] =
    [1..=300, 2001..=2300, 3001..=3300, 4001..=4300, 5001..=5400, 6001..=6400, 7001..=7400, 8001..=8400];
/// Numbers of the swarm that nobody looked at then.
const FRESH: RangeInclusive<u64> = 9001..=9400;
/// What part of the cases of each kind has to hold at least.
const LEAST: f64 = 0.95;
/// Runs that take more events are left out.
const MAX_EVENTS: u64 = 4_000_000;
/// Runs that are explained side by side.
const THREADS: usize = 2;

/// A run whose slowest recovery is explained.
#[derive(Clone, Copy)]
enum Run {
    Catalogue(&'static str, u64),
    Swarm(u64),
}

impl Run {
    fn name(self) -> String {
        match self {
            Run::Catalogue(name, seed) => format!("{name}, seed {seed}"),
            Run::Swarm(number) => format!("swarm {number}"),
        }
    }

    fn source(self) -> (Source, Vec<Override>) {
        match self {
            Run::Catalogue(name, seed) => {
                (Source::catalogue(name).expect("the catalogue has what it lists"), vec![Override::Seed(seed.to_string())])
            }
            Run::Swarm(number) => {
                let flight = swarm::fly(number, &swarm::Options { max_events: MAX_EVENTS });
                (Source { name: format!("swarm-{number}"), text: flight.toml }, Vec::new())
            }
        }
    }

    /// The verdict on its slowest recovery, with what is to be told of a case that failed; none where there is no recovery.
    fn judged(self) -> Option<(Verdict, String)> {
        let (source, overrides) = self.source();
        let answer = explain(&source, &overrides, &Question { max_events: MAX_EVENTS, ..Question::default() }).ok()?;
        let recovery = answer.explained.first()?;
        Some((judge(recovery), judge::told(&self.name(), recovery)))
    }
}

/// Judges runs side by side, and prints the cases that failed in the order of the runs.
fn row(runs: &'static str, all: &[Run]) -> Row {
    let next = AtomicUsize::new(0);
    let judged = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some((nth, run)) = all.iter().enumerate().nth(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Some(verdict) = run.judged() {
                        judged.lock().expect("nobody panics with it").insert(nth, verdict);
                    }
                }
            });
        }
    });
    let mut verdicts = BTreeMap::new();
    for (verdict, told) in judged.into_inner().expect("nobody panics with it").into_values() {
        *verdicts.entry(verdict).or_default() += 1;
        if verdict == Verdict::Neither {
            println!("{verdict:?}: {told}\n");
        }
    }
    Row { runs, verdicts }
}

fn swarm(numbers: impl Iterator<Item = u64>) -> Vec<Run> {
    numbers.map(Run::Swarm).collect()
}

#[test]
#[ignore = "makes some thousand runs: run it in release"]
fn the_longest_step_is_what_counts() {
    let catalogue: Vec<Run> = SEEDS.flat_map(|seed| catalogue::names().into_iter().map(move |name| Run::Catalogue(name, seed))).collect();
    let rows = [
        row("every scenario of the catalogue", &catalogue),
        row("2,800 clusters of the swarm, by which the rules were mended", &swarm(KNOWN.into_iter().flatten())),
        row("clusters 9001 to 9400 of the swarm, by which they were not", &swarm(FRESH)),
    ];
    println!("{}", table::shown(&rows));
    if std::env::var_os("KAFKASIM_WRITE_EXPLANATIONS").is_some() {
        table::write(&rows);
    }
    for row in &rows {
        let share = row.share(&[Verdict::Alone, Verdict::Instead, Verdict::Together]);
        assert!(share >= LEAST, "{}: {:.1} %", row.runs, 100.0 * share);
    }
    assert!(table::is_on_the_page(&rows), "KAFKASIM_WRITE_EXPLANATIONS=1 writes the table anew");
}
