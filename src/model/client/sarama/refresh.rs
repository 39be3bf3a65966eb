//! When and how metadata is asked for anew (`client.go`: `RefreshMetadata`, `tryRefreshMetadata`; `metadata.go`: single flight).

use super::core::{Core, Event, Object, Purpose, Sleeper};
use crate::engine::{Instant, mix};
use crate::kafka::{BrokerIx, ErrorCode, MetadataOffset, TopicIx};
use crate::model::client::cache::Answer;
use crate::model::client::kit::reference;
use crate::model::message::Topics;
use crate::model::{Channel, Ctx, History, Outbox, Spec};
use crate::observe::Fact;
use crate::observe::fact::Refresh;
use std::collections::{BTreeMap, BTreeSet};

/// What a broker is drawn for that is asked for something else than metadata.
const ANY: u64 = u64::MAX;

/// A refresh with all its attempts.
pub(super) type RoundId = u64;

/// The topics that somebody wants to know anew.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Wanted {
    All,
    Topics(BTreeSet<TopicIx>),
}

/// Whoever called `RefreshMetadata`; the ticker is nobody.
#[derive(Clone, Debug)]
struct Caller<J> {
    job: Option<J>,
    wanted: Wanted,
}

/// One `tryRefreshMetadata`.
#[derive(Clone, Debug)]
struct Round<J> {
    wanted: Wanted,
    callers: Vec<Caller<J>>,
    attempts_left: u32,
    /// Requests so far, to address draws.
    asked: u64,
    object: Option<Object>,
    error: Option<RoundError>,
    deadline: Option<Instant>,
}

/// Why a refresh failed.
#[derive(Clone, PartialEq, Eq, Debug)]
enum RoundError {
    OutOfBrokers,
    /// By topic: unknown, or a partition without a leader.
    Topics(BTreeMap<TopicIx, ErrorCode>),
}

/// The refreshes of one client.
#[derive(Clone, Debug)]
pub(super) struct Refresher<J> {
    rounds: BTreeMap<RoundId, Round<J>>,
    next: RoundId,
    /// With single flight: the one under way, and who waits for the one after it.
    current: Option<RoundId>,
    queued: Vec<Caller<J>>,
    /// Refreshes that wait for a dial to end before they can choose a broker.
    blocked: Vec<RoundId>,
    last_good: Option<Instant>,
}

impl Wanted {
    pub(super) fn one(topic: TopicIx) -> Self {
        Wanted::Topics([topic].into())
    }

    fn covers(&self, other: &Wanted) -> bool {
        match (self, other) {
            (Wanted::All, _) => true,
            (Wanted::Topics(_), Wanted::All) => false,
            (Wanted::Topics(these), Wanted::Topics(those)) => those.is_subset(these),
        }
    }

    fn add(&mut self, other: &Wanted) {
        match (&mut *self, other) {
            (Wanted::Topics(these), Wanted::Topics(those)) => these.extend(those),
            (_, Wanted::All) => *self = Wanted::All,
            (Wanted::All, Wanted::Topics(_)) => {}
        }
    }
}

impl<J> Refresher<J> {
    pub(super) fn new() -> Self {
        Refresher { rounds: BTreeMap::new(), next: 0, current: None, queued: Vec::new(), blocked: Vec::new(), last_good: None }
    }

    /// The process is gone; numbers go on.
    pub(super) fn crash(&mut self) {
        *self = Refresher { next: self.next, ..Refresher::new() };
    }
}

impl<J: Clone + std::fmt::Debug> Core<J> {
    /// `client.RefreshMetadata`: the job hears of its end.
    pub(super) fn refresh(&mut self, job: J, wanted: Wanted, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.enter(Caller { job: Some(job), wanted }, ctx, out);
    }

    /// The ticker of `backgroundMetadataUpdater`.
    pub(super) fn tick(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.start_ticker(ctx.now);
        let topics: BTreeSet<_> = self.kit.cache.request_topics(false).into_iter().collect();
        let wanted = if self.settings.full { Wanted::All } else { Wanted::Topics(topics) };
        self.enter(Caller { job: None, wanted }, ctx, out);
    }

    /// Lets the ticker tick one period from now.
    pub(super) fn start_ticker(&mut self, now: Instant) {
        if let Some(period) = self.settings.refresh_frequency {
            self.alarms.set(now + period, Sleeper::Ticker);
        }
    }

    /// `singleFlightMetadataRefresher.refreshOrQueue`, or a refresh of its own.
    fn enter(&mut self, caller: Caller<J>, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let current = self.refresher.current.filter(|_| self.settings.single_flight);
        let Some(round) = current.and_then(|id| self.refresher.rounds.get_mut(&id)) else {
            return self.begin(caller, ctx, out);
        };
        if round.wanted.covers(&caller.wanted) {
            round.callers.push(caller);
        } else {
            self.refresher.queued.push(caller);
        }
    }

