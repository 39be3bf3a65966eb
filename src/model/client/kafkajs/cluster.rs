//! The connections of one client: a pool of brokers, one connect at a time to each, requests that queue up in the socket.
//! Source: `cluster/brokerPool.js`, `broker/index.js`, `network/connection.js`, `network/requestQueue`.

use super::failure::Failure;
use super::refresh::Refresh;
use super::settings::{ClusterSettings, Draws};
use super::{Purpose, Track, Waiter};
use crate::engine::{Duration, Instant, mix};
use crate::kafka::{BrokerIx, ClientIx, TopicIx};
use crate::model::client::cache::Cache;
use crate::model::client::connections::{Connections, Overdue, State};
use crate::model::client::kit::{Kit, reference};
use crate::model::{Channel, Ctx, Outbox, Spec};
use crate::observe::fact::Unreachable;
use std::collections::{BTreeMap, VecDeque};

/// What became of something that was waited for.
pub(super) type Outcome = Result<(), Failure>;

/// What `send()`s and fetch loops share.
#[derive(Clone, Debug)]
pub(super) struct Cluster {
    pub kit: Kit<Purpose>,
    pub settings: ClusterSettings,
    pub draws: Draws,
    /// The brokers that it may connect to (`BrokerPool.brokers`), ascending.
    pub pool: Vec<BrokerIx>,
    /// Which bootstrap address is the seed broker's.
    pub seed: usize,
    /// What the refreshes are for (`targetTopics`), ascending.
    pub topics: Vec<TopicIx>,
    /// Until when the metadata may be used; none: no longer (`metadataExpireAt`).
    pub fresh_until: Option<Instant>,
    pub refreshes: BTreeMap<Track, Refresh>,
    /// Refreshes begun, to address their draws.
    pub refreshed: u64,
    /// The versions that the seed broker speaks are known: no further connection asks.
    versions_known: bool,
    sites: BTreeMap<Channel, Site>,
    /// Who is to go on, in order.
    pub events: VecDeque<(Waiter, Outcome)>,
}

/// What there is to one connection beside its socket.
#[derive(Clone, Default, Debug)]
struct Site {
    /// Who connects (`Broker.lock`); the others wait for their turn until a moment.
    holder: Option<Waiter>,
    waiting: VecDeque<(Waiter, Instant)>,
    /// Time-outs are looked for at an interval since then.
    connected_at: Instant,
    /// Requests beyond `maxInFlightRequests`.
    pending: VecDeque<Purpose>,
    /// The broker has left the pool: closed as soon as nothing is in flight.
    leaving: bool,
}

impl Cluster {
    /// A cluster that knows its bootstrap addresses only.
    pub(super) fn new(client: ClientIx, settings: ClusterSettings, draws: Draws) -> Self {
        let connections = Connections::new(settings.connections, draws.connect);
        Cluster {
            kit: Kit::new(client, connections, Cache::new(client, settings.cache)),
            settings,
            draws,
            pool: Vec::new(),
            seed: 0,
            topics: Vec::new(),
            fresh_until: None,
            refreshes: BTreeMap::new(),
            refreshed: 0,
            versions_known: false,
            sites: BTreeMap::new(),
            events: VecDeque::new(),
        }
    }

    /// What begins from now on runs by these settings.
    pub(super) fn retune(&mut self, settings: ClusterSettings) {
        self.kit.connections.retune(settings.connections);
        self.settings = settings;
    }

    /// The process is gone.
    pub(super) fn crash(&mut self) {
        let connections = Connections::new(self.settings.connections, self.draws.connect);
        self.kit.reset(connections, Cache::new(self.kit.index, self.settings.cache));
        self.pool.clear();
        self.seed = 0;
        self.topics.clear();
        self.fresh_until = None;
        self.refreshes.clear();
        self.versions_known = false;
        self.sites.clear();
        self.events.clear();
    }

    /// It has been running for long: metadata of any age, connections to the leaders of its topics.
    pub(super) fn warm(&mut self, topics: &[TopicIx], ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.topics = topics.to_vec();
        self.topics.sort_unstable();
        self.topics.dedup();
        let left = self.settings.metadata_max_age.scale(self.draws.age.at(0).unit());
        self.fresh_until = Some(ctx.now + left);
        self.versions_known = true;
        self.pool = ctx.history.listed_brokers(ctx.history.last()).collect();
        self.kit.cache.warm(topics, ctx.history.last(), Instant::MAX, reference(ctx), out);
        for leader in self.kit.leaders(topics, ctx) {
            self.connect(Waiter::Nobody, Channel::Broker(leader), leader, ctx, out);
        }
    }

    /// The broker that a fresh client, or one that has lost all others, connects to.
    pub(super) fn seed_broker(&self, ctx: &Ctx<'_>) -> Option<BrokerIx> {
        let bootstrap = &ctx.spec.clients[self.kit.index.index()].bootstrap;
        (!bootstrap.is_empty()).then(|| bootstrap[self.seed % bootstrap.len()])
    }

