//! The application around the consumer: `rd_kafka_consumer_poll` gives it one message from the queue, it works, and polls again.

use crate::engine::{Chance, Distribution, Duration, Instant, Stream, mix};
use crate::kafka::{ClientIx, Offset, PartitionIx};
use crate::model::spec::Consumption;
use crate::model::{Ctx, Outbox, TimerKind};
use crate::observe::Fact;
use crate::observe::fact::BatchId;
use std::collections::VecDeque;

/// Messages of one batch in the queue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message {
    pub partition: PartitionIx,
    pub batch: Option<BatchId>,
    pub base: Offset,
    pub end: Offset,
}

/// What the application took out of the queue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    pub partition: PartitionIx,
    pub count: u64,
    pub end: Offset,
}

/// Where the application is.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    client: ClientIx,
    draws: Stream,
    /// It has not begun: it will then.
    begins_at: Option<Instant>,
    queue: VecDeque<Message>,
    /// What it works on, and until when.
    work: Option<(PartitionIx, Offset, Instant)>,
}

impl Reader {
    /// An application that does not run yet.
    pub(super) fn new(client: ClientIx, chance: Chance) -> Self {
        let draws = chance.stream("consumer processing");
        Reader { client, draws, begins_at: None, queue: VecDeque::new(), work: None }
    }

    pub(super) fn crash(&mut self) {
        self.begins_at = None;
        self.queue.clear();
        self.work = None;
    }

    /// It begins at its hour; true when that is now.
    pub(super) fn wait_for(&mut self, start: Duration, now: Instant) -> bool {
        self.begins_at = Some(Instant::ZERO + start).filter(|at| *at > now);
        self.begins_at.is_none()
    }

    /// Whether its hour has come.
    pub(super) fn begins(&mut self, now: Instant) -> bool {
        self.begins_at.take_if(|at| *at <= now).is_some()
    }

    /// Whether it has ended for good.
    pub(super) fn is_over(&self, consumption: &Consumption, now: Instant) -> bool {
        consumption.stop.is_some_and(|stop| Instant::ZERO + stop <= now)
    }

    pub(super) fn push(&mut self, message: Message) {
        self.queue.push_back(message);
    }

    pub(super) fn forget(&mut self, partition: PartitionIx) {
        self.queue.retain(|m| m.partition != partition);
    }

    pub(super) fn forget_all(&mut self) {
        self.queue.clear();
    }

    /// Whether it works instead of polling.
    pub(super) fn is_busy(&self) -> bool {
        self.work.is_some()
    }

    /// Tells what it is done with.
    pub(super) fn finish(&mut self, now: Instant, out: &mut Outbox) -> Option<(PartitionIx, Offset)> {
        let (partition, end, _) = self.work.take_if(|(_, _, at)| *at <= now)?;
        out.fact(Fact::Processed { client: self.client, partition, end });
        Some((partition, end))
    }

    /// It takes the next message if it is not busy; where a message costs it no time, all of a batch.
    pub(super) fn take(&mut self, consumption: &Consumption, ctx: &Ctx<'_>, out: &mut Outbox) -> Option<Taken> {
        if self.work.is_some() {
            return None;
        }
        let free = consumption.processing == Distribution::ZERO;
        let head = self.queue.front_mut()?;
        let Message { partition, batch, base, .. } = *head;
        let end = if free { head.end } else { Offset(base.0 + 1) };
        head.base = end;
        if head.base >= head.end {
            self.queue.pop_front();
        }
        out.fact(Fact::Delivered { client: self.client, partition, batch, base, end });
        let address = mix(ctx.spec.partition_key(partition).bits(), base.0);
        let takes = consumption.processing.sample(self.draws.at(address));
        self.work = Some((partition, end, ctx.now + takes));
        self.finish(ctx.now, out);
        Some(Taken { partition, count: end.0 - base.0, end })
    }

    /// Arms the timer for its next step.
    pub(super) fn arm(&self, consumption: &Consumption, out: &mut Outbox) {
        let stop = consumption.stop.map(|stop| Instant::ZERO + stop);
        let next = self.begins_at.or(self.work.map(|(_, _, at)| at)).into_iter().chain(stop).min();
        if let Some(at) = next {
            out.timer(TimerKind::Workload, at);
        }
    }
}
