//! Fetches: one outstanding for each node, inside a session. Source: `AbstractFetch`, `FetchSessionHandler`.

use super::buffer::Completed;
use super::{Consumer, Sent};
use crate::engine::Instant;
use crate::kafka::{BrokerIx, ErrorCode, PartitionIx};
use crate::model::client::java::network::{Lost, Purpose};
use crate::model::client::kit::reference;
use crate::model::message::{ConsumerFetch, FetchResult, FetchSession, Request};
use crate::model::{Channel, Ctx, Outbox};
use crate::observe::Fact;
use crate::observe::fact::Unreachable;

/// What a fetch weighs, and each partition in it, in bytes.
const FETCH_BYTES: u32 = 60;
const PARTITION_BYTES: u32 = 32;

/// A fetch to one node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Fetch {
    pub broker: BrokerIx,
    pub session: FetchSession,
    pub entries: Vec<ConsumerFetch>,
}

impl Consumer {
    /// `Fetcher.sendFetches`: a fetch to every node that has none outstanding and leads partitions whose records were all read. True when
    /// one was queued.
    pub(super) fn send_fetches(&mut self, ctx: &Ctx<'_>, out: &mut Outbox) -> bool {
        self.follow_metadata(ctx);
        let mut fetches: Vec<(BrokerIx, Vec<ConsumerFetch>)> = Vec::new();
        let skipped = self.buffered_nodes(ctx.now);
        for i in 0..self.subscription.list.len() {
            let Some(node) = self.node_for(i, ctx, out) else { continue };
            if self.net.kit.connections.is_unavailable(Channel::Broker(node), ctx.now) {
                self.look_at_next_poll(ctx.now);
                continue;
            }
            if self.pending.contains(&node) || skipped.contains(&node) {
                continue;
            }
            let entry = self.entry(i, node);
            match fetches.iter_mut().find(|(broker, _)| *broker == node) {
                Some((_, entries)) => entries.extend(entry),
                None => fetches.push((node, entry.into_iter().collect())),
            }
        }
        let any = !fetches.is_empty();
        for (broker, entries) in fetches {
            self.pending.push(broker);
            let session = self.sessions.get(&broker).copied().unwrap_or(FetchSession::New);
            self.queue(broker, Sent::Fetch(Fetch { broker, session, entries }), ctx.now);
        }
        any
    }

    /// Whom the partition is to be read from, if it may be read and nothing of it waits in the buffer (`selectReadReplica`).
    fn node_for(&mut self, i: usize, ctx: &Ctx<'_>, out: &mut Outbox) -> Option<BrokerIx> {
        let assigned = &self.subscription.list[i];
        let position = assigned.valid_position().filter(|_| assigned.buffered == 0)?;
        let Some(leader) = position.leader else {
            self.net.refresh.keep_requesting(out);
            return None;
        };
        let Some(replica) = assigned.replica(ctx.now) else { return Some(leader) };
        if self.net.kit.cache.lists(replica, ctx.history) {
            return Some(replica);
        }
        let partition = assigned.partition;
        self.refresh_for(partition, out);
        Some(leader)
    }

    fn entry(&self, i: usize, node: BrokerIx) -> Option<ConsumerFetch> {
        let assigned = &self.subscription.list[i];
        let position = assigned.valid_position()?;
        Some(ConsumerFetch {
            // It is numbered when it leaves.
            entry: 0,
            partition: assigned.partition,
            fetch_offset: position.offset,
            leader_epoch: Some(position.leader_epoch),
            from_follower: position.leader != Some(node),
        })
    }

    /// The fetch leaves.
    pub(super) fn transmit_fetch(&mut self, mut fetch: Fetch, now: Instant, out: &mut Outbox) {
        for entry in &mut fetch.entries {
            entry.entry = self.net.kit.new_entry();
            let replica = entry.from_follower.then_some(fetch.broker);
            if let Some(assigned) = self.subscription.get_mut(entry.partition).filter(|a| a.read_from != replica) {
                assigned.read_from = replica;
                out.fact(Fact::ReplicaChosen { client: self.index, partition: entry.partition, replica });
            }
            let attempt = self.subscription.get(entry.partition).map_or(0, |a| a.failures);
            out.fact(Fact::EntrySent {
                client: self.index,
                broker: fetch.broker,
                partition: entry.partition,
                entry: entry.entry,
                batch: None,
                attempt,
            });
        }
        let request = Request::Fetch {
            only_leader: false,
            max_wait: self.settings.fetch_max_wait,
            min_bytes: self.settings.fetch_min_bytes,
            max_bytes: self.settings.fetch_max_bytes,
            partition_max_bytes: self.settings.partition_max_bytes,
            isolation: self.settings.isolation,
            session: fetch.session,
            rack: self.settings.rack.clone(),
            entries: fetch.entries.clone(),
        };
        let bytes = FETCH_BYTES + PARTITION_BYTES * fetch.entries.len() as u32;
        let (channel, timeout) = (Channel::Broker(fetch.broker), self.settings.request_timeout);
        self.net.kit.ask(channel, Purpose::Own(Sent::Fetch(fetch)), request, bytes, timeout, now, out);
    }

