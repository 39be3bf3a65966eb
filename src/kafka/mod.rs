//! Kafka's own words: identifiers, error codes, configuration keys, releases, and the texts its tools print.

pub mod config;
pub mod error;
pub mod id;
pub mod release;
pub mod text;

pub use error::ErrorCode;
pub use id::{
    BrokerEpoch, BrokerIx, ClientIx, GroupIx, LeaderEpoch, MetadataOffset, NodeIx, Offset, PartitionEpoch, PartitionIx, RaftEpoch,
    Replicas, TopicIx, VoterIx,
};
pub use release::{Release, Rules};
