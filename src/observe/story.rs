//! A story told in facts: four leader moves and losses as one producer sees them, with every figure known in advance.

use super::fact::{Api, Fact, Refresh, Told, Unreachable, Why};
use super::*;
use crate::engine::Distribution;
use crate::kafka::config::{BrokerConfig, ProducerConfig, TopicConfig};
use crate::kafka::{LeaderEpoch, MetadataOffset, Offset, PartitionEpoch, Release, Replicas, VoterIx};
use crate::model::client::profile::Profile;
use crate::model::cost::Costs;
use crate::model::network::topology::{Link, Topology};
use crate::model::spec::{Arrivals, BrokerSpec, ClientSpec, NodeSpec, PartitionSpec, Partitioning, TopicSpec, VoterSpec, Workload};
use std::sync::Arc;

pub const A: BrokerIx = BrokerIx(0);
pub const B: BrokerIx = BrokerIx(1);
pub const C: BrokerIx = BrokerIx(2);
pub const P: PartitionIx = PartitionIx(0);
pub const CLIENT: ClientIx = ClientIx(0);

/// One topic `t` of one partition, led by broker 101 and replicated to 102 and 103; one controller; one producer `p1`.
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
        ],
        brokers: vec![broker(0), broker(1), broker(2)],
        voters: vec![VoterSpec { node: NodeIx(3), id: 1, config: config.clone(), costs: costs.clone(), leads: true }],
        topics: vec![TopicSpec { name: "t".to_owned(), config: TopicConfig::default(), partitions: vec![P], exists: true }],
        partitions: vec![PartitionSpec {
            topic: crate::kafka::TopicIx(0),
            index: 0,
            replicas: replicas.clone(),
            isr: replicas,
            elr: Replicas::new(),
            leader: Some(A),
            leader_epoch: LeaderEpoch(5),
            partition_epoch: PartitionEpoch(5),
        }],
        clients: vec![ClientSpec {
            node: NodeIx(4),
            name: "p1".to_owned(),
            profile: Arc::new(Profile {
                name: "java-4.3",
                releases: "4.3",
                exponential_backoff: true,
                epoch_skips_backoff: true,
                leader_hints: true,
                defaults: &[],
            }),
            config: Arc::new(ProducerConfig::default()),
            bootstrap: vec![A],
            workload: Workload {
                topics: vec![crate::kafka::TopicIx(0)],
                rate: 1.0,
                arrivals: Arrivals::Constant,
                record_bytes: 100,
                partitioning: Partitioning::RoundRobin,
                start: Duration::ZERO,
                stop: None,
            },
        }],
        topology: Topology::flat(Link { latency: Distribution::ZERO, bits_per_second: None, loss: 0.0 }, 5),
        shuffle_ties: false,
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

fn phases(phases: &[record::Phase]) -> Vec<(&str, f64)> {
    phases.iter().filter(|p| p.ms > 0.0).map(|p| (p.name.as_str(), p.ms)).collect()
}

