//! A broker: what survives its process (`Disk`) and what does not (`Ram`), and the inputs that the world hands it.

pub mod api;
mod coordinator;
mod fetcher_thread;
mod fetchers;
mod follower_sessions;
mod handlers;
mod image;
mod isr;
mod leader;
mod lifecycle;
mod line;
pub mod log;
pub mod lull;
mod nearest;
mod observer;
mod parked_consumers;
mod producers;
mod purgatory;
mod roles;
mod sessions;
#[cfg(test)]
mod tests;

use crate::engine::{Chance, Duration, FifoServer, Instant, Stream, mix};
use crate::kafka::config::BrokerConfig;
use crate::kafka::{BrokerEpoch, BrokerIx, MetadataOffset, PartitionIx, RaftEpoch};
use crate::model::cost::Costs;
use crate::model::message::{Request, Response};
use crate::model::{Channel, Ctx, Outbox, Spec, TimerKind, Token};
use crate::observe::Fact;
use crate::observe::fact::{BrokerState, Unreachable};
use coordinator::Coordinator;
use fetchers::Fetchers;
use image::Image;
use isr::IsrChannel;
use lifecycle::Lifecycle;
use log::ReplicaLog;
use observer::Observer;
use purgatory::Purgatory;
use roles::Role;
use sessions::FetchSessions;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A broker process and its disk.
pub struct Broker {
    ix: BrokerIx,
    config: Arc<BrokerConfig>,
    costs: Arc<Costs>,
    draws: Draws,
    pace: Pace,
    /// A combined node reads the metadata log of its own controller instead of fetching it.
    combined: bool,
    disk: Disk,
    ram: Option<Box<Ram>>,
}

/// How slowly a machine works.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Pace {
    /// All work takes this many times as long.
    pub work: f64,
    /// Disk work takes this many times as long beside that.
    pub disk: f64,
}

/// What survives the process.
#[derive(Default)]
struct Disk {
    replicas: BTreeMap<PartitionIx, ReplicaLog>,
    /// The clean-shutdown file with the broker epoch in it.
    clean_shutdown: Option<BrokerEpoch>,
    /// End of the local metadata log, and the raft epoch of its last record.
    metadata_end: MetadataOffset,
    metadata_epoch: RaftEpoch,
    /// Lives that this broker has had, to draw each one's incarnation id.
    lives: u64,
}

/// What a process knows.
struct Ram {
    lifecycle: Lifecycle,
    observer: Observer,
    image: Image,
    roles: BTreeMap<PartitionIx, Role>,
    /// Follower roles of a new epoch whose fetchers have not been moved yet.
    moved: BTreeSet<PartitionIx>,
    fetchers: Fetchers,
    purgatory: Purgatory,
    isr: IsrChannel,
    sessions: FetchSessions,
    coordinator: Coordinator,
    /// `num.network.threads`: read requests, write answers, shake hands.
    network: FifoServer,
    /// `num.io.threads`: work on requests.
    handlers: FifoServer,
    cold: Cold,
    next_checkpoint: Instant,
    next_isr_check: Instant,
}

/// What a freshly started process has not done yet.
#[derive(Clone, Copy, Default)]
struct Cold {
    /// To change a role.
    role: bool,
    /// To process the answer to a fetch of its own.
    append: bool,
    /// To serve a follower's fetch.
    fetch: bool,
    /// To serve a metadata request.
    metadata: bool,
}

impl Cold {
    /// Nothing yet.
    const ALL: Cold = Cold { role: true, append: true, fetch: true, metadata: true };
}

/// The streams of a broker's draws.
#[derive(Clone, Copy)]
struct Draws {
    cost: Stream,
    apply: Stream,
    life: Stream,
    line: Stream,
}

impl Broker {
    /// The broker as `spec` has it, with its process not running.
    pub fn new(ix: BrokerIx, spec: &Spec, chance: Chance) -> Self {
        let this = &spec.brokers[ix.index()];
        let chance = chance.of(spec.broker_key(ix));
        Broker {
            ix,
            config: this.config.clone(),
            costs: this.costs.clone(),
            draws: Draws {
                cost: chance.stream("broker cost"),
                apply: chance.stream("broker apply"),
                life: chance.stream("broker life"),
                line: chance.stream("broker line"),
            },
            pace: Pace { work: 1.0, disk: 1.0 },
            combined: spec.nodes[this.node.index()].voter.is_some(),
            disk: Disk::default(),
            ram: None,
        }
    }

