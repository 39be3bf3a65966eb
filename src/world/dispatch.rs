//! The loop: pop an event, hand it to its node, drain what the node wants.

use super::World;
use super::event::{Event, Life};
use super::meter::Step;
use super::node::Node;
use crate::engine::Instant;
use crate::kafka::NodeIx;
use crate::model::{Ctx, Outbox, TimerKind};
use crate::observe::Fact;
use crate::observe::fact::{Ending, Unreachable};

/// More events than this at one moment are a loop in the model, not a busy cluster.
const CROWD_MAX: u64 = 20_000_000;

impl World {
    /// Processes one event and says when it was; none are left when this is none.
    pub fn step(&mut self) -> Option<Instant> {
        let (at, event) = self.queue.pop()?;
        self.crowd = if at == self.now { self.crowd + 1 } else { 0 };
        assert!(self.crowd < CROWD_MAX, "time stands still at {at:?}: {event:?} comes again and again");
        self.now = at;
        self.events += 1;
        if self.meter.is_none() {
            self.dispatch(event);
        } else {
            self.dispatch_measured(event);
        }
        Some(at)
    }

    /// Processes every event up to and including `at`, then stands at `at`.
    pub fn run_until(&mut self, at: Instant) {
        while self.queue.next_at().is_some_and(|next| next <= at) {
            self.step();
        }
        self.now = self.now.max(at);
    }

    /// Runs until a fact is the one that is wanted, but not beyond `deadline`; says when it was. Only facts from now on are looked at, and
    /// they stay where they are for [`World::drain_facts`]. Everything else of the event that brought the fact has happened too.
    pub fn run_until_fact(&mut self, deadline: Instant, mut wanted: impl FnMut(Instant, &Fact) -> bool) -> Option<Instant> {
        while self.queue.next_at().is_some_and(|next| next <= deadline) {
            let seen = self.facts.len();
            self.step();
            if let Some((at, _)) = self.facts[seen..].iter().find(|(at, fact)| wanted(*at, fact)) {
                return Some(*at);
            }
        }
        self.now = self.now.max(deadline);
        None
    }

    fn dispatch_measured(&mut self, event: Event) {
        let kind = self.step_of(event);
        self.tell(Step::Begins(self.now));
        self.dispatch(event);
        self.tell(Step::Ends(kind));
    }

    fn dispatch(&mut self, event: Event) {
        if self.paused > 0 && self.is_deferred(event) {
            return;
        }
        match event {
            Event::Timer(life, kind) => self.fire(life, kind),
            Event::Work(life, slot) => {
                let Some((token, request)) = self.works.remove(slot) else { return };
                if self.is_alive(life) {
                    self.input(life.node, |node, ctx, out| node.handle(token, request, ctx, out));
                }
            }
            Event::Syn(at) => self.syn(at),
            Event::Connected(at) => self.connection_up(at),
            Event::Refused(at) => self.attempt_over(at, Unreachable::Refused),
            Event::Deliver(at, way, slot) => self.deliver(at, way, slot),
            Event::Retransmit(at, way) => self.retransmit(at, way),
            Event::AdminRetry => self.offer_admin(),
            Event::Restart(life) if self.is_alive(life) => self.start(life.node),
            Event::Restart(_) => {}
        }
    }

    fn fire(&mut self, life: Life, kind: TimerKind) {
        if !self.is_alive(life) {
            return;
        }
        let armed = &mut self.nodes[life.node.index()].armed[kind as usize];
        if *armed > self.now {
            // A later event of this timer was armed meanwhile, or this one was replaced by an earlier one that has fired.
            return;
        }
        *armed = Instant::MAX;
        self.input(life.node, |node, ctx, out| node.timer(kind, ctx, out));
    }

    fn is_alive(&self, life: Life) -> bool {
        self.nodes[life.node.index()].incarnation == life.incarnation
    }

