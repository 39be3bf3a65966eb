//! `[network]`: places, links, and what a client's connection costs beyond TCP.

use super::at::At;
use super::diagnostic::Diagnostics;
use super::distribution;
use super::file::{File, LinkFile, NetworkFile, PlaceFile};
use crate::engine::Distribution;
use crate::model::network::topology::{Handshake, Link, Place, Topology};
use crate::model::spec::{BrokerSpec, ClientSpec, NodeSpec, VoterSpec};
use petgraph::graph::NodeIndex;

/// Name of the default place.
const DEFAULT_PLACE: &str = "lan";
const DEFAULT_LATENCY_MS: f64 = 0.25;
/// Broker time of one TLS handshake: an assumption, named in the answer.
const TLS_CPU_MS: f64 = 1.0;
const UNITS: [(&str, f64); 4] = [("kbit", 1e3), ("Mbit", 1e6), ("Gbit", 1e9), ("bit", 1.0)];

/// Who there is.
pub(super) struct Residents<'a> {
    pub nodes: &'a [NodeSpec],
    pub brokers: &'a [BrokerSpec],
    pub voters: &'a [VoterSpec],
    pub clients: &'a [ClientSpec],
}

/// The topology of the scenario.
pub(super) fn resolve(file: &File, residents: &Residents<'_>, found: &mut Diagnostics) -> Topology {
    let default = NetworkFile::default();
    let network = file.network.as_ref().unwrap_or(&default);
    let inside = Link {
        latency: latency(network.latency.as_ref(), found).unwrap_or_else(|| Distribution::constant_ms(DEFAULT_LATENCY_MS)),
        bits_per_second: bandwidth(network.bandwidth.as_ref(), found),
        loss: loss(network.loss.as_ref(), found),
    };
    let mut topology = Topology::default();
    topology.handshake = handshake(network, found);
    let lan = topology.graph.add_node(Place { name: DEFAULT_PLACE.to_owned(), inside: inside.clone() });
    topology.place_of = vec![lan; residents.nodes.len()];
    for place in &network.place {
        add_place(place, &inside, residents, &mut topology, found);
    }
    for client in &file.client {
        stand_client(client.place.as_ref(), &client.name, residents, &mut topology, found);
    }
    for link in &network.link {
        add_link(link, &mut topology, found);
    }
    check_reach(network, &topology, found);
    topology.finish();
    topology
}

fn find(topology: &Topology, name: &str) -> Option<NodeIndex> {
    topology.graph.node_indices().find(|n| topology.graph[*n].name == name)
}

fn names(topology: &Topology) -> String {
    topology.graph.node_weights().map(|p| p.name.as_str()).collect::<Vec<_>>().join(", ")
}

fn add_place(place: &PlaceFile, default: &Link, residents: &Residents<'_>, topology: &mut Topology, found: &mut Diagnostics) {
    if find(topology, &place.name).is_some() {
        let help = format!("`{DEFAULT_PLACE}` is the default place; give each other one a name of its own");
        found.add(Some(&place.name.span), format!("there are two places `{}`", *place.name), help);
    }
    let latency = latency(place.latency.as_ref(), found).unwrap_or_else(|| default.latency.clone());
    let index = topology.graph.add_node(Place { name: place.name.value.clone(), inside: Link { latency, ..default.clone() } });
    let rack = At { value: format!("rack {}", *place.name), span: place.name.span.clone() };
    let is_rack = residents.brokers.iter().any(|b| b.rack.as_ref() == Some(&place.name.value));
    // A place without members may still be named by clients.
    let implied = if is_rack { std::slice::from_ref(&rack) } else { &[] };
    for member in if place.members.is_empty() { implied } else { &place.members } {
        let nodes = members(member, residents);
        if nodes.is_empty() {
            let help = "write `broker 101`, `rack a`, `controller 3000`, `client app`, `brokers`, `controllers` or `clients`";
            found.add(Some(&member.span), format!("`{}` is nobody here", **member), help);
        }
        for node in nodes {
            topology.place_of[node] = index;
        }
    }
}

/// The processes that a member text means.
fn members(text: &str, residents: &Residents<'_>) -> Vec<usize> {
    let of_kind = |wanted: fn(&NodeSpec) -> bool| (0..residents.nodes.len()).filter(|i| wanted(&residents.nodes[*i])).collect();
    match text {
        "brokers" => return of_kind(|n| n.broker.is_some()),
        "controllers" => return of_kind(|n| n.voter.is_some()),
        "clients" => return of_kind(|n| n.client.is_some()),
        _ => {}
    }
    let Some((kind, name)) = text.split_once(' ') else { return Vec::new() };
    match kind {
        "rack" => residents.brokers.iter().filter(|b| b.rack.as_deref() == Some(name)).map(|b| b.node.index()).collect(),
        "broker" => residents.brokers.iter().filter(|b| b.id.to_string() == name).map(|b| b.node.index()).collect(),
        "controller" => residents.voters.iter().filter(|v| v.id.to_string() == name).map(|v| v.node.index()).collect(),
        "client" => residents.clients.iter().filter(|c| c.is_called(name)).map(|c| c.node.index()).collect(),
        _ => Vec::new(),
    }
}

