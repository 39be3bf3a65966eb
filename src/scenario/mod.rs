//! Scenarios.

pub mod import;
