//! One fetcher thread: its partitions, and what the leader's session does not know of them yet.
//! Source: `AbstractFetcherThread`, `PartitionStates`, `FetchSessionHandler` (KIP-227).

use super::line::Line;
use crate::engine::{Duration, Instant, SortedList};
use crate::kafka::{LeaderEpoch, PartitionIx};
use crate::model::Outbox;
use crate::model::outbox::LullStep;
use smallvec::SmallVec;
use std::collections::{BTreeMap, BTreeSet};

/// See the module.
pub(super) struct FetcherThread {
    /// Its partitions, each with the leader epoch that the follower knows.
    pub partitions: BTreeMap<PartitionIx, LeaderEpoch>,
    pub line: Line,
    /// The thread processes its last answer until then.
    pub busy_until: Instant,
    pub connecting_since: Option<Instant>,
    pub turns: u64,
    /// When it is looked at next by itself.
    pub look: Option<Instant>,
    /// Its fetches are in a lull: what stands here of them is as old as that.
    pub in_lull: bool,
    /// Partitions that are left out of fetches, and until when.
    delayed: BTreeMap<PartitionIx, Instant>,
    /// Partitions that wait for new metadata (`AbstractFetcherThread.onPartitionFenced`).
    failed: BTreeSet<PartitionIx>,
    session: Session,
}

/// What the next fetch has to say.
#[derive(Default)]
struct Session {
    begun: bool,
    changed: SortedList<PartitionIx>,
    forgotten: SortedList<PartitionIx>,
}

/// What a fetch names.
pub(super) struct Named {
    /// It begins a session.
    pub full: bool,
    pub changed: SmallVec<[PartitionIx; 8]>,
    pub forgotten: Vec<PartitionIx>,
}

impl FetcherThread {
    /// A thread without partitions.
    pub fn new(line: Line) -> Self {
        FetcherThread {
            partitions: BTreeMap::new(),
            line,
            busy_until: Instant::ZERO,
            connecting_since: None,
            turns: 0,
            look: None,
            in_lull: false,
            delayed: BTreeMap::new(),
            failed: BTreeSet::new(),
            session: Session::default(),
        }
    }

    /// Adds a partition, or fetches it in another epoch from now on.
    pub fn add(&mut self, partition: PartitionIx, epoch: LeaderEpoch) {
        self.partitions.insert(partition, epoch);
        self.delayed.remove(&partition);
        self.failed.remove(&partition);
        self.session.changed.insert(partition);
    }

    /// Takes a partition away; says whether it was there.
    pub fn remove(&mut self, partition: PartitionIx) -> bool {
        let was_there = self.partitions.remove(&partition).is_some();
        if was_there {
            self.delayed.remove(&partition);
            self.failed.remove(&partition);
            self.session.forget(partition);
        }
        was_there
    }

    /// Its next fetch has something to say.
    pub fn disturb(&self, out: &mut Outbox) {
        if self.in_lull {
            out.lulls.push(LullStep::Disturbed(self.line.channel()));
        }
    }

    /// Leaves a partition out until then.
    pub fn delay(&mut self, partition: PartitionIx, until: Instant) {
        self.delayed.insert(partition, until);
        self.session.forget(partition);
    }

    /// Leaves all partitions out until then.
    pub fn delay_all(&mut self, until: Instant) {
        let due = self.partitions.keys().filter(|p| !self.failed.contains(p));
        self.delayed.extend(due.map(|p| (*p, until)));
    }

    /// Leaves a partition out until metadata says something new of it.
    pub fn fail(&mut self, partition: PartitionIx) {
        self.failed.insert(partition);
        self.session.forget(partition);
    }

    /// The follower's log of a partition is no longer what the leader was told.
    pub fn changed(&mut self, partition: PartitionIx) {
        if !self.delayed.contains_key(&partition) && !self.failed.contains(&partition) {
            self.session.changed.insert(partition);
        }
    }

    /// The connection is another one: the next fetch names everything.
    pub fn connected(&mut self) {
        self.line.connected();
        self.session = Session::default();
    }

    /// Ends all pauses that are over; says how many partitions a fetch would be for.
    pub fn due(&mut self, now: Instant) -> usize {
        if !self.delayed.is_empty() {
            let changed = &mut self.session.changed;
            self.delayed.retain(|partition, until| {
                let over = *until <= now;
                if over {
                    changed.insert(*partition);
                }
                !over
            });
        }
        self.partitions.len() - self.failed.len() - self.delayed.len()
    }

    /// How many partitions its fetches are for, if the next one would say no more than the last.
    pub fn fetches_again(&self) -> Option<usize> {
        let has_news = !self.session.begun || !self.session.changed.is_empty() || !self.session.forgotten.is_empty();
        (!has_news && self.delayed.is_empty()).then(|| self.partitions.len() - self.failed.len())
    }

    /// What the next fetch names; the leader knows it then.
    pub fn name(&mut self) -> Named {
        let full = !std::mem::replace(&mut self.session.begun, true);
        let left_out = |p: &&PartitionIx| self.failed.contains(p) || self.delayed.contains_key(p);
        let changed = match full {
            true => self.partitions.keys().filter(|p| !left_out(p)).copied().collect(),
            false => self.session.changed.iter().collect(),
        };
        let forgotten = if full { Vec::new() } else { self.session.forgotten.iter().collect() };
        self.session.changed.clear();
        self.session.forgotten.clear();
        Named { full, changed, forgotten }
    }

    /// When it needs a look by itself: the end of a pause, or of the time that an answer or a connection may take.
    pub fn next_look(&self, now: Instant, timeout: Duration) -> Option<Instant> {
        let delayed = self.delayed.values().copied().filter(|at| *at > now && !self.line.is_busy()).min();
        let connecting = self.connecting_since.map(|since| since + timeout);
        let line = [self.line.next_deadline(), connecting].into_iter().flatten().filter(|at| *at > now);
        delayed.into_iter().chain(line).min()
    }

    /// Ends.
    pub fn close(&mut self, out: &mut Outbox) {
        self.partitions.clear();
        self.line.close(out);
    }
}

impl Session {
    fn forget(&mut self, partition: PartitionIx) {
        self.changed.remove(partition);
        self.forgotten.insert(partition);
    }
}
