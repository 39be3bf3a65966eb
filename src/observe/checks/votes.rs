//! A voter gives one vote in a raft epoch. Source: `KafkaRaftClient.handleVoteRequest`, `UnattachedState.canGrantVote`; a candidate has voted for itself.

use super::Findings;
use crate::engine::Instant;
use crate::kafka::{RaftEpoch, VoterIx};
use std::collections::BTreeMap;

/// The check.
#[derive(Clone, Debug)]
pub struct Votes {
    pub(super) findings: Findings,
    given: BTreeMap<(VoterIx, RaftEpoch), VoterIx>,
}

impl Votes {
    pub(super) const fn new() -> Self {
        Votes { findings: Findings::of("one vote per voter and raft epoch"), given: BTreeMap::new() }
    }

    /// A voter gives its vote.
    pub(super) fn voted(&mut self, at: Instant, voter: VoterIx, candidate: VoterIx, epoch: RaftEpoch) {
        let first = *self.given.entry((voter, epoch)).or_insert(candidate);
        if first != candidate {
            self.findings.violated(at, format!("{voter:?} votes for {candidate:?} in raft epoch {epoch} after it voted for {first:?}"));
        }
    }
}
