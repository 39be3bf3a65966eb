//! `server.log` of a broker or a controller: its life, its connections, its partitions; and what is known to be beside the question.
//! Source: `BrokerServer`, `BrokerLifecycleManager`, `LogManager`, `Partition`, `AbstractFetcherThread`, `ReplicaManager`,
//! `NodeToControllerChannelManager`, `KafkaRaftClient`, `QuorumState`, `LeaderState` (3.6 to 4.3).

use super::{Family, Head, Said, components, network};
use crate::kafka::text::server_log::{self, ServerLine};
use crate::triage::clue::{Partition, Party, Sign, Step, What};
use crate::triage::cut::{after, between, ids, number, number_after, until};

/// Reads a line; none when it is of nothing that is known.
pub fn read(head: &Head) -> Said {
    let (owner, text) = owner(head.message);
    let by = owner.map_or(Party::Client, Party::Node);
    let says = life(head.message, text, owner)
        .or_else(|| network::read(text, by))
        .or_else(|| partition(head.message))
        .or_else(|| fetcher(text))
        .or_else(|| quorum(head.message, text, owner))
        .or_else(|| machine(text))
        .or_else(|| is_beside(head, text).then(Vec::new))?;
    Some((Family::Server, owner, says))
}

/// Whose line it is, by its prefix, and what follows that.
fn owner(message: &str) -> (Option<u32>, &str) {
    let Some(inner) = message.strip_prefix('[') else { return (None, message) };
    let Some((prefix, text)) = inner.split_once(']') else { return (None, message) };
    let text = text.trim_start_matches([':', ' ']);
    const MARKS: [&str; 6] = ["replicaId=", "broker=", "nodeId=", "brokerId=", " on broker ", " id="];
    (MARKS.iter().find_map(|mark| number_after(prefix, mark)), text)
}

/// How the process starts, is let in, leaves and ends.
fn life(message: &str, text: &str, owner: Option<u32>) -> Option<Vec<What>> {
    let step = |step: Step| Some(vec![What::Life(owner, step)]);
    if message.contains("Terminating process due to signal SIGTERM") || message.contains("Terminating process due to signal SIGINT") {
        return step(Step::Signalled);
    }
    if text.starts_with("Beginning controlled shutdown") {
        return step(Step::Leaving);
    }
    if text.starts_with("Unable to register broker ") && text.contains("DUPLICATE_BROKER_REGISTRATION") {
        return step(Step::Refused);
    }
    if text.starts_with("Unable to send a heartbeat because the RPC got timed out")
        || text.starts_with("Unable to send broker heartbeat for ")
    {
        return Some(vec![What::HeartbeatFailed(owner)]);
    }
    if text.starts_with("Broker ") && text.contains("sent a heartbeat request but received error") {
        return Some(vec![What::HeartbeatFailed(owner)]);
    }
    let step_of = |line: ServerLine| match line {
        ServerLine::FirstWord | ServerLine::Starting(_) => Some(Step::Starting),
        ServerLine::CleanLogs => Some(Step::CleanLogs),
        ServerLine::UncleanLogs => Some(Step::UncleanLogs),
        ServerLine::Unfenced(_) => Some(Step::Unfenced),
        ServerLine::MayStop(_) => Some(Step::Leaving),
        ServerLine::Stopped(_) => Some(Step::Stopped),
        ServerLine::Registering(_) | ServerLine::LoadingLogs | ServerLine::Accepting | ServerLine::GroupsLoaded(_) | ServerLine::Of(_) => {
            None
        }
    };
    let line = server_log::parse(message)?;
    Some(step_of(line).map(|step| What::Life(owner, step)).into_iter().collect())
}

/// A partition's ISR, as its leader sees it.
fn partition(message: &str) -> Option<Vec<What>> {
    let prefix = between(message, "[Partition ", "]")?;
    let partition = Partition::named(until(prefix, &[' ']))?;
    let text = after(message, "] ")?;
    if let Some(rest) = after(text, "ISR updated to ") {
        let isr = ids(until(rest, &[' ']))?;
        return Some(vec![What::Isr(partition, isr, number_after(text, "version updated to "))]);
    }
    if let Some(rest) = after(text, "Shrinking ISR from ") {
        let (from, to) = (ids(until(rest, &[' ']))?, after(rest, " to ").map(|to| until(to, &['.', ' ', '('])).and_then(ids)?);
        let out: Vec<u32> = from.into_iter().filter(|id| !to.contains(id)).collect();
        let alone = to.len() == 1 && out.len() > 1;
        return Some(vec![What::Shrink(partition, out, alone)]);
    }
    let refused = text.starts_with("Failed to alter partition to ") || text.starts_with("Failed to update ISR to ");
    if refused {
        return Some(vec![What::IsrRefused(partition)]);
    }
    let known = [
        "Expanding ISR from ",
        "Log loaded for partition",
        "No checkpointed highwatermark",
        "Skipping creation of log",
        "Cached zkVersion",
        "The replica state of replica",
    ];
    known.iter().any(|begin| text.starts_with(begin)).then(Vec::new)
}

