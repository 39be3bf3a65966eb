//! Causes of what a client believes: its requests for metadata, and the hints in errors.

use super::attempts::PAUSE;
use super::{Rules, after, all};
use crate::engine::Duration;
use crate::explain::graph::{Cause, Point};
use crate::explain::kept::Ix;
use crate::explain::wait::Wait;
use crate::kafka::BrokerIx;
use crate::observe::Fact;
use crate::observe::fact::{Api, Refresh, Told};

/// No broker that is well takes so long over a request of a few bytes: the client let the time go by before it asked.
const LONG: Duration = Duration::from_millis(50);

impl Rules<'_> {
    /// A belief changed by the answer that came at the same moment.
    pub(super) fn believed(&self, ix: Ix, told: Told) -> Vec<Cause> {
        match told {
            Told::Metadata(..) => {
                let answer = self.recent(ix, |f| matches!(f, Fact::Refreshed { what: Refresh::Answered(..), .. }));
                answer.map(|cause| after(Point::Fact(cause), Wait::ClientLoop)).into_iter().collect()
            }
            Told::Hint(_) | Told::Forgot => self.trigger(ix),
        }
    }

    pub(super) fn refreshed(&self, ix: Ix, what: Refresh) -> Vec<Cause> {
        match what {
            Refresh::Wanted => {
                let triggers = self.trigger(ix);
                if !triggers.is_empty() {
                    return triggers;
                }
                // Where the client had met with something new since its last refresh, that is why, and it let some time go by first.
                match self.news_of_own(ix) {
                    Some(cause) => vec![all(Point::Fact(cause), self.pause_before_asking())],
                    None => vec![all(self.refresh_before(ix).map_or(Point::Start, Point::Fact), Wait::MetadataAge)],
                }
            }
            Refresh::Sent(broker) => self.asked_for(ix, broker),
            Refresh::Answered(broker, _) => self.told_by(ix, broker),
            Refresh::Failed | Refresh::Swallowed => self.trigger(ix),
        }
    }

    /// A consumer that lets time go by after an error does so before it fetches again, and asks then whom to fetch from.
    fn pause_before_asking(&self) -> Wait {
        if self.consumes() { Wait::RetryBackoff } else { Wait::RefreshBackoff }
    }

    /// The last that the client met with in the window that may make it ask: a record to send, an error, a connection that broke.
    fn news_of_own(&self, ix: Ix) -> Option<Ix> {
        let own = self.target().client;
        let since = self.refresh_before(ix);
        let met = self.recent(ix, |f| matches!(f, Fact::RecordCreated { client, .. } | Fact::EntryUnreachable { client, .. } | Fact::ConnectionLost { client, .. } if *client == own)
|| matches!(f, Fact::EntryReturned { client, error, .. } if *client == own && !error.is_none()));
        met.filter(|met| Some(*met) > since)
    }

    /// The last word about a refresh before this one.
    fn refresh_before(&self, ix: Ix) -> Option<Ix> {
        let is = |f: &Fact| matches!(f, Fact::Refreshed { what: Refresh::Answered(..) | Refresh::Failed | Refresh::Sent(_), .. });
        self.recent(ix, is)
    }

    /// A request for metadata left: it was wanted, the pause since the last one was over, and a connection was there.
    fn asked_for(&self, ix: Ix, broker: BrokerIx) -> Vec<Cause> {
        let (at, client) = (self.kept.at(ix), self.target().client);
        let before = self.refresh_before(ix);
        let wanted = self.recent(ix, |f| matches!(f, Fact::Refreshed { what: Refresh::Wanted, .. }));
        let ready = self.recent(ix, |f| matches!(f, Fact::ConnectionReady { client: c, broker: b } if (*c, *b) == (client, broker)));
        let last = wanted.max(ready).map(|cause| self.kept.at(cause));
        let paused = last.is_none_or(|last| at.since(last) > PAUSE);
        let mut causes = Vec::new();
        causes.extend(wanted.map(|cause| after(Point::Fact(cause), Wait::RefreshBackoff)));
        causes.extend(ready.map(|cause| after(Point::Fact(cause), Wait::ClientLoop)));
        causes.extend(before.map(|cause| Cause { point: Point::Fact(cause), wait: Wait::RefreshBackoff, explains: paused, by: None }));
        causes
    }

    /// A broker's answer came: it had been asked, had answered what came before on the connection, and knew.
    fn told_by(&self, ix: Ix, broker: BrokerIx) -> Vec<Cause> {
        let Some(sent) = self.kept.last(ix, |f| matches!(f, Fact::Refreshed { what: Refresh::Sent(b), .. } if *b == broker)) else {
            return Vec::new();
        };
        // A consumer takes an answer in when its application comes back.
        let wait = if self.worked_until(ix) { Wait::Processing } else { Wait::MetadataRequest };
        let mut causes = vec![after(Point::Fact(sent), wait)];
        let served = self.served(ix);
        causes.extend(self.muted(sent, served.unwrap_or(ix), broker));
        causes
            .extend(self.gates.news.filter(|news| *news < ix && *news > sent).map(|news| after(Point::Fact(news), Wait::MetadataRequest)));
        causes.extend(self.reached_again(sent, ix, broker));
        causes
    }

    /// A broker served a request that is no entry: it had come, and nothing before it on the connection was without an answer.
    pub(super) fn served_by(&self, ix: Ix, broker: BrokerIx, api: Api) -> Vec<Cause> {
        let asked = match api {
            Api::Metadata => self.kept.last(ix, |f| matches!(f, Fact::Refreshed { what: Refresh::Sent(b), .. } if *b == broker)),
            Api::ApiVersions
            | Api::InitProducerId
            | Api::Produce
            | Api::Fetch
            | Api::ListOffsets
            | Api::OffsetsForLeaderEpoch
            | Api::Group => self.recent(ix, |f| {
                matches!(f, Fact::ConnectionReady { broker: b, .. } if *b == broker)
                    || matches!(f, Fact::RequestServed { api: other, .. } if *other == api)
                    || matches!(f, Fact::BeliefChanged { .. } | Fact::Group { .. } | Fact::PositionSet { .. })
                    || matches!(f, Fact::Refreshed { what: Refresh::Answered(..), .. })
            }),
        };
        let Some(asked) = asked else { return Vec::new() };
        let again = matches!(self.kept.fact(asked), Fact::RequestServed { .. });
        let paused = again || self.kept.at(ix).since(self.kept.at(asked)) >= LONG;
        let mut causes = vec![after(Point::Fact(asked), if paused { Wait::RetryBackoff } else { Wait::Handler })];
        causes.extend(self.muted(asked, ix, broker));
        causes.extend(self.reached_again(asked, ix, broker));
        causes
    }

    /// The broker's own word that it served a metadata request.
    fn served(&self, ix: Ix) -> Option<Ix> {
        self.recent(ix, |f| matches!(f, Fact::RequestServed { api: Api::Metadata, .. }))
    }

    /// What happened to the client at this very moment and made it act. Facts of one moment come in no order that tells the cause, so of a
    /// later one its own causes stand in its place.
    fn trigger(&self, ix: Ix) -> Vec<Cause> {
        let (at, client) = (self.kept.at(ix), self.target().client);
        let is = |f: &Fact| {
            matches!(f, Fact::EntryReturned { client: c, error, .. } if *c == client && !error.is_none())
                || matches!(f, Fact::EntryUnreachable { client: c, .. } | Fact::ConnectionLost { client: c, .. } if *c == client)
        };
        if let Some(before) = self.kept.last_since(at, ix, is) {
            return vec![after(Point::Fact(before), Wait::ClientLoop)];
        }
        let until = self.kept.after(at);
        if let Some(later) = self.kept.last_since(at, until, is).filter(|later| *later > ix) {
            return self.of_fact(later).into_iter().filter(|cause| self.moment(cause.point) < at).collect();
        }
        let answered =
            |f: &Fact| matches!(f, Fact::Refreshed { what: Refresh::Answered(..) | Refresh::Failed, .. } | Fact::RecordCreated { .. });
        self.kept.last_since(at, ix, answered).map(|cause| after(Point::Fact(cause), Wait::ClientLoop)).into_iter().collect()
    }
}
