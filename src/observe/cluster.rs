//! What the cluster went through, in numbers and in words.

use super::fact::{BrokerState, Ending, Fact};
use super::record::{ClusterRecord, TimelineEntry};
use super::truth::{PartitionTruth, Truth};
use crate::engine::Instant;
use crate::kafka::{BrokerIx, NodeIx, TopicIx, VoterIx};
use crate::model::Spec;

/// The story of the cluster.
#[derive(Clone, Debug)]
pub struct Cluster {
    record: ClusterRecord,
    count_from: Instant,
    under_replicated: u64,
    node_names: Vec<String>,
    broker_ids: Vec<u32>,
    voter_ids: Vec<u32>,
    topic_names: Vec<String>,
    fenced: Vec<Option<(bool, bool)>>,
}

/// Whether a partition counts as under-replicated: its committed ISR is smaller than its replica list, or nobody leads it.
pub fn is_under_replicated(partition: &PartitionTruth) -> bool {
    partition.exists && (partition.isr.len() < partition.replicas.len() || partition.leader.is_none())
}

impl Cluster {
    /// The beginning of the story.
    pub fn new(spec: &Spec, truth: &Truth, count_from: Instant) -> Self {
        let under_replicated = truth.partitions().filter(|(_, p)| is_under_replicated(p)).count() as u64;
        Cluster {
            record: ClusterRecord::default(),
            count_from,
            under_replicated,
            node_names: spec.nodes.iter().map(|n| n.name.clone()).collect(),
            broker_ids: spec.brokers.iter().map(|b| b.id).collect(),
            voter_ids: spec.voters.iter().map(|v| v.id).collect(),
            topic_names: spec.topics.iter().map(|t| t.name.clone()).collect(),
            fenced: vec![None; spec.brokers.len()],
        }
    }

    /// A partition's registration changed; `was` says whether it was under-replicated before.
    pub fn partition_changed(&mut self, was: bool, partition: &PartitionTruth) {
        let is = is_under_replicated(partition);
        self.under_replicated = self.under_replicated + u64::from(is) - u64::from(was);
    }

    /// Counts and tells what a fact says, once counting has begun.
    pub fn on_fact(&mut self, at: Instant, fact: &Fact) {
        // What was under-replicated when counting began counts too, so the state before a later change is looked at first.
        if at >= self.count_from {
            self.count(fact);
            if let Some(text) = self.words(fact) {
                self.record.timeline.push(TimelineEntry { at_ms: at.millis_after(self.count_from), text });
            }
        }
        if let Fact::BrokerCommitted { broker, fenced, in_controlled_shutdown, .. } = fact {
            self.fenced[broker.index()] = Some((*fenced, *in_controlled_shutdown));
        }
    }

    /// Notes how many partitions are under-replicated now, once counting has begun.
    pub fn watch(&mut self, at: Instant) {
        if at >= self.count_from {
            self.record.under_replicated_max = self.record.under_replicated_max.max(self.under_replicated);
        }
    }

    fn count(&mut self, fact: &Fact) {
        if let Fact::IsrAnswered { error, shrink, .. } = fact
            && error.is_none()
        {
            let counter = if *shrink { &mut self.record.isr_shrinks } else { &mut self.record.isr_expands };
            *counter += 1;
        }
        if let Fact::ReplicaFetchError { error, .. } = fact {
            *self.record.replica_fetch_errors.entry(error.name().to_owned()).or_default() += 1;
        }
        if let Fact::ControllerActive { .. } = fact {
            self.record.controller_elections += 1;
        }
    }

