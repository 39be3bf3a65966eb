//! What drains buffers into produce requests, one for each broker. Source: `sink.drain`, `sink.produce`, `sink.createReq`,
//! `sink.maybeBackoff` (sink.go).
//!
//! The loop backs off before it waits for a free place in flight, not after: one that was already waiting for a place when its connection
//! broke sends again at once, to the same broker.

use super::buffers::Buffer;
use super::producer::{Identity, Producer};
use super::settings::retry_backoff;
use super::{Job, Peer, Purpose};
use crate::engine::{Instant, mix};
use crate::kafka::{BrokerIx, ErrorCode, PartitionIx};
use crate::model::client::kit::Batch;
use crate::model::message::Acks;
use crate::model::{Channel, Ctx, Outbox};
use crate::observe::fact::{BatchId, EntryId};
use smallvec::SmallVec;
use std::collections::BTreeSet;

/// The drain of one broker.
#[derive(Clone, Debug)]
pub(super) struct Sink {
    /// Partitions with something to send.
    pub waiting: BTreeSet<PartitionIx>,
    /// Requests without an answer.
    pub in_flight: u32,
    /// The broker has answered once: more may be in flight.
    pub answered: bool,
    /// Failures in a row without any answer.
    pub failures: u32,
    needs_backoff: bool,
    /// Failures of requests from before a backoff ask for no other.
    backoff_seq: u32,
    phase: Phase,
    /// The loop was asked to go round once more.
    again: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Idle,
    Begin,
    BackingOff(Instant),
    /// Waits for a free place in flight, or for the producer id.
    AtGate,
}

/// A produce request, from when it was put together to its end.
#[derive(Clone, Debug)]
pub(super) struct Flight {
    pub sink: BrokerIx,
    pub parts: SmallVec<[Part; 4]>,
    pub backoff_seq: u32,
}

/// One partition in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub partition: PartitionIx,
    pub batch: BatchId,
    /// None until it was written, and once its end was told.
    pub entry: Option<EntryId>,
}

impl Sink {
    pub(super) fn new(answered: bool) -> Self {
        Sink {
            waiting: BTreeSet::new(),
            in_flight: 0,
            answered,
            failures: 0,
            needs_backoff: false,
            backoff_seq: 0,
            phase: Phase::Idle,
            again: false,
        }
    }

    /// `maybeDrain`.
    pub(super) fn wake(&mut self) {
        match self.phase {
            Phase::Idle => self.phase = Phase::Begin,
            Phase::Begin | Phase::BackingOff(_) | Phase::AtGate => self.again = true,
        }
    }

    /// `maybeTriggerBackoff`: a request of this time failed without an answer.
    pub(super) fn want_backoff(&mut self, seq: u32) {
        self.needs_backoff |= seq == self.backoff_seq;
    }

    /// The current time of failures.
    pub(super) fn backoff_seq(&self) -> u32 {
        self.backoff_seq
    }

    /// When it goes on by itself.
    pub(super) fn next_at(&self) -> Instant {
        match self.phase {
            Phase::BackingOff(until) => until,
            Phase::Idle | Phase::Begin | Phase::AtGate => Instant::MAX,
        }
    }

    fn back_off_is_over(&mut self) {
        self.needs_backoff = false;
        self.backoff_seq += 1;
        self.phase = Phase::AtGate;
    }
}

impl Producer {
    /// Goes on with every drain as far as the moment allows; true when something was put together.
    pub(super) fn drain_all(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) -> bool {
        let busy: SmallVec<[BrokerIx; 8]> = self.sinks.iter().filter(|(_, s)| s.phase != Phase::Idle).map(|(b, _)| *b).collect();
        let mut progress = false;
        for broker in busy {
            progress |= self.drain(broker, ctx, out);
        }
        progress
    }

    fn drain(&mut self, broker: BrokerIx, ctx: &mut Ctx<'_>, out: &mut Outbox) -> bool {
        let mut progress = false;
        loop {
            let limit = self.producing.in_flight[usize::from(self.sinks.get(&broker).is_some_and(|s| s.answered))];
            let Some(sink) = self.sinks.get_mut(&broker) else { return progress };
            match sink.phase {
                Phase::Idle => return progress,
                Phase::Begin if sink.needs_backoff => {
                    self.back_off(broker, ctx, out);
                    return true;
                }
                Phase::Begin => sink.phase = Phase::AtGate,
                Phase::BackingOff(until) if until > ctx.now => return progress,
                Phase::BackingOff(_) => sink.back_off_is_over(),
                Phase::AtGate if sink.in_flight >= limit => return progress,
                Phase::AtGate => {
                    if !self.has_id(ctx) {
                        return progress;
                    }
                    let more = self.produce(broker, ctx, out);
                    progress = true;
                    let Some(sink) = self.sinks.get_mut(&broker) else { return progress };
                    let again = std::mem::take(&mut sink.again);
                    sink.phase = if more || again { Phase::Begin } else { Phase::Idle };
                }
            }
        }
    }

