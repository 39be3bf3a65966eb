//! Studies: many runs of variants of a scenario, and what they say together.

pub mod metric;
mod outcome;
mod plan;
pub mod record;
mod variant;
mod vary;

pub use outcome::{ClientOutcome, Length, Outcome, WindowOutcome};
pub use plan::{Job, Loaded, Proposal, Seeds, Shard, Study};
pub use variant::{MOST_VARIANTS, Variant, grid, sample};
pub use vary::Vary;
