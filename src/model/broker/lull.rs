//! A lull: the fetches of a follower that has everything, one after the other, while nobody writes. Their times and what they cost the leader are
//! drawn as ever, but told all at once when somebody looks, instead of being an event at each step. A lull ends when one of the two has something
//! to say, or when anything happens to their processes or to the network between them; then it has led to where the steps would have led.

use super::Broker;
use super::line;
use crate::engine::{Distribution, Duration, Instant, Stream, mix};
use crate::kafka::{BrokerEpoch, BrokerIx, NodeIx};
use crate::model::message::Request;
use crate::model::network::Delays;
use crate::model::network::connection::{Flow, Way};
use crate::model::outbox::{LullStep, Token};
use crate::model::{Ctx, Outbox, TimerKind};

/// A fetcher thread of a follower, as its leaders know it.
pub type FollowerThread = (BrokerIx, u32);

/// The follower's part: what its thread sends again and again, and what its turns are drawn by.
#[derive(Clone, Debug)]
pub struct IdleThread {
    /// Where the follower runs.
    pub node: NodeIx,
    /// The follower, and the number of its thread.
    pub replica: BrokerIx,
    pub thread: u32,
    /// What each fetch says; it names no partition.
    pub broker_epoch: Option<BrokerEpoch>,
    pub max_wait: Duration,
    pub min_bytes: u32,
    /// Its size on the wire.
    pub bytes: u32,
    /// How long its answer may take (`replica.socket.timeout.ms`).
    pub timeout: Duration,
    /// When the fetch was sent that now waits for its answer.
    pub sent_at: Instant,
    /// Fetches so far: of the thread, and of its line over all its connections.
    pub turns: u64,
    pub sent: u64,
    /// What addresses the line's requests, and the thread's turns.
    pub line: u64,
    pub channel: u64,
    /// Time between an answer and the next fetch (`Costs::fetcher_turn`), its draws, and how slow the machine is.
    pub turn: Distribution,
    pub draws: Stream,
    pub pace: f64,
}

/// How far the current fetch of a lull has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// The leader has taken it and works on it.
    InWork,
    /// It is parked.
    Parked,
    /// Its answer is on its way.
    Answered,
    /// The follower's thread has the answer and goes through it.
    Turn,
    /// The next fetch is on its way.
    SentAgain,
}

/// See the module. Everything is known of the current fetch, from the work on it to the arrival of the next one.
#[derive(Debug)]
pub struct Lull {
    /// The follower's part.
    pub thread: IdleThread,
    /// Where the leader runs.
    pub leader: NodeIx,
    /// The current fetch, as the leader has taken it.
    pub token: Token,
    /// When the leader has handled it, when its time is over, when its answer is there.
    pub handled_at: Instant,
    pub expires_at: Instant,
    pub answered_at: Instant,
    /// When the next one is sent, and when it arrives.
    pub next_sent_at: Instant,
    pub next_taken_at: Instant,
    /// Addresses the delays of the next one.
    pub next_address: u64,
    /// When the fetch before was handled.
    handled_before: Instant,
    /// Both directions of the connection, before and after the answer and the next fetch.
    forth: [Flow; 2],
    back: [Flow; 2],
}

/// Size of an answer without partitions.
const ANSWER_BYTES: u32 = super::api::replica_fetch::IDLE_ANSWER_BYTES;

impl IdleThread {
    /// Its fetch.
    pub fn request(&self) -> Request {
        Request::ReplicaFetch {
            replica: self.replica,
            thread: self.thread,
            broker_epoch: self.broker_epoch,
            max_wait: self.max_wait,
            min_bytes: self.min_bytes,
            full: false,
            partitions: Vec::new(),
            forgotten: Vec::new(),
        }
    }
}

impl Lull {
    /// A lull that begins with a fetch that is parked now.
    pub fn begin(thread: IdleThread, leader: NodeIx, token: Token, now: Instant, (forth, back): (Flow, Flow), delays: &Delays) -> Self {
        let mut lull = Lull {
            thread,
            leader,
            token,
            handled_at: now,
            expires_at: now,
            answered_at: now,
            next_sent_at: now,
            next_taken_at: now,
            next_address: 0,
            handled_before: now,
            forth: [forth; 2],
            back: [back; 2],
        };
        lull.look_ahead(delays);
        lull
    }

