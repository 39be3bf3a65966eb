//! Identifiers. Names and Kafka's own numbers (`node.id`) are interned to dense indices (`…Ix`) when a cluster is built.

use smallvec::SmallVec;
use std::fmt;

macro_rules! number {
    ($($(#[$doc:meta])* $name:ident($inner:ty);)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub $inner);

        impl $name {
            /// As an index into a vector.
            pub const fn index(self) -> usize {
                self.0 as usize
            }
            /// The one after this.
            #[must_use]
            pub const fn next(self) -> Self {
                $name(self.0 + 1)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    )*};
}

number! {
    /// A process: broker, controller, both at once (combined mode), or client. Dense over the whole cluster.
    NodeIx(u32);
    /// A broker, dense. Its `node.id` is in `Spec::brokers`.
    BrokerIx(u32);
    /// A KRaft voter, dense. Its `node.id` is in `Spec::voters`.
    VoterIx(u32);
    /// A client, dense.
    ClientIx(u32);
    /// A consumer group, dense.
    GroupIx(u32);
    /// A topic, dense, in order of creation. A topic created anew under an old name is another topic (another topic id).
    TopicIx(u32);
    /// A topic partition, dense over all topics.
    PartitionIx(u32);
    /// An offset in a partition's log.
    Offset(u64);
    /// An offset in the metadata log; a view of the metadata is one of these.
    MetadataOffset(u64);
    /// Counts leader changes of a partition (`PartitionRegistration.leaderEpoch`).
    LeaderEpoch(u32);
    /// Counts all changes of a partition (`PartitionRegistration.partitionEpoch`).
    PartitionEpoch(u32);
    /// One number for each life of a broker process (`BrokerRegistration.epoch`).
    BrokerEpoch(u64);
    /// Counts leaders of the metadata quorum.
    RaftEpoch(u32);
}

/// A short list of brokers in Kafka's own order: a replica list, an ISR.
pub type Replicas = SmallVec<[BrokerIx; 4]>;
