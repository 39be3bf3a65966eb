//! The critical path: from what is explained back to its beginning, always by what came last.

use super::graph::{Edge, Graph, Node};
use super::wait::Wait;
use crate::engine::{Duration, Instant};
use petgraph::Direction;
use petgraph::graph::{EdgeIndex, NodeIndex};
use petgraph::visit::{EdgeRef, Topo};
use std::collections::BTreeMap;

/// A link of the path.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    /// The edge by which it was reached; none for the first.
    pub edge: Option<EdgeIndex>,
    /// The point.
    pub node: NodeIndex,
    /// When the link began, not before the beginning of what is explained.
    pub from: Instant,
    /// When it ended.
    pub to: Instant,
}

impl Link {
    /// How long it took.
    pub fn length(&self) -> Duration {
        self.to.since(self.from)
    }
}

/// The longest chain of causes: the binding cause of the end, the binding cause of that, and so on, in the order of time.
/// The lengths of its links add up to the whole to the nanosecond.
pub fn critical(graph: &Graph, from: Instant) -> Vec<Link> {
    let mut path = Vec::new();
    let mut node = graph.end;
    loop {
        let at = graph.graph[node].at;
        let binding = if at <= from { None } else { binding(graph, node) };
        let before = binding.map_or(at, |edge| source(graph, edge).at);
        path.push(Link { edge: binding, node, from: before.max(from), to: at.max(from) });
        let Some(edge) = binding else { break };
        node = graph.graph.edge_endpoints(edge).expect("the edge is of this graph").0;
    }
    path.reverse();
    path
}

/// What an edge leads from.
pub fn source(graph: &Graph, edge: EdgeIndex) -> Node {
    graph.graph[graph.graph.edge_endpoints(edge).expect("the edge is of this graph").0]
}

/// The cause without which the point would have come first: it allowed the point the latest.
pub fn binding(graph: &Graph, node: NodeIndex) -> Option<EdgeIndex> {
    let allows = |edge: EdgeIndex| (source(graph, edge).at + graph.graph[edge].least, source(graph, edge).at);
    // Of those that came together the first that was named stands; petgraph gives the last that was added first.
    graph.graph.edges_directed(node, Direction::Incoming).map(|edge| edge.id()).max_by_key(|edge| allows(*edge))
}

/// What would have been had one link of the path taken no time.
pub struct Freed {
    /// When the end would have come.
    pub end: Instant,
    /// The critical path then, with the moments as they were.
    pub path: Vec<Link>,
}

/// What the graph says of a run in which one link of the path took no time: all other causes still hold.
pub fn without(graph: &Graph, path: &[Link], removed: &Link) -> Freed {
    let is_told = |node: NodeIndex, edge: EdgeIndex| graph.graph[edge].wait != Wait::Untold || path.iter().any(|link| link.node == node);
    let mut at: BTreeMap<NodeIndex, Instant> = BTreeMap::new();
    let mut by: BTreeMap<NodeIndex, EdgeIndex> = BTreeMap::new();
    let mut topo = Topo::new(&graph.graph);
    while let Some(node) = topo.next(&graph.graph) {
        let was = graph.graph[node].at;
        let Some(binding) = binding(graph, node) else {
            at.insert(node, was);
            continue;
        };
        if !is_told(node, binding) {
            // Of what no fact tells the cause, nobody can say that it would have held anything up.
            at.insert(node, source(graph, binding).at);
            continue;
        }
        let is_gone = |edge: EdgeIndex| removed.edge.is_some_and(|gone| is_same_delay(graph, gone, edge));
        let bound = source(graph, binding).at + graph.graph[binding].least;
        // What the point took once nothing held it up any more.
        let own = if is_gone(binding) { Duration::ZERO } else { was.since(bound) };
        let held = graph.graph.edges_directed(node, Direction::Incoming);
        let least = |edge: &Edge, id: EdgeIndex| if is_gone(id) { Duration::ZERO } else { edge.least };
        let freed = held.map(|edge| (at[&edge.source()] + least(edge.weight(), edge.id()), edge.id())).max();
        if let Some((freed, edge)) = freed {
            at.insert(node, freed + own);
            by.insert(node, edge);
        }
    }
    Freed { end: at[&graph.end], path: back(graph, &by) }
}

/// Whether two edges are one delay, as that of all partitions that the same broker leads.
fn is_same_delay(graph: &Graph, a: EdgeIndex, b: EdgeIndex) -> bool {
    let delay = |edge: EdgeIndex| {
        let (from, to) = graph.graph.edge_endpoints(edge).expect("the edge is of this graph");
        (graph.graph[edge].wait, from, graph.graph[to].at)
    };
    a == b || delay(a) == delay(b)
}

/// From the end back by the given edges, in the order of time.
fn back(graph: &Graph, by: &BTreeMap<NodeIndex, EdgeIndex>) -> Vec<Link> {
    let mut path = Vec::new();
    let mut node = graph.end;
    while let Some(edge) = by.get(&node).copied() {
        path.push(Link { edge: Some(edge), node, from: source(graph, edge).at, to: graph.graph[node].at });
        node = graph.graph.edge_endpoints(edge).expect("the edge is of this graph").0;
    }
    path.reverse();
    path
}
