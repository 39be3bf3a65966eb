//! The lanes of processes and partitions: who was what, since when.

use super::limits::IMAGES;
use super::record::{Broker, Controller, Leader, Micros, Span};
use crate::kafka::{BrokerIx, NodeIx, PartitionIx};
use crate::model::Spec;
use crate::observe::Fact;
use crate::observe::fact::BrokerState;
use crate::observe::names::{Names, shown};
use crate::observe::sentence::{in_state, why_name};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Begins a span, unless one is open.
fn begin(spans: &mut Vec<Span>, at: Micros) {
    if spans.last().is_none_or(|last| last.1.is_some()) {
        spans.push(Span(at, None));
    }
}

/// Ends the open span, if there is one.
fn end(spans: &mut [Span], at: Micros) {
    if let Some(last) = spans.last_mut() {
        last.1.get_or_insert(at);
    }
}

/// What is told of a process.
#[derive(Clone, Default)]
struct Process {
    down: Vec<Span>,
    paused: Vec<Span>,
    cut: Vec<Span>,
    /// Cuts that part it from somebody.
    cuts: u32,
}

/// What is told of a partition.
#[derive(Clone, Default)]
pub struct PartitionStory {
    /// Its leaders, in order.
    pub leaders: Vec<Leader>,
    /// When which broker took the role of leader.
    pub ready: Vec<(Micros, u32)>,
    /// How many replicas were in sync, and of how many.
    pub in_sync: Vec<(Micros, u32, u32)>,
}

/// All lanes but those of clients.
pub struct Lanes {
    processes: Vec<Process>,
    controllers: Vec<Controller>,
    brokers: Vec<Broker>,
    /// Which broker a process is.
    broker_of: Vec<Option<BrokerIx>>,
    images_left_out: Vec<usize>,
    /// All partitions.
    pub partitions: Vec<PartitionStory>,
    cuts: BTreeMap<u32, Vec<NodeIx>>,
}

impl Lanes {
    /// The lanes as a run finds them, at its first moment.
    pub fn new(spec: &Spec, from: Micros) -> Lanes {
        let broker = |b: &crate::model::spec::BrokerSpec| Broker {
            id: b.id,
            rack: b.rack.as_deref().map(shown),
            states: vec![(from, if b.up { "running" } else { "not running" }.to_owned())],
            ..Broker::default()
        };
        let mut lanes = Lanes {
            processes: vec![Process::default(); spec.nodes.len()],
            controllers: spec.voters.iter().map(|v| Controller { id: v.id, ..Controller::default() }).collect(),
            brokers: spec.brokers.iter().map(broker).collect(),
            broker_of: spec.nodes.iter().map(|node| node.broker).collect(),
            images_left_out: vec![0; spec.brokers.len()],
            partitions: vec![PartitionStory::default(); spec.partitions.len()],
            cuts: BTreeMap::new(),
        };
        for (i, partition) in spec.partitions.iter().enumerate().filter(|(_, p)| spec.topics[p.topic.index()].exists) {
            let story = &mut lanes.partitions[i];
            let broker = partition.leader.map(|b| b.0);
            story.leaders.push(Leader { at: from, broker, epoch: partition.leader_epoch.0, why: String::new() });
            story.ready.extend(broker.map(|broker| (from, broker)));
            story.in_sync.push((from, partition.isr.len() as u32, partition.replicas.len() as u32));
        }
        lanes
    }

    fn partition(&mut self, partition: PartitionIx) -> &mut PartitionStory {
        if self.partitions.len() <= partition.index() {
            self.partitions.resize_with(partition.index() + 1, PartitionStory::default);
        }
        &mut self.partitions[partition.index()]
    }

    fn process(&mut self, node: NodeIx) -> Option<&mut Process> {
        self.processes.get_mut(node.index())
    }

    /// Takes in what a fact says of processes, cuts, controllers, brokers and partitions.
    pub fn on_fact(&mut self, at: Micros, fact: &Fact) {
        if let Fact::ProcessStarted { node } = fact
            && let Some(process) = self.process(*node)
        {
            end(&mut process.down, at);
        }
        if let Fact::ProcessEnded { node, .. } = fact
            && let Some(process) = self.process(*node)
        {
            end(&mut process.paused, at);
            begin(&mut process.down, at);
        }
        if let Fact::Paused { node } = fact
            && let Some(process) = self.process(*node)
        {
            begin(&mut process.paused, at);
        }
        if let Fact::Resumed { node } = fact
            && let Some(process) = self.process(*node)
        {
            end(&mut process.paused, at);
        }
        if let Fact::LinksCut { cut, from, to, .. } = fact {
            // Who is cut off from all others is marked, and not also all others.
            let parted: Vec<NodeIx> = match from.len().cmp(&to.len()) {
                Ordering::Less => from.clone(),
                Ordering::Equal => from.iter().chain(to).copied().collect(),
                Ordering::Greater => to.clone(),
            };
            self.part(at, &parted, true);
            self.cuts.insert(*cut, parted);
        }
        if let Fact::LinksHealed { cut } = fact
            && let Some(parted) = self.cuts.remove(cut)
        {
            self.part(at, &parted, false);
        }
        self.controllers_and_brokers(at, fact);
        self.partitions(at, fact);
    }

