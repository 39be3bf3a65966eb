//! Steps of causal paths, each text once, and the words that requests refer to.

use super::record::{Micros, Step};
use std::collections::BTreeMap;

/// Texts, each with its place.
#[derive(Default)]
pub struct Words {
    all: Vec<String>,
    places: BTreeMap<String, u32>,
}

impl Words {
    /// The place of a text.
    pub fn place(&mut self, text: &str) -> u32 {
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        let place = self.all.len() as u32;
        self.all.push(text.to_owned());
        self.places.insert(text.to_owned(), place);
        place
    }
    /// All texts, in the order of their places.
    pub fn finish(self) -> Vec<String> {
        self.all
    }
}

/// Steps, each with its place: many requests share theirs.
#[derive(Default)]
pub struct Steps {
    all: Vec<Step>,
    places: BTreeMap<Step, u32>,
}

impl Steps {
    /// The place of a step.
    pub fn place(&mut self, at: Micros, text: String) -> u32 {
        let step = Step { at, text };
        if let Some(place) = self.places.get(&step) {
            return *place;
        }
        let place = self.all.len() as u32;
        self.all.push(step.clone());
        self.places.insert(step, place);
        place
    }
    /// A path in the order of time.
    pub fn sorted(&self, mut path: Vec<u32>) -> Vec<u32> {
        path.sort_by_key(|place| self.all[*place as usize].at);
        path.dedup();
        path
    }
    /// All steps, in the order of their places.
    pub fn finish(self) -> Vec<Step> {
        self.all
    }
}
