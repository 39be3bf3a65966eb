//! Scenarios: TOML text to a validated cluster, its faults and expectations, or to everything that is wrong with it.

mod at;
pub mod catalogue;
mod clients;
mod cluster;
mod costs;
mod depth;
mod diagnostic;
mod distribution;
mod document;
mod expect;
mod file;
mod groups;
mod handbook;
pub mod import;
mod keys;
mod network;
mod overrides;
mod profiles;
mod resolve;
mod schema;
mod seed;
mod shape;
mod topics;
mod validate;

pub use diagnostic::{Diagnostic, Diagnostics};
pub use distribution::parse as parse_distribution;
pub use expect::{Expect, Op};
pub use handbook::Handbook;
pub use overrides::Override;
pub use schema::schema;
pub use validate::MAX_EVENTS;

use crate::engine::Duration;
use crate::fault::{Fault, Plan};
use crate::model::Spec;

/// A scenario, ready to run.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// What it shows, for people.
    pub about: String,
    /// What the handbook says beside that.
    pub handbook: Option<Handbook>,
    /// SHA-256 of the canonical text without the seed, in hexadecimal.
    pub digest: String,
    /// What the cluster is made of.
    pub spec: Spec,
    /// What happens to it, as it is written.
    pub faults: Vec<Fault>,
    /// What happens to it, with the random faults that its seed draws.
    pub plan: Plan,
    /// The seed: [`Scenario::with_seed`] gives the scenario another.
    pub seed: u64,
    /// Warm-up before counting begins.
    pub count_from: Duration,
    /// Time that is counted.
    pub duration: Duration,
    /// What is expected of the answer.
    pub expect: Vec<Expect>,
    /// Sentences for the answer's list of what is assumed or not modelled.
    pub notes: Vec<String>,
    /// The clients' rates are a guess.
    pub assumed_rates: bool,
    /// The scenario with all changes applied, as TOML that gives the same run; its first line is the seed.
    pub canonical: String,
    /// The command that repeats the run.
    pub repeat: String,
}

/// The TOML text of a scenario, for programs that carry their own.
impl std::str::FromStr for Scenario {
    type Err = Diagnostics;
    fn from_str(text: &str) -> Result<Self, Diagnostics> {
        load(&Source { name: "scenario".to_owned(), text: text.to_owned() }, &[])
    }
}

/// The text of a scenario and where it came from.
#[derive(Clone, Debug)]
pub struct Source {
    /// A path, or a name of the catalogue: for diagnostics, and for the name of a scenario that has none.
    pub name: String,
    /// TOML.
    pub text: String,
}

impl Source {
    /// A scenario of the catalogue.
    pub fn catalogue(name: &str) -> Option<Source> {
        catalogue::find(name).map(|text| Source { name: name.to_owned(), text: text.to_owned() })
    }
}

/// Reads a scenario and applies `overrides` to it, later ones on top of earlier ones.
///
/// # Errors
/// Every mistake of the file and of the overrides at once, each with its place and its remedy.
pub fn load(source: &Source, overrides: &[Override]) -> Result<Scenario, Diagnostics> {
    let (file, mut found) = document::read(source, overrides)?;
    let scenario = resolve::resolve(source, overrides, file, &mut found);
    found.sort();
    if found.is_empty() { Ok(scenario) } else { Err(found) }
}

#[cfg(test)]
mod tests;
