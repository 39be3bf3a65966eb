//! The metadata quorum as one voter sees it. Source: `KafkaRaftClient`, `QuorumState`, `LeaderState`, `FollowerState`.

mod election;
mod follower;
mod link;
mod log;
mod replication;
mod resignation;
mod state;
mod vote;

pub(super) use link::Link;
pub(super) use log::Disk;
pub(super) use replication::Leading;
pub(super) use state::{Campaign, Role};

use super::Turn;
use crate::engine::{Duration, Instant};
use crate::kafka::{ErrorCode, MetadataOffset, RaftEpoch, VoterIx};
use crate::model::message::{Request, Response};
use crate::model::{TimerKind, Token};

/// Longest wait that a raft fetch asks for (`KafkaRaftClient.MAX_FETCH_WAIT_MS`).
pub(super) const MAX_FETCH_WAIT: Duration = Duration::from_millis(500);

/// A voter's raft state in memory.
#[derive(Debug)]
pub(super) struct Raft {
    /// What it is now.
    pub role: Role,
    /// The offset after the last record that it knows to be committed.
    pub high_watermark: MetadataOffset,
    /// Connections to the other voters, by voter.
    pub links: Vec<Link>,
    /// When it gives up handing over, once it has been told to stop.
    pub stop_by: Option<Instant>,
}

impl Raft {
    pub(super) fn new(voters: usize) -> Self {
        Raft {
            role: Role::Unattached { deadline: Instant::MAX },
            high_watermark: MetadataOffset(0),
            links: (0..voters).map(|_| Link::default()).collect(),
            stop_by: None,
        }
    }
}

impl Turn<'_, '_> {
    /// What falls due now, then whatever this role wants to send, then the next deadline (`KafkaRaftClient.poll`).
    pub(super) fn poll(&mut self) {
        self.expire_links();
        self.expire_parked();
        while self.poll_deadline() {}
        self.send_wanted();
        if let Some(at) = self.next_deadline() {
            self.out.timer(TimerKind::Raft, at.max(self.ctx.now));
        }
    }

    /// Acts on the role's own deadline if it has come; true when the role changed by that.
    fn poll_deadline(&mut self) -> bool {
        let now = self.ctx.now;
        if self.raft.stop_by.is_some() {
            self.poll_shutdown();
            return false;
        }
        match &self.raft.role {
            Role::Unattached { deadline } if now >= *deadline => self.stand(),
            Role::Follower { fetch_by, .. } if now >= *fetch_by => self.stand(),
            Role::Prospective(campaign) if now >= campaign.deadline => self.leave_prospective(),
            Role::Candidate(campaign) => return self.poll_candidate(campaign.clone()),
            Role::Resigned { deadline, .. } if now >= *deadline => self.rise_from_resignation(),
            Role::Leader(leading) if now >= leading.check_quorum_at => self.quorum_lost(),
            Role::Leader(leading) if leading.linger_ends().is_some_and(|at| now >= at) => {
                self.append_open_batch();
                return true;
            }
            Role::Unattached { .. } | Role::Follower { .. } | Role::Prospective(_) | Role::Resigned { .. } | Role::Leader(_) => {
                return false;
            }
        }
        true
    }

    fn next_deadline(&self) -> Option<Instant> {
        let role = match &self.raft.role {
            Role::Unattached { deadline } | Role::Resigned { deadline, .. } => Some(*deadline),
            Role::Follower { fetch_by, next_fetch_at, .. } => {
                Some(if *next_fetch_at > self.ctx.now { (*fetch_by).min(*next_fetch_at) } else { *fetch_by })
            }
            Role::Prospective(campaign) | Role::Candidate(campaign) => Some(campaign.backoff_until.unwrap_or(campaign.deadline)),
            Role::Leader(leading) => leading.next_deadline(self.voters()),
        };
        let role = if self.raft.stop_by.is_some() { self.raft.stop_by } else { role };
        let links = self.raft.links.iter().enumerate().filter_map(|(to, link)| {
            let waits = link.not_before > self.ctx.now && self.wanted(VoterIx(to as u32)).is_some();
            link.deadline().or(waits.then_some(link.not_before))
        });
        links.chain(role).filter(|at| *at < Instant::MAX).min()
    }

