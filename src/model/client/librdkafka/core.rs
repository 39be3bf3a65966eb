//! What a producer and a consumer have in common.

use super::Purpose;
use super::links::Link;
use super::refresh::Query;
use super::settings::Settings;
use crate::engine::{Chance, Duration, Instant, Stream, mix};
use crate::kafka::{BrokerIx, ClientIx, LeaderEpoch, PartitionIx, TopicIx};
use crate::model::client::cache::Cache;
use crate::model::client::connections::Connections;
use crate::model::client::kit::{Kit, reference};
use crate::model::{Channel, Ctx, Outbox, Spec};
use std::collections::{BTreeMap, BTreeSet};

/// The main thread and every broker thread look at their clocks this often.
const SCAN: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Core {
    pub kit: Kit<Purpose>,
    pub settings: Settings,
    pub draws: Draws,
    pub links: BTreeMap<Channel, Link>,
    /// Brokers that something waits for: they are connected to.
    pub demand: BTreeSet<BrokerIx>,
    /// Partitions that are on the internal broker although a leader is known.
    pub stranded: BTreeSet<PartitionIx>,
    /// Some topic is unknown, or some partition has no broker.
    pub missing: bool,
    /// Topics with a missing leader (`RD_KAFKA_TOPIC_F_LEADER_UNAVAIL`).
    pub flagged: BTreeSet<TopicIx>,
    pub query: Option<Query>,
    /// The next periodic refresh.
    pub refresh_at: Instant,
    /// The next scan of topics that may find something.
    pub scan_at: Option<Instant>,
    /// When any broker was last chosen to connect to, and when one is chosen again.
    pub chosen_at: Option<Instant>,
    pub choose_at: Option<Instant>,
    /// The earliest moment at which there is something to do, as this pass saw it.
    pub wake: Instant,
    // What outlives the process, so that draws stay unique in a run.
    pub queries: u64,
    pub lives: u64,
}

/// The client's streams of chance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draws {
    pub phase: Stream,
    pub age: Stream,
    pub connect: Stream,
    pub choice: Stream,
    pub query: Stream,
    pub retry: Stream,
    pub race: Stream,
    pub partition: Stream,
    shuffle: Stream,
}

/// The first moment not before `at` at which a thread of this phase looks.
pub(super) fn tick(at: Instant, phase: Duration) -> Instant {
    let (at, phase, step) = (at.as_nanos(), phase.as_nanos(), SCAN.as_nanos());
    let steps = at.saturating_sub(phase).div_ceil(step);
    Instant::from_nanos(phase.saturating_add(steps.saturating_mul(step)))
}

impl Core {
    /// A client that does not run yet.
    pub(super) fn new(index: ClientIx, spec: &Spec, chance: Chance) -> Self {
        let stream = |purpose| chance.stream(purpose);
        let draws = Draws {
            phase: stream("client scan phase"),
            age: stream("client metadata age"),
            connect: stream("client reconnect pause"),
            choice: stream("client broker choice"),
            query: stream("client leader query pause"),
            retry: stream("client retry pause"),
            race: stream("client thread race"),
            partition: stream("client partition"),
            shuffle: stream("client node order"),
        };
        let settings = Settings::new(&spec.clients[index.index()]);
        let kit = Kit::new(index, Connections::new(settings.connections, draws.connect), Cache::new(index, settings.cache));
        Core {
            kit,
            settings,
            draws,
            links: BTreeMap::new(),
            demand: BTreeSet::new(),
            stranded: BTreeSet::new(),
            missing: false,
            flagged: BTreeSet::new(),
            query: None,
            refresh_at: Instant::MAX,
            scan_at: None,
            chosen_at: None,
            choose_at: None,
            wake: Instant::MAX,
            queries: 0,
            lives: 0,
        }
    }

    /// What begins from now on runs by the configuration that the client has in `spec`.
    pub(super) fn retune(&mut self, spec: &Spec) {
        self.settings = Settings::new(&spec.clients[self.kit.index.index()]);
        self.kit.connections.retune(self.settings.connections);
    }

