//! franz-go (`github.com/twmb/franz-go/pkg/kgo`): `metadata` is when it asks who leads what, `core` its brokers and their connections;
//! a producer has `buffers` of records by partition that `sinks` drain, one for each broker; a consumer has cursors that sources drain.

mod append;
mod buffers;
mod calls;
mod consumer;
mod core;
mod cursors;
mod loads;
mod metadata;
mod policies;
mod producer;
mod reader;
mod results;
mod settings;
mod sinks;
mod sources;
#[cfg(test)]
mod tests;

pub(super) use self::consumer::Consumer;
pub(super) use self::policies::Policies;
pub(super) use self::producer::Producer;

use crate::engine::{Chance, Stream};
use crate::kafka::BrokerIx;
use crate::model::Channel;

/// What a request is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Job {
    Metadata,
    InitProducerId,
    /// Produce, by the number of the request.
    Produce(u32),
    /// A fetch, by the number of the request.
    Fetch(u32),
    /// Where logs begin or end, by the number of the request.
    ListOffsets(u32),
    /// Where epochs end, by the number of the request.
    Epochs(u32),
}

/// What a request in flight is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Purpose {
    ApiVersions,
    Job(Job),
}

/// Whom a worker talks to: the addresses that a client is given are brokers of their own until it knows their ids.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Peer {
    Broker(BrokerIx),
    Seed(u32),
}

/// The connections of one broker: produce and fetch requests have their own (`cxnProduce`, `cxnFetch`).
const PRODUCE_LANE: u32 = 0;
const FETCH_LANE: u32 = 1;

impl Peer {
    /// Which connection a request takes.
    fn channel(self, job: Job) -> Channel {
        match (self, job) {
            (Peer::Seed(i), _) => Channel::Bootstrap(i),
            (Peer::Broker(broker), Job::Produce(_)) => Channel::Lane(broker, PRODUCE_LANE),
            (Peer::Broker(broker), Job::Fetch(_)) => Channel::Lane(broker, FETCH_LANE),
            (Peer::Broker(broker), Job::Metadata | Job::InitProducerId | Job::ListOffsets(_) | Job::Epochs(_)) => Channel::Broker(broker),
        }
    }

    /// All connections there can be.
    fn channels(self) -> [Channel; 3] {
        match self {
            Peer::Seed(i) => [Channel::Bootstrap(i); 3],
            Peer::Broker(b) => [Channel::Broker(b), Channel::Lane(b, PRODUCE_LANE), Channel::Lane(b, FETCH_LANE)],
        }
    }

    /// Whose connection it is.
    fn of(channel: Channel) -> Self {
        match channel {
            Channel::Broker(broker) | Channel::Lane(broker, _) => Peer::Broker(broker),
            Channel::Bootstrap(i) => Peer::Seed(i),
            Channel::Fetcher(..) | Channel::Heartbeat(_) | Channel::AlterPartition(_) | Channel::Raft(_) => {
                unreachable!("clients open no such channel")
            }
        }
    }
}

/// The client's streams of chance.
#[derive(Clone, Copy, Debug)]
struct Draws {
    metadata: Stream,
    backoff: Stream,
    connect: Stream,
    shuffle: Stream,
    partition: Stream,
    age: Stream,
}

impl Draws {
    fn of(chance: Chance) -> Self {
        let stream = |purpose| chance.stream(purpose);
        Draws {
            metadata: stream("client refresh pause"),
            backoff: stream("client retry pause"),
            connect: stream("client reconnect pause"),
            shuffle: stream("client node order"),
            partition: stream("client partition"),
            age: stream("client metadata age"),
        }
    }
}
