//! A membership alone: what it wants at each step.

use super::{Asked, Consumed, Membership, Settings, State, View, Want};
use crate::engine::{Chance, Duration, Instant};
use crate::kafka::{BrokerIx, ClientIx, ErrorCode, GroupIx, Offset, PartitionIx, TopicIx};
use crate::model::Outbox;
use crate::model::client::backoff::Backoff;
use crate::model::message::{GroupRequest, GroupResponse};
use std::collections::BTreeMap;

const COORDINATOR: BrokerIx = BrokerIx(1);

struct Table {
    member: Membership,
    now: Instant,
    polling: bool,
    out: Outbox,
    /// How many partitions each topic has of which the consumer was told.
    told: BTreeMap<TopicIx, u32>,
    /// Requests to the coordinator without an answer, oldest first.
    asked: Vec<(GroupRequest, Asked)>,
    /// Everything else that was wanted since it was last looked at.
    wants: Vec<Want>,
}

impl Table {
    /// A member of generation 1 with two partitions, in the middle of its life.
    fn warm() -> Table {
        let ms = Duration::from_millis;
        let settings = Settings {
            session_timeout: ms(45_000),
            rebalance_timeout: ms(300_000),
            poll_interval: Some(ms(300_000)),
            heartbeat_interval: ms(3000),
            retry: Backoff::exponential(ms(100), ms(1000)),
            retry_backoff: ms(100),
            request_timeout: ms(30_000),
            join_timeout: ms(305_000),
            two_steps: true,
            auto_commit: Some(ms(5000)),
        };
        let mut out = Outbox::default();
        let mut member = Membership::new(ClientIx(0), GroupIx(0), &[TopicIx(0)], settings, Chance::new(7));
        member.warm(9, vec![PartitionIx(0), PartitionIx(1)], Vec::new(), Some(COORDINATOR), Instant::ZERO, &mut out);
        let mut table = Table {
            member,
            now: Instant::ZERO,
            polling: true,
            out,
            told: BTreeMap::from([(TopicIx(0), 4)]),
            asked: Vec::new(),
            wants: Vec::new(),
        };
        table.look();
        table.wants.clear();
        table
    }

    fn with<T>(&mut self, what: impl FnOnce(&mut Membership, &View<'_>, &mut Outbox) -> T) -> T {
        let consumed = || -> Vec<Consumed> { vec![(PartitionIx(0), Offset(5), None)] };
        let told = &self.told;
        let partitions = |topic| told.get(&topic).map(|count| (0..*count).map(PartitionIx).collect());
        let view = View { now: self.now, polling: self.polling, unavailable: &|_| false, consumed: &consumed, partitions: &partitions };
        what(&mut self.member, &view, &mut self.out)
    }

    fn look(&mut self) {
        let wants = self.with(|m, view, out| m.look(view, out));
        for want in wants {
            match want {
                Want::Ask(_, request, asked, _) => self.asked.push((request, asked)),
                other => self.wants.push(other),
            }
        }
    }

    /// Looks whenever the member wants to, for so long.
    fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        loop {
            self.look();
            let next = self.member.wake().max(self.now + Duration::from_nanos(1));
            if next > until {
                break;
            }
            self.now = next;
        }
        self.now = until;
    }

    fn answer(&mut self, is_it: impl Fn(&GroupRequest) -> bool, response: GroupResponse) {
        let i = self.asked.iter().position(|(request, _)| is_it(request)).unwrap_or_else(|| panic!("{:?}", self.asked));
        let (_, asked) = self.asked.remove(i);
        self.with(|m, view, out| m.answered(asked, response, view, out));
        self.look();
    }

    fn heartbeat(&mut self, error: ErrorCode) {
        self.answer(|r| matches!(r, GroupRequest::Heartbeat { .. }), GroupResponse::Heartbeat { error });
    }

    fn wanted(&self, is_it: impl Fn(&Want) -> bool) -> usize {
        self.wants.iter().filter(|w| is_it(w)).count()
    }
}

fn joins(table: &Table) -> Vec<Option<u64>> {
    let join = |(r, _): &(GroupRequest, Asked)| if let GroupRequest::Join { member, .. } = r { Some(*member) } else { None };
    table.asked.iter().filter_map(join).collect()
}

