//! The first lines: what was found, in plain words.

use super::paragraph;
use crate::observe::RunRecord;
use crate::observe::record::ClientRecord;
use crate::report::document::{Block, Verdict};
use crate::report::quantity::{count, counted, duration, share};

/// The answer in a few sentences.
pub fn verdict(record: &RunRecord) -> Verdict {
    let records = &record.total.records;
    let failed_expectations = record.expectations.iter().filter(|e| !e.held).count() as u64;
    let mut sentences = Vec::new();
    if !record.checks.violated.is_empty() {
        sentences.push(format!(
            "DO NOT USE THIS ANSWER: the simulated cluster broke {} of Kafka's protocol, which is a bug of kafkasim.",
            counted(record.checks.violated.len() as u64, "promise")
        ));
    }
    sentences.push(stale(record));
    sentences.push(service(record));
    if failed_expectations > 0 {
        sentences.push(format!("{} of the scenario did not hold.", counted(failed_expectations, "expectation")));
    }
    let good = record.checks.violated.is_empty()
        && failed_expectations == 0
        && records.lost == 0
        && consumers_lost(record) == 0
        && record.cluster.leaderless_at_end == 0
        && record.total.interruption_ms.open == 0;
    Verdict { text: sentences.join(" "), good }
}

/// What counts are worth when nobody said how much is sent.
pub const ASSUMED_RATES: &str = "No rates were given (--load TOPIC=RATE), so the clients send at an assumed rate: read the shares and durations \
                                 below. Every count of requests or records is a count at that assumed rate, not at yours.";

/// What a request and a stale leader are, and which rates were used.
pub fn definitions(record: &RunRecord) -> Vec<Block> {
    let mut blocks = Vec::new();
    if record.scenario.assumed_rates {
        blocks.push(paragraph(ASSUMED_RATES));
    }
    blocks.push(paragraph(
        "How this is counted: a request here is one partition's part of a produce or fetch request. It met a stale leader when the broker it was sent to \
         was not the partition's leader at the moment when it took the request (or failed to be reached), or had not yet taken over as leader.",
    ));
    blocks
}

fn stale(record: &RunRecord) -> String {
    let requests = &record.total.requests;
    if requests.total == 0 {
        return "No client sent a request in the counted time.".to_owned();
    }
    if requests.stale == 0 {
        return format!("None of {} met a stale leader.", counted(requests.total, "request"));
    }
    if record.scenario.assumed_rates {
        let part = share(requests.stale, requests.total);
        return format!(
            "{part} of all requests met a stale leader ({} of {}, at an assumed rate).",
            count(requests.stale),
            count(requests.total)
        );
    }
    format!(
        "{} of {} ({}) met a stale leader.",
        count(requests.stale),
        counted(requests.total, "request"),
        share(requests.stale, requests.total)
    )
}

/// How long until everything was served, and what became of the records.
fn service(record: &RunRecord) -> String {
    let mut clauses = vec![recovery(record)];
    clauses.extend(longest_wait(record));
    clauses.extend(longest_way(record));
    clauses.push(acknowledged(record));
    clauses.extend(failed(record));
    clauses.extend(unanswered(record));
    clauses.extend(not_given(record));
    clauses.extend(leaderless(record));
    let last = clauses.pop().unwrap_or_default();
    let mut text = format!("{} and {last}.", clauses.join(", "));
    if let Some(first) = text.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    text
}

fn recovery(record: &RunRecord) -> String {
    let interrupted = &record.total.interruption_ms;
    if interrupted.open > 0 {
        return format!(
            "when the run ended {} of a client and a partition had not been served again after the leader moved or was lost (records had been waiting for up to {})",
            counted(interrupted.open, "pair"),
            duration(record.total.longest_waiting_ms)
        );
    }
    if interrupted.count == 0 {
        return "no change or loss of a leader touched a client".to_owned();
    }
    let readers = if record.clients.values().any(|c| c.consumer.is_some()) { " or to read" } else { "" };
    format!(
        "every client with something to send{readers} was served again at most {} after a leader moved or was lost",
        duration(interrupted.max)
    )
}

fn longest_wait(record: &RunRecord) -> Option<String> {
    let waited = |(_, client): &(&String, &ClientRecord)| client.longest_wait_ms;
    let longest = record.clients.iter().filter(|c| c.1.tally.records.sent > 0).max_by(|a, b| waited(a).total_cmp(&waited(b)))?;
    Some(format!("the longest wait of a record was {} (client {})", duration(longest.1.longest_wait_ms), longest.0))
}

/// What consumers waited.
fn longest_way(record: &RunRecord) -> Option<String> {
    let reads = |client: &ClientRecord| client.consumer.as_ref().is_some_and(|c| c.delivered + c.lag_at_end > 0);
    let consumers = record.clients.iter().filter(|(_, client)| reads(client));
    let (name, client) = consumers.max_by(|a, b| a.1.longest_wait_ms.total_cmp(&b.1.longest_wait_ms))?;
    Some(format!("the longest way of a record to a consumer took {} (client {name})", duration(client.longest_wait_ms)))
}

/// Records that consumers lost: passed over, or gone later.
fn not_given(record: &RunRecord) -> Option<String> {
    let lost = consumers_lost(record);
    (lost > 0).then(|| format!("consumers passed over or lost {}", counted(lost, "committed record")))
}

fn consumers_lost(record: &RunRecord) -> u64 {
    record.clients.values().filter_map(|c| c.consumer.as_ref()).map(|c| c.skipped + c.never_processed + c.delivered_and_lost).sum()
}

fn acknowledged(record: &RunRecord) -> String {
    let records = &record.total.records;
    match records.lost {
        _ if records.acknowledged == 0 => "no record was acknowledged".to_owned(),
        0 => "no acknowledged record was lost".to_owned(),
        lost => format!(
            "{} of {} ({}) WERE LOST",
            count(lost),
            counted(records.acknowledged, "acknowledged record"),
            share(lost, records.acknowledged)
        ),
    }
}

fn failed(record: &RunRecord) -> Option<String> {
    let records = &record.total.records;
    if records.failed == 0 {
        return None;
    }
    Some(format!(
        "{} of {} ({}) failed to the application",
        count(records.failed),
        counted(records.sent, "record"),
        share(records.failed, records.sent)
    ))
}

/// Records that wait for good, not those that are under way whenever a run ends: somebody has waited longer than any record that was answered.
fn unanswered(record: &RunRecord) -> Option<String> {
    let stuck = |c: &ClientRecord| c.tally.records.unfinished > 0 && c.longest_wait_ms > c.tally.latency_ms.max;
    let records: u64 = record.clients.values().filter(|c| stuck(c)).map(|c| c.tally.records.unfinished).sum();
    (records > 0).then(|| {
        format!(
            "{} of {} ({}) were still without an answer when the run ended",
            count(records),
            counted(record.total.records.sent, "record"),
            share(records, record.total.records.sent)
        )
    })
}

fn leaderless(record: &RunRecord) -> Option<String> {
    let partitions = record.cluster.leaderless_at_end;
    (partitions > 0).then(|| format!("{} had no leader when the run ended", counted(partitions, "partition")))
}
