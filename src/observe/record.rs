//! The answer of one run, as data: versioned, documented, and the only thing that reports read.
//! All times are milliseconds from the moment from which the scenario counts, unless a field says otherwise.

pub mod gauges;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of this schema; raised when a field changes its meaning or goes away.
pub const SCHEMA: &str = "kafkasim/run/1";

/// The Kafka release that the model was held against on real clusters; every answer names it.
pub const MEASURED_KAFKA: &str = "4.3.1";

/// Everything that one run found.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RunRecord {
    /// Version of this schema.
    pub schema: String,
    /// Version of kafkasim.
    pub kafkasim: String,
    /// Which scenario was run.
    pub scenario: ScenarioRef,
    /// The Kafka release whose rules were used.
    pub kafka: String,
    /// Name of the machine costs that were used.
    pub costs: String,
    /// Seed of the run.
    pub seed: u64,
    /// Digest over every fact of the run: same scenario, seed and version, same digest.
    pub digest: String,
    /// Simulated time that was counted.
    pub simulated_ms: f64,
    /// Simulated time before counting began.
    pub warmup_ms: f64,
    /// Events that the simulation processed.
    pub events: u64,
    /// Totals over all clients.
    #[serde(flatten)]
    pub total: Tally,
    /// The same for each client.
    pub clients: BTreeMap<String, ClientRecord>,
    /// One for each committed leader change, in order.
    pub moves: Vec<Move>,
    /// One for each (client, partition) whose belief or service a move or loss of a leader broke; not those of fleets (`count` above one).
    pub windows: Vec<Window>,
    /// Phases of all recoveries, those of fleets too.
    #[serde(default)]
    pub recovery_phases: Vec<PhaseSummary>,
    /// Phases of all stale windows, those of fleets too.
    #[serde(default)]
    pub window_phases: Vec<PhaseSummary>,
    /// What each consumer group went through.
    #[serde(default)]
    pub groups: BTreeMap<String, GroupRecord>,
    /// The protocol's own promises.
    pub checks: Checks,
    /// What the cluster went through.
    pub cluster: ClusterRecord,
    /// What the cluster's own metrics showed.
    #[serde(default)]
    pub gauges: gauges::Gauges,
    /// The scenario's expectations and whether they held.
    pub expectations: Vec<Expectation>,
    /// What this run leaves out or had to assume, one sentence each.
    pub not_modelled: Vec<String>,
    /// The command that repeats the run.
    pub repeat: String,
}

/// Which scenario was run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ScenarioRef {
    /// Its name.
    pub name: String,
    /// Digest of its canonical text with all settings applied.
    pub digest: String,
    /// No rates were given, so that every count stands for an assumed rate: shares and durations are what to read.
    #[serde(default)]
    pub assumed_rates: bool,
}

/// What is counted for a client, and in total.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Tally {
    /// Partition entries of produce and fetch requests.
    pub requests: Requests,
    /// The fate of every record.
    pub records: Records,
    /// The fate of what the application wanted to say, in however many records.
    #[serde(default)]
    pub messages: Messages,
    /// From `send()` to the application's answer, of acknowledged records.
    pub latency_ms: Quantiles,
    /// Of (client, partition): from the commit of a move, or the loss of the leader where that comes first, to the first success.
    pub recovery_ms: Quantiles,
    /// Of (client, partition): from the commit of a move to the client's cache naming the true leader.
    pub stale_window_ms: Quantiles,
    /// Of (client, partition): the part of a recovery in which records were waiting. Several moves that one success ended are one.
    #[serde(default)]
    pub interruption_ms: Quantiles,
    /// The longest time for which records had been waiting, when the run ended, for an interruption to end; zero when none was open.
    #[serde(default)]
    pub longest_waiting_ms: f64,
    /// Metadata requests sent.
    pub metadata_requests: u64,
    /// Bytes of their answers.
    pub metadata_bytes: u64,
    /// Broker handler time that they took.
    pub metadata_broker_ms: f64,
    /// Connections opened.
    pub connections_opened: u64,
}

