//! What a coordinator writes to the offsets topic, and who waits until it is committed.
//!
//! To 3.9 it is an append with acks=all (`GroupMetadataManager.appendForGroup`): refused while the ISR is below its minimum, and only the
//! request that wrote waits. From 4.0 it is an append with acks=1 (`CoordinatorPartitionWriter.append`), and every later answer waits behind it
//! (`CoordinatorRuntime`, `waitForPendingWrites`). Both give up after `offsets.commit.timeout.ms`; what was appended stays.

use super::effects::{After, Effects, refusal};
use crate::engine::Instant;
use crate::kafka::{ErrorCode, GroupIx, Offset, PartitionIx};
use crate::model::broker::Broker;
use crate::model::broker::roles::Role;
use crate::model::group_log::{Committed, GroupRecord};
use crate::model::message::{GroupRequest, GroupResponse};
use crate::model::{Broken, Ctx, Outbox, Token};
use crate::observe::Fact;
use std::collections::VecDeque;

/// Something that waits for the high watermark.
pub(super) struct Write {
    /// The offset that it must reach.
    pub required: Offset,
    pub deadline: Instant,
    pub after: After,
}

impl Broker {
    /// A member, or a consumer outside all generations, says how far it has come.
    #[expect(clippy::too_many_arguments)]
    pub(super) fn commit(
        &mut self,
        token: Token,
        group: GroupIx,
        partition: PartitionIx,
        member: Option<(u64, u32)>,
        offsets: Vec<(PartitionIx, Offset, Option<crate::kafka::LeaderEpoch>)>,
        ctx: &Ctx,
        effects: &mut Effects,
    ) {
        let error = self.group_mut(partition, group).map_or(ErrorCode::NotCoordinator, |g| g.may_commit(member, ctx.now));
        if !error.is_none() || offsets.is_empty() {
            let results = offsets.iter().map(|o| (o.0, error)).collect();
            return effects.reply(token, GroupResponse::Commit { results });
        }
        let offsets: Vec<(PartitionIx, Committed)> = offsets.into_iter().map(|(p, offset, epoch)| (p, (offset, epoch))).collect();
        effects.writes.push((GroupRecord::Offsets(group, offsets.clone()), After::Commit { token, group, offsets }));
    }

    /// An answer without a write of its own: from 4.0 a good one waits for what was written before it.
    #[expect(clippy::too_many_arguments)]
    pub(super) fn answer_in_order(
        &mut self,
        token: Token,
        request: GroupRequest,
        response: GroupResponse,
        error: ErrorCode,
        partition: PartitionIx,
        ctx: &Ctx,
        effects: &mut Effects,
    ) {
        let is_answer = error.is_none() || error == ErrorCode::RebalanceInProgress;
        let deadline = ctx.now + self.config.offsets_commit_timeout;
        let shard = self.ram.as_mut().and_then(|ram| ram.coordinator.shards.get_mut(&partition));
        match shard.and_then(|s| s.writes.back().map(|w| w.required).map(|required| (s, required))) {
            Some((shard, required)) if ctx.rules.group_coordinator_runtime && is_answer => {
                let after = After::Answer { token, request: Box::new(request), response };
                shard.writes.push_back(Write { required, deadline, after });
            }
            Some(_) | None => effects.reply(token, response),
        }
    }

    /// Appends, and parks what comes after until it is committed.
    pub(super) fn write(&mut self, partition: PartitionIx, record: GroupRecord, after: After, ctx: &mut Ctx, out: &mut Outbox) {
        match self.append_group(partition, record, ctx, out) {
            Ok(required) => {
                let deadline = ctx.now + self.config.offsets_commit_timeout;
                let Some(shard) = self.ram.as_mut().and_then(|ram| ram.coordinator.shards.get_mut(&partition)) else { return };
                if let (After::Commit { group, offsets, .. }, true) = (&after, ctx.rules.group_coordinator_runtime)
                    && let Some(known) = shard.groups.get_mut(group)
                {
                    known.offsets.extend(offsets.iter().copied());
                }
                if ctx.is_broken(Broken::GroupCommitBeforeReplicated) {
                    let mut effects = Effects::default();
                    self.write_done(partition, after, ErrorCode::None, ctx, &mut effects);
                    return self.carry_out(partition, effects, ctx, out);
                }
                shard.writes.push_back(Write { required, deadline, after });
                self.advance_high_watermark(partition, ctx, out);
                self.wake_followers(partition, ctx, out);
            }
            Err(error) => {
                let mut effects = Effects::default();
                self.write_failed(after, error, ctx, &mut effects);
                self.carry_out(partition, effects, ctx, out);
            }
        }
    }

