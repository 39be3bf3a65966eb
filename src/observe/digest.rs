//! The digest of a run: every fact and its moment, folded into 128 bits as it comes.
//!
//! It tells whether two runs were the same; it defends against nobody. A cryptographic hash would cost more than the
//! events it covers, so two lanes of multiply-and-rotate mixing take one 64-bit word each step.

use super::fact::Fact;
use crate::engine::{Instant, mix};
use std::hash::{Hash, Hasher};

/// A running digest of facts.
///
/// Facts reach it through `#[derive(Hash)]`, so a new variant or field cannot be forgotten. Every integer is folded as a value
/// of 64 bits, never as bytes in memory order, so the digest is the same on all platforms.
#[derive(Clone, Debug)]
pub struct Digest {
    low: u64,
    high: u64,
    words: u64,
}

impl Default for Digest {
    fn default() -> Self {
        Digest { low: 0x243F_6A88_85A3_08D3, high: 0x1319_8A2E_0370_7344, words: 0 }
    }
}

impl Digest {
    /// Takes one fact in.
    pub fn add(&mut self, at: Instant, fact: &Fact) {
        self.word(at.as_nanos());
        fact.hash(self);
    }

    /// The digest so far: 32 hexadecimal digits.
    pub fn text(&self) -> String {
        let low = mix(self.low, self.words);
        let high = mix(self.high, low);
        format!("{high:016x}{low:016x}")
    }

    const fn word(&mut self, word: u64) {
        self.words = self.words.wrapping_add(1);
        self.low = (self.low ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.low ^= self.low >> 32;
        self.high = self.high.wrapping_add(word).rotate_left(29).wrapping_mul(0xBF58_476D_1CE4_E5B9) ^ self.low;
    }
}

impl Hasher for Digest {
    fn finish(&self) -> u64 {
        mix(self.low, self.high)
    }
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            self.word(chunk.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)));
        }
        self.word(bytes.len() as u64);
    }
    fn write_u8(&mut self, n: u8) {
        self.word(u64::from(n));
    }
    fn write_u16(&mut self, n: u16) {
        self.word(u64::from(n));
    }
    fn write_u32(&mut self, n: u32) {
        self.word(u64::from(n));
    }
    fn write_u64(&mut self, n: u64) {
        self.word(n);
    }
    fn write_usize(&mut self, n: usize) {
        self.word(n as u64);
    }
    fn write_isize(&mut self, n: isize) {
        self.word(n as i64 as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::{BrokerIx, MetadataOffset};

    fn applied(broker: u32, offset: u64) -> Fact {
        Fact::ImageApplied { broker: BrokerIx(broker), offset: MetadataOffset(offset) }
    }

    fn digest(facts: &[(u64, Fact)]) -> String {
        let mut digest = Digest::default();
        for (at, fact) in facts {
            digest.add(Instant::from_nanos(*at), fact);
        }
        digest.text()
    }

    #[test]
    fn the_digest_tells_order_moment_and_content() {
        let told = |text: &str| Fact::NetworkChanged { text: text.to_owned() };
        let run = [(1, applied(0, 7)), (2, told("cut")), (3, applied(1, 7))];
        assert_eq!(digest(&run), digest(&run));
        assert_ne!(digest(&run), digest(&[(1, applied(0, 7)), (2, told("cuts")), (3, applied(1, 7))]));
        assert_ne!(digest(&[(1, applied(0, 7)), (1, applied(1, 7))]), digest(&[(1, applied(1, 7)), (1, applied(0, 7))]));
        assert_ne!(digest(&[(1, applied(0, 7))]), digest(&[(2, applied(0, 7))]));
    }
    #[test]
    fn the_mixing_is_the_same_on_every_platform() {
        let mut digest = Digest::default();
        ("cut", 7_u32, -1_i64, Some(3_usize)).hash(&mut digest);
        assert_eq!(digest.text(), "4be9311de26d5d95173337a2d5e24b1f");
    }
}
