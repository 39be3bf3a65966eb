//! Fetcher threads: the follower's side of replication. A thread for each (leader, fetcher id) sends one fetch at a time for all its
//! partitions and blocks for the answer; a partition with an error is left out for `replica.fetch.backoff.ms`.
//! Source: `AbstractFetcherThread`, `ReplicaFetcherThread`, `BrokerBlockingSender`.

use super::Broker;
use super::fetcher_thread::{FetcherThread, Named};
use super::line::Line;
use super::log::ReplicaLog;
use super::lull::{IdleThread, Lull, Phase};
use super::roles::Role;
use crate::engine::{Duration, Instant, SortedList, Stream, mix};
use crate::kafka::{BrokerIx, ErrorCode, LeaderEpoch, Offset, PartitionIx};
use crate::model::message::{FetchPartition, FetchedPartition, Request};
use crate::model::{Broken, Channel, Ctx, Outbox, Spec, TimerKind, Token};
use crate::observe::Fact;
use crate::observe::fact::Unreachable;
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// A thread: whom it fetches from, and its number.
pub(super) type ThreadId = (BrokerIx, u32);

/// A blocking sender connects again at once; the pause is in the partitions (`ReplicaFetcherBlockingSend` reconnect backoff 0).
const RECONNECT: (Duration, Duration) = (Duration::ZERO, Duration::ZERO);
/// Size of a fetch on the wire: fixed part and each partition's (incremental sessions send only what changed; this is the change).
const BYTES: (u32, u32) = (80, 10);

/// What an answer has to have beyond its wait before it is late: a lull looks whether one is only when its leader does something, which it does
/// several times a second.
const SLACK: Duration = Duration::from_secs(5);

/// All fetcher threads of a broker.
pub struct Fetchers {
    threads: BTreeMap<ThreadId, FetcherThread>,
    /// When threads need a look by themselves.
    looks: SortedList<(Instant, ThreadId)>,
    draws: Stream,
}

impl Fetchers {
    /// No threads.
    pub fn new(draws: Stream) -> Self {
        Fetchers { threads: BTreeMap::new(), looks: SortedList::default(), draws }
    }

    /// Looks at a thread again at `at`, and not before.
    fn look(&mut self, id: ThreadId, at: Option<Instant>) {
        let Some(thread) = self.threads.get_mut(&id) else { return };
        let before = std::mem::replace(&mut thread.look, at);
        if before == at {
            return;
        }
        before.into_iter().for_each(|at| _ = self.looks.remove((at, id)));
        if let Some(at) = at {
            self.looks.insert((at, id));
        }
    }

    fn arm(&self, out: &mut Outbox) {
        if let Some((at, _)) = self.looks.first() {
            out.timer(TimerKind::Fetchers, at);
        }
    }

    fn end(&mut self, id: ThreadId, out: &mut Outbox) {
        self.look(id, None);
        self.threads.remove(&id).into_iter().for_each(|mut thread| thread.close(out));
    }

    /// The threads to look at now, in their own order.
    fn due(&self, now: Instant) -> SmallVec<[ThreadId; 4]> {
        let mut due: SmallVec<[ThreadId; 4]> = self.looks.iter().take_while(|(at, _)| *at <= now).map(|(_, id)| id).collect();
        due.sort_unstable();
        due
    }
}

impl Broker {
    fn thread_of(&self, partition: PartitionIx, leader: BrokerIx, spec: &Spec) -> ThreadId {
        // `AbstractFetcherManager.getFetcherId` spreads by a hash of topic and partition: any fixed one serves.
        let hash = spec.partition_key(partition).bits();
        (leader, (hash % u64::from(self.config.num_replica_fetchers)) as u32)
    }

    /// Adds a partition to the thread that fetches from its leader.
    pub(super) fn start_fetching(&mut self, partition: PartitionIx, leader: BrokerIx, ctx: &mut Ctx, out: &mut Outbox) {
        let id = self.thread_of(partition, leader, ctx.spec);
        let (me, node) = (self.ix, ctx.spec.brokers[leader.index()].node);
        let Some(ram) = self.ram.as_mut() else { return };
        let Some(epoch) = ram.roles.get(&partition).map(Role::leader_epoch) else { return };
        let channel = Channel::Fetcher(id.0, id.1);
        let draws = ram.fetchers.draws.part(ctx.spec.channel_key(channel).bits());
        let new = || FetcherThread::new(Line::new(me, channel, node, RECONNECT, draws));
        let thread = ram.fetchers.threads.entry(id).or_insert_with(new);
        thread.add(partition, epoch);
        thread.disturb(out);
    }

