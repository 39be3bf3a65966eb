//! Draws the clients of a case.

use super::super::case::{Client, Cluster, Settings};
use super::super::dice::Dice;
use super::super::features::{Feature, Features};
use super::cluster::FAR;
use super::settings::{Strength, of_client};
use crate::model::client::profile::{Library, Profile};
use crate::model::client::profiles;

/// Settings that are set as a whole.
type Guarantee = &'static [(&'static str, &'static str)];

/// What a producer may be told to wait for, by library.
const GUARANTEES: [(Library, &[Guarantee]); 7] = [
    (
        Library::Java,
        &[
            &[("acks", "1")],
            &[("acks", "0")],
            &[("enable.idempotence", "false")],
            &[("enable.idempotence", "false"), ("max.in.flight.requests.per.connection", "1")],
            &[("max.in.flight.requests.per.connection", "2")],
        ],
    ),
    (
        Library::Librdkafka,
        &[
            &[("acks", "1")],
            &[("acks", "0")],
            &[("enable.idempotence", "true")],
            &[("enable.idempotence", "true"), ("max.in.flight.requests.per.connection", "1")],
            &[("max.in.flight.requests.per.connection", "1")],
        ],
    ),
    (
        Library::FranzGo,
        &[
            &[("kgo.DisableIdempotentWrite", "true")],
            &[("kgo.DisableIdempotentWrite", "true"), ("kgo.RequiredAcks", "LeaderAck")],
            &[("kgo.DisableIdempotentWrite", "true"), ("kgo.RequiredAcks", "NoAck")],
            &[("kgo.DisableIdempotentWrite", "true"), ("kgo.MaxProduceRequestsInflightPerBroker", "4")],
        ],
    ),
    (
        Library::Sarama,
        &[
            &[("Producer.RequiredAcks", "WaitForAll")],
            &[("Producer.RequiredAcks", "NoResponse")],
            &[("Producer.Idempotent", "true"), ("Producer.RequiredAcks", "WaitForAll"), ("Net.MaxOpenRequests", "1")],
        ],
    ),
    (Library::Kafkajs, &[&[("acks", "1")], &[("acks", "0")], &[("maxInFlightRequests", "1")]]),
    (Library::KafkaGo, &[&[("RequiredAcks", "all")], &[("RequiredAcks", "one")]]),
    (Library::KafkaPython, &[&[("acks", "1")], &[("enable_idempotence", "false")], &[("max_in_flight_requests_per_connection", "1")]]),
];
/// Guarantees of one acknowledgement or none.
const FEW_ACKS: [&str; 5] = ["0", "1", "LeaderAck", "NoAck", "NoResponse"];
/// A consumer's key for the rack that it stands in, by library.
const RACK_KEYS: [(Library, &str); 5] = [
    (Library::Java, "client.rack"),
    (Library::Librdkafka, "client.rack"),
    (Library::FranzGo, "kgo.Rack"),
    (Library::Sarama, "RackID"),
    (Library::Kafkajs, "rackId"),
];

/// The clients: a producer or more, and consumers if the run has them.
pub(super) fn draw(cluster: &Cluster, features: &Features, dice: &mut Dice) -> Vec<Client> {
    let producers = dice.pick(&[1, 1, 2, 2, 3]);
    let consumers = if features.has(Feature::Consumers) { dice.pick(&[1, 1, 2, 3]) } else { 0 };
    let mut clients: Vec<Client> = (0..producers).map(|i| producer(format!("p{i}"), cluster, features, dice)).collect();
    clients.extend((0..consumers).map(|i| consumer(format!("c{i}"), cluster, features, dice)));
    clients
}

