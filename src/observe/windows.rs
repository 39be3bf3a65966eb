//! Stale windows and recoveries: what each move, or loss of a leader, did to each client of the partition.
//!
//! A window opens for a (client, partition) at the commit of a move, or at the loss of the leader where that comes first. It has two
//! clocks: *stale* runs from the commit until the client's cache names the true leader; *recovery* runs from the opening until
//! the first success, and only where the client had sent to that partition before. A further move opens a further window.

use super::fact::Told;
use super::interruptions::Felt;
use super::moves::{MoveIx, Moves};
use super::pairs::{Pair, PairIx, Pairs};
use super::phases::{self, Milestones, Part, Passage};
use super::record;
use super::totals::Samples;
use super::truth::Truth;
use crate::engine::{Duration, Instant};
use crate::kafka::{BrokerIx, ClientIx, MetadataOffset, PartitionIx};
use crate::model::Spec;

/// A leader that is away without a move.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Loss {
    /// Its process ended or is paused, a cut lies between it and the client, or nobody leads by committed metadata.
    Certain,
    /// It is cut off from every voter, but perhaps goes on serving. A success before the move shows that nothing was lost.
    Suspected,
}

/// A window.
#[derive(Clone, Debug)]
struct Window {
    pair: PairIx,
    start: Instant,
    loss: Option<Loss>,
    back: Option<Instant>,
    moved: Option<MoveIx>,
    committed: Option<Instant>,
    told: Option<Instant>,
    teller_knew: Option<Instant>,
    /// Whether the client had sent to the partition, so that it can recover.
    serves: bool,
    passage: Option<Passage>,
    recovered: Option<Instant>,
    superseded: Option<Instant>,
    /// Nothing was lost after all.
    void: bool,
}

impl Window {
    fn is_open(&self) -> bool {
        let stale = self.committed.is_some() && self.told.is_none();
        !self.void && (stale || self.serves && self.recovered.is_none())
    }

    fn stale_length(&self) -> Option<Duration> {
        Some(self.told?.since(self.committed?))
    }

    fn recovery_length(&self) -> Option<Duration> {
        Some(self.recovered?.since(self.start))
    }
}

/// All windows.
#[derive(Clone, Debug, Default)]
pub struct Windows {
    all: Vec<Window>,
}

impl Windows {
    fn open(&mut self, at: Instant, pairs: &mut Pairs, pair: PairIx, loss: Option<Loss>) -> usize {
        let state = pairs.get_mut(pair);
        let serves = state.sent > 0;
        for open in &state.open {
            self.all[*open as usize].superseded.get_or_insert(at);
        }
        let index = self.all.len();
        state.open.push(index as u32);
        self.all.push(Window {
            pair,
            start: at,
            loss,
            back: None,
            moved: None,
            committed: None,
            told: None,
            teller_knew: None,
            serves,
            passage: None,
            recovered: None,
            superseded: None,
            void: false,
        });
        index
    }

    /// The open window of a pair that waits for a move.
    fn waiting(&self, pairs: &Pairs, pair: PairIx) -> Option<usize> {
        let mut newest_first = pairs.get(pair).open.iter().rev().map(|w| *w as usize);
        newest_first.find(|w| self.all[*w].committed.is_none() && self.all[*w].recovered.is_none())
    }

    /// The leader of a partition is lost to a client, though committed metadata still names it (or names nobody).
    pub fn lost(&mut self, at: Instant, pairs: &mut Pairs, pair: PairIx, loss: Loss) {
        if pairs.get(pair).sent == 0 {
            return;
        }
        match self.waiting(pairs, pair) {
            Some(window) if self.all[window].loss == Some(Loss::Suspected) && loss == Loss::Certain => {
                // Whether the suspicion was true is unknown, so recovery counts from where the loss is certain.
                let window = &mut self.all[window];
                (window.start, window.loss, window.passage) = (at, Some(loss), None);
            }
            Some(window) => self.all[window].back = None,
            None => {
                self.open(at, pairs, pair, Some(loss));
            }
        }
    }

    /// The leader that was lost to a client is there again without a move.
    pub fn back(&mut self, at: Instant, pairs: &Pairs, pair: PairIx) {
        if let Some(window) = self.waiting(pairs, pair) {
            self.all[window].back.get_or_insert(at);
        }
    }

    /// A move to `leader` was committed.
    pub fn moved(&mut self, at: Instant, pairs: &mut Pairs, partition: PartitionIx, index: MoveIx, leader: BrokerIx) {
        for i in 0..pairs.of_partition(partition).len() {
            let pair = pairs.of_partition(partition)[i];
            let knows = pairs.get(pair).believed_leader() == Some(leader);
            let concerned = pairs.get(pair).sent > 0 || pairs.get(pair).believed_leader().is_some_and(|l| l != leader);
            if !concerned {
                continue;
            }
            let window = self.waiting(pairs, pair).unwrap_or_else(|| self.open(at, pairs, pair, None));
            let window = &mut self.all[window];
            window.committed = Some(at);
            window.moved = Some(index);
            window.passage = None;
            if knows {
                self.told(at, pairs, pair, Some(at));
            }
        }
    }

    /// The client's cache names the true leader now.
    pub fn told(&mut self, at: Instant, pairs: &mut Pairs, pair: PairIx, teller_knew: Option<Instant>) {
        for w in pairs.get(pair).open.clone() {
            let window = &mut self.all[w as usize];
            if window.committed.is_some() && window.told.is_none() {
                window.told = Some(at);
                window.teller_knew = teller_knew;
            }
        }
        self.close(pairs, pair);
    }

