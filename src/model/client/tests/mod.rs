//! One client driven by hand, against brokers that the harness plays.

mod bench;
mod failures;
mod moves;
mod records;