    fn begin(&mut self, caller: Caller<J>, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if self.refresher.rounds.is_empty() {
            out.fact(Fact::Refreshed { client: self.kit.index, what: Refresh::Wanted });
        }
        let mut wanted = caller.wanted.clone();
        for queued in &self.refresher.queued {
            wanted.add(&queued.wanted);
        }
        let mut callers = vec![caller];
        callers.append(&mut self.refresher.queued);
        let id = self.refresher.next;
        self.refresher.next += 1;
        self.refresher.current = Some(id);
        let deadline = self.settings.timeout.map(|t| ctx.now + t);
        let attempts_left = self.settings.retry_max;
        let round = Round { wanted, callers, attempts_left, asked: 0, object: None, error: None, deadline };
        self.refresher.rounds.insert(id, round);
        self.choose(id, ctx, out);
    }

    /// Asks the least loaded broker, else the first bootstrap address; when there is neither, the dead addresses come back to life and
    /// the refresh waits for its next attempt.
    fn choose(&mut self, id: RoundId, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if self.settings.dial_blocks_metadata && self.is_dialling() {
            self.refresher.blocked.push(id);
            return;
        }
        let Some(round) = self.refresher.rounds.get(&id) else { return };
        if round.deadline.is_some_and(|at| ctx.now > at) {
            return self.retry(id, RoundError::OutOfBrokers, ctx, out);
        }
        let address = mix(id, round.asked);
        let Some(object) = self.least_loaded(address, ctx.spec).or_else(|| self.first_seed(ctx)) else {
            self.seeds.extend(self.dead_seeds.drain(..));
            return self.retry(id, RoundError::OutOfBrokers, ctx, out);
        };
        if let Some(round) = self.refresher.rounds.get_mut(&id) {
            round.asked += 1;
            round.object = Some(object);
        }
        self.open(object, ctx, out);
        self.call(object, Purpose::Metadata(id), ctx, out);
    }

    fn is_dialling(&self) -> bool {
        self.registered.iter().any(|b| self.kit.connections.is_preparing(Channel::Broker(*b)))
    }

    /// A dial has ended: those who waited for that choose now.
    pub(super) fn unblock(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if self.refresher.blocked.is_empty() || self.is_dialling() {
            return;
        }
        for id in std::mem::take(&mut self.refresher.blocked) {
            self.choose(id, ctx, out);
        }
    }

    /// `client.LeastLoadedBroker`: fewest answers awaited, one of several by chance. The answer that is being read does not count
    /// (`Broker.ResponseSize` is the length of a channel that the reader has taken it from).
    fn least_loaded(&mut self, address: u64, spec: &Spec) -> Option<Object> {
        let load = |b: BrokerIx| self.kit.connections.get(Channel::Broker(b)).map_or(0, |c| c.in_flight.len().saturating_sub(1));
        let least = self.registered.iter().map(|b| load(*b)).min()?;
        let ties: Vec<BrokerIx> = self.registered.iter().copied().filter(|b| load(*b) == least).collect();
        let broker = self.draws.pick.at(address).choose(&ties, |b| spec.broker_key(b))?;
        Some(self.object(Channel::Broker(broker), broker))
    }

    /// Any broker, for a request that all can answer.
    pub(super) fn any_broker(&mut self, ctx: &Ctx<'_>) -> Option<Object> {
        let address = mix(ANY, self.kit.times(ANY));
        self.least_loaded(address, ctx.spec).or_else(|| self.first_seed(ctx))
    }

    fn first_seed(&mut self, ctx: &Ctx<'_>) -> Option<Object> {
        let seed = *self.seeds.front()?;
        let broker = ctx.spec.clients[self.kit.index.index()].bootstrap[seed as usize];
        Some(self.object(Channel::Bootstrap(seed), broker))
    }

    /// The request leaves.
    pub(super) fn ask(&mut self, id: RoundId, channel: Channel, ctx: &Ctx<'_>, out: &mut Outbox) {
        let Some(round) = self.refresher.rounds.get(&id) else { return };
        let topics: Vec<TopicIx> = match &round.wanted {
            Wanted::All => (0..ctx.spec.topics.len() as u32).map(TopicIx).collect(),
            Wanted::Topics(topics) => topics.iter().copied().collect(),
        };
        if self.settings.cancels_retries {
            self.refresher.last_good = Some(ctx.now);
        }
        self.kit.ask_metadata(channel, Purpose::Metadata(id), &topics, self.settings.read_timeout, ctx.now, out);
    }

    /// The broker could not be asked: it is forgotten, and the next one is asked.
    pub(super) fn ask_failed(&mut self, id: RoundId, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        out.fact(Fact::Refreshed { client: self.kit.index, what: Refresh::Failed });
        if let Some(object) = self.refresher.rounds.get_mut(&id).and_then(|r| r.object.take()) {
            self.forget(object, ctx, out);
            self.choose(id, ctx, out);
        }
    }

