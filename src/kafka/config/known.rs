//! Every key that Kafka knows, so that a misspelt key can be told from one that the model merely does not use.

mod broker;
mod producer;
mod reason;
mod topic;

use super::{BrokerConfig, Key, ProducerConfig, TopicConfig};
use reason::{GROUPS, LOG, METRICS, NETWORK, PROCESS, SECURITY, TIERED, ZOOKEEPER};

/// Less alike than this (0 to 1) is no misspelling.
const ALIKE: f64 = 0.84;

/// Families of keys that brokers and clients take by their beginning: dynamic ones, and those that grow with every release.
const PREFIXES: &[(&str, &str)] = &[
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

/// Whose key it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// `server.properties` of a broker or controller.
    Broker,
    /// A topic's own configuration.
    Topic,
    /// A Java producer.
    Producer,
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

impl Scope {
    fn modelled(self) -> &'static [Key] {
        match self {
            Scope::Broker => BrokerConfig::KEYS,
            Scope::Topic => TopicConfig::KEYS,
            Scope::Producer => ProducerConfig::KEYS,
        }
    }

    fn known(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Scope::Broker => broker::KEYS,
            Scope::Topic => topic::KEYS,
            Scope::Producer => producer::KEYS,
        }
    }
}

/// What is known about a key of a scope.
pub fn classify(scope: Scope, key: &str) -> Classified {
    if scope.modelled().iter().any(|k| k.name == key) {
        return Classified::Modelled;
    }
    if let Ok(at) = scope.known().binary_search_by(|(name, _)| (*name).cmp(key)) {
        return Classified::Known(scope.known()[at].1);
    }
    match PREFIXES.iter().find(|(prefix, _)| key.starts_with(prefix)) {
        Some((_, reason)) if scope != Scope::Topic => Classified::Known(reason),
        _ => Classified::Unknown { suggestion: nearest(scope, key) },
    }
}

/// The most alike key of the scope; of two equally alike ones the first.
fn nearest(scope: Scope, key: &str) -> Option<&'static str> {
    let names = scope.modelled().iter().map(|k| k.name).chain(scope.known().iter().map(|(name, _)| *name));
    // Longer keys than any of Kafka's are no misspellings, and comparing them would take long.
    let alike = |name: &'static str| (strsim::normalized_damerau_levenshtein(&key.to_ascii_lowercase(), name), name);
    let best = names.filter(|_| key.len() < 100).map(alike).reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.filter(|(likeness, _)| *likeness >= ALIKE).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCOPES: [Scope; 3] = [Scope::Broker, Scope::Topic, Scope::Producer];

    #[test]
    fn the_tables_are_sorted_and_hold_nothing_that_is_modelled() {
        for scope in SCOPES {
            assert!(scope.known().is_sorted_by(|a, b| a.0 < b.0), "{scope:?}");
            for (name, _) in scope.known() {
                assert!(scope.modelled().iter().all(|k| k.name != *name), "{name} is modelled");
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
        for key in shipped.split_whitespace() {
            assert!(matches!(classify(Scope::Broker, key), Classified::Known(_)), "{key}");
        }
        assert_eq!(classify(Scope::Broker, "num.io.threads"), Classified::Modelled);
        assert_eq!(classify(Scope::Topic, "retention.ms"), Classified::Known(reason::RETENTION));
        assert_eq!(classify(Scope::Producer, "key.serializer"), Classified::Known(reason::APPLICATION));
        assert_eq!(classify(Scope::Producer, "group.id"), Classified::Known(reason::CONSUMER));
    }

    #[test]
    fn a_misspelling_is_told_from_a_plugins_own_key() {
        let unknown = |suggestion| Classified::Unknown { suggestion };
        assert_eq!(classify(Scope::Producer, "lingerms"), unknown(Some("linger.ms")));
        assert_eq!(classify(Scope::Producer, "Linger.ms"), unknown(Some("linger.ms")));
        assert_eq!(classify(Scope::Producer, "metadata.max.age"), unknown(Some("metadata.max.age.ms")));
        assert_eq!(classify(Scope::Broker, "min.insync.replica"), unknown(Some("min.insync.replicas")));
        assert_eq!(classify(Scope::Broker, "confluent.balancer.enable"), unknown(None));
        assert_eq!(classify(Scope::Topic, &"x".repeat(100_000)), unknown(None));
    }
}
