//! What nodes say to each other, reduced to what the model acts on.

use super::metadata::Record;
use crate::engine::Duration;
use crate::kafka::{
    BrokerEpoch, BrokerIx, ClientIx, ErrorCode, GroupIx, LeaderEpoch, MetadataOffset, Offset, PartitionEpoch, PartitionIx, RaftEpoch,
    Replicas, TopicIx, VoterIx,
};
use crate::observe::fact::{BatchId, EntryId};
use smallvec::SmallVec;
use std::sync::Arc;

/// Which acknowledgement a produce request asks for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Acks {
    /// No answer at all.
    None,
    /// The leader's append.
    Leader,
    /// The whole ISR.
    All,
}

impl Acks {
    /// What the setting of any library means: a number, or a word of its own (sarama's `NoResponse`, franz-go's `LeaderAck`, …).
    pub fn of(text: &str) -> Self {
        match text {
            "0" | "none" | "NoResponse" | "NoAck" => Acks::None,
            "1" | "one" | "WaitForLocal" | "LeaderAck" => Acks::Leader,
            _ => Acks::All,
        }
    }
}

/// Which topics a metadata request names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Topics {
    /// None: brokers only.
    None,
    /// These.
    Some(SmallVec<[TopicIx; 4]>),
}

/// One partition's batch in a produce request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProduceEntry {
    /// Unique in the run.
    pub entry: EntryId,
    /// The partition.
    pub partition: PartitionIx,
    /// The batch.
    pub batch: BatchId,
    /// Its records.
    pub records: u32,
    /// Its size.
    pub bytes: u32,
    /// First sequence number, for an idempotent producer.
    pub sequence: Option<u32>,
    /// Producer epoch, for an idempotent producer.
    pub producer_epoch: u32,
}

/// One partition's result in a produce answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProduceResult {
    /// The entry that it answers.
    pub entry: EntryId,
    /// The partition.
    pub partition: PartitionIx,
    /// The error, or none.
    pub error: ErrorCode,
    /// The current leader as the broker knows it (KIP-951), only with an error that allows it.
    pub hint: Option<LeaderHint>,
}

/// `CurrentLeader` and `NodeEndpoints` of KIP-951.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LeaderHint {
    /// The leader that the broker knows.
    pub leader: BrokerIx,
    /// Its epoch.
    pub leader_epoch: LeaderEpoch,
    /// Whether the answer holds the leader's address (it is alive in the broker's cache).
    pub has_endpoint: bool,
}

/// Which records a consumer may be given.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Isolation {
    /// All below the high watermark.
    ReadUncommitted,
    /// All below the last stable offset. Nothing in the model is transactional, so that is the high watermark too.
    ReadCommitted,
}

/// One partition in a consumer's fetch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ConsumerFetch {
    /// Unique in the run.
    pub entry: EntryId,
    /// The partition.
    pub partition: PartitionIx,
    /// First offset wanted.
    pub fetch_offset: Offset,
    /// The leader epoch that the consumer knows, if it sends one (KIP-320).
    pub leader_epoch: Option<LeaderEpoch>,
    /// The broker is asked as the preferred read replica, on purpose (KIP-392).
    pub from_follower: bool,
}

/// A consumer's fetch session (KIP-227). Requests carry all partitions of the session in the model; an answer leaves out what has no news.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FetchSession {
    /// None: the library knows no sessions, every partition is answered.
    None,
    /// A new one is asked for.
    New,
    /// This one goes on.
    Id(u64),
}

/// A run of records as a consumer is given them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FetchedRecords {
    /// The producer's batch; none for what was there before the run.
    pub batch: Option<BatchId>,
    /// First offset.
    pub base: Offset,
    /// Offset after the last.
    pub end: Offset,
    /// Leader epoch of the batch.
    pub leader_epoch: LeaderEpoch,
}

