//! `[[topic]]`: topics, their assignment, and how they stand at the start.

use super::at::At;
use super::cluster::Cluster;
use super::diagnostic::Diagnostics;
use super::file::{File, TopicFile};
use super::keys::{self, Scope};
use crate::fault::assign;
use crate::kafka::config::TopicConfig;
use crate::kafka::{BrokerIx, LeaderEpoch, PartitionEpoch, PartitionIx, Replicas, TopicIx};
use crate::model::spec::{PartitionSpec, TopicSpec};
use std::collections::BTreeSet;
use std::ops::Range;

/// Most partitions of a cluster.
const MOST_PARTITIONS: usize = 1_000_000;
/// Most replicas of a cluster, over all partitions.
const MOST_REPLICAS: usize = 3_000_000;

/// All topics and all partitions.
pub(super) fn resolve(file: &File, cluster: &Cluster, found: &mut Diagnostics) -> (Vec<TopicSpec>, Vec<PartitionSpec>) {
    let (mut topics, mut partitions) = (Vec::<TopicSpec>::new(), Vec::new());
    let (mut names, mut replicas) = (BTreeSet::new(), 0);
    for topic in &file.topic {
        check_name(&topic.name, &mut names, found);
        let ix = TopicIx(topics.len() as u32);
        let lists = assignment(topic, cluster, (partitions.len(), replicas), found);
        replicas += lists.iter().map(Replicas::len).sum::<usize>();
        let first = partitions.len() as u32;
        check_lengths(topic, lists.len(), found);
        for (i, replicas) in lists.into_iter().enumerate() {
            partitions.push(partition(topic, ix, i, replicas, cluster, found));
        }
        let own = (first..partitions.len() as u32).map(PartitionIx).collect();
        let name = topic.name.value.clone();
        topics.push(TopicSpec { name, config: config(topic, cluster, found), partitions: own, exists: true });
    }
    if file.topic.is_empty() && found.is_empty() {
        let help = "add a [[topic]] with name and partitions; `kafkasim show rolling-restart` prints a whole scenario";
        found.add(None, "there is no topic: nothing would happen".to_owned(), help);
    }
    (topics, partitions)
}

/// The rules of `org.apache.kafka.common.internals.Topic.validate`.
fn check_name<'f>(name: &'f At<String>, before: &mut BTreeSet<&'f str>, found: &mut Diagnostics) {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if name.is_empty() || name.len() > 249 || !name.chars().all(legal) || **name == "." || **name == ".." {
        found.add(
            Some(&name.span),
            format!("`{}` is no legal name of a topic", **name),
            "use letters, digits, `.`, `_` and `-`, 249 at most",
        );
    }
    if !before.insert(name.as_str()) {
        found.add(
            Some(&name.span),
            format!("there are two topics `{}`", **name),
            "each partition may stand once: join the two or rename one",
        );
    }
}

/// The cluster's defaults of the topic keys, and on top of them the topic's own.
fn config(topic: &TopicFile, cluster: &Cluster, found: &mut Diagnostics) -> TopicConfig {
    let mut config = TopicConfig {
        min_insync_replicas: cluster.config.min_insync_replicas,
        unclean_leader_election_enable: cluster.config.unclean_leader_election_enable,
    };
    keys::apply(&topic.config, Scope::Topic, found, |key, text| config.set(key, text));
    config
}

