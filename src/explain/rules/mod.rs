//! Which facts a fact had to wait for: the rules of the protocol, read backwards.

mod attempts;
mod connections;
mod controller;
mod gates;
mod refresh;
mod replication;

use super::graph::{Cause, Point, moment};
use super::kept::{Ix, Kept, Target};
use super::setting;
use super::wait::Wait;
use crate::engine::{Duration, Instant};
use crate::kafka::{BrokerIx, NodeIx, PartitionIx};
use crate::model::Spec;
use crate::observe::Fact;
use crate::observe::fact::{BrokerState, Ending, Told};
use gates::Gates;

/// The facts of one window, asked for their causes.
pub struct Rules<'a> {
    pub(super) spec: &'a Spec,
    pub(super) kept: &'a Kept,
    gates: Gates,
    /// How long a broker keeps a fetch of the client for which there is nothing.
    fetch_wait: Option<Duration>,
    /// How long the client lets a batch collect records.
    linger: Option<Duration>,
    /// The longest pause of the client before it connects again, where a setting says it.
    reconnect_pause: Option<Duration>,
}

/// A cause that explains only what came after every other.
fn after(point: Point, wait: Wait) -> Cause {
    Cause { point, wait, explains: false, by: None }
}

/// A cause that explains all the time since.
fn all(point: Point, wait: Wait) -> Cause {
    Cause { point, wait, explains: true, by: None }
}