    /// Takes partitions away from their threads; a thread without partitions ends at the end of the batch of role changes.
    pub(super) fn stop_fetching(&mut self, partitions: impl Iterator<Item = PartitionIx>, out: &mut Outbox) {
        let Some(ram) = self.ram.as_mut() else { return };
        for partition in partitions {
            for thread in ram.fetchers.threads.values_mut() {
                if thread.remove(partition) {
                    thread.disturb(out);
                }
            }
        }
    }

    /// Ends all threads: the broker shuts down.
    pub(super) fn stop_fetchers(&mut self, out: &mut Outbox) {
        let Some(ram) = self.ram.as_mut() else { return };
        for thread in ram.fetchers.threads.values_mut() {
            thread.close(out);
        }
        ram.fetchers.threads.clear();
        ram.fetchers.looks.clear();
    }

    /// Lets every thread that is free send its next fetch.
    pub(super) fn fetchers_turn(&mut self, ctx: &mut Ctx, out: &mut Outbox) {
        let Some(ram) = self.ram.as_mut() else { return };
        // `shutdownIdleFetcherThreads` closes the sender under a thread that waits, on a dead leader too (`ReplicaFetcherThread.initiateShutdown`).
        let idle: Vec<ThreadId> = ram.fetchers.threads.iter().filter(|(_, t)| t.partitions.is_empty()).map(|(id, _)| *id).collect();
        for id in idle {
            ram.fetchers.end(id, out);
        }
        let ids: Vec<ThreadId> = ram.fetchers.threads.keys().copied().collect();
        self.turn_of(ids, ctx, out);
    }

    /// The timer of the threads has fired.
    pub(super) fn fetchers_due(&mut self, ctx: &mut Ctx, out: &mut Outbox) {
        let due = self.ram.as_ref().map(|ram| ram.fetchers.due(ctx.now)).unwrap_or_default();
        self.turn_of(due, ctx, out);
    }

    /// Lets threads do what they can, and sees to it that they are looked at again.
    fn turn_of(&mut self, threads: impl IntoIterator<Item = ThreadId>, ctx: &mut Ctx, out: &mut Outbox) {
        threads.into_iter().for_each(|id| self.thread_turn(id, ctx, out));
        self.ram.iter().for_each(|ram| ram.fetchers.arm(out));
    }

    fn thread_turn(&mut self, id: ThreadId, ctx: &mut Ctx, out: &mut Outbox) {
        let backoff = self.config.replica_fetch_backoff;
        let timeout = self.config.replica_socket_timeout;
        let Some(ram) = self.ram.as_mut() else { return };
        let broker_epoch = ram.lifecycle.epoch();
        let Some(thread) = ram.fetchers.threads.get_mut(&id).filter(|thread| !thread.in_lull) else { return };
        let late_connecting = thread.connecting_since.is_some_and(|since| since + timeout <= ctx.now);
        if late_connecting {
            thread.line.close(out);
        }
        if thread.line.give_up_if_late(ctx.now, out) || late_connecting {
            thread.connecting_since = None;
            thread.delay_all(ctx.now + backoff);
        }
        if !thread.line.is_busy() && thread.busy_until > ctx.now {
            let at = thread.busy_until;
            return ram.fetchers.look(id, Some(at));
        }
        let due = if thread.line.is_busy() { 0 } else { thread.due(ctx.now) };
        if due > 0 && thread.line.ready(ctx.now, out) {
            thread.connecting_since = None;
            thread.turns += 1;
            let Named { full, changed, forgotten } = thread.name();
            let partitions =
                changed.into_iter().filter_map(|p| of_log(p, thread.partitions.get(&p)?, self.disk.replicas.get(&p)?)).collect();
            let request = Request::ReplicaFetch {
                replica: self.ix,
                thread: id.1,
                broker_epoch,
                max_wait: self.config.replica_fetch_wait_max,
                min_bytes: self.config.replica_fetch_min_bytes,
                full,
                partitions,
                forgotten,
            };
            thread.line.send(request, BYTES.0 + BYTES.1 * due as u32, timeout, ctx.now, out);
        } else if due > 0 {
            thread.connecting_since.get_or_insert(ctx.now);
        }
        let next = thread.next_look(ctx.now, timeout);
        ram.fetchers.look(id, next);
    }