/// The replicas of each partition. `placed` says how many partitions and replicas the topics before have.
fn assignment(topic: &At<TopicFile>, cluster: &Cluster, placed: (usize, usize), found: &mut Diagnostics) -> Vec<Replicas> {
    let brokers = cluster.brokers.len() as u32;
    if let Some(lists) = &topic.assignment {
        for written in [&topic.partitions, &topic.replication_factor].into_iter().flatten() {
            let message = "an `assignment` says how many partitions and replicas there are".to_owned();
            found.add(Some(&written.span), message, "take either this or the assignment away");
        }
        if lists.is_empty() {
            found.add(Some(&lists.span), "a topic without partitions".to_owned(), "give one list of brokers for each partition");
        }
        return lists.iter().map(|list| replicas(list, cluster, found)).collect();
    }
    let Some(partitions) = &topic.partitions else {
        // A wrong value has been left out, and told.
        if !found.tells_of("topic.partitions") && !found.tells_of("topic.assignment") {
            let message = format!("topic `{}` has no partitions", *topic.name);
            found.add(Some(&topic.name.span), message, "add `partitions = 12` or an `assignment`");
        }
        return Vec::new();
    };
    let factor = topic.replication_factor.as_ref().map_or(brokers.min(3), |f| f.value);
    if let Some(written) = topic.replication_factor.as_ref().filter(|_| factor == 0 || factor > brokers) {
        let message = format!("a replication factor of {factor} does not fit {brokers} brokers");
        found.add(Some(&written.span), message, format!("write 1 to {brokers}, or raise `cluster.brokers`"));
    }
    let factor = factor.clamp(1, brokers);
    if !fits(&topic.name, partitions, factor, placed, found) {
        return Vec::new();
    }
    let racks: Vec<Option<&str>> = cluster.brokers.iter().map(|b| b.rack.as_deref()).collect();
    let lists = assign(&racks, partitions.value, factor, placed.0);
    lists.into_iter().map(|list| list.into_iter().map(|b| BrokerIx(b as u32)).collect()).collect()
}

/// Whether so many partitions can be run beside those of the topics before.
fn fits(topic: &str, partitions: &At<u32>, factor: u32, placed: (usize, usize), found: &mut Diagnostics) -> bool {
    let (left, replicas_left) = (MOST_PARTITIONS.saturating_sub(placed.0), MOST_REPLICAS.saturating_sub(placed.1));
    let most = left.min(replicas_left / factor as usize);
    let fits = (1..=most).contains(&(partitions.value as usize));
    if !fits {
        let message = format!("topic `{topic}` cannot have {} partitions", partitions.value);
        let help = format!("write 1 to {most}: all topics together have {MOST_PARTITIONS} partitions and {MOST_REPLICAS} replicas at most");
        found.add(Some(&partitions.span), message, help);
    }
    fits
}

/// Brokers by id, each once.
fn replicas(ids: &At<Vec<u32>>, cluster: &Cluster, found: &mut Diagnostics) -> Replicas {
    let mut list = Replicas::new();
    for id in &ids.value {
        let Some(i) = cluster.brokers.iter().position(|b| b.id == *id) else {
            let all: Vec<u32> = cluster.brokers.iter().map(|b| b.id).collect();
            found.add(Some(&ids.span), format!("there is no broker {id}"), format!("the brokers are {all:?}"));
            continue;
        };
        if list.contains(&BrokerIx(i as u32)) {
            found.add(
                Some(&ids.span),
                format!("broker {id} stands twice in one list"),
                "a broker holds one replica of a partition at most",
            );
        } else {
            list.push(BrokerIx(i as u32));
        }
    }
    if ids.is_empty() {
        found.add(Some(&ids.span), "a partition without replicas".to_owned(), "name at least one broker");
    }
    list
}

/// Where there are eligible leader replicas, the controller remembers who led a partition until its last replica went away
/// (`PartitionChangeBuilder.maybeUpdateLastKnownLeader`). Without that nobody could lead it again when that broker comes back uncleanly.
pub(super) fn remember_last_leaders(partitions: &mut [PartitionSpec]) {
    for partition in partitions.iter_mut().filter(|p| p.leader.is_none() && p.elr.is_empty()) {
        partition.last_known_leader = partition.last_known_leader.or(partition.isr.first().copied());
    }
}

fn check_lengths(topic: &TopicFile, count: usize, found: &mut Diagnostics) {
    let mut check = |written: Option<(usize, &Range<usize>)>| {
        if let Some((length, span)) = written.filter(|(length, _)| *length != count && count > 0) {
            let message = format!("{length} values for {count} partitions of topic `{}`", *topic.name);
            found.add(Some(span), message, "give one value for each partition");
        }
    };
    check(topic.leaders.as_ref().map(|l| (l.len(), &l.span)));
    check(topic.isr.as_ref().map(|l| (l.len(), &l.span)));
    check(topic.leader_epochs.as_ref().map(|l| (l.len(), &l.span)));
    check(topic.elr.as_ref().map(|l| (l.len(), &l.span)));
    check(topic.last_known_leaders.as_ref().map(|l| (l.len(), &l.span)));
}