    fn part(&mut self, at: Micros, parted: &[NodeIx], begins: bool) {
        for node in parted {
            let Some(process) = self.process(*node) else { continue };
            if begins {
                process.cuts += 1;
                begin(&mut process.cut, at);
            } else {
                process.cuts = process.cuts.saturating_sub(1);
                if process.cuts == 0 {
                    end(&mut process.cut, at);
                }
            }
        }
    }

    fn controllers_and_brokers(&mut self, at: Micros, fact: &Fact) {
        if let Fact::ControllerActive { voter, epoch } = fact {
            self.controllers[voter.index()].active.push((Span(at, None), epoch.0));
        }
        if let Fact::ControllerResigned { voter, .. } = fact
            && let Some((last, _)) = self.controllers[voter.index()].active.last_mut()
        {
            last.1.get_or_insert(at);
        }
        if let Fact::BrokerStateChanged { broker, state } = fact {
            self.broker_is(at, *broker, *state);
        }
        // Who is killed does not live to say so.
        if let Fact::ProcessEnded { node, .. } = fact
            && let Some(broker) = self.broker_of.get(node.index()).copied().flatten()
        {
            self.broker_is(at, broker, BrokerState::NotRunning);
        }
        if let Fact::BrokerCommitted { broker, fenced, .. } = fact {
            let spans = &mut self.brokers[broker.index()].fenced;
            if *fenced { begin(spans, at) } else { end(spans, at) }
        }
        if let Fact::ImageApplied { broker, offset } = fact {
            let images = &mut self.brokers[broker.index()].images;
            if images.len() < IMAGES / self.images_left_out.len().max(1) {
                images.push((at, offset.0));
            } else {
                self.images_left_out[broker.index()] += 1;
            }
        }
    }

    fn broker_is(&mut self, at: Micros, broker: BrokerIx, state: BrokerState) {
        let (states, state) = (&mut self.brokers[broker.index()].states, in_state(state));
        if states.last().is_none_or(|last| last.1 != state) {
            states.push((at, state.to_owned()));
        }
    }

    fn partitions(&mut self, at: Micros, fact: &Fact) {
        if let Fact::PartitionCommitted { partition, leader, leader_epoch, isr, replicas, why, .. } = fact {
            let story = self.partition(*partition);
            let broker = leader.map(|b| b.0);
            if story.leaders.last().is_none_or(|last| last.broker != broker) {
                story.leaders.push(Leader { at, broker, epoch: leader_epoch.0, why: why_name(*why).to_owned() });
            }
            let in_sync = (isr.len() as u32, replicas.len() as u32);
            if story.in_sync.last().is_none_or(|last| (last.1, last.2) != in_sync) {
                story.in_sync.push((at, in_sync.0, in_sync.1));
            }
        }
        if let Fact::TopicRemoved { partitions, .. } = fact {
            for partition in partitions {
                let story = self.partition(*partition);
                let epoch = story.leaders.last().map_or(0, |last| last.epoch);
                story.leaders.push(Leader { at, broker: None, epoch, why: "its topic was deleted".to_owned() });
            }
        }
        if let Fact::LeaderRoleTaken { broker, partition, .. } = fact {
            self.partition(*partition).ready.push((at, broker.0));
        }
    }

    /// The lanes of controllers and brokers, and the spans of clients' processes that were not there. A process that is down is no active controller.
    pub fn finish(&mut self, spec: &Spec, left_out: &mut Vec<String>) -> (Vec<Controller>, Vec<Broker>) {
        let (mut controllers, mut brokers) = (std::mem::take(&mut self.controllers), std::mem::take(&mut self.brokers));
        for (controller, voter) in controllers.iter_mut().zip(&spec.voters) {
            let process = &self.processes[voter.node.index()];
            (controller.down, controller.paused, controller.cut) = (process.down.clone(), process.paused.clone(), process.cut.clone());
            for (active, _) in &mut controller.active {
                let died = process.down.iter().map(|down| down.0).find(|died| *died >= active.0);
                active.1 = [active.1, died].into_iter().flatten().min();
            }
        }
        for (i, (broker, node)) in brokers.iter_mut().zip(&spec.brokers).enumerate() {
            let process = &self.processes[node.node.index()];
            (broker.paused, broker.cut) = (process.paused.clone(), process.cut.clone());
            if self.images_left_out[i] > 0 {
                // What is known up to some moment would be taken for what holds afterwards.
                broker.images.clear();
                left_out.push(format!(
                    "The steps of the metadata cache of {} are too many to be shown.",
                    Names(spec).broker(BrokerIx(i as u32))
                ));
            }
        }
        (controllers, brokers)
    }

    /// When a process was not there.
    pub fn down(&self, node: NodeIx) -> Vec<Span> {
        self.processes.get(node.index()).map_or_else(Vec::new, |process| process.down.clone())
    }
}
