//! Facts: everything worth knowing that happens in a run, as one typed stream. Metrics, checks, traces and
//! reports are its readers; nothing that reads a fact can change a run.

use crate::engine::{Duration, Instant};
use crate::kafka::{
    BrokerEpoch, BrokerIx, ClientIx, ErrorCode, GroupIx, LeaderEpoch, MetadataOffset, NodeIx, Offset, PartitionEpoch, PartitionIx,
    RaftEpoch, Replicas, TopicIx, VoterIx,
};

/// One partition's entry in one produce or fetch request, unique in a run.
pub type EntryId = u64;
/// One producer batch over all its attempts, dense from zero in a run.
pub type BatchId = u32;
/// A record of one client, counted from zero.
pub type RecordId = u64;

/// Why the controller changed a partition.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Why {
    /// The topic or partition was created.
    Created,
    /// A broker's session ran out.
    Fenced,
    /// A broker came back and could lead what had no leader.
    Unfenced,
    /// A broker asked for a controlled shutdown.
    ControlledShutdown,
    /// A broker registered anew after an unclean end.
    UncleanRestart,
    /// An operator asked for the preferred leader.
    PreferredElection,
    /// The controller gave leadership back by itself (`auto.leader.rebalance.enable`).
    AutoRebalance,
    /// An operator asked for, or the periodic task made, an unclean election.
    UncleanElection,
    /// A reassignment was started, finished or cancelled.
    Reassignment,
    /// The leader proposed another ISR (`AlterPartition`).
    AlterPartition,
    /// The topic's `min.insync.replicas` changed, and with it went its eligible leader replicas (`ClearElrRecord`).
    ElrCleared,
}

/// How a process ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Ending {
    /// It finished its shutdown.
    Stopped,
    /// It was killed; the kernel resets its connections.
    Killed,
    /// The machine lost power; nobody answers, unflushed data is gone.
    PoweredOff,
    /// It ended by itself: a broker that could not register in time, an application that crashed over a failed record.
    GaveUp,
}

/// How a client came to believe what it believes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Told {
    /// A metadata answer of this broker, whose image stood at this offset.
    Metadata(BrokerIx, MetadataOffset),
    /// The current-leader hint in an error of this broker (KIP-951).
    Hint(BrokerIx),
    /// It forgot: its metadata started again from the bootstrap servers or the topic went idle.
    Forgot,
}

/// What became of a metadata refresh.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Refresh {
    /// Something made the client want one (it was not wanting one before).
    Wanted,
    /// It was sent to this broker.
    Sent(BrokerIx),
    /// It was answered from this broker's image at this offset.
    Answered(BrokerIx, MetadataOffset),
    /// It failed: refused, reset or timed out, or its answer was thrown away.
    Failed,
    /// A wish that arose while one was in flight was erased by its answer (`Metadata.update` clears the flag).
    Swallowed,
}

/// Why a request or connection came to nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Unreachable {
    /// Nobody listened.
    Refused,
    /// The connection was reset or closed.
    Reset,
    /// No answer came in time.
    TimedOut,
}

/// One of a broker's own connections.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Link {
    /// A fetcher thread's, by its number.
    Fetcher(u32),
    /// Registration and heartbeats.
    Heartbeat,
    /// Changes of ISRs.
    AlterPartition,
    /// The metadata log.
    Raft,
}

/// Where a broker process is in its life (`BrokerState`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum BrokerState {
    /// The process is not there.
    NotRunning,
    /// Registering and catching up.
    Starting,
    /// Loading logs, not yet unfenced.
    Recovery,
    /// Serving.
    Running,
    /// Waiting for the controller to take its partitions away.
    PendingControlledShutdown,
    /// Closing.
    ShuttingDown,
}

/// What a client asks a broker, for counting.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs)]
pub enum Api {
    ApiVersions,
    Metadata,
    InitProducerId,
    Produce,
    Fetch,
    ListOffsets,
    OffsetsForLeaderEpoch,
    Group,
}

/// What happened in a consumer group.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum GroupFact {
    /// A member learned who coordinates (none: it lost its coordinator).
    CoordinatorKnown {
        /// The member's client.
        client: ClientIx,
        /// The coordinator.
        broker: Option<BrokerIx>,
    },
    /// A broker has loaded the group from the log and coordinates it.
    CoordinatorLoaded {
        /// The broker.
        broker: BrokerIx,
    },
    /// A rebalance began: members stop until they have joined again.
    RebalanceBegan {
        /// The generation that it ends.
        generation: u32,
    },
    /// A member has its assignment.
    Assigned {
        /// The member's client.
        client: ClientIx,
        /// The generation.
        generation: u32,
        /// How many partitions.
        partitions: u32,
    },
    /// A member gave its partitions up, because of a rebalance or because it was expelled.
    Revoked {
        /// The member's client.
        client: ClientIx,
        /// How many partitions.
        partitions: u32,
    },
    /// A member has left for good: its consumer is closed.
    Left {
        /// The member's client.
        client: ClientIx,
    },
    /// A member's session ran out.
    SessionExpired {
        /// The member's client.
        client: ClientIx,
    },
    /// A commit was accepted.
    Committed {
        /// Whose.
        client: ClientIx,
        /// The partition.
        partition: PartitionIx,
        /// The next offset to read.
        offset: Offset,
    },
    /// A commit was refused.
    CommitRefused {
        /// Whose.
        client: ClientIx,
        /// The partition.
        partition: PartitionIx,
        /// Why.
        error: ErrorCode,
    },
}

