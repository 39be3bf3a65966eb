//! The Java producer 3.6.1 and 3.6.2: flat pauses that a newer leader epoch skips. The quirk of 3.6.1 (any other epoch skips) is left out.

use crate::kafka::ErrorCode;
use crate::model::client::profile::{Profile, Rebootstrap};

pub(super) const PROFILE: Profile = Profile {
    name: "java-3.6",
    releases: "3.6.1 and 3.6.2",
    covers: [(3, 6, 1), (3, 6, u16::MAX)],
    // KIP-580: `ExponentialBackoff` in `Metadata` and `RecordAccumulator` first shipped in 3.7.0.
    exponential_backoff: false,
    // KAFKA-15415: `ProducerBatch.hasLeaderChangedForTheOngoingRetry`, backported to 3.6.1.
    epoch_skips_backoff: true,
    // KIP-951: `Metadata.updatePartitionLeadership`, first shipped in 3.7.0.
    leader_hints: false,
    // KIP-899 (`metadata.recovery.strategy`) first shipped in 3.8, KIP-1102 (the trigger) in 4.0.
    rebootstrap: Rebootstrap::Never,
    // KAFKA-14317, since 3.5.
    timeout_error: ErrorCode::RequestTimedOut,
    // `ProducerConfig` of the tag: `linger.ms` is 0 before KIP-1030 (4.0); the recovery strategy is `none` before KIP-1102 (4.0).
    defaults: &[("linger.ms", "0"), ("metadata.recovery.strategy", "none")],
};
