//! What one client does.

use super::settings::{self, Setting};
use super::{evidence, settings::shown};
use crate::model::client::profile::{Evidence, Profile};
use crate::report::document::{Block, Document, Table, Verdict};
use serde::Serialize;

/// Behaviours that users of the library live with begin so.
const DEFECT: &str = "defect.";

/// A client.
#[derive(Serialize)]
pub struct Shown {
    name: String,
    library: &'static str,
    releases: String,
    evidence: &'static str,
    policies: Vec<Behaviour>,
    producer: Vec<Setting>,
    consumer: Vec<Setting>,
    #[serde(skip)]
    measured: bool,
}

/// A fixed behaviour.
#[derive(Serialize)]
struct Behaviour {
    key: &'static str,
    value: String,
    meaning: &'static str,
    source: String,
}

/// What a profile says.
pub fn of(profile: &Profile) -> Shown {
    let behaviour = |key: &crate::kafka::config::Key| {
        let policy = profile.policies.iter().find(|p| p.key == key.name)?;
        Some(Behaviour { key: key.name, value: shown(key, &policy.value), meaning: key.doc.trim(), source: policy.source.to_string() })
    };
    Shown {
        name: profile.name.to_string(),
        library: profile.library.names().1,
        releases: profile.releases.to_string(),
        evidence: evidence(profile),
        policies: profile.library.policy_keys().iter().filter_map(behaviour).collect(),
        producer: settings::of(profile, false),
        consumer: settings::of(profile, true),
        measured: profile.evidence == Evidence::Measured,
    }
}

/// For people.
pub fn document(shown: &Shown) -> Document {
    let held = if shown.measured {
        "held against runs on real clusters"
    } else {
        "from the source alone: nobody has held it against a cluster yet"
    };
    let mut blocks = Vec::new();
    let (defects, fixed): (Vec<&Behaviour>, Vec<&Behaviour>) = shown.policies.iter().partition(|p| p.key.starts_with(DEFECT));
    blocks.push(Block::Heading("What no setting changes".to_owned()));
    blocks.push(Block::Table(behaviours(&fixed)));
    if !defects.is_empty() {
        blocks.push(Block::Heading("Defects that its users live with".to_owned()));
        blocks.push(Block::Table(behaviours(&defects)));
        let how = "A client of a scenario switches one off with policies = { \"KEY\" = false }.";
        blocks.push(Block::Paragraph(how.to_owned()));
    }
    for (title, settings) in [("Settings of a producer", &shown.producer), ("Settings of a consumer", &shown.consumer)] {
        if settings.is_empty() {
            continue;
        }
        let mut table = Table::new(&["Key", "Default", "Meaning"]);
        for setting in settings {
            table.row([setting.key.to_owned(), setting.default.clone(), setting.meaning.to_owned()]);
        }
        blocks.push(Block::Heading(title.to_owned()));
        blocks.push(Block::Table(table));
    }
    Document {
        title: format!("{}: {}", shown.name, shown.library),
        verdict: Verdict { text: format!("Stands for {}; {held}.", shown.releases), good: true },
        blocks,
    }
}

fn behaviours(list: &[&Behaviour]) -> Table {
    let mut table = Table::new(&["Key", "Value", "Meaning", "Source"]);
    for behaviour in list {
        table.row([behaviour.key.to_owned(), behaviour.value.clone(), behaviour.meaning.to_owned(), behaviour.source.clone()]);
    }
    table
}
