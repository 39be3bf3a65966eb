//! The same scenario with another seed.

use super::Scenario;
use crate::fault::Plan;

impl Scenario {
    /// The same scenario with another seed: its random faults are drawn anew, everything else stays. Variants of a scenario that have the same
    /// random lines meet the same random faults with the same seed, whatever else they change.
    ///
    /// ```
    /// let text = "faults = [\"random kill of brokers every 30s for 5s\"]\n[[topic]]\nname = \"orders\"\npartitions = 12";
    /// let scenario: kafkasim::scenario::Scenario = text.parse().unwrap();
    /// let other = scenario.with_seed(7);
    /// assert_ne!(other.plan.next_at(), scenario.plan.next_at());
    /// assert_eq!(other.digest, scenario.digest);
    /// ```
    #[must_use]
    pub fn with_seed(&self, seed: u64) -> Scenario {
        let without = self.canonical.split_once('\n').map_or("", |(_, rest)| rest);
        Scenario {
            seed,
            plan: Plan::new(&self.faults, seed, self.count_from, self.duration, &self.spec),
            canonical: with_seed_line(without, seed),
            repeat: self.command(seed),
            ..self.clone()
        }
    }

    /// The command that repeats a run of it with this seed.
    pub fn command(&self, seed: u64) -> String {
        let own = seed_words(self.seed);
        let command = self.repeat.strip_suffix(&own).unwrap_or(&self.repeat);
        format!("{command}{}", seed_words(seed))
    }
}

/// A scenario's text that says its seed in the first line.
pub(super) fn with_seed_line(without: &str, seed: u64) -> String {
    format!("seed = {seed}\n{without}")
}

/// How a command ends that says its seed.
pub(super) fn seed_words(seed: u64) -> String {
    format!(" --seed {seed}")
}