/// Why a consumer's position is where it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Position {
    /// The consumer began here, at the end or the beginning of the log.
    Begun,
    /// Its group had committed it.
    Committed,
    /// The one before was out of range, or there was none (`auto.offset.reset`).
    Reset,
    /// The log was found to have been truncated below the one before (KIP-320).
    Truncated,
}

/// Something that happened. Its moment is given beside it.
#[derive(Clone, PartialEq, Hash, Debug)]
pub enum Fact {
    // The truth: committed metadata.
    /// A topic exists from now on; its partitions are committed beside it.
    TopicCommitted { topic: TopicIx },
    /// A topic is gone, and with it these partitions.
    TopicRemoved { topic: TopicIx, partitions: Vec<PartitionIx> },
    /// A partition's new registration is committed.
    PartitionCommitted {
        partition: PartitionIx,
        /// The leader before this change (`None`: there was none, or the partition is new).
        old_leader: Option<BrokerIx>,
        leader: Option<BrokerIx>,
        leader_epoch: LeaderEpoch,
        partition_epoch: PartitionEpoch,
        replicas: Replicas,
        isr: Replicas,
        /// Whether this change elected a leader from outside the ISR, or put into an ISR that nobody was left of who may have nothing.
        unclean: bool,
        why: Why,
        /// What made the controller act reached it (a request, a timer) at this moment.
        asked_at: Instant,
        /// The controller made the record at this moment.
        decided_at: Instant,
        offset: MetadataOffset,
    },
    /// A broker's new registration is committed.
    BrokerCommitted { broker: BrokerIx, epoch: BrokerEpoch, fenced: bool, in_controlled_shutdown: bool, offset: MetadataOffset },

