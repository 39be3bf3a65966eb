//! What the NetworkClient does beside carrying requests: connects, disconnects, and sends metadata requests by itself.
//! Source: `NetworkClient`, `NetworkClient.DefaultMetadataUpdater`.

use super::idempotence::Id;
use super::policies::Rebootstrap;
use super::{API_VERSIONS, INIT_PRODUCER_ID, METADATA, Producer, Purpose, reference};
use crate::engine::{Duration, Instant, mix};
use crate::kafka::{BrokerIx, MetadataOffset};
use crate::model::client::cache::Answer;
use crate::model::client::connections::Overdue;
use crate::model::message::{Request, Topics};
use crate::model::{Channel, Ctx, Outbox};
use crate::observe::Fact;
use crate::observe::fact::{Refresh as What, Unreachable};
use smallvec::SmallVec;

/// What small requests weigh, in bytes, and each topic named in one.
const SMALL_REQUEST: u32 = 40;
const TOPIC_BYTES: u32 = 30;
/// The Java clock counts milliseconds and its time-outs are strict.
const TICK: Duration = Duration::from_millis(1);

/// A node to send to, and whether any connection is ready at all (`LeastLoadedNode`).
#[derive(Clone, Copy, Default)]
struct LeastLoaded {
    node: Option<(Channel, BrokerIx)>,
    any_ready: bool,
}

impl Producer {
    /// `NetworkClient.initiateConnect`.
    pub(super) fn connect(&mut self, channel: Channel, broker: BrokerIx, ctx: &Ctx<'_>, out: &mut Outbox) {
        self.connections.connecting(channel, broker, ctx.now);
        out.fact(Fact::ConnectionOpening { client: self.index, broker });
        out.open(channel, ctx.spec.brokers[broker.index()].node);
    }

    /// TCP is up: ApiVersions is the first request (`handleInitiateApiVersionRequests`).
    pub(super) fn greet(&mut self, channel: Channel, now: Instant, out: &mut Outbox) {
        let Some(connection) = self.connections.get(channel) else { return };
        let address = self.address(API_VERSIONS, mix(connection.entity(), connection.attempts));
        self.connections.checking_api_versions(channel, now);
        let correlation = self.connections.send(channel, Purpose::ApiVersions, Some(self.settings.request_timeout), now);
        out.request(channel, correlation, Request::ApiVersions, SMALL_REQUEST, address);
    }

    /// `NetworkClient.processDisconnection`: in-flight requests fail, then the loss itself asks for metadata.
    pub(super) fn lose(&mut self, channel: Channel, how: Unreachable, request_timed_out: bool, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(broker) = self.connections.get(channel).map(|c| c.broker) else { return };
        let in_flight = self.connections.lost(channel, ctx.now);
        out.fact(Fact::ConnectionLost { client: self.index, broker, how });
        let mut produce: SmallVec<[SmallVec<[u32; 4]>; 4]> = SmallVec::new();
        for request in in_flight {
            match request.purpose {
                Purpose::ApiVersions => {}
                Purpose::Metadata => self.refresh.failed(ctx.now, out),
                Purpose::InitProducerId => self.retry_producer_id(ctx.now),
                Purpose::Produce(keys) => produce.push(keys),
            }
        }
        // `handleServerDisconnect`: a loss while a refresh is due counts as a failed one.
        if self.update_due(ctx.now) {
            self.refresh.failed(ctx.now, out);
        }
        self.refresh.request(out);
        for keys in produce {
            self.produce_unreachable(broker, &keys, how, request_timed_out, ctx, out);
        }
    }

