//! What is wrong with a scenario: every mistake at once, each with its place and its remedy.

use crate::printable::{escape, obeyed};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceSpan};
use std::fmt::{self, Display};
use std::ops::Range;
use std::sync::Arc;

/// A mistake is not drawn where it or its neighbours have longer lines than this, in bytes.
const LONGEST_SHOWN_LINE: usize = 500;
/// Most mistakes that are listed one by one.
const MOST_MISTAKES: usize = 20;
/// Characters of a message or a remedy that are shown.
const LONGEST_SENTENCE: usize = 1000;

/// One mistake.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
    /// The file, or the option of the command line, that it stands in.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    source: Arc<NamedSource<String>>,
    span: Option<Range<usize>>,
}

/// Every mistake of a scenario, in the order in which they stand in it.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    sources: Vec<(usize, Arc<NamedSource<String>>)>,
    items: Vec<Diagnostic>,
    /// Mistakes beyond [`MOST_MISTAKES`].
    more: usize,
    notes: Vec<String>,
}

impl Diagnostics {
    /// No mistake yet in a text named `name`.
    pub(super) fn of(name: &str, text: &str) -> Self {
        let mut found = Diagnostics::default();
        found.source(0, name, text);
        found
    }

    /// Spans from `offset` on mean this text.
    pub(super) fn source(&mut self, offset: usize, name: &str, text: &str) {
        self.sources.push((offset, Arc::new(NamedSource::new(escape(name), same_length(text)))));
    }

    /// Notes what is no mistake and belongs into the answer, as a sentence.
    pub(super) fn note(&mut self, sentence: String) {
        if !self.notes.contains(&sentence) {
            self.notes.push(sentence);
        }
    }

    /// Takes the sentences for the answer.
    pub(super) fn take_notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    /// Notes a mistake. Without a span it belongs to the file as a whole.
    pub(super) fn add(&mut self, span: Option<&Range<usize>>, message: String, help: impl Into<String>) {
        if self.items.len() == MOST_MISTAKES {
            self.more += 1;
            return;
        }
        let start = span.map_or(0, |s| s.start);
        let (offset, source) = self.sources.iter().rev().find(|(from, _)| *from <= start).expect("the first source starts at 0");
        let text = source.inner();
        let span = span.map(|s| (s.start - offset).min(text.len())..(s.end.max(s.start) - offset).min(text.len()));
        let before = text.get(..span.as_ref().map_or(0, |s| s.start)).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        self.items.push(Diagnostic {
            message: sentence(&message),
            help: sentence(&help.into()),
            file: source.name().to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            source: Arc::clone(source),
            span,
        });
    }

    /// The text that a span of the file itself covers.
    pub(super) fn text(&self, span: &Range<usize>) -> Option<&str> {
        let (offset, source) = self.sources.iter().rev().find(|(from, _)| *from <= span.start)?;
        source.inner().get(span.start - offset..span.end - offset)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Whether a value of this key was refused already.
    pub(super) fn tells_of(&self, path: &str) -> bool {
        self.items.iter().any(|d| d.message.starts_with(&format!("`{path}")))
    }

    /// Each mistake.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.items.iter()
    }

    /// Puts them in the order in which they stand, and drops those said twice.
    pub(super) fn sort(&mut self) {
        let place = |d: &Diagnostic| (self.sources.iter().position(|(_, s)| Arc::ptr_eq(s, &d.source)), d.line, d.column);
        self.items.sort_by_key(place);
        self.items.dedup_by(|a, b| a.message == b.message && a.line == b.line && a.column == b.column && a.file == b.file);
    }

    /// All of them with the lines that they stand in: drawn and in colour, or as plain text.
    pub fn render(&self, colour: bool) -> String {
        if !colour {
            return self.to_string();
        }
        let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode());
        let mut text = String::new();
        for item in &self.items {
            // Writing to a String cannot fail; a diagnostic that could not be drawn is printed plainly.
            if handler.render_report(&mut text, item).is_err() {
                text.push_str(&item.plain());
            }
        }
        text + &self.rest()
    }

    /// The mistakes that are not listed, as a number.
    fn rest(&self) -> String {
        if self.more == 0 { String::new() } else { format!("\nerror: and {} more mistakes\n  help: mend these first\n", self.more) }
    }
}

/// The text with its lines and without what a terminal would obey, each such character replaced by as many bytes, so that spans stay true.
fn same_length(text: &str) -> String {
    let shown = |c: char| match c {
        '\n' => String::from(c),
        '\t' | '\r' => String::from(' '),
        _ if obeyed(c) => "?".repeat(c.len_utf8()),
        _ => String::from(c),
    };
    text.chars().map(shown).collect()
}

/// A sentence as it can be shown: it may quote any part of a file.
fn sentence(text: &str) -> String {
    let mut short: String = text.chars().take(LONGEST_SENTENCE).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    escape(&short)
}

impl Diagnostic {
    /// Whether somebody would read the lines around it.
    fn can_be_drawn(&self) -> bool {
        self.source.inner().lines().skip(self.line.saturating_sub(2)).take(3).all(|line| line.len() <= LONGEST_SHOWN_LINE)
    }

    /// With the line that it stands in, a caret, and the remedy.
    fn plain(&self) -> String {
        let (message, file, help) = (&self.message, &self.file, &self.help);
        let Some(span) = &self.span else { return format!("error: {message}\n  --> {file}\n  help: {help}\n") };
        if !self.can_be_drawn() {
            return format!("error: {message}\n  --> {file}:{}:{}\n  help: {help}\n", self.line, self.column);
        }
        let text = self.source.inner();
        let line = text.lines().nth(self.line - 1).unwrap_or_default();
        let rest = line.chars().count().saturating_sub(self.column - 1);
        let covered = text.get(span.clone()).unwrap_or_default().lines().next().unwrap_or_default().chars().count();
        let indent: String = line.chars().take(self.column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        let carets = "^".repeat(covered.clamp(1, rest.max(1)));
        let number = self.line.to_string();
        let margin = " ".repeat(number.len());
        format!(
            "error: {message}\n  --> {file}:{number}:{}\n  {number} | {line}\n  {margin} | {indent}{carets}\n  help: {help}\n",
            self.column
        )
    }
}

impl Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, item) in self.items.iter().enumerate() {
            write!(f, "{}{}", if i > 0 { "\n" } else { "" }, item.plain())?;
        }
        f.write_str(&self.rest())
    }
}

impl std::error::Error for Diagnostic {}
impl std::error::Error for Diagnostics {}

impl miette::Diagnostic for Diagnostic {
    fn help<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        Some(Box::new(&self.help))
    }
    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.span.as_ref().filter(|_| self.can_be_drawn()).map(|_| &*self.source as &dyn miette::SourceCode)
    }
    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.span.clone()?;
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(None, SourceSpan::from(span)))))
    }
}

impl miette::Diagnostic for Diagnostics {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        Some(Box::new(self.items.iter().map(|d| d as &dyn miette::Diagnostic)))
    }
}
