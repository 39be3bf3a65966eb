//! What one client runs by: its options and profile, resolved once.

use super::policies::Policies;
use crate::engine::{Draw, Duration};
use crate::kafka::config::ClientConfig;
use crate::model::client::backoff::Backoff;
use crate::model::client::{cache, connections};
use crate::model::message::{Acks, Isolation};
use crate::model::spec::ClientSpec;
use std::sync::Arc;

/// What producers and consumers have alike.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub policies: Policies,
    pub metadata_max_age: Duration,
    pub metadata_min_age: Duration,
    pub overhead: Duration,
    pub idle: Duration,
    pub retry_timeout: Duration,
    pub request_retries: u32,
    /// How long the broker may wait before it answers a produce request or a fetch.
    pub server_wait: Duration,
    pub connections: connections::Policy,
    pub cache: cache::Policy,
}

/// What a producer has beside.
#[derive(Clone, Debug)]
pub(super) struct Producing {
    pub acks: Acks,
    pub idempotent: bool,
    /// Requests without an answer on one broker: before and after its first answer.
    pub in_flight: [u32; 2],
    pub record_retries: u64,
    pub record_timeout: Option<Duration>,
    pub unknown_retries: u32,
    pub linger: Duration,
    pub max_buffered: u64,
    pub batch_bytes: u32,
}

/// What a consumer has beside.
#[derive(Clone, Debug)]
pub(super) struct Consuming {
    pub min_bytes: u32,
    pub max_bytes: u32,
    pub max_partition_bytes: u32,
    pub isolation: Isolation,
    pub reset_to_start: bool,
    pub rack: Option<Arc<str>>,
    pub recheck: Duration,
}

/// The pause after so many failures in a row: `cfg.retryBackoff`.
pub(super) fn retry_backoff(failures: u32, draw: Draw) -> Duration {
    const LEAST: Duration = Duration::from_millis(250);
    const MOST: Duration = Duration::from_secs(5);
    match failures {
        0 => LEAST,
        1..=10 => (LEAST * (1 << (failures - 1))).scale(0.8 + 0.4 * draw.unit()).min(MOST),
        _ => MOST,
    }
}

fn connection_policy(dial: Duration) -> connections::Policy {
    connections::Policy {
        setup: Backoff::flat(dial),
        reconnect: Backoff::flat(Duration::ZERO),
        // Looked at when a connection is about to be used (`loadConnection`).
        idle: None,
        tick: Duration::ZERO,
    }
}

fn cache_policy(policies: &Policies) -> cache::Policy {
    let hints = if policies.stale_hint_loops { cache::Hints::NewerOrOtherLeader } else { cache::Hints::Newer };
    cache::Policy { epochs: cache::Epochs::RejectOlderTimes(policies.epoch_rewinds), hints }
}

impl Settings {
    /// Resolves the options of a producer under its profile.
    pub(super) fn of_producer(client: &ClientSpec) -> (Settings, Producing) {
        let ClientConfig::FranzGoProducer(config) = &*client.config else { unreachable!("a franz-go producer has its options") };
        let policies = Policies::of(&client.profile);
        let idempotent = !config.disable_idempotent_write;
        let producing = Producing {
            acks: Acks::of(config.required_acks),
            idempotent,
            in_flight: if idempotent { [1, policies.idempotent_in_flight] } else { [config.max_produce_inflight; 2] },
            record_retries: config.record_retries,
            record_timeout: Some(config.record_delivery_timeout).filter(|t| !t.is_zero()),
            unknown_retries: config.unknown_topic_retries,
            linger: config.linger,
            max_buffered: config.max_buffered_records,
            batch_bytes: config.batch_max_bytes,
        };
        let settings = Settings {
            metadata_max_age: config.metadata_max_age,
            metadata_min_age: config.metadata_min_age,
            overhead: config.request_timeout_overhead,
            idle: config.conn_idle_timeout,
            retry_timeout: config.retry_timeout,
            request_retries: config.request_retries,
            server_wait: config.produce_timeout,
            connections: connection_policy(config.dial_timeout),
            cache: cache_policy(&policies),
            policies,
        };
        (settings, producing)
    }

    /// Resolves the options of a consumer under its profile.
    pub(super) fn of_consumer(client: &ClientSpec) -> (Settings, Consuming) {
        let ClientConfig::FranzGoConsumer(config) = &*client.config else { unreachable!("a franz-go consumer has its options") };
        let policies = Policies::of(&client.profile);
        let consuming = Consuming {
            min_bytes: config.fetch_min_bytes,
            max_bytes: config.fetch_max_bytes,
            max_partition_bytes: config.fetch_max_partition_bytes,
            isolation: if config.isolation_level == "ReadCommitted" { Isolation::ReadCommitted } else { Isolation::ReadUncommitted },
            reset_to_start: config.reset_offset == "AtStart",
            rack: Some(config.rack.as_str()).filter(|rack| !rack.is_empty()).map(Arc::from),
            recheck: config.recheck_preferred_replica,
        };
        let settings = Settings {
            metadata_max_age: config.metadata_max_age,
            metadata_min_age: config.metadata_min_age,
            overhead: config.request_timeout_overhead,
            idle: config.conn_idle_timeout,
            retry_timeout: config.retry_timeout,
            request_retries: config.request_retries,
            server_wait: config.fetch_max_wait,
            connections: connection_policy(config.dial_timeout),
            cache: cache_policy(&policies),
            policies,
        };
        (settings, consuming)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_connection_is_tried_again_after_a_fifth_of_a_second_and_then_ever_more_slowly_up_to_five() {
        let bounds = |n| (retry_backoff(n, Draw::from_bits(0)).as_millis(), retry_backoff(n, Draw::from_bits(u64::MAX)).as_millis());
        let seen: Vec<_> = (1..=6).chain([11]).map(bounds).collect();
        let most = [299, 599, 1199, 2399, 4799, 5000, 5000];
        let least = [200, 400, 800, 1600, 3200, 5000, 5000];
        for (i, (low, high)) in seen.iter().enumerate() {
            assert_eq!(*low, least[i]);
            assert!((most[i]..=most[i] + 1).contains(high), "{seen:?}");
        }
    }
}
