//! A consumer's `Fetch`. Source: `KafkaApis.handleFetchRequest`, `ReplicaManager.fetchMessages`, `Partition.fetchRecords`, `DelayedFetch`.
//!
//! Since KIP-392 a follower serves consumers too, asked for or not, as far as its own high watermark: only a request of a version before 11
//! is for leaders alone. What keeps a consumer from reading at a deposed leader is the epoch that it sends.

use crate::engine::Duration;
use crate::kafka::{ErrorCode, LeaderEpoch, Offset, PartitionIx};
use crate::model::broker::Broker;
use crate::model::broker::handlers::client_of_entry;
use crate::model::broker::log::{BYTES_BEFORE, ReplicaLog};
use crate::model::broker::roles::Role;
use crate::model::message::{ConsumerFetch, FetchResult, FetchSession, FetchedRecords, Response};
use crate::model::{Broken, Ctx, Journal, Outbox, Token};
use crate::observe::Fact;
use crate::observe::fact::Api;
use smallvec::SmallVec;
use std::sync::Arc;

/// Size of an answer on the wire: fixed part and each partition's, beyond the data.
const BYTES: (u32, u32) = (40, 50);
/// Most bytes of an answer, whatever the consumer asks for (`fetch.max.bytes` of the broker).
const MAX_BYTES: u32 = 55 * 1024 * 1024;

/// A consumer's fetch, as the broker keeps it while it is parked.
#[derive(Clone, Debug)]
pub(in crate::model::broker) struct ConsumerRequest {
    pub token: Token,
    pub max_wait: Duration,
    pub min_bytes: u32,
    pub max_bytes: u32,
    pub partition_max_bytes: u32,
    /// Only a leader may serve it (`FetchParams.fetchOnlyLeader`).
    pub only_leader: bool,
    pub session: FetchSession,
    pub rack: Option<Arc<str>>,
    pub entries: Vec<ConsumerFetch>,
}

/// What was read for a request.
struct Read {
    results: Vec<FetchResult>,
    bytes: u64,
    /// Something in it is not to wait: an error or another replica to ask.
    urgent: bool,
}

impl Broker {
    pub(in crate::model::broker) fn fetch(&mut self, request: ConsumerRequest, ctx: &mut Ctx, out: &mut Outbox) {
        let Some(ram) = self.ram.as_mut() else { return };
        if !ram.sessions.knows(request.session, ctx.now) {
            return self.refuse_session(&request, out);
        }
        let read = self.read_for(&request, ctx);
        let enough = read.bytes >= u64::from(request.min_bytes.min(MAX_BYTES));
        if read.urgent || enough || request.max_wait.is_zero() || request.entries.is_empty() || self.ends_at_once(&request, ctx) {
            return self.answer_fetch(&request, read, ctx, out);
        }
        let deadline = ctx.now + request.max_wait;
        let Some(ram) = self.ram.as_mut() else { return };
        ram.purgatory.consumers.park(request, deadline);
        self.arm_purgatory(out);
    }

    /// Something happened to a partition that may complete parked fetches (`DelayedOperationPurgatory.checkAndComplete`).
    pub(in crate::model::broker) fn wake_consumers(&mut self, partition: PartitionIx, ctx: &mut Ctx, out: &mut Outbox) {
        let Some(ram) = self.ram.as_ref().filter(|_| !ctx.is_broken(Broken::ParkedFetchNotWoken)) else { return };
        for id in ram.purgatory.consumers.watching(partition) {
            let Some(request) = self.ram.as_ref().and_then(|ram| ram.purgatory.consumers.get(id)) else { continue };
            if self.is_complete(request, partition, ctx) {
                self.answer_parked_consumer(id, ctx, out);
            }
        }
    }

    /// `DelayedFetch.tryComplete`, after something happened to `partition`.
    fn is_complete(&self, request: &ConsumerRequest, partition: PartitionIx, ctx: &Ctx) -> bool {
        let above = |e: &ConsumerFetch| self.disk.replicas.get(&partition).is_some_and(|log| log.high_watermark > e.fetch_offset);
        // As a rule one byte is enough, and then nobody has to look at the other partitions.
        let some = request.min_bytes <= 1 && request.entries.iter().any(|e| e.partition == partition && above(e));
        some || self.ends_at_once(request, ctx) || self.readable(request, ctx) >= u64::from(request.min_bytes)
    }

