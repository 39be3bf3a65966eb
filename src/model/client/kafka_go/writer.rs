//! The Writer: an application that calls `WriteMessages` for one record at a time, each from a goroutine of its own.

use super::Purpose;
use super::attempts::PartitionWriter;
use super::poll::Poll;
use super::pool::{Grabbed, Group};
use super::settings::WriterSettings;
use crate::engine::{Chance, Instant, Stream};
use crate::kafka::{BrokerIx, ClientIx, ErrorCode, LeaderEpoch, PartitionIx, TopicIx};
use crate::model::client::Machine;
use crate::model::client::application::{Application, Done, assigned};
use crate::model::client::cache::{Cache, Reference};
use crate::model::client::connections::{Connections, State};
use crate::model::client::kit::{Batch, Kit, reference};
use crate::model::message::Response;
use crate::model::spec::Workload;
use crate::model::{Channel, Ctx, History, Outbox, Spec, TimerKind};
use crate::observe::fact::{RecordId, Unreachable};
use std::collections::{BTreeMap, VecDeque};

/// One Writer with its Transport and its application.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    pub kit: Kit<Purpose>,
    pub settings: WriterSettings,
    pub draws: Draws,
    pub poll: Poll,
    /// The connections to each broker (`connPool.conns`).
    pub groups: BTreeMap<BrokerIx, Group>,
    pub partitions: BTreeMap<PartitionIx, PartitionWriter>,
    pub application: Application,
    /// The first poll has ended, well or not (`connPool.ready`).
    ready: bool,
    /// Records that wait for that, in order.
    waiting: VecDeque<Record>,
    /// Records without a partition of their own go round all partitions (`RoundRobin`): where each topic's round is.
    rounds: BTreeMap<TopicIx, u64>,
}

/// A record on its way into a batch.
#[derive(Clone, Copy, Debug)]
struct Record {
    id: RecordId,
    topic: TopicIx,
    partition: PartitionIx,
    bytes: u32,
    created_at: Instant,
}

/// The client's streams of chance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draws {
    pub poll: Stream,
    pub shuffle: Stream,
    pub age: Stream,
    connect: Stream,
    partition: Stream,
}

fn workload(spec: &Spec, client: ClientIx) -> &Workload {
    spec.clients[client.index()].workload().expect("a producer has a workload")
}

impl Writer {
    /// A client of the specification that does not run yet.
    pub(super) fn new(index: ClientIx, spec: &Spec, chance: Chance) -> Self {
        let stream = |purpose| chance.stream(purpose);
        let draws = Draws {
            poll: stream("client metadata poll"),
            shuffle: stream("client node order"),
            age: stream("client metadata age"),
            connect: stream("client reconnect pause"),
            partition: stream("client partition"),
        };
        let settings = WriterSettings::new(&spec.clients[index.index()]);
        let connections = Connections::new(settings.connections, draws.connect);
        Writer {
            kit: Kit::new(index, connections, Cache::new(index, settings.cache)),
            settings,
            draws,
            poll: Poll::starting(Instant::MAX),
            groups: BTreeMap::new(),
            partitions: BTreeMap::new(),
            application: Application::new(index, workload(spec, index), stream("client arrivals")),
            ready: false,
            waiting: VecDeque::new(),
            rounds: BTreeMap::new(),
        }
    }

    /// What it writes to.
    pub(super) fn topics<'a>(&self, ctx: &'a Ctx<'_>) -> &'a [TopicIx] {
        &workload(ctx.spec, self.kit.index).topics
    }

    /// A call of `WriteMessages`: it waits for the first metadata, and needs the topic in it (`Writer.partitions`).
    fn take_record(&mut self, topic: TopicIx, partition: PartitionIx, bytes: u32, ctx: &mut Ctx<'_>, out: &mut Outbox) -> RecordId {
        let id = self.kit.new_record(partition, out);
        let record = Record { id, topic, partition, bytes, created_at: ctx.now };
        if self.ready {
            self.add(record, ctx, out);
        } else {
            self.waiting.push_back(record);
        }
        id
    }

