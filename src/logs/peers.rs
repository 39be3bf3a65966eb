//! `server.log`: a broker's connections to controllers and other brokers that end, and heartbeats that do not get through.
//! Source: `NetworkClient`, `RemoteLeaderEndPoint`, `FetchSessionHandler`, `BrokerLifecycleManager`; the logs of real brokers.

use super::broker::BrokerLog;
use super::cluster::Cluster;
use super::files::{Files, Level};
use super::ids;
use crate::engine::{Duration, Instant};
use crate::kafka::NodeIx;
use crate::observe::fact::{Link, Unreachable};

const NETWORK: &str = "org.apache.kafka.clients.NetworkClient";

/// How a broker's connection ended.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Lost {
    /// Which.
    pub link: Link,
    /// To whom.
    pub to: NodeIx,
    /// How.
    pub how: Unreachable,
    /// It was up.
    pub was_connected: bool,
    /// The request that waited on it.
    pub correlation: Option<u32>,
    /// How long that request, or the attempt to connect, had waited.
    pub waited: Duration,
}

impl BrokerLog {
    /// A connection to another node, or its attempt, is over.
    pub fn lost(&self, lost: &Lost, at: Instant, cluster: &Cluster<'_>, files: &mut Files) {
        let Some((node, address)) = peer(lost.to, lost.link, cluster) else { return };
        let old = cluster.release() < crate::kafka::Release::V3_7;
        let manager = if old { "BrokerToControllerChannelManager" } else { "NodeToControllerChannelManager" };
        let prefix = match lost.link {
            Link::Fetcher(thread) => format!("[ReplicaFetcher replicaId={}, leaderId={node}, fetcherId={thread}]", self.id),
            Link::Heartbeat => format!("[{manager} id={} name=heartbeat]", self.id),
            Link::AlterPartition => format!("[{manager} id={} name=alter-partition]", self.id),
            Link::Raft => format!("[RaftManager id={}]", self.id),
        };
        let mut say = |level: Level, text: String, class: &str| files.log(self.server_log, at, level, &format!("{prefix} {text}"), class);
        let waited = lost.waited.as_millis();
        match (lost.how, lost.was_connected) {
            (Unreachable::TimedOut, true) => say(Level::Info, format!("Disconnecting from node {node} due to request timeout."), NETWORK),
            (Unreachable::TimedOut, false) => say(
                Level::Info,
                format!("Disconnecting from node {node} due to socket connection setup timeout. The timeout value is {waited} ms."),
                NETWORK,
            ),
            (Unreachable::Refused | Unreachable::Reset, up) => {
                say(Level::Info, format!("Node {node} disconnected."), NETWORK);
                if !up {
                    let what = if old { "Broker" } else { "Node" };
                    say(
                        Level::Warn,
                        format!("Connection to node {node} (/{address}) could not be established. {what} may not be available."),
                        NETWORK,
                    );
                }
            }
        }
        let Some(correlation) = lost.correlation else { return };
        let config = &cluster.spec.brokers[self.broker.index()].config;
        let (api, timeout) = match lost.link {
            Link::Fetcher(_) => ("FETCH", config.replica_socket_timeout),
            Link::Raft => ("FETCH", config.controller_quorum_request_timeout),
            Link::AlterPartition => ("ALTER_PARTITION", config.controller_socket_timeout),
            Link::Heartbeat => ("BROKER_HEARTBEAT", config.controller_socket_timeout),
        };
        say(
            Level::Info,
            format!(
                "Cancelled in-flight {api} request with correlation id {correlation} due to node {node} being disconnected (elapsed \
                 time since creation: {waited}ms, elapsed time since send: {waited}ms, throttle time: 0ms, request timeout: {}ms)",
                timeout.as_millis()
            ),
            NETWORK,
        );
        if let Link::Fetcher(_) = lost.link {
            say(Level::Info, format!("Client requested connection close from node {node}"), NETWORK);
        }
    }

    /// A heartbeat, or a registration, waited too long to be sent.
    pub fn heartbeat_unsent(&self, is_registered: bool, at: Instant, cluster: &Cluster<'_>, files: &mut Files) {
        let what = if is_registered { "send a heartbeat" } else { "register the broker" };
        let text = format!("Unable to {what} because the RPC got timed out before it could be sent.");
        self.lifecycle(files, at, Level::Info, &text, cluster);
    }
}

