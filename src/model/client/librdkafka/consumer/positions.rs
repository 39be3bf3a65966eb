//! Where to read: partitions that move, positions that are asked for or validated. Source: `rd_kafka_toppar_leader_update`,
//! `rd_kafka_offset_validate`, `rd_kafka_toppar_offset_request`.

use super::Consumer;
use super::toppar::State;
use crate::engine::{Duration, Instant};
use crate::kafka::{BrokerIx, LeaderEpoch, PartitionIx};
use crate::model::client::librdkafka::Purpose;
use crate::model::message::{EpochAnswer, EpochQuery, OffsetAnswer, OffsetQuery, Request};
use crate::model::{Channel, Ctx, Outbox};
use crate::observe::Fact;
use crate::observe::fact::Position as Why;

/// The pause after a look-up that failed.
const PAUSE: Duration = Duration::from_millis(500);
/// What a partition weighs in a look-up, in bytes.
const PARTITION_BYTES: u32 = 30;

impl Consumer {
    /// Partitions follow what metadata and hints say of their leaders. One that is read from a follower stays there while the leader is the
    /// same. A position with an epoch is validated when the leader's epoch grows.
    pub(super) fn migrate(&mut self, ctx: &Ctx<'_>, out: &mut Outbox) {
        let moving: Vec<(PartitionIx, Option<BrokerIx>, LeaderEpoch)> = self
            .toppars
            .iter()
            .filter_map(|(partition, toppar)| {
                let (leader, epoch) = (self.core.delegated(*partition, ctx), self.core.belief(*partition, ctx).1);
                (toppar.leader != leader || toppar.leader_epoch != Some(epoch)).then_some((*partition, leader, epoch))
            })
            .collect();
        for (partition, leader, epoch) in moving {
            self.follow(partition, leader, epoch, ctx.now, out);
        }
        self.end_leases(ctx.now, out);
    }

    fn follow(&mut self, partition: PartitionIx, leader: Option<BrokerIx>, epoch: LeaderEpoch, now: Instant, out: &mut Outbox) {
        let clears = self.core.settings.policies.move_clears_backoff;
        let Some(toppar) = self.toppars.get_mut(&partition) else { return };
        let (moved, grew) = (toppar.leader != leader, toppar.leader_epoch.is_some_and(|known| epoch > known));
        (toppar.leader, toppar.leader_epoch) = (leader, Some(epoch));
        if moved {
            toppar.asked = false;
            if clears {
                toppar.pause = Instant::ZERO;
            }
            if toppar.replica.take().is_some() {
                out.fact(Fact::ReplicaChosen { client: self.core.kit.index, partition, replica: None });
            }
        }
        if grew && toppar.epoch.is_some() && toppar.state == State::Active {
            toppar.enter(State::Validating, now);
        }
    }

    fn end_leases(&mut self, now: Instant, out: &mut Outbox) {
        let leased = self.toppars.iter().filter(|(_, t)| t.replica.is_some());
        let (over, running): (Vec<_>, Vec<_>) = leased.map(|(p, t)| (*p, t.lease_until)).partition(|(_, until)| *until <= now);
        for (partition, _) in over {
            self.leave_replica(partition, out);
        }
        if let Some(until) = running.into_iter().map(|(_, until)| until).min() {
            self.core.wake_at(until);
        }
    }

    /// Sends what is to be looked up to the leaders, one partition in a request, and connects to them.
    pub(super) fn find_positions(&mut self, ctx: &Ctx<'_>, out: &mut Outbox) {
        let waiting = self.toppars.iter().filter(|(_, t)| t.state != State::Active && !t.asked);
        let waiting: Vec<(PartitionIx, Option<BrokerIx>, Instant)> = waiting.map(|(p, t)| (*p, t.leader, t.ask_at)).collect();
        for (partition, leader, at) in waiting {
            let Some(leader) = leader else { continue };
            if at > ctx.now {
                self.core.wake_at(at);
            } else if self.core.kit.connections.is_ready(Channel::Broker(leader)) {
                self.look_up(partition, leader, ctx, out);
            } else {
                self.core.want(leader, ctx, out);
            }
        }
    }

