//! kafkajs: no clock of its own, no batching. Every `send()` and every fetch loop goes its own way and waits for what they share: one
//! metadata refresh at a time, one connect at a time to each broker.
//! `cluster` is what they share (`src/cluster`, `src/broker`, `src/network`), `producer` and its `send`s, `consumer` with its fetch loops,
//! `retrier` the pauses.

mod cluster;
mod consumer;
mod failure;
mod policies;
mod producer;
mod refresh;
mod retrier;
mod send;
mod settings;
#[cfg(test)]
mod tests;

pub(super) use self::policies::Policies;

use super::Machine;
use crate::engine::Chance;
use crate::kafka::{BrokerIx, ClientIx};
use crate::model::Spec;
use crate::model::spec::Role;

/// A kafkajs client of the specification.
pub(super) fn client(index: ClientIx, spec: &Spec, chance: Chance) -> Box<dyn Machine> {
    match &spec.clients[index.index()].role {
        Role::Producer(_) => Box::new(producer::Producer::new(index, spec, chance)),
        Role::Consumer(_) => Box::new(consumer::Consumer::new(index, spec, chance)),
    }
}

/// Who waits for a refresh or a connection.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Waiter {
    /// Nobody: the client has long been running and is connected.
    Nobody,
    /// A refresh.
    Refresh(Track),
    /// This `send()`.
    Send(u64),
    /// The fetch loop of this broker.
    Fetch(BrokerIx),
    /// The consumer as a whole.
    Runner,
}

/// The two promises of a cluster that share one refresh among their callers (`sharedPromiseTo` in `cluster/index.js`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Track {
    /// `refreshMetadata`: after an error.
    Forced,
    /// `refreshMetadataIfNecessary`: before each send or fetch.
    IfNecessary,
}

/// What a request in flight is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Purpose {
    ApiVersions,
    Metadata(Track),
    /// The attempt of this `send()`.
    Produce(u64),
    /// The fetch of this broker's loop.
    Fetch(BrokerIx),
    /// Its look-up of positions.
    ListOffsets(BrokerIx),
    /// It timed out: its answer finds nobody (`Response without match`).
    Nothing,
}
