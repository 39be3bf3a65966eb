//! What an import finds on its way: mistakes, and the sentences that it owes its reader.

use crate::kafka::text::{TextError, shown};
use std::collections::{BTreeMap, BTreeSet};

/// Most keys that one sentence lists.
const MAX_KEYS: usize = 12;

/// Collected findings of all sources.
#[derive(Default)]
pub(super) struct Findings {
    /// Mistakes with the name of their file.
    pub errors: Vec<(String, TextError)>,
    /// What was read.
    pub took: Vec<String>,
    /// What was assumed.
    pub assumed: Vec<String>,
    /// Keys without effect, by whose they are and why.
    left_out: BTreeMap<(&'static str, String), BTreeSet<String>>,
}

impl Findings {
    /// Adds a mistake of a file.
    pub fn error(&mut self, file: &str, error: TextError) {
        self.errors.push((file.to_owned(), error));
    }

    /// Adds the mistakes of a file.
    pub fn errors(&mut self, file: &str, errors: Vec<TextError>) {
        self.errors.extend(errors.into_iter().map(|e| (file.to_owned(), e)));
    }

    /// Adds a mistake of what was given on no line of a file.
    pub fn option_error(&mut self, option: &str, message: impl Into<String>, help: impl Into<String>) {
        self.error(option, TextError { line: 1, column: 1, length: 1, message: message.into(), help: help.into() });
    }

    /// Adds a sentence about what was read.
    pub fn took(&mut self, sentence: String) {
        self.took.push(sentence);
    }

    /// Adds a sentence about what is assumed, once.
    pub fn assume(&mut self, sentence: String) {
        if !self.assumed.contains(&sentence) {
            self.assumed.push(sentence);
        }
    }

    /// Adds a key that has no effect.
    pub fn left_out(&mut self, whose: &'static str, reason: &str, key: &str) {
        self.left_out.entry((whose, reason.to_owned())).or_default().insert(shown(key));
    }

    /// The sentences about what has no effect, one for each reason.
    pub fn not_modelled(&self) -> Vec<String> {
        let sentence = |((whose, reason), keys): (&(&str, String), &BTreeSet<String>)| {
            let listed = keys.iter().take(MAX_KEYS).cloned().collect::<Vec<_>>().join(", ");
            let more = if keys.len() > MAX_KEYS { format!(" and {} more", keys.len() - MAX_KEYS) } else { String::new() };
            format!("{whose}: {reason} ({listed}{more})")
        };
        self.left_out.iter().map(sentence).collect()
    }
}
