//! `server.log` of a broker: its life, its ISRs, what its fetchers are told. Its roles are worded in `roles`.
//! Source: `BrokerServer`, `BrokerLifecycleManager`, `Partition`, `AbstractFetcherThread`, `LogManager`; the logs of real brokers.

use super::clock;
use super::cluster::Cluster;
use super::files::{FileIx, Files, Level};
use super::ids;
use super::roles::{Batch, Role};
use crate::engine::Instant;
use crate::kafka::{BrokerIx, ErrorCode, MetadataOffset, Offset, PartitionIx, Release, Replicas};
use crate::observe::fact::{BrokerState, Ending};
use std::collections::{BTreeMap, BTreeSet};

const SERVER: &str = "kafka.server.BrokerServer";
const PARTITION: &str = "kafka.cluster.Partition";
const SIGNALS: &str = "org.apache.kafka.common.utils.LoggingSignalHandler";

/// One broker's process and its two logs.
#[derive(Debug)]
pub struct BrokerLog {
    pub(super) broker: BrokerIx,
    pub(super) id: u32,
    pub(super) server_log: FileIx,
    pub(super) state_change_log: FileIx,
    state: BrokerState,
    /// How many times the process was started.
    lives: u32,
    /// The life before ended with its logs closed.
    was_clean: bool,
    /// The controller has refused a registration, and the broker has not heard of it yet.
    pub(super) is_refused: bool,
    pub(super) applied: Option<MetadataOffset>,
    pub(super) roles: BTreeMap<PartitionIx, Role>,
    pub(super) fetching: BTreeMap<PartitionIx, BrokerIx>,
    pub(super) threads: BTreeSet<BrokerIx>,
    pub(super) batch: Option<Batch>,
}

impl BrokerLog {
    /// Nothing is logged yet.
    pub fn new(broker: BrokerIx, id: u32, files: &mut Files) -> Self {
        BrokerLog {
            broker,
            id,
            server_log: files.open(format!("broker-{id}-server.log")),
            state_change_log: files.open(format!("broker-{id}-state-change.log")),
            state: BrokerState::NotRunning,
            lives: 0,
            was_clean: true,
            is_refused: false,
            applied: None,
            roles: BTreeMap::new(),
            fetching: BTreeMap::new(),
            threads: BTreeSet::new(),
            batch: None,
        }
    }

    pub(super) fn is_leaving(&self) -> bool {
        self.state == BrokerState::PendingControlledShutdown
    }

    fn info(&self, files: &mut Files, at: Instant, text: &str, class: &str) {
        files.log(self.server_log, at, Level::Info, text, class);
    }

    fn server(&self, files: &mut Files, at: Instant, text: &str) {
        self.info(files, at, &format!("[BrokerServer id={}] {text}", self.id), SERVER);
    }

    pub(super) fn lifecycle(&self, files: &mut Files, at: Instant, level: Level, text: &str, cluster: &Cluster<'_>) {
        // In core in the trunk before 4.0, outside it in the logs of 4.3.1.
        let class = if cluster.release() < Release::V4_1 {
            "kafka.server.BrokerLifecycleManager"
        } else {
            "org.apache.kafka.server.BrokerLifecycleManager"
        };
        files.log(self.server_log, at, level, &format!("[BrokerLifecycleManager id={}] {text}", self.id), class);
    }

    fn partition(&self, files: &mut Files, at: Instant, name: &str, text: &str) {
        self.info(files, at, &format!("[Partition {name} broker={}] {text}", self.id), PARTITION);
    }

    /// The process has started.
    pub fn started(&mut self, at: Instant, files: &mut Files) {
        self.lives += 1;
        self.info(files, at, "Registered signal handlers for TERM, INT, HUP", SIGNALS);
        self.server(files, at, "Transition from SHUTDOWN to STARTING");
    }

    /// The process is gone. One that is killed or loses power says nothing.
    pub fn ended(&mut self, how: Ending, at: Instant, cluster: &Cluster<'_>, files: &mut Files) {
        self.was_clean = how == Ending::Stopped;
        self.state = BrokerState::NotRunning;
        self.is_refused = false;
        self.applied = None;
        self.batch = None;
        self.roles.clear();
        self.fetching.clear();
        self.threads.clear();
        match how {
            Ending::Stopped => {
                self.info(files, at, &format!("[ReplicaManager broker={}] Shut down completely", self.id), "kafka.server.ReplicaManager");
                self.info(files, at, "Shutdown complete.", "kafka.log.LogManager");
                self.server(files, at, "shut down completed");
                self.server(files, at, "Transition from SHUTTING_DOWN to SHUTDOWN");
            }
            Ending::GaveUp => {
                let text = "Shutting down because we were unable to register with the controller quorum.";
                self.lifecycle(files, at, Level::Error, text, cluster);
            }
            Ending::Killed | Ending::PoweredOff => {}
        }
    }

