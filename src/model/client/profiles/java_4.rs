//! The Java producer 4.x: lingers 5 ms and starts again from its bootstrap servers by default.

use crate::kafka::ErrorCode;
use crate::model::client::profile::{Profile, Rebootstrap};

pub(super) const PROFILE: Profile = Profile {
    name: "java-4.3",
    releases: "4.0 to 4.3",
    covers: [(4, 0, 0), (4, 3, u16::MAX)],
    // KIP-580: `ExponentialBackoff` in `Metadata` and `RecordAccumulator` first shipped in 3.7.0.
    exponential_backoff: true,
    // KAFKA-15415: `ProducerBatch.hasLeaderChangedForTheOngoingRetry`, backported to 3.6.1.
    epoch_skips_backoff: true,
    // KIP-951: `Metadata.updatePartitionLeadership`, first shipped in 3.7.0.
    leader_hints: true,
    // KIP-899 (`metadata.recovery.strategy`) first shipped in 3.8, KIP-1102 (the trigger) in 4.0.
    rebootstrap: Rebootstrap::NoNodeOrTrigger,
    // KAFKA-14317, since 3.5.
    timeout_error: ErrorCode::RequestTimedOut,
    // The table's own defaults are those of 4.x (KIP-1030, KIP-1102).
    defaults: &[],
};
