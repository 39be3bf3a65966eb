//! Error codes: one table of number, name, and what the Java client does with it.
//! Source: `org.apache.kafka.common.protocol.Errors` and the superclasses in `common.errors`.

/// What a broker or controller answers, or what a client makes of a dead connection.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(missing_docs)] // the names are Kafka's own and are documented there
pub enum ErrorCode {
    None,
    OffsetOutOfRange,
    UnknownTopicOrPartition,
    LeaderNotAvailable,
    NotLeaderOrFollower,
    RequestTimedOut,
    ReplicaNotAvailable,
    NetworkException,
    CoordinatorLoadInProgress,
    CoordinatorNotAvailable,
    NotCoordinator,
    NotEnoughReplicas,
    NotEnoughReplicasAfterAppend,
    IllegalGeneration,
    UnknownMemberId,
    InvalidSessionTimeout,
    RebalanceInProgress,
    NotController,
    InvalidRequest,
    OutOfOrderSequenceNumber,
    DuplicateSequenceNumber,
    InvalidProducerEpoch,
    KafkaStorageError,
    UnknownProducerId,
    FetchSessionIdNotFound,
    InvalidFetchSessionEpoch,
    FencedLeaderEpoch,
    UnknownLeaderEpoch,
    StaleBrokerEpoch,
    OffsetNotAvailable,
    MemberIdRequired,
    PreferredLeaderNotAvailable,
    EligibleLeadersNotAvailable,
    ElectionNotNeeded,
    InvalidUpdateVersion,
    UnknownTopicId,
    DuplicateBrokerRegistration,
    InconsistentTopicId,
    IneligibleReplica,
    NewLeaderElected,
    // librdkafka's own, which no broker answers (`rd_kafka_resp_err_t`).
    MsgTimedOut,
    QueueFull,
    Fatal,
}

use ErrorCode as E;

