//! The handbook's text.

use crate::chapter::{CHAPTERS, Chapter};
use crate::figures::{Found, SEEDS, spread};
use kafkasim::scenario::catalogue;

/// The whole text, and what did not hold in the runs.
pub fn write() -> (String, Vec<String>) {
    let found: Vec<Found> = catalogue::names().into_iter().filter_map(Found::run).collect();
    let mut text = opening();
    for chapter in &CHAPTERS {
        text += &contents(chapter, &found);
    }
    for chapter in &CHAPTERS {
        text += &format!("\n## {}\n\n{}\n", chapter.heading, chapter.opening);
        for page in of(chapter, &found) {
            text += &section(page);
        }
    }
    let broken = found.iter().flat_map(|page| page.broken.iter().cloned()).collect();
    (text, broken)
}

fn opening() -> String {
    format!(
        "# The NotLeaderOrFollower handbook\n\n\
         <!-- Written by `cargo run --release --example handbook` from the scenarios of `sims/`; edit those. -->\n\n\
         A client remembers which broker leads each partition. When leadership moves, what it remembers is old, and its next request is answered with\n\
         `NOT_LEADER_OR_FOLLOWER` (`NotLeaderOrFollowerException`; before Kafka 2.6 `NotLeaderForPartitionException`, the same error 6). The client asks for new metadata and tries\n\
         again. That is how Kafka works, and mostly nobody notices. This page is for the other times.\n\n\
         Every section is a scenario that you can run (`kafkasim run NAME`), change (`kafkasim show NAME > mine.toml`) and hold against your own cluster\n\
         (`kafkasim import` makes a scenario of your own files, and takes the same faults). The numbers are simulated, over seeds 1 to {SEEDS}: the median, and in brackets the lowest and the highest; a number without\n\
         brackets was the same in every run. How far to trust them is said in [VALIDATION.md](VALIDATION.md), what each one means in [OBSERVING.md](OBSERVING.md).\n\n"
    )
}

fn of<'f>(chapter: &'static Chapter, found: &'f [Found]) -> impl Iterator<Item = &'f Found> {
    found.iter().filter(|page| page.name.split_once('/').is_some_and(|(folder, _)| folder == chapter.folder))
}

fn contents(chapter: &'static Chapter, found: &[Found]) -> String {
    let lines: Vec<String> = of(chapter, found).map(|page| format!("  - [{}](#{})\n", page.page.title, anchor(&page.page.title))).collect();
    format!("- [{}](#{})\n{}", chapter.heading, anchor(chapter.heading), lines.concat())
}

/// The anchor that a heading has in Markdown as code hosts render it.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

fn section(page: &Found) -> String {
    let prose = &page.page;
    let mut text = format!("\n### {}\n\n{}\n", prose.title, page.scenario.about.trim());
    text += &format!("\n**Why.** {}\n", prose.why.trim());
    text += &format!("\n**What to look at.** {}\n", prose.look.trim());
    text += &format!("\n**What to do.** {}\n", prose.remedy.trim());
    text += &format!("\n```sh\nkafkasim run {}\n```\n", page.name);
    text += &happens(page);
    text + &numbers(page)
}

fn happens(page: &Found) -> String {
    if page.scenario.faults.is_empty() {
        return "\nNothing is done to the cluster.\n".to_owned();
    }
    let lines: Vec<String> = page.scenario.faults.iter().map(|fault| format!("`{fault}`")).collect();
    format!("\nWhat happens: {}.\n", lines.join("; "))
}

fn numbers(page: &Found) -> String {
    if page.page.figures.is_empty() {
        return String::new();
    }
    let (head, rule) = match page.page.without.as_deref() {
        Some(other) => (format!("| | with | without (`{other}`) |"), "|---|--:|--:|"),
        None => ("| | |".to_owned(), "|---|--:|"),
    };
    let row = |(at, path): (usize, &String)| {
        let without = page.without.as_ref().map(|values| format!(" {} |", spread(path, &values[at])));
        format!("| `{path}` | {} |{}", spread(path, &page.values[at]), without.unwrap_or_default())
    };
    let rows: Vec<String> = page.page.figures.iter().enumerate().map(row).collect();
    format!("\n{head}\n{rule}\n{}\n", rows.join("\n"))
}
