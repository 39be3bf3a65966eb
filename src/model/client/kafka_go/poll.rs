//! The metadata poll: a request on the control connection, then a pause of a new random length, for ever. Source: `transport.go`
//! connPool.discover, grabClusterConn, update.

use super::Purpose;
use super::writer::Writer;
use crate::engine::{Duration, Instant, mix};
use crate::kafka::{BrokerIx, MetadataOffset, TopicIx};
use crate::model::client::cache::Answer;
use crate::model::client::kit::reference;
use crate::model::message::Topics;
use crate::model::{Channel, Ctx, Outbox};
use crate::observe::Fact;
use crate::observe::fact::{Refresh, Unreachable};

/// Where errors bring the next poll forward, they do so once a second at most (segmentio/kafka-go #1437).
const FORCED_GAP: Duration = Duration::from_secs(1);

/// Where the poll is.
#[derive(Clone, Debug)]
pub(super) struct Poll {
    stage: Stage,
    /// When the next one begins, or would if this one were over.
    at: Instant,
    /// When the last one began.
    began: Option<Instant>,
    /// Polls begun, to address their pauses.
    polls: u64,
    /// The control connection while no request is on it, until when it stays open, and whether its broker has closed it.
    control: Option<(Channel, Instant, bool)>,
}

#[derive(Clone, PartialEq, Debug)]
enum Stage {
    Pausing,
    /// Connecting to bootstrap addresses in a random order: this one, and those left, until a moment.
    Dialing(Channel, Vec<u32>, Instant),
    Asking(Channel),
}

impl Poll {
    /// Nothing polls before this moment.
    pub(super) fn starting(at: Instant) -> Self {
        Poll { stage: Stage::Pausing, at, began: None, polls: 0, control: None }
    }

    fn channel(&self) -> Option<Channel> {
        match &self.stage {
            Stage::Pausing => None,
            Stage::Dialing(channel, ..) | Stage::Asking(channel) => Some(*channel),
        }
    }

    /// The next moment at which the poll does something by itself.
    pub(super) fn wake_at(&self) -> Instant {
        let next = match &self.stage {
            Stage::Pausing => self.at,
            Stage::Dialing(.., until) => *until,
            Stage::Asking(_) => Instant::MAX,
        };
        next.min(self.control.map_or(Instant::MAX, |c| c.1))
    }
}

impl Writer {
    /// The residual pause of a poll that has been going on for ever: a moment falls into a long pause more often than into a short one, so
    /// P(more than r) is (1 − r/TTL)².
    pub(super) fn residual_pause(&self) -> Duration {
        let root = libm::sqrt(self.draws.age.at(0).unit());
        self.settings.metadata_ttl.scale(1.0 - root)
    }

    /// What the poll does at this moment.
    pub(super) fn look_at_poll(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if let Some((channel, until, dead)) = self.poll.control
            && until <= ctx.now
        {
            self.poll.control = None;
            if !dead {
                out.close(channel);
                self.kit.lost(channel, Unreachable::Reset, ctx.now, out);
            }
        }
        if let Stage::Dialing(channel, _, until) = self.poll.stage
            && until <= ctx.now
        {
            out.close(channel);
            self.kit.lost(channel, Unreachable::TimedOut, ctx.now, out);
            self.poll_failed(ctx, out);
        }
        if self.poll.stage == Stage::Pausing && self.poll.at <= ctx.now {
            self.begin_poll(ctx, out);
        }
    }

    fn begin_poll(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let pause = self.settings.metadata_ttl.scale(self.draws.poll.at(self.poll.polls).unit());
        self.poll.polls += 1;
        self.poll.began = Some(ctx.now);
        self.poll.at = ctx.now + pause;
        match self.poll.control.take() {
            Some((channel, _, false)) => self.ask_for_metadata(channel, ctx, out),
            Some((_, _, true)) => self.poll_failed(ctx, out),
            None => {
                let mut addresses: Vec<u32> = (0..ctx.spec.clients[self.kit.index.index()].bootstrap.len() as u32).collect();
                addresses.sort_by_key(|i| self.draws.shuffle.at(mix(self.poll.polls, u64::from(*i))).bits());
                self.dial(addresses, ctx.now + self.settings.dial_timeout, ctx, out);
            }
        }
    }

