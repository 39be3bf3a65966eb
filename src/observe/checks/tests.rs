//! Each promise kept and broken, in a few hand-made facts. Brokers 101, 102 and 103 are A, B and C; A leads in epoch 5.

use crate::engine::Duration;
use crate::kafka::{
    BrokerEpoch, BrokerIx, ClientIx, ErrorCode, LeaderEpoch, MetadataOffset, NodeIx, Offset, PartitionEpoch, RaftEpoch, Release, Replicas,
    VoterIx,
};
use crate::model::Spec;
use crate::observe::Observers;
use crate::observe::fact::{BrokerState, Fact, Why};
use crate::observe::record::Checks;
use crate::observe::story::{A, B, C, CLIENT, P, ms, spec};
use std::sync::Arc;

fn verdict_of(spec: &Spec, facts: &[Fact], audited: &[u32]) -> Checks {
    let mut observers = Observers::new(spec, ms(0));
    observers.on_fact(ms(0), &Fact::RecordCreated { client: CLIENT, record: 0, partition: P });
    for (i, fact) in facts.iter().enumerate() {
        observers.on_fact(ms(i as u64), fact);
    }
    audited.iter().for_each(|batch| observers.audit(*batch));
    observers.finish(spec, ms(1000)).checks
}

fn verdict(facts: &[Fact]) -> Checks {
    verdict_of(&spec(), facts, &[])
}

#[track_caller]
fn assert_holds(check: &str, facts: &[Fact]) {
    let checks = verdict(facts);
    assert_eq!(checks.violated, []);
    assert!(checks.held.iter().any(|name| name == check), "`{check}` is none of {:?}", checks.held);
}

#[track_caller]
fn assert_broken(check: &str, facts: &[Fact]) {
    let checks = verdict(facts);
    let broken: Vec<&str> = checks.violated.iter().map(|v| v.check.as_str()).collect();
    assert_eq!(broken, [check]);
    assert!(!checks.held.iter().any(|name| name == check));
}

/// A commit of a registration; the partition epoch is the leader epoch.
fn commit(leader: BrokerIx, epoch: u32, isr: &[BrokerIx]) -> Fact {
    Fact::PartitionCommitted {
        partition: P,
        old_leader: None,
        leader: Some(leader),
        leader_epoch: LeaderEpoch(epoch),
        partition_epoch: PartitionEpoch(epoch),
        replicas: smallvec::smallvec![A, B, C],
        isr: Replicas::from_slice(isr),
        unclean: false,
        why: Why::Fenced,
        asked_at: ms(0),
        decided_at: ms(0),
        offset: MetadataOffset(u64::from(epoch)),
    }
}

fn unclean(mut fact: Fact) -> Fact {
    if let Fact::PartitionCommitted { unclean, why, .. } = &mut fact {
        (*unclean, *why) = (true, Why::UncleanElection);
    }
    fact
}

fn state(broker: BrokerIx, state: BrokerState) -> Fact {
    Fact::BrokerStateChanged { broker, state }
}

fn leads(broker: BrokerIx, epoch: u32, log_end: u64, high_watermark: u64) -> Fact {
    let (log_end, high_watermark) = (Offset(log_end), Offset(high_watermark));
    Fact::LeaderRoleTaken { broker, partition: P, leader_epoch: LeaderEpoch(epoch), log_end, high_watermark }
}

fn appended(broker: BrokerIx, epoch: u32, base: u64, records: u64, sequence: Option<u32>) -> Fact {
    Fact::Appended {
        broker,
        partition: P,
        leader_epoch: LeaderEpoch(epoch),
        base: Offset(base),
        end: Offset(base + records),
        batch: base as u32,
        client: CLIENT,
        sequence,
    }
}

fn replicated(broker: BrokerIx, end: u64) -> Fact {
    Fact::Replicated { broker, partition: P, end: Offset(end) }
}

