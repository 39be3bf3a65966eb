//! What the controller commits, held against what it must commit.

use super::cluster::{Cluster, Settings};
use super::partition::{Opinion, Partition, agree};
use super::registration::{Registration, Request, Rules};
use kafkasim::engine::Instant;
use kafkasim::kafka::BrokerIx;
use kafkasim::observe::Fact;
use kafkasim::observe::fact::Why;

impl Partition {
    pub fn committed(&mut self, at: Instant, fact: &Fact, cluster: &Cluster) -> Opinion {
        let Some((told, old_leader)) = told(fact) else { return Ok(()) };
        let Some(before) = self.history.last().cloned() else {
            self.created(at, &told, cluster)?;
            self.is_from_before = at == Instant::ZERO;
            self.possible = vec![told.clone()];
            self.history.push(told);
            return Ok(());
        };
        agree(old_leader == before.leader, || format!("the leader before was {old_leader:?}; the reference: {:?}", before.leader))?;
        agree(before.offset < told.offset, || {
            format!("committed at {}; the reference: {} was committed already", told.offset, before.offset)
        })?;
        let expected: Vec<Registration> = self.possible.iter().flat_map(|before| self.expected(before, &told, cluster)).collect();
        let mut possible: Vec<Registration> = Vec::new();
        for one in expected.iter().filter(|e| e.agrees(&told)) {
            let one = Registration { offset: told.offset, ..one.clone() };
            if !possible.contains(&one) {
                possible.push(one);
            }
        }
        agree(!possible.is_empty(), || {
            let list = |all: &[Registration]| all.iter().map(|e| format!("\n    {e}")).collect::<String>();
            format!("committed is\n    {told}\n  after{}\n  the reference: it may be{}", list(&self.possible), list(&expected))
        })?;
        self.possible = possible;
        if told.unclean {
            told.isr.iter().for_each(|b| self.replica(*b).may_lack = true);
        }
        self.history.push(told);
        Ok(())
    }

    /// A broker that is fenced or registers anew is taken out of its partitions first, in the same batch of records (`handleBrokerFenced`,
    /// `handleBrokerUncleanShutdown`): the record that follows names it.
    pub fn broker_committed(&mut self, b: BrokerIx) -> Opinion {
        let named = |r: &Registration| r.leaving.is_none_or(|leaving| leaving == b);
        agree(self.possible.iter().any(named), || {
            let taken: Vec<_> = self.possible.iter().map(|r| r.leaving).collect();
            format!("the registration of broker {b} changes; the reference: {taken:?} was taken out of the ISR before")
        })?;
        self.possible.retain(named);
        self.possible.iter_mut().for_each(|r| r.leaving = None);
        Ok(())
    }

    /// `ReplicationControlManager.buildPartitionRegistration`: who is active is in sync, the first of them leads, all epochs are zero.
    fn created(&self, at: Instant, told: &Registration, cluster: &Cluster) -> Opinion {
        if at == Instant::ZERO {
            return Ok(()); // How a run starts is given.
        }
        let isr: Vec<BrokerIx> = told.replicas.iter().copied().filter(|b| cluster.is_active(*b)).collect();
        let leader = isr.first().copied();
        let fine = told.isr == isr && told.leader == leader && (told.leader_epoch.0, told.partition_epoch.0) == (0, 0) && !told.unclean;
        agree(fine, || format!("created is {told}; the reference: ISR {isr:?}, leader {leader:?}, epochs 0"))
    }

    /// Every registration that the controller may commit now for this reason. What a fact does not tell (which broker is fenced, whether a
    /// topic that was made during the run allows unclean elections) leaves more than one.
    fn expected(&self, before: &Registration, told: &Registration, cluster: &Cluster) -> Vec<Registration> {
        let known = cluster.settings(self.ix);
        let any = (1..=before.replicas.len()).flat_map(|min_isr| [false, true].map(|unclean| Settings { min_isr, unclean }));
        let settings: Vec<Settings> = known.map_or_else(|| any.collect(), |known| vec![known]);
        let elr = cluster.release.rules().eligible_leader_replicas;
        if told.why == Why::ElrCleared {
            return vec![before.without_elr()];
        }
        let mut all = Vec::new();
        for request in self.requests(before, told, cluster) {
            for settings in &settings {
                let settings = Settings { min_isr: settings.min_isr.min(before.replicas.len()), ..*settings };
                let rules = Rules { settings, elr, is_active: &|b| cluster.is_active(b) };
                if request.needs_unclean && !settings.unclean {
                    continue;
                }
                if request.isr.iter().all(|b| told.why != Why::AlterPartition || cluster.is_active(*b)) {
                    all.push(before.after(&request, &rules));
                }
            }
        }
        all
    }

