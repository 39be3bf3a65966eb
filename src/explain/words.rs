//! Points of a history as sentences, with the names that people know.

use super::graph::Point;
use super::kept::Kept;
use crate::kafka::{BrokerIx, ClientIx, NodeIx, VoterIx};
use crate::model::Spec;
use crate::observe::Fact;
use crate::observe::fact::Why;
use crate::observe::names::Names;
use crate::observe::sentence::sentence;

/// Words for what a history is about.
pub struct Words<'a> {
    spec: &'a Spec,
    names: Names<'a>,
}

impl<'a> Words<'a> {
    /// With the names of this specification.
    pub fn new(spec: &'a Spec) -> Words<'a> {
        Words { spec, names: Names(spec) }
    }

    /// What a point is, without its moment and without a full stop.
    pub fn point(&self, kept: &Kept, point: Point) -> String {
        match point {
            Point::Start => "it begins".to_owned(),
            Point::Fact(ix) => self.fact(kept.fact(ix)),
            Point::Asked(ix) => match kept.fact(ix) {
                Fact::PartitionCommitted { why, old_leader, .. } => self.asked(*why, *old_leader),
                other => self.fact(other),
            },
            Point::Decided(ix) => match kept.fact(ix) {
                Fact::PartitionCommitted { partition, leader, .. } => match leader {
                    Some(leader) => {
                        format!("the controller decides: {} leads {}", self.names.broker(*leader), self.names.partition(*partition))
                    }
                    None => format!("the controller decides: nobody leads {}", self.names.partition(*partition)),
                },
                other => self.fact(other),
            },
            Point::Heartbeat(ix) => match kept.fact(ix) {
                Fact::SessionExpired { broker, .. } => {
                    format!("the last heartbeat of {} reaches the controller", self.names.broker(*broker))
                }
                other => self.fact(other),
            },
        }
    }

    /// The process in which a point happened.
    pub fn process(&self, kept: &Kept, point: Point) -> Option<String> {
        let node = |node: NodeIx| Some(self.spec.nodes.get(node.index())?.name.clone());
        let controller = || self.spec.voters.iter().find(|v| v.leads).and_then(|v| node(v.node));
        match point {
            Point::Start => None,
            Point::Asked(_) | Point::Decided(_) | Point::Heartbeat(_) => controller(),
            Point::Fact(ix) => match whose(kept.fact(ix)) {
                Whose::Node(it) => node(it),
                Whose::Broker(broker) => node(self.spec.brokers.get(broker.index())?.node),
                Whose::Client(client) => node(self.spec.clients.get(client.index())?.node),
                Whose::Voter(voter) => node(self.spec.voters.get(voter.index())?.node),
                Whose::Controller => controller(),
                Whose::Nobody => None,
            },
        }
    }

    fn asked(&self, why: Why, old_leader: Option<BrokerIx>) -> String {
        let old = old_leader.map_or_else(|| "a broker".to_owned(), |b| self.names.broker(b));
        match why {
            Why::Fenced => format!("the session of {old} runs out at the controller"),
            Why::Unfenced => "a replica that may lead is unfenced".to_owned(),
            Why::UncleanRestart => format!("{old} registers anew after an unclean end"),
            Why::ControlledShutdown => format!("{old} asks the controller for a controlled shutdown"),
            Why::PreferredElection => "an operator asks for the preferred leader".to_owned(),
            Why::AutoRebalance => "the controller's timer for preferred leaders fires".to_owned(),
            Why::UncleanElection => "an unclean election is due".to_owned(),
            Why::Created => "the topic is created".to_owned(),
            Why::Reassignment => "a reassignment goes on".to_owned(),
            Why::AlterPartition => "the leader's proposal of another ISR reaches the controller".to_owned(),
            Why::ElrCleared => "the topic's min.insync.replicas is changed".to_owned(),
        }
    }

    fn fact(&self, fact: &Fact) -> String {
        sentence(self.spec, fact)
    }
}

/// In whose process a fact happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whose {
    /// This process.
    Node(NodeIx),
    /// This broker.
    Broker(BrokerIx),
    /// This client.
    Client(ClientIx),
    /// This voter.
    Voter(VoterIx),
    /// The active controller.
    Controller,
    /// The network's, an operator's.
    Nobody,
}

/// In whose process a fact happened.
pub fn whose(fact: &Fact) -> Whose {
    match fact {
        Fact::ProcessStarted { node } | Fact::ProcessEnded { node, .. } | Fact::Paused { node } | Fact::Resumed { node } => {
            Whose::Node(*node)
        }
        Fact::BrokerStateChanged { broker, .. }
        | Fact::LinkLost { broker, .. }
        | Fact::HeartbeatGivenUp { broker, .. }
        | Fact::ImageApplied { broker, .. }
        | Fact::LeaderRoleTaken { broker, .. }
        | Fact::FollowerRoleTaken { broker, .. }
        | Fact::ReplicaDeleted { broker, .. }
        | Fact::HighWatermarkMoved { broker, .. }
        | Fact::Appended { broker, .. }
        | Fact::GroupAppended { broker, .. }
        | Fact::Replicated { broker, .. }
        | Fact::Truncated { broker, .. }
        | Fact::UnflushedLost { broker, .. }
        | Fact::IsrProposed { broker, .. }
        | Fact::IsrAnswered { broker, .. }
        | Fact::ReplicaFetchError { follower: broker, .. }
        | Fact::RequestServed { broker, .. }
        | Fact::EntryTaken { broker, .. }
        | Fact::EntryAnswered { broker, .. } => Whose::Broker(*broker),
        Fact::ConnectionOpening { client, .. }
        | Fact::ConnectionReady { client, .. }
        | Fact::ConnectionLost { client, .. }
        | Fact::Refreshed { client, .. }
        | Fact::BeliefChanged { client, .. }
        | Fact::RecordCreated { client, .. }
        | Fact::RecordRepeats { client, .. }
        | Fact::RecordRebatched { client, .. }
        | Fact::RecordDone { client, .. }
        | Fact::EntrySent { client, .. }
        | Fact::EntryReturned { client, .. }
        | Fact::EntryUnreachable { client, .. }
        | Fact::Delivered { client, .. }
        | Fact::Processed { client, .. }
        | Fact::PositionSet { client, .. }
        | Fact::ReplicaChosen { client, .. } => Whose::Client(*client),
        Fact::ControllerActive { voter, .. }
        | Fact::ControllerResigned { voter, .. }
        | Fact::CandidateRaised { voter, .. }
        | Fact::Voted { voter, .. } => Whose::Voter(*voter),
        Fact::TopicCommitted { .. }
        | Fact::TopicRemoved { .. }
        | Fact::PartitionCommitted { .. }
        | Fact::BrokerCommitted { .. }
        | Fact::SessionExpired { .. }
        | Fact::RegistrationRefused { .. } => Whose::Controller,
        Fact::AdminDone { .. }
        | Fact::NetworkChanged { .. }
        | Fact::LinksCut { .. }
        | Fact::LinksHealed { .. }
        | Fact::FaultApplied { .. }
        | Fact::Group { .. } => Whose::Nobody,
    }
}
