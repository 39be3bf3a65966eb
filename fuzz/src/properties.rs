//! Java `.properties` files.

use super::words::{check_mistakes, check_shown};
use kafkasim::kafka::text::properties::parse;

/// Every key is there once, at a place that the text has.
pub fn take(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match parse(text) {
        Err(mistakes) => check_mistakes(text, &mistakes),
        Ok(read) => {
            read.notes.iter().for_each(|note| check_shown(note));
            for entry in &read.entries {
                assert_eq!(read.get(&entry.key), Some(entry));
                assert!(entry.line >= 1 && entry.value_line >= entry.line && entry.column >= 1 && entry.value_column >= 1);
            }
        }
    }
}
