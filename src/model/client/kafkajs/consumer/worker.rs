//! The application: one worker takes the batches of all loops, one after another (`partitionsConsumedConcurrently` is 1).
//! Source: `consumer/workerQueue.js`, `consumer/runner.js` processEachMessage.

use super::{Consumer, consumption};
use crate::engine::{Instant, Stream, mix};
use crate::kafka::BrokerIx;
use crate::model::client::fetching::Given;
use crate::model::{Ctx, Outbox};
use crate::observe::Fact;
use std::collections::VecDeque;

/// The worker with what it has still to do.
#[derive(Clone, Debug)]
pub(super) struct Worker {
    draws: Stream,
    /// Batches with the loop that brought them.
    queue: VecDeque<(BrokerIx, Given)>,
    /// When it is done with the first.
    done_at: Option<Instant>,
}

impl Worker {
    /// A worker without work.
    pub(super) fn new(draws: Stream) -> Self {
        Worker { draws, queue: VecDeque::new(), done_at: None }
    }

    /// What it had to do is gone.
    pub(super) fn clear(&mut self) {
        self.queue.clear();
        self.done_at = None;
    }

    /// When it is done with what it works on.
    pub(super) fn done_at(&self) -> Option<Instant> {
        self.done_at
    }
}

impl Consumer {
    /// A loop hands its batches over.
    pub(super) fn hand_over(&mut self, broker: BrokerIx, batches: Vec<Given>) {
        self.taken.extend(batches.iter().map(|b| (b.partition, broker)));
        self.worker.queue.extend(batches.into_iter().map(|b| (broker, b)));
    }

    /// Ends what is done, begins what is next; true when anything was done.
    pub(super) fn finish_work(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) -> bool {
        let mut moved = false;
        loop {
            if self.worker.done_at.is_some_and(|at| at <= ctx.now) {
                self.worker.done_at = None;
                if let Some((broker, given)) = self.worker.queue.pop_front()
                    && let Some(end) = given.end()
                {
                    out.fact(Fact::Processed { client: self.cluster.kit.index, partition: given.partition, end });
                    self.worked_through(broker, given.partition, end, ctx, out);
                }
                moved = true;
            }
            if self.worker.done_at.is_some() || self.worker.queue.is_empty() {
                return moved;
            }
            self.begin_work(ctx, out);
        }
    }

    fn begin_work(&mut self, ctx: &Ctx<'_>, out: &mut Outbox) {
        let Some((_, given)) = self.worker.queue.front() else { return };
        self.cluster.kit.deliver(given, out);
        let processing = &consumption(ctx.spec, self.cluster.kit.index).processing;
        let mut done_at = ctx.now;
        for offset in given.offsets() {
            let address = mix(u64::from(given.partition.0), offset);
            done_at += processing.sample(self.worker.draws.at(address));
        }
        self.worker.done_at = Some(done_at);
    }
}
