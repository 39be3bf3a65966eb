//! What producers and consumers have alike: a worker for each broker that writes requests one by one and connects where it must, and what
//! metadata answers change. Source: `broker.handleReqs`, `broker.loadConnection` (broker.go), `updateBrokers` (client.go).

use super::calls::Call;
use super::metadata::{Ended, Loop};
use super::settings::Settings;
use super::{Draws, Job, Peer, Purpose};
use crate::engine::{Duration, Instant};
use crate::kafka::{BrokerIx, ClientIx, ErrorCode, MetadataOffset, PartitionIx, TopicIx};
use crate::model::client::cache::{Answer, Cache};
use crate::model::client::connections::Connections;
use crate::model::client::kit::{Kit, reference};
use crate::model::message::{LeaderHint, Request, Topics};
use crate::model::{Channel, Ctx, Outbox, Spec};
use crate::observe::Fact;
use crate::observe::fact::{Refresh, Unreachable};
use std::collections::{BTreeMap, VecDeque};

/// Answers are read one at a time: only the oldest request of a connection runs against its time-out (`readConn`).
const NOT_READ_YET: Duration = Duration::from_secs(1 << 30);

/// The parts of a client that its role does not change.
#[derive(Clone, Debug)]
pub(super) struct Core {
    pub kit: Kit<Purpose>,
    pub settings: Settings,
    pub draws: Draws,
    pub metadata: Loop,
    workers: BTreeMap<Peer, Worker>,
    /// The brokers of the last answer, and those that hints have added (`cl.brokers`).
    pub(super) known: Vec<BrokerIx>,
    /// What is left of the walk over them (`anyBrokerOrd`), next last.
    pub(super) order: Vec<BrokerIx>,
    /// How often that walk was begun: what its order is drawn by.
    pub(super) walks: u64,
    pub(super) next_seed: u32,
    pub(super) calls: Vec<Call>,
}

/// The goroutine of one broker: requests wait for it while it connects, whatever connection they are for.
#[derive(Clone, Default, Debug)]
struct Worker {
    queue: VecDeque<Job>,
    /// Some connection has asked for the broker's versions.
    greeted: bool,
    /// A metadata answer no longer has the broker; what it is connecting for fails when that ends.
    stopped: bool,
}

/// Why a request has no answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Failure {
    /// Nobody listens, or the broker is not known any more: another broker is asked, or metadata.
    Refused,
    /// A time-out, a connection that ended, a broker that a metadata answer took away: the same broker is tried again.
    Broken(Unreachable),
}

/// What the leader hint beside an error is worth (`kip951move`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Hinted {
    /// There is none, or the release uses none.
    Not,
    /// The partition moves.
    Moves(LeaderHint),
    /// It tells nothing newer than what is known.
    Stale,
}

/// What a metadata answer did to one partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Merge {
    /// It had an error: what is known stays.
    LoadError(ErrorCode),
    /// It was older than what is known, which stays.
    Rewind,
    /// It told nothing new.
    Same,
    /// Another leader or epoch.
    Moved,
}

impl Core {
    pub(super) fn new(index: ClientIx, settings: Settings, draws: Draws) -> Self {
        let connections = Connections::new(settings.connections, draws.connect);
        let cache = Cache::new(index, settings.cache);
        Core {
            kit: Kit::new(index, connections, cache),
            metadata: Loop::new(Instant::MAX),
            settings,
            draws,
            workers: BTreeMap::new(),
            known: Vec::new(),
            order: Vec::new(),
            walks: 0,
            next_seed: 0,
            calls: Vec::new(),
        }
    }

    /// What begins from now on runs by these settings.
    pub(super) fn retune(&mut self, settings: Settings) {
        self.kit.connections.retune(settings.connections);
        self.settings = settings;
    }

