//! What would have been: runs with something changed, and the same recovery in them.

use super::record::Try;
use super::remedy::{self, Change, Ill};
use crate::engine::Duration;
use crate::experiment::{self, RunOptions};
use crate::fault::Plan;
use crate::observe::RunRecord;
use crate::observe::record::Window;
use crate::scenario::{self, Override, Scenario, Source};
use std::collections::BTreeMap;

/// Makes runs of a scenario with changes, each once.
pub struct Tries<'a> {
    source: &'a Source,
    overrides: &'a [Override],
    scenario: &'a Scenario,
    options: RunOptions,
    done: BTreeMap<String, Result<RunRecord, String>>,
}

impl<'a> Tries<'a> {
    /// Runs of this scenario, which was read of this source with these overrides.
    pub fn new(source: &'a Source, overrides: &'a [Override], scenario: &'a Scenario, options: RunOptions) -> Tries<'a> {
        Tries { source, overrides, scenario, options, done: BTreeMap::new() }
    }

    /// How many runs were made.
    pub fn made(&self) -> u64 {
        self.done.values().filter(|run| run.is_ok()).count() as u64
    }

    /// Tries all that may shorten a step of a window's recovery.
    pub fn all(&mut self, ill: &Ill<'_>, window: &Window) -> Vec<Try> {
        remedy::changes(ill).iter().map(|change| self.one(change, window)).collect()
    }

    fn one(&mut self, change: &Change, window: &Window) -> Try {
        let address = format!("{:?}", (&change.sets, &change.faults));
        if !self.done.contains_key(&address) {
            let run = self.run(change);
            self.done.insert(address.clone(), run);
        }
        let (recovery_ms, refused) = match &self.done[&address] {
            Ok(record) => (recovery(record, window), None),
            Err(why) => (None, Some(why.clone())),
        };
        Try { change: change.text.clone(), removes: change.removes, recovery_ms, refused }
    }

    fn run(&self, change: &Change) -> Result<RunRecord, String> {
        let sets = change.sets.iter().map(|(key, value)| Override::Set { key: key.clone(), value: value.clone() });
        let overrides: Vec<Override> = self.overrides.iter().cloned().chain(sets).collect();
        let mut scenario = scenario::load(self.source, &overrides)
            .map_err(|found| found.iter().next().map_or_else(|| "it is refused".to_owned(), |mistake| mistake.message.clone()))?;
        if let Some(faults) = &change.faults {
            scenario.plan = Plan::new(faults, self.scenario.seed, scenario.count_from, scenario.duration, &scenario.spec);
        }
        experiment::run(&scenario, &self.options, None).map_err(|stopped| stopped.to_string())
    }
}

/// How far two moments of the same window of two runs may be apart.
const SAME_WINDOW: Duration = Duration::from_secs(5);

/// How long the same recovery took in another run: zero when there was none any more, none when it had not ended.
fn recovery(record: &RunRecord, window: &Window) -> Option<f64> {
    let same = |w: &&Window| (&w.client, &w.topic, w.partition) == (&window.client, &window.topic, window.partition);
    let apart = |w: &Window| (w.start_ms - window.start_ms).abs();
    let within = SAME_WINDOW.as_millis_f64();
    let nearest = record.windows.iter().filter(same).filter(|w| apart(w) <= within).min_by(|a, b| apart(a).total_cmp(&apart(b)));
    match nearest {
        Some(window) => window.recovery_ms,
        None => Some(0.0),
    }
}