    /// `Broker.isConnected`.
    pub(super) fn is_connected(&self, broker: BrokerIx) -> bool {
        self.is_open(Channel::Broker(broker)) || self.is_open(Channel::Lane(broker, 0))
    }

    fn is_open(&self, channel: Channel) -> bool {
        self.kit.connections.is_ready(channel) && !self.sites.get(&channel).is_some_and(|s| s.leaving)
    }

    /// `BrokerPool.hasConnectedBrokers`.
    pub(super) fn has_connected(&self, ctx: &Ctx<'_>) -> bool {
        self.pool.iter().chain(&self.seed_broker(ctx)).any(|b| self.is_connected(*b))
    }

    /// `BrokerPool.removeBroker`: after its connection was closed; the next send or fetch refreshes.
    pub(super) fn remove(&mut self, broker: BrokerIx) {
        if let Ok(i) = self.pool.binary_search(&broker) {
            self.pool.remove(i);
            self.fresh_until = None;
        }
    }

    /// The nodes in a random order (`shuffle`), another one for each purpose.
    pub(super) fn shuffled(&self, salt: u64, spec: &Spec) -> Vec<BrokerIx> {
        let mut nodes = self.pool.clone();
        nodes.sort_by_key(|b| self.draws.shuffle.at(mix(salt, spec.broker_key(*b).bits())).bits());
        nodes
    }

    /// `BrokerPool.connectBroker`: goes on at once when connected, else when this or another one's connect is through.
    pub(super) fn connect(&mut self, waiter: Waiter, channel: Channel, broker: BrokerIx, ctx: &Ctx<'_>, out: &mut Outbox) {
        if self.kit.connections.is_ready(channel) {
            // One that was about to be closed and is wanted again stays.
            self.sites.entry(channel).or_default().leaving = false;
            self.events.push_back((waiter, Ok(())));
            return;
        }
        let until = ctx.now + self.settings.lock_timeout;
        let site = self.sites.entry(channel).or_default();
        if site.holder.is_some() {
            site.waiting.push_back((waiter, until));
            return;
        }
        site.holder = Some(waiter);
        self.kit.open(channel, broker, ctx, out);
    }

    /// TCP is up. Only the first connection asks which versions the broker speaks (`Broker.connect`: `if (!this.versions)`).
    pub(super) fn connected(&mut self, channel: Channel, now: Instant, out: &mut Outbox) {
        self.sites.entry(channel).or_default().connected_at = now;
        if self.versions_known {
            self.ready(channel, now, out);
            return;
        }
        let timeout = self.timeout_from(channel, now);
        self.kit.greet(channel, Purpose::ApiVersions, timeout, now, out);
    }

    /// The connection takes requests: who waited for it goes on.
    pub(super) fn ready(&mut self, channel: Channel, now: Instant, out: &mut Outbox) {
        self.versions_known = true;
        self.kit.ready(channel, now, out);
        let Some(site) = self.sites.get_mut(&channel) else { return };
        let waiting = std::mem::take(&mut site.waiting);
        let all = site.holder.take().into_iter().chain(waiting.into_iter().map(|w| w.0));
        self.events.extend(all.map(|w| (w, Ok(()))));
    }

    /// A connection or an attempt is over. What was in flight on it, or waited for room on it, fails: given to the caller.
    pub(super) fn lost(&mut self, channel: Channel, how: Unreachable, ctx: &Ctx<'_>, out: &mut Outbox) -> Vec<Purpose> {
        let Some(connection) = self.kit.connections.get(channel) else { return Vec::new() };
        let (broker, was_ready) = (connection.broker, connection.state == State::Ready);
        let mut failed = self.kit.lost(channel, how, ctx.now, out);
        let Some(site) = self.sites.get_mut(&channel) else { return failed };
        failed.extend(std::mem::take(&mut site.pending));
        failed.retain(|p| !matches!(p, Purpose::ApiVersions | Purpose::Nothing));
        site.leaving = false;
        if was_ready {
            return failed;
        }
        if let Some(holder) = site.holder.take() {
            self.events.push_back((holder, Err(Failure::Connection)));
        }
        // The lock passes on, and its next holder tries for itself.
        if let Some((next, _)) = site.waiting.pop_front() {
            site.holder = Some(next);
            self.kit.open(channel, broker, ctx, out);
        }
        failed
    }

    /// After which time a request sent now is found to be without an answer: at a look that comes every 100 ms since the connect, strictly
    /// after the time-out in whole milliseconds (`scheduleRequestTimeoutCheck`).
    pub(super) fn timeout_from(&self, channel: Channel, now: Instant) -> Duration {
        let connected_at = self.sites.get(&channel).map_or(now, |s| s.connected_at);
        let step = self.settings.timeout_check.as_nanos().max(1);
        let least = now.since(connected_at) + self.settings.request_timeout + Duration::from_millis(1);
        let looks = least.as_nanos().div_ceil(step);
        (connected_at + Duration::from_nanos(looks * step)).since(now)
    }

