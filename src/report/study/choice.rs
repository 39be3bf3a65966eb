//! The first lines of a sweep that was given a bound: the cheapest setting that meets it, and what is not decided.

use super::measure::{Measure, listed};
use crate::study::record::{Choice, SweepRecord, VariantRecord};

/// Names in a sentence before the rest of a list is only counted.
const NAMED: usize = 4;

/// None when nothing was required.
pub fn sentences(record: &SweepRecord) -> Vec<String> {
    let Some(choice) = &record.choice else { return Vec::new() };
    let mut sentences = vec![answer(record, choice)];
    if !choice.as_cheap.is_empty() {
        sentences.push(format!("As cheap within the error, and they meet it too: {}.", listed(&choice.as_cheap, NAMED)));
    }
    if !choice.undecided.is_empty() {
        sentences.push(format!("Not decided, more seeds would: {}.", listed(&choice.undecided, NAMED)));
    }
    sentences
}

fn answer(record: &SweepRecord, choice: &Choice) -> String {
    let required = choice.required.join(" and ");
    let chosen = choice.variant.as_ref().and_then(|name| record.variants.iter().find(|variant| variant.name == *name));
    match chosen {
        Some(variant) => cheapest(variant, &required, record, choice),
        None if choice.undecided.is_empty() => format!("No setting meets {required}{}.", nearest(record)),
        None => format!("No setting meets {required} for certain."),
    }
}

fn cheapest(variant: &VariantRecord, required: &str, record: &SweepRecord, choice: &Choice) -> String {
    let [loss, cost] = [&record.front.loss, &choice.minimised].map(|path| Measure::of(path));
    format!("The cheapest setting that meets {required} is {}: {}, and {}.", variant.name, loss.told(variant), cost.told(variant))
}

/// The variant with the least of what was bounded first.
fn nearest(record: &SweepRecord) -> String {
    let loss = Measure::of(&record.front.loss);
    let measured = record.variants.iter().filter_map(|variant| Some((variant, loss.record(variant)?.mean.value)));
    let Some((variant, _)) = measured.min_by(|a, b| a.1.total_cmp(&b.1)) else { return String::new() };
    format!("; nearest comes {}, where {}", variant.name, loss.told(variant))
}