    fn words(&self, fact: &Fact) -> Option<String> {
        let text = match fact {
            Fact::TopicCommitted { topic } => format!("topic {} is created", self.topic(*topic)),
            Fact::TopicRemoved { topic, .. } => format!("topic {} is deleted", self.topic(*topic)),
            Fact::BrokerCommitted { broker, fenced, in_controlled_shutdown, .. } => {
                return self.registration(*broker, (*fenced, *in_controlled_shutdown));
            }
            Fact::ControllerActive { voter, epoch } => format!("controller {} is active in raft epoch {epoch}", self.voter(*voter)),
            Fact::ControllerResigned { voter, epoch } => format!("controller {} resigns in raft epoch {epoch}", self.voter(*voter)),
            Fact::CandidateRaised { voter, epoch } => format!("controller {} is a candidate in raft epoch {epoch}", self.voter(*voter)),
            Fact::SessionExpired { broker, .. } => format!("the session of broker {} runs out", self.id(*broker)),
            Fact::RegistrationRefused { broker, error } => {
                format!("the registration of broker {} is refused: {}", self.id(*broker), error.name())
            }
            Fact::AdminDone { what, error } if error.is_none() => format!("{what} is done"),
            Fact::AdminDone { what, error } => format!("{what} is refused: {}", error.name()),
            Fact::ProcessStarted { node } => format!("{} starts", self.node(*node)),
            Fact::ProcessEnded { node, how } => format!("{} {}", self.node(*node), ending(*how)),
            Fact::Paused { node } => format!("{} is paused", self.node(*node)),
            Fact::Resumed { node } => format!("{} goes on", self.node(*node)),
            Fact::NetworkChanged { text } | Fact::FaultApplied { text } => text.clone(),
            Fact::BrokerStateChanged { broker, state } => format!("broker {} is {}", self.id(*broker), broker_state(*state)),
            Fact::PartitionCommitted { .. }
            | Fact::Voted { .. }
            | Fact::LinksCut { .. }
            | Fact::LinksHealed { .. }
            | Fact::ImageApplied { .. }
            | Fact::LeaderRoleTaken { .. }
            | Fact::FollowerRoleTaken { .. }
            | Fact::ReplicaDeleted { .. }
            | Fact::HighWatermarkMoved { .. }
            | Fact::Appended { .. }
            | Fact::GroupAppended { .. }
            | Fact::Replicated { .. }
            | Fact::Truncated { .. }
            | Fact::UnflushedLost { .. }
            | Fact::IsrProposed { .. }
            | Fact::IsrAnswered { .. }
            | Fact::ReplicaFetchError { .. }
            | Fact::LinkLost { .. }
            | Fact::HeartbeatGivenUp { .. }
            | Fact::RequestServed { .. }
            | Fact::ConnectionOpening { .. }
            | Fact::ConnectionReady { .. }
            | Fact::ConnectionLost { .. }
            | Fact::Refreshed { .. }
            | Fact::BeliefChanged { .. }
            | Fact::RecordCreated { .. }
            | Fact::RecordRepeats { .. }
            | Fact::RecordRebatched { .. }
            | Fact::EntrySent { .. }
            | Fact::EntryTaken { .. }
            | Fact::EntryAnswered { .. }
            | Fact::EntryReturned { .. }
            | Fact::EntryUnreachable { .. }
            | Fact::Delivered { .. }
            | Fact::Processed { .. }
            | Fact::PositionSet { .. }
            | Fact::Group { .. }
            | Fact::RecordDone { .. }
            | Fact::ReplicaChosen { .. } => return None,
        };
        Some(text)
    }

    fn registration(&self, broker: BrokerIx, now: (bool, bool)) -> Option<String> {
        let before = self.fenced[broker.index()];
        if before == Some(now) {
            return None;
        }
        let id = self.id(broker);
        Some(match now {
            (true, _) => format!("broker {id} is registered and fenced"),
            (false, true) => format!("broker {id} is in controlled shutdown"),
            (false, false) => format!("broker {id} is unfenced"),
        })
    }

    fn id(&self, broker: BrokerIx) -> u32 {
        self.broker_ids[broker.index()]
    }
    fn voter(&self, voter: VoterIx) -> u32 {
        self.voter_ids[voter.index()]
    }
    fn node(&self, node: NodeIx) -> &str {
        &self.node_names[node.index()]
    }
    fn topic(&self, topic: TopicIx) -> String {
        self.topic_names.get(topic.index()).cloned().unwrap_or_else(|| format!("number {topic}"))
    }

    /// The whole story, when the run is over.
    pub fn finish(mut self, truth: &Truth) -> ClusterRecord {
        self.record.under_replicated_max = self.record.under_replicated_max.max(self.under_replicated);
        self.record.under_replicated_at_end = self.under_replicated;
        self.record.leaderless_at_end = truth.partitions().filter(|(_, p)| p.exists && p.leader.is_none()).count() as u64;
        self.record
    }
}

const fn ending(how: Ending) -> &'static str {
    match how {
        Ending::Stopped => "has stopped",
        Ending::Killed => "is killed",
        Ending::PoweredOff => "loses power",
        Ending::GaveUp => "gives up",
    }
}

const fn broker_state(state: BrokerState) -> &'static str {
    match state {
        BrokerState::NotRunning => "not running",
        BrokerState::Starting => "starting",
        BrokerState::Recovery => "in recovery",
        BrokerState::Running => "running",
        BrokerState::PendingControlledShutdown => "waiting for controlled shutdown",
        BrokerState::ShuttingDown => "shutting down",
    }
}
