//! What is done to a run from outside so that one delay of it is gone or shorter: until that moment it is the same run.

use crate::engine::Instant;
use crate::kafka::{BrokerIx, NodeIx};
use crate::model::Spec;
use crate::world::{CutId, World};

/// Who or what was waited for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Awaited {
    /// A process that was down, to be started.
    Start(NodeIx),
    /// A process that was paused, to go on.
    Resume(NodeIx),
    /// A cut, to be healed: the number that its facts have.
    Heal(u32),
    /// The end of a broker's session.
    Session(BrokerIx),
}

/// What was waited for comes about at this moment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Push {
    /// When.
    pub at: Instant,
    /// What.
    pub what: Awaited,
}

impl Awaited {
    /// Makes it so.
    pub fn perform(self, world: &mut World) {
        match self {
            Awaited::Start(node) => world.start(node),
            Awaited::Resume(node) => world.resume(node),
            Awaited::Heal(cut) => world.heal(CutId(cut)),
            Awaited::Session(broker) => world.end_session(broker),
        }
    }

    /// In words that follow a "with": `broker 2 started`.
    pub fn words(self, spec: &Spec) -> String {
        let name = |node: NodeIx| spec.nodes.get(node.index()).map_or("a process", |n| n.name.as_str());
        match self {
            Awaited::Start(node) => format!("{} started", name(node)),
            Awaited::Resume(node) => format!("{} going on", name(node)),
            Awaited::Heal(_) => "the cut ending".to_owned(),
            Awaited::Session(broker) => {
                let node = spec.brokers.get(broker.index()).map(|b| b.node);
                format!("the session of {} ending", node.map_or("a broker", name))
            }
        }
    }
}
