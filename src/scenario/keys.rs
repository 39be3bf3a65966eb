//! Keys under the names of the program that reads them: brokers, topics, and the clients of every library.

use super::at::At;
use super::diagnostic::Diagnostics;
use super::file::Settings;
use crate::engine::{Duration, parse_duration};
use crate::kafka::config::known::{self, Classified, Known};
use crate::kafka::config::{BrokerConfig, ConfigError, Key, Kind, TopicConfig, counterparts};
use crate::model::client::profile::Library;
use std::collections::BTreeMap;

/// Libraries whose times are a `time.Duration` of Go: a bare number there counts nanoseconds, which nobody writes.
const GO: [&str; 3] = ["franz-go", "kafka-go", "sarama"];

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
    /// The keys that the model reads. Where one table is both roles', those of the other one are left out.
    pub fn keys(self) -> impl Iterator<Item = &'static Key> {
        let table = self.table();
        let known = self.known();
        table.iter().filter(move |key| !known.ignores(key.name))
    }

    fn table(self) -> &'static [Key] {
        match self {
            Scope::Broker => BrokerConfig::KEYS,
            Scope::Topic => TopicConfig::KEYS,
            Scope::Client { library, consumer } => library.config(consumer).map_or(&[], |config| config.keys()),
        }
    }

    fn known(self) -> Known {
        match self {
            Scope::Broker => known::BROKER,
            Scope::Topic => known::TOPIC,
            Scope::Client { library, consumer } => known::client(library.names().0, consumer),
        }
    }

    /// The row of a key that the model reads, under any of its names.
    pub fn key(self, name: &str) -> Option<&'static Key> {
        self.names(name).into_iter().find_map(|name| self.keys().find(|k| k.name == name))
    }

    /// What is known about a key here.
    pub fn classify(self, name: &str) -> Classified {
        if self.key(name).is_some() {
            return Classified::Modelled;
        }
        // What only the other role has was told apart already.
        let modelled = if self.known().ignores(name) { &[] } else { self.table() };
        known::classify(modelled, self.known(), name)
    }

    /// Whose a key is, in words: `broker`, `java producer`.
    pub fn whose(self) -> String {
        match self {
            Scope::Broker => "broker".to_owned(),
            Scope::Topic => "topic".to_owned(),
            Scope::Client { library, consumer } => format!("{} {}", library.names().0, if consumer { "consumer" } else { "producer" }),
        }
    }

    /// The clients of every library.
    pub fn clients() -> impl Iterator<Item = Scope> {
        Library::ALL.into_iter().flat_map(|library| [false, true].map(|consumer| Scope::Client { library, consumer }))
    }

    /// Every scope.
    pub fn all() -> impl Iterator<Item = Scope> {
        [Scope::Broker, Scope::Topic].into_iter().chain(Scope::clients())
    }

    /// A key that is another program's: whose it is, and what to do.
    pub fn foreign(self, name: &str) -> Option<(String, String)> {
        if let Scope::Client { library, consumer } = self {
            let other_role = Scope::Client { library, consumer: !consumer };
            if other_role.knows(name) {
                return Some((other_role.whose(), format!("it has no meaning for a {}: take it away", self.whose())));
            }
            if let Some(told) = foreign_library(library, name) {
                return Some(told);
            }
        }
        let owner = Scope::all().find(|scope| *scope != self && scope.key(name).is_some())?;
        Some((owner.whose(), format!("it is a {} key: set it there", owner.whose())))
    }

    /// Whether its program knows the key, modelled or not.
    pub fn knows(self, name: &str) -> bool {
        !matches!(self.classify(name), Classified::Unknown { .. })
    }

    fn names(self, name: &str) -> Vec<&str> {
        match self {
            Scope::Broker | Scope::Topic => vec![name],
            Scope::Client { library, .. } => counterparts::aliases(library.names().0, name).collect(),
        }
    }

    /// The text of a value in the key's own unit, without one.
    ///
    /// # Errors
    /// In words, when it is no time or not a whole number of that unit.
    pub fn in_own_unit(self, key: &Key, text: &str) -> Result<String, String> {
        let nanos_per_unit = match key.kind {
            Kind::Millis => 1_000_000,
            Kind::Seconds => 1_000_000_000,
            Kind::Int | Kind::Real | Kind::Bool | Kind::Word(_) | Kind::Text => return Ok(text.to_owned()),
        };
        let text = text.trim();
        if let Ok(number) = text.parse::<i64>() {
            if number == 0 || !self.writes_units() {
                return Ok(text.to_owned());
            }
            return Err(format!(
                "`{}` is a time.Duration: `{text}` would be so many nanoseconds; write its unit, as in \"250ms\"",
                key.name
            ));
        }
        let nanos = go_duration(text).map_or_else(|| parse_duration(text), Ok)?.as_nanos();
        if nanos % nanos_per_unit != 0 {
            let unit = if key.kind == Kind::Seconds { "seconds" } else { "milliseconds" };
            return Err(format!("`{}` takes whole {unit}, not `{text}`", key.name));
        }
        Ok((nanos / nanos_per_unit).to_string())
    }

    /// Whether times of this program have a unit.
    pub fn writes_units(self) -> bool {
        matches!(self, Scope::Client { library, .. } if GO.contains(&library.names().0))
    }
}

