//! A run as a picture and a story: facts in, a bounded [`Timeline`] out, for reports and for the terminal. It is a view of recorded facts and
//! never a second model: who is right is told by [`observe::truth`](crate::observe::truth), which requests met a stale leader and why by
//! [`observe::stale`](crate::observe::stale) and [`observe::cause`](crate::observe::cause), as in a run's record.

mod beliefs;
mod chain;
mod events;
mod groups;
mod lanes;
mod limits;
pub mod record;
mod recorder;
mod requests;
mod series;
#[cfg(test)]
pub(crate) mod tests;

pub use record::Timeline;
pub use recorder::Recorder;
