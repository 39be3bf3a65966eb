//! sarama 1.49 and 1.50: an idempotent producer pauses before it tries again (#3557), a preferred replica is leased (#3553).

use crate::model::client::profile::{Evidence, Library, Policy, Profile, policy};
use std::borrow::Cow;

pub(super) static PROFILE: Profile = Profile {
    name: Cow::Borrowed("sarama-1.50"),
    library: Library::Sarama,
    releases: Cow::Borrowed("1.49.0 to 1.50.3"),
    covers: [(1, 49, 0), (1, 50, u16::MAX)],
    evidence: Evidence::Source,
    policies: Cow::Borrowed(&POLICIES),
    producer_defaults: &[],
    consumer_defaults: &[],
};

static POLICIES: [Policy; 13] = [
    policy("metadata.reject-older-epochs", "false", "client.go updateMetadata compares no leader epochs before 1.61.1"),
    policy("connections.checked-by-refresh", "true", "client.go checkBrokersHealth, since 1.48.0"),
    policy("produce.one-batch-per-partition", "true", "async_producer.go partitionMuter, since 1.48.0"),
    policy(
        "produce.after-connection-error",
        "batch-if-idempotent",
        "async_producer.go handleError: retryBatch of an idempotent producer, since 1.48.0",
    ),
    policy("produce.resent-batch-stays-whole", "false", "async_producer.go handleSuccess: retryAsBatch came with 1.61.1"),
    policy("produce.numbers-are-given", "with-the-record", "async_producer.go partitionProducer.dispatch, until 1.61.1"),
    policy("fetch.from-leaders-only", "false", "utils.go DefaultVersion 2.6 as of 1.50.3, 2.8 as of 1.61.0: Fetch 11 or 12"),
    policy("fetch.replica-lease", "true", "consumer.go preferredReadReplicaExpiry (#3553), since 1.49.0"),
    policy("fetch.replica-switch-at-once", "false", "consumer.go switchingBroker came with 1.61.1"),
    policy("defect.dial-blocks-metadata", "true", "client.go LeastLoadedBroker, broker.go ResponseSize under the lock that Open holds"),
    policy("defect.refresh-cancels-retries", "false", "#3525, since 1.48.1"),
    policy("defect.waiting-records-without-numbers", "false", "async_producer.go flushRetryBuffers, since 1.47.0"),
    policy("defect.idempotent-retry-without-pause", "false", "#3557, since 1.49.0"),
];
