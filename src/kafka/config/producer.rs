//! Java producer keys that the model reads. Source: `ProducerConfig`, `CommonClientConfigs`. Defaults are those of 4.x;
//! what an older release has by default is in its profile.

use super::Kind::{Bool, Int, Millis, Word};
use super::config_table;
use crate::engine::Duration;

const I32: i64 = i32::MAX as i64;

config_table! {
    /// The configuration of one Java producer.
    ProducerConfig {
        /// After how long the whole metadata is asked for again although nothing went wrong.
        metadata_max_age: Duration = "metadata.max.age.ms", Millis, "300000", 0, i64::MAX;
        /// After how long without a record a topic is forgotten.
        metadata_max_idle: Duration = "metadata.max.idle.ms", Millis, "300000", 5000, i64::MAX;
        /// What to do when no known broker can be reached: keep trying them, or start again from the bootstrap servers.
        metadata_recovery_strategy: &'static str = "metadata.recovery.strategy", Word(&["none", "rebootstrap"]), "rebootstrap", 0, 0;
        /// After how long without a metadata answer the client starts again from the bootstrap servers.
        metadata_recovery_rebootstrap_trigger: Duration = "metadata.recovery.rebootstrap.trigger.ms", Millis, "300000", 0, i64::MAX;
        /// First pause before a failed request is sent again, and between two metadata refreshes.
        retry_backoff: Duration = "retry.backoff.ms", Millis, "100", 0, i64::MAX;
        /// Upper bound of that pause as it doubles (3.7 and later).
        retry_backoff_max: Duration = "retry.backoff.max.ms", Millis, "1000", 0, i64::MAX;
        /// First pause before a broker is connected to again.
        reconnect_backoff: Duration = "reconnect.backoff.ms", Millis, "50", 0, i64::MAX;
        /// Upper bound of that pause as it doubles.
        reconnect_backoff_max: Duration = "reconnect.backoff.max.ms", Millis, "1000", 0, i64::MAX;
        /// First time-out of a connection attempt.
        socket_connection_setup_timeout: Duration = "socket.connection.setup.timeout.ms", Millis, "10000", 0, i64::MAX;
        /// Upper bound of that time-out as it doubles.
        socket_connection_setup_timeout_max: Duration = "socket.connection.setup.timeout.max.ms", Millis, "30000", 0, i64::MAX;
        /// After how long an unused connection is closed.
        connections_max_idle: Duration = "connections.max.idle.ms", Millis, "540000", -1, i64::MAX;
        /// How long a request may stay without an answer before its connection is given up.
        request_timeout: Duration = "request.timeout.ms", Millis, "30000", 0, I32;
        /// How long `send()` may block for metadata or buffer space.
        max_block: Duration = "max.block.ms", Millis, "60000", 0, i64::MAX;
        /// How long a record may take from `send()` to its result.
        delivery_timeout: Duration = "delivery.timeout.ms", Millis, "120000", 0, I32;
        /// How often a batch is sent again.
        retries: u32 = "retries", Int, "2147483647", 0, I32;
        /// Which acknowledgement a record needs: none, the leader's, or the whole ISR's.
        acks: &'static str = "acks", Word(&["all", "-1", "0", "1"]), "all", 0, 0;
        /// Whether the broker drops duplicates and keeps the order of retried batches.
        enable_idempotence: bool = "enable.idempotence", Bool, "true", 0, 1;
        /// Requests without an answer on one connection at most.
        max_in_flight_requests_per_connection: u32 = "max.in.flight.requests.per.connection", Int, "5", 1, I32;
        /// How long a batch waits for more records.
        linger: Duration = "linger.ms", Millis, "5", 0, i64::MAX;
        /// Size at which a batch is full.
        batch_size: u32 = "batch.size", Int, "16384", 0, I32;
        /// Memory for records that wait.
        buffer_memory: u64 = "buffer.memory", Int, "33554432", 0, i64::MAX;
        /// Most bytes in one request.
        max_request_size: u32 = "max.request.size", Int, "1048576", 0, I32;
    }
}
