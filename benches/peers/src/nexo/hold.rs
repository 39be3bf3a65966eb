//! The hold model: one model that schedules itself, which is the least that nexosim can be asked for.

use super::{bench, now_ns, simulate};
use crate::draws::Stream;
use crate::work::{Outcome, Run, Tally, checksum};
use nexosim::model::{Context, Model, schedulable};
use nexosim::ports::QuerySource;
use nexosim::simulation::Mailbox;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// As large as the simulator's own.
type Event = [u32; 5];

#[derive(Serialize, Deserialize)]
struct Hold {
    pending: usize,
    stream: Stream,
    holds: Tally,
}

#[Model]
impl Hold {
    #[nexosim(init)]
    async fn init(&mut self, cx: &Context<Self>) {
        for i in 0..self.pending {
            let first = Duration::from_nanos(self.stream.draw().delay_ns + i as u64);
            cx.schedule_event(first, schedulable!(Self::hold), [0, i as u32, 0, 0, 0]).expect("it is in the future");
        }
    }
    #[nexosim(schedulable)]
    async fn hold(&mut self, event: Event, cx: &Context<Self>) {
        self.holds.add(now_ns(cx));
        let delay = Duration::from_nanos(self.stream.draw().delay_ns);
        cx.schedule_event(delay, schedulable!(Self::hold), event).expect("it is in the future");
    }
    async fn report(&mut self) -> Tally {
        self.holds
    }
}

pub fn run(pending: usize, horizon_ns: u64) -> Run {
    let mailbox = Mailbox::new();
    let mut bench = bench();
    let report = QuerySource::new().connect(Hold::report, &mailbox).register(&mut bench);
    let model = Hold { pending, stream: Stream::of(0), holds: Tally::default() };
    let (mut simulation, took) = simulate(bench.add_model(model, mailbox, "hold"), horizon_ns);
    let holds = simulation.process_query(&report, ()).expect("it answers");
    Run { outcome: Outcome { requests: holds.count, checksum: checksum(&[holds]) }, took }
}
