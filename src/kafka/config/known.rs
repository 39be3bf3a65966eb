//! Every key that Kafka knows, so that a misspelt key can be told from one that the model merely does not use.

mod broker;
mod consumer;
mod franz_go;
mod kafka_go;
mod kafka_python;
mod kafkajs;
mod librdkafka;
mod producer;
mod reason;
mod sarama;
mod topic;

use super::Key;
use reason::{GROUPS, LOG, METRICS, NETWORK, PROCESS, SECURITY, TIERED, ZOOKEEPER};

/// Less alike than this (0 to 1) is no misspelling.
const ALIKE: f64 = 0.84;

/// Families of keys by their beginning, each with the reason why it has no effect.
type Families = &'static [(&'static str, &'static str)];

/// What brokers take: dynamic keys, and those that grow with every release.
const OF_BROKERS: Families = &[
    ("config.providers.", PROCESS),
    ("group.", GROUPS),
    ("kafka.metrics.", METRICS),
    ("listener.name.", NETWORK),
    ("log.cleaner.", LOG),
    ("metrics.jmx.", METRICS),
    ("offsets.", GROUPS),
    ("remote.log.", TIERED),
    ("rlmm.config.", TIERED),
    ("rsm.config.", TIERED),
    ("sasl.", SECURITY),
    ("share.", GROUPS),
    ("ssl.", SECURITY),
    ("zookeeper.", ZOOKEEPER),
];

/// What Java clients take.
const OF_JAVA: Families = &[("config.providers.", PROCESS), ("metrics.jmx.", METRICS), ("sasl.", SECURITY), ("ssl.", SECURITY)];

/// Keys, ascending, each with the reason why it has no effect.
type Keys = &'static [(&'static str, &'static str)];

/// The keys that a program knows and the model may not use.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// Its own; a list for all clients of a library, and one for this role.
    keys: [Keys; 2],
    families: Families,
    /// Those of the other role, that it ignores, and why.
    ignored: (Keys, &'static str),
}

impl Known {
    const fn own(keys: [Keys; 2], families: Families) -> Known {
        Known { keys, families, ignored: (&[], "") }
    }

    /// The reason why a key has no effect, if it is known.
    fn reason(self, key: &str) -> Option<&'static str> {
        let find = |keys: Keys| keys.binary_search_by(|(name, _)| (*name).cmp(key)).ok().map(|at| keys[at].1);
        self.keys
            .into_iter()
            .find_map(find)
            .or_else(|| find(self.ignored.0).map(|_| self.ignored.1))
            .or_else(|| self.families.iter().find(|(prefix, _)| key.starts_with(prefix)).map(|(_, reason)| *reason))
    }

    /// Whether a key is one of the other role, which a client of this role ignores.
    pub fn ignores(self, key: &str) -> bool {
        self.ignored.0.binary_search_by(|(name, _)| (*name).cmp(key)).is_ok()
    }

    fn names(self) -> impl Iterator<Item = &'static str> {
        self.keys.into_iter().chain([self.ignored.0]).flatten().map(|(name, _)| *name)
    }
}

/// `server.properties` of a broker or controller.
pub const BROKER: Known = Known::own([broker::KEYS, &[]], OF_BROKERS);
/// A topic's own configuration.
pub const TOPIC: Known = Known::own([topic::KEYS, &[]], &[]);

/// The clients of a library, by the name that its profiles begin with.
pub fn client(library: &str, consumer: bool) -> Known {
    // One configuration for both roles: what belongs to the other one is legal and ignored.
    let shared = |all, producers, consumers| {
        let (own, other) = if consumer { (consumers, (producers, reason::PRODUCER)) } else { (producers, (consumers, reason::CONSUMER)) };
        Known { keys: [all, own], families: &[], ignored: other }
    };
    // One for each role: a key of the other one is a mistake.
    let apart = |all, producers, consumers| Known::own([all, if consumer { consumers } else { producers }], &[]);
    match library {
        "java" => Known::own([if consumer { consumer::KEYS } else { producer::KEYS }, &[]], OF_JAVA),
        "librdkafka" => shared(librdkafka::ALL, librdkafka::PRODUCERS, librdkafka::CONSUMERS),
        "franz-go" => shared(franz_go::ALL, franz_go::PRODUCERS, franz_go::CONSUMERS),
        "sarama" => shared(sarama::ALL, sarama::PRODUCERS, sarama::CONSUMERS),
        "kafkajs" => shared(kafkajs::ALL, kafkajs::PRODUCERS, kafkajs::CONSUMERS),
        "kafka-go" => apart(kafka_go::ALL, kafka_go::PRODUCERS, kafka_go::CONSUMERS),
        "kafka-python" => apart(kafka_python::ALL, kafka_python::PRODUCERS, kafka_python::CONSUMERS),
        _ => Known::own([&[], &[]], &[]),
    }
}

