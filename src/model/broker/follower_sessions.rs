//! What a leader keeps of each follower's fetches (KIP-227): a fetch names only what changed since the one before it, and a partition in which
//! follower and leader agree on everything costs nothing until one of them changes. Source: `FetchSession.scala` (`IncrementalFetchContext`).

use super::Broker;
use super::leader::Follower;
use super::lull::{FollowerThread, Lull};
use super::roles::Role;
use crate::engine::{Instant, SortedList};
use crate::kafka::{BrokerEpoch, BrokerIx, PartitionIx};
use crate::model::message::FetchPartition;
use crate::model::{Ctx, Outbox, Token};
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// All sessions of a process: they are in memory and end with it.
#[derive(Default)]
pub(super) struct FollowerSessions {
    sessions: BTreeMap<FollowerThread, FollowerSession>,
    /// Which sessions hold a partition.
    holders: BTreeMap<PartitionIx, SmallVec<[FollowerThread; 2]>>,
    /// Parked fetches by the end of their time.
    deadlines: SortedList<(Instant, FollowerThread)>,
    /// Sessions in a lull by the arrival of their next fetch.
    lulls: SortedList<(Instant, FollowerThread)>,
}

/// One thread's session.
pub(super) struct FollowerSession {
    /// Its connection: a session does not survive it here, and what a lost one still brings is not of this session.
    connection: (u32, u32),
    /// What is fetched.
    partitions: BTreeMap<PartitionIx, FetchPartition>,
    /// Partitions in which something may be new to either side. In all others both agree: the follower is in the ISR, has everything, and knows
    /// that it is committed.
    active: SortedList<PartitionIx>,
    /// When its last fetch was handled, and the broker epoch in it: what the leader would have noted of every settled partition.
    fetched_at: Instant,
    broker_epoch: Option<BrokerEpoch>,
    parked: Option<(Token, Instant)>,
    /// Its last fetch ran out of time, and nothing has happened since.
    idle: bool,
    /// Its fetches are told instead of simulated.
    lull: Option<Box<Lull>>,
}

impl FollowerSession {
    /// Whether it holds a partition in which both sides agree.
    fn is_settled(&self, partition: PartitionIx) -> bool {
        self.partitions.contains_key(&partition) && !self.active.contains(partition)
    }

    /// When its last fetch was handled.
    fn fetched_at(&self, now: Instant) -> Instant {
        self.lull.as_ref().map_or(self.fetched_at, |lull| lull.fetched_at(now))
    }
}

impl FollowerSessions {
    /// The partitions to look at when a session's fetch is answered, ascending.
    pub(super) fn active(&self, thread: FollowerThread) -> impl Iterator<Item = &FetchPartition> {
        self.sessions.get(&thread).into_iter().flat_map(|s| s.active.iter().filter_map(|p| s.partitions.get(&p)))
    }

    /// Whether the session of this connection is there.
    pub(super) fn knows(&self, thread: FollowerThread, token: &Token) -> bool {
        self.sessions.get(&thread).is_some_and(|s| s.connection == (token.connection, token.generation))
    }

    /// Whether nothing is fetched at all.
    pub(super) fn is_empty(&self, thread: FollowerThread) -> bool {
        self.sessions.get(&thread).is_none_or(|s| s.partitions.is_empty())
    }

    /// Parks the fetch until `deadline`.
    pub(super) fn park(&mut self, thread: FollowerThread, token: Token, deadline: Instant) {
        let Some(session) = self.sessions.get_mut(&thread) else { return };
        session.parked = Some((token, deadline));
        self.deadlines.insert((deadline, thread));
    }

    /// Takes a parked fetch out.
    pub(super) fn unpark(&mut self, thread: FollowerThread) -> Option<Token> {
        let (token, deadline) = self.sessions.get_mut(&thread)?.parked.take()?;
        self.deadlines.remove((deadline, thread));
        Some(token)
    }

    /// The threads with a parked fetch that holds the partition.
    pub(super) fn parked_with(&self, partition: PartitionIx) -> impl Iterator<Item = FollowerThread> {
        let parked = |id: &&FollowerThread| self.sessions.get(id).is_some_and(|s| s.parked.is_some());
        self.holders.get(&partition).into_iter().flatten().filter(parked).copied()
    }

    /// The threads whose parked fetch has run out of time, in their own order.
    pub(super) fn late(&self, now: Instant) -> SmallVec<[FollowerThread; 4]> {
        let mut late: SmallVec<[FollowerThread; 4]> = self.deadlines.iter().take_while(|(at, _)| *at <= now).map(|(_, id)| id).collect();
        late.sort_unstable();
        late
    }

