//! Silent cuts of the network and hosts without power: what no packet passes.

use crate::kafka::NodeIx;

/// A cut that can be healed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CutId(pub u32);

/// All cuts in force.
#[derive(Clone, Default, Debug)]
pub struct Cuts {
    cuts: Vec<(CutId, Vec<bool>, Vec<bool>)>,
    dark: Vec<bool>,
    dark_count: usize,
    made: u32,
}

impl Cuts {
    /// No cuts between `nodes` processes.
    pub fn new(nodes: usize) -> Self {
        Cuts { dark: vec![false; nodes], ..Cuts::default() }
    }

    /// Drops everything from any of `from` to any of `to`, and back if `both_ways`.
    pub fn cut(&mut self, from: &[NodeIx], to: &[NodeIx], both_ways: bool) -> CutId {
        self.made += 1;
        let id = CutId(self.made);
        let set = |nodes: &[NodeIx]| {
            let mut marks = vec![false; self.dark.len()];
            nodes.iter().for_each(|n| marks[n.index()] = true);
            marks
        };
        let (a, b) = (set(from), set(to));
        if both_ways {
            self.cuts.push((id, b.clone(), a.clone()));
        }
        self.cuts.push((id, a, b));
        id
    }

    /// Ends a cut.
    pub fn heal(&mut self, id: CutId) {
        self.cuts.retain(|(other, _, _)| *other != id);
    }

    /// Whether any cut is in force.
    pub fn any(&self) -> bool {
        !self.cuts.is_empty()
    }

    /// Takes a host's power away or gives it back.
    pub fn set_dark(&mut self, node: NodeIx, dark: bool) {
        if self.dark[node.index()] != dark {
            self.dark[node.index()] = dark;
            self.dark_count = if dark { self.dark_count + 1 } else { self.dark_count - 1 };
        }
    }

    /// Whether nothing passes from one process to another now. A process always reaches itself.
    pub fn blocked(&self, from: NodeIx, to: NodeIx) -> bool {
        if self.cuts.is_empty() && self.dark_count == 0 || from == to {
            return false;
        }
        self.dark[from.index()] || self.dark[to.index()] || self.cuts.iter().any(|(_, a, b)| a[from.index()] && b[to.index()])
    }
}
