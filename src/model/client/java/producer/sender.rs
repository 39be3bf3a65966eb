//! One turn of the Sender thread. Source: `Sender.runOnce`, `Sender.sendProducerData`, `RecordAccumulator.ready` and `drain`.

use super::{Producer, Sent};
use crate::engine::{Draw, Instant, mix};
use crate::kafka::{BrokerIx, ErrorCode, LeaderEpoch, PartitionIx};
use crate::model::client::java::network::Purpose;
use crate::model::message::{Acks, ProduceEntry, Request};
use crate::model::{Channel, Ctx, Outbox};
use crate::observe::Fact;
use smallvec::SmallVec;

/// What a request weighs beside its records, in bytes.
const REQUEST_OVERHEAD: u32 = 60;

/// A queue whose leader is known, as one turn sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub partition: PartitionIx,
    pub slot: u32,
    pub leader: BrokerIx,
    /// It makes its leader's node ready: full or lingered, not backing off, not muted.
    pub sendable: bool,
}

impl Producer {
    /// Everything that the Sender thread does at this moment: its turns repeat until one neither sends nor unblocks anything.
    pub(super) fn pass(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        while let Some(lost) = self.net.close_overdue(ctx, out) {
            self.lost(lost, ctx, out);
        }
        loop {
            self.net.wake = Instant::MAX;
            let sent = self.turn(ctx, out);
            let unblocked = self.unblock(ctx, out);
            if !sent && !unblocked {
                break;
            }
        }
        self.arm(out);
    }

    /// One turn: true when another may do more at this very moment.
    fn turn(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) -> bool {
        if let Some(producer) = &mut self.producer {
            producer.resolve(&mut self.accumulator);
            producer.bump_if_required(&mut self.accumulator);
        }
        if self.needs_producer_id() {
            let due = self.net.update_due(ctx.now);
            let sent = self.ask_producer_id(due, ctx, out);
            return self.net.maybe_update(due, ctx, out) || sent;
        }
        self.look_ready(ctx, out);
        if !self.settings.metadata_first {
            return self.turn_of_two_loops(ctx, out);
        }
        let due = self.net.update_due(ctx.now);
        let mut sent = self.send_ready(due, ctx, out);
        self.expire_batches(ctx.now, out);
        sent |= self.net.maybe_update(due, ctx, out);
        sent
    }

    /// `RecordAccumulator.ready`: fills the candidates, and the moment at which one not ready now will be.
    fn look_ready(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.candidates.clear();
        let exhausted = self.out_of_memory;
        let mut unknown_leader = false;
        for i in 0..self.accumulator.waiting().len() {
            let (partition, slot) = self.accumulator.waiting()[i];
            let (leader, epoch) = self.net.belief(partition, ctx);
            let queue = &self.accumulator.queues[slot as usize];
            let (several, muted) = (queue.batches.len() > 1, queue.muted);
            let Some(&key) = queue.batches.front() else { continue };
            let backing_off = self.look_at_backoff(key, epoch, ctx.now);
            let Some(leader) = leader else {
                unknown_leader = true;
                let topic = ctx.spec.partitions[partition.index()].topic;
                self.use_topic(topic, ctx, out);
                continue;
            };
            let batch = self.accumulator.batch(key);
            let lingered_at = batch.last_attempt + self.settings.linger;
            let ready = several || batch.is_full() || lingered_at <= ctx.now || exhausted;
            let sendable = ready && backing_off.is_none() && !muted;
            if !sendable && !muted {
                self.net.wake = self.net.wake.min(backing_off.unwrap_or(lingered_at));
            }
            self.candidates.push(Candidate { partition, slot, leader, sendable });
        }
        if unknown_leader {
            self.net.refresh.keep_requesting(out);
        }
    }

    /// `RecordAccumulator.shouldBackoff`: until when the batch backs off, or none. Java draws the jitter anew at each look; one
    /// look stands for `ready` and `drain` of the same turn.
    fn look_at_backoff(&mut self, key: u32, epoch: LeaderEpoch, now: Instant) -> Option<Instant> {
        let (spinning, skips, draws) = (self.net.spinning, self.settings.epoch_skips_backoff, self.draws.backoff);
        let retry = self.net.shared.retry;
        let batch = self.accumulator.batch_mut(key);
        batch.offer_epoch(epoch);
        batch.backing_off_until = None;
        if batch.attempts == 0 || (skips && batch.leader_changed()) {
            return None;
        }
        let address = mix(mix(batch.address(), u64::from(batch.attempts)), batch.looks);
        batch.looks += 1;
        let draw = if spinning { Draw::from_bits(0) } else { draws.at(address) };
        let until = batch.last_attempt + retry.at(batch.attempts - 1, draw);
        batch.backing_off_until = Some(until).filter(|at| *at > now);
        batch.backing_off_until
    }

    /// The middle of `Sender.sendProducerData`: asks each ready leader's connection, drains and sends.
    pub(super) fn send_ready(&mut self, update_due: bool, ctx: &mut Ctx<'_>, out: &mut Outbox) -> bool {
        let mut nodes: SmallVec<[BrokerIx; 8]> = self.candidates.iter().filter(|c| c.sendable).map(|c| c.leader).collect();
        nodes.sort_unstable();
        nodes.dedup();
        let mut sent = false;
        let mut spinning = false;
        self.loops.waits_for_node = false;
        for node in nodes {
            let channel = Channel::Broker(node);
            // `NetworkClient.isReady`: while a refresh is due and not yet sent, no node is ready.
            if !update_due && self.net.can_send(channel) {
                let batches = self.drain(node, ctx.now);
                spinning |= batches.is_empty();
                sent |= !batches.is_empty();
                self.send_produce(node, batches, ctx, out);
                continue;
            }
            // `NetworkClient.ready`: a connect may start behind the closed gate.
            self.loops.waits_for_node = true;
            match self.net.kit.connections.reconnect_at(channel) {
                Some(at) if at <= ctx.now => self.net.connect(channel, node, ctx, out),
                Some(at) => self.net.wake = self.net.wake.min(at),
                None => {}
            }
        }
        // A ready node that gives nothing to drain makes the Sender poll with no time-out: it spins.
        let newly = spinning && !self.net.spinning;
        self.net.spinning = spinning;
        sent || newly
    }

