//! The connections of a voter to the others: one request in flight on each. Source: `KafkaNetworkChannel`, `RequestManager`,
//! `NetworkClient` with the settings of `RaftManager.buildNetworkClient`.

use super::super::Turn;
use crate::engine::{Duration, Instant, mix};
use crate::kafka::VoterIx;
use crate::model::Channel;
use crate::model::message::Request;

/// `reconnect.backoff.ms` of the raft client.
const RECONNECT_BACKOFF: Duration = Duration::from_millis(50);
/// `reconnect.backoff.max.ms` of the raft client.
const RECONNECT_BACKOFF_MAX: Duration = Duration::from_millis(500);
/// `socket.connection.setup.timeout.ms`.
const SETUP_TIMEOUT: Duration = Duration::from_secs(10);
/// `socket.connection.setup.timeout.max.ms`.
const SETUP_TIMEOUT_MAX: Duration = Duration::from_secs(30);

/// What the pause after a lost connection is addressed by, beside to whom.
const LOSS: u64 = 0;

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum State {
    #[default]
    Closed,
    Opening {
        deadline: Instant,
    },
    Open,
}

/// The connection to one other voter.
#[derive(Clone, Default, Debug)]
pub(in crate::model::controller) struct Link {
    state: State,
    /// Connections that failed in a row.
    failures: u32,
    correlation: u32,
    in_flight: Option<(u32, Instant)>,
    /// Neither a connection attempt nor a request before this.
    pub not_before: Instant,
}

impl Link {
    /// The connection is up.
    pub fn connected(&mut self) {
        if matches!(self.state, State::Opening { .. }) {
            self.state = State::Open;
            self.failures = 0;
        }
    }
    /// Whether the answer is the one that is waited for; it is not any more then.
    pub fn answered(&mut self, correlation: u32) -> bool {
        self.in_flight.take_if(|(c, _)| *c == correlation).is_some()
    }
    /// When its attempt or request is given up.
    pub fn deadline(&self) -> Option<Instant> {
        let opening = if let State::Opening { deadline } = self.state { Some(deadline) } else { None };
        self.in_flight.map(|(_, deadline)| deadline).or(opening)
    }
}

impl Turn<'_, '_> {
    /// Sends a request if the connection is open and idle; opens it if it is closed. Otherwise nothing: whoever wants to send asks again.
    pub(super) fn send(&mut self, to: VoterIx, request: Request) {
        let now = self.ctx.now;
        let timeout = self.voter().config.controller_quorum_request_timeout;
        let node = self.ctx.spec.voters[to.index()].node;
        let link = &mut self.raft.links[to.index()];
        if now < link.not_before || link.in_flight.is_some() {
            return;
        }
        match link.state {
            State::Opening { .. } => {}
            State::Closed => {
                let timeout = Duration::from_nanos(SETUP_TIMEOUT.as_nanos() << link.failures.min(4)).min(SETUP_TIMEOUT_MAX);
                link.state = State::Opening { deadline: now + timeout };
                self.out.open(Channel::Raft(to), node);
            }
            State::Open => {
                link.correlation += 1;
                link.in_flight = Some((link.correlation, now + timeout));
                let errand = mix(request.errand(), self.ctx.spec.voter_key(to).bits());
                let address = mix(errand, self.done.next(errand));
                self.out.request(Channel::Raft(to), link.correlation, request, 128, address);
                if let super::Role::Leader(leading) = &mut self.raft.role {
                    leading.begin_wanted[to.index()] = false;
                }
            }
        }
    }

    /// The peer or the network ended the connection.
    pub(in crate::model::controller) fn link_lost(&mut self, to: VoterIx) {
        let now = self.ctx.now;
        let retry = self.voter().config.controller_quorum_retry_backoff;
        let loss = mix(LOSS, self.ctx.spec.voter_key(to).bits());
        let draw = self.draws.reconnect.at(mix(loss, self.done.next(loss)));
        let link = &mut self.raft.links[to.index()];
        let base = Duration::from_nanos(RECONNECT_BACKOFF.as_nanos() << link.failures.min(10)).min(RECONNECT_BACKOFF_MAX);
        // ExponentialBackoff with a jitter of 0.2 (ClusterConnectionStates).
        let backoff = base.scale(0.8 + 0.4 * draw.unit()).max(retry);
        link.failures += 1;
        link.state = State::Closed;
        link.in_flight = None;
        link.not_before = now + backoff;
    }

    /// Gives up attempts and requests that took too long; their connections are closed (`NetworkClient.handleTimedOutRequests`).
    pub(super) fn expire_links(&mut self) {
        for to in (0..self.voters() as u32).map(VoterIx) {
            if self.raft.links[to.index()].deadline().is_some_and(|at| self.ctx.now >= at) {
                self.out.close(Channel::Raft(to));
                self.link_lost(to);
            }
        }
    }
}
