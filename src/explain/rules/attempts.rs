//! Causes of a request: why it was sent then, taken then, answered then.

use super::{Rules, after, all};
use crate::engine::{Duration, Instant};
use crate::explain::graph::{Cause, Point};
use crate::explain::kept::Ix;
use crate::explain::wait::Wait;
use crate::kafka::{BrokerIx, ErrorCode, PartitionIx};
use crate::model::message::Acks;
use crate::observe::Fact;
use crate::observe::fact::{Api, BatchId, EntryId, GroupFact, Unreachable};

/// Less than this is a client's own work, and no pause.
pub(super) const PAUSE: Duration = Duration::from_millis(1);

/// A shorter linger is not what anybody waits for.
const LINGERS: Duration = Duration::from_millis(20);

/// A broker answers a fetch whose time is over within this time.
const PROMPT: Duration = Duration::from_millis(10);

/// An answer of a broker far away is on its way for so long at most.
const ON_THE_WAY: Duration = Duration::from_millis(100);
/// A partition that comes to a broker may have to wait for so many fetches that do not name it, each with so much beside its wait.
const FETCHES: u64 = 2;
const BESIDE: Duration = Duration::from_millis(500);

/// An entry as it was sent.
pub(super) struct Attempt {
    pub broker: BrokerIx,
    pub partition: PartitionIx,
    pub entry: EntryId,
    pub batch: Option<BatchId>,
    pub attempt: u32,
}

