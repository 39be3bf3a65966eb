//! The consumer as a whole: its state, and what every input to it leads to. Fetching goes on beside the application, which polls.

use super::core::{Core, Failure, Merge};
use super::cursors::Cursor;
use super::loads::{Asked, Load, Loading, Loads};
use super::metadata::Ended;
use super::producer::Move;
use super::reader::Reader;
use super::settings::{Consuming, Settings};
use super::sources::{Fetch, Source};
use super::{Draws, Job};
use crate::engine::{Chance, Instant, Slab};
use crate::kafka::{BrokerIx, ClientIx, LeaderEpoch, MetadataOffset, Offset, PartitionIx, TopicIx};
use crate::model::client::Machine;
use crate::model::client::cache::Reference;
use crate::model::client::kit::reference;
use crate::model::message::{OffsetSpec, Response, Topics};
use crate::model::spec::{Consumption, RECORDS_BEFORE, Role};
use crate::model::{Channel, Ctx, History, Outbox, Spec, TimerKind};
use crate::observe::Fact;
use crate::observe::fact::{Position, RecordId, Unreachable};
use std::collections::BTreeMap;

/// One consumer process with its application. Its partitions are assigned to it by hand.
#[derive(Clone, Debug)]
pub(in crate::model::client) struct Consumer {
    pub(super) core: Core,
    pub(super) consuming: Consuming,
    pub(super) reader: Reader,
    pub(super) cursors: BTreeMap<PartitionIx, Cursor>,
    pub(super) sources: BTreeMap<BrokerIx, Source>,
    pub(super) fetches: Slab<Fetch>,
    pub(super) loading: Loading,
    pub(super) asked: Slab<Asked>,
    /// Moves that wait for a metadata update to end (`blockingMetadataFn`).
    pub(super) moves: Vec<Move>,
}

/// What the consumer reads.
pub(super) fn consumption(spec: &Spec, client: ClientIx) -> &Consumption {
    match &spec.clients[client.index()].role {
        Role::Consumer(consumption) => consumption,
        Role::Producer(_) => unreachable!("a consumer has topics to read"),
    }
}

impl Consumer {
    /// A client of the specification that does not run yet.
    pub(in crate::model::client) fn new(index: ClientIx, spec: &Spec, chance: Chance) -> Self {
        let (settings, consuming) = Settings::of_consumer(&spec.clients[index.index()]);
        Consumer {
            core: Core::new(index, settings, Draws::of(chance)),
            consuming,
            reader: Reader::new(index, chance),
            cursors: BTreeMap::new(),
            sources: BTreeMap::new(),
            fetches: Slab::default(),
            loading: Loading::default(),
            asked: Slab::default(),
            moves: Vec::new(),
        }
    }

    fn forget(&mut self) {
        self.core.reset();
        self.reader.crash();
        self.cursors.clear();
        self.sources.clear();
        self.fetches = Slab::default();
        self.loading = Loading::default();
        self.asked = Slab::default();
        self.moves.clear();
    }

    /// The application closes the client.
    fn close(&mut self, out: &mut Outbox) {
        for channel in self.core.kit.connections.open() {
            out.close(channel);
        }
        self.forget();
    }

    fn is_over(&self, ctx: &Ctx<'_>) -> bool {
        consumption(ctx.spec, self.core.kit.index).stop.is_some_and(|stop| Instant::ZERO + stop <= ctx.now)
    }

    /// The client is made: it asks for its topics (`consumer.init`).
    fn begin(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.core.start(ctx.now);
        for &topic in &consumption(ctx.spec, self.core.kit.index).topics {
            self.core.kit.cache.add(topic, Instant::MAX);
        }
        self.core.trigger(true, ctx.now, out);
    }

    /// Everything that can go on goes on; then the timer is armed for what comes next.
    fn pass(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if !self.core.kit.up {
            return;
        }
        loop {
            let mut progress = self.core.update(ctx);
            progress |= self.core.call_again(ctx);
            progress |= self.run_moves(ctx, out);
            progress |= self.load_again(ctx, out);
            progress |= self.poll(ctx, out);
            progress |= self.fetch_all(ctx, out);
            progress |= self.write_all(ctx, out);
            if !progress {
                break;
            }
        }
        let at = self.core.next_at(ctx.now).min(self.loading.next_at()).min(self.sources_at());
        self.core.kit.arm(at, out);
    }

    fn write_all(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) -> bool {
        let mut wrote = false;
        while let Some((channel, job)) = self.core.next_write(ctx, out) {
            wrote = true;
            match job {
                Job::Metadata => self.core.write_metadata(channel, ctx.now, out),
                Job::Fetch(key) => self.write_fetch(channel, key, ctx.now, out),
                Job::ListOffsets(key) | Job::Epochs(key) => self.write_asked(channel, job, key, ctx.now, out),
                Job::InitProducerId | Job::Produce(_) => unreachable!("a consumer writes nothing"),
            }
        }
        wrote
    }

