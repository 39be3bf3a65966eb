//! Points of a history as sentences, with the names that people know.

use super::graph::Point;
use super::kept::Kept;
use crate::kafka::{BrokerIx, ClientIx, NodeIx, PartitionIx, Replicas, VoterIx};
use crate::model::Spec;
use crate::observe::Fact;
use crate::observe::fact::{BrokerState, Ending, GroupFact, Refresh, Told, Unreachable, Why};

/// Names for what a history is about.
pub struct Words<'a> {
    spec: &'a Spec,
    client: ClientIx,
}

impl<'a> Words<'a> {
    /// Words for histories of this client.
    pub fn new(spec: &'a Spec, client: ClientIx) -> Words<'a> {
        Words { spec, client }
    }

    /// A broker: `broker 2`.
    pub fn broker(&self, broker: BrokerIx) -> String {
        self.spec.brokers.get(broker.index()).map_or_else(|| "a broker".to_owned(), |b| format!("broker {}", b.id))
    }

    fn brokers(&self, brokers: &Replicas) -> String {
        let ids: Vec<String> = brokers.iter().filter_map(|b| self.spec.brokers.get(b.index())).map(|b| b.id.to_string()).collect();
        ids.join(", ")
    }

    fn voter(&self, voter: VoterIx) -> String {
        self.spec.voters.get(voter.index()).map_or_else(|| "a controller".to_owned(), |v| format!("controller {}", v.id))
    }

    fn node(&self, node: NodeIx) -> &str {
        self.spec.nodes.get(node.index()).map_or("a process", |n| n.name.as_str())
    }

    /// A partition: `orders-3`.
    pub fn partition(&self, partition: PartitionIx) -> String {
        if partition.index() < self.spec.partitions.len() { self.spec.partition_name(partition) } else { "a partition".to_owned() }
    }

    /// The client that is explained.
    fn client(&self) -> &str {
        &self.spec.clients[self.client.index()].name
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
                    Some(leader) => format!("the controller decides: {} leads {}", self.broker(*leader), self.partition(*partition)),
                    None => format!("the controller decides: nobody leads {}", self.partition(*partition)),
                },
                other => self.fact(other),
            },
            Point::Heartbeat(ix) => match kept.fact(ix) {
                Fact::SessionExpired { broker, .. } => format!("the last heartbeat of {} reaches the controller", self.broker(*broker)),
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
        let old = old_leader.map_or_else(|| "a broker".to_owned(), |b| self.broker(b));
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

    /// A fact as a sentence without its moment.
    pub fn fact(&self, fact: &Fact) -> String {
        let client = self.client();
        match fact {
            Fact::PartitionCommitted { partition, leader, leader_epoch, isr, .. } => {
                let leads = leader.map_or_else(|| "nobody leads".to_owned(), |leader| format!("{} leads", self.broker(leader)));
                let (partition, isr) = (self.partition(*partition), self.brokers(isr));
                format!("the change is committed: {leads} {partition} in epoch {leader_epoch}, ISR {isr}")
            }
            Fact::BrokerCommitted { broker, fenced, .. } => {
                format!("the registration of {} is committed ({})", self.broker(*broker), if *fenced { "fenced" } else { "active" })
            }
            Fact::ControllerActive { voter, epoch } => format!("{} is active in raft epoch {epoch}", self.voter(*voter)),
            Fact::ControllerResigned { voter, .. } => format!("{} resigns", self.voter(*voter)),
            Fact::CandidateRaised { voter, .. } => format!("{} is a candidate", self.voter(*voter)),
            Fact::LinkLost { broker, to, .. } => format!("{} loses its connection to {}", self.broker(*broker), self.node(*to)),
            Fact::HeartbeatGivenUp { broker, .. } => format!("{} gives a heartbeat up", self.broker(*broker)),
            Fact::Voted { voter, candidate, .. } => format!("{} votes for {}", self.voter(*voter), self.voter(*candidate)),
            Fact::SessionExpired { broker, .. } => format!("the session of {} runs out at the controller", self.broker(*broker)),
            Fact::RegistrationRefused { broker, error } => {
                format!("the registration of {} is refused: {}", self.broker(*broker), error.name())
            }
            Fact::AdminDone { what, error } if error.is_none() => format!("{what} is done"),
            Fact::AdminDone { what, error } => format!("{what} is refused: {}", error.name()),
            Fact::ProcessStarted { node } => format!("{} starts", self.node(*node)),
            Fact::ProcessEnded { node, how } => format!("{} {}", self.node(*node), ending(*how)),
            Fact::Paused { node } => format!("{} is paused", self.node(*node)),
            Fact::Resumed { node } => format!("{} goes on", self.node(*node)),
            Fact::NetworkChanged { text } | Fact::FaultApplied { text } => text.clone(),
            Fact::LinksCut { .. } => "a network link is cut".to_owned(),
            Fact::LinksHealed { .. } => "the network is whole again".to_owned(),
            Fact::BrokerStateChanged { broker, state } => format!("{} is {}", self.broker(*broker), broker_state(*state)),
            Fact::ImageApplied { broker, offset } => format!("{} knows the metadata up to offset {offset}", self.broker(*broker)),
            Fact::LeaderRoleTaken { broker, partition, leader_epoch, .. } => {
                format!("{} takes the role of leader of {} in epoch {leader_epoch}", self.broker(*broker), self.partition(*partition))
            }
            Fact::FollowerRoleTaken { broker, partition, leader, .. } => {
                let whom = leader.map_or_else(|| "nobody".to_owned(), |leader| self.broker(leader));
                format!("{} follows {whom} for {}", self.broker(*broker), self.partition(*partition))
            }
            Fact::ReplicaDeleted { broker, partition } => {
                format!("{} hosts {} no longer", self.broker(*broker), self.partition(*partition))
            }
            Fact::HighWatermarkMoved { broker, partition, high_watermark, .. } => {
                format!("{} moves the high watermark of {} to {high_watermark}", self.broker(*broker), self.partition(*partition))
            }
            Fact::Appended { broker, partition, .. } => {
                format!("{} appends the batch to {}", self.broker(*broker), self.partition(*partition))
            }
            Fact::GroupAppended { broker, partition, .. } => format!("{} appends to {}", self.broker(*broker), self.partition(*partition)),
            Fact::Replicated { broker, partition, end } => {
                format!("{} has copied {} up to {end}", self.broker(*broker), self.partition(*partition))
            }
            Fact::Truncated { broker, partition, .. } => {
                format!("{} cuts its log of {} off", self.broker(*broker), self.partition(*partition))
            }
            Fact::UnflushedLost { broker, partition, .. } => {
                format!("{} has lost the unflushed end of {}", self.broker(*broker), self.partition(*partition))
            }
            Fact::IsrProposed { broker, partition, isr } => {
                format!("{} proposes the ISR {} for {}", self.broker(*broker), self.brokers(isr), self.partition(*partition))
            }
            Fact::IsrAnswered { broker, partition, error, .. } => {
                let how = if error.is_none() { "accepted" } else { error.name() };
                format!("{} hears that its ISR for {} is {how}", self.broker(*broker), self.partition(*partition))
            }
            Fact::ReplicaFetchError { follower, leader, partition, error } => {
                let (follower, leader) = (self.broker(*follower), self.broker(*leader));
                format!("the fetch of {follower} from {leader} for {} fails: {}", self.partition(*partition), error.name())
            }
            Fact::RequestServed { broker, api, .. } => format!("{} serves a request of {client} ({api:?})", self.broker(*broker)),
            Fact::ConnectionOpening { broker, .. } => format!("{client} connects to {}", self.broker(*broker)),
            Fact::ConnectionReady { broker, .. } => format!("{client} is connected to {}", self.broker(*broker)),
            Fact::ConnectionLost { broker, how, .. } => {
                format!("the connection of {client} to {} {}", self.broker(*broker), connection(*how))
            }
            Fact::Refreshed { what, .. } => self.refreshed(*what),
            Fact::BeliefChanged { partition, leader, told, .. } => self.believed(*partition, *leader, *told),
            Fact::RecordCreated { partition, .. } => format!("the application gives {client} a record for {}", self.partition(*partition)),
            Fact::RecordRepeats { .. } => format!("the application gives {client} a message again"),
            Fact::RecordRebatched { .. } => format!("{client} puts a record into another batch"),
            Fact::EntrySent { broker, partition, attempt, batch, .. } => {
                let what = if batch.is_some() { "a batch for" } else { "a fetch of" };
                let again = if *attempt > 0 { " again" } else { "" };
                format!("{client} sends {what} {} to {}{again}", self.partition(*partition), self.broker(*broker))
            }
            Fact::EntryTaken { broker, partition, .. } => {
                format!("{} takes the request for {} from the connection", self.broker(*broker), self.partition(*partition))
            }
            Fact::EntryAnswered { broker, partition, error, .. } => {
                let how =
                    if error.is_none() { "answers the request".to_owned() } else { format!("answers {} to the request", error.name()) };
                format!("{} {how} for {}", self.broker(*broker), self.partition(*partition))
            }
            Fact::EntryReturned { partition, error, .. } if error.is_none() => {
                format!("{client} has the answer for {}: success", self.partition(*partition))
            }
            Fact::EntryReturned { partition, error, .. } => {
                format!("{client} has the answer for {}: {}", self.partition(*partition), error.name())
            }
            Fact::EntryUnreachable { broker, partition, how, .. } => {
                format!("the request of {client} for {} to {} {}", self.partition(*partition), self.broker(*broker), request(*how))
            }
            Fact::RecordDone { partition, error, .. } if error.is_none() => format!("a record for {} is done", self.partition(*partition)),
            Fact::RecordDone { partition, error, .. } => format!("a record for {} fails: {}", self.partition(*partition), error.name()),
            Fact::Delivered { partition, .. } => format!("{client} is given records of {}", self.partition(*partition)),
            Fact::Processed { partition, .. } => format!("{client} is done with records of {}", self.partition(*partition)),
            Fact::PositionSet { partition, to, .. } => format!("{client} reads {} from {to} on", self.partition(*partition)),
            Fact::ReplicaChosen { partition, replica, .. } => {
                let whom = replica.map_or_else(|| "its leader".to_owned(), |b| self.broker(b));
                format!("{client} reads {} from {whom}", self.partition(*partition))
            }
            Fact::Group { what, .. } => self.group(*what),
            Fact::TopicCommitted { .. } => "a topic is created".to_owned(),
            Fact::TopicRemoved { .. } => "a topic is deleted".to_owned(),
        }
    }

    fn refreshed(&self, what: Refresh) -> String {
        let client = self.client();
        match what {
            Refresh::Wanted => format!("{client} wants new metadata"),
            Refresh::Sent(broker) => format!("{client} asks {} for metadata", self.broker(broker)),
            Refresh::Answered(broker, offset) => format!("{} answers {client} from metadata of offset {offset}", self.broker(broker)),
            Refresh::Failed => format!("{client}'s request for metadata fails"),
            Refresh::Swallowed => format!("an answer under way cancels {client}'s wish for metadata"),
        }
    }

    fn believed(&self, partition: PartitionIx, leader: Option<BrokerIx>, told: Told) -> String {
        let whom = leader.map_or_else(|| "nobody".to_owned(), |leader| self.broker(leader));
        let by = match told {
            Told::Metadata(broker, offset) => format!("told by {} from metadata of offset {offset}", self.broker(broker)),
            Told::Hint(broker) => format!("told by {} with its error", self.broker(broker)),
            Told::Forgot => "it has forgotten what it knew".to_owned(),
        };
        format!("{} now believes that {whom} leads {} ({by})", self.client(), self.partition(partition))
    }

    fn group(&self, what: GroupFact) -> String {
        match what {
            GroupFact::CoordinatorKnown { .. } => "a member of the group learns who coordinates it".to_owned(),
            GroupFact::CoordinatorLoaded { broker } => format!("{} coordinates the group", self.broker(broker)),
            GroupFact::RebalanceBegan { .. } => "the group begins to rebalance".to_owned(),
            GroupFact::Assigned { .. } => "a member of the group has its assignment".to_owned(),
            GroupFact::Revoked { .. } => "a member of the group gives its partitions up".to_owned(),
            GroupFact::Left { .. } => "a member leaves the group".to_owned(),
            GroupFact::SessionExpired { .. } => "the session of a member of the group runs out".to_owned(),
            GroupFact::Committed { .. } => "a member of the group commits".to_owned(),
            GroupFact::CommitRefused { .. } => "a commit of a member of the group is refused".to_owned(),
        }
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

const fn ending(how: Ending) -> &'static str {
    match how {
        Ending::Stopped => "has stopped",
        Ending::Killed => "is killed",
        Ending::PoweredOff => "loses power",
        Ending::GaveUp => "gives up and ends",
    }
}

const fn broker_state(state: BrokerState) -> &'static str {
    match state {
        BrokerState::NotRunning => "not running",
        BrokerState::Starting => "starting",
        BrokerState::Recovery => "loading its logs",
        BrokerState::Running => "running",
        BrokerState::PendingControlledShutdown => "waiting for its controlled shutdown",
        BrokerState::ShuttingDown => "shutting down",
    }
}

const fn connection(how: Unreachable) -> &'static str {
    match how {
        Unreachable::Refused => "is refused",
        Unreachable::Reset => "is reset",
        Unreachable::TimedOut => "is given up",
    }
}

const fn request(how: Unreachable) -> &'static str {
    match how {
        Unreachable::Refused => "is refused a connection",
        Unreachable::Reset => "is lost with its connection",
        Unreachable::TimedOut => "is given up without an answer",
    }
}