impl Rules<'_> {
    fn sent_of(&self, before: Ix, entry: EntryId) -> Option<Ix> {
        self.kept.last(before, |f| matches!(f, Fact::EntrySent { entry: e, .. } if *e == entry))
    }

    /// The same; of a request for other partitions, whose entries are not all kept, the last that went to the broker.
    fn sent_to(&self, before: Ix, entry: EntryId, broker: BrokerIx) -> Option<Ix> {
        let client = self.target().client;
        let to = |f: &Fact| matches!(f, Fact::EntrySent { client: c, broker: b, .. } if (*c, *b) == (client, broker));
        self.sent_of(before, entry).or_else(|| self.kept.last(before, to))
    }

    pub(super) fn returned(&self, ix: Ix, entry: EntryId) -> Vec<Cause> {
        let answered = self.kept.last(ix, |f| matches!(f, Fact::EntryAnswered { entry: e, .. } if *e == entry));
        let Some(answered) = answered else { return Vec::new() };
        let mut causes = vec![after(Point::Fact(answered), Wait::Network)];
        if let Fact::EntryAnswered { broker, .. } = self.kept.fact(answered) {
            causes.extend(self.reached_again(answered, ix, *broker));
        }
        causes
    }

    /// A broker answered: it had handled the request, and with acks=all the record was on every member of the ISR.
    pub(super) fn answered(&self, ix: Ix, broker: BrokerIx, partition: PartitionIx, entry: EntryId, error: ErrorCode) -> Vec<Cause> {
        let taken = self.kept.last(ix, |f| matches!(f, Fact::EntryTaken { entry: e, .. } if *e == entry));
        let batch =
            self.sent_of(ix, entry).and_then(|sent| if let Fact::EntrySent { batch, .. } = self.kept.fact(sent) { *batch } else { None });
        let mut causes: Vec<Cause> = taken.and_then(|taken| self.reached_again(taken, ix, broker)).into_iter().collect();
        let Some(batch) = batch else {
            causes.extend(taken.into_iter().flat_map(|taken| self.fetched(ix, taken, broker, partition, error)));
            return causes;
        };
        let held_up = taken.is_some_and(|taken| self.kept.at(ix).since(self.kept.at(taken)) > PAUSE);
        let is_all = self.spec.clients[self.target().client.index()].acks() == Some(Acks::All);
        if is_all && held_up {
            causes.extend(self.released(ix, broker, partition, batch, error).map(|cause| after(Point::Fact(cause), Wait::Handler)));
        }
        let wait = if error == ErrorCode::RequestTimedOut { Wait::RequestTimeout } else { Wait::Handler };
        causes.extend(taken.map(|taken| after(Point::Fact(taken), wait)));
        causes
    }

    /// A fetch was answered: at once, or when there had been nothing for it for long enough, or when something came of what it waited for
    /// (`DelayedFetch.tryComplete`; a broker that leads no longer answers at once: `ReplicaManager.completeDelayedOperationsWhenNotPartitionLeader`).
    fn fetched(&self, ix: Ix, taken: Ix, broker: BrokerIx, partition: PartitionIx, error: ErrorCode) -> Vec<Cause> {
        let parked = self.kept.at(ix).since(self.kept.at(taken));
        if self.has_expired(parked) {
            return vec![all(Point::Fact(taken), Wait::FetchLoop)];
        }
        let mut causes = vec![after(Point::Fact(taken), Wait::FetchLoop)];
        if parked > PAUSE {
            let released = if error.is_none() { self.readable(ix, broker, partition) } else { self.role_at(ix, broker, partition) };
            causes.extend(released.filter(|released| *released > taken).map(|cause| after(Point::Fact(cause), Wait::Handler)));
        }
        causes
    }

    /// What a leader could give to consumers at the moment of a fact, and not before.
    fn readable(&self, ix: Ix, broker: BrokerIx, partition: PartitionIx) -> Option<Ix> {
        let is = |f: &Fact| matches!(f, Fact::HighWatermarkMoved { broker: b, partition: p, .. } | Fact::Appended { broker: b, partition: p, .. } if (*b, *p) == (broker, partition));
        let at = Instant::from_nanos(self.kept.at(ix).as_nanos().saturating_sub(PAUSE.as_nanos()));
        self.kept.last_since(at.max(self.start()), ix, is)
    }

    /// The last role that a broker took for a partition, or that it has it no more.
    fn role_at(&self, ix: Ix, broker: BrokerIx, partition: PartitionIx) -> Option<Ix> {
        self.recent(ix, |f| matches!(f, Fact::FollowerRoleTaken { broker: b, partition: p, .. } | Fact::LeaderRoleTaken { broker: b, partition: p, .. } | Fact::ReplicaDeleted { broker: b, partition: p } if (*b, *p) == (broker, partition)))
    }

    /// Whether a fetch was answered when there had been nothing for it for as long as it may take, and not by what happened then.
    fn has_expired(&self, parked: Duration) -> bool {
        self.fetch_wait.is_some_and(|wait| parked >= wait && parked <= wait + PROMPT)
    }

    /// What let a parked request go: its batch was replicated, or the broker ceased to lead.
    fn released(&self, ix: Ix, broker: BrokerIx, partition: PartitionIx, batch: BatchId, error: ErrorCode) -> Option<Ix> {
        if !error.is_none() {
            return self.role_at(ix, broker, partition);
        }
        let moved =
            self.recent(ix, |f| matches!(f, Fact::HighWatermarkMoved { broker: b, partition: p, .. } if (*b, *p) == (broker, partition)));
        let appended = self.recent(
            ix,
            |f| matches!(f, Fact::Appended { broker: b, partition: p, batch: other, .. } if (*b, *p, *other) == (broker, partition, batch)),
        );
        moved.filter(|moved| appended.is_none_or(|appended| *moved > appended)).or(appended)
    }

    /// A broker took a request: it had come, and no earlier one of its connection was without an answer.
    pub(super) fn taken(&self, ix: Ix, broker: BrokerIx, entry: EntryId) -> Vec<Cause> {
        let Some(sent) = self.sent_to(ix, entry, broker) else { return Vec::new() };
        let mut causes = vec![after(Point::Fact(sent), Wait::Network)];
        causes.extend(self.muted(sent, ix, broker));
        causes.extend(self.reached_again(sent, ix, broker));
        causes
    }

    /// What was sent at `sent` had to wait for the last answer of this broker to the client before `ix`: until then it took nothing more of
    /// their connection. A consumer's fetch that was parked there, and not lost in a cut, is one of many in turn, and tells nothing of why this was sent now.
    pub(super) fn muted(&self, sent: Ix, ix: Ix, broker: BrokerIx) -> Option<Cause> {
        let client = self.target().client;
        let is = |f: &Fact| matches!(f, Fact::EntryAnswered { client: c, broker: b, .. } | Fact::RequestServed { client: c, broker: b, api: Api::Metadata, .. } if (*c, *b) == (client, broker));
        let answered = self.kept.last(ix, is).filter(|answered| *answered > sent)?;
        let in_turn = self.consumes() && self.back(self.kept.at(sent), answered, broker).is_none();
        Some(if in_turn { all(Point::Fact(sent), Wait::Muted) } else { after(Point::Fact(answered), Wait::Muted) })
    }

    /// Whether the client is a consumer.
    pub(super) fn consumes(&self) -> bool {
        self.spec.clients[self.target().client.index()].consumption().is_some()
    }

    /// The broker could be reached again while something was on its way there or back. What had set out when the broker was away already
    /// waited for it from then on, and not from when it went away.
    pub(super) fn reached_again(&self, since: Ix, ix: Ix, broker: BrokerIx) -> Option<Cause> {
        let back = self.back(self.kept.at(since), ix, broker)?;
        if let Some((begun, wait)) = self.away_since(back)
            && self.kept.at(begun) < self.kept.at(since)
        {
            return Some(Cause { by: Some(back), ..all(Point::Fact(since), wait) });
        }
        let wait = if matches!(self.kept.fact(back), Fact::LinksHealed { .. }) {
            Wait::Retransmit
        } else if self.consumes() {
            Wait::FetchLoop
        } else {
            Wait::Handler
        };
        Some(Cause { by: Some(back), ..after(Point::Fact(back), wait) })
    }

    pub(super) fn unreachable(&self, ix: Ix, broker: BrokerIx, entry: EntryId, how: Unreachable) -> Vec<Cause> {
        let Some(sent) = self.sent_of(ix, entry) else { return Vec::new() };
        if how == Unreachable::TimedOut {
            return vec![all(Point::Fact(sent), Wait::RequestTimeout)];
        }
        let client = self.target().client;
        let lost = self.kept.last(ix, |f| matches!(f, Fact::ConnectionLost { client: c, broker: b, .. } if (*c, *b) == (client, broker)));
        let lost = lost.filter(|lost| *lost > sent || self.kept.at(*lost) == self.kept.at(ix));
        let node = self.spec.brokers[broker.index()].node;
        let ended = self.recent(ix, |f| matches!(f, Fact::ProcessEnded { node: n, .. } if *n == node));
        let causes = [(Some(sent), Wait::Network), (ended, Wait::Network), (lost, Wait::ClientLoop)];
        causes.into_iter().filter_map(|(cause, wait)| Some(after(Point::Fact(cause?), wait))).collect()
    }

    /// A request left: the client knew whom to ask, had a connection and a record, and was not pausing.
    pub(super) fn sent(&self, ix: Ix, sent: &Attempt) -> Vec<Cause> {
        let at = self.kept.at(ix);
        let client = self.target().client;
        let believed = self.recent(ix, |f| {
            matches!(f, Fact::BeliefChanged { client: c, partition: p, leader, .. } if (*c, *p, *leader) == (client, sent.partition, Some(sent.broker)))
        });
        let ready = self.recent(ix, |f| matches!(f, Fact::ConnectionReady { client: c, broker: b } if (*c, *b) == (client, sent.broker)));
        let identity = self.recent(ix, |f| {
            matches!(f, Fact::RequestServed { client: c, api: Api::InitProducerId | Api::OffsetsForLeaderEpoch | Api::ListOffsets, .. } if *c == client)
        });
        let mut causes: Vec<(Ix, Wait)> = Vec::new();
        causes.extend(believed.map(|cause| (cause, Wait::ClientLoop)));
        causes.extend(ready.map(|cause| (cause, Wait::ClientLoop)));
        causes.extend(identity.map(|cause| (cause, Wait::ClientLoop)));
        if sent.batch.is_some() {
            causes.extend(self.room(ix, at).map(|cause| (cause, Wait::InFlight)));
            causes.extend(self.lingered(ix).map(|cause| (cause, Wait::Linger)));
            causes.extend(self.first_record(ix).map(|cause| (cause, self.since_record(at.since(self.kept.at(cause))))));
        } else {
            causes.extend(self.assigned(ix).map(|cause| (cause, Wait::FetchLoop)));
            causes = self.in_turn(ix, causes);
        }
        let failed = self.failed(ix, sent);
        let last = causes.iter().map(|(cause, _)| self.kept.at(*cause)).max().unwrap_or(Instant::ZERO);
        let mut causes: Vec<Cause> = causes.into_iter().map(|(cause, wait)| after(Point::Fact(cause), wait)).collect();
        // Nothing else explains that it waited: it paused after the failure. What a broker served last was on its way back first.
        let on_the_way = if identity.is_some_and(|identity| self.kept.at(identity) == last) { ON_THE_WAY } else { PAUSE };
        let paused = at.since(last) > on_the_way;
        // A fetch goes out when the one before has come back; a batch needs no such moment.
        let in_turn = sent.batch.is_none() && self.room(ix, at).is_some();
        let wait = if in_turn { Wait::FetchLoop } else { Wait::RetryBackoff };
        causes.extend(failed.map(|cause| Cause { point: Point::Fact(cause), wait, explains: paused, by: None }));
        causes
    }

    /// The causes of a fetch: it waited for its turn, or for the application. Where none is known, a fetch that was under way when the client learned
    /// whom to ask held this one up until it came back.
    fn in_turn(&self, ix: Ix, known: Vec<(Ix, Wait)>) -> Vec<(Ix, Wait)> {
        let at = self.kept.at(ix);
        let causes: Vec<Ix> = known.into_iter().map(|(cause, _)| cause).collect();
        let causes = if causes.is_empty() { self.fetch_before(ix).into_iter().collect() } else { causes };
        let since = causes.iter().map(|cause| self.kept.at(*cause)).max().unwrap_or(at);
        let wait = if self.worked_until(ix) { Wait::Processing } else { self.between_fetches(at.since(since)) };
        causes.into_iter().map(|cause| (cause, wait)).collect()
    }

    /// Whether the application of a consumer was done with what it had been given at this very moment, and takes any time for it.
    pub(super) fn worked_until(&self, ix: Ix) -> bool {
        let (at, client) = (self.kept.at(ix), &self.spec.clients[self.target().client.index()]);
        let works = client.consumption().is_some_and(|consumption| !consumption.processing.mean().is_zero());
        works && self.kept.last_since(at, self.kept.after(at), |f| matches!(f, Fact::Processed { .. })).is_some()
    }

    /// What the time before a fetch went by with: the fetches before it, unless those cannot have taken so long.
    fn between_fetches(&self, length: Duration) -> Wait {
        let longest = self.fetch_wait.map(|wait| (wait + BESIDE) * FETCHES);
        if longest.is_some_and(|longest| length > longest) { Wait::Untold } else { Wait::FetchLoop }
    }

    /// The last failed attempt of the same batch, or of a fetch of the same partition.
    fn failed(&self, ix: Ix, sent: &Attempt) -> Option<Ix> {
        let client = self.target().client;
        let same: Vec<EntryId> = (0..ix)
            .rev()
            .take_while(|i| self.kept.at(*i) >= self.start() || sent.attempt > 0)
            .filter_map(|i| {
                if let Fact::EntrySent { client: c, partition: p, entry, batch, .. } = self.kept.fact(i)
                    && (*c, *p) == (client, sent.partition)
                    && *entry != sent.entry
                    && (*batch == sent.batch)
                {
                    Some(*entry)
                } else {
                    None
                }
            })
            .take(8)
            .collect();
        self.recent(ix, |f| {
            matches!(f, Fact::EntryReturned { entry, error, .. } if !error.is_none() && same.contains(entry))
                || matches!(f, Fact::EntryUnreachable { entry, .. } if same.contains(entry))
        })
    }

    /// An answer at this very moment made room for another request.
    fn room(&self, ix: Ix, at: Instant) -> Option<Ix> {
        let client = self.target().client;
        let is = |f: &Fact| matches!(f, Fact::EntryReturned { client: c, error, .. } if *c == client && error.is_none());
        self.kept.last_since(at, ix, is)
    }

    /// The record with which the application began to wait, if that was in the window.
    pub(super) fn first_record(&self, ix: Ix) -> Option<Ix> {
        let since = self.target().busy_since.filter(|since| *since > self.start())?;
        self.kept.last_since(since, self.kept.after(since).min(ix), |f| matches!(f, Fact::RecordCreated { .. }))
    }

    /// The record with which a batch began to collect others that leaves now, where the client lets it.
    pub(super) fn lingered(&self, ix: Ix) -> Option<Ix> {
        let linger = self.linger.filter(|linger| *linger > LINGERS)?;
        let began = Instant::from_nanos(self.kept.at(ix).as_nanos().checked_sub(linger.as_nanos())?);
        let own = self.target();
        let is =
            |f: &Fact| matches!(f, Fact::RecordCreated { client, partition, .. } if (*client, *partition) == (own.client, own.partition));
        self.kept.last_since(began, self.kept.after(began + PAUSE), is).filter(|_| began >= self.start())
    }

    /// What the time since the first record went by with: the batch collects records, unless that cannot take so long.
    fn since_record(&self, length: Duration) -> Wait {
        if self.linger.is_some_and(|linger| length > linger + LINGERS) { Wait::Untold } else { Wait::Linger }
    }

    fn fetch_before(&self, ix: Ix) -> Option<Ix> {
        let client = self.target().client;
        self.recent(ix, |f| matches!(f, Fact::EntryReturned { client: c, .. } if *c == client))
    }

    fn assigned(&self, ix: Ix) -> Option<Ix> {
        let own = self.target().client;
        self.recent(ix, |f| matches!(f, Fact::Group { what: GroupFact::Assigned { client, .. }, .. } | Fact::PositionSet { client, .. } if *client == own))
    }
}
