//! What would have shortened the longest steps of a recovery, and what else counts beside them.

use super::chain::{Chain, Weight};
use super::choose;
use super::record::{Lever, Rival, Try, saves};
use super::remedy::{Ill, Treatment};
use super::tries::Tries;
use crate::engine::Duration;
use crate::observe::record::Window;
use crate::scenario::Scenario;

/// Steps that are looked at.
const MOST: usize = 3;
/// A step with a smaller share is no lever, unless it is the longest.
const SMALL: f64 = 0.1;
/// Steps that are named beside one, at most.
const MOST_RIVALS: usize = 3;

/// Looks for levers of one recovery.
pub struct Levers<'a> {
    /// The scenario as it ran.
    pub scenario: &'a Scenario,
    /// The recovery.
    pub window: &'a Window,
    /// Its causes.
    pub chain: &'a Chain<'a>,
}

impl Levers<'_> {
    /// The longest steps, and what was tried against each.
    pub fn of(&self, mut tries: Option<&mut Tries<'_>>) -> Vec<Lever> {
        let whole = Duration::from_millis_f64(choose::felt(self.window));
        let mut levers = Vec::new();
        for (nth, weight) in self.chain.weights(MOST).iter().enumerate() {
            if nth > 0 && weight.length < whole.scale(SMALL) {
                break;
            }
            levers.push(self.lever(weight, tries.as_deref_mut()));
        }
        levers
    }

    fn lever(&self, weight: &Weight, tries: Option<&mut Tries<'_>>) -> Lever {
        let mut lever = Lever {
            step: weight.place,
            waited_for: weight.wait.words().to_owned(),
            ms: weight.length.as_millis_f64(),
            saves_ms: weight.saves.as_millis_f64(),
            tries: Vec::new(),
            rivals: Vec::new(),
        };
        let ill = self.chain.ill(self.scenario, &self.chain.path[weight.place]);
        let by_graph = weight.rival.map(|link| self.chain.ill(self.scenario, &link));
        let by_graph = by_graph.filter(|rival| !rival.is_alike(&ill)).map(|rival| Treatment::of(&rival));
        let Some(tries) = tries else {
            lever.rivals = by_graph.iter().map(untried).collect();
            return lever;
        };
        let own = Treatment::of(&ill);
        lever.tries = own.changes.iter().map(|change| tries.one(change, self.window)).collect();
        lever.rivals = self.rivals(own, by_graph, lever.ms, tries);
        lever
    }

    /// What counts instead when a step is taken away and too little is saved by it; and without that, too, and so on. What takes the place of a
    /// step that was taken away is better known than what would by the graph.
    fn rivals(&self, own: Treatment, by_graph: Option<Treatment>, ms: f64, tries: &mut Tries<'_>) -> Vec<Rival> {
        let (were, mut by_graph, mut rivals) = (self.all(), by_graph, Vec::new());
        let mut all = own.removal().cloned();
        let mut gone = vec![own];
        while rivals.len() < MOST_RIVALS {
            let without = all.as_ref().filter(|change| !self.saves(&tries.one(change, self.window), ms));
            let instead = without.and_then(|change| tries.instead(change, &gone, &were, self.window));
            let Some(other) = instead.or_else(|| by_graph.take()) else { break };
            by_graph = None;
            all = all.as_ref().zip(other.removal()).map(|(all, other)| all.with(other));
            rivals.push(Rival {
                tries: other.changes.iter().map(|change| tries.one(change, self.window)).collect(),
                together: all.as_ref().map(|all| tries.one(all, self.window)),
                ..untried(&other)
            });
            gone.push(other);
        }
        rivals
    }

    /// Whether the recovery was shorter by half of so much.
    fn saves(&self, tried: &Try, ms: f64) -> bool {
        saves(self.window.recovery_ms.unwrap_or_default(), choose::felt(self.window), tried, ms)
    }

    /// All steps.
    fn all(&self) -> Vec<Ill<'_>> {
        self.chain.path.iter().map(|link| self.chain.ill(self.scenario, link)).collect()
    }
}

fn untried(other: &Treatment) -> Rival {
    Rival {
        waited_for: other.wait.words().to_owned(),
        setting: other.setting.clone(),
        ms: other.length.as_millis_f64(),
        tries: Vec::new(),
        together: None,
    }
}
