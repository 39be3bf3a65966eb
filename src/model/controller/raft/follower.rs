//! A standby voter's fetch loop. Source: `KafkaRaftClient` (`pollFollowerAsVoter`, `handleFetchResponse`, `appendAsFollower`).

use super::super::Turn;
use super::{MAX_FETCH_WAIT, Role};
use crate::engine::{Instant, mix};
use crate::kafka::{ErrorCode, MetadataOffset, VoterIx};
use crate::model::message::{RaftBatch, RaftPeer, Request, Response};
use std::sync::Arc;

impl Turn<'_, '_> {
    /// A follower has one fetch in flight, at its leader; the next leaves when the last batches are flushed.
    pub(super) fn wanted_fetch(&self, to: VoterIx, next_fetch_at: Instant) -> Option<Request> {
        let due = self.ctx.now >= next_fetch_at && self.disk.leader == Some(to) && self.raft.stop_by.is_none();
        due.then(|| Request::RaftFetch {
            peer: RaftPeer::Voter(self.me),
            epoch: self.disk.epoch,
            from: self.disk.log.end(),
            last_epoch: self.disk.log.last_epoch(),
            high_watermark: self.raft.high_watermark,
            max_wait: MAX_FETCH_WAIT,
        })
    }

    /// The answer to a fetch (`maybeHandleCommonResponse`, then `handleFetchResponse`).
    pub(super) fn fetched(&mut self, response: Response) {
        let Response::RaftFetch { error, epoch, leader, batches, high_watermark, diverging, .. } = response else { return };
        if epoch < self.disk.epoch {
            return;
        }
        if epoch > self.disk.epoch || !error.is_none() {
            if error == ErrorCode::UnknownLeaderEpoch {
                return;
            }
            return self.observe_epoch(epoch, leader);
        }
        if !matches!(self.raft.role, Role::Follower { .. }) {
            return;
        }
        match diverging {
            Some(offset) => self.disk.log.truncate(offset),
            None => self.append_as_follower(&batches, high_watermark),
        }
        let fetch_by = self.ctx.now + self.voter().config.controller_quorum_fetch_timeout;
        if let Role::Follower { fetch_by: deadline, has_fetched, .. } = &mut self.raft.role {
            *deadline = fetch_by;
            *has_fetched = true;
        }
    }

    fn append_as_follower(&mut self, batches: &[Arc<RaftBatch>], high_watermark: MetadataOffset) {
        for batch in batches {
            if batch.base == self.disk.log.end() {
                self.disk.log.append(Arc::clone(batch));
            }
        }
        self.raft.high_watermark = self.raft.high_watermark.max(high_watermark.min(self.disk.log.end()));
        let Some(last) = batches.last() else { return };
        // A voter flushes before it fetches again, because its fetch offset is its acknowledgement.
        let draw = self.draws.flush.at(mix(u64::from(last.epoch.0), last.base.0));
        let flushed = self.ctx.now + self.voter().costs.raft_flush.sample(draw).scale(self.disk_slowness);
        if let Role::Follower { next_fetch_at, .. } = &mut self.raft.role {
            *next_fetch_at = flushed;
        }
    }
}
