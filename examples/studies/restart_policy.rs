//! How to restart six brokers: what each policy costs in stale requests, in waiting and in time.

use crate::numbers::{Found, caption, counts, panel, point, table, times, words};
use crate::page::Written;
use crate::plans::POLICIES;
use kafkasim::report::plot::{Axis, LinePlot, Panel, Quantity, Scale, Series};
use kafkasim::statistics::Estimate;

/// The restart begins so long after counting does.
const BEGINS_MS: f64 = 10_000.0;

/// The tables and the picture of the page.
pub fn written(found: &[Found<'_>]) -> Written {
    let [quick, slow] = found else { panic!("the study has two parts") };
    let of = |label: &str, quantity, ask: fn(&Found<'_>, usize) -> Option<Estimate>| {
        compared(label, quantity, [("quick start", quick), ("slow start", slow)], ask)
    };
    let panels = vec![
        of("stale requests of three clients", Quantity::Plain, |f, v| f.of_run(v, "requests.stale")),
        of("longest wait of a record", Quantity::DurationMs, longest_wait),
        of("time until the last broker is back", Quantity::DurationMs, total),
    ];
    let x = Axis {
        label: "how the brokers are restarted".to_owned(),
        scale: Scale::Named(POLICIES.map(|(name, _)| name.to_owned()).into()),
        quantity: Quantity::Plain,
    };
    let words = words(&[quick, slow], "What a rolling restart costs, by its policy", &panels);
    Written {
        blocks: vec![("quick", by_policy(quick)), ("slow", by_policy(slow))],
        pictures: vec![("policies".to_owned(), LinePlot { words, x, panels }.svg())],
    }
}

fn compared(label: &str, quantity: Quantity, parts: [(&str, &Found<'_>); 2], ask: fn(&Found<'_>, usize) -> Option<Estimate>) -> Panel {
    let line = |(name, found): (&str, &Found<'_>)| Series {
        name: name.to_owned(),
        points: (0..POLICIES.len()).filter_map(|v| point(v as f64, ask(found, v))).collect(),
    };
    panel(label, quantity, parts.map(line).into())
}

fn by_policy(found: &Found<'_>) -> String {
    let head = ["Policy", "Stale requests", "Leader moves", "Longest wait", "Failed records", "Time"].map(str::to_owned);
    let row = |(v, (name, _)): (usize, &(&str, &str))| {
        vec![
            (*name).to_owned(),
            counts(found.of_run(v, "requests.stale")),
            counts(found.of_run(v, "moves")),
            times(longest_wait(found, v)),
            counts(found.of_run(v, "records.failed")),
            times(total(found, v)),
        ]
    };
    let rows: Vec<Vec<String>> = POLICIES.iter().enumerate().map(row).collect();
    format!("{}\n{}", table(&head, 1, &rows), caption(&[found]))
}

fn longest_wait(found: &Found<'_>, variant: usize) -> Option<Estimate> {
    found.of_worst_client(variant, "longest_wait_ms")
}

/// From the first stop to the last change of the cluster.
fn total(found: &Found<'_>, variant: usize) -> Option<Estimate> {
    let e = found.of_run(variant, "last_change_ms")?;
    Some(Estimate { value: e.value - BEGINS_MS, low: e.low - BEGINS_MS, high: e.high - BEGINS_MS })
}
