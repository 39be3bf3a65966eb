//! What the cluster went through: leader changes, its timeline, its own counters.

use super::{ROWS, broker, heading, left_out, paragraph};
use crate::observe::RunRecord;
use crate::observe::record::{Move, TimelineEntry};
use crate::report::document::{Block, Table};
use crate::report::quantity::{count, counted, duration, greatest, moment};
use crate::report::words;

/// Moves of one reason from one broker, committed within this time of the first, are one row.
const WAVE_MS: f64 = 1_000.0;

/// Leader changes that belong together.
struct Wave<'a> {
    first: &'a Move,
    moves: Vec<&'a Move>,
}

/// The leader changes, those that belong together in one row.
pub fn moves(record: &RunRecord) -> Vec<Block> {
    let title = heading("Leader changes");
    if record.moves.is_empty() {
        return vec![title, paragraph("No partition's leader changed.")];
    }
    let waves = waves(&record.moves);
    let mut table = Table::new(&[">Committed at", "Why", ">From", ">To", "Partitions", ">Led after"]);
    for wave in waves.iter().take(ROWS) {
        table.row([
            moment(wave.first.committed_ms),
            why(wave.first),
            broker(wave.first.from),
            new_leaders(&wave.moves),
            partitions(&wave.moves),
            role_taken(&wave.moves),
        ]);
    }
    let mut blocks = vec![
        title,
        paragraph(format!(
            "{} in all. Times count from the end of the warm-up; brokers are given by node.id. Led after: from the commit in the metadata log until \
             the new leader of the last of these partitions took the role.",
            counted(record.moves.len() as u64, "leader change")
        )),
        Block::Table(table),
    ];
    blocks.extend(left_out(waves.len(), "rows"));
    blocks
}

fn waves(moves: &[Move]) -> Vec<Wave<'_>> {
    let mut waves: Vec<Wave<'_>> = Vec::new();
    for m in moves {
        let belongs = |w: &&mut Wave<'_>| {
            let first = w.first;
            first.why == m.why
                && first.from == m.from
                && first.unclean == m.unclean
                && (m.committed_ms - first.committed_ms).abs() <= WAVE_MS
        };
        match waves.iter_mut().rev().find(belongs) {
            Some(wave) => wave.moves.push(m),
            None => waves.push(Wave { first: m, moves: vec![m] }),
        }
    }
    waves
}

fn why(m: &Move) -> String {
    let reason = words::why(&m.why);
    if m.unclean { format!("{reason} (UNCLEAN)") } else { reason }
}

fn new_leaders(moves: &[&Move]) -> String {
    let mut leaders: Vec<Option<u32>> = moves.iter().map(|m| m.to).collect();
    leaders.sort_unstable();
    leaders.dedup();
    shortened(leaders.len(), leaders.into_iter().map(broker))
}

fn partitions(moves: &[&Move]) -> String {
    let names = shortened(moves.len(), moves.iter().map(|m| format!("{}-{}", m.topic, m.partition)));
    if moves.len() > 1 { format!("{}: {names}", count(moves.len() as u64)) } else { names }
}

/// The first few, and a mark that there are more.
fn shortened(all: usize, names: impl Iterator<Item = String>) -> String {
    const SHOWN: usize = 4;
    let mut shown: Vec<String> = names.take(SHOWN).collect();
    if all > SHOWN {
        shown.push("…".to_owned());
    }
    shown.join(", ")
}

fn role_taken(moves: &[&Move]) -> String {
    let expected: Vec<&&Move> = moves.iter().filter(|m| m.to.is_some()).collect();
    let taken: Vec<f64> = expected.iter().filter_map(|m| m.role_taken_ms.map(|at| at - m.committed_ms)).collect();
    let never = (expected.len() - taken.len()) as u64;
    let longest = greatest(taken).map_or_else(|| "none".to_owned(), duration);
    if never > 0 { format!("{longest} ({} not by the end)", count(never)) } else { longest }
}

/// What happened to the cluster, and its own counters.
pub fn timeline(record: &RunRecord) -> Vec<Block> {
    let cluster = &record.cluster;
    let mut blocks = vec![heading("The cluster"), timeline_table(&cluster.timeline)];
    let errors = match cluster.replica_fetch_errors.values().sum::<u64>() {
        0 => "0".to_owned(),
        all => {
            let each = cluster.replica_fetch_errors.iter().map(|(error, n)| format!("{error} {}", count(*n)));
            format!("{} ({})", count(all), each.collect::<Vec<_>>().join(", "))
        }
    };
    let pairs = [
        ("ISR shrinks, ISR expansions (by AlterPartition)", format!("{}, {}", count(cluster.isr_shrinks), count(cluster.isr_expands))),
        ("errors answered to followers' fetches, by partition", errors),
        ("elections of an active controller", count(cluster.controller_elections)),
        ("under-replicated partitions, most at once", count(cluster.under_replicated_max)),
        ("under-replicated partitions at the end", count(cluster.under_replicated_at_end)),
        ("partitions without a leader at the end", count(cluster.leaderless_at_end)),
    ];
    blocks.push(Block::Pairs(pairs.map(|(name, value)| (name.to_owned(), value)).into()));
    blocks
}

fn timeline_table(entries: &[TimelineEntry]) -> Block {
    /// Entries shown at either end of a long timeline.
    const HEAD: usize = 24;
    const TAIL: usize = 8;
    if entries.is_empty() {
        return paragraph("Nothing happened to it in the counted time.");
    }
    let mut table = Table::new(&[">At", "What happened"]);
    let mut row = |entry: &TimelineEntry| table.row([moment(entry.at_ms), entry.text.clone()]);
    if entries.len() <= HEAD + TAIL + 1 {
        entries.iter().for_each(row);
        return Block::Table(table);
    }
    entries[..HEAD].iter().for_each(&mut row);
    let more = (entries.len() - HEAD - TAIL) as u64;
    table.row(["…".to_owned(), format!("{} more, in the JSON answer", count(more))]);
    let mut row = |entry: &TimelineEntry| table.row([moment(entry.at_ms), entry.text.clone()]);
    entries[entries.len() - TAIL..].iter().for_each(&mut row);
    Block::Table(table)
}
