//! The connections of a client: set-up, requests in flight, pauses before a reconnect. The rules are those of the Java client
//! (`NetworkClient`, `ClusterConnectionStates`, `InFlightRequests`); what differs between libraries is in the [`Policy`].

use super::backoff::Backoff;
use crate::engine::{Duration, Instant, Key, Stream, mix};
use crate::kafka::BrokerIx;
use crate::model::Channel;
use std::collections::VecDeque;

/// `ConnectionState`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    Disconnected,
    Connecting,
    CheckingApiVersions,
    Ready,
}

/// What differs between libraries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Policy {
    /// How long an attempt may take until TCP is up; grows with failures where the library lets it.
    pub setup: Backoff,
    /// The pause before a lost or refused connection is opened again.
    pub reconnect: Backoff,
    /// After how long an unused connection is closed; none: never.
    pub idle: Option<Duration>,
    /// A clock that counts in these steps and whose time-outs are strict: one step is added to each.
    pub tick: Duration,
}

/// A request without an answer yet; `P` is what the library sent it for.
#[derive(Clone, Debug)]
pub(super) struct InFlight<P> {
    pub correlation: u32,
    /// From then on the connection is overdue.
    pub deadline: Instant,
    pub purpose: P,
}

/// One connection, alive or not: `NodeConnectionState` with its in-flight requests.
#[derive(Clone, Debug)]
pub(super) struct Connection<P> {
    pub channel: Channel,
    pub broker: BrokerIx,
    /// What draws about that broker are addressed by.
    broker_key: Key,
    pub state: State,
    pub in_flight: VecDeque<InFlight<P>>,
    /// Set when an attempt starts and again when the connection is lost.
    last_attempt: Instant,
    reconnect_pause: Duration,
    failed_attempts: u32,
    setup_timeout: Duration,
    failed_setups: u32,
    last_active: Instant,
    /// Attempts so far, to address draws.
    pub attempts: u64,
}

/// What is wrong with a connection now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Overdue {
    Setup,
    Request,
    Idle,
}

/// All connections of one client.
#[derive(Clone, Debug)]
pub(super) struct Connections<P> {
    /// Ascending by channel.
    list: Vec<Connection<P>>,
    /// Nothing can be overdue before this moment: a lower bound that a look refreshes.
    check_at: Instant,
    next_correlation: u32,
    policy: Policy,
    draws: Stream,
}

impl<P> Connections<P> {
    /// No connections. `draws` gives the jitter of reconnect pauses and set-up time-outs.
    pub(super) fn new(policy: Policy, draws: Stream) -> Self {
        Connections { list: Vec::new(), check_at: Instant::MAX, next_correlation: 0, policy, draws }
    }

    /// What begins from now on keeps to this.
    pub(super) fn retune(&mut self, policy: Policy) {
        self.policy = policy;
    }

    fn position(&self, channel: Channel) -> Result<usize, usize> {
        self.list.binary_search_by_key(&channel, |c| c.channel)
    }

    /// The connection of a channel, if there ever was one.
    pub(super) fn get(&self, channel: Channel) -> Option<&Connection<P>> {
        self.position(channel).ok().map(|i| &self.list[i])
    }

    fn get_mut(&mut self, channel: Channel) -> Option<&mut Connection<P>> {
        let i = self.position(channel).ok()?;
        Some(&mut self.list[i])
    }

    /// The channels that are open or opening.
    pub(super) fn open(&self) -> impl Iterator<Item = Channel> {
        self.list.iter().filter(|c| c.state != State::Disconnected).map(|c| c.channel)
    }

    /// How many requests have no answer yet, on all connections (`NetworkClient.inFlightRequestCount`).
    pub(super) fn in_flight(&self) -> usize {
        self.list.iter().map(|c| c.in_flight.len()).sum()
    }

    /// `ClusterConnectionStates.isDisconnected`: it was opened once, and is not open.
    pub(super) fn has_failed(&self, channel: Channel) -> bool {
        self.get(channel).is_some_and(|c| c.state == State::Disconnected)
    }

    /// `NetworkClientUtils.isUnavailable`: it has failed, and may not be opened again yet.
    pub(super) fn is_unavailable(&self, channel: Channel, now: Instant) -> bool {
        self.has_failed(channel) && self.reconnect_at(channel).is_some_and(|at| at > now)
    }

    fn state(&self, channel: Channel) -> State {
        self.get(channel).map_or(State::Disconnected, |c| c.state)
    }

    /// `NetworkClient.canSendRequest`.
    pub(super) fn can_send(&self, channel: Channel, limit: usize) -> bool {
        self.get(channel).is_some_and(|c| c.state == State::Ready && c.in_flight.len() < limit)
    }

    /// `ClusterConnectionStates.isReady`.
    pub(super) fn is_ready(&self, channel: Channel) -> bool {
        self.state(channel) == State::Ready
    }

