//! What every library does in the same way: how connections are opened and greeted, what a request weighs, how the entries of a produce
//! request and the fates of records become facts. When any of it happens is the library's own affair.

use super::application::{Application, Done};
use super::cache::{Cache, Reference};
use super::connections::Connections;
use crate::engine::{Duration, Instant, Tally, mix};
use crate::kafka::{BrokerIx, ClientIx, ErrorCode, PartitionIx, TopicIx};
use crate::model::message::{Acks, ProduceEntry, Request, Topics};
use crate::model::{Channel, Ctx, Outbox, TimerKind};
use crate::observe::Fact;
use crate::observe::fact::{BatchId, EntryId, RecordId, Refresh, Unreachable};
use smallvec::SmallVec;

/// What small requests weigh, in bytes, and each topic named in one.
const SMALL_REQUEST: u32 = 40;
const TOPIC_BYTES: u32 = 30;
/// What a produce request weighs beside its records.
const PRODUCE_OVERHEAD: u32 = 60;
/// Size of an empty batch (`DefaultRecordBatch.RECORD_BATCH_OVERHEAD`).
const BATCH_OVERHEAD: u32 = 61;

/// The parts that a client of any library has; `P` is what its requests in flight are for.
#[derive(Clone, Debug)]
pub(super) struct Kit<P> {
    pub index: ClientIx,
    /// Whether the process runs.
    pub up: bool,
    pub connections: Connections<P>,
    pub cache: Cache,
    armed: Option<Instant>,
    // What outlives the process, so that numbers and addresses stay unique in a run.
    records: RecordId,
    entries: u64,
    done: Tally,
}

/// Records on their way to one partition: what a library sends, and sends again, as one.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    pub id: BatchId,
    pub partition: PartitionIx,
    /// Each with when it was handed over.
    pub records: Vec<(RecordId, Instant)>,
    pub bytes: u32,
    /// How often it has been sent.
    pub sent: u32,
    /// Failed attempts that count against the library's budget.
    pub retries: u32,
    /// The request entry that carries it now.
    pub entry: Option<EntryId>,
    /// First sequence number, once an idempotent producer has given it one.
    pub sequence: Option<u32>,
    pub producer_epoch: u32,
}

/// The metadata and names that a client may read, up to its own offsets.
pub(super) fn reference<'a>(ctx: &'a Ctx<'_>) -> Reference<'a> {
    Reference { history: ctx.history, spec: ctx.spec }
}

impl Batch {
    /// An empty batch.
    pub(super) fn new(partition: PartitionIx, ctx: &mut Ctx<'_>) -> Self {
        Batch {
            id: ctx.journal.new_batch(),
            partition,
            records: Vec::new(),
            bytes: BATCH_OVERHEAD,
            sent: 0,
            retries: 0,
            entry: None,
            sequence: None,
            producer_epoch: 0,
        }
    }

    /// Adds a record.
    pub(super) fn push(&mut self, record: RecordId, created_at: Instant, bytes: u32) {
        self.records.push((record, created_at));
        self.bytes += bytes;
    }

    /// What its draws are addressed by: the first record's number.
    pub(super) fn address(&self) -> u64 {
        self.records.first().map_or(0, |r| r.0)
    }
}

impl<P> Kit<P> {
    /// A client that does not run yet.
    pub(super) fn new(index: ClientIx, connections: Connections<P>, cache: Cache) -> Self {
        Kit { index, up: false, connections, cache, armed: None, records: 0, entries: 0, done: Tally::default() }
    }

    /// The process is gone: these take the place of what it held.
    pub(super) fn reset(&mut self, connections: Connections<P>, cache: Cache) {
        self.up = false;
        self.connections = connections;
        self.cache = cache;
        self.armed = None;
    }

    /// A record begins.
    pub(super) fn new_record(&mut self, partition: PartitionIx, out: &mut Outbox) -> RecordId {
        let record = self.records;
        self.records += 1;
        out.fact(Fact::RecordCreated { client: self.index, record, partition });
        record
    }

    /// The number of the next record.
    pub(super) fn next_record(&self) -> RecordId {
        self.records
    }

