//! sarama 1.48.0: one batch of a partition at a time, and refreshes that take each other's retries away.

use crate::model::client::profile::{Evidence, Library, Policy, Profile, policy};
use std::borrow::Cow;

pub(super) static PROFILE: Profile = Profile {
    name: Cow::Borrowed("sarama-1.48.0"),
    library: Library::Sarama,
    releases: Cow::Borrowed("1.48.0"),
    covers: [(1, 48, 0), (1, 48, 0)],
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
    policy("fetch.from-leaders-only", "true", "utils.go DefaultVersion 2.1: Fetch 10"),
    policy("fetch.replica-lease", "false", "consumer.go preferredReadReplicaExpiry (#3553) came with 1.49.0 (#2464)"),
    policy("fetch.replica-switch-at-once", "false", "consumer.go switchingBroker came with 1.61.1"),
    policy("defect.dial-blocks-metadata", "true", "client.go LeastLoadedBroker, broker.go ResponseSize under the lock that Open holds"),
    policy(
        "defect.refresh-cancels-retries",
        "true",
        "client.go tryRefreshMetadata notes the time before the request (#3514), until 1.48.0",
    ),
    policy("defect.waiting-records-without-numbers", "false", "async_producer.go flushRetryBuffers, since 1.47.0"),
    policy("defect.idempotent-retry-without-pause", "true", "async_producer.go retryBatch without backoff (#2469), until 1.48.2"),
];
