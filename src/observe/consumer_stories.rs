//! Consumers, told in facts: what they were given, how late, and whom they asked.

use super::story::*;
use super::*;
use crate::engine::Distribution;
use crate::kafka::config::ClientConfig;
use crate::kafka::{LeaderEpoch, MetadataOffset, Offset};
use crate::model::spec::{ClientSpec, Consumption, NodeSpec, Role};
use fact::{Position, Told, Unreachable, Why};
use std::sync::Arc;

const READER: ClientIx = ClientIx(1);
const OTHER: ClientIx = ClientIx(2);

/// The producer `p1` and the consumers `c1` and `c2`; in one group if `grouped`.
fn with_consumers(grouped: bool) -> Spec {
    let mut spec = spec();
    for (i, name) in [(1, "c1"), (2, "c2")] {
        let node = NodeIx(spec.nodes.len() as u32);
        spec.nodes.push(NodeSpec { name: name.to_owned(), broker: None, voter: None, client: Some(ClientIx(i)) });
        let consumption = Consumption {
            topics: vec![crate::kafka::TopicIx(0)],
            group: grouped.then_some(crate::kafka::GroupIx(0)),
            from_beginning: false,
            processing: Distribution::ZERO,
            commits: crate::model::spec::Commits::Library,
            start: Duration::ZERO,
            stop: None,
        };
        spec.clients.push(ClientSpec {
            node,
            name: name.to_owned(),
            config: Arc::new(ClientConfig::JavaConsumer(Box::default())),
            role: Role::Consumer(consumption),
            ..spec.clients[0].clone()
        });
    }
    spec
}

/// Told moment by moment; counts from 1000 ms on.
struct Telling {
    spec: Spec,
    observers: Observers,
    end: u64,
    batches: u32,
    records: u64,
}

impl Telling {
    fn new(grouped: bool) -> Self {
        let spec = with_consumers(grouped);
        let mut told = Telling { observers: Observers::new(&spec, ms(1000)), spec, end: 100, batches: 0, records: 0 };
        let (log_end, high_watermark) = (Offset(100), Offset(100));
        told.tell(0, Fact::LeaderRoleTaken { broker: A, partition: P, leader_epoch: LeaderEpoch(5), log_end, high_watermark });
        told
    }
    fn tell(&mut self, at: u64, fact: Fact) {
        self.observers.on_fact(ms(at), &fact);
    }
    /// A batch of so many records, made and appended at one moment by the leader of an epoch.
    fn written(&mut self, at: u64, (leader, epoch): (BrokerIx, u32), records: u64) -> u32 {
        let batch = self.batches;
        self.batches += 1;
        let (base, end) = (Offset(self.end), Offset(self.end + records));
        self.end = end.0;
        self.tell(
            at,
            Fact::Appended {
                broker: leader,
                partition: P,
                leader_epoch: LeaderEpoch(epoch),
                base,
                end,
                batch,
                client: CLIENT,
                sequence: None,
            },
        );
        batch
    }
    fn committed(&mut self, at: u64, (broker, epoch): (BrokerIx, u32)) {
        let (leader_epoch, high_watermark) = (LeaderEpoch(epoch), Offset(self.end));
        self.tell(at, Fact::HighWatermarkMoved { broker, partition: P, leader_epoch, high_watermark });
    }
    /// The producer hears that its records are in; each was made at one of these moments.
    fn acknowledged(&mut self, at: u64, batch: u32, created: &[u64]) {
        for created in created {
            let (record, created_at) = (self.records, ms(*created));
            self.records += 1;
            self.tell(at, Fact::RecordCreated { client: CLIENT, record, partition: P });
            let done = Fact::RecordDone { client: CLIENT, record, partition: P, batch: Some(batch), created_at, error: ErrorCode::None };
            self.tell(at, done);
        }
    }
    fn position(&mut self, at: u64, client: ClientIx, from: Option<u64>, to: u64, why: Position) {
        self.tell(at, Fact::PositionSet { client, partition: P, from: from.map(Offset), to: Offset(to), why });
    }
    fn delivered(&mut self, at: u64, client: ClientIx, batch: Option<u32>, base: u64, end: u64) {
        self.tell(at, Fact::Delivered { client, partition: P, batch, base: Offset(base), end: Offset(end) });
    }
    fn found(mut self, at: u64) -> Found {
        (0..self.batches).for_each(|batch| self.observers.audit(batch));
        self.observers.finish(&self.spec, ms(at))
    }
}

