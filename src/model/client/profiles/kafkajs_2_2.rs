//! kafkajs 2.2, the last release there is (2.2.4 of 2023; unmaintained).

use crate::model::client::profile::{Evidence, Library, Policy, Profile, policy};
use std::borrow::Cow;

pub(super) static PROFILE: Profile = Profile {
    name: Cow::Borrowed("kafkajs-2.2"),
    library: Library::Kafkajs,
    releases: Cow::Borrowed("2.0 to 2.2"),
    covers: [(2, 0, 0), (2, 2, u16::MAX)],
    evidence: Evidence::Measured,
    policies: Cow::Borrowed(&POLICIES),
    producer_defaults: &[],
    consumer_defaults: &[],
};

static POLICIES: [Policy; 8] = [
    policy("metadata.refresh", "when-used", "cluster/brokerPool.js refreshMetadataIfNecessary; cluster/index.js sharedPromiseTo"),
    policy("metadata.broker", "random-connected", "cluster/brokerPool.js findConnectedBroker"),
    policy("metadata.epochs", "accept-any", "cluster/brokerPool.js refreshMetadata: Metadata up to v6, no epoch is read"),
    policy("metadata.leader-hints", "never", "protocol/requests/produce: up to v7, KIP-951 is v10"),
    policy("produce.retry.order", "refresh-then-pause", "producer/sendMessages.js: refreshMetadata, then throw to retry/index.js"),
    policy(
        "produce.batching",
        "none",
        "producer/sendMessages.js: a request for each send() and broker; network/requestQueue: no limit in flight",
    ),
    policy("defect.request-timeout-keeps-socket", "true", "network/requestQueue timeoutRequest; tulios/kafkajs #1783, #919"),
    policy("defect.partition-error-fails-refresh", "true", "protocol/requests/metadata/v0/response.js parse; tulios/kafkajs #1042, #267"),
];