#[test]
fn a_member_beats_every_three_seconds_and_commits_every_five_and_only_inside_a_poll() {
    let mut table = Table::warm();
    table.polling = false;
    table.pass(Duration::from_secs(30));
    let beats = |t: &Table| t.asked.iter().filter(|(r, _)| matches!(r, GroupRequest::Heartbeat { .. })).count();
    let commits = |t: &Table| t.asked.iter().filter(|(r, _)| matches!(r, GroupRequest::Commit { .. })).count();
    assert_eq!((beats(&table), commits(&table)), (10, 0), "the application works: only the heartbeat thread runs");
    table.polling = true;
    table.pass(Duration::from_secs(10));
    assert_eq!(commits(&table), 3, "at once, as it is overdue, and twice more");
}

#[test]
fn a_wrong_coordinator_is_given_up_with_its_connection_and_looked_up_and_the_generation_stays() {
    let mut table = Table::warm();
    table.pass(Duration::from_secs(3));
    table.heartbeat(ErrorCode::NotCoordinator);
    assert_eq!(table.wanted(|w| *w == Want::Disconnect(COORDINATOR)), 1);
    assert_eq!(table.wanted(|w| *w == Want::Find), 1, "at once");
    let now = table.now;
    table.with(|m, _, out| m.found(ErrorCode::CoordinatorNotAvailable, None, now, out));
    table.look();
    assert_eq!(table.wanted(|w| *w == Want::Refresh), 1);
    table.pass(Duration::from_millis(79));
    assert_eq!(table.wanted(|w| *w == Want::Find), 1);
    table.pass(Duration::from_millis(41));
    assert_eq!(table.wanted(|w| *w == Want::Find), 2, "after retry.backoff.ms, a fifth more or less");
    let now = table.now;
    table.with(|m, _, out| m.found(ErrorCode::None, Some(BrokerIx(2)), now, out));
    table.asked.clear();
    table.pass(Duration::from_secs(3));
    assert!(matches!(table.asked[0].0, GroupRequest::Heartbeat { member: 9, generation: 1 }));
    assert_eq!(joins(&table), [], "nobody joins again because a coordinator moved");
}

#[test]
fn a_rebalance_is_met_with_a_last_commit_then_everything_is_given_up_then_the_join() {
    let mut table = Table::warm();
    table.pass(Duration::from_secs(3));
    table.asked.retain(|(r, _)| matches!(r, GroupRequest::Heartbeat { .. }));
    table.heartbeat(ErrorCode::RebalanceInProgress);
    assert!(table.member.holds_back(), "nothing more is given to the application");
    assert_eq!((joins(&table), table.wanted(|w| *w == Want::Revoke)), (vec![], 0));
    let results = vec![(PartitionIx(0), ErrorCode::None)];
    table.answer(|r| matches!(r, GroupRequest::Commit { .. }), GroupResponse::Commit { results });
    assert_eq!((joins(&table), table.wanted(|w| *w == Want::Revoke)), (vec![Some(9)], 1));
    let members = vec![(9, vec![TopicIx(0)]), (11, vec![TopicIx(0)])];
    let joined = GroupResponse::Joined { error: ErrorCode::None, member: 9, generation: 2, leader: true, members };
    table.answer(|r| matches!(r, GroupRequest::Join { .. }), joined);
    let GroupRequest::Sync { generation: 2, assignments, .. } = &table.asked.last().unwrap().0 else { panic!("{:?}", table.asked) };
    assert_eq!(assignments.iter().map(|(id, p)| (*id, p.len())).collect::<Vec<_>>(), [(9, 2), (11, 2)], "it leads: it shares them out");
    let synced = GroupResponse::Synced { error: ErrorCode::None, partitions: vec![PartitionIx(0), PartitionIx(1)] };
    table.answer(|r| matches!(r, GroupRequest::Sync { .. }), synced);
    assert_eq!(table.wanted(|w| *w == Want::Assign(vec![PartitionIx(0), PartitionIx(1)])), 1);
    assert_eq!(table.member.state, State::Stable);
}

#[test]
fn a_member_that_was_expelled_joins_under_a_new_id_and_cannot_commit_what_it_had_read() {
    let mut table = Table::warm();
    table.pass(Duration::from_secs(3));
    table.asked.retain(|(r, _)| matches!(r, GroupRequest::Heartbeat { .. }));
    table.heartbeat(ErrorCode::UnknownMemberId);
    assert_eq!((joins(&table), table.asked.len(), table.wanted(|w| *w == Want::Revoke)), (vec![None], 1, 1), "no commit");
    let told = GroupResponse::Joined { error: ErrorCode::MemberIdRequired, member: 77, generation: 0, leader: false, members: Vec::new() };
    table.answer(|r| matches!(r, GroupRequest::Join { .. }), told);
    assert_eq!(joins(&table), [Some(77)], "at once");
}

