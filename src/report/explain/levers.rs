//! What would have shortened a recovery, as it was tried.

use crate::explain::record::{Lever, Recovery, Rival, Try};
use crate::report::document::{Block, Table, paragraph};
use crate::report::quantity::{duration, signed};

/// The tries of all long steps and of what counts beside them, and what could not be tried.
pub fn section(recovery: &Recovery) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut table = Table::new(&["Longest steps", ">Took", "Tried", ">Recovery then", ">Difference"]);
    for lever in &recovery.levers {
        let is_governed = recovery.steps.get(lever.step).is_some_and(|step| step.setting.is_some());
        rows(recovery, (&lever.waited_for, is_governed), lever.ms, &lever.tries, &mut table);
        for (nth, rival) in lever.rivals.iter().enumerate() {
            let name = format!("beside it: {}", rival.waited_for);
            rows(recovery, (&name, rival.setting.is_some()), rival.ms, &rival.tries, &mut table);
            let name = ["both", "all three"].get(nth).copied().unwrap_or("all of these");
            rival.together.iter().for_each(|together| tried(recovery, name, "", together, &mut table));
        }
    }
    if !table.rows.is_empty() {
        blocks.push(Block::Table(table));
    }
    blocks.extend(recovery.levers.iter().filter_map(rivals));
    blocks
}

fn rows(recovery: &Recovery, (name, is_governed): (&str, bool), ms: f64, tries: &[Try], table: &mut Table) {
    let (mut name, mut length) = (name, duration(ms));
    if tries.is_empty() {
        let none = if is_governed { "nothing" } else { "nothing: no setting of Kafka or of a client governs it" };
        table.row([name.to_owned(), length.clone(), none.to_owned(), String::new(), String::new()]);
    }
    for one in tries {
        tried(recovery, name, &length, one, table);
        (name, length) = ("", String::new());
    }
}

fn tried(recovery: &Recovery, name: &str, length: &str, one: &Try, table: &mut Table) {
    let (then, difference) = outcome(recovery, one);
    table.row([name.to_owned(), length.to_owned(), one.change.clone(), then, difference]);
}

fn outcome(recovery: &Recovery, tried: &Try) -> (String, String) {
    match (tried.recovery_ms, &tried.refused) {
        (Some(then), _) => (duration(then), signed(then - recovery.recovery_ms, duration)),
        (None, Some(why)) => (format!("not run: {why}"), String::new()),
        (None, None) => ("not by the end".to_owned(), String::new()),
    }
}

/// That a step is not alone.
fn rivals(lever: &Lever) -> Option<Block> {
    let governed = |rival: &Rival| rival.setting.as_ref().map_or_else(String::new, |setting| format!(" ({setting})"));
    let (first, more) = lever.rivals.split_first()?;
    let mut text = format!(
        "\"{}\" does not count alone. Without it another chain is the longest, of which the longest part is this: {}{}.",
        lever.waited_for,
        first.waited_for,
        governed(first)
    );
    for (rival, gone) in more.iter().zip(["both", "all three"]) {
        text.push_str(&format!(" Without {gone} it is this: {}{}.", rival.waited_for, governed(rival)));
    }
    Some(paragraph(text))
}