    /// The process is gone with all that it held.
    pub(super) fn reset(&mut self) {
        let connections = Connections::new(self.settings.connections, self.draws.connect);
        self.kit.reset(connections, Cache::new(self.kit.index, self.settings.cache));
        self.metadata = Loop::new(Instant::MAX);
        self.workers.clear();
        self.known.clear();
        self.order.clear();
        self.next_seed = 0;
        self.calls.clear();
    }

    /// The process starts and knows its seeds only; the first use of a topic asks at once.
    pub(super) fn start(&mut self, now: Instant) {
        self.reset();
        self.kit.up = true;
        self.metadata = Loop::new(now + self.settings.metadata_max_age);
    }

    /// The process has been running for long.
    pub(super) fn start_warm(&mut self, topics: &[TopicIx], ctx: &Ctx<'_>, out: &mut Outbox) {
        self.reset();
        self.kit.up = true;
        let age = self.settings.metadata_max_age.scale(self.draws.age.at(0).unit());
        self.metadata = Loop::new(ctx.now + age);
        self.kit.cache.warm(topics, ctx.history.last(), Instant::MAX, reference(ctx), out);
        self.known = ctx.history.listed_brokers(ctx.history.last()).collect();
        self.shuffle(ctx.spec);
    }

    /// Whether a broker can be asked by its id.
    pub(super) fn knows(&self, broker: BrokerIx) -> bool {
        self.known.contains(&broker)
    }

    /// The hint in an error, if the release takes it for a move; and whether there was one that it does not.
    pub(super) fn judge_hint(&self, partition: PartitionIx, error: ErrorCode, hint: Option<LeaderHint>, ctx: &Ctx<'_>) -> Hinted {
        let policies = &self.settings.policies;
        let usable = |h: &LeaderHint| error == ErrorCode::NotLeaderOrFollower && policies.leader_hints && h.has_endpoint;
        match hint.filter(usable) {
            None => Hinted::Not,
            Some(hint) if policies.stale_hint_loops || hint.leader_epoch > self.kit.cache.belief(partition, reference(ctx)).1 => {
                Hinted::Moves(hint)
            }
            Some(_) => Hinted::Stale,
        }
    }

    /// `ensureBrokers`: a hint names a broker that no answer did.
    pub(super) fn learn(&mut self, broker: BrokerIx, spec: &Spec) {
        if let Err(i) = self.known.binary_search(&broker) {
            self.known.insert(i, broker);
            self.shuffle(spec);
        }
    }

    // Wishes for metadata.

    /// `triggerUpdateMetadata`.
    pub(super) fn trigger(&mut self, must: bool, now: Instant, out: &mut Outbox) -> bool {
        let wanted = self.metadata.is_wanted();
        let heard = self.metadata.trigger(must, now, &self.settings);
        self.tell_wanted(wanted, out);
        heard
    }

    /// `triggerUpdateMetadataNow`.
    pub(super) fn trigger_now(&mut self, out: &mut Outbox) {
        let wanted = self.metadata.is_wanted();
        self.metadata.trigger_now();
        self.tell_wanted(wanted, out);
    }

    fn tell_wanted(&self, before: bool, out: &mut Outbox) {
        if !before && self.metadata.is_wanted() {
            out.fact(Fact::Refreshed { client: self.kit.index, what: Refresh::Wanted });
        }
    }

    // Workers and connections.

    /// Hands a request to a broker's worker.
    pub(super) fn enqueue(&mut self, peer: Peer, job: Job) {
        self.workers.entry(peer).or_default().queue.push_back(job);
    }

    /// Takes a request back that has not been written yet.
    fn withdraw(&mut self, peer: Peer, job: Job) {
        if let Some(worker) = self.workers.get_mut(&peer) {
            worker.queue.retain(|j| *j != job);
        }
    }

    /// The next request that some worker can write now, on which connection. Opens the connection that a worker's next request needs.
    pub(super) fn next_write(&mut self, ctx: &Ctx<'_>, out: &mut Outbox) -> Option<(Channel, Job)> {
        let peers: Vec<Peer> = self.workers.iter().filter(|(_, w)| !w.queue.is_empty()).map(|(peer, _)| *peer).collect();
        peers.into_iter().find_map(|peer| self.next_write_of(peer, ctx, out))
    }

