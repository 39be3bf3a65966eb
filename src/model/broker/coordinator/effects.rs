//! What a step of a group wants to happen outside it.

use crate::kafka::{ErrorCode, GroupIx, PartitionIx};
use crate::model::Token;
use crate::model::group_log::{Committed, GroupRecord};
use crate::model::message::{GroupRequest, GroupResponse};
use crate::observe::Fact;
use crate::observe::fact::GroupFact;

/// Collected while a group changes, carried out by the broker.
#[derive(Default, Debug)]
pub(super) struct Effects {
    pub replies: Vec<(Token, GroupResponse)>,
    pub facts: Vec<Fact>,
    pub writes: Vec<(GroupRecord, After)>,
}

/// What happens when a write is committed, or is known to have failed.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum After {
    /// A member's commit is answered.
    Commit { token: Token, group: GroupIx, offsets: Vec<(PartitionIx, Committed)> },
    /// A generation has its assignment.
    Assignment { group: GroupIx, generation: u32, assignments: Vec<(u64, Vec<PartitionIx>)> },
    /// An answer that had to wait for what was written before it (4.x).
    Answer { token: Token, request: Box<GroupRequest>, response: GroupResponse },
    /// Nobody waits: an empty generation.
    Nothing,
}

impl Effects {
    /// Answers a request.
    pub(super) fn reply(&mut self, token: Token, response: GroupResponse) {
        self.replies.push((token, response));
    }

    /// Notes what happened in a group.
    pub(super) fn fact(&mut self, group: GroupIx, what: GroupFact) {
        self.facts.push(Fact::Group { group, what });
    }
}

/// The answer that says nothing but why not.
pub(super) fn refusal(request: &GroupRequest, error: ErrorCode) -> GroupResponse {
    match request {
        GroupRequest::FindCoordinator => GroupResponse::Coordinator { error, broker: None },
        GroupRequest::Join { member, .. } => super::group::refused_join(member.unwrap_or(0), error),
        GroupRequest::Sync { .. } => GroupResponse::Synced { error, partitions: Vec::new() },
        GroupRequest::Heartbeat { .. } => GroupResponse::Heartbeat { error },
        GroupRequest::Leave { .. } => GroupResponse::Left { error },
        GroupRequest::Commit { offsets, .. } => GroupResponse::Commit { results: offsets.iter().map(|o| (o.0, error)).collect() },
        GroupRequest::Committed { .. } => GroupResponse::Committed { error, offsets: Vec::new() },
    }
}
