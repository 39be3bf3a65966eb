//! The model of Kafka: plain state machines. A message or a timer in, effects and facts out.
//! Nothing here schedules: only `world` knows the queue.

pub mod broken;
pub mod broker;
pub mod client;
pub mod controller;
pub mod cost;
pub mod group_log;
pub mod groups;
pub mod journal;
pub mod keys;
pub mod message;
pub mod metadata;
pub mod network;
pub mod outbox;
pub mod spec;

pub use broken::Broken;
pub use journal::Journal;
pub use metadata::History;
pub use outbox::{Channel, Outbox, TimerKind, Token};
pub use spec::Spec;

use crate::engine::{Chance, Instant};
use crate::kafka::Rules;

/// What a node may see while it handles one input: the time, the specification, and the shared stores.
///
/// A node reads of `history` only what its own offset covers, and of `journal` only what its own replica holds.
pub struct Ctx<'a> {
    /// The simulated time.
    pub now: Instant,
    /// What the cluster is made of.
    pub spec: &'a Spec,
    /// The rules of the brokers' release.
    pub rules: Rules,
    /// The committed metadata log.
    pub history: &'a mut History,
    /// The contents of all partition logs, by leader epoch.
    pub journal: &'a mut Journal,
    /// All chance of the run.
    pub chance: Chance,
}

impl Ctx<'_> {
    /// Whether a test has broken this rule.
    pub fn is_broken(&self, rule: Broken) -> bool {
        self.spec.broken == Some(rule)
    }
}
