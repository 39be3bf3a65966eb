//! Java consumer keys that the model reads. Source: `ConsumerConfig`, `CommonClientConfigs`. Defaults are those of 4.x;
//! what an older release has by default is in its profile.

use super::Kind::{Bool, Int, Millis, Text, Word};
use super::config_table;
use crate::engine::Duration;

const I32: i64 = i32::MAX as i64;

config_table! {
    /// The configuration of one Java consumer.
    ConsumerConfig {
        /// After how long the whole metadata is asked for again although nothing went wrong.
        metadata_max_age: Duration = "metadata.max.age.ms", Millis, "300000", 0, i64::MAX;
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
        /// Bytes that a broker collects before it answers a fetch.
        fetch_min_bytes: u32 = "fetch.min.bytes", Int, "1", 0, I32;
        /// How long a broker waits for them.
        fetch_max_wait: Duration = "fetch.max.wait.ms", Millis, "500", 0, I32;
        /// Most bytes of one answer.
        fetch_max_bytes: u32 = "fetch.max.bytes", Int, "52428800", 0, I32;
        /// Most bytes of one partition in an answer.
        max_partition_fetch_bytes: u32 = "max.partition.fetch.bytes", Int, "1048576", 0, I32;
        /// Most records that one `poll()` gives.
        max_poll_records: u32 = "max.poll.records", Int, "500", 1, I32;
        /// How long the application may take between two polls before its group goes on without it.
        max_poll_interval: Duration = "max.poll.interval.ms", Millis, "300000", 1, I32;
        /// Where to go on when there is no position, or one that is out of range.
        auto_offset_reset: &'static str = "auto.offset.reset", Word(&["latest", "earliest", "none"]), "latest", 0, 0;
        /// Whether records of open transactions are left out.
        isolation_level: &'static str = "isolation.level", Word(&["read_uncommitted", "read_committed"]), "read_uncommitted", 0, 0;
        /// Whether positions are committed by themselves.
        enable_auto_commit: bool = "enable.auto.commit", Bool, "true", 0, 1;
        /// How often.
        auto_commit_interval: Duration = "auto.commit.interval.ms", Millis, "5000", 0, I32;
        /// How long a group waits for a member's heartbeat.
        session_timeout: Duration = "session.timeout.ms", Millis, "45000", 1, I32;
        /// How often a member sends one.
        heartbeat_interval: Duration = "heartbeat.interval.ms", Millis, "3000", 1, I32;
        /// The rack that the consumer stands in: it reads from a replica there if it can (KIP-392). Empty: from the leader.
        client_rack: String = "client.rack", Text, "", 0, 0;
        /// How long a commit or position look-up may take.
        default_api_timeout: Duration = "default.api.timeout.ms", Millis, "60000", 0, I32;
    }
}
