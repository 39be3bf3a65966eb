//! What fetches, one for each broker: one request at a time, or one answer that waits for the application. Source: `source.loopFetch`,
//! `source.fetch`, `source.createReq`, `source.handleReqResp` (source.go).

use super::consumer::{Consumer, consumption};
use super::core::{Failure, Hinted};
use super::loads::Load;
use super::producer::Move;
use super::settings::retry_backoff;
use super::{Job, Peer, Purpose};
use crate::engine::{Instant, mix};
use crate::kafka::{BrokerIx, ErrorCode, Offset, PartitionIx};
use crate::model::message::{ConsumerFetch, FetchResult, FetchSession, OffsetSpec, Request};
use crate::model::{Channel, Ctx, Outbox};
use crate::observe::Fact;
use crate::observe::fact::Unreachable;
use smallvec::SmallVec;
use std::collections::{BTreeMap, BTreeSet};

/// What the pauses of a source are counted by, beside its broker.
const SOURCE: u64 = 2;

/// What a fetch weighs, and each partition in it, in bytes.
const FETCH_BYTES: u32 = 60;
const PARTITION_BYTES: u32 = 32;

/// The fetcher of one broker.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// Cursors that may go into its next fetch.
    pub usable: BTreeSet<PartitionIx>,
    pub session: FetchSession,
    /// Failures in a row.
    failures: u32,
    pub phase: Phase,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) enum Phase {
    Idle,
    /// This request is out, or waits for its connection.
    Fetching(u32),
    /// An answer waits for the application to poll.
    Buffered(Vec<FetchResult>, Vec<PartitionIx>),
    BackingOff(Instant),
}

/// A fetch, from when it was put together to its end.
#[derive(Clone, Debug)]
pub(super) struct Fetch {
    pub source: BrokerIx,
    pub entries: Vec<ConsumerFetch>,
    /// It has been written: its entries are told of.
    pub written: bool,
}

/// What a fetch's answer asks for.
#[derive(Default)]
struct Wishes {
    /// Partitions whose offset is to be loaded: they stay unusable.
    loads: BTreeMap<PartitionIx, Load>,
    /// Partitions that are read elsewhere from now on.
    moved: Vec<PartitionIx>,
    /// Errors that ask for metadata, but for hints.
    update: bool,
    /// One of them is not of the kind that a deleted topic gives.
    urgent: bool,
    /// Partitions whose error the library keeps to itself.
    stripped: usize,
}

impl Source {
    pub(super) fn new() -> Self {
        Source { usable: BTreeSet::new(), session: FetchSession::New, failures: 0, phase: Phase::Idle }
    }

    /// The consumer's session ends: nothing is out or waits, and the broker's session is forgotten.
    pub(super) fn stop(&mut self) {
        if self.session != FetchSession::None {
            self.session = FetchSession::New;
        }
        self.phase = Phase::Idle;
    }

    /// When it goes on by itself.
    pub(super) fn next_at(&self) -> Instant {
        match self.phase {
            Phase::BackingOff(until) => until,
            Phase::Idle | Phase::Fetching(_) | Phase::Buffered(..) => Instant::MAX,
        }
    }
}

impl Consumer {
    /// The fetcher of a broker, made when it is first needed.
    pub(super) fn source(&mut self, broker: BrokerIx) -> &mut Source {
        self.sources.entry(broker).or_insert_with(Source::new)
    }

    /// `cursor.allowUsable`.
    pub(super) fn allow(&mut self, partition: PartitionIx) {
        let Some(cursor) = self.cursors.get_mut(&partition).filter(|c| c.offset.is_some()) else { return };
        cursor.usable = true;
        if let Some(source) = cursor.source {
            self.source(source).usable.insert(partition);
        }
    }

    /// `cursor.use`: it goes into a request, or waits for its offset.
    pub(super) fn disallow(&mut self, partition: PartitionIx) {
        let Some(cursor) = self.cursors.get_mut(&partition) else { return };
        cursor.usable = false;
        if let Some(source) = cursor.source {
            self.source(source).usable.remove(&partition);
        }
    }

    /// It is read from this broker from now on.
    pub(super) fn read_from(&mut self, partition: PartitionIx, broker: Option<BrokerIx>) {
        let Some(cursor) = self.cursors.get_mut(&partition) else { return };
        let (usable, old) = (cursor.usable, std::mem::replace(&mut cursor.source, broker));
        if let Some(old) = old {
            self.source(old).usable.remove(&partition);
        }
        if usable {
            self.allow(partition);
        }
    }

