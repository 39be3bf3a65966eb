//! What consumers were given, and how late.

use super::clients::called;
use crate::observe::record::{ClientRecord, ConsumerRecord};
use crate::report::document::{Block, Table};
use crate::report::quantity::{NONE, count, duration, greatest, of, part_of};

/// A row for each consumer, and what became of the records of all of them; nothing where there is none.
pub fn section(clients: &[(&String, &ClientRecord)]) -> Vec<Block> {
    let consumers: Vec<(&String, &ClientRecord, &ConsumerRecord)> =
        clients.iter().filter_map(|(name, client)| Some((*name, *client, client.consumer.as_ref()?))).collect();
    if consumers.is_empty() {
        return Vec::new();
    }
    let mut table =
        Table::new(&["Consumer", ">Records", ">Wait p50", ">p99", ">max", ">Longest wait", ">Longest silence", ">Most behind", ">Resets"]);
    for (name, client, consumer) in &consumers {
        let silence = greatest(client.partitions.iter().map(|p| p.longest_silence_ms));
        table.row([
            called(name, client),
            count(consumer.delivered),
            of(&consumer.wait_ms, |q| q.p50),
            of(&consumer.wait_ms, |q| q.p99),
            of(&consumer.wait_ms, |q| q.max),
            if consumer.delivered == 0 && consumer.lag_at_end == 0 { NONE.to_owned() } else { duration(client.longest_wait_ms) },
            silence.map_or_else(|| NONE.to_owned(), duration),
            count(consumer.lag_max),
            count(consumer.position_resets),
        ]);
    }
    let sum = |figure: fn(&ConsumerRecord) -> u64| consumers.iter().map(|(_, _, consumer)| figure(consumer)).sum::<u64>();
    let delivered = sum(|c| c.delivered);
    let mut pairs = vec![("records given to consumers".to_owned(), count(delivered))];
    pairs.push(("given again to the same group or consumer".to_owned(), count(sum(|c| c.delivered_again))));
    pairs.push(("copies of messages that had been given before".to_owned(), count(sum(|c| c.copies_delivered))));
    pairs.push(("passed over: a position was set beyond them".to_owned(), count(sum(|c| c.skipped))));
    let lost = [
        ("given, and passed over before the application was done with them", sum(|c| c.never_processed)),
        ("given, and gone from the log later", sum(|c| c.delivered_and_lost)),
    ];
    pairs.extend(lost.into_iter().filter(|(_, n)| *n > 0).map(|(what, n)| (what.to_owned(), part_of(n, delivered))));
    pairs.push(("committed and not given when the run ended".to_owned(), count(sum(|c| c.lag_at_end))));
    vec![Block::Table(table), Block::Pairs(pairs)]
}