/// One partition in the answer to a consumer's fetch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FetchResult {
    /// The entry that it answers.
    pub entry: EntryId,
    /// The partition.
    pub partition: PartitionIx,
    /// The error, or none.
    pub error: ErrorCode,
    /// The current leader as the broker knows it (KIP-951), only with an error that allows it.
    pub hint: Option<LeaderHint>,
    /// The high watermark.
    pub high_watermark: Offset,
    /// The records, ascending.
    pub records: SmallVec<[FetchedRecords; 2]>,
    /// From which replica to read instead (KIP-392); no records then.
    pub preferred_replica: Option<BrokerIx>,
}

/// Which offset is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OffsetSpec {
    /// The first that there is.
    Earliest,
    /// The high watermark.
    Latest,
}

/// One partition in a `ListOffsets` request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OffsetQuery {
    /// The partition.
    pub partition: PartitionIx,
    /// The leader epoch that the consumer knows, if it sends one.
    pub leader_epoch: Option<LeaderEpoch>,
    /// Which offset.
    pub spec: OffsetSpec,
}

/// One partition in the answer to `ListOffsets`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OffsetAnswer {
    /// The partition.
    pub partition: PartitionIx,
    /// The error, or none.
    pub error: ErrorCode,
    /// The offset.
    pub offset: Offset,
    /// Its leader epoch, if there is one.
    pub leader_epoch: Option<LeaderEpoch>,
}

/// One partition in an `OffsetForLeaderEpoch` request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EpochQuery {
    /// The partition.
    pub partition: PartitionIx,
    /// The leader epoch that the consumer knows now.
    pub current_leader_epoch: Option<LeaderEpoch>,
    /// The epoch whose end is asked for: that of its position.
    pub leader_epoch: LeaderEpoch,
}

/// One partition in the answer to `OffsetForLeaderEpoch`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EpochAnswer {
    /// The partition.
    pub partition: PartitionIx,
    /// The error, or none.
    pub error: ErrorCode,
    /// The largest epoch not above the one asked for, and where it ends; none when the log knows none.
    pub end: Option<(LeaderEpoch, Offset)>,
}

/// What a member asks the coordinator of its group, or any broker for that coordinator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum GroupRequest {
    /// Which broker coordinates the group.
    FindCoordinator,
    /// To be a member; a first join has no member id. `two_steps`: it is of a version that is told its id first and joins again with it
    /// (version 4 and later, KIP-394).
    Join { member: Option<u64>, two_steps: bool, session_timeout: Duration, rebalance_timeout: Duration, topics: Vec<TopicIx> },
    /// Its assignment in this generation; the leader of the group hands in that of everybody.
    Sync { member: u64, generation: u32, assignments: Vec<(u64, Vec<PartitionIx>)> },
    /// It lives.
    Heartbeat { member: u64, generation: u32 },
    /// It leaves.
    Leave { member: u64 },
    /// How far it has come. Outside a group's generations (`assign`) there is no member.
    Commit { member: Option<(u64, u32)>, offsets: Vec<(PartitionIx, Offset, Option<LeaderEpoch>)> },
    /// How far the group has come.
    Committed { partitions: Vec<PartitionIx> },
}

/// The next offset to read, and the leader epoch of the record before it, if the member told one.
pub type CommittedOffset = (Offset, Option<LeaderEpoch>);

/// The answer to a [`GroupRequest`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum GroupResponse {
    /// The coordinator.
    Coordinator { error: ErrorCode, broker: Option<BrokerIx> },
    /// The member's id and generation; the leader is told all members with what they subscribe to.
    Joined { error: ErrorCode, member: u64, generation: u32, leader: bool, members: Vec<(u64, Vec<TopicIx>)> },
    /// The member's partitions.
    Synced { error: ErrorCode, partitions: Vec<PartitionIx> },
    /// Heard.
    Heartbeat { error: ErrorCode },
    /// Gone.
    Left { error: ErrorCode },
    /// Each partition's result.
    Commit { results: Vec<(PartitionIx, ErrorCode)> },
    /// The committed offsets, none where there is none.
    Committed { error: ErrorCode, offsets: Vec<(PartitionIx, Option<CommittedOffset>)> },
}

