//! Elections of many partitions at once. Source: `ReplicationControlManager` (`generateLeaderAndIsrUpdates`, `electLeaders`,
//! `maybeBalancePartitionLeaders`, `maybeElectUncleanLeaders`).

use super::Turn;
use super::active::{Active, Answer};
use super::events::Task;
use super::partition_change::{Election, PartitionAsk, PartitionChange, partition_change};
use super::state::Write;
use crate::engine::Instant;
use crate::kafka::{BrokerIx, ErrorCode, PartitionIx, Rules};
use crate::model::metadata::PartitionRegistration;
use crate::observe::fact::Why;

/// Most elections of one periodic run (`MAX_ELECTIONS_PER_IMBALANCE`).
const MAX_ELECTIONS: usize = 1000;

/// Which broker's change makes partitions be looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Affected {
    /// It may no longer lead nor be in sync.
    Removed(BrokerIx),
    /// It may lead what has no leader.
    Added(BrokerIx),
    /// It ended uncleanly: nor is it an eligible leader replica.
    UncleanShutdown(BrokerIx),
}

impl Affected {
    fn touches(self, partition: &PartitionRegistration) -> bool {
        match self {
            Affected::Removed(broker) => partition.isr.contains(&broker),
            Affected::Added(_) => partition.leader.is_none(),
            Affected::UncleanShutdown(broker) => partition.isr.contains(&broker) || partition.elr.contains(&broker),
        }
    }
    const fn gone(self) -> Option<BrokerIx> {
        match self {
            Affected::Removed(broker) | Affected::UncleanShutdown(broker) => Some(broker),
            Affected::Added(_) => None,
        }
    }
    const fn added(self) -> Option<BrokerIx> {
        match self {
            Affected::Added(broker) => Some(broker),
            Affected::Removed(_) | Affected::UncleanShutdown(_) => None,
        }
    }
}

impl Active {
    /// Whether the topic allows unclean elections (`uncleanLeaderElectionEnabledForTopic`).
    pub(super) fn unclean_enabled(&self, partition: PartitionIx) -> bool {
        self.registrations.topic_of(partition).is_some_and(|t| t.config.unclean_leader_election_enable)
    }

    /// The election that a change of this partition allows by itself.
    pub(super) fn own_election(&self, partition: PartitionIx) -> Election {
        if self.unclean_enabled(partition) { Election::Unclean } else { Election::Online }
    }

    /// The partition's next registration, with active brokers as acceptable leaders.
    pub(super) fn change(&self, partition: PartitionIx, ask: PartitionAsk, rules: Rules) -> Option<PartitionChange> {
        self.change_among(partition, ask, rules, &|broker| self.registrations.is_active(broker))
    }

    fn change_among(
        &self,
        partition: PartitionIx,
        ask: PartitionAsk,
        rules: Rules,
        acceptable: &dyn Fn(BrokerIx) -> bool,
    ) -> Option<PartitionChange> {
        let now = self.registrations.partition(partition)?;
        let topic = self.registrations.topic_of(partition)?;
        // getTopicEffectiveMinIsr: never more than the topic's first partition has replicas.
        let first = topic.partitions.first().and_then(|p| self.registrations.partition(*p)).unwrap_or(now);
        let min_isr = (topic.config.min_insync_replicas as usize).min(first.replicas.len());
        partition_change(now, ask, min_isr, rules.eligible_leader_replicas, acceptable, self.broken)
    }

    fn after(&self, partition: PartitionIx, now: &PartitionRegistration, affected: Affected, rules: Rules) -> Option<PartitionChange> {
        let mut ask = PartitionAsk::of(now);
        ask.election = self.own_election(partition);
        ask.isr.retain(|r| Some(*r) != affected.gone());
        if let Affected::UncleanShutdown(broker) = affected {
            ask.unclean_shutdown = Some(broker);
        }
        let acceptable = |broker: BrokerIx| {
            Some(broker) != affected.gone() && (Some(broker) == affected.added() || self.registrations.is_active(broker))
        };
        self.change_among(partition, ask, rules, &acceptable)
    }
}

