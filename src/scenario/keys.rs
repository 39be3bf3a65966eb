//! Keys of Kafka under their own names, in the three scopes.

use super::at::At;
use super::diagnostic::Diagnostics;
use super::file::Settings;
use crate::engine::parse_duration;
use crate::kafka::config::known::{Classified, classify};
use crate::kafka::config::{BrokerConfig, ConfigError, Key, Kind, ProducerConfig, TopicConfig};

pub(super) use crate::kafka::config::known::Scope;

/// Sets each key on a configuration through `set`, and notes what is wrong.
pub(super) fn apply(
    settings: &Settings,
    scope: Scope,
    found: &mut Diagnostics,
    mut set: impl FnMut(&str, &str) -> Result<(), ConfigError>,
) {
    for (name, setting) in settings {
        let Some(key) = keys(scope).iter().find(|k| k.name == **name) else {
            not_read(name, scope, found);
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

fn keys(scope: Scope) -> &'static [Key] {
    match scope {
        Scope::Broker => BrokerConfig::KEYS,
        Scope::Topic => TopicConfig::KEYS,
        Scope::Producer => ProducerConfig::KEYS,
    }
}

const fn whose(scope: Scope) -> &'static str {
    match scope {
        Scope::Broker => "broker",
        Scope::Topic => "topic",
        Scope::Producer => "producer",
    }
}

/// A key that Kafka has and the model does not use is told in the answer; any other is a mistake.
fn not_read(name: &At<String>, scope: Scope, found: &mut Diagnostics) {
    let elsewhere = [Scope::Broker, Scope::Topic, Scope::Producer].into_iter().find(|s| keys(*s).iter().any(|k| k.name == **name));
    let help = match (classify(scope, name), elsewhere) {
        (Classified::Known(reason), _) => return found.note(format!("The {} key {} has no effect: {reason}.", whose(scope), **name)),
        (Classified::Unknown { .. } | Classified::Modelled, Some(other)) => format!("it is a {} key: set it there", whose(other)),
        (Classified::Unknown { suggestion: Some(candidate) }, None) => format!("did you mean `{candidate}`?"),
        (Classified::Unknown { suggestion: None } | Classified::Modelled, None) => {
            format!("the {} keys of the model are {}", whose(scope), keys(scope).iter().map(|k| k.name).collect::<Vec<_>>().join(", "))
        }
    };
    found.add(Some(&name.span), format!("`{}` is no {} key of Kafka", **name, whose(scope)), help);
}

/// Kafka writes bare numbers of a fixed unit; here a duration with its unit is as good.
fn in_own_unit(key: &Key, text: &str) -> Result<String, String> {
    let nanos_per_unit = match key.kind {
        Kind::Millis => 1_000_000,
        Kind::Seconds => 1_000_000_000,
        Kind::Int | Kind::Real | Kind::Bool | Kind::Word(_) | Kind::Text => return Ok(text.to_owned()),
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
