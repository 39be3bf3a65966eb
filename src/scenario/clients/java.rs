//! What the Java client makes of the settings that it was given, and which of them it refuses.

use super::super::diagnostic::Diagnostics;
use super::super::file::Settings;
use super::super::keys;
use crate::kafka::config::{ConsumerConfig, ProducerConfig};

/// A producer's settings as it uses them.
pub(super) fn producer(written: &Settings, config: &mut ProducerConfig, found: &mut Diagnostics) {
    if keeps_pause_constant(written) {
        config.reconnect_backoff_max = config.reconnect_backoff;
    }
    delivery_timeout(written, config, found);
    idempotence(written, config, found);
}

/// A consumer's settings as it uses them.
pub(super) fn consumer(written: &Settings, config: &mut ConsumerConfig) {
    if keeps_pause_constant(written) {
        config.reconnect_backoff_max = config.reconnect_backoff;
    }
}

/// `CommonClientConfigs.postProcessReconnectBackoffConfigs`: a first pause set without its upper bound stays constant.
fn keeps_pause_constant(written: &Settings) -> bool {
    keys::sets(written, "reconnect.backoff.ms") && !keys::sets(written, "reconnect.backoff.max.ms")
}

/// `KafkaProducer.configureDeliveryTimeout`: refused where it is set, raised where it is the default.
fn delivery_timeout(written: &Settings, config: &mut ProducerConfig, found: &mut Diagnostics) {
    let least = config.linger + config.request_timeout;
    if config.delivery_timeout >= least {
        return;
    }
    let Some((key, value)) = written.iter().find(|(k, _)| ***k == *"delivery.timeout.ms") else {
        config.delivery_timeout = least;
        return;
    };
    let message = format!("`{}` is {} but linger.ms + request.timeout.ms is {least}", **key, config.delivery_timeout);
    found.add(Some(&value.span), message, format!("the producer refuses this: set it to {} or more", least.as_millis()));
}

/// `ProducerConfig.postProcessAndValidateIdempotenceConfigs`: refused where idempotence is asked for, silently off where it is the default.
fn idempotence(written: &Settings, config: &mut ProducerConfig, found: &mut Diagnostics) {
    if !config.enable_idempotence {
        return;
    }
    let conflicts = [
        (config.retries == 0, "retries is 0"),
        (!matches!(config.acks, "all" | "-1"), "acks is not all"),
        (config.max_in_flight_requests_per_connection > 5, "max.in.flight.requests.per.connection is above 5"),
    ];
    let Some((_, reason)) = conflicts.iter().find(|(conflict, _)| *conflict) else { return };
    match written.iter().find(|(k, _)| ***k == *"enable.idempotence") {
        None => config.enable_idempotence = false,
        Some((_, value)) => {
            let help = format!("the producer refuses this: take enable.idempotence away, or see that not {reason}");
            found.add(Some(&value.span), format!("enable.idempotence is asked for, but {reason}"), help);
        }
    }
}
