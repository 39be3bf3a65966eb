//! Broken variants: each known way to get Kafka wrong is turned on by its switch, and something must notice.
//!
//! A story of each shows which check or law catches it; the right model tells the same story without a complaint. `variants/table.toml` says
//! with which number of the swarm each is first caught; `KAFKASIM_WRITE_VARIANTS=1 cargo test --release --test variants -- --ignored` flies
//! them all anew, and writes the table and the page of docs/VALIDATION.md.

#[path = "variants/clusters.rs"]
mod clusters;
#[path = "variants/stories.rs"]
mod stories;
#[path = "variants/story.rs"]
mod story;
#[path = "variants/table.rs"]
mod table;

use kafkasim::model::Broken;
use kafkasim::swarm::{Options, fly_with};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use table::{Caught, Row};

/// Numbers that are flown until a variant is caught; one of which the right model complains too catches nothing.
const NUMBERS: u64 = 300;
/// A broken model may run in circles; a right one takes far fewer.
const MAX_EVENTS: u64 = 8_000_000;
/// Seeds that a story may be told with until its variant is caught: some hang on chance.
const SEEDS: u64 = 5;
/// Variants that are flown side by side when the table is made.
const THREADS: usize = 2;

/// What is wrong with a number of the swarm when a rule is broken, or none is.
fn complaints(number: u64, broken: Option<Broken>) -> Vec<String> {
    let flight = fly_with(number, &Options { max_events: MAX_EVENTS }, &|scenario| scenario.spec.broken = broken);
    flight.complaints.iter().map(|complaint| table::name(&complaint.kind)).collect()
}

/// The first number that catches a variant.
fn first_caught(broken: Broken) -> Option<Caught> {
    let caught = |number| Some(Caught { number, by: complaints(number, Some(broken)).into_iter().next()? });
    (1..=NUMBERS).filter_map(caught).find(|caught| complaints(caught.number, None).is_empty())
}

#[test]
fn every_variant_has_a_story_and_a_row() {
    let rows = table::read();
    assert_eq!(rows.len(), Broken::ALL.len());
    for (broken, row) in Broken::ALL.into_iter().zip(&rows) {
        assert_eq!(row.variant, format!("{broken:?}"));
        assert!(stories::of(broken).is_some(), "{broken:?} has no story");
    }
    let all: BTreeSet<Broken> = Broken::ALL.into_iter().collect();
    assert_eq!((all.len(), stories::all().count()), (Broken::ALL.len(), Broken::ALL.len()), "each once");
}

#[test]
fn the_page_shows_the_table() {
    assert!(table::page().contains(&table::shown(&table::read())), "write it anew, as this file says");
}

#[test]
fn the_right_model_is_clean_and_a_broken_one_is_caught() {
    let mut wrong = Vec::new();
    for story in stories::all() {
        let caught = (1..=SEEDS).find(|seed| {
            let right = story.tell(None, *seed);
            if !right.is_empty() {
                wrong.push(format!("{:?}: the right model with seed {seed}: {right:?}", story.broken));
            }
            story.tell(Some(story.broken), *seed).iter().any(|by| by == story.caught_by)
        });
        if caught.is_none() {
            wrong.push(format!("{:?}: not caught by `{}` with any of {SEEDS} seeds", story.broken, story.caught_by));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// One number of the swarm for each variant, where it is among the first.
#[test]
fn the_swarm_catches_what_it_is_known_to_catch() {
    for row in table::read() {
        let Some(caught) = row.swarm.filter(|caught| caught.number <= 50) else { continue };
        let broken = Broken::ALL.into_iter().find(|b| format!("{b:?}") == row.variant).expect("a row of a variant");
        assert!(!complaints(caught.number, Some(broken)).is_empty(), "{}: number {} does not catch it", row.variant, caught.number);
    }
}

/// Flies the swarm until each variant is caught, and compares with the table.
#[test]
#[ignore = "flies many clusters: run it in release"]
fn the_table_is_as_the_swarm_finds() {
    let next = &AtomicUsize::new(0);
    let mut rows: Vec<(usize, Row)> = std::thread::scope(|scope| {
        let variants = move || std::iter::from_fn(move || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|i| *i < Broken::ALL.len()));
        let row = |i: usize| (i, Row { variant: format!("{:?}", Broken::ALL[i]), swarm: first_caught(Broken::ALL[i]) });
        let threads = [(); THREADS].map(|()| scope.spawn(move || variants().map(row).collect::<Vec<_>>()));
        threads.into_iter().flat_map(|thread| thread.join().expect("a panic of a run is caught where it happens")).collect()
    });
    rows.sort_by_key(|(i, _)| *i);
    let rows: Vec<Row> = rows.into_iter().map(|(_, row)| row).collect();
    if std::env::var_os("KAFKASIM_WRITE_VARIANTS").is_some() {
        return table::write(&rows);
    }
    assert_eq!(table::read(), rows, "KAFKASIM_WRITE_VARIANTS=1 writes the table anew");
}
