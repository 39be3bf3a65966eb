//! The promises about processes, requests and clients, kept and broken in a few hand-made facts at their moments.

use crate::kafka::config::ClientConfig;
use crate::kafka::{BrokerEpoch, BrokerIx, ClientIx, ErrorCode, GroupIx, LeaderEpoch, MetadataOffset, NodeIx, Offset, RaftEpoch, VoterIx};
use crate::model::Spec;
use crate::model::spec::{ClientSpec, Commits, Consumption, GroupSpec, NodeSpec, Role};
use crate::observe::Observers;
use crate::observe::fact::{BrokerState, Ending, Fact, GroupFact, Position, Refresh, Told, Why};
use crate::observe::story::{A, B, C, CLIENT, P, commit, ms, spec};
use std::sync::Arc;

const READER: ClientIx = ClientIx(1);
const A_NODE: NodeIx = NodeIx(0);

/// The usual cluster with a consumer.
fn with_reader() -> Spec {
    let mut spec = spec();
    let node = NodeIx(spec.nodes.len() as u32);
    spec.nodes.push(NodeSpec { name: "c1".to_owned(), broker: None, voter: None, client: Some(READER) });
    let consumption = Consumption {
        topics: vec![crate::kafka::TopicIx(0)],
        group: Some(GroupIx(0)),
        from_beginning: false,
        processing: crate::engine::Distribution::ZERO,
        commits: Commits::Library,
        start: crate::engine::Duration::ZERO,
        stop: None,
    };
    let config = Arc::new(ClientConfig::JavaConsumer(Box::default()));
    let role = Role::Consumer(consumption);
    spec.groups.push(GroupSpec { name: "g".to_owned(), partition: P });
    spec.clients.push(ClientSpec { node, name: "c1".to_owned(), config, role, ..spec.clients[0].clone() });
    spec
}

/// The checks that these facts violate, up to `end`; the audit finds batch 7 so many times.
fn violated(facts: &[(u64, Fact)], end: u64, copies: u32) -> Vec<String> {
    let spec = with_reader();
    let mut observers = Observers::new(&spec, ms(0));
    facts.iter().for_each(|(at, fact)| observers.on_fact(ms(*at), fact));
    (0..copies).for_each(|_| observers.audit(7));
    observers.finish(&spec, ms(end)).checks.violated.into_iter().map(|v| v.check).collect()
}

fn broker(broker: BrokerIx, fenced: bool) -> Fact {
    Fact::BrokerCommitted { broker, epoch: BrokerEpoch(1), fenced, in_controlled_shutdown: false, offset: MetadataOffset(1) }
}

fn moved(leader: BrokerIx, epoch: u32, why: Why) -> Fact {
    let mut fact = commit(Some(leader), epoch, u64::from(epoch), why, 0, 0);
    if let Fact::PartitionCommitted { old_leader, .. } = &mut fact {
        *old_leader = Some(A);
    }
    fact
}

fn sent(entry: u64) -> Fact {
    Fact::EntrySent { client: CLIENT, broker: A, partition: P, entry, batch: Some(7), attempt: 0 }
}

fn taken(client: ClientIx, entry: u64) -> Fact {
    Fact::EntryTaken { client, broker: A, partition: P, entry }
}

fn answered(client: ClientIx, entry: u64) -> Fact {
    Fact::EntryAnswered { client, broker: A, partition: P, entry, error: ErrorCode::None }
}

fn appended(base: u64, sequence: u32) -> Fact {
    Fact::Appended {
        broker: A,
        partition: P,
        leader_epoch: LeaderEpoch(5),
        base: Offset(base),
        end: Offset(base + 10),
        batch: 7,
        client: CLIENT,
        sequence: Some(sequence),
    }
}

fn high_watermark(offset: u64) -> Fact {
    Fact::HighWatermarkMoved { broker: A, partition: P, leader_epoch: LeaderEpoch(5), high_watermark: Offset(offset) }
}

fn position(to: u64, why: Position) -> Fact {
    Fact::PositionSet { client: READER, partition: P, from: None, to: Offset(to), why }
}

const NOTHING: [&str; 0] = [];

#[test]
fn who_is_fenced_leads_nothing_and_joins_nothing() {
    assert_eq!(violated(&[(1, moved(B, 6, Why::Fenced)), (2, broker(A, true))], 10, 0), NOTHING);
    assert_eq!(violated(&[(1, broker(A, true))], 10, 0), ["active brokers lead"]);
    assert_eq!(violated(&[(1, broker(B, true)), (2, moved(B, 6, Why::AutoRebalance))], 10, 0), ["active brokers lead"]);
}

