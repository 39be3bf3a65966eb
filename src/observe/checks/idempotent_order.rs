//! In one log the sequence numbers of an idempotent producer are in order and without gaps.
//! Source: `ProducerAppendInfo.checkSequence`. A producer that raised its epoch starts at zero again.
//!
//! Facts name no producer epoch, so a batch that starts at sequence zero always may follow. Within a leader's term the order is
//! known exactly. Across a change of leader the new log goes on from some batch that the new leader had replicated: one of those that
//! end where its term began, or earlier.

use super::Findings;
use crate::engine::Instant;
use crate::kafka::{ClientIx, LeaderEpoch, Offset, PartitionIx};
use crate::observe::fact::Fact;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Batches remembered for each producer and partition: more than it can have in flight (`max.in.flight.requests.per.connection` is 5 at most) in two terms.
const REMEMBERED: usize = 16;

#[derive(Clone, Copy, Debug)]
struct Batch {
    epoch: LeaderEpoch,
    end: Offset,
    next: u32,
    /// The present leader's log may hold it.
    held: bool,
}

/// The check.
#[derive(Clone, Debug)]
pub struct IdempotentOrder {
    pub(super) findings: Findings,
    batches: BTreeMap<(PartitionIx, ClientIx), VecDeque<Batch>>,
    /// The newest epoch in which a leader took its role. One who takes an older one later, as a broker that was started again before it hears
    /// what became of its former life, says nothing of the log that producers go on with.
    terms: BTreeMap<PartitionIx, LeaderEpoch>,
    /// Partitions of which a replica lost its unflushed tail: what a leader's log holds of a producer is not known any more.
    excused: BTreeSet<PartitionIx>,
}

impl IdempotentOrder {
    pub(super) const fn new() -> Self {
        let findings = Findings::of("idempotent order");
        IdempotentOrder { findings, batches: BTreeMap::new(), terms: BTreeMap::new(), excused: BTreeSet::new() }
    }

    /// A replica lost its unflushed tail.
    pub(super) fn unflushed_lost(&mut self, partition: PartitionIx) {
        self.excused.insert(partition);
    }

    pub(super) fn on_fact(&mut self, at: Instant, fact: &Fact) {
        if let Fact::LeaderRoleTaken { partition, leader_epoch, log_end, .. } = fact
            && self.terms.get(partition) <= Some(leader_epoch)
        {
            self.terms.insert(*partition, *leader_epoch);
            // What was appended before and does not stand in this leader's log, it cannot know; a later leader's log may have it again.
            let of_partition = self.batches.iter_mut().filter(|((p, _), _)| p == partition);
            of_partition.flat_map(|(_, known)| known).for_each(|b| b.held = b.epoch >= *leader_epoch || b.end <= *log_end);
        }
        if let Fact::Appended { broker, partition, leader_epoch, base, end, batch, client, sequence: Some(first) } = fact {
            let records = end.0 - base.0;
            // Sequence numbers wrap to zero after 2^31 - 1 (`DefaultRecordBatch.incrementSequence`).
            let next = ((u64::from(*first) + records) & 0x7FFF_FFFF) as u32;
            let known = self.batches.entry((*partition, *client)).or_default();
            if !may_follow(known, *leader_epoch, *base, *first) && self.excused.contains(partition) {
                self.findings.suspend(format!("partition {partition}: a replica lost unflushed data"));
            } else if !may_follow(known, *leader_epoch, *base, *first) {
                let text = format!(
                    "partition {partition}: batch {batch} of {client:?} at {broker:?} starts at sequence {first}, which follows none before it"
                );
                self.findings.violated(at, text);
            }
            if known.len() == REMEMBERED {
                known.pop_front();
            }
            known.push_back(Batch { epoch: *leader_epoch, end: *end, next, held: true });
        }
    }
}

fn may_follow(known: &VecDeque<Batch>, epoch: LeaderEpoch, base: Offset, first: u32) -> bool {
    if first == 0 {
        return true;
    }
    if let Some(last) = known.iter().rev().find(|b| b.epoch == epoch && b.end <= base) {
        return last.next == first;
    }
    let mut earlier = known.iter().filter(|b| b.held && b.epoch < epoch && b.end <= base).peekable();
    // Nothing known before: the broker has no state of this producer and takes any sequence (KIP-360).
    earlier.peek().is_none() || earlier.any(|b| b.next == first)
}
