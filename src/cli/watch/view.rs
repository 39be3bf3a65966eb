//! Where a show stands: the moment, whether it plays, and what is true and believed then. It reads a timeline and nothing else.

use crate::timeline::Timeline;
use crate::timeline::record::{Belief, Client, Event, Kind, Leader, Micros, Partition, Request};

/// The slowest and the fastest that a show may play.
pub const SLOWEST: f64 = 0.0001;
/// The fastest.
pub const FASTEST: f64 = 10_000.0;

/// A show.
pub struct View<'t> {
    /// The scenario.
    pub name: &'t str,
    /// What is shown.
    pub timeline: &'t Timeline,
    /// The moment.
    pub at: Micros,
    /// Simulated seconds a second.
    pub speed: f64,
    /// Whether time passes.
    pub playing: bool,
    /// What the last jump said, instead of the event just happened.
    pub note: Option<String>,
    /// The partition that is shown first.
    pub first: usize,
    /// The event just happened: a place in the timeline's events.
    event: Option<usize>,
    /// Partitions in the order in which they are shown: those that move first.
    order: Vec<usize>,
    /// Parts of a microsecond that have passed.
    rest: f64,
}

/// What a client believes of a partition, and whether it is so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cell {
    /// Nothing is known of it.
    Nothing,
    /// It believes this, and it is true.
    True(Option<u32>),
    /// It believes this, and something else is true.
    False(Option<u32>),
}

