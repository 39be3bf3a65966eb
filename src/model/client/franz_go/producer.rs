//! The producer as a whole: its state, and what every input to it leads to.

use super::append::{Sticky, Waiting};
use super::buffers::Buffer;
use super::core::{Core, Failure, Merge};
use super::metadata::Ended;
use super::settings::{Producing, Settings};
use super::sinks::{Flight, Sink};
use super::{Draws, Job};
use crate::engine::{Chance, Instant, Slab};
use crate::kafka::{BrokerIx, ClientIx, LeaderEpoch, MetadataOffset, PartitionIx, TopicIx};
use crate::model::client::Machine;
use crate::model::client::application::Application;
use crate::model::client::cache::Reference;
use crate::model::client::kit::reference;
use crate::model::message::{LeaderHint, Request, Response, Topics};
use crate::model::spec::{Role, Workload};
use crate::model::{Channel, Ctx, History, Outbox, Spec, TimerKind};
use crate::observe::fact::{RecordId, Unreachable};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Where the producer is with its producer id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Identity {
    /// It is not idempotent.
    None,
    Needed,
    Asked,
    Known,
    /// An error made the sequences worthless (`errReloadProducerID`).
    Lost,
}

/// A partition that an error's hint moves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Move {
    pub partition: PartitionIx,
    pub from: BrokerIx,
    pub hint: LeaderHint,
}

/// One producer process with its application.
#[derive(Clone, Debug)]
pub(in crate::model::client) struct Producer {
    pub(super) core: Core,
    pub(super) producing: Producing,
    pub(super) application: Application,
    pub(super) buffers: BTreeMap<PartitionIx, Buffer>,
    pub(super) sinks: BTreeMap<BrokerIx, Sink>,
    /// Sinks that are made from now on have had answers before the run began.
    pub(super) warm_sinks: bool,
    pub(super) flights: Slab<Flight>,
    /// Requests for brokers that the client does not know any more: they fail in the next turn.
    pub(super) unsendable: VecDeque<u32>,
    pub(super) lingering: BTreeSet<(Instant, PartitionIx)>,
    /// Moves that wait for a metadata update to end (`blockingMetadataFn`).
    pub(super) moves: Vec<Move>,
    pub(super) identity: Identity,
    /// Producer epoch. A restarted process has a new id in Kafka, which a higher epoch stands for.
    pub(super) epoch: u32,
    /// Records in buffers.
    pub(super) buffered: u64,
    /// Records whose `Produce` blocks, or whose topic no answer has shown yet, in order.
    pub(super) blocked: VecDeque<Waiting>,
    pub(super) sticky: BTreeMap<TopicIx, Sticky>,
    /// Answers in a row that did not know a topic which records wait for.
    pub(super) unknown_topics: BTreeMap<TopicIx, u32>,
}

/// What the producer writes.
pub(super) fn workload(spec: &Spec, client: ClientIx) -> &Workload {
    match &spec.clients[client.index()].role {
        Role::Producer(workload) => workload,
        Role::Consumer(_) => unreachable!("a producer has a workload"),
    }
}

impl Producer {
    /// A client of the specification that does not run yet.
    pub(in crate::model::client) fn new(index: ClientIx, spec: &Spec, chance: Chance) -> Self {
        let (settings, producing) = Settings::of_producer(&spec.clients[index.index()]);
        let arrivals = chance.stream("client arrivals");
        Producer {
            core: Core::new(index, settings, Draws::of(chance)),
            identity: Producer::first_identity(&producing, false),
            producing,
            application: Application::new(index, workload(spec, index), arrivals),
            buffers: BTreeMap::new(),
            sinks: BTreeMap::new(),
            warm_sinks: false,
            flights: Slab::default(),
            unsendable: VecDeque::new(),
            lingering: BTreeSet::new(),
            moves: Vec::new(),
            epoch: 0,
            buffered: 0,
            blocked: VecDeque::new(),
            sticky: BTreeMap::new(),
            unknown_topics: BTreeMap::new(),
        }
    }

    fn first_identity(producing: &Producing, known: bool) -> Identity {
        match (producing.idempotent, known) {
            (false, _) => Identity::None,
            (true, false) => Identity::Needed,
            (true, true) => Identity::Known,
        }
    }

