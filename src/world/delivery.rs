//! Connections and messages: what a node sends becomes an arrival, a hold-up, or a reset.

use super::World;
use super::event::{ConnectionRef, Event};
use crate::engine::{Instant, mix};
use crate::kafka::NodeIx;
use crate::model::network::connection::{Connection, ConnectionState, Inbound, Message, Way};
use crate::model::network::tcp;
use crate::model::outbox::{NetworkOp, Token};
use crate::model::{Broken, Channel};
use crate::observe::fact::Unreachable;

/// Size of a segment without data.
const EMPTY: u32 = 60;

/// What the legs of a connection's set-up and end add to its address.
const SYN: u64 = 3;
const SYN_ACK: u64 = 4;
const HANDSHAKE: u64 = 5;
const CLOSE: u64 = 6;

impl World {
    /// Does what `node` asked of the network. Connections that may be read again are noted in `self.readable`.
    pub(super) fn network(&mut self, node: NodeIx, op: NetworkOp) {
        match op {
            NetworkOp::Open(channel, to) => self.open(node, channel, to),
            NetworkOp::Request { channel, correlation, request, bytes, address } => {
                let Some(&key) = self.nodes[node.index()].channels.get(&channel) else { return };
                // A node says what its request is for; who asks is added here.
                let address = mix(self.delays.key(node).bits(), address);
                let message = Message::Request(Inbound { correlation, address, request });
                self.transmit(key, Way::Forth, message, bytes, mix(address, Way::Forth.leg()));
            }
            NetworkOp::Close(channel) => self.close_from_opener(node, channel),
            NetworkOp::Reply { token, response, bytes } => {
                let Some(key) = self.unmute(token) else { return };
                self.transmit(key, Way::Back, Message::Response(token.correlation, response), bytes, mix(token.address, Way::Back.leg()));
            }
            NetworkOp::NoReply(token) => {
                self.unmute(token);
            }
            NetworkOp::HangUp(token) => {
                let Some(key) = self.unmute(token) else { return };
                self.server_end_gone(key);
            }
        }
    }

    fn open(&mut self, node: NodeIx, channel: Channel, to: NodeIx) {
        let count = self.openings.entry((node, channel)).or_default();
        *count += 1;
        let ends = mix(self.delays.key(node).bits(), self.delays.key(to).bits());
        let address = mix(mix(ends, self.spec.channel_key(channel).bits()), u64::from(*count));
        self.generations += 1;
        let generation = self.generations;
        let connection = Connection::opening(generation, node, channel, to, address, self.now);
        let key = self.connections.insert(connection);
        let before = self.nodes[node.index()].channels.insert(channel, key);
        assert!(before.is_none(), "a channel is opened once at a time");
        if self.passes_both_ways(node, to) {
            let (delay, _) = self.delays.one_way(node, to, mix(address, SYN), EMPTY);
            self.queue_event(self.now + delay, Event::Syn(ConnectionRef { key, generation }));
        }
    }

    /// A SYN arrives: somebody listens, or the kernel refuses.
    pub(super) fn syn(&mut self, at: ConnectionRef) {
        let Some(connection) = self.connection(at) else { return };
        let (opener, server, channel, address) = (connection.opener, connection.server, connection.channel, connection.address);
        // A SYN that was repeated although the first one had got through changes nothing.
        if connection.state == ConnectionState::Open || !self.passes_both_ways(opener, server) {
            return;
        }
        let (back, _) = self.delays.one_way(server, opener, mix(address, SYN_ACK), EMPTY);
        if !self.nodes[server.index()].listens_for(channel) {
            return self.queue_event(self.now + back, Event::Refused(at));
        }
        if let Some(connection) = self.connections.get_mut(at.key) {
            connection.server_gone = false;
        }
        let mut ready = self.now + back;
        if self.nodes[opener.index()].client.is_some() {
            let trips = self.delays.handshake().round_trips;
            for trip in 0..u64::from(trips) {
                ready += self.delays.one_way(opener, server, mix(address, HANDSHAKE + 2 * trip), EMPTY).0;
                ready += self.delays.one_way(server, opener, mix(address, HANDSHAKE + 2 * trip + 1), EMPTY).0;
            }
            let cpu = self.delays.handshake_cpu(address);
            self.catch_up(server);
            if let Some(broker) = self.nodes[server.index()].broker.as_mut().filter(|_| !cpu.is_zero()) {
                ready = broker.handshake(ready, cpu);
            }
        }
        self.queue_event(ready, Event::Connected(at));
    }