    /// The process starts; `warm`: it has been running for long, so that the next periodic refresh may come at any time.
    pub(super) fn start(&mut self, topics: &[TopicIx], warm: bool, ctx: &Ctx<'_>, out: &mut Outbox) {
        self.reset();
        self.kit.up = true;
        let Some(interval) = self.settings.refresh_interval else { return self.warm_up(topics, warm, ctx, out) };
        let left = if warm { interval.scale(self.draws.age.at(0).unit()) } else { interval };
        self.refresh_at = ctx.now + left;
        self.warm_up(topics, warm, ctx, out);
    }

    fn warm_up(&mut self, topics: &[TopicIx], warm: bool, ctx: &Ctx<'_>, out: &mut Outbox) {
        if warm {
            self.kit.cache.warm(topics, ctx.history.last(), Instant::MAX, reference(ctx), out);
            self.note_missing(ctx);
        }
    }

    /// The process is gone with all that it had in memory.
    pub(super) fn reset(&mut self) {
        self.lives += 1;
        let connections = Connections::new(self.settings.connections, self.draws.connect);
        self.kit.reset(connections, Cache::new(self.kit.index, self.settings.cache));
        self.links.clear();
        self.demand.clear();
        self.stranded.clear();
        self.missing = false;
        self.flagged.clear();
        self.query = None;
        self.refresh_at = Instant::MAX;
        self.scan_at = None;
        self.chosen_at = None;
        self.choose_at = None;
        self.wake = Instant::MAX;
    }

    /// The broker that a partition is delegated to; none: it waits on the internal broker.
    pub(super) fn delegated(&self, partition: PartitionIx, ctx: &Ctx<'_>) -> Option<BrokerIx> {
        if self.stranded.contains(&partition) {
            return None;
        }
        self.kit.cache.belief(partition, reference(ctx)).0
    }

    /// The leader and the epoch that the client knows.
    pub(super) fn belief(&self, partition: PartitionIx, ctx: &Ctx<'_>) -> (Option<BrokerIx>, LeaderEpoch) {
        self.kit.cache.belief(partition, reference(ctx))
    }

    /// The nodes that the client knows.
    pub(super) fn nodes(&self, ctx: &Ctx<'_>) -> smallvec::SmallVec<[(Channel, BrokerIx); 8]> {
        let bootstrap = &ctx.spec.clients[self.kit.index.index()].bootstrap;
        self.kit.cache.nodes(bootstrap, reference(ctx), self.draws.shuffle)
    }

    /// The next look of the main thread at or after this moment (`rd_kafka_1s_tmr_cb`).
    pub(super) fn main_tick(&self, at: Instant) -> Instant {
        tick(at, SCAN.scale(self.draws.phase.at(self.lives).unit()))
    }

    /// A request's time-out, lengthened to when the broker's thread notices it (`rd_kafka_broker_timeout_scan`).
    pub(super) fn noticed(&self, channel: Channel, timeout: Duration, now: Instant) -> Duration {
        let place = self.kit.connections.get(channel).map_or(0, |c| c.entity());
        let phase = SCAN.scale(self.draws.phase.at(mix(self.lives, place)).unit());
        tick(now + timeout, phase).since(now)
    }

    /// Wants to look again at this moment.
    pub(super) fn wake_at(&mut self, at: Instant) {
        self.wake = self.wake.min(at);
    }

    /// Arms the timer for the earliest moment at which there is something to do.
    pub(super) fn arm(&mut self, out: &mut Outbox) {
        let query = self.query.map_or(Instant::MAX, |q| q.at);
        let at = self.wake.min(query).min(self.refresh_at).min(self.kit.connections.check_at());
        let at = at.min(self.scan_at.unwrap_or(Instant::MAX)).min(self.choose_at.unwrap_or(Instant::MAX));
        self.kit.arm(at, out);
    }
}
