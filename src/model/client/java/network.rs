//! What the NetworkClient does beside carrying requests: connects, disconnects, and sends metadata requests by itself. Producers and
//! consumers have one each; `R` is what they send on it.
//! Source: `NetworkClient`, `NetworkClient.DefaultMetadataUpdater`.

use super::policies::Rebootstrap;
use super::refresh::Refresh;
use super::settings::{Shared, TICK};
use crate::engine::{Chance, Duration, Instant, Stream};
use crate::kafka::{BrokerIx, ClientIx, MetadataOffset, PartitionIx, TopicIx};
use crate::model::client::cache::{Answer, Cache};
use crate::model::client::connections::{Connections, Overdue};
use crate::model::client::kit::{Kit, reference};
use crate::model::message::{Request, Topics};
use crate::model::{Broken, Channel, Ctx, Outbox};
use crate::observe::Fact;
use crate::observe::fact::{Refresh as What, Unreachable};
use smallvec::SmallVec;

/// What each topic named in a request weighs, in bytes.
const TOPIC_BYTES: u32 = 30;

/// What a request in flight is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Purpose<R> {
    ApiVersions,
    Metadata,
    /// What the producer or consumer sent itself.
    Own(R),
}

/// A connection that is over, with what was in flight on it.
#[derive(Debug)]
pub(super) struct Lost<R> {
    pub broker: BrokerIx,
    pub how: Unreachable,
    /// The client gave it up because a request or its set-up took too long.
    pub timed_out: bool,
    /// Oldest first.
    pub requests: SmallVec<[R; 4]>,
}

/// A node to send to, and whether any connection is ready at all (`LeastLoadedNode`).
#[derive(Clone, Copy, Default)]
pub(super) struct LeastLoaded {
    pub node: Option<(Channel, BrokerIx)>,
    any_ready: bool,
}

/// The client's streams of chance that are about the network.
#[derive(Clone, Copy, Debug)]
struct Draws {
    refresh: Stream,
    connect: Stream,
    shuffle: Stream,
    pick: Stream,
    age: Stream,
}

/// A NetworkClient with the metadata that it keeps.
#[derive(Clone, Debug)]
pub(super) struct Network<R> {
    pub kit: Kit<Purpose<R>>,
    pub refresh: Refresh,
    pub shared: Shared,
    draws: Draws,
    /// The thread polls without waiting, and so looks at every pause again and again.
    pub spinning: bool,
    /// The earliest moment at which a turn could do something, as the last turn saw it.
    pub wake: Instant,
    /// The connection that ends is closed for being idle.
    closes_idle: bool,
}

impl<R> Network<R> {
    /// A client that does not run yet.
    pub(super) fn new(index: ClientIx, shared: Shared, chance: Chance) -> Self {
        let stream = |purpose| chance.stream(purpose);
        let draws = Draws {
            refresh: stream("client refresh pause"),
            connect: stream("client reconnect pause"),
            shuffle: stream("client node order"),
            pick: stream("client least loaded node"),
            age: stream("client metadata age"),
        };
        Network {
            kit: Kit::new(index, Connections::new(shared.connections, draws.connect), Cache::new(index, shared.cache)),
            refresh: Refresh::new(index),
            shared,
            draws,
            spinning: false,
            wake: Instant::MAX,
            closes_idle: false,
        }
    }

    /// What begins from now on runs by these settings.
    pub(super) fn retune(&mut self, shared: Shared) {
        self.kit.connections.retune(shared.connections);
        self.shared = shared;
    }

    /// The process is gone with all that it knew.
    pub(super) fn crash(&mut self) {
        let connections = Connections::new(self.shared.connections, self.draws.connect);
        self.kit.reset(connections, Cache::new(self.kit.index, self.shared.cache));
        self.refresh = Refresh::new(self.kit.index);
        self.spinning = false;
        self.wake = Instant::MAX;
    }

