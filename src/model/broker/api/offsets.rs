//! `ListOffsets` and `OffsetForLeaderEpoch`: leaders alone answer. Source: `KafkaApis.handleListOffsetRequest`,
//! `Partition.fetchOffsetForTimestamp`, `ReplicaManager.lastOffsetForLeaderEpoch`, `LeaderEpochFileCache.endOffsetFor`.

use crate::engine::Duration;
use crate::kafka::{ClientIx, ErrorCode, LeaderEpoch, Offset};
use crate::model::broker::Broker;
use crate::model::broker::log::ReplicaLog;
use crate::model::broker::roles::Role;
use crate::model::message::{EpochAnswer, EpochQuery, OffsetAnswer, OffsetQuery, OffsetSpec, Response};
use crate::model::{Ctx, Outbox, Token};
use crate::observe::fact::Api;

/// Size of an answer on the wire: fixed part and each partition's.
const BYTES: (u32, u32) = (30, 40);

impl Broker {
    pub(in crate::model::broker) fn list_offsets(
        &mut self,
        token: Token,
        client: ClientIx,
        queries: &[OffsetQuery],
        ctx: &mut Ctx,
        out: &mut Outbox,
    ) {
        let answers: Vec<OffsetAnswer> = queries.iter().map(|q| self.offset(q, ctx)).collect();
        let bytes = BYTES.0 + BYTES.1 * answers.len() as u32;
        self.served(client, Api::ListOffsets, Duration::ZERO, bytes, out);
        out.reply(token, Response::ListOffsets { answers }, bytes);
    }

    pub(in crate::model::broker) fn offsets_for_leader_epoch(
        &mut self,
        token: Token,
        client: ClientIx,
        queries: &[EpochQuery],
        ctx: &mut Ctx,
        out: &mut Outbox,
    ) {
        let answers: Vec<EpochAnswer> = queries.iter().map(|q| self.end_of_epoch(q, ctx)).collect();
        let bytes = BYTES.0 + BYTES.1 * answers.len() as u32;
        self.served(client, Api::OffsetsForLeaderEpoch, Duration::ZERO, bytes, out);
        out.reply(token, Response::OffsetsForLeaderEpoch { answers }, bytes);
    }

    fn offset(&self, query: &OffsetQuery, ctx: &Ctx) -> OffsetAnswer {
        let partition = query.partition;
        let found = match self.check_consumer(partition, query.leader_epoch, true, ctx) {
            ErrorCode::None => self.offset_of(query),
            error => Err(error),
        };
        match found {
            Ok((offset, leader_epoch)) => OffsetAnswer { partition, error: ErrorCode::None, offset, leader_epoch },
            Err(error) => OffsetAnswer { partition, error, offset: Offset(0), leader_epoch: None },
        }
    }

    /// Until a new leader's high watermark has come to where its term began it does not say where the log ends: it could be less than the
    /// leader before it had said.
    fn offset_of(&self, query: &OffsetQuery) -> Result<(Offset, Option<LeaderEpoch>), ErrorCode> {
        let role = self.ram.as_ref().and_then(|ram| ram.roles.get(&query.partition));
        let (Some(Role::Leader(leadership)), Some(log)) = (role, self.disk.replicas.get(&query.partition)) else {
            return Err(ErrorCode::NotLeaderOrFollower);
        };
        match query.spec {
            OffsetSpec::Earliest => Ok((Offset(0), log.first_epoch())),
            OffsetSpec::Latest if leadership.epoch_start > log.high_watermark => Err(ErrorCode::OffsetNotAvailable),
            OffsetSpec::Latest => Ok((log.high_watermark, Some(leadership.epoch))),
        }
    }

    fn end_of_epoch(&self, query: &EpochQuery, ctx: &Ctx) -> EpochAnswer {
        let error = self.check_consumer(query.partition, query.current_leader_epoch, true, ctx);
        let log = self.disk.replicas.get(&query.partition).filter(|_| error.is_none());
        // An epoch beyond all that the log knows has no end.
        let known = |log: &&ReplicaLog| log.last_epoch().is_some_and(|last| last >= query.leader_epoch);
        let end = log.filter(known).and_then(|log| log.end_of_epoch(query.leader_epoch));
        EpochAnswer { partition: query.partition, error, end }
    }
}
