//! The truth as it unfolds: who leads what by committed metadata, which broker has taken which role, who is up, paused or cut off.

use super::fact::Fact;
use crate::engine::Instant;
use crate::kafka::{BrokerIx, ClientIx, LeaderEpoch, MetadataOffset, NodeIx, PartitionEpoch, PartitionIx, Replicas};
use crate::model::Spec;
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// The role that a broker has taken for a partition.
#[derive(Clone, Copy, Debug)]
pub struct Role {
    /// Who.
    pub broker: BrokerIx,
    /// Whether it leads.
    pub leads: bool,
    /// In which leader epoch.
    pub epoch: LeaderEpoch,
    /// Since when.
    pub since: Instant,
}

/// One partition by committed metadata, and the roles that brokers have taken for it.
#[derive(Clone, Debug, Default)]
pub struct PartitionTruth {
    /// Whether its topic exists.
    pub exists: bool,
    /// The true leader.
    pub leader: Option<BrokerIx>,
    /// Its epoch.
    pub leader_epoch: LeaderEpoch,
    /// The epoch in which this leader came to lead; later epochs of the same leader need no new role.
    pub led_since: LeaderEpoch,
    /// Counts all changes.
    pub partition_epoch: PartitionEpoch,
    /// Assigned replicas.
    pub replicas: Replicas,
    /// Committed in-sync replicas.
    pub isr: Replicas,
    /// How often its leader changed.
    pub moves: u32,
    /// Metadata offset of the last leader change.
    pub moved_offset: MetadataOffset,
    /// When that was committed.
    pub moved_at: Instant,
    /// Roles taken.
    pub roles: SmallVec<[Role; 4]>,
}

impl PartitionTruth {
    /// The role that a broker has taken.
    pub fn role(&self, broker: BrokerIx) -> Option<&Role> {
        self.roles.iter().find(|r| r.broker == broker)
    }

    /// Whether this broker is the true leader and has taken that role.
    pub fn is_ready(&self, broker: BrokerIx) -> bool {
        self.leader == Some(broker) && self.role(broker).is_some_and(|r| r.leads && r.epoch >= self.led_since)
    }

