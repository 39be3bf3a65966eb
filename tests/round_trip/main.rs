//! There and back: scenarios whose cause is known are run, their processes' logs written as `run --logs` writes them, and `triage` is asked
//! for the cause. The whole confusion matrix stands in `docs/TRIAGE.md`, with how to read it.
//!
//! `KAFKASIM_ROUND_TRIP=20 cargo test --release --test round_trip -- --ignored` makes the page anew with 20 runs of each cause.

mod case;
mod draw;
mod matrix;

/// What these files use of the library.
mod kit {
    pub use kafkasim::{engine, experiment, fault, logs, scenario, triage};
}

use case::Outcome;
use kafkasim::scenario::{Source, catalogue};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Random runs of each cause that every change must pass.
const FEW: u64 = 2;
const PAGE: &str = "docs/triage-round-trip.md";
const BEGIN: &str = "<!-- made by tests/round_trip: begin -->";
const END: &str = "<!-- made by tests/round_trip: end -->";

fn drawn(runs: u64) -> Vec<Outcome> {
    let numbered = draw::CAUSES.iter().flat_map(|cause| (0..runs).map(move |number| (*cause, number)));
    let judge = |(cause, number): (&'static str, u64)| {
        let name = format!("{cause} {number}");
        case::judge(&name, cause, &case::load(&name, draw::scenario(cause, number)))
    };
    numbered.map(judge).collect()
}

/// The scenarios of the catalogue whose page names a cause: those in which one kind of thing happens, and those in which several do.
fn of_the_catalogue() -> (Vec<Outcome>, Vec<Outcome>) {
    let mut single = Vec::new();
    let mut mixed = Vec::new();
    for name in catalogue::names() {
        let source = Source::catalogue(name).expect("a name of the catalogue");
        let scenario = case::load(name, source.text);
        let Some(cause) = scenario.handbook.as_ref().and_then(|page| page.cause.clone()) else { continue };
        let outcome = case::judge(name, &cause, &scenario);
        if case::kinds(&scenario) == 1 { single.push(outcome) } else { mixed.push(outcome) }
    }
    (single, mixed)
}

fn in_percent((part, whole): (usize, usize)) -> f64 {
    part as f64 / whole.max(1) as f64 * 100.0
}

/// The page between its marks.
fn page(runs: u64, drawn: &[Outcome], single: &[Outcome], mixed: &[Outcome]) -> String {
    let alone: Vec<Outcome> = drawn.iter().chain(single).cloned().collect();
    let (right, caused) = matrix::right(&alone);
    let (flapping, flaps) = matrix::sustained(&alone, "flapping-broker");
    let (false_alarms, calm) = matrix::sustained(&alone, "calm");
    format!(
        "{BEGIN}\n{runs} random runs of each cause and of none, and {} scenarios of the catalogue in which one kind of thing happens. \
         The first cause was right in {right} of {caused} ({:.1} %); {flapping} of {flaps} flapping brokers and {false_alarms} of \
         {calm} calm runs were called sustained.\n\n{}\nRuns whose first cause was another:\n\n{}\nScenarios of the catalogue in which \
         several kinds of things happen, which has no right answer of one word:\n\n{}{END}\n",
        single.len(),
        in_percent((right, caused)),
        matrix::table(&alone),
        matrix::list(alone.iter().filter(|o| o.cause != "calm" && o.found != o.cause)),
        matrix::list(mixed.iter()),
    )
}

fn holds(outcomes: &[Outcome]) {
    let right = matrix::right(outcomes);
    assert!(in_percent(right) >= 95.0, "{right:?}\n{}", matrix::list(outcomes.iter().filter(|o| o.cause != "calm" && o.found != o.cause)));
    let flapping = matrix::sustained(outcomes, "flapping-broker");
    assert!(in_percent(flapping) >= 95.0, "{flapping:?} flapping brokers were called sustained");
    assert_eq!(matrix::sustained(outcomes, "calm").0, 0, "no calm run is called sustained");
}

/// The whole catalogue and a few random runs.
#[test]
fn triage_finds_the_cause_in_the_logs_of_a_run() {
    let (single, _) = of_the_catalogue();
    let causes: BTreeSet<&str> = single.iter().map(|o| o.cause.as_str()).collect();
    assert!(causes.len() >= 5, "the catalogue has scenarios of most causes: {causes:?}");
    holds(&drawn(FEW).into_iter().chain(single).collect::<Vec<Outcome>>());
}

/// Every run can be made again from its name, so that a line of the page can be looked into.
#[test]
fn a_random_run_follows_from_its_number() {
    for cause in draw::CAUSES {
        assert_eq!(draw::scenario(cause, 3), draw::scenario(cause, 3));
        assert_ne!(draw::scenario(cause, 3), draw::scenario(cause, 4));
    }
}

/// Takes minutes: makes the page anew, or holds it against what comes out.
#[test]
#[ignore = "takes minutes; .ci/long runs it"]
fn the_page_shows_what_comes_out() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let text = fs::read_to_string(&path).expect("the page is there");
    let (head, rest) = text.split_once(BEGIN).expect("the page has its marks");
    let (old, tail) = rest.split_once(END).expect("the page has its marks");
    let wanted = std::env::var("KAFKASIM_ROUND_TRIP").ok();
    let shown = old.split_whitespace().next().and_then(|n| n.parse().ok());
    let runs = wanted.as_ref().map_or(shown, |n| n.parse().ok()).expect("a number of runs");
    let drawn = drawn(runs);
    let (single, mixed) = of_the_catalogue();
    let made = page(runs, &drawn, &single, &mixed);
    if wanted.is_some() {
        fs::write(&path, format!("{head}{made}{}", tail.trim_start_matches('\n'))).expect("the page can be written");
    } else {
        assert_eq!(format!("{BEGIN}{old}{END}\n"), made, "KAFKASIM_ROUND_TRIP={runs} makes it anew");
    }
    holds(&drawn.into_iter().chain(single).collect::<Vec<Outcome>>());
}
