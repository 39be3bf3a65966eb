//! Draws the storm: what happens to a cluster before the calm.

use super::super::case::Cluster;
use super::super::dice::Dice;
use super::super::features::{Feature, Features};
use crate::engine::Duration;
use crate::fault::{Action, Fault, Group, How, Kind, Pace, Random, Target};
use std::collections::BTreeMap;

/// Draws one fault at a moment of the storm.
type Draw = fn(&mut Storm<'_>, Duration, &mut Dice) -> Action;

/// The features that are faults, but for random plans.
const FAULTS: [(Feature, Draw); 18] = [
    (Feature::Kill, |storm, _, dice| storm.take(How::Kill, dice)),
    (Feature::Stop, |storm, _, dice| storm.take(How::Stop, dice)),
    (Feature::PowerOff, |storm, _, dice| storm.take(How::PowerOff, dice)),
    (Feature::Pause, |storm, _, dice| storm.take(How::Pause, dice)),
    (Feature::Restart, |storm, _, dice| Action::Restart { target: storm.process(dice), down: dice.time_between(100, 15_000) }),
    (Feature::Flap, |storm, at, dice| storm.flap(at, dice)),
    (Feature::Rolling, |storm, _, dice| storm.rolling(dice)),
    (Feature::Slow, |storm, at, dice| storm.slow(at, dice)),
    (Feature::SlowDisk, |storm, at, dice| storm.slow_disk(at, dice)),
    (Feature::Cut, |storm, _, dice| storm.cut(false, dice)),
    (Feature::OneWay, |storm, _, dice| storm.cut(true, dice)),
    (Feature::Heal, |_, _, _| Action::Heal),
    (Feature::Elect, |storm, _, dice| storm.elect(dice)),
    (Feature::Reassign, |storm, _, dice| storm.reassign(dice)),
    (Feature::Configure, |storm, _, dice| storm.configure(dice)),
    (Feature::CreateTopic, |storm, at, dice| storm.create(at, dice)),
    (Feature::DeleteTopic, |storm, _, dice| Action::DeleteTopic(storm.topic(dice))),
    (Feature::Grow, |storm, _, dice| storm.grow(dice)),
];
/// Partitions that a created topic has, and that are added to one.
const NEW_PARTITIONS: u64 = 3;

/// What the draws of faults need to know.
struct Storm<'a> {
    cluster: &'a Cluster,
    features: &'a Features,
    lasts: Duration,
    /// Each topic, its partitions, and its replicas, as they are at this moment of the storm.
    topics: BTreeMap<String, (u32, u32)>,
}

/// The faults in order of their times.
pub(super) fn draw(cluster: &Cluster, lasts: Duration, features: &Features, dice: &mut Dice) -> Vec<Fault> {
    let on: Vec<Draw> = FAULTS.into_iter().filter(|(kind, _)| features.has(*kind)).map(|(_, draw)| draw).collect();
    let topics = cluster.topic.iter().map(|t| (t.name.clone(), (t.partitions, t.replication_factor))).collect();
    let mut storm = Storm { cluster, features, lasts, topics };
    let mut faults = Vec::new();
    if features.has(Feature::RandomPlan) {
        faults.push(Fault::Random(storm.random(dice)));
    }
    let count = if on.is_empty() { 0 } else { dice.log_between(1, 14) };
    let mut times: Vec<Duration> = (0..count).map(|_| Duration::from_millis(dice.below(lasts.as_millis()))).collect();
    times.sort();
    faults.extend(times.into_iter().map(|at| Fault::At(at, dice.pick(&on)(&mut storm, at, dice))));
    faults
}

