//! Experiments: one run, as a whole or step by step.

mod describe;
mod dumps;
mod expectations;
mod run;
mod simulation;

pub use describe::{View, describe, shown};
pub use dumps::{Dump, dumps};
pub use run::{RunOptions, Stopped, Trace, run};
pub use simulation::{Simulation, costs};
