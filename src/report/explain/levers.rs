//! What would have shortened a recovery, as it was tried.

use crate::explain::record::{Lever, Recovery, Try};
use crate::report::document::{Block, Table, paragraph};
use crate::report::quantity::{duration, signed};

/// The tries of all long steps, and what could not be tried.
pub fn section(recovery: &Recovery) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut table = Table::new(&["Longest steps", ">Took", "Tried", ">Recovery then", ">Difference"]);
    for lever in &recovery.levers {
        row(recovery, lever, &mut table);
    }
    if !table.rows.is_empty() {
        blocks.push(Block::Table(table));
    }
    blocks.extend(recovery.levers.iter().filter_map(rival));
    blocks
}

fn row(recovery: &Recovery, lever: &Lever, table: &mut Table) {
    if lever.tries.is_empty() {
        let none = "nothing: no setting of Kafka or of a client governs it".to_owned();
        table.row([lever.waited_for.clone(), duration(lever.ms), none, String::new(), String::new()]);
    }
    for (nth, tried) in lever.tries.iter().enumerate() {
        let (name, length) = if nth == 0 { (lever.waited_for.clone(), duration(lever.ms)) } else { (String::new(), String::new()) };
        let (then, difference) = outcome(recovery, tried);
        table.row([name, length, tried.change.clone(), then, difference]);
    }
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
    Some(paragraph(format!(
        "Not all of \"{}\" counts: without its {} the recovery would be {} shorter by the same facts, because then another chain is the longest ({rival}). \
         The tries above are against both.",
        lever.waited_for,
        duration(lever.ms),
        duration(lever.saves_ms)
    )))
}
