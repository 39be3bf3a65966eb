//! The application that uses a producer: when it hands over which record, and what it does when one fails.

use crate::engine::{Distribution, Duration, Instant, Stream, mix};
use crate::kafka::{ClientIx, ErrorCode, PartitionIx, TopicIx};
use crate::model::spec::{ArrivalLaw, OnFailure, Partitioning, Workload};
use crate::model::{Outbox, TimerKind};
use crate::observe::Fact;
use crate::observe::fact::{BatchId, Ending, RecordId};
use std::collections::BTreeMap;

/// A record as the application hands it to its library.
#[derive(Clone, Copy, Debug)]
pub(super) struct Handover {
    pub topic: TopicIx,
    /// Number of this record in the stream.
    pub number: u64,
    /// Number of this record among those of its topic.
    pub turn: u64,
    pub bytes: u32,
    /// It goes to the partition of its turn while there is one: see [`Workload::seasoned`].
    pub seasons: bool,
    /// What its draws are addressed by.
    pub address: u64,
    /// The record that said it first, when the application hands the same payload over again.
    pub message: Option<RecordId>,
}

/// A record whose fate is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Done {
    pub record: RecordId,
    pub partition: PartitionIx,
    pub batch: Option<BatchId>,
    pub created_at: Instant,
    pub error: ErrorCode,
}

/// Where the application is in its stream of records.
#[derive(Clone, Debug)]
pub(super) struct Application {
    client: ClientIx,
    /// Number of the next arrival.
    next: u64,
    /// When it comes; never when there is none.
    at: Instant,
    draws: Stream,
    on_failure: OnFailure,
    /// What its library has, of an application that hands failed payloads over again.
    handed: BTreeMap<RecordId, Handover>,
    /// Records whose fate was told before `handed` was, and whether it was good: a library that refuses a record at once.
    early: Vec<(RecordId, bool)>,
    /// What failed and has not been looked at.
    failed: Vec<Handover>,
    /// What it will hand over again: by when, and in the order of failing.
    again: BTreeMap<(Instant, u64), Handover>,
    failures: u64,
    /// It has crashed, and hears of nothing more.
    crashed: bool,
}

impl Application {
    /// The application's stream from its beginning.
    pub(super) fn new(client: ClientIx, workload: &Workload, draws: Stream) -> Self {
        let mut application = Application {
            client,
            next: 0,
            at: Instant::ZERO + workload.start,
            draws,
            on_failure: workload.on_failure,
            handed: BTreeMap::new(),
            early: Vec::new(),
            failed: Vec::new(),
            again: BTreeMap::new(),
            failures: 0,
            crashed: false,
        };
        application.at = if workload.rate > 0.0 && !workload.topics.is_empty() { application.arrival(workload) } else { Instant::MAX };
        application.stop(workload);
        application
    }

    /// The moment of arrival `next`. Evenly spaced streams have a drawn phase, so that clients do not march in step.
    fn arrival(&self, workload: &Workload) -> Instant {
        let period = Duration::from_secs(1).scale(1.0 / workload.rate);
        match workload.arrivals {
            ArrivalLaw::Constant => {
                let phase = self.draws.at(u64::MAX).unit();
                Instant::ZERO + workload.start + Duration::from_secs(1).scale((self.next as f64 + phase) / workload.rate)
            }
            ArrivalLaw::Poisson => self.at + Distribution::Exponential(period).sample(self.draws.at(self.next)),
        }
    }

    fn advance(&mut self, workload: &Workload) {
        self.next += 1;
        self.at = self.arrival(workload);
        self.stop(workload);
    }

    fn stop(&mut self, workload: &Workload) {
        if workload.stop.is_some_and(|stop| self.at >= Instant::ZERO + stop) {
            self.at = Instant::MAX;
        }
    }

