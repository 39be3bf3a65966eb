//! The producer: an application that calls `send()` for one record at a time and does not wait, so that any number are under way.

use super::cluster::Cluster;
use super::failure::Failure;
use super::send::Send;
use super::settings::{Draws, ProducerSettings};
use super::{Purpose, Waiter};
use crate::engine::{Chance, Instant};
use crate::kafka::{BrokerIx, ClientIx, LeaderEpoch, PartitionIx, TopicIx};
use crate::model::client::Machine;
use crate::model::client::application::{Application, assigned};
use crate::model::client::cache::Reference;
use crate::model::client::kit::{Batch, reference};
use crate::model::message::Response;
use crate::model::spec::Workload;
use crate::model::{Channel, Ctx, History, Outbox, Spec, TimerKind};
use crate::observe::fact::{RecordId, Unreachable};
use std::collections::BTreeMap;

/// One producer process with its application.
#[derive(Clone, Debug)]
pub(super) struct Producer {
    pub cluster: Cluster,
    pub settings: ProducerSettings,
    /// Every `send()` that is not settled, by its record.
    pub sends: BTreeMap<u64, Send>,
    pub application: Application,
    /// Records without a key go round (`producer/partitioners/default`): where each topic's round is.
    rounds: BTreeMap<TopicIx, u64>,
}

fn workload(spec: &Spec, client: ClientIx) -> &Workload {
    spec.clients[client.index()].workload().expect("a producer has a workload")
}

impl Producer {
    /// A client of the specification that does not run yet.
    pub(super) fn new(index: ClientIx, spec: &Spec, chance: Chance) -> Self {
        let settings = ProducerSettings::new(&spec.clients[index.index()]);
        let arrivals = chance.stream("client arrivals");
        Producer {
            cluster: Cluster::new(index, settings.cluster, Draws::new(chance)),
            settings,
            sends: BTreeMap::new(),
            application: Application::new(index, workload(spec, index), arrivals),
            rounds: BTreeMap::new(),
        }
    }

    fn take_record(&mut self, topic: TopicIx, partition: PartitionIx, bytes: u32, ctx: &mut Ctx<'_>, out: &mut Outbox) -> RecordId {
        let record = self.cluster.kit.new_record(partition, out);
        let mut batch = Batch::new(partition, ctx);
        batch.push(record, ctx.now, bytes);
        let send = Send::new(topic, batch, self);
        self.sends.insert(record, send);
        self.attempt(record, ctx, out);
        record
    }

    fn run_application(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let index = self.cluster.kit.index;
        while let Some(handover) = self.application.next(ctx.now, workload(ctx.spec, index)) {
            let partitions = self.cluster.kit.partitions(handover.topic, ctx);
            let partitioning = workload(ctx.spec, index).partitioning;
            let chosen = assigned(partitioning, &handover, partitions.len(), self.cluster.draws.partition);
            let partition = chosen.and_then(|i| partitions.get(i).copied());
            let partition = partition.unwrap_or_else(|| self.next_partition(handover.topic, ctx));
            let record = self.take_record(handover.topic, partition, handover.bytes, ctx, out);
            self.application.handed(record, &handover, out);
        }
        self.application.arm(out);
    }

    /// The default partitioner without a key: round the partitions with a leader, from a random one on.
    fn next_partition(&mut self, topic: TopicIx, ctx: &Ctx<'_>) -> PartitionIx {
        let all = self.cluster.kit.partitions(topic, ctx);
        let led: Vec<_> = all.iter().copied().filter(|p| self.cluster.kit.cache.belief(*p, reference(ctx)).0.is_some()).collect();
        let available = if led.is_empty() { all } else { &led };
        let start = self.cluster.draws.partition.at(ctx.spec.topic_key(topic).bits()).below(1 << 32);
        let turn = self.rounds.entry(topic).or_insert(start);
        let partition = available.get((*turn % available.len().max(1) as u64) as usize).copied().unwrap_or_default();
        *turn += 1;
        partition
    }

