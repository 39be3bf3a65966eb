//! What would have shortened a recovery, as it was tried.

use crate::explain::record::{Lever, Recovery, Try};
use crate::report::document::{Block, Table, paragraph};
use crate::report::quantity::{duration, signed};

/// The tries of all long steps and of what counts beside them, and what could not be tried.
pub fn section(recovery: &Recovery) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut table = Table::new(&["Longest steps", ">Took", "Tried", ">Recovery then", ">Difference"]);
    for lever in &recovery.levers {
        rows(recovery, &lever.waited_for, lever.ms, &lever.tries, &mut table);
        if let Some(rival) = &lever.rival {
            rows(recovery, &format!("beside it: {}", rival.waited_for), rival.ms, &rival.tries, &mut table);
            rival.both.iter().for_each(|both| tried(recovery, "both", "", both, &mut table));
        }
    }
    if !table.rows.is_empty() {
        blocks.push(Block::Table(table));
    }
    blocks.extend(recovery.levers.iter().filter_map(rival));
    blocks
}

fn rows(recovery: &Recovery, name: &str, ms: f64, tries: &[Try], table: &mut Table) {
    let (mut name, mut length) = (name, duration(ms));
    if tries.is_empty() {
        let none = "nothing: no setting of Kafka or of a client governs it".to_owned();
        table.row([name.to_owned(), length.clone(), none, String::new(), String::new()]);
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
fn rival(lever: &Lever) -> Option<Block> {
    let rival = lever.rival.as_ref()?;
    let governed = rival.setting.as_ref().map_or_else(String::new, |setting| format!(" ({setting})"));
    Some(paragraph(format!(
        "\"{}\" does not count alone. Without it another chain is the longest, of which the longest part is this: {}{governed}.",
        lever.waited_for, rival.waited_for,
    )))
}
