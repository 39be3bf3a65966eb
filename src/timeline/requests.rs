//! Requests one by one: those that went wrong, with what led to it and what came of it, and some of those that went right soon after a move.

use super::chain::{Steps, Words};
use super::limits::{RIGHT_REQUESTS, WRONG_REQUESTS};
use super::record::{Kind, Micros, Request};
use crate::kafka::{BrokerIx, ClientIx, ErrorCode, PartitionIx};
use crate::observe::cause::Cause;
use crate::observe::fact::{BatchId, EntryId, Unreachable};
use crate::observe::pairs::{Belief, PairIx};
use crate::observe::stale::{Entries, Fate, Outcome};
use std::collections::BTreeMap;

/// A request under way.
pub struct Mark {
    /// The client.
    pub client: ClientIx,
    /// The client and the partition.
    pub pair: PairIx,
    /// The partition.
    pub partition: PartitionIx,
    /// The target.
    pub broker: BrokerIx,
    /// Its batch; a fetch has none.
    pub batch: Option<BatchId>,
    /// When it was sent.
    pub sent: Micros,
    /// When the broker took it.
    pub taken: Option<Micros>,
    /// When the broker answered.
    pub answered: Option<Micros>,
    /// What it answered.
    pub error: Option<ErrorCode>,
    /// How it came to nothing.
    pub unreachable: Option<Unreachable>,
    /// Whether it was sent soon after a move of its partition.
    pub near: bool,
    /// Whether no answer is asked for (acks=0).
    pub unanswered: bool,
    /// What its client believed when it was sent.
    pub belief: Option<Belief>,
    /// What had led to it when it was sent; empty where its target led then.
    pub before: Vec<(Micros, String)>,
    /// What became of it, once that is known.
    pub fate: Option<Fate>,
    /// Why it was sent there, if it is stale.
    pub cause: Option<Cause>,
    /// Its causal path, if it has one.
    pub path: Option<usize>,
}

/// A request that is over.
struct Done {
    mark: Mark,
    ended: Option<Micros>,
    kind: Kind,
}

/// All requests.
#[derive(Default)]
pub struct Requests {
    live: BTreeMap<EntryId, Mark>,
    wrong: Vec<Done>,
    right: Vec<Done>,
    wrong_left_out: usize,
    paths: Vec<Vec<u32>>,
    /// Paths that wait for what a pair is told next, and for its next success.
    untold: BTreeMap<PairIx, Vec<usize>>,
    unserved: BTreeMap<PairIx, Vec<usize>>,
}

impl Requests {
    /// A request leaves its client.
    pub fn sent(&mut self, entry: EntryId, mark: Mark) {
        self.live.insert(entry, mark);
    }

    /// A request under way.
    pub fn get_mut(&mut self, entry: EntryId) -> Option<&mut Mark> {
        self.live.get_mut(&entry)
    }

    /// A request has proved stale: its path begins, and what its client is told next belongs to it.
    pub fn begins_path(&mut self, entry: EntryId) -> Option<usize> {
        if self.paths.len() >= WRONG_REQUESTS {
            return None;
        }
        let mark = self.live.get_mut(&entry)?;
        let path = self.paths.len();
        self.paths.push(Vec::new());
        mark.path = Some(path);
        self.untold.entry(mark.pair).or_default().push(path);
        self.unserved.entry(mark.pair).or_default().push(path);
        Some(path)
    }

    /// A step of a path.
    pub fn step(&mut self, path: usize, step: u32) {
        self.paths[path].push(step);
    }

    /// Whether paths wait for what this pair is told.
    pub fn waits_for_belief(&self, pair: PairIx) -> bool {
        self.untold.contains_key(&pair)
    }

    /// A pair was told something after its stale requests.
    pub fn told(&mut self, pair: PairIx, step: u32) {
        for path in self.untold.remove(&pair).unwrap_or_default() {
            self.paths[path].push(step);
        }
    }

    /// Whether paths wait for a success of this pair.
    pub fn waits_for_success(&self, pair: PairIx) -> bool {
        self.unserved.contains_key(&pair)
    }

    /// A pair was served after its stale requests.
    pub fn served(&mut self, pair: PairIx, step: u32) {
        // Who is served has been told, or had known.
        self.untold.remove(&pair);
        for path in self.unserved.remove(&pair).unwrap_or_default() {
            self.paths[path].push(step);
        }
    }