/// What is known about a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Classified {
    /// The model reads it.
    Modelled,
    /// Kafka knows it, the model does not use it, for this reason.
    Known(&'static str),
    /// Kafka does not know it.
    Unknown {
        /// The key it may be meant to be.
        suggestion: Option<&'static str>,
    },
}

/// What is known about a key of a scope, with the keys that the model reads there.
pub fn classify(modelled: &'static [Key], known: Known, key: &str) -> Classified {
    if modelled.iter().any(|k| k.name == key) {
        return Classified::Modelled;
    }
    match known.reason(key) {
        Some(reason) => Classified::Known(reason),
        None => Classified::Unknown { suggestion: nearest(modelled, known, key) },
    }
}

/// The most alike key; of two equally alike ones the first.
fn nearest(modelled: &'static [Key], known: Known, key: &str) -> Option<&'static str> {
    let names = modelled.iter().map(|k| k.name).chain(known.names());
    // Longer keys than any of Kafka's are no misspellings, and comparing them would take long.
    let alike = |name: &'static str| (strsim::normalized_damerau_levenshtein(&key.to_ascii_lowercase(), &name.to_ascii_lowercase()), name);
    let best = names.filter(|_| key.len() < 100).map(alike).reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.filter(|(likeness, _)| *likeness >= ALIKE).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::super::{BrokerConfig, ConsumerConfig, ProducerConfig, TopicConfig};
    use super::*;

    fn scopes() -> [(&'static [Key], Known); 4] {
        [
            (BrokerConfig::KEYS, BROKER),
            (TopicConfig::KEYS, TOPIC),
            (ProducerConfig::KEYS, client("java", false)),
            (ConsumerConfig::KEYS, client("java", true)),
        ]
    }

    #[test]
    fn the_tables_are_sorted() {
        let of = |library| [false, true].map(|consumer| client(library, consumer));
        let clients = ["java", "librdkafka", "franz-go", "sarama", "kafkajs", "kafka-go", "kafka-python"].into_iter().flat_map(of);
        for known in clients.chain([BROKER, TOPIC]) {
            assert!(known.names().count() > 20, "{known:?}");
            assert!(known.keys.into_iter().chain([known.ignored.0]).all(|keys| keys.is_sorted_by(|a, b| a.0 < b.0)), "{known:?}");
        }
    }

    #[test]
    fn a_key_with_a_reason_for_having_no_effect_has_none() {
        for (modelled, known) in scopes() {
            for name in known.names() {
                assert!(modelled.iter().all(|k| k.name != name), "{name} is modelled");
            }
        }
    }

    #[test]
    fn a_key_of_a_real_server_properties_is_known() {
        let shipped = "process.roles node.id controller.quorum.bootstrap.servers listeners inter.broker.listener.name advertised.listeners \
            controller.listener.names listener.security.protocol.map socket.send.buffer.bytes socket.receive.buffer.bytes \
            socket.request.max.bytes log.dirs num.partitions num.recovery.threads.per.data.dir offsets.topic.segment.bytes \
            share.coordinator.state.topic.replication.factor share.coordinator.state.topic.min.isr transaction.state.log.replication.factor \
            transaction.state.log.min.isr log.flush.interval.messages log.retention.hours log.segment.bytes log.retention.check.interval.ms \
            listener.name.internal.ssl.keystore.location broker.rack zookeeper.connect";
        let [broker, topic, producer, consumer] = scopes().map(|(modelled, known)| move |key: &str| classify(modelled, known, key));
        for key in shipped.split_whitespace() {
            assert!(matches!(broker(key), Classified::Known(_)), "{key}");
        }
        assert_eq!(broker("num.io.threads"), Classified::Modelled);
        assert_eq!(topic("retention.ms"), Classified::Known(reason::RETENTION));
        assert_eq!(producer("key.serializer"), Classified::Known(reason::APPLICATION));
        assert_eq!(producer("group.id"), Classified::Known(reason::CONSUMER));
        assert_eq!(consumer("linger.ms"), Classified::Known(reason::PRODUCER));
    }

    #[test]
    fn a_misspelling_is_told_from_a_plugins_own_key() {
        let [broker, topic, producer, _] = scopes().map(|(modelled, known)| move |key: &str| classify(modelled, known, key));
        let unknown = |suggestion| Classified::Unknown { suggestion };
        assert_eq!(producer("lingerms"), unknown(Some("linger.ms")));
        assert_eq!(producer("Linger.ms"), unknown(Some("linger.ms")));
        assert_eq!(producer("metadata.max.age"), unknown(Some("metadata.max.age.ms")));
        assert_eq!(broker("min.insync.replica"), unknown(Some("min.insync.replicas")));
        assert_eq!(broker("confluent.balancer.enable"), unknown(None));
        assert_eq!(topic(&"x".repeat(100_000)), unknown(None));
    }
}
