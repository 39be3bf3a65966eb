//! What a leader may call committed, whom it may call in sync, and what clients may be told.

use super::cluster::{Cluster, Entry};
use super::partition::{Opinion, Partition, agree};
use super::registration::Registration;
use super::replica::{Proposal, Term};
use kafkasim::engine::{Duration, Instant};
use kafkasim::kafka::{BrokerIx, ErrorCode};
use kafkasim::model::message::Acks;
use kafkasim::observe::fact::{BatchId, EntryId, Why};

/// In the calm, a record is committed after this.
const SOON: Duration = Duration::from_secs(10);

impl Partition {
    /// The largest high watermark that a leader may have by one registration: the smallest log end in the maximal ISR, which counts
    /// additions from the proposal on and removals from the answer on (KIP-497).
    fn high_watermark_by(term: &Term, registration: &Registration) -> usize {
        let pending = term.proposal.as_ref().filter(|p| registration.partition_epoch.0 <= p.known).map_or(&[][..], |p| &p.added);
        registration.isr.iter().chain(pending).map(|b| term.reached_by(*b)).min().unwrap_or(0)
    }

    /// Whether the high watermark may move by one registration at all: from 3.7 on not while the ISR is below its minimum (KAFKA-15583).
    fn may_move_by(&self, registration: &Registration, cluster: &Cluster) -> bool {
        let Some(settings) = cluster.settings(self.ix) else { return true };
        let least = settings.min_isr.min(registration.replicas.len());
        !cluster.release.rules().min_isr_freezes_high_watermark || registration.isr.len() >= least
    }

    pub fn high_watermark(&mut self, b: BrokerIx, epoch: u32, to: usize, cluster: &Cluster) -> Opinion {
        let ix = self.own_term(b)?;
        let term = &self.terms[ix];
        let (leads, before) = (term.epoch, term.high_watermark);
        agree(leads == epoch, || format!("broker {b} moves its high watermark in epoch {epoch}; the reference: it leads in {leads}"))?;
        agree(before < to, || {
            format!("the high watermark of broker {b} moves to {to}; the reference: it was {before} and only rises in a term")
        })?;
        agree(term.log.is_between_batches(to), || {
            format!("the high watermark of broker {b} moves to {to}; the reference: that is within a batch")
        })?;
        let known = self.known_to(b, Some(term), epoch, cluster);
        let moving: Vec<_> = known.iter().filter(|r| self.may_move_by(r, cluster)).collect();
        let most = moving.iter().map(|r| Self::high_watermark_by(term, r)).max();
        agree(most.is_some_and(|most| to <= most), || {
            let reached: Vec<_> = term.reached.iter().map(|(b, end)| format!("broker {b}: {end}")).collect();
            let views: Vec<_> = known.iter().map(|r| r.to_string()).collect();
            format!(
                "the high watermark of broker {b} moves to {to}; the reference: to {most:?} at most (none: the ISR is below its minimum); \
                 leader's end {}, reached by {}; pending {:?}; known: {}",
                term.log.end(),
                reached.join(", "),
                term.proposal,
                views.join(" | ")
            )
        })?;
        self.terms[ix].high_watermark = to;
        self.extend_committed(ix)
    }

    /// What lies below the high watermark of the newest leader is committed, and must begin with all that was before.
    pub fn extend_committed(&mut self, ix: usize) -> Opinion {
        let term = &self.terms[ix];
        if self.terms.iter().any(|t| t.epoch > term.epoch) {
            // A deposed leader that has not heard of it. In its epoch it has the word of its whole ISR; what that is worth to others its
            // successor's log shows when it takes its role.
            return Ok(());
        }
        let from = self.committed.end();
        if from < term.high_watermark {
            self.committed.0.extend(&term.log.0[from..term.high_watermark]);
        }
        Ok(())
    }

