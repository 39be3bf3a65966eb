//! The circuit breaker around leader look-ups. Source: eapache/go-resiliency `breaker`, as `breaker.New(3, 1, 10*time.Second)` in
//! `async_producer.go`.

use crate::engine::{Duration, Instant};
use crate::kafka::ErrorCode;

/// Failures in a row that open it.
const THRESHOLD: u32 = 3;
/// How long it stays open, and how far apart failures may be to count together.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Closed, open until a moment, or half open after it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Breaker {
    errors: u32,
    last_error: Instant,
    /// Set when it opens: half open from then on.
    half_open_at: Option<Instant>,
    error: Option<ErrorCode>,
}

impl Breaker {
    /// The error that it gives without trying, while it is open.
    pub(super) fn refuses(&self, now: Instant) -> Option<ErrorCode> {
        self.half_open_at.filter(|at| now < *at).and(self.error)
    }

    /// What came of a try (`processResult`).
    pub(super) fn tried(&mut self, error: Option<ErrorCode>, now: Instant) {
        let Some(error) = error else {
            if self.half_open_at.is_some() {
                *self = Breaker::default();
            }
            return;
        };
        self.error = Some(error);
        if self.errors > 0 && now > self.last_error + TIMEOUT {
            self.errors = 0;
        }
        self.errors += 1;
        self.last_error = now;
        if self.half_open_at.is_some() || self.errors >= THRESHOLD {
            *self = Breaker { half_open_at: Some(now + TIMEOUT), error: Some(error), ..Breaker::default() };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_failures_within_ten_seconds_open_it_for_ten_seconds_and_the_next_one_for_ten_more() {
        let at = |s: u64| Instant::ZERO + Duration::from_secs(s);
        let error = Some(ErrorCode::LeaderNotAvailable);
        let mut breaker = Breaker::default();
        for s in [0, 1, 20, 21] {
            breaker.tried(error, at(s));
            assert_eq!(breaker.refuses(at(s)), None, "{s} s");
        }
        breaker.tried(error, at(22));
        assert_eq!((breaker.refuses(at(31)), breaker.refuses(at(32))), (error, None));
        breaker.tried(error, at(33));
        assert_eq!((breaker.refuses(at(42)), breaker.refuses(at(43))), (error, None));
        breaker.tried(None, at(44));
        breaker.tried(error, at(45));
        assert_eq!(breaker.refuses(at(45)), None, "a success in between closes it");
    }
}
