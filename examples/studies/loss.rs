//! Whether an acknowledged record is lost, for each way to keep it and everything that may happen to its leader.

use crate::numbers::{Found, caption, counts, table, times};
use crate::page::Written;
use crate::plans::{Care, cares};
use kafkasim::report::plot::{Axis, HeatMap, Key, Quantity, Scale, Words};
use kafkasim::report::quantity::{count, percent};
use kafkasim::statistics::{Confidence, Estimate, proportion::proportion};

/// The tables and the picture of the page.
pub fn written(found: &[Found<'_>]) -> Written {
    let tables = found.iter().map(|part| (part.part.name, by_care(part)));
    Written {
        blocks: [("matrix", matrix(found))].into_iter().chain(tables).collect(),
        pictures: vec![("matrix".to_owned(), picture(found))],
    }
}

/// How records are kept, in the first columns of every table.
const KEPT: [&str; 4] = ["acks", "Idempotent", "min.insync.replicas", "Unclean election"];

fn kept(care: &Care) -> [String; 4] {
    let answer = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    [care.acks.to_owned(), answer(care.idempotent), care.min_insync.to_owned(), answer(care.unclean)]
}

/// The chance of each way to keep records under each harm.
fn matrix(found: &[Found<'_>]) -> String {
    let head: Vec<String> = KEPT.into_iter().chain(found.iter().map(|part| part.part.name)).map(str::to_owned).collect();
    let row = |(variant, care): (usize, &Care)| {
        let cell = |part: &Found<'_>| chance(&part.values(variant, "records.lost", 1.0));
        kept(care).into_iter().chain(found.iter().map(cell)).collect()
    };
    let rows: Vec<Vec<String>> = cares().iter().enumerate().map(row).collect();
    let seeds = count(found[0].part.study.seeds.count);
    format!("{}\nEach cell is of {seeds} runs, with the exact 95 % interval of the chance. {}", table(&head, KEPT.len(), &rows), of(found))
}

/// One harm: what is lost, what fails, what is doubled and how long it takes.
fn by_care(found: &Found<'_>) -> String {
    let more =
        ["Runs that lost a record", "Lost in a run", "Runs with a failed record", "Failed in a run", "Runs with a copy", "Longest wait"];
    let head: Vec<String> = KEPT.into_iter().chain(more).map(str::to_owned).collect();
    let row = |(variant, care): (usize, &Care)| {
        let chance_of = |path: &str| chance(&found.values(variant, path, 1.0));
        let mean = |path: &str| counts(found.of_run(variant, path));
        kept(care)
            .into_iter()
            .chain([
                chance_of("records.lost"),
                mean("records.lost"),
                chance_of("records.failed"),
                mean("records.failed"),
                chance_of("records.duplicated"),
                times(found.of_client(variant, "app", "longest_wait_ms")),
            ])
            .collect()
    };
    let rows: Vec<Vec<String>> = cares().iter().enumerate().map(row).collect();
    format!("{}\n{}", table(&head, KEPT.len(), &rows), caption(&[found]))
}

/// In what share of the runs it happened, with the bounds of Clopper and Pearson: what never happened may happen yet.
fn chance(values: &[f64]) -> String {
    match share(values) {
        None => "none".to_owned(),
        Some(e) if e.value == 0.0 => format!("0 (≤ {})", percent(e.high)),
        Some(e) if e.value == 1.0 => format!("100 % (≥ {})", percent(e.low)),
        Some(e) => format!("{} ({} to {})", percent(e.value), percent(e.low), percent(e.high)),
    }
}

fn share(values: &[f64]) -> Option<Estimate> {
    let some = values.iter().filter(|n| **n > 0.0).count();
    proportion(some as u64, values.len() as u64, Confidence::default())
}

fn picture(found: &[Found<'_>]) -> String {
    let name = |care: &Care| {
        let idempotent = if care.idempotent { ", idempotent" } else { "" };
        let unclean = if care.unclean { ", unclean elections" } else { "" };
        format!("acks={}{idempotent}, min {}{unclean}", care.acks, care.min_insync)
    };
    let names: Vec<String> = cares().iter().map(name).collect();
    let row = |variant: usize| -> Vec<Option<f64>> {
        found.iter().map(|part| share(&part.values(variant, "records.lost", 1.0)).map(|e| e.value)).collect()
    };
    let worst = |(name, row): (&String, &Vec<Option<f64>>)| {
        let loses = found.iter().zip(row).filter(|(_, value)| value.is_some_and(|v| v > 0.0)).map(|(part, _)| part.part.name);
        format!("{name}: loses in {}.", loses.collect::<Vec<_>>().join(", "))
    };
    let cells: Vec<Vec<Option<f64>>> = (0..names.len()).map(row).collect();
    let words = Words {
        title: "Share of runs that lost an acknowledged record".to_owned(),
        description: names.iter().zip(&cells).map(worst).collect::<Vec<_>>().join(" "),
        caption: of(found),
    };
    let x = Key { label: "what happens".to_owned(), values: found.iter().map(|part| part.part.name.to_owned()).collect() };
    let y = Key { label: "how records are kept".to_owned(), values: names };
    let value = Axis { label: "share of runs".to_owned(), scale: Scale::Linear, quantity: Quantity::Share };
    HeatMap { words, x, y, value, cells }.svg()
}

fn of(found: &[Found<'_>]) -> String {
    caption(&found.iter().collect::<Vec<_>>())
}
