//! Request costs, from request logs.

use super::clock::Moment;
use super::key::Key;
use super::machines::Machines;
use super::samples::Samples;
use crate::engine::Duration;
use crate::kafka::text::request_log::Completed;

/// Requests that the model has and gives the cost of any other request.
const OTHERS: [&str; 11] = [
    "API_VERSIONS",
    "FIND_COORDINATOR",
    "HEARTBEAT",
    "INIT_PRODUCER_ID",
    "JOIN_GROUP",
    "LEAVE_GROUP",
    "LIST_OFFSETS",
    "OFFSET_COMMIT",
    "OFFSET_FETCH",
    "OFFSET_FOR_LEADER_EPOCH",
    "SYNC_GROUP",
];
/// Share of its handlers' time that a broker may be busy before waits for busy handlers show in its queue times.
const BUSY: f64 = 0.5;

/// What the request logs tell beyond the samples.
#[derive(Default)]
pub struct Requests {
    /// Requests of kinds that the model does not have, and fetches of the metadata log.
    pub left_out: u64,
    /// Until an answer was written, after its handler was done.
    pub answering: Samples,
    /// The handlers' time of all logs.
    worked: Duration,
    /// The time that all logs cover, in milliseconds.
    covered_ms: i64,
    /// The log that is read now: its first and last moment.
    span: Option<(Moment, Moment)>,
}

impl Requests {
    /// Adds a request of a broker.
    pub fn add(&mut self, broker: Option<u32>, at: Moment, request: &Completed<'_>, machines: &mut Machines) {
        if request.of_metadata_log {
            self.left_out += 1;
            return;
        }
        self.worked += request.local;
        let (first, last) = self.span.unwrap_or((at, at));
        self.span = Some((first.min(at), last.max(at)));
        let Some(key) = key(request) else {
            self.left_out += 1;
            return;
        };
        machines.add(broker, key, request.local);
        machines.add(broker, Key::RequestQueue, request.request_queue);
        self.answering.add(request.answering);
    }

    /// The log has ended.
    pub fn end_of_log(&mut self) {
        if let Some((first, last)) = self.span.take() {
            self.covered_ms += last - first;
        }
    }

    /// What is to be said of the wait in the queue, when a broker has so many handlers (`num.io.threads`).
    pub fn note(&self, handlers: u32) -> Option<String> {
        if self.covered_ms <= 0 {
            return None;
        }
        let share = self.worked.as_millis_f64() / (self.covered_ms as f64 * f64::from(handlers));
        let busy = format!("request handlers were busy {:.1} % of the time (of {handlers} a broker: num.io.threads)", share * 100.0);
        Some(if share <= BUSY {
            format!("{busy}, so hardly a request waited for a busy one")
        } else {
            format!(
                "{busy}: request_queue has waits for busy handlers in it, which the model adds itself; it is too long. Take calmer hours"
            )
        })
    }
}

fn key(request: &Completed<'_>) -> Option<Key> {
    match request.api.as_ref() {
        "PRODUCE" => Some(Key::Produce),
        "FETCH" if request.from_replica => Some(Key::ReplicaFetch),
        "FETCH" => Some(Key::Fetch),
        "METADATA" => Some(Key::Metadata),
        other => OTHERS.contains(&other).then_some(Key::Other),
    }
}
