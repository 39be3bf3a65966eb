//! Keeping the ISR: taking laggards out, letting those that caught up in, by proposals to the controller.
//! Source: `Partition.maybeExpandIsr`, `maybeShrinkIsr`, `DefaultAlterPartitionManager`.

use super::Broker;
use super::leader::{Follower, Leadership, Proposal};
use super::lifecycle::CHANNEL_RECONNECT;
use super::line::Line;
use super::roles::Role;
use crate::engine::{Duration, Instant, Stream};
use crate::kafka::{ErrorCode, LeaderEpoch, MetadataOffset, PartitionEpoch, PartitionIx, Replicas, VoterIx};
use crate::model::message::{AlterPartitionEntry, AlterPartitionResult, Request};
use crate::model::{Broken, Channel, Ctx, Outbox, TimerKind};
use crate::observe::Fact;
use crate::observe::fact::Unreachable;
use std::collections::BTreeSet;

/// Pause before a request that failed as a whole is sent again (`DefaultAlterPartitionManager.maybePropagateIsrChanges`).
const RETRY: Duration = Duration::from_millis(50);
/// How often the channel looks for a controller when none is known.
const NO_CONTROLLER: Duration = Duration::from_millis(100);
/// Size of a request on the wire: fixed part and each partition's.
const BYTES: (u32, u32) = (60, 60);

/// The channel on which proposals go to the controller: one request in flight for the whole broker.
pub struct IsrChannel {
    unsent: BTreeSet<PartitionIx>,
    in_flight: Vec<(PartitionIx, LeaderEpoch, bool)>,
    not_before: Instant,
    line: Option<(VoterIx, Line)>,
    draws: Stream,
}

impl IsrChannel {
    /// An idle channel.
    pub fn new(draws: Stream) -> Self {
        IsrChannel { unsent: BTreeSet::new(), in_flight: Vec::new(), not_before: Instant::ZERO, line: None, draws }
    }
}

/// Whether a follower may join the ISR as the leader's metadata cache has it: not fenced, not leaving, and alive in the same life as its fetch
/// (`Partition.isReplicaIsrEligible`).
pub(super) fn is_eligible(follower: &Follower, image: MetadataOffset, ctx: &Ctx) -> bool {
    let same_life = |epoch| follower.broker_epoch.is_none_or(|e| e == epoch);
    let active =
        |fenced_too: bool| ctx.history.broker(follower.broker, image).is_some_and(|r| (fenced_too || r.is_active()) && same_life(r.epoch));
    active(ctx.is_broken(Broken::FencedReplicaJoinsIsr))
}

impl Broker {
    /// A follower has fetched: let it in if it has caught up (`Partition.maybeExpandIsr`).
    pub(super) fn maybe_expand(&mut self, partition: PartitionIx, follower: crate::kafka::BrokerIx, ctx: &mut Ctx, out: &mut Outbox) {
        let image = self.image().unwrap_or_default();
        let Some(ram) = self.ram.as_mut() else { return };
        let Some(Role::Leader(leadership)) = ram.roles.get_mut(&partition) else { return };
        let Some(log) = self.disk.replicas.get(&partition) else { return };
        if leadership.pending.is_some() || leadership.in_maximal_isr(follower) {
            return;
        }
        let Some(state) = leadership.followers.iter().find(|f| f.broker == follower) else { return };
        let reached = state.end.is_some_and(|end| end >= log.high_watermark && end >= leadership.epoch_start);
        let reached = reached || ctx.is_broken(Broken::LaggardJoinsIsr);
        if !reached || !is_eligible(state, image, ctx) {
            return;
        }
        let mut isr = leadership.isr.clone();
        isr.push(follower);
        self.propose(partition, isr, false, ctx, out);
    }

    /// Every half of `replica.lag.time.max.ms`: propose the ISR without those that lag (`Partition.maybeShrinkIsr`).
    pub(super) fn isr_check(&mut self, ctx: &mut Ctx, out: &mut Outbox) {
        let lag_max = self.config.replica_lag_time_max;
        let me = self.ix;
        let Some(ram) = self.ram.as_mut() else { return };
        if ctx.now < ram.next_isr_check {
            return out.timer(TimerKind::IsrCheck, ram.next_isr_check);
        }
        ram.next_isr_check = ctx.now + super::half(lag_max);
        out.timer(TimerKind::IsrCheck, ram.next_isr_check);
        let mut shrinks: Vec<(PartitionIx, Replicas)> = Vec::new();
        for (partition, role) in &ram.roles {
            let Role::Leader(leadership) = role else { continue };
            let Some(log) = self.disk.replicas.get(partition).filter(|_| leadership.pending.is_none()) else { continue };
            let keep: Replicas = leadership
                .isr
                .iter()
                .copied()
                .filter(|b| {
                    let state = leadership.followers.iter().find(|f| f.broker == *b);
                    *b == me || state.is_some_and(|f| f.is_caught_up(log.end(), ctx.now, lag_max))
                })
                .collect();
            if keep.len() < leadership.isr.len() {
                shrinks.push((*partition, keep));
            }
        }
        for (partition, isr) in shrinks {
            self.propose(partition, isr, true, ctx, out);
        }
    }