    /// Puts a replica's log on the disk, before the run starts.
    pub fn place_log(&mut self, partition: PartitionIx, log: ReplicaLog) {
        self.disk.replicas.insert(partition, log);
    }

    /// The log of a replica that stands on this broker's disk.
    pub fn log(&self, partition: PartitionIx) -> Option<&ReplicaLog> {
        self.disk.replicas.get(&partition)
    }

    /// How slowly its machine works.
    pub fn pace(&self) -> Pace {
        self.pace
    }

    /// The same, to be changed.
    pub fn pace_mut(&mut self) -> &mut Pace {
        &mut self.pace
    }

    /// The machine has worked at this pace until now. What takes long and is under way (to start, to load logs, to stop) takes its rest by the new
    /// one.
    pub fn pace_changed(&mut self, before: Pace, now: Instant, out: &mut Outbox) {
        let work = self.pace.work / before.work;
        let disk = work * self.pace.disk / before.disk;
        let Some(ram) = self.ram.as_mut() else { return };
        let rest = |at: Instant, factor: f64| now + at.since(now).scale(factor);
        ram.lifecycle.stretch(now, |at| rest(at, work), out);
        ram.image.stretch_loading(now, |at| rest(at, disk), out);
    }

    /// From now on it has these settings and costs.
    pub fn retune(&mut self, spec: &super::spec::BrokerSpec) {
        (self.config, self.costs) = (spec.config.clone(), spec.costs.clone());
    }

    /// Where the process is in its life.
    pub fn state(&self) -> BrokerState {
        self.ram.as_ref().map_or(BrokerState::NotRunning, |ram| ram.lifecycle.state())
    }

    /// The broker epoch of this life; none before it has registered.
    pub fn epoch(&self) -> Option<BrokerEpoch> {
        self.ram.as_ref().and_then(|ram| ram.lifecycle.epoch())
    }

    /// The incarnation id of the running process.
    pub fn incarnation(&self) -> Option<u64> {
        self.ram.as_ref().map(|ram| ram.lifecycle.incarnation())
    }

    /// Whether clients can connect.
    pub fn is_listening(&self) -> bool {
        self.ram.as_ref().is_some_and(|ram| ram.lifecycle.is_listening())
    }

    /// The offset of the metadata cache; none while nothing has been applied.
    pub fn image(&self) -> Option<MetadataOffset> {
        self.ram.as_ref().and_then(|ram| ram.image.offset())
    }

    /// Whether the broker has taken the leader role of a partition.
    pub fn leads(&self, partition: PartitionIx) -> bool {
        self.ram.as_ref().is_some_and(|ram| matches!(ram.roles.get(&partition), Some(Role::Leader(_))))
    }

    /// The process starts.
    pub fn start(&mut self, ctx: &mut Ctx, out: &mut Outbox) {
        self.disk.lives += 1;
        let started = self.costs.start.sample(self.draws.life.at(mix(self.disk.lives, 1))).scale(self.pace.work);
        let mut ram = self.fresh_ram(ctx);
        ram.cold = Cold::ALL;
        ram.lifecycle.begin(ctx.now + started);
        self.ram = Some(Box::new(ram));
        out.fact(Fact::BrokerStateChanged { broker: self.ix, state: BrokerState::Starting });
        out.timer(TimerKind::Lifecycle, ctx.now + started);
        if !self.combined {
            out.timer(TimerKind::Raft, ctx.now + started);
        }
    }

    /// The process has been running for long when the run starts; the history holds the initial metadata.
    pub fn start_warm(&mut self, ctx: &mut Ctx, out: &mut Outbox) {
        self.disk.lives += 1;
        let mut ram = self.fresh_ram(ctx);
        if ctx.spec.brokers[self.ix.index()].cold {
            ram.cold = Cold::ALL;
        }
        let last = ctx.history.last();
        ram.image.start_at(last);
        ram.observer.start_at(ctx, last);
        let registration = ctx.history.broker(self.ix, last).expect("a broker that is up is registered when the run starts");
        let phase = Duration::from_nanos(self.draws.life.at(0).below(self.config.broker_heartbeat_interval.as_nanos()));
        ram.lifecycle.run_warm(registration, ctx.now + phase);
        self.disk.metadata_end = last.next();
        self.ram = Some(Box::new(ram));
        self.take_initial_roles(last, ctx, out);
        self.coordinate_warm(ctx, out);
        if let Some(ram) = self.ram.as_mut().filter(|ram| !ram.roles.is_empty()) {
            // It follows, and has caught up: its first role changes and first fetches lie behind it.
            ram.cold.role = false;
            ram.cold.append = false;
        }
        out.fact(Fact::BrokerStateChanged { broker: self.ix, state: BrokerState::Running });
        out.timer(TimerKind::Lifecycle, ctx.now + phase);
        if !self.combined {
            out.timer(TimerKind::Raft, ctx.now);
        }
        self.arm_housekeeping(ctx, out);
    }

