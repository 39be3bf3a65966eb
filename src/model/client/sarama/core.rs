//! What producer and consumer share: sarama's `Client` with its `Broker` objects (`client.go`, `broker.go`). Its goroutines that wait for
//! something are jobs here; what they wait for comes back as events, in order.

use super::alarms::Alarms;
use super::refresh::{Refresher, RoundId};
use super::settings::Settings;
use crate::engine::{Chance, Instant, Stream};
use crate::kafka::{BrokerIx, ClientIx, ErrorCode, PartitionIx, TopicIx};
use crate::model::client::cache::Cache;
use crate::model::client::connections::{Connections, Overdue};
use crate::model::client::kit::{Kit, reference};
use crate::model::message::Response;
use crate::model::{Channel, Ctx, Outbox};
use crate::observe::fact::Unreachable;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What a request in flight is for.
#[derive(Clone, Debug)]
pub(super) enum Purpose<J> {
    ApiVersions,
    Metadata(RoundId),
    Job(J),
}

/// A `Broker` object: a broker that is forgotten and met again is another one, on a connection of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Object {
    pub channel: Channel,
    generation: u32,
}

/// What a job waited for.
#[derive(Clone, Debug)]
pub(super) enum Event<J> {
    /// Its request may leave on this channel now.
    Send(J, Channel),
    /// Its request was answered.
    Answered(J, Response),
    /// Its request could not be sent, or came to nothing.
    Failed(J, Unreachable),
    /// The refresh that it waited for is over.
    Refreshed(J, Result<(), ErrorCode>),
    /// It has slept enough.
    Woken(J),
}

/// Who sleeps.
#[derive(Clone, Debug)]
pub(super) enum Sleeper<J> {
    /// The periodic refresh.
    Ticker,
    /// A refresh between two attempts.
    Round(RoundId),
    Job(J),
}

/// The state of one broker object beside its connection.
#[derive(Clone, Debug)]
pub(super) struct Link<J> {
    generation: u32,
    broker: BrokerIx,
    /// Requests that wait for the dial to end, or for a slot.
    waiting: VecDeque<Purpose<J>>,
    /// Slots given to jobs that have not sent yet.
    promised: usize,
    /// The peer has ended it, and nobody has closed it here yet: the next request fails.
    broken: bool,
}

/// sarama's `Client`.
#[derive(Clone, Debug)]
pub(super) struct Core<J> {
    pub kit: Kit<Purpose<J>>,
    pub settings: Settings,
    pub events: VecDeque<Event<J>>,
    pub(super) alarms: Alarms<Sleeper<J>>,
    pub(super) refresher: Refresher<J>,
    pub(super) links: BTreeMap<Channel, Link<J>>,
    /// The brokers of the last answer, without those that have failed since (`client.brokers`).
    pub(super) registered: BTreeSet<BrokerIx>,
    /// Bootstrap addresses that are still good, in a drawn order (`seedBrokers`), and those that are not (`deadSeeds`).
    pub(super) seeds: VecDeque<u32>,
    pub(super) dead_seeds: Vec<u32>,
    pub(super) draws: Draws,
}

/// The streams of chance that both have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draws {
    connect: Stream,
    seeds: Stream,
    pub(super) pick: Stream,
    pub(super) age: Stream,
}

impl<J: Clone + std::fmt::Debug> Core<J> {
    /// A client that does not run yet.
    pub(super) fn new(index: ClientIx, settings: Settings, chance: Chance) -> Self {
        let stream = |purpose| chance.stream(purpose);
        let draws = Draws {
            connect: stream("client reconnect pause"),
            seeds: stream("client node order"),
            pick: stream("client least loaded node"),
            age: stream("client metadata age"),
        };
        let connections = Connections::new(settings.connections(), draws.connect);
        Core {
            kit: Kit::new(index, connections, Cache::new(index, settings.cache)),
            settings,
            events: VecDeque::new(),
            alarms: Alarms::new(),
            refresher: Refresher::new(),
            links: BTreeMap::new(),
            registered: BTreeSet::new(),
            seeds: VecDeque::new(),
            dead_seeds: Vec::new(),
            draws,
        }
    }

