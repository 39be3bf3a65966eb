//! The table of what catches each variant: its file, and its page in the documentation.

use crate::NUMBERS;
use crate::stories;
use kafkasim::swarm::Kind;
use std::fmt::Write;

const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/variants/table.toml");
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/VALIDATION.md");
/// The page's table stands between these.
const MARKS: [&str; 2] = ["<!-- variants -->\n", "<!-- /variants -->\n"];

/// The first number of the swarm that catches a variant, and its first complaint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Caught {
    pub number: u64,
    pub by: String,
}

/// A variant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    pub variant: String,
    /// None: no number of those that were flown.
    pub swarm: Option<Caught>,
}

/// What a complaint is about: a check by its name, or a law of the calm.
pub fn name(kind: &Kind) -> String {
    match kind {
        Kind::Violated(check) => check.clone(),
        Kind::Refused => "refused".to_owned(),
        Kind::Panicked => "the model's own invariants".to_owned(),
        Kind::TooManyEvents => "bounded work".to_owned(),
        Kind::NoController => "in the calm a controller is active".to_owned(),
        Kind::NotServing => "in the calm every broker serves".to_owned(),
        Kind::Reassigning => "in the calm no reassignment is open".to_owned(),
        Kind::IsrUnanswered => "in the calm every proposal of an ISR is answered".to_owned(),
        Kind::InFlight => "in the calm no request is in flight for ever".to_owned(),
        Kind::Leaderless => "in the calm every partition is led".to_owned(),
        Kind::UnderReplicated => "in the calm every ISR is full".to_owned(),
        Kind::Waiting => "in the calm no record waits".to_owned(),
        Kind::Failed => "in the calm no record fails".to_owned(),
        Kind::Unserved => "in the calm every client is served".to_owned(),
    }
}

/// The table as it is stored.
pub fn read() -> Vec<Row> {
    let text = std::fs::read_to_string(TABLE).expect("the table is there");
    let table: toml::Table = text.parse().expect("the table is TOML");
    let rows = table["variant"].as_array().expect("rows");
    let row = |row: &toml::Value| Row {
        variant: row["name"].as_str().expect("a name").to_owned(),
        swarm: row.get("number").map(|number| Caught {
            number: number.as_integer().expect("a number") as u64,
            by: row["by"].as_str().expect("a check or law").to_owned(),
        }),
    };
    rows.iter().map(row).collect()
}

/// Stores the table and its page.
pub fn write(rows: &[Row]) {
    let mut text = format!("# Which number of the swarm, of the first {NUMBERS}, catches each variant, and its first complaint.\n");
    for row in rows {
        let _ = write!(text, "\n[[variant]]\nname = \"{}\"\n", row.variant);
        if let Some(caught) = &row.swarm {
            let _ = write!(text, "number = {}\nby = \"{}\"\n", caught.number, caught.by);
        }
    }
    std::fs::write(TABLE, text).expect("the table can be written");
    let page = page();
    let (before, rest) = page.split_once(MARKS[0]).expect("the page has a place for the table");
    let (_, after) = rest.split_once(MARKS[1]).expect("the place ends");
    std::fs::write(PAGE, format!("{before}{}{}{}{after}", MARKS[0], shown(rows), MARKS[1])).expect("the page can be written");
}

/// The page.
pub fn page() -> String {
    std::fs::read_to_string(PAGE).expect("the page is there")
}

/// The table as the page shows it.
pub fn shown(rows: &[Row]) -> String {
    let mut text = "| variant | what goes wrong | its story is caught by | the swarm catches it with run |\n|---|---|---|---|\n".to_owned();
    for (row, story) in rows.iter().filter_map(|row| Some((row, stories::all().find(|s| format!("{:?}", s.broken) == row.variant)?))) {
        let swarm = match &row.swarm {
            Some(caught) => format!("{} ({})", caught.number, caught.by),
            None => format!("none of the first {NUMBERS}: only its story does"),
        };
        let _ = writeln!(text, "| `{}` | {} | {} | {swarm} |", row.variant, story.says, story.caught_by);
    }
    text
}
