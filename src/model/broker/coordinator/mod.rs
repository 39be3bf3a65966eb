//! The group coordinator of a broker: it coordinates the groups whose partition of the offsets topic it leads.
//!
//! `group` is one group, `join` and `session` what its members ask, `election` how a broker comes to coordinate, `writes` what stands in the
//! log and who waits for it. Only the classic protocol is there: what is left out is in docs/MODEL.md.
//! Source: `GroupCoordinator`, `GroupMetadataManager` (to 3.9); `GroupCoordinatorService`, `CoordinatorRuntime` (4.x).

mod effects;
mod election;
mod group;
mod join;
mod session;
#[cfg(test)]
mod tests;
mod writes;

use self::effects::{Effects, refusal};
pub(super) use self::election::group_partitions;
use self::group::Group;
use self::join::Join;
use self::writes::Write;
use super::Broker;
use crate::engine::{Duration, Instant};
use crate::kafka::{ClientIx, ErrorCode, GroupIx, LeaderEpoch, PartitionIx};
use crate::model::message::{GroupRequest, GroupResponse, Response};
use crate::model::{Ctx, Outbox, TimerKind, Token};
use crate::observe::fact::Api;
use std::collections::{BTreeMap, VecDeque};

/// Size of an answer on the wire: fixed part, and each partition, offset or member in it.
const BYTES: (u32, u32) = (60, 40);

/// What a broker coordinates, by partition of the offsets topic.
#[derive(Default)]
pub struct Coordinator {
    shards: BTreeMap<PartitionIx, Shard>,
}

/// The groups of one partition of the offsets topic.
struct Shard {
    epoch: LeaderEpoch,
    phase: Phase,
    groups: BTreeMap<GroupIx, Group>,
    /// What is appended and not yet committed, with who waits for it, ascending by offset.
    writes: VecDeque<Write>,
}

/// `CoordinatorState`, as far as clients can tell the difference.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    /// The log is being read until then.
    Loading { until: Instant },
    /// Groups are served.
    Active,
}

impl Shard {
    fn next_deadline(&self) -> Instant {
        if let Phase::Loading { until } = self.phase {
            return until;
        }
        let groups = self.groups.values().map(Group::next_deadline).min().unwrap_or(Instant::MAX);
        let writes = self.writes.iter().map(|w| w.deadline).min().unwrap_or(Instant::MAX);
        groups.min(writes)
    }
}

impl Broker {
    /// A request about a group.
    pub(super) fn group(&mut self, token: Token, client: ClientIx, group: GroupIx, request: GroupRequest, ctx: &mut Ctx, out: &mut Outbox) {
        if request == GroupRequest::FindCoordinator {
            let response = self.find_coordinator(group, ctx);
            return self.answer_group(token, client, response, out);
        }
        let partition = ctx.spec.groups[group.index()].partition;
        match self.coordinator_error(partition) {
            ErrorCode::None => self.serve_group(token, client, group, request, ctx, out),
            error => {
                let response = refusal(&request, self.as_told(error, &request, ctx));
                self.answer_group(token, client, response, out);
            }
        }
    }

    /// Whether this broker coordinates the groups of a partition (`validateGroupStatus`, `withActiveContextOrThrow`).
    fn coordinator_error(&self, partition: PartitionIx) -> ErrorCode {
        match self.ram.as_ref().and_then(|ram| ram.coordinator.shards.get(&partition)).map(|s| s.phase) {
            None => ErrorCode::NotCoordinator,
            Some(Phase::Loading { .. }) => ErrorCode::CoordinatorLoadInProgress,
            Some(Phase::Active) => ErrorCode::None,
        }
    }

    /// While a coordinator loads it answers heartbeats blindly; before 4.0 it sends a sync back to the join.
    fn as_told(&self, error: ErrorCode, request: &GroupRequest, ctx: &Ctx) -> ErrorCode {
        match (error, request) {
            (ErrorCode::CoordinatorLoadInProgress, GroupRequest::Heartbeat { .. }) => ErrorCode::None,
            (ErrorCode::CoordinatorLoadInProgress, GroupRequest::Sync { .. }) if !ctx.rules.group_coordinator_runtime => {
                ErrorCode::RebalanceInProgress
            }
            _ => error,
        }
    }

    /// `KafkaApis.getCoordinator`: what this broker's metadata cache says of the leader of the group's partition, if that is alive.
    fn find_coordinator(&self, group: GroupIx, ctx: &Ctx) -> GroupResponse {
        let image = self.image().unwrap_or_default();
        let partition = ctx.spec.groups[group.index()].partition;
        let alive = |b: &crate::kafka::BrokerIx| ctx.history.broker(*b, image).is_some_and(|r| !r.fenced);
        let broker = ctx.history.leader_answer(partition, image).1.filter(alive);
        let error = if broker.is_some() { ErrorCode::None } else { ErrorCode::CoordinatorNotAvailable };
        GroupResponse::Coordinator { error, broker }
    }

