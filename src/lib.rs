//! kafkasim: a deterministic, seeded, in-process simulator of a Kafka cluster.
#![forbid(unsafe_code)]

pub mod engine;
pub mod fault;
pub mod kafka;
pub mod model;
pub mod observe;
pub mod scenario;
pub mod world;