    fn propose(&mut self, partition: PartitionIx, isr: Replicas, shrink: bool, ctx: &mut Ctx, out: &mut Outbox) {
        self.unsettle(partition, ctx, out);
        let Some(ram) = self.ram.as_mut() else { return };
        // Not attempted while an earlier one is under way, which metadata may have made the leader forget (`DefaultAlterPartitionManager.submit`).
        if ram.isr.in_flight.iter().any(|(p, _, _)| *p == partition) {
            return;
        }
        let Some(Role::Leader(leadership)) = ram.roles.get_mut(&partition) else { return };
        out.fact(Fact::IsrProposed { broker: self.ix, partition, isr: isr.clone() });
        if shrink && ctx.is_broken(Broken::LeaderShrinksIsrAlone) {
            leadership.isr = isr.clone();
        }
        leadership.pending = Some(Proposal { isr, shrink, sent: false });
        ram.isr.unsent.insert(partition);
        self.alter_partition_turn(ctx, out);
    }

    /// Sends all waiting proposals in one request, when none is in flight.
    pub(super) fn alter_partition_turn(&mut self, ctx: &mut Ctx, out: &mut Outbox) {
        let timeout = self.config.controller_socket_timeout;
        let Some(ram) = self.ram.as_mut() else { return };
        let now = ctx.now;
        if ram.isr.line.as_mut().is_some_and(|(_, line)| line.give_up_if_late(now, out)) {
            ram.isr.requeue();
        }
        if ram.isr.unsent.is_empty() && ram.isr.in_flight.is_empty() {
            return;
        }
        if ram.isr.not_before > now {
            return out.timer(TimerKind::AlterPartition, ram.isr.not_before);
        }
        let Some(target) = ram.observer.leader() else { return out.timer(TimerKind::AlterPartition, now + NO_CONTROLLER) };
        let busy = ram.isr.line.as_ref().is_some_and(|(_, line)| line.is_busy());
        if !busy && ram.isr.line.as_ref().is_none_or(|(voter, _)| *voter != target) {
            if let Some((_, line)) = ram.isr.line.as_mut() {
                line.close(out);
            }
            let channel = Channel::AlterPartition(target);
            let draws = ram.isr.draws.part(ctx.spec.channel_key(channel).bits());
            let line = Line::new(self.ix, channel, ctx.spec.voters[target.index()].node, CHANNEL_RECONNECT, draws);
            ram.isr.line = Some((target, line));
        }
        let Some(epoch) = ram.lifecycle.epoch() else { return };
        let Some((_, line)) = ram.isr.line.as_mut() else { return };
        if !busy && line.ready(now, out) {
            let entries = take_proposals(&mut ram.isr, &mut ram.roles, self.ix);
            if !entries.is_empty() {
                let bytes = BYTES.0 + BYTES.1 * entries.len() as u32;
                line_of(&mut ram.isr).send(Request::AlterPartition { broker: self.ix, epoch, entries }, bytes, timeout, now, out);
            }
        }
        if let Some(at) = ram.isr.line.as_ref().and_then(|(_, line)| line.next_deadline()) {
            out.timer(TimerKind::AlterPartition, at.max(now));
        }
    }

    pub(super) fn alter_partition_connected(&mut self, channel: Channel, ctx: &mut Ctx, out: &mut Outbox) {
        if let Some((_, line)) = self.ram.as_mut().and_then(|ram| ram.isr.line.as_mut()).filter(|(_, l)| l.channel() == channel) {
            line.connected();
        }
        self.alter_partition_turn(ctx, out);
    }

    pub(super) fn alter_partition_lost(&mut self, channel: Channel, how: Unreachable, ctx: &mut Ctx, out: &mut Outbox) {
        let Some(ram) = self.ram.as_mut() else { return };
        if let Some((_, line)) = ram.isr.line.as_mut().filter(|(_, l)| l.channel() == channel)
            && line.lost(how, ctx.now, out)
        {
            ram.isr.requeue();
        }
        self.alter_partition_turn(ctx, out);
    }

