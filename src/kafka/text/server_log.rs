//! Lines of a broker's `server.log` that tell how it starts, stops and loads groups.
//! Source: `BrokerServer`, `BrokerLifecycleManager`, `LogManager.loadLogs`, `SocketServer`, `GroupMetadataManager`, `CoordinatorRuntime` (3.6 to 4.3).

use crate::engine::Duration;

/// A line that tells something of a broker's life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ServerLine {
    /// The first thing that a new process logs (`Log4jControllerRegistration`).
    FirstWord,
    /// A process that has read its configuration begins to start (`BrokerServer`).
    Starting(u32),
    /// Its first registration request leaves.
    Registering(u32),
    /// It begins to load its logs.
    LoadingLogs,
    /// A log directory was left clean.
    CleanLogs,
    /// A log directory has to be recovered.
    UncleanLogs,
    /// It may serve.
    Unfenced(u32),
    /// Clients can connect.
    Accepting,
    /// The controller has nothing left to hand over: it may stop.
    MayStop(u32),
    /// The process ends.
    Stopped(u32),
    /// A partition of the offsets topic was read, in this time.
    GroupsLoaded(Duration),
    /// Anything else that tells only whose log it is.
    Of(u32),
}

/// Reads a line; none when it tells nothing of this.
pub fn parse(line: &str) -> Option<ServerLine> {
    if line.contains("kafka.Log4jController") {
        return Some(ServerLine::FirstWord);
    }
    if let Some(text) = after(line, "[BrokerServer id=") {
        return of_server(text);
    }
    if let Some(text) = after(line, "[BrokerLifecycleManager id=") {
        return of_lifecycle(text);
    }
    if line.contains("Loading logs from log dirs") {
        return Some(ServerLine::LoadingLogs);
    }
    if line.contains("since clean shutdown file was found") {
        return Some(ServerLine::CleanLogs);
    }
    if line.contains("since no clean shutdown file was found") {
        return Some(ServerLine::UncleanLogs);
    }
    if line.contains("Awaiting socket connections on") {
        return Some(ServerLine::Accepting);
    }
    groups_loaded(line).map(ServerLine::GroupsLoaded)
}

fn of_server(text: &str) -> Option<ServerLine> {
    let (id, text) = owner(text)?;
    match text {
        _ if text.starts_with("Transition from SHUTDOWN to STARTING") => Some(ServerLine::Starting(id)),
        _ if text.starts_with("shut down completed") => Some(ServerLine::Stopped(id)),
        _ => Some(ServerLine::Of(id)),
    }
}

fn of_lifecycle(text: &str) -> Option<ServerLine> {
    let (id, text) = owner(text)?;
    match text {
        _ if text.starts_with("Incarnation ") && text.contains(" is now STARTING") => Some(ServerLine::Registering(id)),
        _ if text.starts_with("The broker has been unfenced.") => Some(ServerLine::Unfenced(id)),
        _ if text.starts_with("The controller has asked us to exit controlled shutdown") => Some(ServerLine::MayStop(id)),
        _ => Some(ServerLine::Of(id)),
    }
}

/// `102] text`.
fn owner(text: &str) -> Option<(u32, &str)> {
    let (id, text) = text.split_once("] ")?;
    Some((id.parse().ok()?, text))
}

/// The group coordinator of before 4.0, and the one since.
fn groups_loaded(line: &str) -> Option<Duration> {
    let of_old = after(line, "Finished loading offsets and group metadata from __consumer_offsets-").and_then(|text| after(text, " in "));
    let of_new = || {
        let text = after(line, "Finished loading of metadata from __consumer_offsets-")?;
        after(text, " with epoch ").and_then(|text| after(text, " in "))
    };
    let text = of_old.or_else(of_new)?;
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    text[..end].parse().ok().map(Duration::from_millis)
}

fn after<'a>(line: &'a str, mark: &str) -> Option<&'a str> {
    line.find(mark).map(|at| &line[at + mark.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_told_from_its_first_word_to_its_last() {
        for (line, told) in [
            ("INFO Registered `kafka:type=kafka.Log4jController` MBean (kafka.utils.Log4jControllerRegistration$)", ServerLine::FirstWord),
            ("INFO [BrokerServer id=102] Transition from SHUTDOWN to STARTING (kafka.server.BrokerServer)", ServerLine::Starting(102)),
            (
                "INFO [BrokerLifecycleManager id=102] Incarnation xuP of broker 102 in cluster MkU is now STARTING. (x)",
                ServerLine::Registering(102),
            ),
            ("INFO [BrokerServer id=102] Transition from STARTING to STARTED (kafka.server.BrokerServer)", ServerLine::Of(102)),
            ("INFO Loading logs from log dirs ArrayBuffer(/data) (kafka.log.LogManager)", ServerLine::LoadingLogs),
            (
                "INFO Skipping recovery of 12 logs from /data since clean shutdown file was found (kafka.log.LogManager)",
                ServerLine::CleanLogs,
            ),
            ("INFO Recovering 12 logs from /data since no clean shutdown file was found (kafka.log.LogManager)", ServerLine::UncleanLogs),
            ("INFO Awaiting socket connections on 10.77.0.12:9092. (kafka.network.DataPlaneAcceptor)", ServerLine::Accepting),
            ("INFO [BrokerServer id=102] shut down completed (kafka.server.BrokerServer)", ServerLine::Stopped(102)),
            (
                "INFO [GroupMetadataManager brokerId=1] Finished loading offsets and group metadata from __consumer_offsets-7 in 31 milliseconds for epoch 2, of which 3 milliseconds was spent in the scheduler. (x)",
                ServerLine::GroupsLoaded(Duration::from_millis(31)),
            ),
            (
                "INFO [GroupCoordinator id=101] Finished loading of metadata from __consumer_offsets-3 with epoch 1 in 12ms where 4ms was spent in the scheduler. Loaded 3 records which total to 300 bytes. (x)",
                ServerLine::GroupsLoaded(Duration::from_millis(12)),
            ),
        ] {
            assert_eq!(parse(line), Some(told), "{line}");
        }
        assert_eq!(parse("\tat kafka.server.ReplicaFetcherThread.doWork(ReplicaFetcherThread.scala:107)"), None);
        assert_eq!(parse("INFO [ControllerServer id=1] Transition from SHUTDOWN to STARTING (x)"), None);
    }
}
