//! What each client saw: requests, waits, errors, silences, and what it cost.

use super::{ROWS, consumers, heading, left_out, paragraph};
use crate::observe::RunRecord;
use crate::observe::record::{ClientRecord, Members, PartitionSilence};
use crate::report::document::{Block, Table};
use crate::report::quantity::{NONE, bytes, count, duration, moment, of, part_of, share};

/// Who was served again first, then tables of requests and records with a row for each client or fleet, then errors and failures.
pub fn section(record: &RunRecord) -> Vec<Block> {
    if record.clients.is_empty() {
        return vec![heading("Clients"), paragraph("The scenario has no clients.")];
    }
    let shown = soonest_first(record);
    let mut blocks = vec![heading("Clients, the soonest served again first"), recoveries(&shown), requests(&shown)];
    blocks.extend(records(&shown));
    let given = consumers::section(&shown);
    let reads = !given.is_empty();
    blocks.extend(given);
    blocks.extend(left_out(record.clients.len(), "clients"));
    blocks.push(paragraph(
        "A client's longest interruption decides its place. Latency is from send() to the answer, of acknowledged records; the longest wait also counts records that failed or were still without an answer. \
         Lost and extra count messages: said by no log in the end, and said more than once, by whichever records. \
         An interruption is from the moment when a partition's leader moved or was lost to the client's first success on it, without the time in which \
         the client had no record for that partition; several moves that one success ended are one.",
    ));
    if reads {
        blocks.push(paragraph(
            "A consumer's wait is from the creation of a record to its delivery; the longest wait also counts committed records that it had not been \
             given when the run ended. How far it was behind is counted in records of one partition whenever the high watermark moves. A consumer is \
             served again when the right broker takes a fetch that it answers without error.",
        ));
    }
    blocks.extend(fleets(&shown));
    blocks.extend(fates(record));
    blocks.extend(errors(&shown));
    blocks.extend(failures(&shown));
    blocks
}

/// By longest interruption; only the ones with the longest waits when there are too many.
fn soonest_first(record: &RunRecord) -> Vec<(&String, &ClientRecord)> {
    let mut clients: Vec<_> = record.clients.iter().collect();
    if clients.len() > ROWS {
        clients.sort_by(|a, b| b.1.longest_wait_ms.total_cmp(&a.1.longest_wait_ms));
        clients.truncate(ROWS);
    }
    clients.sort_by(|a, b| longest_interruption(a.1).total_cmp(&longest_interruption(b.1)));
    clients
}

/// One that had not ended counts for as long as it had lasted.
fn longest_interruption(client: &ClientRecord) -> f64 {
    client.tally.interruption_ms.max.max(client.tally.longest_waiting_ms)
}

fn requests(clients: &[(&String, &ClientRecord)]) -> Block {
    let mut table = Table::new(&["Client", ">Requests", ">Stale", ">Share", ">Error answers", ">Metadata requests"]);
    for (name, client) in clients {
        let requests = &client.tally.requests;
        table.row([
            called(name, client),
            count(requests.total),
            count(requests.stale),
            share(requests.stale, requests.total),
            count(client.errors.values().sum()),
            count(client.tally.metadata_requests),
        ]);
    }
    Block::Table(table)
}

/// Of producers; nothing where there is none.
fn records(clients: &[(&String, &ClientRecord)]) -> Option<Block> {
    let mut table = Table::new(&["Client", ">Records", ">Failed", ">Lost", ">Extra", ">Latency p50", ">p99", ">max", ">Longest wait"]);
    for (name, client) in clients.iter().filter(|(_, client)| client.consumer.is_none()) {
        let (records, messages, latency) = (&client.tally.records, &client.tally.messages, &client.tally.latency_ms);
        table.row([
            called(name, client),
            count(records.sent),
            count(records.failed),
            count(messages.lost),
            count(messages.extra_copies),
            of(latency, |q| q.p50),
            of(latency, |q| q.p99),
            of(latency, |q| q.max),
            if records.sent == 0 { NONE.to_owned() } else { duration(client.longest_wait_ms) },
        ]);
    }
    (!table.rows.is_empty()).then_some(Block::Table(table))
}

/// How long each client was interrupted.
fn recoveries(clients: &[(&String, &ClientRecord)]) -> Block {
    let mut table =
        Table::new(&["Client", "Library", ">Interruptions", ">Median", ">p99", ">Longest", ">Still waiting at the end", ">Records failed"]);
    for (name, client) in clients {
        let interrupted = &client.tally.interruption_ms;
        table.row([
            called(name, client),
            client.profile.clone(),
            count(interrupted.count),
            of(interrupted, |q| q.p50),
            of(interrupted, |q| q.p99),
            of(interrupted, |q| q.max),
            count(interrupted.open),
            count(client.tally.records.failed),
        ]);
    }
    Block::Table(table)
}

/// A fleet says how many it is.
pub(super) fn called(name: &str, client: &ClientRecord) -> String {
    if client.members > 1 { format!("{name} (×{})", count(client.members)) } else { name.to_owned() }
}

