//! What consumer groups went through: rebalances, members without partitions, commits, coordinators.

use super::fact::GroupFact;
use super::latency::Sample;
use super::record::GroupRecord;
use crate::engine::Instant;
use crate::kafka::{BrokerIx, ClientIx, GroupIx};
use crate::model::Spec;
use std::collections::BTreeMap;

/// A member.
#[derive(Clone, Copy, Debug, Default)]
struct Member {
    /// Since when it has had no partitions, after it had some.
    without: Option<Instant>,
    /// Its last accepted commit.
    committed: Option<Instant>,
    left: bool,
}

#[derive(Clone, Debug, Default)]
struct Account {
    record: GroupRecord,
    coordinator: Option<BrokerIx>,
    members: BTreeMap<ClientIx, Member>,
    without: Sample,
    gaps: Sample,
}

/// The accounts of all groups.
#[derive(Clone, Debug)]
pub struct Groups {
    count_from: Instant,
    accounts: Vec<Account>,
}

impl Groups {
    /// Nothing has happened yet in the groups of `spec`; counting begins at `count_from`.
    pub fn new(spec: &Spec, count_from: Instant) -> Self {
        Groups { count_from, accounts: vec![Account::default(); spec.groups.len()] }
    }

    /// Something happened in a group.
    pub fn on_fact(&mut self, at: Instant, group: GroupIx, what: GroupFact) {
        let counted = at >= self.count_from;
        let Some(account) = self.accounts.get_mut(group.index()) else { return };
        match what {
            GroupFact::CoordinatorKnown { .. } => {}
            GroupFact::CoordinatorLoaded { broker } => {
                let moved = account.coordinator.replace(broker).is_some_and(|before| before != broker);
                account.record.coordinator_moves += u64::from(moved && counted);
            }
            GroupFact::RebalanceBegan { .. } => account.record.rebalances += u64::from(counted),
            GroupFact::SessionExpired { .. } => account.record.sessions_expired += u64::from(counted),
            GroupFact::Assigned { client, .. } => {
                if let Some(since) = account.member(client).without.take().filter(|_| counted) {
                    account.without.add(at.since(since));
                }
            }
            GroupFact::Revoked { client, .. } => account.member(client).without = Some(at),
            GroupFact::Left { client } => *account.member(client) = Member { left: true, ..Member::default() },
            GroupFact::Committed { client, .. } => {
                account.record.commits += u64::from(counted);
                // One commit tells of many partitions at one moment.
                if let Some(before) = account.member(client).committed.replace(at).filter(|before| counted && *before < at) {
                    account.gaps.add(at.since(before));
                }
            }
            GroupFact::CommitRefused { error, .. } => {
                if counted {
                    *account.record.commits_failed.entry(error.name().to_owned()).or_default() += 1;
                }
            }
        }
    }

    /// What was found, by the name of the group.
    pub fn finish(self, spec: &Spec, end: Instant) -> BTreeMap<String, GroupRecord> {
        let named = self.accounts.into_iter().zip(&spec.groups).enumerate();
        named.map(|(i, (account, group))| (group.name.clone(), account.finish(spec, GroupIx(i as u32), end))).collect()
    }
}

impl Account {
    fn member(&mut self, client: ClientIx) -> &mut Member {
        self.members.entry(client).or_default()
    }

    fn finish(mut self, spec: &Spec, group: GroupIx, end: Instant) -> GroupRecord {
        let here = || self.members.values().filter(|m| !m.left);
        let open = here().filter(|m| m.without.is_some()).count() as u64;
        let longest = here().filter_map(|m| m.committed).map(|at| end.since(at).as_millis_f64()).fold(0.0, f64::max);
        self.without.add_open(open);
        GroupRecord {
            members: spec.members(group).count() as u64,
            unassigned_ms: self.without.quantiles(),
            commit_gap_ms: self.gaps.quantiles(),
            longest_since_commit_ms: longest,
            ..self.record
        }
    }
}
