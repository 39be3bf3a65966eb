//! Experiments: one run, as a whole or step by step.

mod describe;
mod expectations;
mod run;
mod simulation;

pub use describe::{View, describe};
pub use run::{RunOptions, Stopped, Trace, run};
pub use simulation::{Simulation, costs};
