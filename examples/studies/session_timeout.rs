//! How long a session of a broker should be: what a short one costs where brokers only pause, what a long one costs where they die.

use crate::numbers::{Found, caption, counts, milliseconds, over_time, panel, point, table, times};
use crate::page::Written;
use crate::plans::{SESSION, SESSIONS};
use kafkasim::report::plot::{Panel, Quantity, Series};
use kafkasim::statistics::Estimate;

/// A column of a table: its head, and its cell for a variant.
type Column = (&'static str, fn(&Found<'_>, usize) -> String);

const KILLS: [Column; 4] = [
    ("Median interruption", |f, v| times(f.of_client(v, "shop", "interruption_ms.p50"))),
    ("Longest wait", |f, v| times(f.of_client(v, "shop", "longest_wait_ms"))),
    ("Latency p99.9", |f, v| times(f.of_client(v, "shop", "latency_ms.p999"))),
    ("Leader moves", |f, v| counts(f.of_run(v, "moves"))),
];

const PAUSES: [Column; 5] = [
    ("Leader moves", |f, v| counts(f.of_run(v, "moves"))),
    ("Stale requests", |f, v| counts(f.of_run(v, "requests.stale"))),
    ("Lost of `acks=1`", |f, v| counts(f.of_client(v, "audit", "messages.lost"))),
    ("Longest wait", |f, v| times(f.of_client(v, "shop", "longest_wait_ms"))),
    ("Latency p99", |f, v| times(f.of_client(v, "shop", "latency_ms.p99"))),
];

/// The tables and pictures of the page.
pub fn written(found: &[Found<'_>]) -> Written {
    let [pauses, kills] = found else { panic!("the study has two parts") };
    let wait =
        panels("longest wait of a record (acks=all)", Quantity::DurationMs, [("brokers die", kills), ("brokers pause", pauses)], |f, v| {
            f.of_client(v, "shop", "longest_wait_ms")
        });
    let moves = panels("leader moves in 20 minutes", Quantity::Plain, [("brokers die", kills), ("brokers pause", pauses)], |f, v| {
        f.of_run(v, "moves")
    });
    let lost =
        panels("lost messages in 20 minutes (acks=1)", Quantity::Plain, [("brokers die", kills), ("brokers pause", pauses)], |f, v| {
            f.of_client(v, "audit", "messages.lost")
        });
    let title = "Brokers that die and brokers that pause, over the length of their session";
    Written {
        blocks: vec![("kills", by_session(kills, &KILLS)), ("pauses", by_session(pauses, &PAUSES))],
        pictures: vec![("session".to_owned(), over_time(&[kills, pauses], SESSION, title, vec![wait, moves, lost]))],
    }
}

fn by_session(found: &Found<'_>, columns: &[Column]) -> String {
    let head: Vec<String> = ["Session"].into_iter().chain(columns.iter().map(|column| column.0)).map(str::to_owned).collect();
    let row = |(variant, session): (usize, &&str)| {
        [(*session).to_owned()].into_iter().chain(columns.iter().map(|column| column.1(found, variant))).collect()
    };
    let rows: Vec<Vec<String>> = SESSIONS.iter().enumerate().map(row).collect();
    format!("{}\n{}", table(&head, 1, &rows), caption(&[found]))
}

fn panels(label: &str, quantity: Quantity, parts: [(&str, &Found<'_>); 2], ask: fn(&Found<'_>, usize) -> Option<Estimate>) -> Panel {
    let line = |(name, found): (&str, &Found<'_>)| Series {
        name: name.to_owned(),
        points: SESSIONS.iter().enumerate().filter_map(|(v, session)| point(milliseconds(session), ask(found, v))).collect(),
    };
    panel(label, quantity, parts.map(line).into())
}
