//! The connections to brokers. They are sparse: a broker is connected to while something waits for it, or when no other is there to ask.
//! Source: `rd_kafka_broker_thread_main`, `rd_kafka_connect_any`, `rd_kafka_broker_fail`.

use super::core::Core;
use super::settings::Settings;
use super::{Loss, Purpose};
use crate::engine::{Duration, Instant, Stream, mix};
use crate::kafka::BrokerIx;
use crate::model::client::connections::State;
use crate::model::{Channel, Ctx, Outbox};
use crate::observe::fact::Unreachable;

/// What one broker's thread remembers of its connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub broker: BrokerIx,
    /// Before this moment it is not connected to again (`rkb_ts_reconnect`).
    reconnect_at: Instant,
    /// The pause that the next failure draws from (`rkb_reconnect_backoff_ms`).
    pause: Duration,
    pauses: u64,
    /// Whether any attempt has been made.
    tried: bool,
    /// The last attempt came to nothing.
    failed: bool,
    /// When the last request was sent, or the connection came up.
    used_at: Instant,
}

/// A connection is over: what was in flight, and what it had been.
pub(super) struct Lost {
    pub broker: BrokerIx,
    pub requests: Vec<Purpose>,
    pub was_up: bool,
}

/// What a broker is drawn for: to be connected to, to be asked.
const CONNECT: u64 = 1;
const ASK: u64 = 2;

/// Whether a connection is of the logical broker that stands for the group's coordinator: no other use is made of it.
fn is_logical(channel: &Channel) -> bool {
    matches!(channel, Channel::Lane(..))
}

impl Link {
    fn new(broker: BrokerIx, settings: &Settings) -> Self {
        let pause = settings.config.reconnect_backoff;
        Link { broker, reconnect_at: Instant::ZERO, pause, pauses: 0, tried: false, failed: false, used_at: Instant::ZERO }
    }

    /// `rd_kafka_broker_update_reconnect_backoff`: at every attempt, and again when it fails.
    fn back_off(&mut self, now: Instant, settings: &Settings, draws: Stream) {
        let config = &settings.config;
        if self.reconnect_at + config.reconnect_backoff_max < now {
            self.pause = config.reconnect_backoff;
        }
        self.reconnect_at = now + settings.reconnect_pause(self.pause, draws.at(self.pauses));
        self.pauses += 1;
        self.pause = (self.pause * 2).min(config.reconnect_backoff_max);
    }
}

impl Core {
    /// Something waits for a broker: it is connected to as soon as it may.
    pub(super) fn want(&mut self, broker: BrokerIx, ctx: &Ctx<'_>, out: &mut Outbox) {
        self.demand.insert(broker);
        let channel = Channel::Broker(broker);
        if self.kit.connections.reconnect_at(channel).is_none() {
            return;
        }
        match self.links.get(&channel).map(|l| l.reconnect_at).filter(|at| *at > ctx.now) {
            Some(at) => self.wake_at(at),
            None => self.connect(channel, broker, ctx, out),
        }
    }

    fn connect(&mut self, channel: Channel, broker: BrokerIx, ctx: &Ctx<'_>, out: &mut Outbox) {
        let link = self.links.entry(channel).or_insert_with(|| Link::new(broker, &self.settings));
        link.back_off(ctx.now, &self.settings, self.draws.connect.part(ctx.spec.channel_key(channel).bits()));
        link.tried = true;
        self.kit.open(channel, broker, ctx, out);
    }

    /// Opens a channel that is closed and may be opened.
    pub(super) fn connect_when_idle(&mut self, channel: Channel, broker: BrokerIx, ctx: &Ctx<'_>, out: &mut Outbox) {
        if self.kit.connections.reconnect_at(channel).is_some() && !self.is_backing_off(channel, ctx.now) {
            self.connect(channel, broker, ctx, out);
        }
    }

    /// Whether a channel is closed and may not be opened yet.
    pub(super) fn is_backing_off(&self, channel: Channel, now: Instant) -> bool {
        let closed = self.kit.connections.reconnect_at(channel).is_some();
        closed && self.links.get(&channel).is_some_and(|l| l.failed && l.reconnect_at > now)
    }

    /// Whether any connection takes requests, that of the coordinator (a logical broker) apart.
    pub(super) fn any_up(&self) -> bool {
        self.links.keys().any(|channel| !is_logical(channel) && self.kit.connections.is_ready(*channel))
    }

    /// `rd_kafka_connect_any`: with no connection up, a broker that nothing waits for is drawn; first one that was never tried.
    pub(super) fn connect_any(&mut self, ctx: &Ctx<'_>, out: &mut Outbox) {
        self.choose_at = None;
        if self.any_up() {
            return;
        }
        let next = self.chosen_at.map_or(Instant::ZERO, |at| at + self.settings.choice_interval);
        if next > ctx.now {
            self.choose_at = Some(next + Duration::from_millis(1));
            return;
        }
        self.chosen_at = Some(ctx.now);
        let mut idle = self.reachable(ctx);
        idle.retain(|(channel, broker)| {
            self.kit.connections.reconnect_at(*channel).is_some() && !(self.demand.contains(broker) && *channel == Channel::Broker(*broker))
        });
        let is_new = |channel: &Channel| self.links.get(channel).is_none_or(|l| !l.tried);
        if idle.iter().any(|(channel, _)| is_new(channel)) {
            idle.retain(|(channel, _)| is_new(channel));
        }
        let draw = self.draws.choice.at(mix(CONNECT, self.kit.times(CONNECT)));
        if let Some((channel, broker)) = draw.choose(&idle, |(channel, _)| ctx.spec.channel_key(channel)) {
            self.connect(channel, broker, ctx, out);
        }
    }