    pub fn proposed(&mut self, at: Instant, b: BrokerIx, isr: &[BrokerIx], cluster: &Cluster) -> Opinion {
        let ix = self.own_term(b)?;
        let term = &self.terms[ix];
        // One at a time (KIP-497), unless its role has been applied again since, which throws the proposal away (`Partition.makeLeader`).
        let applied = |p: &Proposal| self.history.iter().any(|r| r.offset > p.image_before && r.offset <= cluster.broker(b).image);
        let waits = term.proposal.as_ref().filter(|p| !applied(p));
        agree(waits.is_none(), || format!("broker {b} proposes ISR {isr:?}; the reference: it has no answer to {waits:?} yet"))?;
        agree(isr.contains(&b), || format!("broker {b} proposes ISR {isr:?}; the reference: without the leader itself"))?;
        let known = self.known_to(b, Some(term), term.epoch, cluster);
        let fits = |r: &&&Registration| {
            let grows = isr.len() == r.isr.len() + 1 && isr.starts_with(&r.isr) && r.replicas.contains(&isr[isr.len() - 1]);
            let shrinks = isr.len() < r.isr.len() && isr.iter().all(|b| r.isr.contains(b));
            grows || shrinks
        };
        let Some(base) = known.iter().find(fits) else {
            let views: Vec<_> = known.iter().map(|r| r.to_string()).collect();
            return Err(format!(
                "broker {b} proposes ISR {isr:?}; the reference: that is no step from what it knows: {}",
                views.join(" | ")
            ));
        };
        let added: Vec<BrokerIx> = isr.iter().copied().filter(|b| !base.isr.contains(b)).collect();
        for new in &added {
            let (reached, needed) = (term.reached_by(*new), term.high_watermark.max(term.start));
            agree(reached >= needed, || {
                format!("broker {b} proposes broker {new} for the ISR; the reference: it has reached {reached}, and {needed} is needed")
            })?;
        }
        let least = known.iter().map(|r| r.partition_epoch.0).min().unwrap_or(0);
        self.terms[ix].proposal =
            Some(Proposal { isr: isr.to_vec(), at, added, known: least, image_before: cluster.broker(b).image_before });
        Ok(())
    }

    pub fn answered(&mut self, b: BrokerIx, error: ErrorCode, shrink: bool, cluster: &Cluster) -> Opinion {
        // An answer may come to a broker that leads in a later term by now, or not at all any more.
        let Some(ix) = self.terms.iter().rposition(|t| t.leader == b && t.proposal.is_some()) else {
            return Err(format!("broker {b} is told {} about its ISR; the reference: it has proposed none", error.name()));
        };
        let proposal = self.terms[ix].proposal.take().expect("it was found");
        let epoch = self.terms[ix].epoch;
        if !error.is_none() {
            return self.refused(b, epoch, &proposal, error, cluster);
        }
        agree(shrink == proposal.added.is_empty(), || {
            format!("broker {b} is told that its ISR shrinks: {shrink}; the reference: {proposal:?}")
        })?;
        let grants = |r: &&Registration| {
            let kept = proposal.isr.iter().copied().filter(|b| r.replicas.contains(b));
            r.why == Why::AlterPartition && r.leader == Some(b) && kept.eq(r.isr.iter().copied())
        };
        let unchanged = self.history.iter().any(|r| r.leader_epoch.0 == epoch && r.isr == proposal.isr);
        let Some(granted) = self.history.iter().rev().find(grants) else {
            return agree(unchanged, || {
                format!("broker {b} is told that its ISR {:?} is granted; the reference: nothing of it is committed", proposal.isr)
            });
        };
        if granted.leader_epoch.0 == epoch {
            self.terms[ix].answered = granted.partition_epoch.0;
        } else {
            // A reassignment was completed by it, in a later epoch: the leader takes no notice, and waits on for its metadata to say so
            // (`Partition.handleAlterPartitionUpdate`).
            self.terms[ix].proposal = Some(proposal);
        }
        Ok(())
    }

