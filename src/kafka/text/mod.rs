//! Texts that Kafka's tools print and read: pure functions from text to values and back.
//!
//! Every parser of a tool's output reads the whole text and reports all of its mistakes at once, each with its place and a remedy.
//! Logs are read line by line: they are large, and a line that cannot be read says so alone.

pub mod describe;
mod error;
pub mod log_time;
pub mod metadata_dump;
pub mod properties;
pub mod quorum;
pub mod reassignment;
pub mod request_log;
pub mod server_log;
pub mod state_change;

pub use error::{MAX_LINE_BYTES, MAX_MISTAKES, MAX_TEXT_BYTES, TextError, decode, shown};
pub(crate) use error::{Mistakes, check_size, column_at, lines, list_of};
