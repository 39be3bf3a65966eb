//! One TCP connection: an explicit queue at the server, muted from the moment the broker takes a request until
//! its answer has left (`SocketServer.Processor.processCompletedReceives`, `processCompletedSends`).

use crate::engine::{Duration, Instant};
use crate::kafka::NodeIx;
use crate::model::Broken;
use crate::model::message::{Request, Response};
use crate::model::outbox::{Channel, Token};
use std::collections::VecDeque;

/// A connection between two processes.
#[derive(Debug)]
pub struct Connection {
    /// Distinguishes it from earlier ones under the same key.
    pub generation: u32,
    /// Who opened it.
    pub opener: NodeIx,
    /// What the opener calls it.
    pub channel: Channel,
    /// Whom it was opened to.
    pub server: NodeIx,
    /// How far it has come.
    pub state: ConnectionState,
    /// Addresses the draws of its set-up.
    pub address: u64,
    /// The opener has closed it or is gone.
    pub opener_gone: bool,
    /// The server's process is gone.
    pub server_gone: bool,
    /// A request has been taken and not answered.
    pub muted: Option<Taken>,
    /// A follower's fetches on it are in a lull: what stands here of them is as old as that.
    pub in_lull: bool,
    /// Requests that have arrived and were not taken.
    pub inbound: VecDeque<Inbound>,
    /// From opener to server.
    pub forth: Wire,
    /// From server to opener.
    pub back: Wire,
}

/// How far a connection has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConnectionState {
    /// The SYN was first sent then.
    Connecting { since: Instant },
    /// Both sides may send.
    Open,
}

/// The request that a muted connection owes an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Taken {
    /// Its number on the connection.
    pub correlation: u32,
    /// Addresses its delays.
    pub address: u64,
}

/// A request in the server's socket.
#[derive(Debug)]
pub struct Inbound {
    /// Its number on the connection.
    pub correlation: u32,
    /// Addresses its delays.
    pub address: u64,
    /// What it asks.
    pub request: Request,
}

/// Which way something goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// From opener to server.
    Forth,
    /// From server to opener.
    Back,
}

impl Way {
    /// What a message's way adds to the address of its request.
    pub const fn leg(self) -> u64 {
        match self {
            Way::Forth => 1,
            Way::Back => 2,
        }
    }
}

/// How far the bytes of one direction have come.
#[derive(Clone, Copy, Default, Debug)]
pub struct Flow {
    /// When the last byte sent will have left the sender's interface.
    busy_until: Instant,
    /// When the last byte sent will arrive: TCP keeps the order.
    last_arrival: Instant,
}

impl Flow {
    /// Sends a message now; says when it arrives. `(delay, busy)` are its [`Delays::one_way`](super::Delays::one_way).
    pub fn carry(&mut self, now: Instant, (delay, busy): (Duration, Duration)) -> Instant {
        self.busy_until = self.busy_until.max(now) + busy;
        self.last_arrival = self.last_arrival.max(self.busy_until + delay);
        self.last_arrival
    }
}

/// One direction of a connection.
#[derive(Default, Debug)]
pub struct Wire {
    /// What was sent and will arrive.
    pub flow: Flow,
    /// What a cut holds back, with the moment the oldest of it was first sent.
    pub held: VecDeque<Message>,
    /// See `held`.
    pub held_since: Instant,
    /// Its sender has lost power: nothing is sent again.
    pub unattended: bool,
    /// Something is lost that nobody sends again: what was sent after it never comes out of the socket.
    pub torn: bool,
}

/// Something on the wire.
#[derive(Debug)]
pub enum Message {
    /// A request.
    Request(Inbound),
    /// An answer.
    Response(u32, Response),
    /// The sender has closed or reset the connection.
    Close,
}

impl Wire {
    /// The sender loses power: what a cut holds is lost, and nobody is left to send it again.
    pub fn abandon(&mut self) {
        self.unattended = true;
        self.torn |= !self.held.is_empty();
        self.held.clear();
    }

    /// Whether an answer that would arrive now never does. `blocked`: it meets a cut.
    pub fn loses_an_answer(&mut self, blocked: bool) -> bool {
        self.torn |= self.unattended && blocked;
        self.torn
    }
}

impl Connection {
    /// A connection whose SYN leaves now.
    pub fn opening(generation: u32, opener: NodeIx, channel: Channel, server: NodeIx, address: u64, now: Instant) -> Self {
        Connection {
            generation,
            opener,
            channel,
            server,
            state: ConnectionState::Connecting { since: now },
            address,
            opener_gone: false,
            server_gone: false,
            muted: None,
            in_lull: false,
            inbound: VecDeque::new(),
            forth: Wire::default(),
            back: Wire::default(),
        }
    }

    /// Sender and receiver of a direction.
    pub fn ends(&self, way: Way) -> (NodeIx, NodeIx) {
        match way {
            Way::Forth => (self.opener, self.server),
            Way::Back => (self.server, self.opener),
        }
    }

    /// One direction.
    pub fn wire(&mut self, way: Way) -> &mut Wire {
        match way {
            Way::Forth => &mut self.forth,
            Way::Back => &mut self.back,
        }
    }

    /// Whether it is open and nothing is on it but the request that the server has taken under this number.
    pub fn carries_only(&self, correlation: u32) -> bool {
        let is_open = self.state == ConnectionState::Open && !self.opener_gone && !self.server_gone;
        let is_clear = |wire: &Wire| wire.held.is_empty() && !wire.unattended && !wire.torn;
        let is_taken = self.muted.is_some_and(|taken| taken.correlation == correlation);
        is_open && is_taken && self.inbound.is_empty() && is_clear(&self.forth) && is_clear(&self.back)
    }

    /// Takes the next request from the socket, unless one is being answered.
    pub fn take(&mut self, key: u32, broken: Option<Broken>) -> Option<(Token, Request)> {
        if self.muted.is_some() && broken != Some(Broken::ConnectionReadAhead) {
            return None;
        }
        let next = self.inbound.pop_front()?;
        self.muted = Some(Taken { correlation: next.correlation, address: next.address });
        let token =
            Token { connection: key, generation: self.generation, correlation: next.correlation, address: next.address, from: self.opener };
        Some((token, next.request))
    }
}