/// One partition in a follower's fetch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FetchPartition {
    /// The partition.
    pub partition: PartitionIx,
    /// First offset wanted: the follower's log end.
    pub fetch_offset: Offset,
    /// The leader epoch that the follower knows.
    pub leader_epoch: LeaderEpoch,
    /// Epoch of the follower's last record (KIP-595 divergence check).
    pub last_fetched_epoch: Option<LeaderEpoch>,
    /// The high watermark that the follower was told last: fetch sessions leave out what has no news (KIP-227).
    pub high_watermark: Offset,
}

/// One partition in the answer to a follower's fetch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FetchedPartition {
    /// The partition.
    pub partition: PartitionIx,
    /// The leader epoch of the request, to tell whether the answer still fits.
    pub leader_epoch: LeaderEpoch,
    /// The error, or none.
    pub error: ErrorCode,
    /// The leader's high watermark.
    pub high_watermark: Offset,
    /// The data reach to here (exclusive); equal to the fetch offset when there is none.
    pub end: Offset,
    /// (epoch, start) of each epoch that the data touch, ascending.
    pub epochs: SmallVec<[(LeaderEpoch, Offset); 2]>,
    /// Where the follower's log departs from the leader's: (epoch, its end offset at the leader). No data then.
    pub diverging: Option<(LeaderEpoch, Offset)>,
}

/// One partition in an `AlterPartition` request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AlterPartitionEntry {
    /// The partition.
    pub partition: PartitionIx,
    /// The leader epoch that the sender has.
    pub leader_epoch: LeaderEpoch,
    /// The partition epoch that the sender has.
    pub partition_epoch: PartitionEpoch,
    /// The ISR that the leader proposes, each member with the broker epoch of its fetch (none skips that check).
    pub isr: SmallVec<[(BrokerIx, Option<BrokerEpoch>); 4]>,
    /// Whether the leader says it is still recovering from an unclean election.
    pub recovering: bool,
}

/// One partition in the answer to `AlterPartition`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AlterPartitionResult {
    /// The partition.
    pub partition: PartitionIx,
    /// The error, or none.
    pub error: ErrorCode,
    /// The committed registration when there is no error.
    pub committed: Option<(LeaderEpoch, PartitionEpoch, Replicas)>,
}

/// What an operator asks of the controller. It reaches the active controller directly: the admin client's own way through a broker is not modelled.
#[derive(Clone, PartialEq, Debug)]
pub enum AdminRequest {
    /// `kafka-leader-election --election-type preferred` for these partitions (empty: all).
    ElectPreferred(Vec<PartitionIx>),
    /// `kafka-leader-election --election-type unclean` for these partitions (empty: all).
    ElectUnclean(Vec<PartitionIx>),
    /// `kafka-reassign-partitions --execute`: new replica lists.
    Reassign(Vec<(PartitionIx, Replicas)>),
    /// `kafka-reassign-partitions --cancel`.
    CancelReassignment(Vec<PartitionIx>),
    /// `kafka-configs --alter`: the topic's whole new configuration.
    ConfigureTopic(TopicIx, crate::kafka::config::TopicConfig),
    /// `kafka-topics --create`: a topic whose partitions have these replicas (indices already interned).
    CreateTopic(TopicIx, crate::kafka::config::TopicConfig, Vec<(PartitionIx, Replicas)>),
    /// `kafka-topics --alter --partitions`: more partitions.
    GrowTopic(TopicIx, Vec<(PartitionIx, Replicas)>),
    /// `kafka-topics --delete`.
    DeleteTopic(TopicIx),
}

/// A batch of metadata records as one raft append: committed or lost as a whole.
#[derive(Clone, PartialEq, Debug)]
pub struct RaftBatch {
    /// Raft epoch of the leader that appended it.
    pub epoch: RaftEpoch,
    /// Offset of its first record.
    pub base: MetadataOffset,
    /// Its records.
    pub records: Vec<Record>,
}

