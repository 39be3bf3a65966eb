//! Dice: the draws of one number, one after the other.

use crate::engine::mix;

/// Separates these draws from those of a run with the same seed.
const PURPOSE: u64 = 0x5a7e;

/// Throws of one number. The same throws come each time.
pub(super) struct Dice {
    seed: u64,
    thrown: u64,
}

impl Dice {
    /// The dice of a number; each `attempt` at it has throws of its own.
    pub fn new(number: u64, attempt: u64) -> Dice {
        Dice { seed: mix(mix(number, PURPOSE), attempt), thrown: 0 }
    }

    /// From zero to `n`, without it.
    pub fn below(&mut self, n: u64) -> u64 {
        self.thrown += 1;
        mix(self.seed, self.thrown) % n
    }

    /// From `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// True in so many of a hundred throws.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of these.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }

    /// From `low` to `high`, every order of magnitude alike.
    pub fn log_between(&mut self, low: i64, high: i64) -> i64 {
        let [from, to] = [low, high].map(|bound| libm::log(bound.max(0) as f64 + 1.0));
        let unit = self.below(1 << 32) as f64 / (1_u64 << 32) as f64;
        ((libm::exp(from + unit * (to - from)) - 1.0) as i64).clamp(low, high)
    }

    /// So many milliseconds, every order of magnitude alike.
    pub fn time_between(&mut self, low_ms: i64, high_ms: i64) -> crate::engine::Duration {
        crate::engine::Duration::from_millis(self.log_between(low_ms, high_ms).max(0) as u64)
    }
}
