//! The fate of every record: what the application was told, against what stands in the true leaders' logs at the end.
//!
//! Records that the application handed over since counting began are counted, each with all that ever became of it; so
//! `sent = acknowledged + failed + unfinished` holds to the record.

use super::fact::{BatchId, RecordId};
use super::latency::Sample;
use super::record::{Failures, Records};
use crate::engine::{Duration, Instant};
use crate::kafka::{ClientIx, ErrorCode, PartitionIx};
use std::collections::{BTreeMap, VecDeque};

/// One batch over all its attempts.
#[derive(Clone, Copy, Debug, Default)]
pub struct BatchFate {
    /// Whose; none for a batch of which nothing was heard.
    pub owner: Option<(ClientIx, PartitionIx)>,
    /// Counted records in it that were acknowledged.
    pub acknowledged: u32,
    /// Counted records in it that failed.
    pub failed: u32,
    /// Whether any record in it, counted or not, was acknowledged.
    pub any_acknowledged: bool,
    /// How often it stands in the true leader's log.
    pub copies: u32,
}

#[derive(Clone, Debug, Default)]
struct Account {
    records: Records,
    latency: Sample,
    failures: Failures,
    longest_wait: Duration,
    /// Creation times of records from `first` on; none once done.
    waiting: VecDeque<Option<Instant>>,
    first: RecordId,
    /// Records below this one that have no answer were forgotten with their process.
    forgotten: RecordId,
}

/// The accounts of all clients.
#[derive(Clone, Debug)]
pub struct Ledger {
    count_from: Instant,
    accounts: Vec<Account>,
    batches: Vec<BatchFate>,
}

impl Ledger {
    /// Empty accounts of so many clients.
    pub fn new(clients: usize, count_from: Instant) -> Self {
        Ledger { count_from, accounts: vec![Account::default(); clients], batches: Vec::new() }
    }

    /// The application hands a record over.
    pub fn created(&mut self, at: Instant, client: ClientIx, record: RecordId) {
        if at < self.count_from {
            return;
        }
        let account = &mut self.accounts[client.index()];
        account.records.sent += 1;
        if account.waiting.is_empty() {
            account.first = record;
        }
        while account.first + (account.waiting.len() as u64) < record {
            account.waiting.push_back(None);
        }
        account.waiting.push_back(Some(at));
    }

    /// The application learns what became of a record.
    pub fn done(
        &mut self,
        at: Instant,
        (client, partition): (ClientIx, PartitionIx),
        record: RecordId,
        batch: Option<BatchId>,
        created_at: Instant,
        error: ErrorCode,
    ) {
        let counted = created_at >= self.count_from;
        if let Some(batch) = batch {
            let fate = self.fate(batch);
            fate.owner = Some((client, partition));
            fate.any_acknowledged |= error.is_none();
            fate.acknowledged += u32::from(counted && error.is_none());
            fate.failed += u32::from(counted && !error.is_none());
        }
        if !counted {
            return;
        }
        let at_ms = at.millis_after(self.count_from);
        let account = &mut self.accounts[client.index()];
        account.finish(record);
        let wait = at.since(created_at);
        account.longest_wait = account.longest_wait.max(wait);
        if error.is_none() {
            account.records.acknowledged += 1;
            account.latency.add(wait);
            return;
        }
        account.records.failed += 1;
        account.failures.count += 1;
        account.failures.first_ms.get_or_insert(at_ms);
        account.failures.last_ms = Some(at_ms);
        *account.failures.by_error.entry(error.name().to_owned()).or_default() += 1;
    }

    /// A client's process has ended: the records that it forgot, of those that are counted.
    pub fn ended(&mut self, client: ClientIx) -> Vec<RecordId> {
        let account = &mut self.accounts[client.index()];
        let waiting = account.waiting.iter().enumerate().filter(|(_, created)| created.is_some());
        let forgotten = waiting.map(|(i, _)| account.first + i as u64).filter(|r| *r >= account.forgotten).collect();
        account.forgotten = account.first + account.waiting.len() as u64;
        forgotten
    }

    /// When the oldest of the counted records was handed over that still wait for their answers; records that died with their process wait for none.
    pub fn waits_since(&self) -> Option<Instant> {
        let oldest = |account: &Account| {
            let dead = account.forgotten.saturating_sub(account.first) as usize;
            account.waiting.iter().skip(dead).find_map(|created| *created)
        };
        self.accounts.iter().filter_map(oldest).min()
    }

    fn fate(&mut self, batch: BatchId) -> &mut BatchFate {
        let index = batch as usize;
        if self.batches.len() <= index {
            self.batches.resize(index + 1, BatchFate::default());
        }
        &mut self.batches[index]
    }

    /// The audit finds one copy of a batch in the log of its partition's true leader.
    pub fn audit(&mut self, batch: BatchId) {
        self.fate(batch).copies += 1;
    }