    fn append_group(&mut self, partition: PartitionIx, record: GroupRecord, ctx: &mut Ctx, out: &mut Outbox) -> Result<Offset, ErrorCode> {
        let min_isr = self.min_isr(partition, ctx);
        let Some(Role::Leader(leadership)) = self.ram.as_ref().and_then(|ram| ram.roles.get(&partition)) else {
            return Err(ErrorCode::NotLeaderOrFollower);
        };
        if !ctx.rules.group_coordinator_runtime && leadership.isr.len() < min_isr {
            return Err(ErrorCode::NotEnoughReplicas);
        }
        let leader_epoch = leadership.epoch;
        self.unsettle(partition, ctx, out);
        let log = self.disk.replicas.get_mut(&partition).expect("a leader has a log");
        let end = ctx.journal.groups.append(partition, leader_epoch, log.end(), record);
        log.extend(end);
        out.fact(Fact::GroupAppended { broker: self.ix, partition, leader_epoch, end });
        Ok(end)
    }

    /// The high watermark of a partition that holds groups has moved.
    pub(in crate::model::broker) fn group_writes_committed(&mut self, partition: PartitionIx, ctx: &mut Ctx, out: &mut Outbox) {
        let enough = ctx.rules.group_coordinator_runtime || self.has_min_isr(partition, ctx);
        let error = if enough { ErrorCode::None } else { ErrorCode::NotEnoughReplicasAfterAppend };
        let Some(high_watermark) = self.disk.replicas.get(&partition).map(|log| log.high_watermark) else { return };
        loop {
            let Some(shard) = self.ram.as_mut().and_then(|ram| ram.coordinator.shards.get_mut(&partition)) else { return };
            if shard.writes.front().is_none_or(|w| w.required > high_watermark) {
                return;
            }
            let Some(write) = shard.writes.pop_front() else { return };
            let mut effects = Effects::default();
            self.write_done(partition, write.after, error, ctx, &mut effects);
            self.carry_out(partition, effects, ctx, out);
        }
    }

    fn has_min_isr(&self, partition: PartitionIx, ctx: &Ctx) -> bool {
        let min_isr = self.min_isr(partition, ctx);
        match self.ram.as_ref().and_then(|ram| ram.roles.get(&partition)) {
            Some(Role::Leader(leadership)) => leadership.maximal_isr_len() >= min_isr,
            Some(Role::Follower { .. }) | None => true,
        }
    }

    /// `offsets.commit.timeout.ms` is over for some.
    pub(super) fn expire_writes(&mut self, partition: PartitionIx, ctx: &mut Ctx, out: &mut Outbox) {
        let Some(shard) = self.ram.as_mut().and_then(|ram| ram.coordinator.shards.get_mut(&partition)) else { return };
        let (late, rest): (VecDeque<Write>, _) = std::mem::take(&mut shard.writes).into_iter().partition(|w| w.deadline <= ctx.now);
        shard.writes = rest;
        let mut effects = Effects::default();
        for write in late {
            self.write_done(partition, write.after, ErrorCode::RequestTimedOut, ctx, &mut effects);
        }
        self.carry_out(partition, effects, ctx, out);
    }

    fn write_done(&mut self, partition: PartitionIx, after: After, error: ErrorCode, ctx: &Ctx, effects: &mut Effects) {
        let delay = self.config.group_initial_rebalance_delay;
        let told = told(error, &after, ctx.rules.group_coordinator_runtime);
        match after {
            After::Commit { token, group, offsets } => {
                if let (true, Some(known)) = (error.is_none(), self.group_mut(partition, group)) {
                    known.offsets.extend(offsets.iter().copied());
                }
                effects.reply(token, GroupResponse::Commit { results: offsets.iter().map(|o| (o.0, told)).collect() });
            }
            After::Assignment { group, generation, assignments } => {
                if let Some(known) = self.group_mut(partition, group) {
                    known.stored(generation, &assignments, told, delay, ctx.now, effects);
                }
            }
            After::Answer { token, response, .. } if error.is_none() => effects.reply(token, response),
            After::Answer { token, request, .. } => effects.reply(token, refusal(&request, told)),
            After::Nothing => {}
        }
    }

    /// A write that came to nothing in a partition whose groups may be gone already.
    pub(super) fn write_failed(&mut self, after: After, error: ErrorCode, ctx: &Ctx, effects: &mut Effects) {
        let group = match &after {
            After::Commit { group, .. } | After::Assignment { group, .. } => Some(*group),
            After::Answer { .. } | After::Nothing => None,
        };
        let partition = group.map_or(PartitionIx(0), |g| ctx.spec.groups[g.index()].partition);
        self.write_done(partition, after, error, ctx, effects);
    }
}

/// What a member is told of a failed append (`maybeConvertOffsetCommitError`, `storeGroup`'s callback; from 4.0
/// `CoordinatorOperationExceptionHelper`, `appendGroupMetadataErrorToResponseError`).
fn told(error: ErrorCode, after: &After, runtime: bool) -> ErrorCode {
    match error {
        ErrorCode::UnknownTopicOrPartition | ErrorCode::NotEnoughReplicas | ErrorCode::NotEnoughReplicasAfterAppend => {
            ErrorCode::CoordinatorNotAvailable
        }
        ErrorCode::NotLeaderOrFollower => ErrorCode::NotCoordinator,
        ErrorCode::RequestTimedOut if runtime => ErrorCode::CoordinatorNotAvailable,
        ErrorCode::RequestTimedOut if matches!(after, After::Assignment { .. }) => ErrorCode::RebalanceInProgress,
        other => other,
    }
}
