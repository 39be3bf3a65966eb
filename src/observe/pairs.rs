//! What is tracked for each (client, partition) that had to do with each other.

use super::fact::Told;
use crate::engine::{Duration, Instant};
use crate::kafka::{BrokerIx, ClientIx, PartitionIx};
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// Index of a pair.
pub type PairIx = u32;

/// What a client believes of a partition's leader.
#[derive(Clone, Copy, Debug)]
pub struct Belief {
    /// Who leads, as the client has it.
    pub leader: Option<BrokerIx>,
    /// Who said so.
    pub told: Told,
    /// Since when.
    pub since: Instant,
}

/// One client and one partition.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The client.
    pub client: ClientIx,
    /// The partition.
    pub partition: PartitionIx,
    /// What the client believes; none when it has never been told anything.
    pub belief: Option<Belief>,
    /// Entries sent so far.
    pub sent: u64,
    /// Entries judged since counting began.
    pub judged: u64,
    /// Records handed over by the application and not yet done.
    pub outstanding: u64,
    /// Since when some record has been outstanding without a break.
    pub busy_since: Instant,
    /// The replica that a consumer reads from instead of the leader, because the leader said so.
    pub replica: Option<BrokerIx>,
    /// The last acknowledgement or delivery.
    pub last_ack: Option<Instant>,
    /// The longest silence that ended since counting began, and when it ended.
    pub silence: Option<(Duration, Instant)>,
    /// Its open windows, oldest first.
    pub open: SmallVec<[u32; 2]>,
}

impl Pair {
    /// Whom the client believes to lead.
    pub fn believed_leader(&self) -> Option<BrokerIx> {
        self.belief.and_then(|b| b.leader)
    }
}

/// All pairs.
#[derive(Clone, Debug, Default)]
pub struct Pairs {
    all: Vec<Pair>,
    by_client: Vec<BTreeMap<PartitionIx, PairIx>>,
    by_partition: Vec<Vec<PairIx>>,
}

impl Pairs {
    /// The pair of a client and a partition, made when it is not there.
    pub fn index(&mut self, client: ClientIx, partition: PartitionIx) -> PairIx {
        if self.by_client.len() <= client.index() {
            self.by_client.resize_with(client.index() + 1, BTreeMap::new);
        }
        if let Some(pair) = self.by_client[client.index()].get(&partition) {
            return *pair;
        }
        if self.by_partition.len() <= partition.index() {
            self.by_partition.resize_with(partition.index() + 1, Vec::new);
        }
        let pair = self.all.len() as PairIx;
        self.all.push(Pair {
            client,
            partition,
            belief: None,
            sent: 0,
            judged: 0,
            outstanding: 0,
            busy_since: Instant::ZERO,
            replica: None,
            last_ack: None,
            silence: None,
            open: SmallVec::new(),
        });
        self.by_client[client.index()].insert(partition, pair);
        self.by_partition[partition.index()].push(pair);
        pair
    }

    /// One pair.
    pub fn get(&self, pair: PairIx) -> &Pair {
        &self.all[pair as usize]
    }

    /// One pair, to change.
    pub fn get_mut(&mut self, pair: PairIx) -> &mut Pair {
        &mut self.all[pair as usize]
    }

    /// The pairs of a partition.
    pub fn of_partition(&self, partition: PartitionIx) -> &[PairIx] {
        self.by_partition.get(partition.index()).map_or(&[], Vec::as_slice)
    }

    /// The pairs of a client, by partition.
    pub fn of_client(&self, client: ClientIx) -> impl Iterator<Item = &Pair> {
        self.by_client.get(client.index()).into_iter().flatten().map(|(_, pair)| self.get(*pair))
    }

    /// The application of a client waits for nothing any more: its process has ended.
    pub fn forget_records(&mut self, client: ClientIx) {
        for (_, pair) in self.by_client.get(client.index()).into_iter().flatten() {
            self.all[*pair as usize].outstanding = 0;
        }
    }

    /// All pairs.
    pub fn iter(&self) -> impl Iterator<Item = &Pair> {
        self.all.iter()
    }
}