impl RaftBatch {
    /// Offset after its last record.
    pub fn end(&self) -> MetadataOffset {
        MetadataOffset(self.base.0 + self.records.len() as u64)
    }
}

/// Who sends a raft request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum RaftPeer {
    /// A voter.
    Voter(VoterIx),
    /// An observer: a broker process.
    Broker(BrokerIx),
}

/// A request.
#[derive(Clone, PartialEq, Debug)]
pub enum Request {
    /// First request on a connection.
    ApiVersions,
    /// Who leads what.
    Metadata { topics: Topics },
    /// A producer id, for an idempotent producer.
    InitProducerId,
    /// Records.
    Produce { acks: Acks, timeout: Duration, entries: SmallVec<[ProduceEntry; 2]> },
    /// A consumer's fetch. `only_leader`: versions before 11 are served by leaders alone (`FetchParams.fetchOnlyLeader`); followers serve all
    /// others, asked for or not. `rack`: where the consumer stands, if it wants a replica nearby.
    Fetch {
        only_leader: bool,
        max_wait: Duration,
        min_bytes: u32,
        max_bytes: u32,
        partition_max_bytes: u32,
        isolation: Isolation,
        session: FetchSession,
        rack: Option<Arc<str>>,
        entries: Vec<ConsumerFetch>,
    },
    /// Where logs begin or end.
    ListOffsets { client: ClientIx, isolation: Isolation, queries: Vec<OffsetQuery> },
    /// Where epochs end, to see whether a position still stands (KIP-320).
    OffsetsForLeaderEpoch { client: ClientIx, queries: Vec<EpochQuery> },
    /// About a consumer group.
    Group { client: ClientIx, group: GroupIx, request: GroupRequest },
    /// A follower's fetch. One fetcher thread sends one at a time.
    ReplicaFetch {
        replica: BrokerIx,
        thread: u32,
        /// That of its life; none while it has not registered.
        broker_epoch: Option<BrokerEpoch>,
        max_wait: Duration,
        min_bytes: u32,
        /// Begins a session (KIP-227): all that is fetched is named. Otherwise only what has changed since the fetch before.
        full: bool,
        partitions: Vec<FetchPartition>,
        /// No longer fetched.
        forgotten: Vec<PartitionIx>,
    },
    /// A broker process wants to be known. `previous_epoch`: epoch that it had when it last ended cleanly.
    BrokerRegistration { broker: BrokerIx, incarnation: u64, previous_epoch: Option<BrokerEpoch> },
    /// A broker lives.
    BrokerHeartbeat { broker: BrokerIx, epoch: BrokerEpoch, applied: MetadataOffset, want_fence: bool, want_shutdown: bool },
    /// A leader proposes another ISR for some of its partitions.
    AlterPartition { broker: BrokerIx, epoch: BrokerEpoch, entries: Vec<AlterPartitionEntry> },
    /// A voter or broker reads the metadata log from `from` on; its last record is of `last_epoch`.
    RaftFetch {
        peer: RaftPeer,
        epoch: RaftEpoch,
        from: MetadataOffset,
        last_epoch: RaftEpoch,
        high_watermark: MetadataOffset,
        max_wait: Duration,
    },
    /// A candidate asks for a vote (`pre`: a non-binding one, KIP-996).
    Vote { candidate: VoterIx, epoch: RaftEpoch, last_epoch: RaftEpoch, end: MetadataOffset, pre: bool },
    /// A new raft leader makes itself known.
    BeginQuorumEpoch { leader: VoterIx, epoch: RaftEpoch },
    /// A resigning raft leader names who should follow, best first.
    EndQuorumEpoch { leader: VoterIx, epoch: RaftEpoch, successors: Vec<VoterIx> },
}

impl Request {
    /// The errand of a follower's fetch.
    pub const REPLICA_FETCH: u64 = 8;