    /// The thread's part of a lull that begins with the fetch that waits for this answer, if the next one would be the same again; its own steps
    /// are told from now on.
    pub fn begin_idling(&mut self, leader: BrokerIx, asked: &Token, thread: u32, spec: &Spec) -> Option<IdleThread> {
        let id = (leader, thread);
        let timeout = self.config.replica_socket_timeout;
        if timeout < self.config.replica_fetch_wait_max + SLACK {
            return None;
        }
        let ram = self.ram.as_mut().filter(|ram| !ram.cold.append)?;
        let thread = ram.fetchers.threads.get_mut(&id)?;
        let partitions = thread.fetches_again()?;
        let sent_at = thread.line.waits_since(asked.correlation)?;
        thread.in_lull = true;
        let idle = IdleThread {
            node: asked.from,
            replica: self.ix,
            thread: id.1,
            broker_epoch: ram.lifecycle.epoch(),
            max_wait: self.config.replica_fetch_wait_max,
            min_bytes: self.config.replica_fetch_min_bytes,
            bytes: BYTES.0 + BYTES.1 * partitions as u32,
            timeout,
            sent_at,
            turns: thread.turns,
            sent: thread.line.sent_for(Request::REPLICA_FETCH),
            line: thread.line.key(),
            channel: spec.channel_key(Channel::Fetcher(id.0, id.1)).bits(),
            turn: self.costs.fetcher_turn.clone(),
            draws: self.draws.cost,
            pace: self.pace.work,
        };
        ram.fetchers.look(id, None);
        Some(idle)
    }

    /// A lull is over: the thread is where it would be by now.
    pub fn end_idling(&mut self, leader: BrokerIx, lull: &Lull, ctx: &mut Ctx, out: &mut Outbox) {
        let (idle, phase) = (&lull.thread, lull.phase(ctx.now));
        let id = (leader, idle.thread);
        let Some(thread) = self.ram.as_mut().and_then(|ram| ram.fetchers.threads.get_mut(&id)).filter(|t| t.in_lull) else { return };
        thread.in_lull = false;
        let (again, waiting) = match phase {
            Phase::InWork | Phase::Parked | Phase::Answered => (0, Some(idle.sent_at)),
            Phase::Turn => (0, None),
            Phase::SentAgain => (1, Some(lull.next_sent_at)),
        };
        thread.turns = idle.turns + again;
        thread.busy_until = if waiting.is_some() { thread.busy_until } else { lull.next_sent_at };
        let sent = (Request::REPLICA_FETCH, idle.sent + again);
        thread.line.went_on(lull.token.correlation + again as u32, sent, waiting.map(|at| (at, idle.timeout)));
        self.turn_of([id], ctx, out);
    }

    /// The threads have something else to say from now on.
    pub(super) fn disturb_fetchers(&self, out: &mut Outbox) {
        self.ram.iter().flat_map(|ram| ram.fetchers.threads.values()).for_each(|thread| thread.disturb(out));
    }

    pub(super) fn fetcher_connected(&mut self, id: ThreadId, ctx: &mut Ctx, out: &mut Outbox) {
        if let Some(thread) = self.ram.as_mut().and_then(|ram| ram.fetchers.threads.get_mut(&id)) {
            thread.connected();
        }
        self.turn_of([id], ctx, out);
    }

    /// A whole request failed: all partitions of the thread wait (`AbstractFetcherThread.processFetchRequest`).
    pub(super) fn fetcher_lost(&mut self, id: ThreadId, how: Unreachable, ctx: &mut Ctx, out: &mut Outbox) {
        let backoff = self.config.replica_fetch_backoff;
        if let Some(thread) = self.ram.as_mut().and_then(|ram| ram.fetchers.threads.get_mut(&id)) {
            thread.line.lost(how, ctx.now, out);
            thread.connecting_since = None;
            thread.delay_all(ctx.now + backoff);
        }
        self.turn_of([id], ctx, out);
    }

