//! The Java client 3.8 and 3.9: as 3.7, and it can start again from its bootstrap servers when told to.

use crate::model::client::profile::{Default, Evidence, Library, Policy, Profile, policy};
use std::borrow::Cow;

pub(super) static PROFILE: Profile = Profile {
    name: Cow::Borrowed("java-3.9"),
    library: Library::Java,
    releases: Cow::Borrowed("3.8 and 3.9"),
    covers: [(3, 8, 0), (3, 9, u16::MAX)],
    evidence: Evidence::Measured,
    policies: Cow::Borrowed(&POLICIES),
    // Before KIP-1030 (4.0) `linger.ms` is 0; before KIP-1102 (4.0) the recovery strategy is `none`.
    producer_defaults: &[Default { key: "linger.ms", value: "0" }, Default { key: "metadata.recovery.strategy", value: "none" }],
    consumer_defaults: &[Default { key: "metadata.recovery.strategy", value: "none" }],
};

static POLICIES: [Policy; 15] = [
    policy("retry.exponential", "true", "KIP-580: ExponentialBackoff in Metadata and RecordAccumulator first shipped in 3.7.0"),
    policy("retry.skip-on-newer-epoch", "true", "KAFKA-15415: ProducerBatch.hasLeaderChangedForTheOngoingRetry, first shipped in 3.6.1"),
    policy("metadata.leader-hints", "true", "KIP-951: Metadata.updatePartitionLeadership, first shipped in 3.7.0"),
    policy("metadata.rebootstrap", "no-node", "KIP-899 (metadata.recovery.strategy) first shipped in 3.8, KIP-1102 (the trigger) in 4.0"),
    policy(
        "fetch.skip-buffered-nodes",
        "false",
        "KAFKA-17182: AbstractFetch.bufferedNodes, merged in February 2025, for 4.1; here for all of 4.x",
    ),
    policy("retry.timeout-error", "REQUEST_TIMED_OUT", "KAFKA-14317: Sender.handleProduceResponse, since 3.5"),
    policy("fetch.leader-hints", "true", "KIP-951: AbstractFetch.handleFetchSuccess, first shipped in 3.7.0"),
    policy("metadata.older-answers", "reject", "Metadata.updateLatestMetadata, since 2.2 (KAFKA-7738)"),
    policy("metadata.leaderless-refreshes", "true", "Metadata.updateLatestMetadata: LEADER_NOT_AVAILABLE of a partition"),
    policy("metadata.goes-first", "true", "NetworkClient.isReady"),
    policy("metadata.losses-count", "true", "DefaultMetadataUpdater.handleServerDisconnect, NetworkClient.processDisconnection"),
    policy("metadata.target", "connected", "NetworkClient.leastLoadedNode"),
    policy("connection.pause-after-loss", "true", "ClusterConnectionStates.disconnected"),
    policy("produce.one-batch-per-partition", "false", "RecordAccumulator.drainBatchesForOneNode, TxnPartitionEntry"),
    policy("defect.lost-wake-up", "false", "Sender.runOnce polls the network itself"),
];
