//! What the model gives for a case, beside what was measured of it: the simulated half of `validation/`.
//!
//! `cargo run --release --example validate -- CASE.toml` prints a prediction; with `--measured outcomes.toml` (as `validation/measure` writes it)
//! both sides and the verdict on each row, by the rule of `docs/VALIDATION.md`. `--seeds N` (60) is how many runs are simulated.

#[path = "../tests/measured/outcomes.rs"]
mod outcomes;
#[path = "../tests/measured/quantities.rs"]
mod quantities;
#[path = "../tests/measured/row.rs"]
mod row;
#[path = "../tests/measured/rule.rs"]
mod rule;
#[path = "../tests/measured/seeds.rs"]
mod seeds;

use clap::Parser;
use kafkasim::scenario::Source;
use outcomes::Outcomes;
use quantities::Found;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Holds what the model gives for a case against what was measured of it.
#[derive(Parser)]
struct Args {
    /// The scenario file that was measured, such as sims/measured/pause.toml
    case: PathBuf,
    /// What was measured, as validation/measure writes it; without it a prediction is printed
    #[arg(long, value_name = "FILE")]
    measured: Option<PathBuf>,
    /// How many seeds the case is simulated with
    #[arg(long, default_value_t = 60)]
    seeds: u64,
}

fn main() -> Result<(), String> {
    let args = Args::parse();
    let name = args.case.file_stem().ok_or("the case is a file")?.to_string_lossy().into_owned();
    let source = Source { name: name.clone(), text: read(&args.case)? };
    let measured: Option<Outcomes> = args.measured.as_deref().map(measured).transpose()?;
    if let Some(outcomes) = &measured
        && !outcomes.cases().contains(&name.as_str())
    {
        return Err(format!("{name} was not measured; the file has {}", outcomes.cases().join(", ")));
    }
    let found = seeds::run_all(&source, args.seeds);
    println!("### {name}\n");
    match measured {
        Some(outcomes) => print!("{}", row::table(&row::judged(&name, &outcomes, &found), &BTreeMap::new())),
        None => print!("{}", prediction(&found)),
    }
    Ok(())
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn measured(path: &Path) -> Result<Outcomes, String> {
    toml::from_str(&read(path)?).map_err(|error| format!("{}: {error}", path.display()))
}

/// Every quantity of every client and of the cluster.
fn prediction(found: &[Found]) -> String {
    let keys: BTreeSet<&(String, String)> = found.iter().flat_map(BTreeMap::keys).collect();
    let line = |key: &(String, String)| {
        let simulated: Vec<f64> = found.iter().filter_map(|run| run.get(key).copied()).collect();
        let missing = found.len() - simulated.len();
        let note = if missing > 0 { format!(" (in {} of {} runs)", simulated.len(), found.len()) } else { String::new() };
        format!("| {} | {} | {}{note} |\n", key.0, key.1, row::spread(&simulated))
    };
    let head = "| who | quantity | predicted: p5 / median / p95 |\n|---|---|---|\n";
    keys.into_iter().fold(head.to_owned(), |text, key| text + &line(key))
}
