//! Text of unknown fonts: how wide it may become, where to break it, and how it stands in XML.

use super::canvas::PX;
use crate::printable;

/// The height of a line of text of a size in tenths of a pixel.
pub fn line_height(size: i32) -> i32 {
    size * 13 / 10
}

/// The width of a text in the widest common sans-serif faces (DejaVu, Verdana), so that no viewer's font cuts it.
pub fn width(text: &str, size: i32) -> i32 {
    let ems: f64 = text.chars().map(em).sum();
    (ems * f64::from(size)).ceil() as i32
}

/// The width of the widest of the texts.
pub fn widest<'a>(texts: impl IntoIterator<Item = &'a str>, size: i32) -> i32 {
    texts.into_iter().map(|text| width(text, size)).max().unwrap_or(0)
}

fn em(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' => 0.34,
        '(' | ')' | '[' | ']' | '-' | 'f' | 't' | 'r' => 0.42,
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.98,
        'A'..='Z' => 0.72,
        '+' | '=' | '<' | '>' | '~' | '±' | '−' | '–' | '≤' | '≥' => 0.84,
        _ if c > '\u{2000}' => 1.0,
        _ => 0.64,
    }
}

/// The text in lines no wider than `limit`, broken between words, or within a word that is wider than a line.
pub fn wrap(text: &str, size: i32, limit: i32) -> Vec<String> {
    let limit = limit.max(2 * size);
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace().flat_map(|word| pieces(word, size, limit)) {
        match lines.last_mut() {
            Some(line) if width(line, size) + width(&word, size) + size / 2 <= limit => {
                line.push(' ');
                line.push_str(&word);
            }
            Some(_) | None => lines.push(word),
        }
    }
    lines
}

fn pieces(word: &str, size: i32, limit: i32) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for c in word.chars() {
        if let Some(piece) = pieces.last_mut().filter(|piece| width(piece, size) + size <= limit) {
            piece.push(c);
        } else {
            pieces.push(c.to_string());
        }
    }
    pieces
}

/// The text with a space for every break, for what XML 1.0 forbids and for what a viewer would obey rather than show.
pub fn clean(text: &str) -> String {
    text.chars().map(|c| if printable::obeyed(c) || matches!(c, '\u{fffe}' | '\u{ffff}') { ' ' } else { c }).collect()
}

/// The text as it stands between the tags of XML.
pub fn escape(text: &str) -> String {
    clean(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The size of the title, the labels, the tick texts and the caption.
pub const TITLE: i32 = 15 * PX;
/// The size of labels and names.
pub const LABEL: i32 = 12 * PX;
/// The size of tick texts and values.
pub const TICK: i32 = 11 * PX;
/// The size of the caption.
pub const CAPTION: i32 = 10 * PX;
