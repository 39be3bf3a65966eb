//! `[[client]]`: producers, their configuration and what they send.

use super::at::At;
use super::cluster::Cluster;
use super::diagnostic::Diagnostics;
use super::file::{ArrivalsFile, ClientFile, File};
use super::keys::{self, Scope};
use crate::engine::{Duration, parse_duration};
use crate::kafka::config::{ClientConfig, ProducerConfig};
use crate::kafka::{BrokerIx, ClientIx, NodeIx, TopicIx};
use crate::model::client::profile::Profile;
use crate::model::client::profiles;
use crate::model::spec::{ArrivalLaw, ClientSpec, NodeSpec, Partitioning, Role, TopicSpec, Workload};
use std::sync::Arc;

const DEFAULT_PROFILE: &str = "java-4.3";
const DEFAULT_RATE: f64 = 10.0;
const DEFAULT_RECORD_BYTES: u32 = 200;
/// Most records a second of one client: a record each hundred nanoseconds.
const MOST_RATE: f64 = 1e7;

/// All clients; their processes are added to `nodes`.
pub(super) fn resolve(
    file: &File,
    cluster: &Cluster,
    topics: &[TopicSpec],
    nodes: &mut Vec<NodeSpec>,
    found: &mut Diagnostics,
) -> Vec<ClientSpec> {
    let mut clients: Vec<ClientSpec> = Vec::new();
    for client in &file.client {
        check_name(&client.name, &clients, found);
        let node = NodeIx(nodes.len() as u32);
        let name = client.name.value.clone();
        nodes.push(NodeSpec { name: name.clone(), broker: None, voter: None, client: Some(ClientIx(clients.len() as u32)) });
        let profile = profile(client, found);
        let config = Arc::new(ClientConfig::JavaProducer(Box::new(config(client, profile, found))));
        let bootstrap = bootstrap(client, cluster, found);
        let workload = workload(client, topics, found);
        clients.push(ClientSpec { node, name, fleet: None, profile: Arc::new(profile.clone()), config, bootstrap, role: Role::Producer(workload) });
    }
    clients
}

fn check_name(name: &At<String>, before: &[ClientSpec], found: &mut Diagnostics) {
    let separates = |c: char| c.is_whitespace() || c == ',' || c == ';';
    if name.is_empty() || name.contains(separates) {
        found.add(
            Some(&name.span),
            format!("`{}` cannot be the name of a client", **name),
            "take a name without spaces, commas and semicolons",
        );
    }
    if before.iter().any(|c| c.name == **name) {
        found.add(Some(&name.span), format!("there are two clients `{}`", **name), "give each a name of its own");
    }
}

fn profile(client: &ClientFile, found: &mut Diagnostics) -> &'static Profile {
    let default = profiles::find(DEFAULT_PROFILE).expect("the default profile exists");
    let Some(written) = &client.profile else { return default };
    profiles::find(written).unwrap_or_else(|| {
        let names: Vec<&str> = profiles::all().iter().map(|p| p.name.as_ref()).collect();
        let help = format!("there are {}; `kafkasim clients` tells what each stands for", names.join(", "));
        found.add(Some(&written.span), format!("there is no client profile `{}`", **written), help);
        default
    })
}

/// The client's configuration: Kafka's defaults, those of its release, its own, and then what the library makes of them.
fn config(client: &ClientFile, profile: &Profile, found: &mut Diagnostics) -> ProducerConfig {
    let mut config = ProducerConfig::default();
    for default in profile.producer_defaults {
        config.set(default.key, default.value).expect("a profile holds legal defaults");
    }
    keys::apply(&client.config, Scope::Producer, found, |key, text| config.set(key, text));
    reconcile_reconnect(client, &mut config);
    reconcile_delivery_timeout(client, &mut config, found);
    reconcile_idempotence(client, &mut config, found);
    config
}

/// `CommonClientConfigs.postProcessReconnectBackoffConfigs`: a first pause set without its upper bound stays constant.
fn reconcile_reconnect(client: &ClientFile, config: &mut ProducerConfig) {
    let set = |key| keys::sets(&client.config, key);
    if set("reconnect.backoff.ms") && !set("reconnect.backoff.max.ms") {
        config.reconnect_backoff_max = config.reconnect_backoff;
    }
}

/// `KafkaProducer.configureDeliveryTimeout`: refused where it is set, raised where it is the default.
fn reconcile_delivery_timeout(client: &ClientFile, config: &mut ProducerConfig, found: &mut Diagnostics) {
    let least = config.linger + config.request_timeout;
    if config.delivery_timeout >= least {
        return;
    }
    let Some((key, written)) = client.config.iter().find(|(k, _)| ***k == *"delivery.timeout.ms") else {
        config.delivery_timeout = least;
        return;
    };
    let message = format!("`{}` is {} but linger.ms + request.timeout.ms is {least}", **key, config.delivery_timeout);
    found.add(Some(&written.span), message, format!("the producer refuses this: set it to {} or more", least.as_millis()));
}

