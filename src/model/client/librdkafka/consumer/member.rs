//! A consumer in a group: what its membership wants is done on the connection to the logical broker "GroupCoordinator". Source:
//! `rdkafka_cgrp.c`, `rdkafka_request.c`.

use super::toppar::Toppar;
use super::{Consumer, consumption};
use crate::engine::{Chance, Duration, Instant};
use crate::kafka::{BrokerIx, ClientIx, Offset, PartitionIx, TopicIx};
use crate::model::client::backoff::Backoff;
use crate::model::client::group::{Asked, Consumed, LANE, Membership, Settings, View, Want};
use crate::model::client::kit::reference;
use crate::model::client::librdkafka::{Loss, Purpose};
use crate::model::group_log::Committed;
use crate::model::groups::{first_members, shared_out};
use crate::model::message::{GroupRequest, GroupResponse, Request};
use crate::model::spec::Commits;
use crate::model::{Channel, Ctx, Outbox, Spec};
use crate::observe::Fact;
use crate::observe::fact::{Position as Why, Unreachable};

/// Between two looks for a coordinator that is not known (`rkcg_coord_query_intvl`).
const QUERY_PAUSE: Duration = Duration::from_millis(500);
/// Between two joins (`rkcg_join_intvl`).
const JOIN_PAUSE: Duration = Duration::from_secs(1);
/// What a join may take beyond the rebalance time-out (`rd_kafka_JoinGroupRequest`).
const JOIN_GRACE: Duration = Duration::from_secs(3);
/// What a request about a group weighs, in bytes.
const BYTES: u32 = 90;

/// A request that waits for the connection to the coordinator.
#[derive(Clone, Debug)]
pub(super) struct Unsent {
    broker: BrokerIx,
    request: GroupRequest,
    asked: Asked,
    timeout: Duration,
}

/// The membership of a consumer that is in a group.
pub(super) fn membership(core: &super::Core, index: ClientIx, spec: &Spec, chance: Chance) -> Option<Membership> {
    let consumption = consumption(spec, index);
    let group = consumption.group?;
    let config = &core.settings.config;
    let settings = Settings {
        session_timeout: config.session_timeout,
        rebalance_timeout: config.max_poll_interval,
        poll_interval: Some(config.max_poll_interval),
        heartbeat_interval: config.heartbeat_interval,
        retry: Backoff::flat(QUERY_PAUSE),
        retry_backoff: JOIN_PAUSE,
        request_timeout: config.socket_timeout,
        join_timeout: config.max_poll_interval + JOIN_GRACE,
        two_steps: true,
        auto_commit: (config.enable_auto_commit && consumption.commits == Commits::Library)
            .then_some(config.auto_commit_interval)
            .filter(|every| !every.is_zero()),
    };
    Some(Membership::new(index, group, &consumption.topics, settings, chance))
}

impl Consumer {
    /// The consumer has been in its group for long: the partitions that are its own.
    pub(super) fn warm_group(&mut self, ctx: &Ctx<'_>, out: &mut Outbox) -> Option<Vec<PartitionIx>> {
        let group = consumption(ctx.spec, self.core.kit.index).group?;
        let last = ctx.history.last();
        let members = first_members(group, ctx.spec, ctx.history, last);
        let leads = members.first().is_some_and(|m| m.client == self.core.kit.index);
        let shared = if leads { shared_out(&members, ctx.history, last) } else { Vec::new() };
        let mine = members.into_iter().find(|m| m.client == self.core.kit.index)?;
        let coordinator = ctx.history.leader_answer(ctx.spec.groups[group.index()].partition, last).1;
        if let Some(membership) = &mut self.membership {
            membership.warm(mine.id, mine.assignment.clone(), shared, coordinator, ctx.now, out);
        }
        Some(mine.assignment)
    }

    /// Lets the membership look until it wants nothing more.
    pub(super) fn group_turn(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        while let Some(mut membership) = self.membership.take() {
            let wants = self.with_view(ctx, |view| membership.look(view, out));
            self.core.wake_at(membership.wake());
            self.membership = Some(membership);
            if wants.is_empty() {
                return;
            }
            for want in wants {
                self.carry_out(want, ctx, out);
            }
        }
    }

    /// The coordinator has answered.
    pub(super) fn group_answered(&mut self, asked: Asked, response: GroupResponse, ctx: &Ctx<'_>, out: &mut Outbox) {
        let Some(mut membership) = self.membership.take() else { return };
        self.with_view(ctx, |view| membership.answered(asked, response, view, out));
        self.membership = Some(membership);
    }

    /// Some broker has told who coordinates.
    pub(super) fn coordinator_told(&mut self, response: GroupResponse, now: Instant, out: &mut Outbox) {
        let GroupResponse::Coordinator { error, broker } = response else { return };
        self.membership.iter_mut().for_each(|m| m.found(error, broker, now, out));
    }

