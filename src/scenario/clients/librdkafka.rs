//! What librdkafka makes of the settings that it was given, and which of them it refuses. Source: `rd_kafka_conf_finalize`,
//! `rd_kafka_topic_conf_finalize`.

use super::super::diagnostic::Diagnostics;
use super::super::file::Settings;
use super::super::at::{At, Setting};
use crate::engine::Duration;
use crate::kafka::config::LibrdkafkaConfig;

/// A client's settings as it uses them.
pub(super) fn resolve(written: &Settings, config: &mut LibrdkafkaConfig, consumer: bool, found: &mut Diagnostics) {
    reconnect(written, config, found);
    if set(written, "metadata.max.age.ms").is_none() && !config.metadata_refresh_interval.is_zero() {
        config.metadata_max_age = config.metadata_refresh_interval * 3;
    }
    if consumer {
        poll_interval(written, config, found);
    } else {
        linger(written, config, found);
        idempotence(written, config, found);
    }
}

/// A setting, under whichever of its names it was written.
fn set<'a>(written: &'a Settings, key: &str) -> Option<(&'a At<String>, &'a At<Setting>)> {
    let key = LibrdkafkaConfig::key(key)?;
    written.iter().find(|(name, _)| key.is_named(name))
}

fn refuse(at: (&At<String>, &At<Setting>), why: &str, help: &str, found: &mut Diagnostics) {
    found.add(Some(&at.1.span), format!("`{}`: {why}", **at.0), format!("librdkafka refuses this: {help}"));
}

fn reconnect(written: &Settings, config: &LibrdkafkaConfig, found: &mut Diagnostics) {
    if config.reconnect_backoff_max >= config.reconnect_backoff {
        return;
    }
    if let Some(at) = set(written, "reconnect.backoff.max.ms").or_else(|| set(written, "reconnect.backoff.ms")) {
        refuse(at, "reconnect.backoff.max.ms is below reconnect.backoff.ms", "raise the maximum, or lower the first pause", found);
    }
}

/// Messages may not linger for longer than they live: refused where it is set, shortened where it is the default.
fn linger(written: &Settings, config: &mut LibrdkafkaConfig, found: &mut Diagnostics) {
    if config.message_timeout.is_zero() || config.message_timeout > config.linger {
        return;
    }
    match set(written, "linger.ms") {
        None => config.linger = config.message_timeout.saturating_sub(Duration::from_micros(100)),
        Some(at) => refuse(at, "message.timeout.ms is not above linger.ms", "raise message.timeout.ms, or lower linger.ms", found),
    }
}

/// Idempotence adjusts what is not set, and refuses what is set otherwise.
fn idempotence(written: &Settings, config: &LibrdkafkaConfig, found: &mut Diagnostics) {
    if !config.enable_idempotence {
        return;
    }
    let conflicts = [
        ("acks", !matches!(config.acks, "all" | "-1"), "set it to all"),
        ("max.in.flight.requests.per.connection", config.max_in_flight > 5, "set it to 5 or less"),
        ("retries", config.retries == 0, "set it to 1 or more"),
    ];
    for (key, conflict, help) in conflicts {
        if let Some(at) = set(written, key).filter(|_| conflict) {
            refuse(at, "enable.idempotence is true", help, found);
        }
    }
}

fn poll_interval(written: &Settings, config: &LibrdkafkaConfig, found: &mut Diagnostics) {
    if config.max_poll_interval >= config.session_timeout {
        return;
    }
    if let Some(at) = set(written, "max.poll.interval.ms").or_else(|| set(written, "session.timeout.ms")) {
        refuse(at, "max.poll.interval.ms is below session.timeout.ms", "raise max.poll.interval.ms", found);
    }
}
