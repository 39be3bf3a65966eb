//! Causes of a connection's fate.

use super::attempts::PAUSE;
use super::{Rules, after, all};
use crate::engine::Duration;
use crate::explain::graph::{Cause, Point};
use crate::explain::kept::Ix;
use crate::explain::wait::Wait;
use crate::kafka::BrokerIx;
use crate::observe::Fact;
use crate::observe::fact::{Refresh, Unreachable};

/// Who pauses looks whether it is over once a second at the least (the threads of librdkafka, `rd_kafka_broker_thread_main`).
const LOOK: Duration = Duration::from_secs(1);

impl Rules<'_> {
    /// A client began to connect: it had a reason, and was not pausing after the last failure.
    pub(super) fn opening(&self, ix: Ix, broker: BrokerIx) -> Vec<Cause> {
        let at = self.kept.at(ix);
        let client = self.target().client;
        // Some connect only when a batch is to leave.
        if let Some(record) = self.lingered(ix) {
            return vec![all(Point::Fact(record), Wait::Linger)];
        }
        let believed =
            self.recent(ix, |f| matches!(f, Fact::BeliefChanged { client: c, leader, .. } if *c == client && *leader == Some(broker)));
        let wanted = self.recent(ix, |f| matches!(f, Fact::Refreshed { what: Refresh::Wanted | Refresh::Failed, .. }));
        // Records that came while others waited are no reason.
        let record = self.first_record(ix);
        let reasons: Vec<Ix> = if believed.is_some() { believed.into_iter().collect() } else { wanted.max(record).into_iter().collect() };
        let lost = self.recent(ix, |f| matches!(f, Fact::ConnectionLost { client: c, broker: b, .. } if (*c, *b) == (client, broker)));
        let last = reasons.iter().map(|cause| self.kept.at(*cause)).max();
        let paused = last.is_none_or(|last| at.since(last) > PAUSE);
        if paused && lost.is_some_and(|lost| self.outlasts_pauses(at.since(self.kept.at(lost)))) {
            return reasons.into_iter().chain(lost).max().map(|cause| all(Point::Fact(cause), Wait::Asleep)).into_iter().collect();
        }
        let mut causes: Vec<Cause> = reasons.into_iter().map(|cause| after(Point::Fact(cause), Wait::ClientLoop)).collect();
        causes.extend(lost.map(|cause| Cause { point: Point::Fact(cause), wait: Wait::ReconnectBackoff, explains: paused, by: None }));
        causes
    }

    /// Whether this is longer than any pause before the client connects again: `reconnect.backoff.max.ms` bounds what is drawn
    /// (`ExponentialBackoff.backoff`, `rd_kafka_broker_update_reconnect_backoff`).
    fn outlasts_pauses(&self, length: Duration) -> bool {
        self.reconnect_pause.is_some_and(|longest| length > longest + LOOK)
    }

    pub(super) fn ready(&self, ix: Ix, broker: BrokerIx) -> Vec<Cause> {
        let client = self.target().client;
        let opening = self.kept.last(ix, |f| matches!(f, Fact::ConnectionOpening { client: c, broker: b } if (*c, *b) == (client, broker)));
        let Some(opening) = opening else { return Vec::new() };
        let mut causes = vec![after(Point::Fact(opening), Wait::ConnectionSetup)];
        causes.extend(self.reached_again(opening, ix, broker));
        causes
    }

    /// A connection or an attempt is over.
    pub(super) fn lost(&self, ix: Ix, broker: BrokerIx, how: Unreachable) -> Vec<Cause> {
        let (at, client) = (self.kept.at(ix), self.target().client);
        let node = self.spec.brokers[broker.index()].node;
        let opening = self.kept.last(ix, |f| matches!(f, Fact::ConnectionOpening { client: c, broker: b } if (*c, *b) == (client, broker)));
        let ready = self.kept.last(ix, |f| matches!(f, Fact::ConnectionReady { client: c, broker: b } if (*c, *b) == (client, broker)));
        let attempt = opening.filter(|opening| Some(*opening) > ready);
        match how {
            Unreachable::Refused => opening.map(|cause| after(Point::Fact(cause), Wait::Network)).into_iter().collect(),
            Unreachable::Reset => {
                let ended = self.recent(ix, |f| matches!(f, Fact::ProcessEnded { node: n, .. } if *n == node));
                // A machine without power resets nothing before it runs again.
                let started = self.recent(ix, |f| matches!(f, Fact::ProcessStarted { node: n } if *n == node));
                let causes = [(ended, Wait::Network), (started, Wait::Retransmit), (attempt, Wait::ConnectionSetup)];
                causes.into_iter().filter_map(|(cause, wait)| Some(after(Point::Fact(cause?), wait))).collect()
            }
            Unreachable::TimedOut => match attempt {
                Some(attempt) => vec![all(Point::Fact(attempt), Wait::SetupTimeout)],
                None => self.given_up(at, broker).map(|sent| all(Point::Fact(sent), Wait::RequestTimeout)).into_iter().collect(),
            },
        }
    }

    /// What had been sent over a connection that was given up at this moment: a request, or a request for metadata.
    fn given_up(&self, at: crate::engine::Instant, broker: BrokerIx) -> Option<Ix> {
        let client = self.target().client;
        let until = self.kept.after(at);
        let entry = self.kept.last_since(
            at,
            until,
            |f| matches!(f, Fact::EntryUnreachable { client: c, broker: b, .. } if (*c, *b) == (client, broker)),
        );
        let sent = entry.and_then(|ix| {
            if let Fact::EntryUnreachable { entry, .. } = self.kept.fact(ix) {
                self.kept.last(ix, |f| matches!(f, Fact::EntrySent { entry: e, .. } if e == entry))
            } else {
                None
            }
        });
        sent.or_else(|| self.kept.last(until, |f| matches!(f, Fact::Refreshed { what: Refresh::Sent(b), .. } if *b == broker)))
    }
}
