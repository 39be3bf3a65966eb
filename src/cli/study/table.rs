//! The runs of a study as tables: a row a run and client, and a row a window. The same rows are written as CSV and as Parquet.

use crate::printable::escape;
use crate::study::metric::{self, Unit};
use crate::study::{ClientOutcome, Job, Length, Outcome, Results, WindowOutcome};

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Text.
    Text,
    /// A seed: all 64 bits count.
    Seed,
    /// A whole number.
    Whole,
    /// Any number.
    Number,
    /// Yes or no.
    Flag,
}

/// A column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
}

/// What stands in a row under a column.
#[derive(Clone, PartialEq, Debug)]
pub enum Cell {
    /// Nothing was measured.
    Empty,
    /// Text, with nothing in it that a terminal would obey.
    Text(String),
    /// A seed.
    Seed(u64),
    /// A whole number.
    Whole(i64),
    /// Any number.
    Number(f64),
    /// Yes or no.
    Flag(bool),
}

/// Columns, and rows with a cell for each.
pub struct Table<'r> {
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, made as they are asked for.
    pub rows: Box<dyn Iterator<Item = Vec<Cell>> + 'r>,
}

/// A row a run and client; one without a client for a run that has none. Any row says how its run is repeated, and what that must give.
pub fn runs<'r>(results: &'r Results<'_>) -> Table<'r> {
    let texts = |names: &[&str]| names.iter().map(|name| column(name, Kind::Text)).collect::<Vec<_>>();
    let metrics = |prefix: &'static str, metrics: Vec<(&str, Unit)>| -> Vec<Column> {
        metrics.into_iter().map(|(path, unit)| column(&format!("{prefix}{path}"), kind(unit))).collect()
    };
    let columns = [
        texts(&["scenario", "scenario_digest", "kafkasim", "variant"]),
        keys(results),
        vec![column("seed", Kind::Seed)],
        texts(&["client", "profile", "role"]),
        vec![column("members", Kind::Whole)],
        metrics("", metric::client_metrics()),
        metrics("run.", metric::run_metrics()),
        texts(&["digest", "repeat"]),
    ];
    let rows = in_order(results).into_iter().flat_map(|outcome| {
        let clients: Vec<Option<&ClientOutcome>> =
            if outcome.clients.is_empty() { vec![None] } else { outcome.clients.iter().map(Some).collect() };
        clients.into_iter().map(|client| run_row(results, outcome, client))
    });
    Table { columns: columns.concat(), rows: Box::new(rows) }
}

/// A row a window.
pub fn windows<'r>(results: &'r Results<'_>) -> Table<'r> {
    let lengths = ["stale_window", "recovery", "interruption"]
        .map(|name| [column(&format!("{name}_ms"), Kind::Number), column(&format!("{name}_ended"), Kind::Flag)]);
    let columns = [
        vec![column("variant", Kind::Text)],
        keys(results),
        vec![column("seed", Kind::Seed), column("client", Kind::Text), column("topic", Kind::Text)],
        vec![column("partition", Kind::Whole), column("start_ms", Kind::Number)],
        lengths.concat(),
    ];
    let rows = in_order(results).into_iter().flat_map(|outcome| outcome.windows.iter().map(|window| window_row(results, outcome, window)));
    Table { columns: columns.concat(), rows: Box::new(rows) }
}

/// By run, but where some values of a key are words and some are numbers the words come first: readers guess the type of a column from its
/// first rows (polars from 100).
fn in_order<'r>(results: &'r Results<'_>) -> Vec<&'r Outcome> {
    let likeness = |value: &String| match (value.parse::<i64>(), value.parse::<f64>()) {
        (Ok(_), _) => 2,
        (Err(_), Ok(_)) => 1,
        (Err(_), Err(_)) => 0,
    };
    let of_variant = |outcome: &&Outcome| -> u32 {
        let variant = &results.study.variants[results.study.job(outcome.job).variant].variant;
        results.study.keys.iter().filter_map(|key| variant.value(key)).map(likeness).sum()
    };
    let mut outcomes: Vec<&Outcome> = results.all().iter().collect();
    outcomes.sort_by_key(of_variant);
    outcomes
}

fn run_row(results: &Results<'_>, outcome: &Outcome, client: Option<&ClientOutcome>) -> Vec<Cell> {
    let job = results.study.job(outcome.job);
    let scenario = &results.study.variants[job.variant].scenario;
    let of_client = |of: fn(&ClientOutcome) -> Cell| client.map_or(Cell::Empty, of);
    let client_values = match client {
        Some(client) => numbers(&client.values, &metric::client_metrics()),
        None => vec![Cell::Empty; metric::client_metrics().len()],
    };
    let (about, identity) = variant(results, job);
    [
        vec![text(&scenario.name), text(&scenario.digest), text(env!("CARGO_PKG_VERSION")), about],
        identity,
        vec![
            of_client(|c| text(&c.name)),
            of_client(|c| text(&c.profile)),
            of_client(|c| text(&c.role)),
            of_client(|c| Cell::Whole(c.members as i64)),
        ],
        client_values,
        numbers(&outcome.values, &metric::run_metrics()),
        vec![text(&outcome.digest), text(&results.study.command(job))],
    ]
    .concat()
}

fn window_row(results: &Results<'_>, outcome: &Outcome, window: &WindowOutcome) -> Vec<Cell> {
    let length = |length: Option<Length>| match length {
        Some(Length { ms, ended }) => vec![Cell::Number(ms), Cell::Flag(ended)],
        None => vec![Cell::Empty, Cell::Empty],
    };
    let (about, identity) = variant(results, results.study.job(outcome.job));
    [
        vec![about],
        identity,
        vec![text(&window.client), text(&window.topic), Cell::Whole(window.partition.into()), Cell::Number(window.start_ms)],
        length(window.stale_window),
        length(Some(window.recovery)),
        length(window.interruption),
    ]
    .concat()
}

/// The variant's name, and the value of each varied key with the seed.
fn variant(results: &Results<'_>, job: Job) -> (Cell, Vec<Cell>) {
    let variant = &results.study.variants[job.variant].variant;
    let values = results.study.keys.iter().map(|key| variant.value(key).map_or(Cell::Empty, |value| text(value)));
    (text(&variant.name), values.chain([Cell::Seed(job.seed)]).collect())
}

fn keys(results: &Results<'_>) -> Vec<Column> {
    results.study.keys.iter().map(|key| column(key, Kind::Text)).collect()
}

fn numbers(values: &[Option<f64>], metrics: &[(&str, Unit)]) -> Vec<Cell> {
    let cell = |(value, (_, unit)): (&Option<f64>, &(&str, Unit))| match (value, kind(*unit)) {
        (None, _) => Cell::Empty,
        (Some(value), Kind::Whole) => Cell::Whole(*value as i64),
        (Some(value), _) => Cell::Number(*value),
    };
    values.iter().zip(metrics).map(cell).collect()
}

fn kind(unit: Unit) -> Kind {
    match unit {
        Unit::Count | Unit::Bytes => Kind::Whole,
        Unit::Milliseconds => Kind::Number,
    }
}

fn column(name: &str, kind: Kind) -> Column {
    Column { name: escape(name), kind }
}

fn text(text: &str) -> Cell {
    Cell::Text(escape(text))
}
