//! What a kafka-go client runs by, resolved once.

use super::policies::Policies;
use crate::engine::Duration;
use crate::kafka::config::{ClientConfig, KafkaGoReaderConfig, KafkaGoWriterConfig};
use crate::model::client::backoff::Backoff;
use crate::model::client::fetching::FetchSettings;
use crate::model::client::{cache, connections};
use crate::model::message::{Acks, Isolation};
use crate::model::spec::ClientSpec;

/// The resolved settings of a Writer and its Transport.
#[derive(Clone, Debug)]
pub(super) struct WriterSettings {
    pub max_attempts: u32,
    pub backoff_min: Duration,
    pub backoff_max: Duration,
    pub batch_size: usize,
    pub batch_bytes: u32,
    pub batch_timeout: Duration,
    pub write_timeout: Duration,
    /// How long a record waits for the first metadata.
    pub first_metadata: Duration,
    pub acks: Acks,
    pub metadata_ttl: Duration,
    pub dial_timeout: Duration,
    pub idle_timeout: Duration,
    pub connections: connections::Policy,
    pub cache: cache::Policy,
    pub errors_refresh: bool,
    pub leaderless_fails: bool,
}

/// A field left at its zero value means the default.
fn or_default(value: Duration, default_ms: u64) -> Duration {
    if value.is_zero() { Duration::from_millis(default_ms) } else { value }
}

fn count_or(value: u32, default: u32) -> u32 {
    if value == 0 { default } else { value }
}

/// How sockets behave: one time-out for TCP, no pause before a reconnect; idle ones are closed by the pool.
pub(super) fn connections(tcp: Duration) -> connections::Policy {
    connections::Policy { setup: Backoff::flat(tcp), reconnect: Backoff::flat(Duration::ZERO), idle: None, tick: Duration::ZERO }
}

/// The newest answer wins; there are no hints.
pub(super) const CACHE: cache::Policy = cache::Policy { epochs: cache::Epochs::AcceptAny, hints: cache::Hints::Newer };

impl WriterSettings {
    /// Resolves the configuration of a Writer under its profile.
    pub(super) fn new(client: &ClientSpec) -> Self {
        let ClientConfig::KafkaGoWriter(config) = &*client.config else { unreachable!("a Writer has the configuration of one") };
        let KafkaGoWriterConfig {
            max_attempts,
            write_backoff_min,
            write_backoff_max,
            batch_size,
            batch_bytes,
            batch_timeout,
            write_timeout,
            read_timeout,
            metadata_ttl,
            dial_timeout,
            idle_timeout,
            required_acks: _,
        } = **config;
        let policies = Policies::of(&client.profile);
        let dial_timeout = or_default(dial_timeout, 5000);
        WriterSettings {
            max_attempts: count_or(max_attempts, 10),
            backoff_min: or_default(write_backoff_min, 100),
            backoff_max: or_default(write_backoff_max, 1000),
            batch_size: count_or(batch_size, 100) as usize,
            batch_bytes: count_or(batch_bytes, 1_048_576),
            batch_timeout: or_default(batch_timeout, 1000),
            write_timeout: or_default(write_timeout, 10_000),
            first_metadata: or_default(read_timeout, 10_000),
            acks: client.acks().expect("a producer has acks"),
            metadata_ttl: or_default(metadata_ttl, 6000),
            dial_timeout,
            idle_timeout: or_default(idle_timeout, 30_000),
            connections: connections(policies.dialer_timeout.min(dial_timeout)),
            cache: CACHE,
            errors_refresh: !policies.errors_do_not_refresh,
            leaderless_fails: policies.leaderless_fails,
        }
    }
}

/// The resolved settings of a Reader.
#[derive(Clone, Debug)]
pub(super) struct ReaderSettings {
    pub fetch: FetchSettings,
    /// How long an answer to a fetch may take.
    pub max_wait: Duration,
    pub backoff_min: Duration,
    pub backoff_max: Duration,
    pub queue_capacity: usize,
    pub dial_timeout: Duration,
    pub connections: connections::Policy,
    pub lookup_without_deadline: bool,
}

/// `adjustDeadlineForRTT`: a broker is asked to wait for so much less than the reader does, or for three quarters of a shorter time.
const ROUND_TRIP: Duration = Duration::from_secs(1);

impl ReaderSettings {
    /// Resolves the configuration of a Reader under its profile.
    pub(super) fn new(client: &ClientSpec) -> Self {
        let ClientConfig::KafkaGoReader(config) = &*client.config else { unreachable!("a Reader has the configuration of one") };
        let KafkaGoReaderConfig { max_wait, min_bytes, max_bytes, read_backoff_min, read_backoff_max, queue_capacity, dialer_timeout } =
            **config;
        let max_wait = or_default(max_wait, 10_000);
        let asked = if max_wait < ROUND_TRIP { max_wait.scale(0.75) } else { max_wait.saturating_sub(ROUND_TRIP) };
        let max_bytes = count_or(max_bytes, 1_048_576);
        let dial_timeout = or_default(dialer_timeout, 10_000);
        ReaderSettings {
            // Fetch of version 10: no session, no epoch, and followers refuse it.
            fetch: FetchSettings {
                only_leader: true,
                max_wait: asked,
                min_bytes: count_or(min_bytes, 1),
                max_bytes,
                partition_max_bytes: max_bytes,
                isolation: Isolation::ReadUncommitted,
                rack: None,
            },
            max_wait,
            backoff_min: or_default(read_backoff_min, 100),
            backoff_max: or_default(read_backoff_max, 1000),
            queue_capacity: count_or(queue_capacity, 100) as usize,
            dial_timeout,
            connections: connections(dial_timeout),
            lookup_without_deadline: Policies::of(&client.profile).lookup_without_deadline,
        }
    }
}