/// Kafka has no order of heartbeats: what comes late counts.
#[test]
fn a_broker_that_was_let_go_may_lead_again_after_a_late_heartbeat_and_that_is_told_by_name() {
    let state = |fenced, in_controlled_shutdown| Fact::BrokerCommitted {
        broker: B,
        epoch: BrokerEpoch(1),
        fenced,
        in_controlled_shutdown,
        offset: MetadataOffset(1),
    };
    let elected = (5, moved(B, 6, Why::Unfenced));
    assert_eq!(violated(&[(1, state(false, true)), (2, state(true, true)), (3, state(false, true)), elected.clone()], 10, 0), NOTHING);
    assert_eq!(violated(&[(1, state(false, true)), elected], 10, 0), ["active brokers lead"], "it was never fenced");
}

/// The replicas of a deleted topic go one by one, and its leader answers meanwhile.
#[test]
fn what_waited_at_the_leader_of_a_deleted_topic_need_not_be_on_all_replicas_any_more() {
    let gone = (3, Fact::TopicRemoved { topic: crate::kafka::TopicIx(0), partitions: vec![P] });
    let written = [(0, sent(1)), (1, appended(0, 0)), (2, high_watermark(10))];
    let answered = [(3, Fact::ReplicaDeleted { broker: A, partition: P }), (4, answered(CLIENT, 1))];
    assert_eq!(violated(&[&written[..], &answered].concat(), 10, 1), ["acks=all waits"], "nobody has it");
    assert_eq!(violated(&[&written[..], &[gone], &answered].concat(), 10, 1), NOTHING);
}

/// A leader that is cut off from the controller goes on counting a follower that lost its tail with the power, and has left the ISR since.
#[test]
fn a_follower_had_what_a_power_off_took_from_it() {
    let copied = (2, Fact::Replicated { broker: B, partition: P, end: Offset(10) });
    let lost = (3, Fact::UnflushedLost { broker: B, partition: P, from: Offset(10), to: Offset(0) });
    let written = [(0, sent(1)), (1, appended(0, 0)), (2, high_watermark(10))];
    let out = (4, moved(A, 6, Why::Fenced));
    let answered = [(5, Fact::ReplicaDeleted { broker: A, partition: P }), (6, answered(CLIENT, 1))];
    assert_eq!(violated(&[&written[..], &[copied, lost, out.clone()], &answered].concat(), 10, 1), NOTHING);
    assert_eq!(violated(&[&written[..], &[out], &answered].concat(), 10, 1), ["acks=all waits"]);
}

/// Kafka does so, and calls it unclean (`PartitionReassignmentRevert`).
#[test]
fn a_cancelled_reassignment_may_put_a_dead_replica_into_the_isr() {
    let isr_of = |epoch, members: &[BrokerIx], is_unclean| {
        let mut fact = moved(A, epoch, Why::Reassignment);
        if let Fact::PartitionCommitted { leader, isr, unclean, .. } = &mut fact {
            (*leader, *isr, *unclean) = (None, members.iter().copied().collect(), is_unclean);
        }
        fact
    };
    let put_there = |unclean| [(1, isr_of(6, &[A], false)), (2, broker(B, true)), (3, isr_of(7, &[B], unclean))];
    assert_eq!(violated(&put_there(true), 10, 0), NOTHING);
    assert_eq!(violated(&put_there(false), 10, 0), ["active brokers lead"]);
}

#[test]
fn an_isr_is_committed_only_as_it_was_proposed_since_the_last_change() {
    let proposed = Fact::IsrProposed { broker: A, partition: P, isr: smallvec::smallvec![A, B] };
    let reassigned = (3, moved(A, 6, Why::Reassignment));
    let (before, since, done) = ((2, proposed.clone()), (4, proposed), (5, moved(A, 7, Why::AlterPartition)));
    assert_eq!(violated(&[reassigned.clone(), since, done.clone()], 10, 0), NOTHING);
    assert_eq!(violated(&[before, reassigned, done], 10, 0), ["ISR proposals are not stale"]);
}

#[test]
fn a_dead_broker_is_fenced_when_its_session_is_over() {
    let dies = (1000, Fact::ProcessEnded { node: A_NODE, how: Ending::Killed });
    let late = "dead brokers are fenced";
    assert_eq!(violated(std::slice::from_ref(&dies), 10_000, 0), NOTHING, "the session is 9 s");
    assert_eq!(violated(std::slice::from_ref(&dies), 60_000, 0), [late]);
    assert_eq!(violated(&[dies.clone(), (10_500, moved(B, 6, Why::Fenced)), (10_500, broker(A, true))], 60_000, 0), NOTHING);
    let quorum_lost = [NodeIx(3), NodeIx(5)].map(|node| (2000, Fact::Paused { node }));
    assert_eq!(violated(&[&[dies][..], &quorum_lost].concat(), 60_000, 0), NOTHING, "nobody could");
}

