//! What may be asked of a world from outside, without changing it.

use super::World;
use crate::kafka::{BrokerIx, NodeIx, PartitionIx, VoterIx};
use crate::model::broker::Broker;
use crate::model::client::Client;
use crate::model::controller::Controller;
use crate::observe::fact::{BatchId, BrokerState};

impl World {
    /// Whether the process exists now (running, starting, stopping or paused).
    pub fn is_up(&self, node: NodeIx) -> bool {
        self.nodes[node.index()].up
    }

    /// The broker.
    pub fn broker(&self, broker: BrokerIx) -> &Broker {
        let node = self.spec.brokers[broker.index()].node;
        self.nodes[node.index()].broker.as_ref().expect("the node of a broker has a broker")
    }

    /// The controller of a voter.
    pub fn controller(&self, voter: VoterIx) -> &Controller {
        let node = self.spec.voters[voter.index()].node;
        self.nodes[node.index()].controller.as_ref().expect("the node of a voter has a controller")
    }

    /// A client.
    pub fn client(&self, client: crate::kafka::ClientIx) -> &Client {
        let node = self.spec.clients[client.index()].node;
        self.nodes[node.index()].client.as_ref().expect("the node of a client has a client")
    }

    /// The true leader of a partition: that of committed metadata.
    pub fn leader(&self, partition: PartitionIx) -> Option<BrokerIx> {
        self.history.partition(partition, self.history.last())?.leader
    }

    /// Whether the broker is registered, unfenced, not shutting down, and listening.
    pub fn is_serving(&self, broker: BrokerIx) -> bool {
        let registered = self.history.broker(broker, self.history.last()).is_some_and(|r| r.is_active());
        let this = self.broker(broker);
        registered && this.state() == BrokerState::Running && this.is_listening()
    }

    /// The active controller of the highest raft epoch, if any.
    pub fn active_controller(&self) -> Option<VoterIx> {
        (0..self.spec.voters.len() as u32)
            .map(VoterIx)
            .filter(|v| self.nodes[self.spec.voters[v.index()].node.index()].up && self.controller(*v).is_active())
            .max_by_key(|v| self.controller(*v).epoch())
    }

    /// Partitions of existing topics whose committed ISR is smaller than their replica set (leaving out what a reassignment adds),
    /// or that have no leader.
    pub fn under_replicated(&self) -> usize {
        let last = self.history.last();
        let short = |p: &PartitionIx| {
            self.history.partition(*p, last).is_some_and(|r| r.leader.is_none() || r.isr.len() < r.replicas.len() - r.adding.len())
        };
        let existing = |p: &PartitionIx| self.history.topic(self.spec.partitions[p.index()].topic, last).is_some();
        (0..self.spec.partitions.len() as u32).map(PartitionIx).filter(existing).filter(short).count()
    }

    /// Whether nothing is missing and nothing is about to change: every broker and controller runs, every broker serves, a controller is active,
    /// all replicas are in sync, and the controller's next look at the leaders (`auto.leader.rebalance.enable`) finds none to move.
    pub fn is_whole(&self) -> bool {
        let servers = self.nodes.iter().filter(|node| node.client.is_none());
        let run = servers.into_iter().all(|node| node.up && !node.paused && !node.stopping);
        let Some(active) = self.active_controller().filter(|_| run) else { return false };
        let serve = (0..self.spec.brokers.len() as u32).map(BrokerIx).all(|broker| self.is_serving(broker));
        let balances = self.spec.voters[active.index()].config.auto_leader_rebalance_enable;
        serve && self.under_replicated() == 0 && (!balances || self.is_balanced())
    }

    /// Whether every partition is led by its preferred replica.
    pub fn is_balanced(&self) -> bool {
        let last = self.history.last();
        let is_preferred = |partition: u32| {
            let registration = self.history.partition(PartitionIx(partition), last);
            registration.is_none_or(|r| r.leader == r.replicas.first().copied())
        };
        (0..self.spec.partitions.len() as u32).all(is_preferred)
    }

    /// Whether the process that registered is still there: one that has ended, or was started again and has not registered yet, leads
    /// by committed metadata until its session has run out, and never in truth.
    fn lives(&self, broker: BrokerIx) -> bool {
        let registered = self.history.broker(broker, self.history.last()).map(|r| r.epoch);
        self.is_up(self.spec.brokers[broker.index()].node) && registered.is_some() && self.broker(broker).epoch() == registered
    }

    /// Every batch that stands in the log of each partition's true leader, in order, with whether it is below its high watermark. Where
    /// the leader's process has ended, the log is that of who will lead: the first living replica of the ISR
    /// (`PartitionChangeBuilder.electLeader`), if there is one; if there is none, any of the ISR may lead, and the longest of their logs is
    /// taken. Without a leader it is the first of the ISR or ELR, or the last known leader. Where nobody is left who may lead (the ELR was
    /// forgotten with the ISR empty), nothing is lost before somebody does: the replica whose log reaches furthest in the newest epoch.
    pub fn audit(&self, sink: &mut dyn FnMut(PartitionIx, BatchId, bool)) {
        let last = self.history.last();
        for partition in (0..self.spec.partitions.len() as u32).map(PartitionIx) {
            let Some(registration) = self.history.partition(partition, last) else { continue };
            let in_sync = |b: &BrokerIx| registration.isr.contains(b) && self.lives(*b);
            let next = || registration.replicas.iter().copied().find(in_sync);
            let end = |b: &BrokerIx| self.broker(*b).log(partition).map(|log| log.end());
            let longest = || registration.isr.iter().copied().max_by_key(end);
            let leader = registration.leader.map(|l| if self.lives(l) { l } else { next().or_else(longest).unwrap_or(l) });
            // The ELR may name who a reassignment has taken out of the replicas (`PartitionChangeBuilder.maybePopulateTargetElr`), and whose log is gone.
            let eligible = || registration.elr.iter().copied().find(|b| registration.replicas.contains(b));
            let holder = leader.or(registration.isr.first().copied()).or_else(eligible);
            let reach = |b: &BrokerIx| self.broker(*b).log(partition).map(|log| (log.last_epoch(), log.end()));
            let furthest = || registration.replicas.iter().copied().max_by_key(reach);
            let holder = holder.or(registration.last_known_leader).or_else(furthest);
            let Some(log) = holder.and_then(|b| self.broker(b).log(partition)) else { continue };
            for entry in log.entries(partition, &self.journal, crate::kafka::Offset(0)) {
                sink(partition, entry.batch, entry.end <= log.high_watermark);
            }
        }
    }
}
