//! What a line says that bears on the question: a typed event. Everything else a log holds is known to be beside it, or not understood.

/// A partition.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Partition {
    /// Its topic's name.
    pub topic: String,
    /// Its number.
    pub index: u32,
}

impl Partition {
    /// `orders-3`.
    pub fn named(name: &str) -> Option<Partition> {
        let (topic, index) = name.rsplit_once('-')?;
        let legal = crate::kafka::text::describe::is_topic_name(topic);
        Some(Partition { topic: topic.to_owned(), index: index.parse().ok()? }).filter(|_| legal)
    }
}

impl std::fmt::Display for Partition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.topic, self.index)
    }
}

/// A step in the life of a broker.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Step {
    /// It was told to end (SIGTERM, systemd).
    Signalled,
    /// It asks to be let go, or the controller lets it.
    Leaving,
    /// It may stop, or has.
    Stopped,
    /// The system killed it: out of memory, or a signal that cannot be caught.
    Killed,
    /// The controller heard nothing for the length of its session.
    SessionLost,
    /// It is fenced, for whatever reason.
    Fenced,
    /// A new process begins.
    Starting,
    /// A log directory was left clean.
    CleanLogs,
    /// A log directory has to be recovered.
    UncleanLogs,
    /// The controller still holds the session of the process before.
    Refused,
    /// It registers, and it is the first time.
    FirstRegistration,
    /// A new process registers under an id that was registered.
    NewIncarnation,
    /// It may lead and serve again.
    Unfenced,
}

/// What a log says of one partition's state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct State {
    /// Which.
    pub partition: Partition,
    /// Its topic's id.
    pub topic_id: Option<String>,
    /// Who leads it, if anybody.
    pub leader: Option<u32>,
    /// Who led it before.
    pub previous: Option<u32>,
    /// The leader epoch.
    pub leader_epoch: u32,
    /// The partition epoch, which every change of the ISR raises.
    pub partition_epoch: Option<u32>,
    /// The in-sync replicas.
    pub isr: Option<Vec<u32>>,
    /// The replicas, preferred leader first.
    pub replicas: Option<Vec<u32>>,
    /// A reassignment is under way.
    pub moving: bool,
    /// Whether the epoch may be compared with others: what a follower was told of the one before may be wrong.
    pub first_term: bool,
}

/// Who a connection is of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Party {
    /// A broker or controller by its `node.id`.
    Node(u32),
    /// A client, by the log that it is from.
    Client,
}

/// Where a connection goes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Target {
    /// A node by its id.
    Node(u32),
    /// A host and port whose id the line does not tell.
    Address(String),
}

/// How a connection ended, or did not come about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Loss {
    /// The other side closed it, or its machine reset it.
    Closed,
    /// Nobody listened.
    Refused,
    /// No answer came in time.
    TimedOut,
    /// It could not be set up in time, or there was no way to the host.
    Unreachable,
}

/// What a client was told, or met.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Refusal {
    /// The broker is not the leader (`NOT_LEADER_OR_FOLLOWER`, formerly `NOT_LEADER_FOR_PARTITION`; fenced or unknown leader epochs).
    NotLeader,
    /// The partition has no leader.
    NoLeader,
    /// Too few in-sync replicas for acks=all.
    TooFewReplicas,
    /// The broker answered that it could not do it in time, as when followers do not copy a record.
    TimedOut,
    /// The client waited for an answer in vain, and closed the connection.
    Unanswered,
    /// A record or request was given up.
    GivenUp,
    /// The topic or partition is not known there.
    UnknownPartition,
}

/// What a line says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum What {
    /// A step in a broker's life; none: of the broker whose log it is.
    Life(Option<u32>, Step),
    /// The same, read back from the metadata log: a controller that starts repeats the whole past.
    Replayed(u32, Step),
    /// The state of a partition.
    State(State),
    /// The ISR was changed: of which partition, by which leader, to what, at which partition epoch.
    Isr(Partition, Vec<u32>, Option<u32>),
    /// A leader takes these out of the ISR itself, because they lag; whether it is left alone.
    Shrink(Partition, Vec<u32>, bool),
    /// The controller refused a change of the ISR.
    IsrRefused(Partition),
    /// Preferred leaders were elected: how many partitions.
    Preferred(u64),
    /// A leader was elected that was not in the ISR.
    Unclean(Option<Partition>),
    /// A reassignment was asked for, goes on or is over.
    Reassignment(Option<Partition>),
    /// Replicas were deleted, as the end of a reassignment or a topic does.
    Deleted,
    /// A node is the active controller in this epoch.
    ControllerActive(Option<u32>, u64),
    /// A controller gives up, stands for election, or cannot find a majority.
    ControllerTrouble,
    /// A broker cannot tell the controller that it lives.
    HeartbeatFailed(Option<u32>),
    /// A connection was lost.
    Link(Party, Target, Loss),
    /// A client was refused.
    Refused(Refusal, Option<Partition>),
    /// A client was told of a move: partition, new leader, its epoch, old leader, its epoch.
    Told(Partition, u32, u32, u32, u32),
    /// A sign of too much work or too slow a machine.
    Overload(Sign),
    /// An address of a node.
    Address(u32, String),
}

/// A sign of too much work or too slow a machine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Sign {
    /// The controller's queue is too long.
    ControllerQueue,
    /// An event of the controller took seconds.
    SlowControllerEvent,
    /// The process stood still, or the disk did.
    Stall,
    /// A log directory failed or is slow.
    Disk,
}
