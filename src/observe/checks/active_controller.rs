//! In each raft epoch one voter at most is the active controller. Source: `QuorumController`, `KafkaRaftClient`.

use super::Findings;
use crate::engine::Instant;
use crate::kafka::{RaftEpoch, VoterIx};
use std::collections::BTreeMap;

/// The check.
#[derive(Clone, Debug)]
pub struct ActiveController {
    pub(super) findings: Findings,
    active: BTreeMap<RaftEpoch, VoterIx>,
}

impl ActiveController {
    pub(super) const fn new() -> Self {
        ActiveController { findings: Findings::of("one active controller per raft epoch"), active: BTreeMap::new() }
    }

    /// A voter is the active controller.
    pub(super) fn active(&mut self, at: Instant, voter: VoterIx, epoch: RaftEpoch) {
        let first = *self.active.entry(epoch).or_insert(voter);
        if first != voter {
            self.findings.violated(at, format!("{voter:?} is active in raft epoch {epoch}, which is that of {first:?}"));
        }
    }
}
