//! What one library calls so and another one otherwise: keys of client libraries that stand for the same thing.
//!
//! They answer the same question; their units, defaults and fine print are each library's own.

/// One question and each library's key for it, by the name that the library's profiles begin with.
#[derive(Clone, Copy, Debug)]
pub struct Concept {
    /// The question, in words.
    pub meaning: &'static str,
    /// Library and key.
    pub keys: &'static [(&'static str, &'static str)],
}

impl Concept {
    /// The key of a library.
    pub fn of(&self, library: &str) -> Option<&'static str> {
        self.keys.iter().find(|(of, _)| *of == library).map(|(_, key)| *key)
    }
}

/// Keys that mean something else in a consumer: kafka-go's `ReaderConfig.MaxAttempts` counts failures before the application is told.
const OF_PRODUCERS: &[(&str, &str)] = &[("kafka-go", "MaxAttempts")];

/// What a key stands for in a producer or consumer of a library.
pub fn concept_in(library: &str, key: &str, consumer: bool) -> Option<&'static Concept> {
    concept(library, key).filter(|_| !consumer || !OF_PRODUCERS.contains(&(library, key)))
}

/// What a library's key stands for.
pub fn concept(library: &str, key: &str) -> Option<&'static Concept> {
    CONCEPTS.iter().find(|concept| concept.of(library) == Some(key))
}

/// Several names of one setting in one library, the one that is used here first. Source: `CONFIGURATION.md` of librdkafka ("Alias for").
const ALIASES: &[(&str, &[&str])] = &[
    ("librdkafka", &["acks", "request.required.acks"]),
    ("librdkafka", &["bootstrap.servers", "metadata.broker.list"]),
    ("librdkafka", &["delivery.timeout.ms", "message.timeout.ms"]),
    ("librdkafka", &["enable.auto.commit", "auto.commit.enable"]),
    ("librdkafka", &["linger.ms", "queue.buffering.max.ms"]),
    ("librdkafka", &["max.in.flight.requests.per.connection", "max.in.flight"]),
    ("librdkafka", &["max.partition.fetch.bytes", "fetch.message.max.bytes"]),
    ("librdkafka", &["retries", "message.send.max.retries"]),
];

/// Every name of a setting, itself included.
pub fn aliases<'k>(library: &str, key: &'k str) -> impl Iterator<Item = &'k str> {
    let group = ALIASES.iter().find(|(of, names)| *of == library && names.contains(&key)).map_or(&[][..], |(_, names)| *names);
    std::iter::once(key).chain(group.iter().copied().filter(move |name| *name != key))
}