fn producer(name: String, cluster: &Cluster, features: &Features, dice: &mut Dice) -> Client {
    let profile = profile(features, dice);
    let rates: &[f64] = if features.has(Feature::Busy) { &[20.0, 100.0, 300.0] } else { &[0.5, 2.0, 5.0, 10.0] };
    let mut client = Client { role: "producer", rate: Some(dice.pick(rates)), ..common(name, profile, false, cluster, features, dice) };
    client.config.extend(guarantee(profile.library, features, dice));
    client.arrivals = dice.chance(30).then_some("poisson");
    client.record_bytes = dice.chance(30).then(|| dice.pick(&[1, 50, 1000]));
    client.partitioning = dice.chance(60).then(|| dice.pick(&["round-robin", "keyed(20)", "sticky"]));
    let reactions: &[(Feature, &[&'static str])] =
        &[(Feature::Retrying, &["retry(100ms)", "retry(2s)", "retry(1ms)"]), (Feature::Crashing, &["crash(1s)", "crash(8s)"])];
    for (feature, texts) in reactions {
        if features.has(*feature) && dice.chance(60) {
            client.on_failure = Some(dice.pick(texts));
        }
    }
    client
}

fn consumer(name: String, cluster: &Cluster, features: &Features, dice: &mut Dice) -> Client {
    let profile =
        std::iter::repeat_with(|| profile(features, dice)).find(|p| p.config(true).is_some()).expect("most libraries have consumers");
    let mut client = Client { role: "consumer", ..common(name, profile, true, cluster, features, dice) };
    if features.has(Feature::Groups) && profile.library.has_groups() && dice.chance(70) {
        client.group = Some(dice.pick(&["g", "g", "h"]));
        client.commit = dice.chance(40).then(|| dice.pick(&["library", "before-processing", "after-processing"]));
    } else {
        client.from = dice.chance(40).then(|| dice.pick(&["beginning", "end"]));
    }
    client.processing = dice.chance(30).then(|| dice.pick(&["0.1ms", "exponential(2ms)", "uniform(1ms, 20ms)"]));
    let rack_key = RACK_KEYS.iter().find(|(library, _)| *library == profile.library).map(|(_, key)| *key);
    if let (Some(key), false) = (rack_key.filter(|_| dice.chance(60)), cluster.processes.racks.is_empty()) {
        client.config.insert(key.to_owned(), dice.pick(&cluster.processes.racks).to_owned());
    }
    client
}

fn common(name: String, profile: &Profile, consumer: bool, cluster: &Cluster, features: &Features, dice: &mut Dice) -> Client {
    let mut config = Settings::new();
    if features.has(Feature::ClientSettings) && dice.chance(70) {
        let wild = features.has(Feature::WildSettings);
        config = of_client(profile, consumer, Strength { percent: if wild { 8 } else { 20 }, wild }, dice);
    }
    let mut client = Client { name, profile: profile.name.to_string(), topics: topics(cluster, dice), config, ..Client::default() };
    if features.has(Feature::Fleets) && dice.chance(50) {
        client.count = Some(dice.between(2, 5) as u32);
    }
    if features.has(Feature::LateClients) {
        client.start = dice.chance(50).then(|| dice.time_between(1_000, 40_000));
        client.stop = dice.chance(25).then(|| client.start.unwrap_or_default() + dice.time_between(2_000, 60_000));
    }
    if dice.chance(20) {
        client.bootstrap = Some(vec![dice.between(1, u64::from(cluster.processes.brokers)) as u32]);
    }
    if features.has(Feature::Places) && dice.chance(40) {
        client.place = Some(FAR);
    }
    client
}

fn topics(cluster: &Cluster, dice: &mut Dice) -> Vec<String> {
    let first = dice.below(cluster.topic.len() as u64) as usize;
    let last = if dice.chance(20) { cluster.topic.len() } else { first + 1 };
    cluster.topic[first..last].iter().map(|topic| topic.name.clone()).collect()
}

fn profile(features: &Features, dice: &mut Dice) -> &'static Profile {
    let other = features.has(Feature::OtherLibraries) && dice.chance(60);
    let library = if other { dice.pick(&Library::ALL) } else { Library::Java };
    let releases: Vec<&'static Profile> = profiles::all().iter().copied().filter(|p| p.library == library).collect();
    dice.pick(&releases)
}

fn guarantee(library: Library, features: &Features, dice: &mut Dice) -> Settings {
    let lists = GUARANTEES.iter().find(|(of, _)| *of == library).map_or(&[][..], |(_, lists)| lists);
    let few = |list: &Guarantee| list.iter().any(|(_, value)| FEW_ACKS.contains(value));
    let fitting: Vec<Guarantee> = lists.iter().copied().filter(|list| few(list) == features.has(Feature::FewAcks)).collect();
    if fitting.is_empty() || dice.chance(40) {
        return Settings::new();
    }
    dice.pick(&fitting).iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}