    /// `RecordAccumulator.drainBatchesForOneNode`: a walk over the node's partitions from where the last one ended.
    fn drain(&mut self, node: BrokerIx, now: Instant) -> SmallVec<[u32; 4]> {
        let start = self.drain_from.get(&node).copied().unwrap_or_default();
        let mut drained = SmallVec::new();
        let mut size = 0;
        let last = self.candidates.len();
        let first = self.candidates.partition_point(|c| c.partition < start);
        for i in (first..last).chain(0..first) {
            let candidate = self.candidates[i];
            if candidate.leader != node {
                continue;
            }
            self.drain_from.insert(node, candidate.partition);
            let queue = &self.accumulator.queues[candidate.slot as usize];
            let Some(&key) = queue.batches.front() else { continue };
            let batch = self.accumulator.batch(key);
            if queue.muted || batch.backing_off_until.is_some_and(|at| at > now) {
                continue;
            }
            let too_large = size + batch.bytes > self.settings.max_request_size && !drained.is_empty();
            let stopped = self.producer.as_ref().is_some_and(|p| !p.may_drain(&self.accumulator, candidate.slot, key));
            if too_large || stopped {
                break;
            }
            size += batch.bytes;
            self.accumulator.pop(candidate.slot);
            self.accumulator.batch_mut(key).closed = true;
            if let Some(producer) = &self.producer {
                producer.assign(&mut self.accumulator, candidate.slot, key);
            }
            drained.push(key);
        }
        drained
    }

    /// `Sender.sendProduceRequest`: one request with all batches of a node.
    fn send_produce(&mut self, node: BrokerIx, keys: SmallVec<[u32; 4]>, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(&first) = keys.first() else { return };
        let first = self.accumulator.batch(first);
        let attempt = mix(first.address(), u64::from(first.attempts));
        let mut entries: SmallVec<[ProduceEntry; 2]> = SmallVec::new();
        let mut bytes = REQUEST_OVERHEAD;
        for &key in &keys {
            let entry = self.net.kit.new_entry();
            let batch = self.accumulator.batch_mut(key);
            batch.entry = Some(entry);
            bytes += batch.bytes;
            entries.push(ProduceEntry {
                entry,
                partition: batch.partition,
                batch: batch.id,
                records: batch.count(),
                bytes: batch.bytes,
                sequence: batch.sequence,
                producer_epoch: batch.producer_epoch,
            });
            out.fact(Fact::EntrySent {
                client: self.index,
                broker: node,
                partition: batch.partition,
                entry,
                batch: Some(batch.id),
                attempt: batch.attempts,
            });
            if self.settings.one_batch {
                let slot = self.accumulator.slot(self.accumulator.batch(key).partition);
                self.accumulator.queues[slot as usize].muted = true;
            }
        }
        let channel = Channel::Broker(node);
        let request = Request::Produce { acks: self.settings.acks, timeout: self.settings.request_timeout, entries };
        let awaited = (self.settings.acks != Acks::None).then_some(self.settings.request_timeout);
        let purpose = Purpose::Own(Sent::Produce(keys.clone()));
        let correlation = self.net.kit.connections.send(channel, purpose, awaited, ctx.now);
        let address = mix(request.errand(), attempt);
        out.request(channel, correlation, request, bytes, address);
        if self.settings.acks == Acks::None {
            self.finish_written(&keys, out);
        }
    }

    /// acks=0: written is done (`NetworkClient.handleCompletedSends`).
    fn finish_written(&mut self, keys: &[u32], out: &mut Outbox) {
        for &key in keys {
            self.accumulator.batch_mut(key).entry = None;
            self.finish(key, ErrorCode::None, out);
            self.unmute(key);
            self.accumulator.free(key);
        }
    }

    /// Fails batches past `delivery.timeout.ms` (`Sender.sendProducerData`).
    pub(super) fn expire_batches(&mut self, now: Instant, out: &mut Outbox) {
        for key in self.accumulator.expire(now, &self.settings) {
            let in_retry = self.accumulator.batch(key).attempts > 0;
            self.finish(key, ErrorCode::RequestTimedOut, out);
            if let Some(producer) = &mut self.producer {
                producer.failed(&mut self.accumulator, key, ErrorCode::RequestTimedOut, false);
                if in_retry {
                    producer.mark_unresolved(&mut self.accumulator, key);
                }
            }
            // One that is in flight stays until its request ends.
            if self.accumulator.batch(key).entry.is_none() {
                self.accumulator.free(key);
            }
        }
    }

    /// Arms the timer for the earliest deadline. Without a producer id nothing is sent and nothing expires.
    pub(super) fn arm(&mut self, out: &mut Outbox) {
        let expiry = if self.needs_producer_id() { Instant::MAX } else { self.accumulator.expires_at() };
        self.net.arm(expiry.min(self.loops.sleeps_until), out);
    }
}