/// Fetchers of followers.
fn fetcher(text: &str) -> Option<Vec<What>> {
    const KNOWN: [&str; 24] = [
        "Added fetcher to broker ",
        "Removed fetcher for partitions",
        "Starting",
        "Shutting down",
        "Stopped",
        "Shutdown completed",
        "shutting down",
        "shutdown completed",
        "Error in response for fetch request",
        "Truncating partition ",
        "Truncate fully",
        "Retrying leaderEpoch request",
        "Based on replica's leader epoch",
        "Leader or replica is on protocol version",
        "Current offset ",
        "Reset fetch offset",
        "Could not fetch offset",
        "Error getting offset",
        "Error for partition ",
        "Received UNKNOWN_TOPIC",
        "Received INCONSISTENT_TOPIC_ID",
        "Error when sending leader epoch request",
        "Unexpected error occurred",
        "Found invalid messages",
    ];
    let epochs =
        text.starts_with("Partition ") && ["older epoch", "newer epoch", "marked as failed"].iter().any(|what| text.contains(what));
    (epochs || KNOWN.iter().any(|begin| text.starts_with(begin))).then(Vec::new)
}

/// Who leads the quorum, as raft says it.
fn quorum(message: &str, text: &str, owner: Option<u32>) -> Option<Vec<What>> {
    if !message.starts_with("[RaftManager ") && !message.starts_with("[Raft") {
        return None;
    }
    if let Some(rest) = after(text, "Completed transition to ") {
        let leads = rest.starts_with("Leader(") || rest.starts_with("LeaderState(");
        if leads {
            return Some(number_after(rest, "epoch=").map(|epoch| What::ControllerActive(owner, u64::from(epoch))).into_iter().collect());
        }
        let candidate = rest.starts_with("CandidateState(") || rest.starts_with("ProspectiveState(") || rest.starts_with("ResignedState(");
        if candidate {
            return Some(vec![What::ControllerTrouble]);
        }
        let follows = rest
            .starts_with("FollowerState(")
            .then(|| number_after(rest, " leader=").or_else(|| number_after(rest, "leaderId=")))
            .flatten();
        let epoch = number_after(rest, "epoch=").map(u64::from);
        return Some(follows.zip(epoch).map(|(leader, epoch)| What::ControllerActive(Some(leader), epoch)).into_iter().collect());
    }
    if text.starts_with("Did not receive fetch request from the majority of the voters") {
        return Some(vec![What::ControllerTrouble]);
    }
    // Everything else that raft says goes with one of these.
    Some(Vec::new())
}

/// Signs that the machine is too slow or ill.
fn machine(text: &str) -> Option<Vec<What>> {
    if text.contains("log directory has failed")
        || text.starts_with("Stopped serving logs in dir")
        || text.starts_with("Error while writing to highwatermark file")
    {
        return Some(vec![What::Overload(Sign::Disk)]);
    }
    let stalled = text.contains("Time jumped") || text.contains("GC pause") || text.contains("Pause Full");
    stalled.then(|| vec![What::Overload(Sign::Stall)])
}

/// Lines of parts that are known, and of ours that say nothing more.
fn is_beside(head: &Head, text: &str) -> bool {
    const OURS: [&str; 8] = [
        "kafka.server.BrokerServer",
        "BrokerLifecycleManager",
        "NodeToControllerRequestThread",
        "BrokerToControllerRequestThread",
        "kafka.server.ReplicaManager",
        "LoggingSignalHandler",
        "BrokerHeartbeatManager",
        "AppInfoParser",
    ];
    OURS.iter().any(|class| head.logger.ends_with(class))
        || components::is_beside(head.logger)
        || head.level == "INFO" && text.starts_with("Recorded new ")
        || is_setting(head.message)
        || number(text).is_some() && head.logger.ends_with("KafkaConfig")
}

/// Warnings about settings, which Kafka repeats whenever it reads them.
fn is_setting(message: &str) -> bool {
    message.contains("This configuration will be ignored in") || message.ends_with("Config values:")
}
