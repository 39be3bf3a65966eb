//! The Java producer: `refresh` is when it asks for metadata anew, `network` its NetworkClient, `accumulator` its batches, `sender` one
//! turn of its Sender thread.

mod accumulator;
mod append;
mod batch;
mod idempotence;
mod network;
mod policies;
mod refresh;
mod results;
mod sender;
mod settings;
#[cfg(test)]
mod tests;

pub(super) use self::policies::Policies;

use self::accumulator::Accumulator;
use self::append::{Handed, Sticky};
use self::batch::Blocked;
use self::idempotence::{Id, Identity};
use self::refresh::Refresh;
use self::sender::Candidate;
use self::settings::Settings;
use super::Machine;
use super::application::Application;
use super::cache::{Cache, Reference};
use super::connections::Connections;
use crate::engine::{Chance, Instant, Stream, mix};
use crate::kafka::{BrokerIx, ClientIx, LeaderEpoch, PartitionIx, TopicIx};
use crate::model::History;
use crate::model::message::Response;
use crate::model::spec::{Role, Workload};
use crate::model::{Channel, Ctx, Outbox, Spec, TimerKind};
use crate::observe::Fact;
use crate::observe::fact::{EntryId, RecordId, Unreachable};
use smallvec::SmallVec;
use std::collections::{BTreeMap, VecDeque};

/// What requests are for, in the addresses of their delays.
const PRODUCE: u64 = 1;
const METADATA: u64 = 2;
const API_VERSIONS: u64 = 3;
const INIT_PRODUCER_ID: u64 = 4;

/// What a request in flight is for.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Purpose {
    ApiVersions,
    Metadata,
    InitProducerId,
    /// Produce, with these batches.
    Produce(SmallVec<[u32; 4]>),
}

/// One producer process with its application.
#[derive(Clone, Debug)]
pub(super) struct Producer {
    index: ClientIx,
    settings: Settings,
    draws: Draws,
    /// Whether the process runs.
    up: bool,
    cache: Cache,
    refresh: Refresh,
    connections: Connections<Purpose>,
    accumulator: Accumulator,
    /// Present when the producer is idempotent.
    producer: Option<Identity>,
    /// Records whose `send()` has not returned, in order.
    blocked: VecDeque<Blocked>,
    /// The first of them waits for memory: every batch is sent as it is (`BufferPool.queued`).
    out_of_memory: bool,
    sticky: BTreeMap<TopicIx, Sticky>,
    /// Where the walk over each node's partitions goes on (`nodesDrainIndex`).
    drain_from: BTreeMap<BrokerIx, PartitionIx>,
    candidates: Vec<Candidate>,
    /// The last turn found a ready node and nothing to drain: the thread polls without waiting.
    spinning: bool,
    /// The earliest moment at which a turn could do something, as the last turn saw it.
    wake: Instant,
    armed: Option<Instant>,
    application: Application,
    // What outlives the process, so that numbers and addresses stay unique in a run.
    next_record: RecordId,
    entries: u64,
    asked: u64,
    /// The producer epoch of the next life: each has an id of its own in Kafka, which one epoch higher stands for here.
    next_epoch: u16,
}

/// The client's streams of chance.
#[derive(Clone, Copy, Debug)]
struct Draws {
    refresh: Stream,
    backoff: Stream,
    connect: Stream,
    shuffle: Stream,
    pick: Stream,
    partition: Stream,
    age: Stream,
}

/// What the producer writes.
fn workload(spec: &Spec, client: ClientIx) -> &Workload {
    match &spec.clients[client.index()].role {
        Role::Producer(workload) => workload,
        Role::Consumer(_) => unreachable!("a producer has a workload"),
    }
}

fn reference<'a>(ctx: &'a Ctx<'_>) -> Reference<'a> {
    Reference { history: ctx.history, spec: ctx.spec }
}

impl Producer {
    /// A client of the specification that does not run yet.
    pub fn new(index: ClientIx, spec: &Spec, chance: Chance) -> Self {
        let client = &spec.clients[index.index()];
        let stream = |purpose| chance.stream(purpose, u64::from(index.0));
        let draws = Draws {
            refresh: stream("client refresh pause"),
            backoff: stream("client retry pause"),
            connect: stream("client reconnect pause"),
            shuffle: stream("client node order"),
            pick: stream("client least loaded node"),
            partition: stream("client partition"),
            age: stream("client metadata age"),
        };
        let settings = Settings::new(client);
        Producer {
            index,
            draws,
            up: false,
            cache: Cache::new(index, settings.cache),
            refresh: Refresh::new(index),
            connections: Connections::new(settings.connections, draws.connect),
            settings,
            accumulator: Accumulator::new(),
            producer: None,
            blocked: VecDeque::new(),
            out_of_memory: false,
            sticky: BTreeMap::new(),
            drain_from: BTreeMap::new(),
            candidates: Vec::new(),
            spinning: false,
            wake: Instant::MAX,
            armed: None,
            application: Application::new(index, workload(spec, index), stream("client arrivals")),
            next_record: 0,
            entries: 0,
            asked: 0,
            next_epoch: 0,
        }
    }