    /// When the first parked fetch runs out of time.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(at, _)| at)
    }

    /// A parked fetch runs out of time.
    pub(super) fn ran_out(&mut self, thread: FollowerThread) {
        self.sessions.get_mut(&thread).into_iter().for_each(|s| s.idle = s.active.is_empty());
    }

    /// Whether the parked fetch is the second one in which nobody has anything to say.
    pub(super) fn is_idle(&self, thread: FollowerThread) -> bool {
        self.sessions.get(&thread).is_some_and(|s| s.idle && s.active.is_empty())
    }

    /// Its parked fetch, and those after it, are in a lull.
    pub(super) fn begin_lull(&mut self, thread: FollowerThread, lull: Lull) {
        self.unpark(thread);
        let Some(session) = self.sessions.get_mut(&thread) else { return };
        self.lulls.insert((lull.next_taken_at, thread));
        session.lull = Some(Box::new(lull));
    }

    /// The next fetch of a session in a lull that arrives, with its address.
    pub(super) fn next_in_lull(&self) -> Option<(Instant, FollowerThread, u64)> {
        let (at, thread) = self.lulls.first()?;
        let lull = self.sessions.get(&thread)?.lull.as_ref()?;
        Some((at, thread, lull.next_address))
    }

    /// That fetch has been taken. Says whether the lull goes on after it.
    pub(super) fn lull_goes_on(&mut self, thread: FollowerThread, next: impl FnOnce(&mut Lull)) -> bool {
        let Some(lull) = self.sessions.get_mut(&thread).and_then(|s| s.lull.as_mut()) else { return false };
        self.lulls.remove((lull.next_taken_at, thread));
        next(lull);
        let goes_on = !lull.breaks_off();
        if goes_on {
            self.lulls.insert((lull.next_taken_at, thread));
        }
        goes_on
    }

    /// The lull is over.
    pub(super) fn end_lull(&mut self, thread: FollowerThread, now: Instant) -> Option<Lull> {
        let session = self.sessions.get_mut(&thread)?;
        let lull = *session.lull.take()?;
        self.lulls.remove((lull.next_taken_at, thread));
        session.idle = false;
        session.fetched_at = lull.fetched_at(now);
        Some(lull)
    }

    /// When the follower last fetched a partition that is settled in its session.
    pub(super) fn settled_at(&self, partition: PartitionIx, follower: BrokerIx, now: Instant) -> Option<Instant> {
        let of_follower = self.holders.get(&partition)?.iter().filter(|(broker, _)| *broker == follower);
        of_follower.filter_map(|id| self.sessions.get(id)).find(|s| s.is_settled(partition)).map(|s| s.fetched_at(now))
    }

    fn hold(&mut self, thread: FollowerThread, fetch: FetchPartition) {
        let Some(session) = self.sessions.get_mut(&thread) else { return };
        let partition = fetch.partition;
        session.idle = false;
        session.active.insert(partition);
        if session.partitions.insert(partition, fetch).is_none() {
            let holders = self.holders.entry(partition).or_default();
            if !holders.contains(&thread) {
                holders.push(thread);
                holders.sort_unstable();
            }
        }
    }

    fn release(&mut self, thread: FollowerThread, partition: PartitionIx) {
        let Some(session) = self.sessions.get_mut(&thread) else { return };
        session.active.remove(partition);
        session.partitions.remove(&partition);
        self.let_go(thread, partition);
    }

    fn let_go(&mut self, thread: FollowerThread, partition: PartitionIx) {
        let Some(holders) = self.holders.get_mut(&partition) else { return };
        holders.retain(|id| *id != thread);
        if holders.is_empty() {
            self.holders.remove(&partition);
        }
    }

    fn end(&mut self, thread: FollowerThread) {
        self.unpark(thread);
        let Some(session) = self.sessions.remove(&thread) else { return };
        session.partitions.keys().for_each(|p| self.let_go(thread, *p));
    }

    fn settled(&self, thread: FollowerThread) -> Vec<PartitionIx> {
        let settled = |s: &FollowerSession| s.partitions.keys().copied().filter(|p| !s.active.contains(*p)).collect();
        self.sessions.get(&thread).map(settled).unwrap_or_default()
    }
}

impl Broker {
    /// Something is about to change in a partition that this broker leads, or led: sessions in which it was settled look at it again, and the
    /// leader notes what it has not noted of the follower since.
    pub(super) fn unsettle(&mut self, partition: PartitionIx, ctx: &Ctx, out: &mut Outbox) {
        let holders = self.ram.as_ref().and_then(|ram| ram.purgatory.followers.holders.get(&partition)).cloned();
        holders.into_iter().flatten().for_each(|thread| self.unsettle_in(thread, partition, ctx, out));
    }

