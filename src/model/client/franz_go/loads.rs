//! Offsets that a consumer has to ask for: where to begin, and whether a position still stands under a new leader (KIP-320). Source:
//! `consumerSession.listOrEpoch`, `handleListOrEpochResults`, `loadEpochsForBrokerLoad` (consumer.go).
//!
//! Loads wait for a metadata update unless the last one is younger than `kgo.MetadataMinAge`; those that fail come again after a second.

use super::consumer::Consumer;
use super::{Job, Peer};
use crate::engine::Instant;
use crate::kafka::{ErrorCode, LeaderEpoch, Offset, PartitionIx};
use crate::model::message::{EpochAnswer, EpochQuery, OffsetAnswer, OffsetQuery, OffsetSpec, Request};
use crate::model::{Channel, Ctx, Outbox};
use crate::observe::Fact;
use crate::observe::fact::Position;
use std::collections::BTreeMap;

/// What each partition weighs in a request, in bytes.
const PARTITION_BYTES: u32 = 20;

/// What is asked about one partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Load {
    /// Where its log begins or ends.
    List(OffsetSpec),
    /// Where this epoch ends: not below this offset, if nothing was lost.
    Epoch { offset: Offset, epoch: LeaderEpoch },
}

/// What is asked about which partitions.
pub(super) type Loads = BTreeMap<PartitionIx, Load>;

/// All that is asked for.
#[derive(Clone, Default, Debug)]
pub(super) struct Loading {
    /// Waits for a metadata update.
    pub waiting: Loads,
    /// In requests.
    pub asked: Loads,
    /// Comes again then.
    pub again: Vec<(Instant, Loads)>,
}

/// A request about offsets.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub peer: Peer,
    pub loads: Loads,
}

impl Loading {
    /// Everything, taken out: the next session asks anew.
    pub(super) fn take(&mut self) -> Loads {
        let all = std::mem::take(self);
        let mut loads = all.waiting;
        loads.extend(all.asked);
        all.again.into_iter().for_each(|(_, again)| loads.extend(again));
        loads
    }

    /// When something comes again.
    pub(super) fn next_at(&self) -> Instant {
        self.again.iter().map(|a| a.0).min().unwrap_or(Instant::MAX)
    }
}

impl Consumer {
    /// `loadWithSession`, `loadWithSessionNow`: asks for offsets, after a metadata update unless the last is young.
    pub(super) fn load(&mut self, loads: Loads, immediate: bool, ctx: &Ctx<'_>, out: &mut Outbox) {
        if loads.is_empty() {
            return;
        }
        loads.keys().for_each(|p| self.disallow(*p));
        let waits_already = !self.loading.waiting.is_empty();
        self.loading.waiting.extend(loads);
        if waits_already {
            return;
        }
        let waits = if immediate {
            self.core.trigger_now(out);
            true
        } else {
            self.core.trigger(false, ctx.now, out)
        };
        if !waits {
            self.ask_for_waiting();
        }
    }

    /// A metadata update came: what waited for it is asked for, each of its partition's leader.
    pub(super) fn ask_for_waiting(&mut self) {
        let loads = std::mem::take(&mut self.loading.waiting);
        self.loading.asked.extend(loads.iter().map(|(p, l)| (*p, *l)));
        let mut by_peer: BTreeMap<(Peer, bool), Loads> = BTreeMap::new();
        for (partition, load) in loads {
            let leader = self.cursors.get(&partition).and_then(|c| c.leader).filter(|b| self.core.knows(*b));
            let peer = leader.map_or(Peer::Seed(0), Peer::Broker);
            by_peer.entry((peer, matches!(load, Load::Epoch { .. }))).or_default().insert(partition, load);
        }
        for ((peer, epochs), loads) in by_peer {
            let key = self.asked.insert(Asked { peer, loads });
            self.core.enqueue(peer, if epochs { Job::Epochs(key) } else { Job::ListOffsets(key) });
        }
    }

