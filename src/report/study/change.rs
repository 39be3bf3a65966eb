//! The first lines of a sweep: what changed over what was varied, and what it cost.

use super::measure::{Measure, Unit, overlap};
use crate::report::quantity::{counted, percent};
use crate::study::record::{Interval, MetricRecord, SweepRecord, VariantRecord};

/// One to three sentences.
pub fn sentences(record: &SweepRecord) -> Vec<String> {
    let [loss, cost] = [&record.front.loss, &record.front.cost].map(|path| Measure::of(path));
    let run: Vec<&VariantRecord> = record.variants.iter().filter(|variant| loss.record(variant).is_some()).collect();
    match run.as_slice() {
        [] => vec![format!("No run has a number of {}.", loss.name())],
        [only] => vec![alone(only, &loss, &cost)],
        _ => match along(record, &run) {
            Some(ends) => over_a_key(record, &run, ends),
            None => over_all(record, &run, [&loss, &cost]),
        },
    }
}

fn alone(variant: &VariantRecord, loss: &Measure<'_>, cost: &Measure<'_>) -> String {
    format!("In {} {}, and {}.", counted(variant.runs, "run"), loss.told(variant), cost.told(variant))
}

/// The variants with the least and the greatest value of the key, where one key of numbers is varied.
fn along<'v>(record: &SweepRecord, run: &[&'v VariantRecord]) -> Option<[&'v VariantRecord; 2]> {
    let [key] = record.study.keys.as_slice() else { return None };
    let numbers = key.numbers.as_ref()?;
    let number = |variant: &VariantRecord| {
        let value = variant.settings.get(&key.key)?;
        key.values.iter().zip(numbers).find(|(known, _)| *known == value).map(|(_, number)| *number)
    };
    let mut placed: Vec<(f64, &VariantRecord)> = run.iter().filter_map(|variant| Some((number(variant)?, *variant))).collect();
    placed.sort_by(|a, b| a.0.total_cmp(&b.0));
    let [first, .., last] = placed.as_slice() else { return None };
    Some([first.1, last.1])
}

/// From one end of the range to the other.
fn over_a_key(record: &SweepRecord, run: &[&VariantRecord], ends: [&VariantRecord; 2]) -> Vec<String> {
    let key = &record.study.keys[0].key;
    let [from, to] = ends.map(|variant| &variant.settings[key]);
    let mut paths = vec!["requests.stale", &record.front.loss, &record.front.cost];
    paths.dedup();
    let mut clauses: Vec<String> = paths.into_iter().map(|path| between(&Measure::of(path), ends)).collect();
    let last = clauses.pop().unwrap_or_default();
    let mut sentences = vec![format!("From {key}={from} to {to} {}, and {last}.", clauses.join(", "))];
    sentences.extend(beyond_the_ends(&Measure::of(&record.front.loss), run, ends));
    sentences
}

/// How a metric differs between two variants.
fn between(measure: &Measure<'_>, ends: [&VariantRecord; 2]) -> String {
    let [Some(from), Some(to)] = ends.map(|variant| measure.record(variant)) else {
        return format!("{} {} not measured at both ends", measure.name(), measure.are());
    };
    let [a, b] = ends.map(|variant| measure.mean(variant));
    if same(from, to) {
        return format!("{} {} {a}", measure.of_a_run(), measure.verb("stay"));
    }
    if overlap(&from.mean, &to.mean) {
        return format!("the data show no difference in {}: {a} against {b}", measure.of_a_run());
    }
    let way = if to.mean.value > from.mean.value { "rise" } else { "fall" };
    format!("{} {} from {a} to {b}", measure.of_a_run(), measure.verb(way))
}

/// One and the same number in every run of both.
fn same(one: &MetricRecord, other: &MetricRecord) -> bool {
    one.min == one.max && other.min == other.max && one.min == other.min
}

