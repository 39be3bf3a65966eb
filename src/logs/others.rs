//! Lines of other client libraries: those that samples of real clients hold and whose every part a fact tells. Nothing else of them is
//! written, and nothing of kafka-go and kafka-python.

use super::client::{ClientLog, Pen};
use super::clock;
use super::cluster::Cluster;
use super::files::{FileIx, Files};
use super::ids;
use crate::engine::Instant;
use crate::kafka::{BrokerIx, ClientIx, ErrorCode, LeaderEpoch, PartitionIx};
use crate::model::client::profile::Library;
use crate::observe::fact::{BatchId, EntryId, Told, Unreachable};
use std::collections::BTreeMap;

/// sarama's words for NOT_LEADER_OR_FOLLOWER.
const STALE: &str =
    "kafka server: Tried to send a message to a replica that is not the leader for some partition. Your metadata is out of date";

/// One client of another library and its log.
#[derive(Debug)]
pub struct OtherLog {
    file: FileIx,
    library: Library,
    name: String,
    /// Since when a connection is ready; none while it is opened.
    ready: BTreeMap<BrokerIx, Option<Instant>>,
    sent: BTreeMap<EntryId, BrokerIx>,
    believed: BTreeMap<PartitionIx, (Option<BrokerIx>, LeaderEpoch)>,
}

impl OtherLog {
    /// The log of a producer of a library whose lines are known.
    pub fn of(client: ClientIx, cluster: &Cluster<'_>, files: &mut Files) -> Option<Self> {
        let spec = &cluster.spec.clients[client.index()];
        spec.workload()?;
        match spec.profile.library {
            Library::Sarama | Library::FranzGo | Library::Kafkajs | Library::Librdkafka => {}
            Library::Java | Library::KafkaGo | Library::KafkaPython => return None,
        }
        let (file, library, name) = (files.open_for(&spec.name), spec.profile.library, spec.name.clone());
        Some(OtherLog { file, library, name, ready: BTreeMap::new(), sent: BTreeMap::new(), believed: BTreeMap::new() })
    }

    fn stale(&self, at: Instant, address: &str) -> String {
        let error = "This server is not the leader for that topic-partition";
        let mut value = self.event(at, "[Connection] Response Produce(key: 0, version: 7)", address);
        value["error"] = serde_json::json!(error);
        value.to_string()
    }

    fn kafkajs(&self, at: Instant, message: &str, address: &str) -> String {
        self.event(at, message, address).to_string()
    }

    fn event(&self, at: Instant, message: &str, address: &str) -> serde_json::Value {
        serde_json::json!({
            "level": "ERROR",
            "timestamp": clock::iso(at),
            "logger": "kafkajs",
            "message": message,
            "broker": address,
            "clientId": self.name,
        })
    }
}

impl ClientLog for OtherLog {
    fn ended(&mut self, _pen: &mut Pen<'_, '_>) {
        self.ready.clear();
        self.sent.clear();
        self.believed.clear();
    }

    fn opens(&mut self, broker: BrokerIx, _pen: &mut Pen<'_, '_>) {
        self.ready.insert(broker, None);
    }

    fn is_ready(&mut self, broker: BrokerIx, pen: &mut Pen<'_, '_>) {
        self.ready.insert(broker, Some(pen.at));
    }

    fn sends(&mut self, broker: BrokerIx, entry: EntryId, _batch: Option<BatchId>, _attempt: u32, _pen: &mut Pen<'_, '_>) {
        self.sent.insert(entry, broker);
    }

    fn loses(&mut self, broker: BrokerIx, how: Unreachable, pen: &mut Pen<'_, '_>) {
        let Some(ready_at) = self.ready.remove(&broker) else { return };
        let (id, address) = (pen.cluster.id(broker), ids::broker_address(pen.cluster.id(broker)));
        let time = clock::micros(pen.at);
        let text = match (self.library, how, ready_at) {
            (Library::FranzGo, Unreachable::Refused, None) => {
                format!(
                    "{time} [WARN] unable to open connection to broker; addr: {address}, broker: {id}, err: dial tcp {address}: \
                     connect: connection refused"
                )
            }
            (Library::Sarama, Unreachable::Refused, None) => {
                format!("{time} Failed to connect to broker {address}: dial tcp {address}: connect: connection refused")
            }
            (Library::Kafkajs, Unreachable::Refused, None) => {
                self.kafkajs(pen.at, &format!("[Connection] Connection error: connect ECONNREFUSED {address}"), &address)
            }
            (Library::Kafkajs, Unreachable::Reset, Some(_)) => {
                self.kafkajs(pen.at, "[Connection] Connection error: read ECONNRESET", &address)
            }
            (Library::Librdkafka, Unreachable::Reset, Some(ready_at)) => {
                let (ms, up) = (clock::unix_ms(pen.at), pen.at.since(ready_at).as_millis());
                let name: String = self.name.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
                format!(
                    "%6|{}.{:03}|FAIL|{name}#producer-1| [thrd:{address}/{id}]: {address}/{id}: Disconnected: connection closed by \
                     peer: receive 0 after POLLIN (after {up}ms in state UP)",
                    ms / 1000,
                    ms % 1000
                )
            }
            _nothing_is_known => return,
        };
        pen.files.line(self.file, pen.at, text);
    }

    fn returned(&mut self, partition: PartitionIx, entry: EntryId, error: ErrorCode, pen: &mut Pen<'_, '_>) {
        let Some(broker) = self.sent.remove(&entry) else { return };
        let known = pen.cluster.name(partition).filter(|_| error == ErrorCode::NotLeaderOrFollower);
        let Some((topic, index)) = known.as_deref().and_then(|name| name.rsplit_once('-')) else { return };
        let (id, address) = (pen.cluster.id(broker), ids::broker_address(pen.cluster.id(broker)));
        let time = clock::micros(pen.at);
        let text = match self.library {
            Library::Sarama => format!("{time} producer/broker/{id} state change to [retrying] on {topic}/{index} because {STALE}"),
            Library::Kafkajs => self.stale(pen.at, &address),
            Library::FranzGo | Library::Java | Library::Librdkafka | Library::KafkaGo | Library::KafkaPython => return,
        };
        pen.files.line(self.file, pen.at, text);
    }

    fn unreachable(&mut self, _partition: PartitionIx, entry: EntryId, _how: Unreachable, _pen: &mut Pen<'_, '_>) {
        self.sent.remove(&entry);
    }

    fn believes(&mut self, partition: PartitionIx, (leader, epoch): (Option<BrokerIx>, LeaderEpoch), told: Told, pen: &mut Pen<'_, '_>) {
        let before = self.believed.insert(partition, (leader, epoch));
        let is_hint = self.library == Library::FranzGo && matches!(told, Told::Hint(_));
        let Some(((Some(old), old_epoch), new)) = before.zip(leader).filter(|_| is_hint) else { return };
        let Some(name) = pen.cluster.name(partition) else { return };
        let Some((topic, index)) = name.rsplit_once('-') else { return };
        let text = format!(
            "{} [INFO] moving producing partition due to kip-951 not_leader_for_partition; topic: {topic}, partition: {index}, \
             new_leader: {}, new_leader_epoch: {epoch}, old_leader: {}, old_leader_epoch: {old_epoch}",
            clock::micros(pen.at),
            pen.cluster.id(new),
            pen.cluster.id(old),
        );
        pen.files.line(self.file, pen.at, text);
    }
}