    fn forget(&mut self) {
        if self.core.kit.up {
            self.epoch += 1;
        }
        self.buffers.clear();
        self.sinks.clear();
        self.warm_sinks = false;
        self.flights = Slab::default();
        self.unsendable.clear();
        self.lingering.clear();
        self.moves.clear();
        self.buffered = 0;
        self.blocked.clear();
        self.sticky.clear();
        self.unknown_topics.clear();
        self.core.reset();
    }

    /// Opens the connections that a producer which has been writing for long has, to the leaders of its partitions.
    fn open_warm(&mut self, topics: &[TopicIx], ctx: &Ctx<'_>, out: &mut Outbox) {
        let partitions = topics.iter().flat_map(|t| ctx.spec.topics[t.index()].partitions.iter().copied());
        let leaders: BTreeSet<BrokerIx> = partitions.filter_map(|p| self.core.kit.cache.belief(p, reference(ctx)).0).collect();
        for leader in leaders {
            self.core.kit.open(Channel::Lane(leader, super::PRODUCE_LANE), leader, ctx, out);
        }
    }

    /// Everything that can go on goes on; then the timer is armed for what comes next.
    pub(super) fn pass(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        loop {
            let mut progress = self.core.update(ctx);
            progress |= self.core.call_again(ctx);
            progress |= self.run_moves(ctx, out);
            progress |= self.end_lingers(ctx.now);
            progress |= self.drain_all(ctx, out);
            progress |= self.fail_unsendable(ctx, out);
            progress |= self.write_all(ctx, out);
            if !progress {
                break;
            }
        }
        let lingers = self.lingering.first().map_or(Instant::MAX, |l| l.0);
        let backoffs = self.sinks.values().map(Sink::next_at).min().unwrap_or(Instant::MAX);
        let at = self.core.next_at(ctx.now).min(lingers).min(backoffs);
        self.core.kit.arm(at, out);
    }

    /// Writes what workers can write; true when there was something.
    pub(super) fn write_all(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) -> bool {
        let mut wrote = false;
        while let Some((channel, job)) = self.core.next_write(ctx, out) {
            wrote = true;
            match job {
                Job::Metadata => self.core.write_metadata(channel, ctx.now, out),
                Job::InitProducerId => self.core.write(channel, job, Request::InitProducerId, 0, ctx.now, out),
                Job::Produce(key) => self.write_produce(channel, key, ctx, out),
                Job::Fetch(_) | Job::ListOffsets(_) | Job::Epochs(_) => unreachable!("a producer reads nothing"),
            }
        }
        wrote
    }

    /// Applies the moves of hints, unless a metadata update is under way.
    fn run_moves(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) -> bool {
        if self.moves.is_empty() || !self.core.metadata.runs_functions() {
            return false;
        }
        for Move { partition, from, hint } in std::mem::take(&mut self.moves) {
            self.core.learn(hint.leader, ctx.spec);
            if self.core.kit.cache.take_hint(from, partition, hint, reference(ctx), out) {
                self.migrate(partition, hint.leader, ctx.now);
            } else {
                self.clear_failing(partition, ctx.now);
            }
        }
        true
    }

    pub(super) fn failed(&mut self, failures: Vec<(Job, Failure)>, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        for (job, failure) in failures {
            match job {
                Job::Produce(key) => self.produce_failed(key, failure, ctx, out),
                Job::Metadata if self.core.call_failed(job, ctx.now) => self.metadata_failed(ctx, out),
                Job::InitProducerId if self.core.call_failed(job, ctx.now) => self.no_producer_id(ctx, out),
                Job::Metadata | Job::InitProducerId => {}
                Job::Fetch(_) | Job::ListOffsets(_) | Job::Epochs(_) => unreachable!("a producer reads nothing"),
            }
        }
    }

    /// No broker answered a metadata request: one more attempt for every first batch (`bumpMetadataFailForTopics`).
    fn metadata_failed(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.core.ended(Ended::Failed, ctx.now, out);
        let partitions: Vec<PartitionIx> = self.buffers.keys().copied().collect();
        for partition in partitions {
            self.load_failed(partition, None, ctx, out);
        }
    }

