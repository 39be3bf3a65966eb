//! Experiments: one run; later many side by side.

mod describe;
mod expectations;
mod run;

pub use describe::{View, describe};
pub use run::{RunOptions, Stopped, Trace, run};