#[test]
fn a_broker_stops_when_the_next_leader_knows() {
    let state = |state| Fact::BrokerStateChanged { broker: A, state };
    let asks = [(1, state(BrokerState::PendingControlledShutdown)), (2, moved(B, 6, Why::ControlledShutdown))];
    let knows = (3, Fact::ImageApplied { broker: B, offset: MetadataOffset(6) });
    let stops = (4, state(BrokerState::ShuttingDown));
    assert_eq!(violated(&[&asks[..], &[knows, stops.clone()]].concat(), 10, 0), NOTHING);
    assert_eq!(violated(&[&asks[..], &[stops]].concat(), 10, 0), ["controlled shutdown waits"]);
}

#[test]
fn a_controller_that_was_replaced_gives_up() {
    let active = |voter, epoch| Fact::ControllerActive { voter: VoterIx(voter), epoch: RaftEpoch(epoch) };
    let both = [(0, active(0, 3)), (5000, active(1, 4))];
    let resigns = (8000, Fact::ControllerResigned { voter: VoterIx(0), epoch: RaftEpoch(3) });
    assert_eq!(violated(&[&both[..], &[resigns]].concat(), 60_000, 0), NOTHING);
    assert_eq!(violated(&both, 60_000, 0), ["deposed controllers give up"]);
}

#[test]
fn a_deposed_leader_answers_what_waits() {
    let follows = Fact::FollowerRoleTaken { broker: A, partition: P, leader_epoch: LeaderEpoch(6), leader: Some(B), log_end: Offset(0) };
    let waits = [(0, sent(1)), (1, taken(CLIENT, 1)), (2, follows)];
    assert_eq!(violated(&[&waits[..], &[(9, answered(CLIENT, 1))]].concat(), 60_000, 0), NOTHING);
    assert_eq!(violated(&[&waits[..], &[(30_001, answered(CLIENT, 1))]].concat(), 60_000, 0), ["deposed leaders answer"]);
}

#[test]
fn acks_all_is_answered_below_the_high_watermark() {
    let starts =
        Fact::LeaderRoleTaken { broker: A, partition: P, leader_epoch: LeaderEpoch(5), log_end: Offset(0), high_watermark: Offset(0) };
    let waits = [(0, starts), (0, sent(1)), (1, taken(CLIENT, 1)), (2, appended(0, 0))];
    assert_eq!(violated(&[&waits[..], &[(2, answered(CLIENT, 1))]].concat(), 10, 1), ["acks=all waits"]);
    let copied = [B, C].map(|broker| (3, Fact::Replicated { broker, partition: P, end: Offset(10) }));
    assert_eq!(violated(&[&waits[..], &copied, &[(4, high_watermark(10)), (4, answered(CLIENT, 1))]].concat(), 10, 1), NOTHING);
}

#[test]
fn a_batch_that_is_sent_again_stands_once() {
    let created = (0, Fact::RecordCreated { client: CLIENT, record: 0, partition: P });
    let done = |error| (3, Fact::RecordDone { client: CLIENT, record: 0, partition: P, batch: Some(7), created_at: ms(0), error });
    let (first, again) = ((1, appended(0, 0)), (2, appended(10, 10)));
    let once = [created.clone(), again.clone(), done(ErrorCode::None)];
    assert_eq!(violated(&once, 10, 1), NOTHING);
    assert_eq!(violated(&once, 10, 2), ["idempotent batches stand once"]);
    let numbered_anew = [created.clone(), first, again.clone(), done(ErrorCode::None)];
    assert_eq!(violated(&numbered_anew, 10, 2), NOTHING);
    let failed = [created, again, done(ErrorCode::RequestTimedOut)];
    assert_eq!(violated(&failed, 10, 2), NOTHING, "the producer may have raised its epoch");
}

#[test]
fn a_connection_has_one_request_at_the_broker() {
    let first = [(0, sent(1)), (0, sent(2)), (0, sent(3)), (1, taken(CLIENT, 1)), (1, taken(CLIENT, 2))];
    let next = (5, taken(CLIENT, 3));
    let answers = [(4, answered(CLIENT, 1)), (4, answered(CLIENT, 2))];
    assert_eq!(violated(&[&first[..], &answers, std::slice::from_ref(&next)].concat(), 10, 0), NOTHING);
    assert_eq!(violated(&[&first[..], &answers[..1], &[next]].concat(), 10, 0), ["one request of a connection at a time"]);
}