const CONCEPTS: &[Concept] = &[
    Concept {
        meaning: "bootstrap servers",
        keys: &[
            ("java", "bootstrap.servers"),
            ("librdkafka", "bootstrap.servers"),
            ("franz-go", "kgo.SeedBrokers"),
            ("kafkajs", "brokers"),
            ("kafka-go", "Brokers"),
            ("kafka-python", "bootstrap_servers"),
        ],
    },
    Concept {
        meaning: "client id",
        keys: &[
            ("java", "client.id"),
            ("librdkafka", "client.id"),
            ("franz-go", "kgo.ClientID"),
            ("sarama", "ClientID"),
            ("kafkajs", "clientId"),
            ("kafka-go", "Transport.ClientID"),
            ("kafka-python", "client_id"),
        ],
    },
    Concept {
        meaning: "age at which metadata is asked for again",
        keys: &[
            ("java", "metadata.max.age.ms"),
            ("librdkafka", "topic.metadata.refresh.interval.ms"),
            ("franz-go", "kgo.MetadataMaxAge"),
            ("sarama", "Metadata.RefreshFrequency"),
            ("kafkajs", "metadataMaxAge"),
            ("kafka-go", "Transport.MetadataTTL"),
            ("kafka-python", "metadata_max_age_ms"),
        ],
    },
    Concept {
        meaning: "pause before something failed is tried again",
        keys: &[
            ("java", "retry.backoff.ms"),
            ("librdkafka", "retry.backoff.ms"),
            ("franz-go", "kgo.RetryBackoffFn"),
            ("sarama", "Producer.Retry.Backoff"),
            ("kafkajs", "retry.initialRetryTime"),
            ("kafka-go", "WriteBackoffMin"),
            ("kafka-python", "retry_backoff_ms"),
        ],
    },
    Concept {
        meaning: "longest such pause",
        keys: &[
            ("java", "retry.backoff.max.ms"),
            ("librdkafka", "retry.backoff.max.ms"),
            ("kafkajs", "retry.maxRetryTime"),
            ("kafka-go", "WriteBackoffMax"),
        ],
    },
    Concept {
        meaning: "pause between two metadata requests",
        keys: &[
            ("librdkafka", "topic.metadata.refresh.fast.interval.ms"),
            ("franz-go", "kgo.MetadataMinAge"),
            ("sarama", "Metadata.Retry.Backoff"),
        ],
    },
    Concept {
        meaning: "pause before a failed fetch is tried again",
        keys: &[("librdkafka", "fetch.error.backoff.ms"), ("sarama", "Consumer.Retry.Backoff"), ("kafka-go", "ReadBackoffMin")],
    },
    Concept {
        meaning: "how often something failed is tried again",
        keys: &[
            ("java", "retries"),
            ("librdkafka", "retries"),
            ("franz-go", "kgo.RecordRetries"),
            ("sarama", "Producer.Retry.Max"),
            ("kafkajs", "retry.retries"),
            ("kafka-go", "MaxAttempts"),
            ("kafka-python", "retries"),
        ],
    },
    Concept {
        meaning: "how long an answer may take",
        keys: &[
            ("java", "request.timeout.ms"),
            ("librdkafka", "socket.timeout.ms"),
            ("franz-go", "kgo.RequestTimeoutOverhead"),
            ("sarama", "Net.ReadTimeout"),
            ("kafkajs", "requestTimeout"),
            ("kafka-go", "WriteTimeout"),
            ("kafka-python", "request_timeout_ms"),
        ],
    },
    Concept {
        meaning: "how long a broker waits for the ISR",
        keys: &[
            ("librdkafka", "request.timeout.ms"),
            ("franz-go", "kgo.ProduceRequestTimeout"),
            ("sarama", "Producer.Timeout"),
            ("kafkajs", "timeout"),
        ],
    },
    Concept {
        meaning: "how long a record may take",
        keys: &[
            ("java", "delivery.timeout.ms"),
            ("librdkafka", "delivery.timeout.ms"),
            ("franz-go", "kgo.RecordDeliveryTimeout"),
            ("kafka-python", "delivery_timeout_ms"),
        ],
    },
    Concept {
        meaning: "acknowledgement",
        keys: &[
            ("java", "acks"),
            ("librdkafka", "acks"),
            ("franz-go", "kgo.RequiredAcks"),
            ("sarama", "Producer.RequiredAcks"),
            ("kafkajs", "acks"),
            ("kafka-go", "RequiredAcks"),
            ("kafka-python", "acks"),
        ],
    },
    Concept {
        meaning: "idempotence",
        keys: &[
            ("java", "enable.idempotence"),
            ("librdkafka", "enable.idempotence"),
            ("franz-go", "kgo.DisableIdempotentWrite"),
            ("sarama", "Producer.Idempotent"),
            ("kafkajs", "idempotent"),
            ("kafka-python", "enable_idempotence"),
        ],
    },
    Concept {
        meaning: "how long a batch waits for more records",
        keys: &[
            ("java", "linger.ms"),
            ("librdkafka", "linger.ms"),
            ("franz-go", "kgo.ProducerLinger"),
            ("sarama", "Producer.Flush.Frequency"),
            ("kafka-go", "BatchTimeout"),
            ("kafka-python", "linger_ms"),
        ],
    },
    Concept {
        meaning: "size of a full batch",
        keys: &[
            ("java", "batch.size"),
            ("librdkafka", "batch.size"),
            ("franz-go", "kgo.ProducerBatchMaxBytes"),
            ("sarama", "Producer.MaxMessageBytes"),
            ("kafka-go", "BatchBytes"),
            ("kafka-python", "batch_size"),
        ],
    },
    Concept {
        meaning: "requests in flight",
        keys: &[
            ("java", "max.in.flight.requests.per.connection"),
            ("librdkafka", "max.in.flight.requests.per.connection"),
            ("franz-go", "kgo.MaxProduceRequestsInflightPerBroker"),
            ("sarama", "Net.MaxOpenRequests"),
            ("kafkajs", "maxInFlightRequests"),
            ("kafka-python", "max_in_flight_requests_per_connection"),
        ],
    },
    Concept {
        meaning: "memory for records that wait",
        keys: &[("java", "buffer.memory"), ("librdkafka", "queue.buffering.max.kbytes"), ("franz-go", "kgo.MaxBufferedBytes")],
    },
    Concept { meaning: "how long send() may block", keys: &[("java", "max.block.ms"), ("kafka-python", "max_block_ms")] },
    Concept {
        meaning: "pause before connecting again",
        keys: &[("java", "reconnect.backoff.ms"), ("librdkafka", "reconnect.backoff.ms"), ("kafka-python", "reconnect_backoff_ms")],
    },
    Concept {
        meaning: "longest pause before connecting again",
        keys: &[
            ("java", "reconnect.backoff.max.ms"),
            ("librdkafka", "reconnect.backoff.max.ms"),
            ("kafka-python", "reconnect_backoff_max_ms"),
        ],
    },
    Concept {
        meaning: "how long connecting may take",
        keys: &[
            ("java", "socket.connection.setup.timeout.ms"),
            ("librdkafka", "socket.connection.setup.timeout.ms"),
            ("franz-go", "kgo.DialTimeout"),
            ("sarama", "Net.DialTimeout"),
            ("kafkajs", "connectionTimeout"),
            ("kafka-go", "Transport.DialTimeout"),
        ],
    },
    Concept {
        meaning: "after how long an unused connection is closed",
        keys: &[
            ("java", "connections.max.idle.ms"),
            ("librdkafka", "connections.max.idle.ms"),
            ("franz-go", "kgo.ConnIdleTimeout"),
            ("kafka-go", "Transport.IdleTimeout"),
            ("kafka-python", "connections_max_idle_ms"),
        ],
    },
    Concept {
        meaning: "what to do when no broker can be reached",
        keys: &[("java", "metadata.recovery.strategy"), ("librdkafka", "metadata.recovery.strategy")],
    },
    Concept {
        meaning: "when to start again from the bootstrap servers",
        keys: &[("java", "metadata.recovery.rebootstrap.trigger.ms"), ("librdkafka", "metadata.recovery.rebootstrap.trigger.ms")],
    },
    Concept {
        meaning: "how long a broker holds a fetch",
        keys: &[
            ("java", "fetch.max.wait.ms"),
            ("librdkafka", "fetch.wait.max.ms"),
            ("franz-go", "kgo.FetchMaxWait"),
            ("sarama", "Consumer.MaxWaitTime"),
            ("kafkajs", "maxWaitTimeInMs"),
            ("kafka-go", "MaxWait"),
            ("kafka-python", "fetch_max_wait_ms"),
        ],
    },
    Concept {
        meaning: "bytes that a fetch waits for",
        keys: &[
            ("java", "fetch.min.bytes"),
            ("librdkafka", "fetch.min.bytes"),
            ("franz-go", "kgo.FetchMinBytes"),
            ("sarama", "Consumer.Fetch.Min"),
            ("kafkajs", "minBytes"),
            ("kafka-go", "MinBytes"),
            ("kafka-python", "fetch_min_bytes"),
        ],
    },
    Concept {
        meaning: "most bytes of a fetch",
        keys: &[
            ("java", "fetch.max.bytes"),
            ("librdkafka", "fetch.max.bytes"),
            ("franz-go", "kgo.FetchMaxBytes"),
            ("sarama", "Consumer.Fetch.MaxBytes"),
            ("kafkajs", "maxBytes"),
            ("kafka-go", "MaxBytes"),
            ("kafka-python", "fetch_max_bytes"),
        ],
    },
    Concept {
        meaning: "most bytes of a partition in a fetch",
        keys: &[
            ("java", "max.partition.fetch.bytes"),
            ("librdkafka", "max.partition.fetch.bytes"),
            ("franz-go", "kgo.FetchMaxPartitionBytes"),
            ("sarama", "Consumer.Fetch.Default"),
            ("kafkajs", "maxBytesPerPartition"),
            ("kafka-python", "max_partition_fetch_bytes"),
        ],
    },
    Concept {
        meaning: "records of open transactions",
        keys: &[
            ("java", "isolation.level"),
            ("librdkafka", "isolation.level"),
            ("franz-go", "kgo.FetchIsolationLevel"),
            ("sarama", "Consumer.IsolationLevel"),
            ("kafkajs", "readUncommitted"),
            ("kafka-go", "IsolationLevel"),
            ("kafka-python", "isolation_level"),
        ],
    },
    Concept {
        meaning: "where to go on without a position",
        keys: &[
            ("java", "auto.offset.reset"),
            ("librdkafka", "auto.offset.reset"),
            ("franz-go", "kgo.ConsumeResetOffset"),
            ("sarama", "Consumer.Offsets.Initial"),
            ("kafkajs", "fromBeginning"),
            ("kafka-go", "StartOffset"),
            ("kafka-python", "auto_offset_reset"),
        ],
    },
    Concept {
        meaning: "the rack of the consumer",
        keys: &[
            ("java", "client.rack"),
            ("librdkafka", "client.rack"),
            ("franz-go", "kgo.Rack"),
            ("sarama", "RackID"),
            ("kafkajs", "rackId"),
            ("kafka-python", "client_rack"),
        ],
    },
    Concept {
        meaning: "group",
        keys: &[
            ("java", "group.id"),
            ("librdkafka", "group.id"),
            ("franz-go", "kgo.ConsumerGroup"),
            ("kafkajs", "groupId"),
            ("kafka-go", "GroupID"),
            ("kafka-python", "group_id"),
        ],
    },
    Concept {
        meaning: "how long a group waits for a heartbeat",
        keys: &[
            ("java", "session.timeout.ms"),
            ("librdkafka", "session.timeout.ms"),
            ("franz-go", "kgo.SessionTimeout"),
            ("sarama", "Consumer.Group.Session.Timeout"),
            ("kafkajs", "sessionTimeout"),
            ("kafka-go", "SessionTimeout"),
            ("kafka-python", "session_timeout_ms"),
        ],
    },
    Concept {
        meaning: "how often a member sends a heartbeat",
        keys: &[
            ("java", "heartbeat.interval.ms"),
            ("librdkafka", "heartbeat.interval.ms"),
            ("franz-go", "kgo.HeartbeatInterval"),
            ("sarama", "Consumer.Group.Heartbeat.Interval"),
            ("kafkajs", "heartbeatInterval"),
            ("kafka-go", "HeartbeatInterval"),
            ("kafka-python", "heartbeat_interval_ms"),
        ],
    },
    Concept {
        meaning: "how long a rebalance waits for a member",
        keys: &[
            ("java", "max.poll.interval.ms"),
            ("librdkafka", "max.poll.interval.ms"),
            ("franz-go", "kgo.RebalanceTimeout"),
            ("sarama", "Consumer.Group.Rebalance.Timeout"),
            ("kafkajs", "rebalanceTimeout"),
            ("kafka-go", "RebalanceTimeout"),
            ("kafka-python", "max_poll_interval_ms"),
        ],
    },
    Concept {
        meaning: "whether positions are committed by themselves",
        keys: &[
            ("java", "enable.auto.commit"),
            ("librdkafka", "enable.auto.commit"),
            ("franz-go", "kgo.DisableAutoCommit"),
            ("sarama", "Consumer.Offsets.AutoCommit.Enable"),
            ("kafkajs", "autoCommit"),
            ("kafka-python", "enable_auto_commit"),
        ],
    },
    Concept {
        meaning: "how often positions are committed",
        keys: &[
            ("java", "auto.commit.interval.ms"),
            ("librdkafka", "auto.commit.interval.ms"),
            ("franz-go", "kgo.AutoCommitInterval"),
            ("sarama", "Consumer.Offsets.AutoCommit.Interval"),
            ("kafkajs", "autoCommitInterval"),
            ("kafka-go", "CommitInterval"),
            ("kafka-python", "auto_commit_interval_ms"),
        ],
    },
    Concept { meaning: "records of one poll()", keys: &[("java", "max.poll.records"), ("kafka-python", "max_poll_records")] },
];

