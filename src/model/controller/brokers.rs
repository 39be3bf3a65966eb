//! Brokers at the controller: registration, heartbeats, sessions, fencing, controlled shutdown.
//! Source: `ClusterControlManager`, `BrokerHeartbeatManager`, `ReplicationControlManager.processBrokerHeartbeat`.

use super::Turn;
use super::active::Answer;
use super::election::Affected;
use super::events::Task;
use super::state::Write;
use crate::engine::{Duration, Instant};
use crate::kafka::{BrokerEpoch, BrokerIx, ErrorCode, MetadataOffset};
use crate::model::message::{Request, Response};
use crate::model::metadata::{BrokerRegistration, Record};
use crate::model::{Broken, Spec, Token};
use crate::observe::Fact;
use crate::observe::fact::Why;

/// `BrokerControlState`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum BrokerControlState {
    /// Registered, neither leads nor is in sync.
    Fenced,
    /// Serves.
    Unfenced,
    /// Its partitions were moved away; it waits until the others know.
    ControlledShutdown,
    /// It may stop.
    ShutdownNow,
}

use BrokerControlState as State;

/// What one heartbeat says, and what the next state depends on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Heartbeat {
    pub current: State,
    pub want_fence: bool,
    pub want_shutdown: bool,
    /// It has applied its own registration record.
    pub caught_up: bool,
    /// It leads something.
    pub leads: bool,
    /// Every active broker has applied what moved its partitions away.
    pub others_know: bool,
}

/// `BrokerHeartbeatManager.calculateNextBrokerState`.
pub(super) const fn next_state(heartbeat: Heartbeat) -> State {
    let Heartbeat { current, want_fence, want_shutdown, caught_up, leads, others_know } = heartbeat;
    match current {
        State::Fenced if want_shutdown => State::ShutdownNow,
        State::Fenced if !want_fence && caught_up => State::Unfenced,
        State::Fenced => State::Fenced,
        State::Unfenced if want_shutdown && leads => State::ControlledShutdown,
        State::Unfenced if want_shutdown => State::ShutdownNow,
        State::Unfenced if want_fence => State::Fenced,
        State::Unfenced => State::Unfenced,
        State::ControlledShutdown if !leads && others_know => State::ShutdownNow,
        State::ControlledShutdown => State::ControlledShutdown,
        State::ShutdownNow => State::ShutdownNow,
    }
}

/// An answer to a heartbeat that says only an error.
pub(super) const fn heartbeat_error(error: ErrorCode) -> Response {
    Response::BrokerHeartbeat { error, is_caught_up: false, is_fenced: false, should_shut_down: false }
}

impl Turn<'_, '_> {
    fn session_timeout(&self) -> Duration {
        self.voter().config.broker_session_timeout
    }

    fn registered(&self, broker: BrokerIx) -> Option<BrokerRegistration> {
        self.active.as_ref().and_then(|a| a.registrations.broker(broker)).copied()
    }

    /// `BrokerHeartbeatManager.hasValidSession`.
    fn has_valid_session(&mut self, broker: BrokerIx, registration: &BrokerRegistration) -> bool {
        let now = self.ctx.now;
        let timeout = self.session_timeout();
        let outlives = self.ctx.rules.session_outlives_fencing;
        let Some(active) = self.active else { return false };
        let session = *active.session(broker, now);
        let counts = if outlives { session.alive } else { !registration.fenced };
        counts && !session.is_over(now, timeout)
    }

    /// From 4.0 on a heartbeat keeps the session alive when it arrives, however long the queue is (KAFKA-17793,
    /// `QuorumController.processBrokerHeartbeat`).
    pub(super) fn track_heartbeat(&mut self, request: &Request) {
        let Request::BrokerHeartbeat { broker, epoch, .. } = request else { return };
        if self.ctx.rules.periodic_fencing_check && self.registered(*broker).is_some_and(|r| r.epoch == *epoch) {
            self.touch(*broker);
        }
    }

