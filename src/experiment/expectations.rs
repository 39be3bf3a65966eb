//! Judges a scenario's `expect` lines by the record of a run.

use crate::observe::record::{Expectation, RunRecord};
use crate::scenario::Expect;
use serde_json::Value;

/// Maps of the record in which a key that never occurred is left out: what they do not hold is zero.
const COUNTS: [&str; 5] = ["stale_by_outcome", "stale_by_cause", "errors", "by_error", "replica_fetch_errors"];

/// Judges each line by the number that its path leads to.
pub fn judge(expect: &[Expect], record: &RunRecord) -> Vec<Expectation> {
    if expect.is_empty() {
        return Vec::new();
    }
    let answer = serde_json::to_value(record).expect("a record is plain data with text keys");
    expect.iter().map(|line| judge_one(line, &answer, record)).collect()
}

fn judge_one(line: &Expect, answer: &Value, record: &RunRecord) -> Expectation {
    let found = line.find(answer).or_else(|| is_absent_count(&line.path, record).then_some(0.0));
    match found {
        Some(found) => Expectation { text: line.text.clone(), found, held: line.op.holds(found, line.number) },
        // Not there or null (something that never ended): no number, so nothing can hold of it.
        None => Expectation { text: format!("{} (the run gave no such number)", line.text), found: 0.0, held: false },
    }
}

/// Whether a path leads into a map of counts (of a client that there is, if it names one).
fn is_absent_count(path: &str, record: &RunRecord) -> bool {
    let counts = path.split('.').any(|word| COUNTS.contains(&word));
    let Some(rest) = path.strip_prefix("clients.") else { return counts };
    counts && record.clients.keys().any(|name| rest.strip_prefix(name.as_str()).is_some_and(|r| r.starts_with('.')))
}
