//! What the draws about each thing of a cluster are addressed by: what it is called (a name, a `node.id`), never its place in a list. A client that is
//! written before the others, a fleet of one more, a topic or a broker more: all others keep their draws.

use super::{Channel, Spec};
use crate::engine::Key;
use crate::kafka::{BrokerIx, ClientIx, NodeIx, PartitionIx, TopicIx, VoterIx};

const CLIENT: Key = Key::kind("client");
const BROKER: Key = Key::kind("broker");
const CONTROLLER: Key = Key::kind("controller");
const PROCESS: Key = Key::kind("process");
const TOPIC: Key = Key::kind("topic");
const BOOTSTRAP: Key = Key::kind("bootstrap");

impl Spec {
    /// A client by its name; a member of a fleet has its number in it.
    pub fn client_key(&self, client: ClientIx) -> Key {
        CLIENT.named(&self.clients[client.index()].name)
    }

    /// A broker by its `node.id`.
    pub fn broker_key(&self, broker: BrokerIx) -> Key {
        BROKER.part(u64::from(self.brokers[broker.index()].id))
    }

    /// A voter by its `node.id`.
    pub fn voter_key(&self, voter: VoterIx) -> Key {
        CONTROLLER.part(u64::from(self.voters[voter.index()].id))
    }

    /// A process by what it is; a combined node by its broker.
    pub fn node_key(&self, node: NodeIx) -> Key {
        let process = &self.nodes[node.index()];
        let broker = process.broker.map(|b| self.broker_key(b));
        let voter = || process.voter.map(|v| self.voter_key(v));
        let client = || process.client.map(|c| self.client_key(c));
        broker.or_else(voter).or_else(client).unwrap_or(PROCESS.named(&process.name))
    }

    /// A topic by its name; one that is created again under its name is the same.
    pub fn topic_key(&self, topic: TopicIx) -> Key {
        TOPIC.named(&self.topics[topic.index()].name)
    }

    /// A partition by its topic and index.
    pub fn partition_key(&self, partition: PartitionIx) -> Key {
        let partition = &self.partitions[partition.index()];
        self.topic_key(partition.topic).part(u64::from(partition.index))
    }

    /// A connection among those of its process: whom it goes to, and what for.
    pub fn channel_key(&self, channel: Channel) -> Key {
        match channel {
            Channel::Broker(b) => self.broker_key(b).part(1),
            Channel::Bootstrap(i) => BOOTSTRAP.part(u64::from(i)),
            Channel::Fetcher(b, thread) => self.broker_key(b).part(2).part(u64::from(thread)),
            Channel::Lane(b, lane) => self.broker_key(b).part(3).part(u64::from(lane)),
            Channel::Heartbeat(v) => self.voter_key(v).part(1),
            Channel::AlterPartition(v) => self.voter_key(v).part(2),
            Channel::Raft(v) => self.voter_key(v).part(3),
        }
    }
}
