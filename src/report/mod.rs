//! The answer of a run for people and programs: one document, many renderings. It reads records only.

pub mod document;
pub mod explain;
pub mod horizon;
pub mod html;
pub mod markdown;
pub mod plot;
pub mod quantity;
pub mod run;
pub mod study;
pub mod text;
pub mod timeline;
pub mod triage;
mod words;

pub use document::Document;

use crate::printable;
use serde::Serialize;

/// An answer as JSON, in its documented schema, ending with a line break.
///
/// # Panics
/// Never: a record holds only numbers, strings, lists, and maps with string keys.
pub fn json(record: &impl Serialize) -> String {
    let text = serde_json::to_string_pretty(record).expect("a record holds only numbers, strings, lists, and maps with string keys");
    printable::json(&text) + "\n"
}
