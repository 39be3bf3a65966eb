//! `controller.log` of whoever is the active controller.
//! Source: `QuorumController`, `ReplicationControlManager`, `ClusterControlManager`, `BrokerHeartbeatManager`,
//! `PeriodicTaskControlManager`.

use super::broker::BrokerLog;
use super::cluster::{Cluster, Registered};
use super::files::{FileIx, Files, Level};
use super::ids;
use crate::engine::Instant;
use crate::kafka::{BrokerIx, ErrorCode, MetadataOffset, PartitionIx, RaftEpoch, Release, VoterIx};
use crate::observe::Fact;
use crate::observe::fact::Why;
use std::collections::BTreeMap;

const CONTROLLER: &str = "org.apache.kafka.controller.QuorumController";
const REPLICATION: &str = "org.apache.kafka.controller.ReplicationControlManager";
const REGISTRATIONS: &str = "org.apache.kafka.controller.ClusterControlManager";
const HEARTBEATS: &str = "org.apache.kafka.controller.BrokerHeartbeatManager";

/// Partition changes that the controller made in one go.
#[derive(Clone, Copy, Debug)]
struct Write {
    why: Why,
    asked_at: Instant,
    decided_at: Instant,
    count: usize,
    last: MetadataOffset,
}

/// The logs of all controllers.
#[derive(Debug)]
pub struct ControllerLog {
    logs: Vec<FileIx>,
    claims: BTreeMap<VoterIx, RaftEpoch>,
    latest_claim: Option<(VoterIx, RaftEpoch)>,
    write: Option<Write>,
    /// Whose session ran out, until the record says so.
    expired: Option<BrokerIx>,
    /// Who was told to hand over, as committed at this moment; the partitions of the same write follow.
    handing_over: Option<(BrokerIx, Instant)>,
    /// The last offset of the write that took a broker's leaderships away.
    handed_over: BTreeMap<BrokerIx, MetadataOffset>,
}

impl ControllerLog {
    /// A log for each voter.
    pub fn new(cluster: &Cluster<'_>, files: &mut Files) -> Self {
        ControllerLog {
            logs: cluster.spec.voters.iter().map(|v| files.open(format!("controller-{}-controller.log", v.id))).collect(),
            claims: BTreeMap::new(),
            latest_claim: None,
            write: None,
            expired: None,
            handing_over: None,
            handed_over: BTreeMap::new(),
        }
    }

    /// A line of the active controller; none while there is none.
    fn say(&self, at: Instant, level: Level, text: &str, class: &str, cluster: &Cluster<'_>, files: &mut Files) {
        if let Some(voter) = cluster.active.filter(|_| at > Instant::ZERO) {
            self.of(voter, at, level, text, class, cluster, files);
        }
    }

    #[expect(clippy::too_many_arguments)]
    fn of(&self, voter: VoterIx, at: Instant, level: Level, text: &str, class: &str, cluster: &Cluster<'_>, files: &mut Files) {
        let id = cluster.spec.voters[voter.index()].id;
        files.log(self.logs[voter.index()], at, level, &format!("[QuorumController id={id}] {text}"), class);
    }

    /// A voter has claimed.
    pub fn claims(&mut self, voter: VoterIx, epoch: RaftEpoch, at: Instant, cluster: &Cluster<'_>, files: &mut Files) {
        self.claims.insert(voter, epoch);
        self.latest_claim = Some((voter, epoch));
        if at > Instant::ZERO {
            let next = cluster.last.next();
            let text = format!("Becoming the active controller at epoch {epoch}, next write offset {next}.");
            self.of(voter, at, Level::Info, &text, CONTROLLER, cluster, files);
        }
    }

    /// A voter has renounced.
    pub fn renounces(&mut self, voter: VoterIx, epoch: RaftEpoch, at: Instant, cluster: &Cluster<'_>, files: &mut Files) {
        let Some(claimed) = self.claims.remove(&voter) else { return };
        let leader = self.latest_claim.filter(|(other, e)| *other != voter && *e == epoch).map(|(other, _)| other);
        let leader = leader.map_or("(none)".to_owned(), |other| cluster.spec.voters[other.index()].id.to_string());
        let text = format!(
            "Renouncing the leadership due to a metadata log event. We were the leader at epoch {claimed}, but in the new epoch \
             {epoch}, the leader is {leader}. Reverting to last stable offset {}.",
            cluster.last
        );
        self.of(voter, at, Level::Warn, &text, CONTROLLER, cluster, files);
    }

