//! What becomes of a produce attempt. Source: `Sender.handleProduceResponse`, `Sender.completeBatch`, `Sender.canRetry`.

use super::{Producer, reference};
use crate::kafka::{BrokerIx, ErrorCode};
use crate::model::client::application::Done;
use crate::model::message::ProduceResult;
use crate::model::{Ctx, Outbox};
use crate::observe::Fact;
use crate::observe::fact::Unreachable;

impl Producer {
    /// A broker answered a produce request: every batch is judged, then the leader hints are taken in at once.
    pub(super) fn produce_answered(
        &mut self,
        broker: BrokerIx,
        keys: &[u32],
        results: &[ProduceResult],
        ctx: &mut Ctx<'_>,
        out: &mut Outbox,
    ) {
        for (i, &key) in keys.iter().enumerate() {
            let entry = self.accumulator.batch(key).entry;
            let in_place = results.get(i).filter(|r| Some(r.entry) == entry);
            let result = in_place.or_else(|| results.iter().find(|r| Some(r.entry) == entry));
            let result = result.expect("a broker answers every entry of a produce request");
            let (partition, entry, error) = (result.partition, result.entry, result.error);
            out.fact(Fact::EntryReturned { client: self.index, partition, entry, error });
            self.complete(key, error, ctx, out);
        }
        if !self.settings.leader_hints {
            return;
        }
        for result in results {
            let allowed = matches!(result.error, ErrorCode::NotLeaderOrFollower | ErrorCode::FencedLeaderEpoch);
            if let Some(hint) = result.hint.filter(|_| allowed) {
                self.net.kit.cache.take_hint(broker, result.partition, hint, reference(ctx), out);
            }
        }
    }

    /// The connection ended before the answer: the batches fail as disconnected, or as timed out (`wasTimedOut`).
    pub(super) fn produce_unreachable(
        &mut self,
        broker: BrokerIx,
        keys: &[u32],
        how: Unreachable,
        timed_out: bool,
        ctx: &mut Ctx<'_>,
        out: &mut Outbox,
    ) {
        let error = if timed_out { self.settings.timeout_error } else { ErrorCode::NetworkException };
        for &key in keys {
            let batch = self.accumulator.batch(key);
            if let Some(entry) = batch.entry {
                out.fact(Fact::EntryUnreachable { client: self.index, broker, partition: batch.partition, entry, how });
            }
            self.complete(key, error, ctx, out);
        }
    }

    /// `Sender.completeBatch`.
    fn complete(&mut self, key: u32, error: ErrorCode, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.accumulator.batch_mut(key).entry = None;
        self.unmute(key);
        if error.is_none() || !self.can_retry(key, error, ctx) {
            self.settle(key, error, out);
            self.accumulator.free(key);
        } else {
            self.accumulator.put_back(key, ctx.now);
        }
        if error.invalidates_metadata() {
            self.net.refresh.request(out);
        }
    }

    /// Success, or failure for good.
    fn settle(&mut self, key: u32, error: ErrorCode, out: &mut Outbox) {
        let batch = self.accumulator.batch(key);
        let (was_done, exhausted) = (batch.done, batch.attempts >= self.settings.retries);
        // The broker has it already, and forgot where (`DUPLICATE_SEQUENCE_NUMBER` counts as success).
        let success = error.is_none() || error == ErrorCode::DuplicateSequenceNumber;
        if let Some(producer) = &mut self.producer {
            if success {
                producer.completed(&mut self.accumulator, key);
            } else if !was_done {
                producer.failed(&mut self.accumulator, key, error, !exhausted);
            }
        }
        if !was_done {
            self.finish(key, if success { ErrorCode::None } else { error }, out);
        }
    }

    /// `Sender.canRetry`.
    fn can_retry(&mut self, key: u32, error: ErrorCode, ctx: &Ctx<'_>) -> bool {
        let batch = self.accumulator.batch(key);
        let in_time = ctx.now < batch.created_at + self.settings.delivery_timeout;
        if !in_time || batch.attempts >= self.settings.retries || batch.done {
            return false;
        }
        match &mut self.producer {
            Some(producer) => producer.can_retry(&mut self.accumulator, error, key),
            None => error.is_retriable(),
        }
    }

    /// Tells the application the fate of a batch's records and gives its memory back.
    pub(super) fn finish(&mut self, key: u32, error: ErrorCode, out: &mut Outbox) {
        self.accumulator.release(key);
        let batch = self.accumulator.batch_mut(key);
        batch.done = true;
        let (partition, id) = (batch.partition, batch.id);
        for record in &batch.records {
            self.application.told(Done { record: record.record, partition, batch: Some(id), created_at: record.created_at, error }, out);
        }
    }

    /// The partition of a batch may be sent to again, where it takes one batch at a time.
    pub(super) fn unmute(&mut self, key: u32) {
        if self.settings.one_batch {
            let slot = self.accumulator.slot(self.accumulator.batch(key).partition);
            self.accumulator.queues[slot as usize].muted = false;
        }
    }
}
