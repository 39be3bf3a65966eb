//! The document of a triage, made from its record alone.

#[cfg(test)]
mod tests;
mod verdict;

use crate::report::document::{Block, Document, Table, heading, paragraph};
use crate::report::quantity::{count, counted, duration, percent};
use crate::triage::record::{Advice, BrokerRecord, CauseRecord, EvidenceRecord, FileRecord, OutageRecord, TriageRecord};

/// Rows of a long table that are shown; the JSON answer has more.
const ROWS: usize = 20;
/// Lines that are quoted for a cause.
const QUOTED: usize = 5;

/// The whole answer.
pub fn document(record: &TriageRecord) -> Document {
    let sections = [
        causes(record),
        bursts(record),
        brokers(record),
        partitions(record),
        timeline(record),
        listed("What tools saw as they were run", &record.observed),
        advice("What to look at next", &record.next),
        advice("What to do", &record.actions),
        listed("What is missing", &record.missing),
        verdict::rules(record),
        files(record),
        listed("What was assumed", &record.assumed),
    ];
    Document { title: title(record), verdict: verdict::verdict(record), blocks: sections.into_iter().flatten().collect() }
}

fn title(record: &TriageRecord) -> String {
    let lines: u64 = record.files.iter().map(|file| file.lines).sum();
    let understood: u64 = record.files.iter().map(|file| file.understood).sum();
    let share = if lines == 0 { "none".to_owned() } else { percent(understood as f64 / lines as f64) };
    format!("Triage of {}: {} of {} understood", counted(record.files.len() as u64, "file"), share, counted(lines, "line"))
}

fn causes(record: &TriageRecord) -> Vec<Block> {
    if record.causes.is_empty() {
        return Vec::new();
    }
    let mut table = Table::new(&["Cause, the most likely first", ">Score", "In short"]);
    for cause in &record.causes {
        table.row([verdict::name(cause), format!("{:.2}", cause.score), cause.summary.clone()]);
    }
    let mut blocks = vec![heading("What caused it"), Block::Table(table)];
    blocks.push(paragraph(
        "A score is the weight of what speaks for a cause in the weight of all that is known about it and a doubt of one. It is no probability: causes may have acted together.",
    ));
    for cause in record.causes.iter().take(3).filter(|cause| !cause.evidence.is_empty()) {
        blocks.extend(quoted(&format!("For {}", verdict::name(cause)), cause, &cause.evidence));
        blocks.extend(quoted(&format!("Against {}", verdict::name(cause)), cause, &cause.against));
    }
    blocks
}

fn quoted(title: &str, _cause: &CauseRecord, lines: &[EvidenceRecord]) -> Vec<Block> {
    if lines.is_empty() {
        return Vec::new();
    }
    let item = |evidence: &EvidenceRecord| {
        if evidence.file.is_empty() {
            return evidence.says.clone();
        }
        format!("{} — {}:{}: {}", evidence.says, evidence.file, evidence.line, evidence.text)
    };
    // A line for each thing that is said; the JSON answer has more lines of each.
    let first_of_each = lines.iter().filter(|evidence| evidence.weight > 0.0).take(QUOTED);
    vec![heading(title), Block::Items(first_of_each.map(item).collect())]
}

fn bursts(record: &TriageRecord) -> Vec<Block> {
    if record.bursts.is_empty() {
        return Vec::new();
    }
    let mut table = Table::new(&["Burst from (UTC)", "to", ">Lasted", ">Refused", ">Not leader", ">Leaders", ">ISR left", ">ISR joined"]);
    for burst in record.bursts.iter().take(ROWS) {
        table.row([
            burst.from.clone(),
            burst.to.clone(),
            duration(burst.lasted_ms as f64),
            count(burst.refusals),
            count(burst.not_leader),
            count(burst.leader_changes),
            count(burst.isr_left),
            count(burst.isr_joined),
        ]);
    }
    let mut blocks = vec![heading("When there was trouble, and what else happened then"), Block::Table(table)];
    blocks.extend(left_out(record.bursts.len(), "bursts"));
    let with: Vec<String> =
        record.bursts.iter().take(ROWS).flat_map(|burst| burst.correlates.iter().map(|what| format!("{}: {what}", burst.from))).collect();
    if !with.is_empty() {
        blocks.push(Block::Items(with.into_iter().take(ROWS).collect()));
    }
    blocks
}