/// How the members of each fleet differ.
fn fleets(clients: &[(&String, &ClientRecord)]) -> Vec<Block> {
    let mut table = Table::new(&["Fleet", "Over its members", ">Least", ">Median", ">90 %", ">99 %", ">Most"]);
    for (name, client) in clients {
        let Some(spread) = &client.spread else { continue };
        let mut line = |what: &str, members: &Members, text: &dyn Fn(f64) -> String| {
            let figures = [members.min, members.p50, members.p90, members.p99, members.max];
            let text = |figure| if members.count == 0 { NONE.to_owned() } else { text(figure) };
            let [least, median, p90, p99, most] = figures.map(text);
            table.row([called(name, client), what.to_owned(), least, median, p90, p99, most]);
        };
        line("stale requests of a member", &spread.stale, &|n| count(n as u64));
        line("its failed records", &spread.failed, &|n| count(n as u64));
        line("its longest wait of a record", &spread.longest_wait_ms, &duration);
        line("its longest interruption, if it had one", &spread.longest_interruption_ms, &duration);
        line("its metadata requests", &spread.metadata_requests, &|n| count(n as u64));
    }
    if table.rows.is_empty() { Vec::new() } else { vec![Block::Table(table)] }
}

/// What became of the records of all clients together.
fn fates(record: &RunRecord) -> Vec<Block> {
    let records = &record.total.records;
    let fate = |name: &str, n: u64, of: u64| (name.to_owned(), part_of(n, of));
    let mut pairs = vec![fate("records acknowledged", records.acknowledged, records.sent)];
    pairs.push(fate("of these, not in the partition's log at the end (lost)", records.lost, records.acknowledged));
    pairs.push(fate("failed to the application", records.failed, records.sent));
    if records.failed > 0 {
        pairs.push(fate("of these, in the log all the same", records.failed_but_written, records.failed));
    }
    pairs.push(fate("without an answer when the run ended", records.unfinished, records.sent));
    pairs.push(("extra copies in the log (duplicates)".to_owned(), count(records.duplicated)));
    vec![Block::Pairs(pairs)]
}

fn errors(clients: &[(&String, &ClientRecord)]) -> Vec<Block> {
    let mut table = Table::new(&["Client", "Request and error, as brokers answered", ">Answers"]);
    for (name, client) in clients {
        for (error, n) in &client.errors {
            table.row([(*name).clone(), error.replace(':', " "), count(*n)]);
        }
    }
    if table.rows.is_empty() {
        return vec![paragraph("No broker answered a client with an error.")];
    }
    bounded(table, "lines of errors")
}

fn failures(clients: &[(&String, &ClientRecord)]) -> Vec<Block> {
    let mut table = Table::new(&["Client", "Failed to the application with", ">Records", ">First of client", ">Last of client"]);
    for (name, client) in clients {
        let when = |ms: Option<f64>| ms.map_or_else(|| NONE.to_owned(), moment);
        for (error, n) in &client.failures.by_error {
            table.row([(*name).clone(), error.clone(), count(*n), when(client.failures.first_ms), when(client.failures.last_ms)]);
        }
    }
    if table.rows.is_empty() { Vec::new() } else { bounded(table, "lines of failures") }
}

fn bounded(mut table: Table, what: &str) -> Vec<Block> {
    let all = table.rows.len();
    table.rows.truncate(ROWS);
    let mut blocks = vec![Block::Table(table)];
    blocks.extend(left_out(all, what));
    blocks
}

/// The longest times without an acknowledgement.
pub fn silences(record: &RunRecord) -> Vec<Block> {
    const SHOWN: usize = 8;
    let mut all: Vec<(&String, &PartitionSilence)> =
        record.clients.iter().flat_map(|(name, client)| client.partitions.iter().map(move |p| (name, p))).collect();
    if all.is_empty() {
        return Vec::new();
    }
    all.sort_by(|a, b| b.1.longest_silence_ms.total_cmp(&a.1.longest_silence_ms));
    let mut table = Table::new(&["Client", "Partition", ">Silence", ">Ended at"]);
    for (name, silence) in all.iter().take(SHOWN) {
        let partition = format!("{}-{}", silence.topic, silence.partition);
        table.row([(*name).clone(), partition, duration(silence.longest_silence_ms), moment(silence.silence_end_ms)]);
    }
    vec![
        heading("Longest silences"),
        paragraph(format!(
            "A silence is the time between two successive acknowledgements of a client's records on one partition{}; it includes the usual time between two records. \
             The longest of each pair of a client and a partition, {}:",
            if record.clients.values().any(|c| c.consumer.is_some()) { ", or deliveries to a consumer" } else { "" },
            if all.len() > SHOWN { format!("the first {SHOWN} of {}", count(all.len() as u64)) } else { format!("all {}", all.len()) },
        )),
        Block::Table(table),
    ]
}

/// What the clients cost the brokers.
pub fn cost(record: &RunRecord) -> Vec<Block> {
    let total = &record.total;
    let each = total.metadata_broker_ms / total.metadata_requests.max(1) as f64;
    let broker_time = match total.metadata_requests {
        0 => NONE.to_owned(),
        _ => format!("{} ({} each)", duration(total.metadata_broker_ms), duration(each)),
    };
    vec![
        heading("What finding the leaders cost"),
        Block::Pairs(vec![
            ("metadata requests".to_owned(), count(total.metadata_requests)),
            ("bytes of their answers".to_owned(), bytes(total.metadata_bytes)),
            ("broker time they took".to_owned(), broker_time),
            ("connections opened by clients".to_owned(), count(total.connections_opened)),
        ]),
    ]
}