/// (code, number, name, retriable, refresh): `refresh` says that the Java exception is an `InvalidMetadataException`.
const TABLE: [(ErrorCode, i16, &str, bool, bool); 43] = [
    (E::None, 0, "NONE", false, false),
    (E::OffsetOutOfRange, 1, "OFFSET_OUT_OF_RANGE", false, false),
    (E::UnknownTopicOrPartition, 3, "UNKNOWN_TOPIC_OR_PARTITION", true, true),
    (E::LeaderNotAvailable, 5, "LEADER_NOT_AVAILABLE", true, true),
    (E::NotLeaderOrFollower, 6, "NOT_LEADER_OR_FOLLOWER", true, true),
    (E::RequestTimedOut, 7, "REQUEST_TIMED_OUT", true, false),
    (E::ReplicaNotAvailable, 9, "REPLICA_NOT_AVAILABLE", true, true),
    (E::NetworkException, 13, "NETWORK_EXCEPTION", true, true),
    (E::CoordinatorLoadInProgress, 14, "COORDINATOR_LOAD_IN_PROGRESS", true, false),
    (E::CoordinatorNotAvailable, 15, "COORDINATOR_NOT_AVAILABLE", true, false),
    (E::NotCoordinator, 16, "NOT_COORDINATOR", true, false),
    (E::NotEnoughReplicas, 19, "NOT_ENOUGH_REPLICAS", true, false),
    (E::NotEnoughReplicasAfterAppend, 20, "NOT_ENOUGH_REPLICAS_AFTER_APPEND", true, false),
    (E::IllegalGeneration, 22, "ILLEGAL_GENERATION", false, false),
    (E::UnknownMemberId, 25, "UNKNOWN_MEMBER_ID", false, false),
    (E::InvalidSessionTimeout, 26, "INVALID_SESSION_TIMEOUT", false, false),
    (E::RebalanceInProgress, 27, "REBALANCE_IN_PROGRESS", false, false),
    (E::NotController, 41, "NOT_CONTROLLER", true, false),
    (E::InvalidRequest, 42, "INVALID_REQUEST", false, false),
    (E::OutOfOrderSequenceNumber, 45, "OUT_OF_ORDER_SEQUENCE_NUMBER", false, false),
    (E::DuplicateSequenceNumber, 46, "DUPLICATE_SEQUENCE_NUMBER", false, false),
    (E::InvalidProducerEpoch, 47, "INVALID_PRODUCER_EPOCH", false, false),
    (E::KafkaStorageError, 56, "KAFKA_STORAGE_ERROR", true, true),
    (E::UnknownProducerId, 59, "UNKNOWN_PRODUCER_ID", false, false),
    (E::FetchSessionIdNotFound, 70, "FETCH_SESSION_ID_NOT_FOUND", true, false),
    (E::InvalidFetchSessionEpoch, 71, "INVALID_FETCH_SESSION_EPOCH", true, false),
    (E::FencedLeaderEpoch, 74, "FENCED_LEADER_EPOCH", true, true),
    (E::UnknownLeaderEpoch, 75, "UNKNOWN_LEADER_EPOCH", true, false),
    (E::StaleBrokerEpoch, 77, "STALE_BROKER_EPOCH", false, false),
    (E::OffsetNotAvailable, 78, "OFFSET_NOT_AVAILABLE", true, false),
    (E::MemberIdRequired, 79, "MEMBER_ID_REQUIRED", false, false),
    (E::PreferredLeaderNotAvailable, 80, "PREFERRED_LEADER_NOT_AVAILABLE", true, true),
    (E::EligibleLeadersNotAvailable, 83, "ELIGIBLE_LEADERS_NOT_AVAILABLE", true, true),
    (E::ElectionNotNeeded, 84, "ELECTION_NOT_NEEDED", true, true),
    (E::InvalidUpdateVersion, 95, "INVALID_UPDATE_VERSION", false, false),
    (E::UnknownTopicId, 100, "UNKNOWN_TOPIC_ID", true, true),
    (E::DuplicateBrokerRegistration, 101, "DUPLICATE_BROKER_REGISTRATION", false, false),
    (E::InconsistentTopicId, 103, "INCONSISTENT_TOPIC_ID", true, true),
    (E::IneligibleReplica, 107, "INELIGIBLE_REPLICA", false, false),
    (E::NewLeaderElected, 108, "NEW_LEADER_ELECTED", false, false),
    (E::MsgTimedOut, -192, "_MSG_TIMED_OUT", false, false),
    (E::QueueFull, -184, "_QUEUE_FULL", false, false),
    (E::Fatal, -150, "_FATAL", false, false),
];

impl ErrorCode {
    /// Every error, in the order of their numbers.
    pub fn all() -> impl Iterator<Item = ErrorCode> {
        TABLE.iter().map(|row| row.0)
    }
    const fn row(self) -> &'static (ErrorCode, i16, &'static str, bool, bool) {
        &TABLE[self as usize]
    }
    /// Kafka's number of this error.
    pub const fn code(self) -> i16 {
        self.row().1
    }
    /// Kafka's name of this error, as its logs print it.
    pub const fn name(self) -> &'static str {
        self.row().2
    }
    /// Whether its Java exception is a `RetriableException`.
    pub const fn is_retriable(self) -> bool {
        self.row().3
    }
    /// Whether its Java exception is an `InvalidMetadataException`, so that clients refresh.
    pub const fn invalidates_metadata(self) -> bool {
        self.row().4
    }
    /// Whether there was no error.
    pub const fn is_none(self) -> bool {
        matches!(self, ErrorCode::None)
    }
}

/// By Kafka's number, so that the digest of a run stays when the table grows.
impl std::hash::Hash for ErrorCode {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.code().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_stands_at_its_own_row_and_numbers_ascend() {
        for (i, row) in TABLE.iter().enumerate() {
            assert_eq!(row.0 as usize, i, "{}", row.2);
            assert!(i == 0 || row.1 < 0 || TABLE[i - 1].1 < row.1, "{}", row.2);
        }
    }
}
