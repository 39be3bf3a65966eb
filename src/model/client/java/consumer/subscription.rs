//! What the consumer knows of each partition that is assigned to it: where it reads, from whom, and whether it may.
//! Source: `SubscriptionState.TopicPartitionState`, `FetchStates`, `FetchPosition`.

use crate::engine::Instant;
use crate::kafka::{BrokerIx, LeaderEpoch, Offset, PartitionIx};
use crate::model::message::OffsetSpec;
use crate::observe::fact::Position as Why;

/// Where the consumer reads next, and whom it asks. The leader is that of the last look at the metadata, not of the metadata now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Position {
    /// Offset of the next record.
    pub offset: Offset,
    /// Leader epoch of the last record that was read, if one was.
    pub epoch: Option<LeaderEpoch>,
    /// The leader and its epoch (`currentLeader`).
    pub leader: Option<BrokerIx>,
    pub leader_epoch: LeaderEpoch,
}

/// Where a partition stands (`FetchStates`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// There is no position: the group's commits are asked first, or one is set by hand.
    Initializing,
    /// It is read.
    Fetching,
    /// Its position is asked for with `ListOffsets`.
    AwaitReset { spec: OffsetSpec, why: Why },
    /// Its leader changed: whether the position still stands is asked with `OffsetsForLeaderEpoch` (KIP-320).
    AwaitValidation,
}

/// One assigned partition.
#[derive(Clone, Debug)]
pub(super) struct Assigned {
    pub partition: PartitionIx,
    pub state: State,
    position: Option<Position>,
    /// The offset of the position before the reset that is awaited.
    pub was: Option<Offset>,
    /// A look-up of its position waits until then.
    pub next_retry: Option<Instant>,
    /// The replica that the leader sent it to, and until when (KIP-392).
    replica: Option<(BrokerIx, Instant)>,
    /// The replica that its last fetch went to instead of the leader.
    pub read_from: Option<BrokerIx>,
    /// Answers that wait in the buffer.
    pub buffered: u32,
    /// Failed fetches in a row.
    pub failures: u32,
}

impl Assigned {
    fn new(partition: PartitionIx) -> Self {
        Assigned {
            partition,
            state: State::Initializing,
            position: None,
            was: None,
            next_retry: None,
            replica: None,
            read_from: None,
            buffered: 0,
            failures: 0,
        }
    }

    /// The position, valid or not.
    pub(super) fn position(&self) -> Option<Position> {
        self.position
    }

    /// The position that may be read from (`hasValidPosition`).
    pub(super) fn valid_position(&self) -> Option<Position> {
        self.position.filter(|_| self.state == State::Fetching)
    }

    /// Begins to read here (`seekValidated`).
    pub(super) fn seek(&mut self, position: Position) {
        self.state = State::Fetching;
        self.position = Some(position);
        self.next_retry = None;
    }

    /// Begins to read here once the leader says that the position stands, if there is an epoch to ask about (`seekUnvalidated`).
    pub(super) fn seek_unvalidated(&mut self, position: Position) {
        self.seek(position);
        if position.epoch.is_some() && position.leader.is_some() {
            self.state = State::AwaitValidation;
        }
    }

    /// Has read on (`SubscriptionState.position`).
    pub(super) fn advance(&mut self, offset: Offset, epoch: LeaderEpoch) {
        if let Some(position) = &mut self.position {
            position.offset = offset;
            position.epoch = Some(epoch);
        }
    }

    /// The position is lost and asked for anew (`TopicPartitionState.reset`).
    pub(super) fn reset(&mut self, spec: OffsetSpec, why: Why) {
        self.was = self.position.map(|p| p.offset);
        self.state = State::AwaitReset { spec, why };
        self.position = None;
        self.next_retry = None;
    }

    /// Follows the metadata: another leader or epoch is taken over, and the position is validated if it has an epoch. While no leader
    /// is known the consumer goes on asking the old one (`maybeValidatePosition`).
    pub(super) fn follow(&mut self, leader: Option<BrokerIx>, leader_epoch: LeaderEpoch) {
        if matches!(self.state, State::AwaitReset { .. }) || leader.is_none() {
            return;
        }
        let Some(position) = &mut self.position else { return };
        if (position.leader, position.leader_epoch) == (leader, leader_epoch) {
            return;
        }
        (position.leader, position.leader_epoch) = (leader, leader_epoch);
        self.state = if position.epoch.is_some() { State::AwaitValidation } else { State::Fetching };
        self.next_retry = None;
        self.replica = None;
    }

    /// The position stands (`completeValidation`).
    pub(super) fn validated(&mut self) {
        self.state = State::Fetching;
        self.next_retry = None;
    }

    /// Whether a look-up of its position backs off.
    pub(super) fn backs_off(&self, now: Instant) -> bool {
        self.next_retry.is_some_and(|at| now < at)
    }

    /// `preferredReadReplica`: while its lease lasts.
    pub(super) fn replica(&self, now: Instant) -> Option<BrokerIx> {
        self.replica.filter(|(_, until)| now <= *until).map(|(broker, _)| broker)
    }

    /// `updatePreferredReadReplica`: the lease of the same replica is not renewed.
    pub(super) fn prefer(&mut self, broker: BrokerIx, until: Instant, now: Instant) {
        if self.replica(now) != Some(broker) {
            self.replica = Some((broker, until));
        }
    }

    /// `clearPreferredReadReplica`: true when there was one.
    pub(super) fn leave_replica(&mut self) -> bool {
        self.replica.take().is_some()
    }
}

/// All assigned partitions, ascending.
#[derive(Clone, Default, Debug)]
pub(super) struct Subscription {
    pub list: Vec<Assigned>,
}

impl Subscription {
    /// A partition is assigned; it has no position yet.
    pub(super) fn add(&mut self, partition: PartitionIx) -> &mut Assigned {
        let i = match self.list.binary_search_by_key(&partition, |a| a.partition) {
            Ok(i) => i,
            Err(i) => {
                self.list.insert(i, Assigned::new(partition));
                i
            }
        };
        &mut self.list[i]
    }

    /// The partition, if it is assigned.
    pub(super) fn get(&self, partition: PartitionIx) -> Option<&Assigned> {
        self.list.binary_search_by_key(&partition, |a| a.partition).ok().map(|i| &self.list[i])
    }

    /// The same, to change.
    pub(super) fn get_mut(&mut self, partition: PartitionIx) -> Option<&mut Assigned> {
        let i = self.list.binary_search_by_key(&partition, |a| a.partition).ok()?;
        Some(&mut self.list[i])
    }

    /// `hasAllFetchPositions`.
    pub(super) fn all_fetch(&self) -> bool {
        self.list.iter().all(|a| a.state == State::Fetching)
    }
}
