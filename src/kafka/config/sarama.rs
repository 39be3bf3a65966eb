//! sarama's settings that the model reads, named as the fields of its `Config`. Source: `config.go`, `NewConfig` and `Validate`.
//! A Go program gives durations as values of `time.Duration`; here they are written in milliseconds, or with a unit.

use super::Kind::{Bool, Int, Millis, Word};
use super::config_table;
use crate::engine::Duration;

const I32: i64 = i32::MAX as i64;

config_table! {
    /// The configuration of one sarama producer.
    SaramaProducerConfig {
        /// Requests without an answer on one connection at most.
        net_max_open_requests: u32 = "Net.MaxOpenRequests", Int, "5", 1, I32;
        /// How long a connection attempt may take.
        net_dial_timeout: Duration = "Net.DialTimeout", Millis, "30000", 1, i64::MAX;
        /// How long an answer may take before the connection is given up.
        net_read_timeout: Duration = "Net.ReadTimeout", Millis, "30000", 1, i64::MAX;
        /// How often a refresh is tried again, while no broker answers or a topic or leader is missing.
        metadata_retry_max: u32 = "Metadata.Retry.Max", Int, "3", 0, I32;
        /// The pause before each of these attempts.
        metadata_retry_backoff: Duration = "Metadata.Retry.Backoff", Millis, "250", 0, i64::MAX;
        /// After how long the metadata is asked for again although nothing went wrong. Zero: never.
        metadata_refresh_frequency: Duration = "Metadata.RefreshFrequency", Millis, "600000", 0, i64::MAX;
        /// Whether that refresh asks for all topics of the cluster.
        metadata_full: bool = "Metadata.Full", Bool, "true", 0, 1;
        /// How long a refresh may take with all its attempts. Zero: as long as it takes.
        metadata_timeout: Duration = "Metadata.Timeout", Millis, "0", 0, i64::MAX;
        /// Whether refreshes of one client that come together are one (1.46 and later; without it each partition refreshes for itself).
        metadata_single_flight: bool = "Metadata.SingleFlight", Bool, "true", 0, 1;
        /// Size at which the batch of a partition is full.
        producer_max_message_bytes: u32 = "Producer.MaxMessageBytes", Int, "1048576", 1, I32;
        /// Which acknowledgement a record needs: none, the leader's, or the whole ISR's.
        producer_required_acks: &'static str = "Producer.RequiredAcks", Word(&["WaitForLocal", "WaitForAll", "NoResponse", "1", "-1", "0"]), "WaitForLocal", 0, 0;
        /// How long the broker may wait for the acknowledgements that are asked for.
        producer_timeout: Duration = "Producer.Timeout", Millis, "10000", 1, I32;
        /// Whether the broker drops duplicates and keeps the order of retried batches.
        producer_idempotent: bool = "Producer.Idempotent", Bool, "false", 0, 1;
        /// How often a record is sent again.
        producer_retry_max: u32 = "Producer.Retry.Max", Int, "3", 0, I32;
        /// The pause before it is sent again.
        producer_retry_backoff: Duration = "Producer.Retry.Backoff", Millis, "100", 0, i64::MAX;
        /// Bytes that are collected before a request is sent. Zero: none.
        producer_flush_bytes: u32 = "Producer.Flush.Bytes", Int, "0", 0, I32;
        /// Records that are collected before a request is sent. Zero: none.
        producer_flush_messages: u32 = "Producer.Flush.Messages", Int, "0", 0, I32;
        /// How long records are collected before a request is sent. Zero: not at all.
        producer_flush_frequency: Duration = "Producer.Flush.Frequency", Millis, "0", 0, i64::MAX;
        /// Most records in one request. Zero: any number.
        producer_flush_max_messages: u32 = "Producer.Flush.MaxMessages", Int, "0", 0, I32;
    }
}

config_table! {
    /// The configuration of one sarama consumer.
    SaramaConsumerConfig {
        /// Requests without an answer on one connection at most.
        net_max_open_requests: u32 = "Net.MaxOpenRequests", Int, "5", 1, I32;
        /// How long a connection attempt may take.
        net_dial_timeout: Duration = "Net.DialTimeout", Millis, "30000", 1, i64::MAX;
        /// How long an answer may take before the connection is given up.
        net_read_timeout: Duration = "Net.ReadTimeout", Millis, "30000", 1, i64::MAX;
        /// How often a refresh is tried again, while no broker answers or a topic or leader is missing.
        metadata_retry_max: u32 = "Metadata.Retry.Max", Int, "3", 0, I32;
        /// The pause before each of these attempts.
        metadata_retry_backoff: Duration = "Metadata.Retry.Backoff", Millis, "250", 0, i64::MAX;
        /// After how long the metadata is asked for again although nothing went wrong. Zero: never. A preferred read replica is kept as long.
        metadata_refresh_frequency: Duration = "Metadata.RefreshFrequency", Millis, "600000", 0, i64::MAX;
        /// Whether that refresh asks for all topics of the cluster.
        metadata_full: bool = "Metadata.Full", Bool, "true", 0, 1;
        /// How long a refresh may take with all its attempts. Zero: as long as it takes.
        metadata_timeout: Duration = "Metadata.Timeout", Millis, "0", 0, i64::MAX;
        /// Whether refreshes of one client that come together are one (1.46 and later; without it each partition refreshes for itself).
        metadata_single_flight: bool = "Metadata.SingleFlight", Bool, "true", 0, 1;
        /// The rack that the consumer stands in: it reads from a replica there if it can (KIP-392). Empty: from the leader.
        rack_id: String = "RackID", super::Kind::Text, "", 0, 0;
        /// Bytes that a broker collects before it answers a fetch.
        consumer_fetch_min: u32 = "Consumer.Fetch.Min", Int, "1", 1, I32;
        /// Most bytes of one partition in an answer.
        consumer_fetch_default: u32 = "Consumer.Fetch.Default", Int, "1048576", 1, I32;
        /// Most bytes of one answer.
        consumer_fetch_max_bytes: u32 = "Consumer.Fetch.MaxBytes", Int, "52428800", 1, I32;
        /// How long a broker waits for `Consumer.Fetch.Min` bytes.
        consumer_max_wait_time: Duration = "Consumer.MaxWaitTime", Millis, "500", 1, I32;
        /// The pause before a partition whose broker refused or failed is asked for again.
        consumer_retry_backoff: Duration = "Consumer.Retry.Backoff", Millis, "2000", 0, i64::MAX;
        /// After how many failures in a row a partition is given up. Zero: never.
        consumer_retry_max: u32 = "Consumer.Retry.Max", Int, "0", 0, I32;
        /// Whether records of open transactions are left out.
        consumer_isolation_level: &'static str = "Consumer.IsolationLevel", Word(&["ReadUncommitted", "ReadCommitted"]), "ReadUncommitted", 0, 0;
    }
}
