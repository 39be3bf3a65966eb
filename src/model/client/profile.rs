//! A client library as data: what one range of its releases does, each value with its source. The machine of the library reads it.

use crate::kafka::config::{ClientConfig, ConfigError, Key};
use std::borrow::Cow;

/// The libraries that there are machines for, one room of this folder each.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Library {
    /// Apache Kafka's own client.
    Java,
    /// confluentinc/librdkafka, and with it confluent-kafka for Python, Go and .NET.
    Librdkafka,
    /// IBM/sarama (Go).
    Sarama,
    /// `github.com/twmb/franz-go`.
    FranzGo,
    /// kafkajs (Node).
    Kafkajs,
    /// segmentio kafka-go (Go).
    KafkaGo,
    /// kafka-python, by Dana Powers and others; it follows the Java client closely and runs on its machine.
    KafkaPython,
}

/// Where the behaviour of a profile was taken from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Evidence {
    /// From the library's source, and held against measurements of a real cluster with a release of this range.
    Measured,
    /// From the library's source alone.
    Source,
    /// A scenario changed it.
    Scenario,
}

/// One fixed behaviour: its key in the library's table of policies, its value as text, and where that is read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    /// The key.
    pub key: &'static str,
    /// The value.
    pub value: Cow<'static, str>,
    /// Class, function, option or issue.
    pub source: Cow<'static, str>,
}

/// A behaviour with its source.
pub(super) const fn policy(key: &'static str, value: &'static str, source: &'static str) -> Policy {
    Policy { key, value: Cow::Borrowed(value), source: Cow::Borrowed(source) }
}

/// A setting whose default differs from that of the library's table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Default {
    /// The key, under the library's own name.
    pub key: &'static str,
    /// Its default, as the library's users write it.
    pub value: &'static str,
}

/// One client library in one range of releases.
#[derive(Clone, PartialEq, Debug)]
pub struct Profile {
    /// As a scenario names it: `java-4.3`.
    pub name: Cow<'static, str>,
    /// Whose machine runs it.
    pub library: Library,
    /// Which releases it stands for.
    pub releases: Cow<'static, str>,
    /// First and last release that it stands for, as (major, minor, patch).
    pub covers: [(u16, u16, u16); 2],
    /// What it was taken from.
    pub evidence: Evidence,
    /// Every fixed behaviour.
    pub policies: Cow<'static, [Policy]>,
    /// The producer defaults that differ from the library's table.
    pub producer_defaults: &'static [Default],
    /// The consumer defaults that differ from the library's table.
    pub consumer_defaults: &'static [Default],
}

impl Profile {
    /// A behaviour that these releases have; none where it is that of the newest release of the library.
    pub fn policy(&self, key: &str) -> Option<&str> {
        self.policies.iter().find(|policy| policy.key == key).map(|policy| &*policy.value)
    }

    /// The settings of a producer (or consumer) with the defaults of these releases; none when the library has no such client.
    ///
    /// # Panics
    /// When the profile holds a default that is no legal value; a test reads them all.
    pub fn config(&self, consumer: bool) -> Option<ClientConfig> {
        let mut config = self.library.config(consumer)?;
        for default in if consumer { self.consumer_defaults } else { self.producer_defaults } {
            config.set(default.key, default.value).expect("a profile holds legal defaults");
        }
        Some(config)
    }
}

impl Library {
    /// Every library.
    pub const ALL: [Library; 7] =
        [Library::Java, Library::Librdkafka, Library::FranzGo, Library::Sarama, Library::KafkaGo, Library::Kafkajs, Library::KafkaPython];

    /// As the names of its profiles begin, and as a person calls it.
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Library::Java => ("java", "Apache Kafka Java client"),
            Library::Librdkafka => ("librdkafka", "librdkafka (confluent-kafka)"),
            Library::Sarama => ("sarama", "IBM/sarama (Go)"),
            Library::FranzGo => ("franz-go", "franz-go (Go)"),
            Library::Kafkajs => ("kafkajs", "kafkajs"),
            Library::KafkaGo => ("kafka-go", "segmentio kafka-go"),
            Library::KafkaPython => ("kafka-python", "kafka-python (Python)"),
        }
    }

    /// The settings of a producer (or consumer) of this library, at the defaults of its table; none when it has no such client.
    pub fn config(self, consumer: bool) -> Option<ClientConfig> {
        Some(match (self, consumer) {
            (Library::Java, false) => ClientConfig::JavaProducer(Box::default()),
            (Library::Java, true) => ClientConfig::JavaConsumer(Box::default()),
            (Library::Librdkafka, _) => ClientConfig::Librdkafka(Box::default()),
            (Library::Sarama, false) => ClientConfig::SaramaProducer(Box::default()),
            (Library::Sarama, true) => ClientConfig::SaramaConsumer(Box::default()),
            (Library::FranzGo, false) => ClientConfig::FranzGoProducer(Box::default()),
            (Library::FranzGo, true) => ClientConfig::FranzGoConsumer(Box::default()),
            (Library::Kafkajs, false) => ClientConfig::KafkajsProducer(Box::default()),
            (Library::Kafkajs, true) => ClientConfig::KafkajsConsumer(Box::default()),
            (Library::KafkaGo, false) => ClientConfig::KafkaGoWriter(Box::default()),
            (Library::KafkaGo, true) => ClientConfig::KafkaGoReader(Box::default()),
            (Library::KafkaPython, false) => ClientConfig::KafkaPythonProducer(Box::default()),
            (Library::KafkaPython, true) => return None,
        })
    }

    /// Whether its consumers can be members of a group in the model.
    pub fn has_groups(self) -> bool {
        matches!(self, Library::Java | Library::Librdkafka)
    }

    /// The behaviours that a profile of this library may set.
    pub fn policy_keys(self) -> &'static [Key] {
        match self {
            Library::Java | Library::KafkaPython => super::java::Policies::KEYS,
            Library::Librdkafka => super::librdkafka::Policies::KEYS,
            Library::Sarama => super::sarama::Policies::KEYS,
            Library::FranzGo => super::franz_go::Policies::KEYS,
            Library::Kafkajs => super::kafkajs::Policies::KEYS,
            Library::KafkaGo => super::kafka_go::Policies::KEYS,
        }
    }

    /// Whether a text is a value of a behaviour.
    ///
    /// # Errors
    /// When there is no such behaviour or the text is no value of it.
    pub fn check_policy(self, key: &str, value: &str) -> Result<(), ConfigError> {
        match self {
            Library::Java | Library::KafkaPython => super::java::Policies::default().set(key, value),
            Library::Librdkafka => super::librdkafka::Policies::default().set(key, value),
            Library::Sarama => super::sarama::Policies::default().set(key, value),
            Library::FranzGo => super::franz_go::Policies::default().set(key, value),
            Library::Kafkajs => super::kafkajs::Policies::default().set(key, value),
            Library::KafkaGo => super::kafka_go::Policies::default().set(key, value),
        }
    }
}
