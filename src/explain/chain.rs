//! The chain of causes of one recovery: its graph, its critical path, and what else nearly mattered.

use super::graph::{Graph, Point};
use super::kept::{Ix, Kept};
use super::path::{self, Link};
use super::push::Awaited;
use super::remedy::Ill;
use super::rules::Rules;
use super::wait::Wait;
use super::words::Words;
use crate::engine::{Duration, Instant};
use crate::kafka::{BrokerIx, NodeIx};
use crate::model::Spec;
use crate::observe::Fact;
use crate::observe::fact::{Refresh, Unreachable};
use crate::observe::names::Names;
use crate::observe::sentence::sentence;
use crate::scenario::Scenario;

/// Shares of a step below which another chain is not named beside it.
const NEARLY: f64 = 0.75;

/// Why one recovery took as long as it did.
pub struct Chain<'a> {
    spec: &'a Spec,
    kept: &'a Kept,
    /// All causes.
    pub graph: Graph,
    /// The critical path.
    pub path: Vec<Link>,
}

/// A link of the path, and what the graph says of a run without it.
#[derive(Clone, Copy, Debug)]
pub struct Weight {
    /// Its place in the path.
    pub place: usize,
    /// What its time went by with.
    pub wait: Wait,
    /// How long it took while records waited.
    pub length: Duration,
    /// How much shorter all would be without it.
    pub saves: Duration,
    /// The longest link of the chain that would be critical then, if that is not the rest of this path.
    pub rival: Option<Link>,
}

