//! Why a recovery took as long as it did: the run is made again and watched, and of the facts of a recovery a causal graph is made. The
//! critical path is computed from it, and what would have shortened a step is tried by further runs.

mod chain;
mod choose;
mod dot;
mod graph;
mod kept;
mod levers;
mod path;
mod perfetto;
mod push;
pub mod record;
mod remedy;
mod rules;
mod setting;
mod step;
mod tries;
mod wait;
mod watch;
mod words;

pub use choose::partition;
pub use dot::dot;
pub use perfetto::Perfetto;
pub use record::ExplanationRecord;
pub use step::Step;
pub use wait::Wait;

use crate::engine::Instant;
use crate::experiment::{RunOptions, Stopped};
use crate::model::Spec;
use crate::observe::record::Window;
use crate::observe::{Fact, RunRecord};
use crate::scenario::{self, Diagnostics, Override, Scenario, Source};
use chain::Chain;
use kept::{Kept, Target};
use levers::Levers;
use record::{Recovery, SCHEMA};
use tries::Tries;

/// What is to be explained.
#[derive(Clone, PartialEq, Debug)]
pub struct Question {
    /// Only recoveries of this client.
    pub client: Option<String>,
    /// Only recoveries of this partition.
    pub partition: Option<choose::Partition>,
    /// How many, the slowest first.
    pub slowest: usize,
    /// Make further runs to find out what would have shortened the longest steps.
    pub tries: bool,
    /// Events after which a run is given up.
    pub max_events: u64,
}

impl Default for Question {
    fn default() -> Self {
        Question { client: None, partition: None, slowest: 1, tries: true, max_events: u64::MAX }
    }
}

/// Why there is no explanation.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The question names what there is not.
    #[error("{0}")]
    Unknown(String),
    /// A run took too many events.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// The scenario has mistakes.
    #[error("the scenario has mistakes")]
    Mistaken(Diagnostics),
}

/// Is shown every fact of the run that is explained.
pub type Watch<'w> = &'w mut dyn FnMut(Instant, &Fact);

/// A run that was made, to be explained.
pub struct Made<'a> {
    source: &'a Source,
    overrides: &'a [Override],
    options: RunOptions,
    scenario: Scenario,
    /// What the cluster was made of in the end, with the topics that were made during the run.
    pub spec: Spec,
    /// What was found.
    pub record: RunRecord,
}

/// Explains the longest recoveries of a scenario.
///
/// # Errors
/// When the scenario has mistakes, the question names what there is not, or a run takes too many events.
pub fn explain(source: &Source, overrides: &[Override], question: &Question) -> Result<ExplanationRecord, Trouble> {
    Made::run(source, overrides, question)?.explain(question, None)
}

impl<'a> Made<'a> {
    /// Makes the run.
    ///
    /// # Errors
    /// When the scenario has mistakes, the question names what there is not, or the run takes too many events.
    pub fn run(source: &'a Source, overrides: &'a [Override], question: &Question) -> Result<Made<'a>, Trouble> {
        let scenario = scenario::load(source, overrides).map_err(Trouble::Mistaken)?;
        choose::check_client(&scenario.spec, question).map_err(Trouble::Unknown)?;
        let options = RunOptions { seed: None, max_events: question.max_events };
        let (record, spec) = watch::run(&scenario, &options, &[], &mut |_, _| {})?;
        choose::check_partition(&spec, question).map_err(Trouble::Unknown)?;
        Ok(Made { source, overrides, options, scenario, spec, record })
    }

    /// Makes the run again, watched by `watch` too, and explains what is asked for.
    ///
    /// # Errors
    /// When a run takes too many events.
    ///
    /// # Panics
    /// When the run that is watched differs from the run that was not, which would be a bug.
    pub fn explain(&self, question: &Question, watch: Option<Watch<'_>>) -> Result<ExplanationRecord, Trouble> {
        let chosen = choose::choose(&self.record, question);
        let mut answer = self.blank(&chosen);
        if chosen.longest.is_empty() && watch.is_none() {
            return Ok(answer);
        }
        let targets =
            chosen.longest.iter().filter_map(|window| Some(((*window).clone(), choose::target(&self.scenario, &self.spec, window)?)));
        let mut kept: Vec<(Window, Kept)> = targets.map(|(window, target)| (window, Kept::new(target))).collect();
        let mut watch = watch;
        let mut idle = Vec::new();
        let mut see = |at: Instant, fact: &Fact| {
            kept.iter_mut().for_each(|(_, kept)| kept.see(at, fact));
            idle.extend(tries::is_idle(fact).then_some(at));
            if let Some(watch) = &mut watch {
                watch(at, fact);
            }
        };
        let (again, _) = watch::run(&self.scenario, &self.options, &[], &mut see)?;
        assert_eq!(again.digest, self.record.digest, "who watches a run does not change it");
        let mut tries = Tries::new(self.source, self.overrides, self.options, idle);
        for (window, kept) in &kept {
            let Some(chain) = Chain::of(&self.spec, kept) else { continue };
            answer.explained.push(self.recovery(window, kept.target, &chain, question.tries.then_some(&mut tries)));
        }
        answer.runs = tries.made();
        Ok(answer)
    }

    fn blank(&self, chosen: &choose::Chosen<'_>) -> ExplanationRecord {
        let record = &self.record;
        ExplanationRecord {
            schema: SCHEMA.to_owned(),
            kafkasim: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: self.scenario.name.clone(),
            kafka: record.kafka.clone(),
            seed: record.seed,
            digest: record.digest.clone(),
            simulated_ms: record.simulated_ms,
            recoveries: chosen.all,
            open: chosen.open,
            moves: record.moves.len() as u64,
            explained: Vec::new(),
            runs: 0,
            notes: record.not_modelled.clone(),
            repeat: record.repeat.clone(),
        }
    }

    fn recovery(&self, window: &Window, target: Target, chain: &Chain<'_>, tries: Option<&mut Tries<'_>>) -> Recovery {
        let steps = self.steps(target, chain);
        let levers = Levers { scenario: &self.scenario, window, chain }.of(tries);
        Recovery {
            client: window.client.clone(),
            topic: window.topic.clone(),
            partition: window.partition,
            start_ms: window.start_ms,
            end_ms: window.start_ms + target.to.since(target.from).as_millis_f64(),
            recovery_ms: target.to.since(target.from).as_millis_f64(),
            waited_ms: choose::felt(window),
            began_with: chain.began_with(),
            steps,
            beside: chain.beside(),
            levers,
        }
    }

    /// The links of the path as steps.
    fn steps(&self, target: Target, chain: &Chain<'_>) -> Vec<Step> {
        let origin = Instant::ZERO + self.scenario.count_from;
        let whole = target.to.since(target.from).as_nanos() as f64;
        let step = |link: &path::Link| {
            let wait = chain.wait(link);
            Step {
                at_ms: link.to.millis_after(origin),
                ms: link.length().as_millis_f64(),
                share: if whole > 0.0 { link.length().as_nanos() as f64 / whole } else { 0.0 },
                what: chain.sentence(link),
                process: chain.process(link),
                waited_for: wait.words().to_owned(),
                setting: setting::setting(&self.spec, target.client, wait),
            }
        };
        chain.path.iter().map(step).collect()
    }
}

#[cfg(test)]
mod tests;
