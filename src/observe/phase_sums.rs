//! Phases of all windows together: where the time went.

use super::record::{Phase, PhaseSummary};
use std::collections::BTreeMap;

/// The most settings that are named for one phase.
const GOVERNORS: usize = 3;

/// The same phase of many windows.
#[derive(Clone, Debug, Default)]
struct Sum {
    lengths_ms: Vec<f64>,
    governors: BTreeMap<String, f64>,
}

/// All phases that took any time.
#[derive(Clone, Debug, Default)]
pub struct PhaseSums(BTreeMap<String, Sum>);

impl PhaseSums {
    /// Takes the phases of one window in.
    pub fn add(&mut self, phases: &[Phase]) {
        for phase in phases.iter().filter(|phase| phase.ms > 0.0) {
            let sum = self.0.entry(phase.name.clone()).or_default();
            sum.lengths_ms.push(phase.ms);
            *sum.governors.entry(phase.governed_by.clone()).or_default() += phase.ms;
        }
    }

    /// One summary for each phase, by name.
    pub fn summaries(self) -> Vec<PhaseSummary> {
        self.0.into_iter().map(|(name, sum)| sum.summary(name)).collect()
    }
}

impl Sum {
    fn summary(mut self, name: String) -> PhaseSummary {
        self.lengths_ms.sort_by(f64::total_cmp);
        let mut governors: Vec<(String, f64)> = self.governors.into_iter().collect();
        governors.sort_by(|a, b| b.1.total_cmp(&a.1));
        let middle = self.lengths_ms.len().div_ceil(2).saturating_sub(1);
        PhaseSummary {
            name,
            times: self.lengths_ms.len() as u64,
            total_ms: self.lengths_ms.iter().sum(),
            p50_ms: self.lengths_ms.get(middle).copied().unwrap_or(0.0),
            max_ms: self.lengths_ms.last().copied().unwrap_or(0.0),
            governed_by: governors.into_iter().take(GOVERNORS).map(|(name, _)| name).collect(),
        }
    }
}
