//! One line of a properties file held against the keys of the program that reads it.

use super::super::keys::Scope;
use super::Findings;
use super::write::quoted;
use crate::kafka::config::known::Classified;
use crate::kafka::config::{BrokerConfig, ConfigError, Key, Kind, TopicConfig};
use crate::kafka::text::properties::Property;
use crate::kafka::text::{TextError, shown};

/// The key and its value as TOML, if the model reads it; otherwise the finding that it does not, or what is wrong with it.
pub(super) fn read(scope: Scope, file: &str, property: &Property, findings: &mut Findings) -> Option<(&'static str, String)> {
    let place = (property.line, property.column, property.key.chars().count());
    let client = matches!(scope, Scope::Client { .. });
    let foreign = || if client { scope.foreign(&property.key) } else { None };
    match scope.classify(&property.key) {
        Classified::Known(reason) => findings.left_out(whose(scope), reason, &property.key),
        Classified::Unknown { suggestion } => match (foreign(), suggestion) {
            (Some((owner, help)), _) => {
                let message = format!("`{}` is a key of {owner}, not of a {}", shown(&property.key), scope.whose());
                let help = format!("{help}; another library is chosen with a comment `# client: NAME` (`kafkasim clients` lists them)");
                findings.error(file, error(place, message, help));
            }
            (None, Some(name)) => {
                let message =
                    format!("`{}` is no key of {}", shown(&property.key), if client { scope.whose() } else { "Kafka's".to_owned() });
                findings.error(file, error(place, message, format!("did you mean `{name}`?")));
            }
            (None, None) => findings.left_out(whose(scope), "not a key that Kafka knows", &property.key),
        },
        Classified::Modelled => match value(scope, &property.key, &property.value) {
            Ok(setting) => return Some(setting),
            Err((message, help)) => {
                let length = property.value.trim().chars().count().max(1);
                findings.error(file, error((property.value_line, property.value_column, length), message, help));
            }
        },
    }
    None
}

/// The value of a modelled key as TOML, or what is wrong and the remedy.
pub(super) fn value(scope: Scope, name: &str, text: &str) -> Result<(&'static str, String), (String, String)> {
    let key = scope.key(name).ok_or_else(|| (format!("`{}` is no key of Kafka's", shown(name)), String::new()))?;
    let text = text.trim();
    // A Go program's times have units; everybody else's are plain numbers.
    let own = if scope.writes_units() { scope.in_own_unit(key, text) } else { Ok(text.to_owned()) };
    let own = own.map_err(|message| (shown(&message), format!("write for example `{}={}`", key.name, go(key))))?;
    let checked = match scope {
        Scope::Broker => BrokerConfig::default().set(key.name, &own),
        Scope::Topic => TopicConfig::default().set(key.name, &own),
        Scope::Client { library, consumer } => library.config(consumer).map_or(Ok(()), |mut config| config.set(key.name, &own)),
    };
    match checked {
        Ok(()) if scope.writes_units() && key.kind == Kind::Millis && own != "0" => Ok((key.name, format!("\"{own}ms\""))),
        Ok(()) => Ok((key.name, as_toml(key, &own))),
        Err(why) => Err((shown_error(&why), remedy(key, text))),
    }
}

/// A default with its unit.
fn go(key: &Key) -> String {
    if key.kind == Kind::Millis { format!("{}ms", key.default) } else { key.default.to_owned() }
}

/// The default of a modelled key as TOML.
pub(super) fn default_value(scope: Scope, name: &str) -> Option<String> {
    scope.key(name).map(|key| as_toml(key, key.default))
}

fn whose(scope: Scope) -> &'static str {
    match scope {
        Scope::Broker => "brokers",
        Scope::Topic => "topics",
        Scope::Client { .. } => "clients",
    }
}

fn error((line, column, length): (usize, usize, usize), message: String, help: String) -> TextError {
    TextError { line, column, length, message, help }
}

/// The error's own words, with what the file said made safe to print.
fn shown_error(why: &ConfigError) -> String {
    match why {
        ConfigError::UnknownKey { name } => format!("`{}` is no key of Kafka's", shown(name)),
        ConfigError::Malformed { key, expected, found } => format!("`{key}` takes {expected}, not `{}`", shown(found)),
        ConfigError::OutOfRange { .. } => why.to_string(),
    }
}

/// A checked value in TOML, always in the same form.
fn as_toml(key: &Key, text: &str) -> String {
    match key.kind {
        Kind::Millis | Kind::Seconds | Kind::Int => text.parse::<i64>().map_or_else(|_| text.to_owned(), |n| n.to_string()),
        Kind::Real => text.to_owned(),
        Kind::Bool => text.to_ascii_lowercase(),
        Kind::Word(words) => format!("\"{}\"", words.iter().find(|w| w.eq_ignore_ascii_case(text)).copied().unwrap_or(text)),
        Kind::Text => quoted(text),
    }
}

/// What the line should be, where the value tells it: Kafka's numbers have no units.
fn remedy(key: &Key, text: &str) -> String {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text[digits.len()..].to_ascii_lowercase();
    let number = digits.trim().parse::<u64>().ok();
    let scale = match key.kind {
        Kind::Millis => millis_in(&unit),
        Kind::Seconds => millis_in(&unit).map(|ms| ms / 1000).filter(|s| *s > 0),
        Kind::Int => bytes_in(&unit),
        Kind::Real | Kind::Bool | Kind::Word(_) | Kind::Text => None,
    };
    match number.zip(scale).and_then(|(n, s)| n.checked_mul(s)) {
        Some(plain) => format!("write `{}={plain}`: numbers have no unit in a properties file", key.name),
        None => format!("write for example `{}={}`, Kafka's default", key.name, key.default),
    }
}

fn millis_in(unit: &str) -> Option<u64> {
    match unit {
        "ms" => Some(1),
        "s" | "sec" => Some(1_000),
        "m" | "min" => Some(60_000),
        "h" => Some(3_600_000),
        "d" => Some(86_400_000),
        _ => None,
    }
}

fn bytes_in(unit: &str) -> Option<u64> {
    match unit {
        "b" => Some(1),
        "k" | "kb" | "kib" => Some(1 << 10),
        "m" | "mb" | "mib" => Some(1 << 20),
        "g" | "gb" | "gib" => Some(1 << 30),
        _ => None,
    }
}
