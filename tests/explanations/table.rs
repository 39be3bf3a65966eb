//! The table of `docs/EXPLAINING.md`.

use crate::judge::Verdict;
use std::collections::BTreeMap;
use std::fmt::Write;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/EXPLAINING.md");
/// The page's table stands between these.
const MARKS: [&str; 2] = ["<!-- table: written by tests/explanations.rs -->\n", "<!-- end of table -->\n"];

/// How the explanations of a kind of runs did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// Which runs.
    pub runs: &'static str,
    /// How many cases had which verdict.
    pub verdicts: BTreeMap<Verdict, usize>,
}

impl Row {
    fn of(&self, verdict: Verdict) -> usize {
        self.verdicts.get(&verdict).copied().unwrap_or_default()
    }

    /// Cases in which something could be taken away.
    pub fn cases(&self) -> usize {
        [Verdict::Alone, Verdict::Together, Verdict::Instead, Verdict::Neither].into_iter().map(|verdict| self.of(verdict)).sum()
    }

    /// The part of the cases that have one of these verdicts.
    pub fn share(&self, verdicts: &[Verdict]) -> f64 {
        verdicts.iter().map(|verdict| self.of(*verdict)).sum::<usize>() as f64 / self.cases().max(1) as f64
    }
}

/// The table as text.
pub fn shown(rows: &[Row]) -> String {
    let mut text = "\n| runs | cases | half of the step saved without it | without it and those named beside it | not without it, but without the step that the answer says counts in its place | \
                    none of these | left out: nothing governs the step | left out: brief, or no step of a twentieth |\n|---|---|---|---|---|---|---|---|\n"
        .to_owned();
    for row in rows {
        let _ = write!(text, "| {} | {} |", row.runs, row.cases());
        for verdict in [Verdict::Alone, Verdict::Together, Verdict::Instead, Verdict::Neither] {
            let _ = write!(text, " {} ({:.0} %) |", row.of(verdict), 100.0 * row.share(&[verdict]));
        }
        let _ = writeln!(text, " {} | {} |", row.of(Verdict::Ungoverned), row.of(Verdict::Slight));
    }
    text.push('\n');
    text
}

/// Whether the page shows this table.
pub fn is_on_the_page(rows: &[Row]) -> bool {
    page().contains(&shown(rows))
}

/// Puts the table on the page.
pub fn write(rows: &[Row]) {
    let page = page();
    let (before, rest) = page.split_once(MARKS[0]).expect("the page has a place for the table");
    let (_, after) = rest.split_once(MARKS[1]).expect("the place ends");
    std::fs::write(PAGE, format!("{before}{}{}{}{after}", MARKS[0], shown(rows), MARKS[1])).expect("the page can be written");
}

fn page() -> String {
    std::fs::read_to_string(PAGE).expect("the page is there")
}
