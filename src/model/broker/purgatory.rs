//! Requests that wait: acks=all produces for the high watermark, fetches for data.
//! Source: `DelayedProduce`, `DelayedFetch`.

use super::Broker;
use super::follower_sessions::FollowerSessions;
use super::lull::FollowerThread;
use super::parked_consumers::ParkedConsumers;
use super::roles::Role;
use crate::engine::Instant;
use crate::kafka::{ErrorCode, Offset, PartitionIx};
use crate::model::message::ProduceResult;
use crate::model::{Broken, Ctx, Outbox, TimerKind, Token};
use smallvec::SmallVec;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// See the module.
#[derive(Default)]
pub struct Purgatory {
    produces: BTreeMap<u64, DelayedProduce>,
    made: u64,
    /// (deadline, request), about ascending: time-outs of one client are all alike.
    deadlines: VecDeque<(Instant, u64)>,
    /// Requests that waited in partitions that this broker leads no longer.
    orphans: Vec<(PartitionIx, u64, u32)>,
    /// Followers' sessions, with their parked fetches: a thread has one request in flight.
    pub(super) followers: FollowerSessions,
    /// Parked fetches of consumers.
    pub(super) consumers: ParkedConsumers,
}

/// A produce request that waits.
pub(super) struct DelayedProduce {
    pub(super) token: Token,
    pub(super) client: crate::kafka::ClientIx,
    pub(super) results: SmallVec<[ProduceResult; 2]>,
    /// Entries whose result is not known yet.
    pub(super) pending: SmallVec<[bool; 2]>,
}

impl Purgatory {
    /// Parks a produce request until `deadline`; gives its number.
    pub(super) fn park(&mut self, produce: DelayedProduce, deadline: Instant) -> u64 {
        self.made += 1;
        let place = self.deadlines.partition_point(|(at, _)| *at <= deadline);
        self.deadlines.insert(place, (deadline, self.made));
        self.produces.insert(self.made, produce);
        self.made
    }

    /// The partition's leader role is gone: what waited for its high watermark is answered at the end of the batch.
    pub(super) fn orphan(&mut self, partition: PartitionIx, waiting: VecDeque<(Offset, u64, u32)>) {
        self.orphans.extend(waiting.into_iter().map(|(_, request, entry)| (partition, request, entry)));
    }

    fn next_deadline(&mut self) -> Option<Instant> {
        while self.deadlines.front().is_some_and(|(_, id)| !self.produces.contains_key(id)) {
            self.deadlines.pop_front();
        }
        self.deadlines.front().map(|(at, _)| *at)
    }

    /// Settles one entry; gives the whole request when that was the last.
    fn settle(&mut self, request: u64, entry: u32, error: ErrorCode) -> Option<DelayedProduce> {
        let produce = self.produces.get_mut(&request)?;
        if std::mem::take(&mut produce.pending[entry as usize]) {
            produce.results[entry as usize].error = error;
        }
        if produce.pending.iter().any(|p| *p) {
            return None;
        }
        self.produces.remove(&request)
    }
}

impl Broker {
    /// The high watermark has moved, or the ISR: answer what has been replicated.
    pub(super) fn answer_committed(&mut self, partition: PartitionIx, ctx: &mut Ctx, out: &mut Outbox) {
        let min_isr = self.min_isr(partition, ctx);
        loop {
            let Some(ram) = self.ram.as_mut() else { return };
            let Some(Role::Leader(leadership)) = ram.roles.get_mut(&partition) else { return };
            let Some(high_watermark) = self.disk.replicas.get(&partition).map(|log| log.high_watermark) else { return };
            let Some(&(required, request, entry)) = leadership.waiting.front() else { return };
            if required > high_watermark {
                return;
            }
            leadership.waiting.pop_front();
            let enough = leadership.maximal_isr_len() >= min_isr;
            let error = if enough { ErrorCode::None } else { ErrorCode::NotEnoughReplicasAfterAppend };
            if let Some(done) = ram.purgatory.settle(request, entry, error) {
                self.answer_produce(done, ctx, out);
            }
        }
    }