    fn touch(&mut self, broker: BrokerIx) {
        let now = self.ctx.now;
        if let Some(active) = self.active {
            let session = active.session(broker, now);
            session.last_contact = now;
            session.ended = false;
            session.alive = true;
        }
    }

    /// `ClusterControlManager.registerBroker`.
    pub(super) fn register_broker(
        &mut self,
        token: Token,
        asked_at: Instant,
        broker: BrokerIx,
        incarnation: u64,
        previous_epoch: Option<BrokerEpoch>,
    ) {
        let existing = self.registered(broker);
        let same = existing.filter(|r| r.incarnation == incarnation);
        if let Some(old) = existing.filter(|_| same.is_none())
            && self.has_valid_session(broker, &old)
        {
            let error = ErrorCode::DuplicateBrokerRegistration;
            self.out.fact(Fact::RegistrationRefused { broker, error });
            let refused = Response::BrokerRegistration { error, epoch: BrokerEpoch(0) };
            return self.finish_write(self.begin_write(), Answer::Rpc(token, refused));
        }
        let mut write = self.begin_write();
        // QuorumController.registerBroker: the epoch of a new incarnation is the offset at which this write begins.
        let kept = if self.ctx.is_broken(Broken::BrokerEpochNotRaised) { existing } else { same };
        let epoch = kept.map_or(BrokerEpoch(write.base.0), |r| r.epoch);
        if let Some(old) = existing.filter(|_| same.is_none()) {
            self.leave_as_old_incarnation(&mut write, broker, &old, previous_epoch, asked_at);
        }
        let registration = BrokerRegistration {
            epoch,
            incarnation,
            fenced: same.is_none_or(|r| r.fenced),
            in_controlled_shutdown: same.is_some_and(|r| r.in_controlled_shutdown),
            registered_at: write.next(),
        };
        write.records.push(Record::Broker(broker, registration));
        self.touch(broker);
        if same.is_none() {
            self.forget_heartbeats(broker);
        }
        self.finish_write(write, Answer::Rpc(token, Response::BrokerRegistration { error: ErrorCode::None, epoch }));
        self.reschedule_fencing();
    }

    /// A new process of the broker is here, so the old one is gone: it leaves every ISR, and after an unclean end also every ELR
    /// (`ReplicationControlManager.handleBrokerShutdown`, KAFKA-18106, KAFKA-18635; not before 4.0).
    fn leave_as_old_incarnation(
        &self,
        write: &mut Write,
        broker: BrokerIx,
        old: &BrokerRegistration,
        previous_epoch: Option<BrokerEpoch>,
        asked_at: Instant,
    ) {
        if !self.ctx.rules.unclean_restart_leaves_isr {
            return;
        }
        let clean = self.ctx.rules.clean_shutdown_known && previous_epoch == Some(old.epoch);
        let affected = if clean || !self.ctx.rules.eligible_leader_replicas || self.ctx.is_broken(Broken::UncleanReplicaStaysEligible) {
            Affected::Removed(broker)
        } else {
            Affected::UncleanShutdown(broker)
        };
        let why = if clean { Why::ControlledShutdown } else { Why::UncleanRestart };
        self.leader_and_isr_updates(write, affected, why, asked_at);
    }

    fn forget_heartbeats(&mut self, broker: BrokerIx) {
        let now = self.ctx.now;
        if let Some(active) = self.active {
            let session = active.session(broker, now);
            session.applied = None;
            session.shutdown_offset = None;
        }
    }

