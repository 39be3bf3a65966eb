//! Mistakes in a text, and what every parser here does first: decode, check sizes, cut into lines.

use std::fmt::Write;

/// Largest text that is read, in bytes.
pub const MAX_TEXT_BYTES: usize = 64 << 20;
/// Longest line that is read, in bytes.
pub const MAX_LINE_BYTES: usize = 1 << 20;
/// Most mistakes of one text that are listed one by one.
pub const MAX_MISTAKES: usize = 20;
/// Most characters of a foreign text that a message repeats.
const MAX_SHOWN: usize = 60;

/// One mistake in a text.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct TextError {
    /// Line, from 1.
    pub line: usize,
    /// Column of the first wrong character, from 1, in characters.
    pub column: usize,
    /// How many characters are wrong.
    pub length: usize,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What to do about it; may be empty.
    pub help: String,
}

/// The mistakes of one text as they are found: the first [`MAX_MISTAKES`] in full, the rest as a number.
#[derive(Default)]
pub(crate) struct Mistakes {
    found: Vec<TextError>,
    more: usize,
}

impl Mistakes {
    /// Adds one.
    pub fn push(&mut self, error: TextError) {
        if self.found.len() < MAX_MISTAKES {
            self.found.push(error);
            return;
        }
        self.more += 1;
    }

    /// Adds one from its parts.
    pub fn add(&mut self, (line, column, length): (usize, usize, usize), message: impl Into<String>, help: impl Into<String>) {
        self.push(TextError { line, column, length: length.max(1), message: message.into(), help: help.into() });
    }

    /// Whether none was found so far.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// `value` when there was no mistake, else all of them in the order of the text.
    ///
    /// # Errors
    /// When any mistake was added.
    pub fn result<T>(mut self, value: T) -> Result<T, Vec<TextError>> {
        if self.found.is_empty() {
            return Ok(value);
        }
        self.found.sort_by_key(|e| (e.line, e.column));
        if self.more > 0 {
            let last = self.found.last().map_or(1, |e| e.line);
            let message = format!("and {} more", self.more);
            self.found.push(TextError { line: last, column: 1, length: 1, message, help: "mend these first".to_owned() });
        }
        Err(self.found)
    }
}

/// The text of a file's bytes.
///
/// # Errors
/// When the bytes are not UTF-8 or more than [`MAX_TEXT_BYTES`]; the place is that of the first bad byte.
pub fn decode(bytes: &[u8]) -> Result<&str, TextError> {
    if bytes.len() > MAX_TEXT_BYTES {
        return Err(too_long(bytes.len()));
    }
    let good = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok(text),
        Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
    };
    let line_start = good.rfind('\n').map_or(0, |i| i + 1);
    let utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    Err(TextError {
        line: good.matches('\n').count() + 1,
        column: column_at(good, good.len()) - column_at(good, line_start) + 1,
        length: 1,
        message: format!("byte 0x{:02x} is not UTF-8", bytes[good.len()]),
        help: if utf16 {
            "this looks like UTF-16, which PowerShell's `>` writes: save it as UTF-8"
        } else {
            "save the file as UTF-8, or take out what is no text"
        }
        .to_owned(),
    })
}

fn too_long(bytes: usize) -> TextError {
    TextError {
        line: 1,
        column: 1,
        length: 1,
        message: format!("the text has {bytes} bytes; {MAX_TEXT_BYTES} at most are read"),
        help: "is this the right file?".to_owned(),
    }
}

/// Refuses texts and lines beyond the limits, before anything is made of them.
///
/// # Errors
/// One mistake that names the limit.
pub(crate) fn check_size(text: &str) -> Result<(), Vec<TextError>> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(vec![too_long(text.len())]);
    }
    let Some((index, line)) = text.split('\n').enumerate().find(|(_, l)| l.len() > MAX_LINE_BYTES) else {
        return Ok(());
    };
    Err(vec![TextError {
        line: index + 1,
        column: 1,
        length: 1,
        message: format!("the line has {} bytes; {MAX_LINE_BYTES} at most are read", line.len()),
        help: "is this the right file?".to_owned(),
    }])
}

/// The lines of a text with their numbers from 1, without line ends and without a byte order mark.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.split('\n').enumerate().map(|(i, line)| (i + 1, line.strip_suffix('\r').unwrap_or(line)))
}

/// The column, from 1, of the character at a byte offset of a line.
pub(crate) fn column_at(line: &str, byte: usize) -> usize {
    line[..byte].chars().count() + 1
}

/// A foreign text for a message: cut to a bearable length, and with everything that could steer a terminal escaped.
pub fn shown(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars().take(MAX_SHOWN) {
        if c.is_ascii_graphic() || c == ' ' {
            out.push(c);
        } else {
            out.extend(c.escape_debug());
        }
    }
    if text.chars().nth(MAX_SHOWN).is_some() {
        out.push('…');
    }
    out
}

/// Numbers as people list them: the first few, then how many more.
pub(crate) fn list_of(numbers: impl IntoIterator<Item = u32>, total: usize) -> String {
    let mut out = String::new();
    let mut listed = 0;
    for n in numbers.into_iter().take(5) {
        if listed > 0 {
            out.push_str(", ");
        }
        // Writing into a String cannot fail.
        let _ = write!(out, "{n}");
        listed += 1;
    }
    if total > listed {
        let _ = write!(out, " and {} more", total - listed);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_byte_that_is_not_utf8_is_named_by_line_and_column() {
        let error = decode(b"node.id=1\nrack=\xc3\xa9t\xe9\n").unwrap_err();
        assert_eq!((error.line, error.column), (2, 8));
        assert_eq!(error.message, "byte 0xe9 is not UTF-8");
        let error = decode(b"\xff\xfeT\0o\0").unwrap_err();
        assert_eq!((error.line, error.column), (1, 1));
        assert!(error.help.contains("UTF-16"), "{}", error.help);
    }

    #[test]
    fn a_line_of_a_hundred_megabytes_is_one_clear_error() {
        let huge = "x".repeat(100 << 20);
        let errors = check_size(&huge).unwrap_err();
        assert_eq!(errors.len(), 1);
        assert!(errors[0].message.contains("67108864 at most"), "{}", errors[0].message);
        let long = format!("ok\n{}\n", "y".repeat(2 << 20));
        let errors = check_size(&long).unwrap_err();
        assert_eq!((errors.len(), errors[0].line), (1, 2));
    }

    #[test]
    fn messages_cannot_steer_a_terminal() {
        assert_eq!(shown("a\u{1b}[31mb"), "a\\u{1b}[31mb");
        assert_eq!(shown("a\u{202e}b\rc"), "a\\u{202e}b\\rc");
        assert_eq!(shown(&"z".repeat(100)).chars().count(), 61);
    }

    #[test]
    fn more_than_twenty_mistakes_end_in_a_number() {
        let mut mistakes = Mistakes::default();
        for line in 1..=50 {
            mistakes.add((line, 1, 1), "wrong", "");
        }
        let errors = mistakes.result(()).unwrap_err();
        assert_eq!(errors.len(), 21);
        assert_eq!(errors[20].message, "and 30 more");
    }
}