    /// `sink.maybeBackoff`.
    fn back_off(&mut self, broker: BrokerIx, ctx: &Ctx<'_>, out: &mut Outbox) {
        self.core.trigger(false, ctx.now, out);
        let draws = self.core.draws.backoff;
        let Some(sink) = self.sinks.get_mut(&broker) else { return };
        sink.failures += 1;
        let draw = draws.at(mix(mix(ctx.spec.broker_key(broker).bits(), u64::from(sink.backoff_seq)), 1));
        sink.phase = Phase::BackingOff(ctx.now + retry_backoff(sink.failures, draw));
    }

    /// Whether the producer has its id (`Client.producerID`). After an error that lost the order of sequences the epoch is raised here and
    /// every partition starts again at 0 (KIP-360); the first id comes from a broker.
    fn has_id(&mut self, ctx: &Ctx<'_>) -> bool {
        match self.identity {
            Identity::None | Identity::Known => true,
            Identity::Asked => false,
            Identity::Lost => {
                self.epoch += 1;
                self.buffers.values_mut().for_each(|b| b.needs_reset = true);
                self.identity = Identity::Known;
                true
            }
            Identity::Needed => {
                self.identity = Identity::Asked;
                self.core.call(Job::InitProducerId, ctx);
                false
            }
        }
    }

    /// Puts one request together and hands it to the broker; true when there is more to drain.
    fn produce(&mut self, broker: BrokerIx, ctx: &mut Ctx<'_>, out: &mut Outbox) -> bool {
        let waiting: SmallVec<[PartitionIx; 16]> = self.sinks[&broker].waiting.iter().copied().collect();
        let mut parts = SmallVec::new();
        let mut more = false;
        for partition in waiting {
            let Some(part) = self.take_batch(broker, partition, ctx, out) else { continue };
            parts.push(part);
            more |= self.should_drain(partition, ctx.now);
        }
        let Some(sink) = self.sinks.get_mut(&broker) else { return false };
        if parts.is_empty() {
            return more;
        }
        sink.in_flight += 1;
        let key = self.flights.insert(Flight { sink: broker, parts, backoff_seq: sink.backoff_seq });
        if self.core.knows(broker) {
            self.core.enqueue(Peer::Broker(broker), Job::Produce(key));
        } else {
            self.unsendable.push_back(key);
        }
        more
    }

    /// Adds a partition's next batch to a request, if it may be sent (`createReq`, `tryAddBatch`).
    fn take_batch(&mut self, broker: BrokerIx, partition: PartitionIx, ctx: &mut Ctx<'_>, out: &mut Outbox) -> Option<Part> {
        let buffer = self.buffers.get_mut(&partition)?;
        if !buffer.may_drain(broker) {
            return None;
        }
        if buffer.drain == 0 {
            let first = buffer.items.front()?;
            let may_fail = !self.producing.idempotent || (first.can_fail && !first.unsure);
            if let Some(error) = first.spent(ctx.now, &self.producing).filter(|_| may_fail) {
                self.fail_buffer(partition, error, out);
                return None;
            }
            if std::mem::take(&mut buffer.needs_reset) {
                (buffer.sequence, buffer.first_sequence) = (0, 0);
            }
        }
        let sequence = buffer.sequence;
        let item = buffer.items.get_mut(buffer.drain)?;
        (item.frozen, item.can_fail) = (true, false);
        item.batch.sequence = self.producing.idempotent.then_some(sequence);
        item.batch.producer_epoch = self.epoch;
        let part = Part { partition, batch: item.batch.id, entry: None };
        buffer.sequence = sequence.wrapping_add(item.batch.records.len() as u32);
        buffer.in_flight_on = Some(broker);
        buffer.in_flight += 1;
        buffer.drain += 1;
        buffer.lingers_until = None;
        self.note(partition);
        Some(part)
    }