/// A planned move from 101 to 102: the producer is told by the stale answer's refresh, connects anew, and waits for a follower.
#[test]
fn a_planned_move_as_one_producer_sees_it() {
    let mut s = Story::new();
    s.believes(0, A, 5, Told::Metadata(A, MetadataOffset(1)));
    s.created(500, 0);
    s.sent(500, A, 1, 0);
    s.taken(501, A, 1);
    s.answered(505, A, 1, ErrorCode::None);
    s.done(506, 0, 0, 500, ErrorCode::None);
    // A record is on its way to 101 when the move is committed at 2000; 101 has not applied it when it takes the request, but has when it answers.
    s.created(1990, 1);
    s.sent(1990, A, 2, 1);
    s.tell(2000, commit(Some(B), 6, 40, Why::PreferredElection, 1960, 1970));
    s.taken(2010, A, 2);
    s.tell(2030, Fact::ImageApplied { broker: A, offset: MetadataOffset(40) });
    s.answered(2040, A, 2, ErrorCode::NotLeaderOrFollower);
    s.leads(2080, B, 6);
    s.tell(2100, Fact::Refreshed { client: CLIENT, what: Refresh::Wanted });
    // A second record goes to 101 all the same.
    s.created(2110, 2);
    s.sent(2110, A, 3, 2);
    s.taken(2112, A, 3);
    s.answered(2113, A, 3, ErrorCode::NotLeaderOrFollower);
    s.tell(2140, Fact::Refreshed { client: CLIENT, what: Refresh::Sent(A) });
    s.tell(2149, Fact::RequestServed {
        client: CLIENT,
        broker: A,
        api: Api::Metadata,
        busy: Duration::from_millis(2),
        response_bytes: 300,
    });
    s.tell(2150, Fact::Refreshed { client: CLIENT, what: Refresh::Answered(A, MetadataOffset(41)) });
    s.believes(2150, B, 6, Told::Metadata(A, MetadataOffset(41)));
    s.tell(2160, Fact::ConnectionOpening { client: CLIENT, broker: B });
    s.tell(2175, Fact::ConnectionReady { client: CLIENT, broker: B });
    s.sent(2200, B, 4, 1);
    s.taken(2230, B, 4);
    s.answered(2999, B, 4, ErrorCode::None);
    s.done(3000, 1, 1, 1990, ErrorCode::None);
    s.sent(3000, B, 5, 2);
    s.taken(3001, B, 5);
    s.answered(3002, B, 5, ErrorCode::None);
    s.done(3003, 2, 2, 2110, ErrorCode::None);
    for batch in [0, 1, 1, 2] {
        s.observers.audit(batch);
    }
    let found = s.observers.finish(&spec(), ms(5000));

    let total = &found.total;
    assert_eq!((total.requests.total, total.requests.stale, total.requests.overtaken, total.requests.leaderless), (4, 2, 0, 0));
    assert_eq!((total.requests.to_moved_partitions, total.requests.in_windows), (4, 2), "entries 3 and 4 were sent in the open window");
    assert_eq!(total.requests.stale_by_outcome, BTreeMap::from([("rejected: NOT_LEADER_OR_FOLLOWER".to_owned(), 2)]));
    let causes = BTreeMap::from([("in flight at the move".to_owned(), 1), ("refresh pending".to_owned(), 1)]);
    assert_eq!(total.requests.stale_by_cause, causes);
    assert_eq!((total.records.sent, total.records.acknowledged, total.records.duplicated, total.records.lost), (2, 2, 1, 0));
    assert_eq!((total.latency_ms.count, total.latency_ms.max), (2, 1010.0));
    assert_eq!((total.metadata_requests, total.metadata_bytes, total.metadata_broker_ms, total.connections_opened), (1, 300, 2.0, 1));
    assert_eq!((total.stale_window_ms.count, total.stale_window_ms.max), (1, 150.0));
    assert_eq!((total.recovery_ms.count, total.recovery_ms.max), (1, 1000.0));

    let client = &found.clients["p1"];
    assert_eq!(client.errors, BTreeMap::from([("produce:NOT_LEADER_OR_FOLLOWER".to_owned(), 2)]));
    assert_eq!((client.partitions[0].longest_silence_ms, client.partitions[0].silence_end_ms), (2494.0, 2000.0), "from 506 to 3000");

    let moved = &found.moves[0];
    assert_eq!((moved.from, moved.to, moved.epoch, moved.why.as_str()), (Some(101), Some(102), 6, "preferred election"));
    assert_eq!((moved.committed_ms, moved.role_taken_ms), (1000.0, Some(1080.0)));

    let window = &found.windows[0];
    assert_eq!((window.start_ms, window.committed_ms, window.told_ms, window.recovered_ms), (1000.0, Some(1000.0), Some(1150.0), Some(2000.0)));
    assert_eq!(phases(&window.window_phases), [("propagate", 30.0), ("discover", 120.0)], "101 knew at 2030");
    let expected = [
        ("propagate", 80.0),
        ("discover", 70.0),
        ("back off", 35.0),
        ("connect", 15.0),
        ("queued on the connection", 30.0),
        ("await replication", 770.0),
    ];
    assert_eq!(phases(&window.recovery_phases), expected);
    assert_eq!(found.checks.violated, []);
}