    /// The process has been running for long: it knows these topics as they are, its metadata is of any age, and it opens the
    /// connections to their leaders at this moment.
    pub(super) fn warm(&mut self, topics: &[TopicIx], expires_at: Instant, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let age_left = self.shared.metadata_max_age.scale(self.draws.age.at(0).unit());
        self.refresh = Refresh::warm(self.kit.index, ctx.now + age_left);
        self.kit.cache.warm(topics, ctx.history.last(), expires_at, reference(ctx), out);
        for leader in self.leaders(topics, ctx) {
            self.connect(Channel::Broker(leader), leader, ctx, out);
        }
    }

    fn leaders(&self, topics: &[TopicIx], ctx: &Ctx<'_>) -> Vec<BrokerIx> {
        let partitions = topics.iter().flat_map(|t| ctx.spec.topics[t.index()].partitions.iter());
        let mut leaders: Vec<_> = partitions.filter_map(|p| self.belief(*p, ctx).0).collect();
        leaders.sort_unstable();
        leaders.dedup();
        leaders
    }

    /// The leader that the client would send to, and the epoch that it knows.
    pub(super) fn belief(&self, partition: PartitionIx, ctx: &Ctx<'_>) -> (Option<BrokerIx>, crate::kafka::LeaderEpoch) {
        self.kit.cache.belief(partition, reference(ctx))
    }

    /// `NetworkClient.initiateConnect`.
    pub(super) fn connect(&mut self, channel: Channel, broker: BrokerIx, ctx: &Ctx<'_>, out: &mut Outbox) {
        self.kit.open(channel, broker, ctx, out);
    }

    /// TCP is up: ApiVersions is the first request (`handleInitiateApiVersionRequests`).
    pub(super) fn greet(&mut self, channel: Channel, now: Instant, out: &mut Outbox) {
        self.kit.greet(channel, Purpose::ApiVersions, self.shared.request_timeout, now, out);
    }

    /// `NetworkClient.canSendRequest`.
    pub(super) fn can_send(&self, channel: Channel) -> bool {
        self.kit.connections.can_send(channel, self.shared.max_in_flight)
    }

    /// `NetworkClient.processDisconnection`: in-flight requests fail, then the loss itself asks for metadata.
    pub(super) fn lose(&mut self, channel: Channel, how: Unreachable, timed_out: bool, now: Instant, out: &mut Outbox) -> Option<Lost<R>> {
        let broker = self.kit.connections.get(channel).map(|c| c.broker)?;
        let was_ready = self.kit.connections.is_ready(channel);
        let mut requests = SmallVec::new();
        for purpose in self.kit.lost(channel, how, now, out) {
            match purpose {
                Purpose::ApiVersions => {}
                Purpose::Metadata if self.shared.broken == Some(Broken::RefreshLostForEver) => {}
                Purpose::Metadata => self.refresh.failed(now, out),
                Purpose::Own(request) => requests.push(request),
            }
        }
        if was_ready && !self.shared.pause_after_loss {
            self.kit.connections.forgive(channel);
        }
        // `handleServerDisconnect`: a loss while a refresh is due counts as a failed one.
        if self.shared.strict_losses && self.update_due(now) {
            self.refresh.failed(now, out);
        }
        if self.shared.strict_losses || !self.closes_idle {
            self.refresh.request(out);
        }
        Some(Lost { broker, how, timed_out, requests })
    }

    /// Closes the next connection whose set-up, oldest request or idleness has lasted too long. When there is none, and no metadata
    /// came for too long, closes all one by one and starts again from the bootstrap servers (KIP-1102).
    pub(super) fn close_overdue(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) -> Option<Lost<R>> {
        if let Some((channel, overdue)) = self.kit.connections.overdue(ctx.now) {
            out.close(channel);
            return match overdue {
                Overdue::Setup | Overdue::Request => self.lose(channel, Unreachable::TimedOut, true, ctx.now, out),
                Overdue::Idle => {
                    self.closes_idle = true;
                    let lost = self.lose(channel, Unreachable::Reset, false, ctx.now, out);
                    self.closes_idle = false;
                    lost
                }
            };
        }
        if self.rebootstrap_at().is_none_or(|at| at > ctx.now) {
            return None;
        }
        let connections = &self.kit.connections;
        let open = |(channel, _): &(Channel, BrokerIx)| connections.is_preparing(*channel) || connections.is_ready(*channel);
        if let Some((channel, _)) = self.nodes(ctx).into_iter().find(open) {
            out.close(channel);
            return self.lose(channel, Unreachable::Reset, false, ctx.now, out);
        }
        self.start_from_bootstrap(ctx, out);
        self.refresh.unanswered_since = Some(ctx.now);
        None
    }

