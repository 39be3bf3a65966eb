//! What becomes of a produce request. Source: `rd_kafka_handle_Produce_error`, `rd_kafka_err_action`, `rd_kafka_retry_msgq`.

use super::{Flight, Loss, Producer};
use crate::engine::mix;
use crate::kafka::{BrokerIx, ErrorCode, PartitionIx};
use crate::model::client::kit::Batch;
use crate::model::message::ProduceResult;
use crate::model::{Ctx, Outbox};
use crate::observe::fact::Unreachable;

/// What an error asks for (`RD_KAFKA_ERR_ACTION_…`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Action {
    /// The messages were taken.
    Done,
    /// Another leader is looked for and the messages are sent again; `counted`: against `retries`, and for the length of the pause.
    Refresh { counted: bool },
    /// The messages are sent again, to the same broker.
    Retry { counted: bool },
    /// The application is told.
    Fail,
}

/// What a broker's error asks for.
fn action(error: ErrorCode) -> Action {
    match error {
        ErrorCode::None => Action::Done,
        ErrorCode::NotLeaderOrFollower
        | ErrorCode::LeaderNotAvailable
        | ErrorCode::UnknownTopicOrPartition
        | ErrorCode::ReplicaNotAvailable => Action::Refresh { counted: false },
        ErrorCode::KafkaStorageError => Action::Refresh { counted: true },
        ErrorCode::NotEnoughReplicas | ErrorCode::NotEnoughReplicasAfterAppend | ErrorCode::RequestTimedOut => {
            Action::Retry { counted: true }
        }
        ErrorCode::OffsetOutOfRange
        | ErrorCode::NetworkException
        | ErrorCode::CoordinatorLoadInProgress
        | ErrorCode::CoordinatorNotAvailable
        | ErrorCode::NotCoordinator
        | ErrorCode::NotController
        | ErrorCode::InvalidRequest
        | ErrorCode::OutOfOrderSequenceNumber
        | ErrorCode::DuplicateSequenceNumber
        | ErrorCode::InvalidProducerEpoch
        | ErrorCode::UnknownProducerId
        | ErrorCode::FetchSessionIdNotFound
        | ErrorCode::InvalidFetchSessionEpoch
        | ErrorCode::FencedLeaderEpoch
        | ErrorCode::UnknownLeaderEpoch
        | ErrorCode::StaleBrokerEpoch
        | ErrorCode::OffsetNotAvailable
        | ErrorCode::PreferredLeaderNotAvailable
        | ErrorCode::EligibleLeadersNotAvailable
        | ErrorCode::ElectionNotNeeded
        | ErrorCode::InvalidUpdateVersion
        | ErrorCode::UnknownTopicId
        | ErrorCode::DuplicateBrokerRegistration
        | ErrorCode::InconsistentTopicId
        | ErrorCode::IneligibleReplica
        | ErrorCode::NewLeaderElected
        | ErrorCode::IllegalGeneration
        | ErrorCode::UnknownMemberId
        | ErrorCode::InvalidSessionTimeout
        | ErrorCode::RebalanceInProgress
        | ErrorCode::MemberIdRequired
        | ErrorCode::MsgTimedOut
        | ErrorCode::QueueFull
        | ErrorCode::Fatal => Action::Fail,
    }
}

impl Producer {
    fn landed(&mut self, number: u64) -> Option<Flight> {
        let flight = self.in_flight.remove(&number)?;
        if let Some(toppar) = self.toppars.get_mut(&flight.partition) {
            toppar.in_flight -= 1;
        }
        Some(flight)
    }

    /// A broker answered: every batch is judged, then leader hints are taken in.
    pub(super) fn produced(&mut self, number: u64, broker: BrokerIx, results: &[ProduceResult], ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(flight) = self.landed(number) else { return };
        for mut batch in flight.batches {
            let result = results.iter().find(|r| Some(r.entry) == batch.entry);
            let error = result.expect("a broker answers every entry of a produce request").error;
            self.core.kit.returned(&mut batch, error, out);
            let action = if self.identity.is_some() { self.idempotent_action(&batch, error) } else { action(error) };
            self.settle(batch, error, action, ctx, out);
        }
        for result in results {
            if let Some(hint) = result.hint {
                self.core.hinted(broker, result.partition, hint, ctx, out);
            }
        }
    }

    /// No answer will come.
    pub(super) fn unanswered(&mut self, number: u64, broker: BrokerIx, how: Unreachable, loss: Loss, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(flight) = self.landed(number) else { return };
        let (error, action) = match loss {
            Loss::Broken => (ErrorCode::NetworkException, Action::Refresh { counted: true }),
            Loss::TimedOut => (ErrorCode::MsgTimedOut, Action::Retry { counted: true }),
            Loss::Removed => (ErrorCode::NetworkException, Action::Refresh { counted: false }),
        };
        for mut batch in flight.batches {
            self.core.kit.unreachable(&mut batch, broker, how, out);
            self.settle(batch, error, action, ctx, out);
        }
    }