    fn add(&mut self, record: Record, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if self.kit.cache.partition_count(record.topic, ctx.history).is_none() {
            self.refuse(record, ErrorCode::UnknownTopicOrPartition, out);
            return;
        }
        let (most, most_bytes) = (self.settings.batch_size, self.settings.batch_bytes);
        let due = ctx.now + self.settings.batch_timeout;
        let current = self.partitions.get(&record.partition).and_then(|w| w.current.as_ref());
        if current.is_some_and(|(batch, _)| batch.bytes.saturating_add(record.bytes) > most_bytes) {
            self.enqueue(record.partition, ctx, out);
        }
        let writer = self.partitions.entry(record.partition).or_default();
        let (batch, _) = writer.current.get_or_insert_with(|| (Batch::new(record.partition, ctx), due));
        batch.push(record.id, record.created_at, record.bytes);
        if batch.records.len() >= most || batch.bytes >= most_bytes {
            self.enqueue(record.partition, ctx, out);
        }
    }

    fn refuse(&mut self, record: Record, error: ErrorCode, out: &mut Outbox) {
        let Record { id, partition, created_at, .. } = record;
        self.application.told(Done { record: id, partition, batch: None, created_at, error }, out);
    }

    /// The first poll has ended: records that waited for it are taken, or fail with it.
    pub(super) fn set_ready(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.ready = true;
        while let Some(record) = self.waiting.pop_front() {
            self.add(record, ctx, out);
        }
    }

    fn refuse_late(&mut self, now: Instant, out: &mut Outbox) {
        while let Some(record) = self.waiting.front().copied()
            && record.created_at + self.settings.first_metadata <= now
        {
            self.waiting.pop_front();
            self.refuse(record, ErrorCode::RequestTimedOut, out);
        }
    }

    fn run_application(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let index = self.kit.index;
        while let Some(handover) = self.application.next(ctx.now, workload(ctx.spec, index)) {
            let partitions = self.kit.partitions(handover.topic, ctx);
            let partitioning = workload(ctx.spec, index).partitioning;
            let chosen = assigned(partitioning, &handover, partitions.len(), self.draws.partition);
            let partition = chosen.and_then(|i| partitions.get(i).copied());
            let partition = partition.unwrap_or_else(|| self.next_partition(handover.topic, ctx));
            let record = self.take_record(handover.topic, partition, handover.bytes, ctx, out);
            self.application.handed(record, &handover, out);
        }
        self.application.arm(out);
    }

    /// `RoundRobin.Balance`: all partitions, led or not.
    fn next_partition(&mut self, topic: TopicIx, ctx: &Ctx<'_>) -> PartitionIx {
        let all = self.kit.partitions(topic, ctx);
        let turn = self.rounds.entry(topic).or_default();
        let partition = all.get((*turn % all.len().max(1) as u64) as usize).copied().unwrap_or_default();
        *turn += 1;
        partition
    }

    /// Time-outs and pauses that are over.
    fn look(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        while let Some((channel, _)) = self.kit.connections.overdue(ctx.now) {
            out.close(channel);
            self.lose(channel, Unreachable::TimedOut, ctx, out);
        }
        self.close_idle(ctx.now, out);
        self.look_at_poll(ctx, out);
        self.refuse_late(ctx.now, out);
        let due: Vec<PartitionIx> = self.partitions.iter().filter(|(_, w)| w.wake_at() <= ctx.now).map(|(p, _)| *p).collect();
        for partition in due {
            self.look_at_partition(partition, ctx, out);
        }
    }

    /// A connection or an attempt is over.
    fn lose(&mut self, channel: Channel, how: Unreachable, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if matches!(channel, Channel::Lane(..)) {
            if let Some(partition) = self.lane_lost(channel, how, ctx.now, out) {
                self.unanswered(partition, how, ctx, out);
            }
        } else {
            let tcp_was_up = self.kit.connections.get(channel).is_some_and(|c| c.state != State::Connecting);
            self.control_lost(channel, how, tcp_was_up, ctx, out);
        }
    }

    /// A new connection knows its broker's versions.
    fn opened(&mut self, channel: Channel, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.kit.ready(channel, ctx.now, out);
        if !matches!(channel, Channel::Lane(..)) {
            return self.control_ready(channel, ctx, out);
        }
        match self.holder(channel) {
            Some(partition) => self.write(channel, partition, ctx, out),
            None => self.release(channel, ctx.now, out),
        }
    }