    /// When the lack of metadata makes the client start again from its bootstrap servers.
    pub(super) fn rebootstrap_at(&self) -> Option<Instant> {
        let since = self.refresh.unanswered_since.filter(|_| self.shared.rebootstrap == Rebootstrap::NoNodeOrTrigger)?;
        Some(since + self.shared.rebootstrap_trigger + TICK)
    }

    fn start_from_bootstrap(&mut self, ctx: &Ctx<'_>, out: &mut Outbox) {
        self.kit.cache.rebootstrap(reference(ctx), out);
        self.refresh.request(out);
    }

    /// `DefaultMetadataUpdater.isUpdateDue`: one look at the pause between refreshes.
    pub(super) fn update_due(&mut self, now: Instant) -> bool {
        if self.refresh.is_in_flight() {
            return false;
        }
        let at = self.refresh.next_at(now, &self.shared, self.draws.refresh, self.spinning);
        if at > now {
            self.wake = self.wake.min(at);
        }
        at <= now
    }

    /// `DefaultMetadataUpdater.maybeUpdate`: true when a request left.
    pub(super) fn maybe_update(&mut self, due: bool, ctx: &mut Ctx<'_>, out: &mut Outbox) -> bool {
        if !due || self.refresh.is_in_flight() {
            return false;
        }
        self.refresh.unanswered_since.get_or_insert(ctx.now);
        let mut least = self.least_loaded(ctx);
        if self.shared.rebootstrap != Rebootstrap::Never && least.node.is_none() && !least.any_ready {
            self.start_from_bootstrap(ctx, out);
            least = self.least_loaded(ctx);
        }
        self.wake = self.wake.min(ctx.now + self.shared.reconnect_backoff.max(TICK));
        let Some((channel, broker)) = least.node else { return false };
        if self.can_send(channel) {
            self.send_metadata(channel, broker, ctx, out);
            return true;
        }
        let connecting = self.nodes(ctx).iter().any(|(c, _)| self.kit.connections.is_connecting(*c));
        if !connecting && self.kit.connections.can_connect(channel, ctx.now) {
            self.connect(channel, broker, ctx, out);
        }
        false
    }

    fn send_metadata(&mut self, channel: Channel, broker: BrokerIx, ctx: &Ctx<'_>, out: &mut Outbox) {
        let partial = self.shared.partial && self.refresh.next_is_partial(ctx.now);
        let named = self.kit.cache.request_topics(partial);
        self.refresh.sent(partial, out);
        out.fact(Fact::Refreshed { client: self.kit.index, what: What::Sent(broker) });
        let bytes = TOPIC_BYTES * named.len() as u32;
        let topics = if named.is_empty() { Topics::None } else { Topics::Some(named) };
        let request = Request::Metadata { topics };
        self.kit.ask(channel, Purpose::Metadata, request, bytes, self.shared.request_timeout, ctx.now, out);
    }

    /// `DefaultMetadataUpdater.handleSuccessfulResponse`, `Metadata.update`.
    pub(super) fn metadata_answered(
        &mut self,
        broker: BrokerIx,
        offset: MetadataOffset,
        topics: &Topics,
        ctx: &mut Ctx<'_>,
        out: &mut Outbox,
    ) {
        // A broker that is only starting knows no broker: as good as a failure.
        if ctx.history.listed_brokers(offset).next().is_none() {
            self.refresh.failed(ctx.now, out);
            return;
        }
        let erased = self.refresh.answered(ctx.now, self.shared.metadata_max_age);
        out.fact(Fact::Refreshed { client: self.kit.index, what: What::Answered(broker, offset) });
        let topics: &[_] = match topics {
            Topics::None => &[],
            Topics::Some(topics) => topics,
        };
        let learned = self.kit.cache.apply(&Answer { broker, offset, topics }, ctx.now, reference(ctx), out);
        if learned.newer {
            self.refresh.learned();
        }
        if learned.unknown_topic || (learned.invalid && self.shared.leaderless_refreshes) {
            self.refresh.request(out);
        }
        if erased && !self.refresh.is_wanted() {
            out.fact(Fact::Refreshed { client: self.kit.index, what: What::Swallowed });
        }
    }

