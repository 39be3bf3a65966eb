//! Known ways to get Kafka wrong, each one switch. Only a test turns one (`spec.broken`), to see that a check notices: no key of a scenario,
//! no option of the command line and no environment reaches it. `tests/variants` has a story of each.

/// One rule of Kafka that is not kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Broken {
    // The controller.
    /// Any live replica may be elected, and the election is called clean (rule: `PartitionChangeBuilder.isValidNewLeader`).
    LeaderFromOutsideIsr,
    /// A new leader goes on in the leader epoch of the one before (rule: `PartitionRegistration.merge`).
    LeaderEpochNotRaised,
    /// A change of a partition leaves its partition epoch as it was (rule: `PartitionRegistration.merge`).
    PartitionEpochNotRaised,
    /// A proposal for the ISR counts however old the state is that it was made from (rule: `ReplicationControlManager.validateAlterPartitionData`,
    /// INVALID_UPDATE_VERSION).
    ProposalWithoutPartitionEpoch,
    /// A fenced broker, or one that is shutting down, is let into the ISR (rule: KIP-841, `isReplicaIsrEligible`, INELIGIBLE_REPLICA).
    FencedReplicaJoinsIsr,
    /// A broker that registers anew keeps the epoch of its last life (rule: `ClusterControlManager.registerBroker`, KIP-631).
    BrokerEpochNotRaised,
    /// A session never runs out (rule: `BrokerHeartbeatManager`, `maybeFenceStaleBroker`).
    SessionsNeverExpire,
    /// A broker is fenced and goes on leading (rule: `ReplicationControlManager.handleBrokerFenced`).
    FencedBrokerKeepsLeading,
    /// A broker that asks for a controlled shutdown may stop at once (rule: `BrokerHeartbeatManager.calculateNextBrokerState`).
    ShutdownWithoutWaiting,
    /// A broker that ended uncleanly is an eligible leader replica all the same (rule: KIP-966, `uncleanShutdownReplicas`).
    UncleanReplicaStaysEligible,

    // The quorum.
    /// A voter gives its vote to whoever asks, again and again (rule: `UnattachedState.canGrantVote`).
    VoterVotesTwice,
    /// A candidate stands in the epoch that there is (rule: `QuorumState.transitionToCandidate`).
    CandidateKeepsEpoch,
    /// A leader that hears of a higher epoch goes on (rule: `KafkaRaftClient.maybeTransition`).
    DeposedControllerStays,

    // Replication.
    /// The high watermark goes to what the quickest member of the ISR has (rule: `Partition.maybeIncrementLeaderHW`).
    HighWatermarkWithoutAllOfIsr,
    /// The high watermark follows the slowest replica that counts, back too (rule: `Partition.maybeIncrementLeaderHW`).
    HighWatermarkFalls,
    /// A follower is proposed for the ISR with its first fetch (rule: `Partition.isFollowerInSync`).
    LaggardJoinsIsr,
    /// A leader takes its own proposal of a smaller ISR for committed (rule: KIP-497, `PendingShrinkIsr.maximalIsr`).
    LeaderShrinksIsrAlone,
    /// A new follower cuts its log at its own high watermark, and nobody compares epochs (rule: KIP-101).
    TruncationToHighWatermark,
    /// A follower keeps what it wrote as a leader (rule: KIP-101, `AbstractFetcherThread.truncateOnFetchResponse`).
    FollowerKeepsItsLog,
    /// A follower is told where its last epoch ends at the leader, but not that the leader has never seen that epoch (rule: KIP-279).
    EpochEndWithoutEpoch,
    /// A leader that learns of its successor leads on, in the successor's epoch (rule: `Partition.makeFollower`).
    DeposedLeaderLeadsOn,

    // What clients are promised.
    /// acks=all is answered when the leader has written (rule: `DelayedProduce`).
    AckBeforeCommit,
    /// acks=all is accepted by an ISR smaller than `min.insync.replicas` (rule: `Partition.appendRecordsToLeader`, NOT_ENOUGH_REPLICAS).
    MinIsrIgnored,
    /// An idempotent producer's batch is written although one before it is missing (rule: `ProducerAppendInfo.checkSequence`).
    SequenceGapAccepted,
    /// A new leader does not know the producers of the log that it copied (rule: KIP-98, `ProducerStateManager.truncateAndReload`).
    ProducersForgotten,
    /// Consumers are given what is not committed (rule: `Partition.fetchRecords`, FetchIsolation).
    UncommittedRecordsServed,
    /// A consumer's fetch that waits is not woken by data (rule: `DelayedFetch.tryComplete`).
    ParkedFetchNotWoken,
    /// What waits at a leader is not answered when it is deposed (rule: `ReplicaManager.completeDelayedOperationsWhenNotPartitionLeader`).
    DeposedLeaderKeepsSilent,
    /// The next request of a connection is taken before the one before is answered (rule: `SocketServer`, muting of channels).
    ConnectionReadAhead,
    /// A group's commit is answered before it is replicated (rule: `CoordinatorRuntime`, `GroupMetadataManager.appendForGroup`).
    GroupCommitBeforeReplicated,

    // The Java client.
    /// A consumer reads on at a new leader without asking whether its position still stands (rule: KIP-320).
    PositionNotValidated,
    /// A metadata answer or hint counts however old it is (rule: `Metadata.updateLatestMetadata`, `updatePartitionLeadership`).
    OlderMetadataAccepted,
    /// Between two refreshes of metadata there is no pause (rule: `Metadata.timeToNextUpdate`, `retry.backoff.ms`).
    RefreshWithoutPause,
    /// A refresh that failed is taken to be still under way, for ever (rule: `Metadata.failedUpdate`).
    RefreshLostForEver,
}

impl Broken {
    /// Every one of them.
    pub const ALL: [Broken; 34] = [
        Broken::LeaderFromOutsideIsr,
        Broken::LeaderEpochNotRaised,
        Broken::PartitionEpochNotRaised,
        Broken::ProposalWithoutPartitionEpoch,
        Broken::FencedReplicaJoinsIsr,
        Broken::BrokerEpochNotRaised,
        Broken::SessionsNeverExpire,
        Broken::FencedBrokerKeepsLeading,
        Broken::ShutdownWithoutWaiting,
        Broken::UncleanReplicaStaysEligible,
        Broken::VoterVotesTwice,
        Broken::CandidateKeepsEpoch,
        Broken::DeposedControllerStays,
        Broken::HighWatermarkWithoutAllOfIsr,
        Broken::HighWatermarkFalls,
        Broken::LaggardJoinsIsr,
        Broken::LeaderShrinksIsrAlone,
        Broken::TruncationToHighWatermark,
        Broken::FollowerKeepsItsLog,
        Broken::EpochEndWithoutEpoch,
        Broken::DeposedLeaderLeadsOn,
        Broken::AckBeforeCommit,
        Broken::MinIsrIgnored,
        Broken::SequenceGapAccepted,
        Broken::ProducersForgotten,
        Broken::UncommittedRecordsServed,
        Broken::ParkedFetchNotWoken,
        Broken::DeposedLeaderKeepsSilent,
        Broken::ConnectionReadAhead,
        Broken::GroupCommitBeforeReplicated,
        Broken::PositionNotValidated,
        Broken::OlderMetadataAccepted,
        Broken::RefreshWithoutPause,
        Broken::RefreshLostForEver,
    ];
}
