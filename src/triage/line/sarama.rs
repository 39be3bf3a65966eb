//! sarama's lines, as Go's standard logger prints them: a time, then text without a level.
//! Source: sarama `async_producer.go`, `broker.go`, `client.go`, `consumer.go`; Go `log` package for the time.

use crate::kafka::text::log_time::{LogTime, log_time};
use crate::triage::clue::{Loss, Partition, Party, Refusal, Target, What};
use crate::triage::cut::{after, number_after, until};

/// Reads a line; none when it is not one of sarama's.
pub fn read(text: &str) -> Option<(Option<LogTime>, Vec<What>)> {
    let text = text.trim_start_matches("[sarama] ").trim_start_matches("[Sarama] ");
    let (time, rest) = match go_time(text).or_else(|| log_time(text)) {
        Some((time, rest)) => (Some(time), rest),
        None => (None, text),
    };
    says(rest).map(|says| (time, says))
}

/// `2026/11/22 16:38:54.304396`, which Go prints with a date.
pub fn go_time(text: &str) -> Option<(LogTime, &str)> {
    let date = text.get(..10).filter(|date| date.as_bytes()[4] == b'/' && date.as_bytes()[7] == b'/')?;
    let rest = text.get(10..)?;
    let end = rest.get(1..)?.find(' ').map_or(rest.len(), |end| end + 1);
    let dashed = format!("{}{}", date.replace('/', "-"), &rest[..end]);
    let (time, unread) = log_time(&dashed)?;
    unread.is_empty().then(|| (time, rest[end..].trim_start()))
}

fn says(text: &str) -> Option<Vec<What>> {
    producer(text).or_else(|| client(text)).or_else(|| is_known(text).then(Vec::new))
}

fn producer(text: &str) -> Option<Vec<What>> {
    if let Some(rest) = text.strip_prefix("producer/broker/") {
        return Some(of_broker(rest));
    }
    if text.starts_with("producer/leader/") || text.starts_with("producer/") {
        return Some(Vec::new());
    }
    if let Some(rest) = text.strip_prefix("consumer/") {
        let partition = rest.split_once('/').and_then(|(topic, rest)| Partition::named(&format!("{topic}-{}", number_after(rest, "")?)));
        return Some(reason(rest).map(|refusal| What::Refused(refusal, partition)).into_iter().collect());
    }
    None
}

/// `102 state change to [retrying] on t/10 because …`, `102 state change to [closing] because EOF`.
fn of_broker(text: &str) -> Vec<What> {
    let Some(broker) = number_after(text, "") else { return Vec::new() };
    let Some((_, why)) = text.split_once(" because ") else { return Vec::new() };
    if let Some(refusal) = reason(why) {
        let name = after(text, "] on ").map(|rest| until(rest, &[' ']).replace('/', "-"));
        return vec![What::Refused(refusal, name.as_deref().and_then(Partition::named))];
    }
    loss(why).map(|loss| What::Link(Party::Client, Target::Node(broker), loss)).into_iter().collect()
}

fn client(text: &str) -> Option<Vec<What>> {
    if let Some(rest) = text.strip_prefix("Failed to connect to broker ") {
        let (address, why) = rest.split_once(": ")?;
        return Some(loss(why).map(|loss| What::Link(Party::Client, Target::Address(address.to_owned()), loss)).into_iter().collect());
    }
    let registered = text.strip_prefix("client/brokers registered new broker #").map(|rest| (number_after(rest, ""), after(rest, " at ")));
    if let Some((Some(node), Some(address))) = registered {
        return Some(vec![What::Address(node, address.trim().to_owned())]);
    }
    if let Some(rest) = text.strip_prefix("client/metadata got error from broker ") {
        let node = number_after(rest, "");
        return Some(node.zip(loss(rest)).map(|(node, loss)| What::Link(Party::Client, Target::Node(node), loss)).into_iter().collect());
    }
    if text.starts_with("client/metadata found some partitions to be leaderless") {
        return Some(vec![What::Refused(Refusal::NoLeader, None)]);
    }
    None
}

fn reason(text: &str) -> Option<Refusal> {
    const REASONS: [(&str, Refusal); 7] = [
        ("replica that is not the leader for some partition", Refusal::NotLeader),
        ("leader epoch in the request is older", Refusal::NotLeader),
        ("In the middle of a leadership election", Refusal::NoLeader),
        ("fewer in-sync replicas than required", Refusal::TooFewReplicas),
        ("Request exceeded the user-specified time limit", Refusal::TimedOut),
        ("does not exist on this broker", Refusal::UnknownPartition),
        ("insufficient number of in-sync replicas", Refusal::TooFewReplicas),
    ];
    REASONS.iter().find(|(words, _)| text.contains(words)).map(|(_, refusal)| *refusal)
}

fn loss(text: &str) -> Option<Loss> {
    match text {
        _ if text.contains("connection refused") => Some(Loss::Refused),
        _ if text.contains("dial tcp") && text.contains("i/o timeout") || text.contains("no route to host") => Some(Loss::Unreachable),
        _ if text.contains("i/o timeout") => Some(Loss::TimedOut),
        _ if text.contains("EOF") || text.contains("connection reset") || text.contains("broken pipe") => Some(Loss::Closed),
        _ => None,
    }
}

fn is_known(text: &str) -> bool {
    const BEGIN: [&str; 14] = [
        "client/",
        "Connected to broker at ",
        "Closed connection to broker ",
        "Completed ",
        "Error while performing ",
        "Retrying batch for ",
        "Initializing new client",
        "Successfully initialized new client",
        "ClientID is the default of",
        "Closing Client",
        "Producer shutting down",
        "Error while closing connection to broker ",
        "loop check partition number",
        "consumergroup/",
    ];
    BEGIN.iter().any(|begin| text.starts_with(begin))
}
