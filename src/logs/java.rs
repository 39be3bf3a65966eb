//! The log of a Java client. Source: `NetworkClient`, `Sender`, `FetchSessionHandler`, `FetchCollector`, `SubscriptionState`,
//! `AbstractCoordinator`; the logs of real clients.

use super::client::{ClientLog, Pen};
use super::cluster::Cluster;
use super::files::{FileIx, Files, Level};
use super::ids;
use crate::engine::{Duration, Instant};
use crate::kafka::config::ClientConfig;
use crate::kafka::{BrokerIx, ClientIx, ErrorCode, LeaderEpoch, Offset, PartitionIx};
use crate::observe::fact::{BatchId, EntryId, Position, Told, Unreachable};
use std::collections::BTreeMap;

const NETWORK: &str = "org.apache.kafka.clients.NetworkClient";
const SENDER: &str = "org.apache.kafka.clients.producer.internals.Sender";
const SESSIONS: &str = "org.apache.kafka.clients.FetchSessionHandler";
const COLLECTOR: &str = "org.apache.kafka.clients.consumer.internals.FetchCollector";
const SUBSCRIPTION: &str = "org.apache.kafka.clients.consumer.internals.SubscriptionState";
const COORDINATOR: &str = "org.apache.kafka.clients.consumer.internals.ConsumerCoordinator";

#[derive(Clone, Copy, Debug)]
struct Connection {
    opened_at: Instant,
    is_ready: bool,
}

/// A partition's entry of a request that is under way.
#[derive(Clone, Copy, Debug)]
struct Sent {
    at: Instant,
    broker: BrokerIx,
    correlation: u64,
    attempt: u32,
    batch: Option<BatchId>,
}

/// A failed batch, until the next fact tells whether it is tried again.
#[derive(Debug)]
struct Failure {
    at: Instant,
    batch: Option<BatchId>,
    retry: String,
    refresh: Option<String>,
}

/// One Java client and its log.
#[derive(Debug)]
pub struct JavaLog {
    file: FileIx,
    name: String,
    prefix: String,
    is_producer: bool,
    retries: u32,
    request_timeout: Duration,
    /// The first release that its profile stands for.
    release: (u16, u16, u16),
    connections: BTreeMap<BrokerIx, Connection>,
    sent: BTreeMap<EntryId, Sent>,
    /// Requests that a fact has told of: what correlation ids are made of here.
    requests: u64,
    last_request: Option<(Instant, BrokerIx)>,
    /// Fetches of the session with a broker so far.
    fetches: BTreeMap<BrokerIx, u64>,
    failure: Option<Failure>,
    believed: BTreeMap<PartitionIx, (Option<BrokerIx>, LeaderEpoch)>,
    /// A connection that was lost at this moment.
    lost_at: Option<(Instant, BrokerIx)>,
    coordinator: Option<BrokerIx>,
}

impl JavaLog {
    /// The log of a client that runs on the Java client; none of any other.
    pub fn of(client: ClientIx, cluster: &Cluster<'_>, files: &mut Files) -> Option<Self> {
        let spec = &cluster.spec.clients[client.index()];
        let (is_producer, retries, request_timeout) = match &*spec.config {
            ClientConfig::JavaProducer(config) => (true, config.retries, config.request_timeout),
            ClientConfig::JavaConsumer(config) => (false, 0, config.request_timeout),
            ClientConfig::Librdkafka(_)
            | ClientConfig::SaramaProducer(_)
            | ClientConfig::SaramaConsumer(_)
            | ClientConfig::FranzGoProducer(_)
            | ClientConfig::FranzGoConsumer(_)
            | ClientConfig::KafkajsProducer(_)
            | ClientConfig::KafkajsConsumer(_)
            | ClientConfig::KafkaGoWriter(_)
            | ClientConfig::KafkaGoReader(_)
            | ClientConfig::KafkaPythonProducer(_) => return None,
        };
        let group = spec.consumption().and_then(|c| c.group).map_or("null", |g| &cluster.spec.groups[g.index()].name);
        let name = one_line(&spec.name);
        let prefix = if is_producer {
            format!("[Producer clientId={name}]")
        } else {
            format!("[Consumer clientId={name}, groupId={}]", one_line(group))
        };
        Some(JavaLog {
            file: files.open_for(&spec.name),
            name,
            prefix,
            is_producer,
            retries,
            request_timeout,
            release: spec.profile.covers[0],
            connections: BTreeMap::new(),
            sent: BTreeMap::new(),
            requests: 0,
            last_request: None,
            fetches: BTreeMap::new(),
            failure: None,
            believed: BTreeMap::new(),
            lost_at: None,
            coordinator: None,
        })
    }

    fn say(&self, at: Instant, level: Level, text: &str, class: &str, files: &mut Files) {
        files.log(self.file, at, level, &format!("{} {text}", self.prefix), class);
    }

