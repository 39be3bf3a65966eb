//! Fetches: one under way for each broker, with all partitions that may be fetched, outside of any session. Source:
//! `rd_kafka_broker_consumer_serve`, `rd_kafka_broker_fetch_toppars`, `rd_kafka_fetch_reply_handle_partition`.

use super::Consumer;
use super::reader::Message;
use super::toppar::{LEASE, LEASE_GUARD, State, Toppar};
use crate::engine::Instant;
use crate::kafka::{BrokerIx, ErrorCode, PartitionIx};
use crate::model::client::librdkafka::Purpose;
use crate::model::message::{ConsumerFetch, FetchResult, FetchSession, Request};
use crate::model::{Channel, Ctx, Outbox};
use crate::observe::Fact;
use crate::observe::fact::{Position as Why, Unreachable};
use std::sync::Arc;

/// What a fetch weighs, and each partition in it, in bytes.
const FETCH_BYTES: u32 = 60;
const PARTITION_BYTES: u32 = 40;

impl Consumer {
    /// Every broker thread: a fetch when none is under way and something may be fetched; a broker with such partitions stays connected.
    pub(super) fn fetch(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let mut due: Vec<(BrokerIx, Vec<PartitionIx>)> = Vec::new();
        for (partition, toppar) in &mut self.toppars {
            let Some(broker) = toppar.broker() else { continue };
            let Some(at) = full_or_ready(toppar, &self.core.settings, ctx.now) else { continue };
            let at = at.max(self.pauses.get(&broker).copied().unwrap_or(Instant::ZERO));
            let i = due.iter().position(|(b, _)| *b == broker).unwrap_or_else(|| {
                due.push((broker, Vec::new()));
                due.len() - 1
            });
            if at > ctx.now {
                self.core.wake = self.core.wake.min(at);
            } else {
                due[i].1.push(*partition);
            }
        }
        for (broker, partitions) in due {
            if !self.core.kit.connections.is_ready(Channel::Broker(broker)) {
                self.core.want(broker, ctx, out);
            } else if !partitions.is_empty() && !self.fetching.contains(&broker) {
                self.send_fetch(broker, &partitions, ctx, out);
            }
        }
    }

    fn send_fetch(&mut self, broker: BrokerIx, partitions: &[PartitionIx], ctx: &Ctx<'_>, out: &mut Outbox) {
        let client = self.core.kit.index;
        let mut entries = Vec::new();
        for &partition in partitions {
            let entry = self.core.kit.new_entry();
            let Some(toppar) = self.toppars.get(&partition) else { continue };
            entries.push(ConsumerFetch {
                entry,
                partition,
                fetch_offset: toppar.next,
                leader_epoch: toppar.leader_epoch,
                from_follower: toppar.leader != Some(broker),
            });
            out.fact(Fact::EntrySent { client, broker, partition, entry, batch: None, attempt: toppar.failures });
        }
        let (channel, config) = (Channel::Broker(broker), &self.core.settings.config);
        let request = Request::Fetch {
            only_leader: false,
            max_wait: config.fetch_wait_max,
            min_bytes: config.fetch_min_bytes,
            max_bytes: config.fetch_max_bytes,
            partition_max_bytes: config.fetch_message_max_bytes,
            isolation: self.core.settings.isolation(),
            session: FetchSession::None,
            rack: Some(config.client_rack.as_str()).filter(|r| !r.is_empty()).map(Arc::from),
            entries: entries.clone(),
        };
        let timeout = self.core.noticed(channel, config.socket_timeout + config.fetch_wait_max, ctx.now);
        let bytes = FETCH_BYTES + PARTITION_BYTES * entries.len() as u32;
        self.fetching.insert(broker);
        self.core.kit.ask(channel, Purpose::Fetch(entries), request, bytes, timeout, ctx.now, out);
        self.core.used(channel, ctx.now);
    }

    /// A broker answered. Answers about a partition that is elsewhere by now, or is read from another offset, are dropped.
    pub(super) fn fetched(
        &mut self,
        broker: BrokerIx,
        entries: &[ConsumerFetch],
        error: ErrorCode,
        results: Vec<FetchResult>,
        ctx: &mut Ctx<'_>,
        out: &mut Outbox,
    ) {
        self.fetching.remove(&broker);
        if !error.is_none() {
            self.pause_broker(broker, ctx.now);
        }
        let mut hints = Vec::new();
        for entry in entries {
            let result = results.iter().find(|r| r.entry == entry.entry);
            let own = result.map_or(ErrorCode::None, |r| r.error);
            let error = if error.is_none() { own } else { error };
            out.fact(Fact::EntryReturned { client: self.core.kit.index, partition: entry.partition, entry: entry.entry, error });
            let Some(toppar) = self.toppars.get_mut(&entry.partition) else { continue };
            toppar.failures = if error.is_none() { 0 } else { toppar.failures + 1 };
            if toppar.broker() != Some(broker) || toppar.next != entry.fetch_offset || toppar.state != State::Active {
                continue;
            }
            let Some(result) = result else { continue };
            hints.extend(result.hint.map(|hint| (entry.partition, hint)));
            self.take_result(broker, result, ctx, out);
        }
        for (partition, hint) in hints {
            self.core.hinted(broker, partition, hint, ctx, out);
        }
        self.read(ctx, out);
    }

