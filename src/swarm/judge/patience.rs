//! Patience: how long a cluster and its clients may take, by their own settings, until all is well after the last fault, and whether they
//! can promise it at all. Where a setting breaks the premise of a promise, the promise is not judged, and the run says so.
//!
//! The bounds are generous, and count every pause and time-out that may stand in the way several times over: an alarm must be a bug.

use crate::engine::Duration;
use crate::kafka::config::{BrokerConfig, Kind};
use crate::kafka::{NodeIx, Release, TopicIx};
use crate::model::Spec;
use crate::model::client::profile::Library;
use crate::model::message::Acks;
use crate::model::spec::{BrokerSpec, ClientSpec, OnFailure, Partitioning, Workload};

/// Work that no setting speaks of: starting processes, loading logs, elections of a few rounds.
const WORK: Duration = Duration::from_secs(60);
/// A time-out below this can be shorter than what it waits for.
const LEAST_TIMEOUT: Duration = Duration::from_secs(3);
/// The same for the quorum, whose messages wait for no work but a flush.
const LEAST_QUORUM_TIMEOUT: Duration = Duration::from_secs(1);
/// A limit of bytes below this can be smaller than a record.
const LEAST_BYTES: i64 = 2048;
/// A period below this makes more work than a run can take.
const LEAST_PERIOD: Duration = Duration::from_millis(10);
/// How often each pause may be met.
const ROUNDS: u64 = 2;
/// Ways that an acks=all request takes with its answer: to the leader, to a follower, from it, and back.
const WAYS: f64 = 4.0;

/// For how long a connection may lie idle: no library looks whether an answer is awaited on it, so that it is a time-out of requests too.
/// Source: `Selector.IdleExpiryManager`; `rd_kafka_broker_idle_check`.
const IDLE: [&str; 2] = ["connections.max.idle", "connections_max_idle"];
/// Ages and life times, which nothing waits for: what is told of a client's key by these parts of its name.
const AGES: [&str; 11] = [
    "metadata.max",
    "metadata_max",
    "metadatamaxage",
    "metadata.refresh",
    "max.idle",
    "max_idle",
    "idletimeout",
    "delivery",
    "rebootstrap",
    "recheckpreferred",
    "auto.commit",
];
/// Times that records are held back on purpose.
const HELD_BACK: [&str; 7] = ["linger", "flush.frequency", "batchtimeout", "wait.max", "max.wait", "maxwait", "fetchmaxwait"];

/// Pauses before a client tries again: what was refused waits so long, and so does the metadata without which it is not sent. Those that a
/// library has by default are short, or grow long only in a long storm.
/// kafka-go hears of a new leader by its poll alone, which no error wakes.
/// Source: `RecordAccumulator.shouldBackoff`, `Metadata.timeToAllowUpdate`; kafka-go `transport.go`, `connPool.discover`.
const TRIES_AGAIN: [&str; 4] = ["backoff", "retrytime", "fast.interval", "metadatattl"];

fn is_one_of(name: &str, parts: &[&str]) -> bool {
    let name = name.to_ascii_lowercase();
    parts.iter().any(|part| name.contains(part))
}

/// How long the cluster itself may take.
///
/// # Errors
/// Why it can promise nothing.
pub(super) fn of_cluster(spec: &Spec) -> Result<Duration, &'static str> {
    let configs = || spec.brokers.iter().map(|b| &*b.config).chain(spec.voters.iter().map(|v| &*v.config));
    for config in configs() {
        can_heal(config)?;
        can_register(config, spec.release)?;
    }
    Ok(configs().map(sum_of_cluster).max().unwrap_or(Duration::ZERO) + WORK)
}

