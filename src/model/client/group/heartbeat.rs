//! How a member stays in its group. Source: `Heartbeat`, `AbstractCoordinator.HeartbeatThread`, `HeartbeatResponseHandler`.

use super::{Generation, Membership, Pause, Settings, State, View, What};
use crate::engine::Instant;
use crate::kafka::ErrorCode;
use crate::model::Outbox;
use crate::model::message::GroupRequest;

/// The timers of the heartbeat thread.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heartbeat {
    /// The next heartbeat.
    pub due_at: Instant,
    /// Without a good answer until then the coordinator is taken to be gone.
    session_until: Instant,
    /// Without a `poll()` until then the member leaves.
    poll_until: Instant,
    failures: u32,
}

impl Heartbeat {
    /// `resetTimeouts`.
    pub(super) fn new(settings: &Settings, now: Instant) -> Self {
        Heartbeat {
            due_at: now + settings.heartbeat_interval,
            session_until: now + settings.session_timeout,
            poll_until: settings.poll_interval.map_or(Instant::MAX, |interval| now + interval),
            failures: 0,
        }
    }

    pub(super) fn polled(&mut self, settings: &Settings, now: Instant) {
        self.poll_until = settings.poll_interval.map_or(Instant::MAX, |interval| now + interval);
    }

    /// `resetSessionTimeout`.
    pub(super) fn session_began(&mut self, settings: &Settings, now: Instant) {
        self.session_until = now + settings.session_timeout;
    }

    fn received(&mut self, settings: &Settings, now: Instant) {
        self.failures = 0;
        self.session_began(settings, now);
    }
}

impl Membership {
    /// One round of the heartbeat thread: it runs from the answer to the join on.
    pub(super) fn beat(&mut self, view: &View<'_>, out: &mut Outbox) {
        if matches!(self.state, State::Unjoined | State::PreparingRebalance) || self.discovery.coordinator().is_none() {
            return;
        }
        let now = view.now;
        if self.heartbeat.session_until <= now {
            return self.coordinator_lost(true, out);
        }
        if self.heartbeat.poll_until <= now {
            self.leave();
            return;
        }
        if self.heartbeat.due_at <= now {
            self.heartbeat.due_at = now + self.settings.heartbeat_interval;
            if let Generation { member: Some(member), number: Some(generation) } = self.generation {
                self.ask(GroupRequest::Heartbeat { member, generation }, What::Heartbeat, self.settings.request_timeout);
            }
        }
        let Heartbeat { due_at, session_until, poll_until, .. } = self.heartbeat;
        self.wake_at(due_at.min(session_until).min(poll_until));
    }

    /// The answer to a heartbeat.
    pub(super) fn beaten(&mut self, sent: Generation, error: ErrorCode, now: Instant, out: &mut Outbox) {
        match error {
            ErrorCode::None => self.heartbeat.received(&self.settings, now),
            ErrorCode::RebalanceInProgress => {
                if self.state == State::Stable {
                    self.rebalance.wanted();
                }
                self.heartbeat.received(&self.settings, now);
            }
            ErrorCode::IllegalGeneration | ErrorCode::UnknownMemberId if sent != self.generation => {
                self.heartbeat.received(&self.settings, now);
            }
            ErrorCode::IllegalGeneration | ErrorCode::UnknownMemberId => {
                self.reset(error == ErrorCode::UnknownMemberId);
                self.heartbeat_failed(now);
            }
            ErrorCode::CoordinatorNotAvailable | ErrorCode::NotCoordinator => {
                self.coordinator_lost(true, out);
                self.heartbeat_failed(now);
            }
            _ => self.heartbeat_failed(now),
        }
    }

    /// `Heartbeat.failHeartbeat`.
    pub(super) fn heartbeat_failed(&mut self, now: Instant) {
        let pause = self.pause(Pause::Heartbeat, self.heartbeat.failures);
        self.heartbeat.failures += 1;
        self.heartbeat.due_at = now + pause;
    }

    /// `maybeLeaveGroup`: the coordinator is told, if it is known, and the member is none any more. True when it is told.
    pub(super) fn leave(&mut self) -> bool {
        let is_member = self.state != State::Unjoined && self.discovery.coordinator().is_some();
        let member = self.generation.member.filter(|_| is_member);
        if let Some(member) = member {
            self.ask(GroupRequest::Leave { member }, What::Leave, self.settings.request_timeout);
        }
        self.reset(true);
        member.is_some()
    }
}
