//! Histories: what a run of a scenario says happened, fact by fact.

use super::Reference;
use kafkasim::engine::Instant;
use kafkasim::experiment::{RunOptions, run};
use kafkasim::observe::Fact;
use kafkasim::scenario::{Scenario, Source, load};

/// More events than any of these runs should take.
const MAX_EVENTS: u64 = 30_000_000;

/// A scenario from its text.
pub fn scenario(name: &str, text: &str) -> Result<Scenario, String> {
    let source = Source { name: name.to_owned(), text: text.to_owned() };
    load(&source, &[]).map_err(|found| found.iter().map(|d| d.message.clone()).collect::<Vec<_>>().join("; "))
}

/// Runs a scenario and shows every fact.
pub fn tell(scenario: &Scenario, mut seen: impl FnMut(Instant, &Fact)) -> Result<(), String> {
    let options = RunOptions { seed: None, max_events: MAX_EVENTS };
    run(scenario, &options, Some(&mut seen)).map(|_| ()).map_err(|stopped| stopped.to_string())
}

/// What the references of all partitions say of a run, and how many facts they compared.
pub fn judge(name: &str, text: &str) -> (Vec<String>, u64) {
    let scenario = match scenario(name, text) {
        Ok(scenario) => scenario,
        Err(message) => return (vec![format!("cannot be read: {message}")], 0),
    };
    let mut reference = Reference::new(&scenario);
    let told = tell(&scenario, |at, fact| reference.on_fact(at, fact));
    let mut complaints = reference.complaints();
    complaints.extend(told.err());
    (complaints, reference.compared)
}
