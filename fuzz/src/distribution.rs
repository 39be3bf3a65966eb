//! Distributions: `lognormal(median 1ms, p99 5ms)`.

use kafkasim::engine::Draw;
use kafkasim::scenario::parse_distribution;

/// What is read can be drawn from, and a larger draw never gives a smaller sample.
pub fn take(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match parse_distribution(text) {
        Err(message) => assert!(!message.is_empty()),
        Ok(distribution) => {
            let samples = [0, 1, u64::MAX / 7, u64::MAX / 2, u64::MAX - 1, u64::MAX].map(|bits| distribution.sample(Draw::from_bits(bits)));
            assert!(samples.is_sorted(), "{distribution:?}: {samples:?}");
            distribution.mean();
        }
    }
}