/// `ProducerConfig.postProcessAndValidateIdempotenceConfigs`: refused where idempotence is asked for, silently off where it is the default.
fn reconcile_idempotence(client: &ClientFile, config: &mut ProducerConfig, found: &mut Diagnostics) {
    if !config.enable_idempotence {
        return;
    }
    let conflicts = [
        (config.retries == 0, "retries is 0"),
        (!matches!(config.acks, "all" | "-1"), "acks is not all"),
        (config.max_in_flight_requests_per_connection > 5, "max.in.flight.requests.per.connection is above 5"),
    ];
    let Some((_, reason)) = conflicts.iter().find(|(conflict, _)| *conflict) else { return };
    match client.config.iter().find(|(k, _)| ***k == *"enable.idempotence") {
        None => config.enable_idempotence = false,
        Some((_, written)) => {
            let help = format!("the producer refuses this: take enable.idempotence away, or see that not {reason}");
            found.add(Some(&written.span), format!("enable.idempotence is asked for, but {reason}"), help);
        }
    }
}

fn bootstrap(client: &ClientFile, cluster: &Cluster, found: &mut Diagnostics) -> Vec<BrokerIx> {
    let all = || (0..cluster.brokers.len() as u32).map(BrokerIx).collect::<Vec<_>>();
    let Some(written) = &client.bootstrap else { return all() };
    let mut list = Vec::new();
    for id in written {
        match cluster.brokers.iter().position(|b| b.id == id.value) {
            Some(i) => list.push(BrokerIx(i as u32)),
            None => {
                let ids: Vec<u32> = cluster.brokers.iter().map(|b| b.id).collect();
                found.add(Some(&id.span), format!("there is no broker {}", id.value), format!("the brokers are {ids:?}"));
            }
        }
    }
    if written.is_empty() {
        found.add(
            Some(&client.name.span),
            format!("client `{}` has no bootstrap server", *client.name),
            "name a broker, or leave `bootstrap` away",
        );
    }
    list
}

fn workload(client: &ClientFile, topics: &[TopicSpec], found: &mut Diagnostics) -> Workload {
    let rate = client.rate.as_ref().map_or(DEFAULT_RATE, |r| r.value);
    if let Some(written) = client.rate.as_ref().filter(|_| !(0.0..=MOST_RATE).contains(&rate)) {
        let help = format!("write a number from 0 (nothing but what a program sends through it) to {MOST_RATE}");
        found.add(Some(&written.span), format!("a rate of {rate} records a second cannot be sent"), help);
    }
    let time = |written: &At<String>, found: &mut Diagnostics| match parse_duration(written) {
        Ok(time) => Some(time),
        Err(message) => {
            found.add(Some(&written.span), message, "times of clients count from the start of the run, the warm-up included");
            None
        }
    };
    let start = client.start.as_ref().and_then(|s| time(s, found)).unwrap_or(Duration::ZERO);
    let stop = client.stop.as_ref().and_then(|s| time(s, found));
    if let (Some(written), Some(stop)) = (&client.stop, stop)
        && stop <= start
    {
        found.add(Some(&written.span), format!("client `{}` stops before it starts", *client.name), format!("set `stop` above {start}"));
    }
    Workload {
        topics: topics_of(client, topics, found),
        rate,
        arrivals: match client.arrivals {
            Some(ArrivalsFile::Poisson) => ArrivalLaw::Poisson,
            Some(ArrivalsFile::Constant) | None => ArrivalLaw::Constant,
        },
        record_bytes: client.record_bytes.as_ref().map_or(DEFAULT_RECORD_BYTES, |b| b.value),
        partitioning: partitioning(client, found),
        start,
        stop,
    }
}

fn topics_of(client: &ClientFile, topics: &[TopicSpec], found: &mut Diagnostics) -> Vec<TopicIx> {
    let Some(written) = &client.topics else { return (0..topics.len() as u32).map(TopicIx).collect() };
    let mut list = Vec::new();
    for name in written {
        match topics.iter().position(|t| t.name == **name) {
            Some(i) => list.push(TopicIx(i as u32)),
            None => {
                let names: Vec<&str> = topics.iter().map(|t| t.name.as_str()).collect();
                found.add(Some(&name.span), format!("there is no topic `{}`", **name), format!("the topics are {}", names.join(", ")));
            }
        }
    }
    if written.is_empty() {
        found.add(Some(&client.name.span), format!("client `{}` writes to no topic", *client.name), "name a topic, or leave `topics` away");
    }
    list
}

fn partitioning(client: &ClientFile, found: &mut Diagnostics) -> Partitioning {
    let Some(written) = &client.partitioning else { return Partitioning::Sticky };
    match written.as_str() {
        "round-robin" => return Partitioning::RoundRobin,
        "sticky" => return Partitioning::Sticky,
        _ => {}
    }
    let keys = written.strip_prefix("keyed(").and_then(|rest| rest.strip_suffix(')')).and_then(|n| n.trim().parse::<u32>().ok());
    if let Some(keys) = keys.filter(|n| *n > 0) {
        return Partitioning::Keyed(keys);
    }
    found.add(
        Some(&written.span),
        format!("`{}` is no partitioning", **written),
        "write round-robin, sticky, or keyed(1000) for 1000 keys",
    );
    Partitioning::Sticky
}
