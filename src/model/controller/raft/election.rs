//! Standing for election: asking for votes, winning, losing, backing off. Source: `KafkaRaftClient` (`pollCandidate`,
//! `handleVoteResponse`, `onBecomeLeader`, `binaryExponentialElectionBackoffMs`).

use super::super::Turn;
use super::{Campaign, Leading, Role};
use crate::engine::Duration;
use crate::kafka::{RaftEpoch, VoterIx};
use crate::model::message::Request;
use crate::model::metadata::Record;

/// Unit of the pause after a lost election (`KafkaRaftClient.RETRY_BACKOFF_BASE_MS`).
const RETRY_BACKOFF_BASE: Duration = Duration::from_millis(100);

impl Turn<'_, '_> {
    /// The vote that a campaign still wants of `to`, as long as it can win (`maybeSendVoteRequests`).
    pub(super) fn wanted_vote(&self, campaign: &Campaign, to: VoterIx, pre: bool) -> Option<Request> {
        let open = campaign.votes[to.index()].is_none() && campaign.backoff_until.is_none() && !campaign.is_lost();
        open.then(|| Request::Vote {
            candidate: self.me,
            epoch: self.disk.epoch,
            last_epoch: self.disk.log.last_epoch(),
            end: self.disk.log.end(),
            pre,
        })
    }

    /// A voter has answered (`handleVoteResponse`).
    pub(super) fn voted(&mut self, from: VoterIx, epoch: RaftEpoch, granted: bool, leader: Option<VoterIx>, pre: bool) {
        if epoch > self.disk.epoch || (leader.is_some() && self.disk.leader.is_none()) {
            self.observe_epoch(epoch, leader);
        }
        if epoch != self.disk.epoch {
            return;
        }
        let campaign = match &mut self.raft.role {
            Role::Prospective(campaign) if pre => campaign,
            Role::Candidate(campaign) if !pre => campaign,
            Role::Unattached { .. }
            | Role::Prospective(_)
            | Role::Candidate(_)
            | Role::Leader(_)
            | Role::Resigned { .. }
            | Role::Follower { .. } => return,
        };
        campaign.votes[from.index()] = Some(granted);
        self.settle_election();
    }

    /// Acts on a campaign that is won or lost.
    pub(super) fn settle_election(&mut self) {
        match &self.raft.role {
            Role::Prospective(campaign) if campaign.is_won() => self.become_candidate(),
            Role::Prospective(campaign) if campaign.is_lost() => self.leave_prospective(),
            Role::Candidate(campaign) if campaign.is_won() => self.become_leader(),
            Role::Candidate(campaign) if campaign.is_lost() && campaign.backoff_until.is_none() => self.lose_election(),
            Role::Unattached { .. }
            | Role::Prospective(_)
            | Role::Candidate(_)
            | Role::Leader(_)
            | Role::Resigned { .. }
            | Role::Follower { .. } => {}
        }
    }

    /// An election timer or a pause may be over; true when the role changed (`pollCandidate`).
    pub(super) fn poll_candidate(&mut self, campaign: Campaign) -> bool {
        let now = self.ctx.now;
        match campaign.backoff_until {
            Some(until) if now >= until => self.stand(),
            None if now >= campaign.deadline && self.ctx.rules.pre_vote => self.stand(),
            None if now >= campaign.deadline => self.lose_election(),
            Some(_) | None => return false,
        }
        true
    }

    /// After a lost election: a random pause (from 4.1 on the rest of the election timer), then it stands again: as a candidate, with pre-vote as
    /// Prospective (`maybeHandleElectionLoss`, `pollCandidate`, KAFKA-18345).
    fn lose_election(&mut self) {
        if self.ctx.rules.lost_candidate_waits {
            return;
        }
        let now = self.ctx.now;
        let most = self.voter().config.controller_quorum_election_backoff_max;
        let draw = self.draws.backoff.at(u64::from(self.disk.epoch.0));
        let Role::Candidate(campaign) = &mut self.raft.role else { return };
        let units = draw.below(2 << (campaign.tries - 1).min(20));
        campaign.backoff_until = Some(now + (RETRY_BACKOFF_BASE * units).min(most));
    }

    /// To Leader: the LeaderChange record is appended without linger, and the others are told at once (`onBecomeLeader`).
    fn become_leader(&mut self) {
        self.disk.leader = Some(self.me);
        let leading = Leading::new(self.voters(), self.me, self.disk.log.end(), self.ctx.now, &self.voter().config);
        self.raft.role = Role::Leader(Box::new(leading));
        self.append_now(vec![Record::Nothing]);
    }
}
