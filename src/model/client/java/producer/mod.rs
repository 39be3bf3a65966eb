//! The Java producer: `accumulator` its batches, `sender` one turn of its Sender thread, `results` what becomes of a request.

mod accumulator;
mod append;
mod batch;
mod idempotence;
mod identity;
mod loops;
mod results;
mod sender;
mod settings;
#[cfg(test)]
mod tests;

use self::accumulator::Accumulator;
use self::append::{Handed, Sticky};
use self::batch::Blocked;
use self::idempotence::{Id, Identity};
use self::loops::Loops;
use self::sender::Candidate;
use self::settings::Settings;
use super::network::{Lost, Network, Purpose};
use super::settings::Shared;
use crate::engine::{Chance, Instant, Stream, mix};
use crate::kafka::{BrokerIx, ClientIx, LeaderEpoch, PartitionIx, TopicIx};
use crate::model::client::Machine;
use crate::model::client::application::Application;
use crate::model::client::cache::Reference;
use crate::model::client::kit::reference;
use crate::model::message::Response;
use crate::model::spec::{Role, Workload};
use crate::model::{Channel, Ctx, History, Outbox, Spec, TimerKind};
use crate::observe::fact::{RecordId, Unreachable};
use smallvec::SmallVec;
use std::collections::{BTreeMap, VecDeque};

/// What the producer sends.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Sent {
    InitProducerId,
    /// Produce, with these batches.
    Produce(SmallVec<[u32; 4]>),
}

/// One producer process with its application.
#[derive(Clone, Debug)]
pub(in crate::model::client) struct Producer {
    index: ClientIx,
    settings: Settings,
    draws: Draws,
    net: Network<Sent>,
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
    loops: Loops,
    application: Application,
    // What outlives the process, so that numbers and addresses stay unique in a run.
    /// The producer epoch of the next life: each has an id of its own in Kafka, which one epoch higher stands for here.
    next_epoch: u32,
}

/// The producer's own streams of chance.
#[derive(Clone, Copy, Debug)]
struct Draws {
    backoff: Stream,
    partition: Stream,
}

/// What the producer writes.
fn workload(spec: &Spec, client: ClientIx) -> &Workload {
    match &spec.clients[client.index()].role {
        Role::Producer(workload) => workload,
        Role::Consumer(_) => unreachable!("a producer has a workload"),
    }
}

impl Producer {
    /// A client of the specification that does not run yet.
    pub(in crate::model::client) fn new(index: ClientIx, spec: &Spec, chance: Chance) -> Self {
        let client = &spec.clients[index.index()];
        let stream = |purpose| chance.stream(purpose);
        let (settings, shared) = Settings::new(client);
        Producer {
            index,
            draws: Draws { backoff: stream("client retry pause"), partition: stream("client partition") },
            net: Network::new(index, Shared { broken: spec.broken, ..shared }, chance),
            settings,
            accumulator: Accumulator::new(),
            producer: None,
            blocked: VecDeque::new(),
            out_of_memory: false,
            sticky: BTreeMap::new(),
            drain_from: BTreeMap::new(),
            candidates: Vec::new(),
            loops: Loops::default(),
            application: Application::new(index, workload(spec, index), stream("client arrivals")),
            next_epoch: 0,
        }
    }

    fn new_producer(&self, id: Id) -> Option<Identity> {
        self.settings.idempotent.then(|| Identity::new(id, self.next_epoch))
    }

    /// A connection ended: what was in flight on it is retried, or fails.
    fn lost(&mut self, lost: Lost<Sent>, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        for request in lost.requests {
            match request {
                Sent::InitProducerId => self.retry_producer_id(ctx.now),
                Sent::Produce(keys) => self.produce_unreachable(lost.broker, &keys, lost.how, lost.timed_out, ctx, out),
            }
        }
    }
}