/// `node.id` and address of the other side.
fn peer(node: NodeIx, link: Link, cluster: &Cluster<'_>) -> Option<(u32, String)> {
    let node = &cluster.spec.nodes[node.index()];
    match link {
        Link::Fetcher(_) => node.broker.map(|b| cluster.id(b)).map(|id| (id, ids::broker_address(id))),
        Link::Heartbeat | Link::AlterPartition | Link::Raft => {
            node.voter.map(|v| cluster.spec.voters[v.index()].id).map(|id| (id, ids::controller_address(id)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::BrokerIx;
    use crate::scenario::{self, Source};

    /// As the logs of real brokers have them, but for the times and numbers.
    #[test]
    fn a_lost_connection_is_told_as_real_brokers_tell_it() {
        let text = "duration = \"1s\"\ncluster = { broker_ids = [101, 102], controller_ids = [1] }\n\
                    topic = [{ name = \"t\", partitions = 1 }]\nclient = [{ name = \"c\" }]";
        let scenario = scenario::load(&Source { name: "story".to_owned(), text: text.to_owned() }, &[]).expect("it is a scenario");
        let cluster = Cluster::new(&scenario.spec);
        let mut files = Files::default();
        let log = BrokerLog::new(BrokerIx(0), 101, &mut files);
        let (peer, voter) = (scenario.spec.brokers[1].node, scenario.spec.voters[0].node);
        let lost = |link, to, how, was_connected, correlation| {
            let waited = Duration::from_millis(130);
            Lost { link, to, how, was_connected, correlation, waited }
        };
        for lost in [
            lost(Link::Fetcher(0), peer, Unreachable::Reset, true, Some(394)),
            lost(Link::Fetcher(0), peer, Unreachable::Refused, false, None),
            lost(Link::Heartbeat, voter, Unreachable::Reset, true, None),
            lost(Link::Raft, voter, Unreachable::TimedOut, true, Some(7)),
        ] {
            log.lost(&lost, Instant::ZERO, &cluster, &mut files);
        }
        log.heartbeat_unsent(true, Instant::ZERO, &cluster, &mut files);
        let lines: Vec<String> = files.in_order().remove(0).1;
        let tails: Vec<&str> = lines.iter().map(|line| &line["[2026-01-01 00:00:00,000] ".len()..]).collect();
        let network = "(org.apache.kafka.clients.NetworkClient)";
        let fetcher = "[ReplicaFetcher replicaId=101, leaderId=102, fetcherId=0]";
        let cancelled = |request: &str, node: u32, age: &str, timeout: u64| {
            format!(
                "Cancelled in-flight {request} due to node {node} being disconnected (elapsed time since creation: {age}, elapsed time \
                 since send: {age}, throttle time: 0ms, request timeout: {timeout}ms) {network}"
            )
        };
        assert_eq!(
            tails,
            [
                format!("INFO {fetcher} Node 102 disconnected. {network}"),
                format!("INFO {fetcher} {}", cancelled("FETCH request with correlation id 394", 102, "130ms", 30000)),
                format!("INFO {fetcher} Client requested connection close from node 102 {network}"),
                format!("INFO {fetcher} Node 102 disconnected. {network}"),
                format!(
                    "WARN {fetcher} Connection to node 102 (/10.0.0.102:9092) could not be established. Node may not be available. \
                     {network}"
                ),
                format!("INFO [NodeToControllerChannelManager id=101 name=heartbeat] Node 1 disconnected. {network}"),
                format!("INFO [RaftManager id=101] Disconnecting from node 1 due to request timeout. {network}"),
                format!("INFO [RaftManager id=101] {}", cancelled("FETCH request with correlation id 7", 1, "130ms", 2000)),
                "INFO [BrokerLifecycleManager id=101] Unable to send a heartbeat because the RPC got timed out before it could be sent. \
                 (org.apache.kafka.server.BrokerLifecycleManager)"
                    .to_owned(),
            ]
        );
    }
}