/// Partition entries of produce and fetch requests. A request with entries for four partitions counts four.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Requests {
    /// All of them.
    pub total: u64,
    /// Those whose target was not the true leader when it took them, or had not yet taken the role.
    pub stale: u64,
    /// Those that were right when taken and were parked while the leader moved.
    pub overtaken: u64,
    /// Those taken, or failing to arrive, while there was no true leader at all.
    pub leaderless: u64,
    /// Stale ones by what became of them.
    pub stale_by_outcome: BTreeMap<String, u64>,
    /// Stale ones by why the client asked the wrong broker.
    pub stale_by_cause: BTreeMap<String, u64>,
    /// Those to partitions that moved during the run (a denominator).
    pub to_moved_partitions: u64,
    /// Those sent while the (client, partition) had an open window (a denominator).
    pub in_windows: u64,
}

/// The fate of every record.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Records {
    /// Handed to the client by the application.
    pub sent: u64,
    /// Reported as acknowledged.
    pub acknowledged: u64,
    /// Reported as failed.
    pub failed: u64,
    /// Neither when the run ended.
    pub unfinished: u64,
    /// Acknowledged, yet not in the log of the true leader at the end.
    pub lost: u64,
    /// In that log more than once (extra copies).
    pub duplicated: u64,
    /// Reported as failed, yet in that log.
    pub failed_but_written: u64,
}

/// A summary of durations.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Quantiles {
    /// How many were measured.
    pub count: u64,
    /// How many had not ended when the run did; they are in no other figure here.
    pub open: u64,
    /// Median.
    pub p50: f64,
    /// 99th percentile.
    pub p99: f64,
    /// 99.9th percentile.
    pub p999: f64,
    /// Longest.
    pub max: f64,
}

/// One client, or a fleet of alike ones.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ClientRecord {
    /// Its library and release.
    pub profile: String,
    /// What it is there for: `producer` or `consumer`.
    #[serde(default)]
    pub role: String,
    /// What a consumer was given; null for a producer.
    #[serde(default)]
    pub consumer: Option<ConsumerRecord>,
    /// How many members it has; above one it is a fleet, and what is counted is the sum over them.
    #[serde(default = "one")]
    pub members: u64,
    /// How a fleet's members differ; none for a single client.
    #[serde(default)]
    pub spread: Option<Spread>,
    /// What is counted.
    #[serde(flatten)]
    pub tally: Tally,
    /// Errors that brokers answered, for each partition entry: `produce:NOT_LEADER_OR_FOLLOWER`.
    pub errors: BTreeMap<String, u64>,
    /// Records that failed to the application.
    pub failures: Failures,
    /// Longest time from `send()` to the answer, or to the end of the run for a record without one. Of a consumer: longest time from a
    /// record's creation to its delivery, or to the end of the run for a committed record that it has not been given.
    pub longest_wait_ms: f64,
    /// Partitions with their longest silence.
    pub partitions: Vec<PartitionSilence>,
}

/// What a consumer was given, since counting began.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct ConsumerRecord {
    /// Records delivered, each once.
    pub delivered: u64,
    /// Records delivered that its reader (its group, or it alone) had been given before.
    pub delivered_again: u64,
    /// Records that its reader was never given, because a position was set beyond them.
    pub skipped: u64,
    /// Records delivered that were gone from the log later, as after an unclean election.
    pub delivered_and_lost: u64,
    /// Records that the application was done with, each once.
    pub processed: u64,
    /// Records delivered and passed over by a position before the application was done with them.
    pub never_processed: u64,
    /// From the creation of a record to its first delivery. Records of which the creation is not known (there before the run) are in no figure;
    /// `open` are those committed and not delivered when the run ended.
    pub wait_ms: Quantiles,
    /// Most committed records of one partition that it had not been given, at any move of the high watermark.
    pub lag_max: u64,
    /// Committed records of its partitions that it had not been given when the run ended.
    pub lag_at_end: u64,
    /// Copies delivered of messages that it had been given already, at other offsets.
    #[serde(default)]
    pub copies_delivered: u64,
    /// Positions set because the one before was out of range or missing (`auto.offset.reset`), or beyond the end of its epoch (truncation).
    pub position_resets: u64,
}

