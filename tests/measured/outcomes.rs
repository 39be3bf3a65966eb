//! What was measured: one value a run, as `outcomes.toml` has it and `validation/measure` writes it.

use std::collections::BTreeMap;

/// By case, then by who (a client, or the cluster), then by quantity.
#[derive(serde::Deserialize)]
pub struct Outcomes(BTreeMap<String, BTreeMap<String, BTreeMap<String, Vec<f64>>>>);

impl Outcomes {
    /// The names of the cases, in the order of the alphabet.
    pub fn cases(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    /// All rows of a case: who, quantity, ascending values.
    pub fn of<'a>(&'a self, case: &'a str) -> impl Iterator<Item = (&'a str, &'a str, &'a [f64])> + 'a {
        self.0[case].iter().flat_map(|(who, rows)| rows.iter().map(|(q, values)| (who.as_str(), q.as_str(), values.as_slice())))
    }
}
