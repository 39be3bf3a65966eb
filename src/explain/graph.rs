//! The causal graph of one recovery: facts as nodes, and for each the facts that it had to wait for.

use super::kept::{Ix, Kept};
use super::rules::Rules;
use super::wait::Wait;
use crate::engine::{Duration, Instant};
use crate::observe::Fact;
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::{BTreeMap, BTreeSet};

/// Nodes of one graph at most; a longer history is told from there on as untold.
const MOST_NODES: usize = 50_000;

/// A point of the history.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Point {
    /// The beginning of what is explained.
    Start,
    /// A fact.
    Fact(Ix),
    /// What made the controller make the change that this fact commits reached it.
    Asked(Ix),
    /// The controller made the change that this fact commits.
    Decided(Ix),
    /// The last heartbeat of the broker whose session runs out by this fact.
    Heartbeat(Ix),
}

/// A point with its moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Node {
    /// What.
    pub point: Point,
    /// When.
    pub at: Instant,
}

/// The later point had to wait for the earlier one, and then at least for so long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Edge {
    /// What with.
    pub wait: Wait,
    /// How long it had to take after the earlier point, as far as that is known; zero otherwise.
    pub least: Duration,
    /// The fact that ended the wait, where that is neither of the points and tells whose wait it was.
    pub by: Option<Ix>,
}

/// A cause of a point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cause {
    /// What had to be first.
    pub point: Point,
    /// What the time since then went by with.
    pub wait: Wait,
    /// It explains all of the time since then; otherwise what came last does.
    pub explains: bool,
    /// The fact that ended the wait, where that is not the point itself: that a process was there again, that a cut was over.
    pub by: Option<Ix>,
}

/// Facts and why each had to wait for others, from the beginning to the end of what is explained.
pub struct Graph {
    /// Edges go from the cause to what it caused.
    pub graph: DiGraph<Node, Edge>,
    /// What is explained.
    pub end: NodeIndex,
}

impl Graph {
    /// The history of the fact `end`, back to the beginning of what is explained.
    pub fn of(kept: &Kept, rules: &Rules<'_>, end: Ix) -> Graph {
        let mut graph = DiGraph::new();
        let mut known = BTreeMap::new();
        let end = Point::Fact(end);
        let node = graph.add_node(Node { point: end, at: moment(kept, end) });
        known.insert(end, node);
        // The latest first: where a history is too long to be told in full, it is its beginning that is cut off.
        let mut open = BTreeSet::from([(moment(kept, end), end)]);
        while let Some((at, point)) = open.pop_last() {
            let here = known[&point];
            if at <= kept.target.from || point == Point::Start {
                continue;
            }
            let mut causes = if graph.node_count() < MOST_NODES { rules.causes(point) } else { Vec::new() };
            causes.retain(|cause| moment(kept, cause.point) <= at && cause.point != point);
            if causes.is_empty() {
                causes.push(Cause { point: Point::Start, wait: rules.since_start(point), explains: true, by: None });
            }
            for cause in causes {
                let earlier = moment(kept, cause.point);
                let there = *known.entry(cause.point).or_insert_with(|| {
                    open.insert((earlier, cause.point));
                    graph.add_node(Node { point: cause.point, at: earlier })
                });
                let least = if cause.explains { at.since(earlier) } else { Duration::ZERO };
                graph.add_edge(there, here, Edge { wait: cause.wait, least, by: cause.by });
            }
        }
        Graph { graph, end: node }
    }
}

/// When a point was.
pub fn moment(kept: &Kept, point: Point) -> Instant {
    match point {
        Point::Start => kept.target.from,
        Point::Fact(ix) => kept.at(ix),
        Point::Asked(ix) => {
            if let Fact::PartitionCommitted { asked_at, .. } = kept.fact(ix) {
                *asked_at
            } else {
                kept.at(ix)
            }
        }
        Point::Decided(ix) => {
            if let Fact::PartitionCommitted { decided_at, .. } = kept.fact(ix) {
                *decided_at
            } else {
                kept.at(ix)
            }
        }
        Point::Heartbeat(ix) => {
            if let Fact::SessionExpired { last_heartbeat, .. } = kept.fact(ix) {
                *last_heartbeat
            } else {
                kept.at(ix)
            }
        }
    }
}
