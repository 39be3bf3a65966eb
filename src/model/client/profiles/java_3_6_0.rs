//! The Java producer up to 3.6.0: flat pauses, no leader hints.

use crate::kafka::ErrorCode;
use crate::model::client::profile::{Profile, Rebootstrap};

pub(super) const PROFILE: Profile = Profile {
    name: "java-3.6.0",
    releases: "3.5.0 to 3.6.0",
    covers: [(3, 5, 0), (3, 6, 0)],
    // KIP-580: `ExponentialBackoff` in `Metadata` and `RecordAccumulator` first shipped in 3.7.0.
    exponential_backoff: false,
    // KAFKA-15415: `ProducerBatch.hasLeaderChangedForTheOngoingRetry`, backported to 3.6.1.
    epoch_skips_backoff: false,
    // KIP-951: `Metadata.updatePartitionLeadership`, first shipped in 3.7.0.
    leader_hints: false,
    // KIP-899 (`metadata.recovery.strategy`) first shipped in 3.8, KIP-1102 (the trigger) in 4.0.
    rebootstrap: Rebootstrap::Never,
    // KAFKA-14317, since 3.5.
    timeout_error: ErrorCode::RequestTimedOut,
    // `ProducerConfig` of the tag: `linger.ms` is 0 before KIP-1030 (4.0); the recovery strategy is `none` before KIP-1102 (4.0).
    defaults: &[("linger.ms", "0"), ("metadata.recovery.strategy", "none")],
};
