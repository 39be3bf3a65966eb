//! A leader proposes another ISR. Source: `ReplicationControlManager` (`alterPartition`, `validateAlterPartitionData`,
//! `ineligibleReplicasForIsr`).

use super::Turn;
use super::active::{Active, Answer};
use super::partition_change::PartitionAsk;
use crate::engine::Instant;
use crate::kafka::{BrokerEpoch, BrokerIx, ErrorCode, Replicas, Rules};
use crate::model::message::{AlterPartitionEntry, AlterPartitionResult, Response};
use crate::model::metadata::{BrokerRegistration, PartitionRegistration};
use crate::model::{Broken, Token};
use crate::observe::fact::Why;

impl Turn<'_, '_> {
    /// All entries of one request make one write; each has its own result.
    pub(super) fn alter_partition(
        &mut self,
        token: Token,
        asked_at: Instant,
        broker: BrokerIx,
        epoch: BrokerEpoch,
        entries: Vec<AlterPartitionEntry>,
    ) {
        let mut write = self.begin_write();
        let Some(active) = &*self.active else { return };
        if active.registrations.broker(broker).is_none_or(|r| r.epoch != epoch) {
            let response = Response::AlterPartition { error: ErrorCode::StaleBrokerEpoch, results: Vec::new() };
            return self.finish_write(write, Answer::Rpc(token, response));
        }
        let mut results = Vec::with_capacity(entries.len());
        for entry in &entries {
            let (result, change) = active.alter(broker, entry, self.ctx.rules);
            if let Some(change) = change {
                write.records.push(self.partition_record(entry.partition, change, Why::AlterPartition, asked_at));
            }
            results.push(result);
        }
        self.finish_write(write, Answer::Rpc(token, Response::AlterPartition { error: ErrorCode::None, results }));
    }
}

impl Active {
    /// One entry's result, and the change that it makes.
    pub(super) fn alter(
        &self,
        sender: BrokerIx,
        entry: &AlterPartitionEntry,
        rules: Rules,
    ) -> (AlterPartitionResult, Option<super::PartitionChange>) {
        let partition = entry.partition;
        let refused = |error| (AlterPartitionResult { partition, error, committed: None }, None);
        if self.registrations.topic_of(partition).is_none() {
            return refused(ErrorCode::UnknownTopicId);
        }
        let Some(now) = self.registrations.partition(partition) else { return refused(ErrorCode::UnknownTopicOrPartition) };
        let error = self.refusal(sender, entry, now);
        if !error.is_none() {
            return refused(error);
        }
        let mut ask = PartitionAsk::of(now);
        ask.isr = entry.isr.iter().map(|(b, _)| *b).collect();
        ask.recovering = entry.recovering;
        ask.election = self.own_election(partition);
        let change = self.change(partition, ask, rules);
        let next = change.as_ref().map_or(now, |c| &c.registration);
        // The record is written even so: a completed reassignment may take the leadership away.
        if next.leader != Some(sender) {
            let result = AlterPartitionResult { partition, error: ErrorCode::NewLeaderElected, committed: None };
            return (result, change);
        }
        let committed = Some((next.leader_epoch, next.partition_epoch, next.isr.clone()));
        (AlterPartitionResult { partition, error: ErrorCode::None, committed }, change)
    }

    /// `validateAlterPartitionData`: the first rule that is broken.
    fn refusal(&self, sender: BrokerIx, entry: &AlterPartitionEntry, now: &PartitionRegistration) -> ErrorCode {
        if entry.leader_epoch > now.leader_epoch || entry.partition_epoch > now.partition_epoch {
            return ErrorCode::NotController;
        }
        if entry.leader_epoch < now.leader_epoch {
            return ErrorCode::FencedLeaderEpoch;
        }
        if now.leader != Some(sender) {
            return ErrorCode::InvalidRequest;
        }
        if entry.partition_epoch < now.partition_epoch && self.broken != Some(Broken::ProposalWithoutPartitionEpoch) {
            return ErrorCode::InvalidUpdateVersion;
        }
        let isr: Replicas = entry.isr.iter().map(|(b, _)| *b).collect();
        if !is_valid_isr(&isr, &now.replicas) || !isr.contains(&sender) {
            return ErrorCode::InvalidRequest;
        }
        if entry.recovering && (isr.len() > 1 || !now.recovering) {
            return ErrorCode::InvalidRequest;
        }
        if entry.isr.iter().any(|(b, epoch)| !self.may_be_in_sync(*b, *epoch)) {
            return ErrorCode::IneligibleReplica;
        }
        ErrorCode::None
    }

    fn may_be_in_sync(&self, broker: BrokerIx, epoch: Option<BrokerEpoch>) -> bool {
        let registration = self.registrations.broker(broker);
        let active = |r: &BrokerRegistration| r.is_active() || self.broken == Some(Broken::FencedReplicaJoinsIsr);
        registration.is_some_and(|r| active(r) && epoch.is_none_or(|e| e == r.epoch))
    }
}

/// `Replicas.validateIsr`: replicas only, none twice, at least one.
fn is_valid_isr(isr: &Replicas, replicas: &Replicas) -> bool {
    let known = isr.iter().all(|r| replicas.contains(r));
    let distinct = isr.iter().enumerate().all(|(i, r)| !isr[..i].contains(r));
    known && distinct && !isr.is_empty()
}
