//! What consumers were given: how late, how often, what was passed over, and how far they were behind.
//!
//! A *reader* is a group, or a consumer outside any group: what one member of a group was given need not be given to another.

use super::fact::{BatchId, Fact, Position};
use super::latency::Sample;
use super::logs::Logs;
use super::record::ConsumerRecord;
use crate::engine::{Duration, Instant};
use crate::kafka::{ClientIx, GroupIx, Offset, PartitionIx};
use crate::model::Spec;
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// Who reads.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Reader {
    Group(GroupIx),
    Alone(ClientIx),
}

/// How far a reader has come in a partition.
#[derive(Clone, Copy, Debug)]
struct Reading {
    /// The consumer that reads it for the reader.
    owner: ClientIx,
    /// The first offset that it was given or sent to.
    begun: Offset,
    /// The next offset to be delivered.
    position: Offset,
    /// Everything below was delivered or passed over.
    high: Offset,
    /// The application is done with everything below.
    processed: Offset,
    last_delivery: Option<Instant>,
}

/// Records that were delivered before their producer had heard of them: their creation is told later.
#[derive(Clone, Copy, Debug)]
struct Untold {
    client: ClientIx,
    at: Instant,
    /// Places in the batch.
    from: u64,
    to: u64,
}

#[derive(Clone, Debug, Default)]
struct Account {
    record: ConsumerRecord,
    wait: Sample,
    longest_wait: Duration,
}

/// The accounts of all consumers.
#[derive(Clone, Debug)]
pub struct Deliveries {
    count_from: Instant,
    readers: Vec<Option<Reader>>,
    readings: BTreeMap<(PartitionIx, Reader), Reading>,
    untold: BTreeMap<BatchId, SmallVec<[Untold; 2]>>,
    accounts: Vec<Account>,
}

impl Deliveries {
    /// Nothing delivered yet, in a run of `spec` that counts from `count_from` on.
    pub fn new(spec: &Spec, count_from: Instant) -> Self {
        let reader = |(i, consumption): (usize, Option<&crate::model::spec::Consumption>)| {
            consumption.map(|c| c.group.map_or(Reader::Alone(ClientIx(i as u32)), Reader::Group))
        };
        Deliveries {
            count_from,
            readers: spec.clients.iter().map(|c| c.consumption()).enumerate().map(reader).collect(),
            readings: BTreeMap::new(),
            untold: BTreeMap::new(),
            accounts: vec![Account::default(); spec.clients.len()],
        }
    }

    fn reader(&self, client: ClientIx) -> Option<Reader> {
        self.readers.get(client.index()).copied().flatten()
    }

    /// Whether a client is a consumer.
    pub fn is_consumer(&self, client: ClientIx) -> bool {
        self.reader(client).is_some()
    }

    /// Records were delivered. Gives when the same reader had last been given some of this partition.
    pub fn delivered(&mut self, at: Instant, fact: &Fact, logs: &Logs) -> Option<Instant> {
        let Fact::Delivered { client, partition, base, end, .. } = fact else { return None };
        let reader = self.reader(*client)?;
        let counted = at >= self.count_from;
        let fresh = Reading { owner: *client, begun: *base, position: *base, high: *base, processed: *base, last_delivery: None };
        let reading = self.readings.entry((*partition, reader)).or_insert(fresh);
        let new = (*base).max(reading.high).min(*end);
        (reading.owner, reading.position, reading.high) = (*client, *end, reading.high.max(*end));
        let before = reading.last_delivery.replace(at);
        if counted {
            let record = &mut self.accounts[client.index()].record;
            record.delivered += end.0 - new.0;
            record.delivered_again += new.0 - base.0;
            self.waited(at, *client, *partition, (new, *end), logs);
        }
        before
    }

    /// The records from one offset to another were delivered for the first time: how long that took, as far as it is known.
    fn waited(&mut self, at: Instant, client: ClientIx, partition: PartitionIx, (from, to): (Offset, Offset), logs: &Logs) {
        let mut offset = from;
        while let Some(stretch) = logs.at(partition, offset).filter(|_| offset < to) {
            let place = |o: Offset| o.0 - stretch.base.0;
            let until = to.min(stretch.end);
            let mut next = place(offset);
            while let Some(created) = logs.created(stretch.batch, next).filter(|_| next < place(until)) {
                self.accounts[client.index()].add(at.since(created));
                next += 1;
            }
            if next < place(until) {
                self.untold.entry(stretch.batch).or_default().push(Untold { client, at, from: next, to: place(until) });
            }
            offset = until;
        }
    }

    /// The producer of a batch has heard of one of its records, the next one in order.
    pub fn created(&mut self, batch: BatchId, logs: &Logs) {
        let Some(untold) = self.untold.get_mut(&batch) else { return };
        let mut told = SmallVec::<[(ClientIx, Duration); 2]>::new();
        untold.retain(|u| match logs.created(batch, u.from) {
            Some(created) => {
                told.push((u.client, u.at.since(created)));
                u.from += 1;
                u.from < u.to
            }
            None => true,
        });
        if untold.is_empty() {
            self.untold.remove(&batch);
        }
        told.into_iter().for_each(|(client, wait)| self.accounts[client.index()].add(wait));
    }

