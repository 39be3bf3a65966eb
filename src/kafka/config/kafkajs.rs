//! kafkajs keys that the model reads, under the names of its option objects (`new Kafka({…})`, `producer({…})`, `consumer({…})`,
//! `send({…})`). Times are whole milliseconds. Source: kafkajs `src/index.js`, `src/retry/defaults.js`, `src/producer/index.js`,
//! `src/consumer/index.js`, release 2.2.4.

use super::Kind::{Int, Millis, Real, Text, Word};
use super::config_table;
use crate::engine::Duration;

const I32: i64 = i32::MAX as i64;

config_table! {
    /// The configuration of one kafkajs producer.
    KafkajsProducerConfig {
        /// First pause before a failed `send()` is tried again.
        retry_initial: Duration = "retry.initialRetryTime", Millis, "300", 0, I32;
        /// How often it is tried again.
        retries: u32 = "retry.retries", Int, "5", 0, I32;
        /// Longest pause.
        retry_max: Duration = "retry.maxRetryTime", Millis, "30000", 0, I32;
        /// Jitter: each pause is drawn from 1 − factor to 1 + factor of the one before, times the multiplier.
        retry_factor: f64 = "retry.factor", Real, "0.2", 0, 1;
        /// How much longer each pause is than the one before.
        retry_multiplier: f64 = "retry.multiplier", Real, "2", 0, 1000;
        /// How long a request may stay without an answer.
        request_timeout: Duration = "requestTimeout", Millis, "30000", 1, I32;
        /// How long connecting may take.
        connection_timeout: Duration = "connectionTimeout", Millis, "1000", 1, I32;
        /// How old metadata may be when a `send()` uses it. Nothing refreshes it in between.
        metadata_max_age: Duration = "metadataMaxAge", Millis, "300000", 0, I32;
        /// Requests without an answer on one connection at most; 0 stands for `null`: any number.
        max_in_flight: u32 = "maxInFlightRequests", Int, "0", 0, I32;
        /// Which acknowledgement a record needs: −1 the whole ISR's, 1 the leader's, 0 none.
        acks: &'static str = "acks", Word(&["-1", "0", "1"]), "-1", 0, 0;
        /// How long the leader waits for the ISR.
        timeout: Duration = "timeout", Millis, "30000", 0, I32;
    }
}

config_table! {
    /// The configuration of one kafkajs consumer.
    KafkajsConsumerConfig {
        /// First pause before a failed fetch or join is tried again.
        retry_initial: Duration = "retry.initialRetryTime", Millis, "300", 0, I32;
        /// How often it is tried again before the consumer crashes.
        retries: u32 = "retry.retries", Int, "5", 0, I32;
        /// Longest pause.
        retry_max: Duration = "retry.maxRetryTime", Millis, "30000", 0, I32;
        /// Jitter: each pause is drawn from 1 − factor to 1 + factor of the one before, times the multiplier.
        retry_factor: f64 = "retry.factor", Real, "0.2", 0, 1;
        /// How much longer each pause is than the one before.
        retry_multiplier: f64 = "retry.multiplier", Real, "2", 0, 1000;
        /// How long a request may stay without an answer.
        request_timeout: Duration = "requestTimeout", Millis, "30000", 1, I32;
        /// How long connecting may take.
        connection_timeout: Duration = "connectionTimeout", Millis, "1000", 1, I32;
        /// How old metadata may be when a fetch uses it; also how long a preferred read replica is kept.
        metadata_max_age: Duration = "metadataMaxAge", Millis, "300000", 0, I32;
        /// Requests without an answer on one connection at most; 0 stands for `null`: any number.
        max_in_flight: u32 = "maxInFlightRequests", Int, "0", 0, I32;
        /// How long a broker waits for bytes.
        max_wait: Duration = "maxWaitTimeInMs", Millis, "5000", 0, I32;
        /// Bytes that it waits for.
        min_bytes: u32 = "minBytes", Int, "1", 0, I32;
        /// Most bytes of one answer.
        max_bytes: u32 = "maxBytes", Int, "10485760", 1, I32;
        /// Most bytes of one partition in an answer.
        max_bytes_per_partition: u32 = "maxBytesPerPartition", Int, "1048576", 1, I32;
        /// The rack that the consumer stands in (KIP-392). Empty: it reads from leaders.
        rack_id: String = "rackId", Text, "", 0, 0;
    }
}