    pub(super) fn fetched(&mut self, id: ThreadId, correlation: u32, answers: Vec<FetchedPartition>, ctx: &mut Ctx, out: &mut Outbox) {
        let Some(thread) = self.ram.as_mut().and_then(|ram| ram.fetchers.threads.get_mut(&id)) else { return };
        if !thread.line.answered(correlation) {
            return;
        }
        let turn = thread.turns;
        let mut committed = Vec::new();
        for answer in answers {
            let partition = answer.partition;
            if self.fetched_partition(id, answer, ctx, out) {
                committed.push(partition);
            }
        }
        // `ReplicaFetcherThread.completeDelayedFetchRequests`.
        committed.into_iter().for_each(|p| self.wake_consumers(p, ctx, out));
        let address = mix(ctx.spec.channel_key(Channel::Fetcher(id.0, id.1)).bits(), turn);
        let mut cost = self.cost(&self.costs.fetcher_turn, address);
        if self.ram.as_mut().is_some_and(|ram| std::mem::take(&mut ram.cold.append)) {
            cost += self.cost(&self.costs.cold, mix(address, 1));
        }
        let Some(thread) = self.ram.as_mut().and_then(|ram| ram.fetchers.threads.get_mut(&id)) else { return };
        thread.busy_until = ctx.now + cost;
        if thread.partitions.is_empty() {
            return self.fetchers_turn(ctx, out);
        }
        self.turn_of([id], ctx, out);
    }

    /// `AbstractFetcherThread.processFetchRequest`, one partition. Says whether its high watermark moved.
    fn fetched_partition(&mut self, id: ThreadId, answer: FetchedPartition, ctx: &mut Ctx, out: &mut Outbox) -> bool {
        let backoff = self.config.replica_fetch_backoff;
        let Some(ram) = self.ram.as_mut() else { return false };
        let Some(thread) = ram.fetchers.threads.get_mut(&id) else { return false };
        let Some(&epoch) = thread.partitions.get(&answer.partition) else { return false };
        if !answer.error.is_none() {
            out.fact(Fact::ReplicaFetchError { follower: self.ix, leader: id.0, partition: answer.partition, error: answer.error });
        }
        // The answer is to a fetch of an epoch that the follower has left behind: only an error still counts.
        let same_epoch = epoch == answer.leader_epoch;
        match answer.error {
            ErrorCode::None if !same_epoch => {}
            ErrorCode::None => {
                thread.changed(answer.partition);
                match answer.diverging {
                    Some((epoch, end)) => self.truncate_to_leader(answer.partition, epoch, end, ctx, out),
                    None => return self.append_copy(&answer, out),
                }
            }
            ErrorCode::FencedLeaderEpoch if same_epoch => thread.fail(answer.partition),
            _error => thread.delay(answer.partition, ctx.now + backoff),
        }
        false
    }

    fn append_copy(&mut self, answer: &FetchedPartition, out: &mut Outbox) -> bool {
        let Some(log) = self.disk.replicas.get_mut(&answer.partition) else { return false };
        let (before, committed) = (log.end(), log.high_watermark);
        log.copy(&answer.epochs, answer.end);
        // It may go down: a new leader can know less (`UnifiedLog.updateHighWatermark`).
        log.high_watermark = answer.high_watermark.min(log.end());
        if log.end() > before {
            out.fact(Fact::Replicated { broker: self.ix, partition: answer.partition, end: log.end() });
        }
        log.high_watermark != committed
    }

    /// Truncation by leader epoch (KIP-101, KIP-279, `AbstractFetcherThread.getOffsetTruncationState`).
    fn truncate_to_leader(&mut self, partition: PartitionIx, epoch: LeaderEpoch, leader_end: Offset, ctx: &Ctx, out: &mut Outbox) {
        let Some(log) = self.disk.replicas.get_mut(&partition) else { return };
        let from = log.end();
        let to = match log.end_of_epoch(epoch) {
            _ if ctx.is_broken(Broken::EpochEndWithoutEpoch) => leader_end,
            Some((found, end)) if found == epoch => end.min(leader_end),
            Some((_, end)) => end,
            None => log.high_watermark.min(leader_end),
        };
        let to = to.min(from);
        log.truncate(to);
        if to < from {
            out.fact(Fact::Truncated { broker: self.ix, partition, from, to });
        }
    }
}

/// What a fetch says of a partition.
fn of_log(partition: PartitionIx, epoch: &LeaderEpoch, log: &ReplicaLog) -> Option<FetchPartition> {
    Some(FetchPartition {
        partition,
        fetch_offset: log.end(),
        leader_epoch: *epoch,
        last_fetched_epoch: log.last_epoch(),
        high_watermark: log.high_watermark,
    })
}