    fn take_result(&mut self, broker: BrokerIx, result: &FetchResult, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if let Some(replica) = result.preferred_replica {
            return self.prefer(result.partition, replica, ctx, out);
        }
        if !result.error.is_none() {
            return self.fetch_failed(broker, result, ctx, out);
        }
        let Some(toppar) = self.toppars.get_mut(&result.partition) else { return };
        for run in &result.records {
            if run.end <= toppar.next {
                continue;
            }
            let base = run.base.max(toppar.next);
            (toppar.next, toppar.epoch) = (run.end, Some(run.leader_epoch));
            toppar.queued += run.end.0 - base.0;
            self.reader.push(Message { partition: result.partition, batch: run.batch, base, end: run.end });
        }
    }

    /// `rd_kafka_fetch_reply_handle_partition_error`: the leader is looked for, and the partition waits `fetch.error.backoff.ms`.
    fn fetch_failed(&mut self, broker: BrokerIx, result: &FetchResult, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let pause = ctx.now + self.core.settings.config.fetch_error_backoff;
        let Some(toppar) = self.toppars.get_mut(&result.partition) else { return };
        toppar.pause = pause;
        let from_follower = toppar.leader != Some(broker);
        if result.error == ErrorCode::OffsetOutOfRange {
            let ahead = toppar.next > result.high_watermark;
            return if from_follower && ahead { self.leave_replica(result.partition, out) } else { self.reset(result.partition, ctx.now) };
        }
        if from_follower {
            self.leave_replica(result.partition, out);
        }
        let refreshes = matches!(
            result.error,
            ErrorCode::OffsetNotAvailable
                | ErrorCode::UnknownTopicOrPartition
                | ErrorCode::LeaderNotAvailable
                | ErrorCode::NotLeaderOrFollower
                | ErrorCode::ReplicaNotAvailable
                | ErrorCode::KafkaStorageError
                | ErrorCode::UnknownLeaderEpoch
                | ErrorCode::FencedLeaderEpoch
                | ErrorCode::UnknownTopicId
        );
        if refreshes {
            let topic = ctx.spec.partitions[result.partition.index()].topic;
            self.core.leader_unavailable(topic, ctx, out);
        }
    }

    /// Where to read when the position is out of range (`rd_kafka_offset_reset`). With `error` the application would be told; here the
    /// partition is then read no further.
    pub(super) fn reset(&mut self, partition: PartitionIx, now: Instant) {
        let spec = self.core.settings.reset();
        if let (Some(spec), Some(toppar)) = (spec, self.toppars.get_mut(&partition)) {
            toppar.enter(State::Asking { spec, why: Why::Reset }, now);
        }
    }

    /// `rd_kafka_fetch_preferred_replica_handle`.
    fn prefer(&mut self, partition: PartitionIx, replica: BrokerIx, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let pause = ctx.now + self.core.settings.config.fetch_error_backoff;
        let known = self.core.kit.cache.lists(replica, ctx.history);
        let Some(toppar) = self.toppars.get_mut(&partition) else { return };
        if toppar.leased_at.is_some_and(|at| ctx.now < at + LEASE_GUARD) {
            toppar.pause = pause;
        } else {
            toppar.leased_at = Some(ctx.now);
        }
        if !known {
            toppar.pause = pause;
            return self.core.refresh_known(ctx, out);
        }
        if toppar.leader == Some(replica) {
            return;
        }
        (toppar.replica, toppar.lease_until) = (Some(replica), ctx.now + LEASE);
        if self.core.settings.policies.move_clears_backoff {
            toppar.pause = Instant::ZERO;
        }
        out.fact(Fact::ReplicaChosen { client: self.core.kit.index, partition, replica: Some(replica) });
    }

    /// `rd_kafka_toppar_delegate_to_leader`.
    pub(super) fn leave_replica(&mut self, partition: PartitionIx, out: &mut Outbox) {
        let Some(toppar) = self.toppars.get_mut(&partition) else { return };
        if toppar.replica.take().is_some() {
            toppar.pause = Instant::ZERO;
            out.fact(Fact::ReplicaChosen { client: self.core.kit.index, partition, replica: None });
        }
    }

    /// A fetch came to nothing: its broker is left alone for `fetch.error.backoff.ms`.
    pub(super) fn fetch_lost(&mut self, broker: BrokerIx, entries: &[ConsumerFetch], how: Unreachable, ctx: &Ctx<'_>, out: &mut Outbox) {
        self.fetching.remove(&broker);
        self.pause_broker(broker, ctx.now);
        for &ConsumerFetch { entry, partition, .. } in entries {
            if let Some(toppar) = self.toppars.get_mut(&partition) {
                toppar.failures += 1;
            }
            out.fact(Fact::EntryUnreachable { client: self.core.kit.index, broker, partition, entry, how });
        }
    }

    fn pause_broker(&mut self, broker: BrokerIx, now: Instant) {
        self.pauses.insert(broker, now + self.core.settings.config.fetch_error_backoff);
    }
}

/// When a partition may be fetched; with a full queue it waits `fetch.queue.backoff.ms` (`rd_kafka_toppar_fetch_decide`).
fn full_or_ready(toppar: &mut Toppar, settings: &crate::model::client::librdkafka::settings::Settings, now: Instant) -> Option<Instant> {
    let at = toppar.fetch_at(now)?;
    if at <= now && toppar.queued >= u64::from(settings.config.queued_min_messages) {
        toppar.pause = now + settings.config.fetch_queue_backoff;
        return Some(toppar.pause);
    }
    Some(at)
}
