//! One recovery: its steps, what happened beside them, and what would have shortened them.

use super::levers;
use crate::explain::Step;
use crate::explain::record::Recovery;
use crate::report::document::{Block, Table, heading, paragraph};
use crate::report::quantity::{counted, duration, moment, percent};

/// Steps that are shown; of a longer chain those that took the longest, and the last.
const STEPS: usize = 30;

/// All about one recovery.
pub fn section(recovery: &Recovery) -> Vec<Block> {
    let title = format!(
        "{} on {}-{}: {}, from {} to {}",
        recovery.client,
        recovery.topic,
        recovery.partition,
        duration(recovery.recovery_ms),
        moment(recovery.start_ms),
        moment(recovery.end_ms)
    );
    let mut blocks =
        vec![heading(&title), paragraph(format!("It began with this: {}.", recovery.began_with)), Block::Table(table(recovery))];
    let hidden = recovery.steps.len() - shown(&recovery.steps).len();
    if hidden > 0 {
        let all = format!("{} of no weight are left out; the JSON answer (--format json) has all.", counted(hidden as u64, "step"));
        blocks.push(paragraph(all));
    }
    if !recovery.beside.is_empty() {
        blocks.push(Block::Items(recovery.beside.iter().map(|said| format!("{said}.")).collect()));
    }
    blocks.extend(levers::section(recovery));
    blocks
}

/// Which steps are shown: of a long chain the longest ones and the ends.
fn shown(steps: &[Step]) -> Vec<usize> {
    let mut by_length: Vec<usize> = (0..steps.len()).collect();
    by_length.sort_by(|a, b| steps[*b].ms.total_cmp(&steps[*a].ms));
    by_length.truncate(STEPS);
    by_length.extend([0, steps.len().saturating_sub(1)]);
    by_length.sort_unstable();
    by_length.dedup();
    by_length.retain(|i| *i < steps.len());
    by_length
}

fn table(recovery: &Recovery) -> Table {
    let mut table = Table::new(&[">At", ">Took", ">Share", "What happened then", "What the time went by with", "Governed by"]);
    for (nth, i) in shown(&recovery.steps).into_iter().enumerate() {
        let step = &recovery.steps[i];
        let first = nth == 0 && step.ms == 0.0;
        let why = |text: &str| if first { String::new() } else { text.to_owned() };
        table.row([
            moment(step.at_ms),
            why(&duration(step.ms)),
            why(&percent(step.share)),
            step.what.clone(),
            why(&step.waited_for),
            why(step.setting.as_deref().unwrap_or_default()),
        ]);
    }
    table
}