    /// The partitions of a topic as the client knows them; those that there are, while it knows none. What an operator asked for and was
    /// refused has an index too, but is no partition.
    pub(super) fn partitions<'a>(&self, topic: TopicIx, ctx: &'a Ctx<'_>) -> &'a [PartitionIx] {
        let existing = ctx.history.topic(topic, ctx.history.last()).map(|t| t.partitions.as_slice());
        let all = existing.unwrap_or(&ctx.spec.topics[topic.index()].partitions);
        let known = self.cache.partition_count(topic, ctx.history).unwrap_or(all.len());
        &all[..known.min(all.len())]
    }

    /// The brokers that lead partitions of these topics, as the client believes, ascending.
    pub(super) fn leaders(&self, topics: &[TopicIx], ctx: &Ctx<'_>) -> Vec<BrokerIx> {
        let partitions = topics.iter().flat_map(|t| ctx.spec.topics[t.index()].partitions.iter());
        let mut leaders: Vec<_> = partitions.filter_map(|p| self.cache.belief(*p, reference(ctx)).0).collect();
        leaders.sort_unstable();
        leaders.dedup();
        leaders
    }

    /// A number for one partition's entry in a request.
    pub(super) fn new_entry(&mut self) -> EntryId {
        self.entries += 1;
        (u64::from(self.index.0) << 40) | (self.entries - 1)
    }

    /// How often this client has done `what` before, to address a draw that nothing else numbers.
    pub(super) fn times(&mut self, what: u64) -> u64 {
        self.done.next(what)
    }

    /// What the delays of a request are drawn by that is neither a greeting nor carries records: how many of its kind have left on the channel.
    fn next_address(&mut self, channel: Channel, request: &Request) -> u64 {
        let place = self.connections.get(channel).map_or(0, |c| c.entity());
        let errand = mix(request.errand(), place);
        mix(errand, self.times(errand))
    }

    /// Opens a connection.
    pub(super) fn open(&mut self, channel: Channel, broker: BrokerIx, ctx: &Ctx<'_>, out: &mut Outbox) {
        self.connections.connecting(channel, broker, ctx.spec.broker_key(broker), ctx.now);
        out.fact(Fact::ConnectionOpening { client: self.index, broker });
        out.open(channel, ctx.spec.brokers[broker.index()].node);
    }

    /// TCP is up: asks for the broker's versions, the first request on every connection.
    pub(super) fn greet(&mut self, channel: Channel, purpose: P, timeout: Duration, now: Instant, out: &mut Outbox) {
        let Some(connection) = self.connections.get(channel) else { return };
        let request = Request::ApiVersions;
        let address = mix(request.errand(), mix(connection.entity(), connection.attempts));
        self.connections.checking_api_versions(channel, now);
        let correlation = self.connections.send(channel, purpose, Some(timeout), now);
        out.request(channel, correlation, request, SMALL_REQUEST, address);
    }

    /// The connection takes requests from now on.
    pub(super) fn ready(&mut self, channel: Channel, now: Instant, out: &mut Outbox) {
        self.connections.ready(channel, now);
        if let Some(connection) = self.connections.get(channel) {
            out.fact(Fact::ConnectionReady { client: self.index, broker: connection.broker });
        }
    }

    /// The connection, or its attempt, is over: what was in flight on it, oldest first. The library closes what it gives up itself.
    pub(super) fn lost(&mut self, channel: Channel, how: Unreachable, now: Instant, out: &mut Outbox) -> Vec<P> {
        let Some(broker) = self.connections.get(channel).map(|c| c.broker) else { return Vec::new() };
        out.fact(Fact::ConnectionLost { client: self.index, broker, how });
        self.connections.lost(channel, now).into_iter().map(|f| f.purpose).collect()
    }

    /// Sends a request that has no records in it.
    #[expect(clippy::too_many_arguments)]
    pub(super) fn ask(
        &mut self,
        channel: Channel,
        purpose: P,
        request: Request,
        bytes: u32,
        timeout: Duration,
        now: Instant,
        out: &mut Outbox,
    ) {
        let address = self.next_address(channel, &request);
        let correlation = self.connections.send(channel, purpose, Some(timeout), now);
        out.request(channel, correlation, request, SMALL_REQUEST + bytes, address);
    }

