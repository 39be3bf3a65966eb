//! What governs a wait: the settings and costs, each under the name that its owner has for it, with their values.

use super::wait::{Governor, Owner, Wait};
use crate::engine::{Duration, parse_duration};
use crate::kafka::ClientIx;
use crate::kafka::config::counterparts;
use crate::model::Spec;
use crate::model::client::profile::Library;

/// What governs a wait of this client: whose it is, and the key under its owner's name. Where a library connects
/// again as part of a call, it is the call that pauses.
pub(super) fn governors(spec: &Spec, client: ClientIx, wait: Wait) -> Vec<(&'static Governor, String)> {
    let known = |wait: Wait| -> Vec<_> {
        wait.governors().iter().filter_map(|governor| Some((governor, key(spec, client, governor.owner, governor.key)?))).collect()
    };
    let own = known(wait);
    let of_calls = matches!(spec.clients[client.index()].profile.library, Library::Kafkajs | Library::KafkaGo);
    if of_calls && wait == Wait::ReconnectBackoff { known(Wait::RetryBackoff) } else { own }
}

/// The setting that governs a wait, with its value: `broker.session.timeout.ms = 9s`.
pub(super) fn setting(spec: &Spec, client: ClientIx, wait: Wait) -> Option<String> {
    let told = governors(spec, client, wait).into_iter().map(|(governor, key)| match value(spec, client, governor.owner, &key) {
        Some(value) => format!("{key} = {}", shown(&key, &value)),
        None => key,
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() { None } else { Some(told.join(", ")) }
}

/// How long a client's setting says, by Java's name for it.
pub(super) fn length_of(spec: &Spec, client: ClientIx, key_of_java: &str) -> Option<Duration> {
    let key = key(spec, client, Owner::Client, key_of_java)?;
    length(&key, &value(spec, client, Owner::Client, &key)?)
}

/// A key under the name that its owner has for it; none when it has none.
fn key(spec: &Spec, client: ClientIx, owner: Owner, key: &str) -> Option<String> {
    match owner {
        Owner::Controller | Owner::Broker | Owner::Faults => Some(key.to_owned()),
        Owner::Cost => Some(format!("costs.{key}")),
        Owner::Workload => Some(format!("client.{}.{key}", spec.clients[client.index()].name)),
        Owner::Client => {
            let client = &spec.clients[client.index()];
            let library = client.profile.library.names().0;
            // A producer's library may know a consumer's pauses too.
            if key == "fetch.error.backoff.ms" && client.consumption().is_none() {
                return None;
            }
            let concept = counterparts::concept("java", key).or_else(|| counterparts::concept("librdkafka", key));
            let known = concept.map_or(Some(key), |concept| concept.of(library))?;
            client.config.key(known).map(|k| k.name.to_owned())
        }
    }
}

pub(super) fn value(spec: &Spec, client: ClientIx, owner: Owner, key: &str) -> Option<String> {
    match owner {
        Owner::Controller => spec.voters.first()?.config.get(key),
        Owner::Broker => spec.brokers.first()?.config.get(key),
        Owner::Client => spec.clients[client.index()].config.get(key),
        Owner::Cost | Owner::Faults => None,
        Owner::Workload => {
            let client = &spec.clients[client.index()];
            let rate = client.workload().map(|workload| workload.rate.to_string());
            rate.or_else(|| client.consumption().map(|consumption| consumption.processing.mean().to_string()))
        }
    }
}

/// Settings in milliseconds read better with their unit.
fn shown(key: &str, value: &str) -> String {
    length(key, value).map_or_else(|| value.to_owned(), |length| length.to_string())
}

/// A value as a length of time, if it is one.
pub(super) fn length(key: &str, value: &str) -> Option<Duration> {
    if let Ok(number) = value.parse::<f64>() {
        let is_seconds = key.ends_with(".seconds");
        let is_time = is_seconds || key.ends_with("ms") || is_of_go_or_node(key);
        return is_time.then(|| Duration::from_millis_f64(number * if is_seconds { 1000.0 } else { 1.0 }));
    }
    parse_duration(value).ok()
}

/// Keys of libraries that name no unit; their tables hold milliseconds.
fn is_of_go_or_node(key: &str) -> bool {
    const WORDS: [&str; 13] = [
        "Backoff",
        "Timeout",
        "RefreshFrequency",
        "MaxAge",
        "MinAge",
        "Linger",
        "Frequency",
        "retryTime",
        "RetryTime",
        "metadataMaxAge",
        "MetadataTTL",
        "maxWait",
        "MaxWait",
    ];
    WORDS.iter().any(|word| key.contains(word))
}

/// Half of a length, in the unit of its key.
pub(super) fn half(key: &str, now: Duration) -> String {
    written(key, Duration::from_nanos(now.as_nanos() / 2).max(Duration::from_millis(1)))
}

pub(super) fn written(key: &str, length: Duration) -> String {
    if key.ends_with(".seconds") {
        (length.as_millis() / 1000).max(1).to_string()
    } else {
        Duration::from_millis(length.as_millis()).to_string()
    }
}

/// So little that it does not matter, and that its owner still takes, by the key that the governor has.
pub(super) fn least(key: &str) -> Duration {
    Duration::from_millis(match key {
        "controller.quorum.append.linger.ms" => 0,
        "linger.ms" => 1,
        "controller.quorum.fetch.timeout.ms" | "controller.quorum.election.timeout.ms" => 200,
        "replica.lag.time.max.ms" => 1500,
        "socket.connection.setup.timeout.ms" | "socket.connection.setup.timeout.max.ms" | "request.timeout.ms" | "socket.timeout.ms" => {
            1000
        }
        "leader.imbalance.check.interval.seconds" => 1000,
        _ => 10,
    })
}
