//! What each library makes of the settings that it was given together, and which of them it refuses: one file a library.

mod franz_go;
mod java;
mod kafka_go;
mod kafka_python;
mod kafkajs;
mod librdkafka;
mod sarama;

use crate::kafka::config::{ClientConfig, counterparts};
use crate::model::client::profile::Profile;
use crate::scenario::at::{At, Setting};
use crate::scenario::diagnostic::Diagnostics;
use crate::scenario::file::Settings;
use std::ops::Range;

/// Most requests in flight on a connection with which a broker keeps the order of an idempotent producer.
const MOST_IN_FLIGHT: i64 = 5;

/// The settings of one client while its library looks at them.
pub(super) struct Draft<'a> {
    /// The settings, as far as each of them is legal on its own.
    pub config: &'a mut ClientConfig,
    /// Those that somebody wrote.
    pub written: &'a Settings,
    /// Whose they are.
    pub profile: &'a Profile,
    /// A consumer's.
    pub consumer: bool,
    /// It is a member of a group.
    pub in_group: bool,
    /// What is wrong with them.
    pub found: &'a mut Diagnostics,
}

/// Lets the library look at the settings of one of its clients.
pub(super) fn look(draft: &mut Draft<'_>) {
    match draft.profile.library.names().0 {
        "java" => java::look(draft),
        "librdkafka" => librdkafka::look(draft),
        "franz-go" => franz_go::look(draft),
        "sarama" => sarama::look(draft),
        "kafkajs" => kafkajs::look(draft),
        "kafka-go" => kafka_go::look(draft),
        "kafka-python" => kafka_python::look(draft),
        _ => {}
    }
}

impl Draft<'_> {
    /// The value of a key; empty when the model does not have it.
    fn text(&self, key: &str) -> String {
        self.config.get(key).unwrap_or_default()
    }

    /// The value of a key that is a number, times in their own unit.
    fn number(&self, key: &str) -> Option<i64> {
        self.text(key).parse().ok()
    }

    fn is_on(&self, key: &str) -> bool {
        self.text(key) == "true"
    }

    /// Whether one number is less than the other; never when the model lacks one of them.
    fn below(&self, less: &str, more: &str) -> bool {
        matches!((self.number(less), self.number(more)), (Some(less), Some(more)) if less < more)
    }

    /// What somebody wrote for a key, under any of its names.
    fn written(&self, key: &str) -> Option<&At<Setting>> {
        let names: Vec<&str> = counterparts::aliases(self.profile.library.names().0, key).collect();
        self.written.iter().find(|(name, _)| names.contains(&name.as_str())).map(|(_, value)| value)
    }

    fn is_written(&self, key: &str) -> bool {
        self.written(key).is_some()
    }

    /// Sets a key that the model has; `text` is a legal value.
    fn set(&mut self, key: &str, text: &str) {
        if self.config.key(key).is_some() {
            self.config.set(key, text).expect("a rule sets legal values");
        }
    }

    /// The library refuses what was written for the first of these keys that somebody wrote.
    fn refuse(&mut self, keys: &[&str], message: String, remedy: impl Into<String>) {
        let span: Option<Range<usize>> = keys.iter().find_map(|key| self.written(key)).map(|value| value.span.clone());
        let role = if self.consumer { "consumer" } else { "producer" };
        let help = format!("the {} {role} refuses this: {}", self.profile.library.names().0, remedy.into());
        self.found.add(span.as_ref(), message, help);
    }

    /// A member whose heartbeats are no more frequent than its session is long.
    fn refuse_slow_heartbeat(&mut self, heartbeat: &str, session: &str) {
        let (Some(every), Some(within)) = (self.number(heartbeat), self.number(session)) else { return };
        if every < within {
            return;
        }
        let message = format!("`{heartbeat}` is {every} and `{session}` is {within}: no heartbeat comes in time");
        self.refuse(&[heartbeat, session], message, format!("set `{heartbeat}` to a third of `{session}`"));
    }
}