    /// Asks a broker for metadata of these topics.
    pub(super) fn ask_metadata(
        &mut self,
        channel: Channel,
        purpose: P,
        topics: &[TopicIx],
        timeout: Duration,
        now: Instant,
        out: &mut Outbox,
    ) {
        let Some(broker) = self.connections.get(channel).map(|c| c.broker) else { return };
        out.fact(Fact::Refreshed { client: self.index, what: Refresh::Sent(broker) });
        let named = if topics.is_empty() { Topics::None } else { Topics::Some(topics.iter().copied().collect()) };
        let bytes = TOPIC_BYTES * topics.len() as u32;
        self.ask(channel, purpose, Request::Metadata { topics: named }, bytes, timeout, now, out);
    }

    /// Sends batches in one produce request. The broker waits `server_timeout` for replication, the client `timeout` for the answer; with
    /// acks=0 there is none, and the caller finishes the batches at once.
    #[expect(clippy::too_many_arguments)]
    pub(super) fn produce(
        &mut self,
        channel: Channel,
        purpose: P,
        batches: &mut [&mut Batch],
        acks: Acks,
        server_timeout: Duration,
        timeout: Duration,
        now: Instant,
        out: &mut Outbox,
    ) {
        let Some(broker) = self.connections.get(channel).map(|c| c.broker) else { return };
        let Some(first) = batches.first() else { return };
        let attempt = mix(first.address(), u64::from(first.sent));
        let mut entries: SmallVec<[ProduceEntry; 2]> = SmallVec::new();
        let mut bytes = PRODUCE_OVERHEAD;
        for batch in batches.iter_mut() {
            let entry = self.new_entry();
            let partition = batch.partition;
            batch.entry = Some(entry);
            bytes += batch.bytes;
            entries.push(ProduceEntry {
                entry,
                partition,
                batch: batch.id,
                records: batch.records.len() as u32,
                bytes: batch.bytes,
                sequence: batch.sequence,
                producer_epoch: batch.producer_epoch,
            });
            out.fact(Fact::EntrySent { client: self.index, broker, partition, entry, batch: Some(batch.id), attempt: batch.sent });
            batch.sent += 1;
        }
        let awaited = (acks != Acks::None).then_some(timeout);
        let correlation = self.connections.send(channel, purpose, awaited, now);
        let request = Request::Produce { acks, timeout: server_timeout, entries };
        let address = mix(request.errand(), attempt);
        out.request(channel, correlation, request, bytes, address);
    }

    /// The answer to a batch's entry is here.
    pub(super) fn returned(&self, batch: &mut Batch, error: ErrorCode, out: &mut Outbox) {
        if let Some(entry) = batch.entry.take() {
            out.fact(Fact::EntryReturned { client: self.index, partition: batch.partition, entry, error });
        }
    }

    /// A batch's entry is given up without an answer.
    pub(super) fn unreachable(&self, batch: &mut Batch, broker: BrokerIx, how: Unreachable, out: &mut Outbox) {
        if let Some(entry) = batch.entry.take() {
            out.fact(Fact::EntryUnreachable { client: self.index, broker, partition: batch.partition, entry, how });
        }
    }

    /// Tells the application the fate of a batch's records.
    pub(super) fn finish(&self, batch: &Batch, error: ErrorCode, application: &mut Application, out: &mut Outbox) {
        for &(record, created_at) in &batch.records {
            application.told(Done { record, partition: batch.partition, batch: Some(batch.id), created_at, error }, out);
        }
    }

    /// Wants to be woken at this moment, unless an earlier wake is due already.
    pub(super) fn arm(&mut self, at: Instant, out: &mut Outbox) {
        if at != Instant::MAX && self.armed.is_none_or(|armed| at < armed) {
            self.armed = Some(at);
            out.timer(TimerKind::Client, at);
        }
    }

    /// The wake came.
    pub(super) fn woken(&mut self) {
        self.armed = None;
    }
}