    fn fresh_ram(&self, ctx: &Ctx) -> Ram {
        let incarnation = self.draws.life.at(mix(self.disk.lives, 0)).bits();
        let line = self.draws.line.part(self.disk.lives);
        Ram {
            lifecycle: Lifecycle::new(incarnation, self.disk.clean_shutdown, self.draws.life, line),
            observer: Observer::new(ctx.spec.voters.len(), line, self.disk.metadata_end, self.disk.metadata_epoch),
            image: Image::default(),
            roles: BTreeMap::new(),
            moved: BTreeSet::new(),
            fetchers: Fetchers::new(line),
            purgatory: Purgatory::default(),
            isr: IsrChannel::new(line),
            sessions: FetchSessions::new(self.draws.life, self.disk.lives),
            coordinator: Coordinator::default(),
            network: FifoServer::new(self.config.num_network_threads as usize),
            handlers: FifoServer::new(self.config.num_io_threads as usize),
            cold: Cold::default(),
            next_checkpoint: Instant::MAX,
            next_isr_check: Instant::MAX,
        }
    }

    /// Starts the periodic tasks; each broker has its own phase.
    fn arm_housekeeping(&mut self, ctx: &mut Ctx, out: &mut Outbox) {
        let Some(ram) = self.ram.as_mut() else { return };
        let phase = self.draws.life.at(mix(self.disk.lives, 2));
        let checkpoint = self.config.replica_high_watermark_checkpoint_interval;
        let check = half(self.config.replica_lag_time_max);
        ram.next_checkpoint = ctx.now + Duration::from_nanos(phase.below(checkpoint.as_nanos()));
        ram.next_isr_check = ctx.now + Duration::from_nanos(phase.below(check.as_nanos()));
        out.timer(TimerKind::Checkpoint, ram.next_checkpoint);
        out.timer(TimerKind::IsrCheck, ram.next_isr_check);
    }

    /// The process is gone; the page cache is not.
    pub fn crash(&mut self) {
        self.ram = None;
        for log in self.disk.replicas.values_mut() {
            log.forget();
        }
    }

    /// The machine loses power: what was not written back is gone.
    pub fn lose_power(&mut self, now: Instant, out: &mut Outbox) {
        self.crash();
        self.disk.clean_shutdown = None;
        for (partition, log) in &mut self.disk.replicas {
            let (from, to) = (log.end(), log.flushed(now));
            if to < from {
                log.truncate(to);
                out.fact(Fact::UnflushedLost { broker: self.ix, partition: *partition, from, to });
            }
        }
    }

    /// SIGTERM.
    pub fn stop(&mut self, ctx: &mut Ctx, out: &mut Outbox) {
        self.begin_shutdown(ctx, out);
    }

    /// A timer fires; each part looks at its own deadlines.
    pub fn timer(&mut self, kind: TimerKind, ctx: &mut Ctx, out: &mut Outbox) {
        if self.ram.is_none() {
            return;
        }
        match kind {
            TimerKind::Lifecycle => self.lifecycle_turn(ctx, out),
            TimerKind::Raft => self.observer_turn(ctx, out),
            TimerKind::Apply => self.apply_turn(ctx, out),
            TimerKind::Fetchers => self.fetchers_due(ctx, out),
            TimerKind::Purgatory => self.expire_parked(ctx, out),
            TimerKind::IsrCheck => self.isr_check(ctx, out),
            TimerKind::AlterPartition => self.alter_partition_turn(ctx, out),
            TimerKind::Checkpoint => self.checkpoint_turn(ctx, out),
            TimerKind::Coordinator => self.coordinator_turn(ctx, out),
            TimerKind::Client
            | TimerKind::Workload
            | TimerKind::Linger
            | TimerKind::Sessions
            | TimerKind::Balance
            | TimerKind::Unclean
            | TimerKind::NoOp
            | TimerKind::Events => {}
        }
    }