fn high_watermark(broker: BrokerIx, epoch: u32, offset: u64) -> Fact {
    Fact::HighWatermarkMoved { broker, partition: P, leader_epoch: LeaderEpoch(epoch), high_watermark: Offset(offset) }
}

fn unflushed_lost(broker: BrokerIx) -> Fact {
    Fact::UnflushedLost { broker, partition: P, from: Offset(1), to: Offset(0) }
}

fn acknowledged(batch: u32) -> Fact {
    Fact::RecordDone { client: CLIENT, record: 0, partition: P, batch: Some(batch), created_at: ms(0), error: ErrorCode::None }
}

#[test]
fn leader_in_isr() {
    assert_holds("leader in ISR", &[commit(B, 6, &[B, C]), commit(C, 7, &[C])]);
    assert_broken("leader in ISR", &[commit(B, 6, &[A, C])]);
    // Without eligible leader replicas a clean election takes a member of the ISR before it.
    let older = Spec { release: Release::V3_9, ..spec() };
    let from_outside = [commit(B, 6, &[B, C]), commit(A, 7, &[A])];
    assert_eq!(verdict_of(&older, &from_outside, &[]).violated.len(), 1);
    assert_eq!(verdict_of(&older, &[commit(B, 6, &[B, C]), unclean(commit(A, 7, &[A]))], &[]).violated, []);
}

#[test]
fn one_leader_per_epoch() {
    let name = "one leader per epoch";
    let zombie_in_its_own_epoch = [commit(B, 6, &[A, B, C]), leads(B, 6, 0, 0), appended(A, 5, 0, 1, None), appended(B, 6, 0, 1, None)];
    assert_holds(name, &zombie_in_its_own_epoch);
    assert_broken(name, &[commit(B, 6, &[A, B, C]), leads(B, 6, 0, 0), appended(A, 6, 0, 1, None)]);
    assert_broken(name, &[commit(B, 6, &[A, B, C]), leads(C, 6, 0, 0)]);
}

#[test]
fn monotone_epochs() {
    let name = "monotone epochs";
    let registered = |epoch| Fact::BrokerCommitted {
        broker: C,
        epoch: BrokerEpoch(epoch),
        fenced: true,
        in_controlled_shutdown: false,
        offset: MetadataOffset(epoch),
    };
    let active = |voter, epoch| Fact::ControllerActive { voter: VoterIx(voter), epoch: RaftEpoch(epoch) };
    assert_holds(name, &[commit(B, 6, &[B]), registered(9), registered(9), registered(12), active(0, 3), active(1, 4)]);
    assert_broken(name, &[registered(9), registered(8)]);
    // A new process of broker C, on node 2, has applied its own registration.
    let again = [Fact::ProcessStarted { node: NodeIx(2) }, state(C, BrokerState::Recovery)];
    assert_holds(name, &[&[registered(9)][..], &again[..1], &[registered(12)], &again[1..]].concat());
    assert_broken(name, &[&[registered(9)][..], &again[..1], &[registered(9)], &again[1..]].concat());
    // A majority left the older epoch while its fetches were under way.
    assert_holds(name, &[active(0, 4), active(1, 3)]);
    assert_broken(name, &[active(0, 4), active(0, 3)]);
    let same_epoch_other_leader = [Fact::PartitionCommitted {
        partition: P,
        old_leader: Some(A),
        leader: None,
        leader_epoch: LeaderEpoch(5),
        partition_epoch: PartitionEpoch(6),
        replicas: smallvec::smallvec![A, B, C],
        isr: smallvec::smallvec![A],
        unclean: false,
        why: Why::Fenced,
        asked_at: ms(0),
        decided_at: ms(0),
        offset: MetadataOffset(6),
    }];
    assert_broken(name, &same_epoch_other_leader);
    assert_broken(name, &[commit(A, 5, &[A, B])]);
}

