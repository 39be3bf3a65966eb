//! The fate of every message: what an application wanted to say, in however many records and batches it was said.
//!
//! A message of which one record was handed over, in one batch, is only a number. One that was said again, by the application or by a library
//! that makes new batches, is a *chain* of records and the batches that they were in.

use super::fact::{BatchId, Fact, RecordId};
use super::record::Messages as Record;
use crate::kafka::{ClientIx, PartitionIx};
use crate::model::Spec;
use crate::model::spec::OnFailure;
use smallvec::SmallVec;
use std::collections::BTreeMap;

type Message = (ClientIx, RecordId);

/// What is known of one batch.
#[derive(Clone, Debug, Default)]
struct Batch {
    owner: Option<(ClientIx, PartitionIx)>,
    /// Its records, once a leader has appended it.
    records: u32,
    /// Messages said in it and nowhere else, of which the application heard.
    alone: u32,
    /// Records in it that belong to chains.
    chained: u32,
    /// The application heard of its records, counted or not.
    heard: bool,
    /// Its process ended before anything was heard of it.
    orphaned: bool,
    copies: u32,
}

/// A message said more than once.
#[derive(Clone, Debug, Default)]
struct Chain {
    batches: SmallVec<[BatchId; 2]>,
    counted: bool,
    /// Somebody may still write it.
    open: bool,
    /// One of its batches was met in a log.
    met: bool,
}

#[derive(Clone, Debug, Default)]
struct Account {
    retries: bool,
    /// Records from this one on are counted.
    first: Option<RecordId>,
    /// Records that were never in a batch and failed.
    never_sent: u64,
    /// Records outstanding when a process ended, that are no chains.
    forgotten: u64,
    record: Record,
}

/// The accounts of all clients.
#[derive(Clone, Debug)]
pub struct Messages {
    accounts: Vec<Account>,
    batches: Vec<Batch>,
    chains: BTreeMap<Message, Chain>,
    /// Records that are not the first of their message.
    aliases: BTreeMap<Message, RecordId>,
}

impl Messages {
    /// Nothing said yet, by the clients of `spec`.
    pub fn new(spec: &Spec) -> Self {
        let retries = |c: &crate::model::spec::ClientSpec| c.workload().is_some_and(|w| matches!(w.on_failure, OnFailure::Retry(_)));
        let accounts = spec.clients.iter().map(|c| Account { retries: retries(c), ..Account::default() }).collect();
        Messages { accounts, batches: Vec::new(), chains: BTreeMap::new(), aliases: BTreeMap::new() }
    }

    /// A record is handed over; it is counted, or belongs to the warm-up.
    pub fn created(&mut self, client: ClientIx, record: RecordId, counted: bool) {
        if counted {
            let account = &mut self.accounts[client.index()];
            account.first.get_or_insert(record);
            account.record.handed_over += 1;
        }
    }

    /// Takes in what concerns records and batches beside their fates.
    pub fn on_fact(&mut self, fact: &Fact) {
        match fact {
            Fact::RecordRepeats { client, record, message } => self.repeats(*client, *record, *message),
            Fact::RecordRebatched { client, record, batch } => self.say(*client, *record, Some(*batch)),
            Fact::EntrySent { client, partition, batch: Some(batch), .. } => self.batch(*batch).owner = Some((*client, *partition)),
            Fact::Appended { base, end, batch, .. } => self.batch(*batch).records = (end.0 - base.0) as u32,
            _ => {}
        }
    }

    fn batch(&mut self, batch: BatchId) -> &mut Batch {
        let index = batch as usize;
        if self.batches.len() <= index {
            self.batches.resize_with(index + 1, Batch::default);
        }
        &mut self.batches[index]
    }

    fn is_counted(&self, client: ClientIx, record: RecordId) -> bool {
        self.accounts[client.index()].first.is_some_and(|first| record >= first)
    }

    /// The message that a record says.
    fn message(&self, client: ClientIx, record: RecordId) -> RecordId {
        self.aliases.get(&(client, record)).copied().unwrap_or(record)
    }

    fn repeats(&mut self, client: ClientIx, record: RecordId, message: RecordId) {
        self.aliases.insert((client, record), message);
        if self.is_counted(client, record) {
            self.accounts[client.index()].record.handed_over -= 1;
        }
    }

    /// A record of a chain was in this batch. The chain begins with it, if it is the first.
    fn say(&mut self, client: ClientIx, record: RecordId, batch: Option<BatchId>) {
        let message = self.message(client, record);
        let counted = self.is_counted(client, message);
        let chain = self.chains.entry((client, message)).or_insert(Chain { counted, open: true, ..Chain::default() });
        if let Some(batch) = batch
            && !chain.batches.contains(&batch)
        {
            chain.batches.push(batch);
            self.batch(batch).chained += 1;
        }
    }

    /// The application learns what became of a record.
    pub fn done(&mut self, (client, partition): (ClientIx, PartitionIx), record: RecordId, batch: Option<BatchId>, good: bool) {
        if let Some(batch) = batch {
            let batch = self.batch(batch);
            batch.heard = true;
            // It may have failed before it was sent.
            batch.owner.get_or_insert((client, partition));
        }
        let again = !good && self.accounts[client.index()].retries;
        let message = self.message(client, record);
        if again || self.chains.contains_key(&(client, message)) {
            self.say(client, record, batch);
            if let Some(chain) = self.chains.get_mut(&(client, message)) {
                chain.open = again;
            }
            return;
        }
        if !self.is_counted(client, record) {
            return;
        }
        match batch {
            Some(batch) => self.batch(batch).alone += 1,
            None => self.accounts[client.index()].never_sent += 1,
        }
    }

