//! Which options franz-go refuses when a client is made (`cfg.validate`, config.go).

use super::super::diagnostic::Diagnostics;
use super::super::file::Settings;
use crate::engine::Duration;
use crate::kafka::config::{FranzGoConsumerConfig, FranzGoProducerConfig};

/// A producer's options.
pub(super) fn producer(written: &Settings, config: &FranzGoProducerConfig, found: &mut Diagnostics) {
    ages(written, config.metadata_min_age, config.metadata_max_age, found);
    let all = matches!(config.required_acks, "AllISRAcks" | "all" | "-1");
    if config.disable_idempotent_write {
        return;
    }
    if !all {
        let help = "set kgo.DisableIdempotentWrite too: NewClient fails with `idempotency requires acks=all`";
        refuse(written, "kgo.RequiredAcks", "an idempotent producer needs the acknowledgement of all", help, found);
    }
    if config.max_produce_inflight != 1 {
        let help = "set kgo.DisableIdempotentWrite too, or take it away: an idempotent producer has four requests in flight";
        refuse(written, "kgo.MaxProduceRequestsInflightPerBroker", "an idempotent producer cannot set its requests in flight", help, found);
    }
}

/// A consumer's options.
pub(super) fn consumer(written: &Settings, config: &FranzGoConsumerConfig, found: &mut Diagnostics) {
    ages(written, config.metadata_min_age, config.metadata_max_age, found);
    if config.heartbeat_interval > config.session_timeout {
        let help = "set it to kgo.SessionTimeout or less: NewClient refuses this";
        refuse(written, "kgo.HeartbeatInterval", "the heartbeat interval is longer than the session", help, found);
    }
}

fn ages(written: &Settings, least: Duration, most: Duration, found: &mut Diagnostics) {
    if most < least {
        let message = format!("kgo.MetadataMaxAge is {most}, below kgo.MetadataMinAge, which is {least}");
        let key = if super::super::keys::sets(written, "kgo.MetadataMaxAge") { "kgo.MetadataMaxAge" } else { "kgo.MetadataMinAge" };
        refuse(written, key, &message, "NewClient refuses this: set both", found);
    }
}

fn refuse(written: &Settings, key: &str, message: &str, help: &str, found: &mut Diagnostics) {
    let span = written.iter().find(|(k, _)| ***k == *key).map(|(_, value)| &value.span);
    found.add(span, message.to_owned(), help);
}