    /// The requests that were under way on it, oldest first.
    fn cancels(&mut self, broker: BrokerIx, id: u32, at: Instant, files: &mut Files) {
        let api = if self.is_producer { "PRODUCE" } else { "FETCH" };
        let mut requests: BTreeMap<u64, Instant> = BTreeMap::new();
        requests.extend(self.sent.values().filter(|s| s.broker == broker).map(|s| (s.correlation, s.at)));
        for (correlation, sent_at) in requests {
            let (age, timeout) = (at.since(sent_at).as_millis(), self.request_timeout.as_millis());
            let text = format!(
                "Cancelled in-flight {api} request with correlation id {correlation} due to node {id} being disconnected (elapsed time \
                 since creation: {age}ms, elapsed time since send: {age}ms, throttle time: 0ms, request timeout: {timeout}ms)"
            );
            self.say(at, Level::Info, &text, NETWORK, files);
        }
    }

    fn say_with_stack(&self, at: Instant, text: &str, files: &mut Files) {
        self.say(at, Level::Info, text, SESSIONS, files);
        files.line(self.file, at, "org.apache.kafka.common.errors.DisconnectException: null".to_owned());
    }

    /// `FetchMetadata`: the session's id follows from the names, its epoch counts its fetches.
    fn session(&self, broker: BrokerIx, cluster: &Cluster<'_>) -> String {
        let count = self.fetches.get(&broker).copied().unwrap_or_default();
        let epoch = if count <= 1 { "INITIAL".to_owned() } else { (count - 1).to_string() };
        let id = self.name.bytes().fold(u64::from(cluster.id(broker)), |id, byte| crate::engine::mix(id, u64::from(byte))) & 0x7fff_ffff;
        format!("(sessionId={id}, epoch={epoch})")
    }

    /// A batch of a producer failed: whether it is tried again is told by the next fact (`Sender.completeBatch`).
    fn fails(&mut self, sent: &Sent, name: &str, error: ErrorCode, message: Option<String>, at: Instant) {
        let left = i64::from(self.retries) - i64::from(sent.attempt) - 1;
        let told = message.as_ref().map_or(String::new(), |message| format!(". Error Message: {message}"));
        let retry = format!(
            "Got error produce response with correlation id {} on topic-partition {name}, retrying ({left} attempts left). Error: {}{told}",
            sent.correlation,
            error.name()
        );
        let refresh = match error {
            ErrorCode::UnknownTopicOrPartition => Some(format!(
                "Received unknown topic or partition error in produce request on partition {name}. The topic-partition may not exist or \
                 the user may not have Describe access to it"
            )),
            _any if error.invalidates_metadata() => exception(error).map(|(class, text)| {
                let stop = if self.release < (3, 8, 0) { "." } else { "" };
                let text = message.as_deref().unwrap_or(text);
                format!(
                    "Received invalid metadata error in produce request on partition {name} due to \
                     org.apache.kafka.common.errors.{class}: {text}{stop} Going to request metadata update now"
                )
            }),
            _no_reason_to_refresh => None,
        };
        self.failure = Some(Failure { at, batch: sent.batch, retry, refresh });
    }

    /// Prints what waits for the next fact; `failed` is the batch that is not tried again.
    pub fn settle(&mut self, failed: Option<BatchId>, files: &mut Files) {
        let Some(failure) = self.failure.take() else { return };
        if failed.is_none() || failed != failure.batch {
            self.say(failure.at, Level::Warn, &failure.retry, SENDER, files);
        }
        if let Some(refresh) = &failure.refresh {
            self.say(failure.at, Level::Warn, refresh, SENDER, files);
        }
    }

    /// `FetchPosition`, with the leader that the client believes in.
    fn position(&self, partition: PartitionIx, offset: Offset, cluster: &Cluster<'_>) -> String {
        let (leader, epoch) = self.believed.get(&partition).copied().unwrap_or_default();
        let leader =
            leader.map_or("Optional.empty".to_owned(), |leader| format!("Optional[{}]", self.node(cluster.id(leader), cluster.id(leader))));
        format!(
            "FetchPosition{{offset={offset}, offsetEpoch=Optional.empty, currentLeader=LeaderAndEpoch{{leader={leader}, epoch={epoch}}}}}"
        )
    }

    /// `Node` as Java prints it.
    fn node(&self, broker: u32, id: u32) -> String {
        let fenced = if self.release < (4, 0, 0) { "" } else { " isFenced: false" };
        format!("{} (id: {id} rack: null{fenced})", ids::broker_address(broker))
    }
}

impl ClientLog for JavaLog {
    fn ended(&mut self, pen: &mut Pen<'_, '_>) {
        self.settle(None, pen.files);
        self.connections.clear();
        self.sent.clear();
        self.fetches.clear();
        self.last_request = None;
        self.coordinator = None;
    }

