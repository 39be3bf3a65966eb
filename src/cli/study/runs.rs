//! Doing the runs of a study: side by side, each kept as it is done.

use super::super::crew::{Crew, Done};
use super::super::exit::Failure;
use super::super::progress::Line;
use super::estimate::Estimate;
use super::store::Store;
use crate::report::quantity::counted;
use crate::study::{Outcome, Results, Shard, Study};
use std::collections::BTreeMap;

/// The runs of a study.
pub struct Runs {
    /// Those that are done, by their number.
    pub done: BTreeMap<u64, Outcome>,
    /// Where each is kept as it is done.
    pub store: Option<Store>,
    /// Who does them.
    pub crew: Crew,
    /// Which part of the study is done.
    pub shard: Shard,
    /// No progress is drawn.
    pub quiet: bool,
    /// The first run that panicked: its command, and what it said.
    pub panicked: Option<(String, String)>,
}

impl Runs {
    /// None of them is done or kept.
    pub fn new(crew: Crew, shard: Shard, quiet: bool) -> Runs {
        Runs { done: BTreeMap::new(), store: None, crew, shard, quiet, panicked: None }
    }

    /// Does what is not done, until all is, an end is asked for, or a run panics.
    ///
    /// # Errors
    /// When a run cannot be kept.
    pub fn run(&mut self, study: &Study) -> Result<(), Failure> {
        let mut left = vec![0; study.variants.len()];
        study.numbers(self.shard).filter(|number| !self.done.contains_key(number)).for_each(|number| left[study.job(number).variant] += 1);
        let count: u64 = left.iter().sum();
        let Runs { done, store, crew, quiet, panicked, .. } = self;
        // What was there before is left out; the threads take the rest one by one.
        let there: Vec<u64> = done.keys().copied().collect();
        let numbers = study.numbers(self.shard).filter(move |number| there.binary_search(number).is_err());
        let (mut line, mut estimate, mut ended) = (Line::new(*quiet), Estimate::new(&left, crew.threads), 0);
        if line.watched() && count > 0 {
            line.say(&plan(study, count, done.len(), crew.threads));
        }
        let hear = |heard: Option<Done<Outcome>>| {
            if let Some(Done { number, took, result }) = heard {
                ended += 1;
                let job = study.job(number);
                estimate.add(job.variant, took.as_secs_f64());
                match result {
                    Ok(outcome) => {
                        store.as_mut().map_or(Ok(()), |store| store.keep(&outcome))?;
                        done.insert(number, outcome);
                    }
                    Err(panic) => {
                        panicked.get_or_insert((study.command(job), panic));
                        crew.stop.ask();
                    }
                }
            }
            line.draw(|| format!("{ended} of {count} runs{}", estimate.words().map(|words| format!(", {words}")).unwrap_or_default()));
            Ok(())
        };
        crew.work(numbers, |number| study.run(study.job(number)), hear)
    }

    /// Whether some were begun no more because an end was asked for.
    pub fn stopped(&self) -> bool {
        self.crew.stop.asked()
    }

    /// Those that are done, as results of the study, and those that are done beyond it: it was asked for more seeds before.
    pub fn split(mut self, study: &Study) -> (Results<'_>, Vec<Outcome>) {
        let beyond = self.done.split_off(&study.runs());
        (Results::new(study, self.done.into_values().collect()), beyond.into_values().collect())
    }

    /// Those that are done, as results of the study.
    pub fn results<'s>(&self, study: &'s Study) -> Results<'s> {
        Results::new(study, self.done.range(..study.runs()).map(|(_, outcome)| outcome.clone()).collect())
    }
}

/// What is about to be run.
fn plan(study: &Study, count: u64, done: usize, threads: usize) -> String {
    let before = if done > 0 { format!(" that are left of {}", count + done as u64) } else { String::new() };
    let (runs, variants) = (counted(count, "run"), counted(study.variants.len() as u64, "variant"));
    let last = study.seeds.first.wrapping_add(study.seeds.count - 1);
    format!(
        "{runs}{before}: {variants} with the seeds {} to {last}, {threads} at a time; Ctrl-C ends it with what is done",
        study.seeds.first
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::stop::Stop;
    use super::*;
    use crate::scenario::Source;
    use crate::study::{Proposal, Seeds, Variant};

    const TINY: &str = r#"
        duration = "1s"
        cluster = { brokers = 1, controllers = 1 }
        topic = [{ name = "orders", partitions = 1, replication_factor = 1 }]
        client = [{ name = "app", rate = 1, topics = ["orders"] }]
    "#;

    #[test]
    fn a_run_that_panics_ends_the_study_with_its_command_and_what_is_done_is_kept() {
        let proposal = |linger: &str| Proposal {
            variant: Variant::of(vec![("linger.ms".to_owned(), linger.to_owned())]),
            source: Source { name: "tiny.toml".to_owned(), text: TINY.to_owned() },
            changes: Vec::new(),
        };
        let mut study = Study::load(vec![proposal("0"), proposal("5")], Seeds { first: 1, count: 1000 }).expect("it is a scenario");
        // No scenario has a topic without its partitions.
        study.variants[1].scenario.spec.partitions.clear();
        let mut runs = Runs::new(Crew { threads: 1, stop: Stop::default() }, Shard::WHOLE, true);
        assert!(runs.run(&study).is_ok());
        let (command, panic) = runs.panicked.expect("it panicked");
        assert_eq!(command, "kafkasim run tiny.toml --set linger.ms=5 --seed 1");
        assert!(panic.contains("index out of bounds"), "{panic}");
        assert!(runs.done.contains_key(&0) && runs.done.len() < 10, "{:?}", runs.done.keys());
    }
}
