//! A warm start: metadata committed, roles taken, fetchers running, sessions alive.

use super::World;
use super::node::Node;
use crate::engine::{Chance, EventQueue, Instant, Slab};
use crate::kafka::{BrokerEpoch, BrokerIx, ClientIx, MetadataOffset, NodeIx, PartitionIx, Replicas, TopicIx, VoterIx};
use crate::model::broker::Broker;
use crate::model::broker::log::ReplicaLog;
use crate::model::client::Client;
use crate::model::controller::Controller;
use crate::model::metadata::{BrokerRegistration, Change, History, PartitionRegistration, Record, TopicRegistration};
use crate::model::network::Delays;
use crate::model::network::cuts::Cuts;
use crate::model::spec::RECORDS_BEFORE;
use crate::model::{Journal, Spec, groups};
use crate::observe::Fact;
use crate::observe::fact::Why;
use std::collections::{BTreeMap, VecDeque};

impl World {
    /// Builds the cluster that `spec` describes, in motion since long: roles taken, fetchers running, sessions alive. Clients start at time zero.
    pub fn build(spec: Spec, seed: u64) -> World {
        let chance = Chance::new(seed);
        let mut world = World {
            rules: spec.release.rules(),
            chance,
            now: Instant::ZERO,
            queue: EventQueue::new(),
            events: 0,
            crowd: 0,
            ties: spec.shuffle_ties.then(|| chance.stream("ties")),
            history: History::default(),
            journal: Journal::default(),
            nodes: (0..spec.nodes.len() as u32).map(|n| Node::new(NodeIx(n))).collect(),
            paused: 0,
            connections: Slab::default(),
            openings: BTreeMap::new(),
            generations: 0,
            messages: Slab::default(),
            works: Slab::default(),
            readable: VecDeque::new(),
            reading: false,
            delays: Delays::new(&spec, chance),
            cuts: Cuts::new(spec.nodes.len()),
            facts: Vec::new(),
            outboxes: Vec::new(),
            admin: VecDeque::new(),
            meter: None,
            spec,
        };
        world.commit_initial_metadata();
        groups::seed(&mut world.journal.groups, &world.spec, &world.history);
        world.place_processes();
        world.start_processes();
        world
    }

    fn commit_initial_metadata(&mut self) {
        self.history.commit(&Record::Nothing);
        for (i, broker) in self.spec.brokers.iter().enumerate() {
            let ix = BrokerIx(i as u32);
            let offset = self.history.end();
            let epoch = BrokerEpoch(offset.0);
            let incarnation = self.chance.of(self.spec.broker_key(ix)).stream("first incarnation").at(0).bits();
            let registration =
                BrokerRegistration { epoch, incarnation, fenced: !broker.up, in_controlled_shutdown: false, registered_at: offset };
            self.history.commit(&Record::Broker(ix, registration));
            self.facts.push((
                Instant::ZERO,
                Fact::BrokerCommitted { broker: ix, epoch, fenced: !broker.up, in_controlled_shutdown: false, offset },
            ));
        }
        for i in 0..self.spec.topics.len() {
            self.commit_initial_topic(TopicIx(i as u32));
        }
    }

    fn commit_initial_topic(&mut self, topic: TopicIx) {
        let spec = &self.spec.topics[topic.index()];
        if !spec.exists {
            return;
        }
        let registration = TopicRegistration { exists: true, config: spec.config.clone(), partitions: spec.partitions.clone() };
        self.history.commit(&Record::Topic(topic, registration));
        self.facts.push((Instant::ZERO, Fact::TopicCommitted { topic }));
        for &partition in &spec.partitions {
            let change = Change { why: Why::Created, unclean: false, asked_at: Instant::ZERO, decided_at: Instant::ZERO };
            let registration = initial_registration(&self.spec, partition);
            let offset = self.history.commit(&Record::Partition(partition, registration.clone(), change));
            self.facts.push((Instant::ZERO, created(partition, registration, offset)));
        }
    }

    fn place_processes(&mut self) {
        let mut placed: Vec<Broker> =
            (0..self.spec.brokers.len() as u32).map(|i| Broker::new(BrokerIx(i), &self.spec, self.chance)).collect();
        for (p, partition) in self.spec.partitions.iter().enumerate().filter(|(_, p)| self.spec.topics[p.topic.index()].exists) {
            for broker in &partition.replicas {
                placed[broker.index()].place_log(PartitionIx(p as u32), initial_log(partition, *broker));
            }
        }
        for (broker, placed) in self.spec.brokers.iter().zip(placed) {
            self.nodes[broker.node.index()].broker = Some(Box::new(placed));
        }
        for (i, voter) in self.spec.voters.iter().enumerate() {
            self.nodes[voter.node.index()].controller = Some(Box::new(Controller::new(VoterIx(i as u32))));
        }
        for (i, client) in self.spec.clients.iter().enumerate() {
            self.nodes[client.node.index()].client = Some(Box::new(Client::new(ClientIx(i as u32), &self.spec, self.chance)));
        }
    }

    fn start_processes(&mut self) {
        let is_voter = |n: &Node| n.controller.is_some();
        let order: Vec<NodeIx> =
            self.nodes.iter().filter(|n| is_voter(n)).chain(self.nodes.iter().filter(|n| !is_voter(n))).map(|n| n.ix).collect();
        for node in order {
            let broker = self.spec.nodes[node.index()].broker;
            if broker.is_some_and(|b| !self.spec.brokers[b.index()].up) {
                continue;
            }
            self.nodes[node.index()].up = true;
            self.nodes[node.index()].incarnation = 1;
            self.note(Fact::ProcessStarted { node });
            self.input(node, |n, ctx, out| n.start_warm(ctx, out));
        }
    }
}

fn initial_registration(spec: &Spec, partition: PartitionIx) -> PartitionRegistration {
    let p = &spec.partitions[partition.index()];
    PartitionRegistration {
        replicas: p.replicas.clone(),
        isr: p.isr.clone(),
        adding: Replicas::new(),
        removing: Replicas::new(),
        elr: p.elr.clone(),
        last_known_leader: p.last_known_leader,
        leader: p.leader,
        recovering: false,
        leader_epoch: p.leader_epoch,
        partition_epoch: p.partition_epoch,
    }
}

/// Replicas in sync have everything. How far the others are behind is not in any dump: they start empty and catch up from there.
fn initial_log(partition: &crate::model::spec::PartitionSpec, broker: BrokerIx) -> ReplicaLog {
    if partition.isr.contains(&broker) || partition.elr.contains(&broker) {
        return ReplicaLog::with_history(partition.leader_epoch, RECORDS_BEFORE);
    }
    ReplicaLog::default()
}

fn created(partition: PartitionIx, registration: PartitionRegistration, offset: MetadataOffset) -> Fact {
    Fact::PartitionCommitted {
        partition,
        old_leader: None,
        leader: registration.leader,
        leader_epoch: registration.leader_epoch,
        partition_epoch: registration.partition_epoch,
        replicas: registration.replicas,
        isr: registration.isr,
        unclean: false,
        why: Why::Created,
        asked_at: Instant::ZERO,
        decided_at: Instant::ZERO,
        offset,
    }
}