    fn opens(&mut self, broker: BrokerIx, pen: &mut Pen<'_, '_>) {
        self.connections.insert(broker, Connection { opened_at: pen.at, is_ready: false });
    }

    fn is_ready(&mut self, broker: BrokerIx, _pen: &mut Pen<'_, '_>) {
        self.requests += 1;
        if let Some(connection) = self.connections.get_mut(&broker) {
            connection.is_ready = true;
        }
    }

    fn asks(&mut self) {
        self.requests += 1;
    }

    fn loses(&mut self, broker: BrokerIx, how: Unreachable, pen: &mut Pen<'_, '_>) {
        self.settle(None, pen.files);
        let Some(connection) = self.connections.remove(&broker) else { return };
        self.lost_at = Some((pen.at, broker));
        let id = pen.cluster.id(broker);
        match (how, connection.is_ready) {
            (Unreachable::TimedOut, true) => {
                self.say(pen.at, Level::Info, &format!("Disconnecting from node {id} due to request timeout."), NETWORK, pen.files);
            }
            (Unreachable::TimedOut, false) => {
                let waited = pen.at.since(connection.opened_at).as_millis();
                let text =
                    format!("Disconnecting from node {id} due to socket connection setup timeout. The timeout value is {waited} ms.");
                self.say(pen.at, Level::Info, &text, NETWORK, pen.files);
            }
            (Unreachable::Refused | Unreachable::Reset, is_ready) => {
                self.say(pen.at, Level::Info, &format!("Node {id} disconnected."), NETWORK, pen.files);
                if !is_ready {
                    let what = if self.release < (3, 7, 0) { "Broker" } else { "Node" };
                    let address = ids::broker_address(id);
                    let text = format!("Connection to node {id} (/{address}) could not be established. {what} may not be available.");
                    self.say(pen.at, Level::Warn, &text, NETWORK, pen.files);
                }
            }
        }
        self.cancels(broker, id, pen.at, pen.files);
    }

    fn sends(&mut self, broker: BrokerIx, entry: EntryId, batch: Option<BatchId>, attempt: u32, pen: &mut Pen<'_, '_>) {
        self.settle(None, pen.files);
        if self.last_request != Some((pen.at, broker)) || self.is_producer && attempt > 0 {
            self.requests += 1;
            self.last_request = Some((pen.at, broker));
            *self.fetches.entry(broker).or_default() += 1;
        }
        self.sent.insert(entry, Sent { at: pen.at, broker, correlation: self.requests, attempt, batch });
    }

    fn returned(&mut self, partition: PartitionIx, entry: EntryId, error: ErrorCode, pen: &mut Pen<'_, '_>) {
        self.settle(None, pen.files);
        let Some(sent) = self.sent.remove(&entry) else { return };
        let Some(name) = pen.cluster.name(partition).filter(|_| !error.is_none()) else { return };
        if self.is_producer {
            return self.fails(&sent, &name, error, None, pen.at);
        }
        match error {
            ErrorCode::UnknownTopicOrPartition => {
                self.say(
                    pen.at,
                    Level::Warn,
                    &format!("Received unknown topic or partition error in fetch for partition {name}"),
                    COLLECTOR,
                    pen.files,
                );
            }
            ErrorCode::UnknownTopicId => {
                self.say(
                    pen.at,
                    Level::Warn,
                    &format!("Received unknown topic ID error in fetch for partition {name}"),
                    COLLECTOR,
                    pen.files,
                );
            }
            ErrorCode::FetchSessionIdNotFound | ErrorCode::InvalidFetchSessionEpoch => {
                let id = pen.cluster.id(sent.broker);
                let metadata = self.session(sent.broker, pen.cluster);
                let text = format!("Node {id} was unable to process the fetch request with {metadata}: {}.", error.name());
                if self.fetches.insert(sent.broker, 0) != Some(0) {
                    self.say(pen.at, Level::Info, &text, SESSIONS, pen.files);
                }
            }
            // At DEBUG: NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH and their like.
            _other => {}
        }
    }

    fn unreachable(&mut self, partition: PartitionIx, entry: EntryId, how: Unreachable, pen: &mut Pen<'_, '_>) {
        self.settle(None, pen.files);
        let Some(sent) = self.sent.remove(&entry) else { return };
        let id = pen.cluster.id(sent.broker);
        if self.is_producer {
            let Some(name) = pen.cluster.name(partition) else { return };
            let (error, text) = match how {
                Unreachable::TimedOut if self.release >= (3, 5, 0) => {
                    (ErrorCode::RequestTimedOut, format!("Disconnected from node {id} due to timeout"))
                }
                Unreachable::TimedOut | Unreachable::Refused | Unreachable::Reset => {
                    (ErrorCode::NetworkException, format!("Disconnected from node {id}"))
                }
            };
            return self.fails(&sent, &name, error, Some(text), pen.at);
        }
        let metadata = self.session(sent.broker, pen.cluster);
        // One line a request, whatever number of partitions it asked for.
        if self.fetches.insert(sent.broker, 0) != Some(0) {
            self.say_with_stack(pen.at, &format!("Error sending fetch request {metadata} to node {id}:"), pen.files);
        }
    }

