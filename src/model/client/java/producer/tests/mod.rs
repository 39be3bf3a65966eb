//! One client driven by hand, against brokers that the harness plays.

mod cache;
mod failures;
mod kafka_python;
mod moves;
mod records;
mod storms;
