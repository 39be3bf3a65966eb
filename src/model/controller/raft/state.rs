//! The states of a voter and the moves between them. Source: `QuorumState`, with the Prospective state of KIP-996.
//!
//! | from \ on | deadline | higher epoch | leader of the epoch | votes |
//! |---|---|---|---|---|
//! | Unattached | stand | Unattached or Follower | Follower | - |
//! | Prospective | back to Follower or Unattached | Unattached or Follower | Follower | Candidate |
//! | Candidate | stand again | Unattached or Follower | Follower | Leader |
//! | Leader | Resigned (check quorum) | Unattached or Follower | - | - |
//! | Resigned | stand; with pre-vote Unattached, epoch + 1 | Unattached or Follower | Follower | - |
//! | Follower | stand | Unattached or Follower | - | - |
//!
//! To stand is to become Prospective where the release has pre-vote, and otherwise Candidate of the next epoch.

use super::super::Turn;
use super::Leading;
use crate::engine::{Duration, Instant, mix};
use crate::kafka::{RaftEpoch, VoterIx};
use crate::model::Broken;
use crate::observe::Fact;

/// What a voter is.
#[derive(Debug)]
pub(in crate::model::controller) enum Role {
    /// Knows no leader, stands when its election timer runs out.
    Unattached {
        /// End of the election timer.
        deadline: Instant,
    },
    /// Asks whether it would be elected (KIP-996).
    Prospective(Campaign),
    /// Asks for votes.
    Candidate(Campaign),
    /// Leads the quorum.
    Leader(Box<Leading>),
    /// Led in this epoch and does so no longer.
    Resigned {
        /// End of the election timer.
        deadline: Instant,
        /// Who should follow, best first.
        successors: Vec<VoterIx>,
        /// Voters that need no (further) `EndQuorumEpoch`.
        acknowledged: Vec<bool>,
    },
    /// Follows the leader.
    Follower {
        /// End of the fetch timer.
        fetch_by: Instant,
        /// Whether the leader has answered a fetch since it became known.
        has_fetched: bool,
        /// When the last fetched batches are flushed and the next fetch may leave.
        next_fetch_at: Instant,
    },
}

/// One attempt to be elected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::model::controller) struct Campaign {
    /// What each voter has said.
    pub votes: Vec<Option<bool>>,
    /// End of the election timer.
    pub deadline: Instant,
    /// Lost or timed out: when it tries again.
    pub backoff_until: Option<Instant>,
    /// How many elections in a row it has tried.
    pub tries: u32,
}

impl Campaign {
    fn new(voters: usize, me: VoterIx, deadline: Instant, tries: u32) -> Self {
        let mut votes = vec![None; voters];
        votes[me.index()] = Some(true);
        Campaign { votes, deadline, backoff_until: None, tries }
    }
    /// Whether a majority has granted its vote.
    pub fn is_won(&self) -> bool {
        self.votes.iter().filter(|v| **v == Some(true)).count() > self.votes.len() / 2
    }
    /// Whether those who may still grant it are too few (`EpochElection.isVoteRejected`).
    pub fn is_lost(&self) -> bool {
        self.votes.iter().filter(|v| **v != Some(false)).count() <= self.votes.len() / 2
    }
}

/// What an election timer is drawn for.
#[derive(Clone, Copy)]
pub(super) enum Timer {
    Unattached,
    Voted,
    Prospective,
    Candidate,
    Resigned,
}

impl Turn<'_, '_> {
    /// A fresh election timer: T + U[0, T) (`QuorumState.randomElectionTimeoutMs`).
    pub(super) fn election_deadline(&mut self, timer: Timer) -> Instant {
        let base = self.voter().config.controller_quorum_election_timeout;
        let what = mix(u64::from(self.disk.epoch.0), timer as u64);
        let address = mix(what, self.done.next(what));
        let extra = self.draws.election.at(address).below(base.as_nanos());
        self.ctx.now + base + Duration::from_nanos(extra)
    }

    /// Learns of an epoch, and perhaps of its leader (`KafkaRaftClient.maybeTransition`).
    pub(super) fn observe_epoch(&mut self, epoch: RaftEpoch, leader: Option<VoterIx>) {
        if self.clings() {
            return;
        }
        let leader = leader.filter(|l| *l != self.me);
        if epoch > self.disk.epoch {
            match leader {
                Some(leader) => self.follow(epoch, leader),
                None => self.detach(epoch),
            }
        } else if epoch == self.disk.epoch
            && self.disk.leader.is_none()
            && let Some(leader) = leader
        {
            self.follow(epoch, leader);
        }
    }

    /// Whether it leads, and would go on in any case.
    pub(super) fn clings(&self) -> bool {
        self.ctx.is_broken(Broken::DeposedControllerStays) && matches!(self.raft.role, Role::Leader(_))
    }

