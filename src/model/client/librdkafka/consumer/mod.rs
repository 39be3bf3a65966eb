//! The librdkafka consumer: `toppar` is where one partition stands, `fetch` what broker threads ask for, `positions` where to read,
//! `member` its place in a group, `reader` the application, which takes messages from the queue that broker threads fill ahead of it.

mod fetch;
mod member;
mod positions;
mod reader;
mod toppar;

use self::reader::Reader;
use self::toppar::{State, Toppar};
use super::core::Core;
use super::{Loss, Purpose};
use crate::engine::{Chance, Instant};
use crate::kafka::{BrokerIx, ClientIx, GroupIx, LeaderEpoch, Offset, PartitionIx, TopicIx};
use crate::model::client::Machine;
use crate::model::client::cache::Reference;
use crate::model::client::connections::Overdue;
use crate::model::client::group::Membership;
use crate::model::message::{OffsetSpec, Response};
use crate::model::spec::{Commits, Consumption, RECORDS_BEFORE, Role};
use crate::model::{Channel, Ctx, History, Outbox, Spec, TimerKind};
use crate::observe::Fact;
use crate::observe::fact::{Position as Why, RecordId, Unreachable};
use std::collections::{BTreeMap, BTreeSet};

/// One consumer process with its application.
#[derive(Clone, Debug)]
pub(in crate::model::client) struct Consumer {
    core: Core,
    toppars: BTreeMap<PartitionIx, Toppar>,
    /// Brokers with a fetch under way: one at most for each (`rkb_fetching`).
    fetching: BTreeSet<BrokerIx>,
    /// Brokers that are not fetched from until then (`rkb_ts_fetch_backoff`).
    pauses: BTreeMap<BrokerIx, Instant>,
    reader: Reader,
    group: Option<GroupIx>,
    /// Present when it is in a group.
    membership: Option<Membership>,
    /// What waits for the connection to the coordinator.
    unsent: Vec<member::Unsent>,
    /// The application closes it.
    closing: bool,
}

fn consumption(spec: &Spec, client: ClientIx) -> &Consumption {
    match &spec.clients[client.index()].role {
        Role::Consumer(consumption) => consumption,
        Role::Producer(_) => unreachable!("a consumer has topics to read"),
    }
}

fn partitions(topics: &[TopicIx], ctx: &Ctx<'_>) -> Vec<PartitionIx> {
    let registrations = topics.iter().filter_map(|t| ctx.history.topic(*t, ctx.history.last()));
    registrations.flat_map(|r| r.partitions.iter().copied()).collect()
}

impl Consumer {
    /// A client of the specification that does not run yet.
    pub(in crate::model::client) fn new(index: ClientIx, spec: &Spec, chance: Chance) -> Self {
        let core = Core::new(index, spec, chance);
        Consumer {
            group: consumption(spec, index).group,
            membership: member::membership(&core, index, spec, chance),
            unsent: Vec::new(),
            closing: false,
            core,
            toppars: BTreeMap::new(),
            fetching: BTreeSet::new(),
            pauses: BTreeMap::new(),
            reader: Reader::new(index, chance),
        }
    }

    /// Where a consumer that is assigned its partitions by hand begins; with `error` at the end, where its application would have to seek to.
    fn by_hand(&self, consumption: &Consumption) -> OffsetSpec {
        if consumption.from_beginning { OffsetSpec::Earliest } else { self.core.settings.reset().unwrap_or(OffsetSpec::Latest) }
    }

    /// The application assigns its partitions (`rd_kafka_assign`, offset `RD_KAFKA_OFFSET_END` or `_BEGINNING`).
    fn begin(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let consumption = consumption(ctx.spec, self.core.kit.index);
        self.core.start(&consumption.topics, false, ctx, out);
        let spec = self.by_hand(consumption);
        for &topic in &consumption.topics {
            self.core.use_topic(topic, ctx, out);
        }
        if self.group.is_none() {
            let asking = |partition| (partition, Toppar::asking(spec, Why::Begun));
            self.toppars.extend(partitions(&consumption.topics, ctx).into_iter().map(asking));
        }
        self.pass(ctx, out);
    }

