//! The one pause law of the Java client. Source: `ExponentialBackoff.backoff`, KIP-580.

use crate::engine::{Draw, Duration};

/// A pause that doubles with every attempt up to a bound, with 20 % jitter; or a flat one without.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Backoff {
    initial: Duration,
    max: Duration,
}

/// `CommonClientConfigs.RETRY_BACKOFF_JITTER`, `ClusterConnectionStates.RECONNECT_BACKOFF_JITTER`.
const JITTER: f64 = 0.2;

impl Backoff {
    /// Doubles from `initial` up to `max`.
    pub(super) const fn exponential(initial: Duration, max: Duration) -> Self {
        Backoff { initial, max }
    }

    /// Always the same.
    pub(super) const fn flat(pause: Duration) -> Self {
        Backoff { initial: pause, max: pause }
    }

    /// The longest pause.
    pub(super) const fn max(&self) -> Duration {
        self.max
    }

    /// The pause after `n` earlier failures, in whole milliseconds. A larger draw never gives a shorter pause.
    pub(super) fn at(&self, n: u32, draw: Draw) -> Duration {
        if self.max <= self.initial {
            return self.max;
        }
        let initial = self.initial.as_millis() as f64;
        let steps = libm::log2(self.max.as_millis() as f64 / initial.max(1.0));
        let term = initial * libm::exp2(f64::from(n).min(steps));
        // The upper edge itself is never drawn.
        let factor = (1.0 - JITTER + 2.0 * JITTER * draw.unit()).min((1.0 + JITTER).next_down());
        Duration::from_millis((factor * term) as u64).min(self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(backoff: Backoff, n: u32) -> (u64, u64) {
        (backoff.at(n, Draw::from_bits(0)).as_millis(), backoff.at(n, Draw::from_bits(u64::MAX)).as_millis())
    }

    #[test]
    fn a_refused_connect_is_repeated_after_40_to_59_then_80_to_119_ms_up_to_a_second() {
        let reconnect = Backoff::exponential(Duration::from_millis(50), Duration::from_millis(1000));
        let seen: Vec<_> = (0..6).map(|n| bounds(reconnect, n)).collect();
        assert_eq!(seen, [(40, 59), (80, 119), (160, 239), (320, 479), (640, 959), (800, 1000)]);
    }

    #[test]
    fn a_bound_that_is_no_larger_than_the_first_pause_makes_it_flat() {
        let flat = Backoff::flat(Duration::from_millis(100));
        assert_eq!(bounds(flat, 7), (100, 100));
    }
}