    /// A broker's session ran out.
    pub fn expires(&mut self, broker: BrokerIx, at: Instant, cluster: &Cluster<'_>, files: &mut Files) {
        self.expired = Some(broker);
        let id = cluster.id(broker);
        let text = match cluster.broker(broker).filter(|_| cluster.release().rules().periodic_fencing_check) {
            Some(registered) => format!("Fencing broker {id} at epoch {} because its session has timed out.", registered.epoch),
            None => format!("Fencing broker {id} because its session has timed out."),
        };
        self.say(at, Level::Info, &text, REPLICATION, cluster, files);
    }

    /// A registration is refused.
    pub fn refuses(&self, error: ErrorCode, at: Instant, cluster: &Cluster<'_>, files: &mut Files) {
        if error != ErrorCode::DuplicateBrokerRegistration {
            return;
        }
        // Events take no time of their own in a run.
        let text = "registerBroker: event failed with DuplicateBrokerRegistrationException in 0 microseconds. Exception message: \
         Another broker is registered with that broker id. If the broker was recently restarted this should self-resolve once the \
         heartbeat manager expires the broker's session.";
        let old = "registerBroker: event failed with DuplicateBrokerRegistrationException in 0 microseconds. Exception message: Another \
         broker is registered with that broker id.";
        let text = if cluster.release() < Release::V4_1 { old } else { text };
        self.say(at, Level::Info, text, CONTROLLER, cluster, files);
    }

    /// Partitions are changed; the changes of one write are counted together.
    pub fn changes(&mut self, fact: &Fact, cluster: &Cluster<'_>, files: &mut Files) {
        let Fact::PartitionCommitted { partition, why, asked_at, decided_at, offset, .. } = fact else { return };
        if self.write.is_some_and(|w| (w.why, w.decided_at) != (*why, *decided_at)) {
            self.end_write(cluster, files);
        }
        let new = Write { why: *why, asked_at: *asked_at, decided_at: *decided_at, count: 0, last: *offset };
        let write = self.write.get_or_insert(new);
        write.count += 1;
        write.last = *offset;
        self.tell_change(*partition, fact, cluster, files);
    }

    fn tell_change(&self, partition: PartitionIx, fact: &Fact, cluster: &Cluster<'_>, files: &mut Files) {
        let Fact::PartitionCommitted { why, decided_at, replicas, isr, leader, leader_epoch, partition_epoch, unclean, .. } = fact else {
            return;
        };
        let (Some(name), Some(before)) = (cluster.name(partition), cluster.latest(partition)) else { return };
        if *unclean {
            if *why == Why::UncleanElection {
                let text = format!("Triggering unclean leader election for offline partition {name}.");
                self.say(*decided_at, Level::Error, &text, REPLICATION, cluster, files);
            }
            let id = |leader: Option<BrokerIx>| leader.map_or("-1".to_owned(), |l| cluster.id(l).to_string());
            let spaced = |list: String| format!("[{}]", list.replace(',', ", "));
            let text = format!(
                "UNCLEAN partition change for {name} with topic ID {}: isr: {} -> {}, leader: {} -> {}, leaderEpoch: {} -> \
                 {leader_epoch}, partitionEpoch: {} -> {partition_epoch}",
                cluster.topic_id(partition),
                spaced(cluster.ids(&before.isr)),
                spaced(cluster.ids(isr)),
                id(before.leader),
                id(*leader),
                before.leader_epoch,
                before.partition_epoch,
            );
            self.say(*decided_at, Level::Info, &text, REPLICATION, cluster, files);
        }
        let completes = *why == Why::AlterPartition
            && (replicas.len() < before.replicas.len() || !before.adding.is_empty() && replicas.iter().all(|b| isr.contains(b)));
        if let (true, Some(asked)) = (completes, before.leader) {
            let error = if cluster.release() < Release::V3_6 { ErrorCode::FencedLeaderEpoch } else { ErrorCode::NewLeaderElected };
            let moved = if *leader == before.leader {
                ".".to_owned()
            } else {
                format!(" and triggered a leadership change. Returning {}.", error.name())
            };
            let text = format!(
                "AlterPartition request from node {} for {name} completed the ongoing partition reassignment{moved}",
                cluster.id(asked)
            );
            self.say(*decided_at, Level::Info, &text, REPLICATION, cluster, files);
        }
    }