impl Storm<'_> {
    /// A process; the active controller, whoever it is, among them.
    fn process(&self, dice: &mut Dice) -> Target {
        if !self.features.has(Feature::Controllers) || dice.chance(60) {
            return Target::Broker(dice.between(1, u64::from(self.cluster.processes.brokers)) as u32);
        }
        if dice.chance(30) {
            return Target::ControllerLeader;
        }
        Target::Controller(dice.pick(&self.cluster.processes.controller_ids()))
    }

    /// How long something is gone; none: until the calm.
    fn gone(&self, dice: &mut Dice) -> Option<Duration> {
        let for_good = self.features.has(Feature::ForGood) && dice.chance(40);
        (!for_good).then(|| dice.time_between(50, 30_000))
    }

    /// A length that ends with the storm at the latest.
    fn rest(&self, at: Duration, dice: &mut Dice) -> Duration {
        dice.time_between(100, 30_000).min(self.lasts.saturating_sub(at)).max(Duration::from_millis(1))
    }

    fn take(&self, how: How, dice: &mut Dice) -> Action {
        Action::Take { how, target: self.process(dice), back: self.gone(dice) }
    }

    fn flap(&self, at: Duration, dice: &mut Dice) -> Action {
        let every = dice.time_between(500, 10_000);
        let rest = self.lasts.saturating_sub(at).as_millis() / every.as_millis();
        let times = dice.between(1, 6).min(rest.max(1)) as u32;
        Action::Flap { target: self.process(dice), every, down: dice.time_between(100, 8_000), times }
    }

    fn rolling(&self, dice: &mut Dice) -> Action {
        let pace = if dice.chance(50) { Pace::UnderReplicatedZero } else { Pace::Pause(dice.time_between(100, 8_000)) };
        Action::Rolling { brokers: Vec::new(), pace, down: dice.time_between(100, 8_000), controllers_last: dice.chance(40) }
    }

    fn slow(&self, at: Duration, dice: &mut Dice) -> Action {
        Action::Slow { target: self.process(dice), factor: dice.pick(&[2.0, 5.0, 30.0]), lasting: Some(self.rest(at, dice)) }
    }

    fn slow_disk(&self, at: Duration, dice: &mut Dice) -> Action {
        Action::SlowDisk { target: self.process(dice), factor: dice.pick(&[5.0, 100.0]), lasting: Some(self.rest(at, dice)) }
    }

    fn elect(&self, dice: &mut Dice) -> Action {
        Action::Elect { unclean: self.features.has(Feature::Unclean) && dice.chance(40), partitions: Vec::new() }
    }

    fn cut(&self, one_way: bool, dice: &mut Dice) -> Action {
        Action::Cut { from: vec![self.side(dice)], to: vec![self.side(dice)], one_way, lasting: self.gone(dice) }
    }

    fn side(&self, dice: &mut Dice) -> Group {
        let racks = &self.cluster.processes.racks;
        match dice.below(10) {
            0 => Group::Controllers,
            1 => Group::Brokers,
            2 => Group::Everything,
            3 => Group::Clients,
            4 => Group::Client(self.cluster.client[dice.below(self.cluster.client.len() as u64) as usize].name.clone()),
            5 if !racks.is_empty() => Group::Rack(racks[0].to_owned()),
            _ => Group::One(self.process(dice)),
        }
    }

    fn topic(&self, dice: &mut Dice) -> String {
        let names: Vec<&String> = self.topics.keys().collect();
        dice.pick(&names).clone()
    }

    /// A partition to other brokers, or (now and then) all reassignments cancelled.
    fn reassign(&self, dice: &mut Dice) -> Action {
        if dice.chance(15) {
            return Action::CancelReassignment(Vec::new());
        }
        let topic = self.topic(dice);
        let (partitions, replicas) = self.topics[&topic];
        let partition = (topic, dice.below(u64::from(partitions)) as u32);
        let count = if dice.chance(30) { dice.between(1, u64::from(self.cluster.processes.brokers)) } else { u64::from(replicas) };
        let mut left: Vec<u32> = (1..=self.cluster.processes.brokers).collect();
        let to = (0..count).map(|_| left.remove(dice.below(left.len() as u64) as usize)).collect();
        Action::Reassign(vec![(partition, to)])
    }

    fn configure(&self, dice: &mut Dice) -> Action {
        let topic = self.topic(dice);
        let (_, replicas) = self.topics[&topic];
        let setting = if dice.chance(50) {
            ("min.insync.replicas".to_owned(), dice.between(1, u64::from(replicas)).to_string())
        } else {
            ("unclean.leader.election.enable".to_owned(), dice.chance(50).to_string())
        };
        Action::Configure { topic, settings: vec![setting] }
    }

    fn create(&mut self, at: Duration, dice: &mut Dice) -> Action {
        let (topic, partitions) = (format!("x{}-{}", at.as_millis(), self.topics.len()), dice.between(1, NEW_PARTITIONS) as u32);
        let replication_factor = dice.between(1, u64::from(self.cluster.processes.brokers)) as u32;
        self.topics.insert(topic.clone(), (partitions, replication_factor));
        Action::CreateTopic { topic, partitions, replication_factor }
    }

    fn grow(&mut self, dice: &mut Dice) -> Action {
        let topic = self.topic(dice);
        let (partitions, replicas) = self.topics[&topic];
        let up_to = partitions + dice.between(1, NEW_PARTITIONS) as u32;
        self.topics.insert(topic.clone(), (up_to, replicas));
        Action::AddPartitions { topic, up_to }
    }

    fn random(&self, dice: &mut Dice) -> Random {
        let kinds = [
            (Feature::Kill, Kind::Take(How::Kill)),
            (Feature::Stop, Kind::Take(How::Stop)),
            (Feature::PowerOff, Kind::Take(How::PowerOff)),
            (Feature::Pause, Kind::Take(How::Pause)),
            (Feature::Cut, Kind::Cut),
        ];
        let on: Vec<Kind> = kinds.into_iter().filter(|(feature, _)| self.features.has(*feature)).map(|(_, kind)| kind).collect();
        Random {
            kinds: if on.is_empty() { vec![Kind::Cut] } else { on },
            controllers: self.features.has(Feature::Controllers) && dice.chance(40),
            every: dice.time_between(500, 10_000),
            lasting: dice.time_between(100, 8_000),
            from: None,
            to: Some(self.lasts),
            overlapping: dice.chance(40),
        }
    }
}
