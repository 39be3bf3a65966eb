//! The table of verdicts, as `docs/VALIDATION.md` holds it.

use crate::SEEDS;
use crate::rule::{Verdict, judge, median, quantile};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What encloses the parts of the page that are written here.
const FRONT: [&str; 2] = ["<!-- front: written by tests/measured.rs -->", "<!-- end of front -->"];
const TABLE: [&str; 2] = ["<!-- table: written by tests/measured.rs -->", "<!-- end of table -->"];

/// One quantity of one client, or of the cluster, in one case.
pub struct Row {
    pub case: String,
    pub who: String,
    pub quantity: String,
    /// Ascending.
    pub measured: Vec<f64>,
    pub simulated: Vec<f64>,
    pub verdict: Verdict,
}

impl Row {
    pub fn new(case: &str, who: &str, quantity: &str, measured: &[f64], simulated: Vec<f64>) -> Self {
        let verdict = judge(quantity, measured, &simulated);
        Row { case: case.into(), who: who.into(), quantity: quantity.into(), measured: measured.to_vec(), simulated, verdict }
    }

    /// Its name in `gaps.toml`.
    pub fn key(&self) -> String {
        format!("{} / {} / {}", self.case, self.who, self.quantity)
    }

    pub fn min(&self) -> f64 {
        self.measured[0]
    }

    pub fn max(&self) -> f64 {
        self.measured[self.measured.len() - 1]
    }

    fn figures(&self) -> String {
        let measured = format!("{:.0} / {:.0} / {:.0}", self.min(), median(&self.measured), self.max());
        let [low, middle, high] = [0.05, 0.5, 0.95].map(|p| quantile(&self.simulated, p));
        format!("{measured} | {low:.0} / {middle:.0} / {high:.0}")
    }

    /// In one line, for a failure.
    pub fn complaint(&self) -> String {
        format!("{}: {} ({:?})", self.key(), self.figures(), self.verdict)
    }

    fn line(&self, gaps: &BTreeMap<String, String>) -> String {
        let verdict = match &self.verdict {
            Verdict::Agrees => "agrees".to_owned(),
            Verdict::Differs(how) => {
                let why = gaps.get(&self.key()).map_or("no reason known", String::as_str);
                format!("**known gap**, {how}: {why}")
            }
        };
        format!("| {} | {} | {} | {verdict} |", self.who, self.quantity, self.figures())
    }
}

/// The page with its front and its table written anew.
pub fn page(old: &str, rows: &[Row], gaps: &BTreeMap<String, String>) -> String {
    let with_front = between(old, FRONT, &front(rows));
    between(&with_front, TABLE, &table(rows, gaps))
}

fn between(page: &str, [begin, end]: [&str; 2], text: &str) -> String {
    let start = page.find(begin).expect("the page has the mark") + begin.len();
    let stop = page.find(end).expect("the page has the end mark");
    format!("{}\n{text}{}", &page[..start], &page[stop..])
}

fn front(rows: &[Row]) -> String {
    let agree = rows.iter().filter(|r| r.verdict == Verdict::Agrees).count();
    format!("**{} rows, {agree} agree, {} known gaps** ({SEEDS} seeds a case).\n", rows.len(), rows.len() - agree)
}

fn table(rows: &[Row], gaps: &BTreeMap<String, String>) -> String {
    let mut text = String::new();
    for (i, row) in rows.iter().enumerate() {
        if i == 0 || rows[i - 1].case != row.case {
            let case = &row.case;
            write!(
                text,
                "\n### {case}\n\n| who | quantity | measured: min / median / max | simulated: p5 / median / p95 | verdict |\n|---|---|---|---|---|\n"
            )
            .expect("text takes text");
        }
        writeln!(text, "{}", row.line(gaps)).expect("text takes text");
    }
    text
}
