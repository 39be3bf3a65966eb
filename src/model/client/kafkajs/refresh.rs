//! One metadata refresh with all who wait for it. Source: `cluster/brokerPool.js` refreshMetadata, findConnectedBroker, connect.

use super::cluster::{Cluster, Outcome};
use super::failure::Failure;
use super::retrier::Ladder;
use super::{Purpose, Track, Waiter};
use crate::engine::{Instant, mix};
use crate::kafka::{BrokerIx, ErrorCode, MetadataOffset, TopicIx};
use crate::model::client::cache::Answer;
use crate::model::client::kit::reference;
use crate::model::message::Topics;
use crate::model::{Channel, Ctx, Outbox};
use crate::observe::Fact;
use crate::observe::fact::Refresh as What;

/// What the draws of a refresh and of a seed connect are addressed by.
const REFRESH: u64 = 1;
const SEED: u64 = 2;

/// A refresh under way.
#[derive(Clone, Debug)]
pub(super) struct Refresh {
    waiters: Vec<Waiter>,
    stage: Stage,
    /// The retries of the request, which only a leader that is not available uses.
    retries: Ladder,
    /// The retries of the connect to a seed broker.
    seeds: Ladder,
}

#[derive(Clone, PartialEq, Debug)]
enum Stage {
    /// Trying one broker after the other: those left.
    Finding(Vec<BrokerIx>),
    /// None of them could be connected to: trying the seed broker.
    Seeding,
    /// That failed too: the next seed's turn comes then.
    SeedPause(Instant),
    /// The request is on its way, or waits for the connection.
    Asking(BrokerIx),
    /// A leader was not available: the same broker is asked again then.
    Pause(Instant, BrokerIx),
    /// The answer counts; brokers that it no longer lists are being closed, and the refresh lasts until they are.
    Leaving(Vec<BrokerIx>),
}

impl Refresh {
    /// Until when it pauses.
    pub(super) fn pause_until(&self) -> Option<Instant> {
        match self.stage {
            Stage::SeedPause(at) | Stage::Pause(at, _) => Some(at),
            Stage::Finding(_) | Stage::Seeding | Stage::Asking(_) | Stage::Leaving(_) => None,
        }
    }
}

impl Cluster {
    /// Whether a send or fetch of these topics has to refresh first (`refreshMetadataIfNecessary`).
    pub(super) fn is_stale(&self, topic: TopicIx, ctx: &Ctx<'_>) -> bool {
        self.fresh_until.is_none_or(|until| ctx.now > until) || self.kit.cache.partition_count(topic, ctx.history).is_none()
    }

    /// Waits for the refresh of a track, which begins unless one is under way.
    pub(super) fn refresh(&mut self, track: Track, waiter: Waiter, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if let Some(refresh) = self.refreshes.get_mut(&track) {
            refresh.waiters.push(waiter);
            return;
        }
        out.fact(Fact::Refreshed { client: self.kit.index, what: What::Wanted });
        let number = self.refreshed;
        self.refreshed += 1;
        let ladder = |purpose| Ladder::new(self.settings.retry, self.draws.retry, mix(purpose, number));
        let mut candidates = self.shuffled(number, ctx.spec);
        let connected = candidates.iter().copied().find(|b| self.is_connected(*b));
        if let Some(broker) = connected {
            candidates = vec![broker];
        }
        let refresh = Refresh { waiters: vec![waiter], stage: Stage::Finding(candidates), retries: ladder(REFRESH), seeds: ladder(SEED) };
        self.refreshes.insert(track, refresh);
        self.find_next(track, ctx, out);
    }

    /// Tries the next broker, or the seed when none is left.
    fn find_next(&mut self, track: Track, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(refresh) = self.refreshes.get_mut(&track) else { return };
        let Stage::Finding(candidates) = &refresh.stage else { return };
        match candidates.first().copied() {
            Some(broker) => self.connect(Waiter::Refresh(track), Channel::Broker(broker), broker, ctx, out),
            None => self.try_seed(track, ctx, out),
        }
    }

