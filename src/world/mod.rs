//! The only place where engine meets model: the events, their dispatch, the delivery of messages, and the handles by which faults push on it.

mod build;
mod delivery;
mod dispatch;
mod event;
mod handles;
mod lulls;
mod meter;
mod node;
mod views;

pub use crate::model::network::cuts::CutId;
pub use meter::{Meter, Step};

use crate::engine::{Chance, EventQueue, Instant, Slab, Stream, mix};
use crate::kafka::{NodeIx, Rules};
use crate::model::message::{AdminRequest, Request};
use crate::model::network::Delays;
use crate::model::network::connection::{Connection, Message};
use crate::model::network::cuts::Cuts;
use crate::model::outbox::TimerKind;
use crate::model::{Channel, History, Journal, Outbox, Spec, Token};
use crate::observe::Fact;
use event::{ConnectionRef, Event};
use node::Node;
use std::collections::{BTreeMap, VecDeque};

/// A cluster in motion.
///
/// ```
/// use kafkasim::engine::Duration;
/// use kafkasim::world::World;
///
/// let scenario = kafkasim::scenario::load(&kafkasim::scenario::Source::catalogue("broker-crash").unwrap(), &[]).unwrap();
/// let mut world = World::build(scenario.spec, 7);
/// world.run_until(world.now() + Duration::from_secs(5));
/// assert_eq!(world.under_replicated(), 0);
/// ```
pub struct World {
    spec: Spec,
    rules: Rules,
    chance: Chance,
    now: Instant,
    queue: EventQueue<Event>,
    events: u64,
    /// Events of this very moment so far.
    crowd: u64,
    ties: Option<Stream>,
    history: History,
    journal: Journal,
    nodes: Vec<Node>,
    /// Processes that are paused.
    paused: u32,
    connections: Slab<Connection>,
    openings: BTreeMap<(NodeIx, Channel), u32>,
    generations: u32,
    messages: Slab<Message>,
    works: Slab<(Token, Request)>,
    /// Connections that were unmuted and may hold another request.
    readable: VecDeque<u32>,
    reading: bool,
    delays: Delays,
    cuts: Cuts,
    facts: Vec<(Instant, Fact)>,
    outboxes: Vec<Outbox>,
    admin: VecDeque<(Instant, AdminRequest)>,
    meter: Option<Meter>,
}

impl World {
    /// The scenario's cluster.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// The simulated time.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// All chance of this run.
    pub fn chance(&self) -> Chance {
        self.chance
    }

    /// The committed metadata.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Events processed so far.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// When the next event is due.
    pub fn next_at(&self) -> Option<Instant> {
        self.queue.next_at()
    }

    /// Takes the facts that have happened since they were last taken, each with its moment, in order.
    pub fn drain_facts(&mut self, sink: &mut dyn FnMut(Instant, &Fact)) {
        for (at, fact) in self.facts.drain(..) {
            sink(at, &fact);
        }
    }

    fn note(&mut self, fact: Fact) {
        self.facts.push((self.now, fact));
    }

    /// Queues what waited for a process, in the order in which it came and before anything else of this moment. Parked requests expire last: when the
    /// one timer of them all came is a matter of the earliest, and no other's.
    fn queue_deferred(&mut self, deferred: Vec<Event>) {
        let (expiry, others): (Vec<Event>, Vec<Event>) =
            deferred.into_iter().partition(|event| matches!(event, Event::Timer(_, TimerKind::Purgatory)));
        others.into_iter().chain(expiry).for_each(|event| self.queue.push(self.now, event));
    }

    fn queue_event(&mut self, at: Instant, event: Event) {
        let at = at.max(self.now);
        self.tell(Step::Queues(at));
        match self.ties {
            None => self.queue.push(at, event),
            Some(stream) => self.queue.push_tied(at, stream.at(self.tie(at, event)).bits(), event),
        }
    }

    /// What the place of an event among those of its moment is drawn by: what it is about, and that moment.
    fn tie(&self, at: Instant, event: Event) -> u64 {
        let about = |c: ConnectionRef| self.connections.get(c.key).map_or(0, |c| c.address);
        let what = match event {
            // TCP keeps the order of what is on a wire, whatever else is drawn.
            Event::Deliver(connection, way, _) => return mix(about(connection), 1 + way as u64),
            Event::Retransmit(connection, way) => mix(about(connection), 3 + way as u64),
            Event::Syn(connection) => mix(about(connection), 5),
            Event::Connected(connection) => mix(about(connection), 6),
            Event::Refused(connection) => mix(about(connection), 7),
            Event::Timer(life, kind) => mix(self.delays.key(life.node).bits(), 8 + kind as u64),
            Event::Work(_, slot) => self.works.get(slot).map_or(0, |(token, _)| token.address),
            Event::Restart(life) => mix(self.delays.key(life.node).bits(), u64::MAX),
            Event::AdminRetry => 0,
        };
        mix(what, at.as_nanos())
    }
}
