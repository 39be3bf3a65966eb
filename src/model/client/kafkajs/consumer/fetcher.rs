//! One fetch loop. Source: `consumer/fetcher.js`, `consumer/consumerGroup.js` fetch and recoverFromFetch, `consumer/offsetManager`.

use super::{Consumer, consumption};
use crate::engine::Instant;
use crate::kafka::{BrokerIx, ErrorCode, Offset, PartitionIx};
use crate::model::client::fetching::Given;
use crate::model::client::kafkajs::cluster::Outcome;
use crate::model::client::kafkajs::failure::Failure;
use crate::model::client::kafkajs::{Purpose, Track, Waiter};
use crate::model::client::kit::reference;
use crate::model::message::{FetchResult, OffsetAnswer, OffsetQuery, OffsetSpec, Request};
use crate::model::{Channel, Ctx, Outbox};
use crate::observe::fact::Position;

/// What each partition weighs in a request for positions, in bytes.
const PARTITION_BYTES: u32 = 20;

/// The loop of one broker.
#[derive(Clone, Debug)]
pub(super) struct Fetcher {
    stage: Stage,
}

/// What it waits for.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Stage {
    /// Metadata that it may use.
    Metadata,
    /// A connection, for positions or to fetch.
    Connecting(What),
    /// The answer, or room on the connection.
    Asking,
    /// It has nothing to fetch from this broker (`sleep(maxWaitTime)`).
    Sleeping(Instant),
    /// The refresh of `findBroker`, after which the failure counts.
    Searching(Failure),
    /// The refresh after an error, and then the next round.
    Recovering,
    /// So many of its batches are not worked through.
    Delivering(u32),
    /// It has come to its end, because all have to.
    Ended,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum What {
    Offsets,
    Records,
}

impl Fetcher {
    /// A loop before its first round.
    pub(super) const fn new() -> Self {
        Fetcher { stage: Stage::Metadata }
    }

    /// Until when it sleeps.
    pub(super) fn sleeps_until(&self) -> Option<Instant> {
        if let Stage::Sleeping(at) = self.stage { Some(at) } else { None }
    }

    /// Whether it has come to its end.
    pub(super) fn has_ended(&self) -> bool {
        self.stage == Stage::Ended
    }
}

impl Consumer {
    fn set_stage(&mut self, broker: BrokerIx, stage: Stage) {
        if let Some(fetcher) = self.fetchers.get_mut(&broker) {
            fetcher.stage = stage;
        }
    }

    /// A round begins, unless all loops are to end.
    pub(super) fn next_round(&mut self, broker: BrokerIx, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if !self.may_go_on(ctx) {
            return self.end(broker, ctx, out);
        }
        self.set_stage(broker, Stage::Metadata);
        let stale = self.cluster.topics.iter().any(|t| self.cluster.is_stale(*t, ctx));
        if stale {
            self.cluster.refresh(Track::IfNecessary, Waiter::Fetch(broker), ctx, out);
        } else {
            self.choose(broker, ctx, out);
        }
    }

    /// The loop is over.
    pub(super) fn end(&mut self, broker: BrokerIx, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.set_stage(broker, Stage::Ended);
        self.fetcher_ended(ctx, out);
    }

    /// What it waited for is there, or has failed.
    pub(super) fn proceed(&mut self, broker: BrokerIx, outcome: Outcome, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(fetcher) = self.fetchers.get(&broker) else { return };
        match (fetcher.stage, outcome) {
            (Stage::Metadata, Ok(())) => self.choose(broker, ctx, out),
            (Stage::Connecting(what), Ok(())) => self.submit(broker, what, ctx, out),
            (Stage::Connecting(_), Err(failure)) => {
                self.set_stage(broker, Stage::Searching(failure));
                self.cluster.refresh(Track::Forced, Waiter::Fetch(broker), ctx, out);
            }
            (Stage::Searching(failure), Ok(())) | (Stage::Metadata | Stage::Searching(_), Err(failure)) => {
                self.recover(broker, failure, ctx, out);
            }
            (Stage::Recovering, Ok(())) => self.next_round(broker, ctx, out),
            (Stage::Recovering, Err(failure)) => self.throw(broker, failure, ctx, out),
            (Stage::Asking | Stage::Sleeping(_) | Stage::Delivering(_) | Stage::Ended, _) => {}
        }
    }

