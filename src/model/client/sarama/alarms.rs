//! What sleeps: sarama's goroutines pause with `time.Sleep`, each for itself.

use crate::engine::Instant;
use std::collections::BTreeMap;

/// Sleepers in the order in which they wake; those of one moment in the order in which they went to sleep.
#[derive(Clone, Debug)]
pub(super) struct Alarms<T> {
    set: BTreeMap<(Instant, u64), T>,
    count: u64,
}

impl<T> Alarms<T> {
    /// Nobody sleeps.
    pub(super) fn new() -> Self {
        Alarms { set: BTreeMap::new(), count: 0 }
    }

    /// Wakes `who` at a moment.
    pub(super) fn set(&mut self, at: Instant, who: T) {
        self.set.insert((at, self.count), who);
        self.count += 1;
    }

    /// The next one whose time has come.
    pub(super) fn due(&mut self, now: Instant) -> Option<T> {
        let entry = self.set.first_entry()?;
        (entry.key().0 <= now).then(|| entry.remove())
    }

    /// When the next one wakes; never when nobody sleeps.
    pub(super) fn next_at(&self) -> Instant {
        self.set.keys().next().map_or(Instant::MAX, |(at, _)| *at)
    }
}