    /// `ClusterConnectionStates.isConnecting`: TCP is not up yet.
    pub(super) fn is_connecting(&self, channel: Channel) -> bool {
        self.state(channel) == State::Connecting
    }

    /// `ClusterConnectionStates.isPreparingConnection`.
    pub(super) fn is_preparing(&self, channel: Channel) -> bool {
        matches!(self.state(channel), State::Connecting | State::CheckingApiVersions)
    }

    /// From when on the channel may be opened again; none while it is open.
    pub(super) fn reconnect_at(&self, channel: Channel) -> Option<Instant> {
        match self.get(channel) {
            None => Some(Instant::ZERO),
            Some(c) => (c.state == State::Disconnected).then(|| c.last_attempt + c.reconnect_pause),
        }
    }

    /// `ClusterConnectionStates.canConnect`.
    pub(super) fn can_connect(&self, channel: Channel, now: Instant) -> bool {
        self.reconnect_at(channel).is_some_and(|at| at <= now)
    }

    /// When the channel was last tried or lost (`lastConnectAttemptMs`); the start of time when never.
    pub(super) fn last_attempt(&self, channel: Channel) -> Instant {
        self.get(channel).map_or(Instant::ZERO, |c| c.last_attempt)
    }

    /// A connection attempt starts (`ClusterConnectionStates.connecting`).
    pub(super) fn connecting(&mut self, channel: Channel, broker: BrokerIx, broker_key: Key, now: Instant) {
        let (policy, draws) = (self.policy, self.draws);
        let i = self.position(channel).unwrap_or_else(|i| {
            self.list.insert(i, Connection::new(channel, (broker, broker_key), policy, draws));
            i
        });
        let connection = &mut self.list[i];
        connection.state = State::Connecting;
        connection.last_attempt = now;
        connection.attempts += 1;
        self.check_at = self.check_at.min(connection.last_attempt + connection.setup_timeout + self.policy.tick);
    }

    /// TCP is up and the ApiVersions request leaves (`checkingApiVersions`).
    pub(super) fn checking_api_versions(&mut self, channel: Channel, now: Instant) {
        let (policy, draws) = (self.policy, self.draws);
        let Some(connection) = self.get_mut(channel) else { return };
        connection.state = State::CheckingApiVersions;
        connection.last_active = now;
        connection.failed_setups = 0;
        connection.setup_timeout = connection.draw_setup_timeout(policy, draws);
    }

    /// The broker told its versions (`ClusterConnectionStates.ready`).
    pub(super) fn ready(&mut self, channel: Channel, now: Instant) {
        let policy = self.policy;
        let Some(connection) = self.get_mut(channel) else { return };
        connection.state = State::Ready;
        // A library that greets a broker only once sends nothing on a new connection before this.
        connection.last_active = now;
        connection.failed_attempts = 0;
        let idle_at = policy.idle.map_or(Instant::MAX, |idle| now + idle + policy.tick);
        self.check_at = self.check_at.min(idle_at);
    }

    /// Notes a request and gives its correlation id. Its answer is due within `timeout`; none: there will be no answer (acks=0), it is
    /// complete when it is written (`handleCompletedSends`).
    pub(super) fn send(&mut self, channel: Channel, purpose: P, timeout: Option<Duration>, now: Instant) -> u32 {
        let correlation = self.next_correlation;
        self.next_correlation = correlation.wrapping_add(1);
        let deadline = timeout.map(|t| now + t + self.policy.tick);
        let Some(connection) = self.get_mut(channel) else { return correlation };
        connection.last_active = now;
        if let Some(deadline) = deadline {
            connection.in_flight.push_back(InFlight { correlation, deadline, purpose });
            self.check_at = self.check_at.min(deadline);
        }
        correlation
    }

    /// Takes the request that an answer is for: always the oldest (`InFlightRequests.completeNext`).
    pub(super) fn answered(&mut self, channel: Channel, correlation: u32, now: Instant) -> Option<P> {
        let connection = self.get_mut(channel)?;
        connection.last_active = now;
        let request = connection.in_flight.pop_front()?;
        assert_eq!(request.correlation, correlation, "answers come in request order");
        Some(request.purpose)
    }

    /// No answer is overdue before this moment: for libraries whose read time-out begins with the read.
    pub(super) fn await_from(&mut self, channel: Channel, deadline: Instant) {
        let Some(connection) = self.get_mut(channel) else { return };
        for request in &mut connection.in_flight {
            request.deadline = request.deadline.max(deadline);
        }
    }

    /// The oldest request's answer is awaited until then: for libraries that read one answer at a time and time only that.
    pub(super) fn await_oldest(&mut self, channel: Channel, deadline: Instant) {
        let Some(oldest) = self.get_mut(channel).and_then(|c| c.in_flight.front_mut()) else { return };
        oldest.deadline = deadline;
        self.check_at = self.check_at.min(deadline);
    }

