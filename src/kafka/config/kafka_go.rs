//! segmentio kafka-go keys that the model reads, under the names of its struct fields (`Writer`, `Transport`, `ReaderConfig`). Times
//! are whole milliseconds here, a `time.Duration` there; as there, a zero means the default. Source: kafka-go `writer.go`,
//! `transport.go`, `reader.go`, `dialer.go`, release 0.4.51.

use super::Kind::{Int, Millis, Word};
use super::config_table;
use crate::engine::Duration;

const I32: i64 = i32::MAX as i64;

config_table! {
    /// The configuration of one kafka-go Writer with its Transport.
    KafkaGoWriterConfig {
        /// How often a batch is sent at most.
        max_attempts: u32 = "MaxAttempts", Int, "10", 0, I32;
        /// Pause before the first retry; the pause before retry k is k² times as long.
        write_backoff_min: Duration = "WriteBackoffMin", Millis, "100", 0, I32;
        /// Longest pause.
        write_backoff_max: Duration = "WriteBackoffMax", Millis, "1000", 0, I32;
        /// Records at which a batch is full and leaves.
        batch_size: u32 = "BatchSize", Int, "100", 0, I32;
        /// Bytes at which a batch is full and leaves.
        batch_bytes: u32 = "BatchBytes", Int, "1048576", 0, I32;
        /// How long a batch waits for more records.
        batch_timeout: Duration = "BatchTimeout", Millis, "1000", 0, I32;
        /// How long one attempt may take, connecting included; half of it is what the broker is given.
        write_timeout: Duration = "WriteTimeout", Millis, "10000", 0, I32;
        /// How long a record waits for the first metadata.
        read_timeout: Duration = "ReadTimeout", Millis, "10000", 0, I32;
        /// Which acknowledgement a record needs.
        required_acks: &'static str = "RequiredAcks", Word(&["none", "one", "all", "0", "1", "-1"]), "none", 0, 0;
        /// Upper bound of the pause between two metadata requests, which is drawn uniformly below it.
        metadata_ttl: Duration = "Transport.MetadataTTL", Millis, "6000", 0, I32;
        /// How long connecting may take, with the first request.
        dial_timeout: Duration = "Transport.DialTimeout", Millis, "5000", 0, I32;
        /// After how long an unused connection is closed.
        idle_timeout: Duration = "Transport.IdleTimeout", Millis, "30000", 0, I32;
    }
}

config_table! {
    /// The configuration of one kafka-go Reader.
    KafkaGoReaderConfig {
        /// How long a broker waits for bytes; it is asked for one second less.
        max_wait: Duration = "MaxWait", Millis, "10000", 0, I32;
        /// Bytes that it waits for.
        min_bytes: u32 = "MinBytes", Int, "1", 0, I32;
        /// Most bytes of one answer.
        max_bytes: u32 = "MaxBytes", Int, "1048576", 0, I32;
        /// Pause before the first retry; the pause before retry k is k² times as long.
        read_backoff_min: Duration = "ReadBackoffMin", Millis, "100", 0, I32;
        /// Longest pause.
        read_backoff_max: Duration = "ReadBackoffMax", Millis, "1000", 0, I32;
        /// Messages that wait for the application before the next fetch.
        queue_capacity: u32 = "QueueCapacity", Int, "100", 0, I32;
        /// How long connecting may take.
        dialer_timeout: Duration = "Dialer.Timeout", Millis, "10000", 0, I32;
    }
}
