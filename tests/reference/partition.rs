//! The reference of one partition: it is told what happened, works out what must follow, and complains where the simulator says otherwise.
//! Everything is a plain list that is searched from one end to the other.

use super::cluster::Cluster;
use super::log::{Content, Log, Record};
use super::registration::Registration;
use super::replica::{Replica, Role, Term};
use kafkasim::engine::Instant;
use kafkasim::kafka::{BrokerIx, ClientIx, PartitionIx};
use kafkasim::observe::Fact;
use kafkasim::observe::fact::BatchId;

/// What both opinions are, where they differ.
pub type Opinion = Result<(), String>;

/// Fails with both opinions where they differ.
pub fn agree(same: bool, opinions: impl FnOnce() -> String) -> Opinion {
    if same { Ok(()) } else { Err(opinions()) }
}

/// See the module.
pub struct Partition {
    pub ix: PartitionIx,
    /// Every registration that was ever committed, oldest first.
    pub history: Vec<Registration>,
    /// The newest once more, with what no fact tells: each way in which that may stand.
    pub possible: Vec<Registration>,
    pub replicas: Vec<Replica>,
    pub terms: Vec<Term>,
    /// Every record that a leader's high watermark has passed.
    pub committed: Log,
    /// Its topic is deleted, or may be: nothing is compared any more.
    pub removed: bool,
    /// It was there when the run began, with records whose number the first fact of each replica tells.
    pub is_from_before: bool,
    coordinator_records: u32,
}

impl Partition {
    pub fn new(ix: PartitionIx) -> Partition {
        let (history, possible, replicas, terms, committed) = Default::default();
        Partition { ix, history, possible, replicas, terms, committed, removed: false, is_from_before: false, coordinator_records: 0 }
    }