/// `250 * time.Millisecond`, as a Go program has it.
fn go_duration(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_once('*').map_or(("1", text), |(number, unit)| (number.trim(), unit.trim()));
    let nanos: u64 = match unit.strip_prefix("time.")? {
        "Nanosecond" => 1,
        "Microsecond" => 1_000,
        "Millisecond" => 1_000_000,
        "Second" => 1_000_000_000,
        "Minute" => 60_000_000_000,
        "Hour" => 3_600_000_000_000,
        _ => return None,
    };
    Some(Duration::from_nanos(nanos.checked_mul(number.parse().ok()?)?))
}

/// A key of other libraries: which, and what stands for it in this one.
fn foreign_library(library: Library, name: &str) -> Option<(String, String)> {
    let knows = |other: Library| [false, true].into_iter().any(|consumer| Scope::Client { library: other, consumer }.knows(name));
    let owners: Vec<&str> = Library::ALL.into_iter().filter(|other| *other != library && knows(*other)).map(|l| l.names().0).collect();
    let own = library.names().0;
    let concept = owners.iter().find_map(|owner| counterparts::aliases(owner, name).find_map(|name| counterparts::concept(owner, name)));
    let help = match concept.and_then(|concept| Some((concept.of(own)?, concept.meaning))) {
        Some((key, meaning)) => format!("write `{key}`, {own}'s own key for it ({meaning})"),
        None => format!("{own} has nothing that stands for it: take it away"),
    };
    (!owners.is_empty()).then(|| (owners.join(", "), help))
}

/// Sets each key on a configuration through `set`, and notes what is wrong.
pub(super) fn apply(
    settings: &Settings,
    scope: Scope,
    found: &mut Diagnostics,
    mut set: impl FnMut(&str, &str) -> Result<(), ConfigError>,
) {
    let mut before: BTreeMap<&'static str, &str> = BTreeMap::new();
    for (name, setting) in settings {
        let Some(key) = scope.key(name) else {
            not_read(name, scope, found);
            continue;
        };
        if let Some(earlier) = before.insert(key.name, name) {
            let message = format!("`{}` and `{earlier}` are two names of one setting", **name);
            found.add(Some(&name.span), message, "set it once");
        }
        let text = match scope.in_own_unit(key, &setting.0) {
            Ok(text) => text,
            Err(message) => {
                found.add(Some(&setting.span), message, key.doc.trim());
                continue;
            }
        };
        if let Err(error) = set(key.name, &text) {
            let whose = if matches!(scope, Scope::Client { .. }) { "The" } else { "Kafka's" };
            let help = format!("{} {whose} default is {}.", key.doc.trim(), key.default);
            found.add(Some(&setting.span), error.to_string(), help);
        }
    }
}

/// A key that its program has and the model does not use is told in the answer; any other is a mistake.
fn not_read(name: &At<String>, scope: Scope, found: &mut Diagnostics) {
    let whose = scope.whose();
    let suggestion = match scope.classify(name) {
        Classified::Known(reason) => return found.note(format!("The {whose} key {} has no effect: {reason}.", **name)),
        Classified::Unknown { suggestion } => suggestion,
        Classified::Modelled => None,
    };
    if let Some((owner, help)) = scope.foreign(name) {
        found.add(Some(&name.span), format!("`{}` is a key of {owner}, not of a {whose}", **name), help);
        return;
    }
    let help = match suggestion {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None => format!("the {whose} keys of the model are {}", scope.keys().map(|k| k.name).collect::<Vec<_>>().join(", ")),
    };
    found.add(Some(&name.span), format!("`{}` is no {whose} key", **name), help);
}
