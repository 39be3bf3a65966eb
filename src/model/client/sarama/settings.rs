//! What the part that producer and consumer share runs by (`client.go`, `broker.go`).

use crate::engine::Duration;
use crate::model::client::backoff::Backoff;
use crate::model::client::{cache, connections};

/// The settings of sarama's `Client`.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub max_open_requests: usize,
    pub dial_timeout: Duration,
    pub read_timeout: Duration,
    pub retry_max: u32,
    pub retry_backoff: Duration,
    /// None: there is no periodic refresh.
    pub refresh_frequency: Option<Duration>,
    /// The periodic refresh names all topics of the cluster.
    pub full: bool,
    /// None: a refresh takes as long as it takes.
    pub timeout: Option<Duration>,
    pub single_flight: bool,
    pub cache: cache::Policy,
    pub checks_idle_connections: bool,
    pub dial_blocks_metadata: bool,
    pub cancels_retries: bool,
}

/// Reads the keys that producer and consumer have alike.
macro_rules! shared {
    ($config:expr, $policies:expr, $settings:ident) => {{
        let (config, policies): (_, &crate::model::client::sarama::Policies) = ($config, $policies);
        let some = |d: Duration| (d > Duration::ZERO).then_some(d);
        $settings {
            max_open_requests: config.net_max_open_requests as usize,
            dial_timeout: config.net_dial_timeout,
            read_timeout: config.net_read_timeout,
            retry_max: config.metadata_retry_max,
            retry_backoff: config.metadata_retry_backoff,
            refresh_frequency: some(config.metadata_refresh_frequency),
            full: config.metadata_full,
            timeout: some(config.metadata_timeout),
            single_flight: config.metadata_single_flight,
            cache: policies.cache(),
            checks_idle_connections: policies.checks_idle_connections,
            dial_blocks_metadata: policies.dial_blocks_metadata,
            cancels_retries: policies.cancels_retries,
        }
    }};
}
pub(super) use shared;

impl Settings {
    /// No reconnect pause and no idle close (`broker.go`: `Open` dials whenever it is called; issue 782).
    pub(super) fn connections(&self) -> connections::Policy {
        connections::Policy {
            setup: Backoff::flat(self.dial_timeout),
            reconnect: Backoff::flat(Duration::ZERO),
            idle: None,
            tick: Duration::ZERO,
        }
    }
}
