//! The application around the consumer: it ranges over each partition's channel in a goroutine of its own.

use crate::engine::{Chance, Duration, Instant, Stream, mix};
use crate::kafka::{ClientIx, Offset, PartitionIx};
use crate::model::spec::Consumption;
use crate::model::{Ctx, Outbox, TimerKind};
use crate::observe::Fact;
use std::collections::{BTreeMap, VecDeque};

/// Where the application is.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    client: ClientIx,
    draws: Stream,
    /// It has not begun: it will then.
    begins_at: Option<Instant>,
    /// What it works on, by partition: (first offset, end, when it is done), in order.
    work: BTreeMap<PartitionIx, VecDeque<(Offset, Offset, Instant)>>,
}

impl Reader {
    /// An application that does not run yet.
    pub(super) fn new(client: ClientIx, chance: Chance) -> Self {
        let draws = chance.stream("consumer processing");
        Reader { client, draws, begins_at: None, work: BTreeMap::new() }
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

    /// Whether it has ended for good.
    pub(super) fn is_over(&self, consumption: &Consumption, now: Instant) -> bool {
        consumption.stop.is_some_and(|stop| Instant::ZERO + stop <= now)
    }

    /// Records of a partition that it has not worked through.
    pub(super) fn waiting(&self, partition: PartitionIx) -> u64 {
        self.work.get(&partition).map_or(0, |w| w.iter().map(|(base, end, _)| end.0 - base.0).sum())
    }

    /// It is given records of a partition.
    pub(super) fn give(&mut self, partition: PartitionIx, base: Offset, end: Offset, ctx: &Ctx<'_>, out: &mut Outbox) {
        let (now, consumption) = (ctx.now, super::consumption(ctx.spec, self.client));
        let key = ctx.spec.partition_key(partition).bits();
        let work = self.work.entry(partition).or_default();
        let mut done_at = work.back().map_or(now, |(_, _, at)| (*at).max(now));
        for offset in base.0..end.0 {
            done_at += consumption.processing.sample(self.draws.at(mix(key, offset)));
        }
        work.push_back((base, end, done_at));
        self.work(now, out);
        self.arm(consumption, out);
    }

    /// Tells what it is done with; gives the partitions that it has caught up with.
    pub(super) fn work(&mut self, now: Instant, out: &mut Outbox) -> Vec<PartitionIx> {
        let mut idle = Vec::new();
        for (&partition, work) in &mut self.work {
            while let Some(&(_, end, at)) = work.front()
                && at <= now
            {
                work.pop_front();
                out.fact(Fact::Processed { client: self.client, partition, end });
            }
            if work.is_empty() {
                idle.push(partition);
            }
        }
        self.work.retain(|_, work| !work.is_empty());
        idle
    }

    /// Arms the timer for its next step; true when it waits for its beginning.
    pub(super) fn arm(&self, consumption: &Consumption, out: &mut Outbox) -> bool {
        let stop = consumption.stop.map(|stop| Instant::ZERO + stop);
        let next = self.work.values().filter_map(|w| w.front().map(|(_, _, at)| *at)).chain(self.begins_at).chain(stop).min();
        if let Some(at) = next {
            out.timer(TimerKind::Workload, at);
        }
        self.begins_at.is_some()
    }
}