    /// The partitions that are read from this broker: those that it leads, and those whose leader has sent them to it
    /// (`findReadReplicaForPartitions`). With each whether that is so.
    fn partitions_of(&mut self, broker: BrokerIx, ctx: &Ctx<'_>) -> Vec<(PartitionIx, bool)> {
        self.preferred.retain(|_, (_, until)| ctx.now < *until);
        let all = self.cluster.topics.iter().flat_map(|t| self.cluster.kit.partitions(*t, ctx));
        let source = |p: &PartitionIx| {
            let leader = self.cluster.kit.cache.belief(*p, reference(ctx)).0;
            self.preferred.get(p).map_or((leader, false), |(replica, _)| (Some(*replica), leader != Some(*replica)))
        };
        all.filter_map(|p| {
            let (from, on_purpose) = source(p);
            (from == Some(broker)).then_some((*p, on_purpose))
        })
        .collect()
    }

    /// Positions first, then records, else sleep.
    fn choose(&mut self, broker: BrokerIx, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let partitions = self.partitions_of(broker, ctx);
        if partitions.is_empty() {
            self.set_stage(broker, Stage::Sleeping(ctx.now + self.settings.fetch.max_wait));
            return;
        }
        let unknown = partitions.iter().any(|(p, _)| !self.positions.contains_key(p));
        let what = if unknown { What::Offsets } else { What::Records };
        self.set_stage(broker, Stage::Connecting(what));
        self.cluster.connect(Waiter::Fetch(broker), Self::channel(broker, what), broker, ctx, out);
    }

    /// Fetches have a connection of their own (`network/connectionPool.js`).
    fn channel(broker: BrokerIx, what: What) -> Channel {
        match what {
            What::Offsets => Channel::Broker(broker),
            What::Records => Channel::Lane(broker, 0),
        }
    }

    fn submit(&mut self, broker: BrokerIx, what: What, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.set_stage(broker, Stage::Asking);
        let purpose = match what {
            What::Offsets => Purpose::ListOffsets(broker),
            What::Records => Purpose::Fetch(broker),
        };
        if self.cluster.may_write(Self::channel(broker, what), purpose) {
            self.write(broker, purpose, ctx, out);
        }
    }

    /// The request leaves.
    pub(super) fn write(&mut self, broker: BrokerIx, purpose: Purpose, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let partitions = self.partitions_of(broker, ctx);
        if purpose == Purpose::ListOffsets(broker) {
            return self.ask_offsets(broker, &partitions, ctx, out);
        }
        let channel = Self::channel(broker, What::Records);
        let timeout = self.cluster.timeout_from(channel, ctx.now);
        let known = |(p, on_purpose): &(PartitionIx, bool)| Some((*p, *self.positions.get(p)?, *on_purpose));
        let wanted: Vec<_> = partitions.iter().filter_map(known).collect();
        let mut asked = Vec::new();
        let keep = |w: Vec<_>| {
            asked = w;
            purpose
        };
        self.cluster.kit.fetch(channel, &self.settings.fetch, &wanted, keep, timeout, ctx.now, out);
        self.asked.insert(broker, asked);
    }

    /// `Cluster.fetchTopicsOffset`, for what no position is known of.
    fn ask_offsets(&mut self, broker: BrokerIx, partitions: &[(PartitionIx, bool)], ctx: &Ctx<'_>, out: &mut Outbox) {
        let channel = Self::channel(broker, What::Offsets);
        let timeout = self.cluster.timeout_from(channel, ctx.now);
        let begins = consumption(ctx.spec, self.cluster.kit.index).from_beginning;
        let spec = if begins { OffsetSpec::Earliest } else { OffsetSpec::Latest };
        let unknown = partitions.iter().filter(|(p, _)| !self.positions.contains_key(p));
        let queries: Vec<_> = unknown.map(|(partition, _)| OffsetQuery { partition: *partition, leader_epoch: None, spec }).collect();
        let bytes = PARTITION_BYTES * queries.len() as u32;
        let request = Request::ListOffsets { client: self.cluster.kit.index, isolation: self.settings.fetch.isolation, queries };
        self.cluster.kit.ask(channel, Purpose::ListOffsets(broker), request, bytes, timeout, ctx.now, out);
    }