fn stand_client(place: Option<&At<String>>, client: &str, residents: &Residents<'_>, topology: &mut Topology, found: &mut Diagnostics) {
    let Some(place) = place else { return };
    let Some(index) = find(topology, place) else {
        found.add(Some(&place.span), format!("there is no place `{}`", **place), format!("the places are {}", names(topology)));
        return;
    };
    for client in residents.clients.iter().filter(|c| c.is_called(client)) {
        topology.place_of[client.node.index()] = index;
    }
}

fn add_link(link: &LinkFile, topology: &mut Topology, found: &mut Diagnostics) {
    let latency = latency(Some(&link.latency), found).unwrap_or(Distribution::ZERO);
    let weight = Link { latency, bits_per_second: bandwidth(link.bandwidth.as_ref(), found), loss: loss(link.loss.as_ref(), found) };
    let span = Some(&link.between.span);
    let [a, b] = link.between.as_slice() else {
        return found.add(span, "a link joins two places".to_owned(), "write between = [\"a\", \"b\"]");
    };
    match (find(topology, a), find(topology, b)) {
        (Some(from), Some(to)) if from == to => {
            found.add(span, format!("a link from `{a}` to itself"), "set the place's `latency` instead")
        }
        (Some(from), Some(to)) => {
            topology.graph.add_edge(from, to, weight);
        }
        (None, _) => found.add(span, format!("there is no place `{a}`"), format!("the places are {}", names(topology))),
        (Some(_), None) => found.add(span, format!("there is no place `{b}`"), format!("the places are {}", names(topology))),
    }
}

/// Every place where somebody stands must be linked to every other: a missing link would be a network without any delay.
fn check_reach(network: &NetworkFile, topology: &Topology, found: &mut Diagnostics) {
    let Some(first) = topology.place_of.first() else { return };
    for place in &topology.place_of {
        if petgraph::algo::has_path_connecting(&topology.graph, *first, *place, None) {
            continue;
        }
        let (a, b) = (&topology.graph[*first].name, &topology.graph[*place].name);
        let span = network.place.iter().find(|p| *p.name == *b || *p.name == *a).map(|p| &p.name.span);
        let help = format!("add a [[network.link]] with between = [\"{a}\", \"{b}\"] and its latency");
        return found.add(span, format!("no link leads from place `{a}` to place `{b}`"), help);
    }
}

fn latency(written: Option<&At<String>>, found: &mut Diagnostics) -> Option<Distribution> {
    let written = written?;
    match distribution::parse(written) {
        Ok(distribution) => Some(distribution),
        Err(message) => {
            found.add(Some(&written.span), message, distribution::HELP);
            None
        }
    }
}

fn bandwidth(written: Option<&At<String>>, found: &mut Diagnostics) -> Option<f64> {
    let written = written?;
    let parsed = UNITS.iter().find_map(|(unit, bits)| Some(written.strip_suffix(unit)?.trim().parse::<f64>().ok()? * bits));
    if parsed.is_none_or(|bits| !(bits > 0.0 && bits.is_finite())) {
        found.add(Some(&written.span), format!("`{}` is no bandwidth", **written), "write a number and kbit, Mbit or Gbit: \"10Gbit\"");
    }
    parsed
}

fn loss(written: Option<&At<f64>>, found: &mut Diagnostics) -> f64 {
    let Some(written) = written else { return 0.0 };
    if !(0.0..1.0).contains(&written.value) {
        found.add(Some(&written.span), format!("a loss of {} is no share of messages", written.value), "write 0.001 for one in a thousand");
    }
    written.value
}

/// Round trips of TLS (RFC 5246: 2, RFC 8446: 1) and of SASL (handshake, and one exchange for PLAIN or two for SCRAM, RFC 5802).
fn handshake(network: &NetworkFile, found: &mut Diagnostics) -> Handshake {
    let word = |written: &Option<At<String>>| written.as_ref().map_or("none", |w| w.value.as_str()).to_owned();
    let mut wrong = |written: &Option<At<String>>, words: &str| {
        if let Some(w) = written {
            found.add(Some(&w.span), format!("`{}` is not known here", w.value), format!("write {words}"));
        }
        0
    };
    let tls = match word(&network.tls).as_str() {
        "none" => 0,
        "1.2" => 2,
        "1.3" => 1,
        _ => wrong(&network.tls, "none, 1.2 or 1.3"),
    };
    let sasl = match word(&network.sasl).as_str() {
        "none" => 0,
        "plain" => 2,
        "scram" => 3,
        _ => wrong(&network.sasl, "none, plain or scram"),
    };
    let cpu = if tls == 0 { Distribution::ZERO } else { Distribution::constant_ms(TLS_CPU_MS) };
    if tls > 0 {
        found.note(format!("A TLS handshake is assumed to take {TLS_CPU_MS} ms of a broker's time; encryption of data costs nothing."));
    }
    Handshake { round_trips: tls + sasl, cpu }
}
