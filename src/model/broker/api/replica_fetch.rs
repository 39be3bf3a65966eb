//! A follower's `Fetch` at its leader. Source: `ReplicaManager.fetchMessages`, `Partition.fetchRecords`, `DelayedFetch`.

use crate::engine::Duration;
use crate::kafka::{BrokerEpoch, BrokerIx, ErrorCode, LeaderEpoch, Offset, PartitionIx};
use crate::model::broker::Broker;
use crate::model::broker::log::ReplicaLog;
use crate::model::broker::lull::FollowerThread;
use crate::model::broker::roles::Role;
use crate::model::message::{FetchPartition, FetchedPartition, Response};
use crate::model::outbox::LullStep;
use crate::model::{Broken, Ctx, Journal, Outbox, Token};
use smallvec::SmallVec;

/// Size of an answer on the wire: fixed part and each partition's, beyond the data.
const BYTES: (u32, u32) = (40, 40);
/// Size of an answer without news.
pub(in crate::model::broker) const IDLE_ANSWER_BYTES: u32 = BYTES.0;
/// Most bytes of one partition in an answer (`replica.fetch.max.bytes`).
const PARTITION_BYTES: u64 = 1_048_576;

impl Broker {
    /// What has `changed` since the thread's fetch before, or all of it when that has begun the session.
    #[expect(clippy::too_many_arguments)]
    pub(in crate::model::broker) fn replica_fetch(
        &mut self,
        token: Token,
        thread: FollowerThread,
        broker_epoch: Option<BrokerEpoch>,
        wait: (Duration, u32),
        news: (Vec<FetchPartition>, Vec<PartitionIx>),
        ctx: &mut Ctx,
        out: &mut Outbox,
    ) {
        let Some(ram) = self.ram.as_ref() else { return };
        if !ram.purgatory.followers.knows(thread, &token) {
            // What a lost connection still brings: it is heard, but nobody waits for its answer.
            for fetch in &news.0 {
                self.unsettle(fetch.partition, ctx, out);
                self.follower_fetched(fetch, thread.0, broker_epoch, ctx, out);
            }
            return reply(token, Vec::new(), 0, out);
        }
        self.update_session(thread, broker_epoch, news, ctx, out);
        let fetches = self.fetches(thread);
        for fetch in &fetches {
            self.follower_fetched(fetch, thread.0, broker_epoch, ctx, out);
        }
        let (answers, bytes) = self.read(&fetches, thread.0, ctx);
        let urgent = answers.iter().any(|a| !a.error.is_none() || a.diverging.is_some());
        self.settle(thread, ctx);
        let Some(ram) = self.ram.as_mut() else { return };
        if urgent || bytes >= u64::from(wait.1.max(1)) || wait.0.is_zero() || ram.purgatory.followers.is_empty(thread) {
            return reply(token, answers, bytes, out);
        }
        let deadline = ctx.now + wait.0;
        ram.purgatory.followers.park(thread, token, deadline);
        out.timer(crate::model::TimerKind::Purgatory, deadline);
        if ram.purgatory.followers.is_idle(thread) {
            out.lulls.push(LullStep::MayBegin(token, thread));
        }
    }

    /// Reads again for a parked fetch and answers it with what there is now.
    pub(in crate::model::broker) fn answer_parked_fetch(&mut self, thread: FollowerThread, ctx: &mut Ctx, out: &mut Outbox) {
        let Some(token) = self.ram.as_mut().and_then(|ram| ram.purgatory.followers.unpark(thread)) else { return };
        let (answers, bytes) = self.read(&self.fetches(thread), thread.0, ctx);
        reply(token, answers, bytes, out);
    }

    /// What of a thread's session may have news.
    fn fetches(&self, thread: FollowerThread) -> SmallVec<[FetchPartition; 4]> {
        self.ram.as_ref().map(|ram| ram.purgatory.followers.active(thread).copied().collect()).unwrap_or_default()
    }

    /// What the leader learns from a fetch: the follower's log end, at arrival (`Partition.updateFollowerFetchState`).
    fn follower_fetched(
        &mut self,
        fetch: &FetchPartition,
        follower: BrokerIx,
        broker_epoch: Option<BrokerEpoch>,
        ctx: &mut Ctx,
        out: &mut Outbox,
    ) {
        if !self.check(fetch, follower, ctx).is_none() {
            return;
        }
        let Some(ram) = self.ram.as_mut() else { return };
        let Some(Role::Leader(leadership)) = ram.roles.get_mut(&fetch.partition) else { return };
        let Some(log) = self.disk.replicas.get(&fetch.partition) else { return };
        if diverging(log, fetch, ctx.spec.broken).is_some() {
            return;
        }
        let Some(state) = leadership.follower_mut(follower) else { return };
        state.fetched(fetch.fetch_offset, log.end(), broker_epoch, ctx.now);
        let is_committed = log.high_watermark == log.end();
        if !leadership.in_maximal_isr(follower) {
            self.maybe_expand(fetch.partition, follower, ctx, out);
        }
        if !is_committed || ctx.is_broken(Broken::HighWatermarkFalls) {
            self.advance_high_watermark(fetch.partition, ctx, out);
        }
    }

