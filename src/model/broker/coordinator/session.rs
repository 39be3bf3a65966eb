//! Syncing, heartbeats, sessions, leaving. Source: `GroupCoordinator.doSyncGroup`, `handleHeartbeat`, `onExpireHeartbeat`,
//! `onExpirePendingSync`, `handleLeaveGroup`.

use super::effects::{After, Effects};
use super::group::{Group, State, refused_join};
use crate::engine::{Duration, Instant};
use crate::kafka::{ErrorCode, PartitionIx};
use crate::model::Token;
use crate::model::message::GroupResponse;
use crate::observe::fact::GroupFact;

impl Group {
    /// A member asks for its assignment; the leader hands in everybody's.
    pub(super) fn sync(
        &mut self,
        token: Token,
        (member, generation): (u64, u32),
        assignments: Vec<(u64, Vec<PartitionIx>)>,
        now: Instant,
        effects: &mut Effects,
    ) {
        let error = match (self.check(member, generation), self.state) {
            (ErrorCode::None, State::Empty) => ErrorCode::UnknownMemberId,
            (ErrorCode::None, State::PreparingRebalance(_)) => ErrorCode::RebalanceInProgress,
            (error, _) => error,
        };
        let Some(known) = self.members.get_mut(&member).filter(|_| error.is_none()) else {
            return effects.reply(token, GroupResponse::Synced { error, partitions: Vec::new() });
        };
        if self.state == State::Stable {
            known.heard(now);
            let partitions = known.assignment.clone();
            effects.reply(token, GroupResponse::Synced { error, partitions });
        } else {
            known.syncing = Some(token);
            if self.leader == Some(member) {
                let after = After::Assignment { group: self.ix, generation, assignments: assignments.clone() };
                effects.writes.push((self.record(&assignments), after));
            }
        }
        self.synced(member);
    }

    /// `removePendingSyncMember`.
    fn synced(&mut self, member: u64) {
        self.unsynced.remove(&member);
        if self.unsynced.is_empty() {
            self.sync_by = Instant::MAX;
        }
    }

    /// The assignment of a generation is committed, or could not be written (`storeGroup`'s callback).
    pub(super) fn stored(
        &mut self,
        generation: u32,
        assignments: &[(u64, Vec<PartitionIx>)],
        error: ErrorCode,
        initial_delay: Duration,
        now: Instant,
        effects: &mut Effects,
    ) {
        if self.state != State::CompletingRebalance || self.generation != generation {
            return;
        }
        if !error.is_none() {
            self.refuse_syncs(error, now, effects);
            return self.prepare(initial_delay, now, effects);
        }
        self.state = State::Stable;
        for (id, member) in &mut self.members {
            member.assignment = assignments.iter().find(|(m, _)| m == id).map(|(_, p)| p.clone()).unwrap_or_default();
            if let Some(token) = member.syncing.take() {
                effects.reply(token, GroupResponse::Synced { error: ErrorCode::None, partitions: member.assignment.clone() });
                member.heard(now);
            }
        }
    }

    /// A member lives.
    pub(super) fn heartbeat(&mut self, member: u64, generation: u32, now: Instant) -> ErrorCode {
        let error = self.check(member, generation);
        let Some(known) = self.members.get_mut(&member).filter(|_| error.is_none()) else { return error };
        known.heard(now);
        match self.state {
            State::Empty => ErrorCode::UnknownMemberId,
            State::PreparingRebalance(_) => ErrorCode::RebalanceInProgress,
            State::CompletingRebalance | State::Stable => ErrorCode::None,
        }
    }

    /// A member leaves.
    pub(super) fn leave(&mut self, member: u64, initial_delay: Duration, now: Instant, effects: &mut Effects) -> ErrorCode {
        if self.pending.remove(&member).is_some() {
            self.complete_join_if_all_are_here(now, effects);
            return ErrorCode::None;
        }
        if !self.members.contains_key(&member) {
            return ErrorCode::UnknownMemberId;
        }
        self.expel(member, initial_delay, now, effects);
        ErrorCode::None
    }

    /// Whether a commit may be written (`validateOffsetCommit`); a member's is a sign of life too.
    pub(super) fn may_commit(&mut self, member: Option<(u64, u32)>, now: Instant) -> ErrorCode {
        let Some((id, generation)) = member else {
            return if self.state == State::Empty { ErrorCode::None } else { ErrorCode::UnknownMemberId };
        };
        let error = self.check(id, generation);
        let Some(known) = self.members.get_mut(&id).filter(|_| error.is_none()) else { return error };
        if self.state == State::CompletingRebalance {
            return ErrorCode::RebalanceInProgress;
        }
        known.heard(now);
        ErrorCode::None
    }

    /// `removeMemberAndUpdateGroup`.
    fn expel(&mut self, id: u64, initial_delay: Duration, now: Instant, effects: &mut Effects) {
        if let Some(token) = self.members.get_mut(&id).and_then(|m| m.joining.take()) {
            effects.reply(token, refused_join(id, ErrorCode::UnknownMemberId));
        }
        self.remove(id);
        match self.state {
            State::Empty => {}
            State::Stable | State::CompletingRebalance => self.prepare(initial_delay, now, effects),
            State::PreparingRebalance(_) => self.complete_join_if_all_are_here(now, effects),
        }
    }

    /// Does what is overdue.
    pub(super) fn expire(&mut self, initial_delay: Duration, now: Instant, effects: &mut Effects) {
        self.pending.retain(|_, until| *until > now);
        if self.sync_by <= now {
            let late = std::mem::take(&mut self.unsynced);
            late.into_iter().for_each(|id| self.remove(id));
            self.prepare(initial_delay, now, effects);
        }
        let overdue: Vec<u64> = self.members.iter().filter(|(_, m)| m.expires_at <= now).map(|(id, _)| *id).collect();
        for id in overdue {
            self.session_is_over(id, initial_delay, now, effects);
        }
        if let State::PreparingRebalance(joining) = self.state
            && joining.until <= now
        {
            self.join_is_over(joining, now, effects);
        }
        self.complete_join_if_all_are_here(now, effects);
    }

    /// `MemberMetadata.hasSatisfiedHeartbeat`: who waits for the coordinator itself is not late, and is looked at again when it is answered.
    fn session_is_over(&mut self, id: u64, initial_delay: Duration, now: Instant, effects: &mut Effects) {
        let Some(member) = self.members.get_mut(&id).filter(|m| m.expires_at <= now) else { return };
        if !member.new && (member.joining.is_some() || member.syncing.is_some()) {
            member.expires_at = Instant::MAX;
            return;
        }
        let client = member.client;
        effects.fact(self.ix, GroupFact::SessionExpired { client });
        self.expel(id, initial_delay, now, effects);
    }
}
