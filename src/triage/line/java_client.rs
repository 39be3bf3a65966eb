//! The log of a Java client: what its producer, consumer or admin client was told.
//! Source: `Sender`, `ProducerBatch`, `FetchCollector`, `Fetcher`, `Metadata`, `NetworkClient` (2.0 to 4.3); the old names of errors
//! (`NOT_LEADER_FOR_PARTITION`) are those before 2.6.

use super::components;
use super::network;
use super::{Family, Head, Said};
use crate::triage::clue::{Partition, Party, Refusal, What};
use crate::triage::cut::{after, until};

const PREFIXES: [&str; 5] = ["[Producer ", "[Consumer ", "[AdminClient ", "[Worker ", "[ShareConsumer "];

/// Reads a line that has a client's prefix, or that only a client prints.
pub fn read(head: &Head) -> Said {
    let ours = PREFIXES.iter().any(|prefix| head.message.starts_with(prefix)) && head.message.contains("clientId=");
    if !ours {
        return at_the_end(head);
    }
    let text = after(head.message, "] ")?;
    let says = refused(text).or_else(|| network::read(text, Party::Client)).or_else(|| is_beside(text, head.logger).then(Vec::new))?;
    Some((Family::Java, None, says))
}

/// Lines without a prefix, with which every client ends.
fn at_the_end(head: &Head) -> Said {
    let text = head.message;
    let client = text.starts_with("App info kafka.producer")
        || text.starts_with("App info kafka.consumer")
        || text.starts_with("App info kafka.admin");
    let closed = text.starts_with("Metrics scheduler closed")
        || text.starts_with("Closing reporter ")
        || text.starts_with("Metrics reporters closed");
    let settings = ["ProducerConfig", "ConsumerConfig", "AdminClientConfig"].iter().any(|class| head.logger.ends_with(class));
    (client || closed || settings).then(|| (Family::Java, None, Vec::new()))
}

fn refused(text: &str) -> Option<Vec<What>> {
    if text.starts_with("Got error produce response ") {
        let partition = after(text, "on topic-partition ").map(|rest| until(rest, &[',', ' '])).and_then(Partition::named);
        let error = after(text, "Error: ").map(|rest| until(rest, &['.', ' ', '(']))?;
        // The client's own time-out has the broker's name for it, and says that it disconnected.
        let own = text.contains("Error Message: Disconnected");
        let refusal = error_named(error).map(|refusal| if own && refusal == Refusal::TimedOut { Refusal::Unanswered } else { refusal });
        return Some(refusal.map(|refusal| What::Refused(refusal, partition)).into_iter().collect());
    }
    if text.starts_with("Received invalid metadata error in produce request") {
        // The line before tells the same, save in releases that print this one alone.
        return Some(Vec::new());
    }
    if text.starts_with("Received unknown topic or partition error in") {
        let partition = after(text, "partition ").map(|rest| until(rest, &['.', ' ', ','])).and_then(Partition::named);
        return Some(vec![What::Refused(Refusal::UnknownPartition, partition)]);
    }
    if text.contains("record(s) for ") && text.contains("has passed since") {
        let partition = after(text, "record(s) for ").map(|rest| until(rest, &[':', ' '])).and_then(Partition::named);
        return Some(vec![What::Refused(Refusal::GivenUp, partition)]);
    }
    // A consumer of before 3.0, or one that logs at DEBUG.
    let fetch = text.starts_with("Error in fetch for partition ") || text.starts_with("Attempt to fetch offsets for partition ");
    if fetch {
        let partition = after(text, "partition ").map(|rest| until(rest, &[':', ' '])).and_then(Partition::named);
        return Some(named_in(text).map(|refusal| What::Refused(refusal, partition)).into_iter().collect());
    }
    None
}

/// By the name of an error, old or new.
pub fn error_named(name: &str) -> Option<Refusal> {
    Some(match name {
        "NOT_LEADER_OR_FOLLOWER"
        | "NOT_LEADER_FOR_PARTITION"
        | "FENCED_LEADER_EPOCH"
        | "UNKNOWN_LEADER_EPOCH"
        | "REPLICA_NOT_AVAILABLE" => Refusal::NotLeader,
        "LEADER_NOT_AVAILABLE" => Refusal::NoLeader,
        "NOT_ENOUGH_REPLICAS" | "NOT_ENOUGH_REPLICAS_AFTER_APPEND" => Refusal::TooFewReplicas,
        "REQUEST_TIMED_OUT" => Refusal::TimedOut,
        "UNKNOWN_TOPIC_OR_PARTITION" | "UNKNOWN_TOPIC_ID" => Refusal::UnknownPartition,
        _ => return None,
    })
}

/// By the exception that a message holds, old or new.
pub fn named_in(text: &str) -> Option<Refusal> {
    const EXCEPTIONS: [(&str, Refusal); 11] = [
        ("NotLeaderOrFollower", Refusal::NotLeader),
        ("NotLeaderForPartition", Refusal::NotLeader),
        ("FencedLeaderEpoch", Refusal::NotLeader),
        ("UnknownLeaderEpoch", Refusal::NotLeader),
        ("LeaderNotAvailable", Refusal::NoLeader),
        ("NotEnoughReplicas", Refusal::TooFewReplicas),
        ("NOT_LEADER_OR_FOLLOWER", Refusal::NotLeader),
        ("NOT_LEADER_FOR_PARTITION", Refusal::NotLeader),
        ("LEADER_NOT_AVAILABLE", Refusal::NoLeader),
        ("NOT_ENOUGH_REPLICAS", Refusal::TooFewReplicas),
        ("REQUEST_TIMED_OUT", Refusal::TimedOut),
    ];
    EXCEPTIONS.iter().find(|(name, _)| text.contains(name)).map(|(_, refusal)| *refusal)
}

/// What a client says of its own life, its group and its metadata.
fn is_beside(text: &str, logger: &str) -> bool {
    const BEGIN: [&str; 20] = [
        "Cluster ID:",
        "Closing the Kafka",
        "Proceeding to force close",
        "Instantiated ",
        "ProducerId set to",
        "Resetting the last seen epoch",
        "Resetting offset for partition",
        "Seeking to",
        "Subscribed to",
        "Assigned to partition",
        "Unsubscribed",
        "Discovered group coordinator",
        "Group coordinator ",
        "Requesting disconnect from last known coordinator",
        "Updating assignment with",
        "Found no committed offset",
        "Fetch position ",
        "Truncation detected",
        "Idempotent",
        "No inflight batches remaining",
    ];
    BEGIN.iter().any(|begin| text.starts_with(begin))
        || text.contains("invalid full fetch response")
        || text.contains("was unable to process the fetch request with")
        || components::is_beside(logger)
}
