//! A study as one HTML page: `--report`.

use super::question::{Answer, Question};
use crate::report::html::{self, Configuration, StudyPage};
use crate::report::study::{self as documents, Picture, SingleRuns};
use crate::study::record::singles::{Bad, Singles};
use crate::study::{Loaded, Requirement, Results, singles};

/// What is looked at for the worst seeds of a sweep after what was required: staleness, the time without a leader, and what was lost.
const LOOKED_AT: [&str; 4] = ["requests.stale", "interruption_ms.max", "records.failed", "records.lost"];
/// Scenarios that are shown in full.
const MOST_SCENARIOS: usize = 12;

/// The whole file. `command` repeats the study.
///
/// # Errors
/// When the question names a metric that no run has.
pub fn html(question: &Question, results: &Results<'_>, answer: &Answer, command: &str) -> Result<String, String> {
    let singles = singles(question, results)?;
    Ok(html::render_study(&StudyPage {
        kafkasim: &answer.study().kafkasim,
        document: &answer.document(),
        pictures: &pictures(answer, &singles),
        runs: &runs(answer, &singles),
        configurations: &configurations(answer, &results.study.variants),
        command,
    }))
}

fn singles(question: &Question, results: &Results<'_>) -> Result<Singles, String> {
    match question {
        Question::Sweep { require, .. } => {
            let mut metrics = require.iter().map(|text| Ok(Requirement::parse(text)?.bad())).collect::<Result<Vec<_>, String>>()?;
            for path in LOOKED_AT {
                if metrics.iter().all(|(known, _)| known != path) {
                    metrics.push((path.to_owned(), Bad::Most));
                }
            }
            singles::worst(results, &metrics)
        }
        Question::Compare { .. } => singles::paired(results, &question.metrics()),
    }
}

fn pictures(answer: &Answer, singles: &Singles) -> Vec<Picture> {
    let strips = match answer {
        Answer::Sweep(_) => Vec::new(),
        Answer::Compare(record) => documents::strips(record, singles),
    };
    // The first picture of a comparison is that of all its differences; the seeds come right after it.
    let mut pictures: Vec<Picture> = answer.plots().into_iter().map(|plot| Picture { plot, numbers: None }).collect();
    let after = pictures.len().min(1);
    pictures.splice(after..after, strips);
    pictures
}

fn runs(answer: &Answer, singles: &Singles) -> SingleRuns {
    match answer {
        Answer::Sweep(record) => documents::of_sweep(record, singles),
        Answer::Compare(record) => documents::of_comparison(record, singles),
    }
}

/// Of a sweep the first variant's scenario, as the others differ from it in what was varied only; of a comparison one for each variant.
fn configurations(answer: &Answer, variants: &[Loaded]) -> Vec<Configuration> {
    let most = match answer {
        Answer::Sweep(_) => 1,
        Answer::Compare(_) => MOST_SCENARIOS,
    };
    let shown = &variants[..variants.len().min(most)];
    let left_out = match variants.len() - shown.len() {
        0 => String::new(),
        others if most == 1 => format!(" (the first variant; {others} more differ from it in what was varied)"),
        others => format!(" ({others} more variants are not shown)"),
    };
    let one = |Loaded { variant, scenario }: &Loaded| Configuration {
        name: format!("The scenario with all changes applied: {}{left_out}", variant.name),
        text: scenario.canonical.clone(),
    };
    shown.iter().map(one).collect()
}
