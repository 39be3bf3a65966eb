//! A leader that is deposed answers the produce requests that wait for its high watermark. Sources: `ReplicaManager.applyLocalFollowersDelta`,
//! `completeDelayedOperationsWhenNotPartitionLeader`.

use super::Findings;
use crate::engine::{Duration, Instant, SortedList};
use crate::kafka::{BrokerIx, PartitionIx};
use crate::observe::fact::{EntryId, Fact};
use std::collections::BTreeMap;

/// Many role changes of one batch may come before the answers.
const PATIENCE: Duration = Duration::from_secs(10);

/// The check.
#[derive(Clone, Debug)]
pub struct DeposedLeaders {
    pub(super) findings: Findings,
    /// Entries of produce requests that are on their way.
    sent: SortedList<EntryId>,
    /// Entries that were taken and not answered, and since when their leader is none any more.
    waiting: BTreeMap<(BrokerIx, PartitionIx, EntryId), Option<Instant>>,
}

impl DeposedLeaders {
    pub(super) fn new() -> Self {
        DeposedLeaders { findings: Findings::of("deposed leaders answer"), sent: SortedList::default(), waiting: BTreeMap::new() }
    }

    pub(super) fn on_fact(&mut self, at: Instant, fact: &Fact) {
        if let Fact::EntrySent { entry, batch: Some(_), .. } = fact {
            self.sent.insert(*entry);
        }
        if let Fact::EntryTaken { broker, partition, entry, .. } = fact
            && self.sent.remove(*entry)
        {
            self.waiting.insert((*broker, *partition, *entry), None);
        }
        if let Fact::FollowerRoleTaken { broker, partition, .. } = fact {
            let here = self.waiting.range_mut((*broker, *partition, EntryId::MIN)..=(*broker, *partition, EntryId::MAX));
            here.for_each(|(_, deposed)| *deposed = deposed.or(Some(at)));
        }
        if let Fact::EntryAnswered { broker, partition, entry, .. } | Fact::EntryUnreachable { broker, partition, entry, .. } = fact {
            self.sent.remove(*entry);
            let deposed = self.waiting.remove(&(*broker, *partition, *entry)).flatten();
            if let Some(since) = deposed.filter(|since| *since + PATIENCE < at) {
                let waited = at.since(since);
                let text = format!("partition {partition}: {broker:?} leads no longer, and a request had no answer for {waited}");
                self.findings.violated(at, text);
            }
        }
    }

    /// A broker's process ended, was paused or resumed: what waits there may wait.
    pub(super) fn disturbed(&mut self, broker: Option<BrokerIx>) {
        self.waiting.retain(|(b, _, _), _| Some(*b) != broker);
    }
}