    pub(super) fn alter_partition_answered(
        &mut self,
        channel: Channel,
        correlation: u32,
        error: ErrorCode,
        results: Vec<AlterPartitionResult>,
        ctx: &mut Ctx,
        out: &mut Outbox,
    ) {
        let Some(ram) = self.ram.as_mut() else { return };
        let waited = ram.isr.line.as_mut().filter(|(_, l)| l.channel() == channel).is_some_and(|(_, l)| l.answered(correlation));
        if !waited {
            return;
        }
        if !error.is_none() {
            // STALE_BROKER_EPOCH, NOT_CONTROLLER and the like: everything is sent again.
            ram.isr.requeue();
            ram.isr.not_before = ctx.now + RETRY;
            if error == ErrorCode::NotController {
                line_of(&mut ram.isr).turn_away(ctx.now, out);
                ram.observer.forget_leader_at(ctx.now, &self.config);
            }
            return self.alter_partition_turn(ctx, out);
        }
        let asked = std::mem::take(&mut ram.isr.in_flight);
        for result in results {
            let Some(&(_, epoch, shrink)) = asked.iter().find(|(p, _, _)| *p == result.partition) else { continue };
            out.fact(Fact::IsrAnswered { broker: self.ix, partition: result.partition, error: result.error, shrink });
            self.proposal_answered(&result, epoch, ctx, out);
        }
        self.alter_partition_turn(ctx, out);
    }

    fn proposal_answered(&mut self, result: &AlterPartitionResult, asked_epoch: LeaderEpoch, ctx: &mut Ctx, out: &mut Outbox) {
        self.unsettle(result.partition, ctx, out);
        let Some(ram) = self.ram.as_mut() else { return };
        let Some(Role::Leader(leadership)) = ram.roles.get_mut(&result.partition) else { return };
        if leadership.epoch != asked_epoch {
            return;
        }
        match result.error {
            ErrorCode::None => {
                let Some((epoch, partition_epoch, isr)) = &result.committed else { return };
                commit_isr(leadership, *epoch, *partition_epoch, isr);
                self.advance_high_watermark(result.partition, ctx, out);
                self.answer_committed(result.partition, ctx, out);
            }
            // The proposal is dropped; the next fetch or check may make it again.
            ErrorCode::IneligibleReplica => leadership.pending = None,
            // Something newer is on its way by metadata: stay pending until it comes.
            ErrorCode::FencedLeaderEpoch
            | ErrorCode::InvalidUpdateVersion
            | ErrorCode::InvalidRequest
            | ErrorCode::UnknownTopicOrPartition
            | ErrorCode::UnknownTopicId
            | ErrorCode::NewLeaderElected => {}
            _other => {
                ram.isr.unsent.insert(result.partition);
            }
        }
    }

    /// Proposals that newer metadata overtook are no longer sent.
    pub(super) fn proposals_after_metadata(&mut self, ctx: &mut Ctx, out: &mut Outbox) {
        let Some(ram) = self.ram.as_mut() else { return };
        let roles = &ram.roles;
        ram.isr.unsent.retain(|p| matches!(roles.get(p), Some(Role::Leader(l)) if l.pending.is_some()));
        self.alter_partition_turn(ctx, out);
    }
}

impl IsrChannel {
    fn requeue(&mut self) {
        self.unsent.extend(self.in_flight.drain(..).map(|(p, _, _)| p));
    }
}

fn line_of(isr: &mut IsrChannel) -> &mut Line {
    &mut isr.line.as_mut().expect("a request is sent on the line that was just found ready").1
}

fn commit_isr(leadership: &mut Leadership, epoch: LeaderEpoch, partition_epoch: PartitionEpoch, isr: &Replicas) {
    if epoch != leadership.epoch || partition_epoch < leadership.partition_epoch {
        return;
    }
    leadership.partition_epoch = partition_epoch;
    leadership.isr = isr.clone();
    leadership.pending = None;
}

fn take_proposals(
    isr: &mut IsrChannel,
    roles: &mut std::collections::BTreeMap<PartitionIx, Role>,
    me: crate::kafka::BrokerIx,
) -> Vec<AlterPartitionEntry> {
    let mut entries = Vec::new();
    for partition in std::mem::take(&mut isr.unsent) {
        let Some(Role::Leader(leadership)) = roles.get_mut(&partition) else { continue };
        let Some(proposal) = leadership.pending.as_mut() else { continue };
        proposal.sent = true;
        let followers = &leadership.followers;
        let members = proposal.isr.iter().map(|&b| {
            let epoch = followers.iter().find(|f| f.broker == b).and_then(|f| f.broker_epoch).filter(|_| b != me);
            (b, epoch)
        });
        entries.push(AlterPartitionEntry {
            partition,
            leader_epoch: leadership.epoch,
            partition_epoch: leadership.partition_epoch,
            isr: members.collect(),
            recovering: false,
        });
        isr.in_flight.push((partition, leadership.epoch, proposal.shrink));
    }
    entries
}