#[test]
fn what_a_client_believes_does_not_go_back() {
    let told = |epoch, told| Fact::BeliefChanged { client: CLIENT, partition: P, leader: Some(A), leader_epoch: LeaderEpoch(epoch), told };
    let answer = Told::Metadata(A, MetadataOffset(1));
    assert_eq!(violated(&[(1, told(5, answer)), (2, told(6, answer))], 10, 0), NOTHING);
    assert_eq!(violated(&[(1, told(6, answer)), (2, told(5, answer))], 10, 0), ["clients' metadata does not go back"]);
    assert_eq!(violated(&[(1, told(6, answer)), (2, told(6, Told::Forgot)), (3, told(5, Told::Forgot))], 10, 0), NOTHING);
}

#[test]
fn a_client_pauses_between_refreshes() {
    let refreshes = |every: u64| -> Vec<(u64, Fact)> {
        (0..30).map(|i| (i * every, Fact::Refreshed { client: CLIENT, what: Refresh::Sent(A) })).collect()
    };
    assert_eq!(violated(&refreshes(100), 5000, 0), NOTHING);
    assert!(violated(&refreshes(5), 5000, 0).iter().all(|check| check == "clients pause between refreshes"));
    assert!(!violated(&refreshes(5), 5000, 0).is_empty());
}

#[test]
fn a_fetch_that_waits_is_woken() {
    let first = [(0, position(0, Position::Begun)), (0, taken(READER, 0)), (0, answered(READER, 0))];
    let waits = [&first[..], &[(1, taken(READER, 1)), (100, high_watermark(10))]].concat();
    assert_eq!(violated(&[&waits[..], &[(101, answered(READER, 1))]].concat(), 1000, 0), NOTHING);
    assert_eq!(violated(&[&waits[..], &[(501, answered(READER, 1))]].concat(), 1000, 0), ["parked fetches are woken"]);
    let ahead = [(0, position(10, Position::Begun)), (1, taken(READER, 1)), (100, high_watermark(10)), (501, answered(READER, 1))];
    assert_eq!(violated(&[&first[1..], &ahead[..]].concat(), 1000, 0), NOTHING, "there was nothing for it");
    let cold = [(0, position(0, Position::Begun)), (1, taken(READER, 1)), (100, high_watermark(10)), (1001, answered(READER, 1))];
    assert_eq!(violated(&cold, 2000, 0), NOTHING, "the first fetch of a process is worked on while its classes load");
}

#[test]
fn a_group_finds_what_it_was_told_is_committed() {
    let accepted = GroupFact::Committed { client: READER, partition: P, offset: Offset(20) };
    let told = (1, Fact::Group { group: GroupIx(0), what: accepted });
    assert_eq!(violated(&[told.clone(), (2, position(20, Position::Committed))], 10, 0), NOTHING);
    assert_eq!(violated(&[told, (2, position(10, Position::Committed))], 10, 0), ["group commits are found again"]);
}

#[test]
fn a_consumer_is_sent_back_to_where_the_log_was_cut_off() {
    let written = |epoch: u32, batch: u32, base: u64, end: u64| Fact::Appended {
        broker: A,
        partition: P,
        leader_epoch: LeaderEpoch(epoch),
        base: Offset(base),
        end: Offset(end),
        batch,
        client: CLIENT,
        sequence: None,
    };
    let given =
        |batch, base, end| Fact::Delivered { client: READER, partition: P, batch: Some(batch), base: Offset(base), end: Offset(end) };
    let mut uncleanly = moved(A, 6, Why::UncleanElection);
    if let Fact::PartitionCommitted { unclean, .. } = &mut uncleanly {
        *unclean = true;
    }
    let lost = [
        (0, position(0, Position::Begun)),
        (1, written(5, 1, 0, 10)),
        (2, high_watermark(10)),
        (3, given(1, 0, 10)),
        (4, uncleanly),
        (5, written(6, 2, 0, 10)),
        (6, written(6, 3, 10, 20)),
    ];
    let noticed = [(7, position(0, Position::Truncated)), (8, given(2, 0, 10)), (9, given(3, 10, 20))];
    assert_eq!(violated(&[&lost[..], &noticed].concat(), 10, 0), NOTHING);
    assert_eq!(violated(&[&lost[..], &[(8, given(3, 10, 20))]].concat(), 10, 0), ["consumers notice truncations"]);
    // Its leader comes back in the same epoch without what it had not flushed: nothing tells the consumer.
    let took =
        Fact::LeaderRoleTaken { broker: A, partition: P, leader_epoch: LeaderEpoch(5), log_end: Offset(0), high_watermark: Offset(0) };
    let cut_off = [&lost[..4], &[(4, took), (5, written(5, 2, 0, 10)), (6, written(5, 3, 10, 20)), (8, given(3, 10, 20))]].concat();
    assert!(!violated(&cut_off, 10, 0).contains(&"consumers notice truncations".to_owned()));
}
