//! What a fault line says, as data, and back as text.

use crate::engine::Duration;
use std::fmt::{self, Display};

/// One fault line.
#[derive(Clone, PartialEq, Debug)]
pub enum Fault {
    /// Something happens at a time after the end of the warm-up.
    At(Duration, Action),
    /// Faults drawn from the seed.
    Random(Random),
}

/// How a process is taken away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum How {
    /// SIGKILL.
    Kill,
    /// SIGTERM: controlled shutdown first.
    Stop,
    /// The machine loses power.
    PowerOff,
    /// SIGSTOP, or a long garbage collection.
    Pause,
}

/// One process of the cluster.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// A broker by its `node.id`.
    Broker(u32),
    /// A controller by its `node.id`.
    Controller(u32),
    /// Whichever controller is active at that moment.
    ControllerLeader,
}

/// Some processes, for cuts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Group {
    /// One process.
    One(Target),
    /// Every broker.
    Brokers,
    /// Every controller.
    Controllers,
    /// Every client.
    Clients,
    /// One client by name.
    Client(String),
    /// Every broker of a rack.
    Rack(String),
    /// Every process there is.
    Everything,
}

/// When a rolling restart goes on to the next process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pace {
    /// When no partition is under-replicated.
    UnderReplicatedZero,
    /// This long after the process was started again.
    Pause(Duration),
}

/// A partition by name.
pub type Partition = (String, u32);

/// What happens.
#[derive(Clone, PartialEq, Debug)]
pub enum Action {
    /// A process is taken away, and comes back after `back` (for a stop: that long after it has ended).
    Take { how: How, target: Target, back: Option<Duration> },
    /// A clean stop, and a start `down` after the process has ended.
    Restart { target: Target, down: Duration },
    /// A process that has ended is started.
    Start(Target),
    /// A paused process goes on.
    Resume(Target),
    /// One process after the other is restarted.
    Rolling { brokers: Vec<u32>, pace: Pace, down: Duration, controllers_last: bool },
    /// A process is killed and started again, `times` times.
    Flap { target: Target, every: Duration, down: Duration, times: u32 },
    /// All work of a process takes `factor` times as long.
    Slow { target: Target, factor: f64, lasting: Option<Duration> },
    /// All disk work of a process takes `factor` times as long.
    SlowDisk { target: Target, factor: f64, lasting: Option<Duration> },
    /// The network between two groups drops everything, silently.
    Cut { from: Vec<Group>, to: Vec<Group>, one_way: bool, lasting: Option<Duration> },
    /// All cuts end.
    Heal,
    /// `kafka-leader-election` for these partitions (none: all).
    Elect { unclean: bool, partitions: Vec<Partition> },
    /// `kafka-reassign-partitions --execute`.
    Reassign(Vec<(Partition, Vec<u32>)>),
    /// `kafka-reassign-partitions --cancel` for these partitions (none: all).
    CancelReassignment(Vec<Partition>),
    /// `kafka-configs --alter` of a topic.
    Configure { topic: String, settings: Vec<(String, String)> },
    /// `kafka-topics --create`.
    CreateTopic { topic: String, partitions: u32, replication_factor: u32 },
    /// `kafka-topics --alter --partitions`.
    AddPartitions { topic: String, up_to: u32 },
    /// `kafka-topics --delete`.
    DeleteTopic(String),
}

/// What a random plan does to a process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// It is taken away.
    Take(How),
    /// It is cut from everything.
    Cut,
}

/// Faults with exponential times between them, drawn from the seed before the run.
#[derive(Clone, PartialEq, Debug)]
pub struct Random {
    /// What may happen, equally likely.
    pub kinds: Vec<Kind>,
    /// To controllers instead of brokers.
    pub controllers: bool,
    /// Mean time from the end of one fault (its start, when they may overlap) to the next, over the whole group.
    pub every: Duration,
    /// Mean length of a fault.
    pub lasting: Duration,
    /// First moment.
    pub from: Option<Duration>,
    /// Last moment at which one may begin.
    pub to: Option<Duration>,
    /// Several processes may be gone at once.
    pub overlapping: bool,
}

impl Fault {
    /// How many faults the line stands for, on average, in a run that counts for `duration`.
    pub fn expected(&self, duration: Duration) -> f64 {
        match self {
            Fault::At(..) => 0.0,
            Fault::Random(random) => duration.as_secs_f64() / random.every.as_secs_f64(),
        }
    }
}