    fn done(&mut self, batch: Option<BatchId>, error: ErrorCode, pen: &mut Pen<'_, '_>) {
        self.settle(batch.filter(|_| !error.is_none()), pen.files);
    }

    fn believes(&mut self, partition: PartitionIx, belief: (Option<BrokerIx>, LeaderEpoch), _told: Told, _pen: &mut Pen<'_, '_>) {
        self.believed.insert(partition, belief);
    }

    fn positioned(&mut self, partition: PartitionIx, (from, to): (Option<Offset>, Offset), why: Position, pen: &mut Pen<'_, '_>) {
        let Some(name) = pen.cluster.name(partition) else { return };
        if pen.at == Instant::ZERO {
            return;
        }
        let position = |offset: Offset| self.position(partition, offset, pen.cluster);
        let text = match why {
            Position::Begun | Position::Reset => format!("Resetting offset for partition {name} to position {}.", position(to)),
            Position::Committed => {
                let text = format!("Setting offset for partition {name} to the committed offset {}", position(to));
                return self.say(pen.at, Level::Info, &text, "org.apache.kafka.clients.consumer.internals.ConsumerUtils", pen.files);
            }
            Position::Truncated => format!(
                "Truncation detected for partition {name} at offset {}, resetting offset to the first offset known to diverge {}",
                position(from.unwrap_or_default()),
                position(to)
            ),
        };
        self.say(pen.at, Level::Info, &text, SUBSCRIPTION, pen.files);
    }

    fn coordinated(&mut self, broker: Option<BrokerIx>, pen: &mut Pen<'_, '_>) {
        let before = std::mem::replace(&mut self.coordinator, broker);
        // The coordinator has a connection of its own, under an id that counts down from the highest.
        let node = |broker: BrokerIx| self.node(pen.cluster.id(broker), i32::MAX.unsigned_abs() - pen.cluster.id(broker));
        if let Some(broker) = broker.filter(|_| pen.at > Instant::ZERO) {
            self.say(pen.at, Level::Info, &format!("Discovered group coordinator {}", node(broker)), COORDINATOR, pen.files);
        }
        // Any other cause than a lost connection is not told by a fact.
        if let (None, Some(before)) = (broker, before.filter(|before| self.lost_at == Some((pen.at, *before)))) {
            let text = format!(
                "Group coordinator {} is unavailable or invalid due to cause: coordinator unavailable. isDisconnected: true. \
                 Rediscovery will be attempted.",
                node(before)
            );
            self.say(pen.at, Level::Info, &text, COORDINATOR, pen.files);
        }
    }

    fn joined(&mut self, generation: u32, pen: &mut Pen<'_, '_>) {
        if pen.at > Instant::ZERO {
            let member = ids::uuid(&format!("{} member", self.name));
            let text = format!(
                "Successfully joined group with generation Generation{{generationId={generation}, memberId='{}-{member}', \
                 protocol='range'}}",
                self.name
            );
            self.say(pen.at, Level::Info, &text, COORDINATOR, pen.files);
        }
    }

    fn finish(&mut self, files: &mut Files) {
        self.settle(None, files);
    }
}

/// The Java exception of an error that makes a client refresh, and what it says.
fn exception(error: ErrorCode) -> Option<(&'static str, &'static str)> {
    Some(match error {
        ErrorCode::NotLeaderOrFollower => (
            "NotLeaderOrFollowerException",
            "For requests intended only for the leader, this error indicates that the broker is not the current leader. For requests \
             intended for any replica, this error indicates that the broker is not a replica of the topic partition.",
        ),
        ErrorCode::NetworkException => ("NetworkException", "The server disconnected before a response was received."),
        ErrorCode::LeaderNotAvailable => {
            ("LeaderNotAvailableException", "There is no leader for this topic-partition as we are in the middle of a leadership election.")
        }
        ErrorCode::KafkaStorageError => ("KafkaStorageException", "Disk error when trying to access log file on the disk."),
        ErrorCode::FencedLeaderEpoch => {
            ("FencedLeaderEpochException", "The leader epoch in the request is older than the epoch on the broker.")
        }
        _no_text_is_known => return None,
    })
}

/// A foreign name within a line: nothing in it may end the line or begin another.
fn one_line(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}