    /// An idempotent producer's own reading of sequence errors (`rd_kafka_handle_idempotent_Produce_error`).
    fn idempotent_action(&mut self, batch: &Batch, error: ErrorCode) -> Action {
        match error {
            ErrorCode::DuplicateSequenceNumber => Action::Done,
            ErrorCode::OutOfOrderSequenceNumber if !self.is_next_acked(batch) => {
                // One before it failed: that one, and then this, is sent again.
                self.bump_epoch();
                Action::Retry { counted: false }
            }
            ErrorCode::UnknownProducerId if batch.retries == 0 && self.is_next_acked(batch) => {
                self.bump_epoch();
                Action::Retry { counted: false }
            }
            ErrorCode::OutOfOrderSequenceNumber | ErrorCode::UnknownProducerId | ErrorCode::InvalidProducerEpoch => {
                self.fatal = true;
                Action::Fail
            }
            _ if action(error) == Action::Fail => {
                self.bump_epoch();
                Action::Fail
            }
            _ => action(error),
        }
    }

    fn settle(&mut self, batch: Batch, error: ErrorCode, action: Action, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let (counted, refresh) = match action {
            Action::Done => return self.acknowledge(&batch, out),
            Action::Fail => return self.fail(&batch, error, out),
            Action::Refresh { counted } => (counted, true),
            Action::Retry { counted } => (counted, false),
        };
        if refresh {
            let topic = ctx.spec.partitions[batch.partition.index()].topic;
            self.core.leader_unavailable(topic, ctx, out);
        }
        self.retry(batch, error, counted, ctx, out);
    }

    fn acknowledge(&mut self, batch: &Batch, out: &mut Outbox) {
        if let (Some(sequence), Some(toppar)) = (batch.sequence, self.toppars.get_mut(&batch.partition)) {
            toppar.next_acked = sequence + batch.records.len() as u32;
        }
        self.finish(batch, ErrorCode::None, out);
    }

    fn fail(&mut self, batch: &Batch, error: ErrorCode, out: &mut Outbox) {
        self.finish(batch, error, out);
        if self.fatal {
            self.fail_all(out);
        }
    }

    /// Back into the partition's queue, unless its retries are spent.
    fn retry(&mut self, mut batch: Batch, error: ErrorCode, counted: bool, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if self.fatal {
            return self.finish(&batch, ErrorCode::Fatal, out);
        }
        if u64::from(batch.retries) + u64::from(counted) > u64::from(self.core.settings.config.retries) {
            return self.finish(&batch, error, out);
        }
        batch.retries += u32::from(counted);
        let draw = self.core.draws.retry.at(mix(batch.address(), u64::from(batch.sent)));
        let until = ctx.now + self.core.settings.retry_pause(batch.retries, draw);
        self.queue_again(batch, until);
    }

    fn queue_again(&mut self, batch: Batch, until: crate::engine::Instant) {
        let partition: PartitionIx = batch.partition;
        let created = batch.records.first().map(|r| r.1);
        let idempotent = self.identity.is_some();
        let toppar = self.toppars.entry(partition).or_default();
        toppar.put_back(batch, until);
        toppar.wait_drain |= idempotent;
        self.waiting.insert(partition);
        let timeout = self.core.settings.config.message_timeout;
        if let Some(created) = created.filter(|_| !timeout.is_zero()) {
            self.expiry_at = self.expiry_at.min(self.core.main_tick(created + timeout));
        }
    }

    /// The delivery reports of a batch.
    pub(super) fn finish(&mut self, batch: &Batch, error: ErrorCode, out: &mut Outbox) {
        let bytes = u64::from(batch.bytes.saturating_sub(super::toppar::BATCH_OVERHEAD));
        self.queued = (self.queued.0.saturating_sub(batch.records.len() as u32), self.queued.1.saturating_sub(bytes));
        self.core.kit.finish(batch, error, &mut self.application, out);
    }

    /// A fatal error purges every queue.
    fn fail_all(&mut self, out: &mut Outbox) {
        for partition in std::mem::take(&mut self.waiting) {
            let Some(toppar) = self.toppars.get_mut(&partition) else { continue };
            let (batches, messages) = toppar.expire(crate::engine::Instant::MAX);
            for batch in batches {
                self.finish(&batch, ErrorCode::Fatal, out);
            }
            for message in messages {
                self.queued = (self.queued.0 - 1, self.queued.1 - u64::from(message.bytes));
                self.refuse(partition, message, ErrorCode::Fatal, out);
            }
        }
    }
}
