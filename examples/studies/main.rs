//! The studies of `docs/studies`: `cargo run --release --example studies -- metadata-age [--seeds 20]` runs one on all cores and writes the
//! tables and pictures of its page. The same command writes the same bytes; the prose around them is written by people, who read them.

mod loss;
mod metadata_age;
mod numbers;
mod page;
mod plans;
mod restart_policy;
mod retries;
mod session_timeout;

use clap::Parser;
use clap::builder::PossibleValuesParser;
use numbers::Found;
use page::Written;

/// Runs a study and writes the tables and pictures of its page.
#[derive(Parser)]
struct Args {
    /// Its name, that of the page
    #[arg(value_parser = PossibleValuesParser::new(plans::STUDIES))]
    study: String,
    /// How many seeds each setting is run with
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(2..))]
    seeds: u64,
}

fn main() -> Result<(), String> {
    let args = Args::parse();
    let parts = plans::parts(&args.study, args.seeds);
    let found: Vec<Found<'_>> = parts.iter().map(Found::run).collect();
    page::write(&args.study, &written(&args.study, &found))
}

fn written(study: &str, found: &[Found<'_>]) -> Written {
    match study {
        "metadata-age" => metadata_age::written(found),
        "session-timeout" => session_timeout::written(found),
        "restart-policy" => restart_policy::written(found),
        "loss" => loss::written(found),
        _ => retries::written(found),
    }
}