fn consumer<'a>(found: &'a Found, name: &str) -> &'a record::ConsumerRecord {
    found.clients[name].consumer.as_ref().unwrap()
}

#[test]
fn a_wait_is_from_creation_to_delivery_even_where_the_producer_hears_later() {
    let mut t = Telling::new(false);
    t.position(0, READER, None, 100, Position::Begun);
    let first = t.written(2000, (A, 5), 2);
    t.committed(2010, (A, 5));
    t.delivered(2015, READER, Some(first), 100, 102);
    t.acknowledged(2020, first, &[1990, 1995]);
    let second = t.written(3000, (A, 5), 1);
    t.committed(3400, (A, 5));
    t.acknowledged(3401, second, &[2999]);
    t.delivered(3500, READER, Some(second), 102, 103);
    let third = t.written(4000, (A, 5), 3);
    t.committed(4001, (A, 5));
    t.acknowledged(4002, third, &[4000, 4000, 4000]);
    let found = t.found(5000);
    let c1 = consumer(&found, "c1");
    assert_eq!((c1.delivered, c1.lag_max, c1.lag_at_end), (3, 3, 3));
    assert_eq!((c1.wait_ms.count, c1.wait_ms.open, c1.wait_ms.p50, c1.wait_ms.max), (3, 3, 25.0, 501.0));
    assert_eq!(found.clients["c1"].longest_wait_ms, 1000.0, "the records of 4000 ms have not come when the run ends");
    assert_eq!(found.clients["c1"].partitions[0].longest_silence_ms, 1500.0, "from 3500 to the end, for there are records");
    assert_eq!((found.clients["c1"].role.as_str(), found.clients["p1"].role.as_str()), ("consumer", "producer"));
    assert_eq!(found.checks.violated, []);
    assert!(found.checks.held.iter().any(|c| c == "consumers are given committed records"));
}

#[test]
fn records_come_again_or_never_where_a_position_is_set_back_or_beyond() {
    let mut t = Telling::new(false);
    t.position(0, READER, None, 100, Position::Begun);
    let batch = t.written(2000, (A, 5), 10);
    t.committed(2001, (A, 5));
    t.delivered(2010, READER, Some(batch), 100, 104);
    t.tell(2011, Fact::Processed { client: READER, partition: P, end: Offset(103) });
    t.position(2020, READER, Some(104), 102, Position::Committed);
    t.delivered(2030, READER, Some(batch), 102, 106);
    t.position(2040, READER, Some(106), 109, Position::Reset);
    t.delivered(2050, READER, Some(batch), 109, 110);
    let found = t.found(3000);
    let c1 = consumer(&found, "c1");
    assert_eq!((c1.delivered, c1.delivered_again, c1.skipped, c1.position_resets), (7, 2, 3, 1));
    assert_eq!((c1.processed, c1.never_processed), (3, 3), "103, 104 and 105 were handed over, and the position went beyond them");
    assert_eq!(found.checks.violated, []);
}

#[test]
fn what_one_member_of_a_group_was_given_is_old_to_another() {
    for (grouped, again) in [(true, 4), (false, 0)] {
        let mut t = Telling::new(grouped);
        t.position(0, READER, None, 100, Position::Begun);
        let batch = t.written(2000, (A, 5), 10);
        t.committed(2001, (A, 5));
        t.delivered(2010, READER, Some(batch), 100, 104);
        t.position(2500, OTHER, None, 100, Position::Committed);
        t.delivered(2600, OTHER, Some(batch), 100, 110);
        let found = t.found(3000);
        assert_eq!(consumer(&found, "c2").delivered_again, again);
        let behind = if grouped { 0 } else { 6 };
        assert_eq!(consumer(&found, "c1").lag_at_end, behind, "in a group the partition is another's by then");
    }
}

