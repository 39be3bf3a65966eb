//! The leader's side of the metadata log: the lingering batch, parked fetches, the high watermark.
//! Source: `KafkaRaftClient`, `LeaderState`, `BatchAccumulator`, `ThresholdPurgatory`.

use super::super::Turn;
use super::Role;
use crate::engine::{Duration, Instant};
use crate::kafka::config::BrokerConfig;
use crate::kafka::{ErrorCode, MetadataOffset, RaftEpoch, VoterIx};
use crate::model::Token;
use crate::model::message::{RaftBatch, RaftPeer, Request, Response};
use crate::model::metadata::Record;
use std::sync::Arc;

/// A leader's state.
#[derive(Debug)]
pub(in crate::model::controller) struct Leading {
    /// Offset of its LeaderChange record.
    pub epoch_start: MetadataOffset,
    /// Whether the high watermark has reached this epoch.
    pub high_watermark_known: bool,
    /// How far each voter's log reaches, itself included.
    pub ends: Vec<MetadataOffset>,
    /// Fetches without news.
    pub parked: Vec<ParkedFetch>,
    /// Voters that still have to be told of this leader.
    pub begin_wanted: Vec<bool>,
    /// When they are told again.
    pub begin_at: Instant,
    /// When it resigns unless a majority has fetched by then.
    pub check_quorum_at: Instant,
    fetched: Vec<bool>,
    begin_period: Duration,
    check_quorum: Duration,
    linger: Duration,
    open: Option<OpenBatch>,
}

#[derive(Debug)]
struct OpenBatch {
    records: Vec<Record>,
    since: Instant,
}

/// A fetch that waits for news, with the answer as it was when it came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::model::controller) struct ParkedFetch {
    pub token: Token,
    peer: RaftPeer,
    from: MetadataOffset,
    /// The high watermark that the reader said it knows.
    known: MetadataOffset,
    /// The high watermark when it came: what it is told when its wait is over.
    at_arrival: MetadataOffset,
    expires: Instant,
}

impl Leading {
    pub(super) fn new(voters: usize, me: VoterIx, start: MetadataOffset, now: Instant, config: &BrokerConfig) -> Self {
        let fetch_timeout = config.controller_quorum_fetch_timeout;
        // LeaderState: check-quorum is 1.5 fetch time-outs, BeginQuorumEpoch goes out every half of one.
        let check_quorum = fetch_timeout.scale(1.5);
        let mut begin_wanted = vec![true; voters];
        begin_wanted[me.index()] = false;
        Leading {
            epoch_start: start,
            high_watermark_known: false,
            ends: vec![MetadataOffset(0); voters],
            parked: Vec::new(),
            begin_wanted,
            begin_at: now + fetch_timeout.scale(0.5),
            check_quorum_at: if voters == 1 { Instant::MAX } else { now + check_quorum },
            fetched: vec![false; voters],
            begin_period: fetch_timeout.scale(0.5),
            check_quorum,
            linger: config.controller_quorum_append_linger,
            open: None,
        }
    }

    /// When the open batch is appended at the latest.
    pub(super) fn linger_ends(&self) -> Option<Instant> {
        self.open.as_ref().map(|batch| batch.since + self.linger)
    }

    pub(super) fn next_deadline(&self, voters: usize) -> Option<Instant> {
        let begin = if voters == 1 { None } else { Some(self.begin_at) };
        let parked = self.parked.iter().map(|fetch| fetch.expires).min();
        [Some(self.check_quorum_at), begin, parked, self.linger_ends()].into_iter().flatten().min()
    }

    /// The period of BeginQuorumEpoch is over: all other voters are told again, acknowledged or not.
    pub(super) fn begin_again(&mut self, now: Instant) {
        self.begin_at = now + self.begin_period;
        self.begin_wanted.fill(true);
    }

    /// A voter has fetched (`LeaderState.updateCheckQuorumForFollowingVoter`).
    fn note_fetch(&mut self, voter: VoterIx, now: Instant) {
        self.fetched[voter.index()] = true;
        let majority = self.fetched.len() / 2 + 1;
        if self.fetched.iter().filter(|f| **f).count() + 1 >= majority {
            self.fetched.fill(false);
            self.check_quorum_at = now + self.check_quorum;
        }
    }

    /// The offset that a majority of voters has reached (`LeaderState.maybeUpdateHighWatermark`).
    fn majority_end(&self) -> MetadataOffset {
        let mut ends = self.ends.clone();
        ends.sort_unstable_by(|a, b| b.cmp(a));
        ends[ends.len() / 2]
    }
}

impl Turn<'_, '_> {
    /// Adds records to the open batch and gives the offset after them (`BatchAccumulator.append`).
    pub(in crate::model::controller) fn propose(&mut self, records: Vec<Record>) -> MetadataOffset {
        let now = self.ctx.now;
        let Role::Leader(leading) = &mut self.raft.role else { return self.disk.log.end() };
        let open = leading.open.get_or_insert_with(|| OpenBatch { records: Vec::new(), since: now });
        open.records.extend(records);
        self.next_offset()
    }

    /// The offset that the next record gets.
    pub(in crate::model::controller) fn next_offset(&self) -> MetadataOffset {
        let open = match &self.raft.role {
            Role::Leader(leading) => leading.open.as_ref().map_or(0, |batch| batch.records.len()),
            Role::Unattached { .. } | Role::Prospective(_) | Role::Candidate(_) | Role::Resigned { .. } | Role::Follower { .. } => 0,
        };
        MetadataOffset(self.disk.log.end().0 + open as u64)
    }

