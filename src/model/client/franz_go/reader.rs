//! The application around a consumer: it polls, works through all that it was given, and polls again. The library fetches meanwhile.

use crate::engine::{Chance, Duration, Instant, Stream, mix};
use crate::kafka::{ClientIx, Offset, PartitionIx};
use crate::model::spec::Consumption;
use crate::model::{Ctx, Outbox, TimerKind};
use crate::observe::Fact;
use std::collections::VecDeque;

/// Where the application is.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    client: ClientIx,
    draws: Stream,
    /// It has not begun: it will then.
    begins_at: Option<Instant>,
    /// What it works through, each with when it is done with it, in order.
    work: VecDeque<(PartitionIx, Offset, Instant)>,
}

impl Reader {
    pub(super) fn new(client: ClientIx, chance: Chance) -> Self {
        let draws = chance.stream("consumer processing");
        Reader { client, draws, begins_at: None, work: VecDeque::new() }
    }

    /// The process is gone.
    pub(super) fn crash(&mut self) {
        self.begins_at = None;
        self.work.clear();
    }

    /// It begins at its hour, or now if that is past.
    pub(super) fn wait_for(&mut self, start: Duration, now: Instant) {
        self.begins_at = Some(Instant::ZERO + start).filter(|at| *at > now);
    }

    /// Whether its hour has come.
    pub(super) fn begins(&mut self, now: Instant) -> bool {
        self.begins_at.take_if(|at| *at <= now).is_some()
    }

    /// Whether it waits for its hour.
    pub(super) fn is_early(&self) -> bool {
        self.begins_at.is_some()
    }

    /// Whether it works instead of polling.
    pub(super) fn is_busy(&self) -> bool {
        !self.work.is_empty()
    }

    /// It is given records of one partition.
    pub(super) fn give(&mut self, partition: PartitionIx, base: Offset, end: Offset, consumption: &Consumption, ctx: &Ctx<'_>) {
        let mut done_at = self.work.back().map_or(ctx.now, |w| w.2);
        let key = ctx.spec.partition_key(partition).bits();
        for offset in base.0..end.0 {
            done_at += consumption.processing.sample(self.draws.at(mix(key, offset)));
        }
        self.work.push_back((partition, end, done_at));
    }

    /// Tells what it is done with.
    pub(super) fn finish(&mut self, now: Instant, out: &mut Outbox) {
        while let Some(&(partition, end, _)) = self.work.front().filter(|w| w.2 <= now) {
            out.fact(Fact::Processed { client: self.client, partition, end });
            self.work.pop_front();
        }
    }

    /// Arms the timer for its next step.
    pub(super) fn arm(&self, consumption: &Consumption, now: Instant, out: &mut Outbox) {
        let stop = consumption.stop.map(|stop| Instant::ZERO + stop).filter(|at| *at > now);
        let next = self.begins_at.or(self.work.front().map(|w| w.2)).into_iter().chain(stop).min();
        if let Some(at) = next {
            out.timer(TimerKind::Workload, at);
        }
    }
}
