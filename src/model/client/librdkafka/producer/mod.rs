//! The librdkafka producer: `toppar` is the queue of one partition, `send` what a broker thread does with it, `results` what becomes of a
//! request, `identity` the producer id of an idempotent one, `handover` how messages come in.

mod handover;
mod identity;
mod results;
mod send;
mod toppar;

use self::handover::Sticky;
use self::identity::Identity;
use self::toppar::Toppar;
use super::core::Core;
use super::{Loss, Purpose};
use crate::engine::{Chance, Instant};
use crate::kafka::{BrokerIx, ClientIx, LeaderEpoch, PartitionIx, TopicIx};
use crate::model::client::Machine;
use crate::model::client::application::Application;
use crate::model::client::cache::Reference;
use crate::model::client::connections::Overdue;
use crate::model::client::kit::Batch;
use crate::model::message::Response;
use crate::model::spec::{Role, Workload};
use crate::model::{Channel, Ctx, History, Outbox, Spec, TimerKind};
use crate::observe::fact::{RecordId, Unreachable};
use smallvec::SmallVec;
use std::collections::{BTreeMap, BTreeSet};

/// One producer process with its application.
#[derive(Clone, Debug)]
pub(in crate::model::client) struct Producer {
    core: Core,
    toppars: BTreeMap<PartitionIx, Toppar>,
    /// Partitions with messages that wait.
    waiting: BTreeSet<PartitionIx>,
    /// Produce requests without an answer, by number.
    in_flight: BTreeMap<u64, Flight>,
    next_request: u64,
    /// Messages without a delivery report, and their bytes.
    queued: (u32, u64),
    /// Present when the producer is idempotent.
    identity: Option<Identity>,
    /// A fatal error was raised: nothing is sent any more.
    fatal: bool,
    sticky: BTreeMap<TopicIx, Sticky>,
    /// When waiting messages are looked at for time-outs.
    expiry_at: Instant,
    application: Application,
    // What outlives the process, so that producer ids stay unique in a run.
    next_epoch: u32,
}

/// A produce request in flight: batches of one partition.
#[derive(Clone, Debug)]
struct Flight {
    partition: PartitionIx,
    batches: SmallVec<[Batch; 1]>,
}

fn workload(spec: &Spec, client: ClientIx) -> &Workload {
    match &spec.clients[client.index()].role {
        Role::Producer(workload) => workload,
        Role::Consumer(_) => unreachable!("a producer has a workload"),
    }
}

impl Producer {
    /// A client of the specification that does not run yet.
    pub(in crate::model::client) fn new(index: ClientIx, spec: &Spec, chance: Chance) -> Self {
        Producer {
            core: Core::new(index, spec, chance),
            toppars: BTreeMap::new(),
            waiting: BTreeSet::new(),
            in_flight: BTreeMap::new(),
            next_request: 0,
            queued: (0, 0),
            identity: None,
            fatal: false,
            sticky: BTreeMap::new(),
            expiry_at: Instant::MAX,
            application: Application::new(index, workload(spec, index), chance.stream("client arrivals")),
            next_epoch: 0,
        }
    }

    fn begin(&mut self, warm: bool, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.crash();
        let workload = workload(ctx.spec, self.core.kit.index);
        self.core.start(&workload.topics, warm, ctx, out);
        self.identity = self.core.settings.config.enable_idempotence.then(|| Identity::new(self.next_epoch, warm));
        if !warm {
            self.application.skip_to(ctx.now, workload);
        }
        self.application.arm(out);
    }

    /// Everything that the threads do at this moment.
    fn pass(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.core.wake = Instant::MAX;
        self.close_overdue(ctx, out);
        self.expire(ctx, out);
        self.ask_producer_id(ctx, out);
        self.serve(ctx, out);
        self.core.main_thread(ctx, out);
        self.core.plan_scan(ctx.now, ctx);
        self.core.wake_at(self.expiry_at);
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

    /// A connection is over, with all that was in flight on it.
    fn lose(&mut self, channel: Channel, how: Unreachable, loss: Loss, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let mut lost = self.core.lost(channel, how, ctx, out);
        for purpose in std::mem::take(&mut lost.requests) {
            match purpose {
                Purpose::ApiVersions
                | Purpose::Fetch(_)
                | Purpose::ListOffsets(_)
                | Purpose::EpochEnd(_)
                | Purpose::FindCoordinator
                | Purpose::Group(_) => {}
                Purpose::Metadata => self.core.refresh_failed(out),
                Purpose::ProducerId => self.retry_producer_id(ctx.now),
                Purpose::Produce(number) => self.unanswered(number, lost.broker, how, loss, ctx, out),
            }
        }
        self.core.after_loss(&lost, loss, ctx, out);
    }
}

impl Machine for Producer {
    fn start(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.begin(false, ctx, out);
        self.pass(ctx, out);
    }

    /// It has connections to the leaders of its partitions, opened at this moment.
    fn start_warm(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.begin(true, ctx, out);
        for topic in &workload(ctx.spec, self.core.kit.index).topics {
            for partition in &ctx.spec.topics[topic.index()].partitions {
                if let Some(leader) = self.core.delegated(*partition, ctx) {
                    self.core.want(leader, ctx, out);
                }
            }
        }
        self.pass(ctx, out);
    }

    fn crash(&mut self) {
        self.next_epoch = self.identity.as_ref().map_or(self.next_epoch, |i| i.epoch + 1);
        self.core.reset();
        self.toppars.clear();
        self.waiting.clear();
        self.in_flight.clear();
        self.queued = (0, 0);
        self.identity = None;
        self.fatal = false;
        self.sticky.clear();
        self.expiry_at = Instant::MAX;
    }

    fn retune(&mut self, spec: &Spec) {
        self.core.retune(spec);
    }

    fn timer(&mut self, kind: TimerKind, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if !self.core.kit.up {
            return;
        }
        if kind == TimerKind::Workload {
            self.run_application(ctx, out);
        } else {
            self.core.kit.woken();
        }
        self.pass(ctx, out);
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
            (Purpose::ApiVersions, Response::ApiVersions) => self.core.ready(channel, ctx, out),
            (Purpose::Metadata, Response::Metadata { broker, offset, topics }) => {
                for dropped in self.core.answered(broker, offset, &topics, ctx, out) {
                    out.close(dropped);
                    self.lose(dropped, Unreachable::Reset, Loss::Removed, ctx, out);
                }
            }
            (Purpose::ProducerId, Response::InitProducerId { error }) => self.producer_id_answered(error, ctx.now),
            (Purpose::Produce(number), Response::Produce { broker, results }) => self.produced(number, broker, &results, ctx, out),
            (purpose, response) => panic!("{response:?} answers no request of kind {purpose:?}"),
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
        let record = self.take_message(topic, partition, bytes, ctx, out);
        self.pass(ctx, out);
        Some(record)
    }
}
