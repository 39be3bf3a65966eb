//! From a study to single runs: which are worth a look, why, and the commands that show each.

use super::change::capital;
use super::measure::{Measure, listed};
use super::variants::{Labels, ROWS, spread};
use crate::report::document::{Align, Table};
use crate::report::quantity::{NONE, count, counted};
use crate::study::record::singles::{Bad, PairedMetric, SeedPair, Singles, VariantSingles, Worst};
use crate::study::record::{CompareRecord, SweepRecord, VariantRecord};
use std::collections::BTreeSet;

/// Runs that are worth a look.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct SingleRuns {
    /// What they are, a sentence each.
    pub about: Vec<String>,
    /// Each variant's worst, in numbers.
    pub table: Option<Table>,
    /// The runs, by variant.
    pub groups: Vec<Group>,
}

/// The runs of one variant.
#[derive(Clone, PartialEq, Debug)]
pub struct Group {
    /// The variant.
    pub title: String,
    /// The seeds that are worth a look, in a line.
    pub summary: String,
    /// The runs.
    pub runs: Vec<SingleRun>,
}

/// One run, or the runs of one seed.
#[derive(Clone, PartialEq, Debug)]
pub struct SingleRun {
    /// Its seed.
    pub seed: u64,
    /// Why it is worth a look, a sentence each.
    pub why: Vec<String>,
    /// What shows it: what each command is for, and the command.
    pub commands: Vec<(String, String)>,
}

const SHOWN_BY: &str =
    "The first command of a run writes its timeline as a page like this one, the second explains why its clients had to wait.";

/// Of a sweep: the seeds of each variant that came off worst.
pub fn of_sweep(record: &SweepRecord, singles: &Singles) -> SingleRuns {
    let shown = shown(record);
    let groups: Vec<Group> =
        singles.variants.iter().enumerate().filter(|(i, _)| shown.contains(i)).filter_map(|(i, one)| worst_of(i, one)).collect();
    if groups.is_empty() {
        let alike =
            "No run of the variants in the tables is worth a look before another: all of a variant came to the same in what is looked at.";
        return SingleRuns { about: vec![alike.to_owned()], ..SingleRuns::default() };
    }
    let mut about =
        vec!["An average hides the seeds that went worst. These are the worst of each variant.".to_owned(), SHOWN_BY.to_owned()];
    if shown.len() < record.variants.len() {
        about.push(format!(
            "{} of {} variants are shown: those that no other beats, and others spread evenly over their order. All runs are in runs.csv of --out.",
            count(shown.len() as u64),
            count(record.variants.len() as u64)
        ));
    }
    SingleRuns { about, table: Some(overview(record, singles, &shown)), groups }
}

/// The places of the variants that are shown: those that no other beats, and some of the others.
fn shown(record: &SweepRecord) -> BTreeSet<usize> {
    let some: BTreeSet<&String> = spread(&record.variants, ROWS).into_iter().chain(on_front(record)).map(|variant| &variant.name).collect();
    record.variants.iter().enumerate().filter(|(_, variant)| some.contains(&variant.name)).map(|(place, _)| place).collect()
}

fn on_front(record: &SweepRecord) -> impl Iterator<Item = &VariantRecord> {
    let front = &record.front.variants;
    record.variants.iter().filter(move |variant| front.contains(&variant.name)).take(ROWS)
}

/// A row for each variant: its worst seed in each metric.
fn overview(record: &SweepRecord, singles: &Singles, shown: &BTreeSet<usize>) -> Table {
    let mut metrics: Vec<&str> = Vec::new();
    for worst in singles.variants.iter().flat_map(|one| &one.worst).filter(|worst| !worst.seeds.is_empty()) {
        if !metrics.contains(&worst.metric.as_str()) {
            metrics.push(&worst.metric);
        }
    }
    let labels = Labels::keys(&record.study);
    let columns = metrics.iter().map(|metric| (capital(&Measure::of(metric).name()), Align::Right));
    let row = |place: &usize| {
        let (variant, one) = (&record.variants[*place], &singles.variants[*place]);
        let numbers = metrics.iter().map(|metric| worst_cell(one, metric, variant.runs));
        labels.cells(variant).into_iter().chain(numbers).collect()
    };
    Table {
        columns: labels.columns().into_iter().map(|name| (name, Align::Left)).chain(columns).collect(),
        rows: shown.iter().map(row).collect(),
    }
}

/// `31 (seed 17)`, or `0 in every run`.
fn worst_cell(one: &VariantSingles, metric: &str, runs: u64) -> String {
    let Some(worst) = one.worst.iter().find(|worst| worst.metric == metric) else { return NONE.to_owned() };
    let measure = Measure::of(metric);
    match worst.seeds.first() {
        Some(first) => format!("{} (seed {})", measure.value(first.value), first.seed),
        None if worst.runs < runs => format!("{} in {} of {}", measure.value(worst.median), count(worst.runs), counted(runs, "run")),
        None => format!("{} in every run", measure.value(worst.median)),
    }
}