    /// The set-up is done, unless the server died or the network was cut meanwhile.
    pub(super) fn connection_up(&mut self, at: ConnectionRef) {
        let Some(connection) = self.connection(at) else { return };
        let (opener, server, channel) = (connection.opener, connection.server, connection.channel);
        if connection.state == ConnectionState::Open {
            return;
        }
        if connection.server_gone {
            return self.attempt_over(at, Unreachable::Reset);
        }
        if !self.passes_both_ways(opener, server) {
            return;
        }
        if let Some(connection) = self.connections.get_mut(at.key) {
            connection.state = ConnectionState::Open;
        }
        self.input(opener, |node, ctx, out| node.connected(channel, ctx, out));
    }

    /// The connection attempt came to nothing.
    pub(super) fn attempt_over(&mut self, at: ConnectionRef, how: Unreachable) {
        let Some(connection) = self.connection(at) else { return };
        let (opener, channel) = (connection.opener, connection.channel);
        self.connections.remove(at.key);
        self.nodes[opener.index()].channels.remove(&channel);
        self.input(opener, |node, ctx, out| node.disconnected(channel, how, ctx, out));
    }

    fn transmit(&mut self, key: u32, way: Way, message: Message, bytes: u32, address: u64) {
        let Some(connection) = self.connections.get_mut(key) else { return };
        let generation = connection.generation;
        let (from, to) = connection.ends(way);
        let arrival = connection.wire(way).flow.carry(self.now, self.delays.one_way(from, to, address, bytes));
        let slot = self.messages.insert(message);
        self.queue_event(arrival, Event::Deliver(ConnectionRef { key, generation }, way, slot));
    }

    /// A message arrives, or meets a cut and is held for retransmission.
    pub(super) fn deliver(&mut self, at: ConnectionRef, way: Way, slot: u32) {
        let Some(message) = self.messages.remove(slot) else { return };
        let now = self.now;
        let Some(connection) = self.connections.get_mut(at.key).filter(|c| c.generation == at.generation) else { return };
        let (from, to) = connection.ends(way);
        let blocked = self.cuts.blocked(from, to);
        let wire = connection.wire(way);
        if matches!(message, Message::Response(..)) && wire.loses_an_answer(blocked) {
            return;
        }
        if blocked || !wire.held.is_empty() {
            if wire.held.is_empty() {
                wire.held_since = now;
            }
            return wire.held.push_back(message);
        }
        self.receive(at, way, message);
    }

    /// TCP tries again: everything that was held arrives, in order.
    pub(super) fn retransmit(&mut self, at: ConnectionRef, way: Way) {
        loop {
            let Some(connection) = self.connection(at) else { return };
            let (from, to) = connection.ends(way);
            if self.cuts.blocked(from, to) {
                return;
            }
            let Some(message) = self.connections.get_mut(at.key).and_then(|c| c.wire(way).held.pop_front()) else { return };
            self.receive(at, way, message);
        }
    }

    fn receive(&mut self, at: ConnectionRef, way: Way, message: Message) {
        let Some(connection) = self.connections.get_mut(at.key) else { return };
        match (way, message) {
            (Way::Forth, Message::Request(_)) if connection.server_gone => self.server_end_gone(at.key),
            (Way::Forth, Message::Request(inbound)) => {
                connection.inbound.push_back(inbound);
                self.read(at.key);
            }
            (Way::Forth, Message::Close) => {
                connection.opener_gone = true;
                if connection.muted.is_none() {
                    self.connections.remove(at.key);
                }
            }
            (Way::Back, Message::Response(correlation, response)) => {
                let (opener, channel) = (connection.opener, connection.channel);
                if !connection.opener_gone {
                    self.input(opener, |node, ctx, out| node.response(channel, correlation, response, ctx, out));
                }
            }
            (Way::Back, Message::Close) => {
                if connection.opener_gone {
                    self.connections.remove(at.key);
                } else {
                    self.attempt_over(at, Unreachable::Reset);
                }
            }
            (Way::Forth, Message::Response(..)) | (Way::Back, Message::Request(_)) => unreachable!("requests go forth, answers come back"),
        }
    }

    /// The server's network thread reads the connection, unless it is muted.
    pub(super) fn read(&mut self, key: u32) {
        let Some(connection) = self.connections.get_mut(key) else { return };
        if connection.server_gone {
            return;
        }
        let server = connection.server;
        if let Some((token, request)) = connection.take(key, self.spec.broken) {
            self.input(server, |node, ctx, out| node.take(token, request, ctx, out));
        }
    }

