//! Whose metrics can be read: those of a process that is there, scheduled, far enough in its start, and not cut off from everybody.

use crate::kafka::{BrokerIx, NodeIx, VoterIx};
use crate::model::Spec;
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, Default)]
struct Process {
    up: bool,
    paused: bool,
    /// Its `ReplicaManager` is there, so that the broker's MBeans are.
    exposed: bool,
    /// Cuts that part it from everybody on the other side, the monitoring among them.
    cuts: u32,
}

/// All processes.
#[derive(Clone, Debug)]
pub struct Processes {
    all: Vec<Process>,
    brokers: Vec<NodeIx>,
    voters: Vec<NodeIx>,
    cuts: BTreeMap<u32, Vec<NodeIx>>,
}

impl Processes {
    /// None runs yet.
    pub fn new(spec: &Spec) -> Self {
        Processes {
            all: vec![Process::default(); spec.nodes.len()],
            brokers: spec.brokers.iter().map(|b| b.node).collect(),
            voters: spec.voters.iter().map(|v| v.node).collect(),
            cuts: BTreeMap::new(),
        }
    }

    /// A process has started.
    pub fn started(&mut self, node: NodeIx) {
        let cuts = self.all[node.index()].cuts;
        self.all[node.index()] = Process { up: true, cuts, ..Process::default() };
    }

    /// A process is gone.
    pub fn ended(&mut self, node: NodeIx) {
        let cuts = self.all[node.index()].cuts;
        self.all[node.index()] = Process { cuts, ..Process::default() };
    }

    /// A process is scheduled no longer, or again.
    pub fn paused(&mut self, node: NodeIx, paused: bool) {
        self.all[node.index()].paused = paused;
    }

    /// A cut begins. Scenarios have no machine that reads the metrics: it stands with everybody where one side is cut from all others, and
    /// no other cut concerns it. Gives whom it cannot reach from now on.
    pub fn cut(&mut self, cut: u32, from: &[NodeIx], to: &[NodeIx]) -> Vec<NodeIx> {
        if from.len() + to.len() < self.all.len() {
            return Vec::new();
        }
        from.iter().for_each(|node| self.all[node.index()].cuts += 1);
        self.cuts.insert(cut, from.to_vec());
        from.to_vec()
    }

    /// A cut is over. Gives whom it had kept the monitoring from.
    pub fn healed(&mut self, cut: u32) -> Vec<NodeIx> {
        let from = self.cuts.remove(&cut).unwrap_or_default();
        from.iter().for_each(|node| self.all[node.index()].cuts -= 1);
        from
    }

    /// A broker's `ReplicaManager` is there from now on.
    pub fn expose(&mut self, broker: BrokerIx) {
        let process = &mut self.all[self.brokers[broker.index()].index()];
        process.exposed |= process.up;
    }

    fn answers(&self, node: NodeIx) -> bool {
        let process = self.all[node.index()];
        process.up && !process.paused && process.cuts == 0
    }

    /// Whether a broker answers a scrape.
    pub fn broker_answers(&self, broker: BrokerIx) -> bool {
        self.answers(self.brokers[broker.index()])
    }

    /// Whether a broker's own metrics can be read.
    pub fn broker_shows(&self, broker: BrokerIx) -> bool {
        self.broker_answers(broker) && self.all[self.brokers[broker.index()].index()].exposed
    }

    /// Whether a controller's metrics can be read.
    pub fn controller_shows(&self, voter: VoterIx) -> bool {
        self.answers(self.voters[voter.index()])
    }

    /// The brokers and controllers of a process.
    pub fn of(&self, node: NodeIx) -> (Option<BrokerIx>, Option<VoterIx>) {
        let broker = self.brokers.iter().position(|n| *n == node).map(|i| BrokerIx(i as u32));
        let voter = self.voters.iter().position(|n| *n == node).map(|i| VoterIx(i as u32));
        (broker, voter)
    }
}