    /// Everything that the threads do at this moment.
    fn pass(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.core.wake = Instant::MAX;
        self.close_overdue(ctx, out);
        self.group_turn(ctx, out);
        if !self.core.kit.up {
            return;
        }
        self.migrate(ctx, out);
        self.core.demand.clear();
        self.find_positions(ctx, out);
        self.fetch(ctx, out);
        self.core.main_thread(ctx, out);
        self.core.plan_scan(ctx.now, ctx);
        self.core.arm(out);
    }

    fn close_overdue(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        while let Some((channel, overdue)) = self.core.kit.connections.overdue(ctx.now) {
            out.close(channel);
            match overdue {
                Overdue::Setup => self.lose(channel, Unreachable::TimedOut, Loss::Broken, ctx, out),
                Overdue::Request => self.lose(channel, Unreachable::TimedOut, Loss::TimedOut, ctx, out),
                Overdue::Idle => self.lose(channel, Unreachable::Reset, Loss::Broken, ctx, out),
            }
        }
    }

    /// A connection is over, with all that was in flight on it. Partitions read from a follower go back to their leader.
    fn lose(&mut self, channel: Channel, how: Unreachable, loss: Loss, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let mut lost = self.core.lost(channel, how, ctx, out);
        for purpose in std::mem::take(&mut lost.requests) {
            match purpose {
                Purpose::ApiVersions | Purpose::ProducerId | Purpose::Produce(_) => {}
                Purpose::Metadata => self.core.refresh_failed(out),
                Purpose::Fetch(entries) => self.fetch_lost(lost.broker, &entries, how, ctx, out),
                Purpose::ListOffsets(partition) | Purpose::EpochEnd(partition) => self.look_up_failed(partition, ctx.now),
                Purpose::FindCoordinator => self.membership.iter_mut().for_each(|m| m.not_found(ctx.now)),
                Purpose::Group(asked) => self.membership.iter_mut().for_each(|m| m.lost(asked.clone(), ctx.now, out)),
            }
        }
        self.lose_unsent(channel, ctx.now, out);
        for (partition, toppar) in &mut self.toppars {
            if channel == Channel::Broker(lost.broker) && toppar.replica == Some(lost.broker) {
                toppar.replica = None;
                out.fact(Fact::ReplicaChosen { client: self.core.kit.index, partition: *partition, replica: None });
            }
        }
        self.core.after_loss(&lost, loss, ctx, out);
    }

    fn close(&mut self, out: &mut Outbox) {
        for channel in self.core.links.keys() {
            if self.core.kit.connections.reconnect_at(*channel).is_none() {
                out.close(*channel);
            }
        }
        self.crash();
    }

    fn run_application(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let consumption = consumption(ctx.spec, self.core.kit.index);
        if self.reader.is_over(consumption, ctx.now) {
            if !self.leave_group(ctx, out) && self.core.kit.up {
                self.close(out);
            }
            return;
        }
        if self.reader.begins(ctx.now) {
            self.begin(ctx, out);
        }
        if let Some((partition, end)) = self.reader.finish(ctx.now, out) {
            self.done_with(partition, end, Commits::AfterProcessing, ctx);
        }
        self.read(ctx, out);
    }

    /// The application takes messages from the queue, for as long as it is not busy with one.
    fn read(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let consumption = consumption(ctx.spec, self.core.kit.index);
        while let Some(taken) = self.reader.take(consumption, ctx, out) {
            if let Some(toppar) = self.toppars.get_mut(&taken.partition) {
                toppar.queued = toppar.queued.saturating_sub(taken.count);
            }
            self.done_with(taken.partition, taken.end, Commits::BeforeProcessing, ctx);
            if !self.reader.is_busy() {
                self.done_with(taken.partition, taken.end, Commits::AfterProcessing, ctx);
            }
        }
        self.reader.arm(consumption, out);
    }
}