fn can_heal(config: &BrokerConfig) -> Result<(), &'static str> {
    let premises = [
        (config.broker_session_timeout >= config.broker_heartbeat_interval * 2 + LEAST_TIMEOUT, "sessions hardly longer than heartbeats"),
        (config.replica_lag_time_max >= config.replica_fetch_wait_max * 2 + LEAST_TIMEOUT, "a lag hardly longer than a fetch"),
        (config.replica_lag_time_max >= config.replica_fetch_backoff + LEAST_TIMEOUT, "followers that pause for longer than they may lag"),
        (config.replica_socket_timeout >= config.replica_fetch_wait_max + LEAST_TIMEOUT, "a socket time-out hardly longer than a fetch"),
        (config.controller_socket_timeout >= LEAST_TIMEOUT, "a short controller.socket.timeout.ms"),
        (
            config.initial_broker_registration_timeout >= config.broker_session_timeout * 2 + WORK.scale(0.5),
            "a registration time-out hardly longer than a session",
        ),
        (config.controller_quorum_fetch_timeout >= LEAST_QUORUM_TIMEOUT, "a short controller.quorum.fetch.timeout.ms"),
        (config.controller_quorum_request_timeout >= LEAST_QUORUM_TIMEOUT, "a short controller.quorum.request.timeout.ms"),
        (config.controller_quorum_election_timeout >= LEAST_QUORUM_TIMEOUT.scale(0.5), "a short controller.quorum.election.timeout.ms"),
        (config.controller_quorum_append_linger <= LEAST_QUORUM_TIMEOUT, "a long controller.quorum.append.linger.ms"),
    ];
    premises.into_iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, why)| Err(why))
}

/// A registration is answered when the quorum has it, and since 4.1 a broker gives it up after one heartbeat interval (`BrokerServer`,
/// `NodeToControllerRequestThread`): one that never lasts so long ends at `initial.broker.registration.timeout.ms`.
fn can_register(config: &BrokerConfig, release: Release) -> Result<(), &'static str> {
    let least = config.controller_quorum_append_linger + LEAST_QUORUM_TIMEOUT;
    let holds = !release.rules().fixed_heartbeat_retry || config.broker_heartbeat_interval >= least;
    if holds { Ok(()) } else { Err("heartbeats more often than a registration takes") }
}

fn sum_of_cluster(config: &BrokerConfig) -> Duration {
    let pauses = [
        config.controller_quorum_election_timeout * 4,
        config.controller_quorum_fetch_timeout * 2,
        config.controller_quorum_election_backoff_max * 2,
        config.controller_quorum_request_timeout,
        config.controller_quorum_retry_backoff,
        config.broker_session_timeout,
        config.broker_heartbeat_interval * 2,
        config.controller_socket_timeout,
        config.replica_socket_timeout,
        config.replica_fetch_backoff * 2,
        config.replica_fetch_wait_max * 2,
        config.replica_lag_time_max,
    ];
    pauses.into_iter().fold(Duration::ZERO, |sum, pause| sum + pause) * ROUNDS
}

/// What is expected of a client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Patience {
    /// How long it may take after the cluster is well until it is served.
    pub recovers: Duration,
    /// How long it may take from one success to the next, when all is well.
    pub between: Duration,
    /// It tries a record again for as long as that takes.
    pub persistent: bool,
    /// How long a batch is tried again that is refused as out of order and is not the next one: a leader that knew nothing of the producer has
    /// taken a later one (`TransactionManager.canRetry`, `ProducerAppendInfo.checkSequence`).
    pub out_of_order: Duration,
}

/// What is expected of a client.
///
/// # Errors
/// Why nothing is.
pub(super) fn of_client(client: &ClientSpec, spec: &Spec) -> Result<Patience, &'static str> {
    let (mut pauses, mut held_back, mut persistent) = (Duration::ZERO, Duration::ZERO, true);
    for key in client.config.keys() {
        let text = client.config.get(key.name).unwrap_or_default();
        let as_default = text == default(client, key.name);
        match key.kind {
            Kind::Millis | Kind::Seconds => {
                let unit = if key.kind == Kind::Seconds { 1000 } else { 1 };
                let time = Duration::from_millis(text.parse::<u64>().unwrap_or(0).saturating_mul(unit).min(u64::MAX / 10_000_000));
                let is_timeout =
                    is_one_of(key.name, &["timeout", "max.block", "max_block", "poll.interval"]) && !is_one_of(key.name, &AGES);
                let closes_idle = is_one_of(key.name, &IDLE) && !time.is_zero();
                if (is_timeout || closes_idle) && time < LEAST_TIMEOUT && !as_default {
                    return Err("a short time-out of the client");
                }
                if is_one_of(key.name, &HELD_BACK) || is_one_of(key.name, &TRIES_AGAIN) && !as_default {
                    held_back += time;
                }
                if !is_one_of(key.name, &AGES) {
                    pauses += time;
                }
                persistent &=
                    as_default || !is_one_of(key.name, &["delivery", "max.block", "max_block"]) || time >= Duration::from_secs(60);
            }
            Kind::Int => {
                let number = text.parse::<i64>().unwrap_or(0);
                if is_one_of(key.name, &["bytes", "memory", "request.size", "request_size"]) && number < LEAST_BYTES && !as_default {
                    return Err("a small limit of bytes of the client");
                }
                if key.name == "Consumer.Retry.Max" && number > 0 {
                    return Err("a consumer that gives partitions up");
                }
                persistent &= as_default || !is_one_of(key.name, &["retr", "attempts"]);
            }
            Kind::Word(_) => {
                if key.name == "auto.offset.reset" && matches!(text.as_str(), "none" | "error") {
                    return Err("a consumer that ends where its position is out of range");
                }
            }
            Kind::Real | Kind::Bool | Kind::Text => {}
        }
    }
    in_a_group(client, spec)?;
    is_carried(client, spec)?;
    held_back += collects(client, spec)?;
    let rate = client.workload().map_or(1.0, |w| w.rate);
    let between = Duration::from_secs(10) + Duration::from_millis_f64(8_000.0 / rate.max(0.01)) + held_back * 2;
    let delays = spec.brokers.first().map_or(Duration::ZERO, |b| b.config.group_initial_rebalance_delay + b.config.offsets_commit_timeout);
    let recovers = pauses * ROUNDS + delays * ROUNDS + between + WORK;
    Ok(Patience { recovers, between, persistent, out_of_order: delivery(client) })
}

