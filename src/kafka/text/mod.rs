//! Texts that Kafka's tools print and read: pure functions from text to values and back.
//!
//! Every parser reads the whole text and reports all of its mistakes at once, each with its place and a remedy.

pub mod describe;
mod error;
pub mod properties;
pub mod quorum;
pub mod reassignment;

pub use error::{MAX_LINE_BYTES, MAX_MISTAKES, MAX_TEXT_BYTES, TextError, decode, shown};
pub(crate) use error::{Mistakes, check_size, column_at, lines, list_of};
