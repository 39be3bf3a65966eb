//! Calibration: the cases that real clusters were measured in, held against what the model gives: five that it was made with (producers, then
//! consumers), and five whose answer had been written down before.
//!
//! Each `sims/measured/*.toml` is run with many seeds, every quantity that was measured is taken from each run, and the rule of agreement
//! (`measured/rule.rs`) judges the lot. The verdicts stand, one line a row, in `docs/VALIDATION.md`; the reason of each known gap in
//! `tests/measured/gaps.toml`. This fails when a row changes without the table: look why, then write the table anew with
//! `KAFKASIM_WRITE_TABLE=1 cargo test --test measured`, and commit it with the change that it belongs to.

#[path = "measured/outcomes.rs"]
mod outcomes;
#[path = "measured/page.rs"]
mod page;
#[path = "measured/quantities.rs"]
mod quantities;
#[path = "measured/row.rs"]
mod row;
#[path = "measured/rule.rs"]
mod rule;
#[path = "measured/seeds.rs"]
mod seeds;

use kafkasim::scenario::Source;
use outcomes::Outcomes;
use row::Row;
use rule::Verdict;
use std::collections::BTreeMap;

/// How many seeds each case is run with.
const SEEDS: u64 = 60;
const VALIDATION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/VALIDATION.md");
const GAPS: &str = include_str!("measured/gaps.toml");
const OUTCOMES: &str = include_str!("measured/outcomes.toml");

/// The cases, in the order in which they are told.
const CASES: [&str; 15] = [
    "elect",
    "restart",
    "kill",
    "cut",
    "reassign",
    "elect-consumers",
    "restart-consumers",
    "kill-consumers",
    "cut-consumers",
    "reassign-consumers",
    "pause",
    "cut-controller",
    "quick-restart",
    "two-down",
    "restart-3.9",
];

/// Rows that do not agree, and why.
#[derive(serde::Deserialize)]
struct Gaps {
    gap: Vec<Gap>,
}

#[derive(serde::Deserialize)]
struct Gap {
    why: String,
    rows: Vec<String>,
}

/// The reason of each known gap, by row.
fn gaps() -> BTreeMap<String, String> {
    let gaps: Gaps = toml::from_str(GAPS).expect("gaps.toml lists gaps with their rows");
    gaps.gap.into_iter().flat_map(|gap| gap.rows.into_iter().map(move |row| (row, gap.why.clone()))).collect()
}

fn rows() -> Vec<Row> {
    let outcomes: Outcomes = toml::from_str(OUTCOMES).expect("outcomes.toml is a table of lists");
    let mut named = CASES;
    named.sort_unstable();
    assert_eq!(outcomes.cases(), named, "every case that was measured is told, and no other");
    CASES.into_iter().flat_map(|case| rows_of(case, &outcomes)).collect()
}

fn rows_of(case: &str, outcomes: &Outcomes) -> Vec<Row> {
    let source = Source::catalogue(&format!("measured/{case}")).expect("the catalogue has the measured cases");
    row::judged(case, outcomes, &seeds::run_all(&source, SEEDS))
}

fn complaint(row: &Row) -> String {
    format!("{}: {} ({:?})", row.key(), row.figures(), row.verdict)
}

#[test]
fn the_model_gives_what_was_measured_but_for_the_known_gaps() {
    let rows = rows();
    let gaps = gaps();
    let page = std::fs::read_to_string(VALIDATION).expect("the page is there");
    let written = page::page(&page, &rows, &gaps);
    if std::env::var_os("KAFKASIM_WRITE_TABLE").is_some() {
        std::fs::write(VALIDATION, &written).expect("the page can be written");
    } else {
        let changed: Vec<&str> = written.lines().filter(|line| !page.lines().any(|old| old == *line)).collect();
        assert!(changed.is_empty(), "rows changed without docs/VALIDATION.md; they are now:\n{}", changed.join("\n"));
    }
    let unexplained: Vec<String> =
        rows.iter().filter(|r| r.verdict != Verdict::Agrees && !gaps.contains_key(&r.key())).map(complaint).collect();
    assert!(unexplained.is_empty(), "gaps without a reason in tests/measured/gaps.toml:\n{}", unexplained.join("\n"));
    let closed: Vec<&String> = gaps.keys().filter(|key| !rows.iter().any(|r| r.key() == **key && r.verdict != Verdict::Agrees)).collect();
    assert!(closed.is_empty(), "these are no gaps any more, take them out of tests/measured/gaps.toml: {closed:?}");
}
