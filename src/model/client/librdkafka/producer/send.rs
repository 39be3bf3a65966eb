//! What a broker thread does with the queues of its partitions. Source: `rd_kafka_toppar_producer_serve`, `rd_kafka_ProduceRequest`,
//! `rd_kafka_broker_toppar_msgq_scan`.

use super::Purpose;
use super::toppar::Limits;
use super::{Flight, Producer};
use crate::engine::{Duration, Instant};
use crate::kafka::{BrokerIx, ErrorCode, PartitionIx};
use crate::model::client::kit::Batch;
use crate::model::message::Acks;
use crate::model::{Channel, Ctx, Outbox};
use smallvec::SmallVec;

/// What is left to a request whose first message is already too old.
const LEAST_TIMEOUT: Duration = Duration::from_millis(100);

impl Producer {
    /// Sends what may be sent, one partition in a request, and connects to the brokers that messages wait for.
    pub(super) fn serve(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.core.demand.clear();
        let waiting: SmallVec<[PartitionIx; 16]> = self.waiting.iter().copied().collect();
        for partition in waiting {
            let Some(broker) = self.core.delegated(partition, ctx) else { continue };
            if !self.core.kit.connections.is_ready(Channel::Broker(broker)) {
                self.core.want(broker, ctx, out);
                continue;
            }
            while self.serve_partition(partition, broker, ctx, out) {}
        }
    }

    /// True when a request left.
    fn serve_partition(&mut self, partition: PartitionIx, broker: BrokerIx, ctx: &mut Ctx<'_>, out: &mut Outbox) -> bool {
        let channel = Channel::Broker(broker);
        if !self.may_send(partition, broker) || !self.core.kit.connections.can_send(channel, self.core.settings.max_in_flight) {
            return false;
        }
        let config = &self.core.settings.config;
        let limits = Limits { messages: config.batch_num_messages, bytes: config.batch_size, alone: self.identity.is_some() };
        let Some(toppar) = self.toppars.get_mut(&partition) else { return false };
        let ready_at = toppar.ready_at(config.linger, limits, ctx.now);
        if ready_at > ctx.now {
            self.core.wake_at(ready_at);
            return false;
        }
        let mut batches = toppar.take(partition, limits, ctx);
        if toppar.is_empty() {
            self.waiting.remove(&partition);
        }
        self.number(partition, &mut batches);
        self.send_produce(channel, partition, batches, ctx, out);
        true
    }

    fn send_produce(
        &mut self,
        channel: Channel,
        partition: PartitionIx,
        mut batches: SmallVec<[Batch; 1]>,
        ctx: &mut Ctx<'_>,
        out: &mut Outbox,
    ) {
        let number = self.next_request;
        self.next_request += 1;
        let timeout = self.core.noticed(channel, self.answer_timeout(&batches, ctx.now), ctx.now);
        let (acks, server_timeout) = (self.core.settings.acks, self.core.settings.config.request_timeout);
        let mut entries: SmallVec<[&mut Batch; 1]> = batches.iter_mut().collect();
        self.core.kit.produce(channel, Purpose::Produce(number), &mut entries, acks, server_timeout, timeout, ctx.now, out);
        drop(entries);
        self.core.used(channel, ctx.now);
        if acks == Acks::None {
            for mut batch in batches {
                batch.entry = None;
                self.finish(&batch, ErrorCode::None, out);
            }
            return;
        }
        self.toppars.entry(partition).or_default().in_flight += 1;
        self.in_flight.insert(number, Flight { partition, batches });
    }

    /// `socket.timeout.ms`, or what is left to the first message.
    fn answer_timeout(&self, batches: &[Batch], now: Instant) -> Duration {
        let config = &self.core.settings.config;
        let first = batches.first().and_then(|b| b.records.first()).map_or(now, |(_, created)| *created);
        let left = if config.message_timeout.is_zero() { Duration::MAX } else { (first + config.message_timeout).since(now) };
        config.socket_timeout.min(left.max(LEAST_TIMEOUT))
    }

    /// Once a second, messages that have waited too long are given up.
    pub(super) fn expire(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if ctx.now < self.expiry_at {
            return;
        }
        let timeout = self.core.settings.config.message_timeout;
        let until = Instant::ZERO + ctx.now.since(Instant::ZERO + timeout);
        let (mut expired, mut oldest) = (false, None);
        for partition in self.waiting.clone() {
            let Some(toppar) = self.toppars.get_mut(&partition) else { continue };
            let (batches, messages) = toppar.expire(until);
            oldest = oldest.into_iter().chain(toppar.oldest()).min();
            if toppar.is_empty() {
                self.waiting.remove(&partition);
            }
            expired |= !batches.is_empty() || !messages.is_empty();
            for batch in batches {
                self.finish(&batch, ErrorCode::MsgTimedOut, out);
            }
            for message in messages {
                self.queued = (self.queued.0 - 1, self.queued.1 - u64::from(message.bytes));
                self.refuse(partition, message, ErrorCode::MsgTimedOut, out);
            }
        }
        self.expiry_at = oldest.map_or(Instant::MAX, |created| self.core.main_tick(created + timeout));
        if expired {
            self.bump_epoch();
        }
    }
}
