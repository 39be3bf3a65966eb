//! Facts as text: one JSON object a line, with names instead of indices.

use super::fact::{Fact, GroupFact, Refresh, Told};
use super::moves::why_name;
use crate::engine::Instant;
use crate::kafka::{BrokerIx, ClientIx, ErrorCode, GroupIx, NodeIx, Offset, PartitionIx, Replicas, TopicIx, VoterIx};
use crate::model::Spec;
use serde_json::{Map, Value, json};

/// One fact as one line of JSON (without the line end): `at_ms`, `fact`, and the fact's fields. Every moment is in milliseconds from `origin` on.
///
/// Brokers and voters are named by `node.id`, partitions as `topic-0`, clients by `client.id`. Offsets and epochs are Kafka's numbers.
pub fn line(spec: &Spec, origin: Instant, at: Instant, fact: &Fact) -> String {
    let mut line = Line { spec, origin, fields: Map::new() };
    line.moment("at_ms", at);
    let name = line.fill(fact);
    line.put("fact", json!(name));
    Value::Object(line.fields).to_string()
}

struct Line<'a> {
    spec: &'a Spec,
    origin: Instant,
    fields: Map<String, Value>,
}

impl Line<'_> {
    fn put(&mut self, key: &str, value: Value) {
        self.fields.insert(key.to_owned(), value);
    }
    fn moment(&mut self, key: &str, at: Instant) {
        let ms = at.millis_after(self.origin);
        self.put(key, json!(ms));
    }
    fn broker_value(&self, broker: BrokerIx) -> Value {
        self.spec.brokers.get(broker.index()).map_or_else(|| json!(format!("{broker:?}")), |b| json!(b.id))
    }
    fn broker_key(&mut self, key: &str, broker: Option<BrokerIx>) {
        let value = broker.map_or(Value::Null, |b| self.broker_value(b));
        self.put(key, value);
    }
    fn broker(&mut self, broker: BrokerIx) {
        self.broker_key("broker", Some(broker));
    }
    fn brokers(&mut self, key: &str, brokers: &Replicas) {
        let list = brokers.iter().map(|b| self.broker_value(*b)).collect();
        self.put(key, Value::Array(list));
    }
    fn voter(&mut self, key: &str, voter: VoterIx) {
        let value = self.spec.voters.get(voter.index()).map_or_else(|| json!(format!("{voter:?}")), |v| json!(v.id));
        self.put(key, value);
    }
    fn node_value(&self, node: NodeIx) -> Value {
        self.spec.nodes.get(node.index()).map_or_else(|| json!(format!("{node:?}")), |n| json!(n.name))
    }
    fn node(&mut self, node: NodeIx) {
        let value = self.node_value(node);
        self.put("node", value);
    }
    fn nodes(&mut self, key: &str, nodes: &[NodeIx]) {
        let list = nodes.iter().map(|n| self.node_value(*n)).collect();
        self.put(key, Value::Array(list));
    }
    fn client(&mut self, client: ClientIx) {
        let value = self.spec.clients.get(client.index()).map_or_else(|| json!(format!("{client:?}")), |c| json!(c.name));
        self.put("client", value);
    }
    fn topic(&mut self, topic: TopicIx) {
        let value = self.spec.topics.get(topic.index()).map_or_else(|| json!(format!("{topic:?}")), |t| json!(t.name));
        self.put("topic", value);
    }
    fn partition(&mut self, partition: PartitionIx) {
        let known = partition.index() < self.spec.partitions.len();
        let name = if known { self.spec.partition_name(partition) } else { format!("partition #{partition}") };
        self.put("partition", json!(name));
    }
    fn error(&mut self, error: ErrorCode) {
        self.put("error", json!(error.name()));
    }
    fn words(&mut self, key: &str, value: &impl std::fmt::Debug) {
        self.put(key, json!(format!("{value:?}")));
    }
    fn replica(&mut self, broker: BrokerIx, partition: PartitionIx) {
        self.broker(broker);
        self.partition(partition);
    }
    fn span(&mut self, from: Offset, to: Offset) {
        self.put("from", json!(from.0));
        self.put("to", json!(to.0));
    }

    /// Puts the fields of a fact and gives its name.
    fn fill(&mut self, fact: &Fact) -> &'static str {
        match fact {
            Fact::EntrySent { .. }
            | Fact::EntryTaken { .. }
            | Fact::EntryAnswered { .. }
            | Fact::EntryReturned { .. }
            | Fact::EntryUnreachable { .. }
            | Fact::RecordCreated { .. }
            | Fact::RecordRepeats { .. }
            | Fact::RecordRebatched { .. }
            | Fact::RecordDone { .. }
            | Fact::ReplicaChosen { .. }
            | Fact::Delivered { .. }
            | Fact::Processed { .. }
            | Fact::PositionSet { .. }
            | Fact::BeliefChanged { .. }
            | Fact::Refreshed { .. }
            | Fact::ConnectionOpening { .. }
            | Fact::ConnectionReady { .. }
            | Fact::ConnectionLost { .. } => self.fill_client(fact),
            Fact::Group { group, what } => self.fill_group(*group, *what),
            Fact::TopicCommitted { topic } => {
                self.topic(*topic);
                "TopicCommitted"
            }
            Fact::TopicRemoved { topic, .. } => {
                self.topic(*topic);
                "TopicRemoved"
            }
            Fact::PartitionCommitted { .. } => self.fill_commit(fact),
            Fact::BrokerCommitted { broker, epoch, fenced, in_controlled_shutdown, offset } => {
                self.broker(*broker);
                self.put("epoch", json!(epoch.0));
                self.put("fenced", json!(fenced));
                self.put("in_controlled_shutdown", json!(in_controlled_shutdown));
                self.put("offset", json!(offset.0));
                "BrokerCommitted"
            }
            Fact::ControllerActive { voter, epoch } => {
                self.voter("voter", *voter);
                self.put("epoch", json!(epoch.0));
                "ControllerActive"
            }
            Fact::ControllerResigned { voter, epoch } => {
                self.voter("voter", *voter);
                self.put("epoch", json!(epoch.0));
                "ControllerResigned"
            }
            Fact::CandidateRaised { voter, epoch } => {
                self.voter("voter", *voter);
                self.put("epoch", json!(epoch.0));
                "CandidateRaised"
            }
            Fact::Voted { voter, candidate, epoch } => {
                self.voter("voter", *voter);
                self.voter("candidate", *candidate);
                self.put("epoch", json!(epoch.0));
                "Voted"
            }
            Fact::SessionExpired { broker, last_heartbeat } => {
                self.broker(*broker);
                self.moment("last_heartbeat_ms", *last_heartbeat);
                "SessionExpired"
            }
            Fact::RegistrationRefused { broker, error } => {
                self.broker(*broker);
                self.error(*error);
                "RegistrationRefused"
            }
            Fact::AdminDone { what, error } => {
                self.put("what", json!(what));
                self.error(*error);
                "AdminDone"
            }
            Fact::ProcessStarted { node } => {
                self.node(*node);
                "ProcessStarted"
            }
            Fact::ProcessEnded { node, how } => {
                self.node(*node);
                self.words("how", how);
                "ProcessEnded"
            }
            Fact::Paused { node } => {
                self.node(*node);
                "Paused"
            }
            Fact::Resumed { node } => {
                self.node(*node);
                "Resumed"
            }
            Fact::NetworkChanged { text } => {
                self.put("text", json!(text));
                "NetworkChanged"
            }
            Fact::LinksCut { cut, from, to, both_ways } => {
                self.put("cut", json!(cut));
                self.nodes("from", from);
                self.nodes("to", to);
                self.put("both_ways", json!(both_ways));
                "LinksCut"
            }
            Fact::LinksHealed { cut } => {
                self.put("cut", json!(cut));
                "LinksHealed"
            }
            Fact::FaultApplied { text } => {
                self.put("text", json!(text));
                "FaultApplied"
            }
            Fact::BrokerStateChanged { broker, state } => {
                self.broker(*broker);
                self.words("state", state);
                "BrokerStateChanged"
            }
            Fact::ImageApplied { broker, offset } => {
                self.broker(*broker);
                self.put("offset", json!(offset.0));
                "ImageApplied"
            }
            Fact::LeaderRoleTaken { .. }
            | Fact::FollowerRoleTaken { .. }
            | Fact::ReplicaDeleted { .. }
            | Fact::HighWatermarkMoved { .. }
            | Fact::Appended { .. }
            | Fact::GroupAppended { .. }
            | Fact::Replicated { .. }
            | Fact::Truncated { .. }
            | Fact::UnflushedLost { .. }
            | Fact::IsrProposed { .. }
            | Fact::IsrAnswered { .. }
            | Fact::ReplicaFetchError { .. }
            | Fact::LinkLost { .. }
            | Fact::HeartbeatGivenUp { .. }
            | Fact::RequestServed { .. } => self.fill_broker(fact),
        }
    }

    fn fill_group(&mut self, group: GroupIx, what: GroupFact) -> &'static str {
        let name = self.spec.groups.get(group.index()).map_or_else(|| format!("{group:?}"), |g| g.name.clone());
        self.put("group", json!(name));
        match what {
            GroupFact::CoordinatorKnown { client, broker } => {
                self.client(client);
                self.broker_key("broker", broker);
                "CoordinatorKnown"
            }
            GroupFact::CoordinatorLoaded { broker } => {
                self.broker(broker);
                "CoordinatorLoaded"
            }
            GroupFact::RebalanceBegan { generation } => {
                self.put("generation", json!(generation));
                "RebalanceBegan"
            }
            GroupFact::Assigned { client, generation, partitions } => {
                self.client(client);
                self.put("generation", json!(generation));
                self.put("partitions", json!(partitions));
                "Assigned"
            }
            GroupFact::Revoked { client, partitions } => {
                self.client(client);
                self.put("partitions", json!(partitions));
                "Revoked"
            }
            GroupFact::Left { client } => {
                self.client(client);
                "Left"
            }
            GroupFact::SessionExpired { client } => {
                self.client(client);
                "MemberExpelled"
            }
            GroupFact::Committed { client, partition, offset } => {
                self.client(client);
                self.partition(partition);
                self.put("offset", json!(offset.0));
                "Committed"
            }
            GroupFact::CommitRefused { client, partition, error } => {
                self.client(client);
                self.partition(partition);
                self.error(error);
                "CommitRefused"
            }
        }
    }

    fn fill_commit(&mut self, fact: &Fact) -> &'static str {
        if let Fact::PartitionCommitted {
            partition,
            old_leader,
            leader,
            leader_epoch,
            partition_epoch,
            replicas,
            isr,
            unclean,
            why,
            asked_at,
            decided_at,
            offset,
        } = fact
        {
            self.partition(*partition);
            self.broker_key("old_leader", *old_leader);
            self.broker_key("leader", *leader);
            self.put("leader_epoch", json!(leader_epoch.0));
            self.put("partition_epoch", json!(partition_epoch.0));
            self.brokers("replicas", replicas);
            self.brokers("isr", isr);
            self.put("unclean", json!(unclean));
            self.put("why", json!(why_name(*why)));
            self.moment("asked_ms", *asked_at);
            self.moment("decided_ms", *decided_at);
            self.put("offset", json!(offset.0));
        }
        "PartitionCommitted"
    }

    fn fill_broker(&mut self, fact: &Fact) -> &'static str {
        if let Fact::LeaderRoleTaken { broker, partition, leader_epoch, log_end, high_watermark } = fact {
            self.replica(*broker, *partition);
            self.put("leader_epoch", json!(leader_epoch.0));
            self.put("log_end", json!(log_end.0));
            self.put("high_watermark", json!(high_watermark.0));
            return "LeaderRoleTaken";
        }
        if let Fact::FollowerRoleTaken { broker, partition, leader_epoch, leader, log_end } = fact {
            self.replica(*broker, *partition);
            self.put("leader_epoch", json!(leader_epoch.0));
            self.broker_key("leader", *leader);
            self.put("log_end", json!(log_end.0));
            return "FollowerRoleTaken";
        }
        if let Fact::ReplicaDeleted { broker, partition } = fact {
            self.replica(*broker, *partition);
            return "ReplicaDeleted";
        }
        if let Fact::HighWatermarkMoved { broker, partition, leader_epoch, high_watermark } = fact {
            self.replica(*broker, *partition);
            self.put("leader_epoch", json!(leader_epoch.0));
            self.put("high_watermark", json!(high_watermark.0));
            return "HighWatermarkMoved";
        }
        if let Fact::Appended { broker, partition, leader_epoch, base, end, batch, client, sequence } = fact {
            self.replica(*broker, *partition);
            self.put("leader_epoch", json!(leader_epoch.0));
            self.put("base", json!(base.0));
            self.put("end", json!(end.0));
            self.put("batch", json!(batch));
            self.client(*client);
            self.put("sequence", json!(sequence));
            return "Appended";
        }
        if let Fact::GroupAppended { broker, partition, leader_epoch, end } = fact {
            self.replica(*broker, *partition);
            self.put("leader_epoch", json!(leader_epoch.0));
            self.put("end", json!(end.0));
            return "GroupAppended";
        }
        if let Fact::Replicated { broker, partition, end } = fact {
            self.replica(*broker, *partition);
            self.put("end", json!(end.0));
            return "Replicated";
        }
        if let Fact::Truncated { broker, partition, from, to } = fact {
            self.replica(*broker, *partition);
            self.span(*from, *to);
            return "Truncated";
        }
        if let Fact::UnflushedLost { broker, partition, from, to } = fact {
            self.replica(*broker, *partition);
            self.span(*from, *to);
            return "UnflushedLost";
        }
        if let Fact::IsrProposed { broker, partition, isr } = fact {
            self.replica(*broker, *partition);
            self.brokers("isr", isr);
            return "IsrProposed";
        }
        if let Fact::IsrAnswered { broker, partition, error, shrink } = fact {
            self.replica(*broker, *partition);
            self.error(*error);
            self.put("shrink", json!(shrink));
            return "IsrAnswered";
        }
        if let Fact::ReplicaFetchError { follower, leader, partition, error } = fact {
            self.broker_key("follower", Some(*follower));
            self.broker_key("leader", Some(*leader));
            self.partition(*partition);
            self.error(*error);
            return "ReplicaFetchError";
        }
        if let Fact::LinkLost { broker, to, link, how, was_connected, correlation, waited } = fact {
            self.broker(*broker);
            let to = self.node_value(*to);
            self.put("to", to);
            self.words("link", link);
            self.words("how", how);
            self.put("was_connected", json!(was_connected));
            self.put("correlation", json!(correlation));
            self.put("waited_ms", json!(waited.as_millis_f64()));
            return "LinkLost";
        }
        if let Fact::HeartbeatGivenUp { broker, is_registered } = fact {
            self.broker(*broker);
            self.put("is_registered", json!(is_registered));
            return "HeartbeatGivenUp";
        }
        if let Fact::RequestServed { client, broker, api, busy, response_bytes } = fact {
            self.client(*client);
            self.broker(*broker);
            self.words("api", api);
            self.put("busy_ms", json!(busy.as_millis_f64()));
            self.put("response_bytes", json!(response_bytes));
        }
        "RequestServed"
    }

    fn entry(&mut self, client: ClientIx, broker: Option<BrokerIx>, partition: PartitionIx, entry: u64) {
        self.client(client);
        if let Some(broker) = broker {
            self.broker(broker);
        }
        self.partition(partition);
        self.put("entry", json!(entry));
    }

    fn fill_client(&mut self, fact: &Fact) -> &'static str {
        if let Fact::EntrySent { client, broker, partition, entry, batch, attempt } = fact {
            self.entry(*client, Some(*broker), *partition, *entry);
            self.put("batch", json!(batch));
            self.put("attempt", json!(attempt));
            return "EntrySent";
        }
        if let Fact::EntryTaken { client, broker, partition, entry } = fact {
            self.entry(*client, Some(*broker), *partition, *entry);
            return "EntryTaken";
        }
        if let Fact::EntryAnswered { client, broker, partition, entry, error } = fact {
            self.entry(*client, Some(*broker), *partition, *entry);
            self.error(*error);
            return "EntryAnswered";
        }
        if let Fact::EntryReturned { client, partition, entry, error } = fact {
            self.entry(*client, None, *partition, *entry);
            self.error(*error);
            return "EntryReturned";
        }
        if let Fact::EntryUnreachable { client, broker, partition, entry, how } = fact {
            self.entry(*client, Some(*broker), *partition, *entry);
            self.words("how", how);
            return "EntryUnreachable";
        }
        if let Fact::RecordCreated { client, record, partition } = fact {
            self.client(*client);
            self.put("record", json!(record));
            self.partition(*partition);
            return "RecordCreated";
        }
        if let Fact::RecordRepeats { client, record, message } = fact {
            self.client(*client);
            self.put("record", json!(record));
            self.put("message", json!(message));
            return "RecordRepeats";
        }
        if let Fact::RecordRebatched { client, record, batch } = fact {
            self.client(*client);
            self.put("record", json!(record));
            self.put("batch", json!(batch));
            return "RecordRebatched";
        }
        if let Fact::RecordDone { client, record, partition, batch, created_at, error } = fact {
            self.client(*client);
            self.put("record", json!(record));
            self.partition(*partition);
            self.put("batch", json!(batch));
            self.moment("created_ms", *created_at);
            self.error(*error);
            return "RecordDone";
        }
        if let Fact::Delivered { client, partition, batch, base, end } = fact {
            self.client(*client);
            self.partition(*partition);
            self.put("batch", json!(batch));
            self.put("base", json!(base.0));
            self.put("end", json!(end.0));
            return "Delivered";
        }
        if let Fact::Processed { client, partition, end } = fact {
            self.client(*client);
            self.partition(*partition);
            self.put("end", json!(end.0));
            return "Processed";
        }
        if let Fact::PositionSet { client, partition, from, to, why } = fact {
            self.client(*client);
            self.partition(*partition);
            self.put("from", json!(from.map(|o| o.0)));
            self.put("to", json!(to.0));
            self.put("why", json!(format!("{why:?}").to_lowercase()));
            return "PositionSet";
        }
        if let Fact::ReplicaChosen { client, partition, replica } = fact {
            self.client(*client);
            self.partition(*partition);
            self.broker_key("replica", *replica);
            return "ReplicaChosen";
        }
        if let Fact::BeliefChanged { client, partition, leader, leader_epoch, told } = fact {
            self.client(*client);
            self.partition(*partition);
            self.broker_key("leader", *leader);
            self.put("leader_epoch", json!(leader_epoch.0));
            self.told(*told);
            return "BeliefChanged";
        }
        if let Fact::Refreshed { client, what } = fact {
            self.client(*client);
            self.refresh(*what);
            return "Refreshed";
        }
        if let Fact::ConnectionOpening { client, broker } = fact {
            self.client(*client);
            self.broker(*broker);
            return "ConnectionOpening";
        }
        if let Fact::ConnectionReady { client, broker } = fact {
            self.client(*client);
            self.broker(*broker);
            return "ConnectionReady";
        }
        if let Fact::ConnectionLost { client, broker, how } = fact {
            self.client(*client);
            self.broker(*broker);
            self.words("how", how);
        }
        "ConnectionLost"
    }

    fn told(&mut self, told: Told) {
        let (by, broker) = match told {
            Told::Metadata(broker, offset) => {
                self.put("offset", json!(offset.0));
                ("metadata", Some(broker))
            }
            Told::Hint(broker) => ("hint", Some(broker)),
            Told::Forgot => ("forgot", None),
        };
        self.put("told", json!(by));
        self.broker_key("told_by", broker);
    }

    fn refresh(&mut self, what: Refresh) {
        let name = match what {
            Refresh::Wanted => "wanted",
            Refresh::Sent(broker) => {
                self.broker(broker);
                "sent"
            }
            Refresh::Answered(broker, offset) => {
                self.broker(broker);
                self.put("offset", json!(offset.0));
                "answered"
            }
            Refresh::Failed => "failed",
            Refresh::Swallowed => "swallowed",
        };
        self.put("what", json!(name));
    }
}
