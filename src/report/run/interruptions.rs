//! Interruptions: what of each recovery a client felt, because it had records waiting.

use crate::observe::RunRecord;
use crate::observe::record::Window;
use crate::report::quantity::{NONE, duration, greatest, quantile};
use std::collections::BTreeMap;

/// The interruptions of one client, or of all.
pub struct Interruptions<'a> {
    /// Lengths of those that ended, in milliseconds.
    pub lengths: Vec<f64>,
    /// Those that had not ended: for each client and partition, how long its records had been waiting by the end, in milliseconds.
    pub waiting: BTreeMap<(&'a str, &'a str, u32), f64>,
}

impl<'a> Interruptions<'a> {
    /// Those of `client`, or of all clients.
    pub fn of(record: &'a RunRecord, client: Option<&str>) -> Interruptions<'a> {
        let mut ended: BTreeMap<(&str, &str, u32, u64), Vec<&Window>> = BTreeMap::new();
        let mut waiting: BTreeMap<(&str, &str, u32), f64> = BTreeMap::new();
        for window in record.windows.iter().filter(|w| client.is_none_or(|client| w.client == client)) {
            let (client, topic) = (window.client.as_str(), window.topic.as_str());
            // A leader that moved again before the first success opens another window, which ends with the same success.
            if let Some(at) = window.recovered_ms {
                ended.entry((client, topic, window.partition, at.to_bits())).or_default().push(window);
            }
            if let Some(since) = window.waiting_since_ms.filter(|_| window.recovered_ms.is_none()) {
                let waited = record.simulated_ms - since.max(window.start_ms);
                if is_ordinary(record, client, waited) {
                    continue;
                }
                let longest = waiting.entry((client, topic, window.partition)).or_default();
                *longest = longest.max(waited);
            }
        }
        Interruptions { lengths: ended.into_values().map(|windows| felt(&windows)).collect(), waiting }
    }

    /// The longest of those that ended.
    pub fn longest(&self) -> Option<f64> {
        greatest(self.lengths.iter().copied())
    }

    /// The longest of those that had not ended.
    pub fn longest_wait(&self) -> Option<f64> {
        greatest(self.waiting.values().copied())
    }

    /// A quantile of those that ended, as text.
    pub fn quantile(&self, q: f64) -> String {
        quantile(self.lengths.clone(), q).map_or_else(|| NONE.to_owned(), duration)
    }
}

/// Whether records of this client that were acknowledged or delivered waited as long: then one that still waits at the end of the run is just
/// under way.
fn is_ordinary(record: &RunRecord, client: &str, waited: f64) -> bool {
    let Some(client) = record.clients.get(client) else { return false };
    let waits = client.consumer.as_ref().map_or(&client.tally.latency_ms, |c| &c.wait_ms);
    waits.count > 0 && waited <= waits.max
}

/// What the client felt of the windows that one success ended, in the order in which they began: only while it had records waiting.
fn felt(windows: &[&Window]) -> f64 {
    let start = windows.first().map_or(0.0, |window| window.start_ms);
    let waiting = windows.iter().filter_map(|window| window.waiting_since_ms);
    let from = greatest(waiting).map_or(start, |since| since.max(start));
    windows.first().and_then(|window| window.recovered_ms).map_or(0.0, |recovered| recovered - from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(start_ms: f64, waiting_since_ms: Option<f64>) -> Window {
        Window {
            client: "app".to_owned(),
            topic: "t".to_owned(),
            partition: 0,
            start_ms,
            committed_ms: None,
            told_ms: None,
            recovered_ms: Some(60_000.0),
            stale_window_ms: None,
            recovery_ms: Some(60_000.0 - start_ms),
            waiting_since_ms,
            window_phases: Vec::new(),
            recovery_phases: Vec::new(),
        }
    }

    #[test]
    fn a_client_without_records_is_not_interrupted() {
        assert_eq!(felt(&[&window(59_000.0, Some(58_500.0))]), 1_000.0, "a record was waiting already when the leader moved");
        assert_eq!(felt(&[&window(1_000.0, Some(59_996.0))]), 4.0, "the first record came long after");
    }

    #[test]
    fn moves_that_one_success_ended_are_one_interruption() {
        let (first, second) = (window(50_000.0, None), window(59_000.0, Some(59_990.0)));
        assert_eq!(felt(&[&first, &second]), 10.0);
        let (first, second) = (window(50_000.0, None), window(59_000.0, Some(49_000.0)));
        assert_eq!(felt(&[&first, &second]), 10_000.0);
    }
}