    fn grants_shutdown(&self, broker: BrokerIx, at: Instant, cluster: &Cluster<'_>, files: &mut Files) {
        let text = format!("Unfenced broker {} has requested and been granted a controlled shutdown.", cluster.id(broker));
        self.say(at, Level::Info, &text, HEARTBEATS, cluster, files);
    }

    /// The write is whole: how many partitions it changed.
    pub fn end_write(&mut self, cluster: &Cluster<'_>, files: &mut Files) {
        let Some(write) = self.write.take() else {
            // A broker that nothing had to be taken from.
            if let Some((broker, at)) = self.handing_over.take() {
                self.grants_shutdown(broker, at, cluster, files);
            }
            return;
        };
        let (count, at) = (write.count, write.decided_at);
        let micros = at.since(write.asked_at).as_nanos() / 1000;
        let old = cluster.release() < Release::V4_0;
        let changing = |context: &str| Some((format!("{context}: changing {count} partition(s)"), REPLICATION));
        let task = |name: &str| {
            Some((
                format!("Periodic task {name} generated {count} records in {micros} microseconds."),
                "org.apache.kafka.controller.PeriodicTaskControlManager",
            ))
        };
        let line = match write.why {
            Why::Fenced => changing("handleBrokerFenced"),
            Why::Unfenced => changing("handleBrokerUnfenced"),
            Why::ControlledShutdown => match self.handing_over.take() {
                Some((broker, _)) => {
                    self.handed_over.insert(broker, write.last);
                    self.grants_shutdown(broker, at, cluster, files);
                    changing(&format!("enterControlledShutdown[{}]", cluster.id(broker)))
                }
                None => changing("handleBrokerShutdown"),
            },
            Why::UncleanRestart if cluster.release().rules().eligible_leader_replicas => changing("handleBrokerUncleanShutdown"),
            Why::UncleanRestart => changing("handleBrokerShutdown"),
            Why::AutoRebalance if cluster.release() < Release::V3_9 => None,
            Why::AutoRebalance if old => {
                Some((format!("maybeBalancePartitionLeaders: generated {count} records in {micros} microseconds."), CONTROLLER))
            }
            Why::AutoRebalance => task("electPreferred"),
            // What an operator asks for, a new topic and an answer to a leader's proposal have no such line.
            Why::Created | Why::PreferredElection | Why::UncleanElection | Why::Reassignment | Why::AlterPartition | Why::ElrCleared => {
                None
            }
        };
        if let Some((text, class)) = line {
            self.say(at, Level::Info, &text, class, cluster, files);
        }
    }

    /// A broker's new registration: why it was granted, and its record.
    pub fn registers(&mut self, fact: &Fact, at: Instant, log: &BrokerLog, cluster: &Cluster<'_>, files: &mut Files) {
        let Fact::BrokerCommitted { broker, epoch, fenced, in_controlled_shutdown, .. } = fact else { return };
        let Some(before) = cluster.broker(*broker) else { return self.end_write(cluster, files) };
        let cleaned = self.write.filter(|w| matches!(w.why, Why::UncleanRestart | Why::ControlledShutdown)).map_or(0, |w| w.count);
        self.end_write(cluster, files);
        let id = cluster.id(*broker);
        if before.epoch != *epoch {
            return self.registers_anew(id, *epoch, cleaned, at, log, cluster, files);
        }
        if !before.in_controlled_shutdown && *in_controlled_shutdown {
            self.handing_over = Some((*broker, at));
        } else if let Some(text) = self.granted(*broker, before, *fenced, cluster) {
            self.say(at, Level::Info, &text, HEARTBEATS, cluster, files);
        }
        let change = |before: bool, now: bool, set, unset| {
            if before == now {
                0
            } else if now {
                set
            } else {
                unset
            }
        };
        let fence = change(before.fenced, *fenced, 1, -1);
        let shutdown = change(before.in_controlled_shutdown, *in_controlled_shutdown, 1, 0);
        let directories = directories("", cluster.release());
        let text = format!(
            "Replayed BrokerRegistrationChangeRecord modifying the registration for broker {id}: \
             BrokerRegistrationChangeRecord(brokerId={id}, brokerEpoch={epoch}, fenced={fence}, \
             inControlledShutdown={shutdown}{directories})"
        );
        self.say(at, Level::Info, &text, REGISTRATIONS, cluster, files);
    }