impl<'a> Chain<'a> {
    /// The chain that ends where the target does; none when no fact of its end was kept.
    pub fn of(spec: &'a Spec, kept: &'a Kept) -> Option<Chain<'a>> {
        let end = success(kept)?;
        let rules = Rules::new(spec, kept, end);
        let graph = Graph::of(kept, &rules, end);
        let path = path::critical(&graph, kept.target.from);
        Some(Chain { spec, kept, graph, path })
    }

    /// What a link's time went by with.
    pub fn wait(&self, link: &Link) -> Wait {
        link.edge.map_or(Wait::Untold, |edge| self.graph.graph[edge].wait)
    }

    /// Who or what a link waited for, where that can be made to come earlier, and since when it was away.
    pub fn awaited(&self, link: &Link) -> Option<(Awaited, Instant)> {
        let by = link.edge.and_then(|edge| self.graph.graph[edge].by);
        let ended = by.or_else(|| if let Point::Fact(ix) = self.point(link) { Some(ix) } else { None })?;
        let since = |is: &dyn Fn(&Fact) -> bool| self.kept.last(ended, is).map_or(link.from, |ix| self.kept.at(ix));
        let fact = self.kept.fact(ended);
        if let Fact::ProcessStarted { node } = fact {
            Some((Awaited::Start(*node), link.from))
        } else if let Fact::Resumed { node } = fact {
            Some((Awaited::Resume(*node), since(&|f| matches!(f, Fact::Paused { node: n } if n == node))))
        } else if let Fact::LinksHealed { cut } = fact {
            Some((Awaited::Heal(*cut), since(&|f| matches!(f, Fact::LinksCut { cut: c, .. } if c == cut))))
        } else if let Fact::SessionExpired { broker, last_heartbeat } = fact {
            let silenced = self.silenced(*broker, *last_heartbeat).filter(|ix| *ix < ended);
            Some((Awaited::Session(*broker), silenced.map_or(link.from, |ix| self.kept.at(ix))))
        } else if let Fact::RegistrationRefused { broker, .. } = fact {
            Some((Awaited::Session(*broker), link.from))
        } else {
            None
        }
    }

    /// What kept a broker from sending another heartbeat after this one.
    fn silenced(&self, broker: BrokerIx, last_heartbeat: Instant) -> Option<Ix> {
        let node = self.spec.brokers[broker.index()].node;
        let is_voter = |n: &NodeIx| self.spec.voters.iter().any(|voter| voter.node == *n);
        let parted = |a: &[NodeIx], b: &[NodeIx]| a.contains(&node) && b.iter().any(is_voter);
        self.kept.first(self.kept.after(last_heartbeat), |fact| {
            matches!(fact, Fact::ProcessEnded { node: n, .. } | Fact::Paused { node: n } if *n == node)
                || matches!(fact, Fact::LinksCut { from, to, .. } if parted(from, to) || parted(to, from))
        })
    }

    /// A link as something to be shortened.
    pub fn ill<'s>(&self, scenario: &'s Scenario, link: &Link) -> Ill<'s> {
        let from = link.from.max(self.kept.target.from);
        let (client, wait, set_at, awaited) = (self.kept.target.client, self.wait(link), self.set_at(link), self.awaited(link));
        Ill { scenario, client, wait, from, to: link.to, set_at, struck: self.struck(link), awaited }
    }

    /// When the fault struck with which a link ended. A session runs from the last heartbeat on, which the fault follows.
    fn struck(&self, link: &Link) -> Instant {
        let Point::Heartbeat(_) = self.point(link) else { return link.to };
        let is = |fact: &Fact| matches!(fact, Fact::ProcessEnded { .. } | Fact::Paused { .. } | Fact::LinksCut { .. });
        self.kept.first(self.kept.after(link.to), is).map_or(link.to, |ix| self.kept.at(ix))
    }

    /// When the lengths of steps are set: with the window, as the same step may stand in several chains side by side, or with the cause of this
    /// one where that lies before. A process that starts has drawn by then how long it will take.
    fn set_at(&self, link: &Link) -> Instant {
        let started = |fact: &Fact| matches!(fact, Fact::ProcessStarted { .. });
        let start = if self.wait(link) == Wait::BrokerStart { self.kept.last(self.kept.after(link.to), started) } else { None };
        let began = link.edge.map_or(link.from, |edge| path::source(&self.graph, edge).at).min(self.kept.target.from);
        start.map_or(began, |ix| self.kept.at(ix).min(began))
    }

    /// A link's point as a sentence; the first one is the beginning.
    pub fn sentence(&self, link: &Link) -> String {
        if link.edge.is_none() {
            return self.began_with();
        }
        Words::new(self.spec).point(self.kept, self.graph.graph[link.node].point)
    }

    /// The process in which a link ended.
    pub fn process(&self, link: &Link) -> Option<String> {
        Words::new(self.spec).process(self.kept, self.point(link))
    }

    /// A link's point.
    pub fn point(&self, link: &Link) -> Point {
        self.graph.graph[link.node].point
    }

    /// What the window began with: the fact at its beginning.
    pub fn began_with(&self) -> String {
        let (kept, from) = (self.kept, self.kept.target.from);
        let own = kept.target.partition;
        let is = |f: &Fact| {
            matches!(f, Fact::ProcessEnded { .. } | Fact::Paused { .. } | Fact::LinksCut { .. })
                || matches!(f, Fact::PartitionCommitted { partition, .. } if *partition == own)
        };
        kept.last_since(from, kept.after(from), is).map_or_else(|| "the leader is lost".to_owned(), |ix| sentence(self.spec, kept.fact(ix)))
    }

    /// The links that took any time, the longest first, weighed by the graph.
    pub fn weights(&self, most: usize) -> Vec<Weight> {
        let mut links: Vec<usize> = (0..self.path.len()).filter(|i| self.is_delay(&self.path[*i])).collect();
        links.sort_by_key(|i| (std::cmp::Reverse(self.felt(&self.path[*i])), *i));
        links.truncate(most);
        links.into_iter().map(|place| self.weigh(place)).collect()
    }

    /// Whether a link took time that somebody waited for: an application without a record waits for nothing.
    fn is_delay(&self, link: &Link) -> bool {
        !self.felt(link).is_zero() && self.wait(link) != Wait::NoRecord
    }

    /// How long a link took while records waited.
    fn felt(&self, link: &Link) -> Duration {
        let since = self.kept.target.busy_since.map_or(link.from, |busy| busy.max(link.from));
        if link.to > since { link.to.since(since) } else { Duration::ZERO }
    }

    fn weigh(&self, place: usize) -> Weight {
        let link = self.path[place];
        let freed = path::without(&self.graph, &self.path, &link);
        let saves = self.kept.target.to.since(freed.end);
        let nearly = saves.as_nanos() as f64 <= NEARLY * link.length().as_nanos() as f64;
        let rival = if nearly { self.rival(&freed.path) } else { None };
        Weight { place, wait: self.wait(&link), length: self.felt(&link), saves, rival }
    }

    /// The longest link of another path that is not of this one.
    fn rival(&self, other: &[Link]) -> Option<Link> {
        let is_own = |link: &Link| self.path.iter().any(|own| own.edge == link.edge);
        other.iter().filter(|link| !is_own(link) && !link.length().is_zero()).max_by_key(|link| link.length()).copied()
    }

    /// What happened beside the path and tells why it was as long as it was.
    pub fn beside(&self) -> Vec<String> {
        let client = self.kept.target.client;
        let partition = self.kept.target.partition;
        let vain = self.believed().unwrap_or(self.kept.target.to);
        let mut said = self.heartbeats();
        let answers = |f: &Fact| matches!(f, Fact::Refreshed { what: Refresh::Answered(..), .. });
        said.extend(self.often("was told metadata that did not have the new leader yet", &|ix, f| answers(f) && self.kept.at(ix) < vain));
        for (how, words) in [
            (Unreachable::Refused, "was refused a connection"),
            (Unreachable::Reset, "lost a connection"),
            (Unreachable::TimedOut, "gave a connection up"),
        ] {
            let is = |f: &Fact| matches!(f, Fact::ConnectionLost { client: c, how: h, .. } if (*c, *h) == (client, how));
            said.extend(self.often(words, &|_, f| is(f)));
        }
        let is_error = |f: &Fact| matches!(f, Fact::EntryReturned { client: c, partition: p, error, .. } if (*c, *p) == (client, partition) && !error.is_none());
        said.extend(self.often("was answered an error for this partition", &|_, f| is_error(f)));
        said
    }

    /// How often something happened to the client, and when first and last.
    fn often(&self, what: &str, is: &dyn Fn(Ix, &Fact) -> bool) -> Option<String> {
        let (kept, from) = (self.kept, self.kept.target.from);
        let met: Vec<Ix> = (0..kept.len()).filter(|ix| kept.at(*ix) >= from && is(*ix, kept.fact(*ix))).collect();
        let (first, last) = (met.first()?, met.last()?);
        let client = &self.spec.clients[kept.target.client.index()].name;
        let after = |ix: Ix| format!("{:.3} s", kept.at(ix).since(from).as_secs_f64());
        Some(match met.len() {
            1 => format!("{client} {what} once, {} after the beginning", after(*first)),
            n => format!("{client} {what} {n} times, from {} to {} after the beginning", after(*first), after(*last)),
        })
    }

    /// When the client first believed something new of the partition.
    fn believed(&self) -> Option<Instant> {
        let (kept, target) = (self.kept, self.kept.target);
        let is = |f: &Fact| matches!(f, Fact::BeliefChanged { client, partition, leader: Some(_), .. } if (*client, *partition) == (target.client, target.partition));
        kept.first(kept.after(target.from), is).map(|ix| kept.at(ix))
    }

    /// The last heartbeat before a session ran out, where that is on the path and lies before the window.
    fn heartbeats(&self) -> Vec<String> {
        let from = self.kept.target.from;
        let said = self.path.iter().filter_map(|link| match self.point(link) {
            Point::Heartbeat(ix) => {
                if let Fact::SessionExpired { broker, last_heartbeat } = self.kept.fact(ix)
                    && *last_heartbeat <= from
                {
                    Some(format!(
                        "the last heartbeat of {} had come {:.3} s before: from then on its session ran",
                        Names(self.spec).broker(*broker),
                        from.since(*last_heartbeat).as_secs_f64()
                    ))
                } else {
                    None
                }
            }
            Point::Start | Point::Fact(_) | Point::Asked(_) | Point::Decided(_) => None,
        });
        said.collect()
    }
}

/// The fact with which the recovery ended: the answer to a request, or where no answer is waited for (a consumer, acks=0) its arrival.
fn success(kept: &Kept) -> Option<Ix> {
    let (to, client, partition) = (kept.target.to, kept.target.client, kept.target.partition);
    let until = kept.after(to);
    let returned = |f: &Fact| matches!(f, Fact::EntryReturned { client: c, partition: p, error, .. } if (*c, *p) == (client, partition) && error.is_none());
    let taken = |f: &Fact| matches!(f, Fact::EntryTaken { client: c, partition: p, .. } if (*c, *p) == (client, partition));
    kept.last_since(to, until, returned).or_else(|| kept.last_since(to, until, taken))
}
