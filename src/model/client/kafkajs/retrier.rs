//! The one retry law of kafkajs. Source: `retry/index.js`.

use crate::engine::{Duration, Stream, mix};

/// `retry` of the client's options.
#[derive(Clone, Copy, Debug)]
pub(super) struct RetryPolicy {
    pub initial: Duration,
    pub max: Duration,
    pub factor: f64,
    pub multiplier: f64,
    pub retries: u32,
}

/// One run of the retrier: the pauses that are left. Each is drawn from the one before, so that the jitter compounds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ladder {
    policy: RetryPolicy,
    draws: Stream,
    address: u64,
    next: Duration,
    /// Pauses taken.
    taken: u32,
}

impl Ladder {
    /// A ladder whose draws are addressed by `address`.
    pub(super) fn new(policy: RetryPolicy, draws: Stream, address: u64) -> Self {
        let mut ladder = Ladder { policy, draws, address, next: policy.initial, taken: 0 };
        ladder.next = ladder.jitter(policy.initial);
        ladder
    }

    /// The next pause; none when the retries are spent.
    pub(super) fn next(&mut self) -> Option<Duration> {
        if self.taken >= self.policy.retries {
            return None;
        }
        self.taken += 1;
        let pause = self.next;
        self.next = self.jitter(pause).scale(self.policy.multiplier).min(self.policy.max);
        Some(pause)
    }

    /// `randomFromRetryTime`: whole milliseconds, rounded up.
    fn jitter(&self, pause: Duration) -> Duration {
        let factor = self.policy.factor;
        let draw = self.draws.at(mix(self.address, u64::from(self.taken)));
        let drawn = pause.as_millis_f64() * (1.0 - factor + 2.0 * factor * draw.unit());
        Duration::from_millis(libm::ceil(drawn) as u64)
    }
}
