//! Whole runs of small clusters: what loads must also run.

use kafkasim::experiment::{RunOptions, run};
use kafkasim::scenario::Scenario;

/// A larger run says no more and takes too long.
const MOST_EVENTS: u64 = 20_000;

/// The first events of the run break no promise of the protocol.
pub fn take(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(scenario) = text.parse::<Scenario>() else { return };
    let spec = &scenario.spec;
    if spec.brokers.len() > 20 || spec.partitions.len() > 200 || spec.clients.len() > 20 || scenario.estimated_events() > 1e7 {
        return;
    }
    let options = RunOptions { seed: None, max_events: MOST_EVENTS };
    if let Ok(record) = run(&scenario, &options, None) {
        assert!(record.checks.violated.is_empty(), "{:?}", record.checks.violated);
    }
}
