//! A Java consumer in a group: what its membership wants is done on the consumer's connections. Source: `ConsumerCoordinator`,
//! `AbstractCoordinator`, `ConsumerNetworkClient`.

use super::subscription::Position;
use super::{Consumer, Sent, consumption};
use crate::engine::{Chance, Duration, Instant};
use crate::kafka::config::ClientConfig;
use crate::kafka::{BrokerIx, ClientIx, PartitionIx, TopicIx};
use crate::model::client::backoff::Backoff;
use crate::model::client::group::{Asked, Consumed, LANE, Membership, Settings, View, Want};
use crate::model::client::java::policies::Policies;
use crate::model::client::java::settings::TICK;
use crate::model::client::kit::reference;
use crate::model::group_log::Committed;
use crate::model::groups::{first_members, shared_out};
use crate::model::message::{GroupRequest, GroupResponse, Request};
use crate::model::spec::Commits;
use crate::model::{Channel, Ctx, Outbox, Spec};
use crate::observe::Fact;
use crate::observe::fact::Position as Why;

/// `AbstractCoordinator.JOIN_GROUP_TIMEOUT_LAPSE`.
const JOIN_LAPSE: Duration = Duration::from_secs(5);
/// What each partition or member weighs in a request about a group, in bytes.
const ITEM_BYTES: u32 = 30;

/// The membership of a consumer that is in a group.
pub(super) fn membership(index: ClientIx, spec: &Spec, chance: Chance) -> Option<Membership> {
    let client = &spec.clients[index.index()];
    let consumption = consumption(spec, index);
    let group = consumption.group?;
    let ClientConfig::JavaConsumer(config) = &*client.config else { unreachable!("a Java consumer has the configuration of one") };
    let exponential = Policies::of(&client.profile).exponential_backoff;
    let retry = if exponential {
        Backoff::exponential(config.retry_backoff, config.retry_backoff_max)
    } else {
        Backoff::flat(config.retry_backoff)
    };
    let settings = Settings {
        session_timeout: config.session_timeout,
        // `GroupRebalanceConfig`: the poll interval is the rebalance time-out.
        rebalance_timeout: config.max_poll_interval,
        poll_interval: Some(config.max_poll_interval),
        heartbeat_interval: config.heartbeat_interval,
        retry,
        retry_backoff: config.retry_backoff,
        request_timeout: config.request_timeout,
        join_timeout: config.request_timeout.max(config.max_poll_interval + JOIN_LAPSE),
        two_steps: true,
        // With an interval of 0 every turn of the poll commits, and turns take time (`ConsumerCoordinator.maybeAutoCommitOffsetsAsync`).
        auto_commit: (config.enable_auto_commit && consumption.commits == Commits::Library)
            .then_some(config.auto_commit_interval.max(TICK)),
    };
    Some(Membership::new(index, group, &consumption.topics, settings, chance))
}

impl Consumer {
    /// The application commits what it was given, if this is when it does: before it works with `commitAsync()`, when it is done with
    /// `commitSync()`. Where neither the scenario nor the library's configuration has somebody commit, it is the application, when it is done.
    pub(super) fn commit(&mut self, when: Commits, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let who = match consumption(ctx.spec, self.index).commits {
            Commits::Library if !self.settings.library_commits => Commits::AfterProcessing,
            who => who,
        };
        let Some(mut membership) = self.membership.take_if(|_| who == when) else { return };
        match when {
            Commits::Library => {}
            Commits::BeforeProcessing => {
                self.with_view(true, ctx, |view| membership.commit_now(view));
            }
            Commits::AfterProcessing => membership.commit_by_hand(ctx.now, self.settings.commit_timeout),
        }
        self.membership = Some(membership);
        if when == Commits::BeforeProcessing {
            self.group_turn(true, ctx, out);
        }
    }

    /// Whether there is a thread beside the application's, which reads the sockets while that works, and outlives the last `poll()`.
    pub(super) fn has_heartbeat_thread(&self) -> bool {
        self.membership.is_some()
    }

    /// A commit is awaited: nothing more is given to the application.
    pub(super) fn holds_back(&self) -> bool {
        self.membership.as_ref().is_some_and(Membership::holds_back)
    }

