//! Why a key of Kafka has no effect in the model: one line per group.

pub(super) const ABSENT: &str = "the model does not have it, so what it changes is missing from the answer";
pub(super) const APPLICATION: &str = "the application's own code";
pub(super) const COMPRESSION: &str = "compression: `record_bytes` of the scenario are bytes as sent";
pub(super) const CONSUMER: &str = "a consumer's key, which a producer ignores";
pub(super) const FEATURES: &str = "versions and features: the scenario's release decides";
pub(super) const GROUPS: &str = "groups and offsets: the scenario's consumers say what of them is modelled";
pub(super) const IDENTITY: &str = "who is who: the scenario says it in its own way";
pub(super) const IGNORED: &str = "ignored by KRaft";
pub(super) const LOG: &str = "log storage";
pub(super) const METRICS: &str = "metrics and telemetry";
pub(super) const NETWORK: &str = "sockets and listeners: the scenario's [network] stands for them";
pub(super) const PARTITIONER: &str = "partitioner: the scenario's `partitioning` stands for it";
pub(super) const PRODUCER: &str = "a producer's key, which a consumer ignores";
pub(super) const PROCESS: &str = "start of the process";
pub(super) const QUOTAS: &str = "quotas and throttles";
pub(super) const REMOVED: &str = "removed from Kafka long ago";
pub(super) const RETENTION: &str = "retention and compaction";
pub(super) const SECURITY: &str = "security: the scenario's network.tls and network.sasl stand for its cost";
pub(super) const SNAPSHOTS: &str = "files of the metadata log";
pub(super) const TIERED: &str = "tiered storage";
pub(super) const TOPICS: &str = "creation of topics: the scenario lists them";
pub(super) const TRANSACTIONS: &str = "transactions";
pub(super) const TUNING: &str = "limits and caches that the model does not have";
pub(super) const ZOOKEEPER: &str = "ZooKeeper: KRaft is simulated";
