//! What the played brokers do for consumers: logs that all replicas share, long polls, fetch sessions.

use super::{Bench, Event, WAY};
use crate::engine::Instant;
use crate::kafka::{BrokerIx, ErrorCode, LeaderEpoch, Offset, PartitionIx};
use crate::model::Channel;
use crate::model::message::{
    ConsumerFetch, EpochAnswer, EpochQuery, FetchResult, FetchSession, FetchedRecords, LeaderHint, OffsetAnswer, OffsetQuery, OffsetSpec,
    Request, Response,
};
use crate::model::spec::RECORDS_BEFORE;
use crate::observe::Fact;
use std::collections::BTreeMap;

/// The logs and sessions of all played brokers.
pub struct Reading {
    /// Of each partition, its batches.
    pub logs: Vec<Vec<FetchedRecords>>,
    /// Fetches that wait, by connection.
    parked: BTreeMap<Channel, Parked>,
    /// Sessions given out so far; those below `forgotten` are no longer known.
    sessions: u64,
    forgotten: u64,
    /// A replica that the leader sends every consumer to.
    pub prefers: Option<BrokerIx>,
    /// Every fetch that a broker took: when, at whom.
    pub fetches: Vec<(Instant, BrokerIx, ErrorCode)>,
    /// Validations that brokers answered.
    pub validations: Vec<(Instant, BrokerIx, ErrorCode)>,
}

struct Parked {
    broker: BrokerIx,
    correlation: u32,
    deadline: Instant,
    request: Request,
}

impl Reading {
    pub fn new(partitions: usize) -> Self {
        let before = FetchedRecords { batch: None, base: Offset(0), end: RECORDS_BEFORE, leader_epoch: LeaderEpoch(0) };
        Reading {
            logs: vec![vec![before]; partitions],
            parked: BTreeMap::new(),
            sessions: 0,
            forgotten: 0,
            prefers: None,
            fetches: Vec::new(),
            validations: Vec::new(),
        }
    }

    fn end(&self, partition: PartitionIx) -> Offset {
        self.logs[partition.index()].last().map_or(Offset(0), |r| r.end)
    }
}

impl Bench {
    /// A producer writes records, on all replicas at once.
    pub fn append(&mut self, partition: u32, records: u64, epoch: u32) {
        let base = self.reading.end(PartitionIx(partition));
        let batch = Some(self.journal.new_batch());
        let (end, leader_epoch) = (Offset(base.0 + records), LeaderEpoch(epoch));
        self.reading.logs[partition as usize].push(FetchedRecords { batch, base, end, leader_epoch });
        self.look_at_parked(self.now);
    }

    /// The brokers forget every session that they gave out.
    pub fn forget_sessions(&mut self) {
        self.reading.forgotten = self.reading.sessions;
    }

    /// The partition's log ends here now, on all replicas: an unclean election.
    pub fn truncate(&mut self, partition: u32, end: u64) {
        let log = &mut self.reading.logs[partition as usize];
        log.retain(|r| r.base < Offset(end));
        log.iter_mut().for_each(|r| r.end = r.end.min(Offset(end)));
    }

    /// The connection is a new one: what was parked on the old is gone.
    pub fn forget_parked(&mut self, channel: Channel) {
        self.reading.parked.remove(&channel);
    }

    pub fn look_at_parked(&mut self, when: Instant) {
        let parked: Vec<_> = self.reading.parked.keys().copied().collect();
        for channel in parked {
            if self.open.contains_key(&channel) {
                self.push(when, Event::Parked(channel), channel);
            }
        }
    }

    /// A broker takes a fetch from its connection.
    pub fn take_fetch(&mut self, channel: Channel, correlation: u32, request: Request) {
        let broker = self.open[&channel].broker;
        let Request::Fetch { max_wait, session, .. } = &request else { unreachable!() };
        let unknown = matches!(session, FetchSession::Id(id) if *id < self.reading.forgotten);
        let deadline = self.now + *max_wait;
        self.reading.parked.insert(channel, Parked { broker, correlation, deadline, request });
        if unknown {
            self.reading.parked.remove(&channel);
            let error = ErrorCode::FetchSessionIdNotFound;
            return self.reply(channel, correlation, Response::Fetch { broker, error, session: FetchSession::None, results: Vec::new() });
        }
        self.push(deadline, Event::Parked(channel), channel);
        self.parked(channel);
    }

