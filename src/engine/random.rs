//! Chance, split by (seed, purpose, entity): every draw has an address, so a draw more or less shifts no other.
//!
//! Keys come from ChaCha8 (portable, value-stable); a draw at an address is a SplitMix64 finalizer over key and
//! address, because a ChaCha block for each of millions of draws would cost more than the events they serve.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// All chance in a run, or that of one thing in it.
#[derive(Clone, Copy, Debug)]
pub struct Chance {
    seed: u64,
    about: u64,
}

/// What a draw is about. It is made of what a thing is called and never of its place in a list, so that another thing in front of it shifts nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key(u64);

/// The draws of one purpose about one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    key: u64,
}

/// One draw of 64 uniform bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw(u64);

impl Chance {
    /// All chance that follows from `seed`.
    pub const fn new(seed: u64) -> Self {
        Chance { seed, about: 0 }
    }
    /// The seed.
    pub const fn seed(&self) -> u64 {
        self.seed
    }
    /// The chance of one thing, which nothing else shares.
    pub const fn of(self, thing: Key) -> Self {
        Chance { seed: self.seed, about: mix(self.about, thing.0) }
    }
    /// The addressed stream of `purpose`.
    pub fn stream(&self, purpose: &str) -> Stream {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(mix(fnv1a(purpose), self.about));
        Stream { key: rng.next_u64() }
    }
}

impl Key {
    /// A kind of things.
    pub const fn kind(name: &str) -> Self {
        Key(fnv1a(name))
    }
    /// The one of them, or the part, with this name.
    pub const fn named(self, name: &str) -> Self {
        self.part(fnv1a(name))
    }
    /// The one of them, or the part, with this number, which it keeps whatever stands beside it.
    pub const fn part(self, number: u64) -> Self {
        Key(mix(self.0, number))
    }
    /// The key as bits, for addresses.
    pub const fn bits(self) -> u64 {
        self.0
    }
}

impl Stream {
    /// The draw at `address`: the same each time it is asked.
    pub const fn at(self, address: u64) -> Draw {
        Draw(mix(self.key, address))
    }
    /// The draws about one part of what this stream is about.
    pub const fn part(self, address: u64) -> Self {
        Stream { key: mix(self.key, address) }
    }
}

impl Draw {
    /// A draw from 64 given bits, for tests.
    pub const fn from_bits(bits: u64) -> Self {
        Draw(bits)
    }
    /// Uniform in [0, 1), with 53 bits.
    pub fn unit(self) -> f64 {
        (self.0 >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }
    /// Uniform in 0..n (zero when n is zero).
    pub const fn below(self, n: u64) -> u64 {
        ((self.0 as u128 * n as u128) >> 64) as u64
    }
    /// One of several, each as likely as any: the one that draws the highest lot. So one more of them takes its share and changes no other
    /// choice, wherever it stands.
    pub fn choose<T: Copy>(self, among: &[T], key: impl Fn(T) -> Key) -> Option<T> {
        among.iter().copied().max_by_key(|one| mix(self.0, key(*one).0))
    }
    /// True with probability `p`.
    pub fn happens(self, p: f64) -> bool {
        self.unit() < p
    }
    /// The raw bits.
    pub const fn bits(self) -> u64 {
        self.0
    }
}

/// Two words into one, well mixed (SplitMix64's finalizer, Steele, Lea and Flood 2014). Used for keys and addresses.
pub const fn mix(a: u64, b: u64) -> u64 {
    let mut z = a ^ b.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

const fn fnv1a(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut i = 0;
    while i < bytes.len() {
        hash = (hash ^ bytes[i] as u64).wrapping_mul(0x0100_0000_01b3);
        i += 1;
    }
    hash
}