    /// An answer leaves: the connection may be read again. None when it is gone, or its opener is.
    fn unmute(&mut self, token: Token) -> Option<u32> {
        let connection = self.connections.get_mut(token.connection)?;
        let reads_ahead = self.spec.broken == Some(Broken::ConnectionReadAhead);
        let owed = reads_ahead || connection.muted.map(|t| t.correlation) == Some(token.correlation);
        if connection.generation != token.generation || !owed {
            return None;
        }
        connection.muted = None;
        if connection.opener_gone {
            // The answer meets a closed socket; what was still in the server's socket is discarded with the reset.
            self.connections.remove(token.connection);
            return None;
        }
        self.readable.push_back(token.connection);
        Some(token.connection)
    }

    fn close_from_opener(&mut self, node: NodeIx, channel: Channel) {
        let Some(key) = self.nodes[node.index()].channels.remove(&channel) else { return };
        self.end_lull_on(key);
        let Some(connection) = self.connections.get_mut(key) else { return };
        connection.opener_gone = true;
        let address = mix(connection.address, CLOSE);
        match connection.state {
            ConnectionState::Connecting { .. } => {
                self.connections.remove(key);
            }
            ConnectionState::Open => self.transmit(key, Way::Forth, Message::Close, EMPTY, address),
        }
    }

    /// The server's end of a connection is closed: a reset goes back.
    fn server_end_gone(&mut self, key: u32) {
        self.end_lull_on(key);
        let Some(connection) = self.connections.get_mut(key) else { return };
        connection.server_gone = true;
        connection.inbound.clear();
        connection.muted = None;
        let address = mix(connection.address, CLOSE);
        if connection.state == ConnectionState::Open {
            self.transmit(key, Way::Back, Message::Close, EMPTY, address);
        }
    }

    /// The kernel closes all connections of a process that is gone; without power it cannot.
    pub(super) fn close_all(&mut self, node: NodeIx, power: bool) {
        for key in self.connections_that(|c| c.opener == node || c.server == node) {
            let Some(connection) = self.connections.get_mut(key) else { continue };
            if connection.opener == node {
                let channel = connection.channel;
                if power {
                    self.close_from_opener(node, channel);
                } else if !connection.opener_gone {
                    self.nodes[node.index()].channels.remove(&channel);
                    self.connections.remove(key);
                }
                continue;
            }
            if power {
                self.server_end_gone(key);
            } else {
                connection.server_gone = true;
                connection.inbound.clear();
                connection.muted = None;
                connection.back.abandon();
            }
        }
    }

    /// A broker stops listening: its clients' connections are closed, its own stay.
    pub(super) fn close_listener(&mut self, node: NodeIx) {
        let served = |c: &Connection| {
            c.server == node && matches!(c.channel, Channel::Broker(_) | Channel::Lane(..) | Channel::Bootstrap(_) | Channel::Fetcher(..))
        };
        for key in self.connections_that(served) {
            self.server_end_gone(key);
        }
    }

    /// The connections that fit, in the order in which they were opened: their keys are of those that others have closed.
    pub(super) fn connections_that(&self, fits: impl Fn(&Connection) -> bool) -> Vec<u32> {
        let mut found: Vec<(u32, u32)> = self.connections.iter().filter(|(_, c)| fits(c)).map(|(key, c)| (c.generation, key)).collect();
        found.sort_unstable();
        found.into_iter().map(|(_, key)| key).collect()
    }

    /// Something passes again that did not: every sender's next retransmission gets through.
    pub(super) fn wake_held(&mut self) {
        let mut due: Vec<(Instant, Event)> = Vec::new();
        for key in self.connections_that(|_| true) {
            let Some(connection) = self.connections.get(key) else { continue };
            let at = ConnectionRef { key, generation: connection.generation };
            let (opener, server) = (connection.opener, connection.server);
            let open = |from, to| !self.cuts.blocked(from, to);
            match connection.state {
                ConnectionState::Connecting { since } if open(opener, server) && open(server, opener) => {
                    due.push((tcp::next_syn(since, self.now), Event::Syn(at)));
                }
                ConnectionState::Connecting { .. } => {}
                ConnectionState::Open => {
                    for (way, wire) in [(Way::Forth, &connection.forth), (Way::Back, &connection.back)] {
                        let (from, to) = connection.ends(way);
                        if !wire.held.is_empty() && open(from, to) {
                            due.push((tcp::next_retransmission(wire.held_since, self.now), Event::Retransmit(at, way)));
                        }
                    }
                }
            }
        }
        for (at, event) in due {
            self.queue_event(at, event);
        }
    }

    pub(super) fn passes_both_ways(&self, a: NodeIx, b: NodeIx) -> bool {
        !self.cuts.blocked(a, b) && !self.cuts.blocked(b, a)
    }

    fn connection(&self, at: ConnectionRef) -> Option<&Connection> {
        self.connections.get(at.key).filter(|c| c.generation == at.generation)
    }
}
