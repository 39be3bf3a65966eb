//! Where to read: positions that are asked for, and positions whose leader changed. Source: `OffsetFetcher`, `OffsetFetcherUtils`.

use super::subscription::{Position, State};
use super::{Consumer, Sent};
use crate::engine::Instant;
use crate::kafka::{BrokerIx, LeaderEpoch, Offset, PartitionIx};
use crate::model::client::group::Membership;
use crate::model::client::java::network::Purpose;
use crate::model::client::java::settings::TICK;
use crate::model::message::{EpochAnswer, EpochQuery, OffsetAnswer, OffsetQuery, OffsetSpec, Request};
use crate::model::{Broken, Channel, Ctx, Outbox};
use crate::observe::Fact;
use crate::observe::fact::Position as Why;

/// What each partition weighs in a request for positions, in bytes.
const PARTITION_BYTES: u32 = 20;

/// A position that is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Reset {
    pub partition: PartitionIx,
    leader_epoch: LeaderEpoch,
    spec: OffsetSpec,
}

/// A position that is validated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Validation {
    pub partition: PartitionIx,
    position: Position,
    epoch: LeaderEpoch,
}

/// What goes to each node.
type ByNode<T> = Vec<(BrokerIx, Vec<T>)>;

fn add<T>(nodes: &mut ByNode<T>, broker: BrokerIx, item: T) {
    match nodes.iter_mut().find(|(b, _)| *b == broker) {
        Some((_, items)) => items.push(item),
        None => nodes.push((broker, vec![item])),
    }
}

impl Consumer {
    /// `OffsetFetcherUtils.validatePositionsOnMetadataChange`: once for every new snapshot.
    pub(super) fn follow_metadata(&mut self, ctx: &Ctx<'_>) {
        let version = self.net.kit.cache.version();
        if self.followed == version {
            return;
        }
        self.followed = version;
        for i in 0..self.subscription.list.len() {
            self.follow(self.subscription.list[i].partition, ctx);
        }
    }

    /// `maybeValidatePositionForCurrentLeader`.
    pub(super) fn follow(&mut self, partition: PartitionIx, ctx: &Ctx<'_>) {
        let (leader, epoch) = self.net.belief(partition, ctx);
        if let Some(assigned) = self.subscription.get_mut(partition) {
            assigned.follow(leader, epoch);
            if assigned.state == State::AwaitValidation && ctx.is_broken(Broken::PositionNotValidated) {
                assigned.validated();
            }
        }
    }

    /// `ClassicKafkaConsumer.updateFetchPositions`: asks for what is to be validated, then for what is to be found.
    pub(super) fn update_positions(&mut self, ctx: &Ctx<'_>, out: &mut Outbox) {
        self.follow_metadata(ctx);
        if self.subscription.all_fetch() {
            return;
        }
        self.validate(ctx, out);
        // A member waits for what its group has committed (`initWithCommittedOffsetsIfNeeded`).
        let waits = self.membership.as_ref().is_some_and(Membership::is_looking_up);
        if let Some(reset) = self.settings.reset.filter(|_| !waits) {
            // `SubscriptionState.resetInitializingPositions`
            let initializing = self.subscription.list.iter_mut().filter(|a| a.state == State::Initializing);
            initializing.for_each(|a| a.reset(reset, Why::Reset));
        }
        self.look_up(ctx, out);
        // A poll that misses a position blocks no longer than this; with `retry.backoff.ms=0` it spins, and a turn of it takes time.
        self.net.wake_in(self.net.shared.retry_backoff.max(TICK), ctx.now);
    }

    /// `OffsetFetcher.validatePositionsAsync`: a leader that is not connected is only connected to.
    fn validate(&mut self, ctx: &Ctx<'_>, out: &mut Outbox) {
        let mut nodes: ByNode<Validation> = Vec::new();
        for assigned in self.subscription.list.iter().filter(|a| a.state == State::AwaitValidation && !a.backs_off(ctx.now)) {
            let Some(position) = assigned.position() else { continue };
            let (Some(leader), Some(epoch)) = (position.leader, position.epoch) else { continue };
            add(&mut nodes, leader, Validation { partition: assigned.partition, position, epoch });
        }
        for (broker, validations) in nodes {
            let channel = Channel::Broker(broker);
            if self.net.kit.connections.is_ready(channel) {
                self.back_off(validations.iter().map(|v| v.partition), ctx.now + self.settings.request_timeout);
                self.queue(broker, Sent::OffsetsForLeaderEpoch(validations), ctx.now);
            } else if self.net.kit.connections.can_connect(channel, ctx.now) {
                self.net.connect(channel, broker, ctx, out);
            }
        }
    }

    /// `OffsetFetcher.resetPositionsAsync`.
    fn look_up(&mut self, ctx: &Ctx<'_>, out: &mut Outbox) {
        let mut nodes: ByNode<Reset> = Vec::new();
        for assigned in self.subscription.list.iter().filter(|a| !a.backs_off(ctx.now)) {
            let State::AwaitReset { spec, .. } = assigned.state else { continue };
            let (leader, leader_epoch) = self.net.belief(assigned.partition, ctx);
            match leader {
                None => self.net.refresh.request_afresh(out),
                Some(leader) if self.net.kit.connections.is_unavailable(Channel::Broker(leader), ctx.now) => {}
                Some(leader) => add(&mut nodes, leader, Reset { partition: assigned.partition, leader_epoch, spec }),
            }
        }
        for (broker, resets) in nodes {
            self.back_off(resets.iter().map(|r| r.partition), ctx.now + self.settings.request_timeout);
            self.queue(broker, Sent::ListOffsets(resets), ctx.now);
        }
    }