    /// Answers every parked fetch whose time is over with what there is.
    pub(in crate::model::broker) fn expire_consumers(&mut self, ctx: &mut Ctx, out: &mut Outbox) {
        while let Some(id) = self.ram.as_ref().and_then(|ram| ram.purgatory.consumers.late(ctx.now)) {
            self.answer_parked_consumer(id, ctx, out);
        }
    }

    /// Reads again, and answers whatever comes of it (`DelayedFetch.onComplete`).
    fn answer_parked_consumer(&mut self, id: u64, ctx: &mut Ctx, out: &mut Outbox) {
        let Some(request) = self.ram.as_mut().and_then(|ram| ram.purgatory.consumers.take(id)) else { return };
        let read = self.read_for(&request, ctx);
        self.answer_fetch(&request, read, ctx, out);
    }

    /// What completes a fetch that waits, whatever bytes there are (`DelayedFetch.tryComplete`, cases A to F): an error now, or an offset beyond
    /// what the broker may give. So a consumer that is ahead of the high watermark of a new leader or of a follower is answered at once, and
    /// asks at the speed of the network until the high watermark has come to it.
    fn ends_at_once(&self, request: &ConsumerRequest, ctx: &Ctx) -> bool {
        request.entries.iter().any(|e| {
            let error = self.check_consumer(e.partition, e.leader_epoch, request.only_leader, ctx);
            !error.is_none() || self.disk.replicas.get(&e.partition).is_none_or(|log| e.fetch_offset > log.high_watermark)
        })
    }

    /// Bytes that a parked fetch could be given now.
    fn readable(&self, request: &ConsumerRequest, ctx: &Ctx) -> u64 {
        let of = |e: &ConsumerFetch| {
            let log = self.disk.replicas.get(&e.partition)?;
            let bytes: u64 = log.records(e.partition, ctx.journal, e.fetch_offset, log.high_watermark).map(|(_, bytes)| bytes).sum();
            Some(bytes.min(u64::from(request.partition_max_bytes)))
        };
        request.entries.iter().filter_map(of).sum()
    }

    /// Is the partition there, does the epoch fit, and may this replica serve it: in this order (`KafkaApis.handleFetchRequest`,
    /// `ReplicaManager.getPartitionOrException`, `Partition.localLogWithEpochOrThrow`).
    pub(in crate::model::broker) fn check_consumer(
        &self,
        partition: PartitionIx,
        epoch: Option<LeaderEpoch>,
        only_leader: bool,
        ctx: &Ctx,
    ) -> ErrorCode {
        let image = self.image().unwrap_or_default();
        let topic = ctx.spec.partitions[partition.index()].topic;
        if ctx.history.topic(topic, image).is_none() || ctx.history.partition(partition, image).is_none() {
            return ErrorCode::UnknownTopicOrPartition;
        }
        let Some(role) = self.ram.as_ref().and_then(|ram| ram.roles.get(&partition)) else { return ErrorCode::NotLeaderOrFollower };
        match epoch {
            Some(epoch) if epoch < role.leader_epoch() => ErrorCode::FencedLeaderEpoch,
            Some(epoch) if epoch > role.leader_epoch() => ErrorCode::UnknownLeaderEpoch,
            Some(_) | None if only_leader && matches!(role, Role::Follower { .. }) => ErrorCode::NotLeaderOrFollower,
            Some(_) | None => ErrorCode::None,
        }
    }

