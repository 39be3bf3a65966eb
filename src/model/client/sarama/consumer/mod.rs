//! The `Consumer` with a `PartitionConsumer` for each partition (`consumer.go`): `partition` finds its broker, again and again, `broker` fetches
//! for all partitions of one broker, `reader` is the application, which has a goroutine for each partition.

mod broker;
mod partition;
mod reader;
mod settings;

use self::broker::{BrokerConsumer, BrokerConsumerId};
use self::partition::Child;
use self::reader::Reader;
use self::settings::Settings;
use super::core::{Core, Event, Object};
use super::refresh::Wanted;
use crate::engine::{Chance, Instant};
use crate::kafka::{BrokerIx, ClientIx, LeaderEpoch, Offset, PartitionIx, TopicIx};
use crate::model::client::Machine;
use crate::model::client::cache::Reference;
use crate::model::message::Response;
use crate::model::spec::{Consumption, RECORDS_BEFORE, Role};
use crate::model::{Channel, Ctx, History, Outbox, Spec, TimerKind};
use crate::observe::Fact;
use crate::observe::fact::{Position, RecordId, Unreachable};
use std::collections::{BTreeMap, BTreeSet};

/// A goroutine that waits for something.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Job {
    /// `NewClient`.
    Start,
    /// A partition whose position is asked for, before it is read.
    Begin(PartitionIx),
    /// A partition that looks for its broker.
    Child(PartitionIx),
    /// A broker's subscriptions are collected.
    Collect(BrokerConsumerId),
    /// A fetch is on its way.
    Fetch(BrokerConsumerId),
}

/// One consumer process with its application.
#[derive(Clone, Debug)]
pub(in crate::model::client) struct Consumer {
    core: Core<Job>,
    settings: Settings,
    children: BTreeMap<PartitionIx, Child>,
    brokers: BTreeMap<BrokerConsumerId, BrokerConsumer>,
    /// The one that new subscriptions to an object go to (`consumer.brokerConsumers`).
    current: BTreeMap<Object, BrokerConsumerId>,
    next_broker: BrokerConsumerId,
    due_brokers: BTreeSet<BrokerConsumerId>,
    reader: Reader,
}

/// What the consumer reads.
fn consumption(spec: &Spec, client: ClientIx) -> &Consumption {
    match &spec.clients[client.index()].role {
        Role::Consumer(consumption) => consumption,
        Role::Producer(_) => unreachable!("a consumer has topics to read"),
    }
}

/// The partitions that there are of these topics.
fn partitions(topics: &[TopicIx], ctx: &Ctx<'_>) -> Vec<PartitionIx> {
    let registrations = topics.iter().filter_map(|t| ctx.history.topic(*t, ctx.history.last()));
    registrations.flat_map(|r| r.partitions.iter().copied()).collect()
}

impl Consumer {
    /// A client of the specification that does not run yet.
    pub(in crate::model::client) fn new(index: ClientIx, spec: &Spec, chance: Chance) -> Self {
        let (settings, core) = Settings::new(&spec.clients[index.index()]);
        Consumer {
            core: Core::new(index, core, chance),
            settings,
            children: BTreeMap::new(),
            brokers: BTreeMap::new(),
            current: BTreeMap::new(),
            next_broker: 0,
            due_brokers: BTreeSet::new(),
            reader: Reader::new(index, chance),
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
            Event::Send(Job::Begin(partition), channel) => self.ask_position(partition, channel, ctx, out),
            Event::Send(Job::Fetch(broker), channel) => self.send_fetch(broker, channel, ctx, out),
            Event::Answered(Job::Begin(partition), Response::ListOffsets { answers }) => {
                self.position_answered(partition, &answers, ctx, out);
            }
            Event::Answered(Job::Fetch(broker), Response::Fetch { results, .. }) => self.fetch_answered(broker, results, ctx, out),
            Event::Failed(Job::Begin(partition), _) => self.no_position(partition, ctx),
            Event::Failed(Job::Fetch(broker), how) => self.abort(broker, how, ctx, out),
            Event::Refreshed(Job::Start, result) => self.client_made(result.is_ok(), ctx, out),
            Event::Refreshed(Job::Begin(partition), _) => self.find_position(partition, true, ctx, out),
            Event::Refreshed(Job::Child(partition), result) => self.child_refreshed(partition, result, ctx, out),
            Event::Woken(Job::Begin(partition)) => self.find_position(partition, false, ctx, out),
            Event::Woken(Job::Child(partition)) => self.child_woken(partition, ctx, out),
            Event::Woken(Job::Collect(broker)) => self.collected(broker),
            Event::Send(job, _) | Event::Answered(job, _) | Event::Failed(job, _) | Event::Refreshed(job, _) | Event::Woken(job) => {
                unreachable!("{job:?} does not wait for that")
            }
        }
    }