fn partition(topic: &TopicFile, ix: TopicIx, i: usize, list: Replicas, cluster: &Cluster, found: &mut Diagnostics) -> PartitionSpec {
    let up = |b: &BrokerIx| cluster.brokers[b.index()].up;
    let members = |written: Option<&At<Vec<u32>>>, what: &str, found: &mut Diagnostics| -> Option<Replicas> {
        let written = written?;
        let members: Replicas = if written.is_empty() { Replicas::new() } else { replicas(written, cluster, found) };
        if let Some(stranger) = members.iter().find(|m| !list.contains(m)) {
            let message =
                format!("broker {} is in the {what} of {}-{i} but holds no replica", cluster.brokers[stranger.index()].id, *topic.name);
            found.add(Some(&written.span), message, "name only brokers of the partition's assignment");
        }
        Some(members)
    };
    let isr = members(topic.isr.as_ref().and_then(|l| l.get(i)), "ISR", found);
    let elr = members(topic.elr.as_ref().and_then(|l| l.get(i)), "ELR", found).unwrap_or_default();
    // The last member of an ISR stays in it, as the controller leaves it (`PartitionChangeBuilder`).
    let isr = isr.unwrap_or_else(|| {
        let alive: Replicas = list.iter().copied().filter(up).collect();
        if alive.is_empty() { list.iter().copied().take(1).collect() } else { alive }
    });
    let leader = leader(topic, i, &isr, cluster, found);
    let epoch = topic.leader_epochs.as_ref().and_then(|l| l.get(i)).map_or(0, |e| e.value);
    let last_known_leader = last_known_leader(topic, i, &list, cluster, found);
    PartitionSpec {
        topic: ix,
        index: i as u32,
        replicas: list,
        isr,
        elr,
        last_known_leader,
        leader,
        leader_epoch: LeaderEpoch(epoch),
        partition_epoch: PartitionEpoch(epoch),
    }
}

fn last_known_leader(topic: &TopicFile, i: usize, list: &Replicas, cluster: &Cluster, found: &mut Diagnostics) -> Option<BrokerIx> {
    let written = topic.last_known_leaders.as_ref().and_then(|l| l.get(i)).filter(|id| id.value != -1)?;
    let known = list.iter().copied().find(|b| i64::from(cluster.brokers[b.index()].id) == written.value);
    if known.is_none() {
        let message = format!("broker {} cannot have led {}-{i}: it holds no replica", written.value, *topic.name);
        found.add(Some(&written.span), message, "name a broker of the partition's assignment, or -1 for none");
    }
    known
}

fn leader(topic: &TopicFile, i: usize, isr: &Replicas, cluster: &Cluster, found: &mut Diagnostics) -> Option<BrokerIx> {
    let up = |b: &BrokerIx| cluster.brokers[b.index()].up;
    let Some(written) = topic.leaders.as_ref().and_then(|l| l.get(i)) else { return isr.iter().copied().find(up) };
    if written.value == -1 {
        return None;
    }
    let leader = cluster.brokers.iter().position(|b| i64::from(b.id) == written.value).map(|b| BrokerIx(b as u32));
    match leader.filter(|b| isr.contains(b)) {
        None => {
            let message = format!("broker {} cannot lead {}-{i}: it is not in sync", written.value, *topic.name);
            found.add(Some(&written.span), message, "name a member of the ISR, or -1 for no leader");
        }
        Some(leader) if !up(&leader) => {
            let message = format!("broker {} cannot lead {}-{i}: it is down at the start", written.value, *topic.name);
            found.add(Some(&written.span), message, "name another member of the ISR, or -1 for no leader");
        }
        Some(_) => {}
    }
    leader
}