fn one() -> u64 {
    1
}

/// How the members of a fleet differ: each figure's distribution over them.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Spread {
    /// Stale requests of a member.
    pub stale: Members,
    /// Records of a member that failed to its application.
    pub failed: Members,
    /// The longest wait of a record of a member.
    pub longest_wait_ms: Members,
    /// The longest interruption of a member that had one.
    pub longest_interruption_ms: Members,
    /// Metadata requests of a member.
    pub metadata_requests: Members,
}

/// One figure over the members of a fleet.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Members {
    /// Members that the figure is of.
    pub count: u64,
    /// Least.
    pub min: f64,
    /// Median.
    pub p50: f64,
    /// Nine of ten members have no more.
    pub p90: f64,
    /// 99 of a hundred members have no more.
    pub p99: f64,
    /// Most.
    pub max: f64,
}

impl Members {
    /// The distribution of these values (nearest rank).
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let n = values.len();
        let at = |per_cent: usize| values.get((n * per_cent).div_ceil(100).max(1) - 1).copied().unwrap_or(0.0);
        Members { count: n as u64, min: at(0), p50: at(50), p90: at(90), p99: at(99), max: at(100) }
    }
}

/// What became of messages. An application may hand a message over again as a new record, and a library may write a record twice; a message
/// is lost or duplicated all the same. `handed_over = written + lost + open`, but for topics that were deleted.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Messages {
    /// Different messages that the application handed over.
    pub handed_over: u64,
    /// In the log of the true leader at the end.
    pub written: u64,
    /// Not in that log, and nobody will write them: acknowledged and gone, given up by the application, or forgotten with its process.
    pub lost: u64,
    /// Copies in that log beyond one of each message.
    pub extra_copies: u64,
    /// Not written or not known to be, and still in the hands of the library or the application when the run ended.
    pub open: u64,
}

/// Records that failed to the application.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Failures {
    /// How many.
    pub count: u64,
    /// When the first failed.
    pub first_ms: Option<f64>,
    /// When the last failed.
    pub last_ms: Option<f64>,
    /// By error.
    pub by_error: BTreeMap<String, u64>,
}

/// Longest time between two successive acknowledgements or deliveries that ends after counting began.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PartitionSilence {
    /// Topic.
    pub topic: String,
    /// Partition.
    pub partition: u32,
    /// How long.
    pub longest_silence_ms: f64,
    /// When it ended.
    pub silence_end_ms: f64,
}

/// One committed leader change.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Move {
    /// Topic.
    pub topic: String,
    /// Partition.
    pub partition: u32,
    /// `node.id` of the leader before; null when there was none.
    pub from: Option<u32>,
    /// `node.id` of the leader after; null when there is none.
    pub to: Option<u32>,
    /// The new leader epoch.
    pub epoch: u32,
    /// Why the controller did it.
    pub why: String,
    /// Whether it elected from outside the ISR.
    pub unclean: bool,
    /// When it was committed.
    pub committed_ms: f64,
    /// When the new leader took the role; null when it had not by the end.
    pub role_taken_ms: Option<f64>,
}

/// What one move (or loss of a leader) did to one client on one partition.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Window {
    /// The client.
    pub client: String,
    /// Topic.
    pub topic: String,
    /// Partition.
    pub partition: u32,
    /// From where recovery counts: the commit of the move, or the loss of the leader where that comes first.
    pub start_ms: f64,
    /// The commit of the move; null when none came before the end.
    pub committed_ms: Option<f64>,
    /// When the client's cache named the true leader; null when it had not by the end.
    pub told_ms: Option<f64>,
    /// First success after `start_ms`; null when there was none by the end.
    pub recovered_ms: Option<f64>,
    /// Length of the stale window: `told_ms - committed_ms`, zero when told before.
    pub stale_window_ms: Option<f64>,
    /// Length of the recovery: `recovered_ms - start_ms`.
    pub recovery_ms: Option<f64>,
    /// Since when this client's records to this partition had been without an answer when the first success came, or when the run ended
    /// without one; null when there were none, or when the leader moved again first.
    #[serde(default)]
    pub waiting_since_ms: Option<f64>,
    /// Parts of the stale window: propagate, discover. They add up to it.
    pub window_phases: Vec<Phase>,
    /// Parts of the recovery: detect, elect, commit, propagate, discover, back off, connect, queued on the connection, await replication;
    /// beside these, where they are not zero: no record to send, leader away (a loss without a move), a later move. They add up to it.
    pub recovery_phases: Vec<Phase>,
}

