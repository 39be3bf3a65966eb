//! A group as its members see it, step by step.

use super::effects::{After, Effects};
use super::group::{Group, State};
use super::join::Join;
use crate::engine::{Duration, Instant};
use crate::kafka::{ClientIx, ErrorCode, GroupIx, NodeIx, Offset, PartitionIx, TopicIx};
use crate::model::Token;
use crate::model::group_log::GroupRecord;
use crate::model::message::GroupResponse;
use crate::observe::Fact;
use crate::observe::fact::GroupFact;

const DELAY: Duration = Duration::from_secs(3);
const SESSION: Duration = Duration::from_secs(45);
const REBALANCE: Duration = Duration::from_secs(60);

/// A group without a broker: what it wants written is committed at once.
struct Table {
    group: Group,
    now: Instant,
    asked: u64,
    facts: Vec<Fact>,
}

type Answers = Vec<(ClientIx, GroupResponse)>;

impl Table {
    fn new() -> Table {
        Table { group: Group::new(GroupIx(0)), now: Instant::ZERO, asked: 0, facts: Vec::new() }
    }

    fn step(&mut self, what: impl FnOnce(&mut Group, Token, Instant, &mut Effects), client: u32) -> Answers {
        let mut effects = Effects::default();
        self.asked += 1;
        let token = Token { connection: 0, generation: 0, correlation: 0, address: self.asked, from: NodeIx(client) };
        what(&mut self.group, token, self.now, &mut effects);
        for (_, after) in std::mem::take(&mut effects.writes) {
            if let After::Assignment { generation, assignments, .. } = after {
                self.group.stored(generation, &assignments, ErrorCode::None, DELAY, self.now, &mut effects);
            }
        }
        self.facts.extend(effects.facts);
        effects.replies.into_iter().map(|(t, r)| (ClientIx(t.from.0), r)).collect()
    }

    fn join(&mut self, client: u32, member: Option<u64>, two_steps: bool) -> Answers {
        let topics = vec![TopicIx(0)];
        let ask = |token| Join {
            token,
            client: ClientIx(client),
            member,
            two_steps,
            session_timeout: SESSION,
            rebalance_timeout: REBALANCE,
            topics,
        };
        self.step(|g, token, now, effects| g.join(ask(token), DELAY, now, effects), client)
    }

    fn sync(&mut self, client: u32, member: u64, assignments: Vec<(u64, Vec<PartitionIx>)>) -> Answers {
        let generation = self.group.generation;
        self.step(|g, token, now, effects| g.sync(token, (member, generation), assignments, now, effects), client)
    }

    fn heartbeat(&mut self, member: u64) -> ErrorCode {
        let generation = self.group.generation;
        self.group.heartbeat(member, generation, self.now)
    }

    fn pass(&mut self, time: Duration) -> Answers {
        self.now += time;
        self.step(|g, _, now, effects| g.expire(DELAY, now, effects), 99)
    }

    /// Two members, stable in generation 1: their ids, the leader first.
    fn two_members() -> (Table, u64, u64) {
        let mut table = Table::new();
        table.join(1, None, false);
        table.join(2, None, false);
        let joined = [table.pass(DELAY), table.pass(DELAY)].concat();
        let ids: Vec<u64> = joined.iter().map(|(_, r)| member(r)).collect();
        table.sync(1, ids[0], vec![(ids[0], vec![PartitionIx(0)]), (ids[1], vec![PartitionIx(1)])]);
        table.sync(2, ids[1], Vec::new());
        assert_eq!(table.group.state, State::Stable);
        (table, ids[0], ids[1])
    }
}

fn member(response: &GroupResponse) -> u64 {
    match response {
        GroupResponse::Joined { member, .. } => *member,
        other => panic!("{other:?}"),
    }
}

fn generations(answers: &Answers) -> Vec<(u32, ErrorCode, u32, bool)> {
    let told = |(client, r): &(ClientIx, GroupResponse)| match r {
        GroupResponse::Joined { error, generation, leader, .. } => (client.0, *error, *generation, *leader),
        other => panic!("{other:?}"),
    };
    answers.iter().map(told).collect()
}

#[test]
fn an_empty_group_waits_for_more_members_and_each_one_makes_it_wait_again() {
    let mut table = Table::new();
    assert_eq!(table.join(1, None, false), []);
    table.pass(Duration::from_secs(1));
    assert_eq!(table.join(2, None, false), []);
    assert_eq!(table.pass(Duration::from_secs(2)), [], "3 s after the first: a second member has come, so 3 s more");
    assert_eq!(table.pass(Duration::from_millis(2999)), []);
    let joined = table.pass(Duration::from_millis(1));
    assert_eq!(generations(&joined), [(1, ErrorCode::None, 1, true), (2, ErrorCode::None, 1, false)]);
    let ids: Vec<u64> = joined.iter().map(|(_, r)| member(r)).collect();
    assert_eq!(table.sync(2, ids[1], Vec::new()), [], "it waits for the leader");
    let synced = table.sync(1, ids[0], vec![(ids[0], vec![PartitionIx(0)]), (ids[1], vec![PartitionIx(1)])]);
    let shares: Vec<_> = synced.into_iter().map(|(client, r)| (client.0, r)).collect();
    let share = |p| GroupResponse::Synced { error: ErrorCode::None, partitions: vec![PartitionIx(p)] };
    assert_eq!(shares, [(1, share(0)), (2, share(1))]);
}