    /// Epoch first, then leadership (`Partition.checkCurrentLeaderEpoch`, `fetchRecords`); an unknown replica is told that its epoch is.
    fn check(&self, fetch: &FetchPartition, follower: BrokerIx, ctx: &Ctx) -> ErrorCode {
        let Some(role) = self.ram.as_ref().and_then(|ram| ram.roles.get(&fetch.partition)) else {
            let image = self.image().unwrap_or_default();
            let known = ctx.history.topic(ctx.spec.partitions[fetch.partition.index()].topic, image).is_some();
            return if known { ErrorCode::NotLeaderOrFollower } else { ErrorCode::UnknownTopicOrPartition };
        };
        let epoch: LeaderEpoch = role.leader_epoch();
        if fetch.leader_epoch < epoch {
            return ErrorCode::FencedLeaderEpoch;
        }
        if fetch.leader_epoch > epoch {
            return ErrorCode::UnknownLeaderEpoch;
        }
        match role {
            Role::Follower { .. } => ErrorCode::NotLeaderOrFollower,
            Role::Leader(l) if !l.replicas.contains(&follower) => ErrorCode::UnknownLeaderEpoch,
            Role::Leader(_) => ErrorCode::None,
        }
    }

    fn read(&self, partitions: &[FetchPartition], follower: BrokerIx, ctx: &Ctx) -> (Vec<FetchedPartition>, u64) {
        let mut answers = Vec::new();
        let mut bytes = 0;
        let limit = u64::from(self.config.replica_fetch_response_max_bytes);
        for fetch in partitions {
            let error = self.check(fetch, follower, ctx);
            let log = self.disk.replicas.get(&fetch.partition).filter(|_| error.is_none());
            let mut answer = FetchedPartition {
                partition: fetch.partition,
                leader_epoch: fetch.leader_epoch,
                error,
                high_watermark: log.map_or(Offset(0), |l| l.high_watermark),
                end: fetch.fetch_offset,
                epochs: Default::default(),
                diverging: None,
            };
            if let Some(log) = log {
                answer.diverging = diverging(log, fetch, ctx.spec.broken);
                if answer.diverging.is_none() && bytes < limit && log.end() > fetch.fetch_offset {
                    let (end, size) = data(log, fetch.partition, fetch.fetch_offset, ctx.journal);
                    answer.end = end;
                    answer.epochs = log.epochs_between(fetch.fetch_offset, end).collect();
                    bytes += size;
                }
            }
            let is_news = !error.is_none()
                || answer.diverging.is_some()
                || answer.end > fetch.fetch_offset
                || answer.high_watermark != fetch.high_watermark;
            if is_news {
                answers.push(answer);
            }
        }
        (answers, bytes)
    }
}

/// The batches from `from` on that fit into one partition's share: where they end, and their size.
fn data(log: &ReplicaLog, partition: PartitionIx, from: Offset, journal: &Journal) -> (Offset, u64) {
    let mut size = 0;
    let mut end = from;
    for entry in log.entries(partition, journal, from) {
        if size > 0 && size + u64::from(entry.bytes) > PARTITION_BYTES {
            return (end, size);
        }
        size += u64::from(entry.bytes);
        end = entry.end;
    }
    // Records that were there before the run are not in the journal.
    (log.end(), size.max(1))
}

/// Where the follower's log departs from this one (`Partition.fetchRecords`, `divergingEpoch`): its last epoch ends earlier here, or is not here at all.
fn diverging(log: &ReplicaLog, fetch: &FetchPartition, broken: Option<Broken>) -> Option<(LeaderEpoch, Offset)> {
    let last = fetch.last_fetched_epoch?;
    let (epoch, end) = log.end_of_epoch(last)?;
    if matches!(broken, Some(Broken::TruncationToHighWatermark | Broken::FollowerKeepsItsLog)) {
        return None;
    }
    let unseen = epoch < last && broken != Some(Broken::EpochEndWithoutEpoch);
    (unseen || end < fetch.fetch_offset).then_some((epoch, end))
}

fn reply(token: Token, partitions: Vec<FetchedPartition>, data: u64, out: &mut Outbox) {
    let bytes = u64::from(BYTES.0) + u64::from(BYTES.1) * partitions.len() as u64 + data;
    out.reply(token, Response::ReplicaFetch { partitions }, u32::try_from(bytes).unwrap_or(u32::MAX));
}