    fn try_seed(&mut self, track: Track, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let seed = self.seed_broker(ctx);
        let Some(refresh) = self.refreshes.get_mut(&track) else { return };
        refresh.stage = Stage::Seeding;
        match seed {
            Some(broker) => self.connect(Waiter::Refresh(track), Channel::Broker(broker), broker, ctx, out),
            None => self.refresh_failed(track, Failure::RetriesExceeded(ErrorCode::NetworkException), out),
        }
    }

    /// The connection that a refresh waited for is there, or is not.
    pub(super) fn refresh_connected(&mut self, track: Track, outcome: Outcome, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let seed = self.seed_broker(ctx);
        let Some(refresh) = self.refreshes.get_mut(&track) else { return };
        match (&mut refresh.stage, outcome) {
            (Stage::Finding(candidates), Ok(())) => {
                let broker = candidates[0];
                self.ask(track, broker, ctx, out);
            }
            (Stage::Finding(candidates), Err(_)) => {
                candidates.remove(0);
                self.find_next(track, ctx, out);
            }
            (Stage::Seeding, Ok(())) => {
                let broker = seed.expect("a seed was connected to");
                self.ask(track, broker, ctx, out);
            }
            (Stage::Seeding, Err(_)) => {
                self.seed += 1;
                match refresh.seeds.next() {
                    Some(pause) => refresh.stage = Stage::SeedPause(ctx.now + pause),
                    None => self.refresh_failed(track, Failure::RetriesExceeded(ErrorCode::NetworkException), out),
                }
            }
            // The connection was gone when the request was to be repeated.
            (Stage::Asking(broker), Ok(())) => {
                let broker = *broker;
                self.ask(track, broker, ctx, out);
            }
            (Stage::Asking(_), Err(failure)) => self.refresh_failed(track, failure, out),
            (Stage::SeedPause(_) | Stage::Pause(..) | Stage::Leaving(_), _) => {}
        }
    }

    fn ask(&mut self, track: Track, broker: BrokerIx, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(refresh) = self.refreshes.get_mut(&track) else { return };
        refresh.stage = Stage::Asking(broker);
        let channel = Channel::Broker(broker);
        if !self.kit.connections.is_ready(channel) {
            self.connect(Waiter::Refresh(track), channel, broker, ctx, out);
        } else if self.may_write(channel, Purpose::Metadata(track)) {
            self.write_metadata(channel, track, ctx.now, out);
        }
    }

    /// The request leaves.
    pub(super) fn write_metadata(&mut self, channel: Channel, track: Track, now: Instant, out: &mut Outbox) {
        let timeout = self.timeout_from(channel, now);
        let topics = self.topics.clone();
        self.kit.ask_metadata(channel, Purpose::Metadata(track), &topics, timeout, now, out);
    }

    /// The answer is here: one error in it makes it an error (`metadata/v0/response.js` parse).
    pub(super) fn metadata_answered(
        &mut self,
        track: Track,
        broker: BrokerIx,
        offset: MetadataOffset,
        topics: &Topics,
        ctx: &mut Ctx<'_>,
        out: &mut Outbox,
    ) {
        let topics: &[TopicIx] = match topics {
            Topics::None => &[],
            Topics::Some(topics) => topics,
        };
        let error = topics.iter().map(|t| self.answer_error(*t, offset, ctx)).find(|e| !e.is_none());
        if let Some(error) = error {
            self.answer_refused(track, broker, error, ctx, out);
            return;
        }
        out.fact(Fact::Refreshed { client: self.kit.index, what: What::Answered(broker, offset) });
        for topic in topics {
            self.kit.cache.add(*topic, Instant::MAX);
        }
        self.kit.cache.apply(&Answer { broker, offset, topics }, ctx.now, reference(ctx), out);
        self.fresh_until = Some(ctx.now + self.settings.metadata_max_age);
        let listed: Vec<BrokerIx> = ctx.history.listed_brokers(offset).collect();
        let gone: Vec<BrokerIx> = self.pool.iter().copied().filter(|b| !listed.contains(b)).collect();
        self.pool = listed;
        if let Some(refresh) = self.refreshes.get_mut(&track) {
            refresh.stage = Stage::Leaving(gone);
        }
        self.check_leaving(ctx, out);
    }

