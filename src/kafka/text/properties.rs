//! Java `.properties` files as `java.util.Properties.load` reads them, which is what Kafka's `Utils.loadProps` calls.

use super::{MAX_LINE_BYTES, Mistakes, TextError, check_size, shown};
use std::collections::BTreeMap;
use std::iter::Peekable;
use std::vec::IntoIter;

/// One key with its value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Property {
    /// The key, escapes resolved.
    pub key: String,
    /// The value, escapes resolved; not trimmed at its end.
    pub value: String,
    /// Line of the key, from 1.
    pub line: usize,
    /// Column of the key, from 1, in characters.
    pub column: usize,
    /// Line of the value's first character (a continued line may hold it).
    pub value_line: usize,
    /// Column of the value's first character.
    pub value_column: usize,
}

/// A whole file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Properties {
    /// Every key once, in the order of the lines that count.
    pub entries: Vec<Property>,
    /// The text of every comment with its line, without the comment sign.
    pub comments: Vec<(usize, String)>,
    /// Sentences about what was odd but read.
    pub notes: Vec<String>,
}

impl Properties {
    /// The entry of a key.
    pub fn get(&self, key: &str) -> Option<&Property> {
        self.entries.iter().find(|p| p.key == key)
    }
}

/// One character with its place.
#[derive(Clone, Copy)]
struct Placed {
    c: char,
    line: usize,
    column: usize,
}

type Characters = Peekable<IntoIter<Placed>>;

/// Reads a properties file.
///
/// # Errors
/// Every malformed escape and every line without a key; also a text or a line beyond the limits.
pub fn parse(text: &str) -> Result<Properties, Vec<TextError>> {
    check_size(text)?;
    let mut mistakes = Mistakes::default();
    let mut comments = Vec::new();
    let mut all = Vec::new();
    each_logical_line(text, &mut comments, &mut mistakes, |logical, mistakes| all.extend(property(logical, mistakes)));
    let (entries, notes) = later_wins(all);
    mistakes.result(Properties { entries, comments, notes })
}

/// Joins continued lines and hands them on one by one; blank and comment lines are left out.
fn each_logical_line(
    text: &str,
    comments: &mut Vec<(usize, String)>,
    mistakes: &mut Mistakes,
    mut take: impl FnMut(Vec<Placed>, &mut Mistakes),
) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut current: Vec<Placed> = Vec::new();
    let mut continued = false;
    for (index, line) in natural_lines(text).enumerate() {
        let number = index + 1;
        let start = line.find(|c| !is_blank(c)).unwrap_or(line.len());
        let content = &line[start..];
        if !continued && content.starts_with(['#', '!']) {
            comments.push((number, content[1..].trim().to_owned()));
            continue;
        }
        let open = ends_in_continuation(content);
        let body = if open { &content[..content.len() - 1] } else { content };
        let first = line[..start].chars().count() + 1;
        current.extend(body.chars().enumerate().map(|(i, c)| Placed { c, line: number, column: first + i }));
        continued = open;
        if current.len() > MAX_LINE_BYTES {
            mistakes.add(
                (number, 1, 1),
                format!("the continued line is longer than {MAX_LINE_BYTES} characters"),
                "is this the right file?",
            );
            current.clear();
        }
        if !open && !current.is_empty() {
            take(std::mem::take(&mut current), mistakes);
        }
    }
    if !current.is_empty() {
        take(current, mistakes);
    }
}

/// Lines that end in `\n`, `\r` or `\r\n`.
fn natural_lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{c}')
}

/// An odd number of backslashes at the end continues the line.
fn ends_in_continuation(content: &str) -> bool {
    content.bytes().rev().take_while(|b| *b == b'\\').count() % 2 == 1
}

fn property(logical: Vec<Placed>, mistakes: &mut Mistakes) -> Option<Property> {
    let first = *logical.first()?;
    let last = *logical.last()?;
    let mut rest: Characters = logical.into_iter().peekable();
    let key = unescape(&mut rest, |c| is_blank(c) || c == '=' || c == ':', mistakes);
    skip_separator(&mut rest);
    let at = rest.peek().copied().unwrap_or(Placed { c: ' ', line: last.line, column: last.column + 1 });
    let value = unescape(&mut rest, |_| false, mistakes);
    if key.is_empty() {
        mistakes.add((first.line, first.column, 1), format!("no key before `{}`", first.c), "write `key=value`");
        return None;
    }
    Some(Property { key, value, line: first.line, column: first.column, value_line: at.line, value_column: at.column })
}

/// Blanks, at most one `=` or `:`, blanks.
fn skip_separator(rest: &mut Characters) {
    while rest.next_if(|p| is_blank(p.c)).is_some() {}
    if rest.next_if(|p| p.c == '=' || p.c == ':').is_some() {
        while rest.next_if(|p| is_blank(p.c)).is_some() {}
    }
}

