//! Faults: what happens to a cluster from outside, as lines of text and as a timeline that pushes on the world.

mod action;
mod admin;
mod disk_and_pause;
mod grammar;
mod known;
mod network;
mod placement;
mod process;
mod random;
mod reader;
mod roll;

pub use action::{Action, Fault, Group, How, Kind, Pace, Partition, Random, Target};
pub use grammar::{MOST_RANDOM, parse};
pub use known::{Known, closest};
pub use placement::assign;
pub use reader::Mistake;

use crate::engine::{Chance, Duration, Instant};
use crate::kafka::NodeIx;
use crate::model::Spec;
use crate::world::{CutId, World};
use roll::Roll;
use std::collections::BTreeMap;

/// The faults of a run on their timeline.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    agenda: Agenda,
    cuts: Vec<CutId>,
}

/// Something to be done at a moment.
#[derive(Clone, Debug)]
enum Job {
    Act(Action),
    Start(NodeIx),
    StartOnceEnded(NodeIx, Duration),
    Resume(NodeIx),
    Roll(Roll),
    NormalSpeed(NodeIx),
    NormalDisk(NodeIx),
    Heal(CutId),
}

/// Jobs by moment; those of one moment in the order in which they were put there.
#[derive(Clone, Debug, Default)]
struct Agenda {
    jobs: BTreeMap<(Instant, u64), Job>,
    pushed: u64,
}

impl Agenda {
    fn push(&mut self, at: Instant, job: Job) {
        self.jobs.insert((at, self.pushed), job);
        self.pushed += 1;
    }

    /// Takes the next job that is due at `now`.
    fn pop(&mut self, now: Instant) -> Option<Job> {
        let first = self.jobs.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }
}

impl Plan {
    /// Lays `faults` on the timeline of a run that counts for `duration` after `count_from`; random ones are drawn from `seed`.
    pub fn new(faults: &[Fault], seed: u64, count_from: Duration, duration: Duration, spec: &Spec) -> Plan {
        let mut plan = Plan::default();
        let origin = Instant::ZERO + count_from;
        let brokers: Vec<u32> = spec.brokers.iter().map(|b| b.id).collect();
        let controllers: Vec<u32> = spec.voters.iter().map(|v| v.id).collect();
        let mut alike = BTreeMap::new();
        for fault in faults {
            match fault {
                Fault::At(at, action) => plan.agenda.push(origin + *at, Job::Act(action.clone())),
                Fault::Random(random) => {
                    let ids = if random.controllers { &controllers } else { &brokers };
                    let nth: &mut u64 = alike.entry(random.subject()).or_default();
                    for (at, action) in random::draw(random, *nth, Chance::new(seed), ids, duration) {
                        plan.agenda.push(origin + at, Job::Act(action));
                    }
                    *nth += 1;
                }
            }
        }
        plan
    }

    /// The moment of the next fault, if there is one left.
    pub fn next_at(&self) -> Option<Instant> {
        self.agenda.jobs.keys().next().map(|(at, _)| *at)
    }

    /// What is still to be done, by moment.
    pub fn actions(&self) -> impl Iterator<Item = (Instant, &Action)> {
        self.agenda.jobs.iter().filter_map(|((at, _), job)| match job {
            Job::Act(action) => Some((*at, action)),
            Job::Start(_)
            | Job::StartOnceEnded(..)
            | Job::Resume(_)
            | Job::Roll(_)
            | Job::NormalSpeed(_)
            | Job::NormalDisk(_)
            | Job::Heal(_) => None,
        })
    }

    /// Whether nothing that was begun goes on: nobody is to come back or to be restarted, and nothing is cut or slow for a while.
    pub fn is_at_rest(&self) -> bool {
        self.cuts.is_empty() && self.actions().count() == self.agenda.jobs.len()
    }

    /// Whether faults are planned for this moment.
    pub fn has(&self, at: Instant) -> bool {
        self.agenda.jobs.range((at, 0)..).next().is_some_and(|((first, _), _)| *first == at)
    }

    /// Takes the faults of a moment from the timeline.
    pub fn leave_out(&mut self, at: Instant) {
        self.agenda.jobs.retain(|(when, _), _| *when != at);
    }

    /// Puts one more fault on the timeline.
    pub fn add(&mut self, at: Instant, action: Action) {
        self.agenda.push(at, Job::Act(action));
    }

