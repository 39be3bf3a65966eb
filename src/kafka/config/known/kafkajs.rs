//! Options of kafkajs that the model may not use: those of `new Kafka`, `producer`, `consumer`, `send` and `run`.
//! Source: `types/index.d.ts`.

use super::Keys;
use super::reason::{ABSENT, APPLICATION, COMPRESSION, GROUPS, IDENTITY, METRICS, NETWORK, PARTITIONER, SECURITY, TOPICS, TRANSACTIONS};

/// What producers and consumers know.
pub(super) const ALL: Keys = &[
    ("allowAutoTopicCreation", TOPICS),
    ("authenticationTimeout", SECURITY),
    ("brokers", IDENTITY),
    ("clientId", IDENTITY),
    ("connectionTimeout", NETWORK),
    ("enforceRequestTimeout", ABSENT),
    ("logCreator", METRICS),
    ("logLevel", METRICS),
    ("maxInFlightRequests", ABSENT),
    ("metadataMaxAge", ABSENT),
    ("reauthenticationThreshold", SECURITY),
    ("requestTimeout", ABSENT),
    ("retry.factor", ABSENT),
    ("retry.initialRetryTime", ABSENT),
    ("retry.maxRetryTime", ABSENT),
    ("retry.multiplier", ABSENT),
    ("retry.restartOnFailure", APPLICATION),
    ("retry.retries", ABSENT),
    ("sasl", SECURITY),
    ("socketFactory", NETWORK),
    ("ssl", SECURITY),
];

/// What only producers know.
pub(super) const PRODUCERS: Keys = &[
    ("acks", ABSENT),
    ("compression", COMPRESSION),
    ("createPartitioner", PARTITIONER),
    ("idempotent", ABSENT),
    ("timeout", ABSENT),
    ("transactionTimeout", TRANSACTIONS),
    ("transactionalId", TRANSACTIONS),
];

/// What only consumers know.
pub(super) const CONSUMERS: Keys = &[
    ("autoCommit", GROUPS),
    ("autoCommitInterval", GROUPS),
    ("autoCommitThreshold", GROUPS),
    ("eachBatch", APPLICATION),
    ("eachBatchAutoResolve", APPLICATION),
    ("eachMessage", APPLICATION),
    ("fromBeginning", GROUPS),
    ("groupId", IDENTITY),
    ("heartbeatInterval", GROUPS),
    ("maxBytes", ABSENT),
    ("maxBytesPerPartition", ABSENT),
    ("maxWaitTimeInMs", ABSENT),
    ("minBytes", ABSENT),
    ("partitionAssigners", GROUPS),
    ("partitionsConsumedConcurrently", APPLICATION),
    ("rackId", IDENTITY),
    ("readUncommitted", TRANSACTIONS),
    ("rebalanceTimeout", GROUPS),
    ("sessionTimeout", GROUPS),
];
