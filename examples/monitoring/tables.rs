//! The tables of the page.

use crate::found::{Found, Shown, median};
use kafkasim::report::quantity::{duration, moment};

/// Scenarios side by side in one table.
const BESIDE: usize = 7;
/// Metrics that are named in one cell.
const NAMED: usize = 5;

/// Which metric moved in how many runs: a row each, a column for each scenario.
pub fn moved(found: &[Found]) -> String {
    found.chunks(BESIDE).map(moved_in).collect::<Vec<_>>().join("\n")
}

fn moved_in(found: &[Found]) -> String {
    let mut head = vec!["Metric".to_owned()];
    head.extend(found.iter().map(|f| f.name.clone()));
    let Some(first) = found.iter().max_by_key(|f| f.metrics.len()) else { return String::new() };
    let cell = |f: &Found, name: &str| f.metric(name).map_or_else(|| "n/a".to_owned(), |shown| times(shown.moved));
    let row = |name: &String| std::iter::once(name.clone()).chain(found.iter().map(|f| cell(f, name))).collect();
    let rows: Vec<Vec<String>> = first.metrics.iter().map(|(name, _)| row(name)).collect();
    table(&head, 1, &rows)
}

fn times(n: usize) -> String {
    if n == 0 { "–".to_owned() } else { n.to_string() }
}

/// When the clients noticed, and which pages came before.
pub fn pages(found: &[Found]) -> String {
    let head = ["Scenario", "First client error", "Page at once, before it", "Page scraped every 15 s, before it"].map(str::to_owned);
    let row = |f: &Found| {
        vec![
            f.name.clone(),
            noticed(f),
            before(f, |shown| (shown.before, &shown.leads)),
            before(f, |shown| (shown.scraped_before, &shown.scraped_leads)),
        ]
    };
    table(&head, 4, &found.iter().map(row).collect::<Vec<_>>())
}

fn noticed(f: &Found) -> String {
    let error = match median(&f.errors_ms) {
        Some(at) => format!("{} ({} of {} runs)", moment(at), f.errors_ms.len(), f.runs),
        None => "none".to_owned(),
    };
    match median(&f.connections_ms) {
        Some(at) => format!("{error}; connection lost {}", moment(at)),
        None => error,
    }
}

/// The metrics whose page came before the first error in at least half of the runs with one, the earliest first, with the median lead.
fn before(f: &Found, of: impl Fn(&Shown) -> (usize, &Vec<f64>)) -> String {
    if f.errors_ms.is_empty() {
        return "no error to be before".to_owned();
    }
    let mut named: Vec<(f64, &str)> = f
        .metrics
        .iter()
        .filter(|(_, shown)| 2 * of(shown).0 >= f.errors_ms.len())
        .filter_map(|(name, shown)| Some((median(of(shown).1)?, name.as_str())))
        .collect();
    named.sort_by(|a, b| b.0.total_cmp(&a.0));
    let more = named.len().saturating_sub(NAMED);
    let mut texts: Vec<String> = named.iter().take(NAMED).map(|(lead, name)| format!("{name} {}", duration(*lead))).collect();
    if more > 0 {
        texts.push(format!("{more} more"));
    }
    if texts.is_empty() { "none".to_owned() } else { texts.join(", ") }
}

/// Metrics whose page may wait (`for:` in a rule).
const WAITING: [&str; 5] =
    ["UnderReplicatedPartitions", "FencedBrokerCount", "ActiveControllerCount", "OfflinePartitionsCount", "PreferredReplicaImbalanceCount"];

/// For how long they are off rest at most, median over the runs in which they move.
pub fn lasting(found: &[Found]) -> String {
    let mut head = vec!["Scenario".to_owned()];
    head.extend(WAITING.map(str::to_owned));
    let cell = |f: &Found, name: &str| {
        f.metric(name)
            .and_then(|shown| median(&shown.off_ms))
            .map_or_else(|| "–".to_owned(), |ms| if ms < 1e3 { "below 1 s".to_owned() } else { duration(ms) })
    };
    let row = |f: &Found| std::iter::once(f.name.clone()).chain(WAITING.map(|name| cell(f, name))).collect();
    table(&head, 1, &found.iter().map(row).collect::<Vec<_>>())
}

/// What a page on each metric is worth over all scenarios.
pub fn thresholds(found: &[Found]) -> String {
    let head = [
        "Page on",
        "Scenarios in which it moves",
        "of them without a client error",
        "before the first error, at once",
        "before the first error, scraped",
        "median lead, scraped",
    ]
    .map(str::to_owned);
    let Some(first) = found.iter().max_by_key(|f| f.metrics.len()) else { return String::new() };
    table(&head, 1, &first.metrics.iter().map(|(name, _)| worth(name, found)).collect::<Vec<_>>())
}

fn worth(name: &str, found: &[Found]) -> Vec<String> {
    let often = |n: usize, of: usize| n > 0 && 2 * n >= of;
    let moves: Vec<(&Found, &Shown)> =
        found.iter().filter_map(|f| Some((f, f.metric(name)?))).filter(|(f, shown)| often(shown.moved, f.runs)).collect();
    let (loud, quiet): (Vec<_>, Vec<_>) = moves.iter().partition(|(f, _)| f.has_errors());
    let early = |of: fn(&Shown) -> usize| loud.iter().filter(|(f, shown)| often(of(shown), f.errors_ms.len())).count();
    let leads: Vec<f64> = loud.iter().filter_map(|(_, shown)| median(&shown.scraped_leads)).collect();
    vec![
        name.to_owned(),
        format!("{} of {}", moves.len(), found.len()),
        quiet.len().to_string(),
        format!("{} of {}", early(|s| s.before), loud.len()),
        format!("{} of {}", early(|s| s.scraped_before), loud.len()),
        median(&leads).map_or_else(|| "none".to_owned(), duration),
    ]
}

/// A Markdown table; all columns but the first `words` hold numbers.
fn table(head: &[String], words: usize, rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rule: Vec<String> = (0..head.len()).map(|i| if i < words { "---" } else { "---:" }.to_owned()).collect();
    [line(head), line(&rule)].into_iter().chain(rows.iter().map(|row| line(row))).collect()
}