    /// The consumer has been in its group for long: the partitions that are its own.
    pub(super) fn warm_group(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) -> Option<Vec<PartitionIx>> {
        let group = consumption(ctx.spec, self.index).group?;
        let last = ctx.history.last();
        let members = first_members(group, ctx.spec, ctx.history, last);
        let leads = members.first().is_some_and(|m| m.client == self.index);
        let shared = if leads { shared_out(&members, ctx.history, last) } else { Vec::new() };
        let mine = members.into_iter().find(|m| m.client == self.index)?;
        let coordinator = ctx.history.leader_answer(ctx.spec.groups[group.index()].partition, last).1;
        if let Some(membership) = &mut self.membership {
            membership.warm(mine.id, mine.assignment.clone(), shared, coordinator, ctx.now, out);
        }
        Some(mine.assignment)
    }

    /// What happens at an arrival or a timer of a consumer in a group: a blocked `poll()` goes on, or, while the application works, the
    /// heartbeat thread does its round. Kafka's looks every `retry.backoff.ms`; here it looks at once.
    pub(super) fn turn_of_a_thread(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if !self.reader.is_busy() && !self.reader.is_closing() {
            return self.turn(ctx, out);
        }
        while let Some(lost) = self.net.close_overdue(ctx, out) {
            self.lost(lost, ctx.now, out);
        }
        loop {
            self.net.wake = Instant::MAX;
            let grouped = self.group_turn(false, ctx, out);
            if !self.net.kit.up {
                return;
            }
            if !(self.network_poll(ctx, out) || grouped) {
                break;
            }
        }
        self.arm(out);
    }

    /// Lets the membership look until it wants nothing more. True when it wanted something.
    pub(super) fn group_turn(&mut self, polling: bool, ctx: &mut Ctx<'_>, out: &mut Outbox) -> bool {
        let mut any = false;
        loop {
            let Some(mut membership) = self.membership.take() else { return any };
            let wants = self.with_view(polling, ctx, |view| membership.look(view, out));
            self.net.wake = self.net.wake.min(membership.wake());
            self.membership = Some(membership);
            if wants.is_empty() {
                return any;
            }
            any = true;
            for want in wants {
                self.carry_out(want, ctx, out);
            }
        }
    }

    /// The coordinator has answered.
    pub(super) fn group_answered(&mut self, asked: Asked, response: GroupResponse, ctx: &Ctx<'_>, out: &mut Outbox) {
        let Some(mut membership) = self.membership.take() else { return };
        self.with_view(false, ctx, |view| membership.answered(asked, response, view, out));
        self.membership = Some(membership);
    }

