//! Settings from the tables of keys: near their defaults, or from the whole range that is legal.

use super::super::case::Settings;
use super::super::dice::Dice;
use crate::kafka::config::{BrokerConfig, Key, Kind, known};
use crate::model::client::profile::{Library, Profile};

/// A tame value is within this factor of the default.
const TAME: i64 = 4;
/// Tame values of what is zero by default, at most.
const TAME_BESIDE_ZERO: i64 = 500;
/// A number of partitions is a size: it says how much work a run is, and changes nothing else.
const SIZES: [&str; 1] = ["offsets.topic.num.partitions"];

/// Libraries whose times are values of `time.Duration`, and the longest of these in milliseconds.
const GO: [Library; 3] = [Library::FranzGo, Library::Sarama, Library::KafkaGo];
const LONGEST_IN_GO: i64 = i64::MAX / 1_000_000;

/// Keys that decide together what a producer is promised, and those that mean something to the members of a group alone.
const DRAWN_TOGETHER: [&str; 16] = [
    "acks",
    "enable.idempotence",
    "enable_idempotence",
    "max.in.flight.requests.per.connection",
    "max_in_flight_requests_per_connection",
    "maxInFlightRequests",
    "kgo.RequiredAcks",
    "kgo.DisableIdempotentWrite",
    "kgo.MaxProduceRequestsInflightPerBroker",
    "Producer.RequiredAcks",
    "Producer.Idempotent",
    "Net.MaxOpenRequests",
    "RequiredAcks",
    "enable.auto.commit",
    "min.insync.replicas",
    "unclean.leader.election.enable",
];

/// (less, more): whoever reads the two refuses them, or one of them, when the first is not well below the second.
const ORDERED: [(&str, &str); 18] = [
    ("replica.fetch.wait.max.ms", "replica.socket.timeout.ms"),
    ("replica.fetch.wait.max.ms", "replica.lag.time.max.ms"),
    ("group.min.session.timeout.ms", "group.max.session.timeout.ms"),
    ("request.timeout.ms", "delivery.timeout.ms"),
    ("linger.ms", "delivery.timeout.ms"),
    ("batch.size", "buffer.memory"),
    ("request_timeout_ms", "delivery_timeout_ms"),
    ("linger_ms", "delivery_timeout_ms"),
    ("heartbeat.interval.ms", "session.timeout.ms"),
    ("session.timeout.ms", "max.poll.interval.ms"),
    ("reconnect.backoff.ms", "reconnect.backoff.max.ms"),
    ("kgo.MetadataMinAge", "kgo.MetadataMaxAge"),
    ("kgo.HeartbeatInterval", "kgo.SessionTimeout"),
    ("Producer.Flush.Messages", "Producer.Flush.MaxMessages"),
    ("fetch_max_wait_ms", "request_timeout_ms"),
    ("request_timeout_ms", "connections_max_idle_ms"),
    ("message.max.bytes", "fetch.max.bytes"),
    ("broker.heartbeat.interval.ms", "broker.session.timeout.ms"),
];

/// What is refused below this, in milliseconds, though zero stands for no limit.
const LEAST: [(&str, i64); 1] = [("kgo.RecordDeliveryTimeout", 1000)];

/// How many of a hundred keys are set, and how far from their defaults.
#[derive(Clone, Copy)]
pub(super) struct Strength {
    /// How many of a hundred keys.
    pub percent: u64,
    /// From all that is legal.
    pub wild: bool,
}

/// Settings of `server.properties`.
pub(super) fn of_brokers(strength: Strength, dice: &mut Dice) -> Settings {
    let mut settings = draw(BrokerConfig::KEYS.iter(), strength, false, dice);
    keep_order(&mut settings, BrokerConfig::KEYS);
    settings
}

/// Settings of a client, but for its guarantees.
pub(super) fn of_client(profile: &Profile, consumer: bool, strength: Strength, dice: &mut Dice) -> Settings {
    let Some(config) = profile.config(consumer) else { return Settings::new() };
    let ignored = known::client(profile.library.names().0, consumer);
    let in_go = GO.contains(&profile.library);
    let mut settings = draw(config.keys().iter().filter(|key| !ignored.ignores(key.name)), strength, in_go, dice);
    keep_order(&mut settings, config.keys());
    settings
}

fn draw<'k>(keys: impl Iterator<Item = &'k Key>, strength: Strength, in_go: bool, dice: &mut Dice) -> Settings {
    let drawn = keys.filter(|key| !SIZES.contains(&key.name) && !DRAWN_TOGETHER.contains(&key.name));
    let chosen: Vec<&Key> = drawn.filter(|_| dice.chance(strength.percent)).collect();
    chosen.into_iter().filter_map(|key| Some((key.name.to_owned(), value(key, strength.wild, in_go, dice)?))).collect()
}

/// A legal value of a key; none of a text, whose meaning lies outside the table.
fn value(key: &Key, wild: bool, in_go: bool, dice: &mut Dice) -> Option<String> {
    Some(match key.kind {
        Kind::Bool => dice.chance(50).to_string(),
        Kind::Word(words) => dice.pick(words).to_owned(),
        Kind::Text => return None,
        Kind::Real => format!("{}", dice.between(0, 100) as f64 / 100.0 * if key.max > 1 { 4.0 } else { 1.0 }),
        Kind::Millis if in_go => format!("{} * time.Millisecond", number(key, wild, dice).min(LONGEST_IN_GO)),
        Kind::Int | Kind::Millis | Kind::Seconds => number(key, wild, dice).to_string(),
    })
}

fn number(key: &Key, wild: bool, dice: &mut Dice) -> i64 {
    let least = LEAST.iter().find(|(name, _)| *name == key.name).map_or(key.min, |(_, least)| *least);
    if wild {
        return dice.log_between(least, key.max);
    }
    let default: i64 = key.default.parse().unwrap_or(0);
    let beside_zero = (least, TAME_BESIDE_ZERO.max(least.saturating_mul(TAME)));
    let (low, high) = if default <= 0 { beside_zero } else { (default / TAME, default.saturating_mul(TAME)) };
    dice.log_between(low.max(key.min), high.min(key.max))
}

/// Leaves away what would be refused for standing in no order.
fn keep_order(settings: &mut Settings, table: &[Key]) {
    for (less, more) in ORDERED {
        let of = |name: &str| -> Option<i64> {
            let default = table.iter().find(|key| key.name == name)?.default;
            let text = settings.get(name).map_or(default, String::as_str);
            text.split(' ').next()?.parse().ok()
        };
        let (Some(small), Some(large)) = (of(less), of(more)) else { continue };
        if large > 0 && small.saturating_mul(2) > large {
            settings.remove(less);
            settings.remove(more);
        }
    }
}
