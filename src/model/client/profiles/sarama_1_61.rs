//! sarama 1.61.1: an answer with an older leader epoch is no news.

use crate::model::client::profile::{Evidence, Library, Policy, Profile, policy};
use std::borrow::Cow;

pub(super) static PROFILE: Profile = Profile {
    name: Cow::Borrowed("sarama-1.61"),
    library: Library::Sarama,
    releases: Cow::Borrowed("1.61.1"),
    covers: [(1, 61, 1), (1, 61, u16::MAX)],
    evidence: Evidence::Measured,
    policies: Cow::Borrowed(&POLICIES),
    producer_defaults: &[],
    consumer_defaults: &[],
};

static POLICIES: [Policy; 13] = [
    policy(
        "metadata.reject-older-epochs",
        "true",
        "client.go updateMetadata keeps the newer leader epoch of the same topic id, since 1.61.1",
    ),
    policy("connections.checked-by-refresh", "true", "client.go checkBrokersHealth, since 1.48.0"),
    policy("produce.one-batch-per-partition", "true", "async_producer.go partitionMuter, since 1.48.0"),
    policy("produce.after-connection-error", "batch", "async_producer.go handleError: retryBatch for all (#3644), since 1.60.0"),
    policy("produce.resent-batch-stays-whole", "true", "async_producer.go handleSuccess: retryAsBatch, since 1.61.1"),
    policy("produce.numbers-are-given", "with-the-batch", "async_producer.go sequenceFlushingBatch, since 1.61.1"),
    policy("fetch.from-leaders-only", "false", "utils.go DefaultVersion 2.6 as of 1.50.3, 2.8 as of 1.61.0: Fetch 11 or 12"),
    policy("fetch.replica-lease", "true", "consumer.go preferredReadReplicaExpiry (#3553), since 1.49.0"),
    policy("fetch.replica-switch-at-once", "true", "consumer.go switchingBroker, since 1.61.1"),
    policy("defect.dial-blocks-metadata", "true", "client.go LeastLoadedBroker, broker.go ResponseSize under the lock that Open holds"),
    policy("defect.refresh-cancels-retries", "false", "#3525, since 1.48.1"),
    policy("defect.waiting-records-without-numbers", "false", "async_producer.go flushRetryBuffers, since 1.47.0"),
    policy("defect.idempotent-retry-without-pause", "false", "#3557, since 1.49.0"),
];
