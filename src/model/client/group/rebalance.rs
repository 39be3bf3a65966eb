//! Joining, and what comes before and after. Eager: everything is given up before a join.
//! Source: `AbstractCoordinator.joinGroupIfNeeded`, `JoinGroupResponseHandler`, `SyncGroupResponseHandler`, `ConsumerCoordinator.onJoinPrepare`.

use super::heartbeat::Heartbeat;
use super::{Generation, Membership, State, View, Want, What};
use crate::engine::Instant;
use crate::kafka::{ErrorCode, PartitionIx, TopicIx};
use crate::model::Outbox;
use crate::model::groups::range;
use crate::model::message::GroupRequest;
use std::collections::BTreeSet;

/// Where a member is on its way into a generation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Rebalance {
    /// `rejoinNeeded`.
    needed: bool,
    prepare: Prepare,
    /// A join or sync is out (`joinFuture`).
    under_way: bool,
    /// The next join may leave then.
    not_before: Instant,
}

/// All members with what they subscribe to, as a leader is told.
type Members = Vec<(u64, Vec<TopicIx>)>;

/// What the members subscribe to, each topic once.
fn topics_of(members: &Members) -> Vec<TopicIx> {
    let topics: BTreeSet<TopicIx> = members.iter().flat_map(|(_, topics)| topics.iter().copied()).collect();
    topics.into_iter().collect()
}

/// `onJoinPrepare`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Prepare {
    /// It is to be done before the next join.
    Needed,
    /// The commit of what was given to the application is awaited, at most until then.
    Committing { until: Instant, again_at: Option<Instant> },
    /// The partitions are given up.
    Done,
}

impl Default for Rebalance {
    fn default() -> Self {
        Rebalance { needed: true, prepare: Prepare::Needed, under_way: false, not_before: Instant::ZERO }
    }
}

impl Rebalance {
    /// The member is in a generation.
    pub(super) fn joined(&mut self) {
        *self = Rebalance { needed: false, prepare: Prepare::Needed, under_way: false, not_before: Instant::ZERO };
    }

    /// `requestRejoin`.
    pub(super) fn wanted(&mut self) {
        self.needed = true;
    }

    /// The commit before a rebalance is awaited.
    pub(super) fn is_preparing(&self) -> bool {
        matches!(self.prepare, Prepare::Committing { .. })
    }

    /// Whether the member must join again, or is about to (`rejoinNeededOrPending`).
    pub(super) fn is_needed(&self) -> bool {
        self.needed || self.under_way
    }

    /// The commit before the rebalance ended: well, for good, or so that it may be repeated.
    pub(super) fn commit_ended(&mut self, again_at: Option<Instant>) {
        if let Prepare::Committing { until, .. } = self.prepare {
            self.prepare = Prepare::Committing { until: if again_at.is_some() { until } else { Instant::ZERO }, again_at };
        }
    }
}

impl Membership {
    /// `joinGroupIfNeeded`, as far as it gets without waiting.
    pub(super) fn rejoin_if_needed(&mut self, view: &View<'_>, out: &mut Outbox) {
        if !self.rebalance.needed || self.rebalance.under_way || self.discovery.coordinator().is_none() {
            return;
        }
        if view.now < self.rebalance.not_before {
            return self.wake_at(self.rebalance.not_before);
        }
        if !self.prepared(view, out) {
            return;
        }
        self.rebalance.under_way = true;
        self.leads = None;
        self.state = State::PreparingRebalance;
        let settings = &self.settings;
        let request = GroupRequest::Join {
            member: self.generation.member,
            two_steps: settings.two_steps,
            session_timeout: settings.session_timeout,
            rebalance_timeout: settings.rebalance_timeout,
            topics: self.topics.clone(),
        };
        self.ask(request, What::Join, self.settings.join_timeout);
    }

    /// `onJoinPrepare`: commits what was given to the application, if the library does that, and gives all partitions up. True when done.
    fn prepared(&mut self, view: &View<'_>, out: &mut Outbox) -> bool {
        match self.rebalance.prepare {
            Prepare::Done => return true,
            Prepare::Needed => {
                let until = view.now + self.settings.rebalance_timeout;
                self.rebalance.prepare = Prepare::Committing { until, again_at: Some(view.now) };
                return self.prepared(view, out);
            }
            Prepare::Committing { until, .. } if until <= view.now => {}
            Prepare::Committing { until, again_at } => {
                let Some(again_at) = again_at else {
                    self.wake_at(until);
                    return false;
                };
                if view.now < again_at {
                    self.wake_at(again_at.min(until));
                    return false;
                }
                if self.settings.auto_commit.is_some() && self.commit_now(view) {
                    self.rebalance.prepare = Prepare::Committing { until, again_at: None };
                    return false;
                }
            }
        }
        self.rebalance.prepare = Prepare::Done;
        self.give_up_partitions(out);
        true
    }

