//! An explanation as data.

mod counts;

pub(super) use counts::saves;
pub use counts::{Counts, Other, counts};

use super::step::Step;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Version of this schema; raised when a field changes its meaning or goes away.
pub const SCHEMA: &str = "kafkasim/explain/3";

/// Why recoveries of one run took as long as they did. Moments are milliseconds after the moment from which the scenario counts.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExplanationRecord {
    /// Version of this schema.
    pub schema: String,
    /// Version of kafkasim.
    pub kafkasim: String,
    /// Name of the scenario.
    pub scenario: String,
    /// The Kafka release whose rules were used.
    pub kafka: String,
    /// Seed of the run.
    pub seed: u64,
    /// Digest of the run; the run that was watched for this explanation had the same.
    pub digest: String,
    /// Simulated time that was counted.
    pub simulated_ms: f64,
    /// Recoveries that there were for what was asked, those that had not ended too.
    pub recoveries: u64,
    /// Of those, how many had not ended when the run did.
    pub open: u64,
    /// Leader changes of the run.
    pub moves: u64,
    /// The explained ones, the longest first.
    pub explained: Vec<Recovery>,
    /// The runs that were made to find out what would have been.
    pub runs: u64,
    /// What this explanation leaves out, one sentence each.
    pub notes: Vec<String>,
    /// The command that repeats it.
    pub repeat: String,
}

/// One recovery explained.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Recovery {
    /// The client.
    pub client: String,
    /// Topic.
    pub topic: String,
    /// Partition.
    pub partition: u32,
    /// The loss of the leader, or the commit of the move.
    pub start_ms: f64,
    /// The first success.
    pub end_ms: f64,
    /// Its length.
    pub recovery_ms: f64,
    /// The part of it in which records waited: all of it, but where the application had none at first.
    pub waited_ms: f64,
    /// What it began with.
    pub began_with: String,
    /// The critical path: each step is what the next one waited for. Their lengths add up to the recovery.
    pub steps: Vec<Step>,
    /// What happened beside the path, as sentences.
    pub beside: Vec<String>,
    /// Which steps matter, the longest first, and what would have shortened them.
    pub levers: Vec<Lever>,
}

/// A step that mattered, and what was tried to shorten it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Lever {
    /// Which step: its place in `steps`, from zero.
    pub step: usize,
    /// What the time went by with.
    pub waited_for: String,
    /// Its length, as far as records waited meanwhile.
    pub ms: f64,
    /// How much shorter the recovery would be without it by the graph alone: less than `ms` where another chain is nearly as long.
    pub saves_ms: f64,
    /// What was tried against it.
    pub tries: Vec<Try>,
    /// The steps of other chains that are nearly as long, or that took this one's place where this one was taken away: each of them counts when
    /// this one and those before it are gone.
    pub rivals: Vec<Rival>,
}

/// A step beside a step that matters: without that one it would be what counts.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Rival {
    /// What the time goes by with.
    pub waited_for: String,
    /// The setting or cost that governs its length, with its value where it has one.
    pub setting: Option<String>,
    /// Its length.
    pub ms: f64,
    /// What was tried against it alone.
    pub tries: Vec<Try>,
    /// What was tried against all at once: the step that matters, and its rivals up to this one; none where one of them cannot be taken away.
    pub together: Option<Try>,
}

/// A run with something changed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Try {
    /// What was changed: `broker.session.timeout.ms=6s`.
    pub change: String,
    /// Whether it is meant to take the step away, and not only to shorten it.
    pub removes: bool,
    /// How long the recovery was then; zero when nothing was interrupted any more; none when it had not ended, or the change was refused.
    pub recovery_ms: Option<f64>,
    /// The part of it in which records waited.
    pub waited_ms: Option<f64>,
    /// Why there is no number.
    pub refused: Option<String>,
}
