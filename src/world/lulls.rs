//! Lulls: a follower's fetches that are told instead of simulated while nothing happens. Here they begin and end, for only the world sees both
//! brokers and the connection between them.

use super::World;
use super::event::{ConnectionRef, Event, Life};
use crate::kafka::NodeIx;
use crate::model::broker::lull::{FollowerThread, Lull, Phase};
use crate::model::message::Response;
use crate::model::network::connection::{Connection, Inbound, Message, Taken, Way};
use crate::model::outbox::{Channel, LullStep, Token};

impl World {
    /// Lets the fetches of lulls at this broker come before what happens now.
    pub(super) fn catch_up(&mut self, node: NodeIx) {
        let leader = &mut self.nodes[node.index()];
        if leader.lulls == 0 {
            return;
        }
        let Some(broker) = leader.broker.as_mut() else { return };
        for thread in broker.catch_up(self.now, &self.delays) {
            self.end_lull(node, thread);
        }
    }

    /// What a node says of a lull.
    pub(super) fn lull(&mut self, node: NodeIx, step: LullStep) {
        match step {
            LullStep::MayBegin(token, thread) => _ = self.begin_lull(node, token, thread),
            LullStep::Disturbed(channel) => {
                self.nodes[node.index()].channels.get(&channel).copied().into_iter().for_each(|key| self.end_lull_on(key))
            }
            LullStep::Over(lull) => self.lead_on(*lull),
        }
    }

    /// Begins one, unless something is in its way. Where the order of one moment is drawn, and where a rule is broken, everything is simulated.
    fn begin_lull(&mut self, leader: NodeIx, token: Token, thread: FollowerThread) -> Option<()> {
        let follower = token.from;
        let process = |node: NodeIx| &self.nodes[node.index()];
        let runs = |node| process(node).up && !process(node).paused;
        let is_plain = self.ties.is_none() && self.spec.broken.is_none() && !self.spec.in_full;
        if !is_plain || !runs(leader) || !runs(follower) || !self.passes_both_ways(leader, follower) {
            return None;
        }
        let connection =
            self.connections.get_mut(token.connection).filter(|c| c.generation == token.generation && c.carries_only(token.correlation))?;
        let leader_ix = self.spec.nodes[leader.index()].broker?;
        let flows = (connection.forth.flow, connection.back.flow);
        let idle = self.nodes[follower.index()].broker.as_mut()?.begin_idling(leader_ix, &token, thread.1, &self.spec)?;
        let lull = Lull::begin(idle, leader, token, self.now, flows, &self.delays);
        connection.in_lull = true;
        let breaks_off = lull.breaks_off();
        self.nodes[leader.index()].lulls += 1;
        self.nodes[leader.index()].broker.as_mut()?.begin_lull(thread, lull);
        if breaks_off {
            self.end_lull(leader, thread);
        }
        Some(())
    }

    /// Ends the lull on a connection, if there is one.
    pub(super) fn end_lull_on(&mut self, connection: u32) {
        let Some(Connection { in_lull: true, server, opener, channel: Channel::Fetcher(_, thread), .. }) = self.connections.get(connection)
        else {
            return;
        };
        let follower = self.spec.nodes[opener.index()].broker.expect("only brokers have fetchers");
        self.end_lull(*server, (follower, *thread));
    }

    /// Ends all lulls of which a process is part.
    pub(super) fn end_lulls_of(&mut self, node: NodeIx) {
        self.connections_that(|c| c.in_lull && (c.opener == node || c.server == node)).into_iter().for_each(|key| self.end_lull_on(key));
    }

    /// Ends all lulls.
    pub(super) fn end_lulls(&mut self) {
        self.connections_that(|c| c.in_lull).into_iter().for_each(|key| self.end_lull_on(key));
    }

    /// What is unmuted meanwhile is read when whoever asked for this is done.
    fn end_lull(&mut self, leader: NodeIx, thread: FollowerThread) {
        let reading = std::mem::replace(&mut self.reading, true);
        self.input(leader, |node, ctx, out| {
            if let Some(broker) = &mut node.broker {
                broker.end_lull(thread, ctx, out);
            }
        });
        self.reading = reading;
    }

    /// Leads connection and follower to where a lull that is over would have led.
    fn lead_on(&mut self, lull: Lull) {
        let (token, phase) = (lull.token, lull.phase(self.now));
        self.nodes[lull.leader.index()].lulls -= 1;
        let Some(connection) = self.connections.get_mut(token.connection).filter(|c| c.generation == token.generation) else { return };
        connection.in_lull = false;
        (connection.forth.flow, connection.back.flow) = lull.flows(phase);
        connection.muted = None;
        let taken = Some(Taken { correlation: token.correlation, address: token.address });
        match phase {
            Phase::InWork => {
                connection.muted = taken;
                let life = Life { node: lull.leader, incarnation: self.nodes[lull.leader.index()].incarnation };
                let slot = self.works.insert((token, lull.thread.request()));
                self.queue_event(lull.handled_at, Event::Work(life, slot));
            }
            Phase::Parked => connection.muted = taken,
            Phase::Answered => {
                let answer = Message::Response(token.correlation, Response::ReplicaFetch { partitions: Vec::new() });
                self.on_the_wire(token, Way::Back, answer, lull.answered_at);
            }
            Phase::Turn => {}
            Phase::SentAgain => {
                let correlation = token.correlation + 1;
                let again = Message::Request(Inbound { correlation, address: lull.next_address, request: lull.thread.request() });
                self.on_the_wire(token, Way::Forth, again, lull.next_taken_at);
            }
        }
        let leader = self.spec.nodes[lull.leader.index()].broker.expect("only brokers lead");
        self.input(lull.thread.node, |node, ctx, out| {
            if let Some(broker) = &mut node.broker {
                broker.end_idling(leader, &lull, ctx, out);
            }
        });
    }

    fn on_the_wire(&mut self, token: Token, way: Way, message: Message, arrives_at: crate::engine::Instant) {
        let slot = self.messages.insert(message);
        self.queue_event(arrives_at, Event::Deliver(ConnectionRef { key: token.connection, generation: token.generation }, way, slot));
    }
}
