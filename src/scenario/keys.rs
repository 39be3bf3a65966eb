//! Keys of Kafka under their own names, in the three scopes.

use super::at::At;
use super::diagnostic::Diagnostics;
use super::file::Settings;
use crate::engine::parse_duration;
use crate::kafka::config::known::{self, Classified};
use crate::kafka::config::{BrokerConfig, ConfigError, Key, Kind, TopicConfig};
use crate::model::client::profile::Library;

/// Whose keys they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Scope {
    /// `server.properties` of a broker or controller.
    Broker,
    /// A topic's own configuration.
    Topic,
    /// A client's.
    Client {
        /// Of this library.
        library: Library,
        /// A consumer, else a producer.
        consumer: bool,
    },
}

impl Scope {
    /// The keys that the model reads.
    pub fn keys(self) -> &'static [Key] {
        match self {
            Scope::Broker => BrokerConfig::KEYS,
            Scope::Topic => TopicConfig::KEYS,
            Scope::Client { library, consumer } => library.config(consumer).map_or(&[], |config| config.keys()),
        }
    }

    /// The row of a key that the model reads.
    pub fn key(self, name: &str) -> Option<&'static Key> {
        self.keys().iter().find(|k| k.is_named(name))
    }

    /// What is known about a key here.
    pub fn classify(self, name: &str) -> Classified {
        let known = match self {
            Scope::Broker => known::BROKER,
            Scope::Topic => known::TOPIC,
            Scope::Client { library, consumer } => known::client(library.names().0, consumer),
        };
        known::classify(self.keys(), known, name)
    }

    /// Whose a key is, in words: `broker`, `Java producer`.
    pub fn whose(self) -> String {
        match self {
            Scope::Broker => "broker".to_owned(),
            Scope::Topic => "topic".to_owned(),
            Scope::Client { library, consumer } => format!("{} {}", library.names().0, if consumer { "consumer" } else { "producer" }),
        }
    }

    /// Every scope.
    pub fn all() -> impl Iterator<Item = Scope> {
        let of = |library| [false, true].map(|consumer| Scope::Client { library, consumer });
        [Scope::Broker, Scope::Topic].into_iter().chain(Library::ALL.into_iter().flat_map(of))
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
        let Some(key) = scope.key(name) else {
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

/// A key that its program has and the model does not use is told in the answer; any other is a mistake.
fn not_read(name: &At<String>, scope: Scope, found: &mut Diagnostics) {
    let whose = scope.whose();
    let elsewhere = Scope::all().find(|s| s.key(name).is_some());
    let help = match (scope.classify(name), elsewhere) {
        (Classified::Known(reason), _) => return found.note(format!("The {whose} key {} has no effect: {reason}.", **name)),
        (Classified::Unknown { .. } | Classified::Modelled, Some(other)) => format!("it is a {} key: set it there", other.whose()),
        (Classified::Unknown { suggestion: Some(candidate) }, None) => format!("did you mean `{candidate}`?"),
        (Classified::Unknown { suggestion: None } | Classified::Modelled, None) => {
            format!("the {whose} keys of the model are {}", scope.keys().iter().map(|k| k.name).collect::<Vec<_>>().join(", "))
        }
    };
    found.add(Some(&name.span), format!("`{}` is no {whose} key of Kafka", **name), help);
}

/// Kafka writes bare numbers of a fixed unit; here a duration with its unit is as good.
fn in_own_unit(key: &Key, text: &str) -> Result<String, String> {
    let nanos_per_unit = match key.kind {
        Kind::Millis => 1_000_000,
        Kind::Seconds => 1_000_000_000,
        Kind::Int | Kind::Bool | Kind::Word(_) | Kind::Text => return Ok(text.to_owned()),
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
