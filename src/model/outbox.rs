//! What a node wants to happen: one outbox, reused, drained by the world in a fixed order (facts, lulls, work, timers, network).

use super::broker::lull::{FollowerThread, Lull};
use super::message::{Request, Response};
use crate::engine::Instant;
use crate::kafka::{BrokerIx, NodeIx, VoterIx};
use crate::observe::Fact;

/// A connection as the process that opens it names it: at most one live connection for each (process, channel).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Channel {
    /// A client's connection to a broker it knows by id.
    Broker(BrokerIx),
    /// A client's further connection to a broker, for a purpose of its own (coordinator, fetches, a partition), by number.
    Lane(BrokerIx, u32),
    /// A client's connection to its n-th bootstrap address.
    Bootstrap(u32),
    /// A fetcher thread's connection to the leader it follows.
    Fetcher(BrokerIx, u32),
    /// Heartbeats and registrations (`NodeToControllerChannelManager` "heartbeat"), to this voter.
    Heartbeat(VoterIx),
    /// ISR changes (`NodeToControllerChannelManager` "alter-partition"), to this voter.
    AlterPartition(VoterIx),
    /// Raft requests to this voter.
    Raft(VoterIx),
}

/// A request that a server has taken and owes an answer: connection, its generation, and the request's number on it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Token {
    /// Slab key of the connection in the world.
    pub connection: u32,
    /// Distinguishes connections that had the same key.
    pub generation: u32,
    /// The request's number on its connection.
    pub correlation: u32,
    /// What the request's delays and costs are drawn by.
    pub address: u64,
    /// Who asks.
    pub from: crate::kafka::NodeIx,
}

/// The timers of a node. There is one pending event at most for each (node, kind); when it fires the node looks
/// at its own deadlines and arms it again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum TimerKind {
    /// Client: next look at batches, backoffs, time-outs, metadata age.
    Client,
    /// Client: the application's next step: a record to hand over, or one worked through.
    Workload,
    /// Broker: the life cycle, registration, heartbeats.
    Lifecycle,
    /// Broker or voter: raft fetch, time-outs, elections.
    Raft,
    /// Broker: next step of applying metadata.
    Apply,
    /// Broker: fetcher threads.
    Fetchers,
    /// Broker: parked requests that expire.
    Purgatory,
    /// Broker: look for followers to take out of the ISR.
    IsrCheck,
    /// Broker: ISR proposals to send.
    AlterPartition,
    /// Broker: high-watermark checkpoint.
    Checkpoint,
    /// Broker: consumer groups: sessions, rebalances, writes that wait.
    Coordinator,
    /// Controller: the raft batch that lingers.
    Linger,
    /// Controller: sessions that run out.
    Sessions,
    /// Controller: preferred leaders.
    Balance,
    /// Controller: unclean elections.
    Unclean,
    /// Controller: no-op record.
    NoOp,
    /// Controller: its event queue.
    Events,
}

impl TimerKind {
    /// How many kinds there are.
    pub const COUNT: usize = TimerKind::Events as usize + 1;
}

/// Something to do on the network.
#[derive(Clone, PartialEq, Debug)]
pub enum NetworkOp {
    /// Open the channel's connection to a process. Answered by `connected`, `connect_failed`, or silence.
    Open(Channel, NodeIx),
    /// Send a request on an open channel. `address` is what its delays are drawn by.
    Request { channel: Channel, correlation: u32, request: Request, bytes: u32, address: u64 },
    /// Close the channel from this side; nothing more is heard of it.
    Close(Channel),
    /// Answer a request and let the connection be read again.
    Reply { token: Token, response: Response, bytes: u32 },
    /// Answer nothing (acks=0) and let the connection be read again.
    NoReply(Token),
    /// Close the connection from the server's side (acks=0 with an error).
    HangUp(Token),
}

/// What a node has to say about lulls.
#[derive(Debug)]
pub enum LullStep {
    /// A leader has parked this fetch of a thread that has had nothing to say or to hear for a while.
    MayBegin(Token, FollowerThread),
    /// A follower has something to say on this channel.
    Disturbed(Channel),
    /// A leader has something to say: this lull is over.
    Over(Box<Lull>),
}

/// What one handled input wants to happen.
#[derive(Default, Debug)]
pub struct Outbox {
    /// What happened, in order.
    pub facts: Vec<Fact>,
    /// Lulls that begin or end.
    pub lulls: Vec<LullStep>,
    /// Requests whose handling ends at the given moment: they come back through `handle`.
    pub work: Vec<(Instant, Token, Request)>,
    /// Timers to arm.
    pub timers: Vec<(TimerKind, Instant)>,
    /// What to do on the network, in order.
    pub network: Vec<NetworkOp>,
    /// The process ends now, in this way, by its own decision.
    pub exit: Option<crate::observe::fact::Ending>,
    /// After `exit`: somebody starts the process again after so long.
    pub restart_after: Option<crate::engine::Duration>,
}

impl Outbox {
    /// Notes a fact.
    pub fn fact(&mut self, fact: Fact) {
        self.facts.push(fact);
    }
    /// Arms a timer; an earlier one that is already armed stays.
    pub fn timer(&mut self, kind: TimerKind, at: Instant) {
        self.timers.push((kind, at));
    }
    /// Lets a taken request come back through `handle` when its handling ends.
    pub fn work(&mut self, at: Instant, token: Token, request: Request) {
        self.work.push((at, token, request));
    }
    /// Opens a channel.
    pub fn open(&mut self, channel: Channel, to: NodeIx) {
        self.network.push(NetworkOp::Open(channel, to));
    }
    /// Sends a request on a channel.
    pub fn request(&mut self, channel: Channel, correlation: u32, request: Request, bytes: u32, address: u64) {
        self.network.push(NetworkOp::Request { channel, correlation, request, bytes, address });
    }
    /// Closes a channel.
    pub fn close(&mut self, channel: Channel) {
        self.network.push(NetworkOp::Close(channel));
    }
    /// Answers a request.
    pub fn reply(&mut self, token: Token, response: Response, bytes: u32) {
        self.network.push(NetworkOp::Reply { token, response, bytes });
    }
}
