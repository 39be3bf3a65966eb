//! Looks at a run, and says what is wrong with it: promises of the protocol always, and in the calm everything that must have healed.

mod clients;
mod patience;

use crate::engine::{Duration, Instant};
use crate::kafka::{BrokerIx, PartitionIx, TopicIx, VoterIx};
use crate::model::Spec;
use crate::model::client::profile::Library;
use crate::model::spec::NodeSpec;
use crate::observe::fact::{BrokerState, Why};
use crate::observe::{Fact, RunRecord};
use crate::world::World;
use clients::{Clients, Silent};
use std::collections::{BTreeMap, BTreeSet};

/// When all is well, a controller answers a proposal of an ISR sooner.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

/// What a complaint is about: a smaller scenario shows the same failure when it gives a complaint of the same kind.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// The scenario was refused.
    Refused,
    /// The simulator panicked.
    Panicked,
    /// The run took more events than it was allowed.
    TooManyEvents,
    /// A promise of the protocol was broken: the name of the check.
    Violated(String),
    /// No controller is active.
    NoController,
    /// A broker does not serve.
    NotServing,
    /// A partition has no leader.
    Leaderless,
    /// The ISR of a partition is not full.
    UnderReplicated,
    /// A reassignment is not finished.
    Reassigning,
    /// The controller has not answered a proposal of an ISR.
    IsrUnanswered,
    /// A request of a client has no answer, and the client has not given it up.
    InFlight,
    /// A record waits.
    Waiting,
    /// A record failed.
    Failed,
    /// A client is not served.
    Unserved,
}

/// Something that is wrong with a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Complaint {
    /// What it is about.
    pub kind: Kind,
    /// The rest in words.
    pub text: String,
}

impl Complaint {
    pub(super) fn new(kind: Kind, text: String) -> Complaint {
        Complaint { kind, text }
    }
}

/// The promises that a run broke.
pub(super) fn violated(record: &RunRecord) -> impl Iterator<Item = Complaint> + '_ {
    let text = |v: &crate::observe::record::Violation| format!("at {} ms {} violated: {}", v.at_ms, v.check, v.text);
    record.checks.violated.iter().map(move |v| Complaint::new(Kind::Violated(v.check.clone()), text(v)))
}

/// Whether more events than allowed are no wonder.
pub(super) use patience::is_busy;

fn read_by_hand(spec: &Spec) -> BTreeSet<TopicIx> {
    let java = spec.clients.iter().filter(|client| client.profile.library == Library::Java);
    let by_hand = java.filter_map(|client| client.consumption()).filter(|reads| reads.group.is_none());
    by_hand.flat_map(|reads| reads.topics.iter().copied()).collect()
}

/// Sees every fact of a run and says at any moment whether all is well.
pub(super) struct Witness {
    /// The last moment at which a process or a link changed, or something was asked of the cluster.
    disturbed: Instant,
    /// How long after that the cluster may take, or why it promises nothing.
    cluster_heals: Result<Duration, &'static str>,
    clients: Clients,
    nodes: Vec<NodeSpec>,
    removed: BTreeSet<TopicIx>,
    /// Partitions that had fewer replicas than an ISR needs.
    starved: BTreeSet<PartitionIx>,
    /// Partitions without a leader whose eligible leader replicas and last known leader the controller forgot.
    unremembered: BTreeSet<PartitionIx>,
    /// Those of them that nobody is in the ISR of either: only an unclean election gives them a leader.
    forgotten: BTreeSet<PartitionIx>,
    /// Topics whose partitions are assigned to a Java consumer by hand.
    read_by_hand: BTreeSet<TopicIx>,
    proposals: BTreeMap<(BrokerIx, PartitionIx), Instant>,
}

impl Witness {
    pub fn new(spec: &Spec) -> Witness {
        Witness {
            disturbed: Instant::ZERO,
            cluster_heals: patience::of_cluster(spec),
            clients: Clients::new(spec),
            nodes: spec.nodes.clone(),
            removed: BTreeSet::new(),
            starved: BTreeSet::new(),
            unremembered: BTreeSet::new(),
            forgotten: BTreeSet::new(),
            read_by_hand: read_by_hand(spec),
            proposals: BTreeMap::new(),
        }
    }