#[test]
fn a_fetch_from_a_replica_on_purpose_is_not_stale_and_one_that_a_follower_serves_is() {
    let mut t = Telling::new(false);
    let fetch = |t: &mut Telling, at: u64, broker, entry| {
        t.tell(at, Fact::EntrySent { client: READER, broker, partition: P, entry, batch: None, attempt: 0 });
        t.tell(at + 1, Fact::EntryTaken { client: READER, broker, partition: P, entry });
        t.tell(at + 2, Fact::EntryAnswered { client: READER, broker, partition: P, entry, error: ErrorCode::None });
        t.tell(at + 3, Fact::EntryReturned { client: READER, partition: P, entry, error: ErrorCode::None });
    };
    let told = Told::Metadata(A, MetadataOffset(1));
    t.tell(0, Fact::BeliefChanged { client: READER, partition: P, leader: Some(A), leader_epoch: LeaderEpoch(5), told });
    fetch(&mut t, 2000, B, 1);
    t.tell(2100, Fact::ReplicaChosen { client: READER, partition: P, replica: Some(B) });
    fetch(&mut t, 2110, B, 2);
    t.tell(2200, Fact::EntrySent { client: READER, broker: B, partition: P, entry: 3, batch: None, attempt: 0 });
    t.tell(2201, Fact::EntryUnreachable { client: READER, broker: B, partition: P, entry: 3, how: Unreachable::Reset });
    t.tell(2300, Fact::ReplicaChosen { client: READER, partition: P, replica: None });
    fetch(&mut t, 2310, B, 4);
    let found = t.found(3000);
    let requests = &found.clients["c1"].tally.requests;
    assert_eq!((requests.total, requests.stale), (4, 2));
    assert_eq!(requests.stale_by_outcome, BTreeMap::from([("served by a follower".to_owned(), 2)]));
}

#[test]
fn a_consumer_has_recovered_when_the_new_leader_takes_its_fetch_however_long_that_waits_for_records() {
    let mut t = Telling::new(false);
    let told = |broker| Told::Metadata(broker, MetadataOffset(1));
    t.tell(0, Fact::BeliefChanged { client: READER, partition: P, leader: Some(A), leader_epoch: LeaderEpoch(5), told: told(A) });
    t.tell(1900, Fact::EntrySent { client: READER, broker: A, partition: P, entry: 1, batch: None, attempt: 0 });
    t.tell(1901, Fact::EntryTaken { client: READER, broker: A, partition: P, entry: 1 });
    t.tell(2000, commit(Some(B), 6, 40, Why::PreferredElection, 2000, 2000));
    t.tell(2010, Fact::EntryAnswered { client: READER, broker: A, partition: P, entry: 1, error: ErrorCode::FencedLeaderEpoch });
    t.tell(2011, Fact::EntryReturned { client: READER, partition: P, entry: 1, error: ErrorCode::FencedLeaderEpoch });
    t.tell(
        2030,
        Fact::LeaderRoleTaken { broker: B, partition: P, leader_epoch: LeaderEpoch(6), log_end: Offset(100), high_watermark: Offset(100) },
    );
    t.tell(2040, Fact::BeliefChanged { client: READER, partition: P, leader: Some(B), leader_epoch: LeaderEpoch(6), told: Told::Hint(A) });
    t.tell(2050, Fact::EntrySent { client: READER, broker: B, partition: P, entry: 2, batch: None, attempt: 0 });
    t.tell(2060, Fact::EntryTaken { client: READER, broker: B, partition: P, entry: 2 });
    t.tell(2560, Fact::EntryAnswered { client: READER, broker: B, partition: P, entry: 2, error: ErrorCode::None });
    t.tell(2561, Fact::EntryReturned { client: READER, partition: P, entry: 2, error: ErrorCode::None });
    let found = t.found(3000);
    let window = found.windows.iter().find(|w| w.client == "c1").unwrap();
    assert_eq!((window.stale_window_ms, window.recovery_ms), (Some(40.0), Some(60.0)));
    let requests = &found.clients["c1"].tally.requests;
    assert_eq!((requests.total, requests.stale, requests.overtaken), (2, 0, 1));
    assert_eq!(found.clients["c1"].errors, BTreeMap::from([("fetch:FENCED_LEADER_EPOCH".to_owned(), 1)]));
}

