//! The network of queues. As everywhere in the simulator, a server is solved instead of simulated: a job's end is known when it comes.

use super::{Agenda, Event, Model};
use crate::draws::Stream;
use crate::work::{JOBS_PER_MEAN, Outcome, STATIONS, Tally, checksum, entry, onward};
use kafkasim::engine::{Duration, FifoServer, Instant, Slab};

/// The place from which jobs come.
const OUTSIDE: usize = STATIONS;

pub struct Network {
    source: Stream,
    stations: Vec<Station>,
    jobs: Slab<Job>,
    left: Tally,
}

struct Station {
    stream: Stream,
    server: FifoServer,
    served: Tally,
}

/// A job, and what was drawn for it at the station where it is.
struct Job {
    born: Instant,
    arrived: Instant,
    lot: u32,
}

impl Network {
    pub fn new() -> Network {
        let station = |place| Station { stream: Stream::of(place), server: FifoServer::new(1), served: Tally::default() };
        let stations = (0..STATIONS).map(station).collect();
        Network { source: Stream::of(OUTSIDE), stations, jobs: Slab::default(), left: Tally::default() }
    }

    /// A job comes from outside, and the next one is drawn.
    fn come(&mut self, now: Instant, agenda: &mut impl Agenda) {
        let draw = self.source.draw();
        let job = self.jobs.insert(Job { born: now, arrived: now, lot: 0 });
        self.arrive(now, entry(draw.lot), job, agenda);
        agenda.push(now + Duration::from_nanos(draw.delay_ns / JOBS_PER_MEAN), Event::new(OUTSIDE, 0));
    }

    fn arrive(&mut self, now: Instant, place: usize, key: u32, agenda: &mut impl Agenda) {
        let station = &mut self.stations[place];
        let draw = station.stream.draw();
        let job = self.jobs.get_mut(key).expect("a job is there until it leaves");
        job.arrived = now;
        job.lot = draw.lot;
        agenda.push(station.server.serve(now, Duration::from_nanos(draw.delay_ns)), Event::new(place, key));
    }

    /// A station is done with a job.
    fn done(&mut self, now: Instant, place: usize, key: u32, agenda: &mut impl Agenda) {
        let job = self.jobs.get(key).expect("a job is there until it leaves");
        self.stations[place].served.add(now.since(job.arrived).as_nanos());
        if let Some(next) = onward(place, job.lot) {
            return self.arrive(now, next, key, agenda);
        }
        self.left.add(now.since(job.born).as_nanos());
        self.jobs.remove(key);
    }
}

impl Model for Network {
    fn start(&mut self, agenda: &mut impl Agenda) {
        agenda.push(Instant::from_nanos(self.source.draw().delay_ns / JOBS_PER_MEAN), Event::new(OUTSIDE, 0));
    }
    fn act(&mut self, now: Instant, event: Event, agenda: &mut impl Agenda) {
        match event.place as usize {
            OUTSIDE => self.come(now, agenda),
            place => self.done(now, place, event.item, agenda),
        }
    }
    fn outcome(&self) -> Outcome {
        let places: Vec<Tally> = self.stations.iter().map(|station| station.served).chain([self.left]).collect();
        Outcome { requests: self.left.count, checksum: checksum(&places) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::run;
    use super::*;
    use crate::draws::MEAN_NS;
    use crate::work::Work;
    use kafkasim::engine::EventQueue;

    /// Jackson (1957): each station is an M/M/1 queue by itself. Busy for 0.8 of the time it keeps a job for 1 / (1 - 0.8) = 5 services, and
    /// a job is served 4 times.
    #[test]
    fn a_job_takes_as_long_as_theory_says() {
        let mut network = Network::new();
        run::<EventQueue<Event>, _>(&mut network, Work::Network.horizon_ns(200_000));
        let mean = network.left.sum_ns as f64 / network.left.count as f64 / MEAN_NS as f64;
        assert!((mean - 20.0).abs() < 1.5, "{mean} services");
    }
}
