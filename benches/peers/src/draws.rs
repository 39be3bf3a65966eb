//! Chance that is the same in Rust and in Python, to the nanosecond: whole numbers only.

use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// The mean of a drawn delay: one second. Long against a nanosecond, so that two events seldom fall on one moment.
pub const MEAN_NS: u64 = 1_000_000_000;
/// Delays are drawn from so many, which are exponential and were drawn before the clock started.
const DELAYS: usize = 1 << 14;

/// A delay and a lot.
#[derive(Clone, Copy)]
pub struct Draw {
    /// Exponential, with a mean of [`MEAN_NS`].
    pub delay_ns: u64,
    /// Thirty-two uniform bits.
    pub lot: u32,
}

/// SplitMix64 (Steele, Lea and Flood 2014).
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Stream(u64);

impl Stream {
    /// The stream of one station, node or source.
    pub fn of(owner: usize) -> Stream {
        Stream(mix(owner as u64 + 1))
    }
    /// The next draw.
    pub fn draw(&mut self) -> Draw {
        static TABLE: LazyLock<Vec<u64>> = LazyLock::new(delays);
        let bits = self.bits();
        Draw { delay_ns: TABLE[bits as usize % DELAYS], lot: (bits >> 32) as u32 }
    }
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }
}

/// Its finalizer, which also makes the checksums.
pub fn mix(word: u64) -> u64 {
    let z = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn delays() -> Vec<u64> {
    let mut stream = Stream(1);
    (0..DELAYS).map(|_| exponential(&mut stream)).collect()
}

/// Von Neumann's way to an exponential variable, which only compares and adds (1951): numbers are drawn as long as they fall; after an odd
/// count of them the first is the fraction, after an even count one is added to the whole part and all is drawn again.
fn exponential(stream: &mut Stream) -> u64 {
    let mut whole = 0;
    loop {
        let first = stream.bits() >> 32;
        let mut least = first;
        let mut count = 1;
        loop {
            let next = stream.bits() >> 32;
            if next >= least {
                break;
            }
            least = next;
            count += 1;
        }
        if count % 2 == 1 {
            // At least 4 ns: a quarter of a delay is one too, and none is zero.
            return (whole * MEAN_NS + ((first * MEAN_NS) >> 32)).max(4);
        }
        whole += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_exponential() {
        let delays: Vec<f64> = delays().iter().map(|delay| *delay as f64 / MEAN_NS as f64).collect();
        let mean = delays.iter().sum::<f64>() / DELAYS as f64;
        assert!((mean - 1.0).abs() < 0.03, "mean {mean}");
        for longer_than in [0.1, 0.5, 1.0, 2.0, 4.0] {
            let share = delays.iter().filter(|delay| **delay > longer_than).count() as f64 / DELAYS as f64;
            let exact = (-longer_than).exp();
            assert!((share - exact).abs() < 0.015, "{share} of the delays are above {longer_than}, not {exact}");
        }
    }
}
