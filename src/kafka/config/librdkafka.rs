//! librdkafka keys that the model reads, of producers and consumers alike. Source: `CONFIGURATION.md` and `rdkafka_conf.c`
//! (`rd_kafka_properties`); other names of a key are in `counterparts`. Defaults are those of 2.16.

use super::Kind::{Bool, Int, Millis, Text, Word};
use super::config_table;
use crate::engine::Duration;

const I32: i64 = i32::MAX as i64;

config_table! {
    /// The configuration of one librdkafka client.
    LibrdkafkaConfig {
        /// How often the topics in use are asked for although nothing went wrong; -1 (or 0): never.
        metadata_refresh_interval: Duration = "topic.metadata.refresh.interval.ms", Millis, "300000", -1, 3_600_000;
        /// After how long without an answer about a topic its cached metadata expire: no refresh interval, unlike in Java. Three refresh
        /// intervals unless it is set.
        metadata_max_age: Duration = "metadata.max.age.ms", Millis, "900000", 1, 86_400_000;
        /// How soon a leader that is missing is asked for again at first; `retry.backoff.ms` unless it is set.
        metadata_refresh_fast_interval: Duration = "topic.metadata.refresh.fast.interval.ms", Millis, "100", 1, 60_000;
        /// What to do when no known broker can be reached: keep trying them, or start again from the bootstrap servers (2.10 and later).
        metadata_recovery_strategy: &'static str = "metadata.recovery.strategy", Word(&["none", "rebootstrap"]), "rebootstrap", 0, 0;
        /// First pause before a message is sent again, and between two leader queries.
        retry_backoff: Duration = "retry.backoff.ms", Millis, "100", 1, 300_000;
        /// Upper bound of those pauses as they double.
        retry_backoff_max: Duration = "retry.backoff.max.ms", Millis, "1000", 1, 300_000;
        /// How long a request may stay without an answer before its connection is given up.
        socket_timeout: Duration = "socket.timeout.ms", Millis, "60000", 10, 300_000;
        /// How long a connection attempt may take.
        socket_connection_setup_timeout: Duration = "socket.connection.setup.timeout.ms", Millis, "30000", 1000, I32;
        /// After how long an unused connection is closed; 0: never.
        connections_max_idle: Duration = "connections.max.idle.ms", Millis, "0", 0, I32;
        /// First pause before a broker is connected to again.
        reconnect_backoff: Duration = "reconnect.backoff.ms", Millis, "100", 0, 3_600_000;
        /// Upper bound of that pause as it doubles.
        reconnect_backoff_max: Duration = "reconnect.backoff.max.ms", Millis, "10000", 0, 3_600_000;
        /// How long a new connection may wait for the broker's versions.
        api_version_request_timeout: Duration = "api.version.request.timeout.ms", Millis, "10000", 1, 300_000;
        /// Requests without an answer on one connection at most; 5 for an idempotent producer.
        max_in_flight: u32 = "max.in.flight.requests.per.connection", Int, "1000000", 1, 1_000_000;
        /// Whether the broker drops duplicates and keeps the order of retried messages.
        enable_idempotence: bool = "enable.idempotence", Bool, "false", 0, 1;
        /// Messages that may wait in the producer; the next is refused.
        queue_max_messages: u32 = "queue.buffering.max.messages", Int, "100000", 0, I32;
        /// Kilobytes that may wait in the producer; the next message is refused.
        queue_max_kbytes: u32 = "queue.buffering.max.kbytes", Int, "1048576", 1, I32;
        /// How long messages wait for more of them.
        linger: Duration = "linger.ms", Millis, "5", 0, 900_000;
        /// How often a message is sent again after failures that may have written it.
        retries: u32 = "retries", Int, "2147483647", 0, I32;
        /// Most messages in one request.
        batch_num_messages: u32 = "batch.num.messages", Int, "10000", 1, 1_000_000;
        /// Most bytes of messages in one request.
        batch_size: u32 = "batch.size", Int, "1000000", 1, I32;
        /// How long messages without a key go to one partition before another is drawn.
        sticky_linger: Duration = "sticky.partitioning.linger.ms", Millis, "10", 0, 900_000;
        /// Which acknowledgement a message needs: none, the leader's, or the whole ISR's.
        acks: &'static str = "acks", Word(&["-1", "all", "0", "1"]), "-1", 0, 0;
        /// How long the broker may wait for the ISR.
        request_timeout: Duration = "request.timeout.ms", Millis, "30000", 1, 900_000;
        /// How long a message may take from `produce()` to its delivery report; 0: for ever.
        message_timeout: Duration = "delivery.timeout.ms", Millis, "300000", 0, I32;
        /// Bytes that a broker collects before it answers a fetch.
        fetch_min_bytes: u32 = "fetch.min.bytes", Int, "1", 0, 2_147_483_647;
        /// How long a broker waits for them.
        fetch_wait_max: Duration = "fetch.wait.max.ms", Millis, "500", 0, 300_000;
        /// Most bytes of one answer.
        fetch_max_bytes: u32 = "fetch.max.bytes", Int, "52428800", 0, 2_147_483_135;
        /// Most bytes of one partition in an answer.
        fetch_message_max_bytes: u32 = "max.partition.fetch.bytes", Int, "1048576", 1, 1_000_000_000;
        /// How long a partition is not fetched after an error.
        fetch_error_backoff: Duration = "fetch.error.backoff.ms", Millis, "500", 0, 300_000;
        /// How long a partition whose queue is full is not fetched.
        fetch_queue_backoff: Duration = "fetch.queue.backoff.ms", Millis, "1000", 0, 300_000;
        /// Messages in a partition's queue from which on it is not fetched.
        queued_min_messages: u32 = "queued.min.messages", Int, "100000", 1, 10_000_000;
        /// Where to go on when there is no position, or one that is out of range.
        auto_offset_reset: &'static str = "auto.offset.reset", Word(&["largest", "latest", "end", "smallest", "earliest", "beginning", "error"]), "largest", 0, 0;
        /// Whether records of open transactions are left out.
        isolation_level: &'static str = "isolation.level", Word(&["read_uncommitted", "read_committed"]), "read_committed", 0, 0;
        /// The rack that the client stands in: it reads from a replica there if it can (KIP-392). Empty: from the leader.
        client_rack: String = "client.rack", Text, "", 0, 0;
        /// Whether positions are committed by themselves.
        enable_auto_commit: bool = "enable.auto.commit", Bool, "true", 0, 1;
        /// How often.
        auto_commit_interval: Duration = "auto.commit.interval.ms", Millis, "5000", 0, 86_400_000;
        /// How long a group waits for a member's heartbeat.
        session_timeout: Duration = "session.timeout.ms", Millis, "45000", 1, 3_600_000;
        /// How often a member sends one.
        heartbeat_interval: Duration = "heartbeat.interval.ms", Millis, "3000", 1, 3_600_000;
        /// How long the application may take between two polls before its group goes on without it.
        max_poll_interval: Duration = "max.poll.interval.ms", Millis, "300000", 1, 86_400_000;
    }
}