    /// What a paused process would have to see waits until it is scheduled again. The kernel still accepts connections and bytes.
    fn is_deferred(&mut self, event: Event) -> bool {
        let node = match event {
            Event::Timer(life, _) | Event::Work(life, _) => Some(life.node),
            Event::Connected(at) | Event::Refused(at) => {
                self.connections.get(at.key).filter(|c| c.generation == at.generation).map(|c| c.opener)
            }
            Event::Deliver(at, way, _) | Event::Retransmit(at, way) => {
                self.connections.get(at.key).filter(|c| c.generation == at.generation).map(|c| c.ends(way).1)
            }
            Event::Syn(_) | Event::Restart(_) | Event::AdminRetry => None,
        };
        let Some(node) = node.filter(|n| self.nodes[n.index()].paused) else { return false };
        self.nodes[node.index()].deferred.push(event);
        true
    }

    /// Hands an input to a node and drains what it wants; then lets connections be read that were unmuted by it.
    pub(super) fn input(&mut self, node: NodeIx, handle: impl FnOnce(&mut Node, &mut Ctx, &mut Outbox)) {
        if !self.nodes[node.index()].up {
            return;
        }
        self.catch_up(node);
        let mut out = self.outboxes.pop().unwrap_or_default();
        let listened = self.listens(node);
        let mut ctx = Ctx {
            now: self.now,
            spec: &self.spec,
            rules: self.rules,
            history: &mut self.history,
            journal: &mut self.journal,
            chance: self.chance,
        };
        handle(&mut self.nodes[node.index()], &mut ctx, &mut out);
        self.drain(node, &mut out);
        if listened && !self.listens(node) {
            self.close_listener(node);
        }
        if let Some(ending) = out.exit.take() {
            self.process_ends(node, ending);
        }
        if let Some(delay) = out.restart_after.take() {
            let life = Life { node, incarnation: self.nodes[node.index()].incarnation };
            self.queue_event(self.now + delay, Event::Restart(life));
        }
        self.outboxes.push(out);
        self.read_unmuted();
    }

    /// Reads every connection that was unmuted, in order. What that unmutes in turn comes last: this never calls itself.
    fn read_unmuted(&mut self) {
        if self.reading {
            return;
        }
        self.reading = true;
        while let Some(key) = self.readable.pop_front() {
            self.read(key);
        }
        self.reading = false;
    }

    fn listens(&self, node: NodeIx) -> bool {
        self.nodes[node.index()].broker.as_ref().is_some_and(|b| b.is_listening())
    }

    /// Facts, then lulls, then work, then timers, then the network.
    fn drain(&mut self, node: NodeIx, out: &mut Outbox) {
        let now = self.now;
        let life = Life { node, incarnation: self.nodes[node.index()].incarnation };
        drain_each(&mut out.facts, |fact| self.facts.push((now, fact)));
        drain_each(&mut out.lulls, |step| self.lull(node, step));
        drain_each(&mut out.work, |(at, token, request)| {
            let slot = self.works.insert((token, request));
            self.queue_event(at, Event::Work(life, slot));
        });
        drain_each(&mut out.timers, |(kind, at)| self.arm(life, kind, at.max(now)));
        drain_each(&mut out.network, |op| self.network(node, op));
    }

    fn arm(&mut self, life: Life, kind: TimerKind, at: Instant) {
        let armed = &mut self.nodes[life.node.index()].armed[kind as usize];
        if at < *armed {
            *armed = at;
            self.queue_event(at, Event::Timer(life, kind));
        }
    }

    /// A process has ended by its own decision: a combined node's controller resigns in order before.
    fn process_ends(&mut self, node: NodeIx, ending: Ending) {
        self.end_lulls_of(node);
        let process = &mut self.nodes[node.index()];
        if process.stopping && process.controller.is_some() && process.broker.is_some() && ending == Ending::Stopped {
            process.broker.as_mut().into_iter().for_each(|b| b.crash());
            process.stopping = false;
            return self.input(node, |n, ctx, out| n.controller.as_mut().into_iter().for_each(|c| c.stop(ctx, out)));
        }
        self.end_process(node, ending);
    }
}

/// Takes out everything. Most inputs leave most lists empty, and to begin and end a `Drain` for nothing is a fiftieth of a run's instructions.
fn drain_each<T>(list: &mut Vec<T>, each: impl FnMut(T)) {
    if !list.is_empty() {
        list.drain(..).for_each(each);
    }
}