    /// What begins from now on runs by these settings.
    pub(super) fn retune(&mut self, settings: Settings) {
        self.kit.connections.retune(settings.connections());
        self.settings = settings;
    }

    /// The process is gone.
    pub(super) fn crash(&mut self) {
        let connections = Connections::new(self.settings.connections(), self.draws.connect);
        self.kit.reset(connections, Cache::new(self.kit.index, self.settings.cache));
        self.events.clear();
        self.alarms = Alarms::new();
        self.refresher.crash();
        self.links.clear();
        self.registered.clear();
        self.seeds.clear();
        self.dead_seeds.clear();
    }

    /// `NewClient`: the bootstrap addresses in a drawn order.
    pub(super) fn start(&mut self, topics: &[TopicIx], ctx: &Ctx<'_>) {
        self.kit.up = true;
        let count = ctx.spec.clients[self.kit.index.index()].bootstrap.len() as u32;
        let mut seeds: Vec<u32> = (0..count).collect();
        seeds.sort_by_key(|i| self.draws.seeds.at(u64::from(*i)).bits());
        self.seeds = seeds.into();
        for &topic in topics {
            self.kit.cache.add(topic, Instant::MAX);
        }
    }

    /// The client has been running for long: it knows its topics as they are, and its ticker is anywhere in its period.
    pub(super) fn start_warm(&mut self, topics: &[TopicIx], ctx: &Ctx<'_>, out: &mut Outbox) {
        self.start(topics, ctx);
        let offset = ctx.history.last();
        self.kit.cache.warm(topics, offset, Instant::MAX, reference(ctx), out);
        self.registered = ctx.history.listed_brokers(offset).collect();
        if let Some(period) = self.settings.refresh_frequency {
            self.alarms.set(ctx.now + period.scale(self.draws.age.at(0).unit()), Sleeper::Ticker);
        }
    }

    /// Wakes a job after a pause.
    pub(super) fn sleep(&mut self, until: Instant, job: J) {
        self.alarms.set(until, Sleeper::Job(job));
    }

    /// Everybody whose pause is over goes on, and overdue connections fail.
    pub(super) fn woken(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.kit.woken();
        while let Some((channel, overdue)) = self.kit.connections.overdue(ctx.now) {
            out.close(channel);
            let how = if overdue == Overdue::Idle { Unreachable::Reset } else { Unreachable::TimedOut };
            self.ended(channel, how, ctx, out);
        }
        while let Some(sleeper) = self.alarms.due(ctx.now) {
            match sleeper {
                Sleeper::Ticker => self.tick(ctx, out),
                Sleeper::Round(round) => self.try_again(round, ctx, out),
                Sleeper::Job(job) => self.events.push_back(Event::Woken(job)),
            }
        }
    }

    /// Arms the client's timer for whatever comes next.
    pub(super) fn arm(&mut self, out: &mut Outbox) {
        let at = self.alarms.next_at().min(self.kit.connections.check_at());
        self.kit.arm(at, out);
    }

    /// `client.cachedLeader`: the leader's object, opened, if the cache names one that is registered.
    pub(super) fn leader(&mut self, partition: PartitionIx, ctx: &Ctx<'_>, out: &mut Outbox) -> Option<Object> {
        let leader = self.kit.cache.belief(partition, reference(ctx)).0?;
        self.broker(leader, ctx, out)
    }

    /// `client.Broker`: a registered broker's object, opened.
    pub(super) fn broker(&mut self, broker: BrokerIx, ctx: &Ctx<'_>, out: &mut Outbox) -> Option<Object> {
        if !self.registered.contains(&broker) {
            return None;
        }
        let object = self.object(Channel::Broker(broker), broker);
        self.open(object, ctx, out);
        Some(object)
    }

