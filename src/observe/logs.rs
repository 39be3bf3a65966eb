//! What stands in each partition's log by the facts, and when its records were created: what consumers are held against.

use super::fact::{BatchId, Fact, Why};
use crate::engine::Instant;
use crate::kafka::{BrokerIx, LeaderEpoch, Offset, PartitionIx, Replicas};
use crate::model::Spec;
use smallvec::SmallVec;

/// A batch where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stretch {
    /// Its first offset.
    pub base: Offset,
    /// The offset after its last record.
    pub end: Offset,
    /// The batch.
    pub batch: BatchId,
}

/// One partition's log, as the leaders of the newest epoch wrote it.
#[derive(Clone, Debug, Default)]
struct Log {
    epoch: LeaderEpoch,
    stretches: Vec<Stretch>,
    committed: Option<Offset>,
    /// Who wrote last.
    writer: Option<BrokerIx>,
    /// From where on the last that was written over stood, and who has copied from the new log since.
    written_over: Option<(Offset, Replicas)>,
    /// Who is in the ISR, none before the first registration, and whether the present leader came from the ELR (KIP-966).
    isr: Option<Replicas>,
    from_elr: bool,
}

/// The logs of all partitions. Nothing is kept in a run without consumers.
#[derive(Clone, Debug)]
pub struct Logs {
    kept: bool,
    logs: Vec<Log>,
    /// When the records of each batch were created, in their order, as far as their producers have heard of them.
    created: Vec<SmallVec<[Instant; 2]>>,
}

impl Logs {
    /// Empty logs, for a run of `spec`.
    pub fn new(spec: &Spec) -> Self {
        Logs { kept: spec.clients.iter().any(|c| c.consumption().is_some()), logs: Vec::new(), created: Vec::new() }
    }

    /// Takes a fact in. Gives the offset from which on the log of a partition was written anew, if it was.
    pub fn on_fact(&mut self, fact: &Fact) -> Option<(PartitionIx, Offset)> {
        if !self.kept {
            return None;
        }
        if let Fact::LeaderRoleTaken { partition, high_watermark, .. } | Fact::HighWatermarkMoved { partition, high_watermark, .. } = fact {
            let log = self.log(*partition);
            log.committed = log.committed.max(Some(*high_watermark));
            log.written_over.take_if(|(base, _)| *base < *high_watermark);
        }
        if let Fact::Replicated { broker, partition, .. } = fact {
            self.log(*partition).copied(*broker);
        }
        if let Fact::PartitionCommitted { partition, old_leader, leader, isr, why, unclean, .. } = fact {
            let log = self.log(*partition);
            if leader != old_leader {
                let is_outside = |isr: &Replicas| leader.is_some_and(|leader| !isr.contains(&leader));
                let from_elr = |before: &Replicas| before.is_empty() || is_outside(before) && !unclean && may_empty(*why);
                log.from_elr = log.isr.as_ref().is_some_and(from_elr);
            }
            let before = log.isr.replace(isr.clone()).unwrap_or_default();
            // Who joins the ISR has caught up.
            isr.iter().filter(|b| !before.contains(b)).for_each(|b| log.copied(*b));
        }
        if let Fact::RecordDone { batch: Some(batch), created_at, .. } = fact {
            let index = *batch as usize;
            if self.created.len() <= index {
                self.created.resize_with(index + 1, SmallVec::new);
            }
            self.created[index].push(*created_at);
        }
        if let Fact::Appended { broker, partition, leader_epoch, base, end, batch, .. } = fact {
            let stretch = Stretch { base: *base, end: *end, batch: *batch };
            return self.log(*partition).append(*broker, *leader_epoch, stretch).then_some((*partition, *base));
        }
        None
    }

    fn log(&mut self, partition: PartitionIx) -> &mut Log {
        if self.logs.len() <= partition.index() {
            self.logs.resize_with(partition.index() + 1, Log::default);
        }
        &mut self.logs[partition.index()]
    }