    /// The application makes its consumer.
    fn begin(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let topics = &consumption(ctx.spec, self.client()).topics;
        self.core.start(topics, ctx);
        self.core.refresh(Job::Start, Wanted::All, ctx, out);
        self.pass(ctx, out);
    }

    /// `NewClient` has asked for everything once. A program that could make no client tries again. Then every partition is consumed.
    fn client_made(&mut self, good: bool, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if !good && self.core.registered.is_empty() {
            return self.core.refresh(Job::Start, Wanted::All, ctx, out);
        }
        self.core.start_ticker(ctx.now);
        for partition in partitions(&consumption(ctx.spec, self.client()).topics, ctx) {
            self.children.insert(partition, Child::new());
            self.find_position(partition, false, ctx, out);
        }
    }

    /// The application closes the consumer.
    fn close(&mut self, out: &mut Outbox) {
        for channel in self.core.open_channels() {
            out.close(channel);
        }
        self.crash();
    }

    fn run_application(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let consumption = consumption(ctx.spec, self.client());
        if self.reader.is_over(consumption, ctx.now) {
            return self.close(out);
        }
        if self.reader.begins(ctx.now) {
            self.begin(ctx, out);
        }
        for partition in self.reader.work(ctx.now, out) {
            self.drained(partition, ctx.now);
        }
        self.reader.arm(consumption, out);
        self.pass(ctx, out);
    }
}

impl Machine for Consumer {
    fn start(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.crash();
        let consumption = consumption(ctx.spec, self.client());
        if self.reader.is_over(consumption, ctx.now) {
            return;
        }
        self.reader.wait_for(consumption.start, ctx.now);
        if !self.reader.arm(consumption, out) {
            self.begin(ctx, out);
        }
    }

    /// It has read all that there is. One that begins later starts cold then.
    fn start_warm(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let consumption = consumption(ctx.spec, self.client());
        if !consumption.start.is_zero() {
            return self.start(ctx, out);
        }
        self.crash();
        self.reader.arm(consumption, out);
        self.core.start_warm(&consumption.topics, ctx, out);
        let offset = if consumption.from_beginning { Offset(0) } else { RECORDS_BEFORE };
        for partition in partitions(&consumption.topics, ctx) {
            self.children.insert(partition, Child::new());
            self.set_position(partition, offset, out);
            self.subscribe_at_once(partition, ctx, out);
        }
        self.pass(ctx, out);
    }

    fn crash(&mut self) {
        self.core.crash();
        self.children.clear();
        self.brokers.clear();
        self.current.clear();
        self.due_brokers.clear();
        self.reader.crash();
    }

    fn retune(&mut self, spec: &Spec) {
        let (settings, core) = Settings::new(&spec.clients[self.client().index()]);
        self.settings = settings;
        self.core.retune(core);
    }

    fn timer(&mut self, kind: TimerKind, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if kind == TimerKind::Workload {
            return self.run_application(ctx, out);
        }
        if self.core.kit.up {
            self.core.woken(ctx, out);
            self.pass(ctx, out);
        }
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

    fn send(&mut self, _: TopicIx, _: Option<PartitionIx>, _: u32, _: &mut Ctx<'_>, _: &mut Outbox) -> Option<RecordId> {
        None
    }
}

impl Consumer {
    fn set_position(&mut self, partition: PartitionIx, to: Offset, out: &mut Outbox) {
        out.fact(Fact::PositionSet { client: self.client(), partition, from: None, to, why: Position::Begun });
        if let Some(child) = self.children.get_mut(&partition) {
            child.offset = to;
        }
    }

    /// When a partition that found no broker tries again.
    fn later(&self, now: Instant) -> Instant {
        now + self.settings.retry_backoff
    }
}
