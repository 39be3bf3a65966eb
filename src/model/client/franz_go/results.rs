//! How produce requests end, and what becomes of their batches. Source: `handleReqResp`, `handleReqRespBatch`, `handleReqClientErr`,
//! `handleRetryBatches`, `bumpRepeatedLoadErr` (sink.go).

use super::core::{Failure, Hinted};
use super::producer::{Identity, Move, Producer};
use super::sinks::{Flight, Part};
use crate::kafka::{BrokerIx, ErrorCode, PartitionIx};
use crate::model::message::{LeaderHint, ProduceResult};
use crate::model::{Ctx, Outbox};
use crate::observe::Fact;
use crate::observe::fact::Unreachable;
use smallvec::SmallVec;

/// What an answer means for a batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verdict {
    /// It is done, or the answer does not count.
    Done,
    /// It is sent again once metadata was updated.
    Retry,
    /// It is sent again after a pause: its leader is its leader still (#1407), or will be in a moment (#1413).
    RetryLater,
    /// It is sent again at once, to the broker that the hint names.
    Move(LeaderHint),
}

/// How batches that failed go on.
#[derive(Clone, Copy, Debug)]
struct Retry<'a> {
    sink: BrokerIx,
    /// The pause that the failed request belongs to.
    backoff_seq: u32,
    /// They wait for a metadata update; else for a pause of the sink.
    update: bool,
    /// They fail if their time or attempts are spent.
    can_fail: bool,
    /// These are moved by a hint, and wait for nothing else.
    moving: &'a [PartitionIx],
}

impl Producer {
    /// A request ended without an answer.
    pub(super) fn produce_failed(&mut self, key: u32, failure: Failure, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(flight) = self.flights.remove(key) else { return };
        self.count_tries(&flight);
        let how = match failure {
            Failure::Refused => Unreachable::Refused,
            Failure::Broken(how) => how,
        };
        for part in &flight.parts {
            if let Some(entry) = part.entry {
                let (client, broker, partition) = (self.core.kit.index, flight.sink, part.partition);
                out.fact(Fact::EntryUnreachable { client, broker, partition, entry, how });
            }
        }
        let retry =
            Retry { sink: flight.sink, backoff_seq: flight.backoff_seq, update: failure == Failure::Refused, can_fail: false, moving: &[] };
        self.retry(&flight.parts, retry, ctx, out);
        self.end_flight(&flight, ctx);
    }

    /// Requests for brokers that are not known fail at once; true when there were any.
    pub(super) fn fail_unsendable(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) -> bool {
        let Some(key) = self.unsendable.pop_front() else { return false };
        self.produce_failed(key, Failure::Refused, ctx, out);
        true
    }

    /// Written is done: acks=0 has no answer (`handleReqRespNoack`).
    pub(super) fn produce_written(&mut self, key: u32, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(flight) = self.flights.remove(key) else { return };
        self.count_tries(&flight);
        for part in &flight.parts {
            if self.buffers.get(&part.partition).is_some_and(|b| b.is_first(part.batch)) {
                self.finish_first(part.partition, out);
            }
        }
        self.end_flight(&flight, ctx);
    }

    /// The answer to a request.
    pub(super) fn produce_answered(&mut self, key: u32, broker: BrokerIx, results: &[ProduceResult], ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(flight) = self.flights.remove(key) else { return };
        self.count_tries(&flight);
        if let Some(sink) = self.sinks.get_mut(&flight.sink) {
            (sink.answered, sink.failures) = (true, 0);
        }
        let mut retried: SmallVec<[Part; 4]> = SmallVec::new();
        let mut later: SmallVec<[Part; 4]> = SmallVec::new();
        let mut moves: Vec<Move> = Vec::new();
        for result in results {
            let Some(part) = flight.parts.iter().find(|p| p.entry == Some(result.entry)) else { continue };
            let (client, partition) = (self.core.kit.index, part.partition);
            out.fact(Fact::EntryReturned { client, partition, entry: result.entry, error: result.error });
            match self.judge(flight.sink, part, result, ctx, out) {
                Verdict::Done => {}
                Verdict::Retry => retried.push(*part),
                Verdict::RetryLater => later.push(*part),
                Verdict::Move(hint) => {
                    retried.push(*part);
                    moves.push(Move { partition, from: broker, hint });
                }
            }
        }
        let moving: SmallVec<[PartitionIx; 4]> = moves.iter().map(|m| m.partition).collect();
        let (sink, backoff_seq) = (flight.sink, self.sinks.get(&flight.sink).map_or(0, |s| s.backoff_seq()));
        if !retried.is_empty() {
            self.retry(&retried, Retry { sink, backoff_seq, update: true, can_fail: true, moving: &moving }, ctx, out);
        }
        if !later.is_empty() {
            self.retry(&later, Retry { sink, backoff_seq, update: false, can_fail: true, moving: &[] }, ctx, out);
        }
        self.moves.append(&mut moves);
        self.end_flight(&flight, ctx);
    }

