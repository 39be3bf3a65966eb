//! One quantity of one client, or of the cluster, in one case: what was measured beside what the model gives.

use crate::outcomes::Outcomes;
use crate::quantities::Found;
use crate::rule::{self, Verdict, judge, median, quantile};
use std::collections::BTreeMap;

/// A row of a table.
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
    fn new(case: &str, (who, quantity, measured): (&str, &str, &[f64]), found: &[Found]) -> Self {
        let key = (who.to_owned(), quantity.to_owned());
        let simulated: Vec<f64> = found.iter().filter_map(|run| run.get(&key).copied()).collect();
        let verdict = if simulated.len() < found.len() {
            Verdict::Differs("it does not happen in every simulated run")
        } else {
            judge(quantity, measured, &simulated)
        };
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

    /// Both sides with their spreads.
    pub fn figures(&self) -> String {
        format!("{:.0} / {:.0} / {:.0} | {}", self.min(), median(&self.measured), self.max(), spread(&self.simulated))
    }

    fn line(&self, gaps: &BTreeMap<String, String>) -> String {
        let verdict = match (&self.verdict, gaps.get(&self.key())) {
            (Verdict::Agrees, _) => "agrees".to_owned(),
            (Verdict::Differs(how), Some(why)) => format!("**known gap**, {how}: {why}"),
            (Verdict::Differs(how), None) => format!("**differs**, {how}"),
        };
        format!("| {} | {} | {} | {verdict} |\n", self.who, self.quantity, self.figures())
    }
}

/// The 5th percentile, the median and the 95th percentile of simulated values.
pub fn spread(simulated: &[f64]) -> String {
    if simulated.is_empty() {
        return "-".to_owned();
    }
    let [low, middle, high] = [0.05, 0.5, 0.95].map(|p| quantile(simulated, p));
    format!("{low:.0} / {middle:.0} / {high:.0}")
}

/// All rows of a case that was measured, judged. `found` is what each seed gave.
pub fn judged(case: &str, outcomes: &Outcomes, found: &[Found]) -> Vec<Row> {
    let mut rows: Vec<Row> = outcomes.of(case).map(|row| Row::new(case, row, found)).collect();
    rule::judge_order(&mut rows);
    rows
}

/// The table of a case, in Markdown.
pub fn table(rows: &[Row], gaps: &BTreeMap<String, String>) -> String {
    let head = "| who | quantity | measured: min / median / max | simulated: p5 / median / p95 | verdict |\n|---|---|---|---|---|\n";
    rows.iter().fold(head.to_owned(), |text, row| text + &row.line(gaps))
}