    /// Whether a request may be written now; if not it waits for room (`RequestQueue.push`).
    pub(super) fn may_write(&mut self, channel: Channel, purpose: Purpose) -> bool {
        if self.has_room(channel) {
            return true;
        }
        self.sites.entry(channel).or_default().pending.push_back(purpose);
        false
    }

    fn has_room(&self, channel: Channel) -> bool {
        let Some(limit) = self.settings.max_in_flight else { return true };
        let in_flight =
            self.kit.connections.get(channel).map_or(0, |c| c.in_flight.iter().filter(|f| f.purpose != Purpose::Nothing).count());
        in_flight < limit
    }

    /// A request that waited for room and may be written now (`checkPendingRequests`).
    pub(super) fn next_pending(&mut self, channel: Channel) -> Option<Purpose> {
        if !self.has_room(channel) {
            return None;
        }
        self.sites.get_mut(&channel)?.pending.pop_front()
    }

    /// Connects that take too long, turns that are waited for too long, requests without an answer: what fails, with its channel.
    pub(super) fn expire(&mut self, ctx: &Ctx<'_>, out: &mut Outbox) -> Vec<(Channel, Purpose)> {
        for site in self.sites.values_mut() {
            while site.waiting.front().is_some_and(|w| w.1 <= ctx.now) {
                let late = site.waiting.pop_front().map(|w| (w.0, Err(Failure::LockTimeout)));
                self.events.extend(late);
            }
        }
        let mut failed = Vec::new();
        while let Some((channel, overdue)) = self.kit.connections.overdue(ctx.now) {
            if overdue == Overdue::Request && self.settings.policies.timeout_keeps_socket && self.kit.connections.is_ready(channel) {
                let late = self.kit.connections.abandon(channel, ctx.now, Purpose::Nothing);
                failed.extend(late.into_iter().map(|p| (channel, p)));
                continue;
            }
            out.close(channel);
            failed.extend(self.lost(channel, Unreachable::TimedOut, ctx, out).into_iter().map(|p| (channel, p)));
        }
        failed
    }

    /// Without the defect a time-out destroys the socket, which is a closed connection to all that were on it.
    pub(super) fn timed_out(&self, channel: Channel) -> Failure {
        let broker = self.kit.connections.get(channel).map(|c| c.broker);
        match broker.filter(|_| !self.settings.policies.timeout_keeps_socket) {
            Some(broker) => Failure::Closed(broker),
            None => Failure::RequestTimeout,
        }
    }

    /// Closes every connection.
    pub(super) fn close_all(&mut self, out: &mut Outbox) {
        for channel in self.kit.connections.open() {
            out.close(channel);
        }
    }

    /// `Cluster.disconnect`: the connections are closed and the metadata forgotten.
    pub(super) fn disconnect(&mut self, ctx: &Ctx<'_>, out: &mut Outbox) {
        let open: Vec<Channel> = self.kit.connections.open().collect();
        for channel in open {
            out.close(channel);
            self.kit.lost(channel, Unreachable::Reset, ctx.now, out);
        }
        self.kit.cache.rebootstrap(reference(ctx), out);
        self.pool.clear();
        self.fresh_until = None;
        self.refreshes.clear();
        self.sites.clear();
        self.events.clear();
    }

    /// `Broker.disconnect` of those that an answer no longer lists: at once when nothing is in flight, else when all of it is answered
    /// (`waitForPendingRequests`). Gives whether all are gone.
    pub(super) fn leave(&mut self, brokers: &[BrokerIx], ctx: &Ctx<'_>, out: &mut Outbox) -> bool {
        let mut gone = true;
        for &broker in brokers {
            for channel in [Channel::Broker(broker), Channel::Lane(broker, 0)] {
                let Some(connection) = self.kit.connections.get(channel) else { continue };
                if connection.state != State::Ready {
                    continue;
                }
                let busy = connection.in_flight.iter().any(|f| f.purpose != Purpose::Nothing);
                let Some(site) = self.sites.get_mut(&channel) else { continue };
                site.leaving = busy;
                gone &= !busy;
                if !busy {
                    out.close(channel);
                    self.kit.lost(channel, Unreachable::Reset, ctx.now, out);
                }
            }
        }
        gone
    }

    /// The earliest moment at which something here has to be looked at.
    pub(super) fn wake_at(&self) -> Instant {
        let locks = self.sites.values().filter_map(|s| s.waiting.front().map(|w| w.1));
        let pauses = self.refreshes.values().filter_map(Refresh::pause_until);
        locks.chain(pauses).min().unwrap_or(Instant::MAX).min(self.kit.connections.check_at())
    }
}
