//! Long horizons: weeks of a cluster in the time that its faults take.
//!
//! Nothing but steady traffic happens between the faults of a month. A [`Calendar`] lays them out, and each that stands alone, with what
//! follows before all is calm again, is an *episode*: an ordinary run of an ordinary scenario, which `run`, `explain` and `watch`
//! take too. A cluster starts warm, with every phase drawn as of one that has run for long, so an episode begins as the month would have
//! brought it there. What lies between episodes is not simulated; what it would come to is told by the rates of a calm run.

mod calendar;
mod many;
mod play;
pub mod record;
mod script;

pub use calendar::Calendar;
pub use many::gather;
pub use play::{Played, play};
