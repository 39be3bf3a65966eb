//! What waits for one partition, in flight or not. Source: `recBuf`, `recBatch` (sink.go).
//!
//! Batches are sent in order from `drain` on; an error sets `drain` back to the first. Only the first batch's answers count.

use super::settings::Producing;
use crate::engine::Instant;
use crate::kafka::{BrokerIx, ErrorCode};
use crate::model::client::kit::Batch;
use crate::observe::fact::BatchId;
use std::collections::VecDeque;

/// A batch with what decides whether it may fail.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub batch: Batch,
    /// It was in a request: no record joins it any more.
    pub frozen: bool,
    /// It is not in a request without an answer (`canFailFromLoadErrs`).
    pub can_fail: bool,
    /// A broker may have it although it said otherwise (`unsureIfProduced`).
    pub unsure: bool,
    /// Attempts, and metadata updates that failed for it (`tries`).
    pub tries: u64,
}

/// The buffer of one partition.
#[derive(Clone, Debug)]
pub(super) struct Buffer {
    /// Who drains it: the leader last known. None: there never was one.
    pub sink: Option<BrokerIx>,
    pub items: VecDeque<Item>,
    /// The next item to send.
    pub drain: usize,
    /// Nothing is sent before a metadata update was merged.
    pub failing: bool,
    /// Requests without an answer.
    pub in_flight: u32,
    /// Whose: another broker sends nothing before they have ended.
    pub in_flight_on: Option<BrokerIx>,
    /// The last answer of this sink was good: more than one request at a time may be out (#223).
    pub ok_on_sink: bool,
    pub sequence: u32,
    /// Sequence of the first item.
    pub first_sequence: u32,
    pub needs_reset: bool,
    /// Answers in a row that did not know the partition.
    pub unknown: u32,
    /// Until when its only batch waits for more records.
    pub lingers_until: Option<Instant>,
}

impl Buffer {
    pub(super) fn new(sink: Option<BrokerIx>, needs_reset: bool) -> Self {
        Buffer {
            sink,
            items: VecDeque::new(),
            drain: 0,
            failing: sink.is_none(),
            in_flight: 0,
            in_flight_on: None,
            ok_on_sink: false,
            sequence: 0,
            first_sequence: 0,
            needs_reset,
            unknown: 0,
            lingers_until: None,
        }
    }

    /// Batches that are not in a request.
    pub(super) fn undrained(&self) -> usize {
        self.items.len() - self.drain
    }

    /// Whether a broker may put the next batch into a request (`createReq`).
    pub(super) fn may_drain(&self, on: BrokerIx) -> bool {
        let elsewhere = self.in_flight_on.is_some_and(|other| other != on);
        !self.failing && self.undrained() > 0 && !elsewhere && (self.in_flight == 0 || self.ok_on_sink)
    }

    /// `isOwnersFirstBatch`.
    pub(super) fn is_first(&self, batch: BatchId) -> bool {
        self.items.front().is_some_and(|i| i.batch.id == batch)
    }

    /// `resetBatchDrainIdx`: everything is to be sent again, from the first batch on.
    pub(super) fn rewind(&mut self) {
        self.drain = 0;
        self.sequence = self.first_sequence;
    }

    /// The first batch is done; gives it.
    pub(super) fn finish_first(&mut self) -> Option<Item> {
        let item = self.items.pop_front()?;
        self.first_sequence = self.first_sequence.wrapping_add(item.batch.records.len() as u32);
        self.drain = self.drain.saturating_sub(1);
        Some(item)
    }

    /// `failAllRecords`: a batch that fails takes all behind it along, or sequences would have a gap.
    pub(super) fn fail_all(&mut self) -> VecDeque<Item> {
        self.lingers_until = None;
        self.rewind();
        std::mem::take(&mut self.items)
    }

    /// `checkUnknownFailLimit`: whether the partition has been unknown too often.
    pub(super) fn count_unknown(&mut self, error: ErrorCode, most: u32) -> bool {
        match error {
            ErrorCode::None => self.unknown = 0,
            ErrorCode::UnknownTopicOrPartition | ErrorCode::UnknownTopicId => self.unknown += 1,
            _ => {}
        }
        self.unknown > most
    }
}

impl Item {
    pub(super) fn new(batch: Batch) -> Self {
        Item { batch, frozen: false, can_fail: true, unsure: false, tries: 0 }
    }

    /// `maybeFailErr`: with which error it fails if it may: its time or its attempts are spent.
    pub(super) fn spent(&self, now: Instant, settings: &Producing) -> Option<ErrorCode> {
        let oldest = self.batch.records.first().map_or(now, |r| r.1);
        let late = settings.record_timeout.is_some_and(|limit| now.since(oldest) > limit);
        (late || self.tries > settings.record_retries).then_some(ErrorCode::RequestTimedOut)
    }
}