    /// `client.updateMetadata`. A topic that is unknown or has a partition without a leader makes the refresh try again.
    pub(super) fn metadata_answered(
        &mut self,
        id: RoundId,
        broker: BrokerIx,
        offset: MetadataOffset,
        topics: &Topics,
        ctx: &mut Ctx<'_>,
        out: &mut Outbox,
    ) {
        let listed: BTreeSet<BrokerIx> = ctx.history.listed_brokers(offset).collect();
        if listed.is_empty() {
            return self.ask_failed(id, ctx, out);
        }
        out.fact(Fact::Refreshed { client: self.kit.index, what: Refresh::Answered(broker, offset) });
        if self.settings.checks_idle_connections {
            self.check_health(ctx, out);
        }
        self.register(listed, ctx, out);
        let topics: &[TopicIx] = match topics {
            Topics::None => &[],
            Topics::Some(topics) => topics,
        };
        self.kit.cache.apply(&Answer { broker, offset, topics }, ctx.now, reference(ctx), out);
        let wanted_all = self.refresher.rounds.get(&id).is_some_and(|r| r.wanted == Wanted::All);
        let errors = topic_errors(topics, wanted_all, offset, ctx.history);
        if errors.is_empty() {
            self.refresher.last_good = Some(ctx.now);
            return self.finish(id, None, ctx, out);
        }
        self.retry(id, RoundError::Topics(errors), ctx, out);
    }

    fn retry(&mut self, id: RoundId, error: RoundError, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(round) = self.refresher.rounds.get_mut(&id) else { return };
        let again_at = ctx.now + self.settings.retry_backoff;
        round.object = None;
        round.error = Some(error);
        if round.attempts_left == 0 || round.deadline.is_some_and(|at| again_at > at) {
            let error = round.error.take();
            return self.finish(id, error, ctx, out);
        }
        self.alarms.set(again_at, Sleeper::Round(id));
    }

    /// The pause between two attempts is over. If another refresh came out well meanwhile, this one gives up.
    pub(super) fn try_again(&mut self, id: RoundId, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let good_meanwhile = self.refresher.last_good.is_some_and(|at| ctx.now < at + self.settings.retry_backoff);
        let Some(round) = self.refresher.rounds.get_mut(&id) else { return };
        if good_meanwhile {
            let error = round.error.take();
            return self.finish(id, error, ctx, out);
        }
        round.attempts_left -= 1;
        self.choose(id, ctx, out);
    }

    /// The refresh is over: who joined it hears of it, who wants other topics begins the next one.
    fn finish(&mut self, id: RoundId, error: Option<RoundError>, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(round) = self.refresher.rounds.remove(&id) else { return };
        if self.refresher.current == Some(id) {
            self.refresher.current = None;
        }
        if !self.refresher.queued.is_empty() && self.refresher.current.is_none() {
            let first = self.refresher.queued.remove(0);
            self.begin(first, ctx, out);
        }
        for caller in round.callers {
            let Some(job) = caller.job else { continue };
            let error = error.as_ref().and_then(|e| e.of(&caller.wanted, self.settings.cancels_retries));
            self.events.push_back(Event::Refreshed(job, error.map_or(Ok(()), Err)));
        }
    }
}

impl RoundError {
    /// What it means to somebody who wanted these topics (`errorForTopics`).
    fn of(&self, wanted: &Wanted, leaderless_is_good: bool) -> Option<ErrorCode> {
        let RoundError::Topics(errors) = self else { return Some(ErrorCode::NetworkException) };
        let concerns = |topic: &TopicIx| match wanted {
            Wanted::All => true,
            Wanted::Topics(topics) => topics.contains(topic),
        };
        let counts = |error: &ErrorCode| !(leaderless_is_good && *error == ErrorCode::LeaderNotAvailable);
        errors.iter().find(|(topic, error)| concerns(topic) && counts(error)).map(|(_, error)| *error)
    }
}

/// What is wrong with the topics of an answer. Topics that nobody named and that do not exist are not in it.
fn topic_errors(topics: &[TopicIx], all: bool, offset: MetadataOffset, history: &History) -> BTreeMap<TopicIx, ErrorCode> {
    let wrong = |topic: &TopicIx| {
        let Some(registration) = history.topic(*topic, offset) else {
            return (!all).then_some((*topic, ErrorCode::UnknownTopicOrPartition));
        };
        let leaderless = |p: &crate::kafka::PartitionIx| history.leader_answer(*p, offset).0 == ErrorCode::LeaderNotAvailable;
        registration.partitions.iter().any(leaderless).then_some((*topic, ErrorCode::LeaderNotAvailable))
    };
    topics.iter().filter_map(wrong).collect()
}