    /// Every source that can puts a fetch together; true when one did.
    pub(super) fn fetch_all(&mut self, ctx: &Ctx<'_>, out: &mut Outbox) -> bool {
        let now = ctx.now;
        let ready = |s: &Source| match s.phase {
            Phase::Idle => !s.usable.is_empty(),
            Phase::BackingOff(until) => until <= now,
            Phase::Fetching(_) | Phase::Buffered(..) => false,
        };
        let ready: SmallVec<[BrokerIx; 8]> = self.sources.iter().filter(|(_, s)| ready(s)).map(|(b, _)| *b).collect();
        for broker in &ready {
            self.fetch(*broker, ctx, out);
        }
        !ready.is_empty()
    }

    fn fetch(&mut self, broker: BrokerIx, ctx: &Ctx<'_>, out: &mut Outbox) {
        self.source(broker).phase = Phase::Idle;
        self.send_back_to_leaders(broker, ctx.now);
        let usable: Vec<PartitionIx> = self.source(broker).usable.iter().copied().collect();
        let mut entries = Vec::new();
        for partition in usable {
            let Some(cursor) = self.cursors.get(&partition) else { continue };
            let Some(fetch_offset) = cursor.offset else { continue };
            let from_follower = cursor.leader != Some(broker);
            // It is numbered when it leaves.
            entries.push(ConsumerFetch { entry: 0, partition, fetch_offset, leader_epoch: Some(cursor.epoch), from_follower });
            self.disallow(partition);
        }
        if entries.is_empty() {
            return;
        }
        let key = self.fetches.insert(Fetch { source: broker, entries, written: false });
        self.source(broker).phase = Phase::Fetching(key);
        if self.core.knows(broker) {
            self.core.enqueue(Peer::Broker(broker), Job::Fetch(key));
        } else {
            self.fetch_failed(key, Failure::Refused, ctx, out);
        }
    }

    /// Cursors that read from a replica for long ask their leader again whom to read from.
    fn send_back_to_leaders(&mut self, broker: BrokerIx, now: Instant) {
        let interval = self.consuming.recheck;
        let usable = self.source(broker).usable.clone();
        for partition in usable {
            let Some(cursor) = self.cursors.get_mut(&partition).filter(|c| c.rechecks(now, interval)) else { continue };
            cursor.moved_at = Some(now);
            let leader = cursor.leader;
            self.read_from(partition, leader);
        }
    }

    /// Writes a fetch.
    pub(super) fn write_fetch(&mut self, channel: Channel, key: u32, now: Instant, out: &mut Outbox) {
        let client = self.core.kit.index;
        let Some(fetch) = self.fetches.get_mut(key) else { return };
        fetch.written = true;
        for asked in &mut fetch.entries {
            asked.entry = self.core.kit.new_entry();
            let (partition, entry) = (asked.partition, asked.entry);
            out.fact(Fact::EntrySent { client, broker: fetch.source, partition, entry, batch: None, attempt: 0 });
        }
        let (source, entries) = (fetch.source, fetch.entries.clone());
        let bytes = FETCH_BYTES + PARTITION_BYTES * entries.len() as u32;
        let request = Request::Fetch {
            only_leader: false,
            max_wait: self.core.settings.server_wait,
            min_bytes: self.consuming.min_bytes,
            max_bytes: self.consuming.max_bytes,
            partition_max_bytes: self.consuming.max_partition_bytes,
            isolation: self.consuming.isolation,
            session: self.source(source).session,
            rack: self.consuming.rack.clone(),
            entries,
        };
        let (timeout, purpose) = (self.core.awaited(channel, Job::Fetch(key)), Purpose::Job(Job::Fetch(key)));
        self.core.kit.ask(channel, purpose, request, bytes, timeout, now, out);
    }

    /// A fetch ended without an answer: its source backs off, and tries the same broker again.
    pub(super) fn fetch_failed(&mut self, key: u32, failure: Failure, ctx: &Ctx<'_>, out: &mut Outbox) {
        let Some(fetch) = self.fetches.remove(key) else { return };
        let how = match failure {
            Failure::Refused => Unreachable::Refused,
            Failure::Broken(how) => how,
        };
        self.tell_unreachable(&fetch, how, out);
        for entry in &fetch.entries {
            self.allow(entry.partition);
        }
        self.back_off(fetch.source, ctx, out);
    }