/// One phase of all windows or recoveries in which it took any time.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PhaseSummary {
    /// Its name.
    pub name: String,
    /// In how many it took any time.
    pub times: u64,
    /// All its time.
    pub total_ms: f64,
    /// Median of those.
    pub p50_ms: f64,
    /// Longest.
    pub max_ms: f64,
    /// The settings or costs that govern it, the one that governed most of its time first; three at most.
    pub governed_by: Vec<String>,
}

/// A part of a window or recovery.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Phase {
    /// Its name.
    pub name: String,
    /// Its length.
    pub ms: f64,
    /// The setting or cost that governs it.
    pub governed_by: String,
}

/// The protocol's own promises, checked on every fact.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Checks {
    /// Checks that held.
    pub held: Vec<String>,
    /// Checks whose premise the scenario breaks, with the reason.
    pub suspended: Vec<Suspended>,
    /// Checks that failed: a bug of kafkasim or a broken variant.
    pub violated: Vec<Violation>,
}

/// A check that was not applied.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Suspended {
    /// Its name.
    pub check: String,
    /// Why.
    pub reason: String,
}

/// A check that failed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Violation {
    /// Its name.
    pub check: String,
    /// When.
    pub at_ms: f64,
    /// What was seen.
    pub text: String,
}

/// What the cluster went through.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct ClusterRecord {
    /// Brokers by `node.id`: each entry one change of state, in order.
    pub timeline: Vec<TimelineEntry>,
    /// `AlterPartition` shrinks that were answered without error; what `IsrShrinksPerSec` made of them is in `gauges`.
    pub isr_shrinks: u64,
    /// `AlterPartition` expansions that were answered without error; what `IsrExpandsPerSec` made of them is in `gauges`.
    pub isr_expands: u64,
    /// Partition entries of followers' fetches that were answered with an error, by error.
    pub replica_fetch_errors: BTreeMap<String, u64>,
    /// Elections of a controller.
    pub controller_elections: u64,
    /// Most partitions under-replicated at once, by committed metadata.
    pub under_replicated_max: u64,
    /// Partitions under-replicated at the end.
    pub under_replicated_at_end: u64,
    /// Partitions without a leader at the end.
    pub leaderless_at_end: u64,
}

/// What a consumer group went through, since counting began.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct GroupRecord {
    /// Consumers of the scenario that are in it.
    pub members: u64,
    /// Times that another broker than before had read its state and coordinated it.
    pub coordinator_moves: u64,
    /// Rebalances that began.
    pub rebalances: u64,
    /// Members that its coordinator expelled because it had not heard of them.
    pub sessions_expired: u64,
    /// Of members: from giving their partitions up until they had been assigned some again. `open` are those who had none when the run ended.
    pub unassigned_ms: Quantiles,
    /// Commits that were accepted, each partition in one counted.
    pub commits: u64,
    /// Commits that failed, each partition in one counted, by the error that the member saw (`NETWORK_EXCEPTION`: no answer).
    pub commits_failed: BTreeMap<String, u64>,
    /// Of members: between two accepted commits, whatever they carry.
    pub commit_gap_ms: Quantiles,
    /// Longest time for which a member that had not left had been without an accepted commit when the run ended.
    pub longest_since_commit_ms: f64,
}

/// Something that happened to the cluster, in words.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TimelineEntry {
    /// When.
    pub at_ms: f64,
    /// What.
    pub text: String,
}

/// One `expect` line of the scenario.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Expectation {
    /// As written.
    pub text: String,
    /// What was found.
    pub found: f64,
    /// Whether it held.
    pub held: bool,
}
