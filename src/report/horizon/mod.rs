//! The document of a horizon, made from its record alone.

mod many;

pub use many::document as many;

use super::document::{Block, Document, Table, Verdict, heading, paragraph};
use super::quantity::{count, counted, decimal, duration};
use super::run::{ASSUMED_RATES, machines};
use crate::horizon::record::{Counts, Episode, HorizonRecord};
use crate::observe::record::Quantiles;

/// Episodes that are shown; of more, those with the longest interruptions.
const EPISODES: usize = 40;
const MS_A_DAY: f64 = 86_400_000.0;

/// The whole answer.
pub fn document(record: &HorizonRecord) -> Document {
    let mut blocks = Vec::from_iter(record.assumed_rates.then(|| paragraph(ASSUMED_RATES)));
    blocks.extend([heading("The whole horizon"), Block::Pairs(figures(record)), paragraph(calm(record))]);
    if !record.episodes.is_empty() {
        blocks.extend(episodes(record));
    }
    blocks.extend([heading("To repeat this answer"), Block::Command(record.repeat.clone())]);
    blocks.extend([heading("What to keep in mind"), Block::Items(keep_in_mind(&record.kafka, &record.costs, &record.not_modelled))]);
    Document { title: title(record), verdict: verdict(record), blocks }
}

fn episodes(record: &HorizonRecord) -> Vec<Block> {
    let mut blocks = vec![heading("Episodes"), Block::Table(table(record))];
    blocks.extend(left_out(record));
    blocks.extend([heading("To look at an episode"), paragraph(LOOK), Block::Command(format!("{} --episodes DIR", record.repeat))]);
    blocks.push(Block::Command(format!("kafkasim explain DIR/{}", file_name(worst(record).map_or(1, |episode| episode.number)))));
    blocks
}

const LOOK: &str = "Each episode is an ordinary scenario. This writes them all to a directory, and every verb takes them:";

/// The file of an episode's script.
pub fn file_name(number: u64) -> String {
    format!("episode-{number:03}.toml")
}

fn title(record: &HorizonRecord) -> String {
    let (faults, episodes) = (counted(record.faults, "fault"), counted(record.episodes.len() as u64, "episode"));
    format!("{}: {} with {faults} in {episodes}, Kafka {}, seed {}", record.scenario, days(record.length_ms), record.kafka, record.seed)
}

fn verdict(record: &HorizonRecord) -> Verdict {
    let total = &record.total;
    let violated = record.episodes.iter().filter(|episode| !episode.violated.is_empty()).count() as u64;
    let mut text = format!(
        "In {} {} of {} met a stale leader{}; {} failed to their applications, and of acknowledged records {} lost.",
        days(record.length_ms),
        count(total.stale),
        about(record.about(|counts| counts.requests), "requests"),
        in_a_million(total.stale, record.about(|counts| counts.requests)),
        records(total.failed),
        match total.lost {
            0 => "none was".to_owned(),
            1 => "1 was".to_owned(),
            lost => format!("{} were", count(lost)),
        },
    );
    if let Some(worst) = worst(record) {
        let length = duration(worst.interruption_ms.max);
        text += &format!(" The longest interruption was {length}, in episode {} on {}.", worst.number, moment(worst.at_ms));
    }
    if violated > 0 {
        text += &format!(" {} broke a promise of Kafka's protocol: a bug of kafkasim.", counted(violated, "episode"));
    }
    Verdict { text, good: total.failed == 0 && total.lost == 0 && violated == 0 }
}

