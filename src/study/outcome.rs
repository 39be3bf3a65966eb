//! What one run of a study leaves: its numbers, and how long everybody waited.

use super::metric::{client_values, run_values};
use crate::observe::record::{RunRecord, Window};
use serde::{Deserialize, Serialize};

/// What one run of a study leaves.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// Its place in the study.
    pub job: u64,
    /// Its seed.
    pub seed: u64,
    /// Digest over every fact of the run.
    pub digest: String,
    /// Promises of Kafka's protocol that it broke: bugs of kafkasim.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub violated: Vec<String>,
    /// The run's metrics, in the order of [`super::metric::run_metrics`].
    pub values: Vec<Option<f64>>,
    /// Its clients, by name.
    pub clients: Vec<ClientOutcome>,
    /// What leader moves did to single clients (not to fleets).
    pub windows: Vec<WindowOutcome>,
}

/// What one run came to for one client.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ClientOutcome {
    /// Its name.
    pub name: String,
    /// Its library and release.
    pub profile: String,
    /// `producer` or `consumer`.
    pub role: String,
    /// How many members it has.
    pub members: u64,
    /// Its metrics, in the order of [`super::metric::client_metrics`].
    pub values: Vec<Option<f64>>,
}

/// What one move (or loss of a leader) did to one client on one partition. A length that had not ended when the run did is as long as was seen.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct WindowOutcome {
    /// The client.
    pub client: String,
    /// Topic.
    pub topic: String,
    /// Partition.
    pub partition: u32,
    /// The commit of the move, or the loss of the leader where that comes first.
    pub start_ms: f64,
    /// From the commit to the client's cache naming the true leader; none when there was no commit.
    pub stale_window: Option<Length>,
    /// From the start to the first success.
    pub recovery: Length,
    /// The part of the recovery in which records were waiting; none when there were none.
    pub interruption: Option<Length>,
}

/// A time that ended, or that had not ended when the run did.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Length {
    /// As long as was seen.
    pub ms: f64,
    /// Whether it ended.
    pub ended: bool,
}

impl Outcome {
    /// What is kept of a run's record.
    pub fn of(job: u64, record: &RunRecord) -> Outcome {
        let client = |(name, client): (&String, &crate::observe::record::ClientRecord)| ClientOutcome {
            name: name.clone(),
            profile: client.profile.clone(),
            role: client.role.clone(),
            members: client.members,
            values: client_values(client),
        };
        Outcome {
            job,
            seed: record.seed,
            digest: record.digest.clone(),
            violated: record.checks.violated.iter().map(|violation| violation.check.clone()).collect(),
            values: run_values(record),
            clients: record.clients.iter().map(client).collect(),
            windows: record.windows.iter().map(|window| WindowOutcome::of(window, record.simulated_ms)).collect(),
        }
    }
}

impl WindowOutcome {
    fn of(window: &Window, end_ms: f64) -> WindowOutcome {
        let length = |from: f64, to: Option<f64>| Length { ms: (to.unwrap_or(end_ms) - from).max(0.0), ended: to.is_some() };
        WindowOutcome {
            client: window.client.clone(),
            topic: window.topic.clone(),
            partition: window.partition,
            start_ms: window.start_ms,
            stale_window: window.committed_ms.map(|committed| match window.stale_window_ms {
                Some(ms) => Length { ms, ended: true },
                None => length(committed, None),
            }),
            recovery: length(window.start_ms, window.recovered_ms),
            interruption: window.waiting_since_ms.map(|since| length(since.max(window.start_ms), window.recovered_ms)),
        }
    }
}