    /// Writes a produce request. Batches that have failed since are left out.
    pub(super) fn write_produce(&mut self, channel: Channel, key: u32, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(flight) = self.flights.get_mut(key) else { return };
        let mut taken: Vec<(PartitionIx, usize, Batch)> = Vec::new();
        for part in &flight.parts {
            let Some(buffer) = self.buffers.get_mut(&part.partition) else { continue };
            let Some(i) = buffer.items.iter().position(|item| item.batch.id == part.batch) else { continue };
            let hole = Batch::new(part.partition, ctx);
            taken.push((part.partition, i, std::mem::replace(&mut buffer.items[i].batch, hole)));
        }
        let (acks, timeout) = (self.producing.acks, self.core.awaited(channel, Job::Produce(key)));
        let server_timeout = self.core.settings.server_wait;
        let mut batches: Vec<&mut Batch> = taken.iter_mut().map(|(_, _, batch)| batch).collect();
        self.core.kit.produce(channel, Purpose::Job(Job::Produce(key)), &mut batches, acks, server_timeout, timeout, ctx.now, out);
        let written = !taken.is_empty();
        for (partition, i, batch) in taken {
            if let Some(part) = flight.parts.iter_mut().find(|p| p.partition == partition) {
                part.entry = batch.entry;
            }
            let buffer = self.buffers.get_mut(&partition).expect("a batch was taken from it");
            buffer.items[i].batch = batch;
        }
        if !written || acks == Acks::None {
            self.produce_written(key, ctx, out);
        }
    }

    /// Keeps a sink's list of partitions with something to send.
    pub(super) fn note(&mut self, partition: PartitionIx) {
        let Some(buffer) = self.buffers.get(&partition) else { return };
        let Some(sink) = buffer.sink else { return };
        let answered = self.warm_sinks;
        let sink = self.sinks.entry(sink).or_insert_with(|| Sink::new(answered));
        if buffer.undrained() > 0 {
            sink.waiting.insert(partition);
        } else {
            sink.waiting.remove(&partition);
        }
    }

    /// `checkIfShouldDrainOrStartLinger`: whether a partition's batches leave now. A single one lingers, a retried one too.
    pub(super) fn should_drain(&mut self, partition: PartitionIx, now: Instant) -> bool {
        let Some(buffer) = self.buffers.get_mut(&partition) else { return false };
        let waits = !self.producing.linger.is_zero() && self.buffered < self.producing.max_buffered;
        match buffer.undrained() {
            0 => false,
            1 if waits => {
                if buffer.lingers_until.is_none() {
                    let until = now + self.producing.linger;
                    buffer.lingers_until = Some(until);
                    self.lingering.insert((until, partition));
                }
                false
            }
            _ => true,
        }
    }

    /// `maybeTriggerDrain`.
    pub(super) fn trigger_drain(&mut self, partition: PartitionIx, now: Instant) {
        self.note(partition);
        if self.should_drain(partition, now) {
            self.wake_sink(partition);
        }
    }

    /// Lets the sink of a partition drain.
    pub(super) fn wake_sink(&mut self, partition: PartitionIx) {
        let Some(buffer) = self.buffers.get_mut(&partition) else { return };
        buffer.lingers_until = None;
        if let Some(sink) = buffer.sink.and_then(|b| self.sinks.get_mut(&b)) {
            sink.wake();
        }
    }

    /// Lets those drain that have lingered; true when there were any.
    pub(super) fn end_lingers(&mut self, now: Instant) -> bool {
        let mut ended = false;
        while let Some(&(until, partition)) = self.lingering.first().filter(|l| l.0 <= now) {
            self.lingering.pop_first();
            if self.buffers.get(&partition).is_some_and(|b| b.lingers_until == Some(until)) {
                self.wake_sink(partition);
                ended = true;
            }
        }
        ended
    }

    /// `clearFailing`.
    pub(super) fn clear_failing(&mut self, partition: PartitionIx, now: Instant) {
        let Some(buffer) = self.buffers.get_mut(&partition) else { return };
        buffer.failing = false;
        self.trigger_drain(partition, now);
    }

    /// `migrateProductionTo`: another broker drains the partition from now on.
    pub(super) fn migrate(&mut self, partition: PartitionIx, leader: BrokerIx, now: Instant) {
        let Some(buffer) = self.buffers.get_mut(&partition) else { return };
        if let Some(old) = buffer.sink.and_then(|b| self.sinks.get_mut(&b)) {
            old.waiting.remove(&partition);
        }
        buffer.sink = Some(leader);
        buffer.ok_on_sink = false;
        self.clear_failing(partition, now);
    }

    /// Records of a partition fail, all of them.
    pub(super) fn fail_buffer(&mut self, partition: PartitionIx, error: ErrorCode, out: &mut Outbox) {
        let Some(items) = self.buffers.get_mut(&partition).map(Buffer::fail_all) else { return };
        for item in &items {
            self.buffered = self.buffered.saturating_sub(item.batch.records.len() as u64);
            self.core.kit.finish(&item.batch, error, &mut self.application, out);
        }
        self.note(partition);
    }
}
