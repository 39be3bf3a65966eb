//! What lasts in a run, from the facts that begin and end it.

use super::event::Event;
use crate::engine::Instant;
use crate::kafka::{BrokerIx, ClientIx, NodeIx, PartitionIx};
use crate::model::Spec;
use crate::model::message::Acks;
use crate::observe::Fact;
use crate::observe::fact::{BrokerState, EntryId, Refresh};
use crate::observe::names::Names;
use crate::observe::sentence::sentence;
use serde_json::json;
use std::collections::BTreeMap;

/// The thread of what happens to a process.
pub const LIFE: u64 = 1;
/// The thread of a broker's states.
pub const STATE: u64 = 2;

/// Takes an event.
type Put<'p> = &'p mut dyn FnMut(Event);

/// The process of a trace that a process of the cluster is.
pub fn pid(node: NodeIx) -> u64 {
    node.index() as u64 + 1
}

fn micros(at: Instant) -> f64 {
    at.as_nanos() as f64 / 1e3
}

/// An asynchronous slice that has begun.
#[derive(Clone, Debug)]
struct Open {
    pid: u64,
    category: &'static str,
    id: u64,
    name: String,
}

impl Open {
    fn close(&self, at: Instant) -> Event {
        Event::close(self.pid, self.category, self.id, &self.name, micros(at))
    }
}

