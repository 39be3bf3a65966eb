//! What was measured: `outcomes.toml`, one value a run.

use std::collections::BTreeMap;

/// By case, then by who (a client, or the cluster), then by quantity.
pub struct Outcomes(BTreeMap<String, BTreeMap<String, BTreeMap<String, Vec<f64>>>>);

/// The cases, in the order in which they are told.
const CASES: [&str; 10] = [
    "elect",
    "restart",
    "kill",
    "cut",
    "reassign",
    "elect-consumers",
    "restart-consumers",
    "kill-consumers",
    "cut-consumers",
    "reassign-consumers",
];

impl Outcomes {
    /// Reads the file.
    pub fn read() -> Self {
        Outcomes(toml::from_str(include_str!("outcomes.toml")).expect("outcomes.toml is a table of lists"))
    }

    /// The names of the cases.
    pub fn cases(&self) -> impl Iterator<Item = &'static str> + '_ {
        assert!(CASES.iter().all(|c| self.0.contains_key(*c)) && self.0.len() == CASES.len(), "the cases are {CASES:?}");
        CASES.into_iter()
    }

    /// All rows of a case: who, quantity, ascending values.
    pub fn of<'a>(&'a self, case: &'a str) -> impl Iterator<Item = (&'a str, &'a str, &'a [f64])> + 'a {
        self.0[case].iter().flat_map(|(who, rows)| rows.iter().map(|(q, values)| (who.as_str(), q.as_str(), values.as_slice())))
    }
}