    /// Closes connections whose set-up, oldest request or idleness has lasted too long, and starts again from the bootstrap
    /// servers when no metadata came for too long (KIP-1102).
    pub(super) fn close_overdue(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        while let Some((channel, overdue)) = self.connections.overdue(ctx.now) {
            out.close(channel);
            match overdue {
                Overdue::Setup | Overdue::Request => self.lose(channel, Unreachable::TimedOut, true, ctx, out),
                Overdue::Idle => self.lose(channel, Unreachable::Reset, false, ctx, out),
            }
        }
        if self.rebootstrap_at().is_some_and(|at| at <= ctx.now) {
            for (channel, _) in self.nodes(ctx) {
                if self.connections.is_preparing(channel) || self.connections.is_ready(channel) {
                    out.close(channel);
                    self.lose(channel, Unreachable::Reset, false, ctx, out);
                }
            }
            self.start_from_bootstrap(ctx, out);
            self.refresh.unanswered_since = Some(ctx.now);
        }
    }

    /// When the lack of metadata makes the client start again from its bootstrap servers.
    pub(super) fn rebootstrap_at(&self) -> Option<Instant> {
        let since = self.refresh.unanswered_since.filter(|_| self.settings.rebootstrap == Rebootstrap::NoNodeOrTrigger)?;
        Some(since + self.settings.rebootstrap_trigger + TICK)
    }

    fn start_from_bootstrap(&mut self, ctx: &Ctx<'_>, out: &mut Outbox) {
        self.cache.rebootstrap(reference(ctx), out);
        self.refresh.request(out);
    }

    /// `DefaultMetadataUpdater.isUpdateDue`: one look at the pause between refreshes.
    pub(super) fn update_due(&mut self, now: Instant) -> bool {
        if self.refresh.is_in_flight() {
            return false;
        }
        let at = self.refresh.next_at(now, &self.settings, self.draws.refresh, self.spinning);
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
        if self.settings.rebootstrap != Rebootstrap::Never && least.node.is_none() && !least.any_ready {
            self.start_from_bootstrap(ctx, out);
            least = self.least_loaded(ctx);
        }
        self.wake = self.wake.min(ctx.now + self.settings.reconnect_backoff.max(TICK));
        let Some((channel, broker)) = least.node else { return false };
        if self.connections.can_send(channel, self.settings.max_in_flight) {
            self.send_metadata(channel, broker, ctx, out);
            return true;
        }
        let connecting = self.nodes(ctx).iter().any(|(c, _)| self.connections.is_connecting(*c));
        if !connecting && self.connections.can_connect(channel, ctx.now) {
            self.connect(channel, broker, ctx, out);
        }
        false
    }

    fn send_metadata(&mut self, channel: Channel, broker: BrokerIx, ctx: &Ctx<'_>, out: &mut Outbox) {
        let partial = self.refresh.next_is_partial(ctx.now);
        let named = self.cache.request_topics(partial);
        self.refresh.sent(partial, out);
        out.fact(Fact::Refreshed { client: self.index, what: What::Sent(broker) });
        let bytes = SMALL_REQUEST + TOPIC_BYTES * named.len() as u32;
        let topics = if named.is_empty() { Topics::None } else { Topics::Some(named) };
        let address = self.address(METADATA, self.refresh.ended());
        let correlation = self.connections.send(channel, Purpose::Metadata, Some(self.settings.request_timeout), ctx.now);
        out.request(channel, correlation, Request::Metadata { topics }, bytes, address);
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
        let erased = self.refresh.answered(ctx.now, self.settings.metadata_max_age);
        out.fact(Fact::Refreshed { client: self.index, what: What::Answered(broker, offset) });
        let topics: &[_] = match topics {
            Topics::None => &[],
            Topics::Some(topics) => topics,
        };
        let learned = self.cache.apply(&Answer { broker, offset, topics }, ctx.now, reference(ctx), out);
        if learned.newer {
            self.refresh.learned();
        }
        if learned.invalid {
            self.refresh.request(out);
        }
        if erased && !self.refresh.is_wanted() {
            out.fact(Fact::Refreshed { client: self.index, what: What::Swallowed });
        }
    }