    fn with_view<T>(&self, polling: bool, ctx: &Ctx<'_>, look: impl FnOnce(&View<'_>) -> T) -> T {
        let unavailable = |broker| self.net.kit.connections.is_unavailable(Channel::Lane(broker, LANE), ctx.now);
        let consumed = || self.consumed();
        let partitions = |topic: TopicIx| self.net.kit.cache.told(topic, reference(ctx));
        look(&View { now: ctx.now, polling, unavailable: &unavailable, consumed: &consumed, partitions: &partitions })
    }

    /// `SubscriptionState.allConsumed`.
    fn consumed(&self) -> Vec<Consumed> {
        let position = |a: &super::subscription::Assigned| a.valid_position().map(|p| (a.partition, p.offset, p.epoch));
        self.subscription.list.iter().filter_map(position).collect()
    }

    fn carry_out(&mut self, want: Want, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        match want {
            Want::Find => self.find_coordinator(ctx),
            Want::Connect(broker) => {
                let channel = Channel::Lane(broker, LANE);
                if self.net.kit.connections.can_connect(channel, ctx.now) {
                    self.net.connect(channel, broker, ctx, out);
                }
            }
            Want::Ask(broker, request, asked, timeout) => {
                self.queue_on(Channel::Lane(broker, LANE), broker, Sent::Group(request, asked), timeout, ctx.now);
            }
            Want::Disconnect(broker) => self.disconnect_coordinator(broker, ctx, out),
            Want::Refresh => self.net.refresh.request(out),
            Want::Watch(topics) => self.watch(&topics, out),
            Want::Revoke => {
                self.subscription = super::Subscription::default();
                self.buffer = super::Buffer::default();
            }
            Want::Assign(partitions) => self.take_assignment(partitions),
            Want::Begin(offsets) => offsets.into_iter().for_each(|(p, offset)| self.begin_at(p, offset, ctx, out)),
            Want::Closed => self.close_connections(out),
        }
    }

    /// `SubscriptionState.groupSubscribe`, and a request for what is new.
    fn watch(&mut self, topics: &[TopicIx], out: &mut Outbox) {
        let new = topics.iter().filter(|topic| self.net.kit.cache.add(**topic, Instant::MAX)).count();
        if new > 0 {
            self.net.refresh.request_new_topics(out);
        }
    }

    /// `lookupCoordinator`: the least loaded node is asked, on its ordinary connection.
    fn find_coordinator(&mut self, ctx: &Ctx<'_>) {
        match self.net.least_loaded(ctx).node {
            Some((channel, broker)) => self.queue_on(channel, broker, Sent::FindCoordinator, self.settings.request_timeout, ctx.now),
            None => self.membership.iter_mut().for_each(|m| m.not_found(ctx.now)),
        }
    }

    /// `ConsumerNetworkClient.disconnectAsync`, and what waited for that connection.
    fn disconnect_coordinator(&mut self, broker: BrokerIx, ctx: &Ctx<'_>, out: &mut Outbox) {
        let channel = Channel::Lane(broker, LANE);
        let (failed, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut self.unsent).into_iter().partition(|u| u.channel == channel);
        self.unsent = rest;
        failed.into_iter().for_each(|u| self.failed(u.what, None, ctx.now, out));
        let connections = &self.net.kit.connections;
        if connections.is_preparing(channel) || connections.is_ready(channel) {
            out.close(channel);
            if let Some(lost) = self.net.lose(channel, crate::observe::fact::Unreachable::Reset, false, ctx.now, out) {
                self.lost(lost, ctx.now, out);
            }
        }
    }

    fn take_assignment(&mut self, partitions: Vec<PartitionIx>) {
        // Those of a member that has been there for long have their positions.
        let new: Vec<PartitionIx> = partitions.into_iter().filter(|p| self.subscription.get(*p).is_none()).collect();
        new.iter().for_each(|p| {
            self.subscription.add(*p);
        });
        self.membership.iter_mut().for_each(|m| m.look_up(new.clone()));
    }

    /// `ConsumerUtils.refreshCommittedOffsets`: the group's offset is validated if its epoch is known; without one the position is reset.
    fn begin_at(&mut self, partition: PartitionIx, committed: Option<Committed>, ctx: &Ctx<'_>, out: &mut Outbox) {
        let Some((offset, epoch)) = committed.filter(|_| self.subscription.get(partition).is_some()) else { return };
        let (leader, leader_epoch) = self.net.belief(partition, ctx);
        if let Some(assigned) = self.subscription.get_mut(partition) {
            assigned.seek_unvalidated(Position { offset, epoch, leader, leader_epoch });
            out.fact(Fact::PositionSet { client: self.index, partition, from: None, to: offset, why: Why::Committed });
        }
    }

    pub(super) fn transmit_group(
        &mut self,
        channel: Channel,
        request: GroupRequest,
        sent: Sent,
        timeout: Duration,
        now: Instant,
        out: &mut Outbox,
    ) {
        let Some(group) = self.group else { return };
        let bytes = ITEM_BYTES * items(&request);
        let request = Request::Group { client: self.index, group, request };
        self.net.kit.ask(channel, crate::model::client::java::network::Purpose::Own(sent), request, bytes, timeout, now, out);
    }

    /// The application closes a consumer that is in a group: true while it has not left.
    pub(super) fn leave_group(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) -> bool {
        let Some(membership) = &mut self.membership else { return false };
        membership.close();
        self.reader.closes();
        self.turn_of_a_thread(ctx, out);
        true
    }
}

fn items(request: &GroupRequest) -> u32 {
    let items = match request {
        GroupRequest::FindCoordinator | GroupRequest::Heartbeat { .. } | GroupRequest::Leave { .. } => 1,
        GroupRequest::Join { topics, .. } => topics.len(),
        GroupRequest::Sync { assignments, .. } => assignments.iter().map(|(_, p)| 1 + p.len()).sum(),
        GroupRequest::Commit { offsets, .. } => offsets.len(),
        GroupRequest::Committed { partitions } => partitions.len(),
    };
    items as u32
}
