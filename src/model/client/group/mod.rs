//! A consumer's membership in its group: a state machine that the consumer of any library can embed. It says what it wants ([`Want`]), the
//! library does it and brings the answers; when any of it is looked at is the library's own affair. The rules are those of the Java client;
//! what differs between libraries is in [`Settings`], and a library may let a member join anew whenever it would.
//!
//! `discovery` is how it finds its coordinator, `rebalance` how it joins, `heartbeat` how it stays, `commits` what it says of its progress.
//! Source: `AbstractCoordinator`, `ConsumerCoordinator`, `Heartbeat`.

mod commits;
mod discovery;
mod heartbeat;
mod rebalance;
#[cfg(test)]
mod tests;

use self::commits::Commits;
use self::discovery::Discovery;
use self::heartbeat::Heartbeat;
use self::rebalance::Rebalance;
use super::backoff::Backoff;
use crate::engine::{Chance, Duration, Instant, Stream, Tally, mix};
use crate::kafka::{BrokerIx, ClientIx, GroupIx, LeaderEpoch, Offset, PartitionIx, TopicIx};
use crate::model::Outbox;
use crate::model::group_log::Committed;
use crate::model::groups::FIRST_GENERATION;
use crate::model::message::{GroupRequest, GroupResponse};
use crate::observe::Fact;
use crate::observe::fact::GroupFact;

/// The lane of the connection to the coordinator: another one than that for fetches from the same broker (`Integer.MAX_VALUE - node.id`).
pub(super) const LANE: u32 = u32::MAX;

/// How far the consumer has come in a partition.
pub(super) type Consumed = (PartitionIx, Offset, Option<LeaderEpoch>);

/// What differs between libraries, and what their users set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    /// `session.timeout.ms`.
    pub session_timeout: Duration,
    /// How long the coordinator waits for this member to join again.
    pub rebalance_timeout: Duration,
    /// How long the application may take between two polls before the member leaves by itself; none: nobody looks.
    pub poll_interval: Option<Duration>,
    /// `heartbeat.interval.ms`.
    pub heartbeat_interval: Duration,
    /// The pause after a failed heartbeat or look-up.
    pub retry: Backoff,
    /// The pause after a failed join or commit.
    pub retry_backoff: Duration,
    /// How long a request may stay without an answer.
    pub request_timeout: Duration,
    /// The same for a join.
    pub join_timeout: Duration,
    /// Whether a new member is told its id before it joins (KIP-394).
    pub two_steps: bool,
    /// How often the library commits by itself; none: never, the application does ([`Membership::commit_by_hand`]).
    pub auto_commit: Option<Duration>,
}

/// What a membership wants done.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Want {
    /// `FindCoordinator` to any node. Without a node: [`Membership::not_found`].
    Find,
    /// A connection to the coordinator, if none is there or being set up.
    Connect(BrokerIx),
    /// A request to the coordinator, on [`LANE`]. Its end is told with [`Membership::answered`] or [`Membership::lost`].
    Ask(BrokerIx, GroupRequest, Asked, Duration),
    /// The connection to this broker is given up with all that is on it.
    Disconnect(BrokerIx),
    /// Newer metadata: the coordinator was not found.
    Refresh,
    /// Metadata of these topics, from now on: a leader has to know what its members subscribe to.
    Watch(Vec<TopicIx>),
    /// The partitions are not this member's any more: nothing of them may be given to the application from now on.
    Revoke,
    /// These partitions are the member's. Where to read them is asked with [`Membership::look_up`].
    Assign(Vec<PartitionIx>),
    /// Where the group has come to in the partitions that were looked up.
    Begin(Vec<(PartitionIx, Option<Committed>)>),
    /// The member has left: the connections may be closed.
    Closed,
}

/// What a request was for, with the generation that it was sent in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Asked {
    what: What,
    /// Member and generation at that time: an error about another generation than the present one is no news.
    sent: Generation,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum What {
    Join,
    Sync,
    Heartbeat,
    Leave,
    Commit(Vec<Consumed>),
    LookUp,
}

/// Who the member is to its coordinator (`Generation`).
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
struct Generation {
    member: Option<u64>,
    number: Option<u32>,
}

/// `AbstractCoordinator.MemberState`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Unjoined,
    /// A join is out.
    PreparingRebalance,
    /// A sync is out.
    CompletingRebalance,
    Stable,
}

/// How far the close of the consumer is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ending {
    /// It is not closed.
    None,
    Begun,
    /// Commits are out.
    Committing,
    /// It has left, or the answer to that is awaited.
    Leaving,
}

