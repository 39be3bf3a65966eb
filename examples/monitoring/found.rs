//! What the metrics showed over the seeds of a scenario.

use kafkasim::observe::record::gauges::{Gauge, Gauges};
use std::collections::BTreeMap;

/// One metric over all seeds.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// In how many runs it moved.
    pub moved: usize,
    /// In how many of the runs with an error a page came at once, or by scrapes, before the first of them.
    pub before: usize,
    pub scraped_before: usize,
    /// How long a page at once, or by scrapes, came before the first error of a run; negative after it.
    pub leads: Vec<f64>,
    pub scraped_leads: Vec<f64>,
    /// For how long at most it was off rest, in the runs in which it moved.
    pub off_ms: Vec<f64>,
}

/// One scenario.
#[derive(Clone, Debug)]
pub struct Found {
    pub name: String,
    pub runs: usize,
    /// When a client first heard of an error, in the runs in which one did.
    pub errors_ms: Vec<f64>,
    /// When a client first lost a connection, in the runs in which one did.
    pub connections_ms: Vec<f64>,
    /// The metrics, in their order.
    pub metrics: Vec<(String, Shown)>,
}

impl Found {
    /// What the runs of a scenario showed.
    pub fn of(name: &str, runs: &[Gauges]) -> Found {
        let names: Vec<&str> = runs.iter().max_by_key(|r| r.metrics.len()).map_or(Vec::new(), |r| names(r));
        let mut shown: BTreeMap<&str, Shown> = BTreeMap::new();
        for run in runs {
            for gauge in &run.metrics {
                shown.entry(&gauge.name).or_default().add(gauge);
            }
        }
        let metrics = names.into_iter().map(|n| (n.to_owned(), shown.remove(n).unwrap_or_default())).collect();
        Found {
            name: name.to_owned(),
            runs: runs.len(),
            errors_ms: runs.iter().filter_map(|r| r.first_request_error_ms).collect(),
            connections_ms: runs.iter().filter_map(|r| r.first_connection_lost_ms).collect(),
            metrics,
        }
    }

    /// Whether a client heard of an error in at least half of the runs.
    pub fn has_errors(&self) -> bool {
        2 * self.errors_ms.len() >= self.runs && !self.errors_ms.is_empty()
    }

    /// A metric by name.
    pub fn metric(&self, name: &str) -> Option<&Shown> {
        self.metrics.iter().find(|(n, _)| n == name).map(|(_, shown)| shown)
    }
}

fn names(run: &Gauges) -> Vec<&str> {
    run.metrics.iter().map(|g| g.name.as_str()).collect()
}

impl Shown {
    fn add(&mut self, gauge: &Gauge) {
        self.moved += usize::from(gauge.total.moved_ms.is_some());
        self.before += usize::from(gauge.page.ideal_lead_ms.is_some_and(|lead| lead > 0.0));
        self.scraped_before += usize::from(gauge.page.scraped_lead_ms.is_some_and(|lead| lead > 0.0));
        self.off_ms.extend(gauge.total.moved_ms.map(|_| gauge.total.longest_off_ms));
        self.leads.extend(gauge.page.ideal_lead_ms);
        self.scraped_leads.extend(gauge.page.scraped_lead_ms);
    }
}

/// The middle of some numbers (nearest rank).
pub fn median(values: &[f64]) -> Option<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len().div_ceil(2).saturating_sub(1)).copied()
}
