//! What a member says of its progress, and what it asks of its group's. Source: `ConsumerCoordinator.maybeAutoCommitOffsetsAsync`,
//! `sendOffsetCommitRequest`, `OffsetCommitResponseHandler`, `fetchCommittedOffsets`.

use super::{Consumed, Ending, Generation, Membership, Pause, State, View, Want, What};
use crate::engine::{Duration, Instant};
use crate::kafka::{ErrorCode, PartitionIx};
use crate::model::Outbox;
use crate::model::group_log::Committed;
use crate::model::message::GroupRequest;
use crate::observe::fact::GroupFact;

/// Commits and look-ups.
#[derive(Clone, Debug)]
pub(super) struct Commits {
    /// The next commit by the library itself.
    pub due_at: Instant,
    in_flight: u32,
    /// The application waits for a commit of its own.
    by_hand: Option<ByHand>,
    /// Partitions whose committed offsets are wanted.
    wanted: Vec<PartitionIx>,
    asking: bool,
    look_up_at: Instant,
}

/// A `commitSync()` that has not returned.
#[derive(Clone, Copy, Debug)]
struct ByHand {
    /// `default.api.timeout.ms` is over then.
    until: Instant,
    again_at: Instant,
    failures: u32,
}

impl Default for Commits {
    fn default() -> Self {
        Commits { due_at: Instant::MAX, in_flight: 0, by_hand: None, wanted: Vec::new(), asking: false, look_up_at: Instant::ZERO }
    }
}

impl Commits {
    /// A look-up came to nothing, and is repeated then.
    pub(super) fn look_up_failed(&mut self, again_at: Instant) {
        self.asking = false;
        self.look_up_at = again_at;
    }

    /// The partitions are not the member's any more.
    pub(super) fn forget_look_up(&mut self) {
        self.wanted.clear();
    }
}

impl Membership {
    /// Where to begin in these partitions is what the group has committed: the answer is a [`Want::Begin`].
    pub(in crate::model::client) fn look_up(&mut self, partitions: Vec<PartitionIx>) {
        self.commits.wanted = partitions;
    }

    /// Whether a look-up is wanted or under way.
    pub(in crate::model::client) fn is_looking_up(&self) -> bool {
        !self.commits.wanted.is_empty()
    }

    pub(super) fn look_up_if_wanted(&mut self, view: &View<'_>) {
        if self.commits.wanted.is_empty() || self.commits.asking || self.discovery.coordinator().is_none() {
            return;
        }
        if view.now < self.commits.look_up_at {
            return self.wake_at(self.commits.look_up_at);
        }
        self.commits.asking = true;
        let request = GroupRequest::Committed { partitions: self.commits.wanted.clone() };
        self.ask(request, What::LookUp, self.settings.request_timeout);
    }

    /// The answer to a look-up: any error but a wrong coordinator is repeated after a pause.
    pub(super) fn looked_up(&mut self, error: ErrorCode, offsets: Vec<(PartitionIx, Option<Committed>)>, now: Instant, out: &mut Outbox) {
        self.commits.look_up_failed(now + self.settings.retry_backoff);
        match error {
            ErrorCode::None => {
                let wanted = std::mem::take(&mut self.commits.wanted);
                self.wants.push(Want::Begin(offsets.into_iter().filter(|(p, _)| wanted.contains(p)).collect()));
            }
            ErrorCode::CoordinatorNotAvailable | ErrorCode::NotCoordinator => self.coordinator_lost(true, out),
            _ => {}
        }
    }

    /// `maybeAutoCommitOffsetsAsync`: a member of a stable generation commits in `poll()` when its interval is over.
    pub(super) fn commit_if_due(&mut self, view: &View<'_>, _out: &mut Outbox) {
        let Some(every) = self.settings.auto_commit else { return };
        if self.state != State::Stable || self.rebalance.is_needed() || self.discovery.coordinator().is_none() {
            return;
        }
        if self.commits.due_at <= view.now {
            self.commits.due_at = view.now + every;
            self.commit_now(view);
        }
        self.wake_at(self.commits.due_at);
    }

    /// The application calls `commitSync()`: it gets no records before that has returned.
    pub(in crate::model::client) fn commit_by_hand(&mut self, now: Instant, timeout: Duration) {
        self.commits.by_hand = Some(ByHand { until: now + timeout, again_at: now, failures: 0 });
    }

    /// Whether it waits in there.
    pub(in crate::model::client) fn is_committing_by_hand(&self) -> bool {
        self.commits.by_hand.is_some()
    }

