//! Quorums under random crashes, restarts and cuts: the promises of raft hold whatever happens.

use super::harness::{Cluster, brokers, partition};
use crate::engine::Chance;
use crate::kafka::{MetadataOffset, PartitionIx, Release};
use crate::model::message::AdminRequest;
use crate::model::metadata::Record;
use crate::observe::Fact;
use crate::observe::fact::Why;

const LISTS: [[u32; 3]; 3] = [[0, 1, 2], [1, 2, 0], [2, 0, 1]];

fn storm(release: Release, voters: usize, seed: u64) {
    let story = format!("{release}, {voters} voters, seed {seed}");
    let mut cluster = Cluster::new(release, voters, seed, &[partition(&[0, 1, 2], &[0, 1, 2], Some(0))]);
    let draws = Chance::new(seed).stream("storm").part(voters as u64);
    let mut down: Vec<usize> = Vec::new();
    for step in 0..60_u64 {
        let victim = draws.at(3 * step).below(voters as u64) as usize;
        match draws.at(3 * step + 1).below(6) {
            0 if !down.contains(&victim) => {
                cluster.kill(victim);
                down.push(victim);
            }
            1 | 2 => {
                if let Some(v) = down.pop() {
                    cluster.restart(v);
                }
            }
            3 => {
                cluster.cut.insert(victim);
            }
            4 => cluster.cut.clear(),
            _ => {}
        }
        if cluster.active().is_some() {
            let list = LISTS[draws.at(3 * step + 2).below(3) as usize];
            cluster.admin(AdminRequest::Reassign(vec![(PartitionIx(0), brokers(&list))]));
        }
        let until = cluster.now.as_millis_f64() as u64 + 1 + draws.at(1_000 + step).below(3000);
        cluster.run_until(until);
    }
    cluster.cut.clear();
    for v in down {
        cluster.restart(v);
    }
    let end = cluster.now.as_millis_f64() as u64;
    cluster.run_until(end + 60_000);
    let active = cluster.active().unwrap_or_else(|| panic!("{story}: no controller after everything is healed"));
    for (v, controller) in cluster.controllers.iter().enumerate() {
        assert_eq!(controller.known_leader().map(|l| l.index()), Some(active), "{story}: voter {v}");
        assert!(cluster.lag(v) <= 1, "{story}: voter {v}");
    }
    check_logs(&cluster, &story);
    check_facts(&cluster, &story);
}

/// All logs are the same, and they are what the history was made of.
fn check_logs(cluster: &Cluster, story: &str) {
    let logs: Vec<_> = cluster.controllers.iter().map(|c| c.disk.log.read(MetadataOffset(0))).collect();
    let shortest = logs.iter().map(|log| log.len()).min().unwrap();
    assert!(logs.iter().all(|log| log[..shortest] == logs[0][..shortest] && log.len() <= shortest + 1), "{story}: logs differ");
    let partitions = |record: &Record| if let Record::Partition(_, value, _) = record { Some(value.clone()) } else { None };
    let written: Vec<_> = logs[0].iter().flat_map(|batch| batch.records.iter().filter_map(partitions)).collect();
    assert_eq!(written.last(), Some(cluster.truth(0)), "{story}");
    let committed = cluster.facts.iter().filter(|(_, f)| matches!(f, Fact::PartitionCommitted { .. })).count();
    assert_eq!(written.len(), committed, "{story}: committed is what was written");
}

/// One controller an epoch, offsets committed once and in order, partition epochs that only grow, and nothing acknowledged is lost.
fn check_facts(cluster: &Cluster, story: &str) {
    let mut epochs = Vec::new();
    let mut last_offset = MetadataOffset(0);
    let mut partition_epoch = 9;
    let (mut acknowledged, mut changes) = (0, 0);
    for (_, fact) in &cluster.facts {
        match fact {
            Fact::ControllerActive { epoch, .. } => {
                assert!(!epochs.contains(epoch), "{story}: two controllers in {epoch:?}");
                epochs.push(*epoch);
            }
            Fact::PartitionCommitted { offset, partition_epoch: e, why: Why::Reassignment, .. } => {
                assert!(*offset > last_offset && e.0 == partition_epoch + 1, "{story}");
                (last_offset, partition_epoch) = (*offset, e.0);
                changes += 1;
            }
            Fact::AdminDone { error, .. } if error.is_none() => acknowledged += 1,
            _ => {}
        }
    }
    assert!(acknowledged > 0 && changes > 0 && changes <= 60, "{story}: {acknowledged} acknowledged, {changes} changes");
    assert!(epochs.len() > 1, "{story}: nothing happened to the quorum");
}

#[test]
fn quorums_of_three_and_five_survive_storms() {
    for release in [Release::V3_9, Release::V4_0, Release::V4_3] {
        for seed in 0..12 {
            storm(release, 3, seed);
            storm(release, 5, seed);
        }
    }
}