    fn next_write_of(&mut self, peer: Peer, ctx: &Ctx<'_>, out: &mut Outbox) -> Option<(Channel, Job)> {
        let worker = self.workers.get(&peer)?;
        let job = *worker.queue.front()?;
        let channel = peer.channel(job);
        if self.kit.connections.is_preparing(channel) || self.is_dialing(peer) {
            return None;
        }
        if self.is_idle(channel, ctx.now) {
            out.close(channel);
            self.kit.lost(channel, Unreachable::Reset, ctx.now, out);
        }
        if self.kit.connections.is_ready(channel) {
            self.workers.get_mut(&peer)?.queue.pop_front();
            return Some((channel, job));
        }
        let broker = match peer {
            Peer::Broker(broker) => broker,
            Peer::Seed(i) => ctx.spec.clients[self.kit.index.index()].bootstrap[i as usize],
        };
        self.kit.open(channel, broker, ctx, out);
        None
    }

    fn is_dialing(&self, peer: Peer) -> bool {
        peer.channels().into_iter().any(|c| self.kit.connections.is_preparing(c))
    }

    /// `isIdleTimeout`: nothing was written or read for `kgo.ConnIdleTimeout`, and nothing is awaited.
    fn is_idle(&self, channel: Channel, now: Instant) -> bool {
        let Some(connection) = self.kit.connections.get(channel) else { return false };
        let quiet = connection.in_flight.is_empty() && now.since(connection.last_active()) > self.settings.idle;
        quiet && self.kit.connections.is_ready(channel)
    }

    /// How long an answer to a request may take (`connTimeouter.timeouts`).
    fn timeout(&self, job: Job) -> Duration {
        match job {
            Job::Produce(_) | Job::Fetch(_) => self.settings.overhead + self.settings.server_wait,
            Job::Metadata | Job::InitProducerId | Job::ListOffsets(_) | Job::Epochs(_) => self.settings.overhead,
        }
    }

    /// The time-out to send a request with.
    pub(super) fn awaited(&self, channel: Channel, job: Job) -> Duration {
        let reading = self.kit.connections.get(channel).is_some_and(|c| !c.in_flight.is_empty());
        if reading { NOT_READ_YET } else { self.timeout(job) }
    }

    /// TCP is up: the broker is asked for its versions (`brokerCxn.init`).
    pub(super) fn greet(&mut self, channel: Channel, ctx: &Ctx<'_>, out: &mut Outbox) {
        let greeted = self.workers.get(&Peer::of(channel)).is_some_and(|w| w.greeted);
        if greeted && !self.settings.policies.greets_each {
            self.kit.ready(channel, ctx.now, out);
            return;
        }
        self.kit.greet(channel, Purpose::ApiVersions, self.settings.overhead, ctx.now, out);
    }

    /// An answer came: what it is for, if the client still wants it.
    pub(super) fn answered(&mut self, channel: Channel, correlation: u32, ctx: &Ctx<'_>, out: &mut Outbox) -> Option<Job> {
        let purpose = self.kit.connections.answered(channel, correlation, ctx.now)?;
        let next = self.kit.connections.get(channel)?.in_flight.front().map(|f| f.purpose);
        if let Some(Purpose::Job(next)) = next {
            self.kit.connections.await_oldest(channel, ctx.now + self.timeout(next));
        }
        match purpose {
            Purpose::Job(job) => Some(job),
            Purpose::ApiVersions => {
                self.workers.entry(Peer::of(channel)).or_default().greeted = true;
                self.kit.ready(channel, ctx.now, out);
                None
            }
        }
    }