    fn failed(&mut self, failures: Vec<(Job, Failure)>, ctx: &Ctx<'_>, out: &mut Outbox) {
        for (job, failure) in failures {
            match job {
                Job::Fetch(key) => self.fetch_failed(key, failure, ctx, out),
                Job::ListOffsets(key) | Job::Epochs(key) => self.asked_failed(key, ctx.now),
                Job::Metadata => {
                    if self.core.call_failed(job, ctx.now) {
                        self.core.ended(Ended::Failed, ctx.now, out);
                    }
                }
                Job::InitProducerId | Job::Produce(_) => unreachable!("a consumer writes nothing"),
            }
        }
    }

    // Sessions: any change of a leader or epoch stops all that is under way.

    /// `stopSession`: every fetch and question in flight is cancelled, which ends its connection; what was not polled is dropped; fetch
    /// sessions are forgotten. Gives the questions, which the next session asks anew.
    fn stop_session(&mut self, ctx: &Ctx<'_>, out: &mut Outbox) -> Loads {
        let loads = self.loading.take();
        let mut broken = Vec::new();
        for (key, asked) in std::mem::take(&mut self.asked).iter() {
            let epochs = asked.loads.values().any(|l| matches!(l, Load::Epoch { .. }));
            let job = if epochs { Job::Epochs(key) } else { Job::ListOffsets(key) };
            broken.extend(self.core.cancel(asked.peer, job, ctx.now, out));
        }
        for (key, fetch) in std::mem::take(&mut self.fetches).iter() {
            broken.extend(self.core.cancel(super::Peer::Broker(fetch.source), Job::Fetch(key), ctx.now, out));
            self.tell_unreachable(fetch, Unreachable::Reset, out);
        }
        for source in self.sources.values_mut() {
            source.stop();
        }
        self.failed(broken, ctx, out);
        let idle: Vec<PartitionIx> = self.cursors.keys().copied().filter(|p| !loads.contains_key(p)).collect();
        idle.into_iter().for_each(|partition| self.allow(partition));
        loads
    }

    /// `migrateCursorTo`: it is read from another leader, once that has said that the position still stands.
    fn migrate(&mut self, partition: PartitionIx, loads: &mut Loads, ctx: &Ctx<'_>) {
        let (leader, epoch) = self.core.kit.cache.belief(partition, reference(ctx));
        let Some(cursor) = self.cursors.get_mut(&partition) else { return };
        (cursor.leader, cursor.epoch) = (leader.or(cursor.leader), epoch);
        let (offset, consumed, leader) = (cursor.offset, cursor.consumed, cursor.leader);
        self.read_from(partition, leader);
        if let (Some(offset), Some(epoch)) = (offset, consumed) {
            self.disallow(partition);
            loads.entry(partition).or_insert(Load::Epoch { offset, epoch });
        }
    }

    /// Applies the moves of hints, unless a metadata update is under way.
    fn run_moves(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) -> bool {
        if self.moves.is_empty() || !self.core.metadata.runs_functions() {
            return false;
        }
        let mut stopped: Option<Loads> = None;
        for Move { partition, from, hint } in std::mem::take(&mut self.moves) {
            self.core.learn(hint.leader, ctx.spec);
            if !self.core.kit.cache.take_hint(from, partition, hint, reference(ctx), out) {
                continue;
            }
            let mut loads = stopped.take().unwrap_or_else(|| self.stop_session(ctx, out));
            self.migrate(partition, &mut loads, ctx);
            stopped = Some(loads);
        }
        if let Some(loads) = stopped {
            self.load(loads, false, ctx, out);
        }
        true
    }

    fn metadata_answered(&mut self, broker: BrokerIx, offset: MetadataOffset, topics: &Topics, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let merged = self.core.merge(broker, offset, topics, ctx, out);
        let wrong = |m: &(PartitionIx, Merge)| matches!(m.1, Merge::LoadError(_) | Merge::Rewind);
        let ended = if merged.iter().any(wrong) { Ended::InnerErrors } else { Ended::Well };
        let moved: Vec<PartitionIx> =
            merged.into_iter().filter(|m| m.1 == Merge::Moved).map(|m| m.0).filter(|p| self.has_moved(*p, ctx)).collect();
        let mut stopped = None;
        if !moved.is_empty() {
            let mut loads = self.stop_session(ctx, out);
            moved.into_iter().for_each(|partition| self.migrate(partition, &mut loads, ctx));
            stopped = Some(loads);
        }
        let failed = self.core.stop_unlisted(offset, ctx, out);
        self.failed(failed, ctx, out);
        if self.core.ended(ended, ctx.now, out) {
            self.assign_new(ctx, out);
            self.ask_for_waiting();
        }
        if let Some(loads) = stopped {
            self.load(loads, false, ctx, out);
        }
    }

    /// Whether a partition that is read has another leader, or its leader another epoch.
    fn has_moved(&self, partition: PartitionIx, ctx: &Ctx<'_>) -> bool {
        let (leader, epoch) = self.core.kit.cache.belief(partition, reference(ctx));
        self.cursors.get(&partition).is_some_and(|c| leader.is_some() && (leader, epoch) != (c.leader, c.epoch))
    }