    /// Lets everybody go on who can, and sets the clock for the rest.
    fn settle(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        while let Some((waiter, outcome)) = self.cluster.next_event(ctx, out) {
            match waiter {
                Waiter::Send(key) => self.proceed(key, outcome, ctx, out),
                Waiter::Nobody | Waiter::Refresh(_) | Waiter::Fetch(_) | Waiter::Runner => {}
            }
        }
        let pauses = self.sends.values().filter_map(Send::pause_until).min().unwrap_or(Instant::MAX);
        let at = self.cluster.wake_at().min(pauses);
        self.cluster.kit.arm(at, out);
    }

    /// What was in flight on a connection has failed.
    fn fail(&mut self, purpose: Purpose, failure: Failure, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        match purpose {
            Purpose::Produce(key) => self.unanswered(key, failure, ctx, out),
            Purpose::Metadata(track) => self.cluster.refresh_failed(track, failure, out),
            Purpose::ApiVersions | Purpose::Fetch(_) | Purpose::ListOffsets(_) | Purpose::Nothing => {}
        }
    }

    /// Requests that waited for room on a connection leave as far as there is some.
    fn write_pending(&mut self, channel: Channel, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        while let Some(purpose) = self.cluster.next_pending(channel) {
            match purpose {
                Purpose::Produce(key) => self.write(channel, key, ctx, out),
                Purpose::Metadata(track) => self.cluster.write_metadata(channel, track, ctx.now, out),
                Purpose::ApiVersions | Purpose::Fetch(_) | Purpose::ListOffsets(_) | Purpose::Nothing => {}
            }
        }
    }

    /// Time-outs and pauses that are over.
    fn look(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        for (channel, purpose) in self.cluster.expire(ctx, out) {
            self.fail(purpose, self.cluster.timed_out(channel), ctx, out);
            self.write_pending(channel, ctx, out);
        }
        self.cluster.resume_refreshes(ctx, out);
        let due: Vec<u64> =
            self.sends.iter().filter(|(_, s)| s.pause_until().is_some_and(|at| at <= ctx.now)).map(|(key, _)| *key).collect();
        for key in due {
            self.attempt(key, ctx, out);
        }
    }
}

impl Machine for Producer {
    /// The process starts: `producer.connect()`; the first `send()` asks for metadata.
    fn start(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.crash();
        self.cluster.kit.up = true;
        self.application.skip_to(ctx.now, workload(ctx.spec, self.cluster.kit.index));
        self.application.arm(out);
        if let Some(seed) = self.cluster.seed_broker(ctx) {
            self.cluster.connect(Waiter::Nobody, Channel::Broker(seed), seed, ctx, out);
        }
        self.settle(ctx, out);
    }

    fn start_warm(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.crash();
        self.cluster.kit.up = true;
        let topics = &workload(ctx.spec, self.cluster.kit.index).topics;
        self.cluster.warm(topics, ctx, out);
        self.application.arm(out);
        self.settle(ctx, out);
    }

    fn crash(&mut self) {
        self.cluster.crash();
        self.sends.clear();
        self.rounds.clear();
    }

    fn retune(&mut self, spec: &Spec) {
        self.settings = ProducerSettings::new(&spec.clients[self.cluster.kit.index.index()]);
        self.cluster.retune(self.settings.cluster);
    }

    fn timer(&mut self, kind: TimerKind, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if !self.cluster.kit.up {
            return;
        }
        if kind == TimerKind::Workload {
            self.run_application(ctx, out);
        } else {
            self.cluster.kit.woken();
            self.look(ctx, out);
        }
        self.settle(ctx, out);
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
            (Purpose::Produce(key), Response::Produce { results, .. }) => {
                let error = results.first().map(|r| r.error).expect("an answer to every entry");
                self.answered(key, error, ctx, out);
            }
            (Purpose::Nothing, _) => {}
            (purpose, response) => panic!("{response:?} answers no request of kind {purpose:?}"),
        }
        self.write_pending(channel, ctx, out);
        self.settle(ctx, out);
    }

    fn believes(&self, partition: PartitionIx, history: &History, spec: &Spec) -> (Option<BrokerIx>, LeaderEpoch) {
        self.cluster.kit.cache.belief(partition, Reference { history, spec })
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
        self.settle(ctx, out);
        Some(record)
    }
}
