//! Coverage: what of the model a run, or many, have reached, and what none has.

use super::features::Features;
use super::names;
use crate::kafka::{BrokerIx, ErrorCode, PartitionIx, Release};
use crate::model::Spec;
use crate::observe::fact::BrokerState;
use crate::observe::{Fact, RunRecord};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// What is covered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Dimension {
    /// Kinds of facts.
    Facts,
    /// Error codes, by whom they were answered to.
    Errors,
    /// Why the controller changed partitions.
    Whys,
    /// Steps of a broker from state to state.
    BrokerSteps,
    /// Steps of a replica from role to role.
    RoleSteps,
    /// Endings of processes.
    Endings,
    /// How clients learnt of leaders.
    Told,
    /// Steps of metadata refreshes.
    Refreshes,
    /// How requests and connections came to nothing.
    Unreachable,
    /// Why positions of consumers were set.
    Positions,
    /// What happened in groups.
    Groups,
    /// What became of stale requests.
    Outcomes,
    /// Why requests were stale.
    Causes,
    /// Kafka releases.
    Releases,
    /// Client libraries.
    Libraries,
    /// Features of the swarm.
    Features,
    /// Why what must heal in the calm was not judged.
    Unjudged,
}

impl Dimension {
    /// All of them.
    pub const ALL: [Dimension; 17] = [
        Dimension::Facts,
        Dimension::Errors,
        Dimension::Whys,
        Dimension::BrokerSteps,
        Dimension::RoleSteps,
        Dimension::Endings,
        Dimension::Told,
        Dimension::Refreshes,
        Dimension::Unreachable,
        Dimension::Positions,
        Dimension::Groups,
        Dimension::Outcomes,
        Dimension::Causes,
        Dimension::Releases,
        Dimension::Libraries,
        Dimension::Features,
        Dimension::Unjudged,
    ];

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Dimension::Facts => "facts",
            Dimension::Errors => "error codes",
            Dimension::Whys => "reasons for partition changes",
            Dimension::BrokerSteps => "broker state transitions",
            Dimension::RoleSteps => "replica role transitions",
            Dimension::Endings => "endings of processes",
            Dimension::Told => "ways to learn of a leader",
            Dimension::Refreshes => "steps of metadata refreshes",
            Dimension::Unreachable => "ways to reach nobody",
            Dimension::Positions => "reasons for consumer positions",
            Dimension::Groups => "group events",
            Dimension::Outcomes => "outcomes of stale requests",
            Dimension::Causes => "causes of stale requests",
            Dimension::Releases => "Kafka releases",
            Dimension::Libraries => "client libraries",
            Dimension::Features => "features",
            Dimension::Unjudged => "premises that settings broke",
        }
    }

    /// All that there is, as far as it is known beforehand.
    fn whole(self) -> Vec<&'static str> {
        match self {
            Dimension::Facts => names::FACTS.to_vec(),
            Dimension::Errors => ErrorCode::all().map(ErrorCode::name).collect(),
            Dimension::Whys => names::WHYS.to_vec(),
            Dimension::Endings => names::ENDINGS.to_vec(),
            Dimension::Told => names::TOLDS.to_vec(),
            Dimension::Refreshes => names::REFRESHES.to_vec(),
            Dimension::Unreachable => names::UNREACHABLES.to_vec(),
            Dimension::Positions => names::POSITIONS.to_vec(),
            Dimension::Groups => names::GROUPS.to_vec(),
            Dimension::Causes => names::CAUSES.map(|cause| cause.name()).to_vec(),
            Dimension::Releases => Release::ALL.map(Release::name).to_vec(),
            Dimension::Libraries => names::libraries().collect(),
            Dimension::Features => Features::all().collect(),
            Dimension::BrokerSteps | Dimension::RoleSteps | Dimension::Outcomes | Dimension::Unjudged => Vec::new(),
        }
    }
}

