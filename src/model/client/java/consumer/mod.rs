//! The Java consumer with the classic protocol: everything happens inside the application's `poll()`. `subscription` is where each partition
//! stands, `fetch` asks brokers for records, `buffer` holds what came, `collect` gives it to the application (`reader`), `positions` asks
//! where to read, `poll` is one turn of the loop.

mod buffer;
mod collect;
mod fetch;
mod member;
mod poll;
mod positions;
mod reader;
mod settings;
mod subscription;
#[cfg(test)]
mod tests;

use self::buffer::Buffer;
use self::fetch::Fetch;
use self::positions::{Reset, Validation};
use self::reader::Reader;
use self::settings::Settings;
use self::subscription::{Position, Subscription};
use super::network::Network;
use super::settings::Shared;
use crate::engine::{Chance, Duration, Instant};
use crate::kafka::{BrokerIx, ClientIx, GroupIx, LeaderEpoch, Offset, PartitionIx, TopicIx};
use crate::model::client::Machine;
use crate::model::client::cache::Reference;
use crate::model::client::group::{Asked, Membership};
use crate::model::message::{FetchSession, GroupRequest, OffsetSpec, Response};
use crate::model::spec::{Consumption, RECORDS_BEFORE, Role};
use crate::model::{Channel, Ctx, History, Outbox, Spec, TimerKind};
use crate::observe::Fact;
use crate::observe::fact::{Position as Why, RecordId, Unreachable};
use std::collections::{BTreeMap, VecDeque};

/// What the consumer sends.
#[derive(Clone, Debug)]
enum Sent {
    Fetch(Fetch),
    ListOffsets(Vec<Reset>),
    OffsetsForLeaderEpoch(Vec<Validation>),
    /// Who coordinates the group.
    FindCoordinator,
    /// To that coordinator.
    Group(GroupRequest, Asked),
}

/// A request that waits for its node to be ready (`ConsumerNetworkClient.UnsentRequests`).
#[derive(Clone, Debug)]
struct Unsent {
    channel: Channel,
    broker: BrokerIx,
    what: Sent,
    timeout: Duration,
    expires_at: Instant,
}

/// What reached the process while its application was busy: it is read from the sockets at the next `poll()`.
#[derive(Clone, Debug)]
enum Arrived {
    Connected(Channel),
    Disconnected(Channel, Unreachable),
    Response(Channel, u32, Response),
}

/// Where a consumer begins to read a partition that is assigned to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Begin {
    /// Here; records below were of this epoch, if that is known.
    At(Offset, Option<LeaderEpoch>),
    /// Where the leader says.
    Ask(OffsetSpec),
}

/// One consumer process with its application.
#[derive(Clone, Debug)]
pub(in crate::model::client) struct Consumer {
    index: ClientIx,
    settings: Settings,
    net: Network<Sent>,
    subscription: Subscription,
    /// The metadata that the positions were compared with last (`metadataUpdateVersion`).
    followed: u64,
    unsent: Vec<Unsent>,
    /// Nodes that a fetch is queued for or under way to (`nodesWithPendingFetchRequests`).
    pending: Vec<BrokerIx>,
    sessions: BTreeMap<BrokerIx, FetchSession>,
    buffer: Buffer,
    arrived: VecDeque<Arrived>,
    /// When the blocked `poll()` wakes if nothing arrives.
    sleeps_until: Instant,
    reader: Reader,
    group: Option<GroupIx>,
    /// Present in a consumer that is in a group.
    membership: Option<Membership>,
}

/// What the consumer reads.
fn consumption(spec: &Spec, client: ClientIx) -> &Consumption {
    match &spec.clients[client.index()].role {
        Role::Consumer(consumption) => consumption,
        Role::Producer(_) => unreachable!("a consumer has topics to read"),
    }
}

