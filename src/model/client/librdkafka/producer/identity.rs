//! The producer id of an idempotent producer, and the order of its batches. Source: `rdkafka_idempotence.c`.

use super::Producer;
use super::Purpose;
use crate::engine::{Duration, Instant};
use crate::kafka::{BrokerIx, ErrorCode, PartitionIx};
use crate::model::client::kit::Batch;
use crate::model::message::Request;
use crate::model::{Ctx, Outbox};

/// The pause before a producer id is asked for again (`rd_kafka_idemp_pid_timer_restart`).
const PAUSE: Duration = Duration::from_millis(500);
/// Requests of one partition in flight (`RD_KAFKA_IDEMP_MAX_INFLIGHT`).
const MAX_IN_FLIGHT: u32 = 5;

/// Where the producer is with its id (`rd_kafka_idemp_state_t`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// To be asked for, not before this moment.
    Needed(Instant),
    Asked,
    Assigned,
    /// All that is in flight must end before a new epoch begins (`DRAIN_BUMP`).
    Draining,
}

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Identity {
    state: State,
    pub epoch: u32,
}

impl Identity {
    pub fn new(epoch: u32, known: bool) -> Self {
        Identity { state: if known { State::Assigned } else { State::Needed(Instant::ZERO) }, epoch }
    }
}

impl Producer {
    /// Asks any broker for a producer id when one is needed.
    pub(super) fn ask_producer_id(&mut self, ctx: &Ctx<'_>, out: &mut Outbox) {
        let Some(identity) = &mut self.identity else { return };
        if identity.state == State::Draining && self.in_flight.is_empty() {
            identity.state = State::Needed(ctx.now);
        }
        let State::Needed(at) = identity.state else { return };
        if at > ctx.now {
            return self.core.wake_at(at);
        }
        let Some(channel) = self.core.usable(ctx) else {
            self.core.connect_any(ctx, out);
            // A broker that comes up is asked at once.
            return;
        };
        identity.state = State::Asked;
        let timeout = self.core.noticed(channel, self.core.settings.config.socket_timeout, ctx.now);
        self.core.kit.ask(channel, Purpose::ProducerId, Request::InitProducerId, 0, timeout, ctx.now, out);
        self.core.used(channel, ctx.now);
    }

    pub(super) fn retry_producer_id(&mut self, now: Instant) {
        if let Some(identity) = &mut self.identity {
            identity.state = State::Needed(now + PAUSE);
        }
    }

    /// An id, or one epoch more of it: sequences begin anew.
    pub(super) fn producer_id_answered(&mut self, error: ErrorCode, now: Instant) {
        if !error.is_none() {
            return self.retry_producer_id(now);
        }
        let Some(identity) = &mut self.identity else { return };
        identity.state = State::Assigned;
        identity.epoch += 1;
        for toppar in self.toppars.values_mut() {
            (toppar.next_sequence, toppar.next_acked) = (0, 0);
            toppar.retries.iter_mut().for_each(|r| r.batch.sequence = None);
        }
    }

    /// `rd_kafka_idemp_drain_epoch_bump`.
    pub(super) fn bump_epoch(&mut self) {
        if let Some(identity) = &mut self.identity
            && identity.state == State::Assigned
        {
            identity.state = State::Draining;
        }
    }

    /// Whether a partition may be sent from now. After a failure, and at a new leader, an idempotent producer waits until nothing of the
    /// partition is in flight anywhere.
    pub(super) fn may_send(&mut self, partition: PartitionIx, broker: BrokerIx) -> bool {
        let Some(toppar) = self.toppars.get_mut(&partition) else { return false };
        let moved = toppar.broker.replace(broker) != Some(broker);
        let Some(identity) = self.identity else { return !self.fatal };
        toppar.wait_drain = (toppar.wait_drain || moved) && toppar.in_flight > 0;
        !self.fatal && identity.state == State::Assigned && !toppar.wait_drain && toppar.in_flight < MAX_IN_FLIGHT
    }

    /// Whether a batch is the oldest that is not acknowledged.
    pub(super) fn is_next_acked(&self, batch: &Batch) -> bool {
        self.toppars.get(&batch.partition).is_some_and(|t| batch.sequence == Some(t.next_acked))
    }

    /// Gives sequence numbers to batches that have none yet.
    pub(super) fn number(&mut self, partition: PartitionIx, batches: &mut [Batch]) {
        let (Some(identity), Some(toppar)) = (self.identity, self.toppars.get_mut(&partition)) else { return };
        for batch in batches.iter_mut().filter(|b| b.sequence.is_none()) {
            batch.sequence = Some(toppar.next_sequence);
            batch.producer_epoch = identity.epoch;
            toppar.next_sequence += batch.records.len() as u32;
        }
    }
}
