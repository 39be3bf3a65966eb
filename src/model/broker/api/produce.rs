//! `Produce`. Source: `KafkaApis.handleProduceRequest`, `ReplicaManager.appendRecords`, `Partition.appendRecordsToLeader`, `DelayedProduce`.

use crate::engine::Duration;
use crate::kafka::{ErrorCode, Offset};
use crate::model::broker::Broker;
use crate::model::broker::handlers::client_of_entry;
use crate::model::broker::producers::SequenceCheck;
use crate::model::broker::purgatory::DelayedProduce;
use crate::model::broker::roles::Role;
use crate::model::journal::Entry;
use crate::model::message::{Acks, ProduceEntry, ProduceResult, Response};
use crate::model::outbox::NetworkOp;
use crate::model::{Broken, Ctx, Outbox, Token};
use crate::observe::Fact;
use crate::observe::fact::Api;
use smallvec::SmallVec;

/// Size of an answer on the wire: fixed part and each partition's.
const BYTES: (u32, u32) = (30, 50);

/// How an append went: the offset that replication must reach, or the error.
type Appended = Result<Offset, ErrorCode>;

impl Broker {
    pub(in crate::model::broker) fn produce(
        &mut self,
        token: Token,
        acks: Acks,
        timeout: Duration,
        entries: &[ProduceEntry],
        ctx: &mut Ctx,
        out: &mut Outbox,
    ) {
        let appended: SmallVec<[Appended; 2]> = entries.iter().map(|e| self.append(e, acks, ctx, out)).collect();
        let results: SmallVec<[ProduceResult; 2]> = entries
            .iter()
            .zip(&appended)
            .map(|(e, a)| ProduceResult { entry: e.entry, partition: e.partition, error: a.err().unwrap_or(ErrorCode::None), hint: None })
            .collect();
        let client = entries.first().map(|e| client_of_entry(e.entry)).unwrap_or_default();
        let done = DelayedProduce { token, client, results, pending: appended.iter().map(Result::is_ok).collect() };
        match acks {
            Acks::None => self.finish_unacknowledged(done, ctx, out),
            Acks::Leader => self.answer_produce(done, ctx, out),
            Acks::All if appended.iter().all(Result::is_err) => self.answer_produce(done, ctx, out),
            Acks::All if ctx.is_broken(Broken::AckBeforeCommit) => self.answer_produce(done, ctx, out),
            Acks::All => self.wait_for_replication(done, entries, &appended, timeout, ctx, out),
        }
        // Data wakes followers whatever the producer waits for; a single replica commits at once.
        for (entry, _) in entries.iter().zip(&appended).filter(|(_, a)| a.is_ok()) {
            self.advance_high_watermark(entry.partition, ctx, out);
            self.answer_committed(entry.partition, ctx, out);
            self.wake_followers(entry.partition, ctx, out);
        }
    }

    fn append(&mut self, entry: &ProduceEntry, acks: Acks, ctx: &mut Ctx, out: &mut Outbox) -> Appended {
        let image = self.image().unwrap_or_default();
        let min_isr = self.min_isr(entry.partition, ctx);
        let topic = ctx.spec.partitions[entry.partition.index()].topic;
        let is_known = ctx.history.topic(topic, image).is_some() && ctx.history.partition(entry.partition, image).is_some();
        if !is_known {
            return Err(ErrorCode::UnknownTopicOrPartition);
        }
        self.unsettle(entry.partition, ctx, out);
        let Some(ram) = self.ram.as_mut() else { return Err(ErrorCode::NotLeaderOrFollower) };
        let Some(Role::Leader(leadership)) = ram.roles.get_mut(&entry.partition) else { return Err(ErrorCode::NotLeaderOrFollower) };
        if acks == Acks::All && leadership.isr.len() < min_isr {
            return Err(ErrorCode::NotEnoughReplicas);
        }
        let client = client_of_entry(entry.entry);
        if let Some(sequence) = entry.sequence {
            match leadership.producers.check(client, entry.producer_epoch, sequence, entry.records) {
                SequenceCheck::InOrder => {}
                SequenceCheck::Duplicate(end) => return Ok(end),
                SequenceCheck::Refused(ErrorCode::OutOfOrderSequenceNumber) if ctx.is_broken(Broken::SequenceGapAccepted) => {}
                SequenceCheck::Refused(error) => return Err(error),
            }
        }
        let log = self.disk.replicas.get_mut(&entry.partition).expect("a leader has a log");
        let base = log.end();
        let end = Offset(base.0 + u64::from(entry.records));
        let written = Entry {
            base,
            end,
            batch: entry.batch,
            client,
            producer_epoch: entry.producer_epoch,
            sequence: entry.sequence,
            bytes: entry.bytes,
        };
        log.extend(end);
        leadership.producers.appended(&written);
        ctx.journal.append(entry.partition, leadership.epoch, written);
        out.fact(Fact::Appended {
            broker: self.ix,
            partition: entry.partition,
            leader_epoch: leadership.epoch,
            base,
            end,
            batch: entry.batch,
            client,
            sequence: entry.sequence,
        });
        Ok(end)
    }

    fn wait_for_replication(
        &mut self,
        done: DelayedProduce,
        entries: &[ProduceEntry],
        appended: &[Appended],
        timeout: Duration,
        ctx: &mut Ctx,
        out: &mut Outbox,
    ) {
        let Some(ram) = self.ram.as_mut() else { return };
        let request = ram.purgatory.park(done, ctx.now + timeout);
        for (i, (entry, result)) in entries.iter().zip(appended).enumerate() {
            let (Ok(required), Some(Role::Leader(leadership))) = (result, ram.roles.get_mut(&entry.partition)) else { continue };
            // A duplicate may wait for less than what came after it.
            let place = leadership.waiting.partition_point(|(o, _, _)| o <= required);
            leadership.waiting.insert(place, (*required, request, i as u32));
        }
        self.arm_purgatory(out);
    }

    /// acks=0: no answer; an error closes the connection, so that the client refreshes its metadata (`KafkaApis`, produce response callback).
    fn finish_unacknowledged(&mut self, done: DelayedProduce, ctx: &mut Ctx, out: &mut Outbox) {
        let failed = done.results.iter().any(|r| !r.error.is_none());
        self.note_answers(&done, ctx, 0, out);
        out.network.push(if failed { NetworkOp::HangUp(done.token) } else { NetworkOp::NoReply(done.token) });
    }

    pub(in crate::model::broker) fn answer_produce(&mut self, mut done: DelayedProduce, ctx: &mut Ctx, out: &mut Outbox) {
        for result in &mut done.results {
            if result.error == ErrorCode::NotLeaderOrFollower && ctx.rules.leader_hints {
                result.hint = self.leader_hint(result.partition, ctx);
            }
        }
        let bytes = BYTES.0 + BYTES.1 * done.results.len() as u32;
        self.note_answers(&done, ctx, bytes, out);
        out.reply(done.token, Response::Produce { broker: self.ix, results: done.results }, bytes);
    }

    fn note_answers(&self, done: &DelayedProduce, _ctx: &Ctx, bytes: u32, out: &mut Outbox) {
        for r in &done.results {
            out.fact(Fact::EntryAnswered { client: done.client, broker: self.ix, partition: r.partition, entry: r.entry, error: r.error });
        }
        self.served(done.client, Api::Produce, Duration::ZERO, bytes, out);
    }
}
