//! kafkajs' lines, as its default logger prints them: one JSON object each, with an ISO time in UTC.
//! Source: kafkajs `src/loggers/console.js`, and the messages of `network/connection.js`, `producer/`, `consumer/runner.js`.

use crate::kafka::text::log_time::{LogTime, log_time};
use crate::triage::clue::{Loss, Partition, Party, Refusal, Target, What};
use serde_json::Value;

/// Reads a line; none when it is no whole object of kafkajs.
pub fn read(text: &str) -> Option<(Option<LogTime>, Vec<What>)> {
    let entry: Value = serde_json::from_str(text).ok()?;
    let field = |key: &str| entry.get(key).and_then(Value::as_str);
    let message = field("message")?;
    field("logger").filter(|logger| logger.starts_with("kafkajs"))?;
    let time = field("timestamp").and_then(log_time).map(|(time, _)| time);
    let said = format!("{message} {}", field("error").unwrap_or_default());
    Some((time, says(&said, message, field("broker"), partition(&entry))?))
}

fn partition(entry: &Value) -> Option<Partition> {
    let topic = entry.get("topic").or_else(|| entry.get("topicName")).and_then(Value::as_str)?;
    let index = entry.get("partition").or_else(|| entry.get("partitionId")).and_then(Value::as_u64)?;
    Partition::named(&format!("{topic}-{index}"))
}

fn says(said: &str, message: &str, broker: Option<&str>, partition: Option<Partition>) -> Option<Vec<What>> {
    if !message.starts_with('[') {
        return None;
    }
    // The producer repeats it, and also tells what no connection has met: a leader that is not among the brokers it knows.
    if message.starts_with("[Connection] Response Produce") {
        return Some(Vec::new());
    }
    if let Some(refusal) = refusal(said) {
        return Some(vec![What::Refused(refusal, partition)]);
    }
    let Some(loss) = loss(said) else { return Some(Vec::new()) };
    Some(broker.map(|address| What::Link(Party::Client, Target::Address(address.to_owned()), loss)).into_iter().collect())
}

fn refusal(text: &str) -> Option<Refusal> {
    const TEXTS: [(&str, Refusal); 6] = [
        ("This server is not the leader for that topic-partition", Refusal::NotLeader),
        ("The leader epoch in the request is older", Refusal::NotLeader),
        ("There is no leader for this topic-partition", Refusal::NoLeader),
        ("less in-sync replicas than required", Refusal::TooFewReplicas),
        ("fewer in-sync replicas than required", Refusal::TooFewReplicas),
        ("This server does not host this topic-partition", Refusal::UnknownPartition),
    ];
    TEXTS.iter().find(|(words, _)| text.contains(words)).map(|(_, refusal)| *refusal)
}

fn loss(text: &str) -> Option<Loss> {
    match text {
        _ if text.contains("ECONNREFUSED") => Some(Loss::Refused),
        _ if text.contains("Connection timeout") || text.contains("ETIMEDOUT") || text.contains("EHOSTUNREACH") => Some(Loss::Unreachable),
        _ if text.contains("timed out") => Some(Loss::TimedOut),
        _ if text.contains("ECONNRESET") || text.contains("EPIPE") || text.contains("Closed connection") => Some(Loss::Closed),
        _ => None,
    }
}
