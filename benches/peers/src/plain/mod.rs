//! The work as a loop over a queue of events: once over kafkasim's, once over the standard library's binary heap. The queue is all that
//! differs.

mod agenda;
mod hold;
mod network;
mod ring;

use crate::clock::timed;
use crate::work::{Outcome, Run, Work};
pub use agenda::{Agenda, Event, Heap};
use kafkasim::engine::{EventQueue, Instant};

/// With the queue, the server and the slab that the simulator's own world uses.
pub fn kafkasim(work: Work, horizon_ns: u64) -> Run {
    on::<EventQueue<Event>>(work, horizon_ns)
}

/// The same with a binary heap as queue.
pub fn binary_heap(work: Work, horizon_ns: u64) -> Run {
    on::<Heap>(work, horizon_ns)
}

fn on<A: Agenda>(work: Work, horizon_ns: u64) -> Run {
    match work {
        Work::Hold { pending } => run::<A, _>(&mut hold::Hold::new(pending), horizon_ns),
        Work::Network => run::<A, _>(&mut network::Network::new(), horizon_ns),
        Work::Ring => run::<A, _>(&mut ring::Ring::new(), horizon_ns),
    }
}

/// What happens at events.
trait Model {
    /// Makes the first events.
    fn start(&mut self, agenda: &mut impl Agenda);
    /// One event happens.
    fn act(&mut self, now: Instant, event: Event, agenda: &mut impl Agenda);
    fn outcome(&self) -> Outcome;
}

fn run<A: Agenda, M: Model>(model: &mut M, horizon_ns: u64) -> Run {
    let mut agenda = A::default();
    model.start(&mut agenda);
    let horizon = Instant::from_nanos(horizon_ns);
    let took = timed(|| {
        while let Some((now, event)) = agenda.next_by(horizon) {
            model.act(now, event, &mut agenda);
        }
    });
    Run { outcome: model.outcome(), took }
}
