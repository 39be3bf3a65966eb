//! Reassignments as an operator asks for them; their completion is part of every partition change.
//! Source: `ReplicationControlManager.changePartitionReassignment`, `cancelPartitionReassignment`, `PartitionReassignmentReplicas`,
//! `PartitionReassignmentRevert`.

use super::Turn;
use super::active::{Active, Answer};
use super::partition_change::{PartitionAsk, PartitionChange};
use crate::engine::Instant;
use crate::kafka::{BrokerIx, ErrorCode, PartitionIx, Replicas, Rules};
use crate::model::Spec;
use crate::observe::fact::Why;

impl Turn<'_, '_> {
    /// `kafka-reassign-partitions --execute`. The answer names the first partition's error; the others go on.
    pub(super) fn reassign(&mut self, what: &'static str, targets: &[(PartitionIx, Option<Replicas>)], asked_at: Instant) {
        let mut write = self.begin_write();
        let Some(active) = &*self.active else { return };
        let mut first = ErrorCode::None;
        for (partition, target) in targets {
            let result = match target {
                Some(target) => active.reassign(*partition, target, self.ctx.spec, self.ctx.rules),
                None => active.cancel_reassignment(*partition, self.ctx.rules),
            };
            match result {
                Ok(Some(change)) => write.records.push(self.partition_record(*partition, change, Why::Reassignment, asked_at)),
                Ok(None) => {}
                Err(error) if first.is_none() => first = error,
                Err(_) => {}
            }
        }
        self.finish_write(write, Answer::Admin(what, first));
    }
}

/// Who is in one list and not in the other, by `node.id` (`PartitionReassignmentReplicas.calculateDifference`).
fn without(a: &Replicas, b: &Replicas, spec: &Spec) -> Replicas {
    let mut difference: Replicas = a.iter().filter(|r| !b.contains(r)).copied().collect();
    difference.sort_unstable_by_key(|r| spec.brokers[r.index()].id);
    difference
}

impl Active {
    fn reassign(&self, partition: PartitionIx, target: &Replicas, spec: &Spec, rules: Rules) -> Result<Option<PartitionChange>, ErrorCode> {
        let now = self.registrations.partition(partition).ok_or(ErrorCode::UnknownTopicOrPartition)?;
        self.validate_assignment(target)?;
        let mut ask = PartitionAsk::of(now);
        let removing = without(&now.replicas, target, spec);
        let adding = without(target, &now.replicas, spec);
        ask.replicas = target.iter().chain(&removing).copied().collect();
        if !removing.is_empty() {
            ask.removing = removing;
        }
        if !adding.is_empty() {
            ask.adding = adding;
        }
        Ok(self.change(partition, ask, rules))
    }

    /// `validateManualPartitionAssignment`: registered brokers, none twice, at least one. Kafka's INVALID_REPLICA_ASSIGNMENT is
    /// told as INVALID_REQUEST.
    pub(super) fn validate_assignment(&self, replicas: &Replicas) -> Result<(), ErrorCode> {
        let distinct = replicas.iter().enumerate().all(|(i, r): (usize, &BrokerIx)| !replicas[..i].contains(r));
        let registered = replicas.iter().all(|r| self.registrations.broker(*r).is_some());
        if replicas.is_empty() || !distinct || !registered { Err(ErrorCode::InvalidRequest) } else { Ok(()) }
    }

    fn cancel_reassignment(&self, partition: PartitionIx, rules: Rules) -> Result<Option<PartitionChange>, ErrorCode> {
        let now = self.registrations.partition(partition).ok_or(ErrorCode::UnknownTopicOrPartition)?;
        if now.adding.is_empty() && now.removing.is_empty() {
            // NO_REASSIGNMENT_IN_PROGRESS.
            return Err(ErrorCode::InvalidRequest);
        }
        let stays = |r: &&BrokerIx| !now.adding.contains(r);
        let mut ask = PartitionAsk::of(now);
        ask.replicas = now.replicas.iter().filter(stays).copied().collect();
        ask.isr = now.isr.iter().filter(stays).copied().collect();
        ask.adding.clear();
        ask.removing.clear();
        ask.election = self.own_election(partition);
        let nobody_is_left = ask.isr.is_empty();
        if nobody_is_left {
            if !self.unclean_enabled(partition) {
                return Err(ErrorCode::InvalidRequest);
            }
            ask.isr = ask.replicas.iter().copied().take(1).collect();
        }
        // The first replica may have nothing, and need not even be alive: Kafka calls this unclean too (`PartitionReassignmentRevert.unclean`).
        let change = self.change(partition, ask, rules);
        Ok(change.map(|c| PartitionChange { unclean: c.unclean || nobody_is_left, ..c }))
    }
}
