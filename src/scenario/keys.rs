//! Keys of Kafka under their own names, in the three scopes.

use super::diagnostic::Diagnostics;
use super::file::Settings;
use crate::engine::parse_duration;
use crate::fault::closest;
use crate::kafka::config::{BrokerConfig, ConfigError, Key, Kind, ProducerConfig, TopicConfig};

/// Whose keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Scope {
    Broker,
    Topic,
    Producer,
}

impl Scope {
    pub fn keys(self) -> &'static [Key] {
        match self {
            Scope::Broker => BrokerConfig::KEYS,
            Scope::Topic => TopicConfig::KEYS,
            Scope::Producer => ProducerConfig::KEYS,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Scope::Broker => "broker",
            Scope::Topic => "topic",
            Scope::Producer => "producer",
        }
    }
}

/// Sets each key on a configuration through `set`, and notes what is wrong.
pub(super) fn apply(
    settings: &Settings,
    scope: Scope,
    found: &mut Diagnostics,
    mut set: impl FnMut(&str, &str) -> Result<(), ConfigError>,
) {
    for (name, setting) in settings {
        let Some(key) = scope.keys().iter().find(|k| k.name == **name) else {
            found.add(Some(&name.span), format!("`{}` is no {} key that the model reads", **name, scope.name()), meant(name, scope));
            continue;
        };
        let text = match in_own_unit(key, &setting.0) {
            Ok(text) => text,
            Err(message) => {
                found.add(Some(&setting.span), message, key.doc.trim());
                continue;
            }
        };
        if let Err(error) = set(key.name, &text) {
            let help = format!("{} Kafka's default is {}.", key.doc.trim(), key.default);
            found.add(Some(&setting.span), error.to_string(), help);
        }
    }
}

/// Whether a key stands among the settings.
pub(super) fn sets(settings: &Settings, key: &str) -> bool {
    settings.keys().any(|k| **k == key)
}

fn meant(name: &str, scope: Scope) -> String {
    if let Some(candidate) = closest(name, scope.keys().iter().map(|k| k.name)) {
        return format!("did you mean `{candidate}`?");
    }
    for other in [Scope::Broker, Scope::Topic, Scope::Producer] {
        if other.keys().iter().any(|k| k.name == name) {
            return format!("it is a {} key: set it there", other.name());
        }
    }
    format!("the {} keys of the model are {}", scope.name(), scope.keys().iter().map(|k| k.name).collect::<Vec<_>>().join(", "))
}

/// Kafka writes bare numbers of a fixed unit; here a duration with its unit is as good.
fn in_own_unit(key: &Key, text: &str) -> Result<String, String> {
    let nanos_per_unit = match key.kind {
        Kind::Millis => 1_000_000,
        Kind::Seconds => 1_000_000_000,
        Kind::Int | Kind::Bool | Kind::Word(_) => return Ok(text.to_owned()),
    };
    if text.trim().parse::<i64>().is_ok() {
        return Ok(text.to_owned());
    }
    let nanos = parse_duration(text)?.as_nanos();
    if nanos % nanos_per_unit != 0 {
        let unit = if key.kind == Kind::Seconds { "seconds" } else { "milliseconds" };
        return Err(format!("`{}` takes whole {unit}, not `{text}`", key.name));
    }
    Ok((nanos / nanos_per_unit).to_string())
}
