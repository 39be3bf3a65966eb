//! What a client believes of a partition does not go back to an older leader epoch. Source: `Metadata.updateLatestMetadata`,
//! `Metadata.updatePartitionLeadership`.
//!
//! Java clients are held to it; several other libraries compare no epochs.

use super::Findings;
use crate::engine::Instant;
use crate::kafka::{ClientIx, LeaderEpoch, NodeIx, PartitionIx};
use crate::model::Spec;
use crate::model::client::profile::Library;
use crate::observe::fact::{Fact, Told};
use std::collections::BTreeMap;

/// The check.
#[derive(Clone, Debug)]
pub struct Beliefs {
    pub(super) findings: Findings,
    concerned: Vec<bool>,
    clients: BTreeMap<NodeIx, ClientIx>,
    /// By client.
    newest: Vec<BTreeMap<PartitionIx, LeaderEpoch>>,
}

impl Beliefs {
    pub(super) fn new(spec: &Spec) -> Self {
        Beliefs {
            findings: Findings::of("clients' metadata does not go back"),
            concerned: spec.clients.iter().map(|c| c.profile.library == Library::Java).collect(),
            clients: spec.clients.iter().enumerate().map(|(i, c)| (c.node, ClientIx(i as u32))).collect(),
            newest: vec![BTreeMap::new(); spec.clients.len()],
        }
    }

    /// A process started: what a client knew before is gone.
    pub(super) fn started(&mut self, node: NodeIx) {
        let Some(client) = self.clients.get(&node) else { return };
        self.newest[client.index()].clear();
    }

    pub(super) fn changed(&mut self, at: Instant, fact: &Fact) {
        let Fact::BeliefChanged { client, partition, leader, leader_epoch, told } = fact else { return };
        if !self.concerned[client.index()] {
            return;
        }
        let newest = &mut self.newest[client.index()];
        if *told == Told::Forgot {
            newest.remove(partition);
        }
        if leader.is_none() {
            return;
        }
        let newest = newest.entry(*partition).or_insert(*leader_epoch);
        if leader_epoch < newest {
            let text =
                format!("partition {partition}: {client:?} goes back from leader epoch {newest} to {leader_epoch}, told by {told:?}");
            self.findings.violated(at, text);
        }
        *newest = (*newest).max(*leader_epoch);
    }
}
