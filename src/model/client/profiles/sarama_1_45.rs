//! sarama before 1.46: every partition refreshes for itself, and several batches of one are on their way at once.

use crate::model::client::profile::{Default, Evidence, Library, Policy, Profile, policy};
use std::borrow::Cow;

pub(super) static PROFILE: Profile = Profile {
    name: Cow::Borrowed("sarama-1.45"),
    library: Library::Sarama,
    releases: Cow::Borrowed("1.43.3 to 1.45.2"),
    covers: [(1, 43, 3), (1, 45, u16::MAX)],
    evidence: Evidence::Source,
    policies: Cow::Borrowed(&POLICIES),
    // The option came with 1.46.0 (#3225).
    producer_defaults: &[Default { key: "Metadata.SingleFlight", value: "false" }],
    consumer_defaults: &[Default { key: "Metadata.SingleFlight", value: "false" }],
};

static POLICIES: [Policy; 13] = [
    policy("metadata.reject-older-epochs", "false", "client.go updateMetadata compares no leader epochs before 1.61.1"),
    policy("connections.checked-by-refresh", "false", "client.go checkBrokersHealth came with 1.48.0"),
    policy("produce.one-batch-per-partition", "false", "async_producer.go partitionMuter came with 1.48.0"),
    policy("produce.after-connection-error", "records", "async_producer.go handleError: retryMessages for all"),
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
    policy("defect.waiting-records-without-numbers", "true", "async_producer.go flushRetryBuffers numbers nothing before 1.47.0"),
    policy("defect.idempotent-retry-without-pause", "true", "async_producer.go retryBatch without backoff (#2469), until 1.48.2"),
];
