//! What clients believe, and for how long that was not true.

use super::limits::{COUNT_STEPS, RAW_BELIEFS, SHARED_WINDOWS, WINDOWS};
use super::record::{Client, Micros, Span};
use crate::engine::Instant;
use crate::kafka::{BrokerIx, ClientIx, LeaderEpoch, PartitionIx};
use crate::observe::fact::Told;
use crate::observe::pairs::{PairIx, Pairs};

/// A belief as it came.
#[derive(Clone, Copy)]
pub struct Held {
    /// Since when.
    pub at: Instant,
    /// Who leads, as the client has it.
    pub leader: Option<BrokerIx>,
    /// The leader epoch, as the client has it.
    pub epoch: LeaderEpoch,
    /// Who told it.
    pub told: Told,
}

#[derive(Default)]
struct OfPair {
    held: Vec<Held>,
    /// Commits of moves that the client has not been told of.
    open: Vec<Micros>,
}

/// The number of stale beliefs in a lane.
#[derive(Clone, Default)]
struct Count {
    now: u32,
    steps: Vec<(Micros, u32)>,
}

/// A stale window with whom and what it is about.
pub struct Window {
    /// The client.
    pub client: ClientIx,
    /// The partition.
    pub partition: PartitionIx,
    /// How long.
    pub span: Span,
}

/// All beliefs.
pub struct Beliefs {
    pairs: Vec<OfPair>,
    held: usize,
    left_out: usize,
    counts: Vec<Count>,
    /// Whether several clients share a lane.
    is_shared: Vec<bool>,
    /// (Client, partition) that hold a stale belief now.
    pub stale_now: u32,
    /// Windows that are over.
    pub windows: Vec<Window>,
    shared_windows: usize,
    windows_left_out: usize,
    /// Windows that opened in counted time, those of no length too.
    pub opened: u64,
}

impl Beliefs {
    /// Nobody believes anything yet.
    pub fn new(lanes: &[Client]) -> Beliefs {
        Beliefs {
            pairs: Vec::new(),
            held: 0,
            left_out: 0,
            counts: vec![Count::default(); lanes.len()],
            is_shared: lanes.iter().map(|lane| lane.members > 1).collect(),
            stale_now: 0,
            windows: Vec::new(),
            shared_windows: 0,
            windows_left_out: 0,
            opened: 0,
        }
    }

    fn pair(&mut self, pair: PairIx) -> &mut OfPair {
        if self.pairs.len() <= pair as usize {
            self.pairs.resize_with(pair as usize + 1, OfPair::default);
        }
        &mut self.pairs[pair as usize]
    }

    /// Whether a pair has not been told of a committed move.
    pub fn is_stale(&self, pair: PairIx) -> bool {
        self.pairs.get(pair as usize).is_some_and(|pair| !pair.open.is_empty())
    }

    /// A client believes something else. Beliefs of groups of clients are not kept.
    pub fn believes(&mut self, pair: PairIx, held: Held, is_single: bool) {
        if !is_single {
            return;
        }
        if self.held >= RAW_BELIEFS {
            self.left_out += 1;
            return;
        }
        self.held += 1;
        self.pair(pair).held.push(held);
    }

    /// A move was committed that concerns this pair.
    pub fn opens(&mut self, at: Micros, pair: PairIx, lane: usize) {
        self.opened += u64::from(at >= 0);
        let of_pair = self.pair(pair);
        of_pair.open.push(at);
        if of_pair.open.len() == 1 {
            self.step(at, lane, true);
        }
    }

    /// The cache of this pair names the true leader.
    pub fn told(&mut self, at: Micros, pair: PairIx, who: (ClientIx, PartitionIx), lane: usize) {
        let open = std::mem::take(&mut self.pair(pair).open);
        if open.is_empty() {
            return;
        }
        self.step(at, lane, false);
        // Moves that came one after the other make one stretch of stale belief.
        self.window(who, lane, Span(open[0], Some(at)));
    }

    fn window(&mut self, (client, partition): (ClientIx, PartitionIx), lane: usize, span: Span) {
        if span.1 == Some(span.0) {
            return;
        }
        let is_shared = self.is_shared[lane];
        let there = if is_shared { self.shared_windows } else { self.windows.len() - self.shared_windows };
        if there >= if is_shared { SHARED_WINDOWS } else { WINDOWS } {
            self.windows_left_out += 1;
            return;
        }
        self.shared_windows += usize::from(is_shared);
        self.windows.push(Window { client, partition, span });
    }

    fn step(&mut self, at: Micros, lane: usize, more: bool) {
        let count = &mut self.counts[lane];
        if more {
            count.now += 1;
            self.stale_now += 1;
        } else {
            count.now -= 1;
            self.stale_now -= 1;
        }
        match count.steps.last_mut() {
            Some(last) if last.0 == at => last.1 = count.now,
            Some(_) | None => count.steps.push((at, count.now)),
        }
    }

    /// The run is over: windows that are open stay so.
    pub fn close(&mut self, pairs: &Pairs, lane: impl Fn(ClientIx) -> usize, left_out: &mut Vec<String>) {
        for (ix, pair) in std::mem::take(&mut self.pairs).into_iter().enumerate() {
            if let Some(first) = pair.open.first() {
                let of = pairs.get(ix as PairIx);
                self.window((of.client, of.partition), lane(of.client), Span(*first, None));
            }
            self.pairs.push(OfPair { held: pair.held, open: Vec::new() });
        }
        self.windows.sort_by_key(|window| (window.span.0, window.client, window.partition));
        if self.windows_left_out > 0 {
            left_out.push(format!("{} later stale windows are counted and not drawn one by one.", self.windows_left_out));
        }
        if self.left_out > 0 {
            left_out.push("There are too many beliefs to be kept: none is drawn one by one.".to_owned());
        }
    }

    /// What a pair believed, in order.
    pub fn held(&self, pair: PairIx) -> &[Held] {
        // What is known up to some moment would be taken for what holds afterwards: all or nothing.
        let all_there = self.left_out == 0;
        self.pairs.get(pair as usize).filter(|_| all_there).map_or(&[], |pair| &pair.held)
    }

    /// How many stale beliefs a lane held, since when: where there are more changes than there is room for, the most of several stands.
    pub fn count(&self, lane: usize) -> Vec<(Micros, u32)> {
        let steps = &self.counts[lane].steps;
        let together = steps.len().div_ceil(COUNT_STEPS).max(1);
        let last = steps.last().copied();
        let most = |chunk: &[(Micros, u32)]| (chunk[0].0, chunk.iter().map(|step| step.1).max().unwrap_or(0));
        let mut told: Vec<(Micros, u32)> = steps.chunks(together).map(most).collect();
        if let Some(last) = last.filter(|last| told.last() != Some(last)) {
            told.push(last);
        }
        told
    }
}
