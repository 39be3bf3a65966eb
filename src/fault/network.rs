//! Silent cuts of the network, and heals.

use super::action::{Group, list};
use super::find;
use crate::kafka::NodeIx;
use crate::model::Spec;
use crate::world::{CutId, World};

/// Cuts `from` from `to`; who is on both sides stays on the first only, or on the second if nobody else is there. None when a side is empty.
pub(super) fn cut(from: &[Group], to: &[Group], one_way: bool, open: &mut Vec<CutId>, world: &mut World) -> Option<CutId> {
    let (mut first, mut second) = (members(from, world), members(to, world));
    if second.iter().all(|node| first.contains(node)) {
        first.retain(|node| !second.contains(node));
    } else {
        second.retain(|node| !first.contains(node));
    }
    let words = format!("{} from {}{}", list(from), list(to), if one_way { ", that way only" } else { "" });
    if first.is_empty() || second.is_empty() {
        world.note_fault(format!("nothing to cut: {words}"));
        return None;
    }
    let cut = world.cut(&first, &second, !one_way);
    open.push(cut);
    world.note_fault(format!("network cut: {words}"));
    Some(cut)
}

/// Heals one cut, unless it is healed.
pub(super) fn heal(cut: CutId, open: &mut Vec<CutId>, world: &mut World) {
    let Some(i) = open.iter().position(|c| *c == cut) else { return };
    open.remove(i);
    world.heal(cut);
    world.note_fault("network healed".to_owned());
}

/// Heals every cut.
pub(super) fn heal_all(open: &mut Vec<CutId>, world: &mut World) {
    for cut in open.drain(..) {
        world.heal(cut);
    }
    world.note_fault("network healed".to_owned());
}

fn members(groups: &[Group], world: &World) -> Vec<NodeIx> {
    let spec = world.spec();
    let mut nodes: Vec<NodeIx> =
        groups.iter().flat_map(|g| if let Group::One(t) = g { find(*t, world).into_iter().collect() } else { of(g, spec) }).collect();
    nodes.sort_unstable();
    nodes.dedup();
    nodes
}

fn of(group: &Group, spec: &Spec) -> Vec<NodeIx> {
    match group {
        Group::One(_) => Vec::new(),
        Group::Brokers => spec.brokers.iter().map(|b| b.node).collect(),
        Group::Controllers => spec.voters.iter().map(|v| v.node).collect(),
        Group::Clients => spec.clients.iter().map(|c| c.node).collect(),
        Group::Client(name) => spec.clients.iter().filter(|c| c.is_called(name)).map(|c| c.node).collect(),
        Group::Rack(rack) => spec.brokers.iter().filter(|b| b.rack.as_ref() == Some(rack)).map(|b| b.node).collect(),
        Group::Everything => (0..spec.nodes.len() as u32).map(NodeIx).collect(),
    }
}
