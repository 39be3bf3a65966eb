//! The first lines of a triage: nothing, transient or sustained, and why; and the rules behind it.

use crate::report::document::{Block, Table, Verdict, heading, paragraph};
use crate::report::quantity::count;
use crate::triage::record::{self, CauseRecord, TriageRecord};

/// The answer in a few sentences.
pub fn verdict(record: &TriageRecord) -> Verdict {
    let first = match record.verdict {
        record::Verdict::Nothing => "Nothing is wrong, as far as these files tell",
        record::Verdict::Transient => "Transient",
        record::Verdict::Sustained => "Sustained",
    };
    let mut text = format!("{first}: {}.", record.why);
    if let Some(cause) = record.causes.first() {
        text.push_str(&format!(" Most likely: {} (score {:.2}): {}.", name(cause), cause.score, cause.summary));
    }
    Verdict { text, good: record.verdict != record::Verdict::Sustained }
}

/// The name of a cause, as the JSON answer has it.
pub fn name(cause: &CauseRecord) -> String {
    serde_json::to_value(cause.cause).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The rules and what was found.
pub fn rules(record: &TriageRecord) -> Vec<Block> {
    let mut table = Table::new(&["Sustained if there are", ">Limit", ">Found", "Holds"]);
    for rule in &record.rules {
        let found = rule
            .which
            .as_ref()
            .filter(|_| rule.found > 0)
            .map_or_else(|| count(rule.found), |which| format!("{} ({which})", count(rule.found)));
        table.row([rule.rule.clone(), count(rule.limit), found, if rule.holds { "yes" } else { "no" }.to_owned()]);
    }
    vec![
        heading("The rules of the verdict"),
        Block::Table(table),
        paragraph("Any rule that holds makes it sustained. docs/TRIAGE.md says why the limits are what they are."),
    ]
}
