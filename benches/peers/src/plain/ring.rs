//! The token ring.

use super::{Agenda, Event, Model};
use crate::draws::Stream;
use crate::work::{NODES, Outcome, TOKENS, Tally, checksum};
use kafkasim::engine::{Duration, Instant};

pub struct Ring {
    nodes: Vec<Node>,
}

struct Node {
    stream: Stream,
    arrivals: Tally,
}

impl Ring {
    pub fn new() -> Ring {
        Ring { nodes: (0..NODES).map(|node| Node { stream: Stream::of(node), arrivals: Tally::default() }).collect() }
    }
}

impl Model for Ring {
    fn start(&mut self, agenda: &mut impl Agenda) {
        for token in 0..TOKENS {
            let node = token * (NODES / TOKENS);
            agenda.push(Instant::from_nanos(self.nodes[node].stream.draw().delay_ns), Event::new(node, token as u32));
        }
    }
    /// A token arrives.
    fn act(&mut self, now: Instant, event: Event, agenda: &mut impl Agenda) {
        let place = event.place as usize;
        let node = &mut self.nodes[place];
        node.arrivals.add(now.as_nanos());
        let kept = Duration::from_nanos(node.stream.draw().delay_ns);
        agenda.push(now + kept, Event::new((place + 1) % NODES, event.item));
    }
    fn outcome(&self) -> Outcome {
        let arrivals: Vec<Tally> = self.nodes.iter().map(|node| node.arrivals).collect();
        Outcome { requests: arrivals.iter().map(|node| node.count).sum(), checksum: checksum(&arrivals) }
    }
}