    /// A fact of the run.
    pub fn see(&mut self, at: Instant, fact: &Fact) {
        if self.is_disturbance(fact) {
            self.disturbed = at;
        }
        if let Fact::TopicRemoved { topic, .. } = fact {
            self.removed.insert(*topic);
        }
        if let Fact::PartitionCommitted { partition, isr, leader, why, .. } = fact {
            self.see_registration(*partition, isr.is_empty(), leader.is_some(), *why);
        }
        if let Fact::PartitionCommitted { .. } | Fact::BrokerCommitted { .. } | Fact::ControllerActive { .. } = fact {
            self.clients.unrest(at);
        }
        if let Fact::BrokerStateChanged { state: BrokerState::Running, .. } = fact {
            self.clients.served(at);
        }
        self.see_proposal(at, fact);
        self.clients.see(at, fact, self.disturbed);
        if let Fact::ProcessStarted { node } = fact
            && let Some(client) = self.nodes[node.index()].client
        {
            self.clients.started(client);
        }
    }

    /// Whether something is done to the cluster. What a fault did not do is no disturbance.
    fn is_disturbance(&self, fact: &Fact) -> bool {
        if let Fact::ProcessStarted { node } | Fact::ProcessEnded { node, .. } = fact {
            return self.nodes[node.index()].client.is_none();
        }
        if let Fact::FaultApplied { text } = fact {
            return !text.ends_with("did nothing") && !text.ends_with("nothing was done") && text != "network healed";
        }
        matches!(
            fact,
            Fact::Paused { .. } | Fact::Resumed { .. } | Fact::LinksCut { .. } | Fact::LinksHealed { .. } | Fact::AdminDone { .. }
        )
    }

    fn see_registration(&mut self, partition: PartitionIx, empty: bool, led: bool, why: Why) {
        if led {
            self.unremembered.remove(&partition);
        } else if why == Why::ElrCleared {
            self.unremembered.insert(partition);
        }
        if empty && self.unremembered.contains(&partition) {
            self.forgotten.insert(partition);
        }
    }

    fn see_proposal(&mut self, at: Instant, fact: &Fact) {
        if let Fact::IsrProposed { broker, partition, .. } = fact {
            self.proposals.insert((*broker, *partition), at);
        }
        // What is committed reaches the leader by metadata, and ends its proposal although nobody may answer it (`Partition.makeLeader`).
        if let Fact::PartitionCommitted { partition, .. } = fact {
            self.proposals.retain(|(_, of), _| of != partition);
        }
        // A leader that is deposed or gone waits for nothing.
        if let Fact::IsrAnswered { broker, partition, .. }
        | Fact::LeaderRoleTaken { broker, partition, .. }
        | Fact::FollowerRoleTaken { broker, partition, .. }
        | Fact::ReplicaDeleted { broker, partition } = fact
        {
            self.proposals.remove(&(*broker, *partition));
        }
        let Fact::ProcessEnded { node, .. } = fact else { return };
        if let Some(broker) = self.nodes[node.index()].broker {
            self.proposals.retain(|(of, _), _| *of != broker);
        }
        if let Some(client) = self.nodes[node.index()].client {
            self.clients.ended(client);
        }
    }

    /// When all must be well at the latest; none when nothing is promised.
    pub fn deadline(&self) -> Option<Instant> {
        let heals = self.cluster_heals.ok()?;
        Some(self.disturbed + heals + self.clients.patience())
    }

    /// Why some of what must heal in the calm is not judged in this run.
    pub fn unjudged(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.cluster_heals.err().into_iter().chain(self.clients.unjudged())
    }

    /// Whether the settings promise that the cluster heals.
    pub fn is_promised(&self) -> bool {
        self.cluster_heals.is_ok()
    }

    /// Whether a consumer may ask without pause for what nobody will lead again: a fetch that is refused is followed by the next one at once, as
    /// long as metadata names no leader (`SubscriptionState.maybeValidatePositionForCurrentLeader`). A deleted topic that was assigned to a Java
    /// consumer by hand stays assigned, and its position goes on naming the old leader.
    pub fn may_be_flooded(&self) -> bool {
        !self.forgotten.is_empty() || !self.removed.is_disjoint(&self.read_by_hand)
    }

    /// Since when nothing has been done to the cluster.
    pub fn calm_since(&self) -> Instant {
        self.disturbed
    }

