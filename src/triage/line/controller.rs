//! `controller.log`: registrations, fencing, elections, reassignments; and the raft lines that tell who leads the quorum.
//! Source: `QuorumController`, `ReplicationControlManager`, `ClusterControlManager`, `BrokerHeartbeatManager`,
//! `PeriodicTaskControlManager`, `EventPerformanceMonitor`, `KafkaRaftClient`, `QuorumState`, `LeaderState` (3.6 to 4.3);
//! `KafkaController` of ZooKeeper's time.

use super::{Family, Head, Said};
use crate::triage::clue::{Partition, Sign, Step, What};
use crate::triage::cut::{after, between, number, number_after, until};

/// Events of the controller that take this long are told by `EventPerformanceMonitor` of 3.6 and later.
const SLOW_EVENT_MS: u64 = 2000;

/// Reads a line of `[QuorumController id=…]`, `[ControllerServer id=…]`, or of ZooKeeper's `[Controller id=…]`.
pub fn read(head: &Head) -> Said {
    let text = head.message;
    let owner = ["[QuorumController id=", "[ControllerServer id=", "[Controller id=", "[ControllerRegistrationManager id="]
        .iter()
        .find_map(|mark| text.starts_with(mark).then(|| number_after(text, mark)));
    match owner {
        Some(owner) => Some((Family::Controller, owner, says(after(text, "] ")?, owner)?)),
        None => of_class(head),
    }
}

/// Lines of the controller's classes that were cut at the front, or have no prefix.
fn of_class(head: &Head) -> Said {
    let ours = head.logger.starts_with("org.apache.kafka.controller.") || head.logger.starts_with("kafka.controller.");
    ours.then(|| says(head.message, None)).flatten().map(|says| (Family::Controller, None, says))
}

fn says(text: &str, owner: Option<u32>) -> Option<Vec<What>> {
    brokers(text)
        .or_else(|| partitions(text))
        .or_else(|| leadership(text, owner))
        .or_else(|| work(text))
        .or_else(|| is_known(text).then(Vec::new))
}

/// What becomes of brokers.
fn brokers(text: &str) -> Option<Vec<What>> {
    let life = |mark: &str, step: Step| number_after(text, mark).map(|id| vec![What::Life(Some(id), step)]);
    let again = |mark: &str, step: Step| number_after(text, mark).map(|id| vec![What::Replayed(id, step)]);
    match text {
        _ if text.starts_with("Fencing broker ") => {
            let step = if text.contains("its session has timed out") { Step::SessionLost } else { Step::Fenced };
            life("Fencing broker ", step)
        }
        _ if text.contains("has requested and been granted a controlled shutdown") => life("broker ", Step::Leaving),
        _ if text.contains("has requested and been granted an immediate shutdown") => life("broker ", Step::Leaving),
        _ if text.contains("has requested and been granted fencing") => life("broker ", Step::Fenced),
        _ if text.starts_with("The request from broker ") && text.contains(" to shut down has been granted") => {
            life("broker ", Step::Stopped)
        }
        _ if text.starts_with("The request from broker ") && text.contains(" to unfence has been granted") => {
            life("broker ", Step::Unfenced)
        }
        _ if text.starts_with("Registering a new incarnation of broker ") => life("incarnation of broker ", Step::NewIncarnation),
        _ if text.starts_with("No previous registration found for broker ") => life("found for broker ", Step::FirstRegistration),
        _ if text.starts_with("Replayed BrokerRegistrationChangeRecord") => Some(replayed(text).into_iter().collect()),
        _ if text.starts_with("Replayed FenceBrokerRecord") => again("for broker ", Step::Fenced),
        _ if text.starts_with("Replayed UnfenceBrokerRecord") => again("for broker ", Step::Unfenced),
        _ if text.starts_with("Replayed RegisterBrokerRecord establishing a new incarnation") => again("of broker ", Step::NewIncarnation),
        // ZooKeeper's controller.
        _ if text.starts_with("New broker startup callback for ") => Some(Vec::new()),
        _ if text.starts_with("Shutting down broker ") => life("Shutting down broker ", Step::Leaving),
        _ => None,
    }
}

/// `… for broker 102: BrokerRegistrationChangeRecord(brokerId=102, …, fenced=1, inControlledShutdown=0, …)`; 1 sets, -1 takes away.
fn replayed(text: &str) -> Option<What> {
    let broker = number_after(text, "brokerId=");
    let flag = |key: &str| after(text, key).map(|value| until(value, &[',', ')']));
    let step = match (flag(" fenced=")?, flag("inControlledShutdown=")?) {
        ("-1", _) => Step::Unfenced,
        (_, "1") => Step::Leaving,
        ("1", _) => Step::Fenced,
        _ => return None,
    };
    broker.map(|broker| What::Replayed(broker, step))
}