    /// A connection, or the attempt at one, is over: which requests fail, oldest first.
    pub(super) fn lose(&mut self, channel: Channel, how: Unreachable, now: Instant, out: &mut Outbox) -> Vec<(Job, Failure)> {
        let preparing = self.kit.connections.is_preparing(channel);
        let refused = self.kit.connections.is_connecting(channel) && how == Unreachable::Refused;
        let in_flight = self.kit.lost(channel, how, now, out);
        let broken = |purpose| match purpose {
            Purpose::Job(job) => Some((job, Failure::Broken(how))),
            Purpose::ApiVersions => None,
        };
        let mut failed: Vec<_> = in_flight.into_iter().filter_map(broken).collect();
        if preparing {
            failed.extend(self.head(channel).map(|job| (job, if refused { Failure::Refused } else { Failure::Broken(how) })));
        }
        failed
    }

    /// Takes the request that a worker was connecting for.
    fn head(&mut self, channel: Channel) -> Option<Job> {
        let peer = Peer::of(channel);
        let worker = self.workers.get_mut(&peer)?;
        worker.stopped = false;
        let head = worker.queue.front().copied().filter(|job| peer.channel(*job) == channel);
        if head.is_some() {
            worker.queue.pop_front();
        }
        head
    }

    /// A connection of a broker that is gone came up after all: `errChosenBrokerDead`.
    pub(super) fn refuse_stopped(&mut self, channel: Channel, now: Instant, out: &mut Outbox) -> Option<Vec<(Job, Failure)>> {
        if !self.workers.get(&Peer::of(channel)).is_some_and(|w| w.stopped) {
            return None;
        }
        out.close(channel);
        Some(self.lose(channel, Unreachable::Reset, now, out))
    }

    /// Closes connections whose set-up or oldest request took too long.
    pub(super) fn close_overdue(&mut self, now: Instant, out: &mut Outbox) -> Vec<(Job, Failure)> {
        let mut failed = Vec::new();
        while let Some((channel, _)) = self.kit.connections.overdue(now) {
            out.close(channel);
            failed.extend(self.lose(channel, Unreachable::TimedOut, now, out));
        }
        failed
    }

    /// A request is cancelled. One that was written takes its connection along, and one that a worker connects for the attempt: what else
    /// fails by that.
    pub(super) fn cancel(&mut self, peer: Peer, job: Job, now: Instant, out: &mut Outbox) -> Vec<(Job, Failure)> {
        let channel = peer.channel(job);
        let written = self.kit.connections.get(channel).is_some_and(|c| c.in_flight.iter().any(|f| f.purpose == Purpose::Job(job)));
        let first = self.workers.get(&peer).and_then(|w| w.queue.front()) == Some(&job);
        if written || (first && self.kit.connections.is_preparing(channel)) {
            let failed = self.cut(channel, now, out);
            return failed.into_iter().filter(|(failed, _)| *failed != job).collect();
        }
        self.withdraw(peer, job);
        Vec::new()
    }

    /// Closes one connection with all that it carries.
    fn cut(&mut self, channel: Channel, now: Instant, out: &mut Outbox) -> Vec<(Job, Failure)> {
        if !self.kit.connections.is_ready(channel) && !self.kit.connections.is_preparing(channel) {
            return Vec::new();
        }
        out.close(channel);
        self.lose(channel, Unreachable::Reset, now, out)
    }

    // Metadata.

    /// Sends the metadata request.
    pub(super) fn write_metadata(&mut self, channel: Channel, now: Instant, out: &mut Outbox) {
        let topics = self.kit.cache.request_topics(false);
        let timeout = self.awaited(channel, Job::Metadata);
        self.kit.ask_metadata(channel, Purpose::Job(Job::Metadata), &topics, timeout, now, out);
    }

    /// Sends a request that has nothing in it but what it says.
    pub(super) fn write(&mut self, channel: Channel, job: Job, request: Request, bytes: u32, now: Instant, out: &mut Outbox) {
        let timeout = self.awaited(channel, job);
        self.kit.ask(channel, Purpose::Job(job), request, bytes, timeout, now, out);
    }

