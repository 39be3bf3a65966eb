//! The `AsyncProducer` (`async_producer.go`): `partition` hands records over in order, `broker` makes requests of them, `retry` sends failed
//! batches again.

mod answers;
mod broker;
mod message;
mod partition;
mod retry;
mod settings;

use self::broker::{BrokerProducer, BrokerProducerId};
use self::message::{Message, Set, SetId};
use self::partition::Partition;
use self::settings::Settings;
use super::core::{Core, Event, Object, Purpose};
use super::refresh::Wanted;
use crate::engine::{Chance, Stream, mix};
use crate::kafka::{BrokerIx, ClientIx, ErrorCode, LeaderEpoch, PartitionIx, TopicIx};
use crate::model::client::Machine;
use crate::model::client::application::{Application, Done, Handover, assigned};
use crate::model::client::cache::Reference;
use crate::model::client::kit::reference;
use crate::model::message::{Request, Response};
use crate::model::spec::{Partitioning, Role, Workload};
use crate::model::{Channel, Ctx, History, Outbox, Spec, TimerKind};
use crate::observe::fact::{RecordId, Unreachable};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A goroutine that waits for something.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Job {
    /// `NewClient`, then the producer id of an idempotent producer.
    Start,
    /// A `topicProducer` that does not know its topic.
    Topic(TopicIx),
    /// A `partitionProducer`.
    Partition(PartitionIx),
    /// A `brokerProducer` that refreshes before it handles a failure.
    Broker(BrokerProducerId),
    /// A `brokerProducer` that collects records (`Producer.Flush.Frequency`).
    Flush(BrokerProducerId),
    /// A request on its way.
    Set(SetId),
    /// A `retryBatch`.
    Retry(SetId),
}

/// One producer process with its application.
#[derive(Clone, Debug)]
pub(in crate::model::client) struct Producer {
    core: Core<Job>,
    settings: Settings,
    application: Application,
    draws: Draws,
    /// The program has its producer: the application may hand records over.
    running: bool,
    /// Records of topics that are not known, by topic.
    unknown: BTreeMap<TopicIx, VecDeque<Message>>,
    partitions: BTreeMap<PartitionIx, Partition>,
    brokers: BTreeMap<BrokerProducerId, BrokerProducer>,
    /// The one that new records for an object go to (`asyncProducer.brokers`).
    current: BTreeMap<Object, BrokerProducerId>,
    next_broker: BrokerProducerId,
    sets: BTreeMap<SetId, Set>,
    next_set: SetId,
    /// Why the batches that are being retried failed.
    retry_errors: BTreeMap<SetId, ErrorCode>,
    /// Batches on their way or being retried, by partition (`partitionMuter`).
    muted: BTreeMap<PartitionIx, u32>,
    /// Sequence numbers of an idempotent producer, and its epoch.
    sequences: BTreeMap<PartitionIx, u32>,
    producer_epoch: u32,
    /// The epoch that the process began with.
    first_epoch: u32,
    /// Who has something to do now.
    due_partitions: VecDeque<PartitionIx>,
    due_brokers: BTreeSet<BrokerProducerId>,
}