    fn requests(&self, before: &Registration, told: &Registration, cluster: &Cluster) -> Vec<Request> {
        let plain = |isr: &[BrokerIx]| Request {
            why: told.why,
            replicas: told.replicas.clone(),
            isr: isr.iter().copied().filter(|b| told.replicas.contains(b)).collect(),
            leaving: None,
            heeds_unclean: !matches!(told.why, Why::PreferredElection | Why::AutoRebalance),
            needs_unclean: false,
            restarted_uncleanly: false,
        };
        let completes = |isr: &[BrokerIx]| {
            // A reassignment is completed by any change once all that stay are in sync; which are to go no fact tells.
            let shrinks = told.replicas.iter().all(|b| before.replicas.contains(b) && isr.contains(b));
            told.replicas == before.replicas || shrinks
        };
        let without = |b: BrokerIx| -> Request {
            let isr: Vec<BrokerIx> = before.isr.iter().copied().filter(|m| *m != b).collect();
            Request { leaving: Some(b), restarted_uncleanly: told.why == Why::UncleanRestart, ..plain(&isr) }
        };
        let requests: Vec<Request> = match told.why {
            Why::Created | Why::ElrCleared => Vec::new(),
            Why::Fenced => before.isr.iter().map(|b| without(*b)).collect(),
            // One that asks to shut down is registered so before. One that comes back after a clean end, and was not missed, is taken out
            // as if it were fenced when it registers anew (4.0, `handleBrokerShutdown`): then its registration follows.
            Why::ControlledShutdown => {
                let leaving = |b: &BrokerIx| if cluster.broker(*b).shuts_down { None } else { Some(*b) };
                before.isr.iter().map(|b| Request { leaving: leaving(b), ..without(*b) }).collect()
            }
            Why::UncleanRestart => before.isr.iter().chain(&before.elr).map(|b| without(*b)).collect(),
            Why::Unfenced | Why::PreferredElection | Why::AutoRebalance | Why::UncleanElection => vec![plain(&before.isr)],
            Why::AlterPartition => {
                let open = self.terms.iter().filter(|t| Some(t.leader) == before.leader && t.epoch == before.leader_epoch.0);
                open.filter_map(|t| t.proposal.as_ref()).map(|p| plain(&p.isr)).collect()
            }
            // The new replica list is the operator's; the reference takes it from the fact. One that is begun elects no leader uncleanly, one
            // that is cancelled may (`changePartitionReassignment`, `cancelPartitionReassignment`); which it is no fact tells.
            Why::Reassignment => {
                let cancelled = plain(&before.isr);
                let begun = Request { heeds_unclean: false, ..cancelled.clone() };
                // Were nobody of the ISR left by it, the first replica is put there (`PartitionReassignmentRevert`).
                let nobody =
                    Request { isr: told.replicas.first().copied().into_iter().collect(), needs_unclean: true, ..cancelled.clone() };
                let is_left = !cancelled.isr.is_empty();
                return if is_left { vec![begun, cancelled] } else { vec![begun, cancelled, nobody] };
            }
        };
        requests.into_iter().filter(|r| completes(&r.isr)).collect()
    }
}

fn told(fact: &Fact) -> Option<(Registration, Option<BrokerIx>)> {
    let Fact::PartitionCommitted { old_leader, leader, leader_epoch, partition_epoch, replicas, isr, unclean, why, offset, .. } = fact
    else {
        return None;
    };
    let told = Registration {
        leader: *leader,
        leader_epoch: *leader_epoch,
        partition_epoch: *partition_epoch,
        replicas: replicas.to_vec(),
        isr: isr.to_vec(),
        unclean: *unclean,
        elr: Vec::new(),
        last_known_leader: None,
        why: *why,
        offset: *offset,
        leaving: None,
    };
    Some((told, *old_leader))
}
