//! The pictures of a sweep.

use super::{Plot, axis, ends, of_the_mean, point, recovery, scale, words};
use crate::report::plot::{self, Axis, HeatMap, LinePlot, Panel, ParetoPlot, Point, Quantity, Scale, Series};
use crate::report::study::change::capital;
use crate::report::study::measure::Measure;
use crate::report::study::variants::{Labels, ROWS, spread};
use crate::study::record::{Interval, KeyRecord, SweepRecord, VariantRecord};
use std::collections::BTreeSet;

/// Lines that can be told apart in one picture.
const MOST_LINES: usize = 8;
/// Cells that can be read in one heat map.
const MOST_CELLS: usize = 600;

/// An estimate of a variant.
type Estimate<'f> = &'f dyn Fn(&VariantRecord) -> Option<Interval>;

/// The pictures of a sweep, those first that answer most.
pub fn plots(record: &SweepRecord) -> Vec<Plot> {
    let mut plots = Vec::new();
    if record.variants.len() > 1 {
        match record.study.keys.as_slice() {
            [] => {}
            [x] => {
                plots.extend(over(record, x, None));
                plots.extend(clients(record, x));
            }
            [a, b] => {
                // Lines lead over numbers.
                let (x, by) = if a.numbers.is_none() && b.numbers.is_some() { (b, a) } else { (a, b) };
                plots.extend(heat_map(record, x, by));
                plots.extend(over(record, x, Some(by)));
            }
            _ => {}
        }
        plots.push(front(record));
    }
    plots.extend(recovery::plots(&record.study, &record.variants, &Labels::keys(&record.study)));
    plots
}

/// Staleness over a key, and what it costs; a line for each value of the other key.
fn over(record: &SweepRecord, x: &KeyRecord, by: Option<&KeyRecord>) -> Vec<Plot> {
    if by.is_some_and(|by| by.values.len() > MOST_LINES) {
        return Vec::new();
    }
    let [loss, cost] = [&record.front.loss, &record.front.cost].map(|path| Measure::of(path));
    let loss_panel = of_metric(record, &loss, x, by);
    let stale = |variant: &VariantRecord| variant.rates.get("stale").and_then(|rate| rate.share);
    let share = Axis { label: "stale share of all requests".to_owned(), scale: Scale::Linear, quantity: Quantity::Share };
    let share_panel = Panel { y: share, series: series(record, x, by, &stale) };
    let title = format!("{} over {}", capital(&loss.name()), x.key);
    let both = format!("What less staleness costs: {} over {}", cost.name(), x.key);
    vec![
        lines(record, "staleness.svg", &title, x, vec![loss_panel]),
        lines(record, "rate-and-cost.svg", &both, x, vec![share_panel, of_metric(record, &cost, x, by)]),
    ]
}

fn of_metric(record: &SweepRecord, measure: &Measure<'_>, x: &KeyRecord, by: Option<&KeyRecord>) -> Panel {
    let mean = |variant: &VariantRecord| measure.record(variant).map(|metric| metric.mean);
    let y = axis(measure, record.variants.iter().filter_map(|variant| Some(mean(variant)?.value)));
    Panel { y, series: series(record, x, by, &mean) }
}

fn lines(record: &SweepRecord, file: &str, title: &str, x: &KeyRecord, panels: Vec<Panel>) -> Plot {
    let description = panels.iter().map(described).collect::<Vec<_>>().join(" ");
    let words = words(&record.study, title, description, &of_the_mean(&record.study));
    Plot::new(file, title, LinePlot { words, x: key_axis(x), panels }.svg())
}

/// Each line from its first to its last point.
fn described(panel: &Panel) -> String {
    let one = |series: &Series| {
        let (first, last) = (series.points.first()?, series.points.last()?);
        Some(format!("{}, {}: from {:.4} to {:.4}.", panel.y.label, series.name, first.y, last.y))
    };
    panel.series.iter().filter_map(one).collect::<Vec<_>>().join(" ")
}

/// A line for each value of `by`, or one over all.
fn series(record: &SweepRecord, x: &KeyRecord, by: Option<&KeyRecord>, estimate: Estimate<'_>) -> Vec<Series> {
    let line = |name: String, keep: &dyn Fn(&VariantRecord) -> bool| {
        let points = record.variants.iter().filter(|variant| keep(variant));
        Series { name, points: in_order(points.filter_map(|variant| Some(point(place(x, variant)?, &estimate(variant)?)))) }
    };
    match by {
        None => vec![line("mean over runs".to_owned(), &|_| true)],
        Some(by) => {
            let of = |value: &String| line(format!("{}={value}", by.key), &|variant| variant.settings.get(&by.key) == Some(value));
            by.values.iter().map(of).collect()
        }
    }
}

fn in_order(points: impl Iterator<Item = Point>) -> Vec<Point> {
    let mut points: Vec<Point> = points.collect();
    points.sort_by(|a, b| a.x.total_cmp(&b.x));
    points
}