    fn nodes(&self, ctx: &Ctx<'_>) -> SmallVec<[(Channel, BrokerIx); 8]> {
        let bootstrap = &ctx.spec.clients[self.index.index()].bootstrap;
        self.cache.nodes(bootstrap, ctx.history, self.draws.shuffle)
    }

    /// `NetworkClient.leastLoadedNode`: an idle ready connection, else the least busy ready one, else one being set up, else the
    /// node not tried for longest. A black-holed connection looks perfectly healthy here.
    fn least_loaded(&self, ctx: &Ctx<'_>) -> LeastLoaded {
        let nodes = self.nodes(ctx);
        let start = self.draws.pick.at(self.refresh.look()).below(nodes.len() as u64) as usize;
        let any_ready = nodes.iter().any(|(channel, _)| self.connections.is_ready(*channel));
        let (mut ready, mut preparing, mut connectable) = (None, None, None);
        for i in 0..nodes.len() {
            let (channel, broker) = nodes[(start + i) % nodes.len()];
            let candidate = Some((channel, broker));
            if self.connections.can_send(channel, self.settings.max_in_flight) {
                let load = self.connections.get(channel).map_or(0, |c| c.in_flight.len());
                if load == 0 {
                    return LeastLoaded { node: candidate, any_ready };
                }
                if ready.is_none_or(|(least, _)| load < least) {
                    ready = Some((load, candidate));
                }
            } else if self.connections.is_preparing(channel) {
                preparing = candidate;
            } else if self.connections.can_connect(channel, ctx.now) {
                let tried = self.connections.last_attempt(channel);
                if connectable.is_none_or(|(oldest, _)| tried < oldest) {
                    connectable = Some((tried, candidate));
                }
            }
        }
        let node = ready.and_then(|r| r.1).or(preparing).or(connectable.and_then(|c| c.1));
        LeastLoaded { node, any_ready }
    }

    /// `Sender.maybeSendAndPollTransactionalRequest`, not transactional: asks the least loaded node for a producer id, waiting
    /// for its connection. True when the request left.
    pub(super) fn ask_producer_id(&mut self, update_due: bool, ctx: &mut Ctx<'_>, out: &mut Outbox) -> bool {
        let Some(Id::Needed { target, not_before }) = self.producer.as_ref().map(|p| p.id) else { return false };
        if ctx.now < not_before {
            self.wake = self.wake.min(not_before);
            return false;
        }
        let Some((channel, broker)) = target.or_else(|| self.least_loaded(ctx).node) else {
            self.retry_producer_id(ctx.now);
            return false;
        };
        if !update_due && self.connections.can_send(channel, self.settings.max_in_flight) {
            let address = self.address(INIT_PRODUCER_ID, self.asked);
            self.asked += 1;
            self.set_id(Id::Requested);
            let correlation = self.connections.send(channel, Purpose::InitProducerId, Some(self.settings.request_timeout), ctx.now);
            out.request(channel, correlation, Request::InitProducerId, SMALL_REQUEST, address);
            return true;
        }
        let disconnected = self.connections.reconnect_at(channel).is_some();
        if disconnected && target.is_some() {
            // `NetworkClientUtils.awaitReady` gave up: pause, ask for metadata, choose again.
            self.retry_producer_id(ctx.now);
            self.refresh.request(out);
            return false;
        }
        self.set_id(Id::Needed { target: Some((channel, broker)), not_before });
        if disconnected && self.connections.can_connect(channel, ctx.now) {
            self.connect(channel, broker, ctx, out);
        }
        false
    }

    /// After a failure the next request waits `retry.backoff.ms`.
    pub(super) fn retry_producer_id(&mut self, now: Instant) {
        let not_before = now + self.settings.retry_backoff.max(TICK);
        self.wake = self.wake.min(not_before);
        self.set_id(Id::Needed { target: None, not_before });
    }

    pub(super) fn set_id(&mut self, id: Id) {
        if let Some(producer) = &mut self.producer {
            producer.id = id;
        }
    }
}