impl Random {
    /// What happens to whom, as the line says it.
    pub fn subject(&self) -> String {
        let group = if self.controllers { "controllers" } else { "brokers" };
        format!("{} of {group}", list(&self.kinds))
    }
}

impl How {
    /// As a fault line says it.
    pub const fn verb(self) -> &'static str {
        match self {
            How::Kill => "kill",
            How::Stop => "stop",
            How::PowerOff => "power-off",
            How::Pause => "pause",
        }
    }
}

impl Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Broker(id) => write!(f, "broker {id}"),
            Target::Controller(id) => write!(f, "controller {id}"),
            Target::ControllerLeader => f.write_str("controller leader"),
        }
    }
}

impl Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Group::One(target) => target.fmt(f),
            Group::Brokers => f.write_str("brokers"),
            Group::Controllers => f.write_str("controllers"),
            Group::Clients => f.write_str("clients"),
            Group::Client(name) => write!(f, "client {name}"),
            Group::Rack(name) => write!(f, "rack {name}"),
            Group::Everything => f.write_str("everything"),
        }
    }
}

impl Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Take(how) => f.write_str(how.verb()),
            Kind::Cut => f.write_str("cut"),
        }
    }
}

/// Items with commas between them.
pub(super) fn list<T: Display>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(",")
}

fn partitions(items: &[Partition]) -> String {
    items.iter().map(|(topic, index)| format!(" {topic}-{index}")).collect::<Vec<_>>().join(",")
}

fn lasting(duration: Option<Duration>) -> String {
    duration.map_or(String::new(), |d| format!(" for {d}"))
}

impl Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Take { how, target, back } => write!(f, "{} {target}{}", how.verb(), lasting(*back)),
            Action::Restart { target, down } => write!(f, "restart {target} down {down}"),
            Action::Start(target) => write!(f, "start {target}"),
            Action::Resume(target) => write!(f, "resume {target}"),
            Action::Rolling { brokers, pace, down, controllers_last } => {
                f.write_str("rolling restart")?;
                if !brokers.is_empty() {
                    write!(f, " brokers {}", list(brokers))?;
                }
                match pace {
                    Pace::UnderReplicatedZero => f.write_str(" wait urp 0")?,
                    Pace::Pause(pause) => write!(f, " pause {pause}")?,
                }
                write!(f, " down {down}{}", if *controllers_last { " controllers last" } else { "" })
            }
            Action::Flap { target, every, down, times } => write!(f, "flap {target} every {every} down {down} times {times}"),
            Action::Slow { target, factor, lasting: d } => write!(f, "slow {target} by {factor}{}", lasting(*d)),
            Action::SlowDisk { target, factor, lasting: d } => write!(f, "slow disk of {target} by {factor}{}", lasting(*d)),
            Action::Cut { from, to, one_way, lasting: d } => {
                write!(f, "cut {} from {}{}{}", list(from), list(to), if *one_way { " one way" } else { "" }, lasting(*d))
            }
            Action::Heal => f.write_str("heal"),
            Action::Elect { unclean, partitions: p } => {
                write!(f, "elect {}{}", if *unclean { "unclean" } else { "preferred" }, partitions(p))
            }
            Action::Reassign(moves) => {
                let moves: Vec<String> = moves.iter().map(|((t, p), to)| format!("{t}-{p} to {}", list(to))).collect();
                write!(f, "reassign {}", moves.join("; "))
            }
            Action::CancelReassignment(p) => write!(f, "cancel reassignment{}", partitions(p)),
            Action::Configure { topic, settings } => {
                let settings: Vec<String> = settings.iter().map(|(key, value)| format!("{key}={value}")).collect();
                write!(f, "configure topic {topic} {}", settings.join(","))
            }
            Action::CreateTopic { topic, partitions, replication_factor } => {
                write!(f, "create topic {topic} partitions={partitions} replication_factor={replication_factor}")
            }
            Action::AddPartitions { topic, up_to } => write!(f, "add partitions to {topic} up to {up_to}"),
            Action::DeleteTopic(topic) => write!(f, "delete topic {topic}"),
        }
    }
}

impl Display for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "random {} every {} for {}", self.subject(), self.every, self.lasting)?;
        if let Some(from) = self.from {
            write!(f, " from {from}")?;
        }
        if let Some(to) = self.to {
            write!(f, " to {to}")?;
        }
        f.write_str(if self.overlapping { " overlapping" } else { "" })
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::At(at, action) => write!(f, "at {at} {action}"),
            Fault::Random(random) => random.fmt(f),
        }
    }
}