    fn unsettle_in(&mut self, thread: FollowerThread, partition: PartitionIx, ctx: &Ctx, out: &mut Outbox) {
        self.end_lull(thread, ctx, out);
        let Some(ram) = self.ram.as_mut() else { return };
        let Some(session) = ram.purgatory.followers.sessions.get_mut(&thread) else { return };
        if !session.is_settled(partition) {
            return;
        }
        session.active.insert(partition);
        session.idle = false;
        let (Some(Role::Leader(leadership)), Some(log)) = (ram.roles.get_mut(&partition), self.disk.replicas.get(&partition)) else {
            return;
        };
        if let Some(follower) = leadership.follower_mut(thread.0) {
            follower.fetched(log.end(), log.end(), session.broker_epoch, session.fetched_at);
        }
    }

    /// A fetch begins a session: what it names is all that is fetched. One that a connection before brought, and that is handled only now, begins none.
    pub(super) fn begin_session(&mut self, thread: FollowerThread, token: &Token, epoch: Option<BrokerEpoch>, ctx: &Ctx, out: &mut Outbox) {
        let newest = self.ram.as_ref().and_then(|ram| ram.purgatory.followers.sessions.get(&thread)).map(|s| s.connection.1);
        if newest.is_some_and(|newest| newest > token.generation) {
            return;
        }
        self.unsettle_session(thread, ctx, out);
        let Some(ram) = self.ram.as_mut() else { return };
        ram.purgatory.followers.end(thread);
        let session = FollowerSession {
            connection: (token.connection, token.generation),
            partitions: BTreeMap::new(),
            active: SortedList::default(),
            fetched_at: ctx.now,
            broker_epoch: epoch,
            parked: None,
            idle: false,
            lull: None,
        };
        ram.purgatory.followers.sessions.insert(thread, session);
    }

    /// A fetch says what has changed since the one before.
    pub(super) fn update_session(
        &mut self,
        thread: FollowerThread,
        epoch: Option<BrokerEpoch>,
        (changed, forgotten): (Vec<FetchPartition>, Vec<PartitionIx>),
        ctx: &Ctx,
        out: &mut Outbox,
    ) {
        let known = self.ram.as_ref().and_then(|ram| ram.purgatory.followers.sessions.get(&thread)).map(|s| s.broker_epoch);
        if known.is_some_and(|known| known != epoch) {
            self.unsettle_session(thread, ctx, out);
        }
        for partition in forgotten.iter().chain(changed.iter().map(|f| &f.partition)) {
            self.unsettle_in(thread, *partition, ctx, out);
        }
        let Some(ram) = self.ram.as_mut() else { return };
        forgotten.into_iter().for_each(|p| ram.purgatory.followers.release(thread, p));
        changed.into_iter().for_each(|fetch| ram.purgatory.followers.hold(thread, fetch));
        if let Some(session) = ram.purgatory.followers.sessions.get_mut(&thread) {
            session.fetched_at = ctx.now;
            session.broker_epoch = epoch;
        }
    }

    fn unsettle_session(&mut self, thread: FollowerThread, ctx: &Ctx, out: &mut Outbox) {
        let settled = self.ram.as_ref().map(|ram| ram.purgatory.followers.settled(thread)).unwrap_or_default();
        settled.into_iter().for_each(|p| self.unsettle_in(thread, p, ctx, out));
    }

    /// Sets aside what the follower and this leader agree on by now.
    pub(super) fn settle(&mut self, thread: FollowerThread, ctx: &Ctx) {
        if ctx.spec.in_full {
            return;
        }
        let Some(ram) = self.ram.as_mut() else { return };
        let Some(session) = ram.purgatory.followers.sessions.get_mut(&thread) else { return };
        let (roles, logs) = (&ram.roles, &self.disk.replicas);
        let agreed = |fetch: &FetchPartition| {
            let (Some(Role::Leader(leadership)), Some(log)) = (roles.get(&fetch.partition), logs.get(&fetch.partition)) else {
                return false;
            };
            let has_all = |f: &Follower| f.broker == thread.0 && f.end == Some(log.end());
            leadership.pending.is_none()
                && leadership.isr.contains(&thread.0)
                && leadership.epoch == fetch.leader_epoch
                && leadership.followers.iter().any(has_all)
                && (fetch.fetch_offset, fetch.high_watermark) == (log.end(), log.end())
                && log.high_watermark == log.end()
        };
        let fetches = session.active.iter().filter_map(|p| session.partitions.get(&p));
        let settled: SmallVec<[PartitionIx; 8]> = fetches.filter(|f| agreed(f)).map(|f| f.partition).collect();
        settled.into_iter().for_each(|partition| _ = session.active.remove(partition));
    }
}