    /// What it is for, as a number for the addresses of draws: a request of one kind shifts those of no other.
    pub const fn errand(&self) -> u64 {
        match self {
            Request::ApiVersions => 1,
            Request::Metadata { .. } => 2,
            Request::InitProducerId => 3,
            Request::Produce { .. } => 4,
            Request::Fetch { .. } => 5,
            Request::ListOffsets { .. } => 6,
            Request::OffsetsForLeaderEpoch { .. } => 7,
            Request::ReplicaFetch { .. } => Request::REPLICA_FETCH,
            Request::BrokerRegistration { .. } => 9,
            Request::BrokerHeartbeat { .. } => 10,
            Request::AlterPartition { .. } => 11,
            Request::RaftFetch { .. } => 12,
            Request::Vote { pre: false, .. } => 13,
            Request::Vote { pre: true, .. } => 14,
            Request::BeginQuorumEpoch { .. } => 15,
            Request::EndQuorumEpoch { .. } => 16,
            Request::Group { request, .. } => match request {
                GroupRequest::FindCoordinator => 17,
                GroupRequest::Join { .. } => 18,
                GroupRequest::Sync { .. } => 19,
                GroupRequest::Heartbeat { .. } => 20,
                GroupRequest::Leave { .. } => 21,
                GroupRequest::Commit { .. } => 22,
                GroupRequest::Committed { .. } => 23,
            },
        }
    }
}

/// An answer.
#[derive(Clone, PartialEq, Debug)]
pub enum Response {
    /// Which versions the broker speaks.
    ApiVersions,
    /// The broker's image stood at `offset`; what it says of the topics asked for is read from the history at that offset.
    Metadata { broker: BrokerIx, offset: MetadataOffset, topics: Topics },
    /// A producer id was given, or not.
    InitProducerId { error: ErrorCode },
    /// One result for each entry.
    Produce { broker: BrokerIx, results: SmallVec<[ProduceResult; 2]> },
    /// A consumer's fetch: one result for each entry; inside a session only for those with news (records, an error, a preferred replica, a
    /// moved high watermark). `error` is about the whole session; then there are no results.
    Fetch { broker: BrokerIx, error: ErrorCode, session: FetchSession, results: Vec<FetchResult> },
    /// One answer for each query.
    ListOffsets { answers: Vec<OffsetAnswer> },
    /// One answer for each query.
    OffsetsForLeaderEpoch { answers: Vec<EpochAnswer> },
    /// About a consumer group.
    Group(GroupResponse),
    /// One result for each partition with news (data, error, divergence or a moved high watermark).
    ReplicaFetch { partitions: Vec<FetchedPartition> },
    /// The broker epoch, or why not.
    BrokerRegistration { error: ErrorCode, epoch: BrokerEpoch },
    /// What the controller says to a heartbeat.
    BrokerHeartbeat { error: ErrorCode, is_caught_up: bool, is_fenced: bool, should_shut_down: bool },
    /// One result for each entry, or one error for all.
    AlterPartition { error: ErrorCode, results: Vec<AlterPartitionResult> },
    /// Metadata records after the reader's offset, or why not. `leader` is the raft leader that the answering voter knows.
    RaftFetch {
        error: ErrorCode,
        epoch: RaftEpoch,
        leader: Option<VoterIx>,
        batches: Vec<Arc<RaftBatch>>,
        end: MetadataOffset,
        high_watermark: MetadataOffset,
        diverging: Option<MetadataOffset>,
    },
    /// Whether the vote was granted, and what the voter knows.
    Vote { voter: VoterIx, epoch: RaftEpoch, granted: bool, leader: Option<VoterIx>, pre: bool },
    /// Acknowledged, with the answerer's epoch.
    BeginQuorumEpoch { voter: VoterIx, epoch: RaftEpoch },
    /// Acknowledged.
    EndQuorumEpoch { voter: VoterIx },
}

/// What a client of a broker is, for the facts that its requests make.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Sender {
    /// A client.
    Client(ClientIx),
    /// Another process of the cluster.
    Node(crate::kafka::NodeIx),
}