    /// A broker answered a fetch (`AbstractFetch.handleFetchSuccess`): errors are acted on when the application reads them, but leader hints
    /// at once, and a partition that follows one drops its error unread.
    pub(super) fn fetch_answered(
        &mut self,
        fetch: &Fetch,
        (error, session): (ErrorCode, FetchSession),
        results: Vec<FetchResult>,
        ctx: &Ctx<'_>,
        out: &mut Outbox,
    ) {
        self.pending.retain(|b| *b != fetch.broker);
        let next = if error.is_none() && session != FetchSession::None { session } else { FetchSession::New };
        self.sessions.insert(fetch.broker, next);
        self.tell_returned(fetch, error, &results, out);
        let mut hints: Vec<(PartitionIx, _)> = Vec::new();
        for result in results {
            let Some(asked) = fetch.entries.iter().find(|e| e.entry == result.entry) else { continue };
            let allowed = matches!(result.error, ErrorCode::NotLeaderOrFollower | ErrorCode::FencedLeaderEpoch);
            hints.extend(result.hint.filter(|_| allowed && self.settings.leader_hints).map(|hint| (result.partition, hint)));
            if let Some(assigned) = self.subscription.get_mut(result.partition) {
                assigned.buffered += 1;
            }
            self.buffer.completed.push_back(Completed {
                partition: result.partition,
                error: result.error,
                next: asked.fetch_offset,
                records: result.records,
                preferred_replica: result.preferred_replica,
            });
        }
        for (partition, hint) in hints {
            if self.net.kit.cache.take_hint(fetch.broker, partition, hint, reference(ctx), out) {
                self.follow(partition, ctx);
            }
        }
    }

    /// Every entry of the request has come back; one that a session leaves out has no news.
    fn tell_returned(&mut self, fetch: &Fetch, whole: ErrorCode, results: &[FetchResult], out: &mut Outbox) {
        for entry in &fetch.entries {
            let own = results.iter().find(|r| r.entry == entry.entry).map_or(ErrorCode::None, |r| r.error);
            let error = if whole.is_none() { own } else { whole };
            out.fact(Fact::EntryReturned { client: self.index, partition: entry.partition, entry: entry.entry, error });
            if let Some(assigned) = self.subscription.get_mut(entry.partition) {
                assigned.failures = if error.is_none() { 0 } else { assigned.failures + 1 };
            }
        }
    }

    /// A fetch came to nothing (`AbstractFetch.handleFetchFailure`): the next one to its node opens a new session, and preferred replicas
    /// of its partitions are left.
    pub(super) fn fetch_failed(&mut self, fetch: &Fetch, how: Option<Unreachable>, out: &mut Outbox) {
        self.pending.retain(|b| *b != fetch.broker);
        self.sessions.insert(fetch.broker, FetchSession::New);
        for entry in &fetch.entries {
            let Some(assigned) = self.subscription.get_mut(entry.partition) else { continue };
            assigned.leave_replica();
            assigned.failures += u32::from(how.is_some());
        }
        let Some(how) = how else { return };
        for &ConsumerFetch { entry, partition, .. } in &fetch.entries {
            out.fact(Fact::EntryUnreachable { client: self.index, broker: fetch.broker, partition, entry, how });
        }
    }

    /// A connection ended with these requests on it.
    pub(super) fn lost(&mut self, lost: Lost<Sent>, now: Instant, out: &mut Outbox) {
        for request in lost.requests {
            self.failed(request, Some(lost.how), now, out);
        }
    }

    /// A request failed before it left (`how` is none), or without an answer.
    pub(super) fn failed(&mut self, what: Sent, how: Option<Unreachable>, now: Instant, out: &mut Outbox) {
        match what {
            Sent::Fetch(fetch) => self.fetch_failed(&fetch, how, out),
            Sent::ListOffsets(resets) => self.look_up_failed(resets.iter().map(|r| r.partition), now, out),
            Sent::OffsetsForLeaderEpoch(validations) => self.look_up_failed(validations.iter().map(|v| v.partition), now, out),
            Sent::FindCoordinator => self.membership.iter_mut().for_each(|m| m.not_found(now)),
            Sent::Group(_, asked) => self.membership.iter_mut().for_each(|m| m.lost(asked.clone(), now, out)),
        }
    }
}