    fn take_role(&mut self, role: Role) {
        match self.roles.iter_mut().find(|r| r.broker == role.broker) {
            Some(old) => *old = role,
            None => self.roles.push(role),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Node {
    up: bool,
    paused: bool,
}

#[derive(Clone, Debug)]
struct Cut {
    from: Vec<NodeIx>,
    to: Vec<NodeIx>,
    both_ways: bool,
}

impl Cut {
    /// Whether something between the two, in either direction, is dropped: half a conversation is none.
    fn parts(&self, a: NodeIx, b: NodeIx) -> bool {
        let drops = |x: NodeIx, y: NodeIx| self.from.contains(&x) && self.to.contains(&y);
        drops(a, b) || drops(b, a) || self.both_ways && (self.to.contains(&a) && self.from.contains(&b))
    }
}

/// Everything true so far.
#[derive(Clone, Debug)]
pub struct Truth {
    partitions: Vec<PartitionTruth>,
    /// What is true of a partition of which nothing was ever committed.
    unknown: PartitionTruth,
    nodes: Vec<Node>,
    cuts: BTreeMap<u32, Cut>,
    broker_nodes: Vec<NodeIx>,
    client_nodes: Vec<NodeIx>,
    voter_nodes: Vec<NodeIx>,
    node_broker: Vec<Option<BrokerIx>>,
    /// For each broker: when its metadata cache reached which offset, in this life of its process.
    images: Vec<Vec<(Instant, MetadataOffset)>>,
}

impl Truth {
    /// What holds when the run starts: the specification's registrations, roles taken by all brokers that are up.
    pub fn new(spec: &Spec) -> Self {
        let mut nodes = vec![Node { up: true, paused: false }; spec.nodes.len()];
        for broker in &spec.brokers {
            nodes[broker.node.index()].up = broker.up || spec.nodes[broker.node.index()].voter.is_some();
        }
        Truth {
            partitions: (0..spec.partitions.len()).map(|i| initial(spec, i)).collect(),
            unknown: PartitionTruth::default(),
            nodes,
            cuts: BTreeMap::new(),
            broker_nodes: spec.brokers.iter().map(|b| b.node).collect(),
            client_nodes: spec.clients.iter().map(|c| c.node).collect(),
            voter_nodes: spec.voters.iter().map(|v| v.node).collect(),
            node_broker: spec.nodes.iter().map(|n| n.broker).collect(),
            images: vec![Vec::new(); spec.brokers.len()],
        }
    }

    /// A partition; one that was never committed exists not and has no leader.
    pub fn partition(&self, partition: PartitionIx) -> &PartitionTruth {
        self.partitions.get(partition.index()).unwrap_or(&self.unknown)
    }

    fn partition_mut(&mut self, partition: PartitionIx) -> &mut PartitionTruth {
        if self.partitions.len() <= partition.index() {
            self.partitions.resize_with(partition.index() + 1, PartitionTruth::default);
        }
        &mut self.partitions[partition.index()]
    }

    /// All partitions, in order.
    pub fn partitions(&self) -> impl Iterator<Item = (PartitionIx, &PartitionTruth)> {
        self.partitions.iter().enumerate().map(|(i, p)| (PartitionIx(i as u32), p))
    }

    /// The broker of a process.
    pub fn broker_of(&self, node: NodeIx) -> Option<BrokerIx> {
        self.node_broker.get(node.index()).copied().flatten()
    }

    /// Whether a broker's process is there and scheduled.
    pub fn is_running(&self, broker: BrokerIx) -> bool {
        let node = self.nodes[self.broker_nodes[broker.index()].index()];
        node.up && !node.paused
    }

    /// Whether a cut lies between a broker and a client.
    pub fn is_cut_from_client(&self, broker: BrokerIx, client: ClientIx) -> bool {
        self.parted(self.broker_nodes[broker.index()], self.client_nodes[client.index()])
    }

    /// Whether cuts lie between a broker and every voter, so that the controller must come to fence it.
    pub fn is_cut_from_voters(&self, broker: BrokerIx) -> bool {
        let node = self.broker_nodes[broker.index()];
        !self.cuts.is_empty() && !self.voter_nodes.is_empty() && self.voter_nodes.iter().all(|v| self.parted(node, *v))
    }

    fn parted(&self, a: NodeIx, b: NodeIx) -> bool {
        a != b && self.cuts.values().any(|c| c.parts(a, b))
    }

    /// When a broker's metadata cache first stood at `offset` or beyond; none when it has not yet, in this life of its process.
    pub fn image_reached(&self, broker: BrokerIx, offset: MetadataOffset) -> Option<Instant> {
        let images = &self.images[broker.index()];
        images.get(images.partition_point(|(_, at)| *at < offset)).map(|(when, _)| *when)
    }

    /// Takes in what a fact says of processes, cuts, roles, images and topics. Commits of partitions come through [`Truth::commit`].
    pub fn on_fact(&mut self, at: Instant, fact: &Fact) {
        if let Fact::ProcessStarted { node } = fact {
            self.nodes[node.index()] = Node { up: true, paused: false };
        }
        if let Fact::ProcessEnded { node, .. } = fact {
            self.end(*node);
        }
        if let Fact::Paused { node } = fact {
            self.nodes[node.index()].paused = true;
        }
        if let Fact::Resumed { node } = fact {
            self.nodes[node.index()].paused = false;
        }
        if let Fact::LinksCut { cut, from, to, both_ways } = fact {
            self.cuts.insert(*cut, Cut { from: from.clone(), to: to.clone(), both_ways: *both_ways });
        }
        if let Fact::LinksHealed { cut } = fact {
            self.cuts.remove(cut);
        }
        if let Fact::ImageApplied { broker, offset } = fact {
            self.images[broker.index()].push((at, *offset));
        }
        if let Fact::LeaderRoleTaken { broker, partition, leader_epoch, .. } = fact {
            self.partition_mut(*partition).take_role(Role { broker: *broker, leads: true, epoch: *leader_epoch, since: at });
        }
        if let Fact::FollowerRoleTaken { broker, partition, leader_epoch, .. } = fact {
            self.partition_mut(*partition).take_role(Role { broker: *broker, leads: false, epoch: *leader_epoch, since: at });
        }
        if let Fact::ReplicaDeleted { broker, partition } = fact {
            self.partition_mut(*partition).roles.retain(|r| r.broker != *broker);
        }
    }

    fn end(&mut self, node: NodeIx) {
        self.nodes[node.index()] = Node { up: false, paused: false };
        let Some(broker) = self.broker_of(node) else { return };
        self.images[broker.index()].clear();
        for partition in &mut self.partitions {
            partition.roles.retain(|r| r.broker != broker);
        }
    }

    /// Takes in a committed registration and says whether the leader changed by it.
    pub fn commit(&mut self, at: Instant, fact: &Fact) -> bool {
        let Fact::PartitionCommitted { partition, leader, leader_epoch, partition_epoch, replicas, isr, offset, .. } = fact else {
            return false;
        };
        let truth = self.partition_mut(*partition);
        let changed = truth.leader != *leader;
        let existed = std::mem::replace(&mut truth.exists, true);
        truth.leader = *leader;
        truth.leader_epoch = *leader_epoch;
        truth.partition_epoch = *partition_epoch;
        truth.replicas.clone_from(replicas);
        truth.isr.clone_from(isr);
        if !changed {
            return false;
        }
        truth.led_since = *leader_epoch;
        truth.moved_offset = *offset;
        truth.moved_at = at;
        // A first leader is no change of leader: nobody was asked before.
        truth.moves += u32::from(existed);
        existed
    }

    /// A deleted topic's partition has no leader.
    pub fn remove(&mut self, partition: PartitionIx) {
        let truth = self.partition_mut(partition);
        truth.exists = false;
        truth.leader = None;
    }
}

fn initial(spec: &Spec, index: usize) -> PartitionTruth {
    let p = &spec.partitions[index];
    if !spec.topics[p.topic.index()].exists {
        return PartitionTruth::default();
    }
    let is_up = |broker: &BrokerIx| spec.brokers[broker.index()].up;
    PartitionTruth {
        exists: true,
        leader: p.leader,
        leader_epoch: p.leader_epoch,
        led_since: p.leader_epoch,
        partition_epoch: p.partition_epoch,
        replicas: p.replicas.clone(),
        isr: p.isr.clone(),
        roles: p
            .replicas
            .iter()
            .filter(|b| is_up(b))
            .map(|b| Role { broker: *b, leads: p.leader == Some(*b), epoch: p.leader_epoch, since: Instant::ZERO })
            .collect(),
        ..PartitionTruth::default()
    }
}
