//! Where a consumer stands in each partition. Source: `cursor`, `cursorOffset` (source.go).

use crate::engine::{Duration, Instant};
use crate::kafka::{BrokerIx, LeaderEpoch, Offset};

/// One partition that is read.
#[derive(Clone, Debug)]
pub(super) struct Cursor {
    /// The leader last known, and its epoch.
    pub leader: Option<BrokerIx>,
    pub epoch: LeaderEpoch,
    /// Whom it is read from: the leader, or a replica nearby.
    pub source: Option<BrokerIx>,
    /// It may go into the next fetch: it is in no other, and its offset is not being loaded.
    pub usable: bool,
    /// The next offset to read; none until it was loaded.
    pub offset: Option<Offset>,
    /// The epoch of the last record read (`lastConsumedEpoch`).
    pub consumed: Option<LeaderEpoch>,
    /// When it moved to a replica nearby.
    pub moved_at: Option<Instant>,
}

impl Cursor {
    pub(super) fn new(leader: Option<BrokerIx>, epoch: LeaderEpoch) -> Self {
        Cursor { leader, epoch, source: leader, usable: false, offset: None, consumed: None, moved_at: None }
    }

    /// Whether it is read from a replica that was chosen too long ago (`kgo.RecheckPreferredReplicaInterval`).
    pub(super) fn rechecks(&self, now: Instant, interval: Duration) -> bool {
        self.source != self.leader && self.moved_at.is_some_and(|at| now.since(at) > interval)
    }
}