    /// KIP-497 and KIP-841: why the controller may refuse a proposal.
    fn refused(&self, b: BrokerIx, epoch: u32, proposal: &Proposal, error: ErrorCode, cluster: &Cluster) -> Opinion {
        let newer = |r: &Registration| r.leader_epoch.0 == epoch && r.partition_epoch.0 > proposal.known;
        let inactive = |b: &BrokerIx| !cluster.is_active(*b) || cluster.broker(*b).last_inactive >= proposal.at;
        let for_a_reason = match error {
            ErrorCode::FencedLeaderEpoch => self.history.iter().any(|r| r.leader_epoch.0 > epoch),
            ErrorCode::InvalidUpdateVersion => self.history.iter().any(newer),
            ErrorCode::IneligibleReplica => proposal.isr.iter().any(inactive),
            ErrorCode::NewLeaderElected => self.history.iter().any(|r| r.why == Why::AlterPartition && r.leader != Some(b)),
            _ => true,
        };
        agree(for_a_reason, || {
            format!("broker {b} is refused {proposal:?} with {}; the reference: nothing was committed that says so", error.name())
        })
    }

    /// What a produce request may be refused for.
    fn refusal(&mut self, entry: &Entry, error: ErrorCode, cluster: &Cluster) -> Opinion {
        let b = entry.broker;
        let since = self.replica(b).leads_since;
        let leads_all_the_time = since.zip(entry.taken).is_some_and(|(since, taken)| since < taken);
        let least = cluster.settings(self.ix).map(|s| s.min_isr);
        let is_short = |r: &Registration| least.is_none_or(|least| r.isr.len() < least.min(r.replicas.len()));
        let for_a_reason = match error {
            ErrorCode::NotLeaderOrFollower => !leads_all_the_time,
            ErrorCode::NotEnoughReplicas | ErrorCode::NotEnoughReplicasAfterAppend => {
                entry.acks == Acks::All && self.history.iter().any(is_short)
            }
            _ => true,
        };
        agree(for_a_reason, || {
            format!(
                "broker {b} refuses a batch with {}; the reference: it leads since {since:?}, took it at {:?}",
                error.name(),
                entry.taken
            )
        })
    }

    /// acks=all: the high watermark of the leader that took the batch has passed it. acks=1: the batch is in its log.
    pub fn entry_answered(&mut self, entry: EntryId, error: ErrorCode, cluster: &Cluster) -> Opinion {
        let Some(sent) = cluster.entries.get(&(entry, self.ix)) else { return Ok(()) };
        if !error.is_none() {
            return self.refusal(sent, error, cluster);
        }
        let of_broker = self.terms.iter().filter(|t| t.leader == sent.broker);
        let ends: Vec<(usize, usize)> =
            of_broker.rev().filter_map(|t| t.log.end_of_batch(sent.batch).map(|end| (end, t.high_watermark))).collect();
        let fine = ends.iter().any(|(end, high_watermark)| sent.acks != Acks::All || end <= high_watermark);
        agree(fine, || {
            format!(
                "broker {} acknowledges batch {} ({:?}); the reference: its (end, high watermark) is {ends:?}",
                sent.broker, sent.batch, sent.acks
            )
        })
    }

    /// A consumer is given what some leader's high watermark has passed.
    pub fn delivered(&mut self, batch: Option<BatchId>, base: usize, end: usize) -> Opinion {
        let shows = |t: &&Term| end <= t.high_watermark && t.log.holds(batch, base, end);
        let shown = self.terms.iter().rev().any(|t| shows(&t));
        agree(shown, || {
            format!("a consumer is given {base}..{end} of batch {batch:?}; the reference: no leader had that below its high watermark")
        })
    }

    /// When all is well, every record is soon committed: what a leader appended a while ago its high watermark has passed.
    pub fn nothing_is_held_back(&mut self, end: Instant) -> Opinion {
        let leader = self.history.last().and_then(|r| r.leader);
        let Some(term) = self.terms.iter().max_by_key(|t| t.epoch).filter(|t| Some(t.leader) == leader) else {
            return Err(format!("committed is leader {leader:?}; the reference: it has not taken its role"));
        };
        let old = term.appended.iter().rev().find(|(at, _)| *at + SOON < end).map_or(0, |(_, end)| *end);
        let (to, all) = (term.high_watermark, term.log.end());
        agree(old <= to, || format!("the high watermark stands at {to}; the reference: all up to {old} of {all} was appended long ago"))
    }
}
