//! What a kafka-go client runs by, resolved once.

use super::policies::Policies;
use crate::engine::Duration;
use crate::kafka::config::{ClientConfig, KafkaGoWriterConfig};
use crate::model::client::backoff::Backoff;
use crate::model::client::{cache, connections};
use crate::model::message::Acks;
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
    /// `ReadTimeout`: how long a record waits for the first metadata. It has no other use in a Writer.
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

/// `(*Writer).readTimeout`.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

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
            first_metadata: READ_TIMEOUT,
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