    fn granted(&mut self, broker: BrokerIx, before: Registered, fenced: bool, cluster: &Cluster<'_>) -> Option<String> {
        let id = cluster.id(broker);
        if before.fenced && !fenced {
            let since = before.since;
            return Some(format!(
                "The request from broker {id} to unfence has been granted because it has caught up with the offset of its register \
                 broker record {since}."
            ));
        }
        if !fenced || before.fenced || self.expired.take_if(|expired| *expired == broker).is_some() {
            return None;
        }
        if !before.in_controlled_shutdown {
            return Some(format!("Unfenced broker {id} has requested and been granted an immediate shutdown."));
        }
        let offset = self.handed_over.remove(&broker).unwrap_or_default();
        Some(format!(
            "The request from broker {id} to shut down has been granted since the lowest active offset {} is now greater than the \
             broker's controlled shutdown offset {offset}.",
            offset.next()
        ))
    }

    #[expect(clippy::too_many_arguments)]
    fn registers_anew(
        &self,
        id: u32,
        epoch: crate::kafka::BrokerEpoch,
        cleaned: usize,
        at: Instant,
        log: &BrokerLog,
        cluster: &Cluster<'_>,
        files: &mut Files,
    ) {
        let (now, before) = (log.incarnation(), log.previous_incarnation());
        if cluster.release() >= Release::V3_9 {
            let text = format!(
                "Registering a new incarnation of broker {id}. Previous incarnation ID was {before}; new incarnation ID is {now}. \
                 Generated {cleaned} record(s) to clean up previous incarnations. Broker epoch will become {epoch}."
            );
            self.say(at, Level::Info, &text, REGISTRATIONS, cluster, files);
        }
        let directories = directories(&ids::uuid(&format!("broker {id} directory")), cluster.release());
        let text = format!(
            "Replayed RegisterBrokerRecord establishing a new incarnation of broker {id}: RegisterBrokerRecord(brokerId={id}, \
             isMigratingZkBroker=false, incarnationId={now}, brokerEpoch={epoch}, endPoints=[BrokerEndpoint(name='PLAINTEXT', \
             host='{}', port=9092, securityProtocol=0)], features=[], rack=null, fenced=true, inControlledShutdown=false{directories})",
            ids::host(id),
        );
        self.say(at, Level::Info, &text, REGISTRATIONS, cluster, files);
    }

    /// An operator's request was carried out.
    pub fn admin_done(&mut self, what: &str, error: ErrorCode, at: Instant, cluster: &Cluster<'_>, files: &mut Files) {
        let changed = self.write.filter(|w| w.why == Why::Reassignment).map_or(0, |w| w.count);
        self.end_write(cluster, files);
        if what == "reassign partitions" && error.is_none() && changed > 0 {
            let text = format!("Successfully altered {changed} out of {changed} partition reassignment(s).");
            self.say(at, Level::Info, &text, REPLICATION, cluster, files);
        }
    }
}

/// The end of a registration's record: directories since 3.7, cordoned ones in the logs of 4.3.1.
fn directories(id: &str, release: Release) -> String {
    if release < Release::V3_7 {
        return String::new();
    }
    let cordoned = if release < Release::V4_3 { "" } else { ", cordonedLogDirs=null" };
    format!(", logDirs=[{id}]{cordoned}")
}