    /// `ReplicationControlManager.processBrokerHeartbeat`; one that waited too long only keeps the session alive
    /// (`processExpiredBrokerHeartbeat`, the deadline of `ControllerApis.handleBrokerHeartBeatRequest`).
    pub(super) fn heartbeat(&mut self, token: Token, asked_at: Instant, waited: Duration, request: Request) {
        let Request::BrokerHeartbeat { broker, epoch, applied, want_fence, want_shutdown } = request else { return };
        let Some(registration) = self.registered(broker).filter(|r| r.epoch == epoch) else {
            return self.finish_write(self.begin_write(), Answer::Rpc(token, heartbeat_error(ErrorCode::StaleBrokerEpoch)));
        };
        if waited > self.voter().config.broker_heartbeat_interval.scale(0.5) {
            self.note_heartbeat(broker, applied);
            return self.answer(Answer::Rpc(token, heartbeat_error(ErrorCode::RequestTimedOut)));
        }
        let current = self.control_state(broker, &registration);
        let caught_up = applied >= registration.registered_at;
        let leads = want_shutdown && self.active.as_ref().is_some_and(|a| a.registrations.leads_any(broker));
        let others_know = current == State::ControlledShutdown && self.others_know(broker);
        let next = next_state(Heartbeat { current, want_fence, want_shutdown, caught_up, leads, others_know });
        let hasty = want_shutdown && self.ctx.is_broken(Broken::ShutdownWithoutWaiting);
        let next = if hasty { State::ShutdownNow } else { next };
        let mut write = self.begin_write();
        if next != current {
            self.change_state(&mut write, broker, &registration, next, want_shutdown, asked_at);
        }
        self.note_heartbeat(broker, applied);
        if next == State::ControlledShutdown && current != next {
            self.note_shutdown(broker, MetadataOffset(write.next().0.saturating_sub(1)));
        }
        let is_fenced = matches!(next, State::Fenced | State::ShutdownNow);
        let should_shut_down = next == State::ShutdownNow;
        let response = Response::BrokerHeartbeat { error: ErrorCode::None, is_caught_up: caught_up, is_fenced, should_shut_down };
        self.finish_write(write, Answer::Rpc(token, response));
    }

    /// `BrokerHeartbeatManager.currentBrokerState`.
    fn control_state(&mut self, broker: BrokerIx, registration: &BrokerRegistration) -> State {
        let now = self.ctx.now;
        let in_shutdown = self.active.as_mut().is_some_and(|a| a.session(broker, now).shutdown_offset.is_some());
        match (registration.fenced, in_shutdown) {
            (true, _) => State::Fenced,
            (false, true) => State::ControlledShutdown,
            (false, false) => State::Unfenced,
        }
    }

    /// Whether every active broker has applied the offset of the write that moved the partitions of `broker` away.
    fn others_know(&mut self, broker: BrokerIx) -> bool {
        let Some(active) = self.active else { return false };
        let Some(offset) = active.sessions[broker.index()].shutdown_offset else { return false };
        // BrokerHeartbeatManager.lowestActiveOffset: without active brokers it is infinite.
        let sessions = &active.sessions;
        let is_active = |b: BrokerIx, r: &BrokerRegistration| !r.fenced && sessions[b.index()].shutdown_offset.is_none();
        active.registrations.brokers().filter(|(b, r)| is_active(*b, r)).all(|(b, _)| sessions[b.index()].applied >= Some(offset))
    }

    fn note_heartbeat(&mut self, broker: BrokerIx, applied: MetadataOffset) {
        let now = self.ctx.now;
        if let Some(active) = self.active {
            let session = active.session(broker, now);
            session.last_contact = now;
            session.ended = false;
            session.alive = true;
            session.applied = Some(applied);
        }
        self.reschedule_fencing();
    }

    fn note_shutdown(&mut self, broker: BrokerIx, offset: MetadataOffset) {
        let now = self.ctx.now;
        if let Some(active) = self.active {
            active.session(broker, now).shutdown_offset = Some(offset);
        }
    }

