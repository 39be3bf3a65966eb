//! The discrete-event engine: time, the event queue, chance and distributions. It names no Kafka thing.

pub mod distribution;
pub mod queue;
pub mod random;
pub mod server;
pub mod slab;
pub mod sorted;
pub mod tally;
pub mod text;
pub mod time;

pub use distribution::Distribution;
pub use queue::EventQueue;
pub use random::{Chance, Draw, Key, Stream, mix};
pub use server::FifoServer;
pub use slab::Slab;
pub use sorted::SortedList;
pub use tally::Tally;
pub use text::parse_duration;
pub use time::{Duration, Instant};
