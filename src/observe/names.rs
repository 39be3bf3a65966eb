//! What things are called in sentences. Things that came to be during the run, and are not in the specification, are told by their number.

use crate::kafka::{BrokerIx, ClientIx, GroupIx, NodeIx, PartitionIx, Replicas, TopicIx, VoterIx};
use crate::model::Spec;
use crate::printable;

/// Characters of a name that are shown.
const MOST: usize = 120;

/// The names of a specification.
#[derive(Clone, Copy)]
pub struct Names<'s>(pub &'s Spec);

/// A foreign name: shown, never obeyed, and no longer than can be read.
pub fn shown(name: &str) -> String {
    let safe = printable::escape(name);
    if safe.chars().count() <= MOST {
        return safe;
    }
    let (head, tail) = (MOST * 2 / 3, MOST / 4);
    let first: String = safe.chars().take(head).collect();
    let last: Vec<char> = safe.chars().rev().take(tail).collect();
    format!("{first}…{}", last.into_iter().rev().collect::<String>())
}

impl Names<'_> {
    /// `broker 101`.
    pub fn broker(self, broker: BrokerIx) -> String {
        self.0.brokers.get(broker.index()).map_or_else(|| format!("broker #{broker}"), |b| format!("broker {}", b.id))
    }
    /// `broker 101`, or `nobody`.
    pub fn leader(self, broker: Option<BrokerIx>) -> String {
        broker.map_or_else(|| "nobody".to_owned(), |b| self.broker(b))
    }
    /// `101, 102`, or `none`.
    pub fn brokers(self, brokers: &Replicas) -> String {
        let ids: Vec<String> =
            brokers.iter().map(|b| self.0.brokers.get(b.index()).map_or_else(|| format!("#{b}"), |b| b.id.to_string())).collect();
        if ids.is_empty() { "none".to_owned() } else { ids.join(", ") }
    }
    /// `controller 1`.
    pub fn voter(self, voter: VoterIx) -> String {
        self.0.voters.get(voter.index()).map_or_else(|| format!("controller #{voter}"), |v| format!("controller {}", v.id))
    }
    /// The name of a process.
    pub fn node(self, node: NodeIx) -> String {
        self.0.nodes.get(node.index()).map_or_else(|| format!("process #{node}"), |n| shown(&n.name))
    }
    /// The names of processes, four at most.
    pub fn nodes(self, nodes: &[NodeIx]) -> String {
        let mut names: Vec<String> = nodes.iter().take(4).map(|n| self.node(*n)).collect();
        if nodes.len() > 4 {
            names.push(format!("{} more", nodes.len() - 4));
        }
        names.join(", ")
    }
    /// The name of a client.
    pub fn client(self, client: ClientIx) -> String {
        self.0.clients.get(client.index()).map_or_else(|| format!("client #{client}"), |c| shown(&c.name))
    }
    /// The name of a topic.
    pub fn topic(self, topic: TopicIx) -> String {
        self.0.topics.get(topic.index()).map_or_else(|| format!("topic #{topic}"), |t| shown(&t.name))
    }
    /// `orders-3`.
    pub fn partition(self, partition: PartitionIx) -> String {
        match self.0.partitions.get(partition.index()) {
            Some(p) => format!("{}-{}", self.topic(p.topic), p.index),
            None => format!("partition #{partition}"),
        }
    }
    /// The name of a consumer group.
    pub fn group(self, group: GroupIx) -> String {
        self.0.groups.get(group.index()).map_or_else(|| format!("group #{group}"), |g| format!("group {}", shown(&g.name)))
    }
}