    /// Writes a request about offsets.
    pub(super) fn write_asked(&mut self, channel: Channel, job: Job, key: u32, now: Instant, out: &mut Outbox) {
        let Some(asked) = self.asked.get(key) else { return };
        let client = self.core.kit.index;
        let known = |p: &PartitionIx| self.cursors.get(p).map(|c| c.epoch);
        let (mut queries, mut epochs) = (Vec::new(), Vec::new());
        for (&partition, load) in &asked.loads {
            match *load {
                Load::List(spec) => queries.push(OffsetQuery { partition, leader_epoch: known(&partition), spec }),
                Load::Epoch { epoch, .. } => {
                    epochs.push(EpochQuery { partition, current_leader_epoch: known(&partition), leader_epoch: epoch });
                }
            }
        }
        let bytes = PARTITION_BYTES * asked.loads.len() as u32;
        let request = if epochs.is_empty() {
            Request::ListOffsets { client, isolation: self.consuming.isolation, queries }
        } else {
            Request::OffsetsForLeaderEpoch { client, queries: epochs }
        };
        self.core.write(channel, job, request, bytes, now, out);
    }

    /// Such a request has no answer: all of it comes again.
    pub(super) fn asked_failed(&mut self, key: u32, now: Instant) {
        if let Some(asked) = self.asked.remove(key) {
            self.ask_again(asked.loads, now);
        }
    }

    fn ask_again(&mut self, mut loads: Loads, now: Instant) {
        loads.retain(|partition, _| self.loading.asked.remove(partition).is_some());
        if !loads.is_empty() {
            self.loading.again.push((now + self.core.settings.policies.load_pause, loads));
        }
    }

    /// What failed a second ago is asked for again; true when there was something.
    pub(super) fn load_again(&mut self, ctx: &Ctx<'_>, out: &mut Outbox) -> bool {
        let Some(i) = self.loading.again.iter().position(|(at, _)| *at <= ctx.now) else { return false };
        let (_, loads) = self.loading.again.swap_remove(i);
        self.load(loads, false, ctx, out);
        true
    }

    /// Where logs begin or end.
    pub(super) fn offsets_listed(&mut self, key: u32, answers: &[OffsetAnswer], ctx: &Ctx<'_>, out: &mut Outbox) {
        let Some(asked) = self.asked.remove(key) else { return };
        let mut failed = asked.loads;
        for answer in answers.iter().filter(|a| a.error.is_none()) {
            failed.remove(&answer.partition);
            self.loaded(answer.partition, answer.offset, answer.leader_epoch, Position::Reset, out);
        }
        self.ask_again(failed, ctx.now);
    }

    /// Where epochs end: below a position, what was read there is gone from the log.
    pub(super) fn epochs_ended(&mut self, key: u32, answers: &[EpochAnswer], ctx: &Ctx<'_>, out: &mut Outbox) {
        let Some(asked) = self.asked.remove(key) else { return };
        let mut failed = asked.loads;
        for answer in answers.iter().filter(|a| a.error == ErrorCode::None) {
            let Some(Load::Epoch { offset, epoch }) = failed.remove(&answer.partition) else { continue };
            // A log that knows nothing of the epoch: the next fetch is out of range and resets. Here the position stays, with the same end.
            let (epoch, end) = answer.end.map_or((epoch, offset), |(epoch, end)| (epoch, end.min(offset)));
            self.loaded(answer.partition, end, Some(epoch), Position::Truncated, out);
        }
        self.ask_again(failed, ctx.now);
    }

    /// A position is known, and read from.
    fn loaded(&mut self, partition: PartitionIx, offset: Offset, epoch: Option<LeaderEpoch>, why: Position, out: &mut Outbox) {
        self.loading.asked.remove(&partition);
        let Some(cursor) = self.cursors.get_mut(&partition) else { return };
        let from = cursor.offset;
        let why = if from.is_none() { Position::Begun } else { why };
        if from != Some(offset) {
            out.fact(Fact::PositionSet { client: self.core.kit.index, partition, from, to: offset, why });
        }
        (cursor.offset, cursor.consumed) = (Some(offset), epoch);
        self.allow(partition);
    }
}
