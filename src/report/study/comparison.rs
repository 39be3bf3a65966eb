//! Each variant of a comparison against the first: the first lines, what each sets, and the tables of differences.

use super::measure::{Measure, bounded, listed, relative};
use crate::report::document::{Block, Table, heading, paragraph};
use crate::report::quantity::{count, counted, interval, percent};
use crate::study::record::{CompareRecord, Comparison, Difference, Interval};

/// The metric that stands for cost in the first lines.
const COST: &str = "metadata_requests";

/// Variants that have a sentence of their own; all have a table.
const MOST_SENTENCES: usize = 6;

/// A sentence for each variant, on the metric that was named first and on the cost.
pub fn sentences(record: &CompareRecord) -> Vec<String> {
    let all = differences_in(record);
    let mut sentences: Vec<String> = record.comparisons.iter().take(MOST_SENTENCES).map(|comparison| sentence(comparison, all)).collect();
    if record.comparisons.len() > MOST_SENTENCES {
        sentences.push(format!("{} more variants are in the tables.", record.comparisons.len() - MOST_SENTENCES));
    }
    if !record.stopping.reached {
        sentences.push(format!("What was asked for, {}, was not reached.", record.stopping.asked));
    }
    sentences
}

/// How many differences the answer holds: each is one chance to be wrong.
fn differences_in(record: &CompareRecord) -> usize {
    record.comparisons.iter().map(|comparison| comparison.metrics.len()).sum()
}

fn sentence(comparison: &Comparison, all: usize) -> String {
    let Comparison { variant, against, metrics } = comparison;
    let Some(first) = metrics.first() else {
        return format!("{variant} and {against} have no metric in common in two seeds or more.");
    };
    let cost = metrics.iter().skip(1).find(|difference| difference.metric == COST);
    let cost = cost.map_or_else(String::new, |difference| format!("; {}", in_words(difference, all)));
    let others: Vec<String> =
        metrics.iter().skip(1).filter(|d| d.supported && d.metric != COST).map(|d| Measure::of(&d.metric).name()).collect();
    let others =
        if others.is_empty() { String::new() } else { format!(" The data also support a difference in {}.", listed(&others, all)) };
    let support = if first.supported { "the data support that " } else { "" };
    format!("{variant} against {against}: {support}{}{cost}.{others}", in_words(first, all))
}

/// Whether the data support a difference, and how large it is.
fn in_words(difference: &Difference, all: usize) -> String {
    let measure = Measure::of(&difference.metric);
    let name = measure.of_a_run();
    let Interval { value, low, high } = difference.difference;
    let (Some(low), Some(high)) = (low, high) else { return format!("{name}: too few seeds") };
    if difference.supported {
        let way = if value < 0.0 { "fall" } else { "rise" };
        let (size, least, most) = if value < 0.0 { (-value, -high, -low) } else { (value, low, high) };
        let part = if difference.before == 0.0 { String::new() } else { format!(", {}", relative(value, difference.before)) };
        return format!("{name} {} by {}{part}", measure.verb(way), interval(size, least, most, |value| measure.value(value)));
    }
    if difference.equal == difference.pairs {
        return format!("{name} {} the same in each of {}", measure.are(), counted(difference.pairs, "seed"));
    }
    let between = format!("it is between {} and {}", measure.difference(low), measure.difference(high));
    if low > 0.0 || high < 0.0 {
        return format!("the data do not show a difference in {name}: {between}, which would do alone but not as one of {all} differences");
    }
    format!("the data do not show a difference in {name}: {between}")
}

/// What each variant sets.
pub fn variants(record: &CompareRecord) -> Vec<Block> {
    let sets = |settings: &std::collections::BTreeMap<String, String>| {
        let words: Vec<String> = settings.iter().map(|(key, value)| format!("{key}={value}")).collect();
        if words.is_empty() { "the scenario as it is".to_owned() } else { words.join(", ") }
    };
    let pairs = record.variants.iter().map(|variant| (variant.name.clone(), sets(&variant.settings))).collect();
    vec![heading("Variants"), Block::Pairs(pairs)]
}

/// A table for each variant.
pub fn differences(record: &CompareRecord) -> Vec<Block> {
    let mut blocks = Vec::new();
    for comparison in record.comparisons.iter().filter(|comparison| !comparison.metrics.is_empty()) {
        blocks.push(heading(&format!("{} against {}", comparison.variant, comparison.against)));
        let (same, differing): (Vec<&Difference>, Vec<&Difference>) = comparison.metrics.iter().partition(|d| d.equal == d.pairs);
        if !differing.is_empty() {
            blocks.push(Block::Table(table(comparison, &differing)));
        }
        if !same.is_empty() {
            let names: Vec<String> = same.into_iter().map(one_and_the_same).collect();
            blocks.push(paragraph(format!("The same with both in every seed: {}.", names.join(", "))));
        }
    }
    if blocks.is_empty() {
        return blocks;
    }
    blocks.push(paragraph(format!(
        "A difference is the mean over seeds of the variant's number minus the first one's, with its paired interval ({}). Seeds -/=/+: in so many it \
         is less, equal, more. p is the chance of so large a difference if there were none (paired t test), after Holm's correction for all {} of \
         this answer and for every planned look at it: supported differences hold together, at an error of {} for all.",
        percent(record.study.confidence),
        counted(differences_in(record) as u64, "difference"),
        percent(1.0 - record.study.confidence),
    )));
    blocks.extend(left_out(record));
    blocks
}

/// `leader changes (24 on average)`, `records failed (0)`.
fn one_and_the_same(difference: &Difference) -> String {
    let measure = Measure::of(&difference.metric);
    let mean = if difference.before == 0.0 { "0".to_owned() } else { format!("{} on average", measure.value(difference.before)) };
    format!("{} ({mean})", measure.name())
}

fn table(comparison: &Comparison, differences: &[&Difference]) -> Table {
    let [before, after] = [&comparison.against, &comparison.variant].map(|name| format!(">{name}"));
    let mut table = Table::new(&["Metric", &before, &after, ">Difference", ">Change", ">Seeds -/=/+", ">Supported"]);
    for difference in differences {
        let measure = Measure::of(&difference.metric);
        table.row([
            measure.name(),
            measure.value(difference.before),
            measure.value(difference.after),
            bounded(&difference.difference, |value| measure.difference(value)),
            relative(difference.difference.value, difference.before),
            [difference.lower, difference.equal, difference.higher].map(count).join("/"),
            format!("{}, p {}", if difference.supported { "yes" } else { "no" }, chance(difference.p_adjusted)),
        ]);
    }
    table
}

fn chance(p: f64) -> String {
    match p {
        _ if p < 0.0001 => "<0.0001".to_owned(),
        _ if p < 0.01 => format!("{p:.4}"),
        _ => format!("{p:.2}"),
    }
}

/// Seeds in which one of the two variants has no such number.
fn left_out(record: &CompareRecord) -> Option<Block> {
    let one = |comparison: &Comparison, difference: &Difference| {
        format!("{} of {} ({})", Measure::of(&difference.metric).name(), comparison.variant, counted(difference.unpaired, "seed"))
    };
    let all: Vec<String> = record
        .comparisons
        .iter()
        .flat_map(|comparison| comparison.metrics.iter().filter(|d| d.unpaired > 0).map(move |d| one(comparison, d)))
        .collect();
    (!all.is_empty())
        .then(|| paragraph(format!("Left out, since only one variant or neither has such a number there: {}.", all.join(", "))))
}
