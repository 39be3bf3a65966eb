//! Studies: many runs of variants of a scenario, and what they say together.
//!
//! [`Vary`] and [`Variant`] say what differs, a [`Study`] numbers the runs, each leaves an [`Outcome`], and [`Results`] hold them. [`sweep`]
//! and [`compare`] make an answer of them, which is plain data ([`record`]).

mod compare;
mod decision;
pub mod metric;
mod outcome;
mod plan;
pub mod record;
mod results;
pub mod singles;
mod summary;
mod sweep;
mod variant;
mod vary;

pub use compare::{USUAL, Until, compare, fixed, sequential};
pub use decision::{Design, Requirement, Wish};
pub use outcome::{ClientOutcome, Length, Outcome, WindowOutcome};
pub use plan::{Job, Loaded, Proposal, Seeds, Shard, Study};
pub use results::{Column, Results};
pub use sweep::sweep;
pub use variant::{MOST_VARIANTS, Variant, grid, sample};
pub use vary::Vary;
