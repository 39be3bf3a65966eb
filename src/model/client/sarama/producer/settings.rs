//! What one producer runs by, beside what its client runs by.

use super::super::policies::Policies;
use super::super::settings::{self as client, shared};
use crate::engine::Duration;
use crate::kafka::config::ClientConfig;
use crate::model::message::Acks;
use crate::model::spec::ClientSpec;

/// How long a failed request for a producer id waits (`Producer.Transaction.Retry.Backoff`).
pub(super) const PRODUCER_ID_PAUSE: Duration = Duration::from_millis(100);

/// The resolved settings of one producer.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub acks: Acks,
    pub idempotent: bool,
    /// The client asks for all topics when it is made.
    pub full: bool,
    pub max_message_bytes: u32,
    /// What the broker is told to wait for the acknowledgements.
    pub server_timeout: Duration,
    /// What the client waits for an answer.
    pub read_timeout: Duration,
    pub retry_max: u32,
    pub retry_backoff: Duration,
    pub flush_bytes: u32,
    pub flush_messages: u32,
    pub flush_frequency: Duration,
    pub flush_max_messages: u32,
    pub mutes_partitions: bool,
    pub resends_whole: bool,
    pub resent_stays_whole: bool,
    pub retries_without_pause: bool,
    /// Records are numbered once and for all when they leave their partition.
    pub numbers_records: bool,
    /// Those that waited behind others leave without numbers.
    pub forgets_numbers: bool,
}

impl Settings {
    /// Resolves the configuration of a producer under its profile.
    pub(super) fn new(spec: &ClientSpec) -> (Self, client::Settings) {
        use client::Settings as ClientSettings;
        let ClientConfig::SaramaProducer(config) = &*spec.config else { unreachable!("a sarama producer has the configuration of one") };
        let policies = Policies::of(&spec.profile);
        let acks = Acks::of(config.producer_required_acks);
        let idempotent = config.producer_idempotent;
        let settings = Settings {
            acks,
            idempotent,
            full: config.metadata_full,
            max_message_bytes: config.producer_max_message_bytes,
            server_timeout: config.producer_timeout,
            read_timeout: config.net_read_timeout,
            retry_max: config.producer_retry_max,
            retry_backoff: config.producer_retry_backoff,
            flush_bytes: config.producer_flush_bytes,
            flush_messages: config.producer_flush_messages,
            flush_frequency: config.producer_flush_frequency,
            flush_max_messages: config.producer_flush_max_messages,
            mutes_partitions: policies.mutes_partitions,
            resends_whole: policies.resends_whole(idempotent),
            resent_stays_whole: policies.resent_stays_whole,
            retries_without_pause: policies.retries_without_pause,
            numbers_records: idempotent && policies.numbers == "with-the-record",
            forgets_numbers: policies.forgets_numbers,
        };
        (settings, shared!(config, &policies, ClientSettings))
    }
}