#[derive(Clone, Copy, Debug)]
struct Draws {
    partition: Stream,
    select: Stream,
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
        let (settings, core) = Settings::new(&spec.clients[index.index()]);
        let stream = |purpose| chance.stream(purpose);
        Producer {
            core: Core::new(index, core, chance),
            settings,
            application: Application::new(index, workload(spec, index), stream("client arrivals")),
            draws: Draws { partition: stream("client partition"), select: stream("client select") },
            running: false,
            unknown: BTreeMap::new(),
            partitions: BTreeMap::new(),
            brokers: BTreeMap::new(),
            current: BTreeMap::new(),
            next_broker: 0,
            sets: BTreeMap::new(),
            next_set: 0,
            retry_errors: BTreeMap::new(),
            muted: BTreeMap::new(),
            sequences: BTreeMap::new(),
            producer_epoch: 0,
            first_epoch: 0,
            due_partitions: VecDeque::new(),
            due_brokers: BTreeSet::new(),
        }
    }

    fn client(&self) -> ClientIx {
        self.core.kit.index
    }

    /// Everybody does what there is to do, until all wait for something.
    fn pass(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        loop {
            if let Some(event) = self.core.events.pop_front() {
                self.handle(event, ctx, out);
            } else if let Some(partition) = self.due_partitions.pop_front() {
                self.run_partition(partition, ctx, out);
            } else if let Some(broker) = self.due_brokers.pop_first() {
                self.run_broker(broker, ctx, out);
            } else {
                break;
            }
        }
        self.core.arm(out);
    }

    fn handle(&mut self, event: Event<Job>, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        match event {
            Event::Send(Job::Set(set), channel) => self.send_set(set, channel, ctx, out),
            Event::Send(_, channel) => self.ask_producer_id(channel, ctx, out),
            Event::Answered(Job::Set(set), Response::Produce { results, .. }) => self.set_answered(set, &results, out),
            Event::Answered(Job::Start, Response::InitProducerId { error }) if error.is_none() => self.run(ctx, out),
            Event::Answered(Job::Start, Response::InitProducerId { .. }) => self.no_producer_id(ctx),
            Event::Answered(job, response) => panic!("{response:?} answers no request of {job:?}"),
            Event::Failed(Job::Set(set), how) => self.set_failed(set, how, ctx, out),
            Event::Failed(_, _) => self.no_producer_id(ctx),
            Event::Refreshed(job, result) => self.refreshed(job, result, ctx, out),
            Event::Woken(job) => self.woken(job, ctx, out),
        }
    }

    fn refreshed(&mut self, job: Job, result: Result<(), ErrorCode>, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        match job {
            Job::Start => self.client_made(result.is_ok(), ctx, out),
            Job::Topic(topic) => self.topic_refreshed(topic, result, ctx, out),
            Job::Partition(partition) => self.partition_refreshed(partition, result, ctx, out),
            Job::Broker(broker) => self.broker_refreshed(broker, ctx, out),
            Job::Retry(set) => self.retry_refreshed(set, ctx, out),
            Job::Flush(_) | Job::Set(_) => unreachable!("they refresh nothing"),
        }
    }

    fn woken(&mut self, job: Job, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        match job {
            Job::Start => self.find_producer_id(ctx, out),
            Job::Partition(partition) => self.partition_woken(partition),
            Job::Flush(broker) => self.flush_now(broker),
            Job::Retry(set) => self.retry_woken(set, ctx, out),
            Job::Topic(_) | Job::Broker(_) | Job::Set(_) => unreachable!("they never sleep"),
        }
    }

    /// `NewClient` has asked for everything once. A program that could make no client tries again.
    fn client_made(&mut self, good: bool, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if !good && self.core.registered.is_empty() {
            return self.core.refresh(Job::Start, Wanted::All, ctx, out);
        }
        self.core.start_ticker(ctx.now);
        if self.settings.idempotent {
            return self.find_producer_id(ctx, out);
        }
        self.run(ctx, out);
    }

    /// `newTransactionManager` asks any broker for a producer id.
    fn find_producer_id(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        match self.core.any_broker(ctx) {
            Some(object) => {
                self.core.open(object, ctx, out);
                self.core.call(object, Purpose::Job(Job::Start), ctx, out);
            }
            None => self.no_producer_id(ctx),
        }
    }

    fn ask_producer_id(&mut self, channel: Channel, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if !self.core.take_slot(channel) {
            return self.no_producer_id(ctx);
        }
        let timeout = self.core.settings.read_timeout;
        self.core.kit.ask(channel, Purpose::Job(Job::Start), Request::InitProducerId, 0, timeout, ctx.now, out);
    }

    fn no_producer_id(&mut self, ctx: &mut Ctx<'_>) {
        self.core.sleep(ctx.now + settings::PRODUCER_ID_PAUSE, Job::Start);
    }

    /// The producer is there: the application begins, with what is due since.
    fn run(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.running = true;
        self.run_application(ctx, out);
    }

    fn run_application(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if !self.running {
            return;
        }
        let workload = workload(ctx.spec, self.client());
        while let Some(handover) = self.application.next(ctx.now, workload) {
            let partition = self.choose(&handover, workload.partitioning, ctx);
            let record = self.take(handover.topic, partition, handover.bytes, ctx, out);
            self.application.handed(record, &handover, out);
        }
        self.application.arm(out);
    }

    /// `topicProducer.partitionMessage`: as the workload says, or any partition that has a leader (`hashPartitioner` without a key).
    fn choose(&self, handover: &Handover, partitioning: Partitioning, ctx: &Ctx<'_>) -> PartitionIx {
        let all = &ctx.spec.topics[handover.topic.index()].partitions;
        let known = self.core.kit.cache.partition_count(handover.topic, ctx.history).unwrap_or(all.len()).min(all.len());
        if let Some(i) = assigned(partitioning, handover, known, self.draws.partition) {
            return all[i];
        }
        self.any_partition(handover.topic, handover.address, ctx)
    }

    fn any_partition(&self, topic: TopicIx, address: u64, ctx: &Ctx<'_>) -> PartitionIx {
        let all = &ctx.spec.topics[topic.index()].partitions;
        let led = |p: &PartitionIx| self.core.kit.cache.belief(*p, reference(ctx)).0.is_some();
        let writable: Vec<PartitionIx> = all.iter().copied().filter(led).collect();
        let among = if writable.is_empty() { all } else { &writable };
        among[self.draws.partition.at(address).below(among.len() as u64) as usize]
    }

    /// `AsyncProducer.Input`.
    fn take(&mut self, topic: TopicIx, partition: PartitionIx, bytes: u32, ctx: &mut Ctx<'_>, out: &mut Outbox) -> RecordId {
        let record = self.core.kit.new_record(partition, out);
        let message = Message::new(record, partition, ctx.now, bytes, self.first_epoch);
        let known = self.core.kit.cache.partition_count(topic, ctx.history).is_some();
        match self.unknown.get_mut(&topic) {
            Some(waiting) => waiting.push_back(message),
            None if known => self.dispatch(message.into(), ctx, out),
            None => {
                self.unknown.insert(topic, [message].into());
                self.core.refresh(Job::Topic(topic), Wanted::one(topic), ctx, out);
            }
        }
        record
    }

    /// A `topicProducer` blocks until its topic is known, and fails the first record when the refresh did not help.
    fn topic_refreshed(&mut self, topic: TopicIx, result: Result<(), ErrorCode>, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let known = self.core.kit.cache.partition_count(topic, ctx.history).is_some();
        let Some(mut waiting) = self.unknown.remove(&topic) else { return };
        if known {
            waiting.into_iter().for_each(|message| self.dispatch(message.into(), ctx, out));
            return;
        }
        if let Some(first) = waiting.pop_front() {
            self.fail(vec![first], result.err().unwrap_or(ErrorCode::UnknownTopicOrPartition), out);
        }
        if !waiting.is_empty() {
            self.unknown.insert(topic, waiting);
            self.core.refresh(Job::Topic(topic), Wanted::one(topic), ctx, out);
        }
    }

    /// `asyncProducer.returnErrors`. Numbers that were given and are not used break the order, so an idempotent producer begins a new epoch: one
    /// for all of them together, or one for each where records have their own.
    fn fail(&mut self, messages: Vec<Message>, error: ErrorCode, out: &mut Outbox) {
        let numbered = messages.iter().filter(|m| m.sequence.is_some()).count() as u32;
        if numbered > 0 {
            self.producer_epoch += if self.settings.numbers_records { numbered } else { 1 };
            self.sequences.clear();
        }
        self.tell(&messages, error, out);
    }

    fn tell(&mut self, messages: &[Message], error: ErrorCode, out: &mut Outbox) {
        for m in messages {
            let done = Done { record: m.record, partition: m.partition, batch: m.batch, created_at: m.created_at, error };
            self.application.told(done, out);
        }
    }

    fn unmute(&mut self, partition: PartitionIx) {
        match self.muted.get_mut(&partition) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                self.muted.remove(&partition);
            }
        }
        // Whoever holds records of it may be another broker's (issue 3689).
        let holders = self.brokers.iter().filter(|(_, b)| b.holds(partition)).map(|(id, _)| *id);
        self.due_brokers.extend(holders);
    }
}

