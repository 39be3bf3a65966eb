//! The consumer: one fetch loop for each broker that the metadata lists, one worker for all that they bring. `fetcher` is one loop,
//! `runner` what happens when one of them throws (`consumer/runner.js`, `consumer/fetchManager.js`), `worker` the application.

mod fetcher;
mod runner;
mod worker;

use self::fetcher::Fetcher;
use self::runner::Runner;
use self::worker::Worker;
use super::cluster::Cluster;
use super::failure::Failure;
use super::settings::{ConsumerSettings, Draws};
use super::{Purpose, Waiter};
use crate::engine::{Chance, Instant};
use crate::kafka::{BrokerIx, ClientIx, LeaderEpoch, Offset, PartitionIx, TopicIx};
use crate::model::client::Machine;
use crate::model::client::cache::Reference;
use crate::model::client::fetching::Wanted;
use crate::model::message::Response;
use crate::model::spec::{Consumption, RECORDS_BEFORE};
use crate::model::{Channel, Ctx, History, Outbox, Spec, TimerKind};
use crate::observe::Fact;
use crate::observe::fact::{Position, RecordId, Unreachable};
use std::collections::BTreeMap;

/// One consumer process with its application.
#[derive(Clone, Debug)]
pub(super) struct Consumer {
    cluster: Cluster,
    settings: ConsumerSettings,
    runner: Runner,
    /// The loop of each broker.
    fetchers: BTreeMap<BrokerIx, Fetcher>,
    worker: Worker,
    /// Where it reads next in each partition (`OffsetManager.resolvedOffsets`).
    positions: BTreeMap<PartitionIx, Offset>,
    /// Positions that were lost, to tell from where to where they moved.
    lost: BTreeMap<PartitionIx, Offset>,
    /// From which replica to read instead of the leader, until when.
    preferred: BTreeMap<PartitionIx, (BrokerIx, Instant)>,
    /// Which loop's batches of a partition are being worked through: what another loop brings of it meanwhile is dropped
    /// (`consumer/fetcher.js` filterUnassignedBatches).
    taken: BTreeMap<PartitionIx, BrokerIx>,
    /// What fetches in flight ask for.
    asked: BTreeMap<BrokerIx, Vec<Wanted>>,
    ends_at: Option<Instant>,
}

fn consumption(spec: &Spec, client: ClientIx) -> &Consumption {
    spec.clients[client.index()].consumption().expect("a consumer has topics to read")
}

impl Consumer {
    /// A client of the specification that does not run yet.
    pub(super) fn new(index: ClientIx, spec: &Spec, chance: Chance) -> Self {
        let settings = ConsumerSettings::new(&spec.clients[index.index()]);
        Consumer {
            cluster: Cluster::new(index, settings.cluster, Draws::new(chance)),
            settings,
            runner: Runner::Down,
            fetchers: BTreeMap::new(),
            worker: Worker::new(chance.stream("consumer processing")),
            positions: BTreeMap::new(),
            lost: BTreeMap::new(),
            preferred: BTreeMap::new(),
            taken: BTreeMap::new(),
            asked: BTreeMap::new(),
            ends_at: None,
        }
    }

    /// Lets everybody go on who can, and sets the clock for the rest.
    fn settle(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        loop {
            while let Some((waiter, outcome)) = self.cluster.next_event(ctx, out) {
                match waiter {
                    Waiter::Fetch(broker) => self.proceed(broker, outcome, ctx, out),
                    Waiter::Runner => self.runner_refreshed(outcome, ctx, out),
                    Waiter::Nobody | Waiter::Refresh(_) | Waiter::Send(_) => {}
                }
            }
            if !self.finish_work(ctx, out) && self.cluster.events.is_empty() {
                break;
            }
        }
        let sleeps = self.fetchers.values().filter_map(Fetcher::sleeps_until);
        let own = [self.runner.wake_at(), self.worker.done_at(), self.ends_at].into_iter().flatten();
        let at = sleeps.chain(own).min().unwrap_or(Instant::MAX).min(self.cluster.wake_at());
        self.cluster.kit.arm(at, out);
    }

    /// What was in flight on a connection has failed.
    fn fail(&mut self, purpose: Purpose, failure: Failure, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        match purpose {
            Purpose::Fetch(broker) | Purpose::ListOffsets(broker) => self.unanswered(broker, failure, ctx, out),
            Purpose::Metadata(track) => self.cluster.refresh_failed(track, failure, out),
            Purpose::ApiVersions | Purpose::Produce(_) | Purpose::Nothing => {}
        }
    }

    fn write_pending(&mut self, channel: Channel, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        while let Some(purpose) = self.cluster.next_pending(channel) {
            match purpose {
                Purpose::Fetch(broker) | Purpose::ListOffsets(broker) => self.write(broker, purpose, ctx, out),
                Purpose::Metadata(track) => self.cluster.write_metadata(channel, track, ctx.now, out),
                Purpose::ApiVersions | Purpose::Produce(_) | Purpose::Nothing => {}
            }
        }
    }