    /// A parked fetch is answered when there is data, an error, or no more time.
    pub fn parked(&mut self, channel: Channel) {
        let Some(parked) = self.reading.parked.remove(&channel) else { return };
        let Request::Fetch { entries, session, only_leader, .. } = &parked.request else { unreachable!() };
        let results: Vec<FetchResult> = entries.iter().map(|e| self.read(parked.broker, e, *only_leader)).collect();
        let news = |r: &FetchResult| !r.error.is_none() || !r.records.is_empty() || r.preferred_replica.is_some();
        let full = *session == FetchSession::New;
        if !results.iter().any(news) && self.now < parked.deadline {
            self.reading.parked.insert(channel, parked);
            return;
        }
        for result in &results {
            self.reading.fetches.push((self.now, parked.broker, result.error));
        }
        let full = full || *session == FetchSession::None;
        let session = match session {
            FetchSession::Id(id) => FetchSession::Id(*id),
            FetchSession::None => FetchSession::None,
            FetchSession::New => {
                self.reading.sessions += 1;
                FetchSession::Id(self.reading.sessions - 1)
            }
        };
        let results = results.into_iter().filter(|r| full || news(r)).collect();
        let (broker, error) = (parked.broker, ErrorCode::None);
        self.reply(channel, parked.correlation, Response::Fetch { broker, error, session, results });
    }

    fn reply(&mut self, channel: Channel, correlation: u32, response: Response) {
        self.push(self.now, Event::Unmuted(channel), channel);
        self.push(self.now + WAY, Event::Response(channel, correlation, response), channel);
    }

    /// Epoch first; then any replica serves, as for fetches of version 11 and later.
    fn check(&self, broker: BrokerIx, partition: PartitionIx, epoch: Option<LeaderEpoch>) -> (ErrorCode, Option<LeaderHint>) {
        let (_, leader, leader_epoch) = self.history.leader_answer(partition, self.offset(broker));
        let error = match epoch {
            Some(epoch) if epoch < leader_epoch => ErrorCode::FencedLeaderEpoch,
            Some(epoch) if epoch > leader_epoch => ErrorCode::UnknownLeaderEpoch,
            Some(_) | None => ErrorCode::None,
        };
        let hints = error == ErrorCode::FencedLeaderEpoch && !self.brokers[broker.index()].no_hints;
        (error, leader.filter(|_| hints).map(|leader| LeaderHint { leader, leader_epoch, has_endpoint: true }))
    }

    fn read(&self, broker: BrokerIx, fetch: &ConsumerFetch, only_leader: bool) -> FetchResult {
        let (mut error, hint) = self.check(broker, fetch.partition, fetch.leader_epoch);
        let (_, leader, _) = self.history.leader_answer(fetch.partition, self.offset(broker));
        if error.is_none() && only_leader && leader != Some(broker) {
            error = ErrorCode::NotLeaderOrFollower;
        }
        let end = self.reading.end(fetch.partition);
        if error.is_none() && fetch.fetch_offset > end {
            error = ErrorCode::OffsetOutOfRange;
        }
        let preferred_replica = self.reading.prefers.filter(|p| error.is_none() && *p != broker && !fetch.from_follower);
        let readable = error.is_none() && preferred_replica.is_none();
        let log = self.reading.logs[fetch.partition.index()].iter().filter(|r| readable && r.end > fetch.fetch_offset);
        FetchResult {
            entry: fetch.entry,
            partition: fetch.partition,
            error,
            hint,
            high_watermark: end,
            records: log.copied().collect(),
            preferred_replica,
        }
    }

    pub fn list_offsets(&mut self, broker: BrokerIx, queries: &[OffsetQuery]) -> Response {
        let answer = |q: &OffsetQuery| {
            let (_, leader, _) = self.history.leader_answer(q.partition, self.offset(broker));
            let (epoch_error, _) = self.check(broker, q.partition, q.leader_epoch);
            let error = if epoch_error.is_none() && leader != Some(broker) { ErrorCode::NotLeaderOrFollower } else { epoch_error };
            let offset = if q.spec == OffsetSpec::Earliest { Offset(0) } else { self.reading.end(q.partition) };
            OffsetAnswer { partition: q.partition, error, offset, leader_epoch: None }
        };
        Response::ListOffsets { answers: queries.iter().map(answer).collect() }
    }

    pub fn end_epochs(&mut self, broker: BrokerIx, queries: &[EpochQuery]) -> Response {
        let mut answers = Vec::new();
        for q in queries {
            let (_, leader, _) = self.history.leader_answer(q.partition, self.offset(broker));
            let (epoch_error, _) = self.check(broker, q.partition, q.current_leader_epoch);
            let error = if epoch_error.is_none() && leader != Some(broker) { ErrorCode::NotLeaderOrFollower } else { epoch_error };
            let end = self.reading.logs[q.partition.index()].iter().rfind(|r| r.leader_epoch <= q.leader_epoch);
            self.reading.validations.push((self.now, broker, error));
            answers.push(EpochAnswer { partition: q.partition, error, end: end.map(|r| (r.leader_epoch, r.end)) });
        }
        Response::OffsetsForLeaderEpoch { answers }
    }

    /// Milliseconds from `origin` at which the application was given records.
    pub fn delivered(&self, origin: Instant) -> Vec<f64> {
        self.times(origin, |f| matches!(f, Fact::Delivered { .. }))
    }

    /// Answers that brokers gave to fetches, with the error given.
    pub fn fetch_errors(&self, error: ErrorCode, from: Instant) -> usize {
        self.reading.fetches.iter().filter(|(at, _, e)| *e == error && *at >= from).count()
    }
}
