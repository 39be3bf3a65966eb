//! A client library as data: its policies, each with its source.

use crate::kafka::ErrorCode;

/// The policies of one client library in one range of releases.
#[derive(Clone, PartialEq, Debug)]
pub struct Profile {
    /// As a scenario names it: `java-4.3`.
    pub name: &'static str,
    /// Which releases it stands for.
    pub releases: &'static str,
    /// First and last release that it stands for, as (major, minor, patch).
    pub covers: [(u16, u16, u16); 2],
    /// Refresh and retry pauses double up to `retry.backoff.max.ms` with 20 % jitter (KIP-580, 3.7); flat before.
    pub exponential_backoff: bool,
    /// A retry does not wait when the partition's leader epoch grew since (KAFKA-15415, 3.6.1).
    pub epoch_skips_backoff: bool,
    /// The leader hint in an error is used (KIP-951, 3.7).
    pub leader_hints: bool,
    /// When the client starts again from its bootstrap servers, if its configuration allows it.
    pub rebootstrap: Rebootstrap,
    /// What the batches of a request without an answer fail with (`Sender.handleProduceResponse`; KAFKA-14317, 3.5).
    pub timeout_error: ErrorCode,
    /// The producer defaults that differ from the table, as (key, value).
    pub defaults: &'static [(&'static str, &'static str)],
}

/// When a client starts again from its bootstrap servers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Rebootstrap {
    /// Never: it cycles over the last known brokers for ever.
    Never,
    /// When a refresh is due and no known broker is connected or can be connected to (KIP-899).
    NoNode,
    /// Also when no metadata answer came for `metadata.recovery.rebootstrap.trigger.ms` (KIP-1102).
    NoNodeOrTrigger,
}