    /// One partition's result (`handleReqRespBatch`).
    fn judge(&mut self, sink: BrokerIx, part: &Part, result: &ProduceResult, ctx: &Ctx<'_>, out: &mut Outbox) -> Verdict {
        let timed_out_waits = self.core.settings.policies.timed_out_batch_waits;
        let (limit, most) = (self.producing.record_retries, self.producing.unknown_retries);
        let error = result.error;
        let hinted = self.core.judge_hint(part.partition, error, result.hint, ctx);
        let Some(buffer) = self.buffers.get_mut(&part.partition).filter(|b| b.is_first(part.batch)) else { return Verdict::Done };
        let here = buffer.sink == Some(sink);
        let Some(first) = buffer.items.front_mut() else { return Verdict::Done };
        let timed_out = matches!(error, ErrorCode::RequestTimedOut | ErrorCode::NotEnoughReplicasAfterAppend);
        first.can_fail = true;
        first.unsure |= timed_out;
        let may_retry = first.tries <= limit || first.unsure;
        buffer.ok_on_sink = false;
        if let Hinted::Moves(hint) = hinted {
            buffer.failing = true;
            return Verdict::Move(hint);
        }
        let unknown_too_often = buffer.count_unknown(error, most);
        match error {
            ErrorCode::None | ErrorCode::DuplicateSequenceNumber => {
                buffer.ok_on_sink = here && error.is_none();
                self.finish_first(part.partition, out);
                Verdict::Done
            }
            ErrorCode::OutOfOrderSequenceNumber | ErrorCode::UnknownProducerId | ErrorCode::InvalidProducerEpoch => {
                // `failProducerID`: only the first error of an epoch counts.
                let epoch = buffer.items.front().map(|i| i.batch.producer_epoch);
                if self.identity == Identity::Known && epoch == Some(self.epoch) {
                    self.identity = Identity::Lost;
                }
                Verdict::Retry
            }
            error if error.is_retriable() && !unknown_too_often && may_retry => {
                let later = hinted == Hinted::Stale || (timed_out && !timed_out_waits);
                if later { Verdict::RetryLater } else { Verdict::Retry }
            }
            error => {
                self.fail_buffer(part.partition, error, out);
                self.trigger_drain(part.partition, ctx.now);
                Verdict::Done
            }
        }
    }

    fn finish_first(&mut self, partition: PartitionIx, out: &mut Outbox) {
        let Some(item) = self.buffers.get_mut(&partition).and_then(|b| b.finish_first()) else { return };
        self.buffered = self.buffered.saturating_sub(item.batch.records.len() as u64);
        self.core.kit.finish(&item.batch, ErrorCode::None, &mut self.application, out);
    }

    /// `handleRetryBatches`.
    fn retry(&mut self, parts: &[Part], retry: Retry<'_>, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let waits_although_moved = self.core.settings.policies.moved_batch_waits;
        let (mut needs_update, mut needs_backoff, mut moving) = (false, false, 0);
        for part in parts {
            let Some(buffer) = self.buffers.get_mut(&part.partition).filter(|b| b.is_first(part.batch)) else { continue };
            if buffer.sink != Some(retry.sink) && !waits_although_moved {
                buffer.rewind();
                self.note(part.partition);
                continue;
            }
            let Some(first) = buffer.items.front() else { continue };
            let may_fail = (retry.can_fail && !first.unsure) || !self.producing.idempotent;
            if let Some(error) = first.spent(ctx.now, &self.producing).filter(|_| may_fail) {
                self.fail_buffer(part.partition, error, out);
                continue;
            }
            buffer.rewind();
            if retry.moving.contains(&part.partition) {
                moving += 1;
            } else if buffer.unknown == 1 && buffer.sequence == 0 {
                // A topic that is only just there: its leader does not know yet.
                needs_backoff = true;
            } else if retry.update {
                buffer.failing = true;
                needs_update = true;
            }
            self.note(part.partition);
        }
        if needs_update {
            self.core.trigger(true, ctx.now, out);
        } else if needs_backoff || (!retry.update && parts.len() != moving) {
            let Some(sink) = self.sinks.get_mut(&retry.sink) else { return };
            sink.want_backoff(retry.backoff_seq);
            sink.wake();
        }
    }

    fn count_tries(&mut self, flight: &Flight) {
        for part in &flight.parts {
            let Some(buffer) = self.buffers.get_mut(&part.partition) else { continue };
            if let Some(item) = buffer.items.iter_mut().find(|i| i.batch.id == part.batch) {
                item.tries += 1;
            }
        }
    }

    /// `recBatch.decInflight`, and the place in flight is free.
    fn end_flight(&mut self, flight: &Flight, ctx: &Ctx<'_>) {
        for part in &flight.parts {
            let Some(buffer) = self.buffers.get_mut(&part.partition) else { continue };
            buffer.in_flight -= 1;
            if buffer.in_flight == 0 {
                buffer.in_flight_on = None;
                self.trigger_drain(part.partition, ctx.now);
            }
        }
        if let Some(sink) = self.sinks.get_mut(&flight.sink) {
            sink.in_flight -= 1;
        }
    }

    /// A metadata update had an error for a partition, or (no error named) could not be made (`bumpRepeatedLoadErr`).
    pub(super) fn load_failed(&mut self, partition: PartitionIx, error: Option<ErrorCode>, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let most = self.producing.unknown_retries;
        let Some(buffer) = self.buffers.get_mut(&partition) else { return };
        let unknown_too_often = error.is_some_and(|e| buffer.count_unknown(e, most));
        let Some(first) = buffer.items.front_mut() else { return };
        first.tries += 1;
        let can_fail = !self.producing.idempotent || (first.can_fail && !first.unsure);
        let spent = first.spent(ctx.now, &self.producing);
        let hopeless = error.filter(|e| !e.is_retriable() || unknown_too_often);
        if let Some(error) = hopeless.or(spent).filter(|_| can_fail) {
            self.fail_buffer(partition, error, out);
        }
    }

    /// The answer to `InitProducerId`.
    pub(super) fn id_answered(&mut self, error: ErrorCode, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let job = super::Job::InitProducerId;
        if error.is_none() {
            self.core.call_answered(job);
            self.identity = Identity::Known;
        } else {
            self.failed(vec![(job, Failure::Broken(Unreachable::Reset))], ctx, out);
        }
    }
}
