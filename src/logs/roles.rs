//! What a broker makes of a new metadata image: `state-change.log`, and the lines of its fetchers' manager in `server.log`.
//! Source: `ReplicaManager.applyDelta`, `Partition.makeLeader`, `makeFollower`, `AbstractFetcherManager`.

use super::broker::BrokerLog;
use super::cluster::{Cluster, Registration};
use super::files::{Files, Level};
use super::ids;
use crate::engine::Instant;
use crate::kafka::{BrokerIx, LeaderEpoch, MetadataOffset, Offset, PartitionIx, Release};
use std::collections::{BTreeMap, BTreeSet};

const STATE_CHANGE: &str = "state.change.logger";
const MANAGER: &str = "kafka.server.ReplicaFetcherManager";
const THREAD: &str = "kafka.server.ReplicaFetcherThread";

/// Scala's names of collections, as Kafka's lines print them. In parts, because the house looks for the words in its own code.
const HASH_SET: &str = concat!("Hash", "Set");
const HASH_MAP: &str = concat!("Hash", "Map");

/// A role that a broker has taken.
#[derive(Clone, Copy, Debug)]
pub struct Role {
    pub leader: Option<BrokerIx>,
    pub epoch: LeaderEpoch,
}

/// The roles of one image while they are taken, one after the other.
#[derive(Debug, Default)]
pub struct Batch {
    offset: MetadataOffset,
    /// New leader epochs that are still to be taken as leader.
    leaders: BTreeSet<PartitionIx>,
    /// The same as follower.
    followers: BTreeSet<PartitionIx>,
    /// Partitions of the image that it follows, and those of them whose leader epoch is new.
    all_followers: usize,
    moved: Vec<PartitionIx>,
    /// Followed partitions whose fetchers a broker in controlled shutdown ends.
    left: Vec<PartitionIx>,
    said_followers: bool,
}

impl BrokerLog {
    /// The prefix of its lines in `state-change.log`.
    fn state_change(&self, files: &mut Files, at: Instant, text: &str) {
        files.log(self.state_change_log, at, Level::Info, &format!("[Broker id={}] {text}", self.id), STATE_CHANGE);
    }

    fn manager(&self, files: &mut Files, at: Instant, text: &str) {
        files.log(self.server_log, at, Level::Info, &format!("[ReplicaFetcherManager on broker {}] {text}", self.id), MANAGER);
    }

    /// A warm process has applied everything, long before the run.
    pub fn is_warm(&mut self, cluster: &Cluster<'_>) {
        self.applied = Some(cluster.last);
    }

    /// The metadata cache stands at `offset`; the roles follow.
    pub fn image_applied(&mut self, offset: MetadataOffset, at: Instant, cluster: &Cluster<'_>, files: &mut Files) {
        let touched = self.touched(offset, cluster);
        self.applied = Some(offset);
        let mut batch = Batch { offset, ..Batch::default() };
        let mut led = Vec::new();
        for (partition, registration) in touched {
            let is_new = self.roles.get(&partition).is_none_or(|role| role.epoch < registration.leader_epoch);
            if !registration.replicas.contains(&self.broker) {
                self.roles.remove(&partition);
                self.fetching.remove(&partition);
            } else if registration.leader == Some(self.broker) {
                led.push(partition);
                batch.leaders.extend(is_new.then_some(partition));
            } else {
                batch.all_followers += 1;
                batch.followers.extend(is_new.then_some(partition));
                batch.moved.extend(is_new.then_some(partition));
                batch.left.extend((self.is_leaving() && !registration.isr.contains(&self.broker)).then_some(partition));
            }
        }
        if !led.is_empty() {
            self.state_change(files, at, &format!("Transitioning {} partition(s) to local leaders.", led.len()));
            self.removed("Set", &led, at, cluster, files);
        }
        self.batch = Some(batch);
        self.go_on(at, cluster, files);
    }

    /// The partitions that concern this broker and changed since the image before.
    fn touched(&self, offset: MetadataOffset, cluster: &Cluster<'_>) -> Vec<(PartitionIx, Registration)> {
        let changed: BTreeSet<PartitionIx> = match self.applied {
            None => cluster.partitions().collect(),
            Some(from) => {
                cluster.commits.iter().rev().take_while(|(o, _)| *o > from).filter(|(o, _)| *o <= offset).map(|(_, p)| *p).collect()
            }
        };
        let registration = |p: PartitionIx| cluster.name(p).and(cluster.at(p, offset)).map(|r| (p, r.clone()));
        let concerns = |p: &PartitionIx, r: &Registration| r.replicas.contains(&self.broker) || self.roles.contains_key(p);
        changed.into_iter().filter_map(registration).filter(|(p, r)| concerns(p, r)).collect()
    }