    /// `commitOffsetsSync`: a retriable failure is repeated; outside a stable generation it fails at once, and the next `poll()` joins.
    pub(super) fn commit_by_hand_step(&mut self, view: &View<'_>) {
        let Some(by_hand) = self.commits.by_hand.filter(|_| self.commits.in_flight == 0) else { return };
        if by_hand.until <= view.now || self.state != State::Stable {
            self.commits.by_hand = None;
        } else if self.discovery.coordinator().is_none() {
            self.wake_at(by_hand.until);
        } else if view.now < by_hand.again_at {
            self.wake_at(by_hand.again_at.min(by_hand.until));
        } else if !self.commit_now(view) {
            self.commits.by_hand = None;
        }
    }

    /// Sends a commit of all that was given to the application. False when nothing is sent: there is nothing, or the member is in no stable
    /// generation, or the coordinator is not known.
    pub(in crate::model::client) fn commit_now(&mut self, view: &View<'_>) -> bool {
        let Generation { member: Some(member), number: Some(generation) } = self.generation else { return false };
        let offsets = (view.consumed)();
        if offsets.is_empty() || self.state != State::Stable || self.discovery.coordinator().is_none() {
            return false;
        }
        self.commits.in_flight += 1;
        let request = GroupRequest::Commit { member: Some((member, generation)), offsets: offsets.clone() };
        self.ask(request, What::Commit(offsets), self.settings.request_timeout);
        true
    }

    /// The answer to a commit: the first error decides (`OffsetCommitResponseHandler`).
    pub(super) fn committed(
        &mut self,
        sent: Generation,
        offsets: &[Consumed],
        results: &[(PartitionIx, ErrorCode)],
        now: Instant,
        out: &mut Outbox,
    ) {
        self.commits.in_flight -= 1;
        for (partition, error) in results {
            let offset = offsets.iter().find(|o| o.0 == *partition).map(|o| o.1);
            let what = match (error, offset) {
                (ErrorCode::None, Some(offset)) => GroupFact::Committed { client: self.client, partition: *partition, offset },
                (error, _) => GroupFact::CommitRefused { client: self.client, partition: *partition, error: *error },
            };
            self.fact(what, out);
        }
        let error = results.iter().map(|r| r.1).find(|e| !e.is_none()).unwrap_or(ErrorCode::None);
        let again = match error {
            ErrorCode::CoordinatorNotAvailable | ErrorCode::NotCoordinator | ErrorCode::RequestTimedOut => {
                self.coordinator_lost(true, out);
                true
            }
            ErrorCode::CoordinatorLoadInProgress | ErrorCode::UnknownTopicOrPartition => true,
            ErrorCode::RebalanceInProgress => {
                self.rebalance.wanted();
                false
            }
            ErrorCode::UnknownMemberId | ErrorCode::IllegalGeneration => {
                if sent == self.generation || self.state != State::PreparingRebalance {
                    self.reset(error == ErrorCode::UnknownMemberId);
                }
                false
            }
            _ => false,
        };
        self.commit_ended(again, now);
    }

    /// A commit without an answer.
    pub(super) fn commit_lost(&mut self, offsets: &[Consumed], now: Instant, out: &mut Outbox) {
        self.commits.in_flight -= 1;
        for (partition, ..) in offsets {
            self.fact(GroupFact::CommitRefused { client: self.client, partition: *partition, error: ErrorCode::NetworkException }, out);
        }
        self.commit_ended(true, now);
    }

    /// A retriable failure is repeated after `retry.backoff.ms`, both before a rebalance and by the timer.
    fn commit_ended(&mut self, again: bool, now: Instant) {
        let again_at = again.then(|| now + self.settings.retry_backoff);
        if let Some(at) = again_at
            && self.settings.auto_commit.is_some()
        {
            self.commits.due_at = at;
        }
        self.rebalance.commit_ended(again_at);
        if let Some(by_hand) = self.commits.by_hand.take().filter(|_| again) {
            let pause = self.pause(Pause::Commit, by_hand.failures);
            self.commits.by_hand = Some(ByHand { again_at: now + pause, failures: by_hand.failures + 1, ..by_hand });
        }
    }

    /// One step of the end: the last commit, then the leave; what fails is not repeated (`ConsumerCoordinator.close`).
    pub(super) fn end(&mut self, view: &View<'_>, out: &mut Outbox) {
        if self.ending == Ending::Begun {
            self.ending = Ending::Committing;
            if self.settings.auto_commit.is_some() {
                self.commit_now(view);
            }
        }
        if self.ending == Ending::Committing && self.commits.in_flight == 0 {
            self.ending = Ending::Leaving;
            self.give_up_partitions(out);
            self.fact(GroupFact::Left { client: self.client }, out);
            let told = self.leave();
            if !told {
                self.left();
            }
        }
    }

    /// The end of a leave: nobody waits for it but a consumer that closes.
    pub(super) fn left(&mut self) {
        if self.ending == Ending::Leaving {
            self.wants.push(Want::Closed);
        }
    }
}