#[test]
fn a_consumer_that_is_given_what_nobody_committed_or_jumps_breaks_a_promise() {
    let broken = |f: &dyn Fn(&mut Telling, u32)| {
        let mut t = Telling::new(false);
        t.position(0, READER, None, 100, Position::Begun);
        let batch = t.written(2000, (A, 5), 10);
        f(&mut t, batch);
        let found = t.found(3000);
        found.checks.violated.iter().map(|v| v.check.clone()).collect::<Vec<_>>()
    };
    let (committed, order) = ("consumers are given committed records", "consumers read on without gaps");
    assert_eq!(broken(&|t, batch| t.delivered(2001, READER, Some(batch), 100, 110)), [committed]);
    assert_eq!(
        broken(&|t, _| {
            t.committed(2001, (A, 5));
            t.delivered(2002, READER, Some(77), 100, 110);
        }),
        [committed],
        "another batch stands there"
    );
    assert_eq!(
        broken(&|t, batch| {
            t.committed(2001, (A, 5));
            t.delivered(2002, READER, Some(batch), 101, 110);
        }),
        [order]
    );
    assert_eq!(
        broken(&|t, batch| {
            t.committed(2001, (A, 5));
            t.delivered(2002, READER, Some(batch), 100, 110);
            t.delivered(2003, READER, Some(batch), 105, 110);
        }),
        [order]
    );
}

#[test]
fn after_an_unclean_election_what_was_delivered_may_be_lost_and_is_told_by_name() {
    let mut t = Telling::new(false);
    t.position(0, READER, None, 100, Position::Begun);
    let kept = t.written(2000, (A, 5), 2);
    let gone = t.written(2001, (A, 5), 3);
    t.committed(2002, (A, 5));
    t.delivered(2003, READER, Some(kept), 100, 102);
    t.delivered(2004, READER, Some(gone), 102, 105);
    let mut uncleanly = commit(Some(B), 6, 40, Why::UncleanElection, 2500, 2500);
    if let Fact::PartitionCommitted { unclean, .. } = &mut uncleanly {
        *unclean = true;
    }
    t.tell(2500, uncleanly);
    t.end = 102;
    let other = t.written(2600, (B, 6), 1);
    t.committed(2601, (B, 6));
    t.position(2650, READER, Some(105), 102, Position::Truncated);
    t.delivered(2700, READER, Some(other), 102, 103);
    let found = t.found(3000);
    let c1 = consumer(&found, "c1");
    assert_eq!((c1.delivered, c1.delivered_again, c1.delivered_and_lost, c1.position_resets), (6, 0, 3, 1));
    assert_eq!(found.checks.violated, []);
}