impl<'a> Rules<'a> {
    /// Rules for the history of the fact `end`.
    pub fn new(spec: &'a Spec, kept: &'a Kept, end: Ix) -> Rules<'a> {
        let length = |key| setting::length_of(spec, kept.target.client, key);
        let (fetch_wait, linger) = (length("fetch.max.wait.ms"), length("linger.ms"));
        let reconnect_pause = length("reconnect.backoff.max.ms");
        let mut rules = Rules { spec, kept, gates: Gates::default(), fetch_wait, linger, reconnect_pause };
        rules.gates = Gates::of(&rules, end);
        rules
    }

    fn target(&self) -> Target {
        self.kept.target
    }

    fn start(&self) -> Instant {
        self.kept.target.from
    }

    /// What a point had to wait for.
    pub fn causes(&self, point: Point) -> Vec<Cause> {
        match point {
            Point::Start => Vec::new(),
            Point::Heartbeat(ix) => self.heartbeat(ix),
            Point::Decided(ix) => self.decided(ix),
            Point::Asked(ix) => self.asked(ix),
            Point::Fact(ix) => self.gated(ix, self.of_fact(ix)),
        }
    }

    fn of_fact(&self, ix: Ix) -> Vec<Cause> {
        match self.kept.fact(ix) {
            Fact::PartitionCommitted { .. } => self.committed(ix),
            Fact::ControllerActive { .. } => self.controller_active(ix),
            Fact::ImageApplied { broker, offset } => self.image_applied(ix, *broker, *offset),
            Fact::LeaderRoleTaken { broker, partition, .. }
            | Fact::FollowerRoleTaken { broker, partition, .. }
            | Fact::ReplicaDeleted { broker, partition } => self.role_taken(ix, *broker, *partition),
            Fact::ProcessStarted { .. } | Fact::Resumed { .. } | Fact::LinksHealed { .. } => {
                self.away_since(ix).map(|(begun, wait)| all(Point::Fact(begun), wait)).into_iter().collect()
            }
            Fact::BrokerStateChanged { broker, .. } => self.broker_state(ix, *broker),
            Fact::ProcessEnded { node, how: Ending::Stopped } => self.stopped(ix, *node),
            Fact::BrokerCommitted { broker, .. } => self.registered(ix, *broker),
            Fact::RegistrationRefused { broker, .. } => self.registration_refused(ix, *broker),
            Fact::SessionExpired { .. } => vec![all(Point::Heartbeat(ix), Wait::Session)],
            Fact::HighWatermarkMoved { broker, partition, high_watermark, .. } => {
                self.high_watermark(ix, *broker, *partition, *high_watermark)
            }
            Fact::Appended { broker, partition, batch, .. } => self.appended(ix, *broker, *partition, *batch),
            Fact::Replicated { broker, partition, end } => self.replicated(ix, *broker, *partition, *end),
            Fact::IsrAnswered { broker, partition, .. } => self.isr_answered(ix, *broker, *partition),
            Fact::IsrProposed { broker, partition, isr } => self.isr_proposed(ix, *broker, *partition, isr),
            Fact::ReplicaFetchError { follower, partition, .. } => self.fetch_error(ix, *follower, *partition),
            Fact::EntryReturned { entry, .. } => self.returned(ix, *entry),
            Fact::EntryAnswered { broker, partition, entry, error, .. } => self.answered(ix, *broker, *partition, *entry, *error),
            Fact::EntryTaken { broker, entry, .. } => self.taken(ix, *broker, *entry),
            Fact::EntrySent { broker, partition, entry, batch, attempt, .. } => self
                .sent(ix, &attempts::Attempt { broker: *broker, partition: *partition, entry: *entry, batch: *batch, attempt: *attempt }),
            Fact::EntryUnreachable { broker, entry, how, .. } => self.unreachable(ix, *broker, *entry, *how),
            Fact::ConnectionOpening { broker, .. } => self.opening(ix, *broker),
            Fact::ConnectionReady { broker, .. } => self.ready(ix, *broker),
            Fact::ConnectionLost { broker, how, .. } => self.lost(ix, *broker, *how),
            Fact::Refreshed { what, .. } => self.refreshed(ix, *what),
            Fact::BeliefChanged { told, .. } => self.believed(ix, *told),
            Fact::RequestServed { broker, api, .. } => self.served_by(ix, *broker, *api),
            // Facts from outside, and those on which nothing waits here.
            Fact::TopicCommitted { .. }
            | Fact::TopicRemoved { .. }
            | Fact::ControllerResigned { .. }
            | Fact::CandidateRaised { .. }
            | Fact::Voted { .. }
            | Fact::LinkLost { .. }
            | Fact::HeartbeatGivenUp { .. }
            | Fact::AdminDone { .. }
            | Fact::ProcessEnded { .. }
            | Fact::Paused { .. }
            | Fact::NetworkChanged { .. }
            | Fact::LinksCut { .. }
            | Fact::FaultApplied { .. }
            | Fact::Truncated { .. }
            | Fact::UnflushedLost { .. }
            | Fact::RecordCreated { .. }
            | Fact::RecordRepeats { .. }
            | Fact::RecordRebatched { .. }
            | Fact::RecordDone { .. }
            | Fact::Delivered { .. }
            | Fact::Processed { .. }
            | Fact::PositionSet { .. }
            | Fact::Group { .. }
            | Fact::ReplicaChosen { .. }
            | Fact::GroupAppended { .. } => Vec::new(),
        }
    }

    /// What the time from the beginning to a point without a cause went by with.
    pub fn since_start(&self, point: Point) -> Wait {
        let ix = match point {
            Point::Fact(ix) => ix,
            // Until its last heartbeat the broker was well.
            Point::Heartbeat(_) => return Wait::LaterEvent,
            Point::Start | Point::Asked(_) | Point::Decided(_) => return Wait::Untold,
        };
        let fact = self.kept.fact(ix);
        let is_fault = matches!(fact, Fact::ProcessEnded { .. } | Fact::Paused { .. } | Fact::LinksCut { .. } | Fact::FaultApplied { .. })
            || matches!(fact, Fact::BrokerStateChanged { state: BrokerState::PendingControlledShutdown | BrokerState::ShuttingDown, .. });
        if matches!(fact, Fact::RecordCreated { .. }) {
            Wait::NoRecord
        } else if self.consumes() && matches!(fact, Fact::Appended { .. }) {
            Wait::NothingToRead
        } else if is_fault || matches!(fact, Fact::AdminDone { .. }) {
            Wait::LaterEvent
        } else if matches!(fact, Fact::Group { .. } | Fact::PositionSet { .. }) {
            Wait::GroupRebalance
        } else {
            Wait::Untold
        }
    }

    /// The last fact of a kind in the window and before `ix`.
    fn recent(&self, ix: Ix, is: impl FnMut(&Fact) -> bool) -> Option<Ix> {
        self.kept.last_since(self.start(), ix, is)
    }

    /// When a broker was there again for the rest of the cluster: the last such moment in the window and before `ix`.
    fn alive(&self, ix: Ix, broker: BrokerIx) -> Option<Ix> {
        let node = self.spec.brokers[broker.index()].node;
        let is_cluster = |n: &NodeIx| self.spec.nodes[n.index()].client.is_none();
        self.recent(ix, |fact| {
            matches!(fact, Fact::Resumed { node: n } | Fact::ProcessStarted { node: n } if *n == node)
                || matches!(fact, Fact::LinksHealed { cut } if self.parts(*cut, node, is_cluster))
        })
    }

    /// When a broker could be reached again by the client: the last such moment after `since` and before `ix`.
    fn back(&self, since: Instant, ix: Ix, broker: BrokerIx) -> Option<Ix> {
        let node = self.spec.brokers[broker.index()].node;
        let client = self.spec.clients[self.target().client.index()].node;
        self.kept.last_since(since, ix, |fact| {
            matches!(fact, Fact::Resumed { node: n } if *n == node)
                || matches!(fact, Fact::BrokerStateChanged { broker: b, state: BrokerState::Running } if *b == broker)
                || matches!(fact, Fact::LinksHealed { cut } if self.parts(*cut, node, |n| *n == client))
        })
    }

    /// Whether a cut parted a process from some of those.
    fn parts(&self, cut: u32, node: NodeIx, from_whom: impl Fn(&NodeIx) -> bool) -> bool {
        let begun = self.kept.last(self.kept.len(), |fact| matches!(fact, Fact::LinksCut { cut: c, .. } if *c == cut));
        let Some(Fact::LinksCut { from, to, .. }) = begun.map(|ix| self.kept.fact(ix)) else { return false };
        (from.contains(&node) && to.iter().any(&from_whom)) || (to.contains(&node) && from.iter().any(&from_whom))
    }

    /// When what ended by this fact had begun: a pause, a cut, the time that a process was down.
    fn away_since(&self, back: Ix) -> Option<(Ix, Wait)> {
        let fact = self.kept.fact(back);
        if let Fact::Resumed { node } = fact {
            return Some((self.kept.last(back, |f| matches!(f, Fact::Paused { node: n } if n == node))?, Wait::Pause));
        }
        if let Fact::LinksHealed { cut } = fact {
            return Some((self.kept.last(back, |f| matches!(f, Fact::LinksCut { cut: c, .. } if c == cut))?, Wait::Cut));
        }
        let (node, wait) = if let Fact::ProcessStarted { node } = fact {
            (*node, Wait::DownTime)
        } else if let Fact::BrokerStateChanged { broker, .. } = fact {
            (self.spec.brokers[broker.index()].node, Wait::BrokerStart)
        } else {
            return None;
        };
        Some((self.kept.last(back, |f| matches!(f, Fact::ProcessEnded { node: n, .. } if *n == node))?, wait))
    }

    /// The last commit of a partition that changed its leader, at or before the position.
    fn last_move(&self, before: Ix, partition: PartitionIx) -> Option<Ix> {
        self.kept.last(before, |fact| {
            matches!(fact, Fact::PartitionCommitted { partition: p, leader, old_leader, .. } if *p == partition && leader != old_leader)
        })
    }

    fn moment(&self, point: Point) -> Instant {
        moment(self.kept, point)
    }

    /// Who told the client of it, and from when on that broker could.
    fn teller_knew(&self, belief: Ix) -> Option<Ix> {
        let Fact::BeliefChanged { partition, told, .. } = self.kept.fact(belief) else { return None };
        let moved = self.last_move(belief, *partition)?;
        let Fact::PartitionCommitted { offset: moved_offset, leader_epoch, .. } = self.kept.fact(moved) else { return None };
        let (moved_offset, epoch) = (*moved_offset, *leader_epoch);
        let image = |broker: BrokerIx| {
            self.kept.first(moved, |f| matches!(f, Fact::ImageApplied { broker: b, offset } if *b == broker && *offset >= moved_offset))
        };
        let role = |broker: BrokerIx| {
            self.kept.first(moved, |f| {
                matches!(f, Fact::LeaderRoleTaken { broker: b, partition: p, leader_epoch: e, .. }
                | Fact::FollowerRoleTaken { broker: b, partition: p, leader_epoch: e, .. }
                    if b == &broker && p == partition && *e >= epoch)
            })
        };
        let knew = match told {
            Told::Metadata(broker, _) => image(*broker),
            Told::Hint(broker) => role(*broker).or_else(|| image(*broker)),
            Told::Forgot => None,
        };
        knew.filter(|ix| *ix < belief)
    }
}
