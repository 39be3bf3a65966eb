//! Request handler threads: what a request costs, and which room it goes to. Source: `KafkaRequestHandler`, `KafkaApis.handle`.

use super::Broker;
use super::api::fetch::ConsumerRequest;
use crate::engine::{Distribution, Duration, Instant, mix};
use crate::kafka::{ClientIx, ErrorCode};
use crate::model::message::{Isolation, Request, Response};
use crate::model::{Ctx, Outbox, Token};
use crate::observe::Fact;
use crate::observe::fact::Api;

/// Size of a small answer on the wire.
const SMALL_ANSWER: u32 = 100;

/// The client that a token's request came from travels in the entry ids of its requests, and in the address of others.
pub(super) fn client_of_entry(entry: u64) -> ClientIx {
    ClientIx((entry >> 40) as u32)
}

impl Broker {
    /// The network thread has read a request: it waits for a handler and is then worked on.
    pub(super) fn queue_request(&mut self, token: Token, request: Request, ctx: &mut Ctx, out: &mut Outbox) {
        let mut taken = |entry, partition| out.fact(Fact::EntryTaken { client: client_of_entry(entry), broker: self.ix, partition, entry });
        if let Request::Produce { entries, .. } = &request {
            entries.iter().for_each(|e| taken(e.entry, e.partition));
        }
        if let Request::Fetch { entries, .. } = &request {
            entries.iter().for_each(|e| taken(e.entry, e.partition));
        }
        let work = self.work_of(&request, token.address);
        if let Some(finish) = self.worked_on(token.address, work, ctx.now) {
            out.work(finish, token, request);
        }
    }

    /// When the `work` on a request that arrives at `at` will be done.
    fn worked_on(&mut self, address: u64, work: Duration, at: Instant) -> Option<Instant> {
        let wait = self.cost(&self.costs.request_queue, mix(address, 1));
        let network = self.cost(&self.costs.network_thread, mix(address, 4));
        let ram = self.ram.as_mut()?;
        let read = ram.network.serve(at, network);
        Some(ram.handlers.serve(read + wait, work))
    }

    /// When the work on a fetch of a follower that arrives at `at` will be done; some fetch before has warmed the process up.
    pub(super) fn idle_fetch_worked_on(&mut self, address: u64, at: Instant) -> Option<Instant> {
        let work = self.cost(&self.costs.replica_fetch, mix(address, 2));
        self.worked_on(address, work, at)
    }

    fn work_of(&mut self, request: &Request, address: u64) -> Duration {
        let Some(ram) = self.ram.as_mut() else { return Duration::ZERO };
        let is_cold = match matches!(request, Request::Metadata { .. }) {
            true => std::mem::take(&mut ram.cold.metadata),
            false => matches!(request, Request::ReplicaFetch { .. } | Request::Fetch { .. }) && std::mem::take(&mut ram.cold.fetch),
        };
        let address = mix(address, 2);
        let mut work = self.cost(self.handler_time(request), address);
        if matches!(request, Request::Produce { .. }) {
            work = work.scale(self.pace.disk);
        }
        if is_cold {
            work += self.cost(&self.costs.cold, mix(address, 3));
        }
        work
    }

    fn handler_time(&self, request: &Request) -> &Distribution {
        match request {
            Request::Produce { .. } => &self.costs.produce,
            Request::ReplicaFetch { .. } => &self.costs.replica_fetch,
            Request::Metadata { .. } => &self.costs.metadata,
            Request::Fetch { .. } => &self.costs.fetch,
            Request::ApiVersions
            | Request::ListOffsets { .. }
            | Request::OffsetsForLeaderEpoch { .. }
            | Request::Group { .. }
            | Request::InitProducerId
            | Request::BrokerRegistration { .. }
            | Request::BrokerHeartbeat { .. }
            | Request::AlterPartition { .. }
            | Request::RaftFetch { .. }
            | Request::Vote { .. }
            | Request::BeginQuorumEpoch { .. }
            | Request::EndQuorumEpoch { .. } => &self.costs.other,
        }
    }

    /// The handler is done with a request.
    pub(super) fn handle_request(&mut self, token: Token, request: Request, ctx: &mut Ctx, out: &mut Outbox) {
        match request {
            Request::ApiVersions => out.reply(token, Response::ApiVersions, SMALL_ANSWER),
            Request::InitProducerId => out.reply(token, Response::InitProducerId { error: ErrorCode::None }, SMALL_ANSWER),
            Request::Metadata { topics } => self.metadata(token, topics, ctx, out),
            Request::Produce { acks, timeout, entries } => self.produce(token, acks, timeout, &entries, ctx, out),
            Request::ReplicaFetch { replica, thread, broker_epoch, max_wait, min_bytes, full, partitions, forgotten } => {
                let thread = (replica, thread);
                if full {
                    self.begin_session(thread, &token, broker_epoch, ctx, out);
                }
                self.replica_fetch(token, thread, broker_epoch, (max_wait, min_bytes), (partitions, forgotten), ctx, out);
            }
            // What the consumer may see is all below the high watermark, whatever isolation it asks for: nothing here is transactional.
            Request::Fetch {
                only_leader,
                max_wait,
                min_bytes,
                max_bytes,
                partition_max_bytes,
                isolation: Isolation::ReadUncommitted | Isolation::ReadCommitted,
                session,
                rack,
                entries,
            } => {
                let request =
                    ConsumerRequest { token, max_wait, min_bytes, max_bytes, partition_max_bytes, only_leader, session, rack, entries };
                self.fetch(request, ctx, out);
            }
            Request::ListOffsets { client, queries, .. } => self.list_offsets(token, client, &queries, ctx, out),
            Request::OffsetsForLeaderEpoch { client, queries } => self.offsets_for_leader_epoch(token, client, &queries, ctx, out),
            Request::Group { client, group, request } => self.group(token, client, group, request, ctx, out),
            // These go to controllers.
            Request::BrokerRegistration { .. }
            | Request::BrokerHeartbeat { .. }
            | Request::AlterPartition { .. }
            | Request::RaftFetch { .. }
            | Request::Vote { .. }
            | Request::BeginQuorumEpoch { .. }
            | Request::EndQuorumEpoch { .. } => {}
        }
    }

    /// Notes that a client's request was served.
    pub(super) fn served(&self, client: ClientIx, api: Api, busy: Duration, response_bytes: u32, out: &mut Outbox) {
        out.fact(Fact::RequestServed { client, broker: self.ix, api, busy, response_bytes });
    }
}
