//! What differs between two clients.

use super::settings::{self, Setting, shown};
use crate::kafka::config::Key;
use crate::model::client::profile::Profile;
use crate::report::document::{Block, Document, Table, Verdict};
use serde::Serialize;

/// Two clients, and what differs.
#[derive(Serialize)]
pub struct Difference {
    a: String,
    b: String,
    policies: Vec<Pair>,
    producer: Vec<Pair>,
    consumer: Vec<Pair>,
}

/// A behaviour or setting of both, or of one of them.
#[derive(Serialize)]
struct Pair {
    /// What both stand for, where the keys have different names.
    meaning: Option<&'static str>,
    a: Option<Side>,
    b: Option<Side>,
}

/// How one of them has it.
#[derive(Clone, PartialEq, Eq, Serialize)]
struct Side {
    key: &'static str,
    value: String,
}

/// What differs between two profiles.
pub fn of(a: &Profile, b: &Profile) -> Difference {
    Difference {
        a: a.name.to_string(),
        b: b.name.to_string(),
        policies: policies(a, b),
        producer: role(a, b, false),
        consumer: role(a, b, true),
    }
}

fn policies(a: &Profile, b: &Profile) -> Vec<Pair> {
    let side = |profile: &Profile, key: &Key| {
        let key = profile.library.policy_keys().iter().find(|k| k.name == key.name)?;
        let policy = profile.policies.iter().find(|p| p.key == key.name)?;
        Some(Side { key: key.name, value: shown(key, &policy.value) })
    };
    let (of_a, of_b) = (a.library.policy_keys(), b.library.policy_keys());
    let only_b = of_b.iter().filter(|key| of_a.iter().all(|k| k.name != key.name));
    let pairs = of_a.iter().chain(only_b).map(|key| Pair { meaning: Some(key.doc.trim()), a: side(a, key), b: side(b, key) });
    pairs.filter(|pair| pair.a != pair.b).collect()
}

/// Settings whose defaults differ: by name within a library, by what they stand for across libraries; then what only one of them has.
fn role(a: &Profile, b: &Profile, consumer: bool) -> Vec<Pair> {
    let (of_a, of_b) = (settings::of(a, consumer), settings::of(b, consumer));
    let same =
        |x: &Setting, y: &Setting| if a.library == b.library { x.key == y.key } else { x.concept.is_some() && x.concept == y.concept };
    let side = |setting: &Setting| Some(Side { key: setting.key, value: setting.default.clone() });
    let mut pairs = Vec::new();
    let mut alone = Vec::new();
    for mine in &of_a {
        match of_b.iter().find(|theirs| same(mine, theirs)) {
            Some(theirs) if settings::alike(mine, theirs) => {}
            Some(theirs) => pairs.push(Pair { meaning: mine.concept, a: side(mine), b: side(theirs) }),
            None => alone.push(Pair { meaning: mine.concept, a: side(mine), b: None }),
        }
    }
    alone.extend(of_b.iter().filter(|theirs| !of_a.iter().any(|mine| same(mine, theirs))).map(|theirs| Pair {
        meaning: theirs.concept,
        a: None,
        b: side(theirs),
    }));
    pairs.extend(alone);
    pairs
}

/// For people.
pub fn document(found: &Difference) -> Document {
    let mut blocks = Vec::new();
    for (title, pairs) in [
        ("What no setting changes", &found.policies),
        ("Defaults of a producer", &found.producer),
        ("Defaults of a consumer", &found.consumer),
    ] {
        if pairs.is_empty() {
            continue;
        }
        blocks.push(Block::Heading(title.to_owned()));
        blocks.push(Block::Table(table(pairs, &found.a, &found.b)));
    }
    let text = match blocks.is_empty() {
        true => "Nothing differs.".to_owned(),
        false => "What differs; everything else is the same. A dash: it has no such key.".to_owned(),
    };
    Document { title: format!("{} and {}", found.a, found.b), verdict: Verdict { text, good: true }, blocks }
}

fn table(pairs: &[Pair], a: &str, b: &str) -> Table {
    let mut table = Table::new(&["What", a, b]);
    for pair in pairs {
        let both = match (&pair.a, &pair.b) {
            (Some(a), Some(b)) if a.key == b.key => Some(a.key),
            (Some(only), None) | (None, Some(only)) => Some(only.key),
            _ => None,
        };
        let cell = |side: &Option<Side>| match side {
            Some(side) if both.is_some() => side.value.clone(),
            Some(side) => format!("{} = {}", side.key, side.value),
            None => "–".to_owned(),
        };
        let what = both.or(pair.meaning).unwrap_or_default();
        table.row([what.to_owned(), cell(&pair.a), cell(&pair.b)]);
    }
    table
}
