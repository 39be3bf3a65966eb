//! franz-go's lines as its `BasicLogger` prints them: `[LEVEL] message; key: value, …`, after whatever prefix the application gives.
//! Source: franz-go `pkg/kgo/logger.go`, and the messages of `broker.go`, `sink.go`, `metadata.go`, `source.go`.

use super::java_client::named_in;
use crate::kafka::text::log_time::{LogTime, log_time};
use crate::triage::clue::{Loss, Partition, Party, Target, What};
use crate::triage::cut::{after, number_after, until};

/// Reads a line; none when no level in brackets stands where franz-go has it.
pub fn read(text: &str) -> Option<(Option<LogTime>, Vec<What>)> {
    let (time, rest) = match super::sarama::go_time(text).or_else(|| log_time(text)) {
        Some((time, rest)) => (Some(time), rest),
        None => (None, text),
    };
    let rest = ["[ERROR] ", "[WARN] ", "[INFO] ", "[DEBUG] "].iter().find_map(|level| rest.strip_prefix(level))?;
    Some((time, says(rest)?))
}

fn says(text: &str) -> Option<Vec<What>> {
    let (message, values) = text.split_once("; ").unwrap_or((text, ""));
    if message.starts_with("moving producing partition") || message.starts_with("moving consuming partition") {
        return Some(told(values).into_iter().chain(named(values, message)).collect());
    }
    if message.starts_with("unable to open connection to broker") {
        return Some(link(values));
    }
    if message.starts_with("read from broker errored")
        || message.starts_with("write to broker errored")
        || message.starts_with("broker connection died")
    {
        return Some(lost(values, Loss::Closed));
    }
    const KNOWN: [&str; 22] = [
        "metadata update triggered",
        "immediate metadata update triggered",
        "blocking metadata update",
        "metadata update failed",
        "produce request failed",
        "fetch partition failed",
        "retrying request",
        "batch failed",
        "produce partition error",
        "producer id",
        "initializing producer id",
        "beginning ",
        "joining group",
        "joined",
        "synced",
        "heartbeat",
        "leaving",
        "assigning partitions",
        "new group session",
        "unable to load topic metadata",
        "received produce",
        "connection",
    ];
    KNOWN.iter().any(|begin| message.starts_with(begin)).then(|| refused(message, values))
}

/// `topic: t, partition: 4, new_leader: 102, new_leader_epoch: 2, old_leader: 101, old_leader_epoch: 1`.
fn told(values: &str) -> Option<What> {
    let number = |key: &str| number_after(values, key);
    let partition = partition(values)?;
    Some(What::Told(
        partition,
        number(" new_leader: ")?,
        number("new_leader_epoch: ")?,
        number(" old_leader: ")?,
        number("old_leader_epoch: ")?,
    ))
}

fn partition(values: &str) -> Option<Partition> {
    let topic = after(values, "topic: ").map(|rest| until(rest, &[',']))?;
    Partition::named(&format!("{topic}-{}", number_after(values, "partition: ")?))
}

/// The error that a move is due to, as `kip-951 not_leader_for_partition`.
fn named(values: &str, message: &str) -> Option<What> {
    named_in(&message.to_uppercase()).map(|refusal| What::Refused(refusal, partition(values)))
}

fn link(values: &str) -> Vec<What> {
    let loss = match values {
        _ if values.contains("connection refused") => Loss::Refused,
        _ if values.contains("i/o timeout") || values.contains("deadline exceeded") || values.contains("no route to host") => {
            Loss::Unreachable
        }
        _ => return Vec::new(),
    };
    lost(values, loss)
}

fn lost(values: &str, loss: Loss) -> Vec<What> {
    let loss = if values.contains("i/o timeout") && loss == Loss::Closed { Loss::TimedOut } else { loss };
    let address = after(values, "addr: ").map(|rest| until(rest, &[',', ' ']).to_owned());
    let broker = number_after(values, "broker: ");
    match (broker, address) {
        (Some(broker), Some(address)) => vec![What::Link(Party::Client, Target::Node(broker), loss), What::Address(broker, address)],
        (Some(broker), None) => vec![What::Link(Party::Client, Target::Node(broker), loss)],
        (None, Some(address)) => vec![What::Link(Party::Client, Target::Address(address), loss)],
        (None, None) => Vec::new(),
    }
}

fn refused(message: &str, values: &str) -> Vec<What> {
    let error = after(values, "err: ").unwrap_or(message);
    let refusal = named_in(error.split(':').next().unwrap_or_default()).or_else(|| named_in(error));
    refusal.map(|refusal| What::Refused(refusal, partition(values))).into_iter().collect()
}
