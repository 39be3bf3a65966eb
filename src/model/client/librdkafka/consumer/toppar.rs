//! Where the consumer stands in one partition (`rd_kafka_toppar_t`).

use crate::engine::{Duration, Instant};
use crate::kafka::{BrokerIx, LeaderEpoch, Offset};
use crate::model::message::OffsetSpec;
use crate::observe::fact::Position as Why;

/// For how long a follower is read from before the leader is asked again (`rktp_lease_intvl`).
pub(super) const LEASE: Duration = Duration::from_secs(5 * 60);
/// Leases that follow each other faster make the partition wait (`rktp_new_lease_intvl`).
pub(super) const LEASE_GUARD: Duration = Duration::from_secs(60);

/// `rd_kafka_toppar_t.rktp_fetch_state`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// The leader is asked where to read.
    Asking {
        spec: OffsetSpec,
        why: Why,
    },
    Active,
    /// The leader is asked whether the position still stands (`VALIDATE_EPOCH_WAIT`).
    Validating,
}

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Toppar {
    pub state: State,
    /// The next offset to fetch, with the epoch of the record before it if that is known.
    pub next: Offset,
    pub epoch: Option<LeaderEpoch>,
    /// The leader epoch that it is fetched with.
    pub leader_epoch: Option<LeaderEpoch>,
    /// Its leader when it was last looked at.
    pub leader: Option<BrokerIx>,
    /// The follower that it is read from (KIP-392).
    pub replica: Option<BrokerIx>,
    pub lease_until: Instant,
    pub leased_at: Option<Instant>,
    /// It is not fetched until then (`rktp_ts_fetch_backoff`).
    pub pause: Instant,
    /// A look-up is out, or is not to be sent until then.
    pub asked: bool,
    pub ask_at: Instant,
    /// The offset after the last message that the application was given.
    pub stored: Option<Offset>,
    /// Messages in the queue that the application has not taken.
    pub queued: u64,
    /// Failed attempts in a row.
    pub failures: u32,
}

impl Toppar {
    fn new(state: State, next: Offset, epoch: Option<LeaderEpoch>) -> Self {
        Toppar {
            state,
            next,
            epoch,
            leader_epoch: None,
            leader: None,
            replica: None,
            lease_until: Instant::MAX,
            leased_at: None,
            pause: Instant::ZERO,
            asked: false,
            ask_at: Instant::ZERO,
            stored: None,
            queued: 0,
            failures: 0,
        }
    }

    /// A partition whose position is to be asked for.
    pub(super) fn asking(spec: OffsetSpec, why: Why) -> Self {
        Toppar::new(State::Asking { spec, why }, Offset(0), None)
    }

    /// A partition that is read.
    pub(super) fn reading(next: Offset, epoch: Option<LeaderEpoch>) -> Self {
        Toppar::new(State::Active, next, epoch)
    }

    /// The broker that it is fetched from.
    pub(super) fn broker(&self) -> Option<BrokerIx> {
        self.replica.filter(|_| self.leader.is_some()).or(self.leader)
    }

    /// Its state changes: what was asked before is out of date.
    pub(super) fn enter(&mut self, state: State, ask_at: Instant) {
        self.state = state;
        self.asked = false;
        self.ask_at = ask_at;
    }
}
