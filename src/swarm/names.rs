//! The names under which coverage tells what was seen: for each kind of thing one list, from which both its names and their whole come.

use crate::model::client::profile::Library;
use crate::observe::Fact;
use crate::observe::cause::Cause;
use crate::observe::fact::{BrokerState, Ending, GroupFact, Position, Refresh, Told, Unreachable, Why};

/// Declares a function from a value to its name, and the list of all names.
macro_rules! names {
    ($(#[$doc:meta])* $name:ident, $all:ident, $type:ty { $($pattern:pat => $text:literal,)* }) => {
        $(#[$doc])*
        pub(super) fn $name(value: &$type) -> &'static str {
            match value {
                $($pattern => $text,)*
            }
        }
        /// All of these names.
        pub(super) const $all: &[&str] = &[$($text,)*];
    };
}

names! {
    /// The name of a fact.
    fact, FACTS, Fact {
        Fact::TopicCommitted { .. } => "TopicCommitted",
        Fact::TopicRemoved { .. } => "TopicRemoved",
        Fact::PartitionCommitted { .. } => "PartitionCommitted",
        Fact::BrokerCommitted { .. } => "BrokerCommitted",
        Fact::ControllerActive { .. } => "ControllerActive",
        Fact::ControllerResigned { .. } => "ControllerResigned",
        Fact::CandidateRaised { .. } => "CandidateRaised",
        Fact::Voted { .. } => "Voted",
        Fact::SessionExpired { .. } => "SessionExpired",
        Fact::RegistrationRefused { .. } => "RegistrationRefused",
        Fact::AdminDone { .. } => "AdminDone",
        Fact::ProcessStarted { .. } => "ProcessStarted",
        Fact::ProcessEnded { .. } => "ProcessEnded",
        Fact::Paused { .. } => "Paused",
        Fact::Resumed { .. } => "Resumed",
        Fact::NetworkChanged { .. } => "NetworkChanged",
        Fact::LinksCut { .. } => "LinksCut",
        Fact::LinksHealed { .. } => "LinksHealed",
        Fact::FaultApplied { .. } => "FaultApplied",
        Fact::BrokerStateChanged { .. } => "BrokerStateChanged",
        Fact::ImageApplied { .. } => "ImageApplied",
        Fact::LeaderRoleTaken { .. } => "LeaderRoleTaken",
        Fact::FollowerRoleTaken { .. } => "FollowerRoleTaken",
        Fact::ReplicaDeleted { .. } => "ReplicaDeleted",
        Fact::HighWatermarkMoved { .. } => "HighWatermarkMoved",
        Fact::Appended { .. } => "Appended",
        Fact::Replicated { .. } => "Replicated",
        Fact::Truncated { .. } => "Truncated",
        Fact::UnflushedLost { .. } => "UnflushedLost",
        Fact::IsrProposed { .. } => "IsrProposed",
        Fact::IsrAnswered { .. } => "IsrAnswered",
        Fact::ReplicaFetchError { .. } => "ReplicaFetchError",
        Fact::LinkLost { .. } => "LinkLost",
        Fact::HeartbeatGivenUp { .. } => "HeartbeatGivenUp",
        Fact::RequestServed { .. } => "RequestServed",
        Fact::ConnectionOpening { .. } => "ConnectionOpening",
        Fact::ConnectionReady { .. } => "ConnectionReady",
        Fact::ConnectionLost { .. } => "ConnectionLost",
        Fact::Refreshed { .. } => "Refreshed",
        Fact::BeliefChanged { .. } => "BeliefChanged",
        Fact::RecordCreated { .. } => "RecordCreated",
        Fact::RecordRepeats { .. } => "RecordRepeats",
        Fact::RecordRebatched { .. } => "RecordRebatched",
        Fact::EntrySent { .. } => "EntrySent",
        Fact::EntryTaken { .. } => "EntryTaken",
        Fact::EntryAnswered { .. } => "EntryAnswered",
        Fact::EntryReturned { .. } => "EntryReturned",
        Fact::EntryUnreachable { .. } => "EntryUnreachable",
        Fact::RecordDone { .. } => "RecordDone",
        Fact::Delivered { .. } => "Delivered",
        Fact::Processed { .. } => "Processed",
        Fact::PositionSet { .. } => "PositionSet",
        Fact::Group { .. } => "Group",
        Fact::ReplicaChosen { .. } => "ReplicaChosen",
        Fact::GroupAppended { .. } => "GroupAppended",
    }
}

names! {
    /// The name of the reason for a change of a partition.
    why, WHYS, Why {
        Why::Created => "Created",
        Why::Fenced => "Fenced",
        Why::Unfenced => "Unfenced",
        Why::ControlledShutdown => "ControlledShutdown",
        Why::UncleanRestart => "UncleanRestart",
        Why::PreferredElection => "PreferredElection",
        Why::AutoRebalance => "AutoRebalance",
        Why::UncleanElection => "UncleanElection",
        Why::Reassignment => "Reassignment",
        Why::AlterPartition => "AlterPartition",
        Why::ElrCleared => "ElrCleared",
    }
}

names! {
    /// The name of the way in which a process ended.
    ending, ENDINGS, Ending {
        Ending::Stopped => "Stopped",
        Ending::Killed => "Killed",
        Ending::PoweredOff => "PoweredOff",
        Ending::GaveUp => "GaveUp",
    }
}

/// The name of a broker's state.
pub(super) fn state(state: BrokerState) -> &'static str {
    match state {
        BrokerState::NotRunning => "NotRunning",
        BrokerState::Starting => "Starting",
        BrokerState::Recovery => "Recovery",
        BrokerState::Running => "Running",
        BrokerState::PendingControlledShutdown => "PendingControlledShutdown",
        BrokerState::ShuttingDown => "ShuttingDown",
    }
}