impl Machine for Producer {
    fn start(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.crash();
        let workload = workload(ctx.spec, self.client());
        self.core.start(&workload.topics, ctx);
        self.application.skip_to(ctx.now, workload);
        self.application.arm(out);
        if self.settings.full {
            self.core.refresh(Job::Start, Wanted::All, ctx, out);
        } else {
            self.client_made(true, ctx, out);
        }
        self.pass(ctx, out);
    }

    fn start_warm(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.crash();
        let topics = &workload(ctx.spec, self.client()).topics;
        self.core.start_warm(topics, ctx, out);
        self.running = true;
        for partition in topics.iter().flat_map(|t| ctx.spec.topics[t.index()].partitions.iter()) {
            self.new_partition(*partition, ctx, out);
        }
        self.application.arm(out);
        self.pass(ctx, out);
    }

    fn crash(&mut self) {
        self.core.crash();
        self.running = false;
        self.unknown.clear();
        self.partitions.clear();
        self.brokers.clear();
        self.current.clear();
        self.sets.clear();
        self.retry_errors.clear();
        self.muted.clear();
        self.sequences.clear();
        self.producer_epoch += 1;
        self.first_epoch = self.producer_epoch;
        self.due_partitions.clear();
        self.due_brokers.clear();
    }

    fn retune(&mut self, spec: &Spec) {
        let (settings, core) = Settings::new(&spec.clients[self.client().index()]);
        self.settings = settings;
        self.core.retune(core);
    }

    fn timer(&mut self, kind: TimerKind, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if !self.core.kit.up {
            return;
        }
        match kind {
            TimerKind::Workload => self.run_application(ctx, out),
            _ => self.core.woken(ctx, out),
        }
        self.pass(ctx, out);
    }

    fn connected(&mut self, channel: Channel, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.core.connected(channel, ctx, out);
        self.pass(ctx, out);
    }

    fn disconnected(&mut self, channel: Channel, how: Unreachable, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.core.ended(channel, how, ctx, out);
        self.pass(ctx, out);
    }

    fn response(&mut self, channel: Channel, correlation: u32, response: Response, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.core.answered(channel, correlation, response, ctx, out);
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
        let address = mix(2, self.core.kit.next_record());
        let partition = partition.unwrap_or_else(|| self.any_partition(topic, address, ctx));
        let record = self.take(topic, partition, bytes, ctx, out);
        self.pass(ctx, out);
        Some(record)
    }
}