    /// A position was set, other than by reading on.
    pub fn position_set(&mut self, at: Instant, fact: &Fact) {
        let Fact::PositionSet { client, partition, to, why, .. } = fact else { return };
        let Some(reader) = self.reader(*client) else { return };
        let fresh = Reading { owner: *client, begun: *to, position: *to, high: *to, processed: *to, last_delivery: None };
        let reading = self.readings.entry((*partition, reader)).or_insert(fresh);
        let skipped = to.0.saturating_sub(reading.high.0);
        let dropped = (*to).min(reading.high).0.saturating_sub(reading.processed.0);
        (reading.owner, reading.position) = (*client, *to);
        (reading.high, reading.processed) = (reading.high.max(*to), reading.processed.max(*to));
        if at >= self.count_from {
            let record = &mut self.accounts[client.index()].record;
            record.skipped += skipped;
            record.never_processed += dropped;
            record.position_resets += u64::from(matches!(why, Position::Reset | Position::Truncated));
        }
    }

    /// The application is done with what it was given below an offset.
    pub fn processed(&mut self, at: Instant, client: ClientIx, partition: PartitionIx, end: Offset) {
        let Some(reader) = self.reader(client) else { return };
        let Some(reading) = self.readings.get_mut(&(partition, reader)) else { return };
        let done = end.0.saturating_sub(reading.processed.0);
        reading.processed = reading.processed.max(end);
        if at >= self.count_from {
            self.accounts[client.index()].record.processed += done;
        }
    }

    /// The high watermark of the true leader has moved: how far everybody is behind it now.
    pub fn committed(&mut self, at: Instant, partition: PartitionIx, high_watermark: Offset) {
        if at < self.count_from {
            return;
        }
        for (_, reading) in self.readings.range((partition, Reader::FIRST)..(partition.next(), Reader::FIRST)) {
            let record = &mut self.accounts[reading.owner.index()].record;
            record.lag_max = record.lag_max.max(high_watermark.0.saturating_sub(reading.position.0));
        }
    }

    /// The log of a partition is written anew from an offset on: what was delivered beyond is lost, and its place is taken by other records.
    pub fn written_anew(&mut self, at: Instant, partition: PartitionIx, from: Offset) {
        for (_, reading) in self.readings.range_mut((partition, Reader::FIRST)..(partition.next(), Reader::FIRST)) {
            if at >= self.count_from {
                self.accounts[reading.owner.index()].record.delivered_and_lost += reading.high.0.saturating_sub(from.0);
            }
            reading.high = reading.high.min(from);
            reading.processed = reading.processed.min(from);
        }
    }

    /// How many committed records the reader that a client reads for has not been given, if this client reads the partition now.
    pub fn lag(&self, client: ClientIx, partition: PartitionIx, high_watermark: Offset) -> Option<u64> {
        let reading = self.readings.get(&(partition, self.reader(client)?)).filter(|r| r.owner == client)?;
        Some(high_watermark.0.saturating_sub(reading.position.0))
    }

    /// So many records at an offset say what records that are counted already said: whoever was given them was given copies.
    pub fn copies(&mut self, partition: PartitionIx, base: Offset, records: u64) {
        for (_, reading) in self.readings.range((partition, Reader::FIRST)..(partition.next(), Reader::FIRST)) {
            if reading.begun <= base && base < reading.high {
                self.accounts[reading.owner.index()].record.copies_delivered += records;
            }
        }
    }

    /// Settles what is open at the end of the run, where the true leader's high watermark of a partition is what `committed` says.
    pub fn close(&mut self, end: Instant, committed: impl Fn(PartitionIx) -> Option<Offset>, logs: &Logs) {
        for ((partition, _), reading) in &self.readings {
            let Some(high_watermark) = committed(*partition) else { continue };
            let behind = high_watermark.0.saturating_sub(reading.position.0);
            let account = &mut self.accounts[reading.owner.index()];
            account.record.lag_at_end += behind;
            account.wait.add_open(behind);
            let oldest = logs.at(*partition, reading.position).filter(|_| behind > 0);
            if let Some(created) = oldest.and_then(|s| logs.created(s.batch, reading.position.0 - s.base.0)) {
                account.longest_wait = account.longest_wait.max(end.since(created));
            }
        }
    }

    /// The record of these clients together; none where they are producers.
    pub fn record(&self, clients: impl Iterator<Item = ClientIx>) -> Option<ConsumerRecord> {
        let mut accounts = clients.filter(|c| self.is_consumer(*c)).map(|c| &self.accounts[c.index()]);
        let first = accounts.next()?;
        let (mut record, mut wait) = (first.record.clone(), first.wait.clone());
        for one in accounts {
            add(&mut record, &one.record);
            wait.merge(&one.wait);
        }
        Some(ConsumerRecord { wait_ms: wait.quantiles(), ..record })
    }

    /// A consumer's longest wait; none for a producer.
    pub fn longest_wait(&self, client: ClientIx) -> Option<Duration> {
        self.is_consumer(client).then(|| self.accounts[client.index()].longest_wait)
    }

    /// The longest wait of a record that was delivered to a consumer.
    pub fn longest_delivered(&self, client: ClientIx) -> Option<Duration> {
        self.accounts[client.index()].wait.longest()
    }
}

/// Adds what one consumer was given; waits are merged apart.
fn add(all: &mut ConsumerRecord, one: &ConsumerRecord) {
    all.delivered += one.delivered;
    all.delivered_again += one.delivered_again;
    all.skipped += one.skipped;
    all.delivered_and_lost += one.delivered_and_lost;
    all.processed += one.processed;
    all.never_processed += one.never_processed;
    all.lag_max = all.lag_max.max(one.lag_max);
    all.lag_at_end += one.lag_at_end;
    all.position_resets += one.position_resets;
    all.copies_delivered += one.copies_delivered;
}

impl Reader {
    /// None comes before it.
    const FIRST: Reader = Reader::Group(GroupIx(0));
}

impl Account {
    fn add(&mut self, wait: Duration) {
        self.wait.add(wait);
        self.longest_wait = self.longest_wait.max(wait);
    }
}
