//! Experiments: one run; later many side by side.

mod expectations;
mod run;

pub use run::{RunOptions, Stopped, Trace, run};