    /// Everything that must have healed and has not.
    pub fn complaints(&mut self, world: &World) -> Vec<Complaint> {
        self.look_at_registrations(world);
        if self.cluster_heals.is_err() {
            return Vec::new();
        }
        self.look_at_replicas(world);
        let mut wrong = Vec::new();
        processes(world, &mut wrong);
        self.partitions(world, &mut wrong);
        let now = world.now();
        if let Some(((broker, partition), since)) = self.proposals.iter().find(|(_, since)| **since + ANSWERED_WITHIN < now) {
            let text = format!("broker {broker} has waited for an answer to its ISR of {partition:?} since {since:?}");
            wrong.push(Complaint::new(Kind::IsrUnanswered, text));
        }
        self.clients.complaints(world, &self.silent(), self.disturbed, &mut wrong);
        wrong
    }

    /// Whether nothing is left of what was done: nothing is wrong, and nobody has anything in hand from before.
    pub fn is_well(&mut self, world: &World) -> bool {
        self.complaints(world).is_empty() && !self.clients.are_behind(world.spec(), &self.silent(), self.disturbed)
    }

    fn silent(&self) -> Silent<'_> {
        Silent { removed: &self.removed, starved: &self.starved }
    }

    /// A machine delivers what a process had written to a connection after its end too. When a registration of the process before comes after
    /// that of the present one, whose broker is fenced yet, the controller takes it, and every heartbeat is refused with STALE_BROKER_EPOCH from
    /// then on: the broker never registers again (`ClusterControlManager.registerBroker`, `BrokerLifecycleManager.BrokerHeartbeatResponseEvent`).
    fn look_at_registrations(&mut self, world: &World) {
        let brokers = (0..world.spec().brokers.len() as u32).map(BrokerIx);
        let supplanted = |b: BrokerIx| {
            let registered = world.history().broker(b, world.history().last());
            let (present, epoch) = (world.broker(b).incarnation(), world.broker(b).epoch());
            epoch.is_some() && registered.is_some_and(|r| present.is_some_and(|present| r.incarnation != present))
        };
        if self.cluster_heals.is_ok() && brokers.into_iter().any(supplanted) {
            self.cluster_heals = Err("a registration of a process that had ended came after that of the next one");
        }
    }

    /// Which partitions have fewer replicas than an ISR needs, or nobody who may lead: they promise nothing.
    fn look_at_replicas(&mut self, world: &World) {
        let (spec, history) = (world.spec(), world.history());
        self.starved.extend(&self.forgotten);
        for partition in (0..spec.partitions.len() as u32).map(PartitionIx) {
            let topic = spec.partitions[partition.index()].topic;
            let Some(registration) = history.partition(partition, history.last()) else { continue };
            let now = history.topic(topic, history.last()).map_or(0, |t| t.config.min_insync_replicas);
            let least = now.max(spec.topics[topic.index()].config.min_insync_replicas) as usize;
            if registration.replicas.len() - registration.adding.len() < least {
                self.starved.insert(partition);
            }
        }
    }

    fn partitions(&self, world: &World, wrong: &mut Vec<Complaint>) {
        let (spec, history) = (world.spec(), world.history());
        for partition in (0..spec.partitions.len() as u32).map(PartitionIx) {
            let exists = history.topic(spec.partitions[partition.index()].topic, history.last()).is_some();
            let Some(registration) = history.partition(partition, history.last()).filter(|_| exists) else { continue };
            let name = spec.partition_name(partition);
            let starved = self.starved.contains(&partition);
            if registration.leader.is_none() && !starved {
                wrong.push(Complaint::new(Kind::Leaderless, format!("{name} has no leader: {registration:?}")));
            }
            if registration.isr.len() + registration.adding.len() < registration.replicas.len() && !starved {
                wrong.push(Complaint::new(Kind::UnderReplicated, format!("{name} has not its full ISR: {registration:?}")));
            }
            if !registration.adding.is_empty() || !registration.removing.is_empty() {
                wrong.push(Complaint::new(Kind::Reassigning, format!("{name} is still reassigned: {registration:?}")));
            }
        }
    }
}

fn processes(world: &World, wrong: &mut Vec<Complaint>) {
    let spec = world.spec();
    let active: Vec<VoterIx> = (0..spec.voters.len() as u32)
        .map(VoterIx)
        .filter(|v| world.is_up(spec.voters[v.index()].node) && world.controller(*v).is_active())
        .collect();
    if active.len() != 1 {
        wrong.push(Complaint::new(Kind::NoController, format!("the active controllers are {active:?}")));
    }
    for (i, broker) in spec.brokers.iter().enumerate() {
        let ix = BrokerIx(i as u32);
        if !world.is_serving(ix) {
            let state = world.broker(ix).state();
            wrong.push(Complaint::new(Kind::NotServing, format!("broker {} does not serve, its state is {state:?}", broker.id)));
        }
    }
}
