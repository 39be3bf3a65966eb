//! Mistakes in texts, drawn with file, line, column, caret and remedy.

use super::terminal;
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Report};

/// A longer line is not shown with its mistake.
const LONGEST_SHOWN_LINE: usize = 400;

/// A mistake at a place of a text: `line` and `column` count from 1, `column` and `length` in characters.
pub struct Mistake<'a> {
    /// The file as it was named.
    pub name: &'a str,
    /// Its text.
    pub text: &'a str,
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
    /// Length.
    pub length: usize,
    /// What is wrong.
    pub message: &'a str,
    /// What to do about it; may be empty.
    pub help: &'a str,
}

impl Mistake<'_> {
    /// As a diagnostic with the text around it, unless its line is too long to be shown.
    pub fn report(&self) -> Report {
        let mut diagnostic = MietteDiagnostic::new(format!("{}:{}:{}: {}", self.name, self.line, self.column, self.message));
        if !self.help.is_empty() {
            diagnostic = diagnostic.with_help(self.help);
        }
        let before: usize = self.text.split_inclusive('\n').take(self.line.saturating_sub(1)).map(str::len).sum();
        let line = self.text.get(before..).unwrap_or_default().lines().next().unwrap_or_default();
        if line.is_empty() || line.len() > LONGEST_SHOWN_LINE {
            return Report::new(diagnostic);
        }
        let byte = |column: usize| line.char_indices().nth(column).map_or(line.len(), |(i, _)| i);
        let (start, end) = (byte(self.column.saturating_sub(1)), byte(self.column.saturating_sub(1) + self.length));
        let label = LabeledSpan::underline(before + start..before + end);
        Report::new(diagnostic.with_label(label)).with_source_code(NamedSource::new(self.name, self.text.to_owned()))
    }
}

/// The diagnostic as text for standard error.
pub fn drawn(diagnostic: &dyn Diagnostic) -> String {
    let look = terminal::message_look();
    let theme = if look.colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let mut text = String::new();
    let drawn = GraphicalReportHandler::new_themed(theme)
        .with_width(usize::from(look.width))
        .with_links(false)
        .render_report(&mut text, diagnostic);
    match drawn {
        Ok(()) => text,
        // The text around the mistake could not be read: the words are enough.
        Err(_) => format!("{}\n", terminal::error_line(&diagnostic.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_shown_with_its_line_its_caret_and_its_remedy() {
        let text = "linger.ms=5\nretries=möre\n";
        let mistake = Mistake {
            name: "app.properties",
            text,
            line: 2,
            column: 9,
            length: 4,
            message: "`retries` takes a whole number, not `möre`",
            help: "write a number such as 3",
        };
        insta::assert_snapshot!(drawn(mistake.report().as_ref()));
    }

    #[test]
    fn a_mistake_in_a_line_without_end_does_not_print_the_line() {
        let text = "x".repeat(1 << 20);
        let mistake = Mistake { name: "huge.txt", text: &text, line: 1, column: 1, length: 1, message: "too long", help: "" };
        assert!(drawn(mistake.report().as_ref()).len() < 200);
    }
}