#[test]
fn high_watermark_is_monotone_within_a_term_only() {
    let name = "high watermark monotone within a term";
    let isr = [A];
    let term = [commit(A, 6, &isr), leads(A, 6, 10, 4), high_watermark(A, 6, 7)];
    let next_leader_starts_lower = [commit(B, 7, &[B]), leads(B, 7, 6, 5), high_watermark(B, 7, 6)];
    assert_holds(name, &[&term[..], &next_leader_starts_lower].concat());
    assert_broken(name, &[&term[..], &[high_watermark(A, 6, 6)]].concat());
    assert_broken(name, &[commit(A, 6, &isr), leads(A, 6, 10, 4), high_watermark(A, 6, 3)]);
}

#[test]
fn committed_data_stands_on_all_of_the_isr() {
    let name = "committed data on all of the ISR";
    let start = [commit(A, 6, &[A, B]), leads(A, 6, 0, 0), appended(A, 6, 0, 10, None), replicated(B, 8)];
    assert_holds(name, &[&start[..], &[high_watermark(A, 6, 8)]].concat());
    assert_broken(name, &[&start[..], &[high_watermark(A, 6, 9)]].concat());
    let truncated = Fact::Truncated { broker: B, partition: P, from: Offset(8), to: Offset(5) };
    assert_broken(name, &[&start[..], &[truncated, high_watermark(A, 6, 8)]].concat());
    // C is no member of the committed ISR, and a deposed leader's high watermark is nobody's truth.
    assert_holds(name, &[&start[..], &[commit(B, 7, &[A, B]), high_watermark(A, 6, 10)]].concat());
    // Power-off: the leader may count on what the member had until it hears of the loss; back in the ISR it is held to it again.
    let lost = [&start[..], &[unflushed_lost(B), high_watermark(A, 6, 8)]].concat();
    assert_holds(name, &lost);
    let back = [commit(A, 7, &[A]), commit(A, 8, &[A, B])];
    assert_broken(name, &[&lost[..], &back].concat());
    // Whoever joins has what is committed, whoever is elected too, and no member cuts it off.
    let committed = [&start[..], &[high_watermark(A, 6, 8)]].concat();
    assert_holds(name, &[&committed[..], &[commit(B, 7, &[B])]].concat());
    assert_broken(name, &[&committed[..], &[replicated(C, 7), commit(A, 7, &[A, B, C])]].concat());
    assert_broken(name, &[&committed[..], &[replicated(C, 7), commit(C, 7, &[C])]].concat());
    assert_holds(name, &[&committed[..], &[replicated(C, 7), unclean(commit(C, 7, &[C]))]].concat());
    let cut_off = Fact::Truncated { broker: B, partition: P, from: Offset(8), to: Offset(7) };
    assert_broken(name, &[&committed[..], &[cut_off]].concat());
}

#[test]
fn acknowledged_records_stay() {
    let name = "acks=all durability";
    let verdict = |facts: &[Fact], audited: &[u32]| verdict_of(&spec(), facts, audited);
    assert!(verdict(&[acknowledged(0)], &[0]).held.contains(&name.to_owned()));
    assert_eq!(verdict(&[acknowledged(0)], &[]).violated[0].check, name);
    // One member's loss is no excuse, the loss of all is; so is an unclean election, and both are named.
    assert_eq!(verdict(&[acknowledged(0), unflushed_lost(A)], &[]).violated.len(), 1);
    let all_lost = verdict(&[acknowledged(0), unflushed_lost(A), unflushed_lost(B), unflushed_lost(C)], &[]);
    assert_eq!((all_lost.violated.len(), all_lost.suspended[0].reason.as_str()), (0, "t-0: every member of the ISR lost unflushed data"));
    let last_of_the_isr = [acknowledged(0), commit(C, 6, &[C]), unflushed_lost(C)];
    assert_eq!(verdict(&last_of_the_isr, &[]).suspended.len(), 1);
    let uncleanly = verdict(&[acknowledged(0), unclean(commit(B, 6, &[B]))], &[]);
    assert_eq!((uncleanly.violated.len(), uncleanly.suspended[0].check.as_str()), (0, name));
    // With acks=1 nothing was promised.
    let mut acks_1 = spec();
    let mut config = (*acks_1.clients[0].config).clone();
    config.set("acks", "1").unwrap();
    acks_1.clients[0].config = Arc::new(config);
    let nothing_promised = verdict_of(&acks_1, &[acknowledged(0)], &[]);
    assert_eq!(nothing_promised.suspended[0].reason, "no client asks for acks=all");
}

