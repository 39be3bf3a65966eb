//! What one producer runs by: its configuration and profile, resolved once.

use crate::engine::Duration;
use crate::kafka::ErrorCode;
use crate::kafka::config::{ClientConfig, KafkaPythonProducerConfig};
use crate::model::client::java::policies::Policies;
use crate::model::client::java::settings::{Keys, Shared, resolve, shared};
use crate::model::message::Acks;
use crate::model::spec::ClientSpec;

/// The resolved settings of one producer, beside the shared ones.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub acks: Acks,
    pub idempotent: bool,
    pub linger: Duration,
    pub batch_size: u32,
    pub buffer_memory: u64,
    pub max_request_size: u32,
    pub request_timeout: Duration,
    pub delivery_timeout: Duration,
    pub max_block: Duration,
    pub retries: u32,
    pub metadata_max_idle: Duration,
    pub epoch_skips_backoff: bool,
    pub leader_hints: bool,
    /// While a refresh is due and unsent, no node is ready.
    pub metadata_first: bool,
    /// A partition takes no second batch while one is in flight.
    pub one_batch: bool,
    pub lost_wake_up: bool,
    pub timeout_error: ErrorCode,
}

impl Settings {
    /// Resolves the configuration of a producer under its profile.
    pub(super) fn new(client: &ClientSpec) -> (Self, Shared) {
        let profile = Policies::of(&client.profile);
        if let ClientConfig::KafkaPythonProducer(config) = &*client.config {
            return Self::kafka_python(config, &profile);
        }
        let ClientConfig::JavaProducer(config) = &*client.config else { unreachable!("a Java producer has the configuration of one") };
        let acks = Acks::of(config.acks);
        // `ProducerConfig.postProcessAndValidateIdempotenceConfigs`: a conflicting setting turns idempotence off.
        let idempotent =
            config.enable_idempotence && config.retries > 0 && acks == Acks::All && config.max_in_flight_requests_per_connection <= 5;
        let max_in_flight = config.max_in_flight_requests_per_connection as usize;
        let settings = Settings {
            acks,
            idempotent,
            linger: config.linger,
            batch_size: config.batch_size.max(1),
            buffer_memory: config.buffer_memory,
            max_request_size: config.max_request_size,
            request_timeout: config.request_timeout,
            // `KafkaProducer.configureDeliveryTimeout`: raised when it is too short for one attempt.
            delivery_timeout: config.delivery_timeout.max(config.linger + config.request_timeout),
            max_block: config.max_block,
            retries: config.retries,
            metadata_max_idle: config.metadata_max_idle,
            epoch_skips_backoff: profile.epoch_skips_backoff,
            leader_hints: profile.leader_hints,
            metadata_first: profile.metadata_first,
            one_batch: max_in_flight == 1 || (idempotent && profile.one_batch),
            lost_wake_up: profile.lost_wake_up,
            timeout_error: profile.timeout_error(),
        };
        (settings, shared!(&**config, &profile, max_in_flight, true))
    }

    /// The same of a kafka-python producer.
    fn kafka_python(config: &KafkaPythonProducerConfig, profile: &Policies) -> (Self, Shared) {
        let acks = Acks::of(config.acks);
        let max_in_flight = config.max_in_flight_requests_per_connection as usize;
        let settings = Settings {
            acks,
            idempotent: config.enable_idempotence,
            linger: config.linger,
            batch_size: config.batch_size.max(1),
            // It has no bound on the memory of records that wait (`buffer_memory` went with 3.0).
            buffer_memory: u64::MAX,
            max_request_size: config.max_request_size,
            request_timeout: config.request_timeout,
            delivery_timeout: config.delivery_timeout,
            max_block: config.max_block,
            retries: config.retries,
            // Topics are never forgotten.
            metadata_max_idle: Duration::from_secs(1_000_000_000),
            epoch_skips_backoff: profile.epoch_skips_backoff,
            leader_hints: profile.leader_hints,
            metadata_first: profile.metadata_first,
            one_batch: max_in_flight == 1 || (config.enable_idempotence && profile.one_batch),
            lost_wake_up: profile.lost_wake_up,
            timeout_error: profile.timeout_error(),
        };
        let keys = Keys {
            max_in_flight,
            partial: false,
            tick: Duration::ZERO,
            request_timeout: config.request_timeout,
            metadata_max_age: config.metadata_max_age,
            retry: [config.retry_backoff, config.retry_backoff],
            reconnect: [config.reconnect_backoff, config.reconnect_backoff_max],
            setup: [config.socket_connection_setup_timeout, config.socket_connection_setup_timeout_max],
            idle: config.connections_max_idle,
            may_rebootstrap: false,
            rebootstrap_trigger: Duration::ZERO,
        };
        (settings, resolve(profile, &keys))
    }
}
