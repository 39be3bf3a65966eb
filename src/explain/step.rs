//! A step of an explanation: what happened, when, and what it had waited for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One step of a chain of causes. Steps follow each other without a gap: each one ends where the next begins.
/// All moments are milliseconds after the moment from which the scenario counts.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// When it ended: the moment of `what`.
    pub at_ms: f64,
    /// How long it took, from the step before (of the first: from the beginning of what is explained).
    pub ms: f64,
    /// Its part of the whole, from 0 to 1; zero where nothing is divided.
    pub share: f64,
    /// What happened at its end, as a sentence without a full stop.
    pub what: String,
    /// The process in which it happened, as `broker 2`, `controller 1` or the client's name; none for the network and the like.
    pub process: Option<String>,
    /// What the time went by with, in a few words.
    pub waited_for: String,
    /// The setting or cost that governs its length, with its value where it has one: `broker.session.timeout.ms = 9s`.
    pub setting: Option<String>,
}
