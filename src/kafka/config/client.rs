//! The configuration of one client: which table it is of depends on its library.

use super::{
    ConfigError, ConsumerConfig, FranzGoConsumerConfig, FranzGoProducerConfig, KafkaGoReaderConfig, KafkaGoWriterConfig,
    KafkaPythonProducerConfig, KafkajsConsumerConfig, KafkajsProducerConfig, Key, LibrdkafkaConfig, ProducerConfig, SaramaConsumerConfig,
    SaramaProducerConfig,
};

/// Declares the enum over all tables of client settings.
macro_rules! client_config {
    ($($(#[doc = $doc:literal])* $variant:ident($table:ty);)*) => {
        /// The settings of one client, under its own library's names.
        #[derive(Clone, PartialEq, Debug)]
        pub enum ClientConfig {
            $($(#[doc = $doc])* $variant(Box<$table>),)*
        }

        impl ClientConfig {
            /// Every key of its table.
            pub fn keys(&self) -> &'static [Key] {
                match self {
                    $(ClientConfig::$variant(_) => <$table>::KEYS,)*
                }
            }

            /// Sets one key from its text.
            ///
            /// # Errors
            /// When the key is not of this table or the text is no value of it; nothing is changed then.
            pub fn set(&mut self, name: &str, text: &str) -> Result<(), ConfigError> {
                match self {
                    $(ClientConfig::$variant(config) => config.set(name, text),)*
                }
            }

            /// The text of one key.
            pub fn get(&self, name: &str) -> Option<String> {
                match self {
                    $(ClientConfig::$variant(config) => config.get(name),)*
                }
            }

            /// The table's row of a key.
            pub fn key(&self, name: &str) -> Option<&'static Key> {
                self.keys().iter().find(|k| k.name == name)
            }
        }
    };
}

client_config! {
    /// A Java producer.
    JavaProducer(ProducerConfig);
    /// A Java consumer.
    JavaConsumer(ConsumerConfig);
    /// A librdkafka producer or consumer.
    Librdkafka(LibrdkafkaConfig);
    /// A sarama producer.
    SaramaProducer(SaramaProducerConfig);
    /// A sarama consumer.
    SaramaConsumer(SaramaConsumerConfig);
    /// A franz-go producer.
    FranzGoProducer(FranzGoProducerConfig);
    /// A franz-go consumer.
    FranzGoConsumer(FranzGoConsumerConfig);
    /// A kafkajs producer.
    KafkajsProducer(KafkajsProducerConfig);
    /// A kafkajs consumer.
    KafkajsConsumer(KafkajsConsumerConfig);
    /// A kafka-go Writer.
    KafkaGoWriter(KafkaGoWriterConfig);
    /// A kafka-go Reader.
    KafkaGoReader(KafkaGoReaderConfig);
    /// A kafka-python producer.
    KafkaPythonProducer(KafkaPythonProducerConfig);
}
