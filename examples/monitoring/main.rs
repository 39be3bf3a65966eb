//! The study `docs/studies/monitoring.md`: which of the cluster's own metrics move in which trouble, and whether a page on them would have come
//! before the clients noticed. `cargo run --release --example monitoring [-- --seeds 30]` runs scenarios of the catalogue on all cores and writes
//! the tables of the page; the prose around them is written by people.

mod found;
#[path = "../studies/page.rs"]
mod page;
mod tables;

use clap::Parser;
use found::Found;
use kafkasim::experiment::{RunOptions, run};
use kafkasim::observe::record::gauges::Gauges;
use kafkasim::scenario::{Source, catalogue, load};
use page::Written;
use rayon::prelude::*;

/// Where the scenarios come from: these groups of the catalogue, and these scenarios.
const GROUPS: [&str; 3] = ["causes/", "neighbours/", "incidents/"];
const ALONE: [&str; 3] = ["controller-failover", "network-cut", "rolling-restart"];

/// Runs the study and writes the tables of its page.
#[derive(Parser)]
struct Args {
    /// How many seeds each scenario is run with
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(2..))]
    seeds: u64,
}

fn main() -> Result<(), String> {
    let seeds = Args::parse().seeds;
    let is_asked = |name: &&str| ALONE.contains(name) || GROUPS.iter().any(|group| name.starts_with(group));
    let mut names: Vec<&str> = catalogue::names().into_iter().filter(is_asked).collect();
    names.sort_by_key(|name| GROUPS.iter().position(|group| name.starts_with(group)).map_or(0, |group| group + 1));
    let found: Vec<Found> = names.into_iter().map(|name| over_seeds(name, seeds)).collect();
    let blocks = vec![
        ("moved", tables::moved(&found)),
        ("pages", tables::pages(&found)),
        ("thresholds", tables::thresholds(&found)),
        ("lasting", tables::lasting(&found)),
    ];
    page::write("monitoring", &Written { blocks, pictures: Vec::new() })
}

fn over_seeds(name: &str, seeds: u64) -> Found {
    let source = Source::catalogue(name).expect("the name is of the catalogue");
    let scenario = load(&source, &[]).unwrap_or_else(|why| panic!("{why}"));
    let of_seed = |seed: u64| {
        let record = run(&scenario.with_seed(seed), &RunOptions::default(), None).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert!(record.checks.violated.is_empty(), "{}", scenario.command(seed));
        record.gauges
    };
    let runs: Vec<Gauges> = (1..=seeds).into_par_iter().map(of_seed).collect();
    Found::of(name, &runs)
}
