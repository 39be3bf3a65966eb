//! What a `brokerProducer` makes of the fate of a request (`handleSuccess`, `handleError`).

use super::super::refresh::Wanted;
use super::broker::{BrokerProducerId, Outcome};
use super::message::{Part, Set, SetId};
use super::{Job, Producer};
use crate::kafka::{ErrorCode, PartitionIx};
use crate::model::{Ctx, Outbox};

/// The errors after which records are sent again. The others, `FENCED_LEADER_EPOCH` among them, fail at once.
const fn is_retriable(error: ErrorCode) -> bool {
    matches!(
        error,
        ErrorCode::UnknownTopicOrPartition
            | ErrorCode::LeaderNotAvailable
            | ErrorCode::NotLeaderOrFollower
            | ErrorCode::RequestTimedOut
            | ErrorCode::NotEnoughReplicas
            | ErrorCode::NotEnoughReplicasAfterAppend
            | ErrorCode::KafkaStorageError
    )
}

impl Producer {
    /// A request's fate is known. A whole batch is sent again after a refresh, single records before one.
    pub(super) fn hear(&mut self, id: BrokerProducerId, set: SetId, outcome: Outcome, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let refreshes = match &outcome {
            Outcome::Sent => false,
            Outcome::Answered(words) => words.iter().any(|w| is_retriable(w.1)) && self.settings.retry_max > 0 && self.is_whole(set),
            Outcome::Lost => {
                self.abandon(id);
                let object = self.broker(id).object;
                self.core.close(object, ctx, out);
                self.broker(id).closing = true;
                self.settings.resends_whole
            }
        };
        if !refreshes {
            return self.settle(id, set, outcome, ctx, out);
        }
        let hit = |partition: &PartitionIx| match &outcome {
            Outcome::Answered(words) => words.iter().any(|w| w.0 == *partition && is_retriable(w.1)),
            Outcome::Sent | Outcome::Lost => true,
        };
        let parts = self.sets.get(&set).into_iter().flat_map(|s| s.parts.iter().map(|p| p.batch.partition));
        let topics = parts.filter(hit).map(|p| ctx.spec.partitions[p.index()].topic).collect();
        self.broker(id).busy = Some((set, outcome));
        self.core.refresh(Job::Broker(id), Wanted::Topics(topics), ctx, out);
    }

    /// The refresh before a retry is over, whatever came of it.
    pub(super) fn broker_refreshed(&mut self, id: BrokerProducerId, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if let Some((set, outcome)) = self.broker(id).busy.take() {
            self.settle(id, set, outcome, ctx, out);
        }
        self.due_brokers.insert(id);
    }

    /// Whether a refused batch of this request stays one.
    fn is_whole(&self, set: SetId) -> bool {
        let resent = self.sets.get(&set).is_some_and(|s| s.resent);
        self.settings.idempotent || (self.settings.resent_stays_whole && resent)
    }

    fn settle(&mut self, id: BrokerProducerId, set: SetId, outcome: Outcome, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let whole = self.is_whole(set);
        let Some(Set { parts, .. }) = self.sets.remove(&set) else { return };
        match outcome {
            Outcome::Sent => parts.into_iter().for_each(|part| self.succeed(part, out)),
            Outcome::Answered(words) => {
                for (part, (_, error)) in parts.into_iter().zip(words) {
                    self.part_answered(id, part, error, whole, ctx, out);
                }
            }
            Outcome::Lost => self.parts_lost(id, parts, ctx, out),
        }
        let epoch = self.producer_epoch;
        self.broker(id).roll_over_if_empty(epoch);
    }

    fn succeed(&mut self, part: Part, out: &mut Outbox) {
        self.core.kit.finish(&part.batch, ErrorCode::None, &mut self.application, out);
        self.unmute(part.batch.partition);
    }

    fn part_answered(&mut self, id: BrokerProducerId, part: Part, error: ErrorCode, whole: bool, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let partition = part.batch.partition;
        if error.is_none() || error == ErrorCode::DuplicateSequenceNumber {
            return self.succeed(part, out);
        }
        if self.settings.retry_max == 0 {
            self.abandon(id);
        }
        if !is_retriable(error) || self.settings.retry_max == 0 {
            self.fail(part.messages, error, out);
            return self.unmute(partition);
        }
        self.broker(id).retrying.insert(partition);
        if whole {
            self.retry_batch(part, error, ctx, out);
        } else {
            self.retry_messages(part.messages, error, out);
            self.unmute(partition);
        }
        // What was collected behind it counts a failed round too.
        let behind = self.broker(id).drop_partition(partition);
        self.retry_messages(behind, error, out);
    }

    fn parts_lost(&mut self, id: BrokerProducerId, parts: Vec<Part>, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let error = ErrorCode::NetworkException;
        for part in parts {
            let partition = part.batch.partition;
            self.broker(id).retrying.insert(partition);
            if self.settings.resends_whole {
                self.retry_batch(part, error, ctx, out);
            } else {
                self.retry_messages(part.messages, error, out);
                self.unmute(partition);
            }
        }
        let collected = self.broker(id).drop_all();
        self.retry_messages(collected, error, out);
    }
}
