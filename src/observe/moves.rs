//! Every committed leader change.

use super::fact::{Fact, Why};
use super::record::Move;
use crate::engine::Instant;
use crate::kafka::{BrokerIx, LeaderEpoch, PartitionIx};
use crate::model::Spec;

/// Index of a move.
pub type MoveIx = u32;

/// A committed leader change.
#[derive(Clone, Debug)]
pub struct MoveSeen {
    /// What moved.
    pub partition: PartitionIx,
    /// The leader before.
    pub from: Option<BrokerIx>,
    /// The leader after.
    pub to: Option<BrokerIx>,
    /// Its epoch.
    pub epoch: LeaderEpoch,
    /// Why.
    pub why: Why,
    /// Whether from outside the ISR.
    pub unclean: bool,
    /// When what caused it reached the controller.
    pub asked: Instant,
    /// When the controller made it.
    pub decided: Instant,
    /// When it was committed.
    pub committed: Instant,
    /// When the new leader took the role.
    pub role_taken: Option<Instant>,
}

/// All moves, in order of commit.
#[derive(Clone, Debug, Default)]
pub struct Moves {
    all: Vec<MoveSeen>,
    last: Vec<Option<MoveIx>>,
}

impl Moves {
    /// Takes in a commit that changed the leader from `from`.
    pub fn commit(&mut self, at: Instant, from: Option<BrokerIx>, fact: &Fact) -> Option<MoveIx> {
        let Fact::PartitionCommitted { partition, leader, leader_epoch, unclean, why, asked_at, decided_at, .. } = fact else {
            return None;
        };
        let index = self.all.len() as MoveIx;
        self.all.push(MoveSeen {
            partition: *partition,
            from,
            to: *leader,
            epoch: *leader_epoch,
            why: *why,
            unclean: *unclean,
            asked: *asked_at,
            decided: *decided_at,
            committed: at,
            role_taken: None,
        });
        if self.last.len() <= partition.index() {
            self.last.resize(partition.index() + 1, None);
        }
        self.last[partition.index()] = Some(index);
        Some(index)
    }

    /// A broker leads a partition from now on: if that is what the last move of the partition asked for, the move is done.
    pub fn role_taken(&mut self, at: Instant, partition: PartitionIx, broker: BrokerIx, epoch: LeaderEpoch) {
        let Some(last) = self.last.get(partition.index()).copied().flatten() else { return };
        let last = &mut self.all[last as usize];
        if last.to == Some(broker) && epoch >= last.epoch {
            last.role_taken.get_or_insert(at);
        }
    }

    /// One move.
    pub fn get(&self, index: MoveIx) -> &MoveSeen {
        &self.all[index as usize]
    }

    /// Which partitions moved at or after `from`, by index.
    pub fn moved_since(&self, from: Instant) -> Vec<bool> {
        let mut moved = vec![false; self.last.len()];
        for seen in self.all.iter().filter(|m| m.committed >= from) {
            moved[seen.partition.index()] = true;
        }
        moved
    }

    /// The records of the moves committed at or after `count_from`.
    pub fn records(&self, spec: &Spec, count_from: Instant) -> Vec<Move> {
        let id = |broker: Option<BrokerIx>| broker.map(|b| spec.brokers[b.index()].id);
        let record = |m: &MoveSeen| {
            let partition = &spec.partitions[m.partition.index()];
            Move {
                topic: spec.topics[partition.topic.index()].name.clone(),
                partition: partition.index,
                from: id(m.from),
                to: id(m.to),
                epoch: m.epoch.0,
                why: why_name(m.why).to_owned(),
                unclean: m.unclean,
                committed_ms: m.committed.millis_after(count_from),
                role_taken_ms: m.role_taken.map(|at| at.millis_after(count_from)),
            }
        };
        self.all.iter().filter(|m| m.committed >= count_from).map(record).collect()
    }
}

/// A reason in words.
pub const fn why_name(why: Why) -> &'static str {
    match why {
        Why::Created => "created",
        Why::Fenced => "fenced",
        Why::Unfenced => "unfenced",
        Why::ControlledShutdown => "controlled shutdown",
        Why::UncleanRestart => "unclean restart",
        Why::PreferredElection => "preferred election",
        Why::AutoRebalance => "auto rebalance",
        Why::UncleanElection => "unclean election",
        Why::Reassignment => "reassignment",
        Why::AlterPartition => "alter partition",
        Why::ElrCleared => "ELR cleared",
    }
}
