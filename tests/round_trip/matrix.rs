//! The confusion matrix, as the document shows it.

use super::case::Outcome;
use super::draw::CAUSES;

/// Columns beside the causes.
const OTHERS: [&str; 2] = ["unknown", "none"];

/// How often the first cause was the right one, of those runs that had one.
pub fn right(outcomes: &[Outcome]) -> (usize, usize) {
    let caused: Vec<&Outcome> = outcomes.iter().filter(|o| o.cause != "calm").collect();
    (caused.iter().filter(|o| o.found == o.cause).count(), caused.len())
}

/// How often runs of this cause were called sustained.
pub fn sustained(outcomes: &[Outcome], cause: &str) -> (usize, usize) {
    let of_cause: Vec<&Outcome> = outcomes.iter().filter(|o| o.cause == cause).collect();
    (of_cause.iter().filter(|o| o.verdict == "sustained").count(), of_cause.len())
}

/// Rows are what was there, columns what was named first; then the verdicts.
pub fn table(outcomes: &[Outcome]) -> String {
    let named: Vec<&str> = CAUSES.iter().copied().filter(|c| *c != "calm").chain(OTHERS).collect();
    let verdicts = ["nothing", "transient", "sustained"];
    let mut text = format!("| what was there | {} | {} |\n", named.join(" | "), verdicts.join(" | "));
    text += &format!("|---|{}\n", "---|".repeat(named.len() + verdicts.len()));
    for cause in CAUSES {
        let of_cause: Vec<&Outcome> = outcomes.iter().filter(|o| o.cause == cause).collect();
        let count = |n: usize| if n == 0 { String::new() } else { n.to_string() };
        let first = named.iter().map(|c| count(of_cause.iter().filter(|o| o.found == *c).count()));
        let verdict = verdicts.iter().map(|v| count(of_cause.iter().filter(|o| o.verdict == *v).count()));
        let cells: Vec<String> = first.chain(verdict).collect();
        text += &format!("| {cause} | {} |\n", cells.join(" | "));
    }
    text
}

/// Runs one by one, with all that was named.
pub fn list<'o>(outcomes: impl Iterator<Item = &'o Outcome>) -> String {
    let row = |o: &Outcome| format!("| {} | {} | {} | {} |\n", o.name, o.cause, o.verdict, o.all);
    format!("| run | what was there | verdict | named, with scores |\n|---|---|---|---|\n{}", outcomes.map(row).collect::<String>())
}
