//! IBM/sarama: `core` is its `Client` with the broker objects, `refresh` when and how it asks for metadata, `producer` its `AsyncProducer`,
//! `consumer` its `Consumer`.
//! Its goroutines block where they wait; here each keeps what it was doing and goes on when an event tells it to.

mod alarms;
mod breaker;
mod consumer;
mod core;
mod policies;
mod producer;
mod refresh;
mod settings;
#[cfg(test)]
mod tests;

pub(super) use self::consumer::Consumer;
pub(super) use self::policies::Policies;
pub(super) use self::producer::Producer;