#[test]
fn a_member_that_is_told_its_id_first_holds_the_others_up_until_it_is_back_or_a_session_is_over() {
    let (mut table, a, b) = Table::two_members();
    let told = table.join(3, None, true);
    assert_eq!(generations(&told), [(3, ErrorCode::MemberIdRequired, 0, false)]);
    assert_eq!(table.group.state, State::Stable, "nobody is disturbed before it joins with its id");
    table.join(3, Some(member(&told[0].1)), true);
    assert_eq!((table.heartbeat(a), table.heartbeat(b)), (ErrorCode::RebalanceInProgress, ErrorCode::RebalanceInProgress));
    assert_eq!(table.join(1, Some(a), true), []);
    assert_eq!(generations(&table.join(2, Some(b), true)).len(), 3, "with the last of them the generation is there");
    assert_eq!(table.group.generation, 2);
}

#[test]
fn a_silent_member_is_expelled_when_its_session_is_over_and_the_others_must_join_again() {
    let (mut table, a, b) = Table::two_members();
    for _ in 0..14 {
        table.pass(Duration::from_secs(3));
        assert_eq!(table.heartbeat(a), ErrorCode::None);
    }
    let before = table.now;
    table.pass(Duration::from_millis(2999));
    assert_eq!(table.group.members.len(), 2);
    table.pass(Duration::from_millis(1));
    assert_eq!(table.now.since(before), Duration::from_secs(3), "45 s after it was last heard of");
    let expired = |f: &&Fact| matches!(f, Fact::Group { what: GroupFact::SessionExpired { client: ClientIx(2) }, .. });
    assert_eq!(table.facts.iter().filter(expired).count(), 1);
    assert_eq!((table.heartbeat(a), table.heartbeat(b)), (ErrorCode::RebalanceInProgress, ErrorCode::UnknownMemberId));
    assert_eq!(generations(&table.join(1, Some(a), true)), [(1, ErrorCode::None, 2, true)], "nobody else is waited for");
}

#[test]
fn who_does_not_join_again_in_time_is_out_and_a_stale_generation_may_neither_beat_nor_commit() {
    let (mut table, a, b) = Table::two_members();
    table.join(1, Some(a), true);
    let mut left = REBALANCE;
    while left > Duration::from_secs(3) {
        table.pass(Duration::from_secs(3));
        assert_eq!(table.heartbeat(b), ErrorCode::RebalanceInProgress, "it lives, and does not join");
        left = left.saturating_sub(Duration::from_secs(3));
    }
    let joined = table.pass(Duration::from_secs(3));
    assert_eq!(generations(&joined), [(1, ErrorCode::None, 2, true)]);
    let now = table.now;
    assert_eq!(table.group.may_commit(Some((b, 1)), now), ErrorCode::UnknownMemberId);
    assert_eq!(table.group.may_commit(Some((a, 1)), now), ErrorCode::IllegalGeneration);
    assert_eq!(table.group.may_commit(Some((a, 2)), now), ErrorCode::RebalanceInProgress, "the assignment is not there yet");
    assert_eq!(table.group.may_commit(None, now), ErrorCode::UnknownMemberId, "only members commit in a group that has some");
}

#[test]
fn a_generation_that_could_not_be_written_begins_again() {
    let mut table = Table::new();
    table.join(1, None, false);
    let id = member(&table.pass(DELAY)[0].1);
    let mut effects = Effects::default();
    let token = Token { connection: 0, generation: 0, correlation: 9, address: 9, from: NodeIx(1) };
    table.group.sync(token, (id, 1), vec![(id, vec![PartitionIx(0)])], table.now, &mut effects);
    assert!(matches!(&effects.writes[..], [(GroupRecord::Generation { generation: 1, .. }, After::Assignment { .. })]));
    table.group.stored(1, &[], ErrorCode::CoordinatorNotAvailable, DELAY, table.now, &mut effects);
    assert_eq!(effects.replies, [(token, GroupResponse::Synced { error: ErrorCode::CoordinatorNotAvailable, partitions: Vec::new() })]);
    assert!(matches!(table.group.state, State::PreparingRebalance(_)));
}

#[test]
fn a_group_comes_out_of_its_log_as_it_was_and_its_sessions_begin_anew() {
    let (mut table, a, b) = Table::two_members();
    let record = table.group.record(&[(a, vec![PartitionIx(0)]), (b, vec![PartitionIx(1)])]);
    table.now += Duration::from_secs(40);
    let mut loaded = Group::new(GroupIx(0));
    loaded.replay(&record);
    loaded.replay(&GroupRecord::Offsets(GroupIx(0), vec![(PartitionIx(1), (Offset(7), None))]));
    loaded.loaded(table.now);
    assert_eq!((loaded.state, loaded.generation, loaded.leader), (State::Stable, 1, Some(a)));
    assert_eq!(loaded.heartbeat(b, 1, table.now), ErrorCode::None, "no member need join again");
    assert_eq!(loaded.offsets[&PartitionIx(1)], (Offset(7), None));
    assert_eq!(loaded.next_deadline(), table.now + SESSION);
}