    /// Takes a metadata answer in: what it did to each partition of its topics.
    pub(super) fn merge(
        &mut self,
        broker: BrokerIx,
        offset: MetadataOffset,
        topics: &Topics,
        ctx: &Ctx<'_>,
        out: &mut Outbox,
    ) -> Vec<(PartitionIx, Merge)> {
        self.call_answered(Job::Metadata);
        out.fact(Fact::Refreshed { client: self.kit.index, what: Refresh::Answered(broker, offset) });
        let topics: &[TopicIx] = match topics {
            Topics::None => &[],
            Topics::Some(topics) => topics,
        };
        let partitions: Vec<PartitionIx> = topics.iter().flat_map(|t| ctx.spec.topics[t.index()].partitions.iter().copied()).collect();
        let belief = |core: &Core, p| core.kit.cache.belief(p, reference(ctx));
        let before: Vec<_> = partitions.iter().map(|p| belief(self, *p)).collect();
        self.kit.cache.apply(&Answer { broker, offset, topics }, ctx.now, reference(ctx), out);
        let merge = |(partition, before): (PartitionIx, (Option<BrokerIx>, _))| {
            let (error, _, epoch) = ctx.history.leader_answer(partition, offset);
            let after = belief(self, partition);
            let merge = match error {
                ErrorCode::None if after != before => Merge::Moved,
                ErrorCode::None if epoch < before.1 => Merge::Rewind,
                ErrorCode::None => Merge::Same,
                error => Merge::LoadError(error),
            };
            (partition, merge)
        };
        partitions.iter().copied().zip(before).map(merge).collect()
    }

    /// `updateBrokers`: brokers that are not in the answer are stopped, and what they had to do fails. The library may do this a moment
    /// before the answer is merged, or after.
    pub(super) fn stop_unlisted(&mut self, offset: MetadataOffset, ctx: &Ctx<'_>, out: &mut Outbox) -> Vec<(Job, Failure)> {
        let listed: Vec<BrokerIx> = ctx.history.listed_brokers(offset).collect();
        let gone: Vec<BrokerIx> = self.known.iter().copied().filter(|b| !listed.contains(b)).collect();
        self.known = listed;
        self.shuffle(ctx.spec);
        gone.into_iter().flat_map(|broker| self.stop(broker, ctx.now, out)).collect()
    }

    fn stop(&mut self, broker: BrokerIx, now: Instant, out: &mut Outbox) -> Vec<(Job, Failure)> {
        let peer = Peer::Broker(broker);
        let mut failed = Vec::new();
        for channel in peer.channels() {
            if !self.kit.connections.is_connecting(channel) {
                failed.extend(self.cut(channel, now, out));
            }
        }
        let dialing = self.is_dialing(peer);
        let Some(worker) = self.workers.get_mut(&peer) else { return failed };
        let kept = usize::from(dialing).min(worker.queue.len());
        let queued = worker.queue.split_off(kept);
        (worker.stopped, worker.greeted) = (dialing, false);
        failed.extend(queued.into_iter().map(|job| (job, Failure::Broken(Unreachable::Reset))));
        failed
    }

    /// The metadata update ended; true when what waits for updates is woken.
    pub(super) fn ended(&mut self, ended: Ended, now: Instant, out: &mut Outbox) -> bool {
        if ended == Ended::Failed {
            out.fact(Fact::Refreshed { client: self.kit.index, what: Refresh::Failed });
        }
        self.metadata.ended(ended, now, &self.settings, self.draws.metadata)
    }

    /// Begins a metadata update if it is time; true when it did.
    pub(super) fn update(&mut self, ctx: &Ctx<'_>) -> bool {
        let due = self.metadata.step(ctx.now, &self.settings, self.draws.metadata);
        if due {
            self.call(Job::Metadata, ctx);
        }
        due
    }

    /// When something of this may happen next by itself.
    pub(super) fn next_at(&self, now: Instant) -> Instant {
        let again = self.calls.iter().filter_map(|c| c.again_at).min().unwrap_or(Instant::MAX);
        self.metadata.next_at(now).min(self.kit.connections.check_at()).min(again)
    }
}
