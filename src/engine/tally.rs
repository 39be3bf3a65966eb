//! How often each thing has been done: the number in the address of a draw that nothing else tells from the one before it.

use std::collections::BTreeMap;

/// A count for everything that is done again and again, so that doing one thing more often shifts the numbers of no other.
#[derive(Clone, Default, Debug)]
pub struct Tally(BTreeMap<u64, u64>);

impl Tally {
    /// How often `what` has been done before; it is done once more.
    pub fn next(&mut self, what: u64) -> u64 {
        let count = self.0.entry(what).or_default();
        *count += 1;
        *count - 1
    }

    /// How often `what` has been done.
    pub fn count(&self, what: u64) -> u64 {
        self.0.get(&what).copied().unwrap_or_default()
    }

    /// From now on `what` has been done so often.
    pub fn set(&mut self, what: u64, count: u64) {
        self.0.insert(what, count);
    }
}
