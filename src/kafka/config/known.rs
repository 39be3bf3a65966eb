//! Every key that Kafka knows, so that a misspelt key can be told from one that the model merely does not use.

mod broker;
mod consumer;
mod librdkafka;
mod producer;
mod reason;
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

/// What librdkafka takes.
const OF_LIBRDKAFKA: Families = &[("sasl.", SECURITY), ("ssl.", SECURITY)];

/// The keys that a program knows and the model does not use.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// Key and reason, ascending by key.
    keys: &'static [(&'static str, &'static str)],
    families: Families,
}

/// `server.properties` of a broker or controller.
pub const BROKER: Known = Known { keys: broker::KEYS, families: OF_BROKERS };
/// A topic's own configuration.
pub const TOPIC: Known = Known { keys: topic::KEYS, families: &[] };

/// The clients of a library, by the name that its profiles begin with.
pub fn client(library: &str, consumer: bool) -> Known {
    match (library, consumer) {
        ("java", false) => Known { keys: producer::KEYS, families: OF_JAVA },
        ("java", true) => Known { keys: consumer::KEYS, families: OF_JAVA },
        ("librdkafka", _) => Known { keys: librdkafka::KEYS, families: OF_LIBRDKAFKA },
        _ => Known { keys: &[], families: &[] },
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
    if modelled.iter().any(|k| k.is_named(key)) {
        return Classified::Modelled;
    }
    if let Ok(at) = known.keys.binary_search_by(|(name, _)| (*name).cmp(key)) {
        return Classified::Known(known.keys[at].1);
    }
    match known.families.iter().find(|(prefix, _)| key.starts_with(prefix)) {
        Some((_, reason)) => Classified::Known(reason),
        None => Classified::Unknown { suggestion: nearest(modelled, known, key) },
    }
}

/// The most alike key; of two equally alike ones the first.
fn nearest(modelled: &'static [Key], known: Known, key: &str) -> Option<&'static str> {
    let names = modelled.iter().map(|k| k.name).chain(known.keys.iter().map(|(name, _)| *name));
    // Longer keys than any of Kafka's are no misspellings, and comparing them would take long.
    let alike = |name: &'static str| (strsim::normalized_damerau_levenshtein(&key.to_ascii_lowercase(), &name.to_ascii_lowercase()), name);
    let best = names.filter(|_| key.len() < 100).map(alike).reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.filter(|(likeness, _)| *likeness >= ALIKE).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::super::{BrokerConfig, ConsumerConfig, LibrdkafkaConfig, ProducerConfig, TopicConfig};
    use super::*;

    fn scopes() -> [(&'static [Key], Known); 5] {
        [
            (BrokerConfig::KEYS, BROKER),
            (TopicConfig::KEYS, TOPIC),
            (ProducerConfig::KEYS, client("java", false)),
            (ConsumerConfig::KEYS, client("java", true)),
            (LibrdkafkaConfig::KEYS, client("librdkafka", false)),
        ]
    }

    #[test]
    fn the_tables_are_sorted_and_hold_nothing_that_is_modelled() {
        for (modelled, known) in scopes() {
            assert!(known.keys.is_sorted_by(|a, b| a.0 < b.0), "{known:?}");
            for (name, _) in known.keys {
                assert!(modelled.iter().all(|k| !k.is_named(name)), "{name} is modelled");
            }
        }
    }

    #[test]
    fn a_key_of_a_real_server_properties_is_known() {
        let shipped = "process.roles node.id controller.quorum.bootstrap.servers listeners inter.broker.listener.name advertised.listeners \
            controller.listener.names listener.security.protocol.map socket.send.buffer.bytes socket.receive.buffer.bytes \
            socket.request.max.bytes log.dirs num.partitions num.recovery.threads.per.data.dir offsets.topic.replication.factor \
            share.coordinator.state.topic.replication.factor share.coordinator.state.topic.min.isr transaction.state.log.replication.factor \
            transaction.state.log.min.isr log.flush.interval.messages log.retention.hours log.segment.bytes log.retention.check.interval.ms \
            listener.name.internal.ssl.keystore.location broker.rack zookeeper.connect";
        let [broker, topic, producer, consumer, _] = scopes().map(|(modelled, known)| move |key: &str| classify(modelled, known, key));
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
        let [broker, topic, producer, _, _] = scopes().map(|(modelled, known)| move |key: &str| classify(modelled, known, key));
        let unknown = |suggestion| Classified::Unknown { suggestion };
        assert_eq!(producer("lingerms"), unknown(Some("linger.ms")));
        assert_eq!(producer("Linger.ms"), unknown(Some("linger.ms")));
        assert_eq!(producer("metadata.max.age"), unknown(Some("metadata.max.age.ms")));
        assert_eq!(broker("min.insync.replica"), unknown(Some("min.insync.replicas")));
        assert_eq!(broker("confluent.balancer.enable"), unknown(None));
        assert_eq!(topic(&"x".repeat(100_000)), unknown(None));
    }
}