/// What becomes of partitions.
fn partitions(text: &str) -> Option<Vec<What>> {
    if let Some(rest) =
        after(text, "Periodic task electPreferred generated ").or_else(|| after(text, "maybeBalancePartitionLeaders: generated "))
    {
        let elected = number(rest).filter(|records| *records > 0);
        return Some(elected.map(What::Preferred).into_iter().collect());
    }
    if let Some(rest) = after(text, "electUnclean generated ").or_else(|| after(text, "maybeElectUncleanLeaders: generated ")) {
        let elected = number(rest).filter(|records| *records > 0);
        return Some(elected.map(|_| What::Unclean(None)).into_iter().collect());
    }
    match text {
        _ if text.contains("using an unclean election") => Some(vec![What::Unclean(None)]),
        _ if text.starts_with("Triggering unclean leader election") => {
            Some(vec![What::Unclean(after(text, "offline partition ").map(|name| name.trim_end_matches('.')).and_then(Partition::named))])
        }
        _ if text.starts_with("UNCLEAN partition change for ") => {
            Some(vec![What::Unclean(after(text, "change for ").and_then(|rest| Partition::named(until(rest, &[' ']))))])
        }
        _ if text.starts_with("Successfully altered ") && text.contains("partition reassignment") => {
            let altered = number_after(text, "Successfully altered ").filter(|n| *n > 0);
            Some(altered.map(|_| What::Reassignment(None)).into_iter().collect())
        }
        _ if text.starts_with("Replayed partition assignment change ") => Some(vec![What::Reassignment(assigned(text))]),
        _ if text.starts_with("AlterPartition request from node ") && text.contains("the ongoing partition reassignment") => {
            Some(vec![What::Reassignment(between(text, " for ", " completed").and_then(Partition::named))])
        }
        _ if text.starts_with("Rejecting AlterPartition request from node ") => {
            Some(between(text, " for ", " because").and_then(Partition::named).map(What::IsrRefused).into_iter().collect())
        }
        // ZooKeeper's controller.
        _ if text.starts_with("Starting replica leader election (PREFERRED)") => Some(vec![What::Preferred(1)]),
        _ if text.contains("Starting replica reassignment") || text.contains("Handling reassignment") => {
            Some(vec![What::Reassignment(None)])
        }
        _ => None,
    }
}

/// `Replayed partition assignment change PartitionChangeRecord(partitionId=1, …) for topic t`.
fn assigned(text: &str) -> Option<Partition> {
    let topic = text.rsplit_once(" for topic ").map(|(_, topic)| topic)?;
    Partition::named(&format!("{topic}-{}", number_after(text, "partitionId=")?))
}

/// Who leads the quorum.
fn leadership(text: &str, owner: Option<u32>) -> Option<Vec<What>> {
    if let Some(rest) = after(text, "Becoming the active controller at epoch ") {
        return Some(vec![What::ControllerActive(owner, number(rest)?)]);
    }
    if let Some(rest) = after(text, "In the new epoch ") {
        // `(none)` while nobody leads.
        let leader = number_after(rest, "the leader is ");
        return Some(
            leader
                .map(|leader| Some(What::ControllerActive(Some(leader), number(rest)?)))
                .unwrap_or(Some(What::ControllerTrouble))
                .into_iter()
                .collect(),
        );
    }
    let trouble = text.starts_with("Renouncing the leadership") || text.starts_with("We were the leader in epoch ");
    if trouble || text.contains("Controller resigned") || text.starts_with("Resigned") {
        return Some(vec![What::ControllerTrouble]);
    }
    // ZooKeeper's controller: `[Controller id=1] 1 successfully elected as the controller. Epoch incremented to 5 …`.
    let epoch = after(text, "successfully elected as the controller. Epoch incremented to ").and_then(number)?;
    Some(vec![What::ControllerActive(owner.or_else(|| number(text).map(|id| id as u32)), epoch)])
}

/// How hard the controller works.
fn work(text: &str) -> Option<Vec<What>> {
    if text.contains("controller event queue overloaded") {
        return Some(vec![What::Overload(Sign::ControllerQueue)]);
    }
    if let Some(rest) = after(text, "The slowest event was ") {
        let slow = after(rest, "which took ").and_then(number).filter(|ms| *ms >= SLOW_EVENT_MS);
        return Some(slow.map(|_| What::Overload(Sign::SlowControllerEvent)).into_iter().collect());
    }
    if text.starts_with("Exceptionally slow controller event ") {
        return Some(vec![What::Overload(Sign::SlowControllerEvent)]);
    }
    if text.contains(" marked offline, remaining directories") {
        return Some(vec![What::Overload(Sign::Disk)]);
    }
    None
}

/// What the controller says besides.
fn is_known(text: &str) -> bool {
    const BEGIN: [&str; 31] = [
        "Replayed ",
        "Periodic task ",
        "registerBroker: event failed",
        "Removing heartbeat tracker entry",
        "Amending registration of broker",
        "Loaded snapshot",
        "Creating new QuorumController",
        "CreateTopics result",
        "Validate-only CreateTopics",
        "Ignoring no-op registration change",
        "Unable to alter partition reassignment",
        "Unable to perform",
        "Cancelling deferred write event",
        "Unexpected exception while executing deferred write event",
        "Performing controller activation",
        "Generated ",
        "Activated periodic tasks",
        "Deactivated periodic tasks",
        "Unregistering periodic task",
        "Transition from ",
        "Waiting for ",
        "Finished waiting for ",
        "Starting",
        "shutting down",
        "shut down completed",
        "initialized channel manager",
        "sendControllerRegistration",
        "Our registration ",
        "RegistrationResponseHandler",
        "Found registration for",
        "The controller",
    ];
    let changes = text.contains(": changing ") && text.ends_with("partition(s)");
    let failed = text.contains(": event failed with ") || text.contains(": failed with ") || text.contains("unable to start processing");
    let configured = text.contains("ConfigResource(");
    // ZooKeeper's controller.
    let zookeeper =
        ["Processing ", "Partitions ", "DEBUG ", "Topics ", "Ready to serve", "Registering handlers", "Deleting ", "Initializing "];
    BEGIN.iter().chain(&zookeeper).any(|begin| text.starts_with(begin)) || changes || failed || configured
}