    /// The loop asks again at once: every attempt has its own pauses.
    fn no_producer_id(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.identity = Identity::Needed;
        let partitions: Vec<PartitionIx> = self.buffers.keys().copied().collect();
        for partition in partitions {
            self.load_failed(partition, None, ctx, out);
        }
    }

    fn metadata_answered(&mut self, broker: BrokerIx, offset: MetadataOffset, topics: &Topics, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let merged = self.core.merge(broker, offset, topics, ctx, out);
        let wrong = |m: &(PartitionIx, Merge)| matches!(m.1, Merge::LoadError(_) | Merge::Rewind);
        let ended = if merged.iter().any(wrong) { Ended::InnerErrors } else { Ended::Well };
        for (partition, merge) in merged {
            match merge {
                Merge::LoadError(error) => self.load_failed(partition, Some(error), ctx, out),
                Merge::Rewind => {}
                Merge::Same => self.clear_failing(partition, ctx.now),
                Merge::Moved => match self.core.kit.cache.belief(partition, reference(ctx)).0 {
                    Some(leader) => self.migrate(partition, leader, ctx.now),
                    None => self.clear_failing(partition, ctx.now),
                },
            }
        }
        self.count_unknown_topics(ctx, out);
        let failed = self.core.stop_unlisted(offset, ctx, out);
        self.failed(failed, ctx, out);
        self.core.ended(ended, ctx.now, out);
        self.unblock(ctx, out);
    }
}

impl Producer {
    fn count_unknown_topics(&mut self, ctx: &Ctx<'_>, out: &mut Outbox) {
        let waited: BTreeSet<TopicIx> = self.blocked.iter().map(|w| w.topic).collect();
        self.unknown_topics.retain(|t, _| waited.contains(t));
        for topic in waited {
            if self.core.kit.cache.partition_count(topic, ctx.history).is_none() {
                self.topic_unknown(topic, out);
            }
        }
    }
}

impl Machine for Producer {
    fn start(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.forget();
        self.core.start(ctx.now);
        self.identity = Producer::first_identity(&self.producing, false);
        self.application.skip_to(ctx.now, workload(ctx.spec, self.core.kit.index));
        self.application.arm(out);
        self.pass(ctx, out);
    }

    fn start_warm(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.forget();
        let topics = workload(ctx.spec, self.core.kit.index).topics.clone();
        self.core.start_warm(&topics, ctx, out);
        self.identity = Producer::first_identity(&self.producing, true);
        self.warm_sinks = true;
        self.open_warm(&topics, ctx, out);
        self.application.arm(out);
        self.pass(ctx, out);
    }

    fn crash(&mut self) {
        self.forget();
    }

    fn retune(&mut self, spec: &Spec) {
        let (settings, producing) = Settings::of_producer(&spec.clients[self.core.kit.index.index()]);
        self.producing = producing;
        self.core.retune(settings);
    }

    fn timer(&mut self, kind: TimerKind, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if !self.core.kit.up {
            return;
        }
        if kind == TimerKind::Workload {
            self.run_application(ctx, out);
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
            (Some(Job::InitProducerId), Response::InitProducerId { error }) => self.id_answered(error, ctx, out),
            (Some(Job::Produce(key)), Response::Produce { broker, results }) => self.produce_answered(key, broker, &results, ctx, out),
            (job, response) => panic!("{response:?} answers no request of kind {job:?}"),
        }
        self.pass(ctx, out);
    }

    fn believes(&self, partition: PartitionIx, history: &History, spec: &Spec) -> (Option<BrokerIx>, LeaderEpoch) {
        self.core.kit.cache.belief(partition, Reference { history, spec })
    }

    fn send(
        &mut self,
        topic: TopicIx,
        partition: Option<PartitionIx>,
        bytes: u32,
        ctx: &mut Ctx<'_>,
        out: &mut Outbox,
    ) -> Option<RecordId> {
        let record = self.take_record(topic, partition, bytes, ctx, out);
        self.pass(ctx, out);
        Some(record)
    }
}