    fn nodes(&self, ctx: &Ctx<'_>) -> SmallVec<[(Channel, BrokerIx); 8]> {
        let bootstrap = &ctx.spec.clients[self.kit.index.index()].bootstrap;
        self.kit.cache.nodes(bootstrap, reference(ctx), self.draws.shuffle)
    }

    /// `NetworkClient.leastLoadedNode`: an idle ready connection, else the least busy ready one, else one being set up, else the
    /// node not tried for longest. A black-holed connection looks perfectly healthy here.
    pub(super) fn least_loaded(&self, ctx: &Ctx<'_>) -> LeastLoaded {
        if self.shared.least_busy {
            return self.least_busy(ctx);
        }
        let nodes = self.nodes(ctx);
        let connections = &self.kit.connections;
        let start = self.draws.pick.at(self.refresh.look()).below(nodes.len() as u64) as usize;
        let any_ready = nodes.iter().any(|(channel, _)| connections.is_ready(*channel));
        let (mut ready, mut preparing, mut connectable) = (None, None, None);
        for i in 0..nodes.len() {
            let (channel, broker) = nodes[(start + i) % nodes.len()];
            let candidate = Some((channel, broker));
            if self.can_send(channel) {
                let load = connections.get(channel).map_or(0, |c| c.in_flight.len());
                if load == 0 {
                    return LeastLoaded { node: candidate, any_ready };
                }
                if ready.is_none_or(|(least, _)| load < least) {
                    ready = Some((load, candidate));
                }
            } else if connections.is_preparing(channel) {
                preparing = candidate;
            } else if connections.can_connect(channel, ctx.now) {
                let tried = connections.last_attempt(channel);
                if connectable.is_none_or(|(oldest, _)| tried < oldest) {
                    connectable = Some((tried, candidate));
                }
            }
        }
        let node = ready.and_then(|r| r.1).or(preparing).or(connectable.and_then(|c| c.1));
        LeastLoaded { node, any_ready }
    }

    /// `KafkaConnectionManager.least_loaded_node` of kafka-python: an idle connection, else the fewest requests in flight, and none are in
    /// flight to a broker that is not connected.
    fn least_busy(&self, ctx: &Ctx<'_>) -> LeastLoaded {
        let (nodes, connections) = (self.nodes(ctx), &self.kit.connections);
        let start = self.draws.pick.at(self.refresh.look()).below(nodes.len() as u64) as usize;
        let load = |channel| connections.get(channel).map_or(0, |c| c.in_flight.len());
        let order = (0..nodes.len()).map(|i| nodes[(start + i) % nodes.len()]);
        let idle = order.clone().find(|(channel, _)| self.can_send(*channel) && load(*channel) == 0);
        let usable = order.filter(|(channel, _)| !connections.is_unavailable(*channel, ctx.now));
        let node = idle.or_else(|| usable.min_by_key(|(channel, _)| load(*channel)));
        LeastLoaded { node, any_ready: nodes.iter().any(|(channel, _)| connections.is_ready(*channel)) }
    }

    /// Arms the timer for the earliest of the network's own deadlines and this one, which it gives back.
    pub(super) fn arm(&mut self, at: Instant, out: &mut Outbox) -> Instant {
        let trigger = self.rebootstrap_at().unwrap_or(Instant::MAX);
        let at = at.min(self.wake).min(self.kit.connections.check_at()).min(trigger);
        self.kit.arm(at, out);
        at
    }

    /// Wakes no later than this.
    pub(super) fn wake_in(&mut self, pause: Duration, now: Instant) {
        self.wake = self.wake.min(now + pause);
    }
}
