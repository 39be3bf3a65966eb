//! Causes on the side of the controller and of the brokers: from a loss to a role that is taken.

use super::{Rules, after, all};
use crate::explain::graph::{Cause, Point};
use crate::explain::kept::Ix;
use crate::explain::wait::Wait;
use crate::kafka::{BrokerIx, MetadataOffset, NodeIx, PartitionIx};
use crate::observe::Fact;
use crate::observe::fact::{BrokerState, Why};

impl Rules<'_> {
    pub(super) fn committed(&self, ix: Ix) -> Vec<Cause> {
        vec![all(Point::Decided(ix), Wait::RaftCommit)]
    }

    pub(super) fn decided(&self, ix: Ix) -> Vec<Cause> {
        let mut causes = vec![after(Point::Asked(ix), Wait::ControllerQueue)];
        causes.extend(self.active_since(Point::Decided(ix), ix).map(|active| after(Point::Fact(active), Wait::ControllerQueue)));
        causes
    }

    /// The controller that made a change came to office at this fact, if that was in the window.
    fn active_since(&self, point: Point, ix: Ix) -> Option<Ix> {
        let at = self.moment(point);
        self.recent(ix, |f| matches!(f, Fact::ControllerActive { .. })).filter(|active| self.kept.at(*active) <= at)
    }

    /// What made the controller act, by the reason that it gives.
    pub(super) fn asked(&self, ix: Ix) -> Vec<Cause> {
        let Fact::PartitionCommitted { partition, old_leader, leader, why, .. } = self.kept.fact(ix) else { return Vec::new() };
        let before = self.kept.after(self.moment(Point::Asked(ix)));
        let mut causes = Vec::new();
        match why {
            Why::Fenced => {
                causes.extend(self.expired(ix).map(|session| Cause { by: Some(session), ..all(Point::Heartbeat(session), Wait::Session) }))
            }
            Why::Unfenced => {
                causes.extend(leader.and_then(|b| self.started(before, b)).map(|started| all(Point::Fact(started), Wait::BrokerStart)))
            }
            Why::UncleanRestart => causes.extend(old_leader.iter().flat_map(|broker| self.registration(before.min(ix), *broker))),
            Why::AlterPartition => {
                causes.extend(
                    self.recent(before.min(ix), |f| matches!(f, Fact::IsrProposed { partition: p, .. } if p == partition))
                        .map(|proposed| all(Point::Fact(proposed), Wait::IsrChange)),
                );
            }
            Why::AutoRebalance => causes.push(all(self.earlier_or_start(before, ix), Wait::RebalanceTimer)),
            Why::UncleanElection => causes.push(all(self.earlier_or_start(before, ix), Wait::UncleanTimer)),
            Why::Created | Why::ControlledShutdown | Why::PreferredElection | Why::Reassignment | Why::ElrCleared => {
                let order = self.recent(before.min(ix), |f| matches!(f, Fact::FaultApplied { .. }));
                causes.extend(order.map(|order| all(Point::Fact(order), Wait::Operator)));
            }
        }
        // A controller that is new waits for the heartbeats of a whole session first, and so its own beginning is what it waited from.
        causes.extend(self.active_since(Point::Asked(ix), ix).map(|active| after(Point::Fact(active), Wait::ControllerQueue)));
        causes
    }

    fn earlier_or_start(&self, before: Ix, ix: Ix) -> Point {
        let Fact::PartitionCommitted { partition, .. } = self.kept.fact(ix) else { return Point::Start };
        self.last_move(before.min(ix), *partition).map_or(Point::Start, Point::Fact)
    }

    /// The session whose end made the controller make this change: the last one that ran out by the time it decided.
    fn expired(&self, ix: Ix) -> Option<Ix> {
        let decided = self.moment(Point::Decided(ix));
        let by_then = self.kept.after(decided);
        let Fact::PartitionCommitted { old_leader, .. } = self.kept.fact(ix) else { return None };
        let of_old = |f: &Fact| matches!(f, Fact::SessionExpired { broker, .. } if Some(*broker) == *old_leader);
        self.kept.last(by_then, of_old).or_else(|| self.kept.last(by_then, |f| matches!(f, Fact::SessionExpired { .. })))
    }

    /// How far a broker that comes back had come: its last state, or that it could be reached.
    fn started(&self, before: Ix, broker: BrokerIx) -> Option<Ix> {
        let alive = self.alive(before, broker);
        let state = self.recent(before, |f| {
            matches!(f, Fact::BrokerStateChanged { broker: b, state: BrokerState::Recovery | BrokerState::Starting } if *b == broker)
                || matches!(f, Fact::BrokerCommitted { broker: b, fenced: true, .. } if *b == broker)
        });
        alive.max(state)
    }

    /// The last heartbeat that was heard: of a controller that is new its own beginning counts.
    pub(super) fn heartbeat(&self, ix: Ix) -> Vec<Cause> {
        let by_then = self.kept.after(self.moment(Point::Heartbeat(ix)));
        let active = self.recent(by_then.min(ix), |f| matches!(f, Fact::ControllerActive { .. }));
        active.map(|active| after(Point::Fact(active), Wait::ControllerQueue)).into_iter().collect()
    }

    /// A broker's registration was committed. While the session of its last life ran it had been refused.
    pub(super) fn registered(&self, ix: Ix, broker: BrokerIx) -> Vec<Cause> {
        let alive = self.alive(ix, broker);
        if matches!(self.kept.fact(ix), Fact::BrokerCommitted { fenced: false, .. }) {
            return self.broker_state(ix, broker);
        }
        // A broker that asked for its shutdown is fenced when nothing is led by it any more.
        let state = self.kept.last(ix, |f| matches!(f, Fact::BrokerStateChanged { broker: b, .. } if *b == broker));
        if let Some(state) = state.filter(|state| Some(*state) > alive)
            && matches!(self.kept.fact(state), Fact::BrokerStateChanged { state: BrokerState::PendingControlledShutdown, .. })
        {
            return self.let_go(ix, state);
        }
        self.registration(ix, broker)
    }

    /// A broker that starts was registered: it was there, and it was not refused any more.
    fn registration(&self, ix: Ix, broker: BrokerIx) -> Vec<Cause> {
        let alive = self.alive(ix, broker);
        let mut causes: Vec<Cause> = alive.map(|alive| after(Point::Fact(alive), Wait::BrokerStart)).into_iter().collect();
        let refused = self.recent(ix, |f| matches!(f, Fact::RegistrationRefused { broker: b, .. } if *b == broker));
        if let Some(refused) = refused.filter(|refused| Some(*refused) > alive) {
            let expired = self.recent(ix, |f| matches!(f, Fact::SessionExpired { broker: b, .. } if *b == broker));
            let cause = expired.filter(|expired| *expired > refused).unwrap_or(refused);
            causes.push(all(Point::Fact(cause), Wait::Registration));
        }
        causes
    }

    /// A broker that asked for its shutdown may go: all brokers that are not fenced had told in heartbeats that they know of the move of its
    /// partitions, and those that were silent had been fenced, or could be heard again
    /// (`BrokerHeartbeatManager.calculateNextBrokerState`, `lowestActiveOffset`).
    fn let_go(&self, ix: Ix, asked: Ix) -> Vec<Cause> {
        let is_broker = |node: &NodeIx| self.spec.nodes[node.index()].broker.is_some();
        let heard = self.kept.last_since(self.kept.at(asked), ix, |f| {
            matches!(f, Fact::SessionExpired { .. } | Fact::LinksHealed { .. }) || matches!(f, Fact::Resumed { node } if is_broker(node))
        });
        match heard {
            Some(heard) => vec![all(Point::Fact(heard), Wait::ControlledShutdown), after(Point::Fact(asked), Wait::ControlledShutdown)],
            None => vec![all(Point::Fact(asked), Wait::ControlledShutdown)],
        }
    }

    /// A broker was refused its registration: the session of its last life ran on, since that had ended.
    pub(super) fn registration_refused(&self, ix: Ix, broker: BrokerIx) -> Vec<Cause> {
        let node = self.spec.brokers[broker.index()].node;
        // A controller that is new begins to count when it comes to office.
        let since = self
            .kept
            .last(ix, |f| matches!(f, Fact::ProcessEnded { node: n, .. } if *n == node) || matches!(f, Fact::ControllerActive { .. }));
        let mut causes: Vec<Cause> = since.map(|since| all(Point::Fact(since), Wait::Session)).into_iter().collect();
        causes.extend(self.alive(ix, broker).map(|alive| after(Point::Fact(alive), Wait::BrokerStart)));
        causes
    }

    pub(super) fn controller_active(&self, ix: Ix) -> Vec<Cause> {
        let voters: Vec<_> = self.spec.voters.iter().map(|v| v.node).collect();
        let gone = self.recent(ix, |f| matches!(f, Fact::ControllerResigned { .. })
|| matches!(f, Fact::ProcessEnded { node, .. } | Fact::Paused { node } | Fact::ProcessStarted { node } | Fact::Resumed { node } if voters.contains(node))
|| matches!(f, Fact::LinksCut { from, to, .. } if from.iter().chain(to).any(|n| voters.contains(n)))
|| matches!(f, Fact::LinksHealed { .. }));
        vec![all(gone.map_or(Point::Start, Point::Fact), Wait::QuorumElection)]
    }

    /// A broker's image reached an offset: the last change of the partition that it holds was committed, and the broker could be reached.
    pub(super) fn image_applied(&self, ix: Ix, broker: BrokerIx, offset: MetadataOffset) -> Vec<Cause> {
        let mine = self.target().partition;
        let before = self.kept.last(ix, |f| matches!(f, Fact::ImageApplied { broker: b, .. } if *b == broker));
        let held =
            if let Some(Fact::ImageApplied { offset, .. }) = before.map(|ix| self.kept.fact(ix)) { *offset } else { MetadataOffset(0) };
        // Of what is new in it, the target's own partition comes before others.
        let is_new = |f: &Fact, own: bool| matches!(f, Fact::PartitionCommitted { partition, offset: o, .. } if *o <= offset && *o > held && (*partition == mine) == own);
        let commit = self.kept.last(ix, |f| is_new(f, true)).or_else(|| self.kept.last(ix, |f| is_new(f, false)));
        let mut causes: Vec<Cause> = commit.map(|commit| after(Point::Fact(commit), Wait::Propagate)).into_iter().collect();
        causes.extend(self.alive(ix, broker).map(|alive| after(Point::Fact(alive), Wait::BrokerStart)));
        causes
    }

    pub(super) fn role_taken(&self, ix: Ix, broker: BrokerIx, partition: PartitionIx) -> Vec<Cause> {
        // Roles change by the image in which the partition changed, and that may be older than the last one.
        let commit = self.kept.last(ix, |f| matches!(f, Fact::PartitionCommitted { partition: p, .. } if *p == partition));
        let commit =
            commit.and_then(|c| if let Fact::PartitionCommitted { offset, .. } = self.kept.fact(c) { Some((c, *offset)) } else { None });
        let image = commit.and_then(|(commit, offset)| {
            self.kept
                .first(commit, |f| matches!(f, Fact::ImageApplied { broker: b, offset: o } if *b == broker && *o >= offset))
                .filter(|image| *image < ix)
        });
        let image = image.or_else(|| self.recent(ix, |f| matches!(f, Fact::ImageApplied { broker: b, .. } if *b == broker)));
        let mut causes: Vec<Cause> = image.map(|image| after(Point::Fact(image), Wait::RoleChange)).into_iter().collect();
        causes.extend(self.alive(ix, broker).map(|alive| after(Point::Fact(alive), Wait::BrokerStart)));
        causes
    }

    /// A process stopped: it had gone through its shutdown since it was told to.
    pub(super) fn stopped(&self, ix: Ix, node: NodeIx) -> Vec<Cause> {
        let Some(broker) = self.spec.nodes[node.index()].broker else { return Vec::new() };
        let closing = |f: &Fact| matches!(f, Fact::BrokerStateChanged { broker: b, state: BrokerState::PendingControlledShutdown | BrokerState::ShuttingDown } if *b == broker);
        self.kept.last(ix, closing).map(|cause| all(Point::Fact(cause), Wait::Shutdown)).into_iter().collect()
    }

    /// Whether a broker that closes had asked the controller first, and not been told to stop while it still started.
    fn asked_to_go(&self, ix: Ix, broker: BrokerIx) -> bool {
        let before = self.kept.last(ix, |f| matches!(f, Fact::BrokerStateChanged { broker: b, .. } if *b == broker));
        let state = before.map(|before| self.kept.fact(before));
        matches!(state, Some(Fact::BrokerStateChanged { state: BrokerState::PendingControlledShutdown, .. }))
    }

    /// A broker entered a state: it had been in the one before, its registration was committed, and it runs.
    pub(super) fn broker_state(&self, ix: Ix, broker: BrokerIx) -> Vec<Cause> {
        let closes = matches!(self.kept.fact(ix), Fact::BrokerStateChanged { state: BrokerState::PendingControlledShutdown, .. });
        if closes {
            return Vec::new();
        }
        let closing = matches!(self.kept.fact(ix), Fact::BrokerStateChanged { state: BrokerState::ShuttingDown, .. });
        if closing && !self.asked_to_go(ix, broker) {
            return Vec::new();
        }
        let wait = if closing { Wait::Shutdown } else { Wait::BrokerStart };
        let before = self.recent(
            ix,
            |f| matches!(f, Fact::BrokerStateChanged { broker: b, .. } | Fact::BrokerCommitted { broker: b, .. } if *b == broker),
        );
        before.max(self.alive(ix, broker)).map(|cause| all(Point::Fact(cause), wait)).into_iter().collect()
    }
}
