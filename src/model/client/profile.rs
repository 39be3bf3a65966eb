//! A client library as data: its policies, each with its source.

/// The policies of one client library in one range of releases.
#[derive(Clone, PartialEq, Debug)]
pub struct Profile {
    /// As a scenario names it: `java-4.3`.
    pub name: &'static str,
    /// Which releases it stands for.
    pub releases: &'static str,
    /// Refresh and retry pauses double up to `retry.backoff.max.ms` with 20 % jitter (KIP-580, 3.7); flat before.
    pub exponential_backoff: bool,
    /// A retry does not wait when the partition's leader epoch grew since (KAFKA-15415, 3.6.1).
    pub epoch_skips_backoff: bool,
    /// The leader hint in an error is used (KIP-951, 3.7).
    pub leader_hints: bool,
    /// The producer defaults that differ from the table, as (key, value).
    pub defaults: &'static [(&'static str, &'static str)],
}
