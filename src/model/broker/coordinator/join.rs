//! Joining a group, and how a rebalance collects its members. Source: `GroupCoordinator.handleJoinGroup`, `DelayedJoin`, `onCompleteJoin`;
//! the same rules in `GroupMetadataManager.classicGroupJoinToClassicGroup` (4.x).

use super::effects::{After, Effects};
use super::group::{Group, Initial, Joining, Member, State, refused_join};
use crate::engine::{Duration, Instant};
use crate::kafka::{ClientIx, ErrorCode, TopicIx};
use crate::model::Token;
use crate::model::message::GroupResponse;

/// How long a new member may wait for the first generation that it is in (`NewMemberJoinTimeoutMs`).
const NEW_MEMBER: Duration = Duration::from_secs(300);

/// A `JoinGroup` request.
pub(super) struct Join {
    pub token: Token,
    pub client: ClientIx,
    pub member: Option<u64>,
    pub two_steps: bool,
    pub session_timeout: Duration,
    pub rebalance_timeout: Duration,
    pub topics: Vec<TopicIx>,
}

impl Group {
    /// A member wants in, or wants its next generation.
    pub(super) fn join(&mut self, join: Join, initial_delay: Duration, now: Instant, effects: &mut Effects) {
        match join.member {
            None if join.two_steps => {
                let id = new_member_id(&join);
                self.pending.insert(id, now + join.session_timeout);
                effects.reply(join.token, refused_join(id, ErrorCode::MemberIdRequired));
            }
            None => self.add(new_member_id(&join), join, initial_delay, now, effects),
            Some(id) if self.pending.remove(&id).is_some() => self.add(id, join, initial_delay, now, effects),
            Some(id) if self.members.contains_key(&id) => self.rejoin(id, join, initial_delay, now, effects),
            Some(id) => effects.reply(join.token, refused_join(id, ErrorCode::UnknownMemberId)),
        }
        self.complete_join_if_all_are_here(now, effects);
    }

    /// `addMemberAndRebalance`.
    fn add(&mut self, id: u64, join: Join, initial_delay: Duration, now: Instant, effects: &mut Effects) {
        if let State::PreparingRebalance(Joining { initial: Some(initial), .. }) = &mut self.state {
            initial.member_added = true;
        }
        let member = Member {
            client: join.client,
            topics: join.topics,
            session_timeout: join.session_timeout,
            rebalance_timeout: join.rebalance_timeout,
            assignment: Vec::new(),
            expires_at: now + NEW_MEMBER,
            new: true,
            joining: Some(join.token),
            syncing: None,
        };
        self.leader = self.leader.or(Some(id));
        self.members.insert(id, member);
        self.prepare_if_it_can(initial_delay, now, effects);
    }

    /// A known member joins again (`doCurrentMemberJoinGroup`).
    fn rejoin(&mut self, id: u64, join: Join, initial_delay: Duration, now: Instant, effects: &mut Effects) {
        let Some(member) = self.members.get_mut(&id) else { return };
        let same = member.topics == join.topics;
        let leads = self.leader == Some(id);
        // It may have missed the answer; only a leader's wish, or another subscription, is a reason to begin again.
        let told_again = match self.state {
            State::CompletingRebalance => same,
            State::Stable => same && !leads,
            State::Empty | State::PreparingRebalance(_) => false,
        };
        if told_again {
            let answer = self.joined(id);
            return effects.reply(join.token, answer);
        }
        // An earlier join of the same member is never answered: its connection is gone, or the member would not have sent this one.
        member.joining = Some(join.token);
        member.topics = join.topics;
        member.session_timeout = join.session_timeout;
        member.rebalance_timeout = join.rebalance_timeout;
        self.prepare_if_it_can(initial_delay, now, effects);
    }

    /// `maybePrepareRebalance`: one that has begun goes on.
    pub(super) fn prepare_if_it_can(&mut self, initial_delay: Duration, now: Instant, effects: &mut Effects) {
        if !matches!(self.state, State::PreparingRebalance(_)) {
            self.prepare(initial_delay, now, effects);
        }
    }

    /// `tryCompleteJoin`: the first rebalance of an empty group always waits its delay out.
    pub(super) fn complete_join_if_all_are_here(&mut self, now: Instant, effects: &mut Effects) {
        let State::PreparingRebalance(Joining { initial: None, .. }) = self.state else { return };
        if self.pending.is_empty() && self.members.values().all(|m| m.joining.is_some()) {
            self.complete_join(now, effects);
        }
    }

    /// The time to join is over.
    pub(super) fn join_is_over(&mut self, joining: Joining, now: Instant, effects: &mut Effects) {
        match joining.initial {
            Some(initial) if initial.member_added && !initial.remaining.is_zero() => {
                let delay = initial.delay.min(initial.remaining);
                let remaining = initial.remaining.saturating_sub(initial.delay);
                let initial = Some(Initial { delay, remaining, member_added: false });
                self.state = State::PreparingRebalance(Joining { until: now + delay, initial });
            }
            Some(_) | None => self.complete_join(now, effects),
        }
    }

    /// `onCompleteJoin`: who has not joined again is out, the others have a new generation.
    fn complete_join(&mut self, now: Instant, effects: &mut Effects) {
        let absent: Vec<u64> = self.members.iter().filter(|(_, m)| m.joining.is_none()).map(|(id, _)| *id).collect();
        absent.into_iter().for_each(|id| self.remove(id));
        self.generation += 1;
        if self.members.is_empty() {
            self.state = State::Empty;
            self.leader = None;
            effects.writes.push((self.record(&[]), After::Nothing));
            return;
        }
        self.state = State::CompletingRebalance;
        self.unsynced = self.members.keys().copied().collect();
        self.sync_by = now + self.rebalance_timeout();
        for id in self.unsynced.clone() {
            let answer = self.joined(id);
            let Some(member) = self.members.get_mut(&id) else { continue };
            member.heard(now);
            member.new = false;
            if let Some(token) = member.joining.take() {
                effects.reply(token, answer);
            }
        }
    }

    /// What a member is told of the present generation.
    fn joined(&self, id: u64) -> GroupResponse {
        let leader = self.leader == Some(id);
        let members = if leader { self.members.iter().map(|(id, m)| (*id, m.topics.clone())).collect() } else { Vec::new() };
        GroupResponse::Joined { error: ErrorCode::None, member: id, generation: self.generation, leader, members }
    }
}

/// An id that nobody else has: the client in the upper half, so that ids sort as clients do.
fn new_member_id(join: &Join) -> u64 {
    (u64::from(join.client.0) << 32) | (join.token.address & 0xffff_ffff)
}
