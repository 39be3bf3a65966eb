//! What a client's cluster runs by, resolved once.

use super::policies::Policies;
use super::retrier::RetryPolicy;
use crate::engine::{Chance, Duration, Stream};
use crate::kafka::config::{ClientConfig, KafkajsConsumerConfig, KafkajsProducerConfig};
use crate::model::client::backoff::Backoff;
use crate::model::client::fetching::FetchSettings;
use crate::model::client::{cache, connections};
use crate::model::message::{Acks, Isolation};
use crate::model::spec::ClientSpec;

/// How long connecting may take in all while others wait for their turn: twice the time-out of a connect and the 10 s of
/// `authenticationTimeout` (`broker/index.js` lockTimeout).
const AUTHENTICATION_TIMEOUT: Duration = Duration::from_secs(10);
/// `network/requestQueue`: time-outs are looked for at this interval at most.
const TIMEOUT_CHECK: Duration = Duration::from_millis(100);

/// The options that the cluster reads.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClusterSettings {
    pub policies: ClusterPolicies,
    pub retry: RetryPolicy,
    pub request_timeout: Duration,
    /// Requests in flight on one connection; none: any number.
    pub max_in_flight: Option<usize>,
    pub metadata_max_age: Duration,
    pub lock_timeout: Duration,
    pub timeout_check: Duration,
    pub connections: connections::Policy,
    pub cache: cache::Policy,
}

/// The defects that the cluster has or has not.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClusterPolicies {
    pub timeout_keeps_socket: bool,
    pub partition_error_fails_refresh: bool,
}

/// The options of a producer and its `send()`.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProducerSettings {
    pub cluster: ClusterSettings,
    pub acks: Acks,
    pub timeout: Duration,
}

/// The client's streams of chance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draws {
    pub retry: Stream,
    pub shuffle: Stream,
    pub connect: Stream,
    pub partition: Stream,
    pub age: Stream,
}

impl Draws {
    /// The streams of one client.
    pub(super) fn new(chance: Chance) -> Self {
        let stream = |purpose| chance.stream(purpose);
        Draws {
            retry: stream("client retry pause"),
            shuffle: stream("client node order"),
            connect: stream("client reconnect pause"),
            partition: stream("client partition"),
            age: stream("client metadata age"),
        }
    }
}

impl ClusterSettings {
    fn new(
        policies: &Policies,
        retry: RetryPolicy,
        request_timeout: Duration,
        connection_timeout: Duration,
        max_in_flight: u32,
        metadata_max_age: Duration,
    ) -> Self {
        ClusterSettings {
            policies: ClusterPolicies {
                timeout_keeps_socket: policies.timeout_keeps_socket,
                partition_error_fails_refresh: policies.partition_error_fails_refresh,
            },
            retry,
            request_timeout,
            max_in_flight: Some(max_in_flight as usize).filter(|n| *n > 0),
            metadata_max_age,
            lock_timeout: connection_timeout + connection_timeout + AUTHENTICATION_TIMEOUT,
            timeout_check: request_timeout.min(TIMEOUT_CHECK),
            connections: connections::Policy {
                setup: Backoff::flat(connection_timeout),
                reconnect: Backoff::flat(Duration::ZERO),
                idle: None,
                tick: Duration::ZERO,
            },
            cache: cache::Policy { epochs: cache::Epochs::AcceptAny, hints: cache::Hints::Newer },
        }
    }
}

impl ProducerSettings {
    /// Resolves the configuration of a producer under its profile.
    pub(super) fn new(client: &ClientSpec) -> Self {
        let ClientConfig::KafkajsProducer(config) = &*client.config else { unreachable!("a kafkajs producer has the options of one") };
        let KafkajsProducerConfig {
            retry_initial,
            retries,
            retry_max,
            retry_factor,
            retry_multiplier,
            request_timeout,
            connection_timeout,
            metadata_max_age,
            max_in_flight,
            acks,
            timeout,
        } = **config;
        let retry = RetryPolicy { initial: retry_initial, max: retry_max, factor: retry_factor, multiplier: retry_multiplier, retries };
        let policies = Policies::of(&client.profile);
        ProducerSettings {
            cluster: ClusterSettings::new(&policies, retry, request_timeout, connection_timeout, max_in_flight, metadata_max_age),
            acks: Acks::of(acks),
            timeout,
        }
    }
}

/// The options of a consumer.
#[derive(Clone, Debug)]
pub(super) struct ConsumerSettings {
    pub cluster: ClusterSettings,
    pub fetch: FetchSettings,
}

impl ConsumerSettings {
    /// Resolves the configuration of a consumer under its profile.
    pub(super) fn new(client: &ClientSpec) -> Self {
        let ClientConfig::KafkajsConsumer(config) = &*client.config else { unreachable!("a kafkajs consumer has the options of one") };
        let KafkajsConsumerConfig { retry_initial, retries, retry_max, retry_factor, retry_multiplier, .. } = **config;
        let retry = RetryPolicy { initial: retry_initial, max: retry_max, factor: retry_factor, multiplier: retry_multiplier, retries };
        let (request, connection, age) = (config.request_timeout, config.connection_timeout, config.metadata_max_age);
        let policies = Policies::of(&client.profile);
        ConsumerSettings {
            cluster: ClusterSettings::new(&policies, retry, request, connection, config.max_in_flight, age),
            // Fetch of version 11: no session, no epoch; followers serve it. `readUncommitted` is false.
            fetch: FetchSettings {
                only_leader: false,
                max_wait: config.max_wait,
                min_bytes: config.min_bytes,
                max_bytes: config.max_bytes,
                partition_max_bytes: config.max_bytes_per_partition,
                isolation: Isolation::ReadCommitted,
                rack: Some(config.rack_id.as_str()).filter(|rack| !rack.is_empty()).map(Into::into),
            },
        }
    }
}