    fn look_up(&mut self, partition: PartitionIx, leader: BrokerIx, ctx: &Ctx<'_>, out: &mut Outbox) {
        let client = self.core.kit.index;
        let isolation = self.core.settings.isolation();
        let Some(toppar) = self.toppars.get_mut(&partition) else { return };
        let leader_epoch = toppar.leader_epoch;
        let (request, purpose) = match (toppar.state, toppar.epoch) {
            (State::Asking { spec, .. }, _) => {
                let queries = vec![OffsetQuery { partition, leader_epoch, spec }];
                (Request::ListOffsets { client, isolation, queries }, Purpose::ListOffsets(partition))
            }
            (State::Validating, Some(epoch)) => {
                let queries = vec![EpochQuery { partition, current_leader_epoch: leader_epoch, leader_epoch: epoch }];
                (Request::OffsetsForLeaderEpoch { client, queries }, Purpose::EpochEnd(partition))
            }
            (State::Validating, None) | (State::Active, _) => return,
        };
        toppar.asked = true;
        let channel = Channel::Broker(leader);
        let timeout = self.core.noticed(channel, self.core.settings.config.socket_timeout, ctx.now);
        self.core.kit.ask(channel, purpose, request, PARTITION_BYTES, timeout, ctx.now, out);
        self.core.used(channel, ctx.now);
    }

    /// A look-up came to nothing: again after a pause.
    pub(super) fn look_up_failed(&mut self, partition: PartitionIx, now: Instant) {
        if let Some(toppar) = self.toppars.get_mut(&partition) {
            (toppar.asked, toppar.ask_at) = (false, now + PAUSE);
        }
    }

    /// `rd_kafka_toppar_handle_Offset`.
    pub(super) fn offset_listed(&mut self, partition: PartitionIx, answers: &[OffsetAnswer], ctx: &Ctx<'_>, out: &mut Outbox) {
        let Some(answer) = answers.iter().find(|a| a.partition == partition) else { return };
        if !answer.error.is_none() {
            return self.look_up_refused(partition, ctx, out);
        }
        let Some(toppar) = self.toppars.get_mut(&partition) else { return };
        let State::Asking { why, .. } = toppar.state else { return };
        let from = (why != Why::Begun).then_some(toppar.next);
        (toppar.next, toppar.epoch) = (answer.offset, answer.leader_epoch);
        toppar.enter(State::Active, ctx.now);
        self.forget_queue(partition);
        out.fact(Fact::PositionSet { client: self.core.kit.index, partition, from, to: answer.offset, why });
    }

    /// `rd_kafka_toppar_handle_OffsetForLeaderEpoch`: a log that ends below the position was truncated.
    pub(super) fn epoch_ended(&mut self, partition: PartitionIx, answers: &[EpochAnswer], ctx: &Ctx<'_>, out: &mut Outbox) {
        let Some(answer) = answers.iter().find(|a| a.partition == partition) else { return };
        if !answer.error.is_none() {
            return self.look_up_refused(partition, ctx, out);
        }
        let resets = self.core.settings.reset();
        let Some(toppar) = self.toppars.get_mut(&partition).filter(|t| t.state == State::Validating) else { return };
        match (answer.end, resets) {
            (Some((_, end)), _) if end >= toppar.next => toppar.enter(State::Active, ctx.now),
            (Some((epoch, end)), Some(_)) => {
                let from = Some(toppar.next);
                (toppar.next, toppar.epoch) = (end, Some(epoch));
                toppar.enter(State::Active, ctx.now);
                self.forget_queue(partition);
                out.fact(Fact::PositionSet { client: self.core.kit.index, partition, from, to: end, why: Why::Truncated });
            }
            (None, Some(spec)) => toppar.enter(State::Asking { spec, why: Why::Truncated }, ctx.now),
            // The application is told, and the partition is read no further.
            (_, None) => toppar.asked = true,
        }
    }

    /// The leader refused the look-up: its metadata are asked for at once, and it again after a pause.
    fn look_up_refused(&mut self, partition: PartitionIx, ctx: &Ctx<'_>, out: &mut Outbox) {
        self.look_up_failed(partition, ctx.now);
        let topic = ctx.spec.partitions[partition.index()].topic;
        self.core.refresh(&[topic], ctx, out);
    }

    /// Messages that the application has not taken are thrown away: a new position is a new version of the queue.
    fn forget_queue(&mut self, partition: PartitionIx) {
        self.reader.forget(partition);
        if let Some(toppar) = self.toppars.get_mut(&partition) {
            toppar.queued = 0;
        }
    }
}