    fn back_off(&mut self, partitions: impl Iterator<Item = PartitionIx>, until: Instant) {
        for partition in partitions {
            if let Some(assigned) = self.subscription.get_mut(partition) {
                assigned.next_retry = Some(until);
            }
        }
    }

    /// The request leaves.
    pub(super) fn transmit_list_offsets(&mut self, broker: BrokerIx, resets: Vec<Reset>, now: Instant, out: &mut Outbox) {
        let query = |r: &Reset| OffsetQuery { partition: r.partition, leader_epoch: Some(r.leader_epoch), spec: r.spec };
        let (client, isolation) = (self.index, self.settings.isolation);
        let request = Request::ListOffsets { client, isolation, queries: resets.iter().map(query).collect() };
        let bytes = PARTITION_BYTES * resets.len() as u32;
        let (channel, timeout) = (Channel::Broker(broker), self.settings.request_timeout);
        self.net.kit.ask(channel, Purpose::Own(Sent::ListOffsets(resets)), request, bytes, timeout, now, out);
    }

    /// The request leaves.
    pub(super) fn transmit_validation(&mut self, broker: BrokerIx, validations: Vec<Validation>, now: Instant, out: &mut Outbox) {
        let query = |v: &Validation| EpochQuery {
            partition: v.partition,
            current_leader_epoch: Some(v.position.leader_epoch),
            leader_epoch: v.epoch,
        };
        let request = Request::OffsetsForLeaderEpoch { client: self.index, queries: validations.iter().map(query).collect() };
        let bytes = PARTITION_BYTES * validations.len() as u32;
        let (channel, timeout) = (Channel::Broker(broker), self.settings.request_timeout);
        self.net.kit.ask(channel, Purpose::Own(Sent::OffsetsForLeaderEpoch(validations)), request, bytes, timeout, now, out);
    }

    /// A look-up came to nothing: again after `retry.backoff.ms`, which does not grow here and has no jitter, and with new metadata.
    pub(super) fn look_up_failed(&mut self, partitions: impl Iterator<Item = PartitionIx>, now: Instant, out: &mut Outbox) {
        self.back_off(partitions, now + self.net.shared.retry_backoff);
        self.net.refresh.request(out);
    }

    /// `OffsetFetcherUtils.onSuccessfulResponseForResettingPositions`.
    pub(super) fn offsets_listed(&mut self, resets: &[Reset], answers: &[OffsetAnswer], ctx: &Ctx<'_>, out: &mut Outbox) {
        let failed: Vec<_> = answers.iter().filter(|a| !a.error.is_none()).map(|a| a.partition).collect();
        if !failed.is_empty() {
            self.look_up_failed(failed.into_iter(), ctx.now, out);
        }
        for answer in answers.iter().filter(|a| a.error.is_none()) {
            let asked = resets.iter().find(|r| r.partition == answer.partition).map(|r| r.spec);
            let (leader, leader_epoch) = self.net.belief(answer.partition, ctx);
            let Some(assigned) = self.subscription.get_mut(answer.partition) else { continue };
            let State::AwaitReset { spec, why } = assigned.state else { continue };
            if asked != Some(spec) {
                continue;
            }
            let (partition, from, to) = (assigned.partition, assigned.was, answer.offset);
            // Without an epoch, so that it is not validated before something was read.
            assigned.seek(Position { offset: to, epoch: None, leader, leader_epoch });
            out.fact(Fact::PositionSet { client: self.index, partition, from, to, why });
        }
    }

    /// `OffsetFetcherUtils.onSuccessfulResponseForValidatingPositions`.
    pub(super) fn epochs_ended(&mut self, validations: &[Validation], answers: &[EpochAnswer], now: Instant, out: &mut Outbox) {
        let failed: Vec<_> = answers.iter().filter(|a| !a.error.is_none()).map(|a| a.partition).collect();
        if !failed.is_empty() {
            self.look_up_failed(failed.into_iter(), now, out);
        }
        for answer in answers.iter().filter(|a| a.error.is_none()) {
            if let Some(asked) = validations.iter().find(|v| v.partition == answer.partition) {
                self.complete_validation(asked, answer.end, out);
            }
        }
    }

    /// `SubscriptionState.maybeCompleteValidation`: a log that ends below the position was truncated. Without `auto.offset.reset` the
    /// application would get an exception; here the position then waits for ever.
    fn complete_validation(&mut self, asked: &Validation, end: Option<(LeaderEpoch, Offset)>, out: &mut Outbox) {
        let reset = self.settings.reset;
        let Some(assigned) = self.subscription.get_mut(asked.partition) else { return };
        if assigned.state != State::AwaitValidation || assigned.position() != Some(asked.position) {
            return;
        }
        match (end, reset) {
            (Some((_, end)), _) if end >= asked.position.offset => assigned.validated(),
            (_, None) => {}
            (None, Some(spec)) => assigned.reset(spec, Why::Truncated),
            (Some((epoch, end)), Some(_)) => {
                assigned.seek(Position { offset: end, epoch: Some(epoch), ..asked.position });
                let (partition, from) = (asked.partition, Some(asked.position.offset));
                out.fact(Fact::PositionSet { client: self.index, partition, from, to: end, why: Why::Truncated });
            }
        }
    }
}
