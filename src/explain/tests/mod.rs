//! Stories and laws of explanations.

mod counts;
mod laws;
mod questions;
mod stories;

use super::record::Recovery;
use super::{ExplanationRecord, Question, explain};
use crate::scenario::{Override, Source};

fn set(key: &str, value: &str) -> Override {
    Override::Set { key: key.to_owned(), value: value.to_owned() }
}

fn catalogue(name: &str) -> Source {
    Source::catalogue(name).unwrap()
}

fn text(toml: &str) -> Source {
    Source { name: "story".to_owned(), text: toml.to_owned() }
}

/// The slowest recovery, with tries.
fn slowest(source: &Source, overrides: &[Override]) -> Recovery {
    explained(source, overrides, &Question::default()).explained.remove(0)
}

fn explained(source: &Source, overrides: &[Override], question: &Question) -> ExplanationRecord {
    explain(source, overrides, question).unwrap()
}

/// The longest step: what it waited for, and what governs it.
fn longest(recovery: &Recovery) -> (&str, &str) {
    let step = &recovery.steps[recovery.levers[0].step];
    (step.waited_for.as_str(), step.setting.as_deref().unwrap_or_default())
}
