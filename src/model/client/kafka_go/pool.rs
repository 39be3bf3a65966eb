//! The connections to brokers: a stack of idle ones for each, opened when none is idle, one request at a time on each.
//! Source: `transport.go` connGroup, conn.

use super::Purpose;
use super::writer::Writer;
use crate::engine::Instant;
use crate::kafka::{BrokerIx, PartitionIx};
use crate::model::{Channel, Ctx, Outbox};
use crate::observe::fact::Unreachable;
use std::collections::BTreeMap;

/// The connections to one broker (`connGroup`).
#[derive(Clone, Default, Debug)]
pub(super) struct Group {
    /// The idle ones; the last to come is the first to go.
    idle: Vec<Idle>,
    /// Those in use, with the partition whose batch has them; none: being opened before the run for nobody.
    busy: BTreeMap<u32, Busy>,
}

#[derive(Clone, Copy, Debug)]
struct Idle {
    lane: u32,
    /// Closed then unless it is used (`Transport.IdleTimeout`).
    until: Instant,
    /// The broker has closed it. Nobody reads an idle connection, so that the next request finds out.
    dead: bool,
}

#[derive(Clone, Copy, Debug)]
struct Busy {
    holder: Option<PartitionIx>,
    /// Its broker has left the layout: closed instead of becoming idle.
    doomed: bool,
}

/// What a request gets.
pub(super) enum Grabbed {
    /// An idle connection that works.
    Ready(Channel),
    /// An idle connection that the broker has closed.
    Dead,
    /// A new one, being opened.
    Opening,
}

impl Writer {
    /// `connGroup.grabConnOrConnect`.
    pub(super) fn grab(&mut self, broker: BrokerIx, holder: Option<PartitionIx>, ctx: &Ctx<'_>, out: &mut Outbox) -> Grabbed {
        let group = self.groups.entry(broker).or_default();
        let busy = Busy { holder, doomed: false };
        if let Some(Idle { lane, dead, .. }) = group.idle.pop() {
            if dead {
                return Grabbed::Dead;
            }
            group.busy.insert(lane, busy);
            return Grabbed::Ready(Channel::Lane(broker, lane));
        }
        let lane = (0..).find(|lane| !group.busy.contains_key(lane)).expect("lanes do not run out");
        group.busy.insert(lane, busy);
        self.kit.open(Channel::Lane(broker, lane), broker, ctx, out);
        Grabbed::Opening
    }

    /// `connGroup.releaseConn`: the answer is read.
    pub(super) fn release(&mut self, channel: Channel, now: Instant, out: &mut Outbox) {
        let Channel::Lane(broker, lane) = channel else { return };
        let until = now + self.settings.idle_timeout;
        let Some(group) = self.groups.get_mut(&broker) else { return };
        match group.busy.remove(&lane) {
            Some(Busy { doomed: false, .. }) => group.idle.push(Idle { lane, until, dead: false }),
            Some(Busy { doomed: true, .. }) => self.close(channel, now, out),
            None => {}
        }
    }

    fn close(&mut self, channel: Channel, now: Instant, out: &mut Outbox) {
        out.close(channel);
        self.kit.lost(channel, Unreachable::Reset, now, out);
    }

    /// Whose connection this is.
    pub(super) fn holder(&self, channel: Channel) -> Option<PartitionIx> {
        let Channel::Lane(broker, lane) = channel else { return None };
        self.groups.get(&broker)?.busy.get(&lane)?.holder
    }

    /// A connection or an attempt is over: the batch whose attempt had it, if one had.
    pub(super) fn lane_lost(&mut self, channel: Channel, how: Unreachable, now: Instant, out: &mut Outbox) -> Option<PartitionIx> {
        let Channel::Lane(broker, lane) = channel else { return None };
        self.kit.lost(channel, how, now, out);
        let group = self.groups.get_mut(&broker)?;
        group.idle.iter_mut().filter(|i| i.lane == lane).for_each(|i| i.dead = true);
        group.busy.remove(&lane)?.holder
    }

    /// The layout changed: the groups of brokers that it no longer has are closed (`connPool.update`).
    pub(super) fn close_groups(&mut self, listed: &[BrokerIx], now: Instant, out: &mut Outbox) {
        let mut idle = Vec::new();
        for (broker, group) in self.groups.iter_mut().filter(|(b, _)| !listed.contains(b)) {
            idle.extend(group.idle.drain(..).filter(|i| !i.dead).map(|i| Channel::Lane(*broker, i.lane)));
            group.busy.values_mut().for_each(|b| b.doomed = true);
        }
        for channel in idle {
            self.close(channel, now, out);
        }
    }

    /// Closes what has been idle for too long.
    pub(super) fn close_idle(&mut self, now: Instant, out: &mut Outbox) {
        let mut closing = Vec::new();
        for (broker, group) in &mut self.groups {
            closing.extend(group.idle.iter().filter(|i| i.until <= now && !i.dead).map(|i| Channel::Lane(*broker, i.lane)));
            group.idle.retain(|i| i.until > now);
        }
        for channel in closing {
            self.close(channel, now, out);
        }
    }

    /// When the next connection will have been idle for too long.
    pub(super) fn idle_until(&self) -> Instant {
        self.groups.values().flat_map(|g| &g.idle).map(|i| i.until).min().unwrap_or(Instant::MAX)
    }

    /// TCP is up: the versions are asked for within what is left of `DialTimeout`.
    pub(super) fn greet(&mut self, channel: Channel, now: Instant, out: &mut Outbox) {
        let since = now.since(self.kit.connections.last_attempt(channel));
        let left = self.settings.dial_timeout.saturating_sub(since);
        self.kit.greet(channel, Purpose::ApiVersions, left, now, out);
    }
}