    /// What this voter would like to send to another one now, were its connection free.
    fn wanted(&self, to: VoterIx) -> Option<Request> {
        if to == self.me {
            return None;
        }
        match &self.raft.role {
            Role::Unattached { .. } => None,
            Role::Prospective(campaign) => self.wanted_vote(campaign, to, true),
            Role::Candidate(campaign) => self.wanted_vote(campaign, to, false),
            Role::Leader(leading) => {
                leading.begin_wanted[to.index()].then_some(Request::BeginQuorumEpoch { leader: self.me, epoch: self.disk.epoch })
            }
            Role::Resigned { successors, acknowledged, .. } => (!acknowledged[to.index()]).then(|| Request::EndQuorumEpoch {
                leader: self.me,
                epoch: self.disk.epoch,
                successors: successors.clone(),
            }),
            Role::Follower { next_fetch_at, .. } => self.wanted_fetch(to, *next_fetch_at),
        }
    }

    fn send_wanted(&mut self) {
        let now = self.ctx.now;
        if let Role::Leader(leading) = &mut self.raft.role
            && now >= leading.begin_at
        {
            leading.begin_again(now);
        }
        for to in (0..self.voters() as u32).map(VoterIx) {
            if let Some(request) = self.wanted(to) {
                self.send(to, request);
            }
        }
    }

    /// A raft request of another voter or a broker.
    pub(super) fn take_raft(&mut self, token: Token, request: Request) {
        match request {
            Request::RaftFetch { .. } => self.take_fetch(token, request),
            Request::Vote { candidate, epoch, last_epoch, end, pre } => {
                let granted = self.take_vote(candidate, epoch, (last_epoch, end), pre);
                let response = Response::Vote { voter: self.me, epoch: self.disk.epoch, granted, leader: self.disk.leader, pre };
                self.out.reply(token, response, 64);
            }
            Request::BeginQuorumEpoch { leader, epoch } => {
                self.observe_epoch(epoch, Some(leader));
                self.out.reply(token, Response::BeginQuorumEpoch { voter: self.me, epoch: self.disk.epoch }, 64);
            }
            Request::EndQuorumEpoch { leader, epoch, successors } => {
                self.take_end_quorum_epoch(leader, epoch, &successors);
                self.out.reply(token, Response::EndQuorumEpoch { voter: self.me }, 64);
            }
            Request::ApiVersions
            | Request::Metadata { .. }
            | Request::InitProducerId
            | Request::Produce { .. }
            | Request::Fetch { .. }
            | Request::ListOffsets { .. }
            | Request::OffsetsForLeaderEpoch { .. }
            | Request::Group { .. }
            | Request::ReplicaFetch { .. }
            | Request::BrokerRegistration { .. }
            | Request::BrokerHeartbeat { .. }
            | Request::AlterPartition { .. } => unreachable!("only raft requests come here"),
        }
    }

    /// An answer to one of this voter's raft requests.
    pub(super) fn raft_response(&mut self, from: VoterIx, correlation: u32, response: Response) {
        if !self.raft.links[from.index()].answered(correlation) {
            return;
        }
        match response {
            Response::RaftFetch { .. } => self.fetched(response),
            Response::Vote { epoch, granted, leader, pre, .. } => self.voted(from, epoch, granted, leader, pre),
            Response::BeginQuorumEpoch { epoch, .. } => self.observe_epoch(epoch, None),
            Response::EndQuorumEpoch { .. } => {
                if let Role::Resigned { acknowledged, .. } = &mut self.raft.role {
                    acknowledged[from.index()] = true;
                }
            }
            Response::ApiVersions
            | Response::Metadata { .. }
            | Response::InitProducerId { .. }
            | Response::Produce { .. }
            | Response::Fetch { .. }
            | Response::ListOffsets { .. }
            | Response::OffsetsForLeaderEpoch { .. }
            | Response::Group(_)
            | Response::ReplicaFetch { .. }
            | Response::BrokerRegistration { .. }
            | Response::BrokerHeartbeat { .. }
            | Response::AlterPartition { .. } => {}
        }
    }

    /// The error of a fetch that this voter does not serve (`validateLeaderOnlyRequest`).
    fn fetch_error(&self, epoch: RaftEpoch) -> ErrorCode {
        match epoch.cmp(&self.disk.epoch) {
            std::cmp::Ordering::Less => ErrorCode::FencedLeaderEpoch,
            std::cmp::Ordering::Greater => ErrorCode::UnknownLeaderEpoch,
            std::cmp::Ordering::Equal if matches!(self.raft.role, Role::Leader(_)) => ErrorCode::None,
            std::cmp::Ordering::Equal => ErrorCode::NotLeaderOrFollower,
        }
    }
}