    fn answer_error(&self, topic: TopicIx, offset: MetadataOffset, ctx: &Ctx<'_>) -> ErrorCode {
        let Some(registration) = ctx.history.topic(topic, offset) else { return ErrorCode::UnknownTopicOrPartition };
        if !self.settings.policies.partition_error_fails_refresh {
            return ErrorCode::None;
        }
        let errors = registration.partitions.iter().map(|p| ctx.history.leader_answer(*p, offset).0);
        errors.into_iter().find(|e| !e.is_none()).unwrap_or(ErrorCode::None)
    }

    fn answer_refused(&mut self, track: Track, broker: BrokerIx, error: ErrorCode, ctx: &Ctx<'_>, out: &mut Outbox) {
        let Some(refresh) = self.refreshes.get_mut(&track) else { return };
        if error != ErrorCode::LeaderNotAvailable {
            self.refresh_failed(track, Failure::Protocol(error), out);
            return;
        }
        match refresh.retries.next() {
            Some(pause) => {
                out.fact(Fact::Refreshed { client: self.kit.index, what: What::Failed });
                refresh.stage = Stage::Pause(ctx.now + pause, broker);
            }
            None => self.refresh_failed(track, Failure::RetriesExceeded(error), out),
        }
    }

    /// The refresh comes to nothing; the old view stays.
    pub(super) fn refresh_failed(&mut self, track: Track, failure: Failure, out: &mut Outbox) {
        out.fact(Fact::Refreshed { client: self.kit.index, what: What::Failed });
        self.refresh_done(track, Err(failure));
    }

    fn refresh_done(&mut self, track: Track, outcome: Outcome) {
        let Some(refresh) = self.refreshes.remove(&track) else { return };
        self.events.extend(refresh.waiters.into_iter().map(|w| (w, outcome)));
    }

    /// Ends the refreshes whose departing brokers are closed by now.
    fn check_leaving(&mut self, ctx: &Ctx<'_>, out: &mut Outbox) {
        for track in [Track::Forced, Track::IfNecessary] {
            let Some(Refresh { stage: Stage::Leaving(brokers), .. }) = self.refreshes.get(&track) else { continue };
            let brokers = brokers.clone();
            if self.leave(&brokers, ctx, out) {
                self.refresh_done(track, Ok(()));
            }
        }
    }

    /// Pauses that are over.
    pub(super) fn resume_refreshes(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        for track in [Track::Forced, Track::IfNecessary] {
            match self.refreshes.get(&track).map(|r| r.stage.clone()) {
                Some(Stage::SeedPause(at)) if at <= ctx.now => self.try_seed(track, ctx, out),
                Some(Stage::Pause(at, broker)) if at <= ctx.now => self.ask(track, broker, ctx, out),
                Some(_) | None => {}
            }
        }
    }

    /// Who is to go on next with what, after the refreshes themselves.
    pub(super) fn next_event(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) -> Option<(Waiter, Outcome)> {
        self.check_leaving(ctx, out);
        loop {
            match self.events.pop_front()? {
                (Waiter::Refresh(track), outcome) => self.refresh_connected(track, outcome, ctx, out),
                (Waiter::Nobody, _) => {}
                event @ (Waiter::Send(_) | Waiter::Fetch(_) | Waiter::Runner, _) => return Some(event),
            }
        }
    }
}
