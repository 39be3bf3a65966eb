//! Stories told in facts: leader moves and losses as one producer sees them, with every figure known in advance.

use super::fact::{Api, Fact, Refresh, Told, Unreachable, Why};
use super::story::{A, B, C, CLIENT, P, Story, commit, ms, spec};
use super::*;
use crate::kafka::{BrokerEpoch, LeaderEpoch, MetadataOffset, Offset};
use std::sync::Arc;

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
    s.tell(
        2149,
        Fact::RequestServed { client: CLIENT, broker: A, api: Api::Metadata, busy: Duration::from_millis(2), response_bytes: 300 },
    );
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
    assert_eq!(
        (window.start_ms, window.committed_ms, window.told_ms, window.recovered_ms),
        (1000.0, Some(1000.0), Some(1150.0), Some(2000.0))
    );
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
    let (epoch, offset) = (BrokerEpoch(1), MetadataOffset(41));
    s.tell(9100, commit(Some(B), 6, 40, Why::Fenced, 9000, 9050));
    s.tell(9100, Fact::BrokerCommitted { broker: A, epoch, fenced: true, in_controlled_shutdown: false, offset });
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
    let broken: Vec<&str> = found.checks.violated.iter().map(|violation| violation.check.as_str()).collect();
    assert_eq!(broken, ["acks=all durability"], "batch 0 was acknowledged with acks=all and is gone");
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
    let causes =
        BTreeMap::from([("ahead of the leader".to_owned(), 1), ("hint older than truth".to_owned(), 1), ("never told".to_owned(), 1)]);
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

/// 101 is cut off from the controllers but not from the producer, which goes on being served: the loss is only suspected, and counts
/// for nothing until the move. A cut towards the producer is a loss from its first moment.
#[test]
fn a_cut_counts_for_those_whom_it_cuts_off() {
    let cut = |cut, from: &[u32], to: &[u32]| Fact::LinksCut {
        cut,
        from: from.iter().map(|n| NodeIx(*n)).collect(),
        to: to.iter().map(|n| NodeIx(*n)).collect(),
        both_ways: true,
    };
    let serve = |s: &mut Story, at: u64, broker: BrokerIx, entry: u64| {
        s.sent(at, broker, entry, entry as u32);
        s.taken(at + 1, broker, entry);
        s.answered(at + 2, broker, entry, ErrorCode::None);
    };
    let mut s = Story::new();
    s.believes(0, A, 5, Told::Metadata(A, MetadataOffset(1)));
    serve(&mut s, 1100, A, 1);
    s.tell(2000, cut(1, &[0], &[3, 5, 6]));
    serve(&mut s, 3000, A, 2);
    s.tell(9000, commit(Some(B), 6, 40, Why::Fenced, 8990, 8995));
    s.leads(9010, B, 6);
    s.believes(9050, B, 6, Told::Metadata(B, MetadataOffset(40)));
    serve(&mut s, 9060, B, 3);
    s.tell(12_000, cut(2, &[1], &[4]));
    s.sent(12_010, B, 4, 4);
    s.tell(13_000, Fact::LinksHealed { cut: 2 });
    s.taken(13_200, B, 4);
    s.answered(13_201, B, 4, ErrorCode::None);
    let found = s.observers.finish(&spec(), ms(20_000));
    let starts: Vec<_> = found.windows.iter().map(|w| (w.start_ms, w.committed_ms, w.recovery_ms)).collect();
    assert_eq!(starts, [(8000.0, Some(8000.0), Some(63.0)), (11_000.0, None, Some(1202.0))]);
    assert_eq!(found.total.requests.stale, 0);
}