    /// It is in another state of its life.
    pub fn enters(&mut self, state: BrokerState, at: Instant, cluster: &Cluster<'_>, files: &mut Files) {
        let before = std::mem::replace(&mut self.state, state);
        if at == Instant::ZERO {
            return;
        }
        let info = |log: &Self, files: &mut Files, text: &str| log.lifecycle(files, at, Level::Info, text, cluster);
        match state {
            BrokerState::Starting => {
                if cluster.release().rules().clean_shutdown_known && !self.was_clean {
                    self.info(files, at, "Unable to read the broker epoch in /var/lib/kafka/data.", "kafka.log.LogManager");
                }
                let (incarnation, cluster_id) = (incarnation(self.id, self.lives), ids::uuid(&cluster.spec.name));
                info(self, files, &format!("Incarnation {incarnation} of broker {} in cluster {cluster_id} is now STARTING.", self.id));
            }
            BrokerState::Recovery => {
                if let Some(registered) = cluster.broker(self.broker) {
                    info(self, files, &format!("Successfully registered broker {} with broker epoch {}", self.id, registered.epoch));
                }
                info(self, files, "The broker has caught up. Transitioning from STARTING to RECOVERY.");
            }
            BrokerState::Running => info(self, files, "The broker has been unfenced. Transitioning from RECOVERY to RUNNING."),
            BrokerState::PendingControlledShutdown => {
                self.told_to_stop("STARTED", at, files);
                info(self, files, "Beginning controlled shutdown.");
            }
            BrokerState::ShuttingDown => {
                if before == BrokerState::PendingControlledShutdown {
                    info(self, files, "The controller has asked us to exit controlled shutdown.");
                } else {
                    self.told_to_stop(if before == BrokerState::Running { "STARTED" } else { "STARTING" }, at, files);
                }
                info(self, files, &format!("Transitioning from {} to SHUTTING_DOWN.", state_name(before)));
                let text = format!("[SocketServer listenerType=BROKER, nodeId={}] Stopping socket server request processors", self.id);
                self.info(files, at, &text, "kafka.network.SocketServer");
            }
            BrokerState::NotRunning => {}
        }
    }

    fn told_to_stop(&self, status: &str, at: Instant, files: &mut Files) {
        self.info(files, at, "Terminating process due to signal SIGTERM", SIGNALS);
        self.server(files, at, &format!("Transition from {status} to SHUTTING_DOWN"));
        self.server(files, at, "shutting down");
    }

    /// The first image of a life stands: the logs are loaded.
    pub fn loaded(&self, at: Instant, cluster: &Cluster<'_>, files: &mut Files) {
        let mine = |p: &PartitionIx| cluster.latest(*p).is_some_and(|r| r.replicas.contains(&self.broker));
        let count = cluster.partitions().filter(mine).count();
        let (doing, since) = if self.was_clean { ("Skipping recovery of", "since") } else { ("Recovering", "since no") };
        let text = format!("{doing} {count} logs from /var/lib/kafka/data {since} clean shutdown file was found");
        self.info(files, at, &text, "kafka.log.LogManager");
    }

    /// Its registration was refused, and it has heard so.
    pub fn refused(&mut self, error: ErrorCode, at: Instant, cluster: &Cluster<'_>, files: &mut Files) {
        self.is_refused = false;
        let text = format!("Unable to register broker {} because the controller returned error {}", self.id, error.name());
        self.lifecycle(files, at, Level::Info, &text, cluster);
    }