fn figures(record: &HorizonRecord) -> Vec<(String, String)> {
    let total = &record.total;
    let whole = |figure: fn(&Counts) -> u64| about(record.about(figure), "").trim_end().to_owned();
    let pairs = [
        ("simulated event by event", format!("{} in episodes", days(record.simulated_ms))),
        ("skipped as calm", days(record.skipped_ms())),
        ("leader changes", format!("{}, {} of them unclean", count(total.moves), none_or(total.unclean_elections))),
        ("requests, by partition", whole(|counts| counts.requests)),
        ("met a stale leader", count(total.stale)),
        ("parked while the leader moved", count(total.overtaken)),
        ("met no leader at all", count(total.leaderless)),
        ("records handed over", whole(|counts| counts.sent)),
        ("records failed", count(total.failed)),
        ("acknowledged records lost", count(total.lost)),
        ("extra copies of records", count(total.duplicated)),
        ("delivered again to a reader", count(total.delivered_again)),
        ("skipped by a reader", count(total.skipped)),
        ("metadata requests", whole(|counts| counts.metadata_requests)),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn calm(record: &HorizonRecord) -> String {
    let calm = &record.calm;
    let rate = |n: u64| decimal(n as f64 / calm.simulated_ms * 1e3);
    let uneven = calm.counts.stale + calm.counts.failed + calm.counts.leaderless + calm.counts.moves;
    let quiet = if uneven == 0 {
        "no leader changed in it, and no request went astray".to_owned()
    } else {
        format!(
            "and even in it {} changed, {} met a stale leader, {} met none, and {} failed: the totals above leave these out",
            counted(calm.counts.moves, "leader"),
            counted(calm.counts.stale, "request"),
            count(calm.counts.leaderless),
            counted(calm.counts.failed, "record")
        )
    };
    format!(
        "What goes on between episodes was counted in a run of {} without faults: {} requests and {} records a second; {quiet}. \
         Figures with \"about\" take it for all of the skipped time. Records took {} in it.",
        duration(calm.simulated_ms),
        rate(calm.counts.requests),
        rate(calm.counts.sent),
        latency(&calm.latency_ms)
    )
}

fn latency(latency: &Quantiles) -> String {
    format!("{} in the median, {} at 99 %, {} at most", duration(latency.p50), duration(latency.p99), duration(latency.max))
}

fn table(record: &HorizonRecord) -> Table {
    let mut table = Table::new(&[
        ">Episode",
        "Begins",
        "With",
        ">Lasts",
        ">Moves",
        ">Stale",
        ">No leader",
        ">Failed",
        ">Lost",
        ">Longest interruption",
    ]);
    for episode in shown(record) {
        let Counts { moves, stale, leaderless, failed, lost, .. } = episode.counts;
        let [moves, stale, leaderless, failed, lost] = [moves, stale, leaderless, failed, lost].map(count);
        let interruption = if episode.interruption_ms.count == 0 { String::new() } else { duration(episode.interruption_ms.max) };
        table.row([
            episode.number.to_string(),
            moment(episode.at_ms),
            faults(episode),
            duration(episode.lasted_ms),
            moves,
            stale,
            leaderless,
            failed,
            lost,
            interruption,
        ]);
    }
    table
}

/// All episodes, or of many those that hurt most, in order of time.
fn shown(record: &HorizonRecord) -> Vec<&Episode> {
    let mut episodes: Vec<&Episode> = record.episodes.iter().collect();
    episodes.sort_by(|a, b| b.interruption_ms.max.total_cmp(&a.interruption_ms.max));
    episodes.truncate(EPISODES);
    episodes.sort_by_key(|episode| episode.number);
    episodes
}

fn left_out(record: &HorizonRecord) -> Option<Block> {
    let hidden = record.episodes.len().saturating_sub(EPISODES);
    (hidden > 0).then(|| {
        let hidden = counted(hidden as u64, "episode");
        paragraph(format!("{hidden} with shorter interruptions are left out; the JSON answer (--format json) has all."))
    })
}

/// The first fault, without its moment, and how many follow it.
fn faults(episode: &Episode) -> String {
    let first = episode.faults.first().map_or("", |line| line.splitn(3, ' ').nth(2).unwrap_or(line));
    let first: Vec<String> = first.split(' ').map(rounded).collect();
    match episode.faults.len() {
        0 | 1 => first.join(" "),
        all => format!("{}, and {} more", first.join(" "), all - 1),
    }
}

/// A drawn length is exact to the nanosecond: `86.002409011s`. Nobody reads that.
fn rounded(word: &str) -> String {
    let seconds = word.strip_suffix('s').and_then(|number| number.parse::<f64>().ok());
    seconds.map_or_else(|| word.to_owned(), |seconds| duration(seconds * 1e3))
}

fn worst(record: &HorizonRecord) -> Option<&Episode> {
    let interrupted = record.episodes.iter().filter(|episode| episode.interruption_ms.count > 0);
    interrupted.max_by(|a, b| a.interruption_ms.max.total_cmp(&b.interruption_ms.max).then(b.number.cmp(&a.number)))
}

fn keep_in_mind(kafka: &str, costs: &str, not_modelled: &[String]) -> Vec<String> {
    let mut items = machines(kafka, costs);
    items.extend([
        "An episode lasts until no fault goes on, all replicas are in sync, preferred leaders lead (where auto.leader.rebalance.enable says so), \
         every client knows the true leaders and is served by them, and no record has waited longer than 30 s. A producer that has nothing for a \
         partition then is not waited for."
            .to_owned(),
        "Each episode begins with a warm cluster, with clocks drawn as of one that has run for long. A run of the whole time with the same seed has \
         the same faults; its other chance differs, so its counts are alike, not the same."
            .to_owned(),
        "Producers' ids, connections that are closed when idle, and who leads the quorum do not go over from one episode to the next; who leads the \
         partitions does."
            .to_owned(),
    ]);
    items.extend(not_modelled.iter().cloned());
    items
}

/// `about 1.30 billion requests`: what calm is taken for is known to three digits at most.
fn about(n: f64, noun: &str) -> String {
    let number = match n {
        _ if n >= 1e9 => format!("{} billion", decimal(n / 1e9)),
        _ if n >= 1e6 => format!("{} million", decimal(n / 1e6)),
        _ if n >= 1e3 => count((n / 10_f64.powf(n.log10().floor() - 2.0)).round() as u64 * 10_u64.pow(n.log10() as u32 - 2)),
        _ => decimal(n),
    };
    format!("about {number} {noun}")
}

fn in_a_million(part: u64, whole: f64) -> String {
    if part == 0 || whole <= 0.0 { String::new() } else { format!(" ({} in a million)", decimal(part as f64 / whole * 1e6)) }
}

fn records(n: u64) -> String {
    if n == 0 { "no records".to_owned() } else { counted(n, "record") }
}

fn none_or(n: u64) -> String {
    if n == 0 { "none".to_owned() } else { count(n) }
}

/// `30 d`, `29 d 18 h`, or a shorter time as it is usually told.
fn days(ms: f64) -> String {
    if ms < MS_A_DAY {
        return duration(ms);
    }
    let hours = (ms / 3_600_000.0).round() as u64;
    match (hours / 24, hours % 24) {
        (days, 0) => format!("{days} d"),
        (days, hours) => format!("{days} d {hours} h"),
    }
}

/// `day 4 13:20:11`.
fn moment(ms: f64) -> String {
    let seconds = (ms / 1e3) as u64;
    let (day, rest) = (seconds / 86_400 + 1, seconds % 86_400);
    format!("day {day} {:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60)
}
