//! Requests that met a stale leader: of which, by outcome, by cause.

use super::{heading, paragraph};
use crate::observe::RunRecord;
use crate::report::document::{Block, Table};
use crate::report::quantity::{count, part_of, share};
use crate::report::words;
use std::collections::BTreeMap;

/// The requests that met a stale leader, with every denominator.
pub fn section(record: &RunRecord) -> Vec<Block> {
    let requests = &record.total.requests;
    let mut blocks = vec![
        heading("Requests that met a stale leader"),
        Block::Pairs(vec![
            ("of all requests".to_owned(), part_of(requests.stale, requests.total)),
            ("of requests to partitions whose leader moved".to_owned(), part_of(requests.stale, requests.to_moved_partitions)),
            ("of requests sent between a move and the next success".to_owned(), part_of(requests.stale, requests.in_windows)),
        ]),
    ];
    if requests.stale > 0 {
        blocks.push(kinds("What became of them", &requests.stale_by_outcome, requests.stale, words::outcome));
        blocks.push(kinds("Why the client asked the wrong broker", &requests.stale_by_cause, requests.stale, words::cause));
    }
    blocks.push(paragraph(format!(
        "Counted apart: {} reached the right leader and were waiting there when it lost the lead; {} were sent while the partition had no leader at all.",
        count(requests.overtaken),
        count(requests.leaderless)
    )));
    blocks
}

fn kinds(title: &str, kinds: &BTreeMap<String, u64>, whole: u64, explain: fn(&str) -> String) -> Block {
    let mut rows: Vec<_> = kinds.iter().collect();
    rows.sort_by(|a, b| b.1.cmp(a.1));
    let mut table = Table::new(&[title, ">Requests", ">Share"]);
    for (key, n) in rows {
        table.row([explain(key), count(*n), share(*n, whole)]);
    }
    Block::Table(table)
}
