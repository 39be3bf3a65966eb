//! The plan of a study as data: everything that decides what its runs are and what is asked of them, so that it goes on, is joined and is
//! answered again without the files that it was made of.

use super::super::api;
use super::super::arguments::Text;
use super::super::exit::Failure;
use super::super::repeat::shell_words;
use super::super::terminal;
use super::question::Question;
use crate::scenario::{self, Override, Source};
use crate::study::{Proposal, Seeds, Shard, Study, Variant};
use serde::{Deserialize, Serialize};

/// Version of the plan; raised when a field changes its meaning or goes away.
const SCHEMA: &str = "kafkasim/study/1";
/// More runs than this are refused: they would take weeks.
const MOST_RUNS: u64 = 10_000_000;

/// What is asked for on the command line.
pub struct Asked {
    /// The command that makes the whole study, as words, without where it is written and how.
    pub command: Vec<String>,
    /// What is to be answered.
    pub question: Question,
    /// The scenarios.
    pub scenarios: Vec<Text>,
    /// What is changed in each of them.
    pub changes: Vec<Override>,
    /// The variants, each with the place of its scenario.
    pub variants: Vec<(usize, Variant)>,
    /// The seeds.
    pub seeds: Seeds,
    /// Which part of it is run.
    pub shard: Shard,
}

/// The plan of a study, as it is kept.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Version of this form.
    schema: String,
    /// Version of kafkasim.
    kafkasim: String,
    /// Digest of the study.
    pub digest: String,
    /// The command that makes the whole study, without where it is written and how.
    pub command: Vec<String>,
    /// What is to be answered.
    pub question: Question,
    /// The first seed.
    first_seed: u64,
    /// How many seeds.
    pub seeds: u64,
    /// Which part of it is here, as `I/N`.
    pub shard: String,
    /// The texts of the scenarios.
    scenarios: Vec<Named>,
    /// What is changed in each of them.
    changes: Vec<Override>,
    /// The variants.
    variants: Vec<Chosen>,
}

/// The text of a scenario.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: String,
    text: String,
}

/// A variant of one of the scenarios.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Chosen {
    name: String,
    /// Its place among the scenarios.
    scenario: usize,
    settings: Vec<(String, String)>,
}

impl Plan {
    /// Loads every scenario that is asked for.
    ///
    /// # Errors
    /// With every mistake in the first variant that has any, or when there are too many runs.
    pub fn new(asked: Asked) -> Result<(Plan, Study), Failure> {
        let mut plan = Plan {
            schema: SCHEMA.to_owned(),
            kafkasim: env!("CARGO_PKG_VERSION").to_owned(),
            digest: String::new(),
            command: asked.command,
            question: asked.question,
            first_seed: asked.seeds.first,
            seeds: asked.seeds.count,
            shard: format!("{}/{}", asked.shard.index, asked.shard.of),
            scenarios: asked.scenarios.into_iter().map(|text| Named { name: text.name, text: text.text }).collect(),
            changes: asked.changes,
            variants: asked.variants.into_iter().map(|(scenario, v)| Chosen { name: v.name, scenario, settings: v.settings }).collect(),
        };
        let runs = (plan.variants.len() as u64).saturating_mul(plan.seeds);
        if runs > MOST_RUNS {
            let variants = plan.variants.len();
            return Err(Failure::new(format!(
                "{variants} variants with {} seeds each are {runs} runs, and {MOST_RUNS} are the most: ask for fewer --seeds, or for fewer variants",
                plan.seeds
            )));
        }
        let study = plan.load()?;
        for loaded in &study.variants {
            let too_large = |why| Failure::new(format!("variant `{}`: {why}", loaded.variant.name));
            loaded.scenario.check_size(scenario::MAX_EVENTS).map_err(too_large)?;
        }
        plan.digest = study.digest();
        Ok((plan, study))
    }

    /// Reads a plan that was kept in the file of this name.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(name: &str, text: &str) -> Result<Plan, Failure> {
        let plan: Plan = serde_json::from_str(text).map_err(|error| unknown(name, &error.to_string()))?;
        if plan.schema != SCHEMA || plan.variants.iter().any(|variant| variant.scenario >= plan.scenarios.len()) {
            return Err(unknown(name, &format!("its form is `{}`", plan.schema)));
        }
        Shard::parse(&plan.shard).map_err(|why| unknown(name, &why))?;
        Ok(plan)
    }

    /// The study of a plan that was kept in the file of this name.
    ///
    /// # Errors
    /// When its runs are no longer those that it was made for.
    pub fn study(&self, name: &str) -> Result<Study, Failure> {
        let study = self.load()?;
        if study.digest() == self.digest {
            return Ok(study);
        }
        Err(unknown(name, &format!("kafkasim {} made it, whose runs are others; run it again in another directory", self.kafkasim)))
    }

    /// As it is kept.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a plan is plain data with text keys") + "\n"
    }

    /// Which part of the study is run.
    pub fn shard(&self) -> Shard {
        Shard::parse(&self.shard).expect("it was read as one")
    }

    /// The plan of the whole study of which this is a part.
    pub fn whole(&self) -> Plan {
        Plan { shard: "1/1".to_owned(), ..self.clone() }
    }

    /// The command that makes the whole study, with more words, as a shell takes it.
    pub fn command_text(&self, more: &[&str]) -> String {
        let words: Vec<String> = self.command.iter().cloned().chain(more.iter().map(|word| (*word).to_owned())).collect();
        shell_words(&words)
    }

    /// The command that goes on with this part of the study in a directory.
    pub fn command_to_resume(&self, directory: &str) -> String {
        let shard: &[&str] = if self.shard() == Shard::WHOLE { &[] } else { &["--shard", &self.shard] };
        self.command_text(&[shard, &["--out", directory, "--resume"]].concat())
    }

    fn load(&self) -> Result<Study, Failure> {
        let seeds = Seeds { first: self.first_seed, count: self.seeds };
        let proposals: Vec<Proposal> = self.variants.iter().map(|chosen| self.proposal(chosen)).collect();
        Study::load(proposals.clone(), seeds).map_err(|found| {
            let fails = |proposal: &&Proposal| scenario::load(&proposal.source, &all(proposal)).is_err();
            let refused = proposals.iter().find(fails).filter(|proposal| scenario::load(&proposal.source, &proposal.changes).is_ok());
            match (refused, api::drawn(&found)) {
                (Some(proposal), Failure::Drawn(text)) => {
                    let which = terminal::error_line(&format!("the variant `{}` cannot be run:", proposal.variant.name));
                    Failure::Drawn(format!("{which}\n{text}"))
                }
                (_, failure) => failure,
            }
        })
    }

    fn proposal(&self, chosen: &Chosen) -> Proposal {
        let Named { name, text } = &self.scenarios[chosen.scenario];
        Proposal {
            variant: Variant { name: chosen.name.clone(), settings: chosen.settings.clone() },
            source: Source { name: name.clone(), text: text.clone() },
            changes: self.changes.clone(),
        }
    }
}

fn unknown(name: &str, why: &str) -> Failure {
    Failure::new(format!("`{name}` is no plan of a study that this kafkasim can go on with: {why}"))
}

/// Everything that is changed in the scenario of a variant.
fn all(proposal: &Proposal) -> Vec<Override> {
    proposal.changes.iter().cloned().chain(proposal.variant.overrides()).collect()
}