/// A deposed leader that takes requests without answers (acks=0) is found out all the same, and service is back with the first that arrives.
#[test]
fn without_acknowledgements_arrival_is_success() {
    let mut spec = spec();
    let mut config = (*spec.clients[0].config).clone();
    config.set("acks", "0").unwrap();
    spec.clients[0].config = Arc::new(config);
    let mut s = Story { observers: Observers::new(&spec, ms(1000)) };
    s.believes(0, A, 5, Told::Metadata(A, MetadataOffset(1)));
    s.sent(1500, A, 1, 1);
    s.taken(1501, A, 1);
    s.tell(2000, commit(Some(B), 6, 40, Why::PreferredElection, 2000, 2000));
    s.leads(2010, B, 6);
    s.sent(2020, A, 2, 2);
    s.taken(2021, A, 2);
    s.tell(2022, Fact::EntryAnswered { client: CLIENT, broker: A, partition: P, entry: 2, error: ErrorCode::NotLeaderOrFollower });
    s.believes(2100, B, 6, Told::Metadata(B, MetadataOffset(40)));
    s.sent(2110, B, 3, 3);
    s.taken(2120, B, 3);
    let found = s.observers.finish(&spec, ms(3000));
    assert_eq!((found.total.requests.total, found.total.requests.stale), (3, 1));
    assert_eq!(found.total.requests.stale_by_outcome, BTreeMap::from([("rejected: NOT_LEADER_OR_FOLLOWER".to_owned(), 1)]));
    assert_eq!((found.total.recovery_ms.count, found.total.recovery_ms.max), (1, 120.0));
}

/// What keeps a client from the news: each refresh cause in turn, while 102 leads and the producer still asks 101.
#[test]
fn a_refresh_that_is_pending_blocked_swallowed_or_answered_from_an_old_view() {
    let mut s = Story::new();
    let stale = |s: &mut Story, at: u64, entry: u64| {
        s.sent(at, A, entry, 0);
        s.taken(at, A, entry);
        s.answered(at, A, entry, ErrorCode::NotLeaderOrFollower);
    };
    let refresh = |s: &mut Story, at: u64, what: Refresh| s.tell(at, Fact::Refreshed { client: CLIENT, what });
    s.believes(0, A, 5, Told::Metadata(A, MetadataOffset(1)));
    s.tell(2000, commit(Some(B), 6, 40, Why::PreferredElection, 2000, 2000));
    s.leads(2001, B, 6);
    stale(&mut s, 2010, 1);
    refresh(&mut s, 2020, Refresh::Wanted);
    stale(&mut s, 2030, 2);
    // The metadata request stands behind entry 3, which 101 has not answered.
    s.sent(2040, A, 3, 0);
    refresh(&mut s, 2041, Refresh::Sent(A));
    stale(&mut s, 2050, 4);
    refresh(&mut s, 2060, Refresh::Wanted);
    refresh(&mut s, 2070, Refresh::Answered(A, MetadataOffset(39)));
    refresh(&mut s, 2070, Refresh::Swallowed);
    stale(&mut s, 2080, 5);
    let mut other = Story::new();
    other.believes(0, A, 5, Told::Metadata(A, MetadataOffset(1)));
    other.tell(2000, commit(Some(B), 6, 40, Why::PreferredElection, 2000, 2000));
    refresh(&mut other, 2010, Refresh::Wanted);
    refresh(&mut other, 2020, Refresh::Sent(C));
    refresh(&mut other, 2030, Refresh::Answered(C, MetadataOffset(39)));
    stale(&mut other, 2040, 1);

    let causes = |s: Story| s.observers.finish(&spec(), ms(3000)).total.requests.stale_by_cause;
    let expected = [("never told", 1), ("refresh blocked", 1), ("refresh pending", 1), ("refresh swallowed", 1)];
    assert_eq!(causes(s), expected.map(|(name, n)| (name.to_owned(), n)).into());
    assert_eq!(causes(other), BTreeMap::from([("told by a broker whose own view was old".to_owned(), 1)]));
}

#[test]
fn a_fact_is_traced_as_one_line_with_names() {
    let line = trace::line(&spec(), ms(1000), ms(3000), &commit(Some(B), 6, 40, Why::Fenced, 2990, 2995));
    let expected = serde_json::json!({
        "at_ms": 2000.0, "fact": "PartitionCommitted", "partition": "t-0", "old_leader": null, "leader": 102, "leader_epoch": 6,
        "partition_epoch": 6, "replicas": [101, 102, 103], "isr": [101, 102, 103], "unclean": false, "why": "fenced",
        "asked_ms": 1990.0, "decided_ms": 1995.0, "offset": 40,
    });
    assert_eq!(serde_json::from_str::<serde_json::Value>(&line).unwrap(), expected);
    let told = Fact::BeliefChanged { client: CLIENT, partition: P, leader: None, leader_epoch: LeaderEpoch(6), told: Told::Hint(C) };
    assert!(trace::line(&spec(), ms(0), ms(0), &told).contains(r#""told":"hint","told_by":103"#));
}
