//! One classic consumer group as its coordinator has it: members, generation, and what it waits for.
//! Source: `GroupMetadata`, `MemberMetadata` (to 3.9), `ClassicGroup`, `ClassicGroupMember` (4.x).

use super::effects::Effects;
use crate::engine::{Duration, Instant};
use crate::kafka::{ClientIx, ErrorCode, GroupIx, PartitionIx, TopicIx};
use crate::model::Token;
use crate::model::group_log::{Committed, GroupRecord, MemberRecord};
use crate::model::message::GroupResponse;
use crate::observe::fact::GroupFact;
use std::collections::{BTreeMap, BTreeSet};

/// A group.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub ix: GroupIx,
    pub state: State,
    pub generation: u32,
    pub leader: Option<u64>,
    pub members: BTreeMap<u64, Member>,
    /// Ids that were given to members who shall join again with them (KIP-394), each with when it lapses.
    pub pending: BTreeMap<u64, Instant>,
    /// Members of this generation whose `SyncGroup` has not come, and until when it may.
    pub unsynced: BTreeSet<u64>,
    pub sync_by: Instant,
    /// What the group has committed.
    pub offsets: BTreeMap<PartitionIx, Committed>,
}

/// `GroupState`. A group that is unloaded is gone here; Kafka calls it Dead.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// No members.
    Empty,
    /// Members are joining.
    PreparingRebalance(Joining),
    /// All have joined, the leader has not handed in the assignment.
    CompletingRebalance,
    /// Everybody knows what is whose.
    Stable,
}

/// What ends a `PreparingRebalance`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Joining {
    pub until: Instant,
    /// The group was empty: more members are waited for (`InitialDelayedJoin`).
    pub initial: Option<Initial>,
}

/// The first rebalance of an empty group: the delay starts again with each new member until `remaining` is used up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Initial {
    pub delay: Duration,
    pub remaining: Duration,
    pub member_added: bool,
}

/// A member.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub client: ClientIx,
    pub topics: Vec<TopicIx>,
    pub session_timeout: Duration,
    pub rebalance_timeout: Duration,
    pub assignment: Vec<PartitionIx>,
    /// It is expelled then unless it is heard of.
    pub expires_at: Instant,
    /// It has not been in a generation yet: it can expire while it waits for the others.
    pub new: bool,
    /// Its join, parked until all have joined.
    pub joining: Option<Token>,
    /// Its sync, parked until the assignment is there.
    pub syncing: Option<Token>,
}

impl Group {
    /// A group of which nothing is known.
    pub(super) fn new(ix: GroupIx) -> Self {
        Group {
            ix,
            state: State::Empty,
            generation: 0,
            leader: None,
            members: BTreeMap::new(),
            pending: BTreeMap::new(),
            unsynced: BTreeSet::new(),
            sync_by: Instant::MAX,
            offsets: BTreeMap::new(),
        }
    }

    /// Takes in what the log says (`GroupMetadataManager.readGroupMessageValue`): members as of the last stable generation.
    pub(super) fn replay(&mut self, record: &GroupRecord) {
        match record {
            GroupRecord::Offsets(_, offsets) => self.offsets.extend(offsets.iter().copied()),
            GroupRecord::Generation { generation, leader, members, .. } => {
                self.generation = *generation;
                self.leader = *leader;
                self.members = members.iter().map(|m| (m.id, Member::of(m))).collect();
                self.state = if members.is_empty() { State::Empty } else { State::Stable };
            }
        }
    }

    /// The group is loaded: every session begins anew (`onGroupLoaded`).
    pub(super) fn loaded(&mut self, now: Instant) {
        self.members.values_mut().for_each(|m| m.heard(now));
    }

    /// The record of the present generation, with an assignment for every member.
    pub(super) fn record(&self, assignments: &[(u64, Vec<PartitionIx>)]) -> GroupRecord {
        let assigned = |id: &u64| assignments.iter().find(|(member, _)| member == id).map(|(_, p)| p.clone()).unwrap_or_default();
        let record = |(id, m): (&u64, &Member)| MemberRecord {
            id: *id,
            client: m.client,
            topics: m.topics.clone(),
            session_timeout: m.session_timeout,
            rebalance_timeout: m.rebalance_timeout,
            assignment: assigned(id),
        };
        let members = self.members.iter().map(record).collect();
        GroupRecord::Generation { group: self.ix, generation: self.generation, leader: self.leader, members }
    }

