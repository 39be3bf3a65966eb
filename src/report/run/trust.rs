//! What to think of the answer: expectations, checks, how to repeat it, what it leaves out.

use super::{ROWS, heading, left_out, paragraph};
use crate::observe::RunRecord;
use crate::observe::record::MEASURED_KAFKA;
use crate::report::document::{Block, Table};
use crate::report::quantity::{count, counted, moment};
use crate::report::words;

/// The scenario's expectations; nothing when it has none.
pub fn expectations(record: &RunRecord) -> Vec<Block> {
    if record.expectations.is_empty() {
        return Vec::new();
    }
    let mut table = Table::new(&["Expected", ">Found", "Held"]);
    for expectation in &record.expectations {
        table.row([expectation.text.clone(), number(expectation.found), if expectation.held { "yes" } else { "NO" }.to_owned()]);
    }
    vec![heading("Expectations of the scenario"), Block::Table(table)]
}

/// A number as found: whole ones without decimals.
fn number(found: f64) -> String {
    match found {
        _ if !found.is_finite() => "none".to_owned(),
        _ if found.fract() == 0.0 => format!("{found:.0}"),
        _ => format!("{found:.3}"),
    }
}

/// The protocol checks: held, suspended and why, violated.
pub fn checks(record: &RunRecord) -> Vec<Block> {
    let checks = &record.checks;
    let mut blocks = vec![
        heading("Checks of the simulated protocol"),
        paragraph(
            "Promises that Kafka's protocol makes, checked on every step of this run. One that is broken is a bug of kafkasim, not of Kafka.",
        ),
    ];
    if !checks.violated.is_empty() {
        blocks.extend(violations(record));
    }
    let mut items = Vec::new();
    if !checks.held.is_empty() {
        let held: Vec<String> = checks.held.iter().map(|check| words::promise(check)).collect();
        items.push(format!("Held ({}): {}.", count(held.len() as u64), held.join("; ")));
    }
    items.extend(
        checks
            .suspended
            .iter()
            .map(|s| format!("Not checked in this run: {}. Why: {}.", words::promise(&s.check), s.reason.trim_end_matches('.'))),
    );
    if items.is_empty() {
        items.push("None was checked.".to_owned());
    }
    blocks.push(Block::Items(items));
    blocks
}

fn violations(record: &RunRecord) -> Vec<Block> {
    let violated = &record.checks.violated;
    let mut table = Table::new(&[">At", "Broken promise", "What was seen"]);
    for violation in violated.iter().take(ROWS) {
        table.row([moment(violation.at_ms), words::promise(&violation.check), violation.text.clone()]);
    }
    let mut blocks = vec![Block::Table(table)];
    blocks.extend(left_out(violated.len(), "violations"));
    blocks
}

/// The command that repeats the run, and its digest.
pub fn repeat(record: &RunRecord) -> Vec<Block> {
    vec![
        heading("To repeat this run"),
        Block::Command(record.repeat.clone()),
        paragraph(format!(
            "It gives digest {} again (kafkasim {}, {}).",
            record.digest,
            record.kafkasim,
            counted(record.events, "simulated event")
        )),
    ]
}

/// The cost profile of a scenario that gives none.
const BUILT_IN_COSTS: &str = "typical";

/// How far the model was held against real clusters, and what it leaves out.
pub fn limits(record: &RunRecord) -> Vec<Block> {
    let mut items = machines(&record.kafka, &record.costs);
    items.extend(record.not_modelled.iter().cloned());
    vec![heading("What to keep in mind"), Block::Items(items)]
}

/// What every answer says of its release and its costs.
pub fn machines(kafka: &str, costs_profile: &str) -> Vec<String> {
    vec![measured(kafka), costs(costs_profile)]
}

/// Whether the release of this run was held against a real cluster.
fn measured(kafka: &str) -> String {
    let compared = format!("kafkasim has been compared with real clusters of Kafka {MEASURED_KAFKA} only (docs/VALIDATION.md)");
    if MEASURED_KAFKA == kafka || MEASURED_KAFKA.starts_with(&format!("{kafka}.")) {
        format!("{compared}, which is of the release simulated here.")
    } else {
        format!("{compared}. The rules of Kafka {kafka}, simulated here, were taken from its source and not compared with a cluster.")
    }
}

fn costs(profile: &str) -> String {
    // A scenario that names a profile of its own knows where that was measured; the built-in one is nobody's machine.
    let built_in = profile.split(", ").any(|name| name == BUILT_IN_COSTS);
    let caveat = if built_in { ", not measured on your machines" } else { "" };
    format!(
        "Times of the machines' own work (handling a request, starting a process, writing to disk) are those of the cost profile `{profile}`{caveat}."
    )
}