    /// The true leader, in its role, took a request of the pair.
    pub fn passed(&mut self, pairs: &Pairs, pair: PairIx, passage: Passage) {
        for w in &pairs.get(pair).open {
            let window = &mut self.all[*w as usize];
            if window.start <= passage.taken {
                window.passage.get_or_insert(passage);
            }
        }
    }

    /// A request that the true leader took at `passage.taken` succeeded.
    pub fn succeeded(&mut self, at: Instant, pairs: &mut Pairs, pair: PairIx, passage: Passage) {
        for w in pairs.get(pair).open.clone() {
            let window = &mut self.all[w as usize];
            if window.start > passage.taken || window.recovered.is_some() || !window.serves {
                continue;
            }
            window.recovered = Some(at);
            window.passage.get_or_insert(passage);
            window.void = window.loss == Some(Loss::Suspected) && window.committed.is_none();
        }
        self.close(pairs, pair);
    }

    fn close(&self, pairs: &mut Pairs, pair: PairIx) {
        pairs.get_mut(pair).open.retain(|w| self.all[*w as usize].is_open());
    }

    fn counted(&self, count_from: Instant) -> impl Iterator<Item = &Window> {
        self.all.iter().filter(move |w| w.start >= count_from && !w.void)
    }

    /// Adds the lengths to each client's samples: (stale window, recovery).
    pub fn measure(&self, pairs: &Pairs, count_from: Instant, samples: &mut [Samples]) {
        for window in self.counted(count_from) {
            let Samples { stale, recovery, .. } = &mut samples[pairs.get(window.pair).client.index()];
            match window.stale_length() {
                Some(length) => stale.add(length),
                None => stale.add_open(u64::from(window.committed.is_some())),
            }
            match window.recovery_length() {
                Some(length) => recovery.add(length),
                None => recovery.add_open(u64::from(window.serves)),
            }
        }
    }

    /// Every window of the counted time with its client.
    pub fn records(
        &self,
        pairs: &Pairs,
        moves: &Moves,
        spec: &Spec,
        count_from: Instant,
    ) -> impl Iterator<Item = (ClientIx, record::Window)> {
        self.counted(count_from).map(move |w| (pairs.get(w.pair).client, w.record(pairs, moves, spec, count_from)))
    }

    /// The same, as far as the clients felt them.
    pub fn felt(&self, pairs: &Pairs, count_from: Instant) -> Vec<Felt> {
        let felt =
            |w: &Window| Felt { pair: w.pair, start: w.start, recovered: w.recovered, waiting_since: w.waiting_since(pairs.get(w.pair)) };
        self.counted(count_from).map(felt).collect()
    }
}

impl Window {
    fn record(&self, pairs: &Pairs, moves: &Moves, spec: &Spec, count_from: Instant) -> record::Window {
        let pair = pairs.get(self.pair);
        let partition = &spec.partitions[pair.partition.index()];
        let ms = |at: Instant| at.millis_after(count_from);
        let parts = |parts: Vec<Part>| parts.into_iter().map(Part::record).collect();
        record::Window {
            client: spec.clients[pair.client.index()].name.clone(),
            topic: spec.topics[partition.topic.index()].name.clone(),
            partition: partition.index,
            start_ms: ms(self.start),
            committed_ms: self.committed.map(ms),
            told_ms: self.told.map(ms),
            recovered_ms: self.recovered.map(ms),
            stale_window_ms: self.stale_length().map(Duration::as_millis_f64),
            recovery_ms: self.recovery_length().map(Duration::as_millis_f64),
            waiting_since_ms: self.waiting_since(pair).map(ms),
            window_phases: parts(self.window_parts()),
            recovery_phases: parts(self.recovery_parts(moves)),
        }
    }

    /// Since when records had been waiting that the success served, or that still wait without one.
    fn waiting_since(&self, pair: &Pair) -> Option<Instant> {
        match self.recovered {
            Some(_) => self.passage.map(|passage| passage.busy_since),
            None => (pair.outstanding > 0).then_some(pair.busy_since),
        }
    }

    fn window_parts(&self) -> Vec<Part> {
        let (Some(committed), Some(told)) = (self.committed, self.told) else { return Vec::new() };
        phases::window(committed, self.teller_knew, told)
    }

    fn recovery_parts(&self, moves: &Moves) -> Vec<Part> {
        let Some(end) = self.recovered else { return Vec::new() };
        phases::recovery(&Milestones {
            start: self.start,
            end,
            superseded: self.superseded,
            moved: self.moved.map(|m| moves.get(m)),
            back: self.back,
            teller_knew: self.teller_knew,
            told: self.told,
            passage: self.passage,
        })
    }
}

/// When the broker that told a client of the move at `moved` knew of it itself; none when that is not to be told apart.
pub fn teller_knew(truth: &Truth, partition: PartitionIx, told: Told) -> Option<Instant> {
    let moved: MetadataOffset = truth.partition(partition).moved_offset;
    match told {
        Told::Metadata(broker, _) => truth.image_reached(broker, moved),
        // A hint comes from the role that the broker has taken, or else from its metadata cache (`KafkaApis`, KIP-951).
        Told::Hint(broker) => {
            let state = truth.partition(partition);
            let role = state.role(broker).filter(|r| r.epoch >= state.led_since).map(|r| r.since);
            role.or_else(|| truth.image_reached(broker, moved))
        }
        Told::Forgot => None,
    }
}

/// The client of a pair, for the loss rules.
pub fn loss_to(truth: &Truth, leader: BrokerIx, client: ClientIx) -> Option<Loss> {
    if !truth.is_running(leader) || truth.is_cut_from_client(leader, client) {
        return Some(Loss::Certain);
    }
    truth.is_cut_from_voters(leader).then_some(Loss::Suspected)
}