impl Machine for Consumer {
    fn start(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.crash();
        let consumption = consumption(ctx.spec, self.core.kit.index);
        if self.reader.is_over(consumption, ctx.now) {
            return;
        }
        if self.reader.wait_for(consumption.start, ctx.now) {
            self.begin(ctx, out);
        }
        self.reader.arm(consumption, out);
    }

    /// It has read all that there is and opens the connections to the leaders of its partitions at this moment.
    fn start_warm(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let consumption = consumption(ctx.spec, self.core.kit.index);
        if !consumption.start.is_zero() {
            return self.start(ctx, out);
        }
        self.crash();
        self.core.start(&consumption.topics, true, ctx, out);
        let mine = self.warm_group(ctx, out);
        for partition in mine.unwrap_or_else(|| partitions(&consumption.topics, ctx)) {
            let (_, epoch) = self.core.belief(partition, ctx);
            let (offset, known) = if consumption.from_beginning { (Offset(0), None) } else { (RECORDS_BEFORE, Some(epoch)) };
            let mut toppar = Toppar::reading(offset, known);
            toppar.leader_epoch = Some(epoch);
            self.toppars.insert(partition, toppar);
            out.fact(Fact::PositionSet { client: self.core.kit.index, partition, from: None, to: offset, why: Why::Begun });
        }
        self.reader.arm(consumption, out);
        self.pass(ctx, out);
    }

    fn crash(&mut self) {
        self.core.reset();
        self.toppars.clear();
        self.fetching.clear();
        self.pauses.clear();
        self.reader.crash();
        self.unsent.clear();
        self.closing = false;
        self.membership.iter_mut().for_each(Membership::crash);
    }

    fn retune(&mut self, spec: &Spec) {
        self.core.retune(spec);
    }

    fn timer(&mut self, kind: TimerKind, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if kind == TimerKind::Workload {
            self.run_application(ctx, out);
        } else {
            self.core.kit.woken();
        }
        if self.core.kit.up {
            self.pass(ctx, out);
        }
    }

    fn connected(&mut self, channel: Channel, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.core.connected(channel, ctx, out);
        self.pass(ctx, out);
    }

    fn disconnected(&mut self, channel: Channel, how: Unreachable, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.lose(channel, how, Loss::Broken, ctx, out);
        self.pass(ctx, out);
    }

    fn response(&mut self, channel: Channel, correlation: u32, response: Response, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(purpose) = self.core.kit.connections.answered(channel, correlation, ctx.now) else { return };
        match (purpose, response) {
            (Purpose::ApiVersions, Response::ApiVersions) => {
                self.core.ready(channel, ctx, out);
                self.send_unsent(ctx.now, out);
            }
            (Purpose::FindCoordinator, Response::Group(response)) => self.coordinator_told(response, ctx.now, out),
            (Purpose::Group(asked), Response::Group(response)) => self.group_answered(asked, response, ctx, out),
            (Purpose::Metadata, Response::Metadata { broker, offset, topics }) => {
                for dropped in self.core.answered(broker, offset, &topics, ctx, out) {
                    out.close(dropped);
                    self.lose(dropped, Unreachable::Reset, Loss::Removed, ctx, out);
                }
            }
            (Purpose::Fetch(entries), Response::Fetch { broker, error, results, .. }) => {
                self.fetched(broker, &entries, error, results, ctx, out);
            }
            (Purpose::ListOffsets(partition), Response::ListOffsets { answers }) => self.offset_listed(partition, &answers, ctx, out),
            (Purpose::EpochEnd(partition), Response::OffsetsForLeaderEpoch { answers }) => self.epoch_ended(partition, &answers, ctx, out),
            (purpose, response) => panic!("{response:?} answers no request of kind {purpose:?}"),
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

impl Toppar {
    /// Whether something of it may be fetched at this moment, and if not, when.
    fn fetch_at(&self, now: Instant) -> Option<Instant> {
        (self.state == State::Active).then_some(self.pause.max(now))
    }
}
