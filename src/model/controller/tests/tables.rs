//! The tables of the protocol, row by row.

use super::harness::{Cluster, partition};
use crate::kafka::{BrokerEpoch, BrokerIx, ErrorCode, LeaderEpoch, PartitionEpoch, PartitionIx, Release};
use crate::model::controller::brokers::{BrokerControlState as S, Heartbeat, next_state};
use crate::model::message::{AlterPartitionEntry, Request, Response};

fn entry(isr: &[u32]) -> AlterPartitionEntry {
    AlterPartitionEntry {
        partition: PartitionIx(0),
        leader_epoch: LeaderEpoch(5),
        partition_epoch: PartitionEpoch(9),
        isr: isr.iter().map(|b| (BrokerIx(*b), None)).collect(),
        recovering: false,
    }
}

fn alter(sender: u32, entry: AlterPartitionEntry) -> (ErrorCode, Option<ErrorCode>) {
    let mut cluster = Cluster::new(Release::V4_3, 1, 1, &[partition(&[0, 1, 2], &[0, 1], Some(0))]);
    // Broker 2 is unfenced, broker 1 asks to be fenced where a row needs it.
    cluster.run_until(10);
    let epoch = cluster.registration(sender).epoch;
    let token = cluster.ask(Request::AlterPartition { broker: BrokerIx(sender), epoch, entries: vec![entry] }).unwrap();
    cluster.run_until(100);
    let Response::AlterPartition { error, results } = &cluster.answers[&token].1 else { panic!() };
    (*error, results.first().map(|r| r.error))
}

#[test]
fn alter_partition_answers_with_the_first_rule_that_is_broken() {
    let none = ErrorCode::None;
    let base = || entry(&[0, 1, 2]);
    let rows = [
        ("unknown topic", 0, AlterPartitionEntry { partition: PartitionIx(7), ..base() }, ErrorCode::UnknownTopicId),
        ("newer leader epoch", 0, AlterPartitionEntry { leader_epoch: LeaderEpoch(6), ..base() }, ErrorCode::NotController),
        ("newer partition epoch", 0, AlterPartitionEntry { partition_epoch: PartitionEpoch(10), ..base() }, ErrorCode::NotController),
        ("older leader epoch", 0, AlterPartitionEntry { leader_epoch: LeaderEpoch(4), ..base() }, ErrorCode::FencedLeaderEpoch),
        ("not the leader", 1, base(), ErrorCode::InvalidRequest),
        ("older partition epoch", 0, AlterPartitionEntry { partition_epoch: PartitionEpoch(8), ..base() }, ErrorCode::InvalidUpdateVersion),
        ("no replica", 0, entry(&[0, 5]), ErrorCode::InvalidRequest),
        ("twice the same", 0, entry(&[0, 0]), ErrorCode::InvalidRequest),
        ("empty", 0, entry(&[]), ErrorCode::InvalidRequest),
        ("without the leader", 0, entry(&[1, 2]), ErrorCode::InvalidRequest),
        ("recovering again", 0, AlterPartitionEntry { recovering: true, ..entry(&[0]) }, ErrorCode::InvalidRequest),
        ("success", 0, base(), none),
        ("the same ISR again", 0, entry(&[0, 1]), none),
    ];
    for (row, sender, entry, expected) in rows {
        assert_eq!(alter(sender, entry), (none, Some(expected)), "{row}");
    }
    let mut stale = entry(&[0, 1, 2]);
    stale.isr[2].1 = Some(BrokerEpoch(77));
    assert_eq!(alter(0, stale), (none, Some(ErrorCode::IneligibleReplica)), "another incarnation fetched");
}

#[test]
fn alter_partition_of_another_incarnation_is_refused_as_a_whole() {
    let mut cluster = Cluster::new(Release::V4_3, 1, 1, &[partition(&[0, 1, 2], &[0, 1], Some(0))]);
    cluster.run_until(10);
    let request = Request::AlterPartition { broker: BrokerIx(0), epoch: BrokerEpoch(77), entries: vec![entry(&[0, 1, 2])] };
    let token = cluster.ask(request).unwrap();
    cluster.run_until(100);
    assert!(matches!(cluster.answers[&token].1, Response::AlterPartition { error: ErrorCode::StaleBrokerEpoch, .. }));
}

#[test]
fn a_fenced_broker_may_not_join_an_isr() {
    let mut cluster = Cluster::new(Release::V4_3, 1, 1, &[partition(&[0, 1, 2], &[0, 1], Some(0))]);
    cluster.beating.insert(BrokerIx(2), (true, false));
    cluster.run_until(300);
    assert!(cluster.registration(2).fenced);
    let epoch = cluster.registration(0).epoch;
    let token = cluster.ask(Request::AlterPartition { broker: BrokerIx(0), epoch, entries: vec![entry(&[0, 1, 2])] }).unwrap();
    cluster.run_until(400);
    let Response::AlterPartition { results, .. } = &cluster.answers[&token].1 else { panic!() };
    assert_eq!(results[0].error, ErrorCode::IneligibleReplica);
}

#[test]
fn a_heartbeat_moves_a_broker_through_its_states() {
    let idle =
        Heartbeat { current: S::Fenced, want_fence: false, want_shutdown: false, caught_up: false, leads: false, others_know: false };
    let unfenced = Heartbeat { current: S::Unfenced, ..idle };
    let leaving = Heartbeat { current: S::ControlledShutdown, want_shutdown: true, ..idle };
    let rows = [
        (Heartbeat { want_shutdown: true, ..idle }, S::ShutdownNow),
        (Heartbeat { caught_up: true, ..idle }, S::Unfenced),
        (Heartbeat { caught_up: true, want_fence: true, ..idle }, S::Fenced),
        (idle, S::Fenced),
        (Heartbeat { want_fence: true, ..unfenced }, S::Fenced),
        (Heartbeat { want_shutdown: true, leads: true, ..unfenced }, S::ControlledShutdown),
        (Heartbeat { want_shutdown: true, ..unfenced }, S::ShutdownNow),
        (unfenced, S::Unfenced),
        (Heartbeat { leads: true, others_know: true, ..leaving }, S::ControlledShutdown),
        (leaving, S::ControlledShutdown),
        (Heartbeat { others_know: true, ..leaving }, S::ShutdownNow),
    ];
    for (heartbeat, expected) in rows {
        assert_eq!(next_state(heartbeat), expected, "{heartbeat:?}");
    }
}