/// The partitions that there are of these topics.
fn partitions(topics: &[TopicIx], ctx: &Ctx<'_>) -> Vec<PartitionIx> {
    let registrations = topics.iter().filter_map(|t| ctx.history.topic(*t, ctx.history.last()));
    registrations.flat_map(|r| r.partitions.iter().copied()).collect()
}

impl Consumer {
    /// A client of the specification that does not run yet.
    pub(in crate::model::client) fn new(index: ClientIx, spec: &Spec, chance: Chance) -> Self {
        let (settings, shared) = Settings::new(&spec.clients[index.index()]);
        Consumer {
            index,
            net: Network::new(index, Shared { broken: spec.broken, ..shared }, chance),
            settings,
            subscription: Subscription::default(),
            followed: 0,
            unsent: Vec::new(),
            pending: Vec::new(),
            sessions: BTreeMap::new(),
            buffer: Buffer::default(),
            arrived: VecDeque::new(),
            sleeps_until: Instant::MAX,
            reader: Reader::new(index, chance),
            group: consumption(spec, index).group,
            membership: member::membership(index, spec, chance),
        }
    }

    /// Partitions are assigned, each with where to begin (`SubscriptionState.assignFromUser` and a seek; for a member of a group, the
    /// committed offset).
    fn assign(&mut self, partition: PartitionIx, begin: Begin, why: Why, ctx: &Ctx<'_>, out: &mut Outbox) {
        let (leader, leader_epoch) = self.net.belief(partition, ctx);
        let assigned = self.subscription.add(partition);
        match begin {
            Begin::At(offset, epoch) => {
                assigned.seek(Position { offset, epoch, leader, leader_epoch });
                out.fact(Fact::PositionSet { client: self.index, partition, from: None, to: offset, why });
            }
            Begin::Ask(spec) => assigned.reset(spec, why),
        }
    }

    /// Where a consumer that is assigned its partitions by hand begins: at the beginning of the log if it is told so, else as
    /// `auto.offset.reset` says; with `none` at the end, where its application would have to seek to.
    fn by_hand(&self, consumption: &Consumption) -> OffsetSpec {
        if consumption.from_beginning { OffsetSpec::Earliest } else { self.settings.reset.unwrap_or(OffsetSpec::Latest) }
    }

    /// The application calls `poll()` for the first time.
    fn begin(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let consumption = consumption(ctx.spec, self.index);
        self.net.kit.up = true;
        self.reader.polls(ctx.now);
        for &topic in &consumption.topics {
            self.net.kit.cache.add(topic, Instant::MAX);
        }
        self.net.refresh.request_new_topics(out);
        let spec = self.by_hand(consumption);
        let by_hand = if self.membership.is_some() { Vec::new() } else { partitions(&consumption.topics, ctx) };
        for partition in by_hand {
            self.assign(partition, Begin::Ask(spec), Why::Begun, ctx, out);
        }
        self.turn(ctx, out);
    }

    /// The application closes the consumer; a member leaves its group first.
    fn close(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if self.net.kit.up && self.leave_group(ctx, out) {
            return;
        }
        self.close_connections(out);
    }

    fn close_connections(&mut self, out: &mut Outbox) {
        for channel in self.net.kit.connections.open() {
            out.close(channel);
        }
        self.crash();
    }

    /// What the process reads from its sockets.
    fn take(&mut self, arrived: Arrived, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        match arrived {
            Arrived::Connected(channel) => self.net.greet(channel, ctx.now, out),
            Arrived::Disconnected(channel, how) => {
                if let Some(lost) = self.net.lose(channel, how, false, ctx.now, out) {
                    self.lost(lost, ctx.now, out);
                }
            }
            Arrived::Response(channel, correlation, response) => self.answered(channel, correlation, response, ctx, out),
        }
    }

