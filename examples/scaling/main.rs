//! What a move costs, by what there is: `cargo run --release --example scaling [FILE.svg]`. 100 partitions are led by their second
//! replicas, and a preferred election moves them all, in clusters of three decades of partitions and of clients, and of all numbers of brokers. The three simulated
//! seconds in which everybody learns of it are timed, and so are the same seconds of a run without the election; the difference is what the moves cost.

mod plot;

use kafkasim::engine::Duration;
use kafkasim::experiment::Simulation;
use kafkasim::scenario::{Scenario, Source, load};
use std::fmt::Write;
use std::time::Instant;

/// Leaders that move.
const MOVES: u32 = 100;
/// Runs of each kind; the fastest counts, for all that disturbs makes slower.
const RUNS: usize = 5;

/// How much there is; the partitions that move and their one producer come to it.
#[derive(Clone, Copy)]
struct Cluster {
    brokers: u32,
    partitions: u32,
    clients: u32,
}

/// One picture: what grows, and what the moves cost at each size.
struct Series {
    name: &'static str,
    /// (size, milliseconds of all moves)
    points: Vec<(u32, f64)>,
}

impl Cluster {
    fn scenario(self, fault: bool) -> Scenario {
        let Cluster { brokers, partitions, clients } = self;
        let faults = if fault { "\"at 5s elect preferred all\"" } else { "" };
        let mut text = format!(
            "name = \"scaling\"\ncount_from = \"5s\"\nduration = \"20s\"\nfaults = [{faults}]\n[cluster]\nbrokers = {brokers}\n[config]\n\
             \"auto.leader.rebalance.enable\" = false\n"
        );
        let others = brokers - 1;
        let assignment = |from: u32| format!("[{}, {}, {}]", 2 + from % others, 2 + (from + 1) % others, 2 + (from + 2) % others);
        let moved: Vec<String> = (0..MOVES).map(|i| format!("[1, {}, {}]", 2 + i % others, 2 + (i + 1) % others)).collect();
        let led: Vec<String> = (0..MOVES).map(|i| (2 + i % others).to_string()).collect();
        let rest: Vec<String> = (0..partitions).map(assignment).collect();
        let _ = write!(
            text,
            "[[topic]]\nname = \"moved\"\nassignment = [{}]\nleaders = [{}]\n[[topic]]\nname = \"rest\"\nassignment = [{}]\n\
             [[client]]\nname = \"writer\"\ntopics = [\"moved\"]\nrate = 100.0\npartitioning = \"round-robin\"\n\
             [[topic]]\nname = \"aside\"\nassignment = [{}]\n[[client]]\nname = \"others\"\ncount = {clients}\ntopics = [\"aside\"]\nrate = 0.1\n",
            moved.join(",\n"),
            led.join(", "),
            rest.join(",\n"),
            assignment(0),
        );
        load(&Source { name: "scaling".to_owned(), text }, &[]).unwrap_or_else(|e| panic!("{e}"))
    }

    /// Seconds for the three simulated ones around the election.
    fn seconds(self, fault: bool) -> f64 {
        let scenario = self.scenario(fault);
        let timed = |_| {
            let mut simulation = Simulation::new(&scenario, 1);
            simulation.run_for(Duration::from_secs(9));
            let began = Instant::now();
            simulation.run_for(Duration::from_secs(3));
            began.elapsed().as_secs_f64()
        };
        (0..RUNS).map(timed).fold(f64::INFINITY, f64::min)
    }

    fn moves_ms(self) -> f64 {
        (self.seconds(true) - self.seconds(false)) * 1e3
    }
}

fn series(name: &'static str, sizes: &[u32], of: impl Fn(u32) -> Cluster) -> Series {
    println!("\n{name:>12} | ms for {MOVES} moves\n-------------|------------------");
    let point = |size: &u32| {
        let ms = of(*size).moves_ms();
        println!("{size:>12} | {ms:.1}");
        (*size, ms)
    };
    Series { name, points: sizes.iter().map(point).collect() }
}

fn main() {
    let base = Cluster { brokers: 12, partitions: 1_000, clients: 10 };
    let found = [
        series("partitions", &[100, 1_000, 10_000, 100_000], |partitions| Cluster { partitions, ..base }),
        series("clients", &[10, 100, 1_000, 10_000], |clients| Cluster { clients, ..base }),
        series("brokers", &[4, 10, 100, 1_000], |brokers| Cluster { brokers, ..base }),
    ];
    if let Some(file) = std::env::args().nth(1) {
        std::fs::write(&file, plot::svg(&found)).unwrap_or_else(|e| panic!("{file}: {e}"));
    }
}
