//! Sequence numbers of idempotent producers in one partition (`ProducerStateManager`, `ProducerAppendInfo.checkSequence`).

use crate::kafka::{ClientIx, ErrorCode, Offset};
use crate::model::journal::Entry;
use std::collections::{BTreeMap, VecDeque};

/// Batches that a broker remembers of each producer (`ProducerStateEntry.NUM_BATCHES_TO_RETAIN`).
const REMEMBERED: usize = 5;

/// What a partition knows of its producers. It follows from the log, so a new leader has it too.
#[derive(Clone, Default, Debug)]
pub struct Producers {
    by_client: BTreeMap<ClientIx, Producer>,
}

#[derive(Clone, Default, Debug)]
struct Producer {
    epoch: u32,
    batches: VecDeque<Remembered>,
}

#[derive(Clone, Copy, Debug)]
struct Remembered {
    first: u32,
    last: u32,
    end: Offset,
}

/// What the sequence check says of a batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SequenceCheck {
    /// It is next in order.
    InOrder,
    /// It stands in the log already; its copy ends at this offset.
    Duplicate(Offset),
    /// It is refused.
    Refused(ErrorCode),
}

impl Producers {
    /// What a log that holds these batches knows.
    pub fn of_log<'a>(entries: impl Iterator<Item = &'a Entry>) -> Self {
        let mut producers = Producers::default();
        entries.for_each(|entry| producers.appended(entry));
        producers
    }

    /// Judges a batch of `records` records that begins at `sequence`.
    pub fn check(&self, client: ClientIx, epoch: u32, sequence: u32, records: u32) -> SequenceCheck {
        let Some(known) = self.by_client.get(&client) else { return SequenceCheck::InOrder };
        if epoch < known.epoch {
            return SequenceCheck::Refused(ErrorCode::InvalidProducerEpoch);
        }
        if epoch > known.epoch {
            return if sequence == 0 { SequenceCheck::InOrder } else { SequenceCheck::Refused(ErrorCode::OutOfOrderSequenceNumber) };
        }
        let last = last_sequence(sequence, records);
        if let Some(copy) = known.batches.iter().find(|b| b.first == sequence && b.last == last) {
            return SequenceCheck::Duplicate(copy.end);
        }
        match known.batches.back() {
            Some(newest) if next_sequence(newest.last) != sequence => SequenceCheck::Refused(ErrorCode::OutOfOrderSequenceNumber),
            Some(_) | None => SequenceCheck::InOrder,
        }
    }

    /// Notes an appended batch.
    pub fn appended(&mut self, entry: &Entry) {
        let Some(sequence) = entry.sequence else { return };
        let producer = self.by_client.entry(entry.client).or_default();
        if producer.epoch != entry.producer_epoch {
            *producer = Producer { epoch: entry.producer_epoch, batches: VecDeque::new() };
        }
        if producer.batches.len() == REMEMBERED {
            producer.batches.pop_front();
        }
        let records = u32::try_from(entry.end.0 - entry.base.0).unwrap_or(u32::MAX);
        producer.batches.push_back(Remembered { first: sequence, last: last_sequence(sequence, records), end: entry.end });
    }
}

/// Sequence numbers run from 0 to `i32::MAX` and then from 0 again (`DefaultRecordBatch.incrementSequence`).
fn last_sequence(first: u32, records: u32) -> u32 {
    (first + records.saturating_sub(1)) & 0x7fff_ffff
}

fn next_sequence(last: u32) -> u32 {
    (last + 1) & 0x7fff_ffff
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(sequence: u32, base: u64, records: u64, epoch: u32) -> Entry {
        Entry {
            base: Offset(base),
            end: Offset(base + records),
            batch: 0,
            client: ClientIx(1),
            producer_epoch: epoch,
            sequence: Some(sequence),
            bytes: 1,
        }
    }

    #[test]
    fn a_gap_is_refused_a_copy_is_known_and_a_new_epoch_begins_at_zero() {
        let p = Producers::of_log([entry(0, 0, 2, 0), entry(2, 2, 3, 0)].iter());
        let c = ClientIx(1);
        assert_eq!(p.check(c, 0, 5, 1), SequenceCheck::InOrder);
        assert_eq!(p.check(c, 0, 6, 1), SequenceCheck::Refused(ErrorCode::OutOfOrderSequenceNumber));
        assert_eq!(p.check(c, 0, 2, 3), SequenceCheck::Duplicate(Offset(5)));
        assert_eq!(p.check(c, 1, 5, 1), SequenceCheck::Refused(ErrorCode::OutOfOrderSequenceNumber));
        assert_eq!(p.check(c, 1, 0, 1), SequenceCheck::InOrder);
        assert_eq!(p.check(ClientIx(2), 0, 17, 1), SequenceCheck::InOrder, "an unknown producer may begin anywhere");
    }
}
