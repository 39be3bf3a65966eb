//! The three pieces of work, and what must come out the same whoever does them.

use crate::clock::Took;
use crate::draws::{MEAN_NS, mix};
use serde::{Deserialize, Serialize};

/// Stations of the network.
pub const STATIONS: usize = 20;
/// Jobs that come to the network from outside in a mean service time. A job is served four times, so each station is busy for 4 * 4 / 20 of
/// the time.
pub const JOBS_PER_MEAN: u64 = 4;
/// Nodes of the ring.
pub const NODES: usize = 1_000;
/// Tokens that go around it.
pub const TOKENS: usize = 100;

/// What is to be simulated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Work {
    /// The hold model: take the next event, put in a new one at an exponential distance. A request is one hold.
    Hold { pending: usize },
    /// An open network of M/M/1 queues with random routing. A request is a job that came, was served four times in the mean, and left.
    Network,
    /// A ring whose nodes keep each token for an exponential time and pass it on. A request is one hop.
    Ring,
}

impl Work {
    /// As the table names it.
    pub fn title(self) -> String {
        match self {
            Work::Hold { pending } => format!("hold model, {} pending", thousands(pending)),
            Work::Network => format!("network of {STATIONS} M/M/1 queues"),
            Work::Ring => format!("ring of {} nodes, {TOKENS} tokens", thousands(NODES)),
        }
    }
    /// How long to simulate, in nanoseconds, so that about so many requests are served.
    pub fn horizon_ns(self, requests: u64) -> u64 {
        let per_mean = match self {
            Work::Hold { pending } => pending as u64,
            Work::Network => JOBS_PER_MEAN,
            Work::Ring => TOKENS as u64,
        };
        requests * MEAN_NS / per_mean
    }
}

/// The physical result of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// Requests that were simulated; never events, of which an engine may need more or fewer.
    pub requests: u64,
    /// Over the count and the sum of times of each place. It does not depend on the order within one nanosecond.
    pub checksum: u64,
}

/// A run: what came out, and how long it took without setting up.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    pub outcome: Outcome,
    pub took: Took,
}

/// A count, and a sum of nanoseconds that wraps.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
pub struct Tally {
    pub count: u64,
    pub sum_ns: u64,
}

impl Tally {
    pub fn add(&mut self, ns: u64) {
        self.count += 1;
        self.sum_ns = self.sum_ns.wrapping_add(ns);
    }
    pub fn merge(&mut self, other: Tally) {
        self.count += other.count;
        self.sum_ns = self.sum_ns.wrapping_add(other.sum_ns);
    }
}

/// The checksum of all places in their order.
pub fn checksum(places: &[Tally]) -> u64 {
    places.iter().fold(0, |sum, place| mix(mix(sum ^ place.count) ^ place.sum_ns))
}

/// Where a job from outside goes first.
pub fn entry(lot: u32) -> usize {
    lot as usize % STATIONS
}

/// Where a job goes from here: any of the others, or away, one time in four.
pub fn onward(from: usize, lot: u32) -> Option<usize> {
    let leaves = lot.is_multiple_of(4);
    (!leaves).then(|| (from + 1 + (lot / 4) as usize % (STATIONS - 1)) % STATIONS)
}

/// `1000000` as `1,000,000`.
pub fn thousands(n: usize) -> String {
    match n {
        0..1_000 => n.to_string(),
        _ => format!("{},{:03}", thousands(n / 1_000), n % 1_000),
    }
}
