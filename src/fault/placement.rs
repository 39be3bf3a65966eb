//! Where the replicas of a new topic go: round robin over brokers, racks first.
//!
//! Kafka's rule before the striped placer of KRaft (`AdminUtils.assignReplicasToBrokers`, `assignReplicasToBrokersRackAware`),
//! with a given first broker instead of a random one, so that an assignment is the same in every run. It differs from
//! `StripedReplicaPlacer` only in which of the equally spread assignments comes out: that one starts and shuffles at random.

/// The replica lists, as positions in `racks`, of `partitions` partitions; `racks[b]` is the rack of broker `b`.
/// `first` is the position of the first partition's leader among the brokers with racks taken in turn.
///
/// `replication_factor` must not be above the number of brokers: the lists would be too short.
pub fn assign(racks: &[Option<&str>], partitions: u32, replication_factor: u32, first: usize) -> Vec<Vec<usize>> {
    let order = racks_in_turn(racks);
    let brokers = order.len();
    let wanted = (replication_factor as usize).min(brokers);
    let mut kinds: Vec<Option<&str>> = racks.to_vec();
    kinds.sort_unstable();
    kinds.dedup();
    let assign_one = |partition: usize| {
        let leader = (first + partition) % brokers;
        let shift = partition / brokers;
        let mut replicas = vec![order[leader]];
        for j in 0.. {
            if replicas.len() >= wanted || j > brokers * brokers {
                break;
            }
            let step = if brokers > 1 { 1 + (shift + j) % (brokers - 1) } else { 0 };
            let candidate = order[(leader + step) % brokers];
            let rack_taken = replicas.iter().any(|r| racks[*r] == racks[candidate]);
            let racks_left = replicas.len() < kinds.len();
            let refused = replicas.contains(&candidate) || (rack_taken && racks_left);
            if !refused {
                replicas.push(candidate);
            }
        }
        replicas
    };
    (0..partitions as usize).map(assign_one).collect()
}

/// Brokers so ordered that neighbours are of different racks (`AdminUtils.getRackAlternatedBrokerList`).
fn racks_in_turn(racks: &[Option<&str>]) -> Vec<usize> {
    let rank = |b: usize| racks[..b].iter().filter(|r| **r == racks[b]).count();
    let mut order: Vec<usize> = (0..racks.len()).collect();
    order.sort_by_key(|&b| (rank(b), racks[b], b));
    if racks.iter().all(Option::is_none) { (0..racks.len()).collect() } else { order }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_brokers_give_the_assignment_of_the_measured_clusters() {
        let measured = [[0, 1, 2], [1, 2, 0], [2, 0, 1], [0, 2, 1], [1, 0, 2], [2, 1, 0]].map(|r| r.to_vec());
        assert_eq!(assign(&[None; 3], 6, 3, 0), measured);
        assert_eq!(assign(&[None; 1], 2, 1, 0), [[0], [0]]);
    }

    #[test]
    fn every_partition_spans_the_racks_and_leaders_are_spread() {
        let racks = [Some("a"), Some("a"), Some("b"), Some("b"), Some("c"), Some("c")];
        let all = assign(&racks, 60, 3, 2);
        for replicas in &all {
            let mut of: Vec<_> = replicas.iter().map(|r| racks[*r]).collect();
            of.sort_unstable();
            assert_eq!(of, [Some("a"), Some("b"), Some("c")]);
        }
        for broker in 0..6 {
            assert_eq!(all.iter().filter(|r| r[0] == broker).count(), 10);
            assert_eq!(all.iter().filter(|r| r.contains(&broker)).count(), 30);
        }
    }

    #[test]
    fn with_more_replicas_than_racks_every_broker_is_taken_once() {
        for replicas in assign(&[Some("a"), Some("a"), Some("b"), Some("b")], 20, 4, 0) {
            let mut sorted = replicas.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3]);
        }
    }
}
