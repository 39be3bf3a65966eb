//! What has come is given to the application, and errors are acted on. Source: `FetchCollector`.

use super::Consumer;
use super::buffer::Completed;
use super::reader::Given;
use super::subscription::State;
use crate::engine::Instant;
use crate::kafka::{BrokerIx, ErrorCode, PartitionIx};
use crate::model::{Ctx, Outbox};
use crate::observe::Fact;
use crate::observe::fact::Position as Why;

/// What a look into the buffer gave.
#[derive(Default, Debug)]
pub(super) struct Collected {
    /// Records for the application.
    pub records: Vec<Given>,
    /// An answer was taken out of the buffer, so that its partition may be asked for again.
    pub moved: bool,
}

impl Consumer {
    /// `FetchCollector.collectFetch`: up to `max.poll.records` of what has come, errors acted on as they are met.
    pub(super) fn collect(&mut self, ctx: &Ctx<'_>, out: &mut Outbox) -> Collected {
        let mut collected = Collected::default();
        let mut remaining = u64::from(self.settings.max_poll_records);
        while remaining > 0 {
            let Some(mut current) = self.buffer.current.take() else {
                let Some(completed) = self.buffer.completed.pop_front() else { break };
                collected.moved = true;
                let partition = completed.partition;
                match self.initialize(completed, ctx, out) {
                    Some(completed) => self.buffer.current = Some(completed),
                    None => self.leave_buffer(partition),
                }
                continue;
            };
            let partition = current.partition;
            let fits = self.subscription.get(partition).and_then(|a| a.valid_position()).is_some_and(|p| p.offset == current.next);
            while fits && remaining > 0 {
                let Some(taken) = current.take(remaining) else { break };
                remaining -= taken.end.0 - taken.base.0;
                out.fact(Fact::Delivered { client: self.index, partition, batch: taken.batch, base: taken.base, end: taken.end });
                collected.records.push(Given { partition, base: taken.base, end: taken.end });
                if let Some(assigned) = self.subscription.get_mut(partition) {
                    assigned.advance(taken.end, taken.epoch);
                }
            }
            // Answers for another position, and of partitions that may not be read now, are dropped.
            if fits && !current.is_consumed() {
                self.buffer.current = Some(current);
            } else {
                self.leave_buffer(partition);
            }
        }
        collected
    }

    fn leave_buffer(&mut self, partition: PartitionIx) {
        if let Some(assigned) = self.subscription.get_mut(partition) {
            assigned.buffered = assigned.buffered.saturating_sub(1);
        }
    }

    /// `FetchCollector.initialize`: an answer, its error too, counts only while the partition has a valid position.
    fn initialize(&mut self, completed: Completed, ctx: &Ctx<'_>, out: &mut Outbox) -> Option<Completed> {
        let lease = ctx.now + self.net.shared.metadata_max_age;
        let assigned = self.subscription.get_mut(completed.partition)?;
        let position = assigned.valid_position()?;
        if !completed.error.is_none() {
            self.act_on(&completed, out);
            return None;
        }
        if position.offset != completed.next {
            return None;
        }
        if let Some(replica) = completed.preferred_replica {
            assigned.prefer(replica, lease, ctx.now);
        }
        Some(completed)
    }

    /// `FetchCollector.handleInitializeErrors`. No error makes the partition wait before it is asked for again.
    fn act_on(&mut self, completed: &Completed, out: &mut Outbox) {
        let refreshes = matches!(
            completed.error,
            ErrorCode::NotLeaderOrFollower
                | ErrorCode::ReplicaNotAvailable
                | ErrorCode::KafkaStorageError
                | ErrorCode::FencedLeaderEpoch
                | ErrorCode::OffsetNotAvailable
                | ErrorCode::UnknownTopicOrPartition
                | ErrorCode::UnknownTopicId
                | ErrorCode::InconsistentTopicId
        );
        if refreshes {
            self.refresh_for(completed.partition, out);
        } else if completed.error == ErrorCode::OffsetOutOfRange {
            self.out_of_range(completed);
        }
        // Any other, such as UNKNOWN_LEADER_EPOCH of a broker that is behind, is only logged: it is asked again at once.
    }

    /// `FetchUtils.requestMetadataUpdate`.
    pub(super) fn refresh_for(&mut self, partition: PartitionIx, out: &mut Outbox) {
        self.net.refresh.request(out);
        if let Some(assigned) = self.subscription.get_mut(partition) {
            assigned.leave_replica();
        }
    }

    /// A follower may be behind: the leader is asked. The leader knows: the position is reset, or the application gets an exception, here
    /// with every poll until the position is found.
    fn out_of_range(&mut self, completed: &Completed) {
        let Some(reset) = self.settings.reset else { return };
        let Some(assigned) = self.subscription.get_mut(completed.partition) else { return };
        if assigned.leave_replica() {
            return;
        }
        if assigned.state == State::Fetching && assigned.position().is_some_and(|p| p.offset == completed.next) {
            assigned.reset(reset, Why::Reset);
        }
    }

    /// Nodes whose records wait in the buffer for partitions that may be read (`AbstractFetch.bufferedNodes`, KAFKA-17182).
    pub(super) fn buffered_nodes(&self, now: Instant) -> Vec<BrokerIx> {
        if !self.settings.skip_buffered_nodes {
            return Vec::new();
        }
        let buffered = self.subscription.list.iter().filter(|a| a.buffered > 0);
        buffered.filter_map(|a| a.replica(now).or(a.valid_position()?.leader)).collect()
    }
}