    /// A request is over. Gives its path, if it has one.
    pub fn ended(&mut self, entry: EntryId, at: Option<Micros>) -> Option<usize> {
        let mark = self.live.remove(&entry)?;
        self.keep(mark, at)
    }

    fn keep(&mut self, mark: Mark, ended: Option<Micros>) -> Option<usize> {
        let path = mark.path;
        let Some(fate) = mark.fate else { return path };
        let kind = match fate {
            Fate::Served => Kind::Right,
            Fate::Overtaken => Kind::Overtaken,
            Fate::Leaderless => Kind::Leaderless,
            Fate::Stale(_) => Kind::Stale,
        };
        if kind != Kind::Right {
            if self.wrong.len() < WRONG_REQUESTS {
                self.wrong.push(Done { mark, ended, kind });
            } else {
                self.wrong_left_out += 1;
            }
        } else if mark.near && self.right.len() < RIGHT_REQUESTS {
            self.right.push(Done { mark, ended, kind });
        }
        path
    }

    /// All that are kept, in the order in which they were sent. `open` says what becomes of those that are still under way.
    pub fn finish(mut self, entries: &Entries, to: &mut Places<'_>, left_out: &mut Vec<String>) -> Vec<Request> {
        for (_, mut mark) in std::mem::take(&mut self.live) {
            // A stale one is counted as open at the end; another has no fate yet.
            if mark.cause.is_some() {
                mark.fate.get_or_insert(Fate::Stale(Outcome::Open));
            }
            self.keep(mark, None);
        }
        if self.wrong_left_out > 0 {
            left_out.push(format!(
                "{} later stale, overtaken or leaderless requests are counted and not shown one by one.",
                self.wrong_left_out
            ));
        }
        let paths = std::mem::take(&mut self.paths);
        let mut all: Vec<Request> = Vec::with_capacity(self.wrong.len() + self.right.len());
        for Done { mark, ended, kind } in std::mem::take(&mut self.wrong).into_iter().chain(std::mem::take(&mut self.right)) {
            let outcome = outcome(&mark, entries);
            let path = mark.path.map_or_else(Vec::new, |path| to.steps.sorted(paths[path].clone()));
            all.push(Request {
                client: (to.lane)(mark.client) as u32,
                member: (to.member)(mark.client),
                partition: (to.partition)(mark.partition),
                broker: mark.broker.0,
                produce: mark.batch.is_some(),
                kind,
                sent: mark.sent,
                taken: mark.taken,
                answered: mark.answered,
                ended,
                outcome: to.outcomes.place(&outcome),
                cause: mark.cause.map(|cause| to.causes.place(cause.name())),
                path,
            });
        }
        all.sort_by_key(|request| (request.sent, request.client, request.partition));
        all
    }
}

/// Where requests find what they refer to.
pub struct Places<'a> {
    /// The lane of a client.
    pub lane: &'a dyn Fn(ClientIx) -> usize,
    /// Which member of a group a client is.
    pub member: &'a dyn Fn(ClientIx) -> Option<String>,
    /// The name of a partition.
    pub partition: &'a mut dyn FnMut(PartitionIx) -> u32,
    /// What became of requests.
    pub outcomes: &'a mut Words,
    /// Why they were sent.
    pub causes: &'a mut Words,
    /// Steps of paths.
    pub steps: &'a Steps,
}

fn outcome(mark: &Mark, entries: &Entries) -> String {
    let answer = || match (mark.unreachable, mark.error) {
        (Some(how), _) => Outcome::Unreachable(how).name(),
        (None, Some(error)) if !error.is_none() => format!("answered {}", error.name()),
        (None, Some(_)) => "answered without error".to_owned(),
        (None, None) => "no answer was asked for".to_owned(),
    };
    match mark.fate {
        Some(Fate::Stale(Outcome::DeposedKept))
            if mark.batch.is_some_and(|batch| entries.was_truncated(mark.partition, mark.broker, batch)) =>
        {
            Outcome::DeposedTruncated.name()
        }
        Some(Fate::Stale(outcome)) => outcome.name(),
        Some(Fate::Served | Fate::Overtaken | Fate::Leaderless) | None => answer(),
    }
}
