//! What a leader knows of its partition: the ISR as committed and as proposed, how far each follower is, the high watermark.
//! Source: `kafka.cluster.Partition`, `Replica`, and `PartitionState` (Committed, PendingExpandIsr, PendingShrinkIsr).

use super::producers::Producers;
use crate::engine::{Duration, Instant};
use crate::kafka::{BrokerEpoch, BrokerIx, LeaderEpoch, Offset, PartitionEpoch, Replicas};
use crate::model::Broken;
use crate::model::metadata::PartitionRegistration;
use smallvec::SmallVec;
use std::collections::VecDeque;

/// The leader's side of a partition.
#[derive(Clone, Debug)]
pub struct Leadership {
    /// Epoch of this term.
    pub epoch: LeaderEpoch,
    /// Where the log ended when the term began.
    pub epoch_start: Offset,
    /// Counts changes of the partition as this leader knows it.
    pub partition_epoch: PartitionEpoch,
    /// Assigned replicas.
    pub replicas: Replicas,
    /// The committed ISR.
    pub isr: Replicas,
    /// A proposal that the controller has not answered.
    pub pending: Option<Proposal>,
    /// Progress of the other replicas.
    pub followers: SmallVec<[Follower; 4]>,
    /// Sequence numbers.
    pub producers: Producers,
    /// acks=all requests that wait for the high watermark: (offset that it must reach, request, entry in it), ascending.
    pub waiting: VecDeque<(Offset, u64, u32)>,
}

/// An ISR change on its way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// The ISR that was proposed.
    pub isr: Replicas,
    /// Whether it takes members out.
    pub shrink: bool,
    /// Whether it has been handed to the controller channel.
    pub sent: bool,
}

/// A follower as its leader sees it (`Replica.ReplicaState`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Follower {
    /// Who.
    pub broker: BrokerIx,
    /// Its log end, unknown until it has fetched in this term.
    pub end: Option<Offset>,
    /// When it last had everything.
    pub last_caught_up: Option<Instant>,
    last_fetch: Instant,
    last_fetch_leader_end: Offset,
    /// Broker epoch of its last fetch.
    pub broker_epoch: Option<BrokerEpoch>,
}

impl Leadership {
    /// A new term (`Partition.makeLeader`): ISR members count as caught up now, nobody's log end is known.
    pub fn begin(registration: &PartitionRegistration, me: BrokerIx, log_end: Offset, producers: Producers, now: Instant) -> Self {
        let followers = registration
            .replicas
            .iter()
            .filter(|b| **b != me)
            .map(|&broker| Follower::unknown(broker, registration.isr.contains(&broker), now));
        Leadership {
            epoch: registration.leader_epoch,
            epoch_start: log_end,
            partition_epoch: registration.partition_epoch,
            replicas: registration.replicas.clone(),
            isr: registration.isr.clone(),
            pending: None,
            followers: followers.collect(),
            producers,
            waiting: VecDeque::new(),
        }
    }

    /// The same leader learns of a change (`Partition.makeLeader` with an unchanged or higher leader epoch): the proposal is dropped.
    pub fn update(&mut self, registration: &PartitionRegistration, me: BrokerIx, now: Instant) {
        self.partition_epoch = registration.partition_epoch;
        self.replicas = registration.replicas.clone();
        self.isr = registration.isr.clone();
        self.pending = None;
        self.followers.retain(|f| registration.replicas.contains(&f.broker));
        for &broker in registration.replicas.iter().filter(|b| **b != me) {
            if !self.followers.iter().any(|f| f.broker == broker) {
                self.followers.push(Follower::unknown(broker, registration.isr.contains(&broker), now));
            }
        }
    }

    /// The same broker led in the epoch before: what waits goes on waiting, and what followers have is still known. Replicas that it hears of
    /// only now are new to it (`Replica.resetReplicaState`, `Partition.updateAssignmentAndIsr`).
    pub fn goes_on(&mut self, before: Leadership, now: Instant) {
        self.waiting = before.waiting;
        for follower in &mut self.followers {
            let Some(known) = before.followers.iter().find(|f| f.broker == follower.broker) else { continue };
            let in_isr = follower.last_caught_up.is_some();
            *follower = Follower {
                end: known.end,
                broker_epoch: known.broker_epoch,
                last_fetch: if in_isr { now } else { Instant::ZERO },
                last_fetch_leader_end: self.epoch_start,
                ..*follower
            };
        }
    }

    /// Committed ISR plus proposed additions; proposed removals still count (`PartitionState.maximalIsr`).
    pub fn in_maximal_isr(&self, broker: BrokerIx) -> bool {
        self.isr.contains(&broker) || self.pending.as_ref().is_some_and(|p| p.isr.contains(&broker))
    }

    /// Size of the maximal ISR.
    pub fn maximal_isr_len(&self) -> usize {
        match &self.pending {
            Some(p) if !p.shrink => p.isr.len(),
            Some(_) | None => self.isr.len(),
        }
    }

    /// A follower by broker.
    pub fn follower_mut(&mut self, broker: BrokerIx) -> Option<&mut Follower> {
        self.followers.iter_mut().find(|f| f.broker == broker)
    }

    /// Where the high watermark may go now (`Partition.maybeIncrementLeaderHW`): the least log end over the maximal ISR and over those
    /// that are caught up and could join it (`may_join`); none while a member's end is unknown or the ISR is below its minimum.
    pub fn committed_end(
        &self,
        log_end: Offset,
        min_isr: usize,
        now: Instant,
        lag_max: Duration,
        may_join: impl Fn(&Follower) -> bool,
        broken: Option<Broken>,
    ) -> Option<Offset> {
        if self.isr.len() < min_isr {
            return None;
        }
        if broken == Some(Broken::HighWatermarkWithoutAllOfIsr) {
            return self.followers.iter().filter(|f| self.isr.contains(&f.broker)).filter_map(|f| f.end).max();
        }
        let mut least = log_end;
        for follower in &self.followers {
            let counts = self.in_maximal_isr(follower.broker)
                || follower.end.is_some() && follower.is_caught_up(log_end, now, lag_max) && may_join(follower);
            if counts {
                least = least.min(follower.end?);
            }
        }
        Some(least)
    }
}

impl Follower {
    fn unknown(broker: BrokerIx, in_isr: bool, now: Instant) -> Self {
        Follower {
            broker,
            end: None,
            last_caught_up: in_isr.then_some(now),
            last_fetch: Instant::ZERO,
            last_fetch_leader_end: Offset(0),
            broker_epoch: None,
        }
    }

    /// Notes a fetch from `offset` (`Replica.updateFetchStateOrThrow`).
    pub fn fetched(&mut self, offset: Offset, leader_end: Offset, broker_epoch: Option<BrokerEpoch>, now: Instant) {
        if offset >= leader_end {
            self.last_caught_up = self.last_caught_up.max(Some(now));
        } else if offset >= self.last_fetch_leader_end {
            self.last_caught_up = self.last_caught_up.max(Some(self.last_fetch));
        }
        self.end = Some(offset);
        self.last_fetch = now;
        self.last_fetch_leader_end = leader_end;
        self.broker_epoch = broker_epoch;
    }

    /// Has everything, or had everything not longer ago than `replica.lag.time.max.ms` (`ReplicaState.isCaughtUp`).
    pub fn is_caught_up(&self, leader_end: Offset, now: Instant, lag_max: Duration) -> bool {
        self.end == Some(leader_end) || self.last_caught_up.is_some_and(|at| now.since(at) <= lag_max)
    }
}