impl Machine for Producer {
    /// The process starts: it knows its bootstrap servers and asks for the brokers at once (`KafkaProducer` constructor).
    fn start(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.crash();
        self.net.kit.up = true;
        self.producer = self.new_producer(Id::Needed { target: None, not_before: Instant::ZERO });
        let workload = workload(ctx.spec, self.index);
        self.application.skip_to(ctx.now, workload);
        self.application.arm(out);
        self.pass(ctx, out);
    }

    /// The process has been running for long: it knows its topics as they are and has its producer id.
    fn start_warm(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.crash();
        self.net.kit.up = true;
        self.producer = self.new_producer(Id::Known);
        let topics = &workload(ctx.spec, self.index).topics;
        self.net.warm(topics, ctx.now + self.settings.metadata_max_idle, ctx, out);
        self.application.arm(out);
        self.pass(ctx, out);
    }

    /// The process is gone with all its records in memory.
    fn crash(&mut self) {
        self.next_epoch = self.producer.as_ref().map_or(self.next_epoch, |p| p.epoch() + 1);
        self.net.crash();
        self.accumulator = Accumulator::new();
        self.producer = None;
        self.blocked.clear();
        self.out_of_memory = false;
        self.sticky.clear();
        self.drain_from.clear();
        self.loops = Loops::default();
    }

    fn retune(&mut self, spec: &Spec) {
        let (settings, shared) = Settings::new(&spec.clients[self.index.index()]);
        self.settings = settings;
        self.net.retune(Shared { broken: spec.broken, ..shared });
    }

    fn timer(&mut self, kind: TimerKind, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if !self.net.kit.up {
            return;
        }
        if kind == TimerKind::Workload {
            self.run_application(ctx, out);
            return;
        }
        self.net.kit.woken();
        self.tick(ctx, out);
    }

    fn connected(&mut self, channel: Channel, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.net.greet(channel, ctx.now, out);
        self.arm(out);
    }

    fn disconnected(&mut self, channel: Channel, how: Unreachable, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(lost) = self.net.lose(channel, how, false, ctx.now, out) else { return };
        let wakes = !lost.requests.is_empty();
        self.lost(lost, ctx, out);
        if wakes { self.pass(ctx, out) } else { self.go_on(ctx, out) }
    }

    fn response(&mut self, channel: Channel, correlation: u32, response: Response, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(purpose) = self.net.kit.connections.answered(channel, correlation, ctx.now) else { return };
        match (purpose, response) {
            (Purpose::ApiVersions, Response::ApiVersions) => {
                self.net.kit.ready(channel, ctx.now, out);
                return self.go_on(ctx, out);
            }
            (Purpose::Metadata, Response::Metadata { broker, offset, topics }) => {
                self.net.metadata_answered(broker, offset, &topics, ctx, out);
                return self.go_on(ctx, out);
            }
            (Purpose::Own(Sent::InitProducerId), Response::InitProducerId { error }) if error.is_none() => self.set_id(Id::Known),
            (Purpose::Own(Sent::InitProducerId), Response::InitProducerId { .. }) => self.retry_producer_id(ctx.now),
            (Purpose::Own(Sent::Produce(keys)), Response::Produce { broker, results }) => {
                self.produce_answered(broker, &keys, &results, ctx, out);
            }
            (purpose, response) => panic!("{response:?} answers no request of kind {purpose:?}"),
        }
        self.pass(ctx, out);
    }

    fn believes(&self, partition: PartitionIx, history: &History, spec: &Spec) -> (Option<BrokerIx>, LeaderEpoch) {
        self.net.kit.cache.belief(partition, Reference { history, spec })
    }

    fn send(
        &mut self,
        topic: TopicIx,
        partition: Option<PartitionIx>,
        bytes: u32,
        ctx: &mut Ctx<'_>,
        out: &mut Outbox,
    ) -> Option<RecordId> {
        let address = mix(2, self.net.kit.next_record());
        Some(self.take_record(Handed { topic, partition, bytes, address }, ctx, out))
    }
}