    /// The brokers known, and the bootstrap servers too when all of those are down (`metadata.recovery.strategy`).
    fn reachable(&self, ctx: &Ctx<'_>) -> Vec<(Channel, BrokerIx)> {
        let mut nodes = self.nodes(ctx).to_vec();
        let is_down = |channel: &Channel| self.links.get(channel).is_some_and(|l| l.failed);
        if self.settings.rebootstrap && nodes.iter().all(|(channel, _)| is_down(channel)) {
            let bootstrap = &ctx.spec.clients[self.kit.index.index()].bootstrap;
            nodes.extend(bootstrap.iter().enumerate().map(|(i, b)| (Channel::Bootstrap(i as u32), *b)));
        }
        nodes
    }

    /// TCP is up: asks for the broker's versions.
    pub(super) fn connected(&mut self, channel: Channel, ctx: &Ctx<'_>, out: &mut Outbox) {
        let timeout = self.noticed(channel, self.settings.config.api_version_request_timeout, ctx.now);
        self.kit.greet(channel, Purpose::ApiVersions, timeout, ctx.now, out);
    }

    /// The connection takes requests (`rd_kafka_broker_connect_up`). The refresh that follows leaves out what is cached: only topics that
    /// have been in no answer yet are asked for.
    pub(super) fn ready(&mut self, channel: Channel, ctx: &Ctx<'_>, out: &mut Outbox) {
        self.kit.ready(channel, ctx.now, out);
        if let Some(link) = self.links.get_mut(&channel) {
            link.failed = false;
            link.used_at = ctx.now;
        }
        let new = self.kit.cache.request_topics(true);
        let knows_brokers = self.nodes(ctx).iter().all(|(c, _)| matches!(c, Channel::Broker(_)));
        if !new.is_empty() || !knows_brokers {
            self.send_metadata(channel, &new, ctx, out);
        }
    }

    /// A request leaves on a channel.
    pub(super) fn used(&mut self, channel: Channel, now: Instant) {
        if let Some(link) = self.links.get_mut(&channel) {
            link.used_at = now;
        }
    }

    /// The connection, or its attempt, is over (`rd_kafka_broker_fail`).
    pub(super) fn lost(&mut self, channel: Channel, how: Unreachable, ctx: &Ctx<'_>, out: &mut Outbox) -> Lost {
        let (state, broker) = self.kit.connections.get(channel).map_or((State::Disconnected, BrokerIx(0)), |c| (c.state, c.broker));
        let requests = self.kit.lost(channel, how, ctx.now, out);
        if let Some(link) = self.links.get_mut(&channel) {
            link.failed = true;
            if state != State::Ready {
                link.back_off(ctx.now, &self.settings, self.draws.connect.part(ctx.spec.channel_key(channel).bits()));
            }
        }
        // `RD_KAFKA_BROKER_STATE_APIVERSION_QUERY` counts as up.
        Lost { broker, requests, was_up: matches!(state, State::Ready | State::CheckingApiVersions) }
    }

    /// What follows on the loss when the requests have been seen to.
    pub(super) fn after_loss(&mut self, lost: &Lost, loss: Loss, ctx: &Ctx<'_>, out: &mut Outbox) {
        if lost.was_up && loss != Loss::Removed {
            self.refresh_known(ctx, out);
        }
    }

    /// The connection to ask on: up, a known broker rather than a bootstrap server, the one used last; ties are drawn
    /// (`rd_kafka_broker_weight_usable`). Idle time counts in seconds, above ten minutes in hours.
    pub(super) fn usable(&mut self, ctx: &Ctx<'_>) -> Option<Channel> {
        let weight = |channel: &Channel, link: &Link| {
            let idle = ctx.now.since(link.used_at).as_millis() / 1000;
            let learned = if matches!(channel, Channel::Broker(_)) { 1000 } else { 0 };
            learned + if idle < 600 { 1000 + 600 - idle } else { 200 - (idle / 3600).min(100) }
        };
        let up = self.links.iter().filter(|(channel, _)| !is_logical(channel) && self.kit.connections.is_ready(**channel));
        let weighed: Vec<(u64, Channel)> = up.map(|(channel, link)| (weight(channel, link), *channel)).collect();
        let best = weighed.iter().map(|w| w.0).max()?;
        let equal: Vec<Channel> = weighed.into_iter().filter(|w| w.0 == best).map(|w| w.1).collect();
        let draw = self.draws.choice.at(mix(ASK, self.kit.times(ASK)));
        draw.choose(&equal, |channel| ctx.spec.channel_key(channel))
    }
}
