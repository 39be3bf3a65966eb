//! Places and links: who is how far from whom. A petgraph graph; processes stand at places, links join places.

use super::RETRANSMISSION;
use crate::engine::{Distribution, Duration};
use crate::kafka::NodeIx;
use petgraph::graph::{EdgeIndex, NodeIndex, UnGraph};

/// A link between two places, or the network inside one place.
#[derive(Clone, PartialEq, Debug)]
pub struct Link {
    /// One-way delay.
    pub latency: Distribution,
    /// Bits a second for each connection; none is unlimited.
    pub bits_per_second: Option<f64>,
    /// Share of messages that lose a packet and wait for its retransmission.
    pub loss: f64,
}

impl Link {
    /// How long a message takes on the average, with its retransmissions; its bytes take no time.
    pub fn mean_delay(&self) -> Duration {
        self.latency.mean() + RETRANSMISSION.scale(self.loss)
    }
}

/// A place: a rack, a zone, the network of the clients.
#[derive(Clone, PartialEq, Debug)]
pub struct Place {
    /// Its name.
    pub name: String,
    /// The network inside it, passed by every message that starts or ends here.
    pub inside: Link,
}

/// All places with the links between them.
#[derive(Clone, Debug, Default)]
pub struct Topology {
    /// The graph.
    pub graph: UnGraph<Place, Link>,
    /// Where each process stands.
    pub place_of: Vec<NodeIndex>,
    /// The cheapest route between each two places, as links; filled by `finish`.
    routes: Vec<Vec<Vec<EdgeIndex>>>,
    /// Extra connection set-up of clients: round trips of TLS and SASL, and broker handler time.
    pub handshake: Handshake,
}

/// What a client's connection costs beyond TCP.
#[derive(Clone, PartialEq, Debug)]
pub struct Handshake {
    /// Round trips (TLS 1.3: 1, TLS 1.2: 2, SASL PLAIN: 2, SASL SCRAM: 3 more).
    pub round_trips: u32,
    /// Broker time of one handshake.
    pub cpu: Distribution,
}

impl Default for Handshake {
    fn default() -> Self {
        Handshake { round_trips: 0, cpu: Distribution::ZERO }
    }
}

impl Topology {
    /// A topology of one place where every process stands.
    pub fn flat(inside: Link, processes: usize) -> Self {
        let mut topology = Topology::default();
        let place = topology.graph.add_node(Place { name: "lan".to_owned(), inside });
        topology.place_of = vec![place; processes];
        topology.finish();
        topology
    }

    /// Computes the routes; call it after the last place and link.
    pub fn finish(&mut self) {
        let places: Vec<NodeIndex> = self.graph.node_indices().collect();
        self.routes = places
            .iter()
            .map(|&from| {
                places
                    .iter()
                    .map(|&to| {
                        let cost = |e: petgraph::graph::EdgeReference<'_, Link>| e.weight().latency.mean().as_nanos();
                        let path = petgraph::algo::astar(&self.graph, from, |n| n == to, cost, |_| 0);
                        path.map_or(Vec::new(), |(_, nodes)| nodes.windows(2).filter_map(|w| self.graph.find_edge(w[0], w[1])).collect())
                    })
                    .collect()
            })
            .collect();
    }

    /// The links that a message from one process to another passes, in order.
    pub fn route(&self, from: NodeIx, to: NodeIx) -> impl Iterator<Item = &Link> + '_ {
        let (a, b) = (self.place_of[from.index()], self.place_of[to.index()]);
        let between = self.routes[a.index()][b.index()].iter().map(|e| &self.graph[*e]);
        let last = (a != b).then(|| &self.graph[b].inside);
        std::iter::once(&self.graph[a].inside).chain(between).chain(last)
    }
}