    fn read_for(&self, request: &ConsumerRequest, ctx: &Ctx) -> Read {
        let mut read = Read { results: Vec::with_capacity(request.entries.len()), bytes: 0, urgent: false };
        for entry in &request.entries {
            let mut result = FetchResult {
                entry: entry.entry,
                partition: entry.partition,
                error: self.check_consumer(entry.partition, entry.leader_epoch, request.only_leader, ctx),
                hint: None,
                high_watermark: Offset(0),
                records: SmallVec::new(),
                preferred_replica: None,
            };
            if let Some(log) = self.disk.replicas.get(&entry.partition).filter(|_| result.error.is_none()) {
                result.high_watermark = log.high_watermark;
                result.preferred_replica = self.nearest_replica(entry.partition, entry.fetch_offset, request.rack.as_deref(), ctx);
                if entry.fetch_offset > log.end() {
                    result.error = ErrorCode::OffsetOutOfRange;
                } else if result.preferred_replica.is_none() {
                    let left = u64::from(request.max_bytes.min(MAX_BYTES)).saturating_sub(read.bytes);
                    let share = left.min(u64::from(request.partition_max_bytes));
                    let up_to = if ctx.is_broken(Broken::UncommittedRecordsServed) { log.end() } else { log.high_watermark };
                    let (records, bytes) = data(log, entry, up_to, share, read.bytes == 0, ctx.journal);
                    result.records = records;
                    read.bytes += bytes;
                }
            }
            if !result.error.is_none() {
                result.preferred_replica = None;
            }
            read.urgent |= !result.error.is_none() || result.preferred_replica.is_some();
            read.results.push(result);
        }
        read
    }

    fn refuse_session(&mut self, request: &ConsumerRequest, out: &mut Outbox) {
        let error = ErrorCode::FetchSessionIdNotFound;
        for e in &request.entries {
            let client = client_of_entry(e.entry);
            out.fact(Fact::EntryAnswered { client, broker: self.ix, partition: e.partition, entry: e.entry, error });
        }
        self.fetch_served(request, BYTES.0, out);
        let response = Response::Fetch { broker: self.ix, error, session: FetchSession::None, results: Vec::new() };
        out.reply(request.token, response, BYTES.0);
    }

    fn answer_fetch(&mut self, request: &ConsumerRequest, mut read: Read, ctx: &mut Ctx, out: &mut Outbox) {
        for result in &mut read.results {
            // `KafkaApis.handleFetchRequest`, from version 16 on.
            let hinted = matches!(result.error, ErrorCode::NotLeaderOrFollower | ErrorCode::FencedLeaderEpoch);
            if hinted && ctx.rules.leader_hints {
                result.hint = self.leader_hint(result.partition, ctx);
            }
            let (client, error) = (client_of_entry(result.entry), result.error);
            out.fact(Fact::EntryAnswered { client, broker: self.ix, partition: result.partition, entry: result.entry, error });
        }
        let Some(ram) = self.ram.as_mut() else { return };
        let session = ram.sessions.settle(request.session, &mut read.results, ctx.now);
        let bytes = u64::from(BYTES.0) + u64::from(BYTES.1) * read.results.len() as u64 + read.bytes;
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.fetch_served(request, bytes, out);
        out.reply(request.token, Response::Fetch { broker: self.ix, error: ErrorCode::None, session, results: read.results }, bytes);
    }

    fn fetch_served(&self, request: &ConsumerRequest, bytes: u32, out: &mut Outbox) {
        let client = request.entries.first().map(|e| client_of_entry(e.entry)).unwrap_or_default();
        self.served(client, Api::Fetch, Duration::ZERO, bytes, out);
    }
}

/// The batches from the fetch offset to the high watermark that fit into `share` bytes; the first of an answer is given whole, however large
/// (`minOneMessage`), and a batch of which only a part fits is of no use to the consumer and left out.
fn data(
    log: &ReplicaLog,
    entry: &ConsumerFetch,
    up_to: Offset,
    share: u64,
    at_least_one: bool,
    journal: &Journal,
) -> (SmallVec<[FetchedRecords; 2]>, u64) {
    let mut records = SmallVec::new();
    let mut size = 0;
    for (mut run, bytes) in log.records(entry.partition, journal, entry.fetch_offset, up_to) {
        let must = at_least_one && records.is_empty();
        let left = share.saturating_sub(size);
        if bytes > left && run.batch.is_none() {
            // Records from before the run stand one by one.
            let fit = (left / BYTES_BEFORE).max(u64::from(must));
            run.end = Offset(run.base.0 + fit);
            if fit > 0 {
                records.push(run);
                size += fit * BYTES_BEFORE;
            }
            break;
        }
        if bytes > left && !must {
            break;
        }
        records.push(run);
        size += bytes;
    }
    (records, size)
}
