//! Reading and printing one configuration value.

use crate::engine::Duration;

/// How the text of a key is to be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Whole milliseconds, as Kafka writes them; our own text may also say `30s`.
    Millis,
    /// Whole seconds.
    Seconds,
    /// A whole number.
    Int,
    /// A number.
    Real,
    /// `true` or `false`.
    Bool,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Any text.
    Text,
}

/// One configuration key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Kafka's name.
    pub name: &'static str,
    /// How it is read.
    pub kind: Kind,
    /// Kafka's default, as text.
    pub default: &'static str,
    /// Least legal value (in the key's own unit).
    pub min: i64,
    /// Greatest legal value (in the key's own unit).
    pub max: i64,
    /// What it does, in one sentence.
    pub doc: &'static str,
}

/// Why a value was refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ConfigError {
    /// No such key in this scope.
    #[error("unknown key `{name}`")]
    UnknownKey {
        /// The key as written.
        name: String,
    },
    /// The text is no value of the key.
    #[error("`{key}` takes {expected}, not `{found}`")]
    Malformed {
        /// The key.
        key: &'static str,
        /// What would be right.
        expected: String,
        /// What was there.
        found: String,
    },
    /// The value lies outside the key's range.
    #[error("`{key}` must be {min} or more{}, not {found}", if *max == i64::MAX { String::new() } else { format!(" and {max} at most") })]
    OutOfRange {
        /// The key.
        key: &'static str,
        /// Least.
        min: i64,
        /// Greatest.
        max: i64,
        /// What was there.
        found: i64,
    },
}

/// A type that a configuration field can have.
pub trait ConfigValue: Sized {
    /// Reads the text of `key`.
    ///
    /// # Errors
    /// When the text is malformed or out of range.
    fn parse(key: &'static Key, text: &str) -> Result<Self, ConfigError>;
    /// The text as a properties file would hold it.
    fn text(&self, kind: Kind) -> String;
}

fn integer(key: &'static Key, text: &str) -> Result<i64, ConfigError> {
    let expected = match key.kind {
        Kind::Millis => "a whole number of milliseconds",
        Kind::Seconds => "a whole number of seconds",
        _ => "a whole number",
    };
    let found = text.trim();
    let value: i64 =
        found.parse().map_err(|_| ConfigError::Malformed { key: key.name, expected: expected.to_owned(), found: found.to_owned() })?;
    if value < key.min || value > key.max {
        return Err(ConfigError::OutOfRange { key: key.name, min: key.min, max: key.max, found: value });
    }
    Ok(value)
}

impl ConfigValue for Duration {
    fn parse(key: &'static Key, text: &str) -> Result<Self, ConfigError> {
        let value = integer(key, text)?;
        let value = u64::try_from(value).unwrap_or(0);
        Ok(if key.kind == Kind::Seconds { Duration::from_secs(value) } else { Duration::from_millis(value) })
    }
    fn text(&self, kind: Kind) -> String {
        let ms = self.as_millis();
        if kind == Kind::Seconds { (ms / 1000).to_string() } else { ms.to_string() }
    }
}

impl ConfigValue for u32 {
    fn parse(key: &'static Key, text: &str) -> Result<Self, ConfigError> {
        integer(key, text).map(|v| u32::try_from(v).unwrap_or(u32::MAX))
    }
    fn text(&self, _: Kind) -> String {
        self.to_string()
    }
}

impl ConfigValue for u64 {
    fn parse(key: &'static Key, text: &str) -> Result<Self, ConfigError> {
        integer(key, text).map(|v| u64::try_from(v).unwrap_or(0))
    }
    fn text(&self, _: Kind) -> String {
        self.to_string()
    }
}

impl ConfigValue for f64 {
    fn parse(key: &'static Key, text: &str) -> Result<Self, ConfigError> {
        let found = text.trim();
        let malformed = || ConfigError::Malformed {
            key: key.name,
            expected: format!("a number from {} to {}", key.min, key.max),
            found: found.to_owned(),
        };
        let value: f64 = found.parse().map_err(|_| malformed())?;
        if value >= key.min as f64 && value <= key.max as f64 { Ok(value) } else { Err(malformed()) }
    }
    fn text(&self, _: Kind) -> String {
        self.to_string()
    }
}

impl ConfigValue for bool {
    fn parse(key: &'static Key, text: &str) -> Result<Self, ConfigError> {
        match text.trim().to_ascii_lowercase().as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(ConfigError::Malformed { key: key.name, expected: "true or false".to_owned(), found: text.trim().to_owned() }),
        }
    }
    fn text(&self, _: Kind) -> String {
        self.to_string()
    }
}

impl ConfigValue for String {
    fn parse(_: &'static Key, text: &str) -> Result<Self, ConfigError> {
        Ok(text.trim().to_owned())
    }
    fn text(&self, _: Kind) -> String {
        self.clone()
    }
}

impl ConfigValue for &'static str {
    fn parse(key: &'static Key, text: &str) -> Result<Self, ConfigError> {
        let Kind::Word(words) = key.kind else { unreachable!("only word keys hold words") };
        words.iter().find(|w| w.eq_ignore_ascii_case(text.trim())).copied().ok_or_else(|| ConfigError::Malformed {
            key: key.name,
            expected: format!("one of {}", words.join(", ")),
            found: text.trim().to_owned(),
        })
    }
    fn text(&self, _: Kind) -> String {
        (*self).to_owned()
    }
}