/// Numbers stand where they are, on a logarithmic axis when they span more than a decade; words stand side by side.
fn key_axis(key: &KeyRecord) -> Axis {
    let quantity = if key.unit == "ms" { Quantity::DurationMs } else { Quantity::Plain };
    let scale = key.numbers.as_ref().map_or_else(|| Scale::Named(key.values.clone()), |numbers| scale(numbers.iter().copied(), 10.0));
    Axis { label: key.key.clone(), scale, quantity }
}

/// Where a variant stands on the axis of a key.
fn place(key: &KeyRecord, variant: &VariantRecord) -> Option<f64> {
    let value = variant.settings.get(&key.key)?;
    let index = key.values.iter().position(|known| known == value)?;
    key.numbers.as_ref().map_or(Some(index as f64), |numbers| numbers.get(index).copied())
}

/// Stale requests of each client over a key; nothing where there is one client, or too many to be told apart.
fn clients(record: &SweepRecord, x: &KeyRecord) -> Option<Plot> {
    let names: BTreeSet<&String> = record.variants.iter().flat_map(|variant| variant.clients.keys()).collect();
    if !(2..=MOST_LINES).contains(&names.len()) {
        return None;
    }
    let path = "requests.stale";
    let mean = |name: &str, variant: &VariantRecord| variant.clients.get(name)?.get(path).map(|metric| metric.mean);
    let line = |name: &&String| Series {
        name: (*name).clone(),
        points: in_order(record.variants.iter().filter_map(|variant| Some(point(place(x, variant)?, &mean(name, variant)?)))),
    };
    let series: Vec<Series> = names.iter().map(line).collect();
    let y = axis(&Measure::of(path), series.iter().flat_map(|series| series.points.iter().map(|point| point.y)));
    let title = format!("Stale requests of each client over {}", x.key);
    Some(lines(record, "clients.svg", &title, x, vec![Panel { y, series }]))
}

/// Staleness over two keys; nothing where they are no full grid, or one that is too fine to be read.
fn heat_map(record: &SweepRecord, x: &KeyRecord, y: &KeyRecord) -> Option<Plot> {
    let cells = x.values.len() * y.values.len();
    if cells > record.variants.len() || cells > MOST_CELLS {
        return None;
    }
    let loss = Measure::of(&record.front.loss);
    let cell = |of_x: &String, of_y: &String| {
        let here = |variant: &&VariantRecord| variant.settings.get(&x.key) == Some(of_x) && variant.settings.get(&y.key) == Some(of_y);
        Some(loss.record(record.variants.iter().find(here)?)?.mean.value)
    };
    let rows: Vec<Vec<Option<f64>>> = y.values.iter().map(|of_y| x.values.iter().map(|of_x| cell(of_x, of_y)).collect()).collect();
    let scale = scale(rows.iter().flatten().filter_map(|cell| *cell), 10.0);
    let value = Axis { scale, ..axis(&loss, [].into_iter()) };
    let title = format!("{} over {} and {}", capital(&loss.name()), x.key, y.key);
    let key = |key: &KeyRecord| plot::Key { label: key.key.clone(), values: key.values.clone() };
    let description = format!("A cell for each of {cells} pairs of values, with the mean over runs written in it.");
    let words = words(&record.study, &title, description, "A cell is a mean over runs.");
    Some(Plot::new("heat-map.svg", &title, HeatMap { words, x: key(x), y: key(y), value, cells: rows }.svg()))
}

/// Cost against staleness: the front, and some of the others.
fn front(record: &SweepRecord) -> Plot {
    let [loss, cost] = [&record.front.loss, &record.front.cost].map(|path| Measure::of(path));
    let labels = Labels::keys(&record.study);
    let some: BTreeSet<&String> = spread(&record.variants, ROWS).into_iter().map(|variant| &variant.name).collect();
    let choice = |variant: &VariantRecord| {
        let (dear, lost) = (cost.record(variant)?.mean, loss.record(variant)?.mean);
        let on_front = record.front.variants.contains(&variant.name);
        (on_front || some.contains(&variant.name)).then(|| plot::Choice {
            name: labels.short(variant),
            cost: dear.value,
            cost_interval: ends(&dear),
            loss: lost.value,
            loss_interval: ends(&lost),
            on_front,
        })
    };
    let choices: Vec<plot::Choice> = record.variants.iter().filter_map(choice).collect();
    let title = format!("{} against {}", capital(&loss.name()), cost.name());
    let description = format!("On the front, the cheapest first: {}.", record.front.variants.join("; "));
    let words = words(&record.study, &title, description, &of_the_mean(&record.study));
    let cost = axis(&cost, choices.iter().map(|choice| choice.cost));
    let loss = axis(&loss, choices.iter().map(|choice| choice.loss));
    Plot::new("front.svg", &title, ParetoPlot { words, cost, loss, choices }.svg())
}