    /// Positions are there; one error fails the whole answer.
    pub(super) fn offsets_found(&mut self, broker: BrokerIx, answers: &[OffsetAnswer], ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if let Some(bad) = answers.iter().find(|a| !a.error.is_none()) {
            return self.recover(broker, Failure::Protocol(bad.error), ctx, out);
        }
        for answer in answers {
            let why = if self.lost.contains_key(&answer.partition) { Position::Reset } else { Position::Begun };
            self.seek(answer.partition, answer.offset, why, out);
        }
        self.choose(broker, ctx, out);
    }

    /// Records are there; an error of one partition fails the whole answer (`fetch/v0/response.js` parse).
    pub(super) fn fetched(&mut self, broker: BrokerIx, results: &[FetchResult], ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let asked = self.asked.remove(&broker).unwrap_or_default();
        self.cluster.kit.fetched(&asked, results, out);
        if let Some(bad) = results.iter().find(|r| !r.error.is_none()) {
            if bad.error == ErrorCode::OffsetOutOfRange {
                self.forget_position(bad.partition);
            }
            return self.recover(broker, Failure::Protocol(bad.error), ctx, out);
        }
        let until = ctx.now + self.cluster.settings.metadata_max_age;
        let mut batches = Vec::new();
        for wanted in asked {
            let Some(result) = results.iter().find(|r| r.entry == wanted.entry) else { continue };
            if let Some(replica) = result.preferred_replica {
                self.preferred.insert(wanted.partition, (replica, until));
            }
            let given = Given::new(wanted, result);
            if !given.runs.is_empty() {
                batches.push(given);
            }
        }
        batches.retain(|b| self.taken.get(&b.partition).is_none_or(|loop_of| *loop_of == broker));
        // What comes while all loops are to end is dropped, and fetched again later.
        if batches.is_empty() || !self.may_go_on(ctx) {
            return self.next_round(broker, ctx, out);
        }
        self.set_stage(broker, Stage::Delivering(batches.len() as u32));
        self.hand_over(broker, batches);
    }

    /// `OffsetManager.setDefaultOffset`: the position is asked for anew.
    fn forget_position(&mut self, partition: PartitionIx) {
        if let Some(was) = self.positions.remove(&partition) {
            self.lost.insert(partition, was);
        }
    }

    /// One of its batches was worked through: the next round comes after the last.
    pub(super) fn worked_through(&mut self, broker: BrokerIx, partition: PartitionIx, end: Offset, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.positions.insert(partition, end);
        let Some(Fetcher { stage: Stage::Delivering(left) }) = self.fetchers.get_mut(&broker) else { return };
        *left -= 1;
        if *left == 0 {
            self.taken.retain(|_, loop_of| *loop_of != broker);
            self.next_round(broker, ctx, out);
        }
    }

    /// There will be no answer that anybody waits for.
    pub(super) fn unanswered(&mut self, broker: BrokerIx, failure: Failure, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if let Some(asked) = self.asked.remove(&broker) {
            self.cluster.kit.unfetched(&asked, broker, failure.unreachable(), out);
        }
        self.recover(broker, failure, ctx, out);
    }

    /// `recoverFromFetch`: stale metadata are refreshed, and the group joined again; a closed connection or an unknown broker goes to the
    /// next round; everything else is thrown.
    fn recover(&mut self, broker: BrokerIx, failure: Failure, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        match failure {
            Failure::Protocol(
                ErrorCode::UnknownTopicOrPartition
                | ErrorCode::LeaderNotAvailable
                | ErrorCode::NotLeaderOrFollower
                | ErrorCode::FencedLeaderEpoch
                | ErrorCode::UnknownLeaderEpoch,
            )
            | Failure::BrokerNotFound => {
                self.set_stage(broker, Stage::Recovering);
                self.cluster.refresh(Track::Forced, Waiter::Fetch(broker), ctx, out);
            }
            Failure::Protocol(ErrorCode::OffsetOutOfRange) => self.next_round(broker, ctx, out),
            Failure::Closed(gone) => {
                self.cluster.remove(gone);
                self.next_round(broker, ctx, out);
            }
            Failure::Connection | Failure::LockTimeout | Failure::RequestTimeout | Failure::Protocol(_) | Failure::RetriesExceeded(_) => {
                self.throw(broker, failure, ctx, out)
            }
        }
    }

    /// The loop throws: all loops end, and the runner decides.
    fn throw(&mut self, broker: BrokerIx, failure: Failure, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.stop_fetchers(Some(failure));
        self.end(broker, ctx, out);
    }
}