#[cfg(test)]
mod tests {
    use super::super::known::{self, Classified};
    use super::super::{ConsumerConfig, ProducerConfig};
    use super::*;

    #[test]
    fn every_key_is_one_that_its_library_knows() {
        let modelled = |library: &str, consumer: bool| match (library, consumer) {
            ("java", false) => ProducerConfig::KEYS,
            ("java", true) => ConsumerConfig::KEYS,
            _ => &[],
        };
        for (library, key) in CONCEPTS.iter().flat_map(|concept| concept.keys) {
            let known = |consumer| known::classify(modelled(library, consumer), known::client(library, consumer), key);
            let unknown = |consumer| matches!(known(consumer), Classified::Unknown { .. });
            assert!(!unknown(false) || !unknown(true), "{library} {key}");
        }
    }

    #[test]
    fn each_library_has_its_own_name_for_the_age_of_metadata() {
        let age = concept("java", "metadata.max.age.ms").expect("it is listed");
        assert_eq!(age.of("librdkafka"), Some("topic.metadata.refresh.interval.ms"));
        assert_eq!(age.of("sarama"), Some("Metadata.RefreshFrequency"));
        // librdkafka's key of Java's name means something else, and stands for nothing here.
        assert!(concept("librdkafka", "metadata.max.age.ms").is_none());
        assert_eq!(aliases("librdkafka", "message.timeout.ms").collect::<Vec<_>>(), ["message.timeout.ms", "delivery.timeout.ms"]);
        assert_eq!(aliases("java", "message.timeout.ms").count(), 1);
    }
}