    pub(super) fn tell_unreachable(&self, fetch: &Fetch, how: Unreachable, out: &mut Outbox) {
        for &ConsumerFetch { entry, partition, .. } in fetch.entries.iter().filter(|_| fetch.written) {
            out.fact(Fact::EntryUnreachable { client: self.core.kit.index, broker: fetch.source, partition, entry, how });
        }
    }

    /// The pause of a source whose fetch brought nothing but errors, or no answer.
    fn back_off(&mut self, broker: BrokerIx, ctx: &Ctx<'_>, out: &mut Outbox) {
        self.core.trigger(false, ctx.now, out);
        let what = mix(SOURCE, ctx.spec.broker_key(broker).bits());
        let draw = self.core.draws.backoff.at(mix(what, self.core.kit.times(what)));
        let source = self.source(broker);
        source.session = FetchSession::New;
        source.failures += 1;
        source.phase = Phase::BackingOff(ctx.now + retry_backoff(source.failures, draw));
    }

    /// The answer to a fetch.
    pub(super) fn fetch_answered(
        &mut self,
        key: u32,
        (error, session): (ErrorCode, FetchSession),
        results: Vec<FetchResult>,
        ctx: &Ctx<'_>,
        out: &mut Outbox,
    ) {
        let Some(fetch) = self.fetches.remove(key) else { return };
        self.tell_returned(&fetch, error, &results, out);
        self.source(fetch.source).phase = Phase::Idle;
        if !error.is_none() {
            self.session_refused(&fetch, error);
            return;
        }
        let source = self.source(fetch.source);
        source.session = if source.session == FetchSession::None { FetchSession::None } else { session };
        let mut wishes = Wishes::default();
        let mut moves = Vec::new();
        let mut kept = Vec::new();
        for result in results {
            let Some(asked) = fetch.entries.iter().find(|e| e.entry == result.entry) else { continue };
            moves.extend(self.judge(fetch.source, asked.fetch_offset, &result, &mut wishes, ctx));
            if !result.records.is_empty() {
                kept.push(result);
            }
        }
        self.moves.append(&mut moves);
        wishes.moved.iter().for_each(|partition| self.allow(*partition));
        self.ask_for_update(&mut wishes, ctx, out);
        let gone = |p: &PartitionIx| wishes.loads.contains_key(p) || wishes.moved.contains(p);
        let used: Vec<PartitionIx> = fetch.entries.iter().map(|e| e.partition).filter(|p| !gone(p)).collect();
        if !kept.is_empty() {
            self.source(fetch.source).failures = 0;
            self.source(fetch.source).phase = Phase::Buffered(kept, used);
            return;
        }
        used.into_iter().for_each(|partition| self.allow(partition));
        if wishes.stripped == fetch.entries.len() {
            self.back_off(fetch.source, ctx, out);
        } else {
            self.source(fetch.source).failures = 0;
        }
    }

    /// Every entry of the request has come back; one that a session leaves out has no news.
    fn tell_returned(&self, fetch: &Fetch, whole: ErrorCode, results: &[FetchResult], out: &mut Outbox) {
        for &ConsumerFetch { entry, partition, .. } in &fetch.entries {
            let own = results.iter().find(|r| r.entry == entry).map_or(ErrorCode::None, |r| r.error);
            let error = if whole.is_none() { own } else { whole };
            out.fact(Fact::EntryReturned { client: self.core.kit.index, partition, entry, error });
        }
    }

    /// The broker does not know the fetch session, or is at another place in it: the next fetch opens one, at once.
    fn session_refused(&mut self, fetch: &Fetch, error: ErrorCode) {
        let source = self.source(fetch.source);
        // A broker that has none left to give is asked without.
        let none_left = error == ErrorCode::FetchSessionIdNotFound && source.session == FetchSession::New;
        source.session = if none_left { FetchSession::None } else { FetchSession::New };
        for entry in &fetch.entries {
            self.allow(entry.partition);
        }
    }