/// What no run can show, and why.
const BEYOND: [(Dimension, &str, &str); 9] = [
    (Dimension::Facts, "NetworkChanged", "nothing in the model notes it"),
    (Dimension::Errors, "REPLICA_NOT_AVAILABLE", "no broker of the model answers it"),
    (Dimension::Errors, "DUPLICATE_SEQUENCE_NUMBER", "no broker of the model answers it"),
    (Dimension::Errors, "KAFKA_STORAGE_ERROR", "no broker of the model answers it"),
    (Dimension::Errors, "UNKNOWN_PRODUCER_ID", "no broker of the model answers it"),
    (Dimension::Errors, "INVALID_FETCH_SESSION_EPOCH", "no broker of the model answers it"),
    (Dimension::Errors, "INCONSISTENT_TOPIC_ID", "no broker of the model answers it"),
    (Dimension::Errors, "MEMBER_ID_REQUIRED", "no fact tells of answers to JoinGroup"),
    (Dimension::Errors, "INVALID_SESSION_TIMEOUT", "no fact tells of answers to JoinGroup"),
];

/// In how many runs what was seen.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Coverage(BTreeMap<Dimension, BTreeMap<Cow<'static, str>, u64>>);

impl Coverage {
    /// Adds what other runs have seen.
    pub fn add(&mut self, other: &Coverage) {
        for (dimension, seen) in &other.0 {
            let all = self.0.entry(*dimension).or_default();
            for (name, runs) in seen {
                *all.entry(name.clone()).or_default() += runs;
            }
        }
    }

    /// What was seen, and in how many runs.
    pub fn reached(&self, dimension: Dimension) -> impl Iterator<Item = (&str, u64)> {
        self.0.get(&dimension).into_iter().flatten().map(|(name, runs)| (name.as_ref(), *runs))
    }

    /// What no run can show, and why.
    pub fn beyond(dimension: Dimension) -> impl Iterator<Item = (&'static str, &'static str)> {
        BEYOND.into_iter().filter(move |(of, ..)| *of == dimension).map(|(_, name, why)| (name, why))
    }

    /// What there is, could be seen, and no run has seen. An error counts as seen by its name, whoever got it.
    pub fn never(&self, dimension: Dimension) -> Vec<&'static str> {
        let reached: BTreeSet<&str> = self.reached(dimension).map(|(name, _)| name.rsplit(' ').next().unwrap_or(name)).collect();
        let whole: BTreeSet<&str> = self.reached(dimension).map(|(name, _)| name).collect();
        let is_seen = |name: &&str| whole.contains(name) || dimension == Dimension::Errors && reached.contains(name);
        let is_beyond = |name: &&str| Coverage::beyond(dimension).any(|(beyond, _)| beyond == *name);
        dimension.whole().into_iter().filter(|name| !is_seen(name) && !is_beyond(name)).collect()
    }

    pub(super) fn see(&mut self, dimension: Dimension, name: impl Into<Cow<'static, str>>) {
        self.0.entry(dimension).or_default().insert(name.into(), 1);
    }
}

/// The role that a replica had last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Leader,
    Follower,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Role::Leader => "leader",
            Role::Follower => "follower",
        }
    }
}

