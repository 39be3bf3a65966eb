//! The hold model.

use super::{Agenda, Event, Model};
use crate::draws::Stream;
use crate::work::{Outcome, Tally, checksum};
use kafkasim::engine::{Duration, Instant};

pub struct Hold {
    pending: usize,
    stream: Stream,
    holds: Tally,
}

impl Hold {
    pub fn new(pending: usize) -> Hold {
        Hold { pending, stream: Stream::of(0), holds: Tally::default() }
    }
}

impl Model for Hold {
    fn start(&mut self, agenda: &mut impl Agenda) {
        for i in 0..self.pending {
            // A nanosecond apart, because there are fewer different delays than events.
            agenda.push(Instant::from_nanos(self.stream.draw().delay_ns + i as u64), Event::new(0, i as u32));
        }
    }
    fn act(&mut self, now: Instant, event: Event, agenda: &mut impl Agenda) {
        self.holds.add(now.as_nanos());
        agenda.push(now + Duration::from_nanos(self.stream.draw().delay_ns), event);
    }
    fn outcome(&self) -> Outcome {
        Outcome { requests: self.holds.count, checksum: checksum(&[self.holds]) }
    }
}
