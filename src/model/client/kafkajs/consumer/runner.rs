//! What happens when a fetch loop throws, or the brokers that there are have changed. Source: `consumer/fetchManager.js`,
//! `consumer/runner.js` scheduleFetchManager, `consumer/index.js` onCrash.

use super::Consumer;
use super::fetcher::Fetcher;
use crate::engine::{Duration, Instant, mix};
use crate::kafka::BrokerIx;
use crate::model::client::kafkajs::cluster::Outcome;
use crate::model::client::kafkajs::failure::Failure;
use crate::model::client::kafkajs::retrier::Ladder;
use crate::model::client::kafkajs::{Track, Waiter};
use crate::model::{Ctx, Outbox};

/// What the draws of the runner's pauses are addressed by.
const RUNNER: u64 = 4;

/// Where the consumer as a whole is.
#[derive(Clone, Debug)]
pub(super) enum Runner {
    /// The process does not run.
    Down,
    /// It crashed, or has not begun: it begins then.
    Restarting(Instant),
    /// It connects and asks for the metadata.
    Connecting,
    /// The loops run, for these brokers.
    Running(Run),
}

/// The loops between two beginnings.
#[derive(Clone, Debug)]
pub(super) struct Run {
    brokers: Vec<BrokerIx>,
    /// All loops are to end: because of this failure, or because the brokers changed.
    stopping: Option<Option<Failure>>,
    /// They begin again then.
    pausing: Option<Instant>,
    /// The retries of the runner. They are never given back as long as it runs.
    retries: Ladder,
    last_pause: Duration,
}

impl Runner {
    /// When it does something by itself.
    pub(super) fn wake_at(&self) -> Option<Instant> {
        match self {
            Runner::Restarting(at) => Some(*at),
            Runner::Running(run) => run.pausing,
            Runner::Down | Runner::Connecting => None,
        }
    }
}

impl Consumer {
    /// The loops begin, with retries of their own.
    pub(super) fn run(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let retry = self.cluster.settings.retry;
        let retries = Ladder::new(retry, self.cluster.draws.retry, mix(RUNNER, self.cluster.refreshed));
        self.runner = Runner::Running(Run { brokers: Vec::new(), stopping: None, pausing: None, retries, last_pause: retry.initial });
        self.start_fetchers(ctx, out);
    }

    /// `createFetchers`: one for each broker that the metadata lists, whether it leads anything or not.
    fn start_fetchers(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Runner::Running(run) = &mut self.runner else { return };
        run.brokers.clone_from(&self.cluster.pool);
        (run.stopping, run.pausing) = (None, None);
        self.taken.clear();
        let brokers = run.brokers.clone();
        self.fetchers = brokers.iter().map(|b| (*b, Fetcher::new())).collect();
        if brokers.is_empty() {
            let pause = self.cluster.settings.retry.initial;
            return self.restart_after(pause, ctx, out);
        }
        for broker in brokers {
            self.next_round(broker, ctx, out);
        }
    }

    /// Whether a loop may begin another round; when the list of brokers has changed, all of them end and begin anew
    /// (`validateShouldRebalance`).
    pub(super) fn may_go_on(&mut self, _: &Ctx<'_>) -> bool {
        let Runner::Running(run) = &mut self.runner else { return false };
        if run.stopping.is_none() && run.brokers != self.cluster.pool && !self.cluster.pool.is_empty() {
            run.stopping = Some(None);
        }
        run.stopping.is_none()
    }

    /// All loops end after what they do now; an earlier reason stays.
    pub(super) fn stop_fetchers(&mut self, failure: Option<Failure>) {
        if let Runner::Running(run) = &mut self.runner
            && run.stopping.is_none()
        {
            run.stopping = Some(failure);
        }
    }

    /// One loop has ended: after the last, the runner pauses, gives up, or begins anew.
    pub(super) fn fetcher_ended(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if !self.fetchers.values().all(Fetcher::has_ended) {
            return;
        }
        let Runner::Running(run) = &mut self.runner else { return };
        match run.stopping {
            Some(Some(failure)) => match run.retries.next().filter(|_| failure.is_retriable()) {
                Some(pause) => {
                    run.last_pause = pause;
                    run.pausing = Some(ctx.now + pause);
                }
                None => {
                    let pause = run.last_pause;
                    self.restart_after(pause, ctx, out);
                }
            },
            Some(None) | None => self.start_fetchers(ctx, out),
        }
    }

    /// `onCrash`: everything is closed, and the consumer begins anew after a pause. What it had worked through stays committed.
    fn restart_after(&mut self, pause: Duration, ctx: &Ctx<'_>, out: &mut Outbox) {
        self.cluster.disconnect(ctx, out);
        self.fetchers.clear();
        self.asked.clear();
        self.worker.clear();
        self.runner = Runner::Restarting(ctx.now + pause);
    }

    /// Pauses that are over.
    pub(super) fn look_at_runner(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        match &self.runner {
            Runner::Restarting(at) if *at <= ctx.now => {
                self.cluster.kit.up = true;
                self.runner = Runner::Connecting;
                self.cluster.refresh(Track::IfNecessary, Waiter::Runner, ctx, out);
            }
            Runner::Running(Run { pausing: Some(at), .. }) if *at <= ctx.now => self.start_fetchers(ctx, out),
            Runner::Down | Runner::Restarting(_) | Runner::Connecting | Runner::Running(_) => {}
        }
    }

    /// The first metadata of a beginning are there, or not.
    pub(super) fn runner_refreshed(&mut self, outcome: Outcome, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if !matches!(self.runner, Runner::Connecting) {
            return;
        }
        match outcome {
            Ok(()) => self.run(ctx, out),
            Err(_) => {
                let pause = self.cluster.settings.retry.initial;
                self.restart_after(pause, ctx, out);
            }
        }
    }
}
