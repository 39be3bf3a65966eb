//! segmentio kafka-go. A Writer shares a Transport: `poll` is its metadata poll, `pool` its connections, each with one request at a time;
//! `writer` is the application's side, `attempts` the life of a batch. A Reader has none of that: it asks for its leader by itself.

mod attempts;
mod lookup;
mod policies;
mod poll;
mod pool;
mod reader;
mod settings;
#[cfg(test)]
mod tests;
mod writer;

pub(super) use self::policies::Policies;

use super::Machine;
use super::fetching::Wanted;
use crate::engine::{Chance, Duration};
use crate::kafka::{ClientIx, ErrorCode, PartitionIx};
use crate::model::Spec;
use crate::model::spec::Role;

/// A kafka-go client of the specification.
pub(super) fn client(index: ClientIx, spec: &Spec, chance: Chance) -> Box<dyn Machine> {
    match &spec.clients[index.index()].role {
        Role::Producer(_) => Box::new(writer::Writer::new(index, spec, chance)),
        Role::Consumer(_) => Box::new(reader::Reader::new(index, spec, chance)),
    }
}

/// What a request in flight is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Purpose {
    ApiVersions,
    Metadata,
    /// The batch of this partition that is under way.
    Produce(PartitionIx),
    /// A Reader's look-up of an offset.
    ListOffsets(lookup::Step),
    /// A Reader's fetch.
    Fetch(Wanted),
}

/// `backoff` in `dialer.go`: k² times the least, up to the most, without jitter.
fn backoff(attempt: u32, least: Duration, most: Duration) -> Duration {
    let factor = u64::from(attempt).saturating_mul(u64::from(attempt));
    Duration::from_nanos(least.as_nanos().saturating_mul(factor)).min(most)
}

/// `Error.Temporary` in `error.go`.
fn is_temporary(error: ErrorCode) -> bool {
    match error {
        ErrorCode::UnknownTopicOrPartition
        | ErrorCode::LeaderNotAvailable
        | ErrorCode::NotLeaderOrFollower
        | ErrorCode::RequestTimedOut
        | ErrorCode::NetworkException
        | ErrorCode::CoordinatorLoadInProgress
        | ErrorCode::CoordinatorNotAvailable
        | ErrorCode::NotCoordinator
        | ErrorCode::NotEnoughReplicas
        | ErrorCode::NotEnoughReplicasAfterAppend
        | ErrorCode::NotController
        | ErrorCode::KafkaStorageError
        | ErrorCode::FetchSessionIdNotFound
        | ErrorCode::InvalidFetchSessionEpoch
        | ErrorCode::FencedLeaderEpoch
        | ErrorCode::UnknownLeaderEpoch
        | ErrorCode::OffsetNotAvailable
        | ErrorCode::PreferredLeaderNotAvailable
        | ErrorCode::EligibleLeadersNotAvailable
        | ErrorCode::ElectionNotNeeded
        | ErrorCode::UnknownTopicId
        | ErrorCode::InconsistentTopicId => true,
        ErrorCode::None
        | ErrorCode::OffsetOutOfRange
        | ErrorCode::ReplicaNotAvailable
        | ErrorCode::InvalidRequest
        | ErrorCode::OutOfOrderSequenceNumber
        | ErrorCode::DuplicateSequenceNumber
        | ErrorCode::InvalidProducerEpoch
        | ErrorCode::IllegalGeneration
        | ErrorCode::UnknownMemberId
        | ErrorCode::InvalidSessionTimeout
        | ErrorCode::RebalanceInProgress
        | ErrorCode::MemberIdRequired
        | ErrorCode::UnknownProducerId
        | ErrorCode::StaleBrokerEpoch
        | ErrorCode::InvalidUpdateVersion
        | ErrorCode::DuplicateBrokerRegistration
        | ErrorCode::IneligibleReplica
        | ErrorCode::NewLeaderElected
        | ErrorCode::MsgTimedOut
        | ErrorCode::QueueFull
        | ErrorCode::Fatal => false,
    }
}