/// 101 is killed; its session runs out; 102 leads. Recovery counts from the kill, the stale window from the commit.
#[test]
fn a_killed_leader_is_counted_from_its_loss_and_nothing_is_stale_before_the_commit() {
    let mut s = Story::new();
    s.believes(0, A, 5, Told::Metadata(A, MetadataOffset(1)));
    s.created(1500, 0);
    s.sent(1500, A, 1, 0);
    s.taken(1501, A, 1);
    s.tell(2000, Fact::ProcessEnded { node: NodeIx(0), how: fact::Ending::Killed });
    s.tell(2001, Fact::EntryUnreachable { client: CLIENT, broker: A, partition: P, entry: 1, how: Unreachable::Reset });
    s.sent(2100, A, 2, 0);
    s.tell(2101, Fact::EntryUnreachable { client: CLIENT, broker: A, partition: P, entry: 2, how: Unreachable::Refused });
    s.tell(9100, commit(Some(B), 6, 40, Why::Fenced, 9000, 9050));
    s.leads(9160, B, 6);
    s.sent(9200, A, 3, 0);
    s.tell(9201, Fact::EntryUnreachable { client: CLIENT, broker: A, partition: P, entry: 3, how: Unreachable::Refused });
    s.believes(9300, B, 6, Told::Hint(B));
    s.sent(9400, B, 4, 0);
    s.taken(9410, B, 4);
    s.answered(9419, B, 4, ErrorCode::None);
    s.done(9420, 0, 0, 1500, ErrorCode::None);
    // Then 102 pauses for 500 ms: a loss without a move.
    s.created(9500, 1);
    s.sent(9500, B, 5, 1);
    s.tell(9501, Fact::Paused { node: NodeIx(1) });
    s.tell(10_001, Fact::Resumed { node: NodeIx(1) });
    s.taken(10_002, B, 5);
    s.answered(10_003, B, 5, ErrorCode::None);
    s.done(10_004, 1, 1, 9500, ErrorCode::None);
    s.created(10_100, 2);
    s.observers.audit(1);
    let found = s.observers.finish(&spec(), ms(20_000));

    let total = &found.total;
    assert_eq!((total.requests.total, total.requests.stale), (5, 1), "a dead leader is not a stale one until another is committed");
    assert_eq!(total.requests.stale_by_outcome, BTreeMap::from([("unreachable: refused".to_owned(), 1)]));
    assert_eq!(total.requests.stale_by_cause, BTreeMap::from([("never told".to_owned(), 1)]));
    let expected = [
        ("detect", 7000.0),
        ("elect", 50.0),
        ("commit", 50.0),
        ("propagate", 60.0),
        ("discover", 140.0),
        ("back off", 100.0),
        ("queued on the connection", 10.0),
        ("await replication", 10.0),
    ];
    let window = &found.windows[0];
    assert_eq!(phases(&window.recovery_phases), expected);
    assert_eq!((window.start_ms, window.recovery_ms, window.stale_window_ms), (1000.0, Some(7420.0), Some(200.0)));
    let pause = &found.windows[1];
    assert_eq!((pause.committed_ms, pause.stale_window_ms, pause.recovery_ms), (None, None, Some(503.0)));
    assert_eq!(phases(&pause.recovery_phases), [("leader away", 500.0), ("queued on the connection", 1.0), ("await replication", 2.0)]);
    assert_eq!((total.records.sent, total.records.acknowledged, total.records.unfinished, total.records.lost), (3, 2, 1, 1));
    assert_eq!(total.latency_ms.open, 1);
    assert_eq!(found.clients["p1"].longest_wait_ms, 9900.0, "the record of 10,100 still waits at 20,000");
    assert_eq!(found.clients["p1"].partitions[0].longest_silence_ms, 9996.0, "from 10,004 to the end of the run");
    assert_eq!(found.checks.violated.len(), 1, "batch 0 was acknowledged with acks=all and is gone");
    assert_eq!(found.checks.violated[0].check, "acks=all durability");
}