/// A deposed leader that has not heard of it appends, ends, and is elected again from the ELR before anybody made it cut its tail off.
#[test]
fn an_eligible_leader_replica_brings_back_what_another_wrote_over_and_that_is_told_by_name() {
    let elects = |leader: Option<BrokerIx>, before: Option<BrokerIx>, epoch: u32, members: &[BrokerIx]| {
        let mut fact = commit(leader, epoch, u64::from(epoch), Why::ControlledShutdown, 0, 0);
        if let Fact::PartitionCommitted { old_leader, isr, .. } = &mut fact {
            (*old_leader, *isr) = (before, members.iter().copied().collect());
        }
        fact
    };
    // The ISR was emptied before, or by the very change that elects; or the new leader is of the ISR and must not bring anything back.
    type Elected<'m> = (Option<BrokerIx>, Option<BrokerIx>, &'m [BrokerIx]);
    let ways: [(&[Elected<'_>], bool); 3] = [
        (&[(None, Some(B), &[]), (Some(A), None, &[A])], true),
        (&[(Some(A), Some(B), &[A])], true),
        (&[(Some(B), Some(B), &[A, B]), (Some(A), Some(B), &[A])], false),
    ];
    for (changes, from_elr) in ways {
        let mut t = Telling::new(false);
        t.position(0, READER, None, 100, Position::Begun);
        t.tell(2000, elects(Some(B), Some(A), 6, &[B]));
        let stale = t.written(2001, (A, 5), 2);
        t.end = 100;
        t.written(2002, (B, 6), 10);
        for (epoch, (leader, before, members)) in (7..).zip(changes) {
            t.tell(2100 + u64::from(epoch), elects(*leader, *before, epoch, members));
        }
        let (log_end, high_watermark) = (Offset(102), Offset(102));
        t.tell(2201, Fact::LeaderRoleTaken { broker: A, partition: P, leader_epoch: LeaderEpoch(8), log_end, high_watermark });
        t.delivered(2202, READER, Some(stale), 100, 102);
        let checks = t.found(3000).checks;
        let name = "consumers are given committed records";
        assert_eq!(checks.suspended.iter().any(|s| s.check == name), from_elr, "{checks:?}");
        assert_eq!(checks.violated.iter().any(|v| v.check == name), !from_elr, "{checks:?}");
    }
}

/// The fetch of the old leader was under way when the loop of the new one began at the same position.
#[test]
fn kafkajs_is_given_records_again_when_a_leader_moved_and_passes_none_over() {
    let mut spec = with_consumers(false);
    let kafkajs = crate::model::client::profiles::find("kafkajs-2.2").expect("the catalogue has it");
    spec.clients[1].profile = Arc::new(kafkajs.clone());
    let told = |deliveries: &[(u64, u64)]| {
        let mut t = Telling { observers: Observers::new(&spec, ms(1000)), spec: spec.clone(), ..Telling::new(false) };
        t.position(0, READER, None, 100, Position::Begun);
        let batch = t.written(2000, (A, 5), 10);
        t.committed(2001, (A, 5));
        deliveries.iter().for_each(|(base, end)| t.delivered(2002, READER, Some(batch), *base, *end));
        let checks = t.found(3000).checks;
        let name = "consumers read on without gaps";
        (checks.suspended.iter().any(|s| s.check == name), checks.violated.iter().any(|v| v.check == name))
    };
    assert_eq!(told(&[(100, 105), (105, 110)]), (false, false));
    assert_eq!(told(&[(100, 105), (100, 102), (105, 110)]), (true, false));
    assert_eq!(told(&[(100, 102), (105, 110)]), (false, true), "records are passed over");
}

#[test]
fn a_consumer_whose_answer_is_held_up_by_a_cut_has_not_recovered_before_it_comes() {
    let mut t = Telling::new(false);
    let told = Told::Metadata(A, MetadataOffset(1));
    t.tell(0, Fact::BeliefChanged { client: READER, partition: P, leader: Some(A), leader_epoch: LeaderEpoch(5), told });
    t.tell(1900, Fact::EntrySent { client: READER, broker: A, partition: P, entry: 1, batch: None, attempt: 0 });
    let (client, broker) = (t.spec.clients[READER.index()].node, t.spec.brokers[A.index()].node);
    t.tell(2000, Fact::LinksCut { cut: 1, from: vec![broker], to: vec![client], both_ways: false });
    t.tell(2001, Fact::EntryTaken { client: READER, broker: A, partition: P, entry: 1 });
    t.tell(2002, Fact::EntryAnswered { client: READER, broker: A, partition: P, entry: 1, error: ErrorCode::None });
    t.tell(2600, Fact::LinksHealed { cut: 1 });
    t.tell(2800, Fact::EntryReturned { client: READER, partition: P, entry: 1, error: ErrorCode::None });
    let found = t.found(3000);
    let window = found.windows.iter().find(|w| w.client == "c1").unwrap();
    assert_eq!(window.recovery_ms, Some(800.0), "from the cut until the answer came");
}
