//! franz-go 1.22: a produce request that the broker timed out is repeated after a pause, a hint must be newer to count, and every
//! metadata answer wakes what waits for one.
//! Read in the source of 1.21.6; that 1.22.0 has these changes follows from when they were merged, not from its source.

use crate::model::client::profile::{Evidence, Library, Policy, Profile, policy};
use std::borrow::Cow;

pub(super) static PROFILE: Profile = Profile {
    name: Cow::Borrowed("franz-go-1.22"),
    library: Library::FranzGo,
    releases: Cow::Borrowed("1.22"),
    covers: [(1, 22, 0), (1, 22, u16::MAX)],
    evidence: Evidence::Measured,
    policies: Cow::Borrowed(&POLICIES),
    producer_defaults: &[],
    consumer_defaults: &[],
};

static POLICIES: [Policy; 12] = [
    policy("metadata.leader-hints", "true", "KIP-951: kip951move (topics_and_partitions.go), first shipped in v1.17.0"),
    policy("metadata.epoch-rewinds", "5", "maxEpochRewinds in mergeTopicPartitions (metadata.go), issue #119"),
    policy("metadata.quick-rounds", "8", "nowTries in updateMetadataLoop (metadata.go)"),
    policy("metadata.quick-pause", "250", "updateMetadataLoop (metadata.go): the smaller of this and kgo.MetadataMinAge"),
    policy("metadata.request-retries", "3", "limitRetries in fetchMetadata (client.go)"),
    policy("produce.idempotent-in-flight", "4", "sink.firstRespCheck (sink.go)"),
    policy("connection.greets-each", "true", "brokerCxn.init (broker.go), issue #1296: since v1.21.0"),
    policy("consume.load-pause", "1000", "consumerSession.listOrEpoch (consumer.go)"),
    policy("defect.moved-batch-waits", "false", "issue #746, fixed by #761 in v1.17.0: handleRetryBatches (sink.go)"),
    policy("defect.timed-out-batch-waits", "false", "#1407, merged in September 2026 before v1.22.0: handleRetryBatches (sink.go)"),
    policy("defect.silent-rounds", "false", "#1424, merged in September 2026 before v1.22.0: updateMetadataLoop (metadata.go)"),
    policy("defect.stale-hint-loops", "false", "#1413, merged in September 2026 before v1.22.0: kip951move (topics_and_partitions.go)"),
];
