//! Configuration keys under Kafka's own names: one table per scope, each key with type, default, range and meaning.
//! The tables are the typed structs that the model reads; there is no second list to keep in step.

mod broker;
mod client;
mod consumer;
pub mod counterparts;
mod franz_go;
mod kafka_go;
mod kafka_python;
mod kafkajs;
pub mod known;
mod librdkafka;
mod producer;
mod sarama;
mod topic;
mod value;

pub use broker::BrokerConfig;
pub use client::ClientConfig;
pub use consumer::ConsumerConfig;
pub use franz_go::{FranzGoConsumerConfig, FranzGoProducerConfig};
pub use kafka_go::{KafkaGoReaderConfig, KafkaGoWriterConfig};
pub use kafka_python::KafkaPythonProducerConfig;
pub use kafkajs::{KafkajsConsumerConfig, KafkajsProducerConfig};
pub use librdkafka::LibrdkafkaConfig;
pub use producer::ProducerConfig;
pub use sarama::{SaramaConsumerConfig, SaramaProducerConfig};
pub use topic::TopicConfig;
pub use value::{ConfigError, ConfigValue, Key, Kind};

/// Declares a typed config struct together with its key table.
///
/// Each line: doc, field, type, Kafka key, how the text is read, default (as Kafka writes it), least and greatest value.
macro_rules! config_table {
    ($(#[$doc:meta])* $scope:ident { $($(#[doc = $fdoc:literal])* $field:ident: $ty:ty = $key:literal, $kind:expr, $default:literal, $min:expr, $max:expr;)* }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Debug)]
        pub struct $scope {
            $($(#[doc = $fdoc])* pub $field: $ty,)*
        }

        impl $scope {
            /// Every key that this scope models.
            pub const KEYS: &'static [$crate::kafka::config::Key] = &[
                $($crate::kafka::config::Key {
                    name: $key, kind: $kind, default: $default, min: $min, max: $max,
                    doc: concat!($($fdoc),*),
                },)*
            ];

            /// Sets one key from its text in a properties file.
            ///
            /// # Errors
            /// When the key is not of this scope or the text is no value of it; nothing is changed then.
            pub fn set(&mut self, name: &str, text: &str) -> Result<(), $crate::kafka::config::ConfigError> {
                match name {
                    $($key => {
                        let key = Self::key(name).expect("the table lists every field");
                        self.$field = <$ty as $crate::kafka::config::ConfigValue>::parse(key, text)?;
                        Ok(())
                    })*
                    _ => Err($crate::kafka::config::ConfigError::UnknownKey { name: name.to_owned() }),
                }
            }

            /// The text of one key, as a properties file would hold it.
            #[allow(dead_code, reason = "tables of fixed behaviours are read by field only")]
            pub fn get(&self, name: &str) -> Option<String> {
                match name {
                    $($key => Some($crate::kafka::config::ConfigValue::text(&self.$field, $kind)),)*
                    _ => None,
                }
            }

            /// The table's row of a key.
            pub fn key(name: &str) -> Option<&'static $crate::kafka::config::Key> {
                Self::KEYS.iter().find(|k| k.name == name)
            }
        }

        impl Default for $scope {
            fn default() -> Self {
                $scope {
                    $($field: <$ty as $crate::kafka::config::ConfigValue>::parse(
                        Self::key($key).expect("the table lists every field"), $default,
                    ).expect("a default is a legal value"),)*
                }
            }
        }
    };
}
pub(crate) use config_table;
