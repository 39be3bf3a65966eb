//! Mistakes in the files of a real cluster, drawn with file, line, column, caret and remedy as those in a scenario are.

use super::terminal;
use crate::printable::escape;

/// A longer line is not shown with its mistake.
const LONGEST_SHOWN_LINE: usize = 200;

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
    /// As text for standard error, with its line unless that is too long to be shown.
    pub fn drawn(&self) -> String {
        let mut lines = vec![terminal::error_line(self.message), format!("  --> {}:{}:{}", escape(self.name), self.line, self.column)];
        let line = self.text.lines().nth(self.line.saturating_sub(1)).unwrap_or_default();
        if !line.trim().is_empty() && line.len() <= LONGEST_SHOWN_LINE {
            lines.extend(self.place(line));
        }
        if !self.help.is_empty() {
            lines.push(format!("  help: {}", escape(self.help)));
        }
        lines.join("\n") + "\n"
    }

    /// The line, and carets under what is wrong. Escaped characters are wider, so what stands before counts as it is shown.
    fn place(&self, line: &str) -> [String; 2] {
        let before: String = line.chars().take(self.column.saturating_sub(1)).collect();
        let wrong: String = line.chars().skip(self.column.saturating_sub(1)).take(self.length).collect();
        let margin = self.line.to_string();
        let shown = |text: &str| escape(&text.replace('\t', " "));
        let (indent, carets) = (shown(&before).chars().count(), shown(&wrong).chars().count().max(1));
        [format!("  {margin} | {}", shown(line)), format!("  {:w$} | {:indent$}{}", "", "", "^".repeat(carets), w = margin.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistake(text: &str) -> Mistake<'_> {
        let message = "`retries` takes a whole number, not `möre`";
        Mistake { name: "app.properties", text, line: 2, column: 9, length: 4, message, help: "write a number such as 3" }
    }

    #[test]
    fn a_mistake_is_shown_with_its_line_its_caret_and_its_remedy() {
        let drawn = mistake("linger.ms=5\nretries=möre\n").drawn();
        let expected = "error: `retries` takes a whole number, not `möre`\n  --> app.properties:2:9\n  2 | retries=möre\n    |         ^^^^\n  help: write a number such as 3\n";
        assert_eq!(drawn, expected);
    }

    #[test]
    fn a_line_without_end_is_not_printed() {
        let text = format!("a\n{}", "x".repeat(1 << 20));
        assert!(mistake(&text).drawn().len() < 200);
    }
}
