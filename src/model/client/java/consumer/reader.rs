//! The application around the consumer: it polls, works through what it was given, and polls again.

use super::Consumer;
use super::consumption;
use crate::engine::{Chance, Duration, Instant, Stream, mix};
use crate::kafka::{ClientIx, Offset, PartitionIx};
use crate::model::spec::{Commits, Consumption};
use crate::model::{Ctx, Outbox, TimerKind};
use crate::observe::Fact;
use std::collections::VecDeque;

/// How long one call of `poll()` waits for records: what applications, and Kafka's own examples, pass to it.
const POLL: Duration = Duration::from_millis(100);

/// Records of one partition as the application was given them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Given {
    pub partition: PartitionIx,
    pub base: Offset,
    pub end: Offset,
}

/// Where the application is.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    client: ClientIx,
    draws: Stream,
    /// It has not begun: it will then.
    begins_at: Option<Instant>,
    /// It works: (records, when it is done with them), in order.
    work: VecDeque<(Given, Instant)>,
    /// When the present `poll()` was called.
    polled_at: Instant,
    /// It has closed the consumer, which is not done with that.
    closing: bool,
}

impl Reader {
    /// An application that does not run yet.
    pub(super) fn new(client: ClientIx, chance: Chance) -> Self {
        let draws = chance.stream("consumer processing");
        Reader { client, draws, begins_at: None, work: VecDeque::new(), polled_at: Instant::ZERO, closing: false }
    }

    /// The process is gone.
    pub(super) fn crash(&mut self) {
        self.begins_at = None;
        self.work.clear();
        self.closing = false;
    }

    /// It closes the consumer: it works on nothing any more.
    pub(super) fn closes(&mut self) {
        self.work.clear();
        self.closing = true;
    }

    /// Whether it has.
    pub(super) fn is_closing(&self) -> bool {
        self.closing
    }

    /// It begins at its hour, or now if that is past.
    pub(super) fn wait_for(&mut self, start: Duration, now: Instant) {
        let at = Instant::ZERO + start;
        self.begins_at = Some(at).filter(|at| *at > now);
    }

    /// Whether it has ended for good.
    pub(super) fn is_over(&self, consumption: &Consumption, now: Instant) -> bool {
        consumption.stop.is_some_and(|stop| Instant::ZERO + stop <= now)
    }

    /// It calls `poll()`.
    pub(super) fn polls(&mut self, now: Instant) {
        self.begins_at = None;
        self.polled_at = now;
    }

    /// Whether it works instead of polling.
    pub(super) fn is_busy(&self) -> bool {
        !self.work.is_empty()
    }

    /// The next moment at which `poll()` returns with nothing and is called again.
    pub(super) fn next_poll(&self, now: Instant) -> Instant {
        let polls = now.since(self.polled_at).as_nanos() / POLL.as_nanos() + 1;
        self.polled_at + POLL * polls
    }

    /// It is given records. True when it is done with them at once.
    pub(super) fn give(&mut self, given: Vec<Given>, ctx: &Ctx<'_>, out: &mut Outbox) -> bool {
        let (now, consumption) = (ctx.now, consumption(ctx.spec, self.client));
        let mut done_at = now;
        for part in given {
            let key = ctx.spec.partition_key(part.partition).bits();
            for offset in part.base.0..part.end.0 {
                done_at += consumption.processing.sample(self.draws.at(mix(key, offset)));
            }
            self.work.push_back((part, done_at));
        }
        self.finish(now, out);
        self.arm(consumption, out);
        !self.is_busy()
    }

    /// Tells what it is done with.
    fn finish(&mut self, now: Instant, out: &mut Outbox) {
        while let Some((given, _)) = self.work.front().filter(|(_, at)| *at <= now) {
            out.fact(Fact::Processed { client: self.client, partition: given.partition, end: given.end });
            self.work.pop_front();
        }
    }

    /// Arms the timer for its next step; true when it waits for its beginning.
    pub(super) fn arm(&self, consumption: &Consumption, out: &mut Outbox) -> bool {
        let stop = consumption.stop.map(|stop| Instant::ZERO + stop);
        let next = self.begins_at.or(self.work.front().map(|(_, at)| *at)).into_iter().chain(stop).min();
        if let Some(at) = next {
            out.timer(TimerKind::Workload, at);
        }
        self.begins_at.is_some()
    }
}

impl Consumer {
    /// The application's next step: it begins, ends, or is done with records and polls again.
    pub(super) fn run_application(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let consumption = consumption(ctx.spec, self.index);
        if self.reader.is_over(consumption, ctx.now) {
            return self.close(ctx, out);
        }
        if self.reader.begins_at.is_some_and(|at| at <= ctx.now) {
            self.begin(ctx, out);
        } else if self.reader.is_busy() {
            self.reader.finish(ctx.now, out);
            if !self.reader.is_busy() {
                self.poll_again(ctx, out);
            }
        }
        self.reader.arm(consumption, out);
    }

    /// `poll()` is called: what has arrived meanwhile is read first.
    fn poll_again(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.commit(Commits::AfterProcessing, ctx, out);
        self.reader.polls(ctx.now);
        while let Some(arrived) = self.arrived.pop_front() {
            self.take(arrived, ctx, out);
        }
        self.turn(ctx, out);
    }
}