    /// The batch at an offset; none for what was there before the run, or is not there.
    pub fn at(&self, partition: PartitionIx, offset: Offset) -> Option<Stretch> {
        let stretches = &self.logs.get(partition.index())?.stretches;
        let found = stretches.get(stretches.partition_point(|s| s.end <= offset))?;
        (found.base <= offset).then_some(*found)
    }

    /// Whether a leader that takes its role with a log up to `log_end` may bring back what was written over: it holds more than the facts left
    /// standing, or it is an eligible leader replica (KIP-966) that was deposed before others wrote, with a tail that nobody made it cut off; or
    /// another leader wrote over what was not committed, and was deposed before this one had copied anything of it.
    pub fn may_come_back(&self, broker: BrokerIx, partition: PartitionIx, log_end: Offset) -> bool {
        let Some(log) = self.logs.get(partition.index()) else { return false };
        let Some(last) = log.stretches.last() else { return false };
        let missed = |(base, copied): &(Offset, Replicas)| *base < log_end && !copied.contains(&broker);
        let is_old = log.from_elr || log.written_over.as_ref().is_some_and(missed);
        log_end > last.end || is_old && log.writer != Some(broker)
    }

    /// Whether a leader that takes its role with a log up to `log_end` has lost what it had written in this very epoch.
    pub fn lost_its_tail(&self, partition: PartitionIx, epoch: LeaderEpoch, log_end: Offset) -> bool {
        let end = self.logs.get(partition.index()).and_then(|log| log.stretches.last()).map(|last| last.end);
        end.is_some_and(|end| log_end < end) && self.epoch(partition) == Some(epoch)
    }

    /// The newest leader epoch in which something was written; none when nobody in the run wrote to it.
    pub fn epoch(&self, partition: PartitionIx) -> Option<LeaderEpoch> {
        self.logs.get(partition.index()).filter(|log| !log.stretches.is_empty()).map(|log| log.epoch)
    }

    /// Every batch that stands in a log by the facts, partition by partition, in order.
    pub fn stretches(&self) -> impl Iterator<Item = (PartitionIx, Stretch)> {
        let of = |(i, log): (usize, &Log)| log.stretches.iter().map(move |s| (PartitionIx(i as u32), *s)).collect::<Vec<_>>();
        self.logs.iter().enumerate().flat_map(of)
    }

    /// Up to where records were committed: the highest high watermark of any leader, as far as it has not been written over since. None when
    /// nothing was heard of one.
    pub fn committed(&self, partition: PartitionIx) -> Option<Offset> {
        self.logs.get(partition.index())?.committed
    }

    /// When the record at a place in a batch was created; none while its producer has not heard of it.
    pub fn created(&self, batch: BatchId, place: u64) -> Option<Instant> {
        self.created.get(batch as usize)?.get(place as usize).copied()
    }
}

/// Whether a change may take the last one out of the ISR and elect from the ELR in one step (`PartitionChangeBuilder.isValidNewLeader`).
fn may_empty(why: Why) -> bool {
    matches!(why, Why::Fenced | Why::ControlledShutdown | Why::UncleanRestart)
}

impl Log {
    /// A replica has what was written over the last time.
    fn copied(&mut self, broker: BrokerIx) {
        if let Some((_, copied)) = self.written_over.as_mut().filter(|(_, copied)| !copied.contains(&broker)) {
            copied.push(broker);
        }
    }

    /// Says whether something that stood there is gone. What a leader of an older epoch still appends is nobody's truth.
    fn append(&mut self, writer: BrokerIx, epoch: LeaderEpoch, stretch: Stretch) -> bool {
        if epoch < self.epoch {
            return false;
        }
        self.epoch = epoch;
        self.writer = Some(writer);
        let stand = self.stretches.partition_point(|s| s.end <= stretch.base);
        let anew = stand < self.stretches.len();
        if anew {
            self.stretches.truncate(stand);
            self.committed = self.committed.min(Some(stretch.base));
            self.written_over = Some((stretch.base, Replicas::new()));
        }
        self.stretches.push(stretch);
        anew
    }
}
