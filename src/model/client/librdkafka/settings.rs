//! What one client runs by: its configuration and profile, resolved once.

use super::policies::Policies;
use crate::engine::{Distribution, Draw, Duration};
use crate::kafka::config::{ClientConfig, LibrdkafkaConfig};
use crate::model::client::backoff::Backoff;
use crate::model::client::{cache, connections};
use crate::model::message::{Acks, Isolation, OffsetSpec};
use crate::model::spec::ClientSpec;

/// `RD_KAFKA_IDEMP_MAX_INFLIGHT`.
const IDEMPOTENT_IN_FLIGHT: u32 = 5;

/// The resolved settings of one client.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub config: LibrdkafkaConfig,
    pub policies: Policies,
    pub acks: Acks,
    pub max_in_flight: usize,
    /// Between two periodic refreshes; none: never.
    pub refresh_interval: Option<Duration>,
    /// A leader query that is due within this is not hurried.
    pub fast_interval: Duration,
    /// `sparse_connect_intvl`: between two choices of any broker to connect to.
    pub choice_interval: Duration,
    pub rebootstrap: bool,
    pub connections: connections::Policy,
    pub cache: cache::Policy,
}

impl Settings {
    /// Resolves the configuration of a client under its profile (`rd_kafka_conf_finalize`).
    pub(super) fn new(client: &ClientSpec) -> Self {
        let ClientConfig::Librdkafka(config) = &*client.config else { unreachable!("a librdkafka client has the configuration of one") };
        let config = (**config).clone();
        let policies = Policies::of(&client.profile);
        let max_in_flight = if config.enable_idempotence { config.max_in_flight.min(IDEMPOTENT_IN_FLIGHT) } else { config.max_in_flight };
        let half = config.reconnect_backoff.scale(0.5);
        Settings {
            acks: if config.enable_idempotence { Acks::All } else { Acks::of(config.acks) },
            max_in_flight: max_in_flight as usize,
            refresh_interval: Some(config.metadata_refresh_interval).filter(|i| !i.is_zero()),
            fast_interval: config.metadata_refresh_fast_interval,
            choice_interval: half.min(Duration::from_millis(1000)).max(Duration::from_millis(11)),
            rebootstrap: config.metadata_recovery_strategy == "rebootstrap" && policies.rebootstrap == "all-down",
            connections: connections::Policy {
                setup: Backoff::flat(config.socket_connection_setup_timeout),
                // The pauses between attempts are of another law, see `links`.
                reconnect: Backoff::flat(Duration::ZERO),
                idle: Some(config.connections_max_idle).filter(|idle| !idle.is_zero()),
                tick: Duration::ZERO,
            },
            cache: cache::Policy { epochs: cache::Epochs::RejectOlder, hints: cache::Hints::NotOlder },
            config,
            policies,
        }
    }

    /// `auto.offset.reset`; none: the application is told.
    pub(super) fn reset(&self) -> Option<OffsetSpec> {
        match self.config.auto_offset_reset {
            "smallest" | "earliest" | "beginning" => Some(OffsetSpec::Earliest),
            "error" => None,
            _ => Some(OffsetSpec::Latest),
        }
    }

    /// `isolation.level`.
    pub(super) fn isolation(&self) -> Isolation {
        if self.config.isolation_level == "read_committed" { Isolation::ReadCommitted } else { Isolation::ReadUncommitted }
    }

    /// The pause before messages are sent again after `retries` counted failures (`rd_kafka_retry_msgq`): uncounted ones never stretch it.
    pub(super) fn retry_pause(&self, retries: u32, draw: Draw) -> Duration {
        let base = self.config.retry_backoff.as_millis() as f64 * libm::exp2(f64::from(retries.saturating_sub(1).min(30)));
        let percent = 80 + draw.below(41);
        Duration::from_millis_f64(base * percent as f64 / 100.0).min(self.config.retry_backoff_max)
    }

    /// The pause before a broker is connected to again, when the last was `last` (`rd_kafka_broker_update_reconnect_backoff`).
    pub(super) fn reconnect_pause(&self, last: Duration, draw: Draw) -> Duration {
        let pause = Distribution::Uniform(last.scale(0.75), last.scale(1.5)).sample(draw);
        pause.min(self.config.reconnect_backoff_max)
    }
}