    /// An object that no broker is behind.
    pub(super) fn nowhere(&self) -> Object {
        Object { channel: Channel::Bootstrap(u32::MAX), generation: u32::MAX }
    }

    /// The object behind a channel.
    pub(super) fn object(&mut self, channel: Channel, broker: BrokerIx) -> Object {
        let link = self.links.entry(channel).or_insert_with(|| Link {
            generation: 0,
            broker,
            waiting: VecDeque::new(),
            promised: 0,
            broken: false,
        });
        Object { channel, generation: link.generation }
    }

    /// `Broker.Open`: dials unless it has been opened and not closed since.
    pub(super) fn open(&mut self, object: Object, ctx: &Ctx<'_>, out: &mut Outbox) {
        let Some(link) = self.links.get(&object.channel).filter(|l| l.generation == object.generation) else { return };
        let (broken, broker) = (link.broken, link.broker);
        if !broken && self.kit.connections.reconnect_at(object.channel).is_some() {
            self.kit.open(object.channel, broker, ctx, out);
        }
    }

    /// Hands a request over. It waits while the object is dialled and while too many are unanswered (`Broker.sendInternal` under the
    /// broker's lock), and fails when the object is closed.
    pub(super) fn call(&mut self, object: Object, purpose: Purpose<J>, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let usable = self.links.get(&object.channel).is_some_and(|l| l.generation == object.generation && !l.broken);
        let open = self.kit.connections.is_preparing(object.channel) || self.kit.connections.is_ready(object.channel);
        if !usable || !open {
            return self.failed(purpose, Unreachable::Reset, ctx, out);
        }
        if let Some(link) = self.links.get_mut(&object.channel) {
            link.waiting.push_back(purpose);
        }
        self.send_waiting(object.channel, ctx, out);
    }

    /// Sends what waits, as far as slots are free.
    pub(super) fn send_waiting(&mut self, channel: Channel, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let mut free = match self.kit.connections.get(channel) {
            Some(connection) if self.kit.connections.is_ready(channel) => {
                let promised = self.links.get(&channel).map_or(0, |l| l.promised);
                self.settings.max_open_requests.saturating_sub(connection.in_flight.len() + promised)
            }
            _ => return,
        };
        while free > 0
            && let Some(purpose) = self.links.get_mut(&channel).and_then(|l| l.waiting.pop_front())
        {
            free -= 1;
            match purpose {
                Purpose::Metadata(round) => self.ask(round, channel, ctx, out),
                Purpose::Job(job) => {
                    self.events.push_back(Event::Send(job, channel));
                    if let Some(link) = self.links.get_mut(&channel) {
                        link.promised += 1;
                    }
                }
                Purpose::ApiVersions => unreachable!("a greeting never waits"),
            }
        }
    }

    /// A job takes the slot that it was given; false when the connection is gone again.
    pub(super) fn take_slot(&mut self, channel: Channel) -> bool {
        if let Some(link) = self.links.get_mut(&channel) {
            link.promised = link.promised.saturating_sub(1);
        }
        self.kit.connections.is_ready(channel)
    }

    fn failed(&mut self, purpose: Purpose<J>, how: Unreachable, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        match purpose {
            Purpose::ApiVersions => {}
            Purpose::Metadata(round) => self.ask_failed(round, ctx, out),
            Purpose::Job(job) => self.events.push_back(Event::Failed(job, how)),
        }
    }

    /// TCP is up.
    pub(super) fn connected(&mut self, channel: Channel, ctx: &Ctx<'_>, out: &mut Outbox) {
        self.kit.greet(channel, Purpose::ApiVersions, self.settings.read_timeout, ctx.now, out);
    }