    /// The connection is over (`ClusterConnectionStates.disconnected`): gives what was in flight, oldest first.
    pub(super) fn lost(&mut self, channel: Channel, now: Instant) -> VecDeque<InFlight<P>> {
        let (policy, draws) = (self.policy, self.draws);
        let Some(connection) = self.get_mut(channel) else { return VecDeque::new() };
        let salt = mix(connection.entity(), connection.attempts);
        connection.reconnect_pause = policy.reconnect.at(connection.failed_attempts, draws.at(salt));
        connection.failed_attempts += 1;
        connection.failed_setups = if connection.state == State::Connecting { connection.failed_setups + 1 } else { 0 };
        connection.setup_timeout = connection.draw_setup_timeout(policy, draws);
        connection.state = State::Disconnected;
        connection.last_attempt = now;
        std::mem::take(&mut connection.in_flight)
    }

    /// The loss of a connection that had been ready is no failed attempt: it may be opened again at once.
    pub(super) fn forgive(&mut self, channel: Channel) {
        let Some(connection) = self.get_mut(channel) else { return };
        connection.reconnect_pause = Duration::ZERO;
        connection.failed_attempts = 0;
    }

    /// Gives up the overdue requests of a connection and keeps it: `left` takes their place, so that late answers find it. What they were
    /// for, oldest first.
    pub(super) fn abandon(&mut self, channel: Channel, now: Instant, left: P) -> Vec<P>
    where
        P: Clone,
    {
        let Some(connection) = self.get_mut(channel) else { return Vec::new() };
        let overdue = connection.in_flight.iter_mut().filter(|f| f.deadline <= now);
        overdue
            .map(|f| {
                f.deadline = Instant::MAX;
                std::mem::replace(&mut f.purpose, left.clone())
            })
            .collect()
    }

    /// From when on something may be overdue.
    pub(super) fn check_at(&self) -> Instant {
        self.check_at
    }

    /// A channel that is overdue now, with the reason, or none and the next moment to look.
    /// Sources: `handleTimedOutConnections`, `handleTimedOutRequests`, `Selector.maybeCloseOldestConnection`.
    pub(super) fn overdue(&mut self, now: Instant) -> Option<(Channel, Overdue)> {
        if now < self.check_at {
            return None;
        }
        let mut next = Instant::MAX;
        for connection in &self.list {
            let Some((at, what)) = connection.overdue_at(self.policy) else { continue };
            if at <= now {
                return Some((connection.channel, what));
            }
            next = next.min(at);
        }
        self.check_at = next;
        None
    }
}

impl<P> Connection<P> {
    fn new(channel: Channel, (broker, broker_key): (BrokerIx, Key), policy: Policy, draws: Stream) -> Self {
        let mut connection = Connection {
            channel,
            broker,
            broker_key,
            state: State::Disconnected,
            in_flight: VecDeque::new(),
            last_attempt: Instant::ZERO,
            reconnect_pause: Duration::ZERO,
            failed_attempts: 0,
            setup_timeout: Duration::ZERO,
            failed_setups: 0,
            last_active: Instant::ZERO,
            attempts: 0,
        };
        connection.setup_timeout = connection.draw_setup_timeout(policy, draws);
        connection
    }

    /// When something was last written or read.
    pub(super) fn last_active(&self) -> Instant {
        self.last_active
    }

    /// What draws about this connection are addressed by.
    pub(super) fn entity(&self) -> u64 {
        match self.channel {
            Channel::Broker(_) => mix(0, self.broker_key.bits()),
            Channel::Bootstrap(i) => mix(1, u64::from(i)),
            Channel::Lane(_, lane) => mix(mix(2, self.broker_key.bits()), u64::from(lane)),
            Channel::Fetcher(..) | Channel::Heartbeat(_) | Channel::AlterPartition(_) | Channel::Raft(_) => {
                unreachable!("clients open no such channel")
            }
        }
    }

    fn draw_setup_timeout(&self, policy: Policy, draws: Stream) -> Duration {
        let salt = mix(mix(self.entity(), self.attempts), u64::from(self.failed_setups) + 1);
        policy.setup.at(self.failed_setups, draws.at(salt))
    }

    /// The earliest moment at which this connection is overdue.
    fn overdue_at(&self, policy: Policy) -> Option<(Instant, Overdue)> {
        match self.state {
            State::Disconnected => None,
            State::Connecting => Some((self.last_attempt + self.setup_timeout + policy.tick, Overdue::Setup)),
            State::CheckingApiVersions | State::Ready => {
                let request = self.in_flight.iter().map(|f| f.deadline).min().map(|at| (at, Overdue::Request));
                let idle = policy.idle.map(|idle| (self.last_active + idle + policy.tick, Overdue::Idle));
                request.into_iter().chain(idle).min_by_key(|(at, _)| *at)
            }
        }
    }
}