/// What lasts.
#[derive(Clone, Debug)]
pub struct Slices {
    ids: u64,
    /// Down or paused, by process: since when, and which.
    away: BTreeMap<NodeIx, (Instant, &'static str)>,
    states: BTreeMap<BrokerIx, (Instant, &'static str)>,
    roles: BTreeMap<(BrokerIx, PartitionIx), Open>,
    requests: BTreeMap<EntryId, Open>,
    refreshes: BTreeMap<ClientIx, Open>,
    under_way: BTreeMap<ClientIx, u64>,
    /// Clients that ask for no answers.
    unanswered: Vec<bool>,
}

impl Slices {
    /// Nothing has begun.
    pub fn new(spec: &Spec) -> Slices {
        Slices {
            ids: 0,
            away: BTreeMap::new(),
            states: BTreeMap::new(),
            roles: BTreeMap::new(),
            requests: BTreeMap::new(),
            refreshes: BTreeMap::new(),
            under_way: BTreeMap::new(),
            unanswered: spec.clients.iter().map(|c| c.acks() == Some(Acks::None)).collect(),
        }
    }

    /// A number for an asynchronous slice that no other has.
    pub fn next_id(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }

    /// What holds when a run starts: who leads what.
    pub fn start(&mut self, spec: &Spec, put: Put<'_>) {
        let names = Names(spec);
        for (ix, partition) in spec.partitions.iter().enumerate() {
            let exists = spec.topics[partition.topic.index()].exists;
            let Some(leader) = partition.leader.filter(|b| exists && spec.brokers[b.index()].up) else { continue };
            let name = format!("leads {}", names.partition(PartitionIx(ix as u32)));
            self.lead(Instant::ZERO, leader, PartitionIx(ix as u32), name, spec, put);
        }
    }

    /// Takes in a fact.
    pub fn see(&mut self, at: Instant, fact: &Fact, spec: &Spec, put: Put<'_>) {
        let names = Names(spec);
        match fact {
            Fact::ProcessEnded { node, .. } => {
                self.end_away(at, *node, put);
                self.away.insert(*node, (at, "down"));
                if let Some(broker) = spec.nodes[node.index()].broker {
                    self.end_state(at, broker, spec, put);
                    self.end_roles(at, broker, put);
                }
                put(Event::moment(pid(*node), LIFE, &sentence(spec, fact), micros(at), false));
            }
            Fact::ProcessStarted { node } | Fact::Resumed { node } => {
                self.end_away(at, *node, put);
                put(Event::moment(pid(*node), LIFE, &sentence(spec, fact), micros(at), false));
            }
            Fact::Paused { node } => {
                self.end_away(at, *node, put);
                self.away.insert(*node, (at, "paused"));
            }
            Fact::BrokerStateChanged { broker, state } => {
                self.end_state(at, *broker, spec, put);
                self.states.insert(*broker, (at, state_name(*state)));
            }
            Fact::LeaderRoleTaken { broker, partition, leader_epoch, .. } => {
                let name = format!("leads {} in epoch {leader_epoch}", names.partition(*partition));
                self.lead(at, *broker, *partition, name, spec, put);
            }
            Fact::FollowerRoleTaken { broker, partition, .. } | Fact::ReplicaDeleted { broker, partition } => {
                if let Some(open) = self.roles.remove(&(*broker, *partition)) {
                    put(open.close(at));
                }
            }
            Fact::EntrySent { client, broker, partition, entry, attempt, .. } => {
                let name = format!("{} to {}", names.partition(*partition), names.broker(*broker));
                let open = self.open(spec.clients[client.index()].node, "request", name);
                let details = json!({ "entry": entry, "attempt": attempt });
                put(Event::open(open.pid, open.category, open.id, &open.name, micros(at)).args(details));
                self.requests.insert(*entry, open);
                self.count(at, *client, 1, spec, put);
            }
            Fact::EntryTaken { client, entry, .. } if self.unanswered[client.index()] => {
                self.end_request(at, *client, *entry, None, spec, put)
            }
            Fact::EntryReturned { client, entry, error, .. } => self.end_request(at, *client, *entry, Some(error.name()), spec, put),
            Fact::EntryUnreachable { client, entry, .. } => self.end_request(at, *client, *entry, Some("unreachable"), spec, put),
            Fact::Refreshed { client, what: Refresh::Sent(broker) } => {
                self.end_refresh(at, *client, put);
                let open = self.open(spec.clients[client.index()].node, "refresh", format!("metadata from {}", names.broker(*broker)));
                put(Event::open(open.pid, open.category, open.id, &open.name, micros(at)));
                self.refreshes.insert(*client, open);
            }
            Fact::Refreshed { client, what: Refresh::Answered(..) | Refresh::Failed } => self.end_refresh(at, *client, put),
            Fact::BeliefChanged { client, .. } => {
                put(Event::moment(pid(spec.clients[client.index()].node), LIFE, &sentence(spec, fact), micros(at), false));
            }
            Fact::PartitionCommitted { leader, old_leader, .. } if leader != old_leader => self.at_controller(at, fact, spec, put),
            Fact::SessionExpired { .. } => self.at_controller(at, fact, spec, put),
            Fact::ControllerActive { voter, .. } | Fact::ControllerResigned { voter, .. } => {
                put(Event::moment(pid(spec.voters[voter.index()].node), LIFE, &sentence(spec, fact), micros(at), false));
            }
            Fact::FaultApplied { text } | Fact::NetworkChanged { text } => put(Event::moment(1, LIFE, text, micros(at), true)),
            // Too many, or without length.
            Fact::TopicCommitted { .. }
            | Fact::TopicRemoved { .. }
            | Fact::PartitionCommitted { .. }
            | Fact::BrokerCommitted { .. }
            | Fact::CandidateRaised { .. }
            | Fact::Voted { .. }
            | Fact::LinkLost { .. }
            | Fact::HeartbeatGivenUp { .. }
            | Fact::RegistrationRefused { .. }
            | Fact::AdminDone { .. }
            | Fact::LinksCut { .. }
            | Fact::LinksHealed { .. }
            | Fact::ImageApplied { .. }
            | Fact::HighWatermarkMoved { .. }
            | Fact::Appended { .. }
            | Fact::Replicated { .. }
            | Fact::Truncated { .. }
            | Fact::UnflushedLost { .. }
            | Fact::IsrProposed { .. }
            | Fact::IsrAnswered { .. }
            | Fact::ReplicaFetchError { .. }
            | Fact::RequestServed { .. }
            | Fact::ConnectionOpening { .. }
            | Fact::ConnectionReady { .. }
            | Fact::ConnectionLost { .. }
            | Fact::Refreshed { .. }
            | Fact::RecordCreated { .. }
            | Fact::RecordRepeats { .. }
            | Fact::RecordRebatched { .. }
            | Fact::EntryTaken { .. }
            | Fact::EntryAnswered { .. }
            | Fact::RecordDone { .. }
            | Fact::Delivered { .. }
            | Fact::Processed { .. }
            | Fact::PositionSet { .. }
            | Fact::Group { .. }
            | Fact::ReplicaChosen { .. }
            | Fact::GroupAppended { .. } => {}
        }
    }

    /// The run is over: all that is open ends.
    pub fn close(&mut self, at: Instant, put: Put<'_>) {
        for (node, (since, name)) in std::mem::take(&mut self.away) {
            put(Event::slice(pid(node), LIFE, "process", name, micros(since), micros(at)));
        }
        let (roles, requests, refreshes) =
            (std::mem::take(&mut self.roles), std::mem::take(&mut self.requests), std::mem::take(&mut self.refreshes));
        roles.values().chain(requests.values()).chain(refreshes.values()).for_each(|open| put(open.close(at)));
    }

    /// States are closed with the spec at hand, before [`Slices::close`].
    pub fn close_states(&mut self, at: Instant, spec: &Spec, put: Put<'_>) {
        let open: Vec<BrokerIx> = self.states.keys().copied().collect();
        open.into_iter().for_each(|broker| self.end_state(at, broker, spec, put));
    }

    fn open(&mut self, node: NodeIx, category: &'static str, name: String) -> Open {
        Open { pid: pid(node), category, id: self.next_id(), name }
    }

    fn lead(&mut self, at: Instant, broker: BrokerIx, partition: PartitionIx, name: String, spec: &Spec, put: Put<'_>) {
        if let Some(open) = self.roles.remove(&(broker, partition)) {
            put(open.close(at));
        }
        let open = self.open(spec.brokers[broker.index()].node, "role", name);
        put(Event::open(open.pid, open.category, open.id, &open.name, micros(at)));
        self.roles.insert((broker, partition), open);
    }

    fn end_roles(&mut self, at: Instant, broker: BrokerIx, put: Put<'_>) {
        let of: Vec<(BrokerIx, PartitionIx)> = self.roles.keys().filter(|(b, _)| *b == broker).copied().collect();
        of.into_iter().filter_map(|key| self.roles.remove(&key)).for_each(|open| put(open.close(at)));
    }

    fn end_away(&mut self, at: Instant, node: NodeIx, put: Put<'_>) {
        if let Some((since, name)) = self.away.remove(&node) {
            put(Event::slice(pid(node), LIFE, "process", name, micros(since), micros(at)));
        }
    }

    fn end_state(&mut self, at: Instant, broker: BrokerIx, spec: &Spec, put: Put<'_>) {
        if let Some((since, name)) = self.states.remove(&broker) {
            put(Event::slice(pid(spec.brokers[broker.index()].node), STATE, "state", name, micros(since), micros(at)));
        }
    }

    fn end_request(&mut self, at: Instant, client: ClientIx, entry: EntryId, how: Option<&str>, spec: &Spec, put: Put<'_>) {
        let Some(open) = self.requests.remove(&entry) else { return };
        put(open.close(at).args(json!({ "answer": how })));
        self.count(at, client, -1, spec, put);
    }

    fn end_refresh(&mut self, at: Instant, client: ClientIx, put: Put<'_>) {
        if let Some(open) = self.refreshes.remove(&client) {
            put(open.close(at));
        }
    }

    fn count(&mut self, at: Instant, client: ClientIx, more: i64, spec: &Spec, put: Put<'_>) {
        let n = self.under_way.entry(client).or_default();
        *n = n.saturating_add_signed(more);
        put(Event::counter(pid(spec.clients[client.index()].node), "requests under way", micros(at), *n));
    }

    fn at_controller(&self, at: Instant, fact: &Fact, spec: &Spec, put: Put<'_>) {
        let Some(voter) = spec.voters.iter().find(|v| v.leads) else { return };
        put(Event::moment(pid(voter.node), LIFE, &sentence(spec, fact), micros(at), false));
    }
}

const fn state_name(state: BrokerState) -> &'static str {
    match state {
        BrokerState::NotRunning => "not running",
        BrokerState::Starting => "starting",
        BrokerState::Recovery => "recovery",
        BrokerState::Running => "running",
        BrokerState::PendingControlledShutdown => "pending controlled shutdown",
        BrokerState::ShuttingDown => "shutting down",
    }
}
