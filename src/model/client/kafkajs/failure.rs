//! Why something failed, in the classes that kafkajs tells apart. Source: `errors.js`, `protocol/error.js`.

use crate::kafka::{BrokerIx, ErrorCode};
use crate::observe::fact::Unreachable;

/// An error as the library throws it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Failure {
    /// `KafkaJSConnectionClosedError`: the broker ended an open connection.
    Closed(BrokerIx),
    /// `KafkaJSConnectionError`: a connect was refused or took too long.
    Connection,
    /// `KafkaJSBrokerNotFound`: the leader is no broker that the metadata lists.
    BrokerNotFound,
    /// `KafkaJSLockTimeout`: others were connecting to that broker for too long.
    LockTimeout,
    /// `KafkaJSRequestTimeoutError`.
    RequestTimeout,
    /// `KafkaJSProtocolError`.
    Protocol(ErrorCode),
    /// `KafkaJSNumberOfRetriesExceeded`, with what the last attempt failed of.
    RetriesExceeded(ErrorCode),
}

impl Failure {
    /// Whether the retrier goes on (`retriable`).
    pub(super) fn is_retriable(self) -> bool {
        match self {
            Failure::Closed(_) | Failure::Connection | Failure::BrokerNotFound | Failure::LockTimeout | Failure::RequestTimeout => true,
            Failure::Protocol(code) => code.is_retriable(),
            Failure::RetriesExceeded(_) => false,
        }
    }

    /// Whether a failed `send()` refreshes the metadata (`sendMessages.js`): not after a request without an answer.
    pub(super) fn refreshes(self) -> bool {
        match self {
            Failure::Closed(_) | Failure::Connection => true,
            Failure::Protocol(code) => code.is_retriable(),
            Failure::BrokerNotFound | Failure::LockTimeout | Failure::RequestTimeout | Failure::RetriesExceeded(_) => false,
        }
    }

    /// The nearest of Kafka's own errors.
    pub(super) fn code(self) -> ErrorCode {
        match self {
            Failure::Closed(_) | Failure::Connection | Failure::LockTimeout => ErrorCode::NetworkException,
            Failure::BrokerNotFound => ErrorCode::LeaderNotAvailable,
            Failure::RequestTimeout => ErrorCode::RequestTimedOut,
            Failure::Protocol(code) | Failure::RetriesExceeded(code) => code,
        }
    }

    /// How a request without an answer ended.
    pub(super) fn unreachable(self) -> Unreachable {
        match self {
            Failure::RequestTimeout | Failure::LockTimeout => Unreachable::TimedOut,
            Failure::Connection => Unreachable::Refused,
            Failure::Closed(_) | Failure::BrokerNotFound | Failure::Protocol(_) | Failure::RetriesExceeded(_) => Unreachable::Reset,
        }
    }
}
