//! Fields of kafka-go's `Writer` (with its `Transport`) and `ReaderConfig` (with its `Dialer`) that the model may not use.
//! Source: `writer.go`, `transport.go`, `reader.go`, `dialer.go`.

use super::Keys;
use super::reason::{ABSENT, APPLICATION, COMPRESSION, GROUPS, IDENTITY, METRICS, NETWORK, PARTITIONER, SECURITY, TOPICS, TRANSACTIONS};

/// What producers and consumers know.
pub(super) const ALL: Keys = &[
    ("Brokers", IDENTITY),
    ("ErrorLogger", METRICS),
    ("Logger", METRICS),
    ("MaxAttempts", ABSENT),
    ("QueueCapacity", ABSENT),
    ("Topic", IDENTITY),
];

/// What only producers know.
pub(super) const PRODUCERS: Keys = &[
    ("Addr", IDENTITY),
    ("AllowAutoTopicCreation", TOPICS),
    ("Async", APPLICATION),
    ("Balancer", PARTITIONER),
    ("BatchBytes", ABSENT),
    ("BatchSize", ABSENT),
    ("BatchTimeout", ABSENT),
    ("Completion", APPLICATION),
    ("Compression", COMPRESSION),
    ("CompressionCodec", COMPRESSION),
    ("IdleConnTimeout", NETWORK),
    ("ReadTimeout", ABSENT),
    ("RebalanceInterval", ABSENT),
    ("RequiredAcks", ABSENT),
    ("Transport", NETWORK),
    ("Transport.ClientID", IDENTITY),
    ("Transport.Context", APPLICATION),
    ("Transport.Dial", NETWORK),
    ("Transport.DialTimeout", NETWORK),
    ("Transport.IdleTimeout", NETWORK),
    ("Transport.MetadataTTL", ABSENT),
    ("Transport.MetadataTopics", TOPICS),
    ("Transport.Resolver", NETWORK),
    ("Transport.SASL", SECURITY),
    ("Transport.TLS", SECURITY),
    ("WriteBackoffMax", ABSENT),
    ("WriteBackoffMin", ABSENT),
    ("WriteTimeout", ABSENT),
];

/// What only consumers know.
pub(super) const CONSUMERS: Keys = &[
    ("CommitInterval", GROUPS),
    ("Dialer.ClientID", IDENTITY),
    ("Dialer.Deadline", NETWORK),
    ("Dialer.DialFunc", NETWORK),
    ("Dialer.DualStack", NETWORK),
    ("Dialer.FallbackDelay", NETWORK),
    ("Dialer.KeepAlive", NETWORK),
    ("Dialer.LocalAddr", NETWORK),
    ("Dialer.Resolver", NETWORK),
    ("Dialer.SASLMechanism", SECURITY),
    ("Dialer.TLS", SECURITY),
    ("Dialer.Timeout", NETWORK),
    ("Dialer.TransactionalID", TRANSACTIONS),
    ("GroupBalancers", GROUPS),
    ("GroupID", IDENTITY),
    ("GroupTopics", GROUPS),
    ("HeartbeatInterval", GROUPS),
    ("IsolationLevel", TRANSACTIONS),
    ("JoinGroupBackoff", GROUPS),
    ("MaxBytes", ABSENT),
    ("MaxWait", ABSENT),
    ("MinBytes", ABSENT),
    ("OffsetOutOfRangeError", APPLICATION),
    ("Partition", IDENTITY),
    ("PartitionWatchInterval", GROUPS),
    ("ReadBackoffMax", ABSENT),
    ("ReadBackoffMin", ABSENT),
    ("ReadBatchTimeout", ABSENT),
    ("ReadLagInterval", METRICS),
    ("RebalanceTimeout", GROUPS),
    ("RetentionTime", GROUPS),
    ("SessionTimeout", GROUPS),
    ("StartOffset", GROUPS),
    ("WatchPartitionChanges", GROUPS),
];