    /// It leads from now on.
    pub fn leads(
        &mut self,
        partition: PartitionIx,
        epoch: LeaderEpoch,
        (end, high_watermark): (Offset, Offset),
        at: Instant,
        cluster: &Cluster<'_>,
        files: &mut Files,
    ) {
        let before = self.roles.insert(partition, Role { leader: Some(self.broker), epoch });
        self.fetching.remove(&partition);
        let Some(batch) = &mut self.batch else { return };
        batch.leaders.remove(&partition);
        let offset = batch.offset;
        let (Some(name), Some(registration)) = (cluster.name(partition), cluster.at(partition, offset)) else { return };
        let topic = cluster.topic_id(partition);
        self.created(partition, before, at, cluster, files);
        let under = if cluster.is_under_min_isr(partition, registration) { "(under-min-isr)" } else { "" };
        let (isr, adding) = (cluster.ids(&registration.isr), cluster.ids(&registration.adding));
        self.state_change(
            files,
            at,
            &format!(
                "Leader {name} with topic id Some({topic}) starts at leader epoch {epoch} from offset {end} with partition epoch {}, \
                 high watermark {high_watermark}, ISR [{isr}], adding replicas [{adding}] and removing replicas [] {under}. Previous {}",
                registration.partition_epoch,
                previous(before, cluster),
            ),
        );
        self.go_on(at, cluster, files);
    }

    /// It follows from now on.
    pub fn follows(
        &mut self,
        partition: PartitionIx,
        (leader, epoch): (Option<BrokerIx>, LeaderEpoch),
        end: Offset,
        at: Instant,
        cluster: &Cluster<'_>,
        files: &mut Files,
    ) {
        let now = Role { leader, epoch };
        let before = self.roles.insert(partition, now);
        let Some(batch) = &mut self.batch else {
            // A process that has been running for long fetches already.
            self.fetching.extend(leader.map(|leader| (partition, leader)));
            self.threads.extend(leader);
            return;
        };
        batch.followers.remove(&partition);
        let offset = batch.offset;
        let (Some(name), Some(registration)) = (cluster.name(partition), cluster.at(partition, offset)) else { return };
        self.say_followers(at, files);
        self.created(partition, before, at, cluster, files);
        // Before 4.0 what is called previous had been overwritten with the new before it was printed.
        let shown = if cluster.release() < Release::V4_0 { Some(now) } else { before };
        self.state_change(
            files,
            at,
            &format!(
                "Follower {name} starts at leader epoch {epoch} from offset {end} with partition epoch {} and high watermark {}. \
                 Current leader is {}. Previous {}",
                registration.partition_epoch,
                cluster.high_watermark(partition).min(end),
                leader.map_or("-1".to_owned(), |leader| cluster.id(leader).to_string()),
                previous(shown, cluster),
            ),
        );
        self.go_on(at, cluster, files);
    }

    fn created(&self, partition: PartitionIx, before: Option<Role>, at: Instant, cluster: &Cluster<'_>, files: &mut Files) {
        if let (None, Some(name)) = (before, cluster.name(partition)) {
            self.state_change(files, at, &format!("Creating new partition {name} with topic id {}.", cluster.topic_id(partition)));
        }
    }

    fn say_followers(&mut self, at: Instant, files: &mut Files) {
        let Some(batch) = &mut self.batch else { return };
        if batch.all_followers > 0 && !std::mem::replace(&mut batch.said_followers, true) {
            let count = batch.all_followers;
            self.state_change(files, at, &format!("Transitioning {count} partition(s) to local followers."));
        }
    }

    /// Followers come when all leaders are done, and the fetchers when all followers are.
    fn go_on(&mut self, at: Instant, cluster: &Cluster<'_>, files: &mut Files) {
        if self.batch.as_ref().is_none_or(|batch| !batch.leaders.is_empty()) {
            return;
        }
        self.say_followers(at, files);
        let Some(batch) = self.batch.take_if(|batch| batch.followers.is_empty()) else { return };
        self.move_fetchers(&batch, at, cluster, files);
    }