    /// Applies every fault that is due at `at`, where `world` must stand.
    pub fn act(&mut self, at: Instant, world: &mut World) {
        while let Some(job) = self.agenda.pop(at) {
            self.perform(job, at, world);
        }
    }

    fn perform(&mut self, job: Job, at: Instant, world: &mut World) {
        match job {
            Job::Act(action) => self.apply(action, at, world),
            Job::Start(node) => process::start(node, world),
            Job::StartOnceEnded(node, down) => process::start_once_ended(node, down, at, world, &mut self.agenda),
            Job::Resume(node) => disk_and_pause::resume(node, world),
            Job::Roll(roll) => process::go_on_rolling(roll, at, world, &mut self.agenda),
            Job::NormalSpeed(node) => disk_and_pause::slow(node, 1.0, world),
            Job::NormalDisk(node) => disk_and_pause::slow_disk(node, 1.0, world),
            Job::Heal(cut) => network::heal(cut, &mut self.cuts, world),
        }
    }

    fn apply(&mut self, action: Action, at: Instant, world: &mut World) {
        let agenda = &mut self.agenda;
        match action {
            Action::Take { how, target, back } => with(target, world, |n, w| process::take(how, n, back, at, w, agenda)),
            Action::Restart { target, down } => with(target, world, |n, w| process::take(How::Stop, n, Some(down), at, w, agenda)),
            Action::Start(target) => with(target, world, process::start),
            Action::Resume(target) => with(target, world, disk_and_pause::resume),
            Action::Rolling { brokers, pace, down, controllers_last } => {
                let roll = Roll::new(process::order(&brokers, controllers_last, world), pace, down);
                world.note_fault("rolling restart began".to_owned());
                process::go_on_rolling(roll, at, world, agenda);
            }
            Action::Flap { target, every, down, times } => {
                if times > 1 {
                    agenda.push(at + every, Job::Act(Action::Flap { target, every, down, times: times - 1 }));
                }
                with(target, world, |n, w| process::take(How::Kill, n, Some(down), at, w, agenda));
            }
            Action::Slow { target, factor, lasting } => with(target, world, |n, w| {
                disk_and_pause::slow(n, factor, w);
                lasting.into_iter().for_each(|d| agenda.push(at + d, Job::NormalSpeed(n)));
            }),
            Action::SlowDisk { target, factor, lasting } => with(target, world, |n, w| {
                disk_and_pause::slow_disk(n, factor, w);
                lasting.into_iter().for_each(|d| agenda.push(at + d, Job::NormalDisk(n)));
            }),
            Action::Cut { from, to, one_way, lasting } => {
                let cut = network::cut(&from, &to, one_way, &mut self.cuts, world);
                if let (Some(cut), Some(lasting)) = (cut, lasting) {
                    agenda.push(at + lasting, Job::Heal(cut));
                }
            }
            Action::Heal => network::heal_all(&mut self.cuts, world),
            Action::Elect { unclean, partitions } => admin::elect(unclean, &partitions, world),
            Action::Reassign(moves) => admin::reassign(&moves, world),
            Action::CancelReassignment(partitions) => admin::cancel_reassignment(&partitions, world),
            Action::Configure { topic, settings } => admin::configure(&topic, &settings, world),
            Action::CreateTopic { topic, partitions, replication_factor } => {
                admin::create_topic(&topic, partitions, replication_factor, world);
            }
            Action::AddPartitions { topic, up_to } => admin::add_partitions(&topic, up_to, world),
            Action::DeleteTopic(topic) => admin::delete_topic(&topic, world),
        }
    }
}

/// Does something to the process that `target` is at this moment.
fn with(target: Target, world: &mut World, then: impl FnOnce(NodeIx, &mut World)) {
    match find(target, world) {
        Some(node) => then(node, world),
        None => world.note_fault(format!("no {target} at this moment, nothing was done")),
    }
}

fn find(target: Target, world: &World) -> Option<NodeIx> {
    let spec = world.spec();
    match target {
        Target::Broker(id) => spec.brokers.iter().find(|b| b.id == id).map(|b| b.node),
        Target::Controller(id) => spec.voters.iter().find(|v| v.id == id).map(|v| v.node),
        Target::ControllerLeader => world.active_controller().map(|v| spec.voters[v.index()].node),
    }
}

fn name(node: NodeIx, world: &World) -> String {
    world.spec().nodes[node.index()].name.clone()
}