    /// One partition's result: what it asks for, and the move that its hint asks for.
    fn judge(&mut self, source: BrokerIx, asked: Offset, result: &FetchResult, wishes: &mut Wishes, ctx: &Ctx<'_>) -> Option<Move> {
        let partition = result.partition;
        if let Some(replica) = result.preferred_replica {
            self.prefer(partition, replica, wishes, ctx.now);
            return None;
        }
        if result.error.is_none() {
            return None;
        }
        if let Hinted::Moves(hint) = self.core.judge_hint(partition, result.error, result.hint, ctx) {
            wishes.stripped += 1;
            return Some(Move { partition, from: source, hint });
        }
        wishes.update = true;
        wishes.urgent |= !matches!(result.error, ErrorCode::UnknownTopicOrPartition | ErrorCode::UnknownTopicId);
        let cursor = self.cursors.get(&partition)?;
        let epoch_load = cursor.consumed.map(|epoch| Load::Epoch { offset: asked, epoch });
        match result.error {
            ErrorCode::OffsetOutOfRange if cursor.leader != Some(source) => {
                // A follower may be behind: the leader is asked whether the position still stands (KIP-392).
                wishes.loads.extend(epoch_load.map(|load| (partition, load)));
            }
            ErrorCode::OffsetOutOfRange => {
                // What was read before is not read again: the first record after the last one's time is in the model the end of the log.
                let earliest = self.consuming.reset_to_start && cursor.consumed.is_none();
                let spec = if earliest { OffsetSpec::Earliest } else { OffsetSpec::Latest };
                wishes.loads.insert(partition, Load::List(spec));
            }
            ErrorCode::FencedLeaderEpoch => {
                wishes.stripped += 1;
                wishes.loads.extend(epoch_load.map(|load| (partition, load)));
            }
            // Errors that are no use to retry are given to the application, which polls on.
            error => wishes.stripped += usize::from(error.is_retriable()),
        }
        None
    }

    /// `cursorOffsetPreferred.move`: it is read from another replica, if that is known.
    fn prefer(&mut self, partition: PartitionIx, replica: BrokerIx, wishes: &mut Wishes, now: Instant) {
        wishes.moved.push(partition);
        if !self.core.knows(replica) {
            (wishes.update, wishes.urgent) = (true, true);
            return;
        }
        self.read_from(partition, Some(replica));
        if let Some(cursor) = self.cursors.get_mut(&partition) {
            cursor.moved_at = Some(now);
        }
    }

    fn ask_for_update(&mut self, wishes: &mut Wishes, ctx: &Ctx<'_>, out: &mut Outbox) {
        if !wishes.update {
            return;
        }
        if !wishes.loads.is_empty() {
            self.load(wishes.loads.clone(), true, ctx, out);
        } else if wishes.urgent {
            self.core.trigger_now(out);
        } else {
            self.core.trigger(false, ctx.now, out);
        }
    }

    /// The application polls: it is given everything that waits (`PollFetches`). True when there was something.
    pub(super) fn poll(&mut self, ctx: &Ctx<'_>, out: &mut Outbox) -> bool {
        let mut gave = false;
        while !self.reader.is_busy() {
            let waiting: SmallVec<[BrokerIx; 8]> =
                self.sources.iter().filter(|(_, s)| matches!(s.phase, Phase::Buffered(..))).map(|(b, _)| *b).collect();
            if waiting.is_empty() {
                break;
            }
            gave = true;
            for broker in waiting {
                self.take_buffered(broker, ctx, out);
            }
            self.reader.finish(ctx.now, out);
        }
        if gave {
            self.reader.arm(consumption(ctx.spec, self.core.kit.index), ctx.now, out);
        }
        gave
    }

    fn take_buffered(&mut self, broker: BrokerIx, ctx: &Ctx<'_>, out: &mut Outbox) {
        let Phase::Buffered(results, used) = std::mem::replace(&mut self.source(broker).phase, Phase::Idle) else { return };
        let consumption = consumption(ctx.spec, self.core.kit.index);
        for result in results {
            let partition = result.partition;
            let Some(cursor) = self.cursors.get_mut(&partition) else { continue };
            for run in &result.records {
                // A batch may begin below the offset asked for.
                let base = run.base.max(cursor.offset.unwrap_or(run.base));
                if run.end <= base {
                    continue;
                }
                out.fact(Fact::Delivered { client: self.core.kit.index, partition, batch: run.batch, base, end: run.end });
                self.reader.give(partition, base, run.end, consumption, ctx);
                (cursor.offset, cursor.consumed) = (Some(run.end), Some(run.leader_epoch));
            }
        }
        used.into_iter().for_each(|partition| self.allow(partition));
    }

    /// When some source goes on by itself.
    pub(super) fn sources_at(&self) -> Instant {
        self.sources.values().map(Source::next_at).min().unwrap_or(Instant::MAX)
    }
}