    /// Answers what waited in partitions that this broker has stopped leading.
    pub(super) fn answer_orphans(&mut self, error: ErrorCode, ctx: &mut Ctx, out: &mut Outbox) {
        let Some(ram) = self.ram.as_mut() else { return };
        let orphans = std::mem::take(&mut ram.purgatory.orphans);
        if ctx.is_broken(Broken::DeposedLeaderKeepsSilent) {
            return;
        }
        for (_, request, entry) in orphans {
            let Some(ram) = self.ram.as_mut() else { return };
            if let Some(done) = ram.purgatory.settle(request, entry, error) {
                self.answer_produce(done, ctx, out);
            }
        }
    }

    /// Arms the timer for the next parked request that runs out of time.
    pub(super) fn arm_purgatory(&mut self, out: &mut Outbox) {
        let Some(ram) = self.ram.as_mut() else { return };
        let fetch = ram.purgatory.followers.next_deadline();
        let consumer = ram.purgatory.consumers.next_deadline();
        let next = [ram.purgatory.next_deadline(), fetch, consumer].into_iter().flatten().min();
        if let Some(at) = next {
            out.timer(TimerKind::Purgatory, at);
        }
    }

    /// Answers every parked request whose time is over: produces with REQUEST_TIMED_OUT for what is still pending, fetches with what there is.
    pub(super) fn expire_parked(&mut self, ctx: &mut Ctx, out: &mut Outbox) {
        loop {
            let Some(ram) = self.ram.as_mut() else { return };
            let Some(_) = ram.purgatory.next_deadline().filter(|at| *at <= ctx.now) else { break };
            let Some((_, id)) = ram.purgatory.deadlines.pop_front() else { break };
            let Some(mut produce) = ram.purgatory.produces.remove(&id) else { continue };
            for (result, pending) in produce.results.iter_mut().zip(&produce.pending) {
                if *pending {
                    result.error = ErrorCode::RequestTimedOut;
                }
            }
            self.answer_produce(produce, ctx, out);
        }
        let Some(ram) = self.ram.as_mut() else { return };
        let late = ram.purgatory.followers.late(ctx.now);
        late.iter().for_each(|id| ram.purgatory.followers.ran_out(*id));
        for id in late {
            self.answer_parked_fetch(id, ctx, out);
        }
        self.expire_consumers(ctx, out);
        self.arm_purgatory(out);
    }

    /// Something happened to these partitions that ends a parked fetch (new epoch, role lost): answer the fetches that hold one of them.
    pub(super) fn answer_parked_fetches(&mut self, partitions: &[PartitionIx], ctx: &mut Ctx, out: &mut Outbox) {
        let Some(ram) = self.ram.as_ref() else { return };
        let hit: BTreeSet<_> = partitions.iter().flat_map(|p| ram.purgatory.followers.parked_with(*p)).collect();
        for id in hit {
            self.answer_parked_fetch(id, ctx, out);
        }
    }

    /// The leader has appended: followers whose parked fetch asks for this partition get the data, whichever of their threads fetches it.
    pub(super) fn wake_followers(&mut self, partition: PartitionIx, ctx: &mut Ctx, out: &mut Outbox) {
        let Some(ram) = self.ram.as_ref() else { return };
        let Some(Role::Leader(leadership)) = ram.roles.get(&partition) else { return };
        let parked: SmallVec<[FollowerThread; 4]> = ram.purgatory.followers.parked_with(partition).collect();
        let of = |follower| parked.iter().copied().filter(move |id| id.0 == follower);
        let hit: SmallVec<[FollowerThread; 4]> = leadership.followers.iter().flat_map(|f| of(f.broker)).collect();
        for id in hit {
            self.answer_parked_fetch(id, ctx, out);
        }
    }
}
