//! A partition's committed registration, and what the controller may make of it: epochs, elections, ISR and ELR.
//! Written from KIP-497 (AlterPartition), KIP-841 (fenced brokers) and KIP-966 (eligible leader replicas).

use super::cluster::Settings;
use kafkasim::kafka::{BrokerIx, LeaderEpoch, MetadataOffset, PartitionEpoch};
use kafkasim::observe::fact::Why;
use std::fmt;

/// One registration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Registration {
    pub leader: Option<BrokerIx>,
    pub leader_epoch: LeaderEpoch,
    pub partition_epoch: PartitionEpoch,
    pub replicas: Vec<BrokerIx>,
    pub isr: Vec<BrokerIx>,
    pub unclean: bool,
    /// What no fact tells and the reference must work out: who may lead though the ISR is empty (KIP-966).
    pub elr: Vec<BrokerIx>,
    /// Who led before nobody did, kept while the ISR is empty (KIP-966).
    pub last_known_leader: Option<BrokerIx>,
    pub why: Why,
    pub offset: MetadataOffset,
    /// The broker that this change takes out, where it must be worked out: its own registration, which follows, names it.
    pub leaving: Option<BrokerIx>,
}

/// What the controller is asked to make of a registration.
#[derive(Clone, Debug)]
pub struct Request {
    pub why: Why,
    pub replicas: Vec<BrokerIx>,
    pub isr: Vec<BrokerIx>,
    /// A broker that may not be elected, whatever its registration says: it is being fenced or shut down.
    pub leaving: Option<BrokerIx>,
    /// Whether the topic's `unclean.leader.election.enable` is asked at all.
    pub heeds_unclean: bool,
    /// It is refused unless that says yes.
    pub needs_unclean: bool,
    /// It lost its memory of what it had not flushed: not to be trusted as an eligible leader.
    pub restarted_uncleanly: bool,
}

/// What the rules depend on besides.
#[derive(Clone, Copy)]
pub struct Rules<'c> {
    pub settings: Settings,
    pub elr: bool,
    pub is_active: &'c dyn Fn(BrokerIx) -> bool,
}

impl Registration {
    /// What the controller must commit when it is asked this.
    pub fn after(&self, request: &Request, rules: &Rules<'_>) -> Registration {
        let mut next = self.clone();
        next.why = request.why;
        next.leaving = request.leaving;
        next.replicas.clone_from(&request.replicas);
        next.isr.clone_from(&request.isr);
        if rules.elr {
            next.elr = self.eligible(request, rules);
        } else if next.isr.is_empty() {
            // Without ELR the last member of an ISR stays in it: somebody must know that it has all of the data.
            next.isr.clone_from(&self.isr);
        }
        let acceptable = |b: BrokerIx| Some(b) != request.leaving && (rules.is_active)(b);
        // Who is in the ISR that was asked for; from the ELR only while that is empty.
        let valid = |b: BrokerIx| acceptable(b) && (request.isr.contains(&b) || request.isr.is_empty() && next.elr.contains(&b));
        let clean = self.choose(request, &valid);
        let (leader, unclean) = match clean {
            Some(leader) => (Some(leader), false),
            None => match self.choose_uncleanly(request, &next, rules, &acceptable) {
                Some(leader) => (Some(leader), true),
                None => (None, false),
            },
        };
        next.unclean = request.needs_unclean || unclean && leader != self.leader;
        if leader != self.leader && leader.is_some_and(|l| next.elr.contains(&l)) {
            next.isr = leader.into_iter().collect();
            next.elr.retain(|b| Some(*b) != leader);
        }
        if unclean && leader != self.leader {
            next.isr = leader.into_iter().collect();
            next.elr.clear();
        }
        next.last_known_leader = match leader {
            None if next.isr.is_empty() => self.leader.or(self.last_known_leader),
            None => self.last_known_leader,
            Some(_) => None,
        };
        next.leader = leader;
        let has_lost_a_replica = self.replicas.iter().any(|b| !next.replicas.contains(b));
        // The leader epoch counts leaders, and replicas that left: their fetches must be fenced. It does not count ISR changes (KAFKA-15021).
        if leader != self.leader || has_lost_a_replica {
            next.leader_epoch = self.leader_epoch.next();
        }
        next.partition_epoch = self.partition_epoch.next();
        next
    }

    /// Another `min.insync.replicas` makes the controller forget who was eligible by the old one (KIP-966).
    pub fn without_elr(&self) -> Registration {
        let mut next = self.clone();
        next.why = Why::ElrCleared;
        (next.unclean, next.leaving, next.last_known_leader) = (false, None, None);
        next.elr.clear();
        next.partition_epoch = self.partition_epoch.next();
        next
    }

    /// Members of the ISR that left it while it is smaller than its minimum can lead still (KIP-966, "ELR invariants").
    fn eligible(&self, request: &Request, rules: &Rules<'_>) -> Vec<BrokerIx> {
        if request.isr.len() >= rules.settings.min_isr {
            return Vec::new();
        }
        let mut elr = self.elr.clone();
        elr.extend(self.isr.iter().copied().filter(|b| !self.elr.contains(b)));
        elr.retain(|b| !request.isr.contains(b));
        if request.restarted_uncleanly {
            elr.retain(|b| Some(*b) != request.leaving);
        }
        elr
    }

    /// The present leader if it may stay, else the first in the order of the replicas; where the preferred one is asked for, that comes first.
    fn choose(&self, request: &Request, valid: &dyn Fn(BrokerIx) -> bool) -> Option<BrokerIx> {
        let preferred = matches!(request.why, Why::PreferredElection | Why::AutoRebalance);
        let first = request.replicas.first().copied().filter(|b| preferred && valid(*b));
        let present = self.leader.filter(|b| valid(*b));
        first.or(present).or_else(|| request.replicas.iter().copied().find(|b| valid(*b)))
    }

    fn choose_uncleanly(
        &self,
        request: &Request,
        next: &Registration,
        rules: &Rules<'_>,
        acceptable: &dyn Fn(BrokerIx) -> bool,
    ) -> Option<BrokerIx> {
        let nobody_is_left = rules.elr && request.isr.is_empty() && next.elr.is_empty();
        let last = self.last_known_leader.filter(|b| nobody_is_left && acceptable(*b));
        let may = request.heeds_unclean && (rules.settings.unclean || request.why == Why::UncleanElection);
        last.or_else(|| request.replicas.iter().copied().find(|b| may && acceptable(*b)))
    }

    /// Whether both say the same of what facts tell.
    pub fn agrees(&self, told: &Registration) -> bool {
        let hidden = self.clone();
        let told = told.clone();
        *self
            == Registration {
                elr: hidden.elr,
                last_known_leader: hidden.last_known_leader,
                leaving: hidden.leaving,
                offset: hidden.offset,
                ..told
            }
    }
}

/// For messages.
impl fmt::Display for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Registration { leader, leader_epoch, partition_epoch, replicas, isr, unclean, elr, last_known_leader, why, .. } = self;
        let ids = |list: &[BrokerIx]| list.iter().map(|b| b.to_string()).collect::<Vec<_>>().join(",");
        let leader = leader.map_or("nobody".to_owned(), |l| l.to_string());
        write!(f, "{why:?}: leader {leader} in epoch {leader_epoch}, partition epoch {partition_epoch}, replicas {}", ids(replicas))?;
        write!(f, ", ISR {}, unclean {unclean} (ELR {}, last known leader {last_known_leader:?})", ids(isr), ids(elr))
    }
}
