//! The engine of kafkasim beside what one would pick instead, on the same work in one run: `cargo run --release [REPETITIONS]`.
//!
//! What is compared is the time of each simulated request, never of each event: an engine that needs more events for a request is not the
//! faster for it. Each run gives a checksum of its physical result, and work that was not the same gives no ratio.

mod clock;
mod draws;
mod engine;
mod measure;
mod nexo;
mod plain;
mod simpy;
mod table;
#[cfg(test)]
mod tests;
mod work;

use std::process::ExitCode;
use work::Work;

/// What is done, and about how many requests of it.
const WORKS: [(Work, u64); 7] = [
    (Work::Hold { pending: 100 }, 2_000_000),
    (Work::Hold { pending: 1_000 }, 2_000_000),
    (Work::Hold { pending: 10_000 }, 2_000_000),
    (Work::Hold { pending: 100_000 }, 2_000_000),
    (Work::Hold { pending: 1_000_000 }, 2_000_000),
    (Work::Network, 500_000),
    (Work::Ring, 2_000_000),
];

const REPETITIONS: usize = 5;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let repetitions = match std::env::args().nth(1) {
        None => REPETITIONS,
        Some(text) => text.parse().ok().filter(|n| *n > 0).ok_or(format!("`{text}` is no number of repetitions: 1 or more"))?,
    };
    let simpy = simpy::versions();
    let python = simpy.as_ref().unwrap_or_else(|why| why);
    println!("nexosim {} on one thread; {python}", nexosim_version());
    println!("medians of {repetitions} repetitions in which the engines take turns; CPU time, which is wall time on a quiet machine\n");
    println!("{}", table::head());
    for (work, requests) in WORKS {
        let measured = measure::measure(work, requests, repetitions, &engine::engines(work, simpy.is_ok()))?;
        println!("{}", table::lines(&work.title(), &measured));
    }
    Ok(())
}

/// As it was locked.
fn nexosim_version() -> &'static str {
    let locked = include_str!("../Cargo.lock");
    let version = locked.split("name = \"nexosim\"\nversion = \"").nth(1).and_then(|rest| rest.split('"').next());
    version.expect("nexosim is a dependency")
}