/// What is repeated after a pause.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Pause {
    LookUp,
    Heartbeat,
    Commit,
}

/// What the consumer shows its membership at a look.
pub(super) struct View<'a> {
    pub now: Instant,
    /// The application is inside `poll()`: only then does a member join or commit by itself.
    pub polling: bool,
    /// Whether the connection to a coordinator has failed and may not be opened again yet (`ConsumerNetworkClient.isUnavailable`).
    pub unavailable: &'a dyn Fn(BrokerIx) -> bool,
    /// What has been given to the application (`SubscriptionState.allConsumed`).
    pub consumed: &'a dyn Fn() -> Vec<Consumed>,
    /// The partitions of a topic that the consumer knows of; none as long as nobody has told it of the topic.
    pub partitions: &'a dyn Fn(TopicIx) -> Option<Vec<PartitionIx>>,
}

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Membership {
    client: ClientIx,
    group: GroupIx,
    topics: Vec<TopicIx>,
    settings: Settings,
    draws: Stream,
    state: State,
    generation: Generation,
    /// What is assigned to the consumer now.
    assignment: Vec<PartitionIx>,
    discovery: Discovery,
    rebalance: Rebalance,
    /// It leads its generation, and has not shared the partitions out.
    leads: Option<Vec<(u64, Vec<TopicIx>)>>,
    /// What it shared out as a leader: the topics of its group, and how many partitions each had (`assignmentSnapshot`).
    shared: Vec<(TopicIx, usize)>,
    heartbeat: Heartbeat,
    commits: Commits,
    ending: Ending,
    /// The earliest moment at which a look could find something to do.
    wake: Instant,
    wants: Vec<Want>,
    /// Pauses so far, by what failed, to address their draws.
    paused: Tally,
}

impl Membership {
    /// A member that has not joined.
    pub(super) fn new(client: ClientIx, group: GroupIx, topics: &[TopicIx], settings: Settings, chance: Chance) -> Self {
        Membership {
            client,
            group,
            topics: topics.to_vec(),
            draws: chance.stream("client group pause"),
            state: State::Unjoined,
            generation: Generation::default(),
            assignment: Vec::new(),
            discovery: Discovery::default(),
            rebalance: Rebalance::default(),
            leads: None,
            shared: Vec::new(),
            heartbeat: Heartbeat::new(&settings, Instant::ZERO),
            commits: Commits::default(),
            ending: Ending::None,
            wake: Instant::MAX,
            wants: Vec::new(),
            paused: Tally::default(),
            settings,
        }
    }

    /// The process is gone.
    pub(super) fn crash(&mut self) {
        self.state = State::Unjoined;
        self.generation = Generation::default();
        self.assignment.clear();
        self.discovery = Discovery::default();
        self.rebalance = Rebalance::default();
        self.leads = None;
        self.shared.clear();
        self.commits = Commits::default();
        self.ending = Ending::None;
        self.wants.clear();
    }

    /// The member has been in its group for long: it knows its coordinator and what is whose, and is anywhere between two heartbeats and
    /// two commits. Of the one that leads, `shared` is what it shared out.
    pub(super) fn warm(
        &mut self,
        member: u64,
        partitions: Vec<PartitionIx>,
        shared: Vec<(TopicIx, usize)>,
        coordinator: Option<BrokerIx>,
        now: Instant,
        out: &mut Outbox,
    ) {
        self.watch(shared.iter().map(|(topic, _)| *topic).collect());
        self.shared = shared;
        self.generation = Generation { member: Some(member), number: Some(FIRST_GENERATION) };
        self.state = State::Stable;
        self.rebalance.joined();
        self.heartbeat = Heartbeat::new(&self.settings, now);
        let phase = |of: Duration, salt| of.scale(self.draws.at(mix(u64::MAX, salt)).unit());
        self.heartbeat.due_at = now + phase(self.settings.heartbeat_interval, 0);
        self.commits.due_at = self.settings.auto_commit.map_or(Instant::MAX, |every| now + phase(every, 1));
        if let Some(broker) = coordinator {
            self.know(broker, now, out);
        }
        self.take_partitions(partitions, out);
    }

    /// Whether nothing may be given to the application: it waits for a commit, or the member waits to give its partitions up
    /// (`maybeMarkPartitionsPendingRevocation`).
    pub(super) fn holds_back(&self) -> bool {
        self.rebalance.is_preparing() || self.is_committing_by_hand()
    }

