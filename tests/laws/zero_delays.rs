//! With all delays zero a client that acts is never told an old leader twice about the same move.

use super::cluster::{self, Cluster, Strike, client};
use super::facts::{self, Told};
use kafkasim::kafka::{BrokerIx, ClientIx, LeaderEpoch, MetadataOffset, PartitionIx};
use kafkasim::observe::Fact;
use kafkasim::observe::fact::{Refresh, Told as By};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Every cost of a machine.
const COSTS: [&str; 22] = [
    "network_thread",
    "request_queue",
    "produce",
    "fetch",
    "replica_fetch",
    "metadata",
    "other",
    "metadata_apply",
    "first_follower_role",
    "next_follower_role",
    "first_leader_role",
    "next_leader_role",
    "cold",
    "start",
    "clean_recovery",
    "unclean_recovery",
    "listen",
    "stop",
    "controller_event",
    "raft_flush",
    "fetcher_turn",
    "group_load",
];

/// A cluster in which nothing takes any time.
fn cluster(seed: u64, kafka: &'static str, clients: &[(&str, &str)], faults: Vec<Strike>) -> Cluster {
    let clients = clients.iter().enumerate().map(|(i, (profile, rest))| client(&format!("c{i}"), profile, rest));
    Cluster {
        seed,
        kafka,
        ties: "fifo",
        brokers: 3,
        controllers: 1,
        partitions: 6,
        replication: 3,
        config: ["\"controller.quorum.append.linger.ms\" = 0", "\"leader.imbalance.check.interval.seconds\" = 5"]
            .map(str::to_owned)
            .to_vec(),
        costs: COSTS.iter().map(|cost| format!("{cost} = \"0ms\"")).collect(),
        clients: ["[network]\nlatency = \"0ms\"\n".to_owned()].into_iter().chain(clients).collect(),
        faults,
    }
}

/// Moves of leaders with the metadata offset of each, and how often each client was told of an older state after one.
#[derive(Default)]
struct Teller {
    moves: Vec<(PartitionIx, LeaderEpoch, MetadataOffset)>,
    asked_about: BTreeMap<ClientIx, Vec<PartitionIx>>,
    old: BTreeMap<(ClientIx, MetadataOffset), u32>,
    told: u32,
}

impl Teller {
    fn of(facts: &[Told]) -> Teller {
        let mut teller = Teller::default();
        facts.iter().for_each(|(_, fact)| teller.see(fact));
        teller
    }

    fn see(&mut self, fact: &Fact) {
        match fact {
            Fact::PartitionCommitted { partition, old_leader, leader, leader_epoch, offset, .. }
                if old_leader.is_some() && moved(old_leader, leader) =>
            {
                self.moves.push((*partition, *leader_epoch, *offset));
            }
            Fact::EntrySent { client, partition, .. } => self.asked_about.entry(*client).or_default().push(*partition),
            Fact::Refreshed { client, what: Refresh::Answered(_, image) } => self.told_of(*client, |(_, _, offset)| image < offset),
            Fact::BeliefChanged { client, partition, leader_epoch, told: By::Hint(_), .. } => {
                self.told_of(*client, |(moved, epoch, _)| moved == partition && leader_epoch < epoch);
            }
            _ => {}
        }
    }

    fn told_of(&mut self, client: ClientIx, is_older: impl Fn(&(PartitionIx, LeaderEpoch, MetadataOffset)) -> bool) {
        self.told += 1;
        for (_, _, offset) in self.moves.iter().filter(|m| is_older(m)) {
            *self.old.entry((client, *offset)).or_default() += 1;
        }
    }

    /// The most that any client was told an old leader about one move.
    fn most(&self) -> u32 {
        self.old.values().copied().max().unwrap_or(0)
    }
}

fn moved(from: &Option<BrokerIx>, to: &Option<BrokerIx>) -> bool {
    to.is_some() && from != to
}

/// Faults that delay nobody: processes come and go, and operators move leaders.
fn moves() -> impl Strategy<Value = Vec<Strike>> {
    let strike = (500..cluster::STORM_MS, 0_u32..5, 1_u64..=3, 1_u64..6_000).prop_map(|(at, kind, broker, ms)| {
        let line = match kind {
            0 => format!("kill broker {broker} for {ms}ms"),
            1 => format!("restart broker {broker} down {ms}ms"),
            2 => "elect preferred all".to_owned(),
            3 => format!("reassign t-{} to {broker}", ms % 6),
            _ => format!("reassign t-{} to {broker},{}", ms % 6, 1 + broker % 3),
        };
        (at, line)
    });
    prop::collection::vec(strike, 3..10)
}

proptest! {
    #![proptest_config(cluster::cases(16))]

    /// Premise: the network, all work and `controller.quorum.append.linger.ms` take no time, the controller stays, nobody is paused or cut
    /// off, and the release wakes brokers when metadata is committed. Then a broker that answers knows every move, but for what happens at
    /// the very moment of the move; so a client is told an old leader once at most.
    #[test]
    fn nobody_is_told_an_old_leader_twice(seed in cluster::any_seed(), faults in moves(), clients in prop::sample::select(CLIENTS.to_vec())) {
        let faults = [(1_000, "restart broker 1 down 2s".to_owned())].into_iter().chain(faults).collect();
        let teller = Teller::of(&facts::of(&cluster(seed, "4.3", clients, faults).scenario()));
        prop_assert!(teller.most() <= 1, "{:?}", teller.old);
        prop_assert!(teller.told > 0, "nobody was told anything");
    }
}

const ROUND: &str = "rate = 20\npartitioning = \"round-robin\"";

const CLIENTS: [&[(&str, &str)]; 3] = [
    &[("java-4.3", ROUND), ("java-3.6", ROUND), ("java-3.9", ROUND)],
    &[("librdkafka-2.16", ROUND), ("librdkafka-2.5", ROUND), ("franz-go-1.22", ROUND)],
    &[("sarama-1.61", ROUND), ("kafkajs-2.2", ROUND), ("kafka-go-0.4", ROUND), ("kafka-python-3.0", ROUND)],
];

#[test]
fn where_a_broker_takes_time_to_know_it_tells_the_old_leader_again_and_again() {
    let most = |seed: u64, lag: &str| {
        let moves = vec![(5_000, "reassign t-0 to 2,1; t-1 to 1,2; t-2 to 2,1".to_owned()), (9_000, "restart broker 1 down 2s".to_owned())];
        let mut slow = cluster(seed, "4.3", CLIENTS[0], moves);
        slow.clients.insert(
            0,
            format!(
                "[[cost_profile]]\nname = \"slow\"\nbase = \"typical\"\nmetadata_apply = \"{lag}\"\n[[broker]]\nid = 3\ncosts = \"slow\"\n"
            ),
        );
        let teller = Teller::of(&facts::of(&slow.scenario()));
        assert!(!teller.moves.is_empty());
        teller.most()
    };
    assert!((1..=8).all(|seed| most(seed, "0ms") <= 1));
    assert!((1..=8).any(|seed| most(seed, "2s") >= 2));
}
