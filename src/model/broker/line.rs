//! One outgoing connection of a broker on which one request at a time waits for its answer: raft fetches, the two
//! controller channels, fetcher threads. A `NetworkClient` with one request in flight.

use crate::engine::{Duration, Instant, Stream, Tally, mix};
use crate::kafka::{BrokerIx, NodeIx};
use crate::model::message::Request;
use crate::model::{Channel, Outbox};
use crate::observe::Fact;
use crate::observe::fact::{Link, Unreachable};

/// First connection set-up time-out, and its upper bound (`socket.connection.setup.timeout.ms`, KIP-601), each with 20 % jitter.
const SETUP_TIMEOUT: Duration = Duration::from_secs(10);
const SETUP_TIMEOUT_MAX: Duration = Duration::from_secs(30);

/// A connection with at most one request in flight.
#[derive(Debug)]
pub struct Line {
    /// Whose it is.
    of: BrokerIx,
    channel: Channel,
    to: NodeIx,
    state: LineState,
    /// First and longest pause before connecting again.
    reconnect: (Duration, Duration),
    failures: u32,
    setup_failures: u32,
    sent: u32,
    losses: u64,
    /// Requests so far, by what they were for.
    errands: Tally,
    stream: Stream,
    /// How often the thread looks whether an attempt has taken too long.
    poll: Duration,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum LineState {
    Down { not_before: Instant },
    Connecting { begun_at: Instant, give_up_at: Instant },
    Idle,
    Busy { correlation: u32, sent_at: Instant, give_up_at: Instant },
}

impl Line {
    /// A line that is not connected yet. `stream` is this line's own.
    pub fn new(of: BrokerIx, channel: Channel, to: NodeIx, reconnect: (Duration, Duration), stream: Stream) -> Self {
        Line {
            of,
            channel,
            to,
            state: LineState::Down { not_before: Instant::ZERO },
            reconnect,
            failures: 0,
            setup_failures: 0,
            sent: 0,
            losses: 0,
            errands: Tally::default(),
            stream,
            poll: Duration::from_nanos(1),
        }
    }

    /// The same line, on a thread that sleeps in `NetworkClient.poll` for `poll` at a time while nothing arrives. A connection attempt that
    /// has taken too long is noticed when it wakes (`handleTimedOutConnections` comes after the select; `connectionDelay` of a connecting
    /// node is no bound on it).
    pub fn polled_every(self, poll: Duration) -> Self {
        Line { poll, ..self }
    }

    /// The channel that it uses.
    pub fn channel(&self) -> Channel {
        self.channel
    }

    /// Connects if it may; says whether a request can be sent now.
    pub fn ready(&mut self, now: Instant, out: &mut Outbox) -> bool {
        match self.state {
            LineState::Idle => true,
            LineState::Busy { .. } | LineState::Connecting { .. } => false,
            LineState::Down { not_before } if now < not_before => false,
            LineState::Down { .. } => {
                self.state = LineState::Connecting { begun_at: now, give_up_at: now + self.setup_timeout() };
                out.open(self.channel, self.to);
                false
            }
        }
    }

    fn setup_timeout(&self) -> Duration {
        let doubled = (SETUP_TIMEOUT * (1 << self.setup_failures.min(4))).min(SETUP_TIMEOUT_MAX);
        let jitter = 0.8 + 0.4 * self.stream.at(mix(1, u64::from(self.setup_failures))).unit();
        let polls = doubled.scale(jitter).min(SETUP_TIMEOUT_MAX).as_nanos().div_ceil(self.poll.as_nanos().max(1));
        self.poll * polls
    }

    /// Sends a request that must be answered within `timeout`; the line must be ready.
    pub fn send(&mut self, request: Request, bytes: u32, timeout: Duration, now: Instant, out: &mut Outbox) {
        debug_assert_eq!(self.state, LineState::Idle, "only a ready line sends");
        self.sent += 1;
        self.state = LineState::Busy { correlation: self.sent, sent_at: now, give_up_at: now + timeout };
        let errand = request.errand();
        let address = address(self.key(), errand, self.errands.next(errand));
        out.request(self.channel, self.sent, request, bytes, address);
    }

    /// What its requests are addressed by.
    pub fn key(&self) -> u64 {
        self.stream.at(2).bits()
    }

    /// How many requests it has sent for an errand.
    pub fn sent_for(&self, errand: u64) -> u64 {
        self.errands.count(errand)
    }

    /// When the request that waits for its answer was sent, if it is this one.
    pub fn waits_since(&self, asked: u32) -> Option<Instant> {
        match self.state {
            LineState::Busy { correlation, sent_at, .. } if correlation == asked => Some(sent_at),
            LineState::Busy { .. } | LineState::Idle | LineState::Connecting { .. } | LineState::Down { .. } => None,
        }
    }

    /// It has sent `sent` requests by now, `of_errand` of them for this errand, one after the other; the last one waits for its answer since
    /// `waiting`, with the time it may take, or has got it.
    pub fn went_on(&mut self, sent: u32, (errand, of_errand): (u64, u64), waiting: Option<(Instant, Duration)>) {
        self.sent = sent;
        self.errands.set(errand, of_errand);
        self.state = waiting.map_or(LineState::Idle, |(sent_at, timeout)| LineState::Busy {
            correlation: sent,
            sent_at,
            give_up_at: sent_at + timeout,
        });
    }