    /// A connection is over, or was refused: what was in flight on it and waited for it fails. An object that was open stays so until
    /// somebody closes it.
    pub(super) fn ended(&mut self, channel: Channel, how: Unreachable, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let was_ready = self.kit.connections.is_ready(channel);
        let in_flight = self.kit.lost(channel, how, ctx.now, out);
        let Some(link) = self.links.get_mut(&channel) else { return };
        link.broken = was_ready;
        let waiting = std::mem::take(&mut link.waiting);
        for purpose in in_flight.into_iter().chain(waiting) {
            self.failed(purpose, how, ctx, out);
        }
        self.unblock(ctx, out);
    }

    /// `Broker.Close`.
    pub(super) fn close(&mut self, object: Object, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(link) = self.links.get_mut(&object.channel).filter(|l| l.generation == object.generation) else { return };
        link.broken = false;
        if self.kit.connections.reconnect_at(object.channel).is_none() {
            out.close(object.channel);
            self.ended(object.channel, Unreachable::Reset, ctx, out);
            if let Some(link) = self.links.get_mut(&object.channel) {
                link.broken = false;
            }
        }
    }

    /// `Broker.Close` and `client.deregisterBroker`: a broker leaves the list, a bootstrap address joins the dead ones.
    pub(super) fn forget(&mut self, object: Object, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        match object.channel {
            Channel::Bootstrap(seed) => {
                if self.seeds.front() == Some(&seed) {
                    self.seeds.pop_front();
                    self.dead_seeds.push(seed);
                }
                self.close(object, ctx, out);
            }
            Channel::Broker(broker) => {
                self.registered.remove(&broker);
                self.close(object, ctx, out);
                if let Some(link) = self.links.get_mut(&object.channel).filter(|l| l.generation == object.generation) {
                    link.generation += 1;
                }
            }
            other => unreachable!("sarama opens no {other:?}"),
        }
    }

    /// An answer came: what it is for. It frees its slot, and the next answer is awaited from now on (`Broker.responseReceiver` sets the
    /// deadline when it begins to read).
    pub(super) fn answered(&mut self, channel: Channel, correlation: u32, response: Response, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(purpose) = self.kit.connections.answered(channel, correlation, ctx.now) else { return };
        self.kit.connections.await_from(channel, ctx.now + self.settings.read_timeout);
        match (purpose, response) {
            (Purpose::ApiVersions, Response::ApiVersions) => {
                self.kit.ready(channel, ctx.now, out);
                self.unblock(ctx, out);
            }
            (Purpose::Metadata(round), Response::Metadata { broker, offset, topics }) => {
                self.metadata_answered(round, broker, offset, &topics, ctx, out);
            }
            (Purpose::Job(job), response) => self.events.push_back(Event::Answered(job, response)),
            (purpose, response) => panic!("{response:?} answers no request of kind {purpose:?}"),
        }
        self.send_waiting(channel, ctx, out);
    }

    /// The channels that are open or being opened.
    pub(super) fn open_channels(&self) -> Vec<Channel> {
        self.links.keys().copied().filter(|c| self.kit.connections.reconnect_at(*c).is_none()).collect()
    }

    /// `client.checkBrokersHealth`: connections that the peer has ended are closed, and their brokers forgotten.
    pub(super) fn check_health(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let broken: Vec<Object> = self.objects().filter(|(_, link)| link.broken).map(|(object, _)| object).collect();
        for object in broken {
            match object.channel {
                Channel::Broker(_) => self.forget(object, ctx, out),
                _ => self.close(object, ctx, out),
            }
        }
    }

    /// `client.updateBroker`: brokers that the answer leaves out are closed and forgotten.
    pub(super) fn register(&mut self, listed: BTreeSet<BrokerIx>, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let gone: Vec<BrokerIx> = self.registered.difference(&listed).copied().collect();
        for broker in gone {
            let object = self.object(Channel::Broker(broker), broker);
            self.forget(object, ctx, out);
        }
        self.registered = listed;
    }

    pub(super) fn objects(&self) -> impl Iterator<Item = (Object, &Link<J>)> {
        self.links.iter().map(|(channel, link)| (Object { channel: *channel, generation: link.generation }, link))
    }
}
