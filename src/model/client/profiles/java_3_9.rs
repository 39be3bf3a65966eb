//! The Java producer 3.8 and 3.9: as 3.7, and it can start again from its bootstrap servers when told to.

use crate::kafka::ErrorCode;
use crate::model::client::profile::{Profile, Rebootstrap};

pub(super) const PROFILE: Profile = Profile {
    name: "java-3.9",
    releases: "3.8 and 3.9",
    covers: [(3, 8, 0), (3, 9, u16::MAX)],
    // KIP-580: `ExponentialBackoff` in `Metadata` and `RecordAccumulator` first shipped in 3.7.0.
    exponential_backoff: true,
    // KAFKA-15415: `ProducerBatch.hasLeaderChangedForTheOngoingRetry`, backported to 3.6.1.
    epoch_skips_backoff: true,
    // KIP-951: `Metadata.updatePartitionLeadership`, first shipped in 3.7.0.
    leader_hints: true,
    // KIP-899 (`metadata.recovery.strategy`) first shipped in 3.8, KIP-1102 (the trigger) in 4.0.
    rebootstrap: Rebootstrap::NoNode,
    // KAFKA-14317, since 3.5.
    timeout_error: ErrorCode::RequestTimedOut,
    // `ProducerConfig` of the tag: `linger.ms` is 0 before KIP-1030 (4.0); the recovery strategy is `none` before KIP-1102 (4.0).
    defaults: &[("linger.ms", "0"), ("metadata.recovery.strategy", "none")],
};