fn brokers(record: &TriageRecord) -> Vec<Block> {
    if record.brokers.is_empty() {
        return Vec::new();
    }
    let mut table =
        Table::new(&["Broker", ">Leads lost", ">got", ">ISR left", ">joined", "Connections to it that others lost", "Away (UTC)"]);
    for broker in record.brokers.iter().take(ROWS) {
        let lost = broker.lost_connections.iter().map(|(how, n)| format!("{} {how}", count(*n))).collect::<Vec<_>>().join(", ");
        table.row([
            broker.broker.to_string(),
            count(broker.leads_lost),
            count(broker.leads_gained),
            count(broker.isr_left),
            count(broker.isr_joined),
            lost,
            away(broker),
        ]);
    }
    let mut blocks = vec![heading("Which brokers"), Block::Table(table)];
    blocks.extend(left_out(record.brokers.len(), "brokers"));
    blocks
}

fn away(broker: &BrokerRecord) -> String {
    let one = |outage: &OutageRecord| {
        let to = outage.to.as_ref().map_or("still away", |to| to.rsplit(' ').next().unwrap_or(to));
        format!("{} {} to {to}", outage.kind, outage.from)
    };
    let shown: Vec<String> = broker.outages.iter().take(5).map(one).collect();
    let more = broker.outages.len().saturating_sub(5);
    if more > 0 { format!("{}; {more} more", shown.join("; ")) } else { shown.join("; ") }
}

fn partitions(record: &TriageRecord) -> Vec<Block> {
    if record.partitions.is_empty() {
        return Vec::new();
    }
    let mut table = Table::new(&["Partition", ">Leader changes", ">Refused", "Leaders"]);
    for partition in record.partitions.iter().take(ROWS) {
        table.row([partition.partition.clone(), count(partition.leader_changes), count(partition.refusals), partition.leaders.join(" → ")]);
    }
    let mut blocks = vec![heading("Which partitions"), Block::Table(table)];
    blocks.extend(left_out(record.partitions_touched as usize, "partitions"));
    blocks
}

fn timeline(record: &TriageRecord) -> Vec<Block> {
    if record.timeline.is_empty() {
        return Vec::new();
    }
    let mut table = Table::new(&["When (UTC)", "What", "Line"]);
    for happening in record.timeline.iter().take(2 * ROWS) {
        table.row([happening.at.clone(), happening.what.clone(), format!("{}:{}", short(&happening.file), happening.line)]);
    }
    let more = record.happenings.saturating_sub(2 * ROWS as u64);
    let mut blocks = vec![heading("Timeline"), Block::Table(table)];
    if more > 0 {
        blocks.push(paragraph(format!("{} more happened; the JSON answer (--format json) has the first 200.", count(more))));
    }
    blocks
}

/// A file's name without its directories: the list of files has them.
fn short(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}

fn advice(title: &str, all: &[Advice]) -> Vec<Block> {
    if all.is_empty() {
        return Vec::new();
    }
    let each = all.iter().flat_map(|advice| {
        let command = advice.command.iter().map(|command| Block::Command(command.clone()));
        std::iter::once(Block::Items(vec![advice.what.clone()])).chain(command)
    });
    std::iter::once(heading(title)).chain(each).collect()
}

fn listed(title: &str, all: &[String]) -> Vec<Block> {
    if all.is_empty() { Vec::new() } else { vec![heading(title), Block::Items(all.to_vec())] }
}

fn files(record: &TriageRecord) -> Vec<Block> {
    let mut table = Table::new(&["File", "Holds", ">Lines", ">Understood"]);
    for file in &record.files {
        table.row([file.file.clone(), holds(file), count(file.lines), share(file)]);
    }
    let notes: Vec<String> = record.files.iter().flat_map(|file| file.notes.iter().map(|note| format!("{}: {note}", file.file))).collect();
    let mut blocks = vec![heading("What was understood of each file"), Block::Table(table)];
    if !notes.is_empty() {
        blocks.push(Block::Items(notes));
    }
    blocks
}

fn holds(file: &FileRecord) -> String {
    if !file.holds.is_empty() {
        return file.holds.join(", ");
    }
    if file.understood == 0 { "nothing that is known".to_owned() } else { "output of a tool, or settings".to_owned() }
}

fn share(file: &FileRecord) -> String {
    if file.lines == 0 { "empty".to_owned() } else { percent(file.understood as f64 / file.lines as f64) }
}

/// A sentence on what a table leaves out, if it does.
fn left_out(all: usize, what: &str) -> Option<Block> {
    let more = all.checked_sub(ROWS).filter(|more| *more > 0)?;
    Some(paragraph(format!("{} more {what} are in the JSON answer (--format json).", count(more as u64))))
}