    /// Something arrives: at once while the application waits in `poll()`, else when it polls again.
    fn arrive(&mut self, arrived: Arrived, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if !self.net.kit.up {
            return;
        }
        if self.has_heartbeat_thread() {
            self.take(arrived, ctx, out);
            return self.turn_of_a_thread(ctx, out);
        }
        if self.reader.is_busy() {
            self.arrived.push_back(arrived);
            return;
        }
        self.take(arrived, ctx, out);
        self.turn(ctx, out);
    }
}

impl Machine for Consumer {
    /// The process starts: it knows its bootstrap servers only.
    fn start(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.crash();
        let consumption = consumption(ctx.spec, self.index);
        if self.reader.is_over(consumption, ctx.now) {
            return;
        }
        self.reader.wait_for(consumption.start, ctx.now);
        if !self.reader.arm(consumption, out) {
            self.begin(ctx, out);
        }
    }

    /// The process has been running for long: it has read all that there is, knows its topics as they are, and opens the connections to the
    /// leaders of its partitions at this moment. One that begins later starts cold then.
    fn start_warm(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let consumption = consumption(ctx.spec, self.index);
        if !consumption.start.is_zero() {
            return self.start(ctx, out);
        }
        self.crash();
        self.net.kit.up = true;
        self.reader.polls(ctx.now);
        self.reader.arm(consumption, out);
        self.net.warm(&consumption.topics, Instant::MAX, ctx, out);
        self.followed = self.net.kit.cache.version();
        let assigned = self.warm_group(ctx, out).unwrap_or_else(|| partitions(&consumption.topics, ctx));
        for partition in assigned {
            let (_, epoch) = self.net.belief(partition, ctx);
            let begin = if consumption.from_beginning { Begin::At(Offset(0), None) } else { Begin::At(RECORDS_BEFORE, Some(epoch)) };
            self.assign(partition, begin, Why::Begun, ctx, out);
        }
        self.turn(ctx, out);
    }

    fn crash(&mut self) {
        self.net.crash();
        self.subscription = Subscription::default();
        self.followed = 0;
        self.unsent.clear();
        self.pending.clear();
        self.sessions.clear();
        self.buffer = Buffer::default();
        self.arrived.clear();
        self.reader.crash();
        self.membership.iter_mut().for_each(Membership::crash);
    }

    fn retune(&mut self, spec: &Spec) {
        let (settings, shared) = Settings::new(&spec.clients[self.index.index()]);
        self.settings = settings;
        self.net.retune(Shared { broken: spec.broken, ..shared });
    }

    fn timer(&mut self, kind: TimerKind, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if kind == TimerKind::Workload {
            self.run_application(ctx, out);
            return;
        }
        self.net.kit.woken();
        if !self.net.kit.up {
            return;
        }
        if self.has_heartbeat_thread() && (self.reader.is_busy() || self.reader.is_closing()) {
            return self.turn_of_a_thread(ctx, out);
        }
        if self.reader.is_busy() {
            return;
        }
        // A timer that was armed for an earlier turn wakes nobody: the blocked `poll()` sleeps on.
        if ctx.now < self.sleeps_until {
            return self.arm(out);
        }
        self.turn(ctx, out);
    }

    fn connected(&mut self, channel: Channel, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.arrive(Arrived::Connected(channel), ctx, out);
    }

    fn disconnected(&mut self, channel: Channel, how: Unreachable, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.arrive(Arrived::Disconnected(channel, how), ctx, out);
    }

    fn response(&mut self, channel: Channel, correlation: u32, response: Response, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.arrive(Arrived::Response(channel, correlation, response), ctx, out);
    }

    fn believes(&self, partition: PartitionIx, history: &History, spec: &Spec) -> (Option<BrokerIx>, LeaderEpoch) {
        self.net.kit.cache.belief(partition, Reference { history, spec })
    }

    fn send(&mut self, _: TopicIx, _: Option<PartitionIx>, _: u32, _: &mut Ctx<'_>, _: &mut Outbox) -> Option<RecordId> {
        None
    }
}