impl Turn<'_, '_> {
    /// New leaders and ISRs of all partitions that a broker's change touches (`generateLeaderAndIsrUpdates`). The order is that of
    /// the partitions' indices: fixed, as Kafka's is arbitrary.
    pub(super) fn leader_and_isr_updates(&self, write: &mut Write, affected: Affected, why: Why, asked_at: Instant) {
        let Some(active) = &*self.active else { return };
        let near: Box<dyn Iterator<Item = _>> = match affected {
            Affected::Removed(broker) | Affected::UncleanShutdown(broker) => Box::new(active.registrations.of_member(broker)),
            Affected::Added(_) => Box::new(active.registrations.leaderless()),
        };
        for (partition, now) in near.filter(|(_, p)| affected.touches(p)) {
            if let Some(change) = active.after(partition, now, affected, self.ctx.rules) {
                write.records.push(self.partition_record(partition, change, why, asked_at));
            }
        }
    }

    /// One partition's election on request (`electLeader`).
    fn elect_leader(&self, write: &mut Write, partition: PartitionIx, election: Election, why: Why, asked_at: Instant) -> ErrorCode {
        let Some(active) = &*self.active else { return ErrorCode::NotController };
        let Some(now) = active.registrations.partition(partition) else { return ErrorCode::UnknownTopicOrPartition };
        let needless = match election {
            Election::Preferred => now.leader == now.replicas.first().copied(),
            Election::Online | Election::Unclean => now.leader.is_some(),
        };
        if needless {
            return ErrorCode::ElectionNotNeeded;
        }
        let ask = PartitionAsk { election, ..PartitionAsk::of(now) };
        match active.change(partition, ask, self.ctx.rules) {
            Some(change) => {
                write.records.push(self.partition_record(partition, change, why, asked_at));
                ErrorCode::None
            }
            None if election == Election::Preferred => ErrorCode::PreferredLeaderNotAvailable,
            None => ErrorCode::EligibleLeadersNotAvailable,
        }
    }

    /// `kafka-leader-election`. The answer names the first partition's error; with all partitions asked for, those that need no
    /// election say nothing.
    pub(super) fn elect_on_request(&mut self, what: &'static str, partitions: &[PartitionIx], election: Election, asked_at: Instant) {
        let why = if election == Election::Preferred { Why::PreferredElection } else { Why::UncleanElection };
        let mut write = self.begin_write();
        let all = partitions.is_empty();
        let asked: Vec<PartitionIx> = match &*self.active {
            Some(active) if all => active.registrations.partitions().map(|(p, _)| p).collect(),
            Some(_) | None => partitions.to_vec(),
        };
        let mut first = ErrorCode::None;
        for partition in asked {
            let error = self.elect_leader(&mut write, partition, election, why, asked_at);
            let silent = all && error == ErrorCode::ElectionNotNeeded;
            if first.is_none() && !silent {
                first = error;
            }
        }
        self.finish_write(write, Answer::Admin(what, first));
    }

    /// Gives leadership back to preferred replicas, `MAX_ELECTIONS` at most at once (`maybeBalancePartitionLeaders`).
    pub(super) fn balance_leaders(&mut self, asked_at: Instant) {
        let mut write = self.begin_write();
        if let Some(active) = &*self.active {
            for (partition, now) in active.registrations.imbalanced() {
                if write.records.len() >= MAX_ELECTIONS {
                    break;
                }
                let ask = PartitionAsk { election: Election::Preferred, ..PartitionAsk::of(now) };
                if let Some(change) = active.change(partition, ask, self.ctx.rules) {
                    write.records.push(self.partition_record(partition, change, Why::AutoRebalance, asked_at));
                }
            }
        }
        let more = write.records.len() >= MAX_ELECTIONS;
        self.finish_write(write, Answer::Nobody);
        self.task_done(&Task::Balance, more);
    }

    /// Elects unclean leaders for leaderless partitions whose topic allows it (`maybeElectUncleanLeaders`).
    pub(super) fn elect_unclean_leaders(&mut self, asked_at: Instant) {
        let mut write = self.begin_write();
        let leaderless: Vec<PartitionIx> = match &*self.active {
            Some(active) => active.registrations.leaderless().map(|(p, _)| p).filter(|p| active.unclean_enabled(*p)).collect(),
            None => Vec::new(),
        };
        for partition in leaderless {
            if write.records.len() >= MAX_ELECTIONS {
                break;
            }
            self.elect_leader(&mut write, partition, Election::Unclean, Why::UncleanElection, asked_at);
        }
        let more = write.records.len() >= MAX_ELECTIONS;
        self.finish_write(write, Answer::Nobody);
        self.task_done(&Task::Unclean, more);
    }
}