#[test]
fn idempotent_order() {
    let name = "idempotent order";
    let start = [appended(A, 5, 0, 3, Some(0)), appended(A, 5, 3, 2, Some(3))];
    assert_holds(name, &[&start[..], &[appended(A, 5, 5, 1, Some(5)), appended(A, 5, 6, 4, Some(0))]].concat());
    assert_broken(name, &[&start[..], &[appended(A, 5, 5, 1, Some(6))]].concat());
    assert_broken(name, &[&start[..], &[appended(A, 5, 5, 2, Some(3))]].concat());
    // The next leader had replicated the first batch only: the second is sent to it again, and may not be skipped.
    let moved = [&start[..], &[commit(B, 6, &[A, B, C]), leads(B, 6, 3, 0)]].concat();
    assert_holds(name, &[&moved[..], &[appended(B, 6, 3, 2, Some(3))]].concat());
    assert_broken(name, &[&moved[..], &[appended(B, 6, 3, 1, Some(5))]].concat());
    // That a broker which was started again takes the role of its former life, with a shorter log, changes nothing for the leader of today.
    let back = [&start[..], &[commit(B, 6, &[A, B, C]), leads(B, 6, 5, 0), leads(A, 5, 3, 0)]].concat();
    assert_holds(name, &[&back[..], &[appended(B, 6, 5, 1, Some(5))]].concat());
    assert_broken(name, &[&back[..], &[appended(B, 6, 5, 1, Some(6))]].concat());
    // Producers without idempotence promise nothing, and each producer has its own numbers.
    assert_holds(name, &[&start[..], &[appended(A, 5, 5, 1, None)]].concat());
    let mut other = appended(A, 5, 5, 1, Some(77));
    if let Fact::Appended { client, .. } = &mut other {
        *client = ClientIx(1);
    }
    assert_holds(name, &[&start[..], &[other]].concat());
}

#[test]
fn one_active_controller_and_one_vote() {
    let active = |voter, epoch| Fact::ControllerActive { voter: VoterIx(voter), epoch: RaftEpoch(epoch) };
    assert_holds("one active controller per raft epoch", &[active(0, 3), active(1, 4), active(1, 4)]);
    assert_broken("one active controller per raft epoch", &[active(0, 3), active(1, 3)]);
    let voted = |voter, candidate, epoch| Fact::Voted { voter: VoterIx(voter), candidate: VoterIx(candidate), epoch: RaftEpoch(epoch) };
    let raised = |voter, epoch| Fact::CandidateRaised { voter: VoterIx(voter), epoch: RaftEpoch(epoch) };
    let good = [raised(0, 4), voted(0, 0, 4), voted(1, 0, 4), voted(1, 0, 4), voted(1, 2, 5)];
    assert_holds("one vote per voter and raft epoch", &good);
    assert_broken("one vote per voter and raft epoch", &[voted(1, 0, 4), voted(1, 2, 4)]);
    assert_broken("one vote per voter and raft epoch", &[raised(2, 4), voted(2, 0, 4)]);
}

#[test]
fn of_many_violations_the_first_are_written_out_and_the_rest_counted() {
    let facts: Vec<Fact> = (6..40).map(|epoch| commit(B, epoch, &[A])).collect();
    let checks = verdict(&facts);
    assert_eq!(checks.violated.len(), 20);
    assert!(checks.violated[19].text.ends_with("(and 14 more)"));
    assert_eq!(checks.violated[0].at_ms, Duration::ZERO.as_millis_f64());
}