    /// The connection is up.
    pub fn connected(&mut self) {
        self.state = LineState::Idle;
        self.failures = 0;
        self.setup_failures = 0;
    }

    /// The answer to `correlation` has come; says whether it was waited for.
    pub fn answered(&mut self, correlation: u32) -> bool {
        match self.state {
            LineState::Busy { correlation: waited, .. } if waited == correlation => {
                self.state = LineState::Idle;
                true
            }
            LineState::Busy { .. } | LineState::Idle | LineState::Connecting { .. } | LineState::Down { .. } => false,
        }
    }

    /// The connection or its attempt is lost; says whether a request was waiting on it.
    pub fn lost(&mut self, how: Unreachable, now: Instant, out: &mut Outbox) -> bool {
        self.tell(how, now, out);
        self.go_down(now)
    }

    fn go_down(&mut self, now: Instant) -> bool {
        let was_busy = matches!(self.state, LineState::Busy { .. });
        if matches!(self.state, LineState::Connecting { .. }) {
            self.setup_failures += 1;
        }
        let pause = (self.reconnect.0 * (1 << self.failures.min(10))).min(self.reconnect.1);
        self.failures += 1;
        self.losses += 1;
        let jitter = if self.reconnect.1 > self.reconnect.0 { 0.8 + 0.4 * self.stream.at(mix(3, self.losses)).unit() } else { 1.0 };
        self.state = LineState::Down { not_before: now + pause.scale(jitter) };
        was_busy
    }

    /// Closes the line to a peer that turned out to be the wrong one; it may be opened again after the pause.
    pub fn turn_away(&mut self, now: Instant, out: &mut Outbox) {
        out.close(self.channel);
        self.go_down(now);
    }

    /// Notes that it is lost.
    fn tell(&self, how: Unreachable, now: Instant, out: &mut Outbox) {
        let (was_connected, correlation, since) = match self.state {
            LineState::Down { .. } => return,
            LineState::Connecting { begun_at, .. } => (false, None, begun_at),
            LineState::Idle => (true, None, now),
            LineState::Busy { correlation, sent_at, .. } => (true, Some(correlation), sent_at),
        };
        let link = match self.channel {
            Channel::Fetcher(_, thread) => Link::Fetcher(thread),
            Channel::Heartbeat(_) => Link::Heartbeat,
            Channel::AlterPartition(_) => Link::AlterPartition,
            Channel::Raft(_) => Link::Raft,
            // Those of clients.
            Channel::Broker(_) | Channel::Lane(..) | Channel::Bootstrap(_) => return,
        };
        let waited = now.since(since);
        out.fact(Fact::LinkLost { broker: self.of, to: self.to, link, how, was_connected, correlation, waited });
    }

    /// Closes the line when its time is up; says so.
    pub fn give_up_if_late(&mut self, now: Instant, out: &mut Outbox) -> bool {
        match self.state {
            LineState::Connecting { give_up_at, .. } | LineState::Busy { give_up_at, .. } if now >= give_up_at => {
                self.tell(Unreachable::TimedOut, now, out);
                self.turn_away(now, out);
                true
            }
            LineState::Connecting { .. } | LineState::Busy { .. } | LineState::Idle | LineState::Down { .. } => false,
        }
    }

    /// Closes the line at once.
    pub fn close(&mut self, out: &mut Outbox) {
        if !matches!(self.state, LineState::Down { .. }) {
            out.close(self.channel);
        }
        self.state = LineState::Down { not_before: Instant::ZERO };
    }

    /// Whether a request is in flight.
    pub fn is_busy(&self) -> bool {
        matches!(self.state, LineState::Busy { .. })
    }

    /// When this line needs a look by itself: a time-out, or the end of a pause before connecting.
    pub fn next_deadline(&self) -> Option<Instant> {
        match self.state {
            LineState::Connecting { give_up_at, .. } | LineState::Busy { give_up_at, .. } => Some(give_up_at),
            LineState::Down { not_before } => Some(not_before),
            LineState::Idle => None,
        }
    }
}

/// What the delays of a line's request are drawn by: the line, what the request is for, and how often that was sent before.
pub fn address(line: u64, errand: u64, before: u64) -> u64 {
    mix(line, mix(errand, before))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Chance;
    use crate::kafka::VoterIx;

    #[test]
    fn an_attempt_that_took_too_long_is_noticed_when_its_thread_wakes() {
        let poll = Duration::from_secs(2);
        let noticed: Vec<u64> = (0..50)
            .map(|entity| {
                let stream = Chance::new(1).stream("line").part(entity);
                let no_pause = (Duration::ZERO, Duration::ZERO);
                let mut line = Line::new(BrokerIx(0), Channel::Raft(VoterIx(0)), NodeIx(0), no_pause, stream).polled_every(poll);
                line.ready(Instant::ZERO, &mut Outbox::default());
                line.next_deadline().expect("it connects").since_start().as_nanos()
            })
            .collect();
        assert!(noticed.iter().all(|at| at % poll.as_nanos() == 0), "8 to 12 s, seen every 2 s: {noticed:?}");
        assert!([10, 12].iter().all(|s| noticed.contains(&(s * 1_000_000_000))), "{noticed:?}");
    }
}