/// `delivery.timeout.ms` of a Java producer, zero of all others.
fn delivery(client: &ClientSpec) -> Duration {
    let text = client.config.get("delivery.timeout.ms").filter(|_| client.profile.library == Library::Java);
    text.and_then(|text| text.parse().ok()).map_or(Duration::ZERO, Duration::from_millis)
}

/// A broker answers one request of a connection before it reads the next, so that they pile up where each takes long ways or much work and the
/// records of a second fill too many (`SocketServer.Processor`). Once they have, KafkaJS keeps them so: what timed out is sent again on the same
/// connection, behind what the broker still works through (`requestQueue/index.js`).
fn is_carried(client: &ClientSpec, spec: &Spec) -> Result<(), &'static str> {
    let Some(work) = client.workload() else { return Ok(()) };
    let Some(records) = records_of_a_request(client, work) else { return Ok(()) };
    let nodes = || (0..spec.nodes.len() as u32).map(NodeIx);
    let way = |from, to| spec.topology.route(from, to).fold(Duration::ZERO, |sum, link| sum + link.mean_delay());
    let longest = nodes().flat_map(|from| nodes().map(move |to| (from, to))).map(|(from, to)| way(from, to)).max().unwrap_or_default();
    let handled = |b: &BrokerSpec| b.costs.produce.mean() + b.costs.request_queue.mean() + b.costs.network_thread.mean();
    // With acks=all a broker answers, and reads on, when a follower that goes through its answer has asked again.
    let waits = client.acks() == Some(Acks::All) && work.topics.iter().any(|t| is_replicated(*t, spec));
    let replicated = |b: &BrokerSpec| if waits { (b.costs.fetcher_turn.mean() + b.costs.replica_fetch.mean()) * 2 } else { Duration::ZERO };
    let slowest =
        spec.brokers.iter().map(handled).max().unwrap_or_default() + spec.brokers.iter().map(replicated).max().unwrap_or_default();
    let requests = work.rate / f64::from(records);
    if requests * WAYS * longest.as_secs_f64() > 0.5 {
        return Err("more requests than such long ways carry");
    }
    let busy = requests * (WAYS * longest.as_secs_f64() + slowest.as_secs_f64());
    if busy > 0.5 { Err("more requests than such slow brokers handle") } else { Ok(()) }
}

fn is_replicated(topic: TopicIx, spec: &Spec) -> bool {
    spec.topics[topic.index()].partitions.iter().any(|p| spec.partitions[p.index()].replicas.len() > 1)
}

/// The value that the client's releases have by default.
fn default(client: &ClientSpec, key: &str) -> String {
    client.profile.config(client.consumption().is_some()).and_then(|config| config.get(key)).unwrap_or_default()
}

