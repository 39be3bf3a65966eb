//! librdkafka: `core` is what producer and consumer have in common (`links` to brokers, `refresh` of metadata), `producer` and `consumer`
//! are the two roles. Functions named are librdkafka's own; its threads are one here, without the time that hand-overs between them take.

mod consumer;
mod core;
mod links;
mod policies;
mod producer;
mod refresh;
mod settings;
#[cfg(test)]
mod tests;

use crate::kafka::PartitionIx;
use crate::model::client::group::Asked;
use crate::model::message::ConsumerFetch;

pub(super) use self::consumer::Consumer;
pub(super) use self::policies::Policies;
pub(super) use self::producer::Producer;

/// What a request in flight is for.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Purpose {
    ApiVersions,
    Metadata,
    ProducerId,
    /// The produce request of this number.
    Produce(u64),
    /// A fetch of these partitions.
    Fetch(Vec<ConsumerFetch>),
    /// Where to read a partition.
    ListOffsets(PartitionIx),
    /// Whether the position in a partition still stands.
    EpochEnd(PartitionIx),
    /// Who coordinates the group.
    FindCoordinator,
    /// What the membership of a group asks its coordinator.
    Group(Asked),
}

/// Why requests without an answer are given up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Loss {
    /// The connection broke (`_TRANSPORT`).
    Broken,
    /// A request on it took too long (`_TIMED_OUT`).
    TimedOut,
    /// Its broker was dropped (`_DESTROY_BROKER`).
    Removed,
}
