//! The network of queues: a model for each station, which knows at a job's arrival when it will be done, and one for the source.

use super::{bench, now_ns, simulate};
use crate::draws::Stream;
use crate::work::{JOBS_PER_MEAN, Outcome, Run, STATIONS, Tally, checksum, entry, onward};
use nexosim::model::{Context, Model, schedulable};
use nexosim::ports::{Output, QuerySource};
use nexosim::simulation::Mailbox;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A job at a station.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Job {
    born_ns: u64,
    arrived_ns: u64,
    lot: u32,
}

/// What went through a station, and what left the network there.
type Report = (Tally, Tally);

#[derive(Serialize, Deserialize)]
struct Source {
    to: Vec<Output<u64>>,
    stream: Stream,
}

#[Model]
impl Source {
    #[nexosim(init)]
    async fn init(&mut self, cx: &Context<Self>) {
        let delay = Duration::from_nanos(self.stream.draw().delay_ns / JOBS_PER_MEAN);
        cx.schedule_event(delay, schedulable!(Self::come), ()).expect("it is in the future");
    }
    #[nexosim(schedulable)]
    async fn come(&mut self, _: (), cx: &Context<Self>) {
        let draw = self.stream.draw();
        self.to[entry(draw.lot)].send(now_ns(cx)).await;
        let delay = Duration::from_nanos(draw.delay_ns / JOBS_PER_MEAN);
        cx.schedule_event(delay, schedulable!(Self::come), ()).expect("it is in the future");
    }
}

#[derive(Serialize, Deserialize)]
struct Station {
    place: usize,
    to: Vec<Output<u64>>,
    stream: Stream,
    free_ns: u64,
    served: Tally,
    left: Tally,
}

#[Model]
impl Station {
    /// A job arrives that was born at this time.
    async fn arrive(&mut self, born_ns: u64, cx: &Context<Self>) {
        let now = now_ns(cx);
        let draw = self.stream.draw();
        self.free_ns = self.free_ns.max(now) + draw.delay_ns;
        let job = Job { born_ns, arrived_ns: now, lot: draw.lot };
        let stays = Duration::from_nanos(self.free_ns - now);
        cx.schedule_event(stays, schedulable!(Self::done), job).expect("it is in the future");
    }
    #[nexosim(schedulable)]
    async fn done(&mut self, job: Job, cx: &Context<Self>) {
        let now = now_ns(cx);
        self.served.add(now - job.arrived_ns);
        match onward(self.place, job.lot) {
            Some(next) => self.to[next].send(job.born_ns).await,
            None => self.left.add(now - job.born_ns),
        }
    }
    async fn report(&mut self) -> Report {
        (self.served, self.left)
    }
}

/// An output to each station.
fn outputs(mailboxes: &[Mailbox<Station>]) -> Vec<Output<u64>> {
    let output = |mailbox| {
        let mut output = Output::default();
        output.connect(Station::arrive, mailbox);
        output
    };
    mailboxes.iter().map(output).collect()
}

pub fn run(horizon_ns: u64) -> Run {
    let mut bench = bench();
    let mailboxes: Vec<Mailbox<Station>> = (0..STATIONS).map(|_| Mailbox::new()).collect();
    let source = Source { to: outputs(&mailboxes), stream: Stream::of(STATIONS) };
    let station = |place| Station {
        place,
        to: outputs(&mailboxes),
        stream: Stream::of(place),
        free_ns: 0,
        served: Tally::default(),
        left: Tally::default(),
    };
    let stations: Vec<Station> = (0..STATIONS).map(station).collect();
    let reports: Vec<_> =
        mailboxes.iter().map(|mailbox| QuerySource::new().connect(Station::report, mailbox).register(&mut bench)).collect();
    bench = bench.add_model(source, Mailbox::new(), "source");
    for (station, mailbox) in stations.into_iter().zip(mailboxes) {
        bench = bench.add_model(station, mailbox, "station");
    }
    let (mut simulation, took) = simulate(bench, horizon_ns);
    let reports = reports.iter().map(|report| simulation.process_query(report, ()).expect("a station answers"));
    let (mut places, parts): (Vec<Tally>, Vec<Tally>) = reports.unzip();
    let mut left = Tally::default();
    parts.into_iter().for_each(|part| left.merge(part));
    places.push(left);
    Run { outcome: Outcome { requests: left.count, checksum: checksum(&places) }, took }
}
