//! A story that is told twice: by the right model, and by one that breaks a rule.

use kafkasim::engine::{Duration, Instant};
use kafkasim::experiment::{RunOptions, run};
use kafkasim::kafka::{ClientIx, PartitionIx};
use kafkasim::model::Broken;
use kafkasim::observe::Fact;
use kafkasim::scenario::{Override, Source, load};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What clients are owed that no check looks at: records of every partition that a producer writes to are acknowledged again when all is calm.
pub const SERVED: &str = "clients are served";
/// At the end of a story all has been calm for longer than this.
const CALM: Duration = Duration::from_secs(10);
/// More events than a story takes.
const MAX_EVENTS: u64 = 5_000_000;

/// A cluster, what happens to it, and who notices that a rule is broken.
pub struct Story {
    pub broken: Broken,
    /// What goes wrong, for the table.
    pub says: &'static str,
    /// The check, or [`SERVED`].
    pub caught_by: &'static str,
    pub cluster: &'static str,
    /// Faults, and settings such as `duration=60s`.
    pub happens: &'static [&'static str],
}

impl Story {
    /// Every promise that is broken when the story is told so, each once.
    pub fn tell(&self, broken: Option<Broken>, seed: u64) -> Vec<String> {
        let told = catch_unwind(AssertUnwindSafe(|| self.run(broken, seed)));
        let mut complaints = told.unwrap_or_else(|_| vec!["it panicked".to_owned()]);
        complaints.sort();
        complaints.dedup();
        complaints
    }

    fn run(&self, broken: Option<Broken>, seed: u64) -> Vec<String> {
        let source = Source { name: format!("{:?}", self.broken), text: self.cluster.to_owned() };
        let changes: Vec<Override> = self.happens.iter().map(|change| read(change)).collect();
        let mut scenario = load(&source, &changes).unwrap_or_else(|found| panic!("{}", found.render(false)));
        scenario.spec.broken = broken;
        let mut last: BTreeMap<(ClientIx, PartitionIx), Instant> = BTreeMap::new();
        let mut see = |at: Instant, fact: &Fact| {
            if let Fact::RecordDone { client, partition, error, .. } = fact {
                let last = last.entry((*client, *partition)).or_insert(at);
                *last = if error.is_none() { at } else { *last };
            }
        };
        let options = RunOptions { seed: Some(seed), max_events: MAX_EVENTS };
        let end = Instant::ZERO + scenario.count_from + scenario.duration;
        let record = match run(&scenario, &options, Some(&mut see)) {
            Ok(record) => record,
            Err(stopped) => return vec![stopped.to_string()],
        };
        let served = last.values().all(|at| *at + CALM > end) && !last.is_empty();
        let checks = record.checks.violated.into_iter().map(|v| v.check);
        checks.chain((!served).then(|| SERVED.to_owned())).collect()
    }
}

fn read(change: &str) -> Override {
    match change.split_once('=') {
        Some((key, value)) if !change.starts_with("at ") => Override::Set { key: key.to_owned(), value: value.to_owned() },
        _ => Override::Fault(change.to_owned()),
    }
}