    fn serve_group(&mut self, token: Token, client: ClientIx, group: GroupIx, request: GroupRequest, ctx: &mut Ctx, out: &mut Outbox) {
        let (delay, now) = (self.config.group_initial_rebalance_delay, ctx.now);
        let mut effects = Effects::default();
        let partition = ctx.spec.groups[group.index()].partition;
        match request {
            GroupRequest::FindCoordinator => {}
            GroupRequest::Join { member, two_steps, session_timeout, rebalance_timeout, topics } => {
                let join = Join { token, client, member, two_steps, session_timeout, rebalance_timeout, topics };
                self.join(partition, group, join, now, &mut effects);
            }
            GroupRequest::Sync { member, generation, assignments } => match self.group_mut(partition, group) {
                Some(known) => known.sync(token, (member, generation), assignments, now, &mut effects),
                None => effects.reply(token, GroupResponse::Synced { error: ErrorCode::UnknownMemberId, partitions: Vec::new() }),
            },
            GroupRequest::Heartbeat { member, generation } => {
                let known = self.group_mut(partition, group);
                let error = known.map_or(ErrorCode::UnknownMemberId, |g| g.heartbeat(member, generation, now));
                self.answer_in_order(token, request, GroupResponse::Heartbeat { error }, error, partition, ctx, &mut effects);
            }
            GroupRequest::Leave { member } => {
                let known = self.group_mut(partition, group);
                let error = known.map_or(ErrorCode::UnknownMemberId, |g| g.leave(member, delay, now, &mut effects));
                self.answer_in_order(token, request, GroupResponse::Left { error }, ErrorCode::None, partition, ctx, &mut effects);
            }
            GroupRequest::Commit { member, offsets } => self.commit(token, group, partition, member, offsets, ctx, &mut effects),
            GroupRequest::Committed { ref partitions } => {
                let known = self.group_mut(partition, group);
                let offset = |p: &PartitionIx| (*p, known.as_ref().and_then(|g| g.offsets.get(p)).copied());
                let response = GroupResponse::Committed { error: ErrorCode::None, offsets: partitions.iter().map(offset).collect() };
                self.answer_in_order(token, request, response, ErrorCode::None, partition, ctx, &mut effects);
            }
        }
        self.carry_out(partition, effects, ctx, out);
    }

    fn join(&mut self, partition: PartitionIx, group: GroupIx, join: Join, now: Instant, effects: &mut Effects) {
        let delay = self.config.group_initial_rebalance_delay;
        let bounds = self.config.group_min_session_timeout..=self.config.group_max_session_timeout;
        let error = match self.group_mut(partition, group) {
            _ if !bounds.contains(&join.session_timeout) => ErrorCode::InvalidSessionTimeout,
            Some(known) => return known.join(join, delay, now, effects),
            None => ErrorCode::UnknownMemberId,
        };
        effects.reply(join.token, group::refused_join(join.member.unwrap_or(0), error));
    }

    /// A group of an active shard; a group that nothing is known of is empty, and refuses whoever says to be its member.
    fn group_mut(&mut self, partition: PartitionIx, group: GroupIx) -> Option<&mut Group> {
        let shard = self.ram.as_mut()?.coordinator.shards.get_mut(&partition)?;
        Some(shard.groups.entry(group).or_insert_with(|| Group::new(group)))
    }

    fn answer_group(&self, token: Token, client: ClientIx, response: GroupResponse, out: &mut Outbox) {
        let bytes = size(&response);
        self.served(client, Api::Group, Duration::ZERO, bytes, out);
        out.reply(token, Response::Group(response), bytes);
    }

    /// Facts, answers and writes of one step; what the writes bring about at once is done too.
    fn carry_out(&mut self, partition: PartitionIx, effects: Effects, ctx: &mut Ctx, out: &mut Outbox) {
        out.facts.extend(effects.facts);
        for (token, response) in effects.replies {
            let client = ctx.spec.nodes[token.from.index()].client.unwrap_or_default();
            self.answer_group(token, client, response, out);
        }
        for (record, after) in effects.writes {
            self.write(partition, record, after, ctx, out);
        }
        self.arm_coordinator(out);
    }

    fn arm_coordinator(&self, out: &mut Outbox) {
        let Some(ram) = self.ram.as_ref() else { return };
        let next = ram.coordinator.shards.values().map(Shard::next_deadline).min();
        if let Some(at) = next.filter(|at| *at != Instant::MAX) {
            out.timer(TimerKind::Coordinator, at);
        }
    }

    /// Loads what is to be loaded, expels who is late, gives up what was not replicated in time.
    pub(super) fn coordinator_turn(&mut self, ctx: &mut Ctx, out: &mut Outbox) {
        let due: Vec<PartitionIx> = match self.ram.as_ref() {
            Some(ram) => ram.coordinator.shards.iter().filter(|(_, s)| s.next_deadline() <= ctx.now).map(|(p, _)| *p).collect(),
            None => return,
        };
        for partition in due {
            self.load_if_due(partition, ctx, out);
            self.expire_writes(partition, ctx, out);
            self.expire_groups(partition, ctx, out);
        }
        self.arm_coordinator(out);
    }

    fn expire_groups(&mut self, partition: PartitionIx, ctx: &mut Ctx, out: &mut Outbox) {
        let delay = self.config.group_initial_rebalance_delay;
        let mut effects = Effects::default();
        let Some(shard) = self.ram.as_mut().and_then(|ram| ram.coordinator.shards.get_mut(&partition)) else { return };
        for group in shard.groups.values_mut().filter(|g| g.next_deadline() <= ctx.now) {
            group.expire(delay, ctx.now, &mut effects);
        }
        self.carry_out(partition, effects, ctx, out);
    }
}

fn size(response: &GroupResponse) -> u32 {
    let things = match response {
        GroupResponse::Coordinator { .. } | GroupResponse::Heartbeat { .. } | GroupResponse::Left { .. } => 0,
        GroupResponse::Joined { members, .. } => members.len(),
        GroupResponse::Synced { partitions, .. } => partitions.len(),
        GroupResponse::Commit { results } => results.len(),
        GroupResponse::Committed { offsets, .. } => offsets.len(),
    };
    BYTES.0 + BYTES.1 * things as u32
}