    fn arm(&mut self, out: &mut Outbox) {
        let partitions = self.partitions.values().map(PartitionWriter::wake_at).min().unwrap_or(Instant::MAX);
        let waiting = self.waiting.front().map_or(Instant::MAX, |r| r.created_at + self.settings.first_metadata);
        let at = partitions.min(waiting).min(self.idle_until()).min(self.poll.wake_at()).min(self.kit.connections.check_at());
        self.kit.arm(at, out);
    }
}

impl Machine for Writer {
    /// The process starts: the Transport polls from the first use on, which follows at once.
    fn start(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.crash();
        self.kit.up = true;
        self.poll = Poll::starting(ctx.now);
        self.application.skip_to(ctx.now, workload(ctx.spec, self.kit.index));
        self.application.arm(out);
        self.look(ctx, out);
        self.arm(out);
    }

    fn start_warm(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.crash();
        self.kit.up = true;
        self.ready = true;
        self.poll = Poll::starting(ctx.now + self.residual_pause());
        let topics = self.topics(ctx);
        self.kit.cache.warm(topics, ctx.history.last(), Instant::MAX, reference(ctx), out);
        for leader in self.kit.leaders(topics, ctx) {
            let (Grabbed::Ready(_) | Grabbed::Opening | Grabbed::Dead) = self.grab(leader, None, ctx, out);
        }
        self.application.arm(out);
        self.arm(out);
    }

    fn crash(&mut self) {
        self.kit.reset(Connections::new(self.settings.connections, self.draws.connect), Cache::new(self.kit.index, self.settings.cache));
        self.poll = Poll::starting(Instant::MAX);
        self.groups.clear();
        self.partitions.clear();
        self.ready = false;
        self.waiting.clear();
        self.rounds.clear();
    }

    fn retune(&mut self, spec: &Spec) {
        self.settings = WriterSettings::new(&spec.clients[self.kit.index.index()]);
        self.kit.connections.retune(self.settings.connections);
    }

    fn timer(&mut self, kind: TimerKind, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if !self.kit.up {
            return;
        }
        if kind == TimerKind::Workload {
            self.run_application(ctx, out);
        } else {
            self.kit.woken();
            self.look(ctx, out);
        }
        self.arm(out);
    }

    fn connected(&mut self, channel: Channel, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.greet(channel, ctx.now, out);
        self.arm(out);
    }

    fn disconnected(&mut self, channel: Channel, how: Unreachable, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.lose(channel, how, ctx, out);
        self.arm(out);
    }

    fn response(&mut self, channel: Channel, correlation: u32, response: Response, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(purpose) = self.kit.connections.answered(channel, correlation, ctx.now) else { return };
        match (purpose, response) {
            (Purpose::ApiVersions, Response::ApiVersions) => self.opened(channel, ctx, out),
            (Purpose::Metadata, Response::Metadata { broker, offset, topics }) => {
                self.poll_answered(channel, broker, offset, &topics, ctx, out);
            }
            (Purpose::Produce(partition), Response::Produce { results, .. }) => {
                self.release(channel, ctx.now, out);
                let error = results.first().map(|r| r.error).expect("an answer to every entry");
                self.answered(partition, error, ctx, out);
            }
            (purpose, response) => panic!("{response:?} answers no request of kind {purpose:?}"),
        }
        self.arm(out);
    }

    fn believes(&self, partition: PartitionIx, history: &History, spec: &Spec) -> (Option<BrokerIx>, LeaderEpoch) {
        self.kit.cache.belief(partition, Reference { history, spec })
    }

    fn send(
        &mut self,
        topic: TopicIx,
        partition: Option<PartitionIx>,
        bytes: u32,
        ctx: &mut Ctx<'_>,
        out: &mut Outbox,
    ) -> Option<RecordId> {
        let partition = partition.unwrap_or_else(|| self.next_partition(topic, ctx));
        let record = self.take_record(topic, partition, bytes, ctx, out);
        self.arm(out);
        Some(record)
    }
}