    /// Looks at everything that is due; what it wants comes back, and is done before the next look.
    pub(super) fn look(&mut self, view: &View<'_>, out: &mut Outbox) -> Vec<Want> {
        self.wake = Instant::MAX;
        if view.polling {
            self.heartbeat.polled(&self.settings, view.now);
        }
        self.check_coordinator(view, out);
        self.beat(view, out);
        if self.ending != Ending::None {
            self.end(view, out);
        } else if view.polling && self.is_committing_by_hand() {
            self.commit_by_hand_step(view);
        }
        if view.polling && self.ending == Ending::None && !self.is_committing_by_hand() {
            self.rejoin_if_changed(view);
            self.rejoin_if_needed(view, out);
            self.share_out_if_known(view);
            self.commit_if_due(view, out);
            self.look_up_if_wanted(view);
        }
        self.discover(view, out);
        std::mem::take(&mut self.wants)
    }

    /// The earliest moment at which another look could find something to do, as the last one saw it.
    pub(super) fn wake(&self) -> Instant {
        self.wake
    }

    /// The coordinator has answered.
    pub(super) fn answered(&mut self, asked: Asked, response: GroupResponse, view: &View<'_>, out: &mut Outbox) {
        match (asked.what, response) {
            (What::Join, GroupResponse::Joined { error, member, generation, leader, members }) => {
                self.joined(asked.sent, error, (member, generation), leader.then_some(members), view, out);
            }
            (What::Sync, GroupResponse::Synced { error, partitions }) => self.synced(asked.sent, error, partitions, view, out),
            (What::Heartbeat, GroupResponse::Heartbeat { error }) => self.beaten(asked.sent, error, view.now, out),
            (What::Leave, GroupResponse::Left { .. }) => self.left(),
            (What::Commit(offsets), GroupResponse::Commit { results }) => self.committed(asked.sent, &offsets, &results, view.now, out),
            (What::LookUp, GroupResponse::Committed { error, offsets }) => self.looked_up(error, offsets, view.now, out),
            (what, response) => panic!("{response:?} answers no {what:?}"),
        }
    }

    /// A request failed: it never left, or its connection is gone (`DisconnectException`: the coordinator is unknown then).
    pub(super) fn lost(&mut self, asked: Asked, now: Instant, out: &mut Outbox) {
        self.coordinator_lost(false, out);
        match asked.what {
            What::Join | What::Sync => self.rebalance_failed(true, now),
            What::Heartbeat => self.heartbeat_failed(now),
            What::Leave => self.left(),
            What::Commit(offsets) => self.commit_lost(&offsets, now, out),
            What::LookUp => self.commits.look_up_failed(now + self.settings.retry_backoff),
        }
    }

    /// The application closes the consumer: it commits, if it does that by itself, leaves, and is [`Want::Closed`].
    pub(super) fn close(&mut self) {
        self.ending = Ending::Begun;
    }

    /// Asks the coordinator; false when it is not known.
    fn ask(&mut self, request: GroupRequest, what: What, timeout: Duration) -> bool {
        let Some(broker) = self.discovery.coordinator() else { return false };
        self.wants.push(Want::Ask(broker, request, Asked { what, sent: self.generation }, timeout));
        true
    }

    fn wake_at(&mut self, at: Instant) {
        self.wake = self.wake.min(at);
    }

    fn pause(&mut self, of: Pause, failures: u32) -> Duration {
        let what = of as u64;
        self.settings.retry.at(failures, self.draws.at(mix(what, self.paused.next(what))))
    }

    fn fact(&self, what: GroupFact, out: &mut Outbox) {
        out.fact(Fact::Group { group: self.group, what });
    }

    fn take_partitions(&mut self, partitions: Vec<PartitionIx>, out: &mut Outbox) {
        let what = GroupFact::Assigned {
            client: self.client,
            generation: self.generation.number.unwrap_or(0),
            partitions: partitions.len() as u32,
        };
        self.fact(what, out);
        self.assignment.clone_from(&partitions);
        self.wants.push(Want::Assign(partitions));
    }

    fn give_up_partitions(&mut self, out: &mut Outbox) {
        let before = std::mem::take(&mut self.assignment);
        self.commits.forget_look_up();
        if before.is_empty() {
            return;
        }
        self.fact(GroupFact::Revoked { client: self.client, partitions: before.len() as u32 }, out);
        self.wants.push(Want::Revoke);
    }
}