    /// It proposes another ISR. An expansion is logged only when it is granted.
    pub fn proposes(&self, partition: PartitionIx, isr: &Replicas, at: Instant, cluster: &Cluster<'_>, files: &mut Files) {
        let (Some(name), Some(known)) = (cluster.name(partition), cluster.latest(partition)) else { return };
        let gone: Vec<BrokerIx> = known.isr.iter().copied().filter(|b| !isr.contains(b)).collect();
        if gone.is_empty() {
            return;
        }
        let state = |b: &BrokerIx| {
            let (end, since) = (cluster.end(*b, partition), clock::unix_ms(cluster.caught_up_at(*b, partition, at)));
            format!("(brokerId: {}, endOffset: {end}, lastCaughtUpTimeMs: {since})", cluster.id(*b))
        };
        let states: Vec<String> = gone.iter().map(state).collect();
        self.partition(
            files,
            at,
            &name,
            &format!(
                "Shrinking ISR from {} to {}. Leader: (highWatermark: {}, endOffset: {}). Out of sync replicas: {}.",
                cluster.ids(&known.isr),
                cluster.ids(isr),
                cluster.high_watermark(partition),
                cluster.end(self.broker, partition),
                states.join(" "),
            ),
        );
    }

    /// The controller has answered a proposal.
    pub fn isr_answered(&self, partition: PartitionIx, error: ErrorCode, at: Instant, cluster: &Cluster<'_>, files: &mut Files) {
        let (Some(name), Some(known)) = (cluster.name(partition), cluster.latest(partition)) else { return };
        if error.is_none() {
            let under = if cluster.is_under_min_isr(partition, known) { "(under-min-isr)" } else { "" };
            let (isr, epoch) = (cluster.ids(&known.isr), known.partition_epoch);
            self.partition(files, at, &name, &format!("ISR updated to {isr} {under} and version updated to {epoch}"));
        }
    }

    /// Its fetch of a partition was answered with an error (`AbstractFetcherThread.processFetchRequest`).
    pub fn fetch_failed(
        &self,
        (partition, leader): (PartitionIx, BrokerIx),
        error: ErrorCode,
        at: Instant,
        cluster: &Cluster<'_>,
        files: &mut Files,
    ) {
        let (Some(name), Some(role)) = (cluster.name(partition), self.roles.get(&partition)) else { return };
        let prefix = format!("[ReplicaFetcher replicaId={}, leaderId={}, fetcherId=0]", self.id, cluster.id(leader));
        let mut say =
            |level, text: String| files.log(self.server_log, at, level, &format!("{prefix} {text}"), "kafka.server.ReplicaFetcherThread");
        match error {
            ErrorCode::FencedLeaderEpoch => {
                let epoch = role.epoch;
                say(
                    Level::Info,
                    format!(
                        "Partition {name} has an older epoch ({epoch}) than the current leader. Will await the new LeaderAndIsr state \
                         before resuming fetching."
                    ),
                );
                say(Level::Warn, format!("Partition {name} marked as failed"));
            }
            ErrorCode::UnknownTopicOrPartition | ErrorCode::UnknownTopicId | ErrorCode::InconsistentTopicId => say(
                Level::Warn,
                format!(
                    "Received {} from the leader for partition {name}. This error may be returned transiently when the partition is \
                     being created or deleted, but it is not expected to persist.",
                    error.name()
                ),
            ),
            // Logged at DEBUG, so not at all: NOT_LEADER_OR_FOLLOWER, UNKNOWN_LEADER_EPOCH and what the model has no line for.
            _other => {}
        }
    }

    /// It threw away the end of its log.
    pub fn truncated(&self, partition: PartitionIx, to: Offset, at: Instant, cluster: &Cluster<'_>, files: &mut Files) {
        let Some(name) = cluster.name(partition) else { return };
        let class =
            if cluster.release() < Release::V4_1 { "kafka.log.UnifiedLog" } else { "org.apache.kafka.storage.internals.log.UnifiedLog" };
        self.info(files, at, &format!("[UnifiedLog partition={name}, dir=/var/lib/kafka/data] Truncating to offset {to}"), class);
    }

    /// The id of the process that runs now, which it registers with.
    pub fn incarnation(&self) -> String {
        incarnation(self.id, self.lives)
    }

    /// The id of the process before.
    pub fn previous_incarnation(&self) -> String {
        incarnation(self.id, self.lives.saturating_sub(1))
    }
}

fn incarnation(id: u32, life: u32) -> String {
    ids::uuid(&format!("broker {id} life {life}"))
}

/// `BrokerState` as Kafka prints it.
fn state_name(state: BrokerState) -> &'static str {
    match state {
        BrokerState::NotRunning => "NOT_RUNNING",
        BrokerState::Starting => "STARTING",
        BrokerState::Recovery => "RECOVERY",
        BrokerState::Running => "RUNNING",
        BrokerState::PendingControlledShutdown => "PENDING_CONTROLLED_SHUTDOWN",
        BrokerState::ShuttingDown => "SHUTTING_DOWN",
    }
}
