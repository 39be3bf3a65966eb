//! Sending again: records one by one through their partition's queue (`retryMessages`), or a batch as it is (`retryBatch`).

use super::super::refresh::Wanted;
use super::message::{Item, Message, Part, Set, SetId};
use super::{Job, Producer};
use crate::kafka::ErrorCode;
use crate::model::{Ctx, Outbox};

impl Producer {
    /// `retryMessages`: records go back to their partition, or fail when their budget is spent.
    pub(super) fn retry_messages(&mut self, messages: Vec<Message>, error: ErrorCode, out: &mut Outbox) {
        for mut message in messages {
            if message.retries >= self.settings.retry_max {
                self.fail(vec![message], error, out);
            } else {
                message.retries += 1;
                self.come_back(message.partition, Item::Data(message));
            }
        }
    }

    /// `retryBatch`: the partition stays muted; after the pause the batch goes to the leader that the cache names then.
    pub(super) fn retry_batch(&mut self, mut part: Part, error: ErrorCode, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if part.messages.iter().any(|m| m.retries >= self.settings.retry_max) {
            self.fail(part.messages, error, out);
            return self.unmute(part.batch.partition);
        }
        part.messages.iter_mut().for_each(|m| m.retries += 1);
        part.batch.retries += 1;
        // Neither is read before the leader is known.
        let (by, object) = (self.next_broker, self.core.nowhere());
        let set = self.new_set(Set { parts: vec![part], by, object, resent: true });
        self.retry_errors.insert(set, error);
        if self.settings.idempotent && self.settings.retries_without_pause {
            return self.retry_woken(set, ctx, out);
        }
        self.core.sleep(ctx.now + self.settings.retry_backoff, Job::Retry(set));
    }

    /// The pause is over.
    pub(super) fn retry_woken(&mut self, id: SetId, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if !self.resend(id, ctx, out)
            && let Some(partition) = self.sets.get(&id).and_then(|s| s.parts.first()).map(|p| p.batch.partition)
        {
            let topic = ctx.spec.partitions[partition.index()].topic;
            self.core.refresh(Job::Retry(id), Wanted::one(topic), ctx, out);
        }
    }

    /// The look-up's own refresh is over: a batch without a leader fails.
    pub(super) fn retry_refreshed(&mut self, id: SetId, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if self.resend(id, ctx, out) {
            return;
        }
        let error = self.retry_errors.remove(&id).unwrap_or(ErrorCode::LeaderNotAvailable);
        for part in self.sets.remove(&id).into_iter().flat_map(|s| s.parts) {
            self.fail(part.messages, error, out);
            self.unmute(part.batch.partition);
        }
    }

    /// Hands the batch to the leader's broker producer, if the cache names a leader.
    fn resend(&mut self, id: SetId, ctx: &mut Ctx<'_>, out: &mut Outbox) -> bool {
        let Some(partition) = self.sets.get(&id).and_then(|s| s.parts.first()).map(|p| p.batch.partition) else { return true };
        let Some(leader) = self.core.leader(partition, ctx, out) else { return false };
        self.retry_errors.remove(&id);
        let broker = self.broker_producer(leader);
        if let Some(set) = self.sets.get_mut(&id) {
            (set.by, set.object) = (broker, leader);
        }
        self.enqueue(broker, id, ctx, out);
        self.release(leader, broker);
        true
    }
}
