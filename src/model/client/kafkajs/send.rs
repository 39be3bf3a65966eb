//! One `send()` from its first attempt to its end. Source: `producer/sendMessages.js`.

use super::cluster::Outcome;
use super::failure::Failure;
use super::producer::Producer;
use super::retrier::Ladder;
use super::{Purpose, Track, Waiter};
use crate::engine::{Instant, mix};
use crate::kafka::{BrokerIx, ErrorCode, TopicIx};
use crate::model::client::kit::{Batch, reference};
use crate::model::message::Acks;
use crate::model::{Channel, Ctx, Outbox};

/// What the draws of a send's pauses are addressed by.
const SEND: u64 = 3;

/// A `send()` of one record.
#[derive(Clone, Debug)]
pub(super) struct Send {
    topic: TopicIx,
    batch: Batch,
    retries: Ladder,
    stage: Stage,
}

/// What it waits for.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Stage {
    /// Metadata that it may use.
    Metadata,
    /// A connection to the leader.
    Connecting(BrokerIx),
    /// The answer, or room on the connection.
    Sent(BrokerIx),
    /// The refresh of `findBroker`, after which the failure counts.
    Searching(Failure),
    /// The refresh after a failure, before the pause.
    Repairing(Failure),
    /// The next attempt.
    Pausing(Instant),
}

impl Send {
    /// A send whose first attempt has not begun.
    pub(super) fn new(topic: TopicIx, batch: Batch, producer: &Producer) -> Self {
        let address = mix(SEND, batch.address());
        let retries = Ladder::new(producer.settings.cluster.retry, producer.cluster.draws.retry, address);
        Send { topic, batch, retries, stage: Stage::Metadata }
    }

    /// When its pause ends, if it pauses.
    pub(super) fn pause_until(&self) -> Option<Instant> {
        match self.stage {
            Stage::Pausing(at) => Some(at),
            Stage::Metadata | Stage::Connecting(_) | Stage::Sent(_) | Stage::Searching(_) | Stage::Repairing(_) => None,
        }
    }
}

impl Producer {
    /// An attempt begins: `addMultipleTargetTopics`, then `refreshMetadataIfNecessary`.
    pub(super) fn attempt(&mut self, key: u64, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(send) = self.sends.get_mut(&key) else { return };
        send.stage = Stage::Metadata;
        let topic = send.topic;
        if let Err(i) = self.cluster.topics.binary_search(&topic) {
            self.cluster.topics.insert(i, topic);
            self.cluster.refresh(Track::Forced, Waiter::Send(key), ctx, out);
        } else if self.cluster.is_stale(topic, ctx) {
            self.cluster.refresh(Track::IfNecessary, Waiter::Send(key), ctx, out);
        } else {
            self.find_broker(key, ctx, out);
        }
    }

    /// `findLeaderForPartitions`, `Cluster.findBroker`.
    fn find_broker(&mut self, key: u64, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(send) = self.sends.get_mut(&key) else { return };
        let leader = self.cluster.kit.cache.belief(send.batch.partition, reference(ctx)).0;
        match leader.filter(|b| self.cluster.pool.contains(b)) {
            Some(broker) => {
                send.stage = Stage::Connecting(broker);
                self.cluster.connect(Waiter::Send(key), Channel::Broker(broker), broker, ctx, out);
            }
            None => self.search(key, Failure::BrokerNotFound, ctx, out),
        }
    }

    /// `Cluster.findBroker` failed: the client probably has stale metadata.
    fn search(&mut self, key: u64, failure: Failure, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if let Some(send) = self.sends.get_mut(&key) {
            send.stage = Stage::Searching(failure);
            self.cluster.refresh(Track::Forced, Waiter::Send(key), ctx, out);
        }
    }

    /// What a send waited for is there, or has failed.
    pub(super) fn proceed(&mut self, key: u64, outcome: Outcome, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(send) = self.sends.get(&key) else { return };
        match (send.stage, outcome) {
            (Stage::Metadata, Ok(())) => self.find_broker(key, ctx, out),
            (Stage::Connecting(broker), Ok(())) => self.submit(key, broker, ctx, out),
            (Stage::Connecting(_), Err(failure)) => self.search(key, failure, ctx, out),
            (Stage::Searching(failure), Ok(())) | (Stage::Metadata | Stage::Searching(_), Err(failure)) => {
                self.failed(key, failure, ctx, out);
            }
            (Stage::Repairing(failure), Ok(())) | (Stage::Repairing(_), Err(failure)) => self.pause(key, failure, ctx, out),
            (Stage::Sent(_) | Stage::Pausing(_), _) => {}
        }
    }

    fn submit(&mut self, key: u64, broker: BrokerIx, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if let Some(send) = self.sends.get_mut(&key) {
            send.stage = Stage::Sent(broker);
        }
        if self.cluster.may_write(Channel::Broker(broker), Purpose::Produce(key)) {
            self.write(Channel::Broker(broker), key, ctx, out);
        }
    }

    /// The request leaves.
    pub(super) fn write(&mut self, channel: Channel, key: u64, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let timeout = self.cluster.timeout_from(channel, ctx.now);
        let Some(send) = self.sends.get_mut(&key) else { return };
        let (acks, server_timeout) = (self.settings.acks, self.settings.timeout);
        let purpose = Purpose::Produce(key);
        self.cluster.kit.produce(channel, purpose, &mut [&mut send.batch], acks, server_timeout, timeout, ctx.now, out);
        if acks == Acks::None {
            self.finish(key, ErrorCode::None, out);
        }
    }

    /// The broker's answer.
    pub(super) fn answered(&mut self, key: u64, error: ErrorCode, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(send) = self.sends.get_mut(&key) else { return };
        self.cluster.kit.returned(&mut send.batch, error, out);
        if error.is_none() {
            self.finish(key, error, out);
        } else {
            self.failed(key, Failure::Protocol(error), ctx, out);
        }
    }

    /// There will be no answer that anybody waits for.
    pub(super) fn unanswered(&mut self, key: u64, failure: Failure, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(send) = self.sends.get_mut(&key) else { return };
        let Stage::Sent(broker) = send.stage else { return };
        self.cluster.kit.unreachable(&mut send.batch, broker, failure.unreachable(), out);
        self.failed(key, failure, ctx, out);
    }

    /// The attempt has failed: refresh now where the kind of failure asks for it, and pause then.
    fn failed(&mut self, key: u64, failure: Failure, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if let Failure::Closed(broker) = failure {
            self.cluster.remove(broker);
        }
        // With no broker connected at all it connects to a seed first; the refresh does so by itself.
        if failure.refreshes() || !self.cluster.has_connected(ctx) {
            if let Some(send) = self.sends.get_mut(&key) {
                send.stage = Stage::Repairing(failure);
            }
            self.cluster.refresh(Track::Forced, Waiter::Send(key), ctx, out);
        } else {
            self.pause(key, failure, ctx, out);
        }
    }

    fn pause(&mut self, key: u64, failure: Failure, ctx: &Ctx<'_>, out: &mut Outbox) {
        let Some(send) = self.sends.get_mut(&key) else { return };
        match send.retries.next().filter(|_| failure.is_retriable()) {
            Some(pause) => send.stage = Stage::Pausing(ctx.now + pause),
            None => self.finish(key, failure.code(), out),
        }
    }

    /// The promise of the send is settled.
    fn finish(&mut self, key: u64, error: ErrorCode, out: &mut Outbox) {
        let Some(mut send) = self.sends.remove(&key) else { return };
        send.batch.entry = None;
        self.cluster.kit.finish(&send.batch, error, &mut self.application, out);
    }
}
