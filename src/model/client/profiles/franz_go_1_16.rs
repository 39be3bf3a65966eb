//! franz-go before KIP-951: only a metadata update, at least 5 s after the one before, tells it of a move. In 1.14.3 that least age became 5 s.

use crate::model::client::profile::{Default, Evidence, Library, Policy, Profile, policy};
use std::borrow::Cow;

pub(super) static PROFILE: Profile = Profile {
    name: Cow::Borrowed("franz-go-1.16"),
    library: Library::FranzGo,
    releases: Cow::Borrowed("1.14.3 to 1.16"),
    covers: [(1, 14, 3), (1, 16, u16::MAX)],
    evidence: Evidence::Source,
    policies: Cow::Borrowed(&POLICIES),
    producer_defaults: &LINGER,
    consumer_defaults: &[],
};

/// `kgo.ProducerLinger` became 10 ms in v1.20.0.
static LINGER: [Default; 1] = [Default { key: "kgo.ProducerLinger", value: "0" }];

static POLICIES: [Policy; 12] = [
    policy("metadata.leader-hints", "false", "KIP-951: kip951move (topics_and_partitions.go), first shipped in v1.17.0"),
    policy("metadata.epoch-rewinds", "5", "maxEpochRewinds in mergeTopicPartitions (metadata.go), issue #119"),
    policy("metadata.quick-rounds", "8", "nowTries in updateMetadataLoop (metadata.go)"),
    policy("metadata.quick-pause", "250", "updateMetadataLoop (metadata.go): the smaller of this and kgo.MetadataMinAge"),
    policy("metadata.request-retries", "3", "limitRetries in fetchMetadata (client.go)"),
    policy("produce.idempotent-in-flight", "4", "sink.firstRespCheck (sink.go)"),
    policy("connection.greets-each", "false", "brokerCxn.init (broker.go), issue #1296: since v1.21.0"),
    policy("consume.load-pause", "1000", "consumerSession.listOrEpoch (consumer.go)"),
    policy("defect.moved-batch-waits", "true", "issue #746, fixed by #761 in v1.17.0: handleRetryBatches (sink.go)"),
    policy("defect.timed-out-batch-waits", "true", "#1407, merged in September 2026 before v1.22.0: handleRetryBatches (sink.go)"),
    policy("defect.silent-rounds", "true", "#1424, merged in September 2026 before v1.22.0: updateMetadataLoop (metadata.go)"),
    policy("defect.stale-hint-loops", "false", "it uses no hints"),
];
