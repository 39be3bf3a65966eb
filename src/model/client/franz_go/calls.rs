//! Requests that any broker may answer: metadata, and the first producer id. Source: `Client.broker`, `retryable.Request` (client.go).

use super::core::Core;
use super::settings::retry_backoff;
use super::{Job, Peer};
use crate::engine::{Instant, mix};
use crate::model::{Ctx, Spec};

/// A request that any broker may answer, over its attempts (`retryable.Request`).
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub job: Job,
    /// Its number among all, to address the draws of its pauses.
    number: u64,
    tries: u32,
    since: Instant,
    last: Peer,
    /// When the next attempt leaves; none while one is out.
    pub again_at: Option<Instant>,
}

/// What the numbers of such requests are counted by.
const CALL: u64 = 1;

impl Core {
    pub(super) fn shuffle(&mut self, spec: &Spec) {
        self.walks += 1;
        let (walk, stream) = (self.walks, self.draws.shuffle);
        self.order.clone_from(&self.known);
        self.order.sort_by_key(|b| stream.at(mix(walk, spec.broker_key(*b).bits())).bits());
    }

    /// `Client.broker`: the next of all known brokers, alive or not; after each walk one seed.
    fn next_broker(&mut self, spec: &Spec) -> Peer {
        if let Some(broker) = self.order.pop() {
            return Peer::Broker(broker);
        }
        let seeds = spec.clients[self.kit.index.index()].bootstrap.len();
        let seed = self.next_seed % (seeds.max(1) as u32);
        self.next_seed = seed + 1;
        self.shuffle(spec);
        Peer::Seed(seed)
    }

    /// Begins a request that any broker may answer.
    pub(super) fn call(&mut self, job: Job, ctx: &Ctx<'_>) {
        let last = self.next_broker(ctx.spec);
        let number = self.kit.times(CALL);
        self.calls.push(Call { job, number, tries: 1, since: ctx.now, last, again_at: None });
        self.enqueue(last, job);
    }

    /// Takes up again what has waited for long enough; true when something left.
    pub(super) fn call_again(&mut self, ctx: &Ctx<'_>) -> bool {
        let due = |c: &Call| c.again_at.is_some_and(|at| at <= ctx.now);
        let Some(i) = self.calls.iter().position(due) else { return false };
        let peer = self.next_broker(ctx.spec);
        let call = &mut self.calls[i];
        (call.tries, call.last, call.again_at) = (call.tries + 1, peer, None);
        let job = call.job;
        self.enqueue(peer, job);
        true
    }

    /// One attempt failed; true when it was the last and the request is given up.
    pub(super) fn call_failed(&mut self, job: Job, now: Instant) -> bool {
        let Some(i) = self.calls.iter().position(|c| c.job == job) else { return false };
        let (limit, timeout) = (self.limit(job), self.settings.retry_timeout);
        let call = &mut self.calls[i];
        let draw = self.draws.backoff.at(mix(mix(call.number, call.tries.into()), 3));
        let again_at = now + retry_backoff(call.tries, draw);
        if call.tries > limit || (!timeout.is_zero() && again_at > call.since + timeout) {
            self.calls.remove(i);
            return true;
        }
        call.again_at = Some(again_at);
        false
    }

    /// Its answer came.
    pub(super) fn call_answered(&mut self, job: Job) {
        self.calls.retain(|c| c.job != job);
    }

    fn limit(&self, job: Job) -> u32 {
        match job {
            Job::Metadata => self.settings.policies.request_retries.min(self.settings.request_retries),
            Job::InitProducerId | Job::Produce(_) | Job::Fetch(_) | Job::ListOffsets(_) | Job::Epochs(_) => self.settings.request_retries,
        }
    }
}