    /// The linger is over (`maybeAppendBatches`).
    pub(super) fn append_open_batch(&mut self) {
        let Role::Leader(leading) = &mut self.raft.role else { return };
        let Some(batch) = leading.open.take() else { return };
        self.append_now(batch.records);
    }

    /// Appends to the leader's own log. Its own end counts at once, before it is on its disk; then parked fetches are answered
    /// (`updateLeaderEndOffsetAndTimestamp`).
    pub(super) fn append_now(&mut self, records: Vec<Record>) {
        let batch = RaftBatch { epoch: self.disk.epoch, base: self.disk.log.end(), records };
        self.disk.log.append(Arc::new(batch));
        self.advance_high_watermark();
        self.wake_fetches();
    }

    fn advance_high_watermark(&mut self) {
        let end = self.disk.log.end();
        let Role::Leader(leading) = &mut self.raft.role else { return };
        leading.ends[self.me.index()] = end;
        let reached = leading.majority_end();
        if reached <= leading.epoch_start || reached <= self.raft.high_watermark && leading.high_watermark_known {
            return;
        }
        let first = !leading.high_watermark_known;
        leading.high_watermark_known = true;
        self.raft.high_watermark = self.raft.high_watermark.max(reached);
        self.commit();
        if first {
            self.claim();
        }
        self.after_commit();
    }

    /// Answers the parked fetches that have news now: records, or, where the release has it, a high watermark that the reader does
    /// not know (KIP-1166).
    fn wake_fetches(&mut self) {
        let end = self.disk.log.end();
        let high_watermark = self.raft.high_watermark;
        let pushes = self.ctx.rules.high_watermark_wakes_fetch;
        let Role::Leader(leading) = &mut self.raft.role else { return };
        let news = |fetch: &ParkedFetch| fetch.from < end || pushes && fetch.known < high_watermark;
        let woken: Vec<ParkedFetch> = leading.parked.extract_if(.., |fetch| news(fetch)).collect();
        for fetch in woken {
            self.answer_fetch(fetch.token, fetch.peer, fetch.from, high_watermark);
        }
    }

    /// Answers the parked fetches whose wait is over, with the high watermark of their arrival.
    pub(super) fn expire_parked(&mut self) {
        let now = self.ctx.now;
        let Role::Leader(leading) = &mut self.raft.role else { return };
        let over: Vec<ParkedFetch> = leading.parked.extract_if(.., |fetch| now >= fetch.expires).collect();
        for fetch in over {
            self.answer_fetch(fetch.token, fetch.peer, fetch.from, fetch.at_arrival);
        }
    }

    /// A voter or broker reads the log (`handleFetchRequest`, `tryCompleteFetchRequest`).
    pub(super) fn take_fetch(&mut self, token: Token, request: Request) {
        let Request::RaftFetch { peer, epoch, from, last_epoch, high_watermark: known, max_wait } = request else { return };
        let error = self.fetch_error(epoch);
        if !error.is_none() {
            return self.refuse_fetch(token, error);
        }
        if let Some(diverging) = self.divergence(peer, from, last_epoch) {
            return self.reply_fetch(token, ErrorCode::None, Vec::new(), self.raft.high_watermark, Some(diverging));
        }
        let now = self.ctx.now;
        let Role::Leader(leading) = &mut self.raft.role else { return };
        let before = self.raft.high_watermark;
        if let RaftPeer::Voter(voter) = peer {
            leading.note_fetch(voter, now);
            leading.ends[voter.index()] = from;
            self.advance_high_watermark();
        }
        let high_watermark = self.raft.high_watermark;
        let pushes = self.ctx.rules.high_watermark_wakes_fetch;
        if from < self.disk.log.end() || max_wait.is_zero() || pushes && known < high_watermark {
            self.answer_fetch(token, peer, from, high_watermark);
        } else if let Role::Leader(leading) = &mut self.raft.role {
            let expires = now + max_wait;
            leading.parked.push(ParkedFetch { token, peer, from, known, at_arrival: high_watermark, expires });
        }
        if pushes && before < high_watermark {
            self.wake_fetches();
        }
    }

    /// A voter's log is compared with this one. A broker reads what is committed, so only a log that is longer than this one departs.
    fn divergence(&self, peer: RaftPeer, from: MetadataOffset, last_epoch: RaftEpoch) -> Option<MetadataOffset> {
        match peer {
            RaftPeer::Voter(_) => self.disk.log.divergence(from, last_epoch),
            RaftPeer::Broker(_) => (from > self.disk.log.end()).then(|| self.disk.log.end()),
        }
    }

    fn answer_fetch(&mut self, token: Token, peer: RaftPeer, from: MetadataOffset, high_watermark: MetadataOffset) {
        let batches = match peer {
            RaftPeer::Voter(_) => self.disk.log.read(from).to_vec(),
            RaftPeer::Broker(_) => Vec::new(),
        };
        self.reply_fetch(token, ErrorCode::None, batches, high_watermark, None);
    }

    /// Answers a fetch that is not served, with the leader that this voter knows.
    pub(super) fn refuse_fetch(&mut self, token: Token, error: ErrorCode) {
        self.reply_fetch(token, error, Vec::new(), self.raft.high_watermark, None);
    }

    fn reply_fetch(
        &mut self,
        token: Token,
        error: ErrorCode,
        batches: Vec<Arc<RaftBatch>>,
        high_watermark: MetadataOffset,
        diverging: Option<MetadataOffset>,
    ) {
        let records: usize = batches.iter().map(|batch| batch.records.len()).sum();
        let (epoch, leader, end) = (self.disk.epoch, self.disk.leader, self.disk.log.end());
        let response = Response::RaftFetch { error, epoch, leader, batches, end, high_watermark, diverging };
        self.out.reply(token, response, 64 + 100 * records as u32);
    }
}
