//! What stories told in facts are made of: a small cluster, and a run told fact by fact.

use super::fact::{Fact, Told, Why};
use super::*;
use crate::engine::Distribution;
use crate::kafka::config::{BrokerConfig, ClientConfig, TopicConfig};
use crate::kafka::{LeaderEpoch, MetadataOffset, Offset, PartitionEpoch, Release, Replicas, VoterIx};
use crate::model::client::profiles;
use crate::model::cost::Costs;
use crate::model::network::topology::{Link, Topology};
use crate::model::spec::{
    ArrivalLaw, BrokerSpec, ClientSpec, NodeSpec, OnFailure, PartitionSpec, Partitioning, Role, TopicSpec, VoterSpec, Workload,
};
use std::sync::Arc;

pub const A: BrokerIx = BrokerIx(0);
pub const B: BrokerIx = BrokerIx(1);
pub const C: BrokerIx = BrokerIx(2);
pub const P: PartitionIx = PartitionIx(0);
pub const CLIENT: ClientIx = ClientIx(0);

/// One topic `t` of one partition, led by broker 101 and replicated to 102 and 103; three controllers; one producer `p1`.
pub fn spec() -> Spec {
    let config = Arc::new(BrokerConfig::default());
    let costs = Arc::new(Costs::default());
    let node = |name: &str| NodeSpec { name: name.to_owned(), broker: None, voter: None, client: None };
    let broker_node = |i: u32| NodeSpec { broker: Some(BrokerIx(i)), ..node(&format!("broker {}", 101 + i)) };
    let broker = |i: u32| BrokerSpec {
        node: NodeIx(i),
        id: 101 + i,
        rack: None,
        config: config.clone(),
        costs: costs.clone(),
        up: true,
        cold: false,
    };
    let voter = |node: u32, id: u32| VoterSpec { node: NodeIx(node), id, config: config.clone(), costs: costs.clone(), leads: id == 1 };
    let replicas: Replicas = smallvec::smallvec![A, B, C];
    Spec {
        name: "story".to_owned(),
        release: Release::MEASURED,
        nodes: vec![
            broker_node(0),
            broker_node(1),
            broker_node(2),
            NodeSpec { voter: Some(VoterIx(0)), ..node("controller 1") },
            NodeSpec { client: Some(CLIENT), ..node("p1") },
            NodeSpec { voter: Some(VoterIx(1)), ..node("controller 2") },
            NodeSpec { voter: Some(VoterIx(2)), ..node("controller 3") },
        ],
        brokers: vec![broker(0), broker(1), broker(2)],
        voters: vec![voter(3, 1), voter(5, 2), voter(6, 3)],
        topics: vec![TopicSpec { name: "t".to_owned(), config: TopicConfig::default(), partitions: vec![P], exists: true }],
        partitions: vec![PartitionSpec {
            topic: crate::kafka::TopicIx(0),
            index: 0,
            replicas: replicas.clone(),
            isr: replicas,
            elr: Replicas::new(),
            last_known_leader: None,
            leader: Some(A),
            leader_epoch: LeaderEpoch(5),
            partition_epoch: PartitionEpoch(5),
        }],
        clients: vec![ClientSpec {
            node: NodeIx(4),
            name: "p1".to_owned(),
            fleet: None,
            profile: Arc::new(profiles::find("java-4.3").expect("the catalogue has it").clone()),
            config: Arc::new(ClientConfig::JavaProducer(Box::default())),
            bootstrap: vec![A],
            role: Role::Producer(Workload {
                topics: vec![crate::kafka::TopicIx(0)],
                rate: 1.0,
                arrivals: ArrivalLaw::Constant,
                record_bytes: 100,
                partitioning: Partitioning::RoundRobin,
                seasoned: false,
                on_failure: OnFailure::GiveUp,
                start: Duration::ZERO,
                stop: None,
            }),
        }],
        groups: Vec::new(),
        topology: Topology::flat(Link { latency: Distribution::ZERO, bits_per_second: None, loss: 0.0 }, 7),
        shuffle_ties: false,
        broken: None,
        in_full: false,
    }
}

pub fn ms(n: u64) -> Instant {
    Instant::from_nanos(n * 1_000_000)
}

/// A commit that makes `leader` lead in `epoch`, asked for and decided at these moments.
pub fn commit(leader: Option<BrokerIx>, epoch: u32, offset: u64, why: Why, asked: u64, decided: u64) -> Fact {
    Fact::PartitionCommitted {
        partition: P,
        old_leader: None,
        leader,
        leader_epoch: LeaderEpoch(epoch),
        partition_epoch: PartitionEpoch(epoch),
        replicas: smallvec::smallvec![A, B, C],
        isr: smallvec::smallvec![A, B, C],
        unclean: false,
        why,
        asked_at: ms(asked),
        decided_at: ms(decided),
        offset: MetadataOffset(offset),
    }
}

/// A run told fact by fact; it counts from 1000 ms on.
pub struct Story {
    pub observers: Observers,
}

impl Story {
    pub fn new() -> Self {
        Story { observers: Observers::new(&spec(), ms(1000)) }
    }
    pub fn tell(&mut self, at: u64, fact: Fact) {
        self.observers.on_fact(ms(at), &fact);
    }
    pub fn sent(&mut self, at: u64, broker: BrokerIx, entry: u64, batch: u32) {
        self.tell(at, Fact::EntrySent { client: CLIENT, broker, partition: P, entry, batch: Some(batch), attempt: 0 });
    }
    pub fn taken(&mut self, at: u64, broker: BrokerIx, entry: u64) {
        self.tell(at, Fact::EntryTaken { client: CLIENT, broker, partition: P, entry });
    }
    pub fn answered(&mut self, at: u64, broker: BrokerIx, entry: u64, error: ErrorCode) {
        self.tell(at, Fact::EntryAnswered { client: CLIENT, broker, partition: P, entry, error });
        self.tell(at + 1, Fact::EntryReturned { client: CLIENT, partition: P, entry, error });
    }
    pub fn believes(&mut self, at: u64, leader: BrokerIx, epoch: u32, told: Told) {
        let leader_epoch = LeaderEpoch(epoch);
        self.tell(at, Fact::BeliefChanged { client: CLIENT, partition: P, leader: Some(leader), leader_epoch, told });
    }
    pub fn leads(&mut self, at: u64, broker: BrokerIx, epoch: u32) {
        let (log_end, high_watermark) = (Offset(0), Offset(0));
        self.tell(at, Fact::LeaderRoleTaken { broker, partition: P, leader_epoch: LeaderEpoch(epoch), log_end, high_watermark });
    }
    pub fn created(&mut self, at: u64, record: u64) {
        self.tell(at, Fact::RecordCreated { client: CLIENT, record, partition: P });
    }
    pub fn done(&mut self, at: u64, record: u64, batch: u32, created: u64, error: ErrorCode) {
        let created_at = ms(created);
        self.tell(at, Fact::RecordDone { client: CLIENT, record, partition: P, batch: Some(batch), created_at, error });
    }
}
