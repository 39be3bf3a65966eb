//! The answer of a horizon, as data. All times are milliseconds from the horizon's beginning, unless a field says otherwise.

use crate::observe::record::{Quantiles, RunRecord};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Version of this schema; raised when a field changes its meaning or goes away.
pub const SCHEMA: &str = "kafkasim/horizon/1";

/// All that happened in a horizon.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct HorizonRecord {
    /// Version of this schema.
    pub schema: String,
    /// Version of kafkasim.
    pub kafkasim: String,
    /// Name of the scenario.
    pub scenario: String,
    /// Digest of its canonical text with all settings applied.
    pub scenario_digest: String,
    /// The Kafka release whose rules were used.
    pub kafka: String,
    /// Name of the machine costs that were used.
    pub costs: String,
    /// No rates were given, so that every count stands for an assumed rate.
    pub assumed_rates: bool,
    /// Seed of the horizon: it draws the random faults, and each episode's own seed.
    pub seed: u64,
    /// How long the horizon is.
    pub length_ms: f64,
    /// Time of episodes, which were simulated event by event, without their warm-ups.
    pub simulated_ms: f64,
    /// Events that all episodes and the calm run processed, warm-ups included.
    pub events: u64,
    /// Faults of the calendar; a rolling restart is one.
    pub faults: u64,
    /// What was counted in all episodes.
    pub total: Counts,
    /// What goes on between episodes.
    pub calm: Calm,
    /// Every episode, in order.
    pub episodes: Vec<Episode>,
    /// What is left out or had to be assumed, one sentence each.
    pub not_modelled: Vec<String>,
    /// The command that repeats it.
    pub repeat: String,
}

/// A disturbance, from its first fault until all was calm again: an ordinary run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Episode {
    /// Its number, from 1.
    pub number: u64,
    /// When its first fault began.
    pub at_ms: f64,
    /// From there until all was calm.
    pub lasted_ms: f64,
    /// How long was counted: for a while before that fault, too.
    pub counted_ms: f64,
    /// Its fault lines; their times count from where it begins to be counted.
    pub faults: Vec<String>,
    /// What was counted.
    #[serde(flatten)]
    pub counts: Counts,
    /// From `send()` to the application's answer, of acknowledged records.
    pub latency_ms: Quantiles,
    /// Of (client, partition): from the loss or move of the leader to the first success.
    pub recovery_ms: Quantiles,
    /// Of (client, partition): the part of a recovery in which records were waiting.
    pub interruption_ms: Quantiles,
    /// Events that it took, its warm-up included.
    pub events: u64,
    /// Its own seed.
    pub seed: u64,
    /// Digest over every fact of it.
    pub digest: String,
    /// Promises of Kafka's protocol that it broke: bugs of kafkasim.
    #[serde(default)]
    pub violated: Vec<String>,
}

/// A run without faults, which stands for the time between episodes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Calm {
    /// How long it was counted.
    pub simulated_ms: f64,
    /// What was counted in it.
    #[serde(flatten)]
    pub counts: Counts,
    /// From `send()` to the application's answer, of acknowledged records.
    pub latency_ms: Quantiles,
    /// Digest over every fact of it.
    pub digest: String,
}

/// What is counted; definitions as in the answer of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Committed leader changes.
    pub moves: u64,
    /// Of these unclean.
    pub unclean_elections: u64,
    /// Partition entries of produce and fetch requests.
    pub requests: u64,
    /// Those that met a stale leader.
    pub stale: u64,
    /// Those that were right when taken and parked while the leader moved.
    pub overtaken: u64,
    /// Those for which there was no leader at all.
    pub leaderless: u64,
    /// Records handed over by applications.
    pub sent: u64,
    /// Records reported as failed.
    pub failed: u64,
    /// Records acknowledged, yet not in the log of the true leader in the end.
    pub lost: u64,
    /// Extra copies of records in that log.
    pub duplicated: u64,
    /// Records delivered to a reader that had been given them before.
    pub delivered_again: u64,
    /// Records that a reader was never given, because a position was set beyond them.
    pub skipped: u64,
    /// Metadata requests sent.
    pub metadata_requests: u64,
}

impl Counts {
    /// Those of one run.
    pub fn of(record: &RunRecord) -> Counts {
        let consumers = || record.clients.values().filter_map(|client| client.consumer.as_ref());
        Counts {
            moves: record.moves.len() as u64,
            unclean_elections: record.moves.iter().filter(|moved| moved.unclean).count() as u64,
            requests: record.total.requests.total,
            stale: record.total.requests.stale,
            overtaken: record.total.requests.overtaken,
            leaderless: record.total.requests.leaderless,
            sent: record.total.records.sent,
            failed: record.total.records.failed,
            lost: record.total.records.lost,
            duplicated: record.total.records.duplicated,
            delivered_again: consumers().map(|consumer| consumer.delivered_again).sum(),
            skipped: consumers().map(|consumer| consumer.skipped).sum(),
            metadata_requests: record.total.metadata_requests,
        }
    }

    fn add(&mut self, other: &Counts) {
        let Counts {
            moves,
            unclean_elections,
            requests,
            stale,
            overtaken,
            leaderless,
            sent,
            failed,
            lost,
            duplicated,
            delivered_again,
            skipped,
            metadata_requests,
        } = other;
        for (mine, theirs) in [
            (&mut self.moves, moves),
            (&mut self.unclean_elections, unclean_elections),
            (&mut self.requests, requests),
            (&mut self.stale, stale),
            (&mut self.overtaken, overtaken),
            (&mut self.leaderless, leaderless),
            (&mut self.sent, sent),
            (&mut self.failed, failed),
            (&mut self.lost, lost),
            (&mut self.duplicated, duplicated),
            (&mut self.delivered_again, delivered_again),
            (&mut self.skipped, skipped),
            (&mut self.metadata_requests, metadata_requests),
        ] {
            *mine += theirs;
        }
    }
}

impl std::iter::Sum for Counts {
    fn sum<I: Iterator<Item = Counts>>(all: I) -> Counts {
        all.fold(Counts::default(), |mut sum, counts| {
            sum.add(&counts);
            sum
        })
    }
}

impl HorizonRecord {
    /// Time between episodes, which was not simulated.
    pub fn skipped_ms(&self) -> f64 {
        self.length_ms - self.simulated_ms
    }

    /// About how many there are in the whole horizon of what is counted: those of episodes, and the calm run's by the time that it stands for.
    pub fn about(&self, figure: impl Fn(&Counts) -> u64) -> f64 {
        let calm = figure(&self.calm.counts) as f64 / self.calm.simulated_ms;
        figure(&self.total) as f64 + calm * self.skipped_ms()
    }
}
