//! What could shorten a step: for each wait the settings that govern it, and values to try.

use super::wait::{Owner, Wait};
use crate::engine::{Duration, Instant, parse_duration};
use crate::fault::{Action, Fault};
use crate::kafka::ClientIx;
use crate::kafka::config::counterparts;
use crate::model::Spec;
use crate::scenario::Scenario;

/// Something to change before a run is made again.
#[derive(Clone, PartialEq, Debug)]
pub struct Change {
    /// As a person says it: `broker.session.timeout.ms=6s`.
    pub text: String,
    /// Keys and values of the scenario.
    pub sets: Vec<(String, String)>,
    /// The faults instead of the scenario's.
    pub faults: Option<Vec<Fault>>,
    /// Meant to take the step away, and not only to shorten it.
    pub removes: bool,
}

/// A step to be shortened.
#[derive(Clone, Copy, Debug)]
pub struct Ill<'a> {
    /// The scenario as it ran.
    pub scenario: &'a Scenario,
    /// Whose recovery it is.
    pub client: ClientIx,
    /// What the time went by with.
    pub wait: Wait,
    /// When it began.
    pub from: Instant,
    /// When it ended.
    pub to: Instant,
}

/// The setting that governs a wait, with its value: `broker.session.timeout.ms = 9s`.
pub fn setting(spec: &Spec, client: ClientIx, wait: Wait) -> Option<String> {
    let told = wait.governors().iter().filter_map(|governor| {
        let key = key(spec, client, governor.owner, governor.key)?;
        Some(match value(spec, client, governor.owner, &key) {
            Some(value) => format!("{key} = {}", shown(&key, &value)),
            None => key,
        })
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() { None } else { Some(told.join(", ")) }
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

fn value(spec: &Spec, client: ClientIx, owner: Owner, key: &str) -> Option<String> {
    match owner {
        Owner::Controller => spec.voters.first()?.config.get(key),
        Owner::Broker => spec.brokers.first()?.config.get(key),
        Owner::Client => spec.clients[client.index()].config.get(key),
        Owner::Cost | Owner::Faults => None,
        Owner::Workload => spec.clients[client.index()].workload().map(|w| w.rate.to_string()),
    }
}

/// Settings in milliseconds read better with their unit.
fn shown(key: &str, value: &str) -> String {
    length(key, value).map_or_else(|| value.to_owned(), |length| length.to_string())
}

/// A value as a length of time, if it is one.
fn length(key: &str, value: &str) -> Option<Duration> {
    if let Ok(number) = value.parse::<f64>() {
        let is_seconds = key.ends_with(".seconds");
        let is_time = is_seconds || key.ends_with("ms") || is_of_go_or_node(key);
        return is_time.then(|| Duration::from_millis_f64(number * if is_seconds { 1000.0 } else { 1.0 }));
    }
    parse_duration(value).ok()
}

/// Keys of libraries that name no unit; their tables hold milliseconds.
fn is_of_go_or_node(key: &str) -> bool {
    const WORDS: [&str; 12] = [
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
    ];
    WORDS.iter().any(|word| key.contains(word))
}

/// What to try against a step: first what only shortens it, then what takes it away.
pub fn changes(ill: &Ill<'_>) -> Vec<Change> {
    let spec = &ill.scenario.spec;
    if matches!(ill.wait, Wait::DownTime | Wait::Pause | Wait::Cut | Wait::Retransmit) {
        return faults(ill);
    }
    if ill.wait == Wait::NoRecord {
        return more_records(ill);
    }
    if ill.wait == Wait::Session {
        return session(spec);
    }
    let mut changes = Vec::new();
    let governors: Vec<_> = ill.wait.governors().iter().filter_map(|g| Some((g.owner, key(spec, ill.client, g.owner, g.key)?))).collect();
    let lengths: Vec<_> = governors.iter().filter(|(owner, _)| *owner != Owner::Cost).collect();
    for (owner, key) in &lengths {
        let now = value(spec, ill.client, *owner, key).and_then(|value| length(key, &value)).filter(|now| !now.is_zero());
        let Some(now) = now else { continue };
        changes.push(set(spec, ill.client, vec![(*owner, key.clone(), half(key, now))], false));
    }
    let mut gone: Vec<(Owner, String, String)> = Vec::new();
    for (owner, key) in governors {
        let least = if owner == Owner::Cost { "0ms".to_owned() } else { least(&key) };
        gone.push((owner, key, least));
    }
    if !gone.is_empty() {
        changes.push(set(spec, ill.client, gone, true));
    }
    changes
}

/// Half of a length, in the unit of its key.
fn half(key: &str, now: Duration) -> String {
    written(key, Duration::from_nanos(now.as_nanos() / 2))
}

fn written(key: &str, length: Duration) -> String {
    if key.ends_with(".seconds") {
        (length.as_millis() / 1000).max(1).to_string()
    } else {
        Duration::from_millis(length.as_millis().max(1)).to_string()
    }
}

/// So little that it does not matter, and that its owner still takes.
fn least(key: &str) -> String {
    match key {
        "controller.quorum.append.linger.ms" => "0ms".to_owned(),
        "controller.quorum.fetch.timeout.ms" | "controller.quorum.election.timeout.ms" => "200ms".to_owned(),
        "replica.lag.time.max.ms" => "1500ms".to_owned(),
        "replica.fetch.wait.max.ms" => "10ms".to_owned(),
        "socket.connection.setup.timeout.ms" | "socket.connection.setup.timeout.max.ms" | "request.timeout.ms" | "socket.timeout.ms" => {
            "1s".to_owned()
        }
        "leader.imbalance.check.interval.seconds" => "1".to_owned(),
        _ => "10ms".to_owned(),
    }
}

fn set(spec: &Spec, client: ClientIx, keys: Vec<(Owner, String, String)>, removes: bool) -> Change {
    let name = &spec.clients[client.index()].name;
    let text: Vec<String> = keys.iter().map(|(_, key, value)| format!("{key}={value}")).collect();
    let path = |owner: Owner, key: String| if owner == Owner::Client { format!("client.{name}.config.{key}") } else { key };
    let sets = keys.into_iter().map(|(owner, key, value)| (path(owner, key), value)).collect();
    Change { text: text.join(" "), sets, faults: None, removes }
}

/// A shorter session. Heartbeats must stay well within it.
fn session(spec: &Spec) -> Vec<Change> {
    let Some(voter) = spec.voters.first() else { return Vec::new() };
    let (now, beat) = (voter.config.broker_session_timeout, voter.config.broker_heartbeat_interval);
    let of = |session: Duration, removes: bool| {
        let mut sets = vec![("broker.session.timeout.ms".to_owned(), session.to_string())];
        if beat * 2 > session {
            sets.push(("broker.heartbeat.interval.ms".to_owned(), Duration::from_millis((session.as_millis() / 4).max(1)).to_string()));
        }
        let text: Vec<String> = sets.iter().map(|(key, value)| format!("{key}={value}")).collect();
        Change { text: text.join(" "), sets, faults: None, removes }
    };
    let third = Duration::from_millis((now.as_millis() * 2 / 3).max(1));
    let small = Duration::from_millis((now.as_millis() / 9).max(300));
    vec![of(third, false), of(small, true)]
}

fn more_records(ill: &Ill<'_>) -> Vec<Change> {
    let client = &ill.scenario.spec.clients[ill.client.index()];
    let Some(workload) = client.workload() else { return Vec::new() };
    let key = format!("client.{}.rate", client.name);
    let of = |factor: f64, removes: bool| {
        let value = (workload.rate * factor).to_string();
        Change { text: format!("rate={value}"), sets: vec![(key.clone(), value)], faults: None, removes }
    };
    vec![of(2.0, false), of(20.0, true)]
}

/// The same faults, but what this step waits for ends sooner.
fn faults(ill: &Ill<'_>) -> Vec<Change> {
    let of = |factor: f64, removes: bool| {
        let faults = shortened(ill, factor)?;
        Some(Change {
            text: format!("what is away is back after {}", ill.to.since(ill.from).scale(factor)),
            sets: Vec::new(),
            faults: Some(faults),
            removes,
        })
    };
    [of(0.5, false), of(0.02, true)].into_iter().flatten().collect()
}

/// How far a moment of a fault may be from the moment of the step that it is for.
const SAME: Duration = Duration::from_millis(5);

fn shortened(ill: &Ill<'_>, factor: f64) -> Option<Vec<Fault>> {
    let origin = Instant::ZERO + ill.scenario.count_from;
    let whole = ill.to.since(ill.from);
    let near = |a: Instant, b: Instant| a.since(b) <= SAME && b.since(a) <= SAME;
    let ends_within = |end: Instant| end > ill.from && end <= ill.to + SAME;
    let mut changed = false;
    let mut faults = ill.scenario.faults.clone();
    for fault in &mut faults {
        let Fault::At(at, action) = fault else { continue };
        let begins = origin + *at;
        match action {
            Action::Heal if ends_within(begins) => {
                *at = (ill.from + begins.since(ill.from).scale(factor)).since(origin);
                changed = true;
            }
            Action::Start(_) | Action::Resume(_) if near(begins, ill.to) => {
                *at = (ill.from + whole.scale(factor)).since(origin);
                changed = true;
            }
            Action::Take { back: Some(lasts), .. }
            | Action::Restart { down: lasts, .. }
            | Action::Cut { lasting: Some(lasts), .. }
            | Action::Rolling { down: lasts, .. }
            | Action::Flap { down: lasts, .. }
                // Its end may count from when a stop is done, so its length and not its moment is what is known.
                if begins <= ill.from + SAME && (ends_within(begins + *lasts) || near(ill.from + *lasts, ill.to)) =>
            {
                *lasts = lasts.scale(factor);
                changed = true;
            }
            Action::Take { .. }
            | Action::Restart { .. }
            | Action::Start(_)
            | Action::Resume(_)
            | Action::Rolling { .. }
            | Action::Flap { .. }
            | Action::Slow { .. }
            | Action::SlowDisk { .. }
            | Action::Cut { .. }
            | Action::Heal
            | Action::Elect { .. }
            | Action::Reassign(_)
            | Action::CancelReassignment(_)
            | Action::Configure { .. }
            | Action::CreateTopic { .. }
            | Action::AddPartitions { .. }
            | Action::DeleteTopic(_) => {}
        }
    }
    changed.then_some(faults)
}
