//! Arguments of kafka-python's `KafkaProducer` that the model reads, under their own names. Source: `KafkaProducer.DEFAULT_CONFIG`. Defaults
//! are those of 3.x.

use super::Kind::{Bool, Int, Millis, Word};
use super::config_table;
use crate::engine::Duration;

const I32: i64 = i32::MAX as i64;

config_table! {
    /// The arguments of one kafka-python producer.
    KafkaPythonProducerConfig {
        /// After how long the whole metadata is asked for again although nothing went wrong.
        metadata_max_age: Duration = "metadata_max_age_ms", Millis, "300000", 0, i64::MAX;
        /// Pause before a failed batch is sent again, and between two metadata refreshes. It does not grow.
        retry_backoff: Duration = "retry_backoff_ms", Millis, "100", 0, i64::MAX;
        /// First pause before a broker that could not be connected to is tried again.
        reconnect_backoff: Duration = "reconnect_backoff_ms", Millis, "50", 0, i64::MAX;
        /// Upper bound of that pause as it doubles.
        reconnect_backoff_max: Duration = "reconnect_backoff_max_ms", Millis, "30000", 0, i64::MAX;
        /// First time-out of a connection attempt.
        socket_connection_setup_timeout: Duration = "socket_connection_setup_timeout_ms", Millis, "10000", 0, i64::MAX;
        /// Upper bound of that time-out as it doubles.
        socket_connection_setup_timeout_max: Duration = "socket_connection_setup_timeout_max_ms", Millis, "30000", 0, i64::MAX;
        /// After how long an unused connection is closed.
        connections_max_idle: Duration = "connections_max_idle_ms", Millis, "540000", 0, i64::MAX;
        /// How long a request may stay without an answer before its connection is given up.
        request_timeout: Duration = "request_timeout_ms", Millis, "30000", 1, I32;
        /// How long `send()` may block for metadata.
        max_block: Duration = "max_block_ms", Millis, "60000", 0, i64::MAX;
        /// How long a record may take from `send()` to its result.
        delivery_timeout: Duration = "delivery_timeout_ms", Millis, "120000", 0, I32;
        /// How often a batch is sent again. Without one it is without end.
        retries: u32 = "retries", Int, "2147483647", 0, I32;
        /// Which acknowledgement a record needs: none, the leader's, or the whole ISR's.
        acks: &'static str = "acks", Word(&["all", "-1", "0", "1"]), "-1", 0, 0;
        /// Whether the broker drops duplicates and keeps the order of retried batches.
        enable_idempotence: bool = "enable_idempotence", Bool, "true", 0, 1;
        /// Requests without an answer on one connection at most.
        max_in_flight_requests_per_connection: u32 = "max_in_flight_requests_per_connection", Int, "5", 1, I32;
        /// How long a batch waits for more records.
        linger: Duration = "linger_ms", Millis, "0", 0, i64::MAX;
        /// Size at which a batch is full.
        batch_size: u32 = "batch_size", Int, "16384", 0, I32;
        /// Most bytes in one request.
        max_request_size: u32 = "max_request_size", Int, "1048576", 0, I32;
    }
}