    /// The answer to a join. A leader is told all members and shares the partitions out.
    pub(super) fn joined(
        &mut self,
        sent: Generation,
        error: ErrorCode,
        (member, number): (u64, u32),
        members: Option<Members>,
        view: &View<'_>,
        out: &mut Outbox,
    ) {
        if error.is_none() && self.state != State::PreparingRebalance {
            // It left meanwhile (`UnjoinedGroupException`).
            return self.rebalance_failed(true, view.now);
        }
        match error {
            ErrorCode::None => {
                self.state = State::CompletingRebalance;
                self.heartbeat = Heartbeat::new(&self.settings, view.now);
                self.generation = Generation { member: Some(member), number: Some(number) };
                match members {
                    None => {
                        self.shared.clear();
                        self.sync(Vec::new(), view.now);
                    }
                    Some(members) => {
                        self.watch(topics_of(&members));
                        self.leads = Some(members);
                        self.share_out_if_known(view);
                    }
                }
            }
            ErrorCode::MemberIdRequired => {
                self.generation = Generation { member: Some(member), number: None };
                self.rebalance_failed(false, view.now);
            }
            ErrorCode::UnknownMemberId => {
                if sent == self.generation {
                    self.reset(true);
                }
                self.rebalance_failed(false, view.now);
            }
            ErrorCode::RebalanceInProgress => self.rebalance_failed(false, view.now),
            ErrorCode::CoordinatorNotAvailable | ErrorCode::NotCoordinator => {
                self.coordinator_lost(true, out);
                self.rebalance_failed(true, view.now);
            }
            _ => self.rebalance_failed(true, view.now),
        }
    }

    /// A leader follows all topics of its group, its own or not (`ConsumerCoordinator.updateGroupSubscription`; the metadata request of
    /// `rd_kafka_cgrp_handle_JoinGroup`).
    pub(super) fn watch(&mut self, topics: Vec<TopicIx>) {
        if topics.iter().any(|topic| !self.topics.contains(topic)) {
            self.wants.push(Want::Watch(topics));
        }
    }

    /// A leader shares the partitions out once it has been told of every topic, be it that there is no such topic (`ensureFreshMetadata`).
    pub(super) fn share_out_if_known(&mut self, view: &View<'_>) {
        let knows = |members: &Members| topics_of(members).into_iter().all(|topic| (view.partitions)(topic).is_some());
        if self.state != State::CompletingRebalance || !self.leads.as_ref().is_some_and(knows) {
            return;
        }
        let members = self.leads.take().unwrap_or_default();
        let partitions = |topic| (view.partitions)(topic).unwrap_or_default();
        self.shared = topics_of(&members).into_iter().map(|topic| (topic, partitions(topic).len())).collect();
        self.sync(range(&members, partitions), view.now);
    }

    /// A leader whose metadata shows other partitions than those that it shared out begins a rebalance
    /// (`ConsumerCoordinator.rejoinNeededOrPending`).
    pub(super) fn rejoin_if_changed(&mut self, view: &View<'_>) {
        let changed = |(topic, count): &(TopicIx, usize)| (view.partitions)(*topic).is_some_and(|partitions| partitions.len() != *count);
        if self.state == State::Stable && self.shared.iter().any(changed) {
            self.rebalance.wanted();
        }
    }

    fn sync(&mut self, assignments: Vec<(u64, Vec<PartitionIx>)>, now: Instant) {
        let Generation { member: Some(member), number: Some(generation) } = self.generation else { return };
        let request = GroupRequest::Sync { member, generation, assignments };
        if !self.ask(request, What::Sync, self.settings.request_timeout) {
            self.rebalance_failed(true, now);
        }
    }

    /// The answer to a sync.
    pub(super) fn synced(&mut self, sent: Generation, error: ErrorCode, partitions: Vec<PartitionIx>, view: &View<'_>, out: &mut Outbox) {
        match error {
            ErrorCode::None if self.generation.number.is_some() && self.state == State::CompletingRebalance => {
                self.state = State::Stable;
                self.rebalance.joined();
                self.commits.due_at = self.settings.auto_commit.map_or(Instant::MAX, |every| view.now + every);
                self.take_partitions(partitions, out);
            }
            // The generation was reset meanwhile: it joins again at once.
            ErrorCode::None | ErrorCode::RebalanceInProgress => self.rebalance_failed(false, view.now),
            ErrorCode::UnknownMemberId | ErrorCode::IllegalGeneration => {
                if sent == self.generation {
                    self.reset(error == ErrorCode::UnknownMemberId);
                }
                self.rebalance_failed(false, view.now);
            }
            ErrorCode::CoordinatorNotAvailable | ErrorCode::NotCoordinator => {
                self.coordinator_lost(true, out);
                self.rebalance_failed(true, view.now);
            }
            _ => self.rebalance_failed(true, view.now),
        }
    }

    /// A join or sync came to nothing: another join follows, at once or after a pause.
    pub(super) fn rebalance_failed(&mut self, pause: bool, now: Instant) {
        self.rebalance.under_way = false;
        self.rebalance.needed = true;
        self.rebalance.not_before = if pause { now + self.settings.retry_backoff } else { now };
    }

    /// `resetStateAndRejoin`: the generation is over for this member, and with `forget` its id too.
    pub(super) fn reset(&mut self, forget: bool) {
        self.state = State::Unjoined;
        self.generation = Generation { member: self.generation.member.filter(|_| !forget), number: None };
        self.rebalance.needed = true;
        if self.leads.take().is_some() {
            // Nothing is out that could fail.
            self.rebalance.under_way = false;
        }
        if self.rebalance.prepare == Prepare::Done {
            self.rebalance.prepare = Prepare::Needed;
        }
    }
}