/// Sees every fact of a run and notes what it covers.
pub(super) struct Eye {
    names: BTreeSet<(Dimension, &'static str)>,
    errors: BTreeSet<(&'static str, ErrorCode)>,
    states: Vec<BrokerState>,
    steps: BTreeSet<(BrokerState, BrokerState)>,
    roles: BTreeMap<(u32, PartitionIx), Role>,
    role_steps: BTreeSet<(&'static str, &'static str)>,
    consumers: Vec<bool>,
    broker_of: Vec<Option<BrokerIx>>,
    last: &'static str,
}

impl Eye {
    pub fn new(spec: &Spec) -> Eye {
        let mut eye = Eye {
            names: BTreeSet::new(),
            errors: BTreeSet::new(),
            states: spec.brokers.iter().map(|b| if b.up { BrokerState::Running } else { BrokerState::NotRunning }).collect(),
            steps: BTreeSet::new(),
            roles: BTreeMap::new(),
            role_steps: BTreeSet::new(),
            consumers: spec.clients.iter().map(|c| c.consumption().is_some()).collect(),
            broker_of: spec.nodes.iter().map(|node| node.broker).collect(),
            last: "",
        };
        for (i, partition) in spec.partitions.iter().enumerate() {
            for broker in partition.replicas.iter().filter(|b| spec.brokers[b.index()].up) {
                let role = if partition.leader == Some(*broker) { Role::Leader } else { Role::Follower };
                eye.roles.insert((broker.0, PartitionIx(i as u32)), role);
            }
        }
        eye.names.insert((Dimension::Releases, spec.release.name()));
        eye.names.extend(spec.clients.iter().map(|client| (Dimension::Libraries, client.profile.library.names().0)));
        eye
    }

    /// A fact of the run.
    pub fn see(&mut self, fact: &Fact) {
        let name = names::fact(fact);
        // Facts of one kind come in rows.
        if name != self.last {
            self.names.insert((Dimension::Facts, name));
            self.last = name;
        }
        self.see_reason(fact);
        self.see_error(fact);
        self.see_step(fact);
    }

    fn see_reason(&mut self, fact: &Fact) {
        let seen = match fact {
            Fact::PartitionCommitted { why, .. } => (Dimension::Whys, names::why(why)),
            Fact::ProcessEnded { how, .. } => (Dimension::Endings, names::ending(how)),
            Fact::BeliefChanged { told, .. } => (Dimension::Told, names::told(told)),
            Fact::Refreshed { what, .. } => (Dimension::Refreshes, names::refresh(what)),
            Fact::EntryUnreachable { how, .. } | Fact::ConnectionLost { how, .. } => (Dimension::Unreachable, names::unreachable(how)),
            Fact::PositionSet { why, .. } => (Dimension::Positions, names::position(why)),
            Fact::Group { what, .. } => (Dimension::Groups, names::group(what)),
            _ => return,
        };
        self.names.insert(seen);
    }

    fn see_error(&mut self, fact: &Fact) {
        let (whose, error) = match fact {
            Fact::EntryReturned { client, error, .. } => (if self.consumers[client.index()] { "Fetch" } else { "Produce" }, *error),
            Fact::RecordDone { error, .. } => ("Record", *error),
            Fact::IsrAnswered { error, .. } => ("AlterPartition", *error),
            Fact::ReplicaFetchError { error, .. } => ("ReplicaFetch", *error),
            Fact::RegistrationRefused { error, .. } => ("BrokerRegistration", *error),
            Fact::AdminDone { error, .. } => ("Admin", *error),
            Fact::Group { what: crate::observe::fact::GroupFact::CommitRefused { error, .. }, .. } => ("OffsetCommit", *error),
            _ => return,
        };
        self.errors.insert((whose, error));
    }

    fn see_step(&mut self, fact: &Fact) {
        match fact {
            Fact::BrokerStateChanged { broker, state } => self.state(*broker, *state),
            Fact::ProcessEnded { node, .. } => {
                if let Some(broker) = self.broker_of[node.index()] {
                    self.state(broker, BrokerState::NotRunning);
                }
            }
            Fact::LeaderRoleTaken { broker, partition, .. } => self.role(broker.0, *partition, Some(Role::Leader)),
            Fact::FollowerRoleTaken { broker, partition, .. } => self.role(broker.0, *partition, Some(Role::Follower)),
            Fact::ReplicaDeleted { broker, partition } => self.role(broker.0, *partition, None),
            _ => {}
        }
    }

    fn state(&mut self, broker: BrokerIx, state: BrokerState) {
        let before = std::mem::replace(&mut self.states[broker.index()], state);
        if before != state {
            self.steps.insert((before, state));
        }
    }

    fn role(&mut self, broker: u32, partition: PartitionIx, role: Option<Role>) {
        let before = match role {
            Some(role) => self.roles.insert((broker, partition), role),
            None => self.roles.remove(&(broker, partition)),
        };
        self.role_steps.insert((before.map_or("none", Role::name), role.map_or("none", Role::name)));
    }

    /// What the run covered.
    pub fn coverage(&self, record: &RunRecord) -> Coverage {
        let mut coverage = Coverage::default();
        self.names.iter().for_each(|(dimension, name)| coverage.see(*dimension, *name));
        self.errors.iter().for_each(|(whose, error)| coverage.see(Dimension::Errors, format!("{whose} {}", error.name())));
        for (from, to) in &self.steps {
            coverage.see(Dimension::BrokerSteps, format!("{} → {}", names::state(*from), names::state(*to)));
        }
        self.role_steps.iter().for_each(|(from, to)| coverage.see(Dimension::RoleSteps, format!("{from} → {to}")));
        let requests = &record.total.requests;
        requests.stale_by_outcome.keys().for_each(|name| coverage.see(Dimension::Outcomes, name.clone()));
        requests.stale_by_cause.keys().for_each(|name| coverage.see(Dimension::Causes, name.clone()));
        coverage
    }
}
