//! The document of several horizons, made from their record alone.

use super::super::document::{Block, Document, Table, Verdict, heading, paragraph};
use super::super::quantity::{count, counted, decimal, duration, interval, percent};
use super::super::run::ASSUMED_RATES;
use super::{EPISODES, days};
use crate::horizon::record::{Figure, Horizon, HorizonsRecord};

/// What figures are called: the field, and its words.
const FIGURES: [(&str, &str); 12] = [
    ("moves", "leader changes"),
    ("unclean_elections", "of them unclean"),
    ("stale", "requests that met a stale leader"),
    ("overtaken", "parked while the leader moved"),
    ("leaderless", "met no leader at all"),
    ("failed", "records failed"),
    ("lost", "acknowledged records lost"),
    ("duplicated", "extra copies of records"),
    ("delivered_again", "delivered again to a reader"),
    ("skipped", "skipped by a reader"),
    ("episodes", "episodes"),
    (LONGEST, "longest interruption"),
];
const LONGEST: &str = "longest_interruption_ms";

/// The whole answer.
pub fn document(record: &HorizonsRecord) -> Document {
    let mut blocks = Vec::from_iter(record.assumed_rates.then(|| paragraph(ASSUMED_RATES)));
    blocks.extend([heading("A horizon"), Block::Table(figures(record)), paragraph(WHAT)]);
    blocks.extend([heading("Every horizon"), Block::Table(table(record))]);
    blocks.extend(left_out(record));
    if let Some(worst) = worst(record) {
        blocks.extend([heading("To look at the worst"), Block::Command(format!("{} --episodes DIR", worst.repeat))]);
    }
    blocks.extend([heading("To repeat this answer"), Block::Command(record.repeat.clone())]);
    blocks.push(heading("What to keep in mind"));
    blocks.push(Block::Items(super::keep_in_mind(&record.kafka, &record.costs, &record.not_modelled)));
    Document { title: title(record), verdict: verdict(record), blocks }
}

const WHAT: &str = "Means are of one horizon, with 95 % intervals over the horizons, each interval alone; so are the chances that a horizon has any at all. \
                    What was seen in none may still happen: read the upper bound of its chance.";

fn title(record: &HorizonsRecord) -> String {
    let seeds = match (record.horizons.first(), record.horizons.last()) {
        (Some(first), Some(last)) => format!(", seeds {} to {}", first.seed, last.seed),
        _ => String::new(),
    };
    format!("{}: {} of {}, Kafka {}{seeds}", record.scenario, counted(played(record), "horizon"), days(record.length_ms), record.kafka)
}

fn played(record: &HorizonsRecord) -> u64 {
    record.horizons.len() as u64
}

fn verdict(record: &HorizonsRecord) -> Verdict {
    let find = |name: &str| record.figures.iter().find(|figure| figure.figure == name);
    let [Some(stale), Some(failed), Some(lost), Some(longest)] = ["stale", "failed", "lost", LONGEST].map(find) else {
        return Verdict { text: "No horizon was played to its end.".to_owned(), good: false };
    };
    let all = played(record);
    let mut text = format!(
        "In {} {} {} met a stale leader. Records failed to their applications in {}; acknowledged records were lost in {}.",
        days(record.length_ms),
        mean(stale, decimal),
        if stale.least == 1.0 && stale.most == 1.0 { "request" } else { "requests" },
        seen(failed, all),
        seen(lost, all)
    );
    if longest.most > 0.0 {
        text += &format!(" The longest interruption was {}, with seed {}.", duration(longest.most), longest.most_seed);
    }
    if record.asked > all {
        text += &format!(" {} that were asked for were not played.", count(record.asked - all));
    }
    let violated: u64 = record.horizons.iter().map(|horizon| horizon.violated).sum();
    if violated > 0 {
        text += &format!(" {} broke a promise of Kafka's protocol: a bug of kafkasim.", counted(violated, "episode"));
    }
    Verdict { text, good: failed.seen_in == 0 && lost.seen_in == 0 && violated == 0 }
}

/// `3 of 20 horizons`, `none of 20 horizons`.
fn seen(figure: &Figure, all: u64) -> String {
    let some = if figure.seen_in == 0 { "none".to_owned() } else { count(figure.seen_in) };
    format!("{some} of {} (chance {})", counted(all, "horizon"), chance(figure))
}

/// `15 % (3.2 to 38)`, `at most 17 %`.
fn chance(figure: &Figure) -> String {
    let chance = &figure.chance;
    match figure.seen_in {
        0 => format!("at most {}", percent(chance.high)),
        _ if chance.value >= 1.0 => format!("at least {}", percent(chance.low)),
        _ => interval(chance.value, chance.low, chance.high, percent),
    }
}

/// The mean, with its bounds where there are several horizons that differ.
fn mean(figure: &Figure, text: impl Fn(f64) -> String) -> String {
    match &figure.mean {
        Some(mean) if mean.low < mean.high => interval(mean.value, mean.low.max(0.0), mean.high, text),
        _ => text(figure.most),
    }
}

fn figures(record: &HorizonsRecord) -> Table {
    let mut table = Table::new(&["", ">Mean", ">Least", ">Most", ">Seen in", ">Chance"]);
    for figure in &record.figures {
        let name = figure.figure.as_str();
        let words = FIGURES.iter().find(|(field, _)| *field == name).map_or(name, |(_, words)| words);
        let text = if name == LONGEST { duration } else { decimal };
        table.row([
            words.to_owned(),
            mean(figure, text),
            text(figure.least),
            text(figure.most),
            format!("{} of {}", count(figure.seen_in), count(played(record))),
            chance(figure),
        ]);
    }
    table
}

fn table(record: &HorizonsRecord) -> Table {
    let mut table = Table::new(&[">Seed", ">Faults", ">Moves", ">Stale", ">No leader", ">Failed", ">Lost", ">Longest interruption"]);
    for horizon in shown(record) {
        let counts = &horizon.counts;
        let [faults, moves, stale, leaderless, failed, lost] =
            [horizon.faults, counts.moves, counts.stale, counts.leaderless, counts.failed, counts.lost].map(count);
        let longest = duration(horizon.longest_interruption_ms);
        table.row([horizon.seed.to_string(), faults, moves, stale, leaderless, failed, lost, longest]);
    }
    table
}

/// All horizons, or of many the worst, by their seeds.
fn shown(record: &HorizonsRecord) -> Vec<&Horizon> {
    let mut horizons: Vec<&Horizon> = record.horizons.iter().collect();
    horizons.sort_by(|a, b| harm(b).partial_cmp(&harm(a)).unwrap_or(std::cmp::Ordering::Equal));
    horizons.truncate(EPISODES);
    horizons.sort_by_key(|horizon| horizon.seed);
    horizons
}

/// What is lost is worse than what fails, and that than what waits.
fn harm(horizon: &Horizon) -> (u64, u64, f64) {
    (horizon.counts.lost, horizon.counts.failed, horizon.longest_interruption_ms)
}

fn worst(record: &HorizonsRecord) -> Option<&Horizon> {
    record.horizons.iter().reduce(|worst, horizon| if harm(horizon) > harm(worst) { horizon } else { worst })
}

fn left_out(record: &HorizonsRecord) -> Option<Block> {
    let hidden = record.horizons.len().saturating_sub(EPISODES);
    (hidden > 0).then(|| {
        let hidden = counted(hidden as u64, "horizon");
        paragraph(format!("{hidden} that were less bad are left out; the JSON answer (--format json) has all."))
    })
}