    /// `validateCurrentMember` and the generation: whether a request of a member may be heard.
    pub(super) fn check(&self, member: u64, generation: u32) -> ErrorCode {
        if !self.members.contains_key(&member) {
            return ErrorCode::UnknownMemberId;
        }
        if generation != self.generation { ErrorCode::IllegalGeneration } else { ErrorCode::None }
    }

    /// The longest that any member may take to join again.
    pub(super) fn rebalance_timeout(&self) -> Duration {
        self.members.values().map(|m| m.rebalance_timeout).max().unwrap_or(Duration::ZERO)
    }

    /// Takes a member out; the next one leads in its place.
    pub(super) fn remove(&mut self, id: u64) {
        self.members.remove(&id);
        self.pending.remove(&id);
        self.unsynced.remove(&id);
        if self.leader == Some(id) {
            self.leader = self.members.keys().next().copied();
        }
    }

    /// The earliest moment at which something here is overdue.
    pub(super) fn next_deadline(&self) -> Instant {
        let sessions = self.members.values().map(|m| m.expires_at).chain(self.pending.values().copied());
        let joining = match self.state {
            State::PreparingRebalance(joining) => joining.until,
            State::Empty | State::CompletingRebalance | State::Stable => Instant::MAX,
        };
        sessions.min().unwrap_or(Instant::MAX).min(joining).min(self.sync_by)
    }

    /// The partition is somebody else's now (`onGroupUnloaded`): whoever waits is told.
    pub(super) fn unload(mut self, effects: &mut Effects) {
        for (id, member) in &mut self.members {
            if let Some(token) = member.joining.take() {
                effects.reply(token, refused_join(*id, ErrorCode::NotCoordinator));
            }
            if let Some(token) = member.syncing.take() {
                effects.reply(token, GroupResponse::Synced { error: ErrorCode::NotCoordinator, partitions: Vec::new() });
            }
        }
    }

    /// A rebalance begins (`prepareRebalance`).
    pub(super) fn prepare(&mut self, initial_delay: Duration, now: Instant, effects: &mut Effects) {
        if self.state == State::CompletingRebalance {
            self.refuse_syncs(ErrorCode::RebalanceInProgress, now, effects);
        }
        self.unsynced.clear();
        self.sync_by = Instant::MAX;
        let timeout = self.rebalance_timeout();
        let was_empty = self.state == State::Empty;
        let initial =
            was_empty.then(|| Initial { delay: initial_delay, remaining: timeout.saturating_sub(initial_delay), member_added: false });
        let until = now + initial.map_or(timeout, |i| i.delay);
        self.state = State::PreparingRebalance(Joining { until, initial });
        effects.fact(self.ix, GroupFact::RebalanceBegan { generation: self.generation });
        self.complete_join_if_all_are_here(now, effects);
    }

    /// Everybody who waits for the assignment is told that there is none.
    pub(super) fn refuse_syncs(&mut self, error: ErrorCode, now: Instant, effects: &mut Effects) {
        for member in self.members.values_mut() {
            member.assignment.clear();
            if let Some(token) = member.syncing.take() {
                effects.reply(token, GroupResponse::Synced { error, partitions: Vec::new() });
                member.heard(now);
            }
        }
    }
}

impl Member {
    fn of(record: &MemberRecord) -> Self {
        Member {
            client: record.client,
            topics: record.topics.clone(),
            session_timeout: record.session_timeout,
            rebalance_timeout: record.rebalance_timeout,
            assignment: record.assignment.clone(),
            expires_at: Instant::MAX,
            new: false,
            joining: None,
            syncing: None,
        }
    }

    /// It lives: its session begins anew.
    pub(super) fn heard(&mut self, now: Instant) {
        self.expires_at = now + self.session_timeout;
    }
}

/// A join that came to nothing.
pub(super) fn refused_join(member: u64, error: ErrorCode) -> GroupResponse {
    GroupResponse::Joined { error, member, generation: 0, leader: false, members: Vec::new() }
}
