//! The pure part: one registration in, the next one out.

use super::harness::{brokers, partition};
use crate::kafka::BrokerIx;
use crate::model::controller::{Election, PartitionAsk, partition_change};
use crate::model::metadata::PartitionRegistration;

struct Case {
    live: &'static [u32],
    election: Election,
    isr: Option<&'static [u32]>,
    elr: bool,
}

const CASE: Case = Case { live: &[0, 1, 2], election: Election::Online, isr: None, elr: false };

fn change(now: &PartitionRegistration, case: Case) -> Option<(PartitionRegistration, bool)> {
    let mut ask = PartitionAsk::of(now);
    ask.election = case.election;
    if let Some(isr) = case.isr {
        ask.isr = brokers(isr);
    }
    let live = |b: BrokerIx| case.live.contains(&b.0);
    partition_change(now, ask, 2, case.elr, &live, None).map(|c| (c.registration, c.unclean))
}

#[test]
fn elections_follow_the_order_of_the_assignment() {
    let led_by_0 = partition(&[1, 0, 2], &[0, 1, 2], Some(0));
    let rows: [(&str, PartitionRegistration, Case, Option<u32>, bool); 6] = [
        ("the preferred replica, when asked for", led_by_0.clone(), Case { election: Election::Preferred, ..CASE }, Some(1), false),
        (
            "the first live one of the assignment, not of the ISR",
            partition(&[2, 1, 0], &[0, 1, 2], Some(2)),
            Case { live: &[0, 1], isr: Some(&[0, 1]), ..CASE },
            Some(1),
            false,
        ),
        (
            "nobody, when the last one in sync is gone",
            partition(&[0, 1], &[0], Some(0)),
            Case { live: &[1], isr: Some(&[]), ..CASE },
            None,
            false,
        ),
        (
            "any live one, when that is allowed",
            partition(&[0, 1], &[0], Some(0)),
            Case { live: &[1], isr: Some(&[]), election: Election::Unclean, ..CASE },
            Some(1),
            true,
        ),
        ("the last one in sync, when it is back", partition(&[0, 1], &[0], None), CASE, Some(0), false),
        (
            "an in-sync one also where unclean is allowed",
            partition(&[0, 1, 2], &[0, 2], Some(0)),
            Case { live: &[1, 2], isr: Some(&[2]), election: Election::Unclean, ..CASE },
            Some(2),
            false,
        ),
    ];
    for (row, now, case, leader, unclean) in rows {
        let (next, was_unclean) = change(&now, case).unwrap_or_else(|| panic!("{row}: no change"));
        assert_eq!((next.leader, was_unclean), (leader.map(BrokerIx), unclean), "{row}");
        assert_eq!((next.leader_epoch.0, next.partition_epoch.0), (6, 10), "{row}: a record with a leader raises both epochs");
    }
}

#[test]
fn what_changes_nothing_makes_no_record() {
    assert_eq!(change(&partition(&[0, 1, 2], &[0, 1, 2], Some(0)), Case { election: Election::Preferred, ..CASE }), None);
    assert_eq!(change(&partition(&[1, 0, 2], &[0, 2], Some(0)), Case { election: Election::Preferred, ..CASE }), None);
    assert_eq!(change(&partition(&[0, 1], &[0], None), Case { live: &[1], ..CASE }), None);
}

#[test]
fn shrinks_and_expansions_raise_only_the_partition_epoch() {
    let now = partition(&[0, 1, 2], &[0, 1], Some(0));
    for isr in [&[0][..], &[0, 1, 2], &[1, 0]] {
        let mut ask = PartitionAsk::of(&now);
        ask.isr = brokers(isr);
        let next = partition_change(&now, ask, 2, false, &|_| true, None).unwrap().registration;
        assert_eq!((next.leader_epoch.0, next.partition_epoch.0, next.isr), (5, 10, brokers(isr)));
    }
}

#[test]
fn without_eligible_leader_replicas_the_last_member_stays_in_the_isr() {
    let (next, _) = change(&partition(&[0, 1], &[0], Some(0)), Case { live: &[1], isr: Some(&[]), ..CASE }).unwrap();
    assert_eq!((next.isr, next.leader), (brokers(&[0]), None));
}