    /// To Unattached in a higher epoch (`QuorumState.transitionToUnattached`): a running election timer goes on.
    pub(super) fn detach(&mut self, epoch: RaftEpoch) {
        let pre_vote = self.ctx.rules.pre_vote;
        let kept = match &self.raft.role {
            Role::Unattached { deadline } => Some(*deadline),
            Role::Candidate(campaign) => Some(campaign.deadline),
            Role::Prospective(campaign) if !campaign.is_lost() => Some(campaign.deadline),
            Role::Resigned { deadline, .. } if pre_vote => Some(*deadline),
            Role::Prospective(_) | Role::Resigned { .. } | Role::Leader(_) | Role::Follower { .. } => None,
        };
        self.leave_leadership();
        if epoch > self.disk.epoch {
            self.disk.epoch = epoch;
            self.disk.voted = None;
        }
        self.disk.leader = None;
        let deadline = kept.unwrap_or_else(|| self.election_deadline(Timer::Unattached));
        self.raft.role = Role::Unattached { deadline };
    }

    /// To Follower (`QuorumState.transitionToFollower`).
    pub(super) fn follow(&mut self, epoch: RaftEpoch, leader: VoterIx) {
        self.leave_leadership();
        if epoch > self.disk.epoch {
            self.disk.voted = None;
        }
        self.disk.epoch = epoch;
        self.disk.leader = Some(leader);
        let now = self.ctx.now;
        let fetch_by = now + self.voter().config.controller_quorum_fetch_timeout;
        self.raft.role = Role::Follower { fetch_by, has_fetched: false, next_fetch_at: now };
    }

    /// Tries to be elected: first asks whether it would be (KIP-996), or at once where the release has no pre-vote.
    pub(super) fn stand(&mut self) {
        if !self.ctx.rules.pre_vote {
            return self.become_candidate();
        }
        let campaign = Campaign::new(self.voters(), self.me, self.election_deadline(Timer::Prospective), 1);
        self.raft.role = Role::Prospective(campaign);
        self.settle_election();
    }

    /// To Candidate of the next epoch, with its own vote (`QuorumState.transitionToCandidate`).
    pub(super) fn become_candidate(&mut self) {
        let tries = if let Role::Candidate(campaign) = &self.raft.role { campaign.tries + 1 } else { 1 };
        if !self.ctx.is_broken(Broken::CandidateKeepsEpoch) {
            self.disk.epoch = self.disk.epoch.next();
        }
        self.disk.voted = Some(self.me);
        self.disk.leader = None;
        self.out.fact(Fact::CandidateRaised { voter: self.me, epoch: self.disk.epoch });
        let campaign = Campaign::new(self.voters(), self.me, self.election_deadline(Timer::Candidate), tries);
        self.raft.role = Role::Candidate(campaign);
        self.settle_election();
    }

    /// A Prospective that lost or ran out of time returns to the leader that it knew, or to Unattached in the same epoch
    /// (`prospectiveTransitionAfterElectionLoss`).
    pub(super) fn leave_prospective(&mut self) {
        match self.disk.leader.filter(|l| *l != self.me) {
            Some(leader) => self.follow(self.disk.epoch, leader),
            None => {
                let lost = matches!(&self.raft.role, Role::Prospective(campaign) if campaign.is_lost());
                let deadline = if lost { self.election_deadline(Timer::Unattached) } else { self.ctx.now };
                self.raft.role = Role::Unattached { deadline };
            }
        }
    }

    /// The process starts: its role follows from its disk (`QuorumState.initialize`).
    pub(in crate::model::controller) fn initialize(&mut self) {
        let epoch = self.disk.epoch;
        if self.disk.leader == Some(self.me) {
            let acknowledged = vec![true; self.voters()];
            let deadline = self.election_deadline(Timer::Resigned);
            self.raft.role = Role::Resigned { deadline, successors: Vec::new(), acknowledged };
        } else if let Some(leader) = self.disk.leader {
            self.follow(epoch, leader);
        } else if self.disk.voted == Some(self.me) {
            let campaign = Campaign::new(self.voters(), self.me, self.election_deadline(Timer::Candidate), 1);
            self.raft.role = Role::Candidate(campaign);
        } else {
            self.raft.role = Role::Unattached { deadline: self.election_deadline(Timer::Unattached) };
        }
        if self.voters() == 1 {
            // KafkaRaftClient.initialize: a lone voter elects itself at once.
            self.become_candidate();
        }
    }

    /// At time zero of a run: the quorum has been running.
    pub(in crate::model::controller) fn start_warm(&mut self) {
        let end = self.disk.log.end();
        self.raft.high_watermark = end;
        let voters = &self.ctx.spec.voters;
        let leader = voters.iter().position(|v| v.leads).map_or(VoterIx(0), |v| VoterIx(v as u32));
        self.disk.leader = Some(leader);
        if leader != self.me {
            self.follow(self.disk.epoch, leader);
            if let Role::Follower { has_fetched, .. } = &mut self.raft.role {
                *has_fetched = true;
            }
            return;
        }
        self.disk.voted = Some(self.me);
        let mut leading = Leading::new(self.voters(), self.me, end, self.ctx.now, &self.voter().config);
        leading.ends.fill(end);
        leading.begin_wanted.fill(false);
        leading.high_watermark_known = true;
        self.raft.role = Role::Leader(Box::new(leading));
        self.claim_warm();
    }
}
