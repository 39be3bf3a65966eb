//! The work with nexosim, written as its documentation does it: models with ports and mailboxes that schedule their own inputs, on its
//! single-threaded executor.

mod hold;
mod network;
mod ring;

use crate::clock::{Took, timed};
use crate::work::{Run, Work};
use nexosim::model::Context;
use nexosim::simulation::{SimInit, Simulation};
use nexosim::time::MonotonicTime;
use std::time::Duration;

/// Does the work.
pub fn nexosim(work: Work, horizon_ns: u64) -> Run {
    match work {
        Work::Hold { pending } => hold::run(pending, horizon_ns),
        Work::Network => network::run(horizon_ns),
        Work::Ring => ring::run(horizon_ns),
    }
}

fn bench() -> SimInit {
    SimInit::with_num_threads(1)
}

/// Simulates until the horizon and says how long that took; the models were set up before.
fn simulate(bench: SimInit, horizon_ns: u64) -> (Simulation, Took) {
    let mut simulation = bench.init(MonotonicTime::EPOCH).expect("the models start");
    let horizon = MonotonicTime::EPOCH + Duration::from_nanos(horizon_ns);
    let took = timed(|| simulation.step_until(horizon).expect("the simulation runs"));
    (simulation, took)
}

/// Nanoseconds since the start.
fn now_ns<M: nexosim::model::Model>(cx: &Context<M>) -> u64 {
    cx.time().duration_since(MonotonicTime::EPOCH).as_nanos() as u64
}
