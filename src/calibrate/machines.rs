//! What was measured: of all machines together, and of each broker.

use super::key::Key;
use super::samples::Samples;
use crate::engine::Duration;
use std::collections::BTreeMap;

/// The samples of each cost.
pub type Measured = BTreeMap<Key, Samples>;

/// No work of a broker takes longer: between two such lines its clock was set, or part of a line is missing.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Everything that was measured.
#[derive(Default)]
pub struct Machines {
    /// Of all machines together.
    pub all: Measured,
    /// Of each broker whose logs say, or whose user said, which one it is.
    pub each: BTreeMap<u32, Measured>,
    /// Times that were too long to be true.
    pub left_out: u64,
}

impl Machines {
    /// Adds a sample.
    pub fn add(&mut self, broker: Option<u32>, key: Key, time: Duration) {
        if time > LONGEST {
            self.left_out += 1;
            return;
        }
        self.all.entry(key).or_default().add(time);
        if let Some(broker) = broker {
            self.each.entry(broker).or_default().entry(key).or_default().add(time);
        }
    }

    /// Adds a sample in milliseconds; a negative one counts as none, since no work takes less.
    pub fn add_ms(&mut self, broker: Option<u32>, key: Key, ms: i64) {
        self.add(broker, key, Duration::from_millis(u64::try_from(ms).unwrap_or(0)));
    }

    /// What is to be said of times that were too long.
    pub fn note(&self) -> Option<String> {
        let left_out = self.left_out;
        (left_out > 0).then(|| format!("left out as longer than a day, where a clock was set or lines of a log are damaged: {left_out}"))
    }
}