    fn with_view<T>(&self, ctx: &Ctx<'_>, look: impl FnOnce(&View<'_>) -> T) -> T {
        let unavailable = |broker| self.core.is_backing_off(Channel::Lane(broker, LANE), ctx.now);
        let consumed = || self.stored();
        let partitions = |topic: TopicIx| self.core.kit.cache.told(topic, reference(ctx));
        look(&View {
            now: ctx.now,
            polling: !self.reader.is_busy(),
            unavailable: &unavailable,
            consumed: &consumed,
            partitions: &partitions,
        })
    }

    /// The application has been given messages (`BeforeProcessing`), or has worked them through: what the group's progress is from then on.
    /// The library commits what was given (`enable.auto.offset.store`), an application when it says so.
    pub(super) fn done_with(&mut self, partition: PartitionIx, end: Offset, when: Commits, ctx: &Ctx<'_>) {
        let commits = consumption(ctx.spec, self.core.kit.index).commits;
        let counts = if commits == Commits::AfterProcessing { when == Commits::AfterProcessing } else { when == Commits::BeforeProcessing };
        let Some(toppar) = self.toppars.get_mut(&partition).filter(|_| counts) else { return };
        toppar.stored = Some(end);
        if commits == Commits::Library {
            return;
        }
        if let Some(mut membership) = self.membership.take() {
            self.with_view(ctx, |view| membership.commit_now(view));
            self.membership = Some(membership);
        }
    }

    /// What is committed of each partition.
    fn stored(&self) -> Vec<Consumed> {
        self.toppars.iter().filter_map(|(p, t)| t.stored.map(|offset| (*p, offset, t.epoch))).collect()
    }

    fn carry_out(&mut self, want: Want, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        match want {
            Want::Find => self.find_coordinator(ctx, out),
            Want::Connect(broker) => self.core.connect_when_idle(Channel::Lane(broker, LANE), broker, ctx, out),
            Want::Ask(broker, request, asked, timeout) => {
                self.unsent.push(Unsent { broker, request, asked, timeout });
                self.core.connect_when_idle(Channel::Lane(broker, LANE), broker, ctx, out);
                self.send_unsent(ctx.now, out);
            }
            Want::Disconnect(broker) => {
                let channel = Channel::Lane(broker, LANE);
                if self.core.kit.connections.get(channel).is_some() && self.core.kit.connections.reconnect_at(channel).is_none() {
                    out.close(channel);
                    self.lose(channel, Unreachable::Reset, Loss::Broken, ctx, out);
                }
            }
            Want::Refresh => {}
            Want::Watch(topics) => topics.into_iter().for_each(|topic| self.core.use_topic(topic, ctx, out)),
            Want::Revoke => {
                self.toppars.clear();
                self.reader.forget_all();
            }
            Want::Assign(partitions) => {
                // Those of a member that has been there for long have their positions.
                let new: Vec<PartitionIx> = partitions.into_iter().filter(|p| !self.toppars.contains_key(p)).collect();
                self.membership.iter_mut().for_each(|m| m.look_up(new.clone()));
            }
            Want::Begin(offsets) => offsets.into_iter().for_each(|(p, offset)| self.begin_at(p, offset, out)),
            Want::Closed => self.close(out),
        }
    }

    fn find_coordinator(&mut self, ctx: &Ctx<'_>, out: &mut Outbox) {
        let group = consumption(ctx.spec, self.core.kit.index).group;
        let (Some(channel), Some(group)) = (self.core.usable(ctx), group) else {
            self.core.connect_any(ctx, out);
            return self.membership.iter_mut().for_each(|m| m.not_found(ctx.now));
        };
        let request = Request::Group { client: self.core.kit.index, group, request: GroupRequest::FindCoordinator };
        let timeout = self.core.noticed(channel, self.core.settings.config.socket_timeout, ctx.now);
        self.core.kit.ask(channel, Purpose::FindCoordinator, request, BYTES, timeout, ctx.now, out);
        self.core.used(channel, ctx.now);
    }

    /// Sends what waits for a connection that is up.
    pub(super) fn send_unsent(&mut self, now: Instant, out: &mut Outbox) {
        let up = |unsent: &Unsent| self.core.kit.connections.is_ready(Channel::Lane(unsent.broker, LANE));
        let (due, rest): (Vec<Unsent>, Vec<Unsent>) = std::mem::take(&mut self.unsent).into_iter().partition(up);
        self.unsent = rest;
        let Some(group) = self.group else { return };
        for Unsent { broker, request, asked, timeout } in due {
            let channel = Channel::Lane(broker, LANE);
            let request = Request::Group { client: self.core.kit.index, group, request };
            let timeout = self.core.noticed(channel, timeout, now);
            self.core.kit.ask(channel, Purpose::Group(asked), request, BYTES, timeout, now, out);
        }
    }

    /// The connection to a coordinator is gone, with what waited for it.
    pub(super) fn lose_unsent(&mut self, channel: Channel, now: Instant, out: &mut Outbox) {
        let of = |unsent: &Unsent| channel == Channel::Lane(unsent.broker, LANE);
        let (lost, rest): (Vec<Unsent>, Vec<Unsent>) = std::mem::take(&mut self.unsent).into_iter().partition(of);
        self.unsent = rest;
        for unsent in lost {
            self.membership.iter_mut().for_each(|m| m.lost(unsent.asked.clone(), now, out));
        }
    }

    /// `rd_kafka_toppar_fetch_start`: at the group's offset, which is validated only when the leader's epoch grows; without one as
    /// `auto.offset.reset` says.
    fn begin_at(&mut self, partition: PartitionIx, committed: Option<Committed>, out: &mut Outbox) {
        if let Some((offset, epoch)) = committed {
            self.toppars.insert(partition, Toppar::reading(offset, epoch));
            out.fact(Fact::PositionSet { client: self.core.kit.index, partition, from: None, to: offset, why: Why::Committed });
        } else if let Some(spec) = self.core.settings.reset() {
            self.toppars.insert(partition, Toppar::asking(spec, Why::Reset));
        }
    }

    /// The application closes a consumer that is in a group: true while it has not left.
    pub(super) fn leave_group(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) -> bool {
        let Some(membership) = &mut self.membership else { return false };
        if !std::mem::replace(&mut self.closing, true) {
            membership.close();
        }
        self.group_turn(ctx, out);
        self.core.kit.up
    }
}
