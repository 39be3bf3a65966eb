//! What one producer runs by: its configuration and profile, resolved once.

use super::policies::{Policies, Rebootstrap};
use crate::engine::Duration;
use crate::kafka::ErrorCode;
use crate::kafka::config::ClientConfig;
use crate::model::client::backoff::Backoff;
use crate::model::client::{cache, connections};
use crate::model::message::Acks;
use crate::model::spec::ClientSpec;

/// The resolved settings of one producer.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub acks: Acks,
    pub idempotent: bool,
    pub max_in_flight: usize,
    pub linger: Duration,
    pub batch_size: u32,
    pub buffer_memory: u64,
    pub max_request_size: u32,
    pub request_timeout: Duration,
    pub delivery_timeout: Duration,
    pub max_block: Duration,
    pub retries: u32,
    pub metadata_max_age: Duration,
    pub metadata_max_idle: Duration,
    pub retry_backoff: Duration,
    pub reconnect_backoff: Duration,
    pub retry: Backoff,
    pub connections: connections::Policy,
    pub cache: cache::Policy,
    pub rebootstrap: Rebootstrap,
    pub rebootstrap_trigger: Duration,
    /// Answers that teach nothing stretch the pause to the next refresh (KIP-580).
    pub equivalent_backoff: bool,
    pub epoch_skips_backoff: bool,
    pub leader_hints: bool,
    pub timeout_error: ErrorCode,
}

impl Settings {
    /// Resolves the configuration of a producer under its profile.
    pub(super) fn new(client: &ClientSpec) -> Self {
        let ClientConfig::JavaProducer(config) = &*client.config else { unreachable!("a Java producer has the configuration of one") };
        let profile = Policies::of(&client.profile);
        let acks = Acks::of(config.acks);
        // `ProducerConfig.postProcessAndValidateIdempotenceConfigs`: a conflicting setting turns idempotence off.
        let idempotent =
            config.enable_idempotence && config.retries > 0 && acks == Acks::All && config.max_in_flight_requests_per_connection <= 5;
        let retry = if profile.exponential_backoff {
            Backoff::exponential(config.retry_backoff, config.retry_backoff_max)
        } else {
            Backoff::flat(config.retry_backoff)
        };
        let allowed = config.metadata_recovery_strategy == "rebootstrap";
        Settings {
            acks,
            idempotent,
            max_in_flight: config.max_in_flight_requests_per_connection as usize,
            linger: config.linger,
            batch_size: config.batch_size.max(1),
            buffer_memory: config.buffer_memory,
            max_request_size: config.max_request_size,
            request_timeout: config.request_timeout,
            // `KafkaProducer.configureDeliveryTimeout`: raised when it is too short for one attempt.
            delivery_timeout: config.delivery_timeout.max(config.linger + config.request_timeout),
            max_block: config.max_block,
            retries: config.retries,
            metadata_max_age: config.metadata_max_age,
            metadata_max_idle: config.metadata_max_idle,
            retry_backoff: config.retry_backoff,
            reconnect_backoff: config.reconnect_backoff,
            retry,
            connections: connections::Policy {
                setup: Backoff::exponential(config.socket_connection_setup_timeout, config.socket_connection_setup_timeout_max),
                reconnect: Backoff::exponential(config.reconnect_backoff, config.reconnect_backoff_max),
                // The table reads -1 (never) as zero.
                idle: Some(config.connections_max_idle).filter(|idle| !idle.is_zero()),
                // The Java clock counts milliseconds and its time-outs are strict.
                tick: Duration::from_millis(1),
            },
            cache: cache::Policy { epochs: cache::Epochs::RejectOlder, hints: cache::Hints::Newer },
            rebootstrap: if allowed { profile.rebootstrap() } else { Rebootstrap::Never },
            rebootstrap_trigger: config.metadata_recovery_rebootstrap_trigger,
            equivalent_backoff: profile.exponential_backoff,
            epoch_skips_backoff: profile.epoch_skips_backoff,
            leader_hints: profile.leader_hints,
            timeout_error: profile.timeout_error(),
        }
    }
}
