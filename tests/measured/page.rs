//! `docs/VALIDATION.md`, with its front and its tables written anew.

use crate::row::{Row, table};
use crate::rule::Verdict;
use std::collections::BTreeMap;

/// What encloses the parts of the page that are written here.
const FRONT: [&str; 2] = ["<!-- front: written by tests/measured.rs -->", "<!-- end of front -->"];
const TABLE: [&str; 2] = ["<!-- table: written by tests/measured.rs -->", "<!-- end of table -->"];

/// The page with its front and its tables written anew.
pub fn page(old: &str, rows: &[Row], gaps: &BTreeMap<String, String>) -> String {
    let with_front = between(old, FRONT, &front(rows));
    between(&with_front, TABLE, &tables(rows, gaps))
}

fn between(page: &str, [begin, end]: [&str; 2], text: &str) -> String {
    let start = page.find(begin).expect("the page has the mark") + begin.len();
    let stop = page.find(end).expect("the page has the end mark");
    format!("{}\n{text}{}", &page[..start], &page[stop..])
}

fn front(rows: &[Row]) -> String {
    let agree = rows.iter().filter(|r| r.verdict == Verdict::Agrees).count();
    let (all, gaps, seeds) = (rows.len(), rows.len() - agree, rows[0].simulated.len());
    format!("**{all} rows, {agree} agree, {gaps} known gaps** ({seeds} seeds a case).\n")
}

fn tables(rows: &[Row], gaps: &BTreeMap<String, String>) -> String {
    let cases = rows.chunk_by(|a, b| a.case == b.case);
    cases.map(|rows| format!("\n### {}\n\n{}", rows[0].case, table(rows, gaps))).collect()
}
