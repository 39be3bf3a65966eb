//! Who has a lane of its own and who is grouped.

use super::limits::{CLIENT_LANES, GROUP_LANES, GROUP_NUMBERS, GROUP_STEPS, PARTITION_CHANGES, PARTITION_LANES};
use super::record::{Client, Group, Leader, Micros};
use crate::kafka::{ClientIx, PartitionIx};
use crate::model::Spec;
use crate::observe::names::{Names, shown};
use std::collections::BTreeMap;

/// The lanes of clients: a fleet has one for all its members, and so have those for whom there is no room.
pub struct ClientLanes {
    /// The lanes.
    pub lanes: Vec<Client>,
    /// The lane of each client.
    of: Vec<u32>,
}

impl ClientLanes {
    /// The lanes of a specification's clients.
    pub fn new(spec: &Spec) -> ClientLanes {
        let mut lanes: Vec<Client> = Vec::new();
        let mut of = Vec::with_capacity(spec.clients.len());
        let mut fleet = None;
        for client in &spec.clients {
            let same = client.fleet.is_some() && client.fleet == fleet;
            fleet.clone_from(&client.fleet);
            if !same && lanes.len() <= CLIENT_LANES {
                let role = if client.workload().is_some() { "producer" } else { "consumer" };
                lanes.push(Client {
                    name: shown(client.fleet.as_deref().unwrap_or(&client.name)),
                    profile: client.profile.name.to_string(),
                    role: role.to_owned(),
                    ..Client::default()
                });
            }
            let lane = lanes.len() - 1;
            lanes[lane].members += 1;
            of.push(lane as u32);
        }
        if let Some(last) = lanes.get_mut(CLIENT_LANES).filter(|last| last.members > 1) {
            *last = Client { name: "other clients".to_owned(), members: last.members, role: "several".to_owned(), ..Client::default() };
        }
        ClientLanes { lanes, of }
    }

    /// The lane of a client.
    pub fn of(&self, client: ClientIx) -> usize {
        self.of.get(client.index()).map_or(0, |lane| *lane as usize)
    }

    /// Whether a client's lane is its own.
    pub fn is_single(&self, client: ClientIx) -> bool {
        self.lanes.get(self.of(client)).is_some_and(|lane| lane.members == 1)
    }
}

/// The partitions with lanes of their own, in order: all, or where there are too many those that moved and are used. `changes` says how much is
/// told of each.
pub fn chosen(partitions: &[Vec<Leader>], used: impl Fn(PartitionIx) -> bool, changes: impl Fn(PartitionIx) -> usize) -> Vec<PartitionIx> {
    let there = |i: &usize| !partitions[*i].is_empty();
    let mut all: Vec<PartitionIx> = (0..partitions.len()).filter(there).map(|i| PartitionIx(i as u32)).collect();
    if all.len() > PARTITION_LANES {
        let moves = |p: PartitionIx| partitions[p.index()].len() > 1;
        all.sort_by_key(|p| (!(moves(*p) && used(*p)), !used(*p), !moves(*p), *p));
        all.truncate(PARTITION_LANES);
        all.sort_unstable();
    }
    while all.iter().map(|p| changes(*p)).sum::<usize>() > PARTITION_CHANGES {
        let most = (0..all.len()).max_by_key(|i| changes(all[*i]));
        most.map(|most| all.remove(most));
    }
    all
}

/// The partitions without lanes of their own, by topic: how many each broker leads, over time. Brokers are numbered as in the specification.
pub fn grouped(spec: &Spec, partitions: &[Vec<Leader>], chosen: &[PartitionIx], left_out: &mut Vec<String>) -> Vec<Group> {
    let mut by_topic: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (i, leaders) in
        partitions.iter().enumerate().filter(|(i, leaders)| !leaders.is_empty() && chosen.binary_search(&PartitionIx(*i as u32)).is_err())
    {
        let topic = spec.partitions.get(i).map_or(usize::MAX, |p| p.topic.index());
        debug_assert!(!leaders.is_empty());
        by_topic.entry(topic).or_default().push(i);
    }
    let topics = by_topic.len();
    let mut groups: Vec<Group> = Vec::new();
    let mut rest = Vec::new();
    for (topic, members) in by_topic {
        if groups.len() + 1 < GROUP_LANES || topics <= GROUP_LANES {
            let name = spec
                .topics
                .get(topic)
                .map_or_else(|| "topics made during the run".to_owned(), |_| Names(spec).topic(crate::kafka::TopicIx(topic as u32)));
            groups.push(group(spec, name, &members, partitions));
        } else {
            rest.extend(members);
        }
    }
    if !rest.is_empty() {
        left_out.push(format!("{} topics share one group of partitions.", topics - groups.len()));
        groups.push(group(spec, "other topics".to_owned(), &rest, partitions));
    }
    groups
}

fn group(spec: &Spec, name: String, members: &[usize], partitions: &[Vec<Leader>]) -> Group {
    let nobody = spec.brokers.len();
    let place = |leader: Option<u32>| leader.map_or(nobody, |b| (b as usize).min(nobody));
    let mut changes: Vec<(Micros, Option<usize>, usize)> = Vec::new();
    for member in members {
        let mut before = None;
        for leader in &partitions[*member] {
            let now = place(leader.broker);
            changes.push((leader.at, before, now));
            before = Some(now);
        }
    }
    changes.sort_by_key(|change| change.0);
    let distinct = changes.chunk_by(|a, b| a.0 == b.0).count();
    // Where leaders change at more moments than there is room for, several moments are told at the last of them.
    let together = distinct.div_ceil(GROUP_STEPS.min(GROUP_NUMBERS / (nobody + 1)).max(4));
    let mut counts = vec![0_u32; nobody + 1];
    let mut steps: Vec<(Micros, Vec<u32>)> = Vec::new();
    for (i, moment) in changes.chunk_by(|a, b| a.0 == b.0).enumerate() {
        for (_, before, now) in moment {
            if let Some(before) = before {
                counts[*before] -= 1;
            }
            counts[*now] += 1;
        }
        match steps.last_mut() {
            Some(last) if i % together != 0 => *last = (moment[0].0, counts.clone()),
            Some(_) | None => steps.push((moment[0].0, counts.clone())),
        }
    }
    Group { name, partitions: members.len() as u32, leaders: steps }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaders(changes: usize) -> Vec<Leader> {
        (0..changes).map(|i| Leader { at: i as Micros, broker: Some(i as u32 % 3), epoch: i as u32, why: String::new() }).collect()
    }

    #[test]
    fn the_partitions_with_lanes_are_those_that_moved_and_are_used_and_none_takes_the_room_of_all_others() {
        let mut partitions: Vec<Vec<Leader>> = (0..PARTITION_LANES + 10).map(|_| leaders(1)).collect();
        let (busy, moved) = (PartitionIx(70), PartitionIx(72));
        partitions[busy.index()] = leaders(PARTITION_CHANGES);
        partitions[moved.index()] = leaders(2);
        let lanes = chosen(&partitions, |p| p >= PartitionIx(60), |p| partitions[p.index()].len());
        assert!(lanes.contains(&moved) && lanes.contains(&PartitionIx(60)), "{lanes:?}");
        assert!(!lanes.contains(&busy), "it is grouped");
        assert!(lanes.is_sorted() && lanes.len() == PARTITION_LANES - 1);
    }

    #[test]
    fn a_partition_that_was_never_there_has_no_lane() {
        assert_eq!(chosen(&[Vec::new(), leaders(1)], |_| false, |_| 1), [PartitionIx(1)]);
    }
}
