//! How an idempotent producer comes by its id. Source: `Sender.maybeSendAndPollTransactionalRequest`, not transactional.

use super::idempotence::Id;
use super::{Producer, Sent};
use crate::engine::Instant;
use crate::model::client::java::network::Purpose;
use crate::model::client::java::settings::TICK;
use crate::model::message::Request;
use crate::model::{Ctx, Outbox};

impl Producer {
    pub(super) fn needs_producer_id(&self) -> bool {
        self.producer.as_ref().is_some_and(|p| p.id != Id::Known)
    }

    /// Asks the least loaded node for a producer id, waiting for its connection. True when the request left.
    pub(super) fn ask_producer_id(&mut self, update_due: bool, ctx: &mut Ctx<'_>, out: &mut Outbox) -> bool {
        let Some(Id::Needed { target, not_before }) = self.producer.as_ref().map(|p| p.id) else { return false };
        if ctx.now < not_before {
            self.net.wake = self.net.wake.min(not_before);
            return false;
        }
        let Some((channel, broker)) = target.or_else(|| self.net.least_loaded(ctx).node) else {
            self.retry_producer_id(ctx.now);
            return false;
        };
        if !update_due && self.net.can_send(channel) {
            self.set_id(Id::Requested);
            let (purpose, timeout) = (Purpose::Own(Sent::InitProducerId), self.settings.request_timeout);
            self.net.kit.ask(channel, purpose, Request::InitProducerId, 0, timeout, ctx.now, out);
            return true;
        }
        let disconnected = self.net.kit.connections.reconnect_at(channel).is_some();
        if disconnected && target.is_some() {
            // `NetworkClientUtils.awaitReady` gave up: pause, ask for metadata, choose again.
            self.retry_producer_id(ctx.now);
            self.net.refresh.request(out);
            return false;
        }
        self.set_id(Id::Needed { target: Some((channel, broker)), not_before });
        if disconnected && self.net.kit.connections.can_connect(channel, ctx.now) {
            self.net.connect(channel, broker, ctx, out);
        }
        false
    }

    /// After a failure the next request waits `retry.backoff.ms`.
    pub(super) fn retry_producer_id(&mut self, now: Instant) {
        let not_before = now + self.net.shared.retry_backoff.max(TICK);
        self.net.wake = self.net.wake.min(not_before);
        self.set_id(Id::Needed { target: None, not_before });
    }

    pub(super) fn set_id(&mut self, id: Id) {
        if let Some(producer) = &mut self.producer {
            producer.id = id;
        }
    }
}
