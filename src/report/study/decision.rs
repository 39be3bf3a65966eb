//! What a sweep is for: settings that nothing else beats, and which key matters for what.

use super::change::capital;
use super::measure::Measure;
use super::variants::{Labels, ROWS};
use crate::report::document::{Block, Table, heading, paragraph};
use crate::report::quantity::{count, percent};
use crate::study::record::{KeyShare, Sensitivity, SweepRecord, VariantRecord};

/// The settings that no other beats in both cost and staleness; nothing where there is only one setting.
pub fn front(record: &SweepRecord, labels: &Labels<'_>) -> Vec<Block> {
    let front = &record.front;
    let named = |name: &String| record.variants.iter().find(|variant| variant.name == *name);
    let on_front: Vec<&VariantRecord> = front.variants.iter().filter_map(named).collect();
    if record.variants.len() < 2 || on_front.is_empty() {
        return Vec::new();
    }
    let [loss, cost] = [&front.loss, &front.cost].map(|path| Measure::of(path));
    let title = heading("Settings that no other beats, the cheapest first");
    if let [best] = on_front.as_slice() {
        return vec![title, paragraph(format!("{} has the least of both {} and {}.", best.name, cost.name(), loss.name()))];
    }
    let columns = [cost.name(), loss.name()].map(|name| format!(">{}", capital(&name)));
    let shown = &on_front[..on_front.len().min(ROWS)];
    let numbers = |variant: &VariantRecord| [cost.mean(variant), loss.mean(variant)];
    let chosen = record.choice.as_ref().and_then(|choice| choice.variant.as_ref());
    let table = match chosen {
        None => labels.table(shown, [&columns[0], &columns[1]], numbers),
        Some(name) => labels.table(shown, [&columns[0], &columns[1], "Chosen"], |variant| {
            let [cost, loss] = numbers(variant);
            [cost, loss, if variant.name == *name { "yes" } else { "" }.to_owned()]
        }),
    };
    vec![title, table, paragraph(meaning(on_front.len(), record.variants.len()))]
}

fn meaning(on_front: usize, all: usize) -> String {
    let beaten = match all - on_front {
        0 => format!("None of the {all} settings beats another in both."),
        _ => format!(
            "These are {} of {}; each of the others costs at least as much as one of these, and is no better.",
            count(on_front as u64),
            count(all as u64)
        ),
    };
    format!("{beaten} Means are compared here: where two nearly tie, other seeds may favour the other.")
}

/// Which key matters for which metric, the metrics that differ most first.
pub fn sensitivity(record: &SweepRecord) -> Vec<Block> {
    if visible(&record.sensitivity).next().is_none() {
        return Vec::new();
    }
    match record.study.keys.len() {
        0 => Vec::new(),
        1 => vec![heading(&format!("What {} moves, the most first", record.study.keys[0].key)), Block::Table(ranges(&record.sensitivity))],
        _ => vec![heading("Which key matters"), Block::Table(ranked(&record.sensitivity)), paragraph(MEANING)],
    }
}

const MEANING: &str = "The means of the variants are compared, the metrics that differ most first. A share is what the key explains alone of how a \
                       metric's means differ between variants. Shares that add up to less than 100 % leave what keys do only together, and chance.";

/// Those whose means differ as far as they are written out.
fn visible(all: &[Sensitivity]) -> impl Iterator<Item = &Sensitivity> {
    let written = |one: &Sensitivity, mean| Measure::of(&one.metric).value(mean);
    all.iter().filter(move |one| written(one, one.least) != written(one, one.greatest))
}

fn ranges(all: &[Sensitivity]) -> Table {
    let mut table = Table::new(&["Metric", ">Least mean", ">Greatest mean"]);
    for one in visible(all) {
        let measure = Measure::of(&one.metric);
        table.row([measure.name(), measure.value(one.least), measure.value(one.greatest)]);
    }
    table
}

fn ranked(all: &[Sensitivity]) -> Table {
    let mut table = Table::new(&["Metric", ">Least mean", ">Greatest mean", "What the keys explain, the most first"]);
    for one in visible(all) {
        let measure = Measure::of(&one.metric);
        let share = |key: &KeyShare| format!("{} {}", key.key, percent(key.share));
        let shares: Vec<String> = one.keys.iter().map(share).collect();
        table.row([measure.name(), measure.value(one.least), measure.value(one.greatest), shares.join(", ")]);
    }
    table
}
