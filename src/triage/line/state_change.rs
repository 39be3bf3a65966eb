//! `state-change.log` of a broker, by `crate::kafka::text::state_change`, and what else its lines tell of a partition's state.
//! Source: `Partition.makeLeader`, `makeFollower`; `ReplicaManager.applyLocalLeadersDelta`, `applyLocalFollowersDelta` (3.6 to 4.3).

use super::{Family, Head, Said};
use crate::kafka::text::state_change::{self, What as Told};
use crate::triage::clue::{Partition, State, What};
use crate::triage::cut::{after, between, ids, number_after};

/// Reads a line of `[Broker id=…]`, or of the controller of ZooKeeper's time.
pub fn read(head: &Head) -> Said {
    let change = match state_change::parse(head.message) {
        Some(Ok(change)) => change,
        Some(Err(_)) => return None,
        None => return of_controller(head),
    };
    let says = match change.what {
        Told::Leads(replica) => vec![What::State(leads(head.message, replica, change.broker)?)],
        Told::Follows(replica, leader) => vec![What::State(follows(head.message, replica, leader)?)],
        Told::New(_) | Told::Leaders | Told::Followers => Vec::new(),
        Told::Other => other(head.message)?,
    };
    Some((Family::StateChange, Some(change.broker), says))
}

fn named(replica: state_change::Replica) -> Option<Partition> {
    Partition::named(&format!("{}-{}", replica.topic, replica.partition))
}

fn leads(text: &str, replica: state_change::Replica, broker: u32) -> Option<State> {
    let list = |name: &str| between(text, &format!("{name} ["), "]").and_then(ids);
    let moving = [list("adding replicas"), list("removing replicas")].iter().flatten().any(|ids| !ids.is_empty());
    Some(State {
        partition: named(replica)?,
        topic_id: replica.topic_id.map(str::to_owned),
        leader: Some(broker),
        previous: previous(text),
        leader_epoch: number_after(text, "starts at leader epoch ")?,
        partition_epoch: number_after(text, "with partition epoch "),
        isr: list("ISR"),
        replicas: None,
        moving,
        first_term: text.contains("previous leader epoch was -1"),
    })
}

fn follows(text: &str, replica: state_change::Replica, leader: Option<u32>) -> Option<State> {
    Some(State {
        partition: named(replica)?,
        topic_id: replica.topic_id.map(str::to_owned),
        leader,
        previous: previous(text),
        leader_epoch: number_after(text, "starts at leader epoch ")?,
        partition_epoch: number_after(text, "with partition epoch "),
        isr: None,
        replicas: None,
        moving: false,
        first_term: text.contains("previous leader epoch was -1"),
    })
}

fn previous(text: &str) -> Option<u32> {
    number_after(text, "Previous leader Some(").or_else(|| number_after(text, "Previous leader "))
}

/// Lines about fetchers, and skipped changes, which repeat the partition's whole registration.
fn other(text: &str) -> Option<Vec<What>> {
    if text.contains("] Skipped the become-") {
        return Some(registration(text).map(What::State).into_iter().collect());
    }
    let known = ["Stopped fetchers as part of", "Started fetchers as part of", "Handling LeaderAndIsr request", "Completed LeaderAndIsr"];
    if known.iter().any(|mark| text.contains(mark)) || text.contains("Cached leader info") || text.contains("Add ") {
        return Some(Vec::new());
    }
    if text.contains("] Deleting ") || text.contains("Deleted log for partition") {
        return Some(vec![What::Deleted]);
    }
    (text.contains("Unable to ") || text.contains("Error while ") || text.contains("is offline")).then(Vec::new)
}

/// `… for t-4 with topic id Some(x), partition registration PartitionRegistration(replicas=[…], …)`.
fn registration(text: &str) -> Option<State> {
    let name = after(text, "state change for ").or_else(|| after(text, "with topic name "))?;
    let name = name.split([' ', ',']).next()?;
    let record = after(text, "PartitionRegistration(")?;
    let list = |key: &str| between(record, &format!("{key}=["), "]").and_then(ids);
    let moving = [list("removingReplicas"), list("addingReplicas")].iter().flatten().any(|ids| !ids.is_empty());
    Some(State {
        partition: Partition::named(name)?,
        topic_id: between(text, "topic id Some(", ")").map(str::to_owned),
        leader: number_after(record, " leader="),
        previous: None,
        leader_epoch: number_after(record, "leaderEpoch=")?,
        partition_epoch: number_after(record, "partitionEpoch="),
        isr: list("isr"),
        replicas: list("replicas"),
        moving,
        first_term: false,
    })
}

/// `[Controller id=1 epoch=2] Changed partition t-0 from OnlinePartition to OnlinePartition with state LeaderAndIsr(leader=2, …)`.
fn of_controller(head: &Head) -> Said {
    let text = head.message;
    if !head.logger.ends_with("state.change.logger") && !text.starts_with("[Controller id=") {
        return None;
    }
    let owner = number_after(text, "[Controller id=");
    let Some(state) = after(text, "LeaderAndIsr(") else {
        return (text.contains("Changed ") || text.contains("Sending ") || text.contains("Received "))
            .then(|| (Family::StateChange, owner, Vec::new()));
    };
    let name = after(text, " partition ").and_then(|rest| rest.split([' ', ',']).next());
    let (Some(partition), Some(leader_epoch)) = (name.and_then(Partition::named), number_after(state, "leaderEpoch=")) else {
        return Some((Family::StateChange, owner, Vec::new()));
    };
    let isr = between(state, "isr=List(", ")").and_then(ids);
    let state = State {
        partition,
        topic_id: None,
        leader: number_after(state, "leader="),
        previous: None,
        leader_epoch,
        partition_epoch: number_after(state, "zkVersion=").or_else(|| number_after(state, "partitionEpoch=")),
        isr,
        replicas: None,
        moving: false,
        first_term: false,
    };
    Some((Family::StateChange, owner, vec![What::State(state)]))
}
