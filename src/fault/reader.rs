//! Reads a line word by word and knows where each stood.

use crate::engine::{Duration, parse_duration};
use std::ops::Range;

/// What is wrong with a fault line, where in it (byte columns), and what to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mistake {
    /// What is wrong.
    pub message: String,
    /// Which bytes of the line.
    pub span: Range<usize>,
    /// The remedy.
    pub help: Option<String>,
}

impl Mistake {
    /// The same in a line that lacks its first `bytes`.
    pub fn moved_left(self, bytes: usize) -> Self {
        let span = self.span.start.saturating_sub(bytes)..self.span.end.saturating_sub(bytes);
        Mistake { span, ..self }
    }
}

impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        self.help.iter().try_for_each(|help| write!(f, ": {help}"))
    }
}

impl std::error::Error for Mistake {}

/// A word and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Word<'a> {
    pub text: &'a str,
    pub span: Range<usize>,
}

impl Word<'_> {
    /// This word is wrong.
    pub fn wrong(&self, message: String, help: impl Into<String>) -> Mistake {
        Mistake { message, span: self.span.clone(), help: Some(help.into()) }
    }
}

/// The words of a line; `,` and `;` are words of their own.
pub(super) struct Reader<'a> {
    words: Vec<Word<'a>>,
    next: usize,
    length: usize,
}

impl<'a> Reader<'a> {
    pub fn new(line: &'a str) -> Self {
        let mut words = Vec::new();
        let mut start = None;
        for (i, c) in line.char_indices().chain([(line.len(), ' ')]) {
            let ends = c.is_whitespace() || c == ',' || c == ';';
            if !ends {
                start.get_or_insert(i);
                continue;
            }
            if let Some(from) = start.take() {
                words.push(Word { text: &line[from..i], span: from..i });
            }
            if c == ',' || c == ';' {
                words.push(Word { text: &line[i..=i], span: i..i + 1 });
            }
        }
        Reader { words, next: 0, length: line.len() }
    }

    /// The next word, left where it is; empty at the end of the line.
    pub fn peek(&self) -> &'a str {
        self.words.get(self.next).map_or("", |w| w.text)
    }

    /// The next word with its place, left where it is; empty at the end of the line.
    pub fn clone_next(&self) -> Word<'a> {
        self.words.get(self.next).cloned().unwrap_or(Word { text: "", span: self.length..self.length })
    }

    /// Takes the next word if it is this one.
    pub fn accept(&mut self, word: &str) -> bool {
        let found = self.peek() == word;
        self.next += usize::from(found);
        found
    }

    /// Takes the next word, which is `what`.
    pub fn take(&mut self, what: &str) -> Result<Word<'a>, Mistake> {
        let Some(word) = self.words.get(self.next) else {
            return Err(Mistake {
                message: format!("the line ends where {what} should follow"),
                span: self.length.saturating_sub(1)..self.length,
                help: None,
            });
        };
        self.next += 1;
        Ok(word.clone())
    }

    /// Takes exactly this word.
    pub fn expect(&mut self, word: &str) -> Result<(), Mistake> {
        let found = self.take(&format!("`{word}`"))?;
        if found.text == word {
            return Ok(());
        }
        Err(found.wrong(format!("`{}` stands where `{word}` should", found.text), format!("write `{word}` here")))
    }

    /// The whole line has been read.
    pub fn finish(&self) -> Result<(), Mistake> {
        match self.words.get(self.next) {
            None => Ok(()),
            Some(word) => Err(Mistake {
                message: format!("`{}` is one word too many", word.text),
                span: word.span.start..self.length,
                help: Some("take the rest of the line away, or see the list of faults".to_owned()),
            }),
        }
    }

    pub fn duration(&mut self, what: &str) -> Result<Duration, Mistake> {
        let word = self.take(what)?;
        parse_duration(word.text).map_err(|message| word.wrong(message, format!("{what} looks like `30s`")))
    }

    /// A duration above zero.
    pub fn span_of_time(&mut self, what: &str) -> Result<Duration, Mistake> {
        let word = self.take(what)?;
        match parse_duration(word.text) {
            Ok(d) if d.is_zero() => Err(word.wrong(format!("{what} of zero does nothing"), "give it a length, such as `30s`")),
            Ok(d) => Ok(d),
            Err(message) => Err(word.wrong(message, format!("{what} looks like `30s`"))),
        }
    }

    /// A duration after `keyword`, if that word follows.
    pub fn optional(&mut self, keyword: &str, what: &str) -> Result<Option<Duration>, Mistake> {
        if self.accept(keyword) { self.span_of_time(what).map(Some) } else { Ok(None) }
    }

    /// A whole number from one to a million.
    pub fn count(&mut self, what: &str) -> Result<u32, Mistake> {
        let word = self.take(what)?;
        count(&word, word.text, what)
    }

    /// A factor above zero.
    pub fn factor(&mut self) -> Result<f64, Mistake> {
        let word = self.take("a factor")?;
        match word.text.parse::<f64>() {
            Ok(factor) if factor > 0.0 && factor <= 1e6 => Ok(factor),
            _ => Err(word.wrong(format!("`{}` is no factor", word.text), "write a number above zero: 10 means ten times as slow")),
        }
    }

    /// Items with commas between them.
    pub fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T, Mistake>) -> Result<Vec<T>, Mistake> {
        let mut items = vec![item(self)?];
        while self.accept(",") {
            items.push(item(self)?);
        }
        Ok(items)
    }
}

/// Most of anything that a line may ask for.
const MOST: u32 = 1_000_000;

/// A whole number from one to a million, in (a part of) a word.
pub(super) fn count(word: &Word<'_>, text: &str, what: &str) -> Result<u32, Mistake> {
    match text.parse::<u32>() {
        Ok(n) if (1..=MOST).contains(&n) => Ok(n),
        Ok(_) | Err(_) => Err(word.wrong(format!("`{text}` is no {what}"), format!("write a whole number from 1 to {MOST}"))),
    }
}