/// Takes characters up to one that ends the part, resolving escapes.
fn unescape(rest: &mut Characters, ends: fn(char) -> bool, mistakes: &mut Mistakes) -> String {
    let mut units: Vec<u16> = Vec::new();
    let mut buffer = [0; 2];
    while let Some(p) = rest.next_if(|p| !ends(p.c)) {
        if p.c != '\\' {
            units.extend_from_slice(p.c.encode_utf16(&mut buffer));
            continue;
        }
        let Some(escaped) = rest.next() else { break };
        let plain = match escaped.c {
            'u' => {
                units.push(unicode_escape(rest, p, mistakes));
                continue;
            }
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'f' => '\u{c}',
            other => other,
        };
        units.extend_from_slice(plain.encode_utf16(&mut buffer));
    }
    String::from_utf16_lossy(&units)
}

/// The four hexadecimal digits after `\u`: one UTF-16 unit, as Java has it.
fn unicode_escape(rest: &mut Characters, start: Placed, mistakes: &mut Mistakes) -> u16 {
    let mut unit: u16 = 0;
    for read in 0..4 {
        let Some(digit) = rest.next_if(|p| p.c.is_ascii_hexdigit()).and_then(|p| p.c.to_digit(16)) else {
            mistakes.add(
                (start.line, start.column, 2 + read),
                "malformed \\uxxxx escape: four hexadecimal digits must follow",
                "write a backslash as `\\\\`, also in Windows paths",
            );
            return unit;
        };
        unit = unit << 4 | digit as u16;
    }
    unit
}

/// `Properties` is a hash table: of a key given twice the later value counts.
fn later_wins(all: Vec<Property>) -> (Vec<Property>, Vec<String>) {
    let mut last: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut notes = Vec::new();
    for (index, p) in all.iter().enumerate() {
        if let Some((_, earlier)) = last.insert(p.key.clone(), (index, p.line)) {
            notes.push(format!("`{}` is given on line {earlier} and again on line {}; the later one counts", shown(&p.key), p.line));
        }
    }
    let kept = all.into_iter().enumerate().filter(|(i, p)| last.get(&p.key).is_some_and(|(at, _)| at == i)).map(|(_, p)| p).collect();
    (kept, notes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        parse(text).unwrap().entries.into_iter().map(|p| (p.key, p.value)).collect()
    }

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn separators_comments_and_line_ends_are_javas() {
        let text = "# broker\r\n! also a comment\r\nnode.id=1\r\n  broker.rack : a b \r\nlog.dirs /var/a\rlinger.ms\t=\t5\n\nempty\n";
        let expected =
            [pair("node.id", "1"), pair("broker.rack", "a b "), pair("log.dirs", "/var/a"), pair("linger.ms", "5"), pair("empty", "")];
        assert_eq!(pairs(text), expected);
    }

    #[test]
    fn a_backslash_continues_a_line_and_escapes_what_follows() {
        let text =
            "listeners=PLAINTEXT://:9092,\\\n    CONTROLLER://:9093\na\\ key\\=x=caf\\u00e9 \\uD83D\\uDE00\npath=c:\\\\kafka\\\\\nlast=a\\";
        let expected = [
            pair("listeners", "PLAINTEXT://:9092,CONTROLLER://:9093"),
            pair("a key=x", "café 😀"),
            pair("path", "c:\\kafka\\"),
            pair("last", "a"),
        ];
        assert_eq!(pairs(text), expected);
    }

    #[test]
    fn a_comment_inside_a_continued_line_is_no_comment() {
        assert_eq!(pairs("a=1,\\\n#2\nb=3"), [pair("a", "1,#2"), pair("b", "3")]);
    }

    #[test]
    fn the_later_of_two_wins_and_is_said() {
        let read = parse("acks=1\nlinger.ms=0\nacks=all\n").unwrap();
        assert_eq!(read.get("acks").unwrap().value, "all");
        assert_eq!(read.entries.len(), 2);
        assert_eq!(read.notes, ["`acks` is given on line 1 and again on line 3; the later one counts"]);
    }

    #[test]
    fn places_are_those_of_key_and_value() {
        let read = parse("\n  linger.ms = \\\n   5s\n").unwrap();
        let p = &read.entries[0];
        assert_eq!((p.line, p.column, p.value_line, p.value_column), (2, 3, 3, 4));
    }

    #[test]
    fn every_bad_escape_is_reported() {
        let errors = parse("dir=c:\\users\nok=1\nb=\\u12\n=3\n").unwrap_err();
        let places: Vec<_> = errors.iter().map(|e| (e.line, e.column)).collect();
        assert_eq!(places, [(1, 7), (3, 3), (4, 1)]);
        assert!(errors[0].help.contains("Windows paths"));
    }
}