    /// `findNewAssignments`: partitions that are not read yet are asked where to begin.
    fn assign_new(&mut self, ctx: &Ctx<'_>, out: &mut Outbox) {
        let consumption = consumption(ctx.spec, self.core.kit.index);
        let spec = if consumption.from_beginning { OffsetSpec::Earliest } else { OffsetSpec::Latest };
        let mut loads = Loads::new();
        for topic in &consumption.topics {
            let Some(count) = self.core.kit.cache.partition_count(*topic, ctx.history) else { continue };
            for &partition in ctx.spec.topics[topic.index()].partitions.iter().take(count) {
                if self.cursors.contains_key(&partition) {
                    continue;
                }
                let (leader, epoch) = self.core.kit.cache.belief(partition, reference(ctx));
                self.cursors.insert(partition, Cursor::new(leader, epoch));
                loads.insert(partition, Load::List(spec));
            }
        }
        self.load(loads, false, ctx, out);
    }
}

impl Machine for Consumer {
    fn start(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.forget();
        let consumption = consumption(ctx.spec, self.core.kit.index);
        if self.is_over(ctx) {
            return;
        }
        self.reader.wait_for(consumption.start, ctx.now);
        self.reader.arm(consumption, ctx.now, out);
        if !self.reader.is_early() {
            self.begin(ctx, out);
            self.pass(ctx, out);
        }
    }

    /// It has read all that there is. One that begins later starts cold then.
    fn start_warm(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let consumption = consumption(ctx.spec, self.core.kit.index);
        if !consumption.start.is_zero() {
            return self.start(ctx, out);
        }
        self.forget();
        self.core.start_warm(&consumption.topics, ctx, out);
        self.reader.arm(consumption, ctx.now, out);
        let partitions: Vec<PartitionIx> = consumption
            .topics
            .iter()
            .filter_map(|t| ctx.history.topic(*t, ctx.history.last()))
            .flat_map(|r| r.partitions.iter().copied())
            .collect();
        for partition in partitions {
            let (leader, epoch) = self.core.kit.cache.belief(partition, reference(ctx));
            let to = if consumption.from_beginning { Offset(0) } else { RECORDS_BEFORE };
            let consumed = (!consumption.from_beginning).then_some(epoch);
            let cursor = Cursor { offset: Some(to), consumed, ..Cursor::new(leader, epoch) };
            self.cursors.insert(partition, cursor);
            out.fact(Fact::PositionSet { client: self.core.kit.index, partition, from: None, to, why: Position::Begun });
            self.allow(partition);
        }
        self.pass(ctx, out);
    }

    fn crash(&mut self) {
        self.forget();
    }

    fn retune(&mut self, spec: &Spec) {
        let (settings, consuming) = Settings::of_consumer(&spec.clients[self.core.kit.index.index()]);
        self.consuming = consuming;
        self.core.retune(settings);
    }

    fn timer(&mut self, kind: TimerKind, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if kind == TimerKind::Workload {
            if self.is_over(ctx) {
                return self.close(out);
            }
            if self.reader.begins(ctx.now) {
                self.begin(ctx, out);
            }
            self.reader.finish(ctx.now, out);
            self.reader.arm(consumption(ctx.spec, self.core.kit.index), ctx.now, out);
        } else {
            self.core.kit.woken();
            let failed = self.core.close_overdue(ctx.now, out);
            self.failed(failed, ctx, out);
        }
        self.pass(ctx, out);
    }

    fn connected(&mut self, channel: Channel, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        match self.core.refuse_stopped(channel, ctx.now, out) {
            Some(failed) => self.failed(failed, ctx, out),
            None => self.core.greet(channel, ctx, out),
        }
        self.pass(ctx, out);
    }

    fn disconnected(&mut self, channel: Channel, how: Unreachable, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let failed = self.core.lose(channel, how, ctx.now, out);
        self.failed(failed, ctx, out);
        self.pass(ctx, out);
    }

    fn response(&mut self, channel: Channel, correlation: u32, response: Response, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        match (self.core.answered(channel, correlation, ctx, out), response) {
            (None, _) => {}
            (Some(Job::Metadata), Response::Metadata { broker, offset, topics }) => {
                self.metadata_answered(broker, offset, &topics, ctx, out);
            }
            (Some(Job::Fetch(key)), Response::Fetch { error, session, results, .. }) => {
                self.fetch_answered(key, (error, session), results, ctx, out);
            }
            (Some(Job::ListOffsets(key)), Response::ListOffsets { answers }) => self.offsets_listed(key, &answers, ctx, out),
            (Some(Job::Epochs(key)), Response::OffsetsForLeaderEpoch { answers }) => self.epochs_ended(key, &answers, ctx, out),
            (job, response) => panic!("{response:?} answers no request of kind {job:?}"),
        }
        self.pass(ctx, out);
    }

    fn believes(&self, partition: PartitionIx, history: &History, spec: &Spec) -> (Option<BrokerIx>, LeaderEpoch) {
        self.core.kit.cache.belief(partition, Reference { history, spec })
    }

    fn send(&mut self, _: TopicIx, _: Option<PartitionIx>, _: u32, _: &mut Ctx<'_>, _: &mut Outbox) -> Option<RecordId> {
        None
    }
}
