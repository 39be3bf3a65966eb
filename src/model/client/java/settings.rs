//! What every client on this machine runs by, producer or consumer: the part of its configuration and profile that is about metadata,
//! connections and requests, resolved once.

use super::policies::{Policies, Rebootstrap};
use crate::engine::Duration;
use crate::model::Broken;
use crate::model::client::backoff::Backoff;
use crate::model::client::{cache, connections};

/// The Java clock counts milliseconds and its time-outs are strict.
pub(super) const TICK: Duration = Duration::from_millis(1);

/// The settings that producers and consumers share.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    /// Requests without an answer on one connection at most.
    pub max_in_flight: usize,
    pub request_timeout: Duration,
    pub metadata_max_age: Duration,
    pub retry_backoff: Duration,
    pub reconnect_backoff: Duration,
    pub retry: Backoff,
    pub connections: connections::Policy,
    pub cache: cache::Policy,
    pub rebootstrap: Rebootstrap,
    pub rebootstrap_trigger: Duration,
    pub leaderless_refreshes: bool,
    pub strict_losses: bool,
    pub pause_after_loss: bool,
    /// Where no connection is idle, brokers that are not connected count as idle.
    pub least_busy: bool,
    /// A wish for new topics asks for them alone: producers only (`newMetadataRequestBuilderForNewTopics`, KAFKA-8904).
    pub partial: bool,
    /// Answers that teach nothing stretch the pause to the next refresh (KIP-580).
    pub equivalent_backoff: bool,
    /// The rule that a test has broken.
    pub broken: Option<Broken>,
}

/// Resolves the shared part of a configuration table of the Java client: its producer's and its consumer's keys have the same names.
macro_rules! shared {
    ($config:expr, $profile:expr, $max_in_flight:expr, $partial:expr) => {{
        let (config, profile) = ($config, $profile);
        $crate::model::client::java::settings::resolve(
            profile,
            &$crate::model::client::java::settings::Keys {
                max_in_flight: $max_in_flight,
                partial: $partial,
                tick: $crate::model::client::java::settings::TICK,
                request_timeout: config.request_timeout,
                metadata_max_age: config.metadata_max_age,
                retry: [config.retry_backoff, config.retry_backoff_max],
                reconnect: [config.reconnect_backoff, config.reconnect_backoff_max],
                setup: [config.socket_connection_setup_timeout, config.socket_connection_setup_timeout_max],
                idle: config.connections_max_idle,
                may_rebootstrap: config.metadata_recovery_strategy == "rebootstrap",
                rebootstrap_trigger: config.metadata_recovery_rebootstrap_trigger,
            },
        )
    }};
}
pub(super) use shared;

/// The keys that the shared settings come from; a pair is the first pause and its bound.
pub(super) struct Keys {
    pub max_in_flight: usize,
    pub partial: bool,
    /// The step in which its clock counts, which strict time-outs add.
    pub tick: Duration,
    pub request_timeout: Duration,
    pub metadata_max_age: Duration,
    pub retry: [Duration; 2],
    pub reconnect: [Duration; 2],
    pub setup: [Duration; 2],
    /// Zero: connections are never closed for being idle.
    pub idle: Duration,
    pub may_rebootstrap: bool,
    pub rebootstrap_trigger: Duration,
}

/// The shared settings under a profile.
pub(super) fn resolve(profile: &Policies, keys: &Keys) -> Shared {
    let [first, most] = keys.retry;
    Shared {
        max_in_flight: keys.max_in_flight,
        request_timeout: keys.request_timeout,
        metadata_max_age: keys.metadata_max_age,
        retry_backoff: first,
        reconnect_backoff: keys.reconnect[0],
        retry: if profile.exponential_backoff { Backoff::exponential(first, most) } else { Backoff::flat(first) },
        connections: connections::Policy {
            setup: Backoff::exponential(keys.setup[0], keys.setup[1]),
            reconnect: Backoff::exponential(keys.reconnect[0], keys.reconnect[1]),
            // The table reads -1 (never) as zero.
            idle: Some(keys.idle).filter(|idle| !idle.is_zero()),
            tick: keys.tick,
        },
        cache: cache::Policy { epochs: profile.epochs(), hints: cache::Hints::Newer },
        rebootstrap: if keys.may_rebootstrap { profile.rebootstrap() } else { Rebootstrap::Never },
        rebootstrap_trigger: keys.rebootstrap_trigger,
        leaderless_refreshes: profile.leaderless_refreshes,
        strict_losses: profile.strict_losses,
        pause_after_loss: profile.pause_after_loss,
        least_busy: profile.target == "least-busy",
        partial: keys.partial,
        equivalent_backoff: profile.exponential_backoff,
        broken: None,
    }
}