/// None where all its runs are alike.
fn worst_of(place: usize, one: &VariantSingles) -> Option<Group> {
    let mut seeds: Vec<u64> = Vec::new();
    for seed in one.worst.iter().flat_map(|worst| worst.seeds.iter().map(|value| value.seed)) {
        if !seeds.contains(&seed) {
            seeds.push(seed);
        }
    }
    let run = |seed: &u64| {
        let why = one.worst.iter().filter_map(|worst| why_worst(worst, *seed)).collect();
        Some(SingleRun { seed: *seed, why, commands: commands(place, one, *seed, "")?.into() })
    };
    let runs: Vec<SingleRun> = seeds.iter().filter_map(run).collect();
    (!runs.is_empty()).then(|| Group { title: one.variant.clone(), summary: summary(&seeds), runs })
}

fn summary(seeds: &[u64]) -> String {
    let names: Vec<String> = seeds.iter().map(u64::to_string).collect();
    format!("seed{} {}", if seeds.len() == 1 { "" } else { "s" }, listed(&names, names.len()))
}

/// `Stale requests: 31, the most of 30 runs; half of them have at most 12.`
fn why_worst(worst: &Worst, seed: u64) -> Option<String> {
    let measure = Measure::of(&worst.metric);
    let value = worst.seeds.iter().find(|one| one.seed == seed)?.value;
    let worse = worst.seeds.iter().filter(|one| one.value != value).take_while(|one| beats(worst.bad, one.value, value)).count();
    let end = match worst.bad {
        Bad::Most => "most",
        Bad::Least => "least",
    };
    let place = ["the ", "the second ", "the third "].get(worse).copied().unwrap_or("one of the ");
    Some(format!(
        "{}: {}, {place}{end} of {}; half of them have at most {}.",
        capital(&measure.name()),
        measure.value(value),
        counted(worst.runs, "run"),
        measure.value(worst.median)
    ))
}

fn beats(bad: Bad, one: f64, other: f64) -> bool {
    match bad {
        Bad::Most => one > other,
        Bad::Least => one < other,
    }
}

/// What shows a run. `whose` is added where runs of several variants stand side by side.
fn commands(place: usize, one: &VariantSingles, seed: u64, whose: &str) -> Option<[(String, String); 2]> {
    let command = one.commands.get(&seed)?;
    let page = format!("{command} --report variant-{}-seed-{seed}.html", place + 1);
    let explain = command.replacen("kafkasim run", "kafkasim explain", 1);
    Some([(format!("Its timeline{whose}"), page), (format!("Why clients waited{whose}"), explain)])
}

/// Of a comparison: the seeds in which the variants are furthest apart.
pub fn of_comparison(record: &CompareRecord, singles: &Singles) -> SingleRuns {
    let groups: Vec<Group> =
        singles.pairs.iter().enumerate().take(ROWS).filter_map(|(i, metrics)| apart(record, singles, i + 1, metrics)).collect();
    if groups.is_empty() {
        let paired = singles.pairs.iter().flatten().any(|metric| !metric.pairs.is_empty());
        let none = "No seed has a run of both variants with a number of what is compared.";
        let same = "The runs of each seed came to the same in everything that is compared.";
        return SingleRuns { about: vec![if paired { same } else { none }.to_owned()], ..SingleRuns::default() };
    }
    let mut about = vec![
        "In these seeds a variant and the first are furthest apart. Both met the same arrivals, latencies and faults, so their timelines can be read side by side."
            .to_owned(),
        SHOWN_BY.to_owned(),
    ];
    if singles.pairs.len() > ROWS {
        about.push(format!("The first {ROWS} of {} variants are shown.", count(singles.pairs.len() as u64)));
    }
    SingleRuns { about, table: None, groups }
}

/// None where the variant's runs are those of the first.
fn apart(record: &CompareRecord, singles: &Singles, place: usize, metrics: &[PairedMetric]) -> Option<Group> {
    let mut seeds: Vec<u64> = Vec::new();
    for seed in metrics.iter().flat_map(|metric| &metric.apart) {
        if !seeds.contains(seed) {
            seeds.push(*seed);
        }
    }
    let against = &record.variants.first()?.name;
    let name = &singles.variants[place].variant;
    let run = |seed: &u64| {
        let why = metrics.iter().filter_map(|metric| why_apart(metric, *seed, [against, name])).collect();
        let both =
            [0, place].into_iter().filter_map(|i| commands(i, &singles.variants[i], *seed, &format!(", {}", singles.variants[i].variant)));
        SingleRun { seed: *seed, why, commands: both.flatten().collect() }
    };
    let title = format!("{name} against {against}");
    (!seeds.is_empty()).then(|| Group { title, summary: summary(&seeds), runs: seeds.iter().map(run).collect() })
}

/// `Stale requests: base 4, short 31 (+27).`
fn why_apart(metric: &PairedMetric, seed: u64, [against, name]: [&String; 2]) -> Option<String> {
    metric.apart.contains(&seed).then_some(())?;
    let measure = Measure::of(&metric.metric);
    let pair = metric.pairs.iter().find(|pair| pair.seed == seed)?;
    let SeedPair { before, after, .. } = *pair;
    let by = measure.difference(pair.difference());
    Some(format!("{}: {against} {}, {name} {} ({by}).", capital(&measure.name()), measure.value(before), measure.value(after)))
}