/// How many records a request takes to one partition at most. KafkaJS makes one of every `send()` (`producer/sendMessages.js`), librdkafka one of
/// what came while it lingered, however many requests are under way (`max.in.flight` is a million); others fill a batch meanwhile
/// (`RecordAccumulator.append`).
fn records_of_a_request(client: &ClientSpec, work: &Workload) -> Option<u32> {
    let record_bytes = work.record_bytes;
    if client.profile.library == Library::Kafkajs {
        return Some(1);
    }
    if client.profile.library == Library::Librdkafka {
        let linger = client.config.get("linger.ms").and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
        return Some((work.rate * linger / 1000.0) as u32).map(|records| records.max(1));
    }
    let batch: u32 = ["batch.size", "batch_size"].into_iter().find_map(|key| client.config.get(key)?.parse().ok())?;
    Some((batch / record_bytes.max(1)).max(1))
}

/// How long a producer of sarama may collect so many records or bytes for a request where no `Producer.Flush.Frequency` ends that
/// (`produceSet.readyToFlush`). It collects for each broker, which may lead one partition only.
fn collects(client: &ClientSpec, spec: &Spec) -> Result<Duration, &'static str> {
    let number = |key: &str| client.config.get(key).and_then(|text| text.parse::<u32>().ok()).unwrap_or(0);
    let Some(work) = client.workload().filter(|_| number("Producer.Flush.Frequency") == 0) else { return Ok(Duration::ZERO) };
    let of_bytes = number("Producer.Flush.Bytes").div_ceil(work.record_bytes.max(1));
    let Some(records) = [number("Producer.Flush.Messages"), of_bytes].into_iter().filter(|n| *n > 1).min() else {
        return Ok(Duration::ZERO);
    };
    if work.partitioning != Partitioning::RoundRobin {
        return Err("records that wait for more of them, which may go elsewhere");
    }
    let partitions: usize = work.topics.iter().map(|t| spec.topics[t.index()].partitions.len()).sum();
    Ok(Duration::from_millis_f64(f64::from(records) * partitions as f64 * 1000.0 / work.rate.max(0.01)))
}

/// A group takes no member that asks for a session that its brokers do not grant.
fn in_a_group(client: &ClientSpec, spec: &Spec) -> Result<(), &'static str> {
    if client.consumption().is_none_or(|c| c.group.is_none()) {
        return Ok(());
    }
    let time = |key: &str| client.config.get(key).and_then(|text| text.parse().ok()).map(Duration::from_millis);
    let (Some(session), Some(heartbeat)) = (time("session.timeout.ms"), time("heartbeat.interval.ms")) else { return Ok(()) };
    let granted = |b: &BrokerConfig| b.group_min_session_timeout <= session && session <= b.group_max_session_timeout;
    if !spec.brokers.iter().all(|b| granted(&b.config)) {
        return Err("a session time-out that the group does not grant");
    }
    if session < heartbeat * 2 + LEAST_TIMEOUT {
        return Err("a group session hardly longer than its heartbeats");
    }
    Ok(())
}

/// Whether something is set to happen so often that a run becomes too much work.
pub(in crate::swarm) fn is_busy(spec: &Spec) -> bool {
    let mut configs = spec.brokers.iter().map(|b| &*b.config).chain(spec.voters.iter().map(|v| &*v.config));
    configs.any(is_busy_broker) || spec.clients.iter().any(is_busy_client)
}

fn is_busy_broker(config: &BrokerConfig) -> bool {
    let periods = [
        config.broker_heartbeat_interval,
        config.replica_fetch_wait_max,
        config.controller_quorum_fetch_timeout,
        config.controller_quorum_election_timeout,
        config.leader_imbalance_check_interval,
        config.unclean_leader_election_interval,
        config.broker_session_timeout,
        config.replica_lag_time_max,
    ];
    // Zero turns the no-op records off.
    let no_ops = config.metadata_max_idle_interval;
    periods.into_iter().any(|period| period < LEAST_PERIOD) || !no_ops.is_zero() && no_ops < LEAST_PERIOD
}

fn is_busy_client(client: &ClientSpec) -> bool {
    // An application that hands over again at once what its library refuses at once.
    let insists = client.workload().is_some_and(|w| matches!(w.on_failure, OnFailure::Retry(pause) if pause < LEAST_PERIOD));
    insists
        || client.config.keys().iter().filter(|key| key.kind == Kind::Millis).any(|key| {
            let text = client.config.get(key.name).unwrap_or_default();
            text != default(client, key.name) && text.parse::<u64>().is_ok_and(|ms| Duration::from_millis(ms) < LEAST_PERIOD)
        })
}
