//! Features: what a cluster of the swarm may have and may suffer. Each is on or off for the whole of a run, so that runs differ in kind:
//! with everything always on, what one feature hides would stay hidden (Groce et al., *Swarm Testing*, 2012).

use super::dice::Dice;
use std::collections::BTreeSet;

/// Declares the features with their names and how many of a hundred runs have them.
macro_rules! features {
    ($($variant:ident = $name:literal, $percent:literal;)*) => {
        /// Something that a run has or has not.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub(super) enum Feature {
            $($variant,)*
        }

        impl Feature {
            const ALL: &[(Feature, u64)] = &[$((Feature::$variant, $percent),)*];

            /// As coverage tells it.
            pub fn name(self) -> &'static str {
                match self {
                    $(Feature::$variant => $name,)*
                }
            }
        }
    };
}

features! {
    Kill = "kill", 55;
    Stop = "stop", 45;
    PowerOff = "power-off", 30;
    Pause = "pause", 40;
    Restart = "restart", 30;
    Flap = "flap", 15;
    Rolling = "rolling restart", 12;
    Slow = "slow process", 20;
    SlowDisk = "slow disk", 15;
    Cut = "cut", 45;
    OneWay = "cut one way", 25;
    Heal = "heal in the storm", 15;
    Elect = "election asked for", 35;
    Reassign = "reassignment", 40;
    Configure = "topic configured", 20;
    CreateTopic = "topic created", 15;
    DeleteTopic = "topic deleted", 12;
    Grow = "partitions added", 20;
    RandomPlan = "random plan of faults", 15;
    Controllers = "faults hit controllers", 50;
    ForGood = "faults last until the calm", 30;
    Combined = "combined nodes", 35;
    Racks = "racks", 30;
    Places = "places and links", 15;
    SlowNetwork = "latency is drawn", 30;
    Loss = "lossy network", 15;
    Secured = "TLS and SASL", 12;
    Machines = "costs are drawn", 25;
    DownAtStart = "broker down at the start", 15;
    ColdStart = "broker cold at the start", 15;
    ShuffledTies = "shuffled ties", 33;
    Unclean = "unclean leader election", 25;
    StrictIsr = "min ISR above one", 50;
    ImpossibleIsr = "min ISR above the replicas", 4;
    BrokerSettings = "broker settings", 50;
    ClientSettings = "client settings", 50;
    WildSettings = "settings of the whole legal range", 12;
    OtherLibraries = "other libraries than Java", 60;
    Consumers = "consumers", 60;
    Groups = "groups", 50;
    Fleets = "fleets", 20;
    FewAcks = "acks of one or none", 30;
    Retrying = "applications that retry", 20;
    Crashing = "applications that crash", 15;
    Busy = "high rates", 12;
    LateClients = "clients that start late or end early", 15;
    Patience = "a calm that goes on after all is well", 12;
}

/// The features of one run.
pub(super) struct Features(BTreeSet<Feature>);

impl Features {
    /// Draws them.
    pub fn draw(dice: &mut Dice) -> Features {
        Features(Feature::ALL.iter().filter(|(_, percent)| dice.chance(*percent)).map(|(feature, _)| *feature).collect())
    }

    /// Whether a run has it.
    pub fn has(&self, feature: Feature) -> bool {
        self.0.contains(&feature)
    }

    /// The names of those that are on.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.0.iter().map(|feature| feature.name())
    }

    /// The names of all.
    pub fn all() -> impl Iterator<Item = &'static str> {
        Feature::ALL.iter().map(|(feature, _)| feature.name())
    }
}