    fn checkpoint_turn(&mut self, ctx: &mut Ctx, out: &mut Outbox) {
        let Some(ram) = self.ram.as_mut() else { return };
        if ctx.now < ram.next_checkpoint {
            return out.timer(TimerKind::Checkpoint, ram.next_checkpoint);
        }
        ram.next_checkpoint = ctx.now + self.config.replica_high_watermark_checkpoint_interval;
        out.timer(TimerKind::Checkpoint, ram.next_checkpoint);
        self.disk.replicas.values_mut().for_each(|log| log.checkpoint(ctx.now));
    }

    /// One of the broker's own connections is up.
    pub fn connected(&mut self, channel: Channel, ctx: &mut Ctx, out: &mut Outbox) {
        match channel {
            Channel::Fetcher(leader, thread) => self.fetcher_connected((leader, thread), ctx, out),
            Channel::Heartbeat(_) => self.heartbeat_connected(channel, ctx, out),
            Channel::AlterPartition(_) => self.alter_partition_connected(channel, ctx, out),
            Channel::Raft(voter) => self.observer_connected(voter, ctx, out),
            Channel::Broker(_) | Channel::Lane(..) | Channel::Bootstrap(_) => {}
        }
    }

    /// One of the broker's own connections, or its attempt, is lost.
    pub fn disconnected(&mut self, channel: Channel, how: Unreachable, ctx: &mut Ctx, out: &mut Outbox) {
        match channel {
            Channel::Fetcher(leader, thread) => self.fetcher_lost((leader, thread), how, ctx, out),
            Channel::Heartbeat(_) => self.heartbeat_lost(channel, how, ctx, out),
            Channel::AlterPartition(_) => self.alter_partition_lost(channel, how, ctx, out),
            Channel::Raft(voter) => self.observer_lost(voter, how, ctx, out),
            Channel::Broker(_) | Channel::Lane(..) | Channel::Bootstrap(_) => {}
        }
    }

    /// An answer to one of the broker's own requests.
    pub fn response(&mut self, channel: Channel, correlation: u32, response: Response, ctx: &mut Ctx, out: &mut Outbox) {
        match (channel, response) {
            (Channel::Fetcher(leader, thread), Response::ReplicaFetch { partitions }) => {
                self.fetched((leader, thread), correlation, partitions, ctx, out);
            }
            (Channel::Heartbeat(_), response) => self.heartbeat_answered(channel, correlation, response, ctx, out),
            (Channel::AlterPartition(_), Response::AlterPartition { error, results }) => {
                self.alter_partition_answered(channel, correlation, error, results, ctx, out);
            }
            (Channel::Raft(voter), response) => self.observer_answered(voter, correlation, response, ctx, out),
            (Channel::Fetcher(..) | Channel::AlterPartition(_) | Channel::Broker(_) | Channel::Lane(..) | Channel::Bootstrap(_), _) => {}
        }
    }

    /// A client shakes hands (TLS, SASL) for `cpu` of a network thread; gives when that is done (`SocketServer.Processor`).
    pub fn handshake(&mut self, at: Instant, cpu: Duration) -> Instant {
        let cpu = cpu.scale(self.pace.work);
        self.ram.as_mut().map_or(at + cpu, |ram| ram.network.serve(at, cpu))
    }

    /// A request of a client or follower has been taken from its connection.
    pub fn take(&mut self, token: Token, request: Request, ctx: &mut Ctx, out: &mut Outbox) {
        self.queue_request(token, request, ctx, out);
    }

    /// A request has reached the end of its handler time.
    pub fn handle(&mut self, token: Token, request: Request, ctx: &mut Ctx, out: &mut Outbox) {
        self.handle_request(token, request, ctx, out);
    }

    /// Handler or thread time of something, as slow as this machine is.
    fn cost(&self, distribution: &crate::engine::Distribution, address: u64) -> Duration {
        distribution.sample(self.draws.cost.at(address)).scale(self.pace.work)
    }
}

/// Half of a duration.
fn half(d: Duration) -> Duration {
    Duration::from_nanos(d.as_nanos() / 2)
}
