//! Who coordinates the group. Source: `AbstractCoordinator.ensureCoordinatorReady`, `lookupCoordinator`, `markCoordinatorUnknown`.

use super::{Membership, Pause, State, View, Want};
use crate::engine::Instant;
use crate::kafka::{BrokerIx, ErrorCode};
use crate::model::Outbox;
use crate::observe::fact::GroupFact;

/// What a member knows of its coordinator.
#[derive(Clone, Copy, Debug)]
pub(super) struct Discovery {
    coordinator: Option<BrokerIx>,
    /// A `FindCoordinator` is out.
    asking: bool,
    /// The next one may leave then.
    not_before: Instant,
}

impl Default for Discovery {
    fn default() -> Self {
        Discovery { coordinator: None, asking: false, not_before: Instant::ZERO }
    }
}

impl Discovery {
    pub(super) fn coordinator(&self) -> Option<BrokerIx> {
        self.coordinator
    }
}

impl Membership {
    /// `checkAndGetCoordinator`: one whose connection has failed is unknown. The pause before the next look-up is the first of the law each
    /// time: a `poll()` of 100 ms returns within it, and the next one begins to count anew.
    pub(super) fn check_coordinator(&mut self, view: &View<'_>, out: &mut Outbox) {
        if self.discovery.coordinator.is_some_and(|broker| (view.unavailable)(broker)) {
            self.coordinator_lost(false, out);
            let pause = self.pause(Pause::LookUp, 0);
            self.discovery.not_before = view.now + pause;
        }
    }

    /// Looks the coordinator up while it is unknown: the application's thread inside `poll()`, or the heartbeat thread of a member.
    pub(super) fn discover(&mut self, view: &View<'_>, _out: &mut Outbox) {
        let somebody_looks = view.polling || matches!(self.state, State::CompletingRebalance | State::Stable);
        if self.discovery.coordinator.is_some() || self.discovery.asking || !somebody_looks {
            return;
        }
        if view.now < self.discovery.not_before {
            return self.wake_at(self.discovery.not_before);
        }
        self.discovery.asking = true;
        self.wants.push(Want::Find);
    }

    /// `FindCoordinatorResponseHandler`.
    pub(in crate::model::client) fn found(&mut self, error: ErrorCode, broker: Option<BrokerIx>, now: Instant, out: &mut Outbox) {
        match broker.filter(|_| error.is_none()) {
            Some(broker) => self.know(broker, now, out),
            None => self.not_found(now),
        }
    }

    /// A look-up failed: it is repeated after a pause, and newer metadata is asked for.
    pub(in crate::model::client) fn not_found(&mut self, now: Instant) {
        let pause = self.pause(Pause::LookUp, 0);
        self.discovery.asking = false;
        self.discovery.not_before = now + pause;
        self.wants.push(Want::Refresh);
        self.wake_at(now + pause);
    }

    pub(super) fn know(&mut self, broker: BrokerIx, now: Instant, out: &mut Outbox) {
        self.discovery.asking = false;
        self.discovery.coordinator = Some(broker);
        self.heartbeat.session_began(&self.settings, now);
        self.fact(GroupFact::CoordinatorKnown { client: self.client, broker: Some(broker) }, out);
        self.wants.push(Want::Connect(broker));
    }

    /// `markCoordinatorUnknown`: its connection is given up too, unless it is gone already.
    pub(super) fn coordinator_lost(&mut self, disconnect: bool, out: &mut Outbox) {
        let Some(broker) = self.discovery.coordinator.take() else { return };
        self.fact(GroupFact::CoordinatorKnown { client: self.client, broker: None }, out);
        if disconnect {
            self.wants.push(Want::Disconnect(broker));
        }
    }
}
