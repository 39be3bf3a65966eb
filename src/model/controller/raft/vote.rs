//! Giving a vote. Source: `KafkaRaftClient.handleVoteRequest` and `canGrantVote` of each state.

use super::super::Turn;
use super::Role;
use super::state::Timer;
use crate::kafka::{MetadataOffset, RaftEpoch, VoterIx};
use crate::model::Broken;
use crate::observe::Fact;

impl Turn<'_, '_> {
    /// Whether `candidate`, whose log ends so, gets the vote. Any higher epoch deposes a leader even when the vote is then refused.
    pub(super) fn take_vote(&mut self, candidate: VoterIx, epoch: RaftEpoch, log: (RaftEpoch, MetadataOffset), pre: bool) -> bool {
        if epoch < self.disk.epoch || self.clings() {
            return false;
        }
        if epoch > self.disk.epoch {
            self.detach(epoch);
        }
        let up_to_date = log >= (self.disk.log.last_epoch(), self.disk.log.end());
        if pre {
            return up_to_date && self.may_grant_pre_vote();
        }
        let unbound = self.disk.voted.is_none_or(|v| v == candidate) || self.ctx.is_broken(Broken::VoterVotesTwice);
        let free = self.disk.leader.is_none() && unbound;
        let repeated = self.disk.voted == Some(candidate);
        let attached = match self.raft.role {
            Role::Unattached { .. } | Role::Prospective(_) => false,
            Role::Candidate(_) | Role::Leader(_) | Role::Resigned { .. } | Role::Follower { .. } => true,
        };
        if attached || !free || !(up_to_date || repeated) {
            return false;
        }
        if !repeated {
            self.grant(candidate);
        }
        true
    }

    /// KIP-996: refused only by a follower that its leader has answered, and by a leader whose high watermark is known.
    fn may_grant_pre_vote(&self) -> bool {
        match &self.raft.role {
            Role::Unattached { .. } | Role::Prospective(_) | Role::Candidate(_) | Role::Resigned { .. } => true,
            Role::Follower { has_fetched, .. } => !has_fetched,
            Role::Leader(leading) => !leading.high_watermark_known,
        }
    }

    /// `QuorumState.unattachedAddVotedState`: the vote is durable, and the election timer starts anew.
    fn grant(&mut self, candidate: VoterIx) {
        self.disk.voted = Some(candidate);
        self.out.fact(Fact::Voted { voter: self.me, candidate, epoch: self.disk.epoch });
        let redrawn = self.election_deadline(Timer::Voted);
        if let Role::Unattached { deadline } = &mut self.raft.role {
            *deadline = redrawn;
        }
    }
}