    /// The next record that is due at this moment, if one is.
    pub(super) fn next(&mut self, now: Instant, workload: &Workload) -> Option<Handover> {
        // Those that are still here were not handed over from here.
        self.early.clear();
        if let Some(again) = self.next_again(now) {
            return Some(again);
        }
        if self.at > now {
            return None;
        }
        let number = self.next;
        self.advance(workload);
        let topics = workload.topics.len() as u64;
        let topic = workload.topics[(number % topics) as usize];
        let (turn, address) = (number / topics, mix(1, number));
        Some(Handover { topic, number, turn, bytes: workload.record_bytes, seasons: workload.seasoned, address, message: None })
    }

    /// What failed a pause ago.
    fn next_again(&mut self, now: Instant) -> Option<Handover> {
        let OnFailure::Retry(pause) = self.on_failure else { return None };
        for handover in self.failed.drain(..) {
            self.again.insert((now + pause, self.failures), handover);
            self.failures += 1;
        }
        let entry = self.again.first_entry()?;
        (entry.key().0 <= now).then(|| entry.remove())
    }

    /// The library has taken what was handed over, as this record.
    pub(super) fn handed(&mut self, record: RecordId, handover: &Handover, out: &mut Outbox) {
        if !matches!(self.on_failure, OnFailure::Retry(_)) {
            return;
        }
        if let Some(message) = handover.message {
            out.fact(Fact::RecordRepeats { client: self.client, record, message });
        }
        let repeated = Handover { message: handover.message.or(Some(record)), ..*handover };
        match self.early.iter().position(|(r, _)| *r == record) {
            None => {
                self.handed.insert(record, repeated);
            }
            Some(i) if self.early.swap_remove(i).1 => {}
            Some(_) => {
                self.failed.push(repeated);
                out.timer(TimerKind::Workload, Instant::ZERO);
            }
        }
    }

    /// A new process begins, which knows nothing of what the one before had handed over. Records that would have come while it was down
    /// never come.
    pub(super) fn skip_to(&mut self, now: Instant, workload: &Workload) {
        self.handed.clear();
        self.early.clear();
        self.failed.clear();
        self.again.clear();
        self.crashed = false;
        while self.at < now {
            self.advance(workload);
        }
    }

    /// Arms the timer for the next record.
    pub(super) fn arm(&self, out: &mut Outbox) {
        let again = self.again.keys().next().map_or(Instant::MAX, |(at, _)| *at);
        let at = self.at.min(again);
        if at != Instant::MAX {
            out.timer(TimerKind::Workload, at);
        }
    }

    /// The library tells a record's fate.
    pub(super) fn told(&mut self, done: Done, out: &mut Outbox) {
        let Done { record, partition, batch, created_at, error } = done;
        if self.crashed {
            return;
        }
        out.fact(Fact::RecordDone { client: self.client, record, partition, batch, created_at, error });
        match self.on_failure {
            OnFailure::GiveUp => {}
            OnFailure::Retry(_) => self.look_again(record, error.is_none(), out),
            OnFailure::Crash(_) if error.is_none() => {}
            OnFailure::Crash(down) => {
                self.crashed = true;
                out.exit = Some(Ending::GaveUp);
                out.restart_after = Some(down);
            }
        }
    }

    /// Of a record that failed the payload is kept.
    fn look_again(&mut self, record: RecordId, good: bool, out: &mut Outbox) {
        match self.handed.remove(&record) {
            None => self.early.push((record, good)),
            Some(_) if good => {}
            Some(handover) => {
                self.failed.push(handover);
                // It is looked at when this input is handled.
                out.timer(TimerKind::Workload, Instant::ZERO);
            }
        }
    }
}

/// The index of the partition that a record goes to among `count`, when the workload itself decides; none when the library's own
/// partitioner is asked. `draws` stands for the record's key.
pub(super) fn assigned(partitioning: Partitioning, handover: &Handover, count: usize, draws: Stream) -> Option<usize> {
    let count = count.max(1) as u64;
    match partitioning {
        _ if handover.seasons && handover.turn < count => Some(handover.turn as usize),
        Partitioning::RoundRobin => Some((handover.turn % count) as usize),
        // Any fixed hash stands for murmur2 of the key; the total number of partitions counts, led or not.
        Partitioning::Keyed(keys) => Some((mix(0, draws.at(handover.number).below(u64::from(keys))) % count) as usize),
        Partitioning::Sticky => None,
    }
}
