//! The application that uses a client: when it hands over which record.

use super::Client;
use super::append::Handed;
use crate::engine::{Distribution, Duration, Instant, Stream, mix};
use crate::model::spec::{Arrivals, Workload};
use crate::model::{Ctx, Outbox, TimerKind};

/// Where the application is in its stream of records.
#[derive(Clone, Debug)]
pub(super) struct Application {
    /// Number of the next arrival.
    next: u64,
    /// When it comes; never when there is none.
    at: Instant,
    draws: Stream,
}

impl Application {
    /// The application's stream from its beginning.
    pub(super) fn new(workload: &Workload, draws: Stream) -> Self {
        let mut application = Application { next: 0, at: Instant::ZERO + workload.start, draws };
        application.at = if workload.rate > 0.0 && !workload.topics.is_empty() { application.arrival(workload) } else { Instant::MAX };
        application.stop(workload);
        application
    }

    /// The moment of arrival `next`. Evenly spaced streams have a drawn phase, so that clients do not march in step.
    fn arrival(&self, workload: &Workload) -> Instant {
        let period = Duration::from_secs(1).scale(1.0 / workload.rate);
        match workload.arrivals {
            Arrivals::Constant => {
                let phase = self.draws.at(u64::MAX).unit();
                Instant::ZERO + workload.start + Duration::from_secs(1).scale((self.next as f64 + phase) / workload.rate)
            }
            Arrivals::Poisson => self.at + Distribution::Exponential(period).sample(self.draws.at(self.next)),
        }
    }

    fn advance(&mut self, workload: &Workload) {
        self.next += 1;
        self.at = self.arrival(workload);
        self.stop(workload);
    }

    fn stop(&mut self, workload: &Workload) {
        if workload.stop.is_some_and(|stop| self.at >= Instant::ZERO + stop) {
            self.at = Instant::MAX;
        }
    }
}

impl Client {
    /// Hands over every record that is due and arms the timer for the next.
    pub(super) fn run_application(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let workload = &ctx.spec.clients[self.index.index()].workload;
        while self.application.at <= ctx.now {
            let number = self.application.next;
            self.application.advance(workload);
            let topics = workload.topics.len() as u64;
            let topic = workload.topics[(number % topics) as usize];
            let partition = self.assigned_partition(workload.partitioning, topic, number / topics, number, ctx);
            let handed = Handed { topic, partition, bytes: workload.record_bytes, address: mix(1, number) };
            self.take_record(handed, ctx, out);
        }
        self.arm_application(out);
    }

    /// Records that would have come while the process was down never come.
    pub(super) fn skip_application_to(&mut self, now: Instant, workload: &Workload) {
        while self.application.at < now {
            self.application.advance(workload);
        }
    }

    pub(super) fn arm_application(&self, out: &mut Outbox) {
        if self.application.at != Instant::MAX {
            out.timer(TimerKind::Workload, self.application.at);
        }
    }
}