    /// Settles the accounts when the audit is done. Batches of partitions that are gone (`removed`) are neither lost nor written.
    pub fn close(&mut self, end: Instant, removed: impl Fn(PartitionIx) -> bool) {
        for fate in &self.batches {
            let Some((client, partition)) = fate.owner else { continue };
            if removed(partition) {
                continue;
            }
            let records = &mut self.accounts[client.index()].records;
            match fate.copies {
                0 => records.lost += u64::from(fate.acknowledged),
                copies => {
                    records.failed_but_written += u64::from(fate.failed);
                    records.duplicated += u64::from(copies - 1) * u64::from(fate.acknowledged + fate.failed);
                }
            }
        }
        for account in &mut self.accounts {
            account.records.unfinished = account.records.sent - account.records.acknowledged - account.records.failed;
            account.latency.add_open(account.records.unfinished);
            let oldest = account.waiting.iter().flatten().next();
            account.longest_wait = account.longest_wait.max(oldest.map_or(Duration::ZERO, |created| end.since(*created)));
        }
    }

    /// All batches, by id.
    pub fn batches(&self) -> impl Iterator<Item = (BatchId, &BatchFate)> {
        self.batches.iter().enumerate().map(|(i, fate)| (i as BatchId, fate))
    }

    /// The records of a client.
    pub fn records(&self, client: ClientIx) -> &Records {
        &self.accounts[client.index()].records
    }

    /// Latencies of a client's acknowledged records.
    pub fn latency(&self, client: ClientIx) -> &Sample {
        &self.accounts[client.index()].latency
    }

    /// A client's failures.
    pub fn failures(&self, client: ClientIx) -> &Failures {
        &self.accounts[client.index()].failures
    }

    /// A client's longest wait.
    pub fn longest_wait(&self, client: ClientIx) -> Duration {
        self.accounts[client.index()].longest_wait
    }
}

impl Account {
    fn finish(&mut self, record: RecordId) {
        let slot = record.checked_sub(self.first).and_then(|i| self.waiting.get_mut(i as usize));
        if let Some(slot) = slot {
            *slot = None;
        }
        while self.waiting.front().is_some_and(Option::is_none) {
            self.waiting.pop_front();
            self.first += 1;
        }
    }
}

/// Errors that brokers answered, for each partition entry.
#[derive(Clone, Debug)]
pub struct Errors(Vec<BTreeMap<(bool, ErrorCode), u64>>);

impl Errors {
    /// None yet, of so many clients.
    pub fn new(clients: usize) -> Self {
        Errors(vec![BTreeMap::new(); clients])
    }

    /// A broker answered an entry with this error.
    pub fn add(&mut self, client: ClientIx, is_fetch: bool, error: ErrorCode) {
        *self.0[client.index()].entry((is_fetch, error)).or_default() += 1;
    }

    /// Counts by `produce:NAME` and `fetch:NAME`.
    pub fn record(&self, client: ClientIx) -> BTreeMap<String, u64> {
        let name = |is_fetch: bool| if is_fetch { "fetch" } else { "produce" };
        self.0[client.index()].iter().map(|((f, e), n)| (format!("{}:{}", name(*f), e.name()), *n)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_record_has_one_fate_and_the_log_has_the_last_word() {
        let ms = |n: u64| Instant::from_nanos(n * 1_000_000);
        let (client, partition) = (ClientIx(0), PartitionIx(0));
        let mut ledger = Ledger::new(1, ms(100));
        // Record 0 belongs to the warm-up; 1 is acknowledged and kept, 2 acknowledged and lost, 3 failed yet written twice, 4 waits.
        for record in 0..5 {
            ledger.created(ms(90 + 10 * record), client, record);
        }
        for (record, error) in [(0, ErrorCode::None), (2, ErrorCode::None), (1, ErrorCode::None), (3, ErrorCode::RequestTimedOut)] {
            ledger.done(ms(200), (client, partition), record, Some(record as u32), ms(90 + 10 * record), error);
        }
        for batch in [0, 1, 3, 3] {
            ledger.audit(batch);
        }
        ledger.close(ms(1000), |_| false);
        let expected = Records { sent: 4, acknowledged: 2, failed: 1, unfinished: 1, lost: 1, duplicated: 1, failed_but_written: 1 };
        assert_eq!(*ledger.records(client), expected);
        assert_eq!(ledger.longest_wait(client), Duration::from_millis(870), "record 4 waits since 130 ms");
        let latency = ledger.latency(client).clone().quantiles();
        assert_eq!((latency.count, latency.open, latency.p50, latency.max), (2, 1, 90.0, 100.0));
        assert_eq!(ledger.failures(client).first_ms, Some(100.0));
    }
}