#[test]
fn an_application_that_does_not_poll_for_too_long_leaves_its_group_and_joins_again_when_it_does() {
    let mut table = Table::warm();
    table.polling = false;
    for _ in 0..99 {
        table.pass(Duration::from_secs(3));
        table.heartbeat(ErrorCode::None);
    }
    assert!(!table.asked.iter().any(|(r, _)| matches!(r, GroupRequest::Leave { .. })));
    table.pass(Duration::from_secs(3));
    assert!(table.asked.iter().any(|(r, _)| matches!(r, GroupRequest::Leave { member: 9 })), "max.poll.interval.ms is 5 minutes");
    assert_eq!(joins(&table), []);
    table.polling = true;
    table.pass(Duration::from_millis(1));
    assert_eq!(joins(&table), [None]);
}

#[test]
fn a_coordinator_that_says_nothing_for_a_whole_session_is_taken_to_be_gone() {
    let mut table = Table::warm();
    table.pass(Duration::from_millis(44_999));
    assert_eq!(table.wanted(|w| *w == Want::Disconnect(COORDINATOR)), 0);
    table.pass(Duration::from_millis(1));
    assert_eq!(table.wanted(|w| *w == Want::Disconnect(COORDINATOR)), 1);
}

#[test]
fn an_application_that_commits_by_itself_waits_until_the_coordinator_is_there_again() {
    let mut table = Table::warm();
    table.member.commit_by_hand(table.now, Duration::from_secs(60));
    table.look();
    let loading = vec![(PartitionIx(0), ErrorCode::CoordinatorLoadInProgress)];
    table.answer(|r| matches!(r, GroupRequest::Commit { .. }), GroupResponse::Commit { results: loading });
    assert!(table.member.holds_back(), "commitSync() has not returned");
    table.pass(Duration::from_millis(125));
    let good = vec![(PartitionIx(0), ErrorCode::None)];
    table.answer(|r| matches!(r, GroupRequest::Commit { .. }), GroupResponse::Commit { results: good });
    assert!(!table.member.holds_back());
}

/// The shares of the last sync, if it was one.
fn shares(table: &Table) -> Option<Vec<(u64, usize)>> {
    let (GroupRequest::Sync { assignments, .. }, _) = table.asked.last()? else { return None };
    Some(assignments.iter().map(|(member, partitions)| (*member, partitions.len())).collect())
}

/// A member that leads a group in which another one subscribes to a topic of its own.
fn leads_another_topic() -> Table {
    let mut table = Table::warm();
    table.member.settings.auto_commit = None;
    table.pass(Duration::from_secs(3));
    table.heartbeat(ErrorCode::RebalanceInProgress);
    let members = vec![(9, vec![TopicIx(0)]), (11, vec![TopicIx(1)])];
    let joined = GroupResponse::Joined { error: ErrorCode::None, member: 9, generation: 2, leader: true, members };
    table.answer(|r| matches!(r, GroupRequest::Join { .. }), joined);
    table
}

#[test]
fn a_leader_asks_for_the_topics_that_only_others_read_and_shares_out_when_it_is_told() {
    let mut table = leads_another_topic();
    assert_eq!(table.wanted(|w| *w == Want::Watch(vec![TopicIx(0), TopicIx(1)])), 1);
    assert_eq!(shares(&table), None, "it knows nothing of the other topic yet");
    table.told.insert(TopicIx(1), 2);
    table.look();
    assert_eq!(shares(&table), Some(vec![(9, 4), (11, 2)]));
}

#[test]
fn a_topic_that_is_gone_holds_no_group_up_and_one_that_grows_is_shared_out_anew() {
    let mut table = leads_another_topic();
    table.told.insert(TopicIx(1), 0);
    table.look();
    assert_eq!(shares(&table), Some(vec![(9, 4), (11, 0)]));
    let synced = GroupResponse::Synced { error: ErrorCode::None, partitions: (0..4).map(PartitionIx).collect() };
    table.answer(|r| matches!(r, GroupRequest::Sync { .. }), synced);
    assert_eq!((table.member.state, joins(&table)), (State::Stable, vec![]));
    table.told.insert(TopicIx(1), 2);
    table.look();
    assert_eq!(joins(&table), [Some(9)]);
}