    /// Connects to the next bootstrap address.
    fn dial(&mut self, mut addresses: Vec<u32>, until: Instant, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if addresses.is_empty() || until <= ctx.now {
            self.poll_failed(ctx, out);
            return;
        }
        let address = addresses.remove(0);
        let broker = ctx.spec.clients[self.kit.index.index()].bootstrap[address as usize];
        let channel = Channel::Bootstrap(address);
        self.poll.stage = Stage::Dialing(channel, addresses, until);
        self.kit.open(channel, broker, ctx, out);
    }

    /// Its versions are known: the control connection is there.
    pub(super) fn control_ready(&mut self, channel: Channel, ctx: &Ctx<'_>, out: &mut Outbox) {
        if self.poll.channel() == Some(channel) {
            self.ask_for_metadata(channel, ctx, out);
        }
    }

    fn ask_for_metadata(&mut self, channel: Channel, ctx: &Ctx<'_>, out: &mut Outbox) {
        self.poll.stage = Stage::Asking(channel);
        let topics = self.topics(ctx).to_vec();
        self.kit.ask_metadata(channel, Purpose::Metadata, &topics, self.settings.metadata_ttl, ctx.now, out);
    }

    /// The control connection, or the attempt to make one, is over. A refused address gives way to the next, unless TCP was up already.
    pub(super) fn control_lost(&mut self, channel: Channel, how: Unreachable, tcp_was_up: bool, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.kit.lost(channel, how, ctx.now, out);
        if let Some(control) = &mut self.poll.control
            && control.0 == channel
        {
            control.2 = true;
        }
        if self.poll.channel() != Some(channel) {
            return;
        }
        match std::mem::replace(&mut self.poll.stage, Stage::Pausing) {
            Stage::Dialing(_, addresses, until) if !tcp_was_up => self.dial(addresses, until, ctx, out),
            Stage::Dialing(..) | Stage::Asking(_) | Stage::Pausing => self.poll_failed(ctx, out),
        }
    }

    /// The old layout stays; without one, everything that waits for it fails.
    fn poll_failed(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        out.fact(Fact::Refreshed { client: self.kit.index, what: Refresh::Failed });
        self.poll.stage = Stage::Pausing;
        self.set_ready(ctx, out);
        self.look_at_poll(ctx, out);
    }

    /// The answer replaces the layout.
    pub(super) fn poll_answered(
        &mut self,
        channel: Channel,
        broker: BrokerIx,
        offset: MetadataOffset,
        topics: &Topics,
        ctx: &mut Ctx<'_>,
        out: &mut Outbox,
    ) {
        out.fact(Fact::Refreshed { client: self.kit.index, what: Refresh::Answered(broker, offset) });
        self.poll.control = Some((channel, ctx.now + self.settings.idle_timeout, false));
        self.poll.stage = Stage::Pausing;
        let topics: &[TopicIx] = match topics {
            Topics::None => &[],
            Topics::Some(topics) => topics,
        };
        for topic in topics {
            self.kit.cache.add(*topic, Instant::MAX);
        }
        self.kit.cache.apply(&Answer { broker, offset, topics }, ctx.now, reference(ctx), out);
        let listed: Vec<BrokerIx> = ctx.history.listed_brokers(offset).collect();
        self.close_groups(&listed, ctx.now, out);
        self.set_ready(ctx, out);
        self.look_at_poll(ctx, out);
    }

    /// An error that speaks of old metadata: only without the defect does it bring the next poll forward.
    pub(super) fn want_metadata(&mut self, now: Instant, out: &mut Outbox) {
        if !self.settings.errors_refresh {
            return;
        }
        let at = self.poll.began.map_or(now, |began| now.max(began + FORCED_GAP));
        if at < self.poll.at {
            out.fact(Fact::Refreshed { client: self.kit.index, what: Refresh::Wanted });
            self.poll.at = at;
        }
    }
}
