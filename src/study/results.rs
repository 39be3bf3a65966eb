//! All runs of a study that are done, and any number of them over the seeds.

use super::metric::{self, Unit};
use super::{Outcome, Study};
use crate::fault::closest;
use std::collections::{BTreeMap, BTreeSet};

/// All runs of a study that are done, in order.
#[derive(Clone, Debug)]
pub struct Results<'s> {
    /// What was run.
    pub study: &'s Study,
    outcomes: Vec<Outcome>,
    /// The places of each variant's runs among all: a study has many numbers, and each is asked for by variant.
    places: Vec<Vec<usize>>,
}

/// A number that every run has, or that a client of it has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Column {
    /// As it is written: `requests.stale`, `clients.app.requests.stale`.
    pub path: String,
    /// What it counts in.
    pub unit: Unit,
    client: Option<String>,
    index: usize,
}

impl Column {
    /// Finds `requests.stale`, or `clients.NAME.requests.stale`.
    ///
    /// # Errors
    /// When no run has such a number, with the nearest that there is.
    pub fn parse(path: &str, clients: &[&str]) -> Result<Column, String> {
        let (client, metrics, rest) = match path.strip_prefix("clients.") {
            None => (None, metric::run_metrics(), path),
            Some(rest) => {
                // Names have dots: the longest that fits is meant.
                let fits = clients.iter().filter_map(|name| Some((*name, rest.strip_prefix(name)?.strip_prefix('.')?)));
                let (name, metric) = fits.max_by_key(|(name, _)| name.len()).ok_or_else(|| {
                    format!("`{path}` names no client of the scenario: there are {}", clients.join(", "))
                })?;
                (Some(name.to_owned()), metric::client_metrics(), metric)
            }
        };
        match metrics.iter().position(|(known, _)| *known == rest) {
            Some(index) => Ok(Column { path: path.to_owned(), unit: metrics[index].1, client, index }),
            None => Err(match closest(rest, metrics.iter().map(|(known, _)| *known)) {
                Some(near) => format!("`{rest}` is no metric: did you mean `{near}`?"),
                None => format!("`{rest}` is no metric: there are {}", metrics.iter().map(|(known, _)| *known).collect::<Vec<_>>().join(", ")),
            }),
        }
    }

    /// The number of one run; none when nothing was measured, or when it has no such client.
    pub fn of(&self, outcome: &Outcome) -> Option<f64> {
        match &self.client {
            None => outcome.values[self.index],
            Some(name) => outcome.clients.iter().find(|client| client.name == *name)?.values[self.index],
        }
    }
}

impl<'s> Results<'s> {
    /// Of these runs, in whatever order they come.
    pub fn new(study: &'s Study, mut outcomes: Vec<Outcome>) -> Results<'s> {
        outcomes.sort_by_key(|outcome| outcome.job);
        let mut places = vec![Vec::new(); study.variants.len()];
        outcomes.iter().enumerate().for_each(|(place, outcome)| places[study.job(outcome.job).variant].push(place));
        Results { study, outcomes, places }
    }

    /// All runs.
    pub fn all(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// The runs of a variant, by seed.
    pub fn of(&self, variant: usize) -> impl Iterator<Item = &Outcome> {
        self.places[variant].iter().map(|place| &self.outcomes[*place])
    }

    /// The numbers of a variant's runs that have one.
    pub fn values(&self, variant: usize, column: &Column) -> Vec<f64> {
        self.of(variant).filter_map(|outcome| column.of(outcome)).collect()
    }

    /// The numbers of two variants under the same seeds, and how many seeds have not both.
    pub fn pairs(&self, one: usize, other: usize, column: &Column) -> (Vec<(f64, f64)>, u64) {
        let others: BTreeMap<u64, f64> = self.of(other).filter_map(|o| Some((o.seed, column.of(o)?))).collect();
        let pairs: Vec<(f64, f64)> = self.of(one).filter_map(|o| Some((column.of(o)?, *others.get(&o.seed)?))).collect();
        let seeds = self.of(one).count().max(self.of(other).count());
        let unpaired = (seeds - pairs.len()) as u64;
        (pairs, unpaired)
    }

    /// The names of all clients of a variant, in order; the members of a fleet share one.
    pub fn clients(&self, variant: usize) -> Vec<&str> {
        let clients = &self.study.variants[variant].scenario.spec.clients;
        let names: BTreeSet<&str> = clients.iter().map(|client| client.fleet.as_deref().unwrap_or(&client.name)).collect();
        names.into_iter().collect()
    }
}
