//! The answers of horizons, as data: of one, and of several of the same scenario under many seeds.

mod many;
mod one;

pub use many::{Figure, Horizon, HorizonsRecord, MANY_SCHEMA};
pub use one::{Calm, Counts, Episode, HorizonRecord, SCHEMA};
