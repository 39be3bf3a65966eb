//! How an answer is written.

use super::terminal;
use crate::report::{Document, markdown, text};
use clap::ValueEnum;

/// How an answer is written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// For programs: see `kafkasim schema`
    Json,
    /// For documents
    Markdown,
}

impl Format {
    /// The answer as it is written to a file of this name, or to standard output.
    pub fn render(self, document: impl FnOnce() -> Document, json: impl FnOnce() -> String, output: Option<&str>) -> String {
        match self {
            Format::Text => text::render(&document(), terminal::look(matches!(output, None | Some("-")))),
            Format::Json => json(),
            Format::Markdown => markdown::render(&document()),
        }
    }
}