impl<'t> View<'t> {
    /// A show that stands where counting begins.
    pub fn new(name: &'t str, timeline: &'t Timeline, speed: f64) -> View<'t> {
        let mut order: Vec<usize> = (0..timeline.partitions.len()).collect();
        order.sort_by_key(|i| (timeline.partitions[*i].leaders.len() < 2, *i));
        let at = 0.clamp(timeline.from, timeline.to);
        let mut view = View { name, timeline, at, speed, playing: false, note: None, first: 0, event: None, order, rest: 0.0 };
        view.go(at);
        view
    }

    /// Goes to a moment; what happened last then is the event.
    pub fn go(&mut self, at: Micros) {
        self.at = at.clamp(self.timeline.from, self.timeline.to);
        self.event = self.timeline.events.partition_point(|event| event.at <= self.at).checked_sub(1);
        self.note = None;
    }

    /// Time passes, if it plays: so many seconds for whoever watches.
    pub fn pass(&mut self, seconds: f64) {
        if !self.playing {
            return;
        }
        let passed = seconds * self.speed * 1e6 + self.rest;
        self.rest = passed.fract();
        self.go(self.at.saturating_add(passed as Micros));
        if self.at == self.timeline.to {
            self.playing = false;
        }
    }

    /// Plays, or stands still. At the end it begins anew.
    pub fn toggle(&mut self) {
        if !self.playing && self.at == self.timeline.to {
            self.go(0);
        }
        self.playing = !self.playing;
    }

    /// To the next event, or to the one before; several of one moment are told one after the other.
    pub fn step(&mut self, forward: bool) {
        self.playing = false;
        let next = match (self.event, forward) {
            (None, true) => 0,
            (Some(event), true) => event + 1,
            (Some(event), false) if event > 0 => event - 1,
            (Some(_) | None, false) => return,
        };
        if let Some(event) = self.timeline.events.get(next) {
            self.at = event.at;
            self.event = Some(next);
            self.note = None;
        }
    }

    /// To the next leader move, or to the one before.
    pub fn jump_move(&mut self, forward: bool) {
        let moves: Vec<Micros> = self.timeline.moves.iter().map(|m| m.at).collect();
        let text = |view: &View<'_>, i: usize| {
            let made = &view.timeline.moves[i];
            let (name, from, to) = (&view.timeline.names[made.partition as usize], view.leader(made.from), view.leader(made.to));
            format!("leader move: {name} from {from} to {to}, epoch {} ({})", made.epoch, made.why)
        };
        self.jump(&moves, forward, "leader move", text);
    }

    /// To the next stale request, or to the one before.
    pub fn jump_stale(&mut self, forward: bool) {
        let judged = |r: &Request| r.taken.or(r.ended).unwrap_or(r.sent);
        let mut stale: Vec<usize> = (0..self.timeline.requests.len()).filter(|i| self.timeline.requests[*i].kind == Kind::Stale).collect();
        stale.sort_by_key(|i| judged(&self.timeline.requests[*i]));
        let moments: Vec<Micros> = stale.iter().map(|i| judged(&self.timeline.requests[*i])).collect();
        let text = |view: &View<'_>, i: usize| {
            let request = &view.timeline.requests[stale[i]];
            let who = request.member.as_deref().unwrap_or(&view.timeline.clients[request.client as usize].name);
            let cause = request.cause.map_or("", |cause| &view.timeline.causes[cause as usize]);
            let (what, whom) = (&view.timeline.names[request.partition as usize], view.leader(Some(request.broker)));
            format!("stale request: {who} asks {whom} for {what}: {} ({cause})", view.timeline.outcomes[request.outcome as usize])
        };
        self.jump(&moments, forward, "stale request", text);
    }

    fn jump(&mut self, moments: &[Micros], forward: bool, what: &str, text: impl Fn(&View<'_>, usize) -> String) {
        self.playing = false;
        let found = if forward { moments.iter().position(|at| *at > self.at) } else { moments.iter().rposition(|at| *at < self.at) };
        let Some(found) = found else {
            let way = if forward { "later" } else { "earlier" };
            self.note = Some(if moments.is_empty() { format!("this run has no {what}") } else { format!("there is no {way} {what}") });
            return;
        };
        self.go(moments[found]);
        self.note = Some(text(self, found));
    }

    /// Plays so much faster, within what can be watched.
    pub fn faster(&mut self, factor: f64) {
        self.speed = (self.speed * factor).clamp(SLOWEST, FASTEST);
    }

    /// Moves the list of partitions.
    pub fn scroll(&mut self, by: isize) {
        self.first = self.first.saturating_add_signed(by).min(self.order.len().saturating_sub(1));
    }

    /// What has just happened, in a sentence.
    pub fn sentence(&self) -> String {
        if let Some(note) = &self.note {
            return note.clone();
        }
        self.event.map_or_else(|| "nothing has happened yet".to_owned(), |event| self.timeline.events[event].text.clone())
    }

    /// The events before the one just happened, the latest last.
    pub fn before(&self, most: usize) -> &[Event] {
        let end = self.event.map_or(0, |event| event + 1);
        &self.timeline.events[end.saturating_sub(most)..end]
    }

    /// Partitions in the order in which they are shown.
    pub fn partitions(&self) -> impl Iterator<Item = (usize, &'t Partition)> + '_ {
        self.order.iter().skip(self.first).map(|i| (*i, &self.timeline.partitions[*i]))
    }

    /// `broker 2`, or `nobody`.
    pub fn leader(&self, broker: Option<u32>) -> String {
        broker.map_or_else(|| "nobody".to_owned(), |b| format!("broker {}", self.timeline.brokers[b as usize].id))
    }

    /// The true leader of a partition.
    pub fn truth(&self, partition: &'t Partition) -> Option<&'t Leader> {
        let after = partition.leaders.partition_point(|leader| leader.at <= self.at);
        after.checked_sub(1).map(|i| &partition.leaders[i])
    }

    /// Whether the true leader has taken its role.
    pub fn is_ready(&self, partition: &Partition, leader: &Leader) -> bool {
        let Some(broker) = leader.broker else { return true };
        partition.ready.iter().any(|(at, who)| *who == broker && *at <= self.at && (*at >= leader.at || leader.why.is_empty()))
    }

    /// How many replicas are in sync, and of how many.
    pub fn in_sync(&self, partition: &Partition) -> Option<(u32, u32)> {
        let after = partition.in_sync.partition_point(|step| step.0 <= self.at);
        after.checked_sub(1).map(|i| (partition.in_sync[i].1, partition.in_sync[i].2))
    }

    /// What a client believes of a partition: a place in the timeline's partitions.
    pub fn belief(&self, client: &'t Client, partition: usize) -> Cell {
        let lane = client.beliefs.iter().find(|lane| lane.partition as usize == partition);
        let held: Option<&Belief> = lane.and_then(|lane| {
            let after = lane.held.partition_point(|belief| belief.at <= self.at);
            after.checked_sub(1).map(|i| &lane.held[i])
        });
        let Some(held) = held else { return Cell::Nothing };
        let truth = self.truth(&self.timeline.partitions[partition]).and_then(|leader| leader.broker);
        if truth == held.broker { Cell::True(held.broker) } else { Cell::False(held.broker) }
    }

    /// How many stale beliefs a client, or a group of them, holds.
    pub fn stale(&self, client: &Client) -> u32 {
        let after = client.stale_count.partition_point(|step| step.0 <= self.at);
        after.checked_sub(1).map_or(0, |i| client.stale_count[i].1)
    }

    /// The state of a broker, in words.
    pub fn state(&self, broker: usize) -> String {
        let broker = &self.timeline.brokers[broker];
        let during = |spans: &[crate::timeline::record::Span]| spans.iter().any(|span| span.covers(self.at));
        let after = broker.states.partition_point(|state| state.0 <= self.at);
        let mut words = after.checked_sub(1).map_or_else(|| "not running".to_owned(), |i| broker.states[i].1.clone());
        for (holds, word) in [(during(&broker.paused), "paused"), (during(&broker.cut), "cut off"), (during(&broker.fenced), "fenced")] {
            if holds {
                words = format!("{words}, {word}");
            }
        }
        words
    }

    /// Of the partitions with a lane and of the grouped ones: how many a broker leads.
    pub fn leads(&self, broker: usize) -> u32 {
        let leads = |p: &&'t Partition| self.truth(p).is_some_and(|leader| leader.broker == Some(broker as u32));
        let alone = self.timeline.partitions.iter().filter(leads).count() as u32;
        let grouped = self.timeline.groups.iter().filter_map(|group| {
            let after = group.leaders.partition_point(|step| step.0 <= self.at);
            after.checked_sub(1).map(|i| group.leaders[i].1[broker])
        });
        alone + grouped.sum::<u32>()
    }

    /// The active controller, in words.
    pub fn controller(&self) -> String {
        let active = self.timeline.controllers.iter().find_map(|controller| {
            controller.active.iter().find(|(span, _)| span.covers(self.at)).map(|(_, epoch)| (controller.id, *epoch))
        });
        active.map_or_else(|| "no active controller".to_owned(), |(id, epoch)| format!("controller {id} is active, epoch {epoch}"))
    }
}
