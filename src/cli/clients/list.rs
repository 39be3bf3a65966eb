//! Every profile in a line.

use super::evidence;
use crate::model::client::profiles;
use crate::report::document::{Block, Document, Table, Verdict};
use serde::Serialize;

/// A profile in a line.
#[derive(Serialize)]
pub struct Line {
    name: String,
    library: &'static str,
    releases: String,
    roles: Vec<&'static str>,
    evidence: &'static str,
}

/// Every profile.
pub fn of() -> Vec<Line> {
    let line = |profile: &&'static crate::model::client::profile::Profile| Line {
        name: profile.name.to_string(),
        library: profile.library.names().1,
        releases: profile.releases.to_string(),
        roles: [(false, "producer"), (true, "consumer")]
            .into_iter()
            .filter(|(consumer, _)| profile.config(*consumer).is_some())
            .map(|(_, role)| role)
            .collect(),
        evidence: evidence(profile),
    };
    profiles::all().iter().map(line).collect()
}

/// For people.
pub fn document(lines: &[Line]) -> Document {
    let mut table = Table::new(&["Name", "Library", "Releases", "As", "Evidence"]);
    for line in lines {
        table.row([line.name.clone(), line.library.to_owned(), line.releases.clone(), line.roles.join(", "), line.evidence.to_owned()]);
    }
    let verdict = "A scenario's client names one as its `profile`. `kafkasim clients show NAME` prints what it does, \
        `kafkasim clients diff A B` what differs.";
    let evidence = "Every behaviour is taken from the library's source. Evidence `measured`: and held against runs of that release on real \
        clusters (docs/VALIDATION.md). Evidence `source`: nobody has held it against a cluster yet.";
    Document {
        title: "Clients".to_owned(),
        verdict: Verdict { text: verdict.to_owned(), good: true },
        blocks: vec![Block::Table(table), Block::Paragraph(evidence.to_owned())],
    }
}
