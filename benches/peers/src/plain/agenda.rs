//! The two queues.

use kafkasim::engine::{EventQueue, Instant};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// An event, as large as the simulator's own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Event {
    /// Station or node.
    pub place: u32,
    /// Job or token.
    pub item: u32,
    rest: [u32; 3],
}

const _: () = assert!(size_of::<Event>() == 20);

impl Event {
    pub fn new(place: usize, item: u32) -> Event {
        Event { place: place as u32, item, rest: [0; 3] }
    }
}

/// What is to happen.
pub trait Agenda: Default {
    fn push(&mut self, at: Instant, event: Event);
    /// Takes the next event, if it is not after `horizon`.
    fn next_by(&mut self, horizon: Instant) -> Option<(Instant, Event)>;
}

impl Agenda for EventQueue<Event> {
    fn push(&mut self, at: Instant, event: Event) {
        EventQueue::push(self, at, event);
    }
    fn next_by(&mut self, horizon: Instant) -> Option<(Instant, Event)> {
        // Asked and then taken, as the simulator's runs do.
        self.next_at().filter(|at| *at <= horizon)?;
        self.pop()
    }
}

/// A binary heap; the number of pushes so far keeps events of one moment in order.
#[derive(Default)]
pub struct Heap {
    pending: BinaryHeap<Reverse<(Instant, u64, Event)>>,
    pushes: u64,
}

impl Agenda for Heap {
    fn push(&mut self, at: Instant, event: Event) {
        self.pending.push(Reverse((at, self.pushes, event)));
        self.pushes += 1;
    }
    fn next_by(&mut self, horizon: Instant) -> Option<(Instant, Event)> {
        self.pending.peek().filter(|next| next.0.0 <= horizon)?;
        self.pending.pop().map(|Reverse((at, _, event))| (at, event))
    }
}
