//! What would have shortened the longest steps of a recovery, and what else counts beside them.

use super::chain::{Chain, Weight};
use super::choose;
use super::record::{Lever, Rival, Try};
use super::remedy::{Ill, Treatment};
use super::tries::Tries;
use crate::engine::Duration;
use crate::observe::record::Window;
use crate::scenario::Scenario;

/// Steps that are looked at.
const MOST: usize = 3;
/// A step with a smaller share is no lever, unless it is the longest.
const SMALL: f64 = 0.1;
/// Whoever takes a step away and saves less than this part of it has met with another chain.
const ENOUGH: f64 = 0.5;

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
            rival: None,
        };
        let ill = self.chain.ill(self.scenario, &self.chain.path[weight.place]);
        let by_graph = weight.rival.map(|link| self.chain.ill(self.scenario, &link));
        let by_graph = by_graph.filter(|rival| !rival.is_alike(&ill)).map(|rival| Treatment::of(&rival));
        let Some(tries) = tries else {
            lever.rival = by_graph.map(|other| untried(&other));
            return lever;
        };
        let own = Treatment::of(&ill);
        lever.tries = own.changes.iter().map(|change| tries.one(change, self.window)).collect();
        let removal = own.removal().filter(|removal| !self.saves(&tries.one(removal, self.window), ENOUGH * lever.ms));
        // What takes the place of a step that was taken away is better known than what would by the graph.
        let instead = removal.and_then(|removal| tries.instead(removal, &ill, &self.all(), self.window));
        lever.rival = instead.or(by_graph).map(|other| Rival {
            tries: other.changes.iter().map(|change| tries.one(change, self.window)).collect(),
            both: own.removal().zip(other.removal()).map(|(own, other)| tries.one(&own.with(other), self.window)),
            ..untried(&other)
        });
        lever
    }

    /// Whether the recovery was so much shorter, or the part of it in which records waited.
    fn saves(&self, tried: &Try, ms: f64) -> bool {
        let whole = self.window.recovery_ms.unwrap_or_default();
        let is_less = |now: f64, then: Option<f64>| then.is_some_and(|then| now - then >= ms);
        is_less(whole, tried.recovery_ms) || is_less(choose::felt(self.window), tried.waited_ms)
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
        both: None,
    }
}