#[test]
fn with_eligible_leader_replicas_who_was_in_sync_below_the_minimum_can_be_elected_cleanly() {
    let elr = |live, isr| Case { live, isr: Some(isr), elr: true, ..CASE };
    let (below, _) = change(&partition(&[0, 1, 2], &[0, 1], Some(0)), elr(&[1, 2], &[1])).unwrap();
    assert_eq!((&below.isr, &below.elr, below.leader), (&brokers(&[1]), &brokers(&[0]), Some(BrokerIx(1))));
    let (empty, _) = change(&below, elr(&[2], &[])).unwrap();
    assert_eq!((&empty.isr, &empty.elr, empty.leader), (&brokers(&[]), &brokers(&[0, 1]), None));
    assert_eq!(empty.last_known_leader, Some(BrokerIx(1)));
    let (back, unclean) = change(&empty, Case { live: &[0, 2], elr: true, ..CASE }).unwrap();
    assert_eq!((&back.isr, &back.elr, back.leader, unclean), (&brokers(&[0]), &brokers(&[1]), Some(BrokerIx(0)), false));
    assert_eq!(back.last_known_leader, None);
    let (full, _) = change(&back, elr(&[0, 1, 2], &[0, 2])).unwrap();
    assert_eq!((&full.isr, &full.elr), (&brokers(&[0, 2]), &brokers(&[])));
}

#[test]
fn an_unclean_shutdown_ends_eligibility_and_leaves_only_the_last_known_leader() {
    let mut now = partition(&[0, 1], &[0], Some(0));
    now.elr = brokers(&[1]);
    let mut ask = PartitionAsk::of(&now);
    ask.isr = brokers(&[]);
    ask.unclean_shutdown = Some(BrokerIx(0));
    let next = partition_change(&now, ask, 2, true, &|_| false, None).unwrap().registration;
    assert_eq!((&next.isr, &next.elr, next.leader, next.last_known_leader), (&brokers(&[]), &brokers(&[1]), None, Some(BrokerIx(0))));
    let mut without_elr = next.clone();
    without_elr.elr = brokers(&[]);
    let live = |b: BrokerIx| b == BrokerIx(0);
    let elected = partition_change(&without_elr, PartitionAsk::of(&without_elr), 2, true, &live, None).unwrap();
    assert_eq!((elected.registration.leader, elected.registration.isr, elected.unclean), (Some(BrokerIx(0)), brokers(&[0]), true));
}

#[test]
fn a_pure_removal_and_a_pure_reorder_are_done_in_one_record() {
    let now = partition(&[0, 1, 2], &[0, 1, 2], Some(0));
    let mut removal = PartitionAsk::of(&now);
    removal.replicas = brokers(&[1, 2, 0]);
    removal.removing = brokers(&[0]);
    let next = partition_change(&now, removal, 2, false, &|_| true, None).unwrap().registration;
    assert_eq!((&next.replicas, &next.isr, next.leader, next.leader_epoch.0), (&brokers(&[1, 2]), &brokers(&[1, 2]), Some(BrokerIx(1)), 6));
    assert!(next.removing.is_empty());
    let mut reorder = PartitionAsk::of(&now);
    reorder.replicas = brokers(&[2, 1, 0]);
    let next = partition_change(&now, reorder, 2, false, &|_| true, None).unwrap().registration;
    assert_eq!(
        (&next.replicas, next.leader, next.leader_epoch.0, next.partition_epoch.0),
        (&brokers(&[2, 1, 0]), Some(BrokerIx(0)), 5, 10)
    );
}

#[test]
fn removing_a_follower_raises_the_leader_epoch_though_the_leader_stays() {
    let now = partition(&[0, 1, 2], &[0, 1, 2], Some(0));
    let mut ask = PartitionAsk::of(&now);
    ask.removing = brokers(&[2]);
    let next = partition_change(&now, ask, 2, false, &|_| true, None).unwrap().registration;
    assert_eq!((&next.replicas, next.leader, next.leader_epoch.0), (&brokers(&[0, 1]), Some(BrokerIx(0)), 6));
}