/// Zombies and races: a deposed leader accepts and truncates, a leader is met too early, a request is overtaken, nobody leads.
#[test]
fn a_deposed_leader_a_leader_not_ready_an_overtaken_request_and_nobody() {
    let mut s = Story::new();
    s.believes(0, A, 5, Told::Metadata(A, MetadataOffset(1)));
    s.sent(1999, A, 1, 0);
    s.taken(1999, A, 1);
    s.tell(2000, commit(Some(B), 6, 40, Why::PreferredElection, 2000, 2000));
    s.answered(2001, A, 1, ErrorCode::NotLeaderOrFollower);
    // The zombie 101 appends what it is sent, and answers.
    s.sent(2010, A, 2, 1);
    s.taken(2011, A, 2);
    let append = |broker, epoch, base, batch| Fact::Appended {
        broker,
        partition: P,
        leader_epoch: LeaderEpoch(epoch),
        base: Offset(base),
        end: Offset(base + 1),
        batch,
        client: CLIENT,
        sequence: None,
    };
    s.tell(2012, append(A, 5, 0, 1));
    s.answered(2013, A, 2, ErrorCode::None);
    // The producer hears of 102 from the cache of 103 before 102 has taken the role.
    s.believes(2020, B, 6, Told::Metadata(C, MetadataOffset(40)));
    s.sent(2021, B, 3, 2);
    s.taken(2022, B, 3);
    s.answered(2023, B, 3, ErrorCode::NotLeaderOrFollower);
    // Led astray by a hint of 102, which still thinks that 101 leads.
    s.believes(2030, A, 5, Told::Hint(B));
    s.sent(2031, A, 4, 3);
    s.taken(2032, A, 4);
    s.answered(2033, A, 4, ErrorCode::NotLeaderOrFollower);
    s.leads(2040, B, 6);
    s.tell(2050, Fact::Truncated { broker: A, partition: P, from: Offset(1), to: Offset(0) });
    s.tell(2100, commit(None, 7, 50, Why::Fenced, 2099, 2099));
    s.sent(2101, B, 5, 4);
    s.taken(2102, B, 5);
    let found = s.observers.finish(&spec(), ms(3000));

    let requests = &found.total.requests;
    assert_eq!((requests.total, requests.stale, requests.overtaken, requests.leaderless), (5, 3, 1, 1));
    let outcomes = BTreeMap::from([
        ("accepted by a deposed leader, later truncated".to_owned(), 1),
        ("bounced off a leader not yet ready".to_owned(), 1),
        ("rejected: NOT_LEADER_OR_FOLLOWER".to_owned(), 1),
    ]);
    assert_eq!(requests.stale_by_outcome, outcomes);
    let causes = BTreeMap::from([
        ("ahead of the leader".to_owned(), 1),
        ("hint older than truth".to_owned(), 1),
        ("never told".to_owned(), 1),
    ]);
    assert_eq!(requests.stale_by_cause, causes);
    assert_eq!(found.total.recovery_ms.count, 0);
    assert_eq!(found.total.recovery_ms.open, 2, "neither the move nor the loss of all leaders was ever recovered from");
    assert_eq!((found.total.stale_window_ms.count, found.total.stale_window_ms.max), (1, 20.0));
    assert_eq!(found.cluster.leaderless_at_end, 1);
}

/// Whatever happens in the warm-up is believed and remembered, but not counted.
#[test]
fn the_warm_up_is_tracked_and_not_counted() {
    let mut s = Story::new();
    s.believes(0, A, 5, Told::Metadata(A, MetadataOffset(1)));
    s.sent(100, A, 1, 0);
    s.tell(200, commit(Some(B), 6, 40, Why::PreferredElection, 200, 200));
    s.taken(201, A, 1);
    s.answered(202, A, 1, ErrorCode::NotLeaderOrFollower);
    s.sent(999, A, 2, 0);
    s.taken(1001, A, 2);
    s.answered(1002, A, 2, ErrorCode::NotLeaderOrFollower);
    let found = s.observers.finish(&spec(), ms(2000));
    assert_eq!((found.total.requests.total, found.total.requests.stale), (1, 1), "judged at 1001, though sent before");
    assert_eq!(found.total.requests.to_moved_partitions, 0, "the move was before");
    assert_eq!((found.moves.len(), found.windows.len()), (0, 0));
}
