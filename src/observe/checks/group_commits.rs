//! What a group was told is committed it finds again, whoever coordinates it. Sources: `CoordinatorRuntime`,
//! `GroupMetadataManager.appendForGroup` (the answer leaves when the record is replicated).

use super::Findings;
use crate::engine::Instant;
use crate::kafka::{ClientIx, GroupIx, Offset, PartitionIx};
use crate::model::Spec;
use crate::observe::fact::{Fact, GroupFact, Position, Why};
use std::collections::BTreeMap;

/// The check.
#[derive(Clone, Debug)]
pub struct GroupCommits {
    pub(super) findings: Findings,
    /// The group of each client, and the partition of the offsets topic that holds it.
    groups: Vec<Option<(GroupIx, PartitionIx)>>,
    accepted: BTreeMap<(GroupIx, PartitionIx), Offset>,
}

impl GroupCommits {
    pub(super) fn new(spec: &Spec) -> Self {
        let group = |c: &crate::model::spec::ClientSpec| {
            let group = c.consumption()?.group?;
            Some((group, spec.groups.get(group.index())?.partition))
        };
        GroupCommits {
            findings: Findings::of("group commits are found again"),
            groups: spec.clients.iter().map(group).collect(),
            accepted: BTreeMap::new(),
        }
    }

    /// Whether there is a group.
    pub(super) fn is_concerned(&self) -> bool {
        self.groups.iter().any(Option::is_some)
    }

    pub(super) fn on_fact(&mut self, at: Instant, fact: &Fact) {
        if let Fact::Group { group, what: GroupFact::Committed { partition, offset, .. } } = fact {
            self.accepted.insert((*group, *partition), *offset);
        }
        if let Fact::PositionSet { client, partition, to, why: Position::Committed, .. } = fact {
            self.found(at, *client, *partition, *to);
        }
        if let Fact::PartitionCommitted { partition, unclean, why, .. } = fact
            && (*unclean || *why == Why::UncleanElection)
        {
            self.may_be_lost(*partition);
        }
        if let Fact::UnflushedLost { partition, .. } = fact {
            self.may_be_lost(*partition);
        }
    }

    fn found(&mut self, at: Instant, client: ClientIx, partition: PartitionIx, to: Offset) {
        let Some((group, _)) = self.groups[client.index()] else { return };
        let Some(accepted) = self.accepted.get(&(group, partition)).filter(|accepted| to < **accepted) else { return };
        let text = format!("partition {partition}: {client:?} begins at {to}, and its group was told that {accepted} is committed");
        self.findings.violated(at, text);
    }

    /// Records of the offsets topic may be lost.
    fn may_be_lost(&mut self, partition: PartitionIx) {
        let groups: Vec<GroupIx> = self.groups.iter().flatten().filter(|(_, p)| *p == partition).map(|(g, _)| *g).collect();
        if groups.is_empty() {
            return;
        }
        self.accepted.retain(|(group, _), _| !groups.contains(group));
        self.findings.suspend(format!("partition {partition}, which holds a group: committed records may be lost"));
    }
}
