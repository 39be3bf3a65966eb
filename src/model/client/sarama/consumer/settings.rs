//! What one consumer runs by, beside what its client runs by.

use super::super::policies::Policies;
use super::super::settings::{self as client, shared};
use crate::engine::Duration;
use crate::kafka::config::ClientConfig;
use crate::model::message::Isolation;
use crate::model::spec::ClientSpec;
use std::sync::Arc;

/// How long new subscriptions of a broker are collected (`partitionConsumersBatchTimeout`).
pub(super) const COLLECTING: Duration = Duration::from_millis(100);
/// Records that wait for the application before a partition is asked no more (`ChannelBufferSize`).
pub(super) const CHANNEL: u64 = 256;
/// How long a preferred read replica is kept when there is no periodic refresh (`defaultMetadataRefreshFrequency`).
const LEASE: Duration = Duration::from_secs(600);

/// The resolved settings of one consumer.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub read_timeout: Duration,
    pub fetch_min_bytes: u32,
    pub fetch_max_bytes: u32,
    pub partition_max_bytes: u32,
    pub max_wait: Duration,
    pub retry_backoff: Duration,
    /// None: a partition is never given up.
    pub retry_max: Option<u32>,
    pub isolation: Isolation,
    pub rack: Option<Arc<str>>,
    /// Its fetches are of a version that only leaders answer.
    pub only_leader: bool,
    /// How long a preferred read replica is kept; none: until something goes wrong.
    pub replica_lease: Option<Duration>,
    pub switches_replica_at_once: bool,
}

impl Settings {
    /// Resolves the configuration of a consumer under its profile.
    pub(super) fn new(spec: &ClientSpec) -> (Self, client::Settings) {
        use client::Settings as ClientSettings;
        let ClientConfig::SaramaConsumer(config) = &*spec.config else { unreachable!("a sarama consumer has the configuration of one") };
        let policies = Policies::of(&spec.profile);
        let lease = Some(config.metadata_refresh_frequency).filter(|d| *d > Duration::ZERO).unwrap_or(LEASE);
        let committed = config.consumer_isolation_level == "ReadCommitted";
        let settings = Settings {
            read_timeout: config.net_read_timeout,
            fetch_min_bytes: config.consumer_fetch_min,
            fetch_max_bytes: config.consumer_fetch_max_bytes,
            partition_max_bytes: config.consumer_fetch_default,
            max_wait: config.consumer_max_wait_time,
            retry_backoff: config.consumer_retry_backoff,
            retry_max: (config.consumer_retry_max > 0).then_some(config.consumer_retry_max),
            isolation: if committed { Isolation::ReadCommitted } else { Isolation::ReadUncommitted },
            rack: Some(config.rack_id.as_str()).filter(|r| !r.is_empty() && !policies.only_leaders).map(Arc::from),
            only_leader: policies.only_leaders,
            replica_lease: policies.leases_replica.then_some(lease),
            switches_replica_at_once: policies.switches_replica_at_once,
        };
        (settings, shared!(config, &policies, ClientSettings))
    }
}
