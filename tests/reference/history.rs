//! Histories: what a run of a scenario says happened, fact by fact.

use super::Reference;
use kafkasim::engine::Instant;
use kafkasim::experiment::{RunOptions, run};
use kafkasim::observe::Fact;
use kafkasim::scenario::{Scenario, Source, load};

/// More events than any of these runs should take.
const MAX_EVENTS: u64 = 30_000_000;

/// A history in hand.
pub struct Told {
    pub scenario: Scenario,
    pub facts: Vec<(Instant, Fact)>,
}

fn read(name: &str, text: &str) -> Result<Scenario, String> {
    let source = Source { name: name.to_owned(), text: text.to_owned() };
    load(&source, &[]).map_err(|found| found.iter().map(|d| d.message.clone()).collect::<Vec<_>>().join("; "))
}

/// Runs a scenario and shows every fact.
fn tell(scenario: &Scenario, mut seen: impl FnMut(Instant, &Fact)) -> Result<(), String> {
    let options = RunOptions { seed: None, max_events: MAX_EVENTS };
    run(scenario, &options, Some(&mut seen)).map(|_| ()).map_err(|stopped| stopped.to_string())
}

/// The history of a scenario's text.
pub fn telling(name: &str, text: &str) -> Result<Told, String> {
    let scenario = read(name, text)?;
    let mut facts = Vec::new();
    tell(&scenario, |at, fact| facts.push((at, fact.clone())))?;
    Ok(Told { scenario, facts })
}

/// What the references of all partitions say of a run that ends in a calm, as it goes on, and how many facts they compared.
pub fn judge(name: &str, text: &str) -> Result<(Vec<String>, u64), String> {
    let scenario = read(name, text)?;
    let mut reference = Reference::new(&scenario);
    tell(&scenario, |at, fact| reference.on_fact(at, fact))?;
    reference.ends_in_calm(Instant::ZERO + scenario.count_from + scenario.duration);
    Ok((reference.complaints(), reference.compared))
}