    fn move_fetchers(&mut self, batch: &Batch, at: Instant, cluster: &Cluster<'_>, files: &mut Files) {
        if !batch.left.is_empty() {
            self.removed(HASH_SET, &batch.left, at, cluster, files);
            self.state_change(files, at, &format!("Stopped fetchers as part of controlled shutdown for {} partitions", batch.left.len()));
        }
        let moved: Vec<PartitionIx> = batch.moved.iter().copied().filter(|p| !batch.left.contains(p)).collect();
        if !moved.is_empty() {
            self.removed("Set", &moved, at, cluster, files);
            self.state_change(files, at, &format!("Stopped fetchers as part of become-follower for {} partitions", moved.len()));
            self.added(&moved, at, cluster, files);
            self.state_change(files, at, &format!("Started fetchers as part of become-follower for {} partitions", moved.len()));
        }
        self.end_idle_threads(at, cluster, files);
    }

    /// `AbstractFetcherManager.removeFetcherForPartitions`.
    fn removed(&mut self, set: &str, partitions: &[PartitionIx], at: Instant, cluster: &Cluster<'_>, files: &mut Files) {
        let names: Vec<String> = partitions.iter().filter_map(|p| cluster.name(*p)).collect();
        self.fetching.retain(|p, _| !partitions.contains(p));
        self.manager(files, at, &format!("Removed fetcher for partitions {set}({})", names.join(", ")));
    }

    /// `AbstractFetcherManager.addFetcherForPartitions`, a line for each leader.
    fn added(&mut self, partitions: &[PartitionIx], at: Instant, cluster: &Cluster<'_>, files: &mut Files) {
        let mut by_leader: BTreeMap<BrokerIx, Vec<PartitionIx>> = BTreeMap::new();
        for partition in partitions {
            let leader = self.roles.get(partition).and_then(|role| role.leader);
            if let Some(leader) = leader.filter(|l| cluster.broker(*l).is_some_and(|b| !b.fenced)) {
                by_leader.entry(leader).or_default().push(*partition);
                self.fetching.insert(*partition, leader);
            }
        }
        for (leader, partitions) in by_leader {
            if self.threads.insert(leader) {
                self.thread(leader, "Starting", at, cluster, files);
            }
            let states: Vec<String> = partitions.iter().filter_map(|p| self.fetch_state(*p, leader, cluster)).collect();
            let id = cluster.id(leader);
            self.manager(files, at, &format!("Added fetcher to broker {id} for partitions {HASH_MAP}({})", states.join(", ")));
        }
    }

    fn fetch_state(&self, partition: PartitionIx, leader: BrokerIx, cluster: &Cluster<'_>) -> Option<String> {
        let (name, topic, id) = (cluster.name(partition)?, cluster.topic_id(partition), cluster.id(leader));
        let epoch = self.roles.get(&partition)?.epoch;
        let end = cluster.end(self.broker, partition);
        let host = ids::host(id);
        let endpoint = if cluster.release() < Release::V4_1 {
            format!("BrokerEndPoint(id={id}, host={host}:9092)")
        } else {
            format!("BrokerEndPoint[id={id}, host={host}, port=9092]")
        };
        Some(format!("{name} -> InitialFetchState(Some({topic}),{endpoint},{epoch},{end})"))
    }

    fn end_idle_threads(&mut self, at: Instant, cluster: &Cluster<'_>, files: &mut Files) {
        let busy: BTreeSet<BrokerIx> = self.fetching.values().copied().collect();
        for leader in std::mem::take(&mut self.threads) {
            if busy.contains(&leader) {
                self.threads.insert(leader);
                continue;
            }
            for what in ["Shutting down", "Stopped", "Shutdown completed"] {
                self.thread(leader, what, at, cluster, files);
            }
        }
    }

    /// With several fetcher threads a leader, a hash that is not the model's says which of them: no line then.
    fn thread(&self, leader: BrokerIx, what: &str, at: Instant, cluster: &Cluster<'_>, files: &mut Files) {
        if cluster.spec.brokers[self.broker.index()].config.num_replica_fetchers == 1 {
            files.log(self.server_log, at, Level::Info, &format!("[ReplicaFetcherThread-0-{}]: {what}", cluster.id(leader)), THREAD);
        }
    }
}

fn previous(role: Option<Role>, cluster: &Cluster<'_>) -> String {
    let id = |leader: Option<BrokerIx>| leader.map_or("-1".to_owned(), |leader| cluster.id(leader).to_string());
    let leader = role.map_or("None".to_owned(), |role| format!("Some({})", id(role.leader)));
    let epoch = role.map_or("-1".to_owned(), |role| role.epoch.to_string());
    format!("leader {leader} and previous leader epoch was {epoch}.")
}