    fn new_producer(&self, id: Id) -> Option<Identity> {
        self.settings.idempotent.then(|| Identity::new(id, self.next_epoch))
    }

    fn leaders(&self, topics: &[TopicIx], ctx: &Ctx<'_>) -> Vec<BrokerIx> {
        let partitions = topics.iter().flat_map(|t| ctx.spec.topics[t.index()].partitions.iter());
        let mut leaders: Vec<_> = partitions.filter_map(|p| self.cache.belief(*p, reference(ctx)).0).collect();
        leaders.sort_unstable();
        leaders.dedup();
        leaders
    }

    fn connection_ready(&mut self, channel: Channel, now: Instant, out: &mut Outbox) {
        self.connections.ready(channel, now);
        if let Some(connection) = self.connections.get(channel) {
            out.fact(Fact::ConnectionReady { client: self.index, broker: connection.broker });
        }
    }

    fn next_entry(&mut self) -> EntryId {
        self.entries += 1;
        (u64::from(self.index.0) << 40) | (self.entries - 1)
    }

    fn address(&self, purpose: u64, what: u64) -> u64 {
        mix(mix(u64::from(self.index.0), purpose), what)
    }
}

impl Machine for Producer {
    /// The process starts: it knows its bootstrap servers and asks for the brokers at once (`KafkaProducer` constructor).
    fn start(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.crash();
        self.up = true;
        self.producer = self.new_producer(Id::Needed { target: None, not_before: Instant::ZERO });
        let workload = workload(ctx.spec, self.index);
        self.application.skip_to(ctx.now, workload);
        self.application.arm(out);
        self.pass(ctx, out);
    }

    /// The process has been running for long: it knows its topics as they are, has its producer id, its metadata is of any age,
    /// and it opens the connections to the leaders of its partitions at this moment.
    fn start_warm(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.crash();
        self.up = true;
        self.producer = self.new_producer(Id::Known);
        let topics = &workload(ctx.spec, self.index).topics;
        let age_left = self.settings.metadata_max_age.scale(self.draws.age.at(0).unit());
        self.refresh = Refresh::warm(self.index, ctx.now + age_left);
        let expires_at = ctx.now + self.settings.metadata_max_idle;
        self.cache.warm(topics, ctx.history.last(), expires_at, reference(ctx), out);
        for leader in self.leaders(topics, ctx) {
            self.connect(Channel::Broker(leader), leader, ctx, out);
        }
        self.application.arm(out);
        self.pass(ctx, out);
    }

    /// The process is gone with all its records in memory.
    fn crash(&mut self) {
        self.up = false;
        self.next_epoch = self.producer.as_ref().map_or(self.next_epoch, |p| p.epoch() + 1);
        self.cache = Cache::new(self.index, self.settings.cache);
        self.refresh = Refresh::new(self.index);
        self.connections = Connections::new(self.settings.connections, self.draws.connect);
        self.accumulator = Accumulator::new();
        self.producer = None;
        self.blocked.clear();
        self.out_of_memory = false;
        self.sticky.clear();
        self.drain_from.clear();
        self.spinning = false;
        self.wake = Instant::MAX;
        self.armed = None;
    }

    fn timer(&mut self, kind: TimerKind, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if !self.up {
            return;
        }
        if kind == TimerKind::Workload {
            self.run_application(ctx, out);
            return;
        }
        self.armed = None;
        self.pass(ctx, out);
    }

    fn connected(&mut self, channel: Channel, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.greet(channel, ctx.now, out);
        self.arm(out);
    }

    fn disconnected(&mut self, channel: Channel, how: Unreachable, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.lose(channel, how, false, ctx, out);
        self.pass(ctx, out);
    }

    fn response(&mut self, channel: Channel, correlation: u32, response: Response, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(purpose) = self.connections.answered(channel, correlation, ctx.now) else { return };
        match (purpose, response) {
            (Purpose::ApiVersions, Response::ApiVersions) => self.connection_ready(channel, ctx.now, out),
            (Purpose::Metadata, Response::Metadata { broker, offset, topics }) => self.metadata_answered(broker, offset, &topics, ctx, out),
            (Purpose::InitProducerId, Response::InitProducerId { error }) if error.is_none() => self.set_id(Id::Known),
            (Purpose::InitProducerId, Response::InitProducerId { .. }) => self.retry_producer_id(ctx.now),
            (Purpose::Produce(keys), Response::Produce { broker, results }) => self.produce_answered(broker, &keys, &results, ctx, out),
            (purpose, response) => panic!("{response:?} answers no request of kind {purpose:?}"),
        }
        self.pass(ctx, out);
    }

    fn believes(&self, partition: PartitionIx, history: &History, spec: &Spec) -> (Option<BrokerIx>, LeaderEpoch) {
        self.cache.belief(partition, Reference { history, spec })
    }

    fn send(
        &mut self,
        topic: TopicIx,
        partition: Option<PartitionIx>,
        bytes: u32,
        ctx: &mut Ctx<'_>,
        out: &mut Outbox,
    ) -> Option<RecordId> {
        let address = mix(2, self.next_record);
        Some(self.take_record(Handed { topic, partition, bytes, address }, ctx, out))
    }
}