    /// The next fetch is the current one now.
    fn go_on(&mut self, handled_at: Instant, delays: &Delays) {
        self.handled_before = self.handled_at;
        self.handled_at = handled_at;
        self.thread.sent_at = self.next_sent_at;
        self.thread.turns += 1;
        self.thread.sent += 1;
        self.token.correlation += 1;
        self.token.address = self.next_address;
        self.look_ahead(delays);
    }

    fn look_ahead(&mut self, delays: &Delays) {
        let (thread, leader) = (&self.thread, self.leader);
        self.expires_at = self.handled_at + thread.max_wait;
        self.back[0] = self.back[1];
        let answer = delays.one_way(leader, thread.node, mix(self.token.address, Way::Back.leg()), ANSWER_BYTES);
        self.answered_at = self.back[1].carry(self.expires_at, answer);
        let turn = thread.turn.sample(thread.draws.at(mix(thread.channel, thread.turns)));
        self.next_sent_at = self.answered_at + turn.scale(thread.pace);
        self.next_address = mix(delays.key(thread.node).bits(), line::address(thread.line, Request::REPLICA_FETCH, thread.sent));
        self.forth[0] = self.forth[1];
        let way = delays.one_way(thread.node, leader, mix(self.next_address, Way::Forth.leg()), thread.bytes);
        self.next_taken_at = self.forth[1].carry(self.next_sent_at, way);
    }

    /// Whether an answer takes so long that the follower would close the connection.
    pub fn breaks_off(&self) -> bool {
        let timeout = self.thread.timeout;
        self.answered_at >= self.thread.sent_at + timeout || self.next_taken_at >= self.next_sent_at + timeout
    }

    /// How far it has come.
    pub fn phase(&self, now: Instant) -> Phase {
        match now {
            _ if now < self.handled_at => Phase::InWork,
            _ if now < self.expires_at => Phase::Parked,
            _ if now < self.answered_at => Phase::Answered,
            _ if now < self.next_sent_at => Phase::Turn,
            _ => Phase::SentAgain,
        }
    }

    /// When the leader last handled a fetch.
    pub fn fetched_at(&self, now: Instant) -> Instant {
        if now < self.handled_at { self.handled_before } else { self.handled_at }
    }

    /// Both directions of the connection.
    pub fn flows(&self, phase: Phase) -> (Flow, Flow) {
        match phase {
            Phase::InWork | Phase::Parked => (self.forth[0], self.back[0]),
            Phase::Answered | Phase::Turn => (self.forth[0], self.back[1]),
            Phase::SentAgain => (self.forth[1], self.back[1]),
        }
    }
}

impl Broker {
    /// This leader parks fetches in a lull.
    pub fn begin_lull(&mut self, thread: FollowerThread, lull: Lull) {
        if let Some(ram) = self.ram.as_mut() {
            ram.purgatory.followers.begin_lull(thread, lull);
        }
    }

    /// Lets all fetches of lulls that have arrived before `now` take their share of this leader's threads, in the order in which they arrived.
    /// Gives the lulls that have to end, because what follows is no longer the same again.
    #[must_use]
    pub fn catch_up(&mut self, now: Instant, delays: &Delays) -> Vec<FollowerThread> {
        let mut broken_off = Vec::new();
        while let Some((at, thread, address)) = self.ram.as_ref().and_then(|ram| ram.purgatory.followers.next_in_lull()) {
            if at >= now {
                break;
            }
            let Some(handled_at) = self.idle_fetch_worked_on(address, at) else { break };
            let Some(ram) = self.ram.as_mut() else { break };
            if !ram.purgatory.followers.lull_goes_on(thread, |lull| lull.go_on(handled_at, delays)) {
                broken_off.push(thread);
            }
        }
        broken_off
    }

    /// A lull is over: what the leader would know by now, it knows.
    pub fn end_lull(&mut self, thread: FollowerThread, ctx: &Ctx, out: &mut Outbox) {
        let Some(ram) = self.ram.as_mut() else { return };
        let Some(lull) = ram.purgatory.followers.end_lull(thread, ctx.now) else { return };
        if lull.phase(ctx.now) == Phase::Parked {
            ram.purgatory.followers.park(thread, lull.token, lull.expires_at);
            out.timer(TimerKind::Purgatory, lull.expires_at);
        }
        out.lulls.push(LullStep::Over(Box::new(lull)));
    }
}
