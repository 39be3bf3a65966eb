//! A scenario's page in the handbook.

use super::diagnostic::Diagnostics;
use super::expect::{check_path, find};
use super::file::HandbookFile;
use serde_json::Value;

/// What the handbook says of a scenario beside its `about`. Prose is Markdown.
#[derive(Clone, PartialEq, Debug)]
pub struct Handbook {
    /// Its heading.
    pub title: String,
    /// Why it happens.
    pub why: String,
    /// What to look at.
    pub look: String,
    /// What to do.
    pub remedy: String,
    /// What triage should name as the cause.
    pub cause: Option<String>,
    /// Paths of the numbers that the page shows.
    pub figures: Vec<String>,
    /// The scenario that does it the other way.
    pub without: Option<String>,
}

impl Handbook {
    /// The page's figures in one answer, in their order; none where nothing was measured.
    pub fn figures_of(&self, answer: &Value) -> Vec<Option<f64>> {
        self.figures.iter().map(|path| find(answer, path)).collect()
    }
}

/// Reads the page; a figure that no answer has is noted in `found`.
pub(super) fn resolve(page: &HandbookFile, found: &mut Diagnostics) -> Handbook {
    for path in &page.figures {
        if let Err((message, help)) = check_path(path) {
            found.add(Some(&path.span), message, help);
        }
    }
    Handbook {
        title: page.title.clone(),
        why: page.why.clone(),
        look: page.look.clone(),
        remedy: page.remedy.clone(),
        cause: page.cause.clone(),
        figures: page.figures.iter().map(|path| path.value.clone()).collect(),
        without: page.without.clone(),
    }
}