    /// The next fact that concerns this partition.
    pub fn on_fact(&mut self, at: Instant, fact: &Fact, cluster: &Cluster) -> Opinion {
        match fact {
            Fact::PartitionCommitted { .. } => self.committed(at, fact, cluster),
            Fact::LeaderRoleTaken { broker, leader_epoch, log_end, high_watermark, .. } => {
                self.must_run(*broker, cluster)?;
                self.leads(at, *broker, leader_epoch.0, log_end.0 as usize, high_watermark.0 as usize, cluster)
            }
            Fact::FollowerRoleTaken { broker, leader_epoch, leader, log_end, .. } => {
                self.must_run(*broker, cluster)?;
                self.follows(at, *broker, leader_epoch.0, *leader, log_end.0 as usize, cluster)
            }
            Fact::Appended { broker, leader_epoch, base, end, batch, client, sequence, .. } => {
                self.must_run(*broker, cluster)?;
                let content = |nth| Content::Produced { client: *client, batch: *batch, nth, sequence: sequence.map(|s| s + nth) };
                let records = (0..(end.0 - base.0) as u32).map(|nth| Record { epoch: leader_epoch.0, content: content(nth) }).collect();
                self.idempotent_in_order(*broker, *client, *sequence, *batch)?;
                self.appended(at, *broker, leader_epoch.0, base.0 as usize, records)
            }
            Fact::GroupAppended { broker, leader_epoch, end, .. } => {
                self.must_run(*broker, cluster)?;
                let base = self.replica(*broker).end();
                self.coordinator_records += 1;
                let content = Content::OfCoordinator(self.coordinator_records);
                let record = Record { epoch: leader_epoch.0, content };
                self.appended(at, *broker, leader_epoch.0, base, vec![record; (end.0 as usize).saturating_sub(base)])
            }
            Fact::Replicated { broker, end, .. } => {
                self.must_run(*broker, cluster)?;
                self.replicated(*broker, end.0 as usize)
            }
            Fact::Truncated { broker, from, to, .. } => {
                self.must_run(*broker, cluster)?;
                self.truncated(*broker, from.0 as usize, to.0 as usize)
            }
            Fact::UnflushedLost { broker, from, to, .. } => self.lost(*broker, from.0 as usize, to.0 as usize, cluster),
            Fact::ReplicaDeleted { broker, .. } => self.deleted(*broker, cluster),
            Fact::HighWatermarkMoved { broker, leader_epoch, high_watermark, .. } => {
                self.must_run(*broker, cluster)?;
                self.high_watermark(*broker, leader_epoch.0, high_watermark.0 as usize, cluster)
            }
            Fact::IsrProposed { broker, isr, .. } => self.proposed(at, *broker, isr, cluster),
            Fact::IsrAnswered { broker, error, shrink, .. } => self.answered(*broker, *error, *shrink, cluster),
            Fact::EntryAnswered { entry, error, .. } => self.entry_answered(*entry, *error, cluster),
            Fact::Delivered { batch, base, end, .. } => self.delivered(*batch, base.0 as usize, end.0 as usize),
            Fact::BrokerCommitted { broker, .. } => self.broker_committed(*broker),
            Fact::TopicRemoved { topic, .. } => {
                self.removed |= cluster.may_be_of(self.ix, *topic);
                Ok(())
            }
            Fact::ProcessEnded { node, .. } => {
                let ended = cluster.broker_of(*node);
                if let Some(b) = self.replicas.iter().map(|r| r.broker).find(|b| Some(*b) == ended) {
                    self.settle_follower(b);
                    let replica = self.replica(b);
                    (replica.role, replica.leads_since) = (Role::None, None);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn must_run(&self, broker: BrokerIx, cluster: &Cluster) -> Opinion {
        let it = cluster.broker(broker);
        let runs = it.ended.is_none() && !it.paused;
        agree(runs, || format!("broker {broker} does this; the reference: its process is paused, or ended ({:?})", it.ended))
    }

    pub fn replica(&mut self, broker: BrokerIx) -> &mut Replica {
        if !self.replicas.iter().any(|r| r.broker == broker) {
            self.replicas.push(Replica::new(broker));
        }
        self.replicas.iter_mut().find(|r| r.broker == broker).expect("it was added if it was not there")
    }

    pub fn term_of(&self, epoch: u32, leader: BrokerIx) -> Option<usize> {
        self.terms.iter().rposition(|t| t.epoch == epoch && t.leader == leader)
    }

    /// The term in which a broker leads now.
    pub fn own_term(&mut self, broker: BrokerIx) -> Result<usize, String> {
        let Role::Leads { epoch } = self.replica(broker).role else {
            return Err(format!("broker {broker} acts as a leader; the reference: its role is {:?}", self.replica(broker).role));
        };
        Ok(self.term_of(epoch, broker).expect("a leading role has a term"))
    }

    /// The registrations of a leader epoch that a broker may go by. Its metadata cache bounds them from above, and the cache as it stood one
    /// step before, or what an answer told it, from below. Which of them its role stands at no fact tells.
    pub fn known_to(&self, broker: BrokerIx, term: Option<&Term>, epoch: u32, cluster: &Cluster) -> Vec<&Registration> {
        let of_epoch = || self.history.iter().filter(|r| r.leader_epoch.0 == epoch);
        let answered = term.map_or(0, |t| t.answered);
        let it = cluster.broker(broker);
        let surely = of_epoch().filter(|r| r.offset <= it.image_before).map(|r| r.partition_epoch.0).max();
        let first = of_epoch().next().map(|r| r.partition_epoch.0);
        let least = surely.max(first).max(Some(answered));
        let may = |r: &&Registration| r.offset <= it.image || r.partition_epoch.0 <= answered || Some(r.partition_epoch.0) == first;
        of_epoch().filter(|r| Some(r.partition_epoch.0) >= least).filter(may).collect()
    }

    /// The first fact of a replica tells how much it had before the run; later ones must agree with what the reference holds.
    fn check_log(&mut self, at: Instant, broker: BrokerIx, epoch: u32, told: usize) -> Opinion {
        let was_there = self.is_from_before && self.history[0].replicas.contains(&broker);
        let first_epoch = self.history.first().map_or(epoch, |r| r.leader_epoch.0);
        let replica = self.replica(broker);
        if replica.log.is_none() {
            // A broker that is down at the start shows what it has when it comes up.
            let may_have = if was_there && !replica.has_been { told } else { 0 };
            replica.log = Some(Log::from_before(may_have, first_epoch));
            replica.has_been = true;
            if at == Instant::ZERO {
                replica.high_watermark_at_most = may_have;
            }
        }
        let end = replica.end();
        agree(end == told, || format!("the log of broker {broker} ends at {told}; the reference: at {end}"))
    }

    fn leads(&mut self, at: Instant, b: BrokerIx, epoch: u32, end: usize, high_watermark: usize, cluster: &Cluster) -> Opinion {
        let elected = self.history.iter().find(|r| r.leader_epoch.0 == epoch && r.leader == Some(b));
        let read = elected.is_some_and(|r| r.offset <= cluster.broker(b).image || at == Instant::ZERO);
        agree(read, || format!("broker {b} leads in epoch {epoch}; the reference: it has read no registration that says so"))?;
        let other = self.terms.iter().find(|t| t.epoch == epoch && t.leader != b).map(|t| t.leader);
        agree(other.is_none(), || format!("broker {b} leads in epoch {epoch}; the reference: broker {other:?} does"))?;
        self.newer_role(b, epoch)?;
        self.check_log(at, b, epoch, end)?;
        self.settle_follower(b);
        if at == Instant::ZERO {
            // The run starts warm: the high watermark is given.
            self.replica(b).high_watermark_at_most = high_watermark;
        }
        let alone = self.known_to(b, None, epoch, cluster).iter().any(|r| r.isr == [b]);
        let most = if alone { end } else { self.replica(b).high_watermark_at_most };
        agree(high_watermark <= most, || {
            format!("broker {b} begins to lead with high watermark {high_watermark}; the reference: it had learned of {most} at most")
        })?;
        self.has_what_is_committed(b, epoch)?;
        // Who leads on in a later epoch keeps what it knows of its followers (`Replica.resetReplicaState` is told `isNewLeader`).
        let led = self.own_term(b).ok();
        let reached = led.map_or_else(Vec::new, |before| self.terms[before].reached.clone());
        let replica = self.replica(b);
        replica.role = Role::Leads { epoch };
        replica.leads_since = replica.leads_since.or(Some(at));
        let log = replica.log.clone().expect("it was checked");
        if let Some(again) = self.term_of(epoch, b).filter(|again| self.terms[*again].log == log) {
            // Its process came back before anybody missed it: the same term goes on, from the high watermark that it had written down.
            self.terms[again].high_watermark = high_watermark;
            self.terms[again].proposal = None;
            return Ok(());
        }
        self.terms.push(Term {
            leader: b,
            epoch,
            start: end,
            log,
            appended: Vec::new(),
            high_watermark,
            reached,
            proposal: None,
            answered: 0,
        });
        let followers: Vec<BrokerIx> = self.replicas.iter().map(|r| r.broker).collect();
        followers.into_iter().for_each(|follower| self.note_agreement(follower));
        self.extend_committed(self.terms.len() - 1)
    }

    fn newer_role(&mut self, b: BrokerIx, epoch: u32) -> Opinion {
        let before = match self.replica(b).role {
            Role::None => 0,
            Role::Leads { epoch } | Role::Follows { epoch, .. } => epoch,
        };
        agree(epoch >= before, || format!("broker {b} takes a role of epoch {epoch}; the reference: it was in epoch {before}"))
    }

    /// KIP-966 and before it the ISR rule: a leader that was elected cleanly has every committed record. One that lost its memory has not,
    /// nor one that was elected uncleanly; what it lacks is lost.
    fn has_what_is_committed(&mut self, b: BrokerIx, epoch: u32) -> Opinion {
        if self.terms.iter().any(|t| t.epoch > epoch) {
            return Ok(()); // It takes the role late: a newer leader has gone on.
        }
        let log = self.replica(b).log.clone().expect("it was checked");
        let common = self.committed.common(&log);
        let (all, may_lack) = (self.committed.end(), self.replica(b).may_lack);
        agree(common == all || may_lack, || {
            let committed = &self.committed;
            format!(
                "broker {b} leads in epoch {epoch} with {log}; the reference: it lacks committed records from {common} on, of {committed}"
            )
        })?;
        self.committed.0.truncate(common);
        self.replica(b).may_lack = false;
        Ok(())
    }

    fn follows(&mut self, at: Instant, b: BrokerIx, epoch: u32, leader: Option<BrokerIx>, end: usize, cluster: &Cluster) -> Opinion {
        let image = cluster.broker(b).image;
        let says = |r: &&Registration| r.leader_epoch.0 == epoch && r.leader == leader && r.replicas.contains(&b);
        let read = self.history.iter().find(says).is_some_and(|r| r.offset <= image || at == Instant::ZERO);
        agree(read, || format!("broker {b} follows {leader:?} in epoch {epoch}; the reference: it has read no registration that says so"))?;
        self.newer_role(b, epoch)?;
        self.check_log(at, b, epoch, end)?;
        self.settle_follower(b);
        let replica = self.replica(b);
        (replica.role, replica.leads_since) = (Role::Follows { epoch, leader }, None);
        replica.agrees = false;
        self.note_agreement(b);
        Ok(())
    }

    /// Before a replica changes its role: what it can have learned of the high watermark by now.
    pub fn settle_follower(&mut self, b: BrokerIx) {
        let learned = match self.replica(b).role {
            Role::None => return,
            Role::Leads { epoch } => self.term_of(epoch, b).map(|t| self.terms[t].high_watermark),
            Role::Follows { epoch, leader } => leader.and_then(|l| self.term_of(epoch, l)).map(|t| self.terms[t].high_watermark),
        };
        let replica = self.replica(b);
        let end = replica.end();
        let most = replica.high_watermark_at_most.max(learned.unwrap_or(0));
        replica.high_watermark_at_most = most.min(end);
    }

    /// Notes that a follower's log agrees with its leader's, if it does.
    fn note_agreement(&mut self, b: BrokerIx) {
        let Role::Follows { epoch, leader: Some(leader) } = self.replica(b).role else { return };
        let Some(term) = self.term_of(epoch, leader) else { return };
        let replica = self.replicas.iter_mut().find(|r| r.broker == b).expect("it has a role");
        let log = replica.log.as_ref().expect("who has a role has a log");
        replica.agrees = replica.agrees || log.is_prefix_of(&self.terms[term].log);
        if replica.agrees {
            self.terms[term].note_reached(b, log.end());
        }
        if replica.agrees && replica.may_lack && self.committed.is_prefix_of(log) {
            replica.may_lack = false;
        }
    }

    fn appended(&mut self, at: Instant, b: BrokerIx, epoch: u32, base: usize, records: Vec<Record>) -> Opinion {
        let term = self.own_term(b)?;
        let leads = self.terms[term].epoch;
        agree(leads == epoch, || format!("broker {b} appends in epoch {epoch}; the reference: it leads in {leads}"))?;
        let end = self.replica(b).end();
        agree(base == end && !records.is_empty(), || {
            format!("broker {b} appends {} records at {base}; the reference: at {end}", records.len())
        })?;
        self.terms[term].log.0.extend(&records);
        self.terms[term].appended.push((at, end + records.len()));
        self.replica(b).log.as_mut().expect("a leader has a log").0.extend(&records);
        Ok(())
    }

    fn replicated(&mut self, b: BrokerIx, end: usize) -> Opinion {
        let Role::Follows { epoch, leader: Some(leader) } = self.replica(b).role else {
            return Err(format!("broker {b} has replicated to {end}; the reference: its role is {:?}", self.replica(b).role));
        };
        let term = self.term_of(epoch, leader);
        let Some(term) = term else {
            return Err(format!("broker {b} has replicated to {end}; the reference: {leader} has not led in epoch {epoch} yet"));
        };
        // The fact tells how far the log reaches and not what is in it: the reference copies from the leader, and must be able to.
        self.note_agreement(b);
        let replica = self.replicas.iter_mut().find(|r| r.broker == b).expect("it has a role");
        let (agrees, own, leaders) = (replica.agrees, replica.log.as_mut().expect("who has a role has a log"), &self.terms[term].log);
        agree(agrees, || {
            let (part, with) = (own.common(leaders), format!("broker {leader} in epoch {epoch} with {leaders}"));
            format!("broker {b} with {own} copies from {with}; the reference: they part at {part}, it must truncate first")
        })?;
        agree(own.end() < end && end <= leaders.end() && leaders.is_between_batches(end), || {
            let (had, has) = (own.end(), leaders.end());
            format!("broker {b} has replicated to {end}; the reference: it had {had}, and broker {leader} has whole batches up to {has}")
        })?;
        let had = own.end();
        own.0.extend(&leaders.0[had..end]);
        self.note_agreement(b);
        Ok(())
    }

    fn truncated(&mut self, b: BrokerIx, from: usize, to: usize) -> Opinion {
        let Role::Follows { epoch, leader: Some(leader) } = self.replica(b).role else {
            return Err(format!(
                "broker {b} truncates to {to}; the reference: its role is {:?}, it has nobody to ask",
                self.replica(b).role
            ));
        };
        let Some(term) = self.term_of(epoch, leader) else {
            return Err(format!("broker {b} truncates to {to}; the reference: {leader} has not led in epoch {epoch} yet"));
        };
        let own = self.replica(b).log.clone().expect("who has a role has a log");
        let kept = own.kept_after_asking(&self.terms[term].log, epoch);
        agree(from == own.end() && kept == Some(to), || {
            format!(
                "broker {b} truncates from {from} to {to}; the reference: it has {own}, the leader {}, so to {kept:?}",
                self.terms[term].log
            )
        })?;
        self.settle_follower(b);
        self.cut(b, to);
        self.note_agreement(b);
        Ok(())
    }

    fn cut(&mut self, b: BrokerIx, to: usize) {
        let replica = self.replica(b);
        replica.agrees = false;
        replica.high_watermark_at_most = replica.high_watermark_at_most.min(to);
        if let Some(log) = &mut replica.log {
            log.0.truncate(to);
        }
    }

    /// How much a disk had not flushed no fact tells; that the machine lost its power does one.
    fn lost(&mut self, b: BrokerIx, from: usize, to: usize, cluster: &Cluster) -> Opinion {
        let had = self.replica(b).end();
        let off = cluster.broker(b).powered_off;
        let known = self.replica(b).log.is_some();
        agree(off && to < from && (from == had || !known), || {
            format!("broker {b} loses {to}..{from}; the reference: it had {had}, its machine lost power: {off}")
        })?;
        self.cut(b, to);
        let committed = self.committed.clone();
        let replica = self.replica(b);
        replica.may_lack = replica.may_lack || replica.log.as_ref().is_none_or(|log| !committed.is_prefix_of(log));
        Ok(())
    }

    fn deleted(&mut self, b: BrokerIx, cluster: &Cluster) -> Opinion {
        let image = cluster.broker(b).image;
        let told = self.history.iter().any(|r| r.offset <= image && !r.replicas.contains(&b));
        agree(told, || format!("broker {b} deletes its replica; the reference: it has read no registration without it"))?;
        let replica = self.replica(b);
        *replica = Replica { has_been: true, ..Replica::new(b) };
        Ok(())
    }

    /// KIP-98: a leader takes the batch that follows the producer's last one in its log, or one that begins anew. Which producer epoch a
    /// batch is of no fact tells, so that a batch from zero on is always taken to begin a new one.
    fn idempotent_in_order(&mut self, b: BrokerIx, client: ClientIx, sequence: Option<u32>, batch: BatchId) -> Opinion {
        let Some(sequence) = sequence.filter(|s| *s != 0) else { return Ok(()) };
        let last = self.replica(b).log.as_ref().and_then(|log| log.last_of(client));
        let Some(Record { content: Content::Produced { sequence: Some(last), .. }, .. }) = last else { return Ok(()) };
        agree(sequence == last + 1, || {
            format!(
                "broker {b} appends batch {batch} of {client} from sequence {sequence} on; the reference: its last one in this log is {last}"
            )
        })
    }
}