    fn change_state(
        &mut self,
        write: &mut Write,
        broker: BrokerIx,
        registration: &BrokerRegistration,
        next: State,
        want_shutdown: bool,
        asked_at: Instant,
    ) {
        let mut changed = *registration;
        match next {
            // A fenced broker that is told to shut down is fenced again, without effect: `handleBrokerFenced`.
            State::Fenced | State::ShutdownNow => {
                let why = if want_shutdown { Why::ControlledShutdown } else { Why::Fenced };
                self.fence(write, broker, why, asked_at);
            }
            State::Unfenced => {
                changed.fenced = false;
                write.records.push(Record::Broker(broker, changed));
                self.leader_and_isr_updates(write, Affected::Added(broker), Why::Unfenced, asked_at);
            }
            State::ControlledShutdown => {
                changed.in_controlled_shutdown = true;
                write.records.push(Record::Broker(broker, changed));
                self.leader_and_isr_updates(write, Affected::Removed(broker), Why::ControlledShutdown, asked_at);
            }
        }
    }

    /// `handleBrokerFenced`: partitions first, then the broker's own record. A fenced broker leaves controlled shutdown.
    fn fence(&mut self, write: &mut Write, broker: BrokerIx, why: Why, asked_at: Instant) {
        let Some(registration) = self.registered(broker) else { return };
        if !self.ctx.is_broken(Broken::FencedBrokerKeepsLeading) {
            self.leader_and_isr_updates(write, Affected::Removed(broker), why, asked_at);
        }
        write.records.push(Record::Broker(broker, BrokerRegistration { fenced: true, ..registration }));
        let now = self.ctx.now;
        if let Some(active) = self.active {
            active.session(broker, now).shutdown_offset = None;
        }
    }

    fn is_over(&self, broker: BrokerIx, timeout: Duration) -> bool {
        self.active.as_ref().is_some_and(|a| a.sessions[broker.index()].is_over(self.ctx.now, timeout))
    }

    /// The session of the broker is over, and that is looked at next.
    pub(super) fn end_session(&mut self, broker: BrokerIx) {
        let now = self.ctx.now;
        let Some(active) = self.active else { return };
        active.session(broker, now).ended = true;
        active.tasks.look_at_sessions(now);
        self.arm_tasks();
    }

    /// When the session of the broker that was silent for longest runs out (`nextCheckTimeNs`).
    pub(super) fn next_expiry(&self) -> Option<Instant> {
        let active = self.active.as_ref()?;
        let (_, contact) = longest_silent(active, self.ctx.spec)?;
        Some(contact + self.session_timeout())
    }

    /// Fences one broker whose session ran out, so that the next one's elections see the effects (`maybeFenceOneStaleBroker`).
    pub(super) fn fence_one_stale_broker(&mut self, asked_at: Instant) {
        let now = self.ctx.now;
        let timeout = self.session_timeout();
        let immortal = self.ctx.is_broken(Broken::SessionsNeverExpire);
        let stale = self
            .active
            .as_ref()
            .and_then(|a| longest_silent(a, self.ctx.spec))
            .filter(|(broker, _)| self.is_over(*broker, timeout) && !immortal);
        if let Some((broker, last_heartbeat)) = stale {
            self.out.fact(Fact::SessionExpired { broker, last_heartbeat });
            if let Some(active) = self.active {
                active.session(broker, now).alive = false;
            }
            let mut write = self.begin_write();
            self.fence(&mut write, broker, Why::Fenced, asked_at);
            self.finish_write(write, Answer::Nobody);
        }
        self.task_done(&Task::Fence, stale.is_some());
        self.reschedule_fencing();
    }
}

/// The unfenced broker that was silent for longest, and when it was last heard of; of several, that of the lowest id. One whose session was
/// ended comes first.
fn longest_silent(active: &super::active::Active, spec: &Spec) -> Option<(BrokerIx, Instant)> {
    let unfenced = active.registrations.brokers().filter(|(_, r)| !r.fenced);
    let session = |b: BrokerIx| &active.sessions[b.index()];
    unfenced
        .map(|(b, _)| (b, session(b).last_contact))
        .min_by_key(|(b, contact)| (!session(*b).ended, *contact, spec.brokers[b.index()].id))
}
