//! Options of franz-go (`kgo.NewClient`) that the model reads, under the names of the functions that set them: what people write as
//! `kgo.MetadataMinAge(time.Second)` is `kgo.MetadataMinAge = 1000` here. Durations are whole milliseconds.
//! Source: `pkg/kgo/config.go`, `defaultCfg` and `cfg.validate`. Defaults are those of 1.20 and later; what an older release has is in
//! its profile.

use super::Kind::{Bool, Int, Millis, Text, Word};
use super::config_table;
use crate::engine::Duration;

const I32: i64 = i32::MAX as i64;
const HOUR: i64 = 3_600_000;
const QUARTER: i64 = 900_000;

config_table! {
    /// The options of one franz-go producer.
    FranzGoProducerConfig {
        /// After how long metadata is asked for again although nothing went wrong.
        metadata_max_age: Duration = "kgo.MetadataMaxAge", Millis, "300000", 10, HOUR;
        /// Least time between two metadata requests, but for the few that may not wait.
        metadata_min_age: Duration = "kgo.MetadataMinAge", Millis, "5000", 10, HOUR;
        /// How long a connection attempt may take.
        dial_timeout: Duration = "kgo.DialTimeout", Millis, "10000", 1, i64::MAX;
        /// How long an answer may take beyond the time that the request itself allows the broker.
        request_timeout_overhead: Duration = "kgo.RequestTimeoutOverhead", Millis, "10000", 100, QUARTER;
        /// After how long an unused connection is not used again.
        conn_idle_timeout: Duration = "kgo.ConnIdleTimeout", Millis, "30000", 100, QUARTER;
        /// How long requests other than produce and fetch are tried again.
        retry_timeout: Duration = "kgo.RetryTimeout", Millis, "30000", 0, i64::MAX;
        /// How often they are.
        request_retries: u32 = "kgo.RequestRetries", Int, "20", 0, I32;
        /// Which acknowledgement a record needs: the whole ISR's, the leader's, or none.
        required_acks: &'static str = "kgo.RequiredAcks", Word(&["AllISRAcks", "LeaderAck", "NoAck", "all", "-1", "1", "0"]), "AllISRAcks", 0, 0;
        /// The broker does not look for duplicates and order.
        disable_idempotent_write: bool = "kgo.DisableIdempotentWrite", Bool, "false", 0, 1;
        /// Produce requests without an answer on one broker, where idempotence is disabled.
        max_produce_inflight: u32 = "kgo.MaxProduceRequestsInflightPerBroker", Int, "1", 1, I32;
        /// How long the broker may wait for replication before it answers `REQUEST_TIMED_OUT`.
        produce_timeout: Duration = "kgo.ProduceRequestTimeout", Millis, "10000", 100, I32;
        /// How often a batch is tried again.
        record_retries: u64 = "kgo.RecordRetries", Int, "9223372036854775807", 0, i64::MAX;
        /// How long a record may take, looked at only when it is about to be sent or has failed; 0: no limit.
        record_delivery_timeout: Duration = "kgo.RecordDeliveryTimeout", Millis, "0", 0, i64::MAX;
        /// How many answers in a row may say that a partition is unknown before its records fail.
        unknown_topic_retries: u32 = "kgo.UnknownTopicRetries", Int, "4", 0, I32;
        /// How long a batch waits for more records.
        linger: Duration = "kgo.ProducerLinger", Millis, "10", 0, 60_000;
        /// Records that may wait; `Produce` blocks beyond.
        max_buffered_records: u64 = "kgo.MaxBufferedRecords", Int, "10000", 1, i64::MAX;
        /// Size at which a batch is full.
        batch_max_bytes: u32 = "kgo.ProducerBatchMaxBytes", Int, "1000012", 512, 1 << 30;
    }
}

config_table! {
    /// The options of one franz-go consumer.
    FranzGoConsumerConfig {
        /// After how long metadata is asked for again although nothing went wrong.
        metadata_max_age: Duration = "kgo.MetadataMaxAge", Millis, "300000", 10, HOUR;
        /// Least time between two metadata requests, but for the few that may not wait.
        metadata_min_age: Duration = "kgo.MetadataMinAge", Millis, "5000", 10, HOUR;
        /// How long a connection attempt may take.
        dial_timeout: Duration = "kgo.DialTimeout", Millis, "10000", 1, i64::MAX;
        /// How long an answer may take beyond the time that the request itself allows the broker.
        request_timeout_overhead: Duration = "kgo.RequestTimeoutOverhead", Millis, "10000", 100, QUARTER;
        /// After how long an unused connection is not used again.
        conn_idle_timeout: Duration = "kgo.ConnIdleTimeout", Millis, "30000", 100, QUARTER;
        /// How long requests other than produce and fetch are tried again.
        retry_timeout: Duration = "kgo.RetryTimeout", Millis, "30000", 0, i64::MAX;
        /// How often they are.
        request_retries: u32 = "kgo.RequestRetries", Int, "20", 0, I32;
        /// How long a broker waits for records before it answers a fetch.
        fetch_max_wait: Duration = "kgo.FetchMaxWait", Millis, "5000", 10, I32;
        /// Bytes that a broker collects before it answers a fetch.
        fetch_min_bytes: u32 = "kgo.FetchMinBytes", Int, "1", 0, I32;
        /// Most bytes of one answer.
        fetch_max_bytes: u32 = "kgo.FetchMaxBytes", Int, "52428800", 0, I32;
        /// Most bytes of one partition in an answer.
        fetch_max_partition_bytes: u32 = "kgo.FetchMaxPartitionBytes", Int, "1048576", 0, I32;
        /// Where to go on when a position is out of range and nothing was read yet.
        reset_offset: &'static str = "kgo.ConsumeResetOffset", Word(&["AtStart", "AtEnd"]), "AtStart", 0, 0;
        /// Whether records of open transactions are left out.
        isolation_level: &'static str = "kgo.FetchIsolationLevel", Word(&["ReadUncommitted", "ReadCommitted"]), "ReadUncommitted", 0, 0;
        /// The rack that the consumer stands in: it reads from a replica there if it can (KIP-392). Empty: from the leader.
        rack: String = "kgo.Rack", Text, "", 0, 0;
        /// How long a nearby replica is read from before the leader is asked again.
        recheck_preferred_replica: Duration = "kgo.RecheckPreferredReplicaInterval", Millis, "1800000", 10, 604_800_000;
        /// How long a group waits for a member's heartbeat.
        session_timeout: Duration = "kgo.SessionTimeout", Millis, "45000", 100, I32;
        /// How often a member sends one.
        heartbeat_interval: Duration = "kgo.HeartbeatInterval", Millis, "3000", 1, I32;
        /// How long a rebalance waits for a member.
        rebalance_timeout: Duration = "kgo.RebalanceTimeout", Millis, "60000", 100, I32;
        /// How often positions are committed by themselves.
        auto_commit_interval: Duration = "kgo.AutoCommitInterval", Millis, "5000", 100, I32;
    }
}