names! {
    /// The name of the way in which a client learnt of a leader.
    told, TOLDS, Told {
        Told::Metadata(..) => "metadata",
        Told::Hint(_) => "leader hint",
        Told::Forgot => "forgot",
    }
}

names! {
    /// The name of a step of a metadata refresh.
    refresh, REFRESHES, Refresh {
        Refresh::Wanted => "wanted",
        Refresh::Sent(_) => "sent",
        Refresh::Answered(..) => "answered",
        Refresh::Failed => "failed",
        Refresh::Swallowed => "swallowed",
    }
}

names! {
    /// The name of the way in which a request came to nothing.
    unreachable, UNREACHABLES, Unreachable {
        Unreachable::Refused => "refused",
        Unreachable::Reset => "reset",
        Unreachable::TimedOut => "timed out",
    }
}

names! {
    /// The name of the reason for a consumer's position.
    position, POSITIONS, Position {
        Position::Begun => "begun",
        Position::Committed => "committed",
        Position::Reset => "reset",
        Position::Truncated => "truncated",
    }
}

names! {
    /// The name of what happened in a group.
    group, GROUPS, GroupFact {
        GroupFact::CoordinatorKnown { .. } => "CoordinatorKnown",
        GroupFact::CoordinatorLoaded { .. } => "CoordinatorLoaded",
        GroupFact::RebalanceBegan { .. } => "RebalanceBegan",
        GroupFact::Assigned { .. } => "Assigned",
        GroupFact::Revoked { .. } => "Revoked",
        GroupFact::Left { .. } => "Left",
        GroupFact::SessionExpired { .. } => "SessionExpired",
        GroupFact::Committed { .. } => "Committed",
        GroupFact::CommitRefused { .. } => "CommitRefused",
    }
}

/// Every cause of a stale request.
pub(super) const CAUSES: [Cause; 8] = [
    Cause::NeverTold,
    Cause::ToldByOldView,
    Cause::HintOlderThanTruth,
    Cause::InFlightAtTheMove,
    Cause::AheadOfTheLeader,
    Cause::RefreshPending,
    Cause::RefreshBlocked,
    Cause::RefreshSwallowed,
];

/// Every library.
pub(super) fn libraries() -> impl Iterator<Item = &'static str> {
    Library::ALL.into_iter().map(|library| library.names().0)
}