/// A variant within the range that is surely worse or better than both its ends.
fn beyond_the_ends(loss: &Measure<'_>, run: &[&VariantRecord], ends: [&VariantRecord; 2]) -> Option<String> {
    let apart = |variant: &VariantRecord| {
        let mean = &loss.record(variant)?.mean;
        let ends: Vec<&Interval> = ends.iter().filter_map(|end| Some(&loss.record(end)?.mean)).collect();
        let beyond = ends.iter().all(|end| mean.value > end.value) || ends.iter().all(|end| mean.value < end.value);
        (beyond && ends.iter().all(|end| !overlap(mean, end))).then_some(mean.value)
    };
    let distance =
        |value: f64| ends.iter().filter_map(|end| Some((loss.record(end)?.mean.value - value).abs())).fold(f64::INFINITY, f64::min);
    let beyond = run.iter().filter_map(|variant| Some((*variant, distance(apart(variant)?))));
    let (variant, _) = beyond.max_by(|a, b| a.1.total_cmp(&b.1))?;
    Some(format!("It is not a straight way: with {} it is {}.", variant.name, loss.mean(variant)))
}

/// The variants with the least and the most loss, and what each costs.
fn over_all(record: &SweepRecord, run: &[&VariantRecord], [loss, cost]: [&Measure<'_>; 2]) -> Vec<String> {
    let ends = extremes(loss, run);
    let [least, most] = ends.map(|variant| loss.record(variant).map(|metric| metric.mean).unwrap_or_default());
    if overlap(&least, &most) {
        let same = format!(
            "The data show no difference in {} between any two of the {}: even the intervals of the least, {}, and of the most, {}, overlap.",
            loss.of_a_run(),
            counted(run.len() as u64, "variant"),
            loss.mean(ends[0]),
            loss.mean(ends[1])
        );
        return [same].into_iter().chain(range(cost, run)).collect();
    }
    let [fewest, greatest] = extremes_in_words(loss);
    let with = |variant: &VariantRecord| format!("with {}: {}, where {}", variant.name, loss.mean(variant), cost.told(variant));
    let mut sentences = vec![format!("{} {fewest} {}; {greatest} {}.", capital(&loss.of_a_run()), with(ends[0]), with(ends[1]))];
    sentences.extend(key_that_matters(record));
    sentences
}

/// The variants with the least and the greatest mean.
fn extremes<'v>(measure: &Measure<'_>, run: &[&'v VariantRecord]) -> [&'v VariantRecord; 2] {
    let value = |variant: &VariantRecord| measure.record(variant).map_or(0.0, |metric| metric.mean.value);
    let (mut least, mut most) = (run[0], run[0]);
    for variant in run {
        least = if value(variant) < value(least) { variant } else { least };
        most = if value(variant) > value(most) { variant } else { most };
    }
    [least, most]
}

fn extremes_in_words(measure: &Measure<'_>) -> [&'static str; 2] {
    match measure.unit() {
        Unit::Count | Unit::Bytes => ["are fewest", "most"],
        Unit::Milliseconds => ["is shortest", "longest"],
    }
}

/// Where a metric is least and most; none where it is the same everywhere.
fn range(measure: &Measure<'_>, run: &[&VariantRecord]) -> Option<String> {
    let [least, most] = extremes(measure, run);
    let [fewest, greatest] = extremes_in_words(measure);
    let with = |variant: &VariantRecord| format!("with {}: {}", variant.name, measure.mean(variant));
    (least.name != most.name).then(|| format!("{} {fewest} {}; {greatest} {}.", capital(&measure.of_a_run()), with(least), with(most)))
}

/// Which key matters most for the loss, where there are several.
fn key_that_matters(record: &SweepRecord) -> Option<String> {
    let found = record.sensitivity.iter().find(|sensitivity| sensitivity.metric == record.front.loss)?;
    let first = found.keys.first().filter(|_| found.keys.len() > 1)?;
    Some(format!(
        "Of the keys, {} matters most for it: it alone explains {} of the differences between the variants.",
        first.key,
        percent(first.share)
    ))
}

/// The text with a capital first letter.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