    // The controller quorum.
    /// A voter has become the active controller (has claimed).
    ControllerActive { voter: VoterIx, epoch: RaftEpoch },
    /// A voter is no longer the active controller.
    ControllerResigned { voter: VoterIx, epoch: RaftEpoch },
    /// A voter has become a raft candidate of this epoch.
    CandidateRaised { voter: VoterIx, epoch: RaftEpoch },
    /// A voter gave its vote in this epoch.
    Voted { voter: VoterIx, candidate: VoterIx, epoch: RaftEpoch },
    /// A broker's session ran out; the last heartbeat had come at `last_heartbeat`.
    SessionExpired { broker: BrokerIx, last_heartbeat: Instant },
    /// A registration was refused.
    RegistrationRefused { broker: BrokerIx, error: ErrorCode },
    /// An operator's request was carried out, refused or given up.
    AdminDone { what: &'static str, error: ErrorCode },

    // Processes and faults.
    /// A process has started (its first instruction).
    ProcessStarted { node: NodeIx },
    /// A process is gone.
    ProcessEnded { node: NodeIx, how: Ending },
    /// A process stopped being scheduled.
    Paused { node: NodeIx },
    /// A paused process goes on.
    Resumed { node: NodeIx },
    /// The network changed: a cut or a heal, in words.
    NetworkChanged { text: String },
    /// A cut began: nothing passes from any of `from` to any of `to` (nor back, if `both_ways`) until `LinksHealed` names it.
    LinksCut { cut: u32, from: Vec<NodeIx>, to: Vec<NodeIx>, both_ways: bool },
    /// That cut is over.
    LinksHealed { cut: u32 },
    /// A fault of the scenario was applied, in words.
    FaultApplied { text: String },
    /// A broker entered a state.
    BrokerStateChanged { broker: BrokerIx, state: BrokerState },

    // Brokers.
    /// A broker's metadata cache stands at this offset from now on.
    ImageApplied { broker: BrokerIx, offset: MetadataOffset },
    /// A broker leads a partition from now on.
    LeaderRoleTaken { broker: BrokerIx, partition: PartitionIx, leader_epoch: LeaderEpoch, log_end: Offset, high_watermark: Offset },
    /// A broker follows (`leader` may be none) from now on.
    FollowerRoleTaken { broker: BrokerIx, partition: PartitionIx, leader_epoch: LeaderEpoch, leader: Option<BrokerIx>, log_end: Offset },
    /// A broker hosts the partition no longer.
    ReplicaDeleted { broker: BrokerIx, partition: PartitionIx },
    /// A leader's high watermark moved.
    HighWatermarkMoved { broker: BrokerIx, partition: PartitionIx, leader_epoch: LeaderEpoch, high_watermark: Offset },
    /// A leader appended a batch.
    Appended {
        broker: BrokerIx,
        partition: PartitionIx,
        leader_epoch: LeaderEpoch,
        base: Offset,
        end: Offset,
        batch: BatchId,
        client: ClientIx,
        sequence: Option<u32>,
    },
    /// A follower's log reaches to `end` (exclusive) now.
    Replicated { broker: BrokerIx, partition: PartitionIx, end: Offset },
    /// A replica threw away its log from `to` on.
    Truncated { broker: BrokerIx, partition: PartitionIx, from: Offset, to: Offset },
    /// A replica lost its unflushed tail in a power-off.
    UnflushedLost { broker: BrokerIx, partition: PartitionIx, from: Offset, to: Offset },
    /// A leader proposed another ISR.
    IsrProposed { broker: BrokerIx, partition: PartitionIx, isr: Replicas },
    /// The controller's answer to that proposal reached the leader.
    IsrAnswered { broker: BrokerIx, partition: PartitionIx, error: ErrorCode, shrink: bool },
    /// A follower's fetch of a partition was answered with an error.
    ReplicaFetchError { follower: BrokerIx, leader: BrokerIx, partition: PartitionIx, error: ErrorCode },
    /// A broker's own connection to a broker or controller, or its attempt, is over; `waited`: for how long the request with this correlation id
    /// had waited for its answer, or the attempt for the other side.
    LinkLost { broker: BrokerIx, to: NodeIx, link: Link, how: Unreachable, was_connected: bool, correlation: Option<u32>, waited: Duration },
    /// A heartbeat of a broker, or its registration, waited for too long to be sent or answered.
    HeartbeatGivenUp { broker: BrokerIx, is_registered: bool },
    /// A broker served a client's request; `busy` is handler time.
    RequestServed { client: ClientIx, broker: BrokerIx, api: Api, busy: Duration, response_bytes: u32 },

    // Clients.
    /// A client began to connect.
    ConnectionOpening { client: ClientIx, broker: BrokerIx },
    /// A client's connection is ready for requests.
    ConnectionReady { client: ClientIx, broker: BrokerIx },
    /// A client's connection, or its attempt, is over.
    ConnectionLost { client: ClientIx, broker: BrokerIx, how: Unreachable },
    /// A client's metadata refresh moved on.
    Refreshed { client: ClientIx, what: Refresh },
    /// A client believes something else of a partition than before.
    BeliefChanged { client: ClientIx, partition: PartitionIx, leader: Option<BrokerIx>, leader_epoch: LeaderEpoch, told: Told },
    /// The application handed a record to the client.
    RecordCreated { client: ClientIx, record: RecordId, partition: PartitionIx },
    /// The application hands a message over again: `record` says what `message`, the record that said it first, did.
    RecordRepeats { client: ClientIx, record: RecordId, message: RecordId },
    /// A library that makes new batches of failed records takes this one out of a batch that was sent, and may have been written.
    RecordRebatched { client: ClientIx, record: RecordId, batch: BatchId },
    /// A request left the client: one fact for each partition entry.
    EntrySent { client: ClientIx, broker: BrokerIx, partition: PartitionIx, entry: EntryId, batch: Option<BatchId>, attempt: u32 },
    /// The broker took the request from the connection.
    EntryTaken { client: ClientIx, broker: BrokerIx, partition: PartitionIx, entry: EntryId },
    /// The broker answered the entry (the answer leaves now).
    EntryAnswered { client: ClientIx, broker: BrokerIx, partition: PartitionIx, entry: EntryId, error: ErrorCode },
    /// The client has the answer.
    EntryReturned { client: ClientIx, partition: PartitionIx, entry: EntryId, error: ErrorCode },
    /// The client gave the request up without an answer.
    EntryUnreachable { client: ClientIx, broker: BrokerIx, partition: PartitionIx, entry: EntryId, how: Unreachable },
    /// A record's fate is known to the application: acknowledged (`None`) or failed.
    RecordDone { client: ClientIx, record: RecordId, partition: PartitionIx, batch: Option<BatchId>, created_at: Instant, error: ErrorCode },
    /// `poll()` gave records to the application, from `base` to `end` (exclusive), all of one batch (none: from before the run).
    Delivered { client: ClientIx, partition: PartitionIx, batch: Option<BatchId>, base: Offset, end: Offset },
    /// The application is done with every record that it was given below `end`.
    Processed { client: ClientIx, partition: PartitionIx, end: Offset },
    /// A consumer's position was set, other than by reading on.
    PositionSet { client: ClientIx, partition: PartitionIx, from: Option<Offset>, to: Offset, why: Position },
    /// Something happened in a consumer group.
    Group { group: GroupIx, what: GroupFact },
    /// A consumer reads a partition from this replica from now on, because the leader said so (KIP-392); none: from the leader again.
    ReplicaChosen { client: ClientIx, partition: PartitionIx, replica: Option<BrokerIx> },
    /// A group coordinator appended to a partition of the offsets topic that it leads.
    GroupAppended { broker: BrokerIx, partition: PartitionIx, leader_epoch: LeaderEpoch, end: Offset },
}
