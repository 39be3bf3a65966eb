//! What is asked of a study, as it is kept in its plan, and the answer.

use super::super::exit::Failure;
use crate::report::Document;
use crate::report::study::{self as documents, Plot};
use crate::statistics::{Confidence, Look, Looks};
use crate::study::record::{CompareRecord, Stopping, StudyRecord, SweepRecord};
use crate::study::{self, Column, Design, Requirement, Results, Study, USUAL, Until, Wish};
use serde::{Deserialize, Serialize};

/// What stands for staleness where nothing is required.
const LOSS: &str = "requests.stale";
/// Seeds after which it is first asked whether they are enough: of fewer a t interval says little.
const FIRST_LOOK: usize = 10;

/// What is asked of a study.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Question {
    /// How it goes with each setting, and which is best.
    Sweep {
        /// The variants are a sample of the grid.
        sampled: bool,
        /// What a setting must meet.
        require: Vec<String>,
        /// What is to be as little as possible.
        minimise: String,
    },
    /// Whether the variants differ from the first.
    Compare {
        /// In what; the usual metrics where none are named.
        metrics: Vec<String>,
        /// How well the difference of the first metric is to be known, where that decides the number of seeds.
        until: Option<String>,
        /// The most seeds.
        max_seeds: u64,
    },
}

/// The answer of a study.
pub enum Answer {
    /// Of a sweep.
    Sweep(SweepRecord),
    /// Of a comparison.
    Compare(CompareRecord),
}

impl Question {
    /// Whether it can be asked of this study at all, before it is run.
    ///
    /// # Errors
    /// When it names a metric that no run has.
    pub fn check(&self, study: &Study) -> Result<(), Failure> {
        // No run is needed to know what its numbers are called.
        self.answer(&Results::new(study, Vec::new()), "").map(|_| ()).map_err(Failure::new)
    }

    /// The answer by the runs that are done. `repeat` is the command that repeats it.
    ///
    /// # Errors
    /// When it names a metric that no run has.
    pub fn answer(&self, results: &Results<'_>, repeat: &str) -> Result<Answer, String> {
        match self {
            Question::Sweep { sampled, require, minimise } => {
                let required = require.iter().map(|text| Requirement::parse(text)).collect::<Result<_, _>>()?;
                let wish = Wish { required, minimise: minimise.clone(), loss: LOSS.to_owned() };
                let design = if *sampled { Design::Sample } else { Design::Grid };
                Ok(Answer::Sweep(study::sweep(results, design, &wish, repeat)?))
            }
            Question::Compare { .. } => {
                let metrics = self.metrics();
                let (stopping, confidence) = self.stopping(results, &metrics[0])?;
                Ok(Answer::Compare(study::compare(results, &metrics, stopping, confidence, repeat)?))
            }
        }
    }

    /// The looks after which it may be enough; none when the number of seeds is fixed.
    pub fn looks(&self) -> Option<Looks> {
        match self {
            Question::Compare { until: Some(_), max_seeds, .. } => {
                let most = usize::try_from(*max_seeds).unwrap_or(usize::MAX);
                Some(Looks::new(FIRST_LOOK, most, Confidence::default()))
            }
            Question::Compare { until: None, .. } | Question::Sweep { .. } => None,
        }
    }

    /// Whether the runs of a look are enough.
    pub fn met(&self, results: &Results<'_>, confidence: Confidence) -> bool {
        let Question::Compare { until: Some(until), .. } = self else { return false };
        let column = Column::parse(&self.metrics()[0], &results.clients(0));
        matches!((Until::parse(until), column), (Ok(until), Ok(column)) if until.met(results, &column, confidence))
    }

    /// The metrics that are compared.
    pub fn metrics(&self) -> Vec<String> {
        match self {
            Question::Compare { metrics, .. } if !metrics.is_empty() => metrics.clone(),
            Question::Compare { .. } | Question::Sweep { .. } => USUAL.map(str::to_owned).to_vec(),
        }
    }

    /// How the number of seeds came about, and the confidence that it leaves to each interval.
    fn stopping(&self, results: &Results<'_>, metric: &str) -> Result<(Stopping, Confidence), String> {
        let (Question::Compare { until: Some(until), .. }, Some(looks)) = (self, self.looks()) else {
            return Ok((study::fixed(results.study.seeds.count), Confidence::default()));
        };
        let planned = looks.len();
        let all: Vec<Look> = looks.collect();
        let confidence = all.first().map_or_else(Confidence::default, |look| look.confidence);
        // The last look counts when all its runs are done.
        let seeds = results.all().len() / results.study.variants.len();
        let seen = all.iter().map(|look| look.runs).filter(|runs| *runs <= seeds).map(|runs| runs as u64).collect();
        let reached = results.all().len() as u64 == results.study.runs() && self.met(results, confidence);
        Ok((study::sequential(&Until::parse(until)?, metric, reached, planned, seen), confidence))
    }
}

impl Answer {
    /// What was run.
    pub fn study(&self) -> &StudyRecord {
        match self {
            Answer::Sweep(record) => &record.study,
            Answer::Compare(record) => &record.study,
        }
    }

    /// For people.
    pub fn document(&self) -> Document {
        match self {
            Answer::Sweep(record) => documents::sweep_document(record),
            Answer::Compare(record) => documents::compare_document(record),
        }
    }

    /// For programs.
    pub fn json(&self) -> String {
        match self {
            Answer::Sweep(record) => crate::report::json(record),
            Answer::Compare(record) => crate::report::json(record),
        }
    }

    /// Its pictures.
    pub fn plots(&self) -> Vec<Plot> {
        match self {
            Answer::Sweep(record) => documents::plots(record),
            Answer::Compare(record) => documents::compare_plots(record),
        }
    }
}