    /// Time-outs and pauses that are over.
    fn look(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if self.ends_at.is_some_and(|at| at <= ctx.now) {
            self.close(out);
            return;
        }
        for (channel, purpose) in self.cluster.expire(ctx, out) {
            let failure = self.cluster.timed_out(channel);
            self.fail(purpose, failure, ctx, out);
            self.write_pending(channel, ctx, out);
        }
        self.cluster.resume_refreshes(ctx, out);
        let awake: Vec<BrokerIx> =
            self.fetchers.iter().filter(|(_, f)| f.sleeps_until().is_some_and(|at| at <= ctx.now)).map(|(b, _)| *b).collect();
        for broker in awake {
            self.next_round(broker, ctx, out);
        }
        self.look_at_runner(ctx, out);
    }

    fn close(&mut self, out: &mut Outbox) {
        self.cluster.close_all(out);
        self.crash();
    }

    /// Begins to read a partition here.
    fn seek(&mut self, partition: PartitionIx, to: Offset, why: Position, out: &mut Outbox) {
        let from = self.lost.remove(&partition);
        self.positions.insert(partition, to);
        out.fact(Fact::PositionSet { client: self.cluster.kit.index, partition, from, to, why });
    }
}

impl Machine for Consumer {
    fn start(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.crash();
        let consumption = consumption(ctx.spec, self.cluster.kit.index);
        self.ends_at = consumption.stop.map(|stop| Instant::ZERO + stop);
        if self.ends_at.is_some_and(|at| at <= ctx.now) {
            return;
        }
        self.cluster.topics = consumption.topics.clone();
        self.cluster.topics.sort_unstable();
        self.runner = Runner::Restarting(ctx.now.max(Instant::ZERO + consumption.start));
        self.look(ctx, out);
        self.settle(ctx, out);
    }

    /// The process has been running for long: it has read all that there is.
    fn start_warm(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let consumption = consumption(ctx.spec, self.cluster.kit.index);
        if !consumption.start.is_zero() {
            return self.start(ctx, out);
        }
        self.crash();
        self.cluster.kit.up = true;
        self.ends_at = consumption.stop.map(|stop| Instant::ZERO + stop);
        let topics = &consumption.topics;
        self.cluster.warm(topics, ctx, out);
        let offset = if consumption.from_beginning { Offset(0) } else { RECORDS_BEFORE };
        let partitions: Vec<PartitionIx> = topics.iter().flat_map(|t| self.cluster.kit.partitions(*t, ctx).iter().copied()).collect();
        for partition in partitions {
            self.seek(partition, offset, Position::Begun, out);
        }
        self.run(ctx, out);
        self.settle(ctx, out);
    }

    fn crash(&mut self) {
        self.cluster.crash();
        self.runner = Runner::Down;
        self.fetchers.clear();
        self.worker.clear();
        self.positions.clear();
        self.lost.clear();
        self.preferred.clear();
        self.taken.clear();
        self.asked.clear();
        self.ends_at = None;
    }

    fn retune(&mut self, spec: &Spec) {
        self.settings = ConsumerSettings::new(&spec.clients[self.cluster.kit.index.index()]);
        self.cluster.retune(self.settings.cluster);
    }

    fn timer(&mut self, kind: TimerKind, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if kind == TimerKind::Client {
            self.cluster.kit.woken();
            self.look(ctx, out);
            self.settle(ctx, out);
        }
    }

    fn connected(&mut self, channel: Channel, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.cluster.connected(channel, ctx.now, out);
        self.settle(ctx, out);
    }

    fn disconnected(&mut self, channel: Channel, how: Unreachable, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let failure = self.cluster.kit.connections.get(channel).map_or(Failure::Connection, |c| Failure::Closed(c.broker));
        for purpose in self.cluster.lost(channel, how, ctx, out) {
            self.fail(purpose, failure, ctx, out);
        }
        self.settle(ctx, out);
    }

    fn response(&mut self, channel: Channel, correlation: u32, response: Response, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(purpose) = self.cluster.kit.connections.answered(channel, correlation, ctx.now) else { return };
        match (purpose, response) {
            (Purpose::ApiVersions, Response::ApiVersions) => self.cluster.ready(channel, ctx.now, out),
            (Purpose::Metadata(track), Response::Metadata { broker, offset, topics }) => {
                self.cluster.metadata_answered(track, broker, offset, &topics, ctx, out);
            }
            (Purpose::Fetch(broker), Response::Fetch { results, .. }) => self.fetched(broker, &results, ctx, out),
            (Purpose::ListOffsets(broker), Response::ListOffsets { answers }) => self.offsets_found(broker, &answers, ctx, out),
            (Purpose::Nothing, _) => {}
            (purpose, response) => panic!("{response:?} answers no request of kind {purpose:?}"),
        }
        self.write_pending(channel, ctx, out);
        self.settle(ctx, out);
    }

    fn believes(&self, partition: PartitionIx, history: &History, spec: &Spec) -> (Option<BrokerIx>, LeaderEpoch) {
        self.cluster.kit.cache.belief(partition, Reference { history, spec })
    }

    fn send(&mut self, _: TopicIx, _: Option<PartitionIx>, _: u32, _: &mut Ctx<'_>, _: &mut Outbox) -> Option<RecordId> {
        None
    }
}