    /// A client's process has ended with these records, of which nothing will be heard.
    pub fn ended(&mut self, client: ClientIx, outstanding: &[RecordId]) {
        for chain in self.chains.range_mut((client, 0)..=(client, RecordId::MAX)) {
            chain.1.open = false;
        }
        let plain = outstanding.iter().filter(|r| !self.chains.contains_key(&(client, self.message(client, **r)))).count();
        self.accounts[client.index()].forgotten += plain as u64;
        for batch in self.batches.iter_mut().filter(|b| !b.heard && b.owner.is_some_and(|o| o.0 == client)) {
            batch.orphaned = true;
        }
    }

    /// The audit finds one copy of a batch in the log of its partition's true leader.
    pub fn audit(&mut self, batch: BatchId) {
        self.batch(batch).copies += 1;
    }

    /// Settles the accounts when the audit is done. Messages of partitions that are gone (`removed`) are not counted.
    pub fn close(&mut self, removed: impl Fn(PartitionIx) -> bool) {
        let mut orphans = vec![0; self.accounts.len()];
        for batch in &self.batches {
            let Some((client, partition)) = batch.owner else { continue };
            let alone = u64::from(batch.alone);
            let record = &mut self.accounts[client.index()].record;
            if removed(partition) {
                record.handed_over -= alone;
            } else if batch.copies == 0 {
                record.lost += alone;
            } else {
                let orphaned = if batch.orphaned { u64::from(batch.records) } else { 0 };
                orphans[client.index()] += orphaned;
                record.written += alone;
                record.extra_copies += u64::from(batch.copies - 1) * (alone + orphaned);
            }
        }
        for (&(client, _), chain) in self.chains.iter().filter(|(_, chain)| chain.counted) {
            let copies: u32 = chain.batches.iter().map(|b| self.batches[*b as usize].copies).sum();
            let record = &mut self.accounts[client.index()].record;
            record.extra_copies += u64::from(copies.saturating_sub(1));
            record.written += u64::from(copies > 0);
            record.lost += u64::from(copies == 0 && !chain.open);
        }
        for (account, orphaned) in self.accounts.iter_mut().zip(orphans) {
            let written = orphaned.min(account.forgotten);
            account.record.written += written;
            account.record.lost += account.never_sent + account.forgotten - written;
            account.record.open = account.record.handed_over.saturating_sub(account.record.written + account.record.lost);
        }
    }

    /// Which messages each batch of several copies says, for [`Messages::copies`].
    pub fn chains_by_batch(&self) -> BTreeMap<BatchId, Vec<(ClientIx, RecordId)>> {
        let mut by_batch: BTreeMap<BatchId, Vec<Message>> = BTreeMap::new();
        for (message, chain) in &self.chains {
            chain.batches.iter().for_each(|b| by_batch.entry(*b).or_default().push(*message));
        }
        by_batch
    }

    /// A batch is met in a log for the `nth` time, counted from zero: how many of its records say what was met before.
    pub fn copies(&mut self, batch: BatchId, nth: u32, chains: &[(ClientIx, RecordId)]) -> u64 {
        let alone = self.batches.get(batch as usize).map_or(0, |b| u64::from(b.alone));
        let mut copies = if nth > 0 { alone } else { 0 };
        for message in chains {
            if let Some(chain) = self.chains.get_mut(message) {
                copies += u64::from(std::mem::replace(&mut chain.met, true));
            }
        }
        copies
    }

    /// The messages of a client.
    pub fn record(&self, client: ClientIx) -> &Record {
        &self.accounts[client.index()].record
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::story::{self, CLIENT, P};

    fn messages(retries: bool) -> Messages {
        let mut messages = Messages::new(&story::spec());
        messages.accounts[0].retries = retries;
        messages
    }

    fn sent(messages: &mut Messages, batch: BatchId, records: u64) {
        let broker = crate::kafka::BrokerIx(0);
        messages.on_fact(&Fact::EntrySent {
            client: CLIENT,
            broker,
            partition: P,
            entry: u64::from(batch),
            batch: Some(batch),
            attempt: 0,
        });
        messages.batch(batch).records = records as u32;
    }

    #[test]
    fn a_message_said_again_is_one_message_wherever_it_was_written() {
        let mut m = messages(true);
        (0..3).for_each(|record| m.created(CLIENT, record, true));
        // 0 fails and was written; said again as 3 and acknowledged. 1 fails and was not; said again as 4, of which nothing is heard.
        for (record, batch) in [(0, 0), (1, 1), (2, 2)] {
            sent(&mut m, batch, 1);
            m.done((CLIENT, P), record, Some(batch), record == 2);
        }
        for (record, message, batch) in [(3, 0, 3), (4, 1, 4)] {
            m.created(CLIENT, record, true);
            m.on_fact(&Fact::RecordRepeats { client: CLIENT, record, message });
            sent(&mut m, batch, 1);
        }
        m.done((CLIENT, P), 3, Some(3), true);
        [0, 2, 3].into_iter().for_each(|batch| m.audit(batch));
        m.close(|_| false);
        let expected = Record { handed_over: 3, written: 2, lost: 0, extra_copies: 1, open: 1 };
        assert_eq!(*m.record(CLIENT), expected);
    }

    #[test]
    fn what_a_crashed_process_had_is_lost_unless_it_had_been_written_unheard() {
        let mut m = messages(false);
        (0..5).for_each(|record| m.created(CLIENT, record, true));
        sent(&mut m, 0, 2);
        sent(&mut m, 1, 1);
        m.done((CLIENT, P), 2, Some(1), false);
        m.ended(CLIENT, &[0, 1, 3, 4]);
        m.audit(0);
        m.close(|_| false);
        let expected = Record { handed_over: 5, written: 2, lost: 3, extra_copies: 0, open: 0 };
        assert_eq!(*m.record(CLIENT), expected);
    }
}
